import Contract
import Store

extension Gateway {
  /// After a start: segments that were handed over and have no outcome are unknown, since they may have been written.
  func settleAfterCrash() throws {
    var doubtful: [Flight] = []
    var lost: [Flight] = []
    var rows: [(refs: [SegmentRef], at: Int64)] = []
    try database.rows("SELECT refs, at FROM handed ORDER BY id") {
      rows.append((Handover.refs($0.blob(0)), $0.int(1)))
    }
    let waits = try database.prepare("SELECT 1 FROM pending WHERE ref = ?1 LIMIT 1")
    for (refs, at) in rows {
      for ref in refs {
        waits.bind(1, ref.rawValue)
        if try waits.firstInt() != nil { continue }
        let state = try messages.state(of: ref)
        guard state == nil || state == .unknown, let row = try messages.row(ref.message) else { continue }
        let number = row.number
        // Of a number with a fallback nobody knows by which carrier it went: 0 lets the receipt of any of them settle it.
        let routes = directory.numbers[number]?.sendRoutes ?? []
        let carrier = routes.count == 1 ? routes[0].carrier : 0
        let flight = Flight(
          ref: ref, number: number, carrier: carrier, conversation: row.conversation, phone: row.phone,
          traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: 0, at: at)
        lost.append(flight)
        // Its answer was overdue before.
        if state == .unknown { continue }
        try change(flight, from: .sending, to: .unknown) {
          try messages.record(ref, .unknown, carrier: carrier, at: now, handed: at)
        }
        try attempts.record(flight, .unanswered, at: now)
        noteUnknown(flight, at: now)
        try receipts.doubt(ref, carrier: carrier, number: number, phone: row.phone, submitted: at)
        doubtful.append(flight)
      }
    }
    try database.run("DELETE FROM handed")
    for flight in doubtful { try settleDoubtByEarly(flight) }
    for flight in lost { try answerIsLost(flight) }
    if !doubtful.isEmpty {
      alert(
        .unknownOutcome, .warning, "\(doubtful.count) segments were with a carrier when the gateway ended")
    }
    try redelivery.candidatesAfterCrash(now: now)
  }

  /// Lanes as the store has them: what waits, and the runs that are not through.
  func loadLanes() throws {
    // What is with the loop has its thread's turn already.
    for flight in handover.answerable {
      let lane = lane(flight.number)
      if flight.traffic.isBulk {
        _ = lane.bulk.fly(flight.ref.message, of: flight.conversation)
      } else {
        _ = lane.interactive.fly(flight.ref.message, of: flight.conversation)
      }
    }
    try database.rows(
      """
      SELECT p.number_id, p.class, p.ref, p.attempts, p.not_before, m.conversation_id FROM pending p
      JOIN message m ON m.id = p.ref >> 8 ORDER BY p.ref
      """
    ) { row in
      let item = PendingSegment(
        ref: SegmentRef(rawValue: row.int(2)), conversation: row.int(5), attempts: row.int(3),
        notBefore: row.int(4))
      if row.int(1) == 0 {
        lane(row.int(0)).interactive.insert(item)
      } else {
        lane(row.int(0)).bulk.insert(item)
      }
    }
    try database.rows(
      """
      SELECT campaign_id, number_id, first_id, end_id, filled_id, filled_contact, next_ref FROM run
      WHERE first_id > 0 AND next_ref < end_id * 256 ORDER BY first_id
      """
    ) { row in
      guard let campaign = try campaigns.campaign(row.int(0)) else { return }
      lane(row.int(1)).begin(
        Run(
          campaign: campaign, number: row.int(1), first: row.int(2), end: row.int(3), filled: row.int(4),
          filledContact: row.int(5), next: SegmentRef(rawValue: row.int(6))))
    }
    touched.formUnion(lanes.keys)
  }

  /// How every lane sends, for a loop that knows nothing yet; and what waits in each.
  public func introduce() -> [NetworkOutput] {
    var outputs: [NetworkOutput] = []
    toldLanes = [:]
    for number in directory.numbers.values.sorted(by: { $0.id < $1.id }) {
      let setting = laneSetting(number)
      toldLanes[number.id] = setting
      outputs.append(.lane(setting))
      let (interactive, bulk, next) = lane(number.id).demand(at: now)
      if let next { nextRetry = min(nextRetry ?? .max, next) }
      outputs.append(.demand(number.id, interactive: interactive, bulk: bulk))
    }
    for receipt in (try? submissions.owed()) ?? [] { outputs.append(.receipt(receipt)) }
    return outputs
  }

  func laneSetting(_ number: Number) -> LaneSetting {
    let route = route(of: number)
    return LaneSetting(
      number: number.id, carrier: route?.carrier, rate: route?.rate ?? number.rate, paused: !canSend(number))
  }

  /// Tells the loop of a lane that changed.
  func retellLane(_ number: Number) {
    let setting = laneSetting(number)
    touched.insert(number.id)
    guard toldLanes[number.id] != setting else { return }
    toldLanes[number.id] = setting
    released.network.append(.lane(setting))
  }

  /// The carrier will take nothing of a number: it stops, alone, until a person has looked.
  func pauseNumber(_ id: NumberID, because reason: String) throws {
    guard let number = directory.numbers[id], number.state == .active else { return }
    try database.run(
      "UPDATE number SET state = 'paused', reason = ?2 WHERE id = ?1", .int(id), .text(reason))
    number.state = .paused
    number.reason = reason
    try noteState(of: number)
    retellLane(number)
    tell(number)
    alert(
      .refusedByCarrier, .critical, subject: number.address.description,
      "the carrier refuses this number (\(reason)); it is paused")
  }

  func tell(_ number: Number) {
    emit(
      .numberStateChanged(
        NumberStateChanged(
          number: number.address, state: number.state, rate: number.rate, repID: number.rep.map { RepID($0) },
          at: Timestamp(milliseconds: now))))
  }

  /// Segments whose delay is over: their lanes are looked at again.
  public var needsRetry: Bool { nextRetry.map { $0 <= now } ?? false }

  public func retryDue() {
    guard let due = nextRetry, due <= now else { return }
    nextRetry = nil
    touched.formUnion(lanes.keys)
  }
}
