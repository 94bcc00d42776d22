import CommandFrame
import Contract

/// `tollgate consent`: who may be texted, and how we know.
package enum ConsentCommands {
  package static let command = Command(
    name: "consent", summary: "list and record opt-outs and opt-ins",
    examples: [
      Example("tollgate consent show +12025550110", "whether a phone may be texted, and why"),
      Example(
        "tollgate consent opt-out +12025550110 --evidence 'asked on the phone, 3 May'",
        "record an opt-out; nothing more is sent to the phone"),
    ],
    subcommands: [show, list, ConsentImport.command, record(.optOut), record(.optIn)])

  static let show = Command(
    name: "show", summary: "show whether a phone may be texted, and why", operands: "PHONE",
    operandCount: 1...1,
    examples: [Example("tollgate consent show +12025550110", "the phone's state and every record")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ConsentGet(phone: try References.phone(invocation.operands[0])))
    if invocation.has("json") {
      try JSONOutput.line(result)
      return .ok
    }
    var facts = Facts()
    facts.add("phone", result.phone.description)
    facts.add(
      "consent", result.optedOutOfBrand ? "opted out" : "may be texted",
      result.optedOutOfBrand ? .red : .green)
    facts.add(
      "blocked for",
      result.blockedBy.isEmpty
        ? nil : "texts from " + result.blockedBy.map(\.description).joined(separator: ", "), .red)
    try facts.print()
    if !result.records.isEmpty {
      try Output.line("")
      try table(result.records).print()
    }
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list consent records, newest first",
    options: [
      Option("kind", argument: "KIND", "only opt_out or only opt_in"),
      Option("current", "only records in force now"),
      Pages.since, Pages.limit,
    ],
    examples: [Example("tollgate consent list --kind opt_out --current", "list everybody who is opted out")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let kind = try References.word(invocation.value("kind"), "kind", ConsentKind.self)
    let result = try Pages.read(
      invocation, daemon, ConsentList(kind: kind, current: invocation.has("current") ? true : nil))
    try Pages.print(invocation, result, none: "no records") { table(result.items) }
    return .ok
  }

  private static func record(_ kind: ConsentKind) -> CommandFrame.Command {
    let name = kind == .optOut ? "opt-out" : "opt-in"
    return Command(
      name: name,
      summary: "record an \(name) that came by phone call, mail or in person",
      operands: "PHONE", operandCount: 1...1,
      options: [
        Option("evidence", argument: "TEXT", "how you know; required"),
        Option("number", argument: "NUMBER", "for this number of ours only (default: for the whole brand)"),
      ],
      examples: [
        Example(
          "tollgate consent \(name) +12025550110 --evidence 'asked on the phone, 3 May'",
          "for the whole brand")
      ]
    ) { invocation in
      let number = try invocation.value("number").map(References.number)
      let result = try DaemonConnection(invocation).call(
        ConsentRecord(
          phone: try References.phone(invocation.operands[0]), kind: kind,
          scope: number == nil ? nil : .number,
          number: number, source: .operator, evidence: try invocation.required("evidence")))
      if invocation.has("json") {
        try JSONOutput.line(result)
      } else {
        try Output.line(
          "recorded: \(result.record.phone) \(kind == .optOut ? "is opted out" : "is opted in"); "
            + "\(Words.count(result.cancelled, "waiting message")) cancelled")
      }
      return .ok
    }
  }

  private static func table(_ records: [ConsentView]) -> Table {
    var table = Table("when", "phone", "what", "scope", "layer", "source", "in force", "evidence")
    for record in records {
      table.add(
        .init(Words.time(record.recordedAt), .dim), .init(record.phone.description),
        .init(record.kind == .optOut ? "opt-out" : "opt-in", record.kind == .optOut ? .red : .green),
        .init(record.scope == .number ? record.number?.description ?? "number" : "brand"),
        .init(record.layer.rawValue), .init(record.source.rawValue), .init(record.current ? "yes" : "no"),
        .init(record.evidence ?? record.keyword ?? record.messageID?.description ?? ""))
    }
    return table
  }
}
