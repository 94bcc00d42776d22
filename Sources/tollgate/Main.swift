import Glibc

@main
enum Main {
  static func main() {
    // A reader that goes away ends us with an error from write, not with a signal.
    signal(SIGPIPE, SIG_IGN)
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  static func run(_ words: [String]) -> ExitStatus {
    do {
      switch try Dispatch.resolve(words, in: CommandTree.root) {
      case .help(let command, let path):
        try Output.line(Help.text(of: command, path: path))
        return .ok
      case .run(let command, let invocation):
        guard let run = command.run else { return .software }
        return try run(invocation)
      }
    } catch let failure as Failure {
      Output.error("tollgate: \(failure.message)")
      if let hint = failure.hint { Output.error(hint) }
      return failure.status
    } catch is Output.Closed {
      return .ok
    } catch {
      Output.error("tollgate: \(error)")
      return .software
    }
  }
}
