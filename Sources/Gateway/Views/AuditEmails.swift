import Contract
import Store

/// Alerts as e-mails, and the links in alerts.
extension StoreAudit {
  func checkEmails(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT e.id, (e.state = 0) = (e.recipient IS NOT NULL AND e.subject IS NOT NULL AND e.words IS NOT NULL),
        e.state = 0, e.expires, EXISTS (SELECT 1 FROM rep r WHERE r.id = e.rep_id), e.state,
        ifnull((SELECT count FROM email_count c WHERE c.state = e.state), 0) > 0
      FROM email e WHERE e.id > ?1 ORDER BY e.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = EmailID(row.int(0)).description
      if !row.bool(1) || !row.bool(4) || EmailState(stored: row.int(5)) == nil {
        report(.emailState, subject, "its words, its rep and its state do not fit")
      }
      if !row.bool(2), !row.bool(6) { report(.emailState, subject, "it has ended, and was not counted") }
      if let stuckAfter, row.bool(2), row.int(3) + stuckAfter < now {
        report(.emailOverdue, subject, "it was to expire \((now - row.int(3)) / 1_000) s ago, and has not")
      }
    }
  }

  /// Links, and sessions that they opened, end with the hands of their threads, in one transaction.
  func checkLinks(_ key: [Int64]) throws -> [Int64]? {
    let fault = "a link leads a rep there whose it is not"
    if key.isEmpty {
      // Of one member so many at the most.
      try database.rows(
        """
        SELECT s.conversation_id FROM session s JOIN member m ON m.id = s.member_id
        LEFT JOIN conversation c ON c.id = s.conversation_id
        WHERE s.conversation_id IS NOT NULL AND c.owner_rep IS NOT m.rep_id
        """
      ) { report(.linkOrphan, ConversationID($0.int(0)).description, fault) }
    }
    return try walk(
      """
      SELECT l.conversation_id, l.rep_id, c.owner_rep IS l.rep_id FROM alert_link l
      LEFT JOIN conversation c ON c.id = l.conversation_id
      WHERE (l.conversation_id, l.rep_id) > (?1, ?2)
      GROUP BY l.conversation_id, l.rep_id ORDER BY l.conversation_id, l.rep_id LIMIT ?3
      """, after: key.isEmpty ? [.min, .min] : key, key: { [$0.int(0), $0.int(1)] }
    ) { row in
      found.counts.rows += 1
      if !row.bool(2) { report(.linkOrphan, ConversationID(row.int(0)).description, fault) }
    }
  }
}
