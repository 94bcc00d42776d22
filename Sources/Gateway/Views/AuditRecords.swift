import Contract
import SMPP
import Store

/// What is no message: conversations, opt-outs, the feed and what is owed.
extension StoreAudit {
  /// The lists of threads are in order of their last activity: that of the newest text, to within a second.
  func checkConversations(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT c.id, c.last_inbound,
        (SELECT accepted FROM message WHERE conversation_id = c.id AND direction = 0 ORDER BY id DESC LIMIT 1)
      FROM conversation c WHERE c.id > ?1 AND c.role = 0 ORDER BY c.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = ConversationID(row.int(0)).description
      switch (row.intOrNil(1), row.intOrNil(2)) {
      case (nil, nil): break
      case (nil, _):
        report(.conversationActivity, subject, "has a text from the phone, but not the time of the text")
      case (_, nil):
        report(.conversationActivity, subject, "has the time of a text from the phone, but no text")
      case (let last?, let newest?):
        if last <= newest - 1_000 {
          report(.conversationActivity, subject, "its newest text came after its last activity")
        }
      }
    }
  }

  func checkSuppressions(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT s.phone, s.scope, r.phone, r.scope, r.change, r.message_id FROM suppression s
      LEFT JOIN consent_record r ON r.id = s.record_id
      WHERE (s.phone, s.scope) > (?1, ?2) ORDER BY s.phone, s.scope LIMIT ?3
      """, after: key.isEmpty ? [.min, .min] : key, key: { [$0.int(0), $0.int(1)] }
    ) { row in
      found.counts.rows += 1
      guard row.intOrNil(2) == row.int(0), row.intOrNil(3) == row.int(1), row.text(4) == "opt_out" else {
        return report(
          .suppressionRecord, row.intOrNil(5).map { MessageID($0).description } ?? "opt-out",
          "an opt-out is in force, but its record is missing or belongs to another phone")
      }
    }
  }

  // MARK: The feed

  /// Every sequence number from the oldest kept to the newest, once; times that do not go back; rows that can be read.
  /// The key: the row passed last, its time, and the last sequence number seen.
  func checkFeed(_ key: [Int64]) throws -> [Int64]? {
    // What was removed since the last slice is no gap.
    let removed = try FeedTable(database).removed()
    let gaps = try FeedTable(database).gaps()
    var last = max(key.count > 2 ? key[2] : 0, removed)
    var time = key.count > 1 ? key[1] : .min
    return try walk(
      "SELECT first_sequence, count, at, events FROM feed WHERE first_sequence > ?1 ORDER BY first_sequence LIMIT ?2",
      after: [key.first ?? 0], limit: Limits.feedRows, key: { [$0.int(0), time, last] }
    ) { row in
      found.counts.rows += 1
      let first = row.int(0)
      if first != last + 1, !gaps.explain(first, after: last) {
        report(
          .feedGap, "feed",
          first > last
            ? "events \(last + 1) to \(first - 1) are missing"
            : "events \(first) to \(last) exist twice, or should have been removed")
      }
      if row.int(2) < time {
        report(.feedGap, "feed", "event \(first) has an earlier time than event \(first - 1)")
      }
      let events = row.withBlob(3) { octets in
        var walk = PackedEventWalk(octets)
        var events: Int64 = 0
        while walk.next(in: octets) != nil { events += 1 }
        return walk.isDamaged ? nil : events
      }
      if events != row.int(1) {
        report(
          .feedDamaged, "feed",
          events.map { "event \(first) and its row should be \(row.int(1)), and are \($0)" }
            ?? "the row of event \(first) cannot be read")
      }
      last = max(last, first + row.int(1) - 1)
      time = max(time, row.int(2))
    }
  }

  func checkConsumers() throws -> [Int64]? {
    let newest = try FeedTable(database).newest()
    let removed = try FeedTable(database).removed()
    try database.rows("SELECT name, acked FROM consumer ORDER BY name") { row in
      found.counts.rows += 1
      let subject = "consumer \(row.text(0))"
      if row.int(1) > newest {
        report(
          .consumerAhead, subject, "has acknowledged event \(row.int(1)), but the newest event is \(newest)")
      }
      if row.int(1) < removed {
        report(
          .consumerBehind, subject,
          "events \(row.int(1) + 1) to \(removed) were removed before this consumer read them")
      }
    }
    return nil
  }

  // MARK: What is owed

  func checkOwed(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT s.id, s.receipt, c.id FROM submission s LEFT JOIN carrier c ON c.id = s.carrier_id
      WHERE s.receipt IS NOT NULL AND s.id > ?1 ORDER BY s.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = "submission \(row.int(0))"
      if row.isNull(2) { report(.receiptOwed, subject, "a receipt is owed to a carrier that does not exist") }
      let isReadable = row.withBlob(1) { octets in
        guard case .pdu(let pdu) = PDU.decode(octets), case .deliverSM = pdu.body else { return false }
        return true
      }
      if !isReadable { report(.receiptOwed, subject, "the owed receipt is not a deliver_sm") }
    }
  }
}
