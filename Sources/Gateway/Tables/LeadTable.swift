import Contract
import Store

/// The table `lead`: people who asked to hear from us, and whom a person is to text.
struct LeadTable {
  struct LeadRow: Equatable {
    var id: Int64 = 0
    var contact: Int64
    /// The phone to text.
    var phone: Int64
    var phoneField: LeadPhone
    var source: String
    var state = LeadState.open
    var isHot = false
    /// Who has it.
    var rep: Int64?
    /// The thread to text in.
    var conversation: Int64?
    /// Why it was closed.
    var note: String?
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var assigned: Int64?
    var contacted: Int64?
    var closed: Int64?
    /// When something becomes of it by itself.
    var due: Int64?
    /// It was told that nobody has it, or that its rep has not texted.
    var isTold = false
    var updated: Int64
  }

  private static let columns = """
    id, contact_id, phone, phone_field, source, state, hot, rep_id, conversation_id, note, created, assigned,
    contacted, closed, due, updated, told
    """

  private let database: Database

  init(_ database: Database) { self.database = database }

  private static func read(_ row: Row) throws(StoreError) -> LeadRow {
    guard let field = LeadPhone(stored: row.int(3)), let state = LeadState(stored: row.int(5)) else {
      throw .damaged("lead", row: row.int(0))
    }
    return LeadRow(
      id: row.int(0), contact: row.int(1), phone: row.int(2), phoneField: field, source: row.text(4),
      state: state, isHot: row.bool(6), rep: row.intOrNil(7), conversation: row.intOrNil(8),
      note: row.textOrNil(9), created: row.int(10), assigned: row.intOrNil(11), contacted: row.intOrNil(12),
      closed: row.intOrNil(13), due: row.intOrNil(14), isTold: row.bool(16), updated: row.int(15))
  }

  func lead(_ id: Int64) throws(StoreError) -> LeadRow? {
    try database.map("SELECT \(Self.columns) FROM lead WHERE id = ?1", .int(id), read: Self.read).first
  }

  /// The one of a contact that nobody has texted.
  func untexted(of contact: Int64) throws(StoreError) -> LeadRow? {
    try database.map(
      "SELECT \(Self.columns) FROM lead WHERE contact_id = ?1 AND state < 2", .int(contact), read: Self.read
    ).first
  }

  /// Those with a phone that nobody has texted.
  func untexted(phone: Int64) throws(StoreError) -> [LeadRow] {
    try database.map(
      "SELECT \(Self.columns) FROM lead WHERE phone = ?1 AND state < 2 ORDER BY id", .int(phone),
      read: Self.read)
  }

  /// Those of which something becomes by itself up to a time, the first first.
  func due(at now: Int64, limit: Int64) throws(StoreError) -> [LeadRow] {
    try database.map(
      """
      SELECT \(Self.columns) FROM lead WHERE due IS NOT NULL AND due <= ?1 ORDER BY due, id LIMIT ?2
      """, .int(now), .int(limit), read: Self.read)
  }

  /// How many in a state are due; not those whose rep has left.
  func due(_ state: LeadState, at now: Int64) throws(StoreError) -> Int64 {
    try database.int(
      "SELECT count(*) FROM lead WHERE due IS NOT NULL AND due BETWEEN 1 AND ?1 AND state = ?2", .int(now),
      .int(state.stored)) ?? 0
  }

  func nextDue() throws(StoreError) -> Int64? {
    try database.int("SELECT min(due) FROM lead WHERE due IS NOT NULL")
  }

  /// - Returns: its id.
  func add(_ row: LeadRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO lead (contact_id, phone, phone_field, source, state, hot, created, due, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?7)
      """)
    try insert.bind(1, row.contact).bind(2, row.phone).bind(3, row.phoneField.stored).bind(4, row.source)
      .bind(5, row.state.stored).bind(6, row.isHot).bind(7, row.created).bind(8, row.due).run()
    return database.lastInsertRowID
  }

  func update(_ row: LeadRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE lead SET state = ?2, hot = ?3, rep_id = ?4, conversation_id = ?5, note = ?6, assigned = ?7,
        contacted = ?8, closed = ?9, due = ?10, updated = ?11, phone = ?12, told = ?13 WHERE id = ?1
      """)
    try update.bind(1, row.id).bind(2, row.state.stored).bind(3, row.isHot).bind(4, row.rep)
      .bind(5, row.conversation).bind(6, row.note).bind(7, row.assigned).bind(8, row.contacted)
      .bind(9, row.closed).bind(10, row.due).bind(11, row.updated).bind(12, row.phone).bind(13, row.isTold)
      .run()
  }

  /// The `due` of what a rep has not texted who has left: at once.
  static let repLeft: Int64 = 0

  func repLeft(_ rep: Int64) throws(StoreError) {
    try database.run(
      "UPDATE lead SET due = ?2 WHERE rep_id = ?1 AND state = 1", .int(rep), .int(Self.repLeft))
  }

  /// When a rep last got one: by the time, and among those of one moment by the lead.
  struct Assigned: Comparable {
    var at: Int64
    var lead: Int64

    static let never = Assigned(at: .min, lead: 0)

    static func < (a: Assigned, b: Assigned) -> Bool { (a.at, a.lead) < (b.at, b.lead) }
  }

  func lastAssigned(to rep: Int64) throws(StoreError) -> Assigned? {
    try database.cached(
      """
      SELECT assigned, id FROM lead WHERE rep_id = ?1 AND assigned IS NOT NULL
      ORDER BY assigned DESC, id DESC LIMIT 1
      """
    ).with(rep).first { Assigned(at: $0.int(0), lead: $0.int(1)) }
  }

  /// How many a rep has not texted.
  func waiting(for rep: Int64) throws(StoreError) -> Int64 {
    try database.cached("SELECT count(*) FROM lead WHERE rep_id = ?1 AND state = 1").with(rep).firstInt() ?? 0
  }

  // MARK: Who sees one

  /// A member who is a rep sees the own ones, and those that nobody has.
  func isSeen(_ row: LeadRow, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    if scope.member != nil {
      guard let rep = scope.rep else { return false }
      return row.rep == rep || row.state == .open
    }
    guard let rep = row.rep else { return false }
    return try scope.seesAny(DirectoryTable(database).addresses(of: rep))
  }
}

/// Words as the store keeps them: small integers, which stand in the conditions of indexes.
extension LeadState {
  init?(stored: Int64) {
    guard let state = LeadState.allCases.first(where: { $0.stored == stored }) else { return nil }
    self = state
  }

  var stored: Int64 {
    switch self {
    case .open: 0
    case .assigned: 1
    case .contacted: 2
    case .closed: 3
    }
  }
}

extension LeadPhone {
  init?(stored: Int64) {
    guard let field = LeadPhone.allCases.first(where: { $0.stored == stored }) else { return nil }
    self = field
  }

  var stored: Int64 {
    switch self {
    case .cell: 0
    case .home: 1
    case .work: 2
    }
  }
}
