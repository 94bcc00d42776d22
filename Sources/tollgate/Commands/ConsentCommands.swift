import CommandFrame
import Contract

/// `tollgate consent`: who may be texted, and how we know.
enum ConsentCommands {
  static let command = Command(
    name: "consent", summary: "opt-outs and opt-ins, each with its evidence",
    examples: [
      Example("tollgate consent show +12025550143", "what holds for a phone, and how it came about"),
      Example(
        "tollgate consent opt-out +12025550143 --evidence 'asked on the phone, 3 May'", "holds at once"),
    ],
    subcommands: [show, list, record(.optOut), record(.optIn)])

  static let show = Command(
    name: "show", summary: "what holds for a phone", operands: "PHONE", operandCount: 1...1,
    examples: [Example("tollgate consent show +12025550143", "with every record")]
  ) { invocation in
    let result = try DaemonConnection(invocation).call(
      ConsentGet(phone: try References.phone(invocation.operands[0])))
    if invocation.has("json") {
      try JSONOutput.line(result)
      return .ok
    }
    var facts = Facts()
    facts.add("phone", result.phone.description)
    facts.add("consent", result.optedOut ? "opted out" : "may be texted", result.optedOut ? .red : .green)
    facts.add(
      "besides",
      result.blockedBy.isEmpty
        ? nil : "not by " + result.blockedBy.map(\.description).joined(separator: ", "), .red)
    try facts.print()
    if !result.records.isEmpty {
      try Output.line("")
      try table(result.records).print()
    }
    return .ok
  }

  static let list = Command(
    name: "list", summary: "consent records, newest first",
    options: [
      Option("kind", argument: "KIND", "opt_out or opt_in"), Option("current", "only what holds now"),
      Pages.limit,
    ],
    examples: [Example("tollgate consent list --kind opt_out --current", "everybody who is opted out")]
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
      summary: "record that a phone \(kind == .optOut ? "opted out" : "opted in") another way than by text",
      operands: "PHONE", operandCount: 1...1,
      options: [
        Option("evidence", argument: "TEXT", "what proves it; needed"),
        Option("number", argument: "NUMBER", "for this number of ours only; else for the brand"),
      ],
      examples: [
        Example(
          "tollgate consent \(name) +12025550143 --evidence 'asked on the phone, 3 May'", "for the brand")
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
            + "\(Words.count(result.cancelled, "waiting message")) taken back")
      }
      return .ok
    }
  }

  private static func table(_ records: [ConsentView]) -> Table {
    var table = Table("when", "phone", "what", "scope", "layer", "source", "holds", "evidence")
    for record in records {
      table.add(
        .init(Words.time(record.recordedAt), .dim), .init(record.phone.description),
        .init(record.kind == .optOut ? "opt-out" : "opt-in", record.kind == .optOut ? .red : .green),
        .init(record.scope == .number ? record.number?.description ?? "number" : "brand"),
        .init(record.layer.rawValue), .init(record.source.rawValue), .init(record.current ? "now" : "past"),
        .init(record.evidence ?? record.keyword ?? record.messageID?.description ?? ""))
    }
    return table
  }
}
