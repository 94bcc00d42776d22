import Store

/// The tables `rep_alert` and `certificate_alert`: alerts raised lately, so that they are not raised again.
final class AlertTable {
  /// What a rep has been alerted to, and what waits for the next alert.
  struct RepRow {
    var rep: Int64
    /// Milliseconds since 1970 UTC before which no further alert leaves.
    var due: Int64 = 0
    /// Texts since the last alert.
    var waiting: Int64 = 0
    /// The number of ours that the last of them came to, and who wrote it.
    var number: NumberID = 0
    /// Its conversation.
    var conversation: Int64 = 0
    var who = ""
    /// How it begins, where the company wants that on the mobile.
    var words = ""
    /// Milliseconds since 1970 UTC of the alerts of the last hour.
    var times: [Int64] = []

    /// A text waits, the last of `waiting`.
    mutating func count(_ number: NumberID, _ conversation: Int64, _ who: String, _ words: String) {
      waiting += 1
      (self.number, self.conversation, self.who, self.words) = (number, conversation, who, words)
    }
  }

  private let database: Database
  private let select: Statement
  private let upsert: Statement

  init(_ database: Database) throws(StoreError) {
    self.database = database
    select = try database.prepare(
      "SELECT rep_id, due, waiting, number_id, who, times, conversation_id, words FROM rep_alert WHERE rep_id = ?1"
    )
    upsert = try database.prepare(
      """
      INSERT INTO rep_alert (rep_id, due, waiting, number_id, who, times, conversation_id, words)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      ON CONFLICT (rep_id) DO UPDATE SET due = excluded.due, waiting = excluded.waiting,
        number_id = excluded.number_id, who = excluded.who, times = excluded.times,
        conversation_id = excluded.conversation_id, words = excluded.words
      """)
  }

  private static func row(_ row: Row) -> RepRow {
    RepRow(
      rep: row.int(0), due: row.int(1), waiting: row.int(2), number: row.int(3), conversation: row.int(6),
      who: row.text(4), words: row.text(7), times: row.blob(5).times)
  }

  func row(of rep: Int64) throws(StoreError) -> RepRow {
    try select.with(rep).first(Self.row) ?? RepRow(rep: rep)
  }

  func put(_ row: RepRow) throws(StoreError) {
    try upsert.bind(1, row.rep).bind(2, row.due).bind(3, row.waiting).bind(4, row.number).bind(5, row.who)
      .bind(6, blob: row.times.octets).bind(7, row.conversation).bind(8, row.words).run()
  }

  /// Reps whose next alert is due, the longest first.
  func due(at now: Int64, limit: Int64) throws(StoreError) -> [RepRow] {
    try database.map(
      """
      SELECT rep_id, due, waiting, number_id, who, times, conversation_id, words FROM rep_alert
      WHERE waiting > 0 AND due <= ?1
      ORDER BY due LIMIT ?2
      """, .int(now), .int(limit), read: Self.row)
  }

  /// When the next alert that waits is due; nil: none waits.
  func nextDue() throws(StoreError) -> Int64? {
    try database.int("SELECT min(due) FROM rep_alert WHERE waiting > 0")
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
