import CommandFrame
import Contract

/// `tollgate why`: what was decided about a message, and what the message waited for.
package enum WhyCommand {
  package static let command = Command(
    name: "why", summary: "explain a message: what was decided, by which rule, and where its time went",
    operands: "MESSAGE", operandCount: 1...1,
    details: """
      Prints the decisions first, then the spans of time: from acceptance to the end, or to now, without a gap.

      Each span has one cause:
        lane             waited for its turn under the number's rate, the carrier's rate and the window
        throttled        the same, while the carrier asked for a lower rate
        campaign_order   waited for its turn within the campaign
        thread           waited for an earlier message to the same phone
        retry            the carrier refused the message for now; waited for the next attempt
        given_back       a session handed the message back unwritten
        carrier          in flight; waited for the carrier's answer
        unknown          the carrier's answer never came
        receipt          the carrier accepted the message; waited for the receipt
        receipt_missing  the receipt came after its time
        no_session       no carrier of the number had a session
        paused           everything was paused; also number_paused, campaign_paused, campaign_cancelled
        not_running      the gateway did not run
      """,
    examples: [
      Example("tollgate why msg_1", "explain a message"),
      Example("tollgate why msg_1 --json", "print JSON for a program"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let story = try daemon.call(MessageWhy(messageID: try References.message(invocation.operands[0])))
    if invocation.has("json") {
      try JSONOutput.line(story)
      return .ok
    }
    let message = story.message
    var facts = Facts()
    facts.add("message", "\(message.messageID), \(message.from) → \(message.to)")
    facts.add(
      "state",
      message.state.rawValue
        + (Words.why(message.state, message.reason, message.error).map { ": \($0)" } ?? ""),
      Words.style(message.state))
    MessageCommands.add(message.metadata, to: &facts)
    facts.add("life", Words.span(milliseconds: story.lifeMs))
    try facts.print()
    try Output.line("")
    var steps = Table("when", ">segment", "what", "carrier", "status", "why")
    for step in story.decisions {
      steps.add(
        Words.moment(step.at), step.segment.map { "\($0)/\(message.segments)" } ?? "", step.step.rawValue,
        step.carrier ?? "", step.carrierStatus ?? "",
        [step.reason?.rawValue, step.carrierMessageID.map { "id \($0)" }, step.detail].compactMap(\.self)
          .joined(
            separator: ": "))
    }
    try steps.print()
    guard !story.spans.isEmpty else { return .ok }
    try Output.line("")
    var spans = Table("from", "until", ">for", ">segment", "spent on", "")
    for span in story.spans {
      spans.add(
        .init(Words.moment(span.startedAt), .dim), .init(Words.moment(span.endedAt), .dim),
        .init(Words.span(milliseconds: span.ms), .bold),
        .init(span.segment.map { "\($0)/\(message.segments)" } ?? ""), .init(span.cause.rawValue),
        .init(span.detail ?? ""))
    }
    try spans.print()
    return .ok
  }
}
