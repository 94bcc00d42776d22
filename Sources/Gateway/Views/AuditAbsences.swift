import Contract
import Store

/// Reps who are away: their times do not meet, what is due is done, and meanwhile they own no conversation.
extension StoreAudit {
  func checkAbsences(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT a.id, a.due,
        EXISTS (SELECT 1 FROM rep r WHERE r.id = a.rep_id AND (a.state = 2 OR r.state = 'active')),
        a.state < 2 AND EXISTS (SELECT 1 FROM absence o WHERE o.rep_id = a.rep_id AND o.state < 2 AND o.id > a.id
          AND o.starts < ifnull(a.ends, 9e18) AND a.starts < ifnull(o.ends, 9e18)),
        a.state = 2 OR a.by_calendar = 0 OR EXISTS (SELECT 1 FROM calendar c WHERE c.id = a.rep_id)
      FROM absence a WHERE a.id > ?1 ORDER BY a.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = AbsenceID(row.int(0)).description
      if !row.bool(2) { report(.absenceOverlap, subject, "its rep is not there, or is inactive") }
      if !row.bool(4) { report(.absenceCalendar, subject, "its rep has no working hours") }
      if row.bool(3) { report(.absenceOverlap, subject, "the rep has another absence for the same time") }
      if let stuckAfter, let due = row.intOrNil(1), due + stuckAfter < now {
        report(
          .absenceOverdue, subject, "it was to begin or to end \((now - due) / 1_000) s ago, and has not")
      }
    }
  }

  /// Working hours are somebody's.
  func checkCalendars(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT c.id, EXISTS (SELECT 1 FROM rep r WHERE r.id = c.id) FROM calendar c WHERE c.id > ?1
      ORDER BY c.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      if !row.bool(1) {
        report(.absenceCalendar, RepID(row.int(0)).description, "there are working hours, and no such rep")
      }
    }
  }

  /// Conversations, unless owners are being found anew.
  func checkAway(_ key: [Int64]) throws -> [Int64]? {
    guard try database.int("SELECT 1 FROM ownership_walk LIMIT 1") == nil else { return nil }
    return try walk(
      """
      SELECT c.id, EXISTS (SELECT 1 FROM absence a WHERE a.rep_id = c.owner_rep AND a.state = 1),
        c.absent_rep IS NULL OR EXISTS (SELECT 1 FROM absence a WHERE a.rep_id = c.absent_rep AND a.state = 1)
      FROM conversation c WHERE c.id > ?1 AND c.role = 0 ORDER BY c.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = ConversationID(row.int(0)).description
      if row.bool(1) { report(.absenceOwner, subject, "it is a rep's who is away") }
      if !row.bool(2) { report(.absenceOwner, subject, "it is looked after for a rep who is not away") }
    }
  }
}
