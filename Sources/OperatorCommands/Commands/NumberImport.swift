import CommandFrame
import Contract

/// `tollgate number import`: our numbers from a CSV file.
enum NumberImport {
  static let command = Command(
    name: "import", summary: "add numbers from a CSV file", operands: "FILE.csv", operandCount: 1...1,
    details: """
      The first line of the file names the columns: number (required), rate, carrier, rep. What a line does not give, the
      options do. '-' reads standard input. The report says what became of every line. A number that exists already is left
      as it is. A line that cannot be used is refused with the reason, and the import goes on; the exit status is then 65.
      """,
    options: [Option("dry-run", "the report, and no change")] + NumberCommands.routeOptions + [
      Option("rate", letter: "r", argument: "N", "segments per second (default 1)")
    ],
    examples: [
      Example("tollgate number import numbers.csv --carrier simulated --rate 3", "add a block of numbers")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let rate = try invocation.integer("rate", 1...1000)
    let routes = try NumberCommands.routes(invocation, isRequired: false)
    let isDry = invocation.has("dry-run")
    let isJSON = invocation.has("json")
    var report = ImportReport(isJSON: isJSON, known: "known before")
    var summary = ImportSummary(dryRun: isDry)
    var seen: [PhoneNumber: Int] = [:]
    var columns: NamedColumns?
    report.fileNotes = try ImportLines.read(
      invocation.operands[0],
      header: {
        columns = try NamedColumns($0, needed: ["number"], known: ["number", "rate", "carrier", "rep"])
      },
      item: { (_, fields) -> NumberInput? in
        guard let columns else { return nil }
        let carrier = columns.value("carrier", fields).map { [NumberRoute(carrier: $0)] }
        return NumberInput(
          number: columns.value("number", fields) ?? "", routes: carrier ?? (routes.isEmpty ? nil : routes),
          rate: try columns.rate(fields) ?? rate, rep: columns.value("rep", fields))
      },
      send: { batch in
        let result = try daemon.call(
          Contract.NumberImport(numbers: batch.map(\.item), dryRun: isDry ? true : nil))
        for ((line, _), item) in zip(batch, result.results) {
          var outcome = ImportOutcome(item.status, item.reason, item.detail)
          // A dry run adds nothing, so that a second line of a number would go unseen.
          if isDry, let number = item.number, outcome.word != .refused {
            if seen[number] != nil { outcome.word = .known } else { seen[number] = line }
          }
          try summary.count(outcome)
          try report.tell(
            .init(line: line, outcome: outcome.word, id: item.number?.description, notes: outcome.notes))
        }
      },
      refuse: { line, reason in
        summary.refused += 1
        try report.tell(.init(line: line, outcome: .refused, notes: [reason]))
      })
    return try summary.finish(
      &report, "\(Words.count(summary.created, "number")) added, \(summary.known) known before",
      isJSON: isJSON)
  }
}

/// What became of one item.
struct ImportOutcome {
  var word: ImportReport.Outcome
  var notes: [String]?

  init(_ status: ImportStatus, _ reason: Refusal?, _ detail: String?) {
    switch status {
    case .created: word = .added
    case .known: word = .known
    case .refused:
      word = .refused
      notes = [detail ?? reason?.rawValue ?? "refused"]
    }
  }

  /// Refused since another line has the same.
  mutating func refuse(_ reason: String) {
    word = .refused
    notes = [reason]
  }
}

/// What a whole import came to; the last object with `--json`.
struct ImportSummary: Encodable {
  var dryRun: Bool
  var created = 0
  var known = 0
  var refused = 0
  /// How the file was read, if not as UTF-8.
  var notes: [String]?

  enum CodingKeys: String, CodingKey {
    case created, known, refused, notes
    case dryRun = "dry_run"
  }

  init(dryRun: Bool) { self.dryRun = dryRun }

  mutating func count(_ outcome: ImportOutcome) throws {
    switch outcome.word {
    case .added: created += 1
    case .known: known += 1
    case .refused: refused += 1
    }
  }

  /// - Parameter total: what it came to, in words.
  func finish(_ report: inout ImportReport, _ total: String, isJSON: Bool) throws -> ExitStatus {
    if isJSON {
      var summary = self
      summary.notes = report.fileNotes.isEmpty ? nil : report.fileNotes
      try JSONOutput.line(summary)
    } else {
      try report.end((dryRun ? "dry run, nothing changed: " : "") + total)
    }
    return report.status
  }
}
