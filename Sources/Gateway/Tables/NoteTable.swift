import Store

/// The table `note`: words for colleagues. Nothing that sends reads it.
struct NoteTable {
  struct NoteRow {
    var id: Int64 = 0
    var conversation: Int64
    /// nil: an app left it.
    var member: Int64?
    var text: String
    /// Milliseconds since 1970 UTC.
    var at: Int64
  }

  private static let columns = "id, conversation_id, member_id, text, at"

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// - Returns: its id.
  func add(_ row: NoteRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      "INSERT INTO note (conversation_id, member_id, text, at) VALUES (?1, ?2, ?3, ?4)")
    try insert.with(row.conversation, row.member).bind(3, row.text).bind(4, row.at).run()
    return database.lastInsertRowID
  }

  func note(_ id: Int64) throws(StoreError) -> NoteRow? {
    try database.map("SELECT \(Self.columns) FROM note WHERE id = ?1", .int(id), read: Self.read).first
  }

  /// The newest of a thread, the newest first.
  func newest(in conversation: Int64, limit: Int64) throws(StoreError) -> [NoteRow] {
    try database.map(
      "SELECT \(Self.columns) FROM note WHERE conversation_id = ?1 ORDER BY at DESC, id DESC LIMIT ?2",
      .int(conversation), .int(limit), read: Self.read)
  }

  private static func read(_ row: Row) -> NoteRow {
    NoteRow(
      id: row.int(0), conversation: row.int(1), member: row.intOrNil(2), text: row.text(3), at: row.int(4))
  }
}
