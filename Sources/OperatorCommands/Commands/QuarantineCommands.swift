import CommandFrame
import Contract

/// `tollgate quarantine`: inbound PDUs that no rule could use.
package enum QuarantineCommands {
  package static let command = Command(
    name: "quarantine", summary: "read, release and forget inbound texts that were set aside",
    details: """
      A text is set aside if its number is not ours, if its carrier has no receive route for the number, or if nobody could
      answer its sender. The carrier keeps no copy. A STOP in such a text was recorded at arrival; other keywords were not obeyed.
      """,
    examples: [
      Example("tollgate quarantine list --text stop", "find texts by what they say"),
      Example(
        "tollgate quarantine release --all --number +18885550177", "release what waits for a new number"),
    ],
    subcommands: [list, show, release, forget])

  private static let filters = [
    Option(
      "kind", argument: "KIND", "only unrouted, other_carrier, unreadable, failed or acknowledgement"),
    Option("carrier", argument: "NAME", "only PDUs from this carrier"),
    Option("phone", argument: "PHONE", "only PDUs from this phone"),
    Option("number", argument: "NUMBER", "only PDUs to this number"),
    Option("text", argument: "TEXT", "only PDUs whose text contains this"),
    Option("older-than", argument: "SECONDS", "only PDUs that arrived at least this long ago"),
  ]

  private static func filter(_ invocation: Invocation) throws -> QuarantineList {
    QuarantineList(
      kind: try References.word(invocation.value("kind"), "kind", QuarantineKind.self),
      carrier: invocation.value("carrier"), phone: try invocation.value("phone").map(References.number),
      number: try invocation.value("number").map(References.number), text: invocation.value("text"),
      olderS: try invocation.value("older-than").map { text in
        guard let seconds = Int(text), seconds >= 0 else {
          throw invocation.usage("--older-than: expected a number of seconds, found \"\(text)\"")
        }
        return seconds
      })
  }

  static let list = Command(
    name: "list", summary: "list what is set aside, newest first",
    options: filters + [Pages.since, Pages.limit],
    examples: [
      Example("tollgate quarantine list", "list what a person should look at"),
      Example("tollgate quarantine list --kind unrouted", "list texts to numbers that are not ours"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try Pages.read(invocation, daemon, try filter(invocation))
    try Pages.print(invocation, result, none: "nothing is set aside") {
      var table = Table(">id", "kind", "carrier", "from", "to", "came", ">octets", "why")
      for item in result.items {
        table.add(
          "\(item.quarantineID)", item.kind.rawValue, item.carrier, item.from ?? "-", item.to ?? "-",
          Words.time(item.receivedAt), "\(item.octets)", item.detail ?? "")
      }
      return table
    }
    return .ok
  }

  static let show = Command(
    name: "show", summary: "show one entry with its text", operands: "ID", operandCount: 1...1,
    examples: [Example("tollgate quarantine show 12", "read the text of entry 12")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let result = try daemon.call(QuarantineGet(quarantineID: try id(invocation.operands[0], invocation)))
    if invocation.has("json") {
      try JSONOutput.line(result)
      return .ok
    }
    let entry = result.entry
    var facts = Facts()
    facts.add("id", "\(entry.quarantineID)")
    facts.add("kind", entry.kind.rawValue, .yellow)
    facts.add("why", entry.detail)
    facts.add("carrier", entry.carrier)
    facts.add("from", entry.from)
    facts.add("to", entry.to)
    facts.add("came", Words.time(entry.receivedAt))
    facts.add("text", result.text, .bold)
    facts.add("keyword", result.keywordClass == .none ? nil : result.keywordClass.rawValue)
    if let part = result.part, let parts = result.parts { facts.add("part", "\(part) of \(parts)") }
    try facts.print()
    return .ok
  }

  static let release = Command(
    name: "release", summary: "turn texts that were set aside into inbound messages", operands: "[ID ...]",
    operandCount: 0...Int.max,
    details: """
      Give ids, or --all with filters. A released text gets an event and appears in its conversation. Its keyword is not obeyed.
      For each entry that cannot be released the command says why, and ends with 65.
      """,
    options: [
      Option("all", "release everything that the filters let through"),
      Option(
        "to", argument: "NUMBER", "the number of ours to release to (default: the destination in the PDU)"),
    ] + filters,
    examples: [
      Example("tollgate quarantine release 12", "release entry 12"),
      Example(
        "tollgate quarantine release --all --number +18885550177", "release what waits for a new number"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let to = try invocation.value("to").map(References.number)
    return try forEach(invocation, daemon, "released") { id in
      let result = try daemon.call(QuarantineRelease(quarantineID: id, to: to))
      return result.messageID.map { "\(id): released as \($0)" }
        ?? "\(id): released; no message: other parts of this long text are missing, or it is data"
    }
  }

  static let forget = Command(
    name: "forget", summary: "remove entries for good", operands: "[ID ...]", operandCount: 0...Int.max,
    details:
      "Give ids, or --all with filters. Entries leave by themselves after limits.quarantine_keep_hours.",
    options: [Option("all", "remove everything that the filters let through")] + filters,
    examples: [
      Example("tollgate quarantine forget 12", "remove entry 12"),
      Example("tollgate quarantine forget --all --older-than 2592000", "remove what is older than 30 days"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    return try forEach(invocation, daemon, "forgotten") { id in
      _ = try daemon.call(QuarantineForget(quarantineID: id))
      return "\(id): removed"
    }
  }

  /// Does one thing to each entry that is named or found, and says what became of it.
  private static func forEach(
    _ invocation: Invocation, _ daemon: DaemonConnection, _ done: String, _ act: (Int) throws -> String
  ) throws -> ExitStatus {
    guard invocation.has("all") == invocation.operands.isEmpty else {
      throw invocation.usage("expected ids, or --all")
    }
    let ids =
      try invocation.has("all")
      ? found(try filter(invocation), daemon) : invocation.operands.map { try id($0, invocation) }
    var failed = 0
    for id in ids {
      do {
        let line = try act(id)
        if !invocation.has("json") { try Output.line(line) }
      } catch let failure as Failure where failure.status == .data {
        failed += 1
        Output.error("\(id): \(failure.message)")
      }
    }
    if invocation.has("json") {
      try JSONOutput.line([done: ids.count - failed, "failed": failed])
    } else if ids.count != 1 {
      try Output.line("\(ids.count - failed) \(done), \(failed) failed")
    }
    return failed == 0 ? .ok : .data
  }

  /// The oldest first: the parts and texts of a conversation keep their order.
  private static func found(_ filter: QuarantineList, _ daemon: DaemonConnection) throws -> [Int] {
    var filter = filter
    var ids: [Int] = []
    repeat {
      let page = try daemon.call(filter)
      ids += page.items.map(\.quarantineID)
      filter.cursor = page.next
    } while filter.cursor != nil
    return ids.sorted()
  }

  private static func id(_ text: String, _ invocation: Invocation) throws -> Int {
    guard let id = Int(text), id > 0 else {
      throw invocation.usage("expected the id of an entry (a number), found \"\(text)\"")
    }
    return id
  }
}
