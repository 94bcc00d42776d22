import Carriers
import SMPP

/// The walk through what waits for receipts, a slice at a time, for those whose time is over.
///
/// No index by time is kept for it, since every segment would pay for the few that it is for. The walk knows the earliest time
/// anything it passed is due, and begins anew only then.
struct MissingWalk {
  /// Rows looked at, and receipts given up, in one slice: well under a millisecond, and a few.
  static let slice = 2_000
  static let given = 250

  /// Milliseconds since 1970 UTC before which nothing is due.
  var nextDue: Int64 = 0
  /// The row passed last; nil between two walks.
  var place: ReceiptBook.Awaited?
  var isUnderWay = false
  fileprivate var earliest: Int64 = .max
}

extension Gateway {
  /// Whether a receipt may be missing.
  var hasMissingReceipts: Bool { missing.isUnderWay || missing.nextDue <= now }

  /// One slice of the walk.
  func seekMissingReceipts() throws {
    guard hasMissingReceipts else { return }
    if !missing.isUnderWay {
      missing.isUnderWay = true
      missing.place = nil
      // What comes while the walk is under way is due after this.
      let shortest = profiles.values.map(\.receiptMissingAfter.wholeMilliseconds).min()
      missing.earliest = now + (shortest ?? 86_400_000)
    }
    let rows = try receipts.awaited(after: missing.place, limit: MissingWalk.slice)
    var given = 0
    for row in rows {
      if row.due <= now {
        if given == MissingWalk.given { return }
        given += 1
        let next = try giveUp(row)
        missing.earliest = min(missing.earliest, next)
      } else {
        missing.earliest = min(missing.earliest, row.due)
      }
      missing.place = row
    }
    guard rows.count < MissingWalk.slice else { return }
    missing.isUnderWay = false
    missing.place = nil
    missing.nextDue = missing.earliest
  }

  /// The receipt of a segment did not come in its time. It is waited for once more as long, then no more.
  /// - Returns: when the row is due again.
  private func giveUp(_ row: ReceiptBook.Awaited) throws -> Int64 {
    guard let (state, message) = try messages.sent(row.ref), state == .sent,
      let profile = profiles[row.carrier],
      // Where failures alone are told, silence is no fault.
      profile.registeredDelivery & 0x03 == RegisteredDelivery.successOrFailure
    else {
      try receipts.stopAwaiting(row.carrier, row.key, row.ref)
      return .max
    }
    counts.count(row.carrier, .receiptsMissing)
    let flight = Flight(
      ref: row.ref, number: message.number, carrier: row.carrier, conversation: message.conversation,
      phone: message.phone, traffic: message.traffic, campaign: message.campaign,
      segments: message.segments, attempts: 0)
    try change(flight, from: .sent, to: .receiptMissing) {
      try messages.finish(row.ref, .receiptMissing, at: now, error: nil, inferred: false)
    }
    let due = now + profile.receiptMissingAfter.wholeMilliseconds
    try receipts.expect(row.carrier, row.key, row.ref, due: due)
    return due
  }
}
