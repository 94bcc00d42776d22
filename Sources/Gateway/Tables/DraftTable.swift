import Store

/// The tables `draft` and `lease`: what members have written and not sent, and who writes now.
struct DraftTable {
  struct Draft {
    /// Empty: sent, or removed.
    var text = ""
    /// One more with each change; 0: there has never been one.
    var revision: Int64 = 0
    /// Milliseconds since 1970 UTC.
    var at: Int64?
  }

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

  func draft(of member: Int64, in conversation: Int64) throws(StoreError) -> Draft {
    try database.map(
      "SELECT text, revision, at FROM draft WHERE member_id = ?1 AND conversation_id = ?2", .int(member),
      .int(conversation)
    ) { Draft(text: $0.text(0), revision: $0.int(1), at: $0.int(2)) }.first ?? Draft()
  }

  /// Keeps a draft in the place of the one before. An empty one stays as a mark that the one before is gone, so that a
  /// delayed copy of it does not bring it back.
  func put(_ text: String, of member: Int64, in conversation: Int64, at now: Int64) throws(StoreError) {
    let insert = try database.cached(
      """
      INSERT INTO draft (member_id, conversation_id, text, revision, at) VALUES (?1, ?2, ?3, 1, ?4)
      ON CONFLICT (member_id, conversation_id)
      DO UPDATE SET text = excluded.text, revision = revision + 1, at = excluded.at
      """)
    try insert.with(member, conversation).bind(3, text).bind(4, now).run()
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
