import CommandFrame
import Contract

/// `tollgate unknown`: texts that were written to a carrier and never answered.
package enum UnknownCommands {
  package static let command = Command(
    name: "unknown", summary: "list and resolve texts that the carrier never answered",
    details: """
      Such a text may have arrived, so by default the daemon never sends the text again; `unknown` in the configuration
      decides per message class. A late answer or a receipt resolves the text by itself. Otherwise a person can.
      """,
    examples: [
      Example("tollgate unknown list", "list them, oldest first"),
      Example(
        "tollgate unknown resolve msg_1 --failed --note 'not in the carrier portal'",
        "record that the text did not arrive"),
    ],
    subcommands: [list, resolve])

  static let list = Command(
    name: "list", summary: "list unanswered segments, oldest first",
    options: [
      Option("number", argument: "NUMBER", "only segments from this number of ours"),
      Option("carrier", argument: "NAME", "only segments to this carrier"),
      Option("older-than", argument: "SECONDS", "only segments unanswered for at least this long"),
      Pages.since, Pages.limit,
    ],
    examples: [
      Example(
        "tollgate unknown list --carrier simulated --older-than 3600", "one carrier's, unanswered for an hour"
      ),
      Example("tollgate unknown list --json", "print JSON for a program"),
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
    try Pages.print(invocation, result, none: "none: the carrier answered every submit") {
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
    name: "resolve", summary: "record whether a text was sent, or send the text again", operands: "MESSAGE",
    operandCount: 1...1,
    details: """
      Give exactly one of --sent, --failed and --retry, and --note. `tollgate why` shows who resolved the text and why.
      If an answer or a receipt comes later and contradicts, `tollgate why` shows that too; nothing is sent again.
      """,
    options: [
      Option("sent", "the carrier took the text"),
      Option("failed", "the carrier did not take the text; do not send it again"),
      Option("retry", "send the text again, though it may have arrived"),
      Option("segment", argument: "N", "only this segment, counted from 1 (default: all)"),
      Option("note", argument: "TEXT", "how you know, or why to send again; required"),
      DaemonConnection.key,
    ],
    examples: [
      Example(
        "tollgate unknown resolve msg_1 --sent --note 'in the carrier portal as delivered'",
        "count the text as sent"),
      Example(
        "tollgate unknown resolve msg_1 --retry --note 'the customer says nothing came'",
        "send the text once more"),
    ]
  ) { invocation in
    let said = UnknownResolution.allCases.filter { invocation.has($0.rawValue) }
    guard said.count == 1, let resolution = said.first else {
      throw invocation.usage("expected exactly one of --sent, --failed and --retry")
    }
    guard let note = invocation.value("note") else { throw invocation.usage("expected --note TEXT") }
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
        note: note, idempotencyKey: invocation.value("key")))
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
