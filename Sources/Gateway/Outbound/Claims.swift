import Carriers
import Contract
import SMPP
import Store

/// Segments leave a lane: against a permit, marked as handed over in the same transaction.
extension Gateway {
  /// Claims what a permit allows; the loop is told how much of it was used.
  func claim(_ permit: ClaimPermit) throws {
    var got = 0
    var ended = 0
    defer {
      touched.insert(permit.number)
      released.network.append(.claimed(permit, got: got))
    }
    guard let number = directory.numbers[permit.number], canSend(number), let route = route(of: number),
      let profile = profiles[route.carrier]
    else { return }
    let lane = lane(permit.number)
    // A permit is a free slot of a session.
    try holds.end(.noSession, route.carrier, at: now)
    while got < permit.count,
      let claimed = try next(lane, number, bulk: permit.bulk, route.carrier, profile, &ended)
    {
      handover.claim(claimed.flight)
      released.network.append(.send(claimed.segment))
      got += 1
    }
  }

  func canSend(_ number: Number) -> Bool { !directory.pausedAll && number.state != .paused }

  private typealias Claimed = (segment: ClaimedSegment, flight: Flight)

  /// The next segment of a lane that may go; those that may not any more end here.
  private func next(
    _ lane: Lane, _ number: Number, bulk: Bool, _ carrier: CarrierKey, _ profile: CarrierProfile,
    _ ended: inout Int
  ) throws -> Claimed? {
    while ended < Self.maximumEndedInClaim,
      let item = bulk ? lane.bulk.popReady(at: now) : lane.interactive.popReady(at: now)
    {
      let row = try messages.row(item.ref.message)
      let state = try row.flatMap { try campaignState(of: $0) }
      if state == .paused {
        // It came back, or waited for its thread, and its campaign was paused since.
        if lane.hold(item, of: row?.campaign ?? 0) { touched.insert(lane.number) }
        continue
      }
      try unpend(item.ref, lane.number, bulk: bulk)
      guard let row else {
        _ = lane.land(item.ref, of: item.conversation, bulk: bulk)
        continue
      }
      let flight = Flight(
        ref: item.ref, number: lane.number, carrier: carrier, conversation: row.conversation,
        phone: row.phone,
        traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: item.attempts,
        at: now)
      if state == .cancelled {
        try end(flight, from: .queued, to: .cancelled, reason: .alreadyFinal)
        land(flight)
        ended += 1
        continue
      }
      if isClockHeld, row.notAfter != nil, row.traffic != .confirmation {
        try pendAgain(
          PendingSegment(
            ref: item.ref, conversation: item.conversation, attempts: item.attempts,
            notBefore: now + Gateway.clockLook), flight)
        ended += 1
        continue
      }
      if try isOver(flight, notAfter: row.notAfter) {
        land(flight)
        ended += 1
        continue
      }
      let campaign = try row.text == nil ? row.campaign.flatMap { try campaigns.campaign($0) } : nil
      let text = row.text ?? campaign?.text ?? ""
      guard let plan = plan(text, row.id, campaign, carrier),
        let segment = build(flight, number, plan, reference: row.reference, row.notAfter, profile)
      else {
        try fail(flight)
        land(flight)
        continue
      }
      return (segment, flight)
    }
    guard bulk else { return nil }
    for run in lane.runs where run.campaign.isRunning {
      while ended < Self.maximumEndedInClaim, let message = try run.current(read: readRun) {
        let index = run.next.message == message.id ? run.next.index : 0
        let ref = SegmentRef(message: message.id, index: index)
        guard lane.bulk.fly(message.id, of: message.conversation) else {
          // Another message of the thread is under way: this one waits for its turn aside, as long as there is room.
          guard lane.hasRoomAside else { return nil }
          for index in index..<max(index, message.segments) {
            try pend(
              PendingSegment(
                ref: SegmentRef(message: message.id, index: index), conversation: message.conversation),
              lane.number, bulk: true)
          }
          run.advance(to: SegmentRef(message: message.id + 1, index: 0))
          ended += 1
          continue
        }
        run.advance(
          to: index + 1 < message.segments
            ? SegmentRef(message: message.id, index: index + 1)
            : SegmentRef(message: message.id + 1, index: 0))
        let flight = Flight(
          ref: ref, number: lane.number, carrier: carrier, conversation: message.conversation,
          phone: message.phone,
          traffic: .campaign, campaign: run.campaign.id, segments: message.segments, attempts: 0,
          at: now)
        if try isOver(flight, notAfter: message.notAfter) {
          land(flight)
          ended += 1
          continue
        }
        let shared = message.text == nil ? run.campaign : nil
        guard let plan = plan(message.text ?? run.campaign.text, message.id, shared, carrier),
          let segment = build(
            flight, number, plan, reference: message.reference, message.notAfter, profile)
        else {
          try fail(flight)
          land(flight)
          continue
        }
        return (segment, flight)
      }
    }
    return nil
  }

  /// How the campaign stands that a message is of; nil for a message of none.
  private func campaignState(of row: MessageRow) throws -> Campaign.State? {
    guard row.traffic == .campaign, let id = row.campaign else { return nil }
    return try campaigns.campaign(id)?.state
  }

  private func readRun(_ from: Int64, _ to: Int64) throws -> [RunMessage] {
    let statement = try database.cached(
      """
      SELECT m.id, m.conversation_id, m.phone, m.text, m.segments, m.reference, m.not_after FROM message m
      LEFT JOIN segment s ON s.ref = m.id * 256
      WHERE m.id >= ?1 AND m.id < ?2 AND (s.state IS NULL OR s.state <> 7) ORDER BY m.id
      """)
    statement.bind(1, from)
    statement.bind(2, to)
    var page: [RunMessage] = []
    page.reserveCapacity(Int(to - from))
    try statement.forEachRow { row in
      page.append(
        RunMessage(
          id: row.int(0), conversation: row.int(1), phone: row.int(2), text: row.textOrNil(3),
          segments: Int(row.int(4)), reference: row.int(5), notAfter: row.intOrNil(6)))
    }
    return page
  }

  /// Ends a segment whose phone opted out or may not be texted before the gateway is live, or whose time is over.
  private func isOver(_ flight: Flight, notAfter: Int64?) throws -> Bool {
    if !directory.isReachable(flight.phone) {
      try end(flight, from: .queued, to: .cancelled, reason: .notLive)
      return true
    }
    if flight.traffic != .confirmation, try consent.isSuppressed(flight.phone, from: flight.number) {
      try end(flight, from: .queued, to: .cancelled, reason: .optedOut)
      return true
    }
    if let notAfter, notAfter <= now {
      try end(flight, from: .queued, to: .expired, reason: .tooLate)
      return true
    }
    return false
  }

  private func fail(_ flight: Flight) throws {
    try end(flight, from: .queued, to: .failed, reason: .notTextable)
  }

  /// The text encoded for the carrier; kept when a whole campaign shares it.
  private func plan(_ text: String, _ message: Int64, _ campaign: Campaign?, _ carrier: CarrierKey)
    -> SegmentPlan?
  {
    if let campaign, let plan = campaign.plans[carrier] { return plan }
    if let last = lastPlan, last.message == message, last.carrier == carrier { return last.plan }
    guard let plan = segmenters[carrier]?.plan(text) else { return nil }
    if let campaign { campaign.plans[carrier] = plan }
    lastPlan = (message, carrier, plan)
    return plan
  }

  private func build(
    _ flight: Flight, _ number: Number, _ plan: SegmentPlan, reference: Int64, _ notAfter: Int64?,
    _ profile: CarrierProfile
  ) -> ClaimedSegment? {
    let normaliser = AddressNormaliser(profile)
    guard let source = number.source(for: flight.carrier, normaliser),
      let phone = PhoneNumber(packed: flight.phone),
      let destination = normaliser.destination(party(phone)), flight.ref.index < plan.count
    else { return nil }
    let segment = plan.segment(flight.ref.index, reference: UInt16(truncatingIfNeeded: reference))
    var pdu = SubmitSM(
      serviceType: profile.serviceType, source: source, destination: destination,
      registeredDelivery: profile.registeredDelivery)
    if let validity = profile.validity {
      let left = notAfter.map { Duration.milliseconds($0 - now) } ?? validity
      pdu.validityPeriod = Gateway.validityPeriod(min(validity, left))
    }
    pdu.setText(segment)
    if profile.userMessageReference != .off {
      pdu.tlvs.userMessageReference = flight.ref.reference
    }
    return ClaimedSegment(
      ref: flight.ref, number: flight.number, carrier: flight.carrier, bulk: flight.traffic.isBulk,
      phone: flight.phone, pdu: pdu)
  }

  /// A segment as it was written, for the log.
  func rebuilt(_ flight: Flight) throws -> ClaimedSegment? {
    guard let row = try messages.row(flight.ref.message), let number = directory.numbers[flight.number],
      let profile = profiles[flight.carrier]
    else { return nil }
    let campaign = try row.text == nil ? row.campaign.flatMap { try campaigns.campaign($0) } : nil
    return plan(row.text ?? campaign?.text ?? "", row.id, campaign, flight.carrier)
      .flatMap { build(flight, number, $0, reference: row.reference, row.notAfter, profile) }
  }

  /// `validity_period` as a time from now (SMPP 3.4, 7.1.1.2), in whole seconds, one at least and thirty days at most.
  static func validityPeriod(_ left: Duration) -> COctetString {
    let seconds = min(max(1, left.components.seconds), 30 * 86_400)
    func two(_ value: Int64) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return COctetString(
      "0000" + two(seconds / 86_400) + two(seconds / 3600 % 24) + two(seconds / 60 % 60) + two(seconds % 60)
        + "000R")
  }

  func party(_ phone: PhoneNumber) -> Party {
    phone.isShortCode ? .shortCode(phone.description) : .number(phone.description)
  }

  // MARK: Waiting rows

  /// Puts a segment into its lane, durably.
  func pend(_ item: PendingSegment, _ number: NumberID, bulk: Bool) throws {
    try store(item, number, bulk: bulk)
    if bulk { lane(number).bulk.insert(item) } else { lane(number).interactive.insert(item) }
    touched.insert(number)
  }

  /// Puts a segment that was with the loop back into its place, durably.
  func pendAgain(_ item: PendingSegment, _ flight: Flight) throws {
    guard !flight.isOverdue else { return try pend(item, flight.number, bulk: flight.traffic.isBulk) }
    try store(item, flight.number, bulk: flight.traffic.isBulk)
    _ = lane(flight.number).land(
      flight.ref, of: flight.conversation, bulk: flight.traffic.isBulk, back: item)
    touched.insert(flight.number)
  }

  /// A segment is with the loop no more and does not come back: the next message of its thread may have the turn.
  func land(_ flight: Flight) {
    guard !flight.isOverdue else { return }
    let isNext = lane(flight.number).land(flight.ref, of: flight.conversation, bulk: flight.traffic.isBulk)
    if isNext { touched.insert(flight.number) }
  }

  private func store(_ item: PendingSegment, _ number: NumberID, bulk: Bool) throws {
    let statement = try database.cached(
      """
      INSERT INTO pending (number_id, class, ref, attempts, not_before) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (number_id, class, ref) DO UPDATE SET attempts = excluded.attempts,
        not_before = excluded.not_before
      """)
    statement.bind(1, number)
    statement.bind(2, bulk ? 1 : 0)
    statement.bind(3, item.ref.rawValue)
    statement.bind(4, item.attempts)
    statement.bind(5, item.notBefore)
    try statement.run()
  }

  private func unpend(_ ref: SegmentRef, _ number: NumberID, bulk: Bool) throws {
    let statement = try database.cached(
      "DELETE FROM pending WHERE number_id = ?1 AND class = ?2 AND ref = ?3")
    statement.bind(1, number)
    statement.bind(2, bulk ? 1 : 0)
    statement.bind(3, ref.rawValue)
    try statement.run()
  }

  /// Takes every segment of a message that waits out of its lane, recording why.
  func cancelPending(_ row: MessageRow, _ number: NumberID, reason: Refusal) throws -> Int {
    let waiting = lane(number)
    let gone = waiting.remove(message: row.id, of: row.conversation, bulk: row.traffic.isBulk)
    for item in gone {
      try unpend(item.ref, number, bulk: row.traffic.isBulk)
      let flight = Flight(
        ref: item.ref, number: number, carrier: 0, conversation: row.conversation, phone: row.phone,
        traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: item.attempts)
      try end(flight, from: .queued, to: .cancelled, reason: reason)
    }
    if !gone.isEmpty { touched.insert(number) }
    return gone.count
  }

  /// Takes one segment of a message that waits out of its lane; the message's others stay.
  /// - Returns: false where it does not wait.
  func takeOut(_ ref: SegmentRef, _ row: MessageRow) throws -> Bool {
    let waiting = lane(row.number)
    let gone = waiting.remove(message: row.id, of: row.conversation, bulk: row.traffic.isBulk)
    for item in gone where item.ref != ref {
      if row.traffic.isBulk { waiting.bulk.insert(item) } else { waiting.interactive.insert(item) }
    }
    touched.insert(row.number)
    guard gone.contains(where: { $0.ref == ref }) else { return false }
    try unpend(ref, row.number, bulk: row.traffic.isBulk)
    return true
  }

  /// Writes how far the runs of the batch's lanes are. A run that is through leaves its lane, which may never be empty.
  func flushRuns() throws {
    for number in touched.sorted() {
      guard let lane = lanes[number] else { continue }
      var isThrough = false
      for run in lane.runs where run.isDirty {
        try run.passOver(read: readRun)
        let statement = try database.cached(
          "UPDATE run SET next_ref = ?3, filled_id = ?4, filled_contact = ?5 WHERE campaign_id = ?1 AND number_id = ?2"
        )
        statement.bind(1, run.campaign.id)
        statement.bind(2, run.number)
        statement.bind(3, run.next.rawValue)
        statement.bind(4, run.filled)
        statement.bind(5, run.filledContact)
        try statement.run()
        run.isDirty = false
        isThrough = isThrough || run.isExhausted
      }
      if isThrough { lane.endRuns() }
    }
  }
}
