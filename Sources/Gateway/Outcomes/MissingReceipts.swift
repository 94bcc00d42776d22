import Carriers
import SMPP
import Store

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
  var place: ReceiptTable.Awaited?
  var isUnderWay = false
  fileprivate var earliest: Int64 = .max
}

/// Receipts that do not come in their time.
final class MissingReceipts: Part {
  let outbox: Outbox
  private let routes: Routes
  private let segments: Segments
  private let words: ReceiptWordTable
  private let counts: CarrierCountTable
  private var walk = MissingWalk()

  init(
    _ outbox: Outbox, _ routes: Routes, _ segments: Segments, _ words: ReceiptWordTable,
    _ counts: CarrierCountTable
  ) {
    self.outbox = outbox
    self.routes = routes
    self.segments = segments
    self.words = words
    self.counts = counts
  }

  private var messages: MessageTable { segments.messages }
  private var receipts: ReceiptTable { segments.receipts }

  /// The batch is lost: the walk begins anew.
  func reload() { walk = MissingWalk() }

  /// Whether a receipt may be missing.
  var isDue: Bool { walk.isUnderWay || walk.nextDue <= now }

  /// One slice of the walk.
  func seek() throws(StoreError) {
    guard isDue else { return }
    if !walk.isUnderWay {
      walk.isUnderWay = true
      walk.place = nil
      // What comes while the walk is under way is due after this.
      let shortest = routes.profiles.values.map(\.receiptMissingAfter.wholeMilliseconds).min()
      walk.earliest = now + (shortest ?? 86_400_000)
    }
    let rows = try receipts.awaited(after: walk.place, limit: MissingWalk.slice)
    var given = 0
    for row in rows {
      if row.due <= now {
        if given == MissingWalk.given { return }
        given += 1
        let next = try giveUp(row)
        walk.earliest = min(walk.earliest, next)
      } else {
        walk.earliest = min(walk.earliest, row.due)
      }
      walk.place = row
    }
    guard rows.count < MissingWalk.slice else { return }
    walk.isUnderWay = false
    walk.place = nil
    walk.nextDue = walk.earliest
  }

  /// The receipt of a segment did not come in its time. It is waited for once more as long, then no more.
  /// - Returns: when the row is due again.
  private func giveUp(_ row: ReceiptTable.Awaited) throws(StoreError) -> Int64 {
    guard let (state, flight) = try messages.sent(row.ref, by: row.carrier), state == .sent,
      let profile = routes.profiles[row.carrier],
      // If the carrier reports only failures, silence is no fault.
      profile.registeredDelivery & 0x03 == RegisteredDelivery.successOrFailure,
      // A receipt came, though nobody knows what it says.
      try !words.isHeard(row.ref)
    else {
      try receipts.stopAwaiting(row.carrier, row.key, row.ref)
      return .max
    }
    counts.count(row.carrier, .receiptsMissing)
    try segments.change(flight, from: .sent, to: .receiptMissing) { () throws(StoreError) in
      try messages.finish(row.ref, .receiptMissing, at: now, error: nil, inferred: false)
    }
    let due = now + profile.receiptMissingAfter.wholeMilliseconds
    try receipts.expect(row.carrier, row.key, row.ref, due: due)
    return due
  }
}
