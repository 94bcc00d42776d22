import CommandFrame
import Contract

/// `tollgate contact import`: a CSV file, each line by itself.
enum ContactImport {
  static let command = Command(
    name: "import", summary: "add or change contacts from a CSV file", operands: "FILE.csv",
    operandCount: 1...1,
    details: """
      The first line of the file names the columns: phone (required), first_name, last_name or name, owner, tags
      (separated by ';'), ref, phone_2. Any other column becomes a merge field. Files of Google Contacts, Outlook, HubSpot,
      Salesforce and Mailchimp can be imported as they are. '-' reads standard input. Columns are separated by commas,
      semicolons, tabs or bars, whichever the first line has most of. Titles may be in another language (Teléfono móvil, Vorname).
      A mobile is texted before a phone, and a phone before a second phone. A column such as opted_out, Do Not Call or SMS
      Marketing Status opts the phones of its lines out, with the file and the line as evidence.
      What a line does not give stays as it is. A line for a phone that a contact has changes that contact, if the names fit; a
      second person on one phone needs a ref.
      The report says what became of every line. A line that cannot be used is refused with the reason, and the import goes
      on; the exit status is then 65. To import the same file again changes nothing.
      """,
    options: [
      Option("dry-run", "do the same and take it back: the report, and no change"),
      Option("rep", argument: "REP", "the rep for lines that name none"),
      Option("tag", argument: "TAG", repeats: true, "give every contact this tag"),
      Option("group", argument: "NAME", "put every contact into this group; a new group is created"),
      Option(
        "field", argument: "COLUMN", repeats: true, "a column that is a merge field, whatever its title"),
      replace,
    ],
    examples: [
      Example("tollgate contact import Config/demo/contacts.csv --dry-run", "check the file first"),
      Example(
        "tollgate contact import Config/demo/contacts.csv --group everybody", "then import into a group"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    return try Run(invocation, daemon).run(invocation.operands[0])
  }

  static let replace = Option(
    "replace", argument: "WHAT", repeats: true,
    "replace names, phones, tags or attributes instead of adding to them")

  static func replacements(_ invocation: Invocation) throws -> [ContactReplacement]? {
    let words = invocation.values(of: "replace").flatMap { $0.split(separator: ",").map(String.init) }
    let found = try words.compactMap { try References.word($0, "replace", ContactReplacement.self) }
    return found.isEmpty ? nil : found
  }

  /// What the whole run came to; the last object with `--json`.
  struct Summary: Encodable {
    var dryRun: Bool
    var created = 0
    var updated = 0
    var refused = 0
    var optedOut = 0
    /// How the file was read, if not as UTF-8.
    var notes: [String]?

    enum CodingKeys: String, CodingKey {
      case created, updated, refused, notes
      case dryRun = "dry_run"
      case optedOut = "opted_out"
    }
  }

  /// A line of the file as a contact.
  struct Row {
    var line: Int
    var input: ContactInput
    var notes: [String]
    /// About as many as it takes on the socket.
    var octets: Int
  }

  /// Contacts of one call, and their octets: a line on the socket has at most 256 KiB, and no carrier is answered for the
  /// 10 ms or so that 200 contacts take.
  static let batchCount = 200
  static let batchOctets = 128 * 1024

  /// One run over one file.
  final class Run {
    private let daemon: DaemonConnection
    private let isJSON: Bool
    private let isDry: Bool
    private let tags: [String]
    private let group: String?
    private let mergeFields: Set<String>
    private let replaces: [ContactReplacement]?
    private let owner: RepID?
    private var references: References
    private var owners: [String: Result<RepID, ContactColumns.Unusable>] = [:]
    private var columns: ContactColumns?
    private var batch: [Row] = []
    private var octets = 0
    private var report: ImportReport
    private var summary: Summary
    private var groupExists = false

    init(_ invocation: Invocation, _ daemon: DaemonConnection) throws {
      self.daemon = daemon
      isJSON = invocation.has("json")
      isDry = invocation.has("dry-run")
      tags = invocation.values(of: "tag")
      group = invocation.value("group")
      mergeFields = Set(invocation.values(of: "field").map(CSVReader.normalised))
      replaces = try ContactImport.replacements(invocation)
      var references = References(daemon)
      owner = try invocation.value("rep").map { try references.rep($0) }
      self.references = references
      report = ImportReport(isJSON: isJSON, known: "updated")
      summary = Summary(dryRun: isDry)
    }

    func run(_ path: String) throws -> ExitStatus {
      try lookAtGroup()
      let place = CSVTable.name(of: path)
      if isDry {
        var rehearsal = ContactRehearsal(daemon)
        report.fileNotes = try rehearsal.run(try CSVTable.load(path), path: path, header: { try header($0) })
        { row in
          try contact(row, place)
        }
        var faults = rehearsal.faults[...]
        func tellFaults(before line: Int) throws {
          while let fault = faults.first, fault.line < line {
            summary.refused += 1
            try report.tell(faults.removeFirst())
          }
        }
        for (row, item) in rehearsal.outcomes {
          try tellFaults(before: row.line)
          try tell(row.line, row.notes, item)
        }
        try tellFaults(before: .max)
      } else {
        report.fileNotes = try CSVTable.read(
          path, header: { try header($0) },
          row: { row in
            do {
              try take(try contact(row, place))
            } catch let unusable as ContactColumns.Unusable {
              try refuse(row.line, unusable.reason)
            }
          },
          fault: { try refuse($0.line, $0.reason) })
        try send()
      }
      try finish()
      return report.status
    }

    private func header(_ titles: [String]) throws {
      let columns = try ContactColumns(titles, mergeFields: mergeFields)
      self.columns = columns
      if !isJSON { try Output.line(Terminal.shown(columns.summary)) }
    }

    /// Throws `ContactColumns.Unusable`.
    private func contact(_ row: CSVTable.Row, _ place: String) throws -> Row {
      guard let columns else { throw Failure(.software, "a line before the header") }
      var reading = try columns.contact(
        row.fields, at: "\(place), line \(row.line)", extraTags: tags, defaultOwner: owner
      ) { name in
        try rep(name)
      }
      reading.input.replace = replaces
      return Row(
        line: row.line, input: reading.input, notes: reading.notes,
        octets: row.fields.reduce(256) { $0 + 2 * $1.utf8.count })
    }

    private func rep(_ name: String) throws -> RepID {
      if let known = owners[name] { return try known.get() }
      do {
        let id = try references.rep(name)
        owners[name] = .success(id)
        return id
      } catch let failure as Failure where failure.status == .data {
        let unusable = ContactColumns.Unusable(reason: "owner: \(failure.message)")
        owners[name] = .failure(unusable)
        throw unusable
      }
    }

    // MARK: Sending

    private func take(_ row: Row) throws {
      if batch.count == ContactImport.batchCount || octets + row.octets > ContactImport.batchOctets {
        try send()
      }
      batch.append(row)
      octets += row.octets
    }

    /// In the order of the lines: what is refused here comes behind what was sent before it.
    private func refuse(_ line: Int, _ reason: String) throws {
      try send()
      summary.refused += 1
      try report.tell(.init(line: line, outcome: .refused, notes: [reason]))
    }

    private func send() throws {
      guard !batch.isEmpty else { return }
      let result = try daemon.call(ContactUpsert(contacts: batch.map(\.input)))
      var members: [ContactID] = []
      for (row, item) in zip(batch, result.results) {
        if let id = item.contactID { members.append(id) }
        try tell(row.line, row.notes, item)
      }
      if let group, !members.isEmpty { try add(members, to: group) }
      batch.removeAll(keepingCapacity: true)
      octets = 0
    }

    private func add(_ members: [ContactID], to name: String) throws {
      let reference = try References.group(name)
      if !groupExists { _ = try daemon.call(GroupCreate(name: name)) }
      groupExists = true
      _ = try daemon.call(GroupAdd(group: reference, contactIDs: members))
    }

    /// Before anything is stored: whether the group is there, and takes contacts.
    private func lookAtGroup() throws {
      guard let group else { return }
      do {
        let view = try daemon.call(GroupGet(group: try References.group(group)))
        groupExists = true
        guard view.conditions == nil else {
          throw Failure(
            .usage, "who is in the group \"\(group)\" follows from its conditions",
            hint: "name a list, or a new group")
        }
      } catch let failure as Failure where failure.status == .data {}
    }

    // MARK: Reporting

    private func tell(_ line: Int, _ notes: [String], _ item: UpsertItem) throws {
      var notes = notes
      let outcome: ImportReport.Outcome
      switch item.status {
      case .created: (summary.created, outcome) = (summary.created + 1, .added)
      case .updated: (summary.updated, outcome) = (summary.updated + 1, .known)
      case .refused:
        (summary.refused, outcome) = (summary.refused + 1, .refused)
        notes.insert(item.detail ?? item.reason?.rawValue ?? "refused", at: 0)
      }
      for reading in item.phoneReadings ?? [] where reading.differs {
        notes.append("\(reading.phone) read from \"\(reading.typed.prefix(40))\"")
      }
      for left in item.leftOut ?? [] { notes.append("\(left.field) left out: \(left.detail)") }
      if let count = item.optOutCount {
        summary.optedOut += count
        notes.append(count > 0 ? "opted out" : "opted out already")
      }
      // Nobody wants to know the id of a contact that was taken back.
      try report.tell(
        .init(
          line: line, outcome: outcome, id: isDry ? nil : item.contactID?.description,
          notes: notes.isEmpty ? nil : notes, phones: item.phoneReadings))
    }

    private func finish() throws {
      if isJSON {
        summary.notes = report.fileNotes.isEmpty ? nil : report.fileNotes
        return try JSONOutput.line(summary)
      }
      let optOuts =
        summary.optedOut == 0 ? "" : ", \(Words.count(summary.optedOut, "phone")) opted out"
      try report.end(
        "\(isDry ? "dry run, nothing changed: " : "")\(summary.created) added, \(summary.updated) known before"
          + optOuts)
    }
  }
}
