import Contract
import Store

/// A lead belongs to a contact and a rep who are there, and is texted in a thread with its phone.
extension StoreAudit {
  func checkLeads(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT l.id, EXISTS (SELECT 1 FROM contact c WHERE c.id = l.contact_id),
        l.rep_id IS NULL OR EXISTS (SELECT 1 FROM rep r WHERE r.id = l.rep_id),
        l.conversation_id IS NULL OR EXISTS (
          SELECT 1 FROM conversation v WHERE v.id = l.conversation_id AND v.phone = l.phone AND v.role = 0),
        nullif(l.due, 0),
        (SELECT r.updated FROM rep r WHERE r.id = l.rep_id AND r.state = 'inactive' AND l.state = 1)
      FROM lead l WHERE l.id > ?1 ORDER BY l.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = LeadID(row.int(0)).description
      if !row.bool(1) || !row.bool(2) { report(.leadOrphan, subject, "its contact or its rep is not there") }
      if !row.bool(3) { report(.leadOrphan, subject, "its conversation is none with its phone") }
      if let stuckAfter, let left = row.intOrNil(5), left + stuckAfter < now {
        report(.leadOverdue, subject, "its rep left \((now - left) / 1_000) s ago, and has it still")
      }
      if let stuckAfter, let due = row.intOrNil(4), due + stuckAfter < now {
        report(.leadOverdue, subject, "what was to become of it \((now - due) / 1_000) s ago has not")
      }
    }
  }
}
