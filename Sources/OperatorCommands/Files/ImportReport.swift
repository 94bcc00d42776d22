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
    /// Its phones as they were typed and as they were read. Shown with `--json`; otherwise one line tells of all that got a country code.
    var phones: [PhoneReadingView]?
  }

  /// Phones that got a country code: how many, and the first.
  private struct Completed {
    var count: Int
    var first: PhoneReadingView
    var line: Int
  }

  private let isJSON: Bool
  /// What a known line is called: `updated`, `known before`.
  private let known: String
  private var run: (first: Int, last: Int, outcome: Outcome, count: Int)?
  private(set) var refused = 0
  /// By country code.
  private var completed: [String: Completed] = [:]
  /// How the file was read, where that is not as UTF-8.
  var fileNotes: [String] = []

  init(isJSON: Bool, known: String) {
    self.isJSON = isJSON
    self.known = known
  }

  mutating func tell(_ line: Line) throws {
    if line.outcome == .refused { refused += 1 }
    if isJSON { return try JSONOutput.line(line) }
    for reading in line.phones ?? [] where !reading.differs { note(reading, line.line) }
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
  private mutating func flush() throws {
    guard let run else { return }
    self.run = nil
    let lines = run.first == run.last ? "line \(run.first)" : "lines \(run.first) to \(run.last)"
    try Output.line("\(lines): \(run.count == 1 ? "" : "\(run.count) ")\(word(run.outcome))")
  }

  private mutating func note(_ reading: PhoneReadingView, _ line: Int) {
    guard let code = ImportReport.addedCode(reading.typed, "\(reading.phone)") else { return }
    completed[code, default: Completed(count: 0, first: reading, line: line)].count += 1
  }

  /// The country code that a phone was read with, and that was not typed: `1` of "(415) 555-0110" and "+14155550110".
  static func addedCode(_ typed: String, _ phone: String) -> String? {
    let digits = typed.unicodeScalars.compactMap {
      $0.properties.numericType == .decimal ? $0.properties.numericValue : nil
    }
    .map { String(Int($0)) }.joined()
    let whole = phone.filter(\.isNumber)
    let national = digits.first == "0" ? String(digits.dropFirst()) : digits
    for typed in [digits, national] where !typed.isEmpty && whole.hasSuffix(typed) {
      let code = String(whole.dropLast(typed.count))
      return code.isEmpty ? nil : code
    }
    return nil
  }

  /// What is to be said of the whole file, before what it came to.
  private var remarks: [String] {
    fileNotes
      + completed.sorted { ($1.value.count, $0.key) < ($0.value.count, $1.key) }.map { code, phones in
        "\(Words.count(phones.count, "phone")) read as of country code +\(code), such as "
          + "\"\(phones.first.typed.prefix(40))\" (line \(phones.line)) as \(phones.first.phone)"
      }
  }

  /// The end of the report: what there is to say of the file, and what it came to.
  mutating func end(_ total: String) throws {
    try flush()
    for remark in remarks { try Output.line(Terminal.shown(remark)) }
    try Output.line(total + tail)
  }

  private func word(_ outcome: Outcome) -> String {
    switch outcome {
    case .added: "added"
    case .known: known
    case .refused: "refused"
    }
  }

  /// ", 3 lines refused".
  private var tail: String { refused == 0 ? "" : ", \(Words.count(refused, "line")) refused" }
  var status: ExitStatus { refused == 0 ? .ok : .data }
}
