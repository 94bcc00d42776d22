import CommandFrame

@main
enum Main {
  static func main() { CommandTree.lab.main() }
}

extension CommandTree {
  /// Every command of `tollgate-lab`.
  static let lab = CommandTree(
    root: Command(
      name: "tollgate-lab", summary: "puts tollgate to the test: in a simulated world, and against the clock",
      examples: [
        Example("tollgate-lab simulate --seed 7", "one story of the simulated world"),
        Example("tollgate-lab bench codec", "one figure"),
      ],
      subcommands: [SimulateCommand.command, BenchCommand.command]))
}
