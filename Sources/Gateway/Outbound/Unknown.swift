import Carriers
import Contract
import SMPP
import Store

/// The walk through what is in doubt, a slice at a time, for what its class says is to be sent again.
struct UnknownWalk {
  /// Rows looked at in one slice.
  static let slice = 500

  /// Milliseconds since 1970 UTC before which nothing is due.
  var nextDue: Int64 = 0
  /// The segment passed last; nil between two walks.
  var place: Int64?
  var isUnderWay = false
  fileprivate var earliest: Int64 = .max

  /// A segment has to be passed at `time`, by the walk after this one.
  fileprivate mutating func comesBack(at time: Int64) {
    nextDue = min(nextDue, time)
    earliest = min(earliest, time)
  }
}

/// A text that was written and never answered may have arrived. What becomes of it is for its class to say, and by default it is
/// never sent again.
extension Gateway {
  func policy(of traffic: TrafficClass) -> UnknownPolicy { settings.unknown.policy(of: traffic) }

  /// Milliseconds after which nothing more is heard of a text, where the settings do not say.
  func waitsForReceipt(_ carrier: CarrierKey) -> Int64 {
    // Of a number with several routes nobody knows by which carrier it went.
    let known = profiles[carrier].map { [$0] } ?? Array(profiles.values)
    return known.map(\.receiptMissingAfter.wholeMilliseconds).max() ?? 3 * 86_400_000
  }

  /// No answer can come any more to what was written: its class may have it sent again at once.
  func answerIsLost(_ flight: Flight) throws {
    if policy(of: flight.traffic) == .retryAtOnce { _ = try sendAgain(flight, by: .policy) }
  }

  /// Puts an unknown segment back into its lane. What it was handed over for stays in doubt: a receipt may yet tell of it.
  /// - Returns: false where it stays unknown: it was sent again before, or may not be.
  func sendAgain(_ flight: Flight, by settlement: Settlement, note: String? = nil) throws -> Bool {
    guard try messages.state(of: flight.ref) == .unknown, let row = try messages.row(flight.ref.message),
      let number = directory.numbers[flight.number], !number.sendRoutes.isEmpty,
      directory.isReachable(flight.phone), row.notAfter.map({ $0 > now }) ?? true,
      try !consent.isSuppressed(flight.phone, from: flight.number)
    else { return false }
    if settlement == .policy, try attempts.wasSentAgainByPolicy(flight.ref) { return false }
    try attempts.settle(flight.ref, by: settlement, at: now, note: note)
    try change(flight, from: .unknown, to: .queued) { try messages.forgetOutcome(of: flight.ref) }
    try pend(
      PendingSegment(ref: flight.ref, conversation: flight.conversation), flight.number,
      bulk: flight.traffic.isBulk)
    counts.count(flight.carrier, .unknownRetried)
    // So long it may be told of.
    unknown.comesBack(at: now + 2 * waitsForReceipt(flight.carrier))
    return true
  }

  /// Ends a segment that leaves no more. One that is sent again may have arrived before: that is as unknown as it was.
  func end(
    _ flight: Flight, from: SegmentState, to state: SegmentState, reason: Refusal, handed: Int64? = nil
  ) throws {
    if let earlier = try handedOverBefore(flight.ref) {
      if handed != nil { try attempts.record(flight, .givenBack, at: now) }
      return try remainsUnknown(flight, from: from, as: earlier, note: reason.rawValue)
    }
    try change(flight, from: from, to: state, reason: reason) {
      try messages.record(
        flight.ref, state, carrier: flight.carrier, at: now, handed: handed, reason: reason)
    }
  }

  /// The hand-over that a segment was sent again for and that may have arrived; nil where there is none.
  func handedOverBefore(_ ref: SegmentRef) throws -> (handed: Int64, at: Int64, carrier: CarrierKey)? {
    receipts.doubtCount > 0 ? try attempts.sentAgain(ref) : nil
  }

  /// What was sent again came to nothing. The hand-over before it may have arrived.
  func remainsUnknown(
    _ flight: Flight, from: SegmentState, as earlier: (handed: Int64, at: Int64, carrier: CarrierKey),
    note: String? = nil
  ) throws {
    var flight = flight
    flight.row = nil
    try attempts.record(flight, .retryEnded, handed: earlier.handed, at: now, note: note)
    try change(flight, from: from, to: .unknown) {
      try messages.record(
        flight.ref, .unknown, carrier: earlier.carrier, at: earlier.at, handed: earlier.handed)
    }
  }

  // MARK: What comes late

  /// A receipt tells of a hand-over whose segment waits to be sent again: it is not, and is what the receipt says.
  /// - Returns: nil where it does not wait.
  func settleWaiting(
    _ ref: SegmentRef, _ state: SegmentState, error: String?, by carrier: CarrierKey, inferred: Bool
  ) throws -> Settled? {
    guard let earlier = try attempts.sentAgain(ref), let row = try messages.row(ref.message),
      try takeOut(ref, row)
    else { return nil }
    let flight = Flight(
      ref: ref, number: row.number, carrier: carrier, conversation: row.conversation, phone: row.phone,
      traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: 0)
    try change(flight, from: .queued, to: state, error: error, inferred: inferred) {
      try messages.record(ref, .sent, carrier: carrier, at: now, handed: earlier.handed)
      try messages.finish(ref, state, at: now, error: error, inferred: inferred)
    }
    return .moved
  }

  /// The carrier answers what a person had settled: the first word stands, and this one is kept.
  func answeredAfterAll(_ answer: SegmentAnswer, _ flight: Flight, _ state: SegmentState?) throws {
    try attempts.record(flight, .answeredLate, at: answer.at, status: answer.status)
    guard answer.status == .ESME_ROK, state == .sent, !answer.messageID.octets.isEmpty else { return }
    try messages.identify(answer.ref, answer.messageID.octets, by: flight.carrier)
    guard let profile = profiles[flight.carrier], profile.registeredDelivery != 0 else { return }
    try receipts.expect(
      flight.carrier, ReceiptID.key(answer.messageID, from: .response, style: profile.receipts.id),
      answer.ref,
      due: now + profile.receiptMissingAfter.wholeMilliseconds)
  }

  // MARK: The walk

  /// Whether something unknown may be due.
  var hasUnknownDue: Bool {
    receipts.doubtCount > 0 && (unknown.isUnderWay || unknown.nextDue <= now)
  }

  /// A segment became unknown: when the walk has to pass it.
  func noteUnknown(_ flight: Flight, at: Int64) {
    counts.count(flight.carrier, .unknown)
    guard policy(of: flight.traffic) == .retryLater else { return }
    unknown.comesBack(at: at + (settings.unknown.after?.wholeMilliseconds ?? waitsForReceipt(flight.carrier)))
  }

  /// One slice of the walk.
  func seekUnknown() throws {
    guard hasUnknownDue else { return }
    if !unknown.isUnderWay {
      unknown.isUnderWay = true
      unknown.place = nil
      unknown.earliest = .max
    }
    let rows = try receipts.doubts(after: unknown.place, limit: UnknownWalk.slice)
    for row in rows {
      unknown.earliest = min(unknown.earliest, try pass(row))
      unknown.place = row.ref.rawValue
    }
    guard rows.count < UnknownWalk.slice else { return }
    unknown.isUnderWay = false
    unknown.place = nil
    unknown.nextDue = unknown.earliest
  }

  /// - Returns: when the row is due again.
  private func pass(_ row: ReceiptBook.Doubt) throws -> Int64 {
    guard let message = try messages.row(row.ref.message) else { return .max }
    guard row.state == .unknown else {
      // Sent again, or settled by a person: what was handed over may be told of for so long.
      guard row.state != nil else { return .max }
      let due = row.submitted + 2 * waitsForReceipt(row.carrier)
      if due <= now { try receipts.settleDoubt(row.ref) }
      return due <= now ? .max : due
    }
    // Its session lives, and may answer.
    guard handover[row.ref] == nil else { return .max }
    let due: Int64
    switch policy(of: message.traffic) {
    case .hold: return .max
    case .retryAtOnce: due = now
    case .retryLater:
      due = row.at + (settings.unknown.after?.wholeMilliseconds ?? waitsForReceipt(row.carrier))
    }
    guard due <= now else { return due }
    let flight = Flight(
      ref: row.ref, number: message.number, carrier: row.carrier, conversation: message.conversation,
      phone: message.phone, traffic: message.traffic, campaign: message.campaign,
      segments: message.segments, attempts: 0)
    _ = try sendAgain(flight, by: .policy)
    return .max
  }
}

extension GatewaySettings.Unknown {
  func policy(of traffic: TrafficClass) -> UnknownPolicy {
    switch traffic {
    case .interactive: interactive
    case .campaign: campaign
    case .notice: notice
    case .code: code
    // What the gateway sends of itself is never worth a second copy, and a confirmation is one for all.
    case .alert, .copy, .help, .confirmation: .hold
    }
  }
}
