import CommandFrame
import Contract

/// `tollgate rep import`: reps with their numbers from a CSV file.
enum RepImport {
  static let command = Command(
    name: "import", summary: "add reps and their home numbers from a CSV file", operands: "FILE.csv",
    operandCount: 1...1,
    details: """
      The first line of the file names the columns: name (required), number, mobile, email, alerts, carrier, rate. A number that is not ours
      yet is added with the line's carrier and rate, or with --carrier and --rate. '-' reads standard input. The report says
      what became of every line. A rep whose name exists already is not changed. A line that cannot be used is refused with
      the reason, and the import goes on; the exit status is then 65.
      """,
    options: [
      Option("dry-run", "the report, and no change"),
      Option("carrier", argument: "NAME", "the carrier of new numbers"),
      Option("rate", letter: "r", argument: "N", "segments per second of new numbers (default 1)"),
    ],
    examples: [
      Example("tollgate rep import Config/demo/reps.csv --carrier simulated --rate 3", "import a whole team")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let rate = try invocation.integer("rate", 1...1000)
    let carrier = invocation.value("carrier")
    let isDry = invocation.has("dry-run")
    let isJSON = invocation.has("json")
    var report = ImportReport(isJSON: isJSON, known: "known before")
    var summary = ImportSummary(dryRun: isDry)
    var rehearsal = Rehearsal()
    var columns: NamedColumns?
    report.fileNotes = try ImportLines.read(
      invocation.operands[0],
      header: {
        columns = try NamedColumns(
          $0, needed: ["name"], known: ["name", "number", "mobile", "email", "alerts", "carrier", "rate"])
      },
      item: { (_, fields) -> RepInput? in
        guard let columns else { return nil }
        return RepInput(
          name: columns.value("name", fields) ?? "", number: columns.value("number", fields),
          mobile: columns.value("mobile", fields), email: columns.value("email", fields),
          alertBy: columns.value("alerts", fields),
          routes: (columns.value("carrier", fields) ?? carrier).map { [NumberRoute(carrier: $0)] },
          rate: try columns.rate(fields) ?? rate)
      },
      send: { batch in
        let result = try daemon.call(Contract.RepImport(reps: batch.map(\.item), dryRun: isDry ? true : nil))
        for ((line, input), item) in zip(batch, result.results) {
          var outcome = ImportOutcome(item.status, item.reason, item.detail)
          if isDry { rehearsal.take(line, input, item, &outcome) }
          try summary.count(outcome)
          try report.tell(
            .init(line: line, outcome: outcome.word, id: item.repID?.description, notes: outcome.notes))
        }
      },
      refuse: { line, reason in
        summary.refused += 1
        try report.tell(.init(line: line, outcome: .refused, notes: [reason]))
      })
    return try summary.finish(
      &report, "\(Words.count(summary.created, "rep")) added, \(summary.known) known before", isJSON: isJSON)
  }

  /// What earlier lines would have added, since a dry run adds nothing.
  private struct Rehearsal {
    private var names: Set<String> = []
    private var numbers: [PhoneNumber: Int] = [:]
    private var mobiles: [String: Int] = [:]

    mutating func take(_ line: Int, _ input: RepInput, _ item: RepImportItem, _ outcome: inout ImportOutcome)
    {
      guard outcome.word == .added else { return }
      guard !names.contains(input.name.lowercased()) else {
        outcome.word = .known
        return
      }
      // The last ten digits are a mobile however it is written.
      let mobile = input.mobile.map { String($0.filter(\.isNumber).suffix(10)) }
      if let mobile, let other = mobiles[mobile] {
        return outcome.refuse("mobile: line \(other) has this mobile")
      }
      if let number = item.number, let other = numbers[number] {
        return outcome.refuse("number: line \(other) has this number")
      }
      names.insert(input.name.lowercased())
      if let mobile { mobiles[mobile] = line }
      if let number = item.number { numbers[number] = line }
    }
  }
}
