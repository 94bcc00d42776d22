import CommandFrame
import Contract

/// `tollgate message`: single texts.
package enum MessageCommands {
  package static let command = Command(
    name: "message", summary: "send single texts, look messages up",
    examples: [
      Example("tollgate message send con_1 --from 'Dana Whitfield' 'See you at ten.'", "send one text"),
      Example("tollgate message list --state unknown", "list submits that the carrier never answered"),
    ],
    subcommands: [send, SendManyCommand.command, show, list, estimate])

  static let metadataOption = Option(
    "metadata", argument: "NAME=VALUE", repeats: true,
    "a name and a value of yours, kept and shown with the message")

  static let send = Command(
    name: "send", summary: "send one text", operands: "TO TEXT", operandCount: 2...2,
    details:
      "TO is a contact (con_1) or a phone (+12025550110). The command returns once the message is on disk.",
    options: [
      Option("from", argument: "WHO", "a rep (id or name) or a number (default: the conversation's number)"),
      Option("not-after", argument: "TIME", "do not send after this time; for example 2026-11-22T17:00:00Z"),
      Option(
        "class", argument: "CLASS",
        "interactive, notice or code (a one-time code, worthless after ten minutes)"),
      Option(
        "parameter", argument: "NAME=VALUE", repeats: true, "a value for one of the carrier's own parameters"),
      metadataOption, DaemonConnection.key,
    ],
    examples: [
      Example(
        "tollgate message send con_1 --from 'Dana Whitfield' 'See you at ten.'", "send one text"),
      Example(
        "tollgate message send con_1 --key visit-2291 'See you at ten.'",
        "run again with the same key, the command sends nothing"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      MessageSend(
        from: try invocation.value("from").map { try references.sender($0) },
        to: try References.recipient(invocation.operands[0]), text: invocation.operands[1],
        idempotencyKey: daemon.idempotencyKey(),
        class: try References.word(invocation.value("class"), "class", MessageClass.self),
        notAfter: try invocation.value("not-after").map(References.time),
        parameters: try invocation.pairs(of: "parameter"), metadata: try invocation.pairs(of: "metadata")))
    try sent(result, invocation)
    return .ok
  }

  /// Metadata as facts, in the order of the names.
  static func add(_ metadata: [String: String]?, to facts: inout Facts) {
    for (name, value) in (metadata ?? [:]).sorted(by: { $0.key < $1.key }) {
      facts.add("metadata", "\(name)=\(value)")
    }
  }

  static func sent(_ result: MessageSendResult, _ invocation: Invocation) throws {
    if invocation.has("json") { return try JSONOutput.line(result) }
    let again = result.replayed == true ? " (sent before, with this key)" : ""
    try Output.line(
      "\(result.messageID) \(result.state.rawValue): \(result.from) → \(result.to), "
        + "\(Words.count(result.segments, "segment")) of \(result.encoding.rawValue)\(again)")
  }

  static let show = Command(
    name: "show", summary: "show one message", operands: "MESSAGE", operandCount: 1...1,
    examples: [Example("tollgate message show msg_1", "text, state and times of a message")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let message = try daemon.call(MessageGet(messageID: try References.message(invocation.operands[0])))
    if invocation.has("json") {
      try JSONOutput.line(message)
      return .ok
    }
    var facts = Facts()
    facts.add("id", message.messageID.description)
    facts.add("direction", message.direction.rawValue)
    facts.add("from", message.from.description)
    facts.add("to", message.to.description)
    facts.add("text", message.text, .bold)
    facts.add(
      "state", message.state.rawValue + (message.inferred == true ? " (inferred)" : ""),
      Words.style(message.state))
    facts.add("reason", message.reason?.rawValue, .yellow)
    facts.add("error", message.error, .red)
    facts.add("segments", "\(message.segments)" + (message.encoding.map { " of \($0.rawValue)" } ?? ""))
    facts.add("lossy", message.lossy == true ? "the octets do not fit their data_coding" : nil, .red)
    facts.add(
      "octets", message.receivedOctets.map { "\($0.base64), data_coding \($0.dataCoding)" })
    facts.add("port", message.receivedOctets?.destinationPort.map { "\($0)" })
    for (name, value) in (message.parameters ?? [:]).sorted(by: { $0.key < $1.key }) {
      facts.add(name, value)
    }
    add(message.metadata, to: &facts)
    facts.add("class", message.class?.rawValue)
    facts.add("keyword", message.keyword)
    facts.add("conversation", message.conversationID?.description)
    facts.add("campaign", message.campaignID?.description)
    facts.add("contact", message.contactID?.description)
    facts.add("rep", message.repID == nil ? nil : try references.name(of: message.repID))
    facts.add("carrier", message.carrier)
    facts.add("recorded", Words.time(message.createdAt))
    facts.add("accepted", message.sentAt.map { Words.time($0) })
    facts.add("final", message.doneAt.map { Words.time($0) })
    facts.add("not after", message.notAfter.map { Words.time($0) })
    try facts.print()
    return .ok
  }

  static let list = Command(
    name: "list", summary: "list messages, newest first",
    options: [
      Option("number", argument: "NUMBER", "only messages of this number of ours"),
      Option("phone", argument: "PHONE", "only messages from or to this phone"),
      Option("rep", argument: "REP", "only messages of this rep"),
      Option("campaign", argument: "CAMPAIGN", "only messages of this campaign"),
      Option("state", argument: "STATE", "only messages in this state; unknown: the carrier never answered"),
      Option("direction", argument: "WAY", "only inbound or only outbound"),
      Option("created-since", argument: "TIME", "only messages recorded at this time or later"),
      Option("created-before", argument: "TIME", "only messages recorded before this time"),
      Option("text", argument: "TEXT", "only messages whose text contains this"),
      Pages.since, Pages.limit,
    ],
    examples: [
      Example("tollgate message list --phone +12025550110", "list all messages from and to one phone"),
      Example(
        "tollgate message list --state unknown", "list submits that the carrier never answered"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let state = try References.word(invocation.value("state"), "state", TextMessageState.self)
    let direction = try References.word(invocation.value("direction"), "direction", MessageDirection.self)
    let number = try invocation.value("number").map(References.number)
    let phone = try invocation.value("phone").map(References.number)
    let rep = try invocation.value("rep").map { try references.rep($0) }
    let campaign = try invocation.value("campaign").map(References.campaign)
    let (from, before) = (
      try invocation.value("created-since").map(References.time),
      try invocation.value("created-before").map(References.time)
    )
    let text = invocation.value("text")
    let isNarrowed = invocation.has("since") || from != nil || before != nil || text != nil
    if state == .unknown, number == nil, phone == nil, rep == nil, campaign == nil, !isNarrowed {
      return try unknown(invocation, daemon)
    }
    let result = try Pages.read(
      invocation, daemon,
      MessageList(
        number: number, phone: phone, repID: rep, campaignID: campaign, state: state, direction: direction,
        createdSince: from, createdBefore: before, text: text))
    try Pages.print(invocation, result, none: "no messages") { table(result.items) }
    return .ok
  }

  static func table(_ messages: [MessageView]) -> Table {
    var table = Table("id", "when", "from", "", "to", "state", "why", "text")
    for message in messages {
      table.add(
        .init(message.messageID.description), .init(Words.time(message.createdAt), .dim),
        .init(message.from.description),
        .init(message.direction == .inbound ? "⇒" : "→"), .init(message.to.description),
        .init(message.state.rawValue, Words.style(message.state)),
        .init(Words.why(message.state, message.reason, message.error) ?? message.keyword ?? ""),
        .init(message.text))
    }
    return table
  }

  private static func unknown(_ invocation: Invocation, _ daemon: DaemonConnection) throws -> ExitStatus {
    let result = try Pages.read(invocation, daemon, UnknownList())
    try Pages.print(invocation, result, none: "none: the carrier answered every submit") {
      UnknownCommands.table(result.items)
    }
    return .ok
  }

  static let estimate = Command(
    name: "estimate", summary: "count the segments a text would need", operands: "TEXT",
    operandCount: 1...1,
    options: [
      Option(
        "from", argument: "WHO", "the rep or number to send from; the number's carrier decides the alphabet")
    ],
    examples: [
      Example(
        "tollgate message estimate 'Café at 5 — bring the papers'",
        "a single dash outside GSM 7-bit can double the segments")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try daemon.call(
      MessageEstimate(
        text: invocation.operands[0], from: try invocation.value("from").map { try references.sender($0) }))
    if invocation.has("json") {
      try JSONOutput.line(result)
      return .ok
    }
    let unit = result.encoding == .gsm7 ? "septet" : result.encoding == .ucs2 ? "UTF-16 unit" : "octet"
    var facts = Facts()
    facts.add("segments", "\(result.segments)", .bold)
    facts.add("encoding", result.encoding.rawValue)
    facts.add("length", Words.count(result.units, unit))
    facts.add(
      "room", "\(Words.count(result.unitsLeft, unit)) left of \(result.unitLimit) in the last segment")
    if let forcing = result.notGsm7, !forcing.isEmpty {
      facts.add("because of", forcing.joined(separator: " "), .yellow)
    }
    try facts.print()
    return .ok
  }
}
