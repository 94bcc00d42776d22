import Store

/// The tables `alerted` and `certificate_alert`: alerts raised lately, so that they are not raised again.
struct AlertTable {
  private let database: Database

  init(_ database: Database) { self.database = database }

  /// When a rep last got an alert about a conversation, in milliseconds since 1970 UTC.
  func raised(for conversation: Int64) throws(StoreError) -> Int64? {
    try database.cached("SELECT at FROM alerted WHERE conversation_id = ?1").bind(1, conversation).firstInt()
  }

  func raise(for conversation: Int64, at: Int64) throws(StoreError) {
    let mark = try database.cached(
      "INSERT INTO alerted (conversation_id, at) VALUES (?1, ?2) ON CONFLICT DO UPDATE SET at = excluded.at")
    try mark.with(conversation, at).run()
  }

  /// When the alert about a certificate was raised, in milliseconds since 1970 UTC.
  func raised(certificate key: String) throws(StoreError) -> Int64? {
    try database.int("SELECT at FROM certificate_alert WHERE key = ?1", .text(key))
  }

  /// Records that the alert was raised, and forgets alerts raised before `time`.
  func raise(certificate key: String, at: Int64, forgetting time: Int64) throws(StoreError) {
    try database.run("DELETE FROM certificate_alert WHERE at < ?1", .int(time))
    try database.run(
      "INSERT INTO certificate_alert (key, at) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET at = excluded.at",
      .text(key), .int(at))
  }
}
