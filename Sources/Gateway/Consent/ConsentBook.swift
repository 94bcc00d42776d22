import Store

/// Which texts an opt-out covers.
public enum SuppressionScope: Hashable, Sendable {
  /// Every number of the brand: the default of a STOP.
  case brand
  /// One of our numbers.
  case number(NumberID)
  /// The toll-free network's own block of one of our numbers, which only the network lifts.
  case network(NumberID)

  var stored: Int64 {
    switch self {
    case .brand: 0
    case .number(let id): id
    case .network(let id): -id
    }
  }

  init(stored: Int64) {
    self = stored == 0 ? .brand : stored > 0 ? .number(stored) : .network(-stored)
  }
}

/// Who must not be texted, and the record that says since when and why.
///
/// Consent belongs to (phone, scope), never to a contact. Records are only ever added.
final class ConsentBook {
  struct Evidence {
    var source: String
    var number: NumberID?
    var message: Int64?
    var word: String?
    var text: String?
    var by: String?
  }

  private let selectScopes: Statement
  private let insertSuppression: Statement
  private let deleteSuppression: Statement
  private let insertRecord: Statement
  private let database: Database
  /// Phones with any suppression, so that most look-ups end in memory; nil when there are more than `heldInMemory`.
  private var suppressed: Set<Int64>?

  /// Suppressed phones kept in memory: some ten octets each.
  static let heldInMemory = 500_000

  init(_ database: Database) throws {
    self.database = database
    suppressed = []
    selectScopes = try database.prepare("SELECT scope FROM suppression WHERE phone = ?1")
    insertSuppression = try database.prepare(
      """
      INSERT INTO suppression (phone, scope, record_id, since) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT DO NOTHING
      """)
    deleteSuppression = try database.prepare("DELETE FROM suppression WHERE phone = ?1 AND scope = ?2")
    insertRecord = try database.prepare(
      """
      INSERT INTO consent_record (phone, at, change, scope, source, number_id, message_id, word, evidence, recorded_by)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """)
    try reload()
  }

  /// Reads from the store who is suppressed: at the start, and after a batch that was rolled back.
  func reload() throws {
    guard try database.int("SELECT count(*) FROM suppression") ?? 0 <= Int64(ConsentBook.heldInMemory) else {
      suppressed = nil
      return
    }
    var phones: Set<Int64> = []
    try database.rows("SELECT phone FROM suppression") { phones.insert($0.int(0)) }
    suppressed = phones
  }

  /// Everything that stands between us and this phone.
  func scopes(of phone: Int64) throws -> [SuppressionScope] {
    if let suppressed, !suppressed.contains(phone) { return [] }
    selectScopes.bind(1, phone)
    defer { selectScopes.reset() }
    var found: [SuppressionScope] = []
    while try selectScopes.step() { found.append(SuppressionScope(stored: selectScopes.int(0))) }
    return found
  }

  /// Whether a text from `number` to `phone` is forbidden.
  func isSuppressed(_ phone: Int64, from number: NumberID) throws -> Bool {
    if let suppressed, !suppressed.contains(phone) { return false }
    selectScopes.bind(1, phone)
    defer { selectScopes.reset() }
    while try selectScopes.step() {
      let scope = selectScopes.int(0)
      if scope == 0 || scope == number || scope == -number { return true }
    }
    return false
  }

  /// Records a revocation; returns false when the scope was closed already (the record is added all the same).
  @discardableResult
  func optOut(_ phone: Int64, _ scope: SuppressionScope, at: Int64, _ evidence: Evidence) throws -> Bool {
    try record(phone, "opt_out", scope, at: at, evidence)
    insertSuppression.bind(1, phone)
    insertSuppression.bind(2, scope.stored)
    insertSuppression.bind(3, database.lastInsertRowID)
    insertSuppression.bind(4, at)
    try insertSuppression.run()
    let changed = database.changes > 0
    // The set may hold more than the store, never less: an opt-in leaves the phone in it.
    suppressed?.insert(phone)
    if let count = suppressed?.count, count > ConsentBook.heldInMemory { suppressed = nil }
    return changed
  }

  /// Records consent given again; returns false when nothing was closed.
  @discardableResult
  func optIn(_ phone: Int64, _ scope: SuppressionScope, at: Int64, _ evidence: Evidence) throws -> Bool {
    try record(phone, "opt_in", scope, at: at, evidence)
    deleteSuppression.bind(1, phone)
    deleteSuppression.bind(2, scope.stored)
    try deleteSuppression.run()
    return database.changes > 0
  }

  private func record(
    _ phone: Int64, _ change: String, _ scope: SuppressionScope, at: Int64, _ evidence: Evidence
  ) throws {
    insertRecord.bind(1, phone)
    insertRecord.bind(2, at)
    insertRecord.bind(3, change)
    insertRecord.bind(4, scope.stored)
    insertRecord.bind(5, evidence.source)
    insertRecord.bind(6, evidence.number)
    insertRecord.bind(7, evidence.message)
    insertRecord.bind(8, evidence.word)
    insertRecord.bind(9, evidence.text)
    insertRecord.bind(10, evidence.by)
    try insertRecord.run()
  }
}
