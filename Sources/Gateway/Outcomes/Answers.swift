import Carriers
import Contract
import SMPP
import Settings
import Store

/// When to retry a segment that the carrier refused for now.
enum Retry {
  /// Milliseconds before the first retry; doubled each time up to `longest`.
  static let first: Int64 = 5_000
  static let longest: Int64 = 300_000

  static func delay(attempt: Int64) -> Int64 { min(longest, first << min(attempt, 10)) }
}

/// Handles what the carrier, or the loop, reports about segments in flight.
final class Answers: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let routes: Routes
  let directory: Directory
  let permission: Permission
  let clock: GatewayClock
  let lanes: Lanes
  let handover: Handover
  let segments: Segments
  let barrier: Barrier
  let numbers: NumberStates
  let receipts: Receipts
  let unresolved: Unresolved
  let refusals: Refusals
  let alike: RefusedAlike

  init(
    outbox: Outbox, settings: GatewaySettings, routes: Routes, directory: Directory,
    permission: Permission, clock: GatewayClock, lanes: Lanes, handover: Handover, segments: Segments,
    barrier: Barrier, numbers: NumberStates, receipts: Receipts, unresolved: Unresolved, refusals: Refusals,
    alike: RefusedAlike
  ) {
    self.outbox = outbox
    self.settings = settings
    self.routes = routes
    self.directory = directory
    self.permission = permission
    self.clock = clock
    self.lanes = lanes
    self.handover = handover
    self.segments = segments
    self.barrier = barrier
    self.numbers = numbers
    self.receipts = receipts
    self.unresolved = unresolved
    self.refusals = refusals
    self.alike = alike
  }

  private var messages: MessageTable { segments.messages }
  private var attempts: AttemptTable { segments.attempts }
  private var receiptTable: ReceiptTable { segments.receipts }

  /// The carrier answered.
  func answered(_ answer: SegmentAnswer) throws(StoreError) {
    guard let flight = handover.land(answer.ref) else { return try answeredLate(answer) }
    if flight.isOverdue {
      let state = try messages.state(of: answer.ref)
      guard state == .unknown else { return try receipts.answeredAfterAll(answer, flight, state) }
    }
    if flight.isOverdue { try settleUnresolved(by: answer, handed: flight.at) }
    let before: SegmentState = flight.isOverdue ? .unknown : .sending
    guard answer.status != .ESME_ROK else {
      lanes.land(flight)
      return try accepted(answer, flight, before)
    }
    let profile = routes.profiles[flight.carrier] ?? CarrierProfile()
    switch ErrorClass.of(answer.status, profile) {
    case .pace:
      post(.throttled(flight.number, flight.carrier))
      try requeue(flight, attempts: flight.attempts, notBefore: 0, .throttled, answer.status)
    case .temporary:
      if let next = try nextAttempt(flight, answer.status, profile) {
        try requeue(
          flight, attempts: flight.attempts + 1, notBefore: next, .refusedForNow, answer.status)
      } else {
        try refused(answer, flight, before)
        try alike.failed(flight, error: answer.status.name)
      }
    case .session, .credentials:
      // The session will carry nothing. The segment was refused, not lost, so it may go again.
      try requeue(
        flight, attempts: flight.attempts, notBefore: now + Retry.first, .sessionRefused, answer.status)
    case .permanentNumber:
      try refused(answer, flight, before)
      try numbers.pause(flight.number, because: answer.status.name)
    case .optedOut:
      try refused(answer, flight, before)
      try barrier.blockedByCarrier(flight, code: answer.status.name)
    case .ourBug:
      try refused(answer, flight, before)
      try refusals.noteOurFault(answer, flight)
    case .permanentMessage, nil:
      try refused(answer, flight, before)
      refusals.noteUnknown(answer.status, flight, profile)
      try alike.failed(flight, error: answer.status.name)
    }
  }

  /// When to retry a segment that was refused for now; nil if its time or its attempts are used up.
  private func nextAttempt(_ flight: Flight, _ status: CommandStatus, _ profile: CarrierProfile)
    throws(StoreError)
    -> Int64?
  {
    if let limit = ErrorClass.retryLimit(of: status, profile), flight.attempts >= Int64(limit) { return nil }
    guard let row = try messages.row(flight.ref.message) else { return nil }
    let lives = profile.validity?.wholeMilliseconds ?? settings.spans.retriedFor.wholeMilliseconds
    let next = now + Retry.delay(attempt: flight.attempts)
    return clock.isHeld || next < row.notAfter ?? (row.accepted + lives) ? next : nil
  }

  private func accepted(_ answer: SegmentAnswer, _ flight: Flight, _ before: SegmentState) throws(StoreError)
  {
    let external = answer.messageID.octets
    try segments.change(flight, from: before, to: .sent) { () throws(StoreError) in
      try messages.recordSent(flight, external: external, at: answer.at)
    }
    // An earlier submit stays unresolved, even if no receipt will ever come for this one.
    guard !external.isEmpty, let profile = routes.profiles[flight.carrier], profile.registeredDelivery != 0
    else {
      return try alike.arrived(from: flight.number)
    }
    let key = ReceiptID.key(answer.messageID, from: .response, style: profile.receipts.id)
    if try receipts.takeEarly(answer.messageID, flight, profile, key: key) { return }
    try receiptTable.expect(
      flight.carrier, key, answer.ref, due: now + profile.receiptMissingAfter.wholeMilliseconds)
  }

  private func refused(_ answer: SegmentAnswer, _ flight: Flight, _ before: SegmentState) throws(StoreError) {
    lanes.land(flight)
    if let earlier = try segments.handedOverBefore(answer.ref) {
      try attempts.record(flight, .refused, at: answer.at, status: answer.status)
      try segments.remainsUnknown(flight, from: before, as: earlier)
      return try receipts.settleUnresolvedByEarly(flight)
    }
    try receiptTable.removeUnresolved(answer.ref)
    try segments.change(flight, from: before, to: .failed, error: answer.status.name) {
      () throws(StoreError) in
      try messages.record(
        answer.ref, .failed, carrier: flight.carrier, at: answer.at, handed: flight.at,
        status: answer.status.rawValue, error: answer.status.name)
    }
  }

  /// An answer came after its time-out. An earlier submit may have arrived, and may still get a receipt.
  private func settleUnresolved(by answer: SegmentAnswer, handed: Int64) throws(StoreError) {
    if try segments.handedOverBefore(answer.ref) == nil {
      try receiptTable.removeUnresolved(answer.ref)
    } else {
      try receiptTable.removeUnresolved(answer.ref, submitted: handed)
    }
    try attempts.settle(answer.ref, by: .answer, at: now)
  }

  /// An answer for a segment that is no longer in flight. It settles an unknown segment, and nothing else.
  private func answeredLate(_ answer: SegmentAnswer) throws(StoreError) {
    guard case (.unknown, var flight)? = try messages.sent(answer.ref, by: answer.carrier) else { return }
    let handed = try messages.times(of: answer.ref)?.handed ?? answer.at
    try settleUnresolved(by: answer, handed: handed)
    flight.at = handed
    flight.isOverdue = true
    if answer.status == .ESME_ROK {
      try accepted(answer, flight, .unknown)
    } else {
      try refused(answer, flight, .unknown)
    }
  }

  /// The response timer ran out. The session is open, so the answer may still come; until then the segment is unknown.
  func overdue(_ ref: SegmentRef, at: Int64) throws(StoreError) {
    guard let flight = handover[ref], !flight.isOverdue else { return }
    handover.markOverdue(ref)
    lanes.land(flight)
    try becomesUnknown(flight, at: at)
  }

  /// The segments were written, and the session ended without an answer.
  func unanswered(_ refs: [SegmentRef], at: Int64) throws(StoreError) {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      if !flight.isOverdue {
        lanes.land(flight)
        try becomesUnknown(flight, at: at)
      }
      try unresolved.answerIsLost(flight)
    }
    if !refs.isEmpty {
      alert(
        .unknownOutcome, .warning,
        "the carrier did not answer \(refs.count) segment\(refs.count == 1 ? "" : "s")")
    }
  }

  private func becomesUnknown(_ flight: Flight, at: Int64) throws(StoreError) {
    try segments.change(flight, from: .sending, to: .unknown) { () throws(StoreError) in
      try messages.record(flight.ref, .unknown, carrier: flight.carrier, at: at, handed: flight.at)
    }
    try attempts.record(flight, .unanswered, at: at)
    unresolved.note(flight, at: at)
    try receiptTable.addUnresolved(
      flight.ref, carrier: flight.carrier, number: flight.number, phone: flight.phone, submitted: flight.at)
    try receipts.settleUnresolvedByEarly(flight)
  }

  /// The segments were handed over and not written: they return to their place.
  func returned(_ refs: [SegmentRef]) throws(StoreError) {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)
    }
  }

  /// The segments were taken out unwritten, because the phone opted out or its carrier blocks it.
  func revoked(_ refs: [SegmentRef]) throws(StoreError) {
    for ref in refs {
      guard let flight = handover.land(ref) else { continue }
      // The confirmation of the opt-out is sent anyway.
      if flight.traffic == .confirmation {
        try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)
        continue
      }
      lanes.land(flight)
      // By now it may have opted in again: what was taken out stays out.
      let reason = try forbidden(flight) ?? .optedOut
      try segments.end(flight, from: .sending, to: .cancelled, reason: reason, handed: flight.at)
    }
  }

  /// Why a segment may never leave, whatever its time.
  private func forbidden(_ flight: Flight) throws(StoreError) -> Refusal? {
    guard let number = directory.numbers[flight.number],
      case .never(let reason) = try permission.verdict(
        TextInQuestion(phone: flight.phone, number: number, traffic: flight.traffic))
    else { return nil }
    // Until its number has a route again it waits, as those in the lane do.
    return reason == .noRoute ? nil : reason
  }

  /// Puts a segment back, unless its phone opted out or its time is over. `end`: the outcome of its hand-over.
  func requeue(
    _ flight: Flight, attempts: Int64, notBefore: Int64, _ end: AttemptEnd,
    _ status: CommandStatus = .ESME_ROK
  ) throws(StoreError) {
    try self.attempts.record(
      flight, end, at: now, status: status, until: notBefore > 0 ? notBefore : nil)
    if let reason = try forbidden(flight) {
      let before: SegmentState = flight.isOverdue ? .unknown : .sending
      lanes.land(flight)
      return try segments.end(flight, from: before, because: reason)
    }
    if flight.isOverdue {
      // The late answer was a refusal: the outcome is known, and the segment waits again.
      try segments.change(flight, from: .unknown, to: .queued) { () throws(StoreError) in
        try messages.forgetOutcome(of: flight.ref)
      }
    }
    try lanes.pendAgain(
      PendingSegment(
        ref: flight.ref, conversation: flight.conversation, attempts: attempts, notBefore: notBefore),
      flight)
  }
}
