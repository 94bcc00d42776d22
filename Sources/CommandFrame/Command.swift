/// An option of a command: `--from WHO`, or a flag `--dry-run`.
public struct Option: Sendable {
  public let name: String
  public let letter: Character?
  /// The word for its argument in the help; nil: a flag.
  public let argument: String?
  public let help: String
  /// May be given several times.
  public var repeats = false

  public init(
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
public struct Example: Sendable {
  public let line: String
  public let note: String

  public init(_ line: String, _ note: String) {
    self.line = line
    self.note = note
  }
}

/// A node of the command tree: it has subcommands or does something itself.
public struct Command: Sendable {
  public let name: String
  public let summary: String
  /// The operands as the usage line writes them: `FILE.csv`, `[NAME…]`.
  public let operands: String
  /// How many operands it takes.
  public let operandCount: ClosedRange<Int>
  public let details: String
  public let options: [Option]
  public let examples: [Example]
  public let subcommands: [Command]
  public let run: (@Sendable (Invocation) throws -> ExitStatus)?

  public init(
    name: String, summary: String, operands: String = "", operandCount: ClosedRange<Int> = 0...0,
    details: String = "", options: [Option] = [], examples: [Example] = [], subcommands: [Command] = [],
    run: (@Sendable (Invocation) throws -> ExitStatus)? = nil
  ) {
    self.name = name
    self.summary = summary
    self.operands = operands
    self.operandCount = operandCount
    self.details = details
    self.options = options
    self.examples = examples
    self.subcommands = subcommands
    self.run = run
  }

  func subcommand(_ name: String) -> Command? { subcommands.first { $0.name == name } }
}

/// One use of a command, parsed.
public struct Invocation: Sendable {
  /// `["tollgate", "campaign", "send"]`.
  public internal(set) var path: [String]
  public internal(set) var operands: [String] = []
  private var values: [String: [String]] = [:]

  init(path: [String]) { self.path = path }

  /// Whether a flag was given.
  public func has(_ flag: String) -> Bool { values[flag] != nil }

  /// The argument of an option; the last one where it was repeated.
  public func value(_ option: String) -> String? { values[option]?.last }

  /// All arguments of a repeatable option.
  public func values(of option: String) -> [String] { values[option] ?? [] }

  /// The argument of an option that has to be there.
  public func required(_ option: String) throws -> String {
    guard let value = value(option) else { throw usage("--\(option) is required") }
    return value
  }

  /// A whole number in its bounds.
  public func integer(_ option: String, _ bounds: ClosedRange<Int>) throws -> Int? {
    guard let text = value(option) else { return nil }
    guard let number = Int(text), bounds.contains(number) else {
      throw usage("--\(option): expected a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  /// A number in its bounds.
  public func number(_ option: String, _ bounds: ClosedRange<Double>) throws -> Double? {
    guard let text = value(option) else { return nil }
    guard let number = Double(text), bounds.contains(number) else {
      throw usage("--\(option): expected a number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    return number
  }

  public func usage(_ message: String) -> Failure {
    let name = path.dropFirst().joined(separator: " ")
    return Failure(
      .usage, name.isEmpty ? message : "\(name): \(message)",
      hint: "see: \(path.joined(separator: " ")) --help")
  }

  mutating func add(_ value: String, to option: String) { values[option, default: []].append(value) }
}
