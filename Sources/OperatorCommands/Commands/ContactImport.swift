import CommandFrame
import Contract

/// `tollgate contact import`: a CSV file, each line by itself.
enum ContactImport {
  static let command = Command(
    name: "import", summary: "add or change contacts from a CSV file", operands: "FILE.csv",
    operandCount: 1...1,
    details: """
      The first line of the file names the columns: phone (required), first_name, last_name or name, owner, tags
      (separated by ';'), ref, phone_2. Any other column becomes a merge field. '-' reads standard input. Columns are
      separated by commas, semicolons or tabs, whichever the first line has most of.
      A line that cannot be used is reported with its line number and the reason, and the import goes on; the exit status
      is then 65. To import the same file again changes nothing.
      """,
    options: [
      Option("dry-run", "check the file; import nothing"),
      Option("owner", argument: "REP", "the rep for lines that name no owner"),
      Option("tag", argument: "TAG", repeats: true, "give every contact this tag"),
      Option("group", argument: "NAME", "put every contact into this group; a new group is created"),
    ],
    examples: [
      Example("tollgate contact import Config/demo/contacts.csv --dry-run", "check the file first"),
      Example(
        "tollgate contact import Config/demo/contacts.csv --group everybody", "then import into a group"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var importer = try ContactImport.Run(invocation, daemon)
    return try importer.run(invocation.operands[0])
  }

  /// What the whole run came to; printed with `--json`.
  struct Report: Encodable {
    var dryRun: Bool
    var created = 0
    var updated = 0
    var refused: [CSVTable.Fault] = []

    enum CodingKeys: String, CodingKey {
      case created, updated, refused
      case dryRun = "dry_run"
    }
  }

  /// One run over one file.
  struct Run {
    private let daemon: DaemonConnection
    private let json: Bool
    private let tags: [String]
    private let group: String?
    private var owner: RepID?
    private var references: References
    private var owners: [String: RepID] = [:]
    private var columns: ContactColumns?
    private var batch: [(line: Int, input: ContactInput)] = []
    private var batchOctets = 0
    private var checked = 0
    private var report: Report

    /// Contacts of one call, and their octets: a line on the socket has at most 256 KiB, and no carrier is answered for the
    /// 10 ms or so that 200 contacts take.
    private static let batchCount = 200
    private static let maximumBatchOctets = 128 * 1024

    init(_ invocation: Invocation, _ daemon: DaemonConnection) throws {
      self.daemon = daemon
      json = invocation.has("json")
      tags = invocation.values(of: "tag")
      group = invocation.value("group")
      references = References(daemon)
      report = Report(dryRun: invocation.has("dry-run"))
      owner = try invocation.value("owner").map { try references.rep($0) }
    }

    mutating func run(_ path: String) throws -> ExitStatus {
      // The three closures share this one value; none outlives the call.
      var state = self
      try withUnsafeMutablePointer(to: &state) { state in
        try CSVTable.read(
          path,
          header: { state.pointee.columns = try ContactColumns($0) },
          row: { try state.pointee.take($0) },
          fault: { try state.pointee.refuse($0.line, $0.reason) })
        try state.pointee.send()
      }
      self = state
      try finish()
      return report.refused.isEmpty ? .ok : .data
    }

    private mutating func take(_ row: CSVTable.Row) throws {
      guard let columns else { return }
      let input: ContactInput
      do {
        input = try contact(columns, row)
      } catch let unusable as ContactColumns.Unusable {
        return try refuse(row.line, unusable.reason)
      }
      if report.dryRun {
        checked += 1
        return
      }
      let octets = row.fields.reduce(256) { $0 + 2 * $1.utf8.count }
      if batch.count == Self.batchCount || batchOctets + octets > Self.maximumBatchOctets { try send() }
      batch.append((row.line, input))
      batchOctets += octets
    }

    private mutating func contact(_ columns: ContactColumns, _ row: CSVTable.Row) throws -> ContactInput {
      var found: (String, RepID)?
      let known = owners
      let lookUp = references
      let input = try columns.contact(row.fields, extraTags: tags, defaultOwner: owner) { name in
        if let id = known[name] { return id }
        var references = lookUp
        do {
          let id = try references.rep(name)
          found = (name, id)
          return id
        } catch let failure as Failure where failure.status == .data {
          throw ContactColumns.Unusable(reason: "owner: \(failure.message)")
        }
      }
      if let found { owners[found.0] = found.1 }
      return input
    }

    private mutating func refuse(_ line: Int, _ reason: String) throws {
      report.refused.append(CSVTable.Fault(line: line, reason: reason))
      if !json { try Output.line("line \(line): \(Terminal.shown(reason))") }
    }

    private mutating func send() throws {
      guard !batch.isEmpty else { return }
      let result = try daemon.call(ContactUpsert(contacts: batch.map(\.input)))
      report.created += result.created
      report.updated += result.updated
      var members: [ContactID] = []
      for item in result.results {
        if let id = item.contactID { members.append(id) }
        guard item.status == .refused, batch.indices.contains(item.index) else { continue }
        try refuse(batch[item.index].line, item.detail ?? item.reason?.rawValue ?? "refused")
      }
      if let group, !members.isEmpty { try add(members, to: group) }
      batch.removeAll(keepingCapacity: true)
      batchOctets = 0
    }

    /// Group names already seen to exist.
    private var groupExists = false

    private mutating func add(_ members: [ContactID], to name: String) throws {
      let reference = try References.group(name)
      if !groupExists {
        do {
          _ = try daemon.call(GroupGet(group: reference))
        } catch let failure as Failure where failure.status == .data {
          _ = try daemon.call(GroupCreate(name: name))
        }
        groupExists = true
      }
      _ = try daemon.call(GroupAdd(group: reference, contactIDs: members))
    }

    private func finish() throws {
      if json { return try JSONOutput.line(report) }
      let refused = report.refused.isEmpty ? "" : ", \(Words.count(report.refused.count, "line")) refused"
      if report.dryRun {
        try Output.line("would import \(Words.count(checked, "contact"))\(refused)")
      } else {
        try Output.line("\(report.created) added, \(report.updated) known before\(refused)")
      }
    }
  }
}
