import Contract
import Store

/// The tables `suppression` and `consent_record`: who must not be texted now, and every change of it that ever was.
final class ConsentTable {
  private let database: Database
  private let selectScopes: Statement
  private let insertSuppression: Statement
  private let deleteSuppression: Statement
  private let insertRecord: Statement

  init(_ database: Database) throws(StoreError) {
    self.database = database
    selectScopes = try database.prepare("SELECT scope FROM suppression WHERE phone = ?1")
    insertSuppression = try database.prepare(
      """
      INSERT INTO suppression (phone, scope, record_id, since) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO NOTHING
      """)
    deleteSuppression = try database.prepare("DELETE FROM suppression WHERE phone = ?1 AND scope = ?2")
    insertRecord = try database.prepare(
      """
      INSERT INTO consent_record (phone, at, change, scope, source, number_id, message_id, word, evidence, recorded_by,
        consent_text)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
      """)
  }

  /// Phones with any suppression; nil where they are more than `limit`.
  func phones(atMost limit: Int) throws(StoreError) -> Set<Int64>? {
    guard try database.int("SELECT count(*) FROM suppression") ?? 0 <= Int64(limit) else { return nil }
    var phones: Set<Int64> = []
    try database.rows("SELECT phone FROM suppression") { phones.insert($0.int(0)) }
    return phones
  }

  func scopes(of phone: Int64) throws(StoreError) -> [SuppressionScope] {
    selectScopes.with(phone)
    defer { selectScopes.reset() }
    var found: [SuppressionScope] = []
    while try selectScopes.step() { found.append(SuppressionScope(stored: selectScopes.int(0))) }
    return found
  }

  /// - Returns: the record's row.
  @discardableResult
  func record(
    _ phone: Int64, _ change: ConsentKind, _ scope: SuppressionScope, at: Int64, _ evidence: ConsentEvidence
  ) throws(StoreError) -> Int64 {
    try insertRecord.with(
      phone, at, change.rawValue, scope.stored, evidence.source.rawValue, evidence.number, evidence.message,
      evidence.word, evidence.text, evidence.by, evidence.consentText
    ).run()
    return database.lastInsertRowID
  }

  /// Whether a change was recorded with the same evidence.
  func hasRecord(_ phone: Int64, _ change: ConsentKind, _ scope: SuppressionScope, _ evidence: String)
    throws(StoreError) -> Bool
  {
    let select = try database.cached(
      "SELECT 1 FROM consent_record WHERE phone = ?1 AND change = ?2 AND scope = ?3 AND evidence = ?4 LIMIT 1"
    )
    return try select.with(phone, change.rawValue, scope.stored, evidence).firstInt() != nil
  }

  /// What shows a phone's consent has changed: the contacts that prefer it, and its threads in the scope.
  func touch(_ phone: Int64, _ scope: SuppressionScope, at: Int64) throws(StoreError) {
    let threads = try database.cached(
      "UPDATE conversation SET changed = ?2 WHERE phone = ?1 AND role = 0 AND ?3 IN (0, number_id, -number_id)"
    )
    try threads.with(phone, at, scope.stored).run()
    guard scope == .brand else { return }
    let contacts = try database.cached(
      "UPDATE contact SET updated = ?2 WHERE id IN (SELECT contact_id FROM contact_phone WHERE phone = ?1 AND position = 0)"
    )
    try contacts.with(phone, at).run()
  }

  /// - Returns: false where the scope was closed already.
  func close(_ scope: SuppressionScope, of phone: Int64, by record: Int64, at: Int64) throws(StoreError)
    -> Bool
  {
    try insertSuppression.with(phone, scope.stored, record, at).run()
    return database.changes > 0
  }

  /// - Returns: false where the scope was not closed.
  func open(_ scope: SuppressionScope, of phone: Int64) throws(StoreError) -> Bool {
    try deleteSuppression.with(phone, scope.stored).run()
    return database.changes > 0
  }
}
