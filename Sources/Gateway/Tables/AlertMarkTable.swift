import Store

/// The table `alert_mark`: the conversations that a rep was alerted to, each by the number that the rep names it by.
struct AlertMarkTable {
  struct MarkRow: Equatable {
    var mark: Int
    var conversation: Int64
    /// Milliseconds since 1970 UTC of the last alert about it.
    var at: Int64
    /// The rep was told of the mark.
    var isTold: Bool
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// A rep's marks, the smallest first.
  func marks(of rep: Int64) throws(StoreError) -> [MarkRow] {
    let select = try database.cached(
      "SELECT mark, conversation_id, at, told FROM alert_mark WHERE rep_id = ?1 ORDER BY mark")
    var found: [MarkRow] = []
    try select.with(rep).forEachRow {
      found.append(
        MarkRow(mark: Int($0.int(0)), conversation: $0.int(1), at: $0.int(2), isTold: $0.bool(3)))
    }
    return found
  }

  func put(_ row: MarkRow, of rep: Int64) throws(StoreError) {
    let upsert = try database.cached(
      """
      INSERT INTO alert_mark (rep_id, mark, conversation_id, at, told) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (rep_id, mark) DO UPDATE SET conversation_id = excluded.conversation_id, at = excluded.at,
        told = excluded.told
      """)
    try upsert.with(rep, Int64(row.mark), row.conversation, row.at).bind(5, row.isTold).run()
  }

  func remove(before time: Int64, limit: Int64) throws(StoreError) {
    try database.run(
      """
      DELETE FROM alert_mark WHERE (rep_id, mark) IN
        (SELECT rep_id, mark FROM alert_mark WHERE at < ?1 ORDER BY at LIMIT ?2)
      """, .int(time), .int(limit))
  }
}
