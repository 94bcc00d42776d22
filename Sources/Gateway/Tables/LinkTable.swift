import Contract
import Store

/// The table `alert_link`: what the links in alerts open.
struct LinkTable {
  struct LinkRow: Equatable {
    /// SHA-256 of the token.
    var token: [UInt8]
    var rep: Int64
    var conversation: Int64
    /// Milliseconds since 1970 UTC.
    var expires: Int64
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// - Parameter token: its digest. Only of a thread that is its rep's, while the rep is active.
  func find(_ token: [UInt8], at now: Int64) throws(StoreError) -> LinkRow? {
    let select = try database.cached(
      """
      SELECT l.rep_id, l.conversation_id, l.expires FROM alert_link l
      JOIN conversation c ON c.id = l.conversation_id AND c.owner_rep = l.rep_id
      JOIN rep r ON r.id = l.rep_id AND r.state = 'active'
      WHERE l.token = ?1 AND l.expires > ?2
      """)
    return try select.bind(1, blob: token).bind(2, now).first {
      LinkRow(token: token, rep: $0.int(0), conversation: $0.int(1), expires: $0.int(2))
    }
  }

  func add(_ row: LinkRow) throws(StoreError) {
    try database.cached(
      "INSERT INTO alert_link (token, rep_id, conversation_id, expires) VALUES (?1, ?2, ?3, ?4)"
    ).bind(1, blob: row.token).bind(2, row.rep).bind(3, row.conversation).bind(4, row.expires).run()
  }

  func remove(_ row: LinkRow) throws(StoreError) {
    try database.cached("DELETE FROM alert_link WHERE token = ?1").bind(1, blob: row.token).run()
  }

  func remove(of rep: Int64, into conversation: Int64) throws(StoreError) {
    try database.cached("DELETE FROM alert_link WHERE conversation_id = ?2 AND rep_id = ?1").with(
      rep, conversation
    ).run()
  }

  func remove(into conversation: Int64, besides rep: Int64?) throws(StoreError) {
    try database.cached("DELETE FROM alert_link WHERE conversation_id = ?1 AND rep_id IS NOT ?2").with(
      conversation, rep
    ).run()
  }

  func remove(of rep: Int64) throws(StoreError) {
    try database.run("DELETE FROM alert_link WHERE rep_id = ?1", .int(rep))
  }

  func removeAll() throws(StoreError) { try database.run("DELETE FROM alert_link") }

  func remove(before time: Int64, limit: Int64) throws(StoreError) {
    try database.run(
      "DELETE FROM alert_link WHERE token IN (SELECT token FROM alert_link WHERE expires <= ?1 LIMIT ?2)",
      .int(time), .int(limit))
  }
}
