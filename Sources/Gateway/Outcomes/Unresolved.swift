import Carriers
import Contract
import SMPP
import Settings
import Store

/// Walks over the unresolved submits, a slice at a time, for those that their class sends again.
struct UnknownWalk {
  /// Rows examined in one slice.
  static let slice = 500

  /// Milliseconds since 1970 UTC before which nothing is due.
  var nextDue: Int64 = 0
  /// The last examined segment; nil between two walks.
  var place: Int64?
  var isUnderWay = false
  fileprivate var earliest: Int64 = .max

  /// The next walk must examine a segment at `time`.
  fileprivate mutating func comesBack(at time: Int64) {
    nextDue = min(nextDue, time)
    earliest = min(earliest, time)
  }
}

/// Decides about submits without an answer. Such a text may have arrived. Its message class decides; by default the text is never
/// sent again.
final class Unresolved: Part {
  let outbox: Outbox
  private let settings: GatewaySettings
  private let directory: Directory
  private let routes: Routes
  private let permission: Permission
  private let lanes: Lanes
  private let handover: Handover
  private let segments: Segments
  private let counts: CarrierCountTable
  private var walk = UnknownWalk()

  init(
    _ outbox: Outbox, _ settings: GatewaySettings, _ directory: Directory, _ routes: Routes,
    _ permission: Permission, _ lanes: Lanes, _ handover: Handover, _ segments: Segments,
    _ counts: CarrierCountTable
  ) {
    self.outbox = outbox
    self.settings = settings
    self.directory = directory
    self.routes = routes
    self.permission = permission
    self.lanes = lanes
    self.handover = handover
    self.segments = segments
    self.counts = counts
  }

  private var messages: MessageTable { segments.messages }
  private var attempts: AttemptTable { segments.attempts }
  private var receipts: ReceiptTable { segments.receipts }

  /// After a lost batch: the walk starts again.
  func reload() { walk = UnknownWalk() }

  func policy(of traffic: TrafficClass) -> UnknownPolicy { settings.unknown.policy(of: traffic) }

  /// Milliseconds after which no receipt comes any more, if the settings do not say.
  func waitsForReceipt(_ carrier: CarrierKey) -> Int64 {
    // If the number has several routes, nobody knows which carrier had the text.
    let known = routes.profiles[carrier].map { [$0] } ?? Array(routes.profiles.values)
    return known.map(\.receiptMissingAfter.wholeMilliseconds).max() ?? 3 * 86_400_000
  }

  /// No answer can come any more: the message class may send the text again at once.
  func answerIsLost(_ flight: Flight) throws(StoreError) {
    if policy(of: flight.traffic) == .retryAtOnce { try sendAgainByPolicy(flight) }
  }

  /// Whether a segment may be sent again: its outcome is unknown, no session can answer it, and permission is given.
  func verdict(_ flight: Flight) throws(StoreError) -> RetryVerdict {
    guard try messages.state(of: flight.ref) == .unknown, let row = try messages.row(flight.ref.message),
      let number = directory.numbers[flight.number]
    else { return .known }
    if handover[flight.ref] != nil { return .mayBeAnswered }
    guard !number.sendRoutes.isEmpty else { return .refused(.noRoute) }
    let text = TextInQuestion(
      phone: flight.phone, number: number, traffic: flight.traffic, notAfter: row.notAfter)
    if case .never(let reason) = try permission.verdict(text) { return .refused(reason) }
    return .go
  }

  enum RetryVerdict {
    case go
    /// The outcome is known, or the segment is in flight.
    case known
    /// The session is open and may still answer.
    case mayBeAnswered
    case refused(Refusal)
  }

  /// The policy sends a segment again at most once.
  private func sendAgainByPolicy(_ flight: Flight) throws(StoreError) {
    guard case .go = try verdict(flight), try !attempts.wasSentAgainByPolicy(flight.ref) else { return }
    try sendAgain(flight, by: .policy)
  }

  /// Puts an unknown segment back into its lane. Its first submit stays unresolved: a receipt may still come for that submit.
  func sendAgain(_ flight: Flight, by settlement: Settlement, note: String? = nil) throws(StoreError) {
    try attempts.settle(flight.ref, by: settlement, at: now, note: note)
    try segments.change(flight, from: .unknown, to: .queued) { () throws(StoreError) in
      try messages.forgetOutcome(of: flight.ref)
    }
    try lanes.pend(
      PendingSegment(ref: flight.ref, conversation: flight.conversation), flight.number,
      flight.traffic.urgency)
    counts.count(flight.carrier, .unknownRetried)
    // A receipt may come for this long.
    walk.comesBack(at: now + 2 * waitsForReceipt(flight.carrier))
  }

  // MARK: The walk

  /// Whether an unresolved submit may be due.
  var isDue: Bool {
    receipts.unresolvedCount > 0 && (walk.isUnderWay || walk.nextDue <= now)
  }

  /// A segment became unknown: sets when the walk must examine it.
  func note(_ flight: Flight, at: Int64) {
    counts.count(flight.carrier, .unknown)
    guard policy(of: flight.traffic) == .retryLater else { return }
    walk.comesBack(at: at + (settings.unknown.after?.wholeMilliseconds ?? waitsForReceipt(flight.carrier)))
  }

  /// One slice of the walk.
  func seek() throws(StoreError) {
    guard isDue else { return }
    if !walk.isUnderWay {
      walk.isUnderWay = true
      walk.place = nil
      walk.earliest = .max
    }
    let rows = try receipts.unresolved(after: walk.place, limit: UnknownWalk.slice)
    for row in rows {
      walk.earliest = min(walk.earliest, try pass(row))
      walk.place = row.ref.rawValue
    }
    guard rows.count < UnknownWalk.slice else { return }
    walk.isUnderWay = false
    walk.place = nil
    walk.nextDue = walk.earliest
  }

  /// - Returns: when the row is due again.
  private func pass(_ row: ReceiptTable.UnresolvedSubmit) throws(StoreError) -> Int64 {
    guard let message = try messages.row(row.ref.message) else { return .max }
    guard row.state == .unknown else {
      // Sent again, or resolved by a person: a receipt for the earlier submit may come for this long.
      guard row.state != nil else { return .max }
      let due = row.submitted + 2 * waitsForReceipt(row.carrier)
      if due <= now { try receipts.removeUnresolved(row.ref) }
      return due <= now ? .max : due
    }
    // The session is open, and may answer.
    guard handover[row.ref] == nil else { return .max }
    let due: Int64
    switch policy(of: message.traffic) {
    case .hold: return .max
    case .retryAtOnce: due = now
    case .retryLater:
      due = row.at + (settings.unknown.after?.wholeMilliseconds ?? waitsForReceipt(row.carrier))
    }
    guard due <= now else { return due }
    try sendAgainByPolicy(Flight(row.ref, of: message, carrier: row.carrier))
    return .max
  }
}
