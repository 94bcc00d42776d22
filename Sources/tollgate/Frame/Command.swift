/// An option of a command: `--from WHO`, or a flag `--dry-run`.
struct Option: Sendable {
  var name: String
  var letter: Character?
  /// The word for its argument in the help; nil: a flag.
  var argument: String?
  var help: String
  /// May be given several times.
  var repeats = false

  init(
    _ name: String, letter: Character? = nil, argument: String? = nil, repeats: Bool = false, _ help: String
  ) {
    self.name = name
    self.letter = letter
    self.argument = argument
    self.repeats = repeats
    self.help = help
  }
}

/// An example in the help: a line to paste, and what it does.
struct Example: Sendable {
  var line: String
  var note: String

  init(_ line: String, _ note: String) {
    self.line = line
    self.note = note
  }
}

/// A node of the command tree: it has subcommands or does something itself.
struct Command: Sendable {
  var name: String
  var summary: String
  /// The operands as the usage line writes them: `FILE.csv`, `[NAME…]`.
  var operands: String = ""
  /// How many operands it takes.
  var operandCount: ClosedRange<Int> = 0...0
  /// Takes its words as they are, options and `--help` included.
  var isRaw = false
  var details: String = ""
  var options: [Option] = []
  var examples: [Example] = []
  var subcommands: [Command] = []
  var run: (@Sendable (Invocation) throws -> ExitStatus)?

  func subcommand(_ name: String) -> Command? { subcommands.first { $0.name == name } }
}

/// One use of a command, parsed.
struct Invocation: Sendable {
  /// `["tollgate", "campaign", "send"]`.
  var path: [String]
  var operands: [String] = []
  fileprivate var values: [String: [String]] = [:]

  init(path: [String]) { self.path = path }

  /// Whether a flag was given.
  func has(_ flag: String) -> Bool { values[flag] != nil }

  /// The argument of an option; the last one where it was repeated.
  func value(_ option: String) -> String? { values[option]?.last }

  /// All arguments of a repeatable option.
  func values(of option: String) -> [String] { values[option] ?? [] }

  /// The argument of an option that has to be there.
  func required(_ option: String) throws -> String {
    guard let value = value(option) else { throw usage("--\(option) is needed") }
    return value
  }

  /// A whole number in its bounds.
  func integer(_ option: String, _ bounds: ClosedRange<Int>) throws -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), bounds.contains(number) else {
      throw usage("--\(option): expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  /// A number in its bounds.
  func number(_ option: String, _ bounds: ClosedRange<Double>) throws -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), bounds.contains(number) else {
      throw usage("--\(option): expected a number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  func usage(_ message: String) -> Failure {
    let name = path.dropFirst().joined(separator: " ")
    return Failure(
      .usage, name.isEmpty ? message : "\(name): \(message)",
      hint: "see: \(path.joined(separator: " ")) --help")
  }

  mutating func add(_ value: String, to option: String) { values[option, default: []].append(value) }
}

extension Option {
  /// Understood by every command.
  static let common = [
    Option(
      "socket", argument: "PATH", "the daemon's socket (default: $TOLLGATE_SOCKET, else the configuration's)"),
    Option(
      "config", letter: "c", argument: "FILE", "the configuration (default: /etc/tollgate/tollgate.json5)"),
    Option("json", "print the API's own objects, one a line, instead of tables"),
    Option("help", letter: "h", "this help"),
  ]
}
