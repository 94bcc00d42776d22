import Store

/// The tables `draft` and `lease`: what members have written and not sent, and who writes now.
struct DraftTable {
  struct Lease {
    var member: Int64
    /// Milliseconds since 1970 UTC.
    var until: Int64
  }

  /// Milliseconds for which a lease is held.
  static let held: Int64 = 45_000

  private let database: Database

  init(_ database: Database) { self.database = database }

  // MARK: Drafts

  func draft(of member: Int64, in conversation: Int64) throws(StoreError) -> (text: String, at: Int64)? {
    try database.map(
      "SELECT text, at FROM draft WHERE member_id = ?1 AND conversation_id = ?2", .int(member),
      .int(conversation)
    ) { ($0.text(0), $0.int(1)) }.first
  }

  func put(_ text: String, of member: Int64, in conversation: Int64, at now: Int64) throws(StoreError) {
    let insert = try database.cached(
      """
      INSERT INTO draft (member_id, conversation_id, text, at) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (member_id, conversation_id) DO UPDATE SET text = excluded.text, at = excluded.at
      """)
    try insert.with(member, conversation).bind(3, text).bind(4, now).run()
  }

  func remove(of member: Int64, in conversation: Int64) throws(StoreError) {
    try database.cached("DELETE FROM draft WHERE member_id = ?1 AND conversation_id = ?2")
      .with(member, conversation).run()
  }

  // MARK: Leases

  /// Who writes in a thread. One that ends further away than any lease is from before the clock was set back: it has ended.
  func lease(in conversation: Int64, at now: Int64) throws(StoreError) -> Lease? {
    let select = try database.cached("SELECT member_id, until FROM lease WHERE conversation_id = ?1")
    guard let lease = try select.with(conversation).first({ Lease(member: $0.int(0), until: $0.int(1)) }),
      lease.until > now, lease.until <= now + Self.held
    else { return nil }
    return lease
  }

  func hold(_ lease: Lease, in conversation: Int64) throws(StoreError) {
    let insert = try database.cached(
      """
      INSERT INTO lease (conversation_id, member_id, until) VALUES (?1, ?2, ?3)
      ON CONFLICT (conversation_id) DO UPDATE SET member_id = excluded.member_id, until = excluded.until
      """)
    try insert.with(conversation, lease.member, lease.until).run()
  }

  /// Whoever wrote there does not any more.
  func drop(in conversation: Int64) throws(StoreError) {
    try database.cached("DELETE FROM lease WHERE conversation_id = ?1").bind(1, conversation).run()
  }

  func drop(of member: Int64, in conversation: Int64) throws(StoreError) {
    try database.cached("DELETE FROM lease WHERE conversation_id = ?1 AND member_id = ?2")
      .with(conversation, member).run()
  }
}
