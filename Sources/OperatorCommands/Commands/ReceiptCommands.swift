import CommandFrame
import Contract

/// `carrier receipts`: receipts that settled nothing.
enum ReceiptCommands {
  static let receipts = Command(
    name: "receipts", summary: "list receipts that changed no message, each with its reason",
    operands: "NAME",
    operandCount: 1...1,
    details: """
      Reasons:
        waiting_for_response  the receipt's message may be one that the carrier has not answered yet
        no_such_message       no message has the receipt's id
        collision             the id fits several messages in flight; none of them was changed
        other_base            the id fits only when read as hexadecimal or as decimal: see receipts.id in the configuration
        already_final         the receipt contradicts an earlier final state
        unreadable            the receipt names no message
      """,
    options: [
      Option("reason", argument: "REASON", "only receipts with this reason"), Pages.since, Pages.limit,
    ],
    examples: [
      Example("tollgate carrier receipts simulated", "list them, newest first"),
      Example(
        "tollgate carrier receipts simulated --reason collision", "only receipts that fit several messages"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let reason = try References.word(invocation.value("reason"), "reason", ReceiptReason.self)
    let result = try Pages.read(
      invocation, daemon, CarrierReceipts(carrier: invocation.operands[0], reason: reason))
    try Pages.print(invocation, result, none: "none: every receipt found its message") {
      var table = Table("came", "age", "reason", "id", "state", "error", "from", "to", "message")
      for item in result.items {
        table.add(
          Words.time(item.receivedAt), Words.span(seconds: item.ageS), item.reason.rawValue,
          item.carrierMessageID,
          item.state.rawValue, item.error ?? "", item.from?.description ?? "-", item.to?.description ?? "-",
          item.messageID?.description ?? "-")
      }
      return table
    }
    return .ok
  }
}
