import CommandFrame

@main
enum Main {
  static func main() { CommandTree.lab.main() }
}

extension CommandTree {
  /// Every command of `tollgate-lab`.
  static let lab = CommandTree(
    root: Command(
      name: "tollgate-lab", summary: "test Tollgate: in a simulated world, and for speed",
      examples: [
        Example("tollgate-lab simulate --seed 7", "run one story of the simulated world"),
        Example("tollgate-lab bench codec", "measure one part: the codec"),
      ],
      subcommands: [SimulateCommand.command, BenchCommand.command]))
}
