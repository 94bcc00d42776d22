import Contract
import Store

/// What is kept beside messages and numbers: each row belongs to something that is there.
extension StoreAudit {
  /// The octets of texts as they came.
  func checkOctets(_ key: [Int64]) throws -> [Int64]? {
    try checkDetails(
      """
      SELECT o.message_id, m.direction IS 0 FROM received_octets o LEFT JOIN message m ON m.id = o.message_id
      WHERE o.message_id > ?1 ORDER BY o.message_id LIMIT ?2
      """, key, "received octets are kept, but no such text came")
  }

  /// What was said for, or came in, carriers' own parameters.
  func checkParameters(_ key: [Int64]) throws -> [Int64]? {
    try checkDetails(
      """
      SELECT p.message_id, m.id IS NOT NULL FROM message_parameter p LEFT JOIN message m ON m.id = p.message_id
      WHERE p.message_id > ?1 GROUP BY p.message_id ORDER BY p.message_id LIMIT ?2
      """, key, "parameters are kept, but there is no such message")
  }

  /// What apps say of the messages that they sent.
  func checkMetadata(_ key: [Int64]) throws -> [Int64]? {
    try checkDetails(
      """
      SELECT d.message_id, m.direction IS 1 FROM message_metadata d LEFT JOIN message m ON m.id = d.message_id
      WHERE d.message_id > ?1 ORDER BY d.message_id LIMIT ?2
      """, key, "metadata is kept, but there is no such message")
  }

  /// Templates that messages were made from.
  func checkTemplates(_ key: [Int64]) throws -> [Int64]? {
    try checkDetails(
      """
      SELECT t.message_id, m.direction IS 1 FROM message_template t LEFT JOIN message m ON m.id = t.message_id
      WHERE t.message_id > ?1 ORDER BY t.message_id LIMIT ?2
      """, key, "a template is kept, but there is no such message")
  }

  /// Opt-in keywords: each is for a number that is there, or for all.
  func checkKeywords(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT k.id, k.number_id IS NULL OR n.id IS NOT NULL
      FROM opt_in_keyword k LEFT JOIN number n ON n.id = k.number_id WHERE k.id > ?1 ORDER BY k.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = KeywordID(row.int(0)).description
      if !row.bool(1) { report(.detailOrphan, subject, "it is for a number that is not there") }
    }
  }

  /// Replies of reps who are away: each is a message of its class, of the phone that the absence counts it for.
  func checkReplies(_ key: [Int64]) throws -> [Int64]? {
    try checkDetails(
      """
      SELECT r.message_id, m.direction IS 1 AND m.class IS 8 AND m.phone IS r.phone
      FROM absence_reply r LEFT JOIN message m ON m.id = r.message_id
      WHERE r.message_id > ?1 ORDER BY r.message_id LIMIT ?2
      """, key, "a reply is counted, but there is no such message")
  }

  /// `sql` gives messages, and whether there is such a one.
  private func checkDetails(_ sql: StaticString, _ key: [Int64], _ fault: String) throws -> [Int64]? {
    try walk(sql, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }) { row in
      found.counts.rows += 1
      if !row.bool(1) { report(.detailOrphan, MessageID(row.int(0)).description, fault) }
    }
  }

  /// What receipts said of a segment that is no outcome.
  func checkWords(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT w.ref, m.segments FROM receipt_word w LEFT JOIN message m ON m.id = w.ref >> 8 AND m.direction = 1
      WHERE w.ref > ?1 GROUP BY w.ref ORDER BY w.ref LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      guard row.int(0) & 0xFF >= row.intOrNil(1) ?? 0 else { return }
      report(.detailOrphan, row.int(0), "a receipt's word is kept, but belongs to no message")
    }
  }

  /// Phones in a row whose texts from a number failed.
  func checkFailures(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT f.number_id, f.phone, n.id,
        EXISTS (SELECT 1 FROM refused_alike o WHERE o.number_id = f.number_id AND o.error <> f.error)
      FROM refused_alike f LEFT JOIN number n ON n.id = f.number_id
      WHERE (f.number_id, f.phone) > (?1, ?2) ORDER BY f.number_id, f.phone LIMIT ?3
      """, after: key.isEmpty ? [.min, .min] : key, key: { [$0.int(0), $0.int(1)] }
    ) { row in
      found.counts.rows += 1
      let subject = "number \(row.int(0))"
      if row.isNull(2) {
        report(.detailOrphan, subject, "failures in a row are kept, but there is no such number")
      }
      if row.bool(3) { report(.detailOrphan, subject, "failures in a row are kept with different errors") }
    }
  }
}
