import CommandFrame

@main
enum Main {
  static func main() { CommandTree.tollgate.main() }
}
