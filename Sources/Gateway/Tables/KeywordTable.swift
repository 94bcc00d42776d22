import Contract
import Store

/// The table `opt_in_keyword`: words that people text to say that they want to hear from us.
struct KeywordTable {
  struct KeywordRow: Equatable {
    var id: Int64 = 0
    /// In its normal form.
    var word: String
    /// Only for texts to this number; nil: to any.
    var number: NumberID?
    /// What people are told that they agree to.
    var consentText: String
    var tag: String?
    var answer: String?
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  private static let columns = "id, word, number_id, consent_text, tag, answer, created, updated"

  private let database: Database

  init(_ database: Database) { self.database = database }

  func keyword(_ id: Int64) throws(StoreError) -> KeywordRow? {
    try database.map("SELECT \(Self.columns) FROM opt_in_keyword WHERE id = ?1", .int(id), read: Self.read)
      .first
  }

  /// Every keyword, without what it does.
  func all() throws(StoreError) -> [(id: Int64, word: String, number: NumberID?)] {
    try database.map("SELECT id, word, number_id FROM opt_in_keyword ORDER BY id") {
      ($0.int(0), $0.text(1), $0.intOrNil(2))
    }
  }

  /// - Returns: its id.
  func add(_ row: KeywordRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO opt_in_keyword (word, number_id, consent_text, tag, answer, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    try insert.bind(1, row.word).bind(2, row.number).bind(3, row.consentText).bind(4, row.tag)
      .bind(5, row.answer).bind(6, row.created).bind(7, row.updated).run()
    return database.lastInsertRowID
  }

  /// The word and the number stay.
  func update(_ row: KeywordRow) throws(StoreError) {
    let update = try database.cached(
      "UPDATE opt_in_keyword SET consent_text = ?2, tag = ?3, answer = ?4, updated = ?5 WHERE id = ?1")
    try update.bind(1, row.id).bind(2, row.consentText).bind(3, row.tag).bind(4, row.answer)
      .bind(5, row.updated).run()
  }

  func remove(_ id: Int64) throws(StoreError) {
    try database.run("DELETE FROM opt_in_keyword WHERE id = ?1", .int(id))
  }

  /// A number's keywords are those of whoever has the number, those for all numbers the whole company's.
  func isSeen(_ row: KeywordRow, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    guard let number = row.number else { return false }
    return try database.int("SELECT address FROM number WHERE id = ?1", .int(number)).map { scope.sees($0) }
      ?? false
  }

  private static func read(_ row: Row) -> KeywordRow {
    KeywordRow(
      id: row.int(0), word: row.text(1), number: row.intOrNil(2), consentText: row.text(3),
      tag: row.textOrNil(4), answer: row.textOrNil(5), created: row.int(6), updated: row.int(7))
  }
}
