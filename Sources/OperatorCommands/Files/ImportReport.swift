import CommandFrame
import Contract

/// What became of each line of a file, printed as it becomes known: of lines that went alike and need no word, only the first and the
/// last are named.
struct ImportReport {
  enum Outcome: String, Encodable {
    case added, known, refused
  }

  /// One line; with `--json`, one object.
  struct Line: Encodable {
    var line: Int
    var outcome: Outcome
    /// Of what was added or is known.
    var id: String?
    /// Why it was refused, and what else there is to say.
    var notes: [String]?
  }

  private let isJSON: Bool
  /// What a known line is called: `updated`, `known before`.
  private let known: String
  private var run: (first: Int, last: Int, outcome: Outcome, count: Int)?
  private(set) var refused = 0

  init(isJSON: Bool, known: String) {
    self.isJSON = isJSON
    self.known = known
  }

  mutating func tell(_ line: Line) throws {
    if line.outcome == .refused { refused += 1 }
    if isJSON { return try JSONOutput.line(line) }
    let notes = line.notes ?? []
    if notes.isEmpty {
      if let run, run.outcome == line.outcome, run.last <= line.line {
        self.run?.last = line.line
        self.run?.count += 1
      } else {
        try flush()
        run = (line.line, line.line, line.outcome, 1)
      }
      return
    }
    try flush()
    try Output.line(
      "line \(line.line): \(word(line.outcome)): \(Terminal.shown(notes.joined(separator: "; ")))")
  }

  /// The lines told so far are through.
  mutating func flush() throws {
    guard let run else { return }
    self.run = nil
    let lines = run.first == run.last ? "line \(run.first)" : "lines \(run.first) to \(run.last)"
    try Output.line("\(lines): \(run.count == 1 ? "" : "\(run.count) ")\(word(run.outcome))")
  }

  private func word(_ outcome: Outcome) -> String {
    switch outcome {
    case .added: "added"
    case .known: known
    case .refused: "refused"
    }
  }

  /// ", 3 lines refused".
  var tail: String { refused == 0 ? "" : ", \(Words.count(refused, "line")) refused" }
  var status: ExitStatus { refused == 0 ? .ok : .data }
}
