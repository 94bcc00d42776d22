import Contract
import SMPP
import Store

/// Messages and their segments: each is in exactly one place.
extension StoreAudit {
  /// A run that is not through: its messages from `next` on, as far as they are made, wait.
  private struct OpenRun {
    var number: Int64
    var next: Int64
    var filled: Int64
  }

  private struct Outcome {
    var ref: Int64
    var state: Int64
    var finalAt: Int64?
    var isAnswered: Bool
  }

  private struct Message {
    var id: Int64
    var phone: Int64
    var number: Int64
    var outbound: Bool
    var traffic: TrafficClass
    var segments: Int
  }

  /// Messages by their ids, with every outcome between them.
  func checkMessages(_ key: [Int64]) throws -> [Int64]? {
    let after = key.first ?? 0
    var messages: [Message] = []
    let next = try walk(
      """
      SELECT m.id, m.phone, m.number_id, m.direction, m.class, m.segments, m.conversation_id, c.phone, c.number_id,
        -- A text that was cut to fit into a line is lossy, and has nothing else.
        m.flags & 2 AND length(m.text) < 20000 AND NOT EXISTS (SELECT 1 FROM received_octets o WHERE o.message_id = m.id),
        m.class = 8 AND NOT EXISTS (SELECT 1 FROM absence_reply a WHERE a.message_id = m.id)
      FROM message m LEFT JOIN conversation c ON c.id = m.conversation_id WHERE m.id > ?1 ORDER BY m.id LIMIT ?2
      """, after: [after], key: { [$0.int(0)] }
    ) { row in
      let message = Message(
        id: row.int(0), phone: row.int(1), number: row.int(2), outbound: row.int(3) == 1,
        traffic: TrafficClass(rawValue: row.int(4)) ?? .interactive, segments: Int(row.int(5)))
      messages.append(message)
      if row.bool(9) {
        report(
          .octetsLost, MessageID(message.id).description, "was read with loss, but its octets are not kept")
      }
      if row.bool(10) {
        report(.detailOrphan, MessageID(message.id).description, "an out-of-office reply that no absence has")
      }
      if row.isNull(7) {
        report(.messageThread, MessageID(message.id).description, "its conversation is missing")
      } else if row.int(7) != message.phone || row.int(8) != message.number {
        report(
          .messageThread, MessageID(message.id).description,
          "its conversation belongs to another number or phone")
      }
    }
    let end = next?.first ?? .max >> 9
    let outcomes = try outcomes(after: after, through: end)
    let runs = try openRuns(through: end)
    let flights = try Flights(database)
    let waits = try database.prepare(
      "SELECT 1 FROM pending WHERE number_id = ?1 AND class = ?2 AND ref = ?3")
    let unresolved = try database.prepare("SELECT 1 FROM unresolved WHERE ref = ?1")
    var place = 0
    for message in messages {
      while place < outcomes.count, SegmentRef(rawValue: outcomes[place].ref).message < message.id {
        report(.segmentOrphan, outcomes[place].ref, "an outcome of a message that is not there")
        place += 1
      }
      let isInRun = runs.first {
        $0.number == message.number && $0.next / 256 <= message.id && message.id < $0.filled
      }
      var known = Set<Int>()
      while place < outcomes.count, SegmentRef(rawValue: outcomes[place].ref).message == message.id {
        let outcome = outcomes[place]
        place += 1
        let index = SegmentRef(rawValue: outcome.ref).index
        guard message.outbound, index < message.segments else {
          report(.segmentOrphan, outcome.ref, "an outcome of a segment the message does not have")
          continue
        }
        known.insert(index)
        try check(outcome, unresolved)
        if let run = isInRun, outcome.ref >= run.next, outcome.state != SegmentState.cancelled.rawValue {
          report(.segmentDoubled, outcome.ref, "has an outcome, but its campaign is about to send it")
        }
      }
      guard message.outbound, known.count < message.segments else { continue }
      var isQueued = false
      for index in 0..<message.segments where !known.contains(index) {
        let ref = SegmentRef(message: message.id, index: index).rawValue
        let isWaiting = try exists(waits, message.number, message.traffic.urgency.rawValue, ref)
        let isAhead = isInRun.map { ref >= $0.next } ?? false
        let isHanded = try flights.has(ref)
        if !isWaiting, !isAhead, !isHanded {
          report(.segmentLost, ref, "in no lane, not in flight, and without an outcome")
        }
        if isAhead, isWaiting || isHanded {
          report(
            .segmentDoubled, ref,
            "its campaign is about to send it, but it \(isWaiting ? "waits in a lane" : "is in flight") already"
          )
        }
        isQueued = isQueued || isWaiting || isAhead
      }
      if isQueued, message.traffic != .confirmation, try isSuppressed(message.phone, message.number) {
        report(.messageSuppressed, MessageID(message.id).description, "waits, but its phone opted out")
      }
    }
    for outcome in outcomes[place...] {
      report(.segmentOrphan, outcome.ref, "an outcome of a message that is not there")
    }
    found.counts.messageCount += messages.count
    return next
  }

  private func check(_ outcome: Outcome, _ unresolved: Statement) throws {
    guard let state = SegmentState(rawValue: outcome.state), state != .queued, state != .sending else {
      return report(.segmentState, outcome.ref, "its outcome has an unknown state: \(outcome.state)")
    }
    if state.isFinal, outcome.finalAt == nil {
      report(.segmentState, outcome.ref, "is \(state.word.rawValue), but has no end time")
    }
    if state == .unknown, try !exists(unresolved, outcome.ref) {
      report(.doubt, outcome.ref, "its outcome is unknown, but it is not listed as unresolved")
    }
  }

  private func outcomes(after: Int64, through end: Int64) throws -> [Outcome] {
    try database.map(
      """
      SELECT ref, state, final_at, external IS NOT NULL FROM segment WHERE ref >= ?1 AND ref < ?2 ORDER BY ref
      """, .int((after + 1) * 256), .int(end == .max >> 9 ? .max : (end + 1) * 256)
    ) { row in
      Outcome(ref: row.int(0), state: row.int(1), finalAt: row.intOrNil(2), isAnswered: row.bool(3))
    }
  }

  private func openRuns(through end: Int64) throws -> [OpenRun] {
    try database.map(
      """
      SELECT number_id, next_ref, filled_id FROM run
      WHERE first_id > 0 AND next_ref < filled_id * 256 AND first_id <= ?1
      """, .int(end)
    ) { OpenRun(number: $0.int(0), next: $0.int(1), filled: $0.int(2)) }
  }

  private func isSuppressed(_ phone: Int64, _ number: Int64) throws -> Bool {
    try database.int(
      "SELECT 1 FROM suppression WHERE phone = ?1 AND scope IN (0, ?2, ?3) LIMIT 1", .int(phone),
      .int(number),
      .int(-number)) != nil
  }

  // MARK: Lanes and hand-overs

  /// What waits in the lanes: of a message, in its lane, and nowhere else.
  func checkQueue(_ key: [Int64]) throws -> [Int64]? {
    var last = key
    if last.isEmpty { last = [.min, .min, .min] }
    let flights = try Flights(database)
    return try walk(
      """
      SELECT p.number_id, p.class, p.ref, m.number_id, m.class, m.direction, m.segments, s.state
      FROM pending p LEFT JOIN message m ON m.id = p.ref >> 8 LEFT JOIN segment s ON s.ref = p.ref
      WHERE (p.number_id, p.class, p.ref) > (?1, ?2, ?3) ORDER BY p.number_id, p.class, p.ref LIMIT ?4
      """, after: last, key: { [$0.int(0), $0.int(1), $0.int(2)] }
    ) { row in
      found.counts.rows += 1
      let ref = row.int(2)
      guard !row.isNull(3), row.int(5) == 1, Int64(SegmentRef(rawValue: ref).index) < row.int(6) else {
        return report(.queueOrphan, ref, "waits in a lane, but belongs to no message")
      }
      let urgency = TrafficClass(rawValue: row.int(4))?.urgency ?? .person
      if row.int(3) != row.int(0) || urgency.rawValue != row.int(1) {
        report(.queueOrphan, ref, "waits in another number's lane")
      }
      if !row.isNull(7) { report(.segmentDoubled, ref, "waits in a lane, but has an outcome") }
      if try flights.has(ref) { report(.segmentDoubled, ref, "waits in a lane, but is in flight") }
    }
  }

  /// What is with the sessions: of a message, and without another end. There are few, so they are one piece.
  func checkFlights() throws -> [Int64]? {
    let message = try database.prepare("SELECT segments, direction FROM message WHERE id = ?1")
    let outcome = try database.prepare("SELECT at - flown FROM segment WHERE ref = ?1")
    let flights = try Flights(database)
    for (ref, all) in flights.all.sorted(by: { $0.key }) {
      found.counts.rows += 1
      message.bind(1, ref >> 8)
      let known = try message.first { $0.int(1) == 1 ? $0.int(0) : 0 } ?? 0
      guard ref & 0xFF < known else {
        report(.segmentOrphan, ref, "is in flight, but belongs to no message")
        continue
      }
      outcome.bind(1, ref)
      guard let handed = try outcome.first({ $0.intOrNil(0) ?? .min }) else { continue }
      for one in all where try one.at != handed && !flights.cameBack(ref, from: one.row) {
        report(.segmentDoubled, ref, "is in flight, but has an outcome of another hand-over")
      }
    }
    return nil
  }

  /// What hand-overs came to. One that was never answered is followed by another only where somebody decided so, and that is on its
  /// record: a policy, or a person.
  func checkAttempts(_ key: [Int64]) throws -> [Int64]? {
    let flights = try Flights(database)
    return try walk(
      """
      SELECT a.id, a.ref, m.segments, a.handed_id,
        EXISTS (SELECT 1 FROM attempt b WHERE b.ref = a.ref AND b.handed_id > a.handed_id)
        OR EXISTS (SELECT 1 FROM segment s WHERE s.ref = a.ref AND s.at - s.flown > a.handed)
      FROM attempt a LEFT JOIN message m ON m.id = a.ref >> 8 AND m.direction = 1
      WHERE a.id > ?1 ORDER BY a.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let ref = row.int(1)
      if ref & 0xFF >= row.int(2) {
        report(.segmentOrphan, ref, "a hand-over is on record, but belongs to no message")
      }
      guard let handed = row.intOrNil(3), try !flights.cameBack(ref, from: handed) else { return }
      if row.bool(4) || flights.all[ref]?.contains(where: { $0.row > handed }) == true {
        report(.segmentDoubled, ref, "was handed over again, and nothing says why")
      }
    }
  }

  // MARK: Receipts and unresolved submits

  func checkAwaited(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT a.carrier_id, a.key, a.ref, s.state, s.carrier_id FROM awaiting a LEFT JOIN segment s ON s.ref = a.ref
      WHERE (a.carrier_id, a.key, a.ref) > (?1, ?2, ?3) ORDER BY a.carrier_id, a.key, a.ref LIMIT ?4
      """, after: key.isEmpty ? [.min, .min, .min] : key, key: { [$0.int(0), $0.int(1), $0.int(2)] }
    ) { row in
      found.counts.rows += 1
      let state = row.intOrNil(3).flatMap { SegmentState(rawValue: $0) }
      guard state == .sent || state == .receiptMissing else {
        return report(
          .receiptAwaited, row.int(2),
          "a receipt is awaited, but the segment is \(state?.word.rawValue ?? "without an outcome")")
      }
      // Of what was unknown, and a number with several routes, the carrier is not known.
      if row.int(4) != row.int(0), row.int(4) != 0 {
        report(
          .receiptAwaited, row.int(2),
          "a receipt is awaited from another carrier than the carrier that has the segment")
      }
    }
  }

  func checkUnresolved(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT d.ref, d.number_id, d.phone, s.state, m.number_id, m.phone,
        EXISTS (SELECT 1 FROM attempt a WHERE a.ref = d.ref AND a.settled >= 3)
      FROM unresolved d LEFT JOIN segment s ON s.ref = d.ref LEFT JOIN message m ON m.id = d.ref >> 8
      WHERE d.ref > ?1 ORDER BY d.ref LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      // A receipt may still come for a text that was sent again or resolved by a person.
      if row.intOrNil(3) != SegmentState.unknown.rawValue, !row.bool(6) {
        report(.doubt, row.int(0), "is listed as unresolved, but its outcome is known")
      } else if row.intOrNil(4) != row.int(1) || row.intOrNil(5) != row.int(2) {
        report(.doubt, row.int(0), "is listed as unresolved under another number or phone")
      }
    }
  }

  func checkUnmatched(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT u.id, u.ref, s.ref FROM unmatched_receipt u LEFT JOIN segment s ON s.ref = u.ref
      WHERE u.id > ?1 ORDER BY u.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      guard let ref = row.intOrNil(1), row.isNull(2) else { return }
      report(.receiptOrphan, ref, "a contradicting receipt is kept, but there is no outcome")
    }
  }
}

/// Every hand-over that is on record. Its row stays until all that it names has ended or come back; what came back says so by a row of
/// its own, which names the hand-over's.
final class Flights {
  struct Handed {
    var row: Int64
    var at: Int64
  }

  /// The hand-overs of a segment.
  private(set) var all: [Int64: [Handed]] = [:]
  private let attempts: Statement

  init(_ database: Database) throws {
    attempts = try database.prepare(
      """
      SELECT 1 FROM attempt WHERE ref = ?1 AND handed_id = ?2 AND (kind <> \(AttemptEnd.unanswered.rawValue)
        OR settled IN (\(Settlement.policy.rawValue), \(Settlement.handRetry.rawValue)))
      """)
    try database.rows("SELECT id, at, refs FROM handed ORDER BY id") { row in
      for ref in PendingTable.refs(row.blob(2)) {
        all[ref.rawValue, default: []].append(Handed(row: row.int(0), at: row.int(1)))
      }
    }
  }

  /// Whether a hand-over, by its row, ended so that the segment may be handed over again.
  func cameBack(_ ref: Int64, from row: Int64) throws -> Bool {
    attempts.bind(1, ref)
    attempts.bind(2, row)
    return try attempts.firstInt() != nil
  }

  /// Whether a segment without an outcome is with a session.
  func has(_ ref: Int64) throws -> Bool {
    guard let handed = all[ref] else { return false }
    for one in handed where try !cameBack(ref, from: one.row) { return true }
    return false
  }
}
