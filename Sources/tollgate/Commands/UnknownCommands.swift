import CommandFrame
import Contract

/// `tollgate unknown`: texts that were written to a carrier and never answered.
enum UnknownCommands {
  static let command = Command(
    name: "unknown", summary: "texts whose answer never came: look at them, say what became of them",
    details: """
      Such a text may have arrived, so by default it is never sent again; what the classes of messages do is said by
      `unknown` of the configuration. A late answer or a receipt settles it; else a person can.
      """,
    examples: [
      Example("tollgate unknown list", "the oldest first"),
      Example(
        "tollgate unknown resolve msg_6789 --failed --reason 'not in the carrier portal'",
        "it is known now, and why"),
    ],
    subcommands: [list, resolve])

  static let list = Command(
    name: "list", summary: "segments whose outcome is not known, the oldest first",
    options: [
      Option("number", argument: "NUMBER", "only of this number of ours"),
      Option("carrier", argument: "NAME", "only of this carrier"),
      Option("older-than", argument: "SECONDS", "only those unknown for at least so long"),
      Pages.limit,
    ],
    examples: [
      Example(
        "tollgate unknown list --carrier bandwidth --older-than 3600", "what one carrier owes an answer"),
      Example("tollgate unknown list --json", "for a program"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let number = try invocation.value("number").map(References.number)
    let older = try invocation.value("older-than").map { text in
      guard let seconds = Int(text), seconds >= 0 else {
        throw invocation.usage("--older-than: expected a number of seconds, found \"\(text)\"")
      }
      return seconds
    }
    let result = try Pages.read(
      invocation, daemon,
      UnknownList(
        number: number, carrier: invocation.value("carrier"), olderS: older))
    try Pages.print(invocation, result, none: "none: the outcome of every segment is known") {
      table(result.items)
    }
    return .ok
  }

  static func table(_ items: [UnknownView]) -> Table {
    var table = Table(
      "message", ">segment", "from", "to", "class", "carrier", "handed over", "for", ">attempts", "policy")
    for item in items {
      table.add(
        item.messageID.description, "\(item.segment)/\(item.segments)", item.from.description,
        item.to.description, item.class.rawValue, item.carrier, Words.time(item.handedAt),
        Words.span(seconds: item.ageS), "\(item.attempts)", item.policy.rawValue)
    }
    return table
  }

  static let resolve = Command(
    name: "resolve", summary: "say what became of a text, or have it sent again", operands: "MESSAGE",
    operandCount: 1...1,
    details: """
      Exactly one of --sent, --failed and --retry. Who said it and why is kept, and told by `tollgate why`.
      What comes later and says otherwise is kept too; it sends nothing.
      """,
    options: [
      Option("sent", "the carrier took it"),
      Option("failed", "the carrier did not take it, and it is not to be sent again"),
      Option("retry", "send it again, though it may have arrived"),
      Option("segment", argument: "N", "only this of its segments, from 1"),
      Option("reason", argument: "TEXT", "how that is known, or why it is sent again"), DaemonConnection.key,
    ],
    examples: [
      Example(
        "tollgate unknown resolve msg_6789 --sent --reason 'in the carrier portal as delivered'",
        "it counts as sent"),
      Example(
        "tollgate unknown resolve msg_6789 --retry --reason 'the customer says nothing came'",
        "it goes out once more"),
    ]
  ) { invocation in
    let said = UnknownResolution.allCases.filter { invocation.has($0.rawValue) }
    guard said.count == 1, let resolution = said.first else {
      throw invocation.usage("expected exactly one of --sent, --failed and --retry")
    }
    guard let reason = invocation.value("reason") else { throw invocation.usage("expected --reason TEXT") }
    let segment = try invocation.value("segment").map { text in
      guard let number = Int(text), number > 0 else {
        throw invocation.usage("--segment: expected a number from 1, found \"\(text)\"")
      }
      return number
    }
    let daemon = try DaemonConnection(invocation)
    let result = try daemon.call(
      UnknownResolve(
        messageID: try References.message(invocation.operands[0]), segment: segment, resolution: resolution,
        reason: reason, idempotencyKey: invocation.value("key")))
    if invocation.has("json") {
      try JSONOutput.line(result)
    } else {
      let again = result.replayed == true ? " (done before, with this key)" : ""
      try Output.line(
        "\(result.messageID): \(Words.count(result.segments, "segment")), now \(result.state.rawValue)\(again)"
      )
    }
    return .ok
  }
}
