import Glibc

/// The commands of one executable: from the words of the command line to the command that runs.
public struct CommandTree: Sendable {
  public let root: Command
  /// Options that every command understands.
  public let common: [Option]

  /// - Parameter common: beside `--help`, which every tree has.
  public init(root: Command, common: [Option] = []) {
    self.root = root
    self.common = common + [Option("help", letter: "h", "show this help")]
  }

  /// Runs the command that this process's arguments name, then exits.
  public func main() -> Never {
    // When the reader of our output goes away, write returns an error; no signal kills us.
    signal(SIGPIPE, SIG_IGN)
    exit(run(Array(CommandLine.arguments.dropFirst())).rawValue)
  }

  func run(_ words: [String]) -> ExitStatus {
    do {
      switch try resolve(words) {
      case .help(let command, let path):
        try Output.line(help(of: command, path: path))
        return .ok
      case .run(let command, let invocation):
        guard let run = command.run else { return .software }
        return try run(invocation)
      }
    } catch let failure as Failure {
      Output.error("\(root.name): \(failure.message)")
      if let hint = failure.hint { Output.error(hint) }
      return failure.status
    } catch is Output.Closed {
      return .ok
    } catch {
      Output.error("\(root.name): \(error)")
      return .software
    }
  }

  /// What is to be done.
  public enum Outcome {
    case help(Command, path: [String])
    case run(Command, Invocation)
  }

  public func resolve(_ words: [String]) throws -> Outcome {
    var command = root
    var path = [root.name]
    var rest = words
    var invocation = Invocation(path: path)
    // `tollgate help campaign send` is `tollgate campaign send --help`.
    if rest.first == "help" { rest = Array(rest.dropFirst()) + ["--help"] }
    while !command.subcommands.isEmpty {
      invocation.path = path
      invocation.operands = []
      try OptionParsing.parse(
        rest, options: common + command.options, upToFirstOperand: true, into: &invocation)
      if invocation.has("help") || (invocation.operands.isEmpty && command.run == nil) {
        return .help(command, path: path)
      }
      guard let name = invocation.operands.first else { return .run(command, invocation) }
      guard let next = command.subcommand(name) else {
        throw Failure(
          .usage, "unknown command: \((path.dropFirst() + [name]).joined(separator: " "))",
          hint: Self.suggestion(name, command, path))
      }
      rest = Array(invocation.operands.dropFirst())
      command = next
      path.append(name)
    }
    invocation.path = path
    invocation.operands = []
    try OptionParsing.parse(
      rest, options: common + command.options, upToFirstOperand: false, into: &invocation)
    if invocation.has("help") { return .help(command, path: path) }
    guard command.operandCount.contains(invocation.operands.count) else {
      let expected = command.operands.isEmpty ? "no operands" : command.operands
      throw invocation.usage(
        "expected \(expected), found \(invocation.operands.count) operand\(invocation.operands.count == 1 ? "" : "s")"
      )
    }
    return .run(command, invocation)
  }

  private static func suggestion(_ name: String, _ command: Command, _ path: [String]) -> String {
    let near = command.subcommands.filter { $0.name.hasPrefix(name.prefix(2)) }.map(\.name)
    if !near.isEmpty { return "did you mean \(near.joined(separator: " or "))?" }
    return "see: \(path.joined(separator: " ")) --help"
  }
}
