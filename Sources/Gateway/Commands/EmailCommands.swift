import Contract
import Store

/// `email.settle`: what became of alerts as e-mails.
struct EmailCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let emails: EmailOutbox

  /// E-mails belong to the whole company.
  func settle(_ params: EmailSettle, _ caller: Requester) throws(APIError) -> Decision {
    guard caller.isUnrestricted, let row = try read(try emails.table.email(params.emailID.value)) else {
      throw .notFound("email", params.emailID)
    }
    if let status = params.exitStatus, !(0...255).contains(status) {
      throw .invalid("exit_status", "0 to 255")
    }
    return Decision { () throws(StoreError) in
      // It may have expired meanwhile, or was settled by an answer that got lost.
      if row.state == .waiting {
        try emails.settle(row, params.outcome, exitStatus: params.exitStatus.map { Int64($0) })
      }
      guard let settled = try emails.table.email(row.id) else {
        throw .misuse("email", "one that is not stored")
      }
      // The answer is kept for a repetition, and longer than the words are.
      return EmailView(settled, from: nil, showsWords: false)
    }
  }
}
