import Contract
import SMPP
import Store

extension Gateway {
  /// One input of the network side, in the transaction that is open.
  public func take(_ input: NetworkInput) throws {
    switch input {
    case .inbound(let pdu): try received(pdu)
    case .answered(let answer): try answered(answer)
    case .overdue(let ref, let at): try overdue(ref, at: at)
    case .unanswered(let refs, _, let at): try unanswered(refs, at: at)
    case .returned(let refs): try returned(refs)
    case .revoked(let refs, _): try revoked(refs)
    case .permits(let permits): for permit in permits { try claim(permit) }
    case .bind(let change): tell(change)
    case .reachable(let carrier, let reachable): try reach(carrier, reachable)
    case .asked(let request, let carrier, let question): try asked(request, carrier, question)
    case .receiptSettled(let id, let status): try receiptSettled(id, status)
    case .certificate(let notice): try seen(notice)
    case .disk(let notice): seen(notice)
    case .sessionLost(let session, _, let at):
      // The loop reads the wall clock, which may have jumped ahead of the rules' time.
      try redelivery.sessionLost(session, at: min(at, now))
    }
  }

  /// A PDU that no rule could digest: kept as it came, acknowledged and listed.
  public func setAside(_ pdu: InboundPDU) throws {
    try quarantine(pdu, reason: QuarantineKind.failed.rawValue)
    alert(
      .quarantined, .critical, subject: directory.carriers[pdu.carrier],
      "an inbound PDU could not be processed and was set aside")
    try acknowledge(pdu)
  }

  private func tell(_ change: BindChange) {
    guard let carrier = directory.carriers[change.carrier] else { return }
    emit(
      .bindStateChanged(
        BindStateChanged(
          carrier: carrier, session: change.session, state: change.state,
          error: change.reason.isEmpty ? nil : change.reason, retryInMs: change.retryInMilliseconds,
          at: Timestamp(milliseconds: now))))
    note(
      change.state == .waiting ? .warning : .info,
      "carrier=\(carrier) session=\(change.session) state=\(change.state.rawValue)"
        + (change.reason.isEmpty ? "" : " reason=\"\(change.reason)\"")
        + (change.retryInMilliseconds.map { " retry_in_ms=\($0)" } ?? ""))
    if change.credentialsRefused {
      alert(
        .credentialsRefused, .critical, subject: carrier,
        "the carrier refuses our system_id or password; tried again in five minutes")
    }
  }

  // MARK: Housekeeping

  /// Whether something is due that no input brings about.
  public var needsHousekeeping: Bool {
    clock?.news != nil || needsRetry || hasOverdueParts || hasMissingReceipts || hasUnknownDue
      || campaigns.hasUntold
      || now - lastPurge >= Gateway.purgeEvery
  }

  /// Milliseconds between two looks for what is too old.
  static let purgeEvery: Int64 = 10_000
  /// Rows of one table removed at a time.
  static let purgeSlice: Int64 = 500

  /// What time alone brings about: retries, incomplete messages, progress that was held back, and what is too old.
  public func housekeep() throws {
    retryDue()
    var given = 0
    while given < 20, try giveOutIncomplete() { given += 1 }
    try seekMissingReceipts()
    try seekUnknown()
    try campaigns.tellQuiet(at: now) { try tellProgress($0) }
    guard now - lastPurge >= Gateway.purgeEvery else { return }
    lastPurge = now
    try holds.noteAlive(at: now)
    try trimUnmatched()
    try parts.forgetWhole(before: now - 2 * settings.partsWait.wholeMilliseconds)
    try redelivery.removeCandidates(before: now - settings.redeliveryWithin.wholeMilliseconds)
    try submissions.removeOld(
      before: now - settings.submissionKept.wholeMilliseconds, slice: Gateway.purgeSlice)
    try database.run(
      """
      DELETE FROM idempotency WHERE (role, method, key) IN
        (SELECT role, method, key FROM idempotency WHERE at < ?1 ORDER BY at LIMIT ?2)
      """, .int(now - settings.idempotencyKept.wholeMilliseconds), .int(Gateway.purgeSlice))
    try expirePlans()
    try trimFeed()
  }

  /// Receipts that fitted nothing leave after their time; beyond the limit the oldest leave all the same.
  private func trimUnmatched() throws {
    let left = try unmatched.trim(
      before: now - settings.receiptListed.wholeMilliseconds, limit: settings.maximumParkedReceipts,
      slice: Int(Gateway.purgeSlice))
    if left > 0 {
      alert(.receiptUnmatched, .warning, "too many receipts fit no message: the oldest of them left the list")
    }
  }

  private func expirePlans() throws {
    try database.run(
      "UPDATE campaign SET state = 'expired' WHERE state IN ('planned', 'planning') AND expires < ?1",
      .int(now))
  }

  /// Events that everyone has read leave after their time; beyond the limit the oldest leave all the same.
  private func trimFeed() throws {
    let slowest = try database.int("SELECT min(acked) FROM consumer") ?? 0
    try removeFeed(
      "at < ?1 AND first_sequence + count - 1 <= ?2", .int(now - settings.feedKept.wholeMilliseconds),
      .int(slowest))
    let octets = feed.octets
    if octets > settings.feedMaximum / 2, !feedAlarm {
      feedAlarm = true
      alert(.feedHalfFull, .warning, "the feed has reached half of what may be kept; a consumer is behind")
    }
    if octets < settings.feedMaximum / 3 { feedAlarm = false }
    if octets > settings.feedMaximum {
      try removeFeed("?1 = ?1 AND first_sequence <= ?2", .int(0), .int((try oldestRows()) ?? 0))
      alert(
        .feedFull, .critical, "the feed is full: the oldest events were removed before a consumer read them")
    }
  }

  private func oldestRows() throws -> Int64? {
    try database.int(
      "SELECT max(first_sequence) FROM (SELECT first_sequence FROM feed ORDER BY first_sequence LIMIT 1000)")
  }

  private func removeFeed(_ condition: String, _ first: Value, _ second: Value) throws {
    guard
      let last = try database.int(
        "SELECT max(first_sequence + count - 1) FROM (SELECT first_sequence, count FROM feed WHERE \(condition) ORDER BY first_sequence LIMIT 2000)",
        first, second)
    else { return }
    let octets = try database.int(
      "SELECT sum(length(events)) FROM feed WHERE first_sequence <= ?1", .int(last))
    try database.run("DELETE FROM feed WHERE first_sequence <= ?1", .int(last))
    feed.removed(octets: octets ?? 0)
    try database.run(
      """
      INSERT INTO setting (key, value) VALUES ('feed_removed_to', ?1)
      ON CONFLICT (key) DO UPDATE SET value = excluded.value
      """, .text(String(last)))
  }
}
