import CommandFrame
import Contract

/// `tollgate rep import`: reps with their numbers from a CSV file.
enum RepImport {
  static let command = Command(
    name: "import", summary: "add reps and their home numbers from a CSV file", operands: "FILE.csv",
    operandCount: 1...1,
    details: """
      The first line of the file names the columns: name, number, mobile. A new number is added with --carrier and --rate.
      A line that cannot be used is reported, and the import goes on. A rep who already exists is not changed.
      """,
    options: [
      Option("carrier", argument: "NAME", "the carrier of new numbers"),
      Option("rate", letter: "r", argument: "N", "segments per second of new numbers (default 1)"),
    ],
    examples: [
      Example("tollgate rep import Config/demo/reps.csv --carrier simulated --rate 3", "import a whole team")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let rate = try invocation.integer("rate", 1...1000) ?? 1
    var titles: [String] = []
    var known: Set<String> = []
    var added = 0
    var left = 0
    var refused: [CSVTable.Fault] = []
    var cursor: PageCursor?
    repeat {
      let page = try daemon.call(RepList(cursor: cursor, limit: Pages.size))
      known.formUnion(page.items.map { $0.name.lowercased() })
      cursor = page.next
    } while cursor != nil
    func refuse(_ fault: CSVTable.Fault) throws {
      refused.append(fault)
      if !invocation.has("json") { try Output.line("line \(fault.line): \(Terminal.shown(fault.reason))") }
    }
    try CSVTable.read(
      invocation.operands[0],
      header: {
        titles = $0
        guard titles.contains("name"), titles.contains("number") else {
          throw Failure(
            .data, "expected columns name and number (and mobile), found: \(titles.joined(separator: ", "))")
        }
      },
      row: { row in
        func field(_ title: String) -> String? {
          guard let index = titles.firstIndex(of: title) else { return nil }
          let text = CSVTable.trimmed(row.fields[index])
          return text.isEmpty ? nil : text
        }
        do {
          guard let name = field("name") else { throw Failure(.data, "name: is empty") }
          guard known.insert(name.lowercased()).inserted else {
            left += 1
            return
          }
          let number = try field("number").map(References.number)
          let mobile = try field("mobile").map(References.phone)
          if let number, let carrier = invocation.value("carrier"), try !isOurs(number, daemon) {
            _ = try daemon.call(NumberAdd(number: TypedPhone(number), carrier: carrier, rate: rate))
          }
          _ = try daemon.call(RepAdd(name: name, number: number.map { TypedPhone($0) }, mobile: mobile))
          added += 1
        } catch let failure as Failure where failure.status == .data || failure.status == .usage {
          try refuse(.init(line: row.line, reason: failure.message))
        }
      },
      fault: refuse)
    if invocation.has("json") {
      try JSONOutput.line(Report(added: added, known: left, refused: refused))
    } else {
      let tail = refused.isEmpty ? "" : ", \(Words.count(refused.count, "line")) refused"
      try Output.line("\(Words.count(added, "rep")) added, \(left) known before\(tail)")
    }
    return refused.isEmpty ? .ok : .data
  }

  private struct Report: Encodable {
    var added: Int
    var known: Int
    var refused: [CSVTable.Fault]
  }

  private static func isOurs(_ number: PhoneNumber, _ daemon: DaemonConnection) throws -> Bool {
    do {
      _ = try daemon.call(NumberGet(number: number))
      return true
    } catch let failure as Failure where failure.status == .data {
      return false
    }
  }
}
