extension CommandTree {
  /// The text of `--help`, for any level of the tree.
  ///
  /// - Parameter path: `["tollgate", "campaign"]`.
  public func help(of command: Command, path: [String]) -> String {
    let line = path.joined(separator: " ")
    var parts: [String] = ["\(line): \(command.summary)"]
    var usage = "usage: \(line)"
    if !command.subcommands.isEmpty { usage += " COMMAND" }
    usage += " [options]"
    if !command.operands.isEmpty { usage += " " + command.operands }
    parts.append(usage)
    if !command.details.isEmpty { parts.append(command.details) }
    if !command.subcommands.isEmpty {
      parts.append(
        "commands:\n" + Self.columns(command.subcommands.map { ($0.name, $0.summary) }))
    }
    if !command.options.isEmpty { parts.append("options:\n" + Self.columns(command.options.map(Self.row))) }
    parts.append(
      (command.options.isEmpty ? "options:\n" : "options of every command:\n")
        + Self.columns(common.map(Self.row)))
    if !command.examples.isEmpty {
      parts.append(
        (command.examples.count == 1 ? "example:\n" : "examples:\n")
          + command.examples.map { "  # \($0.note)\n  \($0.line)" }.joined(separator: "\n"))
    }
    if !command.subcommands.isEmpty {
      parts.append("More about one command: \(line) COMMAND --help")
    }
    return parts.joined(separator: "\n\n")
  }

  private static func row(_ option: Option) -> (String, String) {
    var left = option.letter.map { "-\($0), " } ?? "    "
    left += "--" + option.name
    if let argument = option.argument { left += " " + argument }
    return (left, option.help + (option.repeats ? "; may be repeated" : ""))
  }

  private static func columns(_ rows: [(String, String)]) -> String {
    let width = rows.map { $0.0.count }.max() ?? 0
    return rows.map { left, right in
      "  " + left + String(repeating: " ", count: width - left.count) + "  " + right
    }.joined(separator: "\n")
  }
}
