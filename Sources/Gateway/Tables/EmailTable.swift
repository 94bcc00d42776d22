import Contract
import Store

/// The tables `email` and `email_count`: alerts as e-mails, until the mail server has them, and for a while after without their words.
struct EmailTable {
  /// What an e-mail says, and to whom.
  struct Words: Equatable {
    var to: EmailAddress
    var subject: String
    var text: String
  }

  struct EmailRow: Equatable {
    var id: Int64 = 0
    var rep: Int64
    var state = EmailState.waiting
    /// nil: it has ended.
    var words: Words?
    var attempts: Int64 = 0
    var exitStatus: Int64?
    /// Milliseconds since 1970 UTC.
    var due: Int64
    var expires: Int64
    var created: Int64
    var updated: Int64
  }

  private static let columns =
    "id, rep_id, state, recipient, subject, words, attempts, exit_status, due, expires, created, updated"

  private let database: Database

  init(_ database: Database) { self.database = database }

  private static func email(_ row: Row) throws(StoreError) -> EmailRow {
    let recipient = row.textOrNil(3)
    let address = recipient.flatMap { EmailAddress($0) }
    guard let state = EmailState(stored: row.int(2)), (recipient == nil) == (address == nil) else {
      throw .damaged("email", row: row.int(0))
    }
    return EmailRow(
      id: row.int(0), rep: row.int(1), state: state,
      words: address.map { Words(to: $0, subject: row.text(4), text: row.text(5)) }, attempts: row.int(6),
      exitStatus: row.intOrNil(7), due: row.int(8), expires: row.int(9), created: row.int(10),
      updated: row.int(11))
  }

  func email(_ id: Int64) throws(StoreError) -> EmailRow? {
    try database.map("SELECT \(Self.columns) FROM email WHERE id = ?1", .int(id), read: Self.email).first
  }

  /// - Returns: its id.
  func add(_ row: EmailRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO email (rep_id, recipient, subject, words, due, expires, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """)
    try insert.with(row.rep, row.words?.to.text, row.words?.subject, row.words?.text).bind(5, row.due)
      .bind(6, row.expires).bind(7, row.created).bind(8, row.updated).run()
    return database.lastInsertRowID
  }

  func update(_ row: EmailRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE email SET state = ?2, recipient = ?3, subject = ?4, words = ?5, attempts = ?6, exit_status = ?7,
        due = ?8, updated = ?9
      WHERE id = ?1
      """)
    try update.with(row.id, row.state.stored, row.words?.to.text, row.words?.subject)
      .bind(5, row.words?.text).bind(6, row.attempts).bind(7, row.exitStatus).bind(8, row.due)
      .bind(9, row.updated).run()
  }

  /// So many more have ended.
  func count(_ state: EmailState, _ more: Int64 = 1) throws(StoreError) {
    try database.run(
      "UPDATE email_count SET count = count + ?2 WHERE state = ?1", .int(state.stored), .int(more))
  }

  // MARK: What waits

  func waiting() throws(StoreError) -> Int64 {
    try database.int("SELECT count(*) FROM email WHERE state = 0") ?? 0
  }

  /// When the first expires that waits.
  func nextExpiry() throws(StoreError) -> Int64? {
    try database.int("SELECT min(expires) FROM email WHERE state = 0")
  }

  /// When the one was raised that has waited for longest.
  func oldest() throws(StoreError) -> Int64? {
    try database.int("SELECT min(created) FROM email WHERE state = 0")
  }

  func expired(at now: Int64, limit: Int64) throws(StoreError) -> [EmailRow] {
    try database.map(
      "SELECT \(Self.columns) FROM email WHERE state = 0 AND expires <= ?1 ORDER BY expires, id LIMIT ?2",
      .int(now), .int(limit), read: Self.email)
  }

  func waiting(for rep: Int64) throws(StoreError) -> [EmailRow] {
    try database.map(
      "SELECT \(Self.columns) FROM email WHERE state = 0 AND rep_id = ?1 ORDER BY id", .int(rep),
      read: Self.email)
  }

  func removeEnded(before time: Int64, limit: Int64) throws(StoreError) {
    try database.run(
      "DELETE FROM email WHERE id IN (SELECT id FROM email WHERE state > 0 AND updated <= ?1 ORDER BY updated LIMIT ?2)",
      .int(time), .int(limit))
  }
}
