/// From the words of the command line to the command that runs.
enum Dispatch {
  /// What is to be done.
  enum Outcome {
    case help(Command, path: [String])
    case run(Command, Invocation)
  }

  static func resolve(_ words: [String], in root: Command) throws -> Outcome {
    var command = root
    var path = [root.name]
    var rest = words
    var common = Invocation(path: path)
    // `tollgate help campaign send` is `tollgate campaign send --help`.
    if rest.first == "help" { rest = Array(rest.dropFirst()) + ["--help"] }
    while !command.subcommands.isEmpty {
      common.path = path
      common.operands = []
      try OptionParsing.parse(
        rest, options: Option.common + command.options, upToFirstOperand: true, into: &common)
      if common.has("help") || (common.operands.isEmpty && command.run == nil) {
        return .help(command, path: path)
      }
      guard let name = common.operands.first else { return .run(command, common) }
      guard let next = command.subcommand(name) else {
        throw Failure(
          .usage, "unknown command: \((path.dropFirst() + [name]).joined(separator: " "))",
          hint: suggestion(name, command, path))
      }
      rest = Array(common.operands.dropFirst())
      command = next
      path.append(name)
    }
    common.path = path
    common.operands = command.isRaw ? rest : []
    if command.isRaw { return .run(command, common) }
    try OptionParsing.parse(
      rest, options: Option.common + command.options, upToFirstOperand: false, into: &common)
    if common.has("help") { return .help(command, path: path) }
    guard command.operandCount.contains(common.operands.count) else {
      let expected = command.operands.isEmpty ? "no operands" : command.operands
      throw common.usage(
        "expected \(expected), found \(common.operands.count) operand\(common.operands.count == 1 ? "" : "s")"
      )
    }
    return .run(command, common)
  }

  private static func suggestion(_ name: String, _ command: Command, _ path: [String]) -> String {
    let near = command.subcommands.filter { $0.name.hasPrefix(name.prefix(2)) }.map(\.name)
    if !near.isEmpty { return "did you mean \(near.joined(separator: " or "))?" }
    return "see: \(path.joined(separator: " ")) --help"
  }
}
