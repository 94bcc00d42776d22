import Contract
import SMPP
import Store

/// What waits longer than anything explains.
extension StoreAudit {
  /// Messages before the one in front of a lane that are looked at for its last hand-over: first the next ones, which in a campaign
  /// are its own, then as many as other numbers may have had meanwhile.
  private static let lookedBack: [Int64] = [50, 50_000]

  func checkWaits(_ key: [Int64]) throws -> [Int64]? {
    guard let stuckAfter, let started = try started(), started <= now - stuckAfter else { return nil }
    let before = now - stuckAfter
    if key.isEmpty {
      try checkHanded(before)
      try checkCampaignWork(before)
      try checkParts(before)
      return [0, .min, .min]
    }
    if key.count == 3 {
      return try checkAwaitedWaits(key, before) ?? [0]
    }
    return try checkLanes(key, before)
  }

  /// When the gateway started last; nil where it never did.
  private func started() throws -> Int64? {
    try database.text("SELECT value FROM setting WHERE key = 'started'").flatMap { Int64($0) }
  }

  private func checkHanded(_ before: Int64) throws {
    let outcome = try database.prepare("SELECT 1 FROM segment WHERE ref = ?1 AND state <> 6")
    let flights = try Flights(database)
    for (ref, all) in flights.all.sorted(by: { $0.key }) {
      guard let last = all.last?.at, last < before, try !exists(outcome, ref), try flights.has(ref) else {
        continue
      }
      report(.stuckHanded, ref, "is in flight for more than \(waited)")
    }
  }

  private var waited: String {
    let minutes = (stuckAfter ?? 0) / 60_000
    return minutes == 60 ? "an hour" : "\(minutes) minutes"
  }

  /// Campaigns whose recipients are not turned into messages, and cancelled ones whose messages do not end.
  private func checkCampaignWork(_ before: Int64) throws {
    try database.rows(
      """
      SELECT c.id, c.state, c.committed, max(r.filled_id < r.end_id),
        max(CASE WHEN r.filled_id > r.first_id THEN (SELECT accepted FROM message WHERE id < r.filled_id ORDER BY id DESC LIMIT 1) END),
        max(r.next_ref < r.end_id * 256), (SELECT max(since) FROM hold WHERE cause = ?1 AND subject = c.id)
      FROM campaign c JOIN run r ON r.campaign_id = c.id WHERE c.first_id IS NOT NULL AND r.next_ref < r.end_id * 256
      GROUP BY c.id
      """, .int(HoldCause.cancelledCampaign.rawValue)
    ) { row in
      let subject = CampaignID(row.int(0)).description
      if row.bool(3), max(row.int(2), row.intOrNil(4) ?? 0) < before {
        report(.stuckCampaign, subject, "recipients wait to become messages for more than \(waited)")
      }
      if row.text(1) == CampaignStage.cancelled.rawValue, row.bool(5), let since = row.intOrNil(6),
        since < before
      {
        report(
          .stuckCampaign, subject, "was cancelled, but some of its messages wait for more than \(waited)")
      }
    }
  }

  private func checkParts(_ before: Int64) throws {
    // By default incomplete texts are given out after half an hour. Allow twice that, plus the time for anything else that is stuck.
    let oldest = try database.int("SELECT min(at) FROM part") ?? .max
    if oldest < before - 3_600_000 {
      report(.stuckParts, "parts", "parts of a long text from a phone wait for more than two hours")
    }
  }

  private func checkAwaitedWaits(_ key: [Int64], _ before: Int64) throws -> [Int64]? {
    try walk(
      """
      SELECT carrier_id, key, ref, due FROM awaiting WHERE (carrier_id, key, ref) > (?1, ?2, ?3)
      ORDER BY carrier_id, key, ref LIMIT ?4
      """, after: key, key: { [$0.int(0), $0.int(1), $0.int(2)] }
    ) { row in
      if row.int(3) < before {
        report(
          .stuckReceipt, row.int(2),
          "its receipt was due more than \(waited) ago, but is not listed as missing")
      }
    }
  }

  // MARK: Lanes

  /// Lanes by number: one that may send, and whose first message is ready for long, has to have sent something since.
  private func checkLanes(_ key: [Int64], _ before: Int64) throws -> [Int64]? {
    let isPaused = try database.text("SELECT value FROM setting WHERE key = 'paused'") == "all"
    if isPaused { return nil }
    return try walk(
      """
      SELECT id FROM number WHERE id > ?1 AND state <> 'paused' ORDER BY id LIMIT ?2
      """, after: key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let number = row.int(0)
      guard try maySend(number, since: before), let first = try ready(number, before) else { return }
      if try isFlying(number) { return }
      for back in Self.lookedBack
      where try hasSent(number, since: before, from: (first >> 8) - back, to: first >> 8) {
        return
      }
      let newest = try database.int("SELECT max(id) FROM message") ?? 0
      if try hasSent(number, since: before, from: newest - Self.lookedBack[1], to: newest) { return }
      report(
        .stuckLane, first, "is first in its lane; the lane may send but has not sent for more than \(waited)")
    }
  }

  /// Whether nothing stood in the way of a number since `time`.
  private func maySend(_ number: Int64, since time: Int64) throws -> Bool {
    let within = Span(from: time, until: now)
    let reader = WhyReader(database: database, now: now)
    if try !reader.holds(.everything, 0, within).isEmpty { return false }
    if try !reader.holds(.number, number, within).isEmpty { return false }
    return try reader.unreachable(number, within).isEmpty
  }

  /// The first segment of a lane that may go since before `time`: people's, else a campaign's.
  private func ready(_ number: Int64, _ time: Int64) throws -> Int64? {
    let pending = try database.int(
      """
      SELECT p.ref FROM pending p JOIN message m ON m.id = p.ref >> 8
      LEFT JOIN campaign c ON c.id = m.campaign_id AND m.class = \(TrafficClass.campaign.rawValue)
      WHERE p.number_id = ?1 AND p.not_before < ?2 AND m.accepted < ?2 AND ifnull(c.state, '') <> 'paused'
        AND NOT EXISTS (SELECT 1 FROM attempt a WHERE a.ref = p.ref AND a.at >= ?2)
      ORDER BY p.class, p.ref LIMIT 1
      """, .int(number), .int(time))
    if let pending { return pending }
    return try database.int(
      """
      SELECT r.next_ref FROM run r JOIN campaign c ON c.id = r.campaign_id JOIN message m ON m.id = r.next_ref >> 8
      WHERE r.number_id = ?1 AND c.state = 'running' AND r.next_ref < r.filled_id * 256 AND m.accepted < ?2
        AND NOT EXISTS (SELECT 1 FROM hold WHERE cause = ?3 AND subject = c.id AND (until IS NULL OR until >= ?2))
      ORDER BY r.first_id LIMIT 1
      """, .int(number), .int(time), .int(HoldCause.campaign.rawValue))
  }

  /// Whether one of these messages of a number was handed over since `time`.
  private func hasSent(_ number: Int64, since time: Int64, from low: Int64, to high: Int64) throws -> Bool {
    try database.int(
      """
      SELECT 1 FROM message m JOIN segment s ON s.ref >= m.id * 256 AND s.ref < (m.id + 1) * 256
      WHERE m.id >= ?2 AND m.id <= ?3 AND m.number_id = ?1 AND s.at - ifnull(s.flown, 0) >= ?4 LIMIT 1
      """, .int(number), .int(low), .int(high), .int(time)) != nil
  }

  private func isFlying(_ number: Int64) throws -> Bool {
    let owner = try database.prepare("SELECT 1 FROM message WHERE id = ?1 AND number_id = ?2")
    let flights = try Flights(database)
    for ref in flights.all.keys where try exists(owner, ref >> 8, number) && flights.has(ref) {
      return true
    }
    return false
  }
}
