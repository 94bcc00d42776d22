import CommandFrame
import Contract

/// `tollgate consent import`: opt-outs from a CSV file.
enum ConsentImport {
  static let command = Command(
    name: "import", summary: "record opt-outs from a CSV file", operands: "FILE.csv", operandCount: 1...1,
    details: """
      Every phone of the file is opted out of the whole brand, with the file and the line as evidence. The first line names
      the columns; a phone column is known by its title (phone, mobile, Phone Number, …). If the file has a column such as
      opted_out, Do Not Call or SMS Marketing Status, only lines that opt out there count. '-' reads standard input.
      Whatever can be read as a phone is recorded. A line that cannot be read is reported, and the import goes on; the exit
      status is then 65. To import the same file again records nothing.
      """,
    options: [Option("dry-run", "the report, and no record")],
    examples: [Example("tollgate consent import optouts.csv --dry-run", "see what would be recorded")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let isDry = invocation.has("dry-run")
    let isJSON = invocation.has("json")
    let path = invocation.operands[0]
    let place = CSVTable.name(of: path)
    var report = ImportReport(isJSON: isJSON, known: "opted out before")
    var summary = ImportSummary(dryRun: isDry)
    var seen: Set<E164> = []
    var columns: OptOutFile?
    report.fileNotes = try ImportLines.read(
      path, header: { columns = try OptOutFile($0) },
      item: { (line, fields) -> (phones: [String], evidence: String)? in
        guard let found = try columns?.optOut(fields) else { return nil }
        return (phones: found.phones, evidence: "\(place), line \(line)\(found.reason)")
      },
      send: { batch in
        let all = batch.flatMap { line, item in
          item.phones.map { (line, OptOutInput(phone: $0, evidence: item.evidence)) }
        }
        // A line may have several phones.
        for start in stride(from: 0, to: all.count, by: 500) {
          let part = all[start..<min(start + 500, all.count)]
          let result = try daemon.call(
            Contract.ConsentImport(optOuts: part.map(\.1), dryRun: isDry ? true : nil))
          for ((line, input), item) in zip(part, result.results) {
            var outcome: ImportReport.Outcome =
              switch item.status {
              case .recorded: .added
              case .known: .known
              case .refused: .refused
              }
            if isDry, let phone = item.phone, !seen.insert(phone).inserted { outcome = .known }
            switch outcome {
            case .added: summary.created += 1
            case .known: summary.known += 1
            case .refused: summary.refused += 1
            }
            let notes =
              outcome == .refused
              ? ["\(input.phone.prefix(40)): \(item.detail ?? item.reason?.rawValue ?? "refused")"] : nil
            let reading = item.phone.map { PhoneReadingView(typed: input.phone, phone: $0, differs: false) }
            try report.tell(
              .init(
                line: line, outcome: outcome, id: item.phone?.description, notes: notes,
                phones: reading.map { [$0] }))
          }
        }
      },
      refuse: { line, reason in
        summary.refused += 1
        try report.tell(.init(line: line, outcome: .refused, notes: [reason]))
      })
    return try summary.finish(
      &report, "\(Words.count(summary.created, "phone")) opted out, \(summary.known) opted out before",
      isJSON: isJSON)
  }
}

/// Which columns of a file have the phones that want no texts.
struct OptOutFile {
  private var phones: [Int] = []
  private var flags: [(index: Int, column: OptOutColumn, title: String)] = []

  init(_ titles: [ColumnTitle]) throws {
    for (index, title) in titles.enumerated() {
      if let column = OptOutColumn(title) {
        flags.append((index, column, title.text))
      } else if PhoneColumn(title) != nil {
        phones.append(index)
      }
    }
    guard phones.isEmpty else { return }
    let isPhone = titles.contains { $0.text.utf8.count { $0 >= 0x30 && $0 <= 0x39 } >= 7 }
    throw Failure(
      .data, "no column is called phone; found: \(titles.map(\.text).joined(separator: ", "))",
      hint: isPhone
        ? "the first line must name the columns: put a line \"phone\" before the phones" : nil)
  }

  /// Nil for a line that does not opt out.
  func optOut(_ fields: [String]) throws -> (phones: [String], reason: String)? {
    var reason = ""
    if !flags.isEmpty {
      guard
        let said = flags.first(where: {
          [.optedOut, .unclear].contains($0.column.answer(fields[$0.index]))
        })
      else { return nil }
      reason = ": \(said.title) = \(fields[said.index])"
    }
    let found = phones.map { fields[$0] }.filter { !$0.isEmpty }
    guard !found.isEmpty else { throw ImportLines.Unusable(reason: "phone: is empty") }
    return (found, reason)
  }
}
