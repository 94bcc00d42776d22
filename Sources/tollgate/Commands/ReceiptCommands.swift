import CommandFrame
import Contract

/// `carrier receipts`: receipts that settled nothing.
enum ReceiptCommands {
  static let receipts = Command(
    name: "receipts", summary: "receipts that matched no message, or came too late", operands: "NAME",
    operandCount: 1...1,
    details: """
      Each with the reason. waiting_for_response: its message may be one that is not answered yet.
      no_such_message: no message has its id. collision: its id fits several messages in flight; none was touched.
      other_base: it fits one only as hexadecimal or as decimal; see receipts.id of the profile.
      already_final: it contradicts what was final before. unreadable: it names no message.
      """,
    options: [Option("reason", argument: "REASON", "only with this reason"), Pages.limit],
    examples: [
      Example("tollgate carrier receipts bandwidth", "the newest first"),
      Example("tollgate carrier receipts bandwidth --reason collision", "those that fit several messages"),
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    let reason = try References.word(invocation.value("reason"), "reason", ReceiptReason.self)
    let result = try Pages.read(
      invocation, daemon, CarrierReceipts(carrier: invocation.operands[0], reason: reason))
    try Pages.print(invocation, result, none: "none: every receipt was for a message that waited for it") {
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
