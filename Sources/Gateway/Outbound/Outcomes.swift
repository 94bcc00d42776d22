import Carriers
import Contract
import SMPP
import Store

/// Segments the carrier could not take for now are tried again until their time is over.
enum Retry {
  /// Milliseconds before the first retry; doubled each time up to `longest`.
  static let first: Int64 = 5_000
  static let longest: Int64 = 300_000

  static func delay(attempt: Int64) -> Int64 { min(longest, first << min(attempt, 10)) }
}

/// What becomes of segments once they are with the loop.
extension Gateway {
  /// The carrier answered.
  func answered(_ answer: SegmentAnswer) throws {
    guard let flight = handover.land(answer.ref) else { return try answeredLate(answer) }
    if flight.isOverdue {
      let state = try messages.state(of: answer.ref)
      guard state == .unknown else { return try answeredAfterAll(answer, flight, state) }
    }
    if flight.isOverdue { try settleDoubt(by: answer, handed: flight.at) }
    let before: SegmentState = flight.isOverdue ? .unknown : .sending
    guard answer.status != .ESME_ROK else {
      land(flight)
      return try accepted(answer, flight, before)
    }
    let profile = profiles[flight.carrier] ?? CarrierProfile()
    switch ErrorClass.of(answer.status, profile) {
    case .pace:
      released.network.append(.throttled(flight.number, flight.carrier))
      try requeue(flight, attempts: flight.attempts, notBefore: 0, .throttled, answer.status)
    case .temporary:
      if let next = try nextAttempt(flight, answer.status, profile) {
        try requeue(
          flight, attempts: flight.attempts + 1, notBefore: next, .refusedForNow, answer.status)
      } else {
        try refused(answer, flight, before)
      }
    case .session, .credentials:
      // The session will not carry anything; the segment was refused, not lost, so it may go again.
      try requeue(
        flight, attempts: flight.attempts, notBefore: now + Retry.first, .sessionRefused, answer.status)
    case .permanentNumber:
      try refused(answer, flight, before)
      try pauseNumber(flight.number, because: answer.status.name)
    case .optedOut:
      try refused(answer, flight, before)
      try blockedByCarrier(flight, code: answer.status.name)
    case .ourBug:
      try refused(answer, flight, before)
      try noteOurFault(answer, flight)
    case .permanentMessage, nil:
      try refused(answer, flight, before)
      noteUnknown(answer.status, flight, profile)
    }
  }

  /// When a segment that was refused for now is tried again; nil when its time, or its number of attempts, is over.
  private func nextAttempt(_ flight: Flight, _ status: CommandStatus, _ profile: CarrierProfile) throws
    -> Int64?
  {
    if let limit = ErrorClass.retryLimit(of: status, profile), flight.attempts >= Int64(limit) { return nil }
    guard let row = try messages.row(flight.ref.message) else { return nil }
    let lives = profile.validity?.wholeMilliseconds ?? settings.retriedFor.wholeMilliseconds
    let next = now + Retry.delay(attempt: flight.attempts)
    return isClockHeld || next < row.notAfter ?? (row.accepted + lives) ? next : nil
  }

  private func accepted(_ answer: SegmentAnswer, _ flight: Flight, _ before: SegmentState) throws {
    let external = answer.messageID.octets
    try change(flight, from: before, to: .sent) {
      try messages.record(
        answer.ref, .sent, carrier: flight.carrier, external: external, at: answer.at, handed: flight.at)
    }
    // A hand-over before it stays in doubt, also where this one will never be told of.
    guard !external.isEmpty, let profile = profiles[flight.carrier], profile.registeredDelivery != 0 else {
      return
    }
    let key = ReceiptID.key(answer.messageID, from: .response, style: profile.receipts.id)
    if try takeEarly(answer, flight, profile, key: key) { return }
    try receipts.expect(
      flight.carrier, key, answer.ref, due: now + profile.receiptMissingAfter.wholeMilliseconds)
  }

  private func refused(_ answer: SegmentAnswer, _ flight: Flight, _ before: SegmentState) throws {
    land(flight)
    if let earlier = try handedOverBefore(answer.ref) {
      try attempts.record(flight, .refused, at: answer.at, status: answer.status)
      try remainsUnknown(flight, from: before, as: earlier)
      return try settleDoubtByEarly(flight)
    }
    try receipts.settleDoubt(answer.ref)
    try change(flight, from: before, to: .failed, error: answer.status.name) {
      try messages.record(
        answer.ref, .failed, carrier: flight.carrier, at: answer.at, handed: flight.at,
        status: answer.status.rawValue, error: answer.status.name)
    }
  }

  /// What was thought unanswered is answered. A hand-over before it may have arrived, and be told of.
  private func settleDoubt(by answer: SegmentAnswer, handed: Int64) throws {
    if try handedOverBefore(answer.ref) == nil {
      try receipts.settleDoubt(answer.ref)
    } else {
      try receipts.settleDoubt(answer.ref, submitted: handed)
    }
    try attempts.settle(answer.ref, by: .answer, at: now)
  }

  /// An answer to a segment that is not with the loop any more: it settles an unknown one, and nothing else.
  private func answeredLate(_ answer: SegmentAnswer) throws {
    guard let (state, row) = try messages.sent(answer.ref), state == .unknown else { return }
    let handed = try messages.times(of: answer.ref)?.handed ?? answer.at
    try settleDoubt(by: answer, handed: handed)
    var flight = Flight(
      ref: answer.ref, number: row.number, carrier: answer.carrier, conversation: row.conversation,
      phone: row.phone,
      traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: 0,
      at: handed)
    flight.isOverdue = true
    if answer.status == .ESME_ROK {
      try accepted(answer, flight, .unknown)
    } else {
      try refused(answer, flight, .unknown)
    }
  }

  /// The response timer ran out. The session lives, so the answer may yet come; until then it is unknown.
  func overdue(_ ref: SegmentRef, at: Int64) throws {
    guard let flight = handover[ref], !flight.isOverdue else { return }
    handover.markOverdue(ref)
    land(flight)
    try becomesUnknown(flight, at: at)
  }

  /// Written, and the session ended without an answer.
  func unanswered(_ refs: [SegmentRef], at: Int64) throws {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      if !flight.isOverdue {
        land(flight)
        try becomesUnknown(flight, at: at)
      }
      try answerIsLost(flight)
    }
    if !refs.isEmpty {
      alert(.unknownOutcome, .warning, "\(refs.count) segments were written and not answered")
    }
  }

  private func becomesUnknown(_ flight: Flight, at: Int64) throws {
    try change(flight, from: .sending, to: .unknown) {
      try messages.record(flight.ref, .unknown, carrier: flight.carrier, at: at, handed: flight.at)
    }
    try attempts.record(flight, .unanswered, at: at)
    noteUnknown(flight, at: at)
    try receipts.doubt(
      flight.ref, carrier: flight.carrier, number: flight.number, phone: flight.phone, submitted: flight.at)
    try settleDoubtByEarly(flight)
  }

  /// Handed over and not written: back to their place.
  func returned(_ refs: [SegmentRef]) throws {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)
    }
  }

  /// Handed over and taken out unwritten, because the phone opted out.
  func revoked(_ refs: [SegmentRef]) throws {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      // The confirmation of the opt-out is said all the same.
      if flight.traffic == .confirmation {
        try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)
        continue
      }
      land(flight)
      try end(flight, from: .sending, to: .cancelled, reason: .optedOut, handed: flight.at)
    }
  }

  /// Puts a segment back, unless its phone opted out or its time is over. `end`: what its hand-over came to.
  func requeue(
    _ flight: Flight, attempts: Int64, notBefore: Int64, _ end: AttemptEnd,
    _ status: CommandStatus = .ESME_ROK
  ) throws {
    try self.attempts.record(
      flight, end, at: now, status: status, until: notBefore > 0 ? notBefore : nil)
    if flight.traffic != .confirmation, try consent.isSuppressed(flight.phone, from: flight.number) {
      let before: SegmentState = flight.isOverdue ? .unknown : .sending
      land(flight)
      return try self.end(flight, from: before, to: .cancelled, reason: .optedOut)
    }
    if flight.isOverdue {
      // The late answer was a refusal: it is known again, as waiting.
      try change(flight, from: .unknown, to: .queued) { try messages.forgetOutcome(of: flight.ref) }
    }
    try pendAgain(
      PendingSegment(
        ref: flight.ref, conversation: flight.conversation, attempts: attempts, notBefore: notBefore),
      flight)
  }

  /// What a receipt was to a segment.
  enum Settled {
    case moved
    /// It said nothing new.
    case repeated
    /// It is final, and so was the segment, otherwise.
    case contradicted
  }

  /// What the carrier's receipt says of a segment. States only move forward: the first final one stands.
  func settle(
    _ ref: SegmentRef, _ state: SegmentState, error: String?, by carrier: CarrierKey, inferred: Bool
  ) throws -> Settled {
    guard let (recorded, row) = try messages.sent(ref) else {
      return try settleWaiting(ref, state, error: error, by: carrier, inferred: inferred) ?? .repeated
    }
    guard recorded.mayBecome(state) else {
      return state.isFinal && recorded != state ? .contradicted : .repeated
    }
    if recorded == .unknown { try attempts.settle(ref, by: .receipt, at: now) }
    // Of what was sent again several copies may be told of: another one's receipt is nobody else's.
    if recorded == .unknown || state.isFinal, try handedOverBefore(ref) == nil {
      try receipts.settleDoubt(ref)
    }
    let flight = Flight(
      ref: ref, number: row.number, carrier: carrier, conversation: row.conversation, phone: row.phone,
      traffic: row.traffic,
      campaign: row.campaign, segments: row.segments, attempts: 0)
    if recorded == .receiptMissing, let times = try messages.times(of: ref), let missing = times.final {
      try attempts.record(flight, .receiptMissing, handed: times.handed ?? times.at, at: missing)
    }
    try change(flight, from: recorded, to: state, error: error, inferred: inferred) {
      try messages.finish(ref, state, at: now, error: error, inferred: inferred)
    }
    if state == .failed, let error, let profile = profiles[carrier], profile.receipts.isOptOut(error) {
      try blockedByCarrier(flight, code: error)
    }
    return .moved
  }

  /// One segment changes its state by `record`; the message, its campaign and the feed follow.
  func change(
    _ flight: Flight, from: SegmentState, to: SegmentState, error: String? = nil, reason: Refusal? = nil,
    inferred: Bool = false, record: () throws -> Void
  ) throws {
    var before = from
    var after = to
    var delivered = 0
    if flight.segments > 1 {
      before = try messages.whole(flight.ref.message, segments: flight.segments).state
      try record()
      (after, delivered) = try messages.whole(flight.ref.message, segments: flight.segments)
    } else {
      try record()
    }
    guard before != after else { return }
    if let id = flight.campaign, !flight.traffic.isPrivate, let campaign = try campaigns.campaign(id) {
      campaign.move(before, after)
    }
    guard !flight.traffic.isPrivate else { return }
    // A campaign's messages tell their ends; the steps between are counted in its progress. Unknown is told, and so is
    // what becomes of it.
    if flight.traffic == .campaign, !after.isFinal, after != .unknown, before != .unknown { return }
    try tell(flight, after, delivered: delivered, error: error, reason: reason, inferred: inferred)
  }

  /// `delivered`: of several segments, those the phone has.
  private func tell(
    _ flight: Flight, _ state: SegmentState, delivered: Int, error: String?, reason: Refusal?,
    inferred: Bool
  ) throws {
    guard let phone = PhoneNumber(packed: flight.phone), let number = directory.numbers[flight.number] else {
      return
    }
    emit(
      .messageStateChanged(
        MessageStateChanged(
          messageID: MessageID(flight.ref.message), conversationID: ConversationID(flight.conversation),
          campaignID: flight.campaign.map { CampaignID($0) }, repID: number.rep.map { RepID($0) },
          from: number.address, to: phone, state: state.word, final: state.isFinal, segments: flight.segments,
          segmentsDelivered: delivered > 0 && delivered < flight.segments ? delivered : nil, reason: reason,
          error: error, carrier: directory.carriers[flight.carrier], inferred: inferred,
          at: Timestamp(milliseconds: now))))
  }
}
