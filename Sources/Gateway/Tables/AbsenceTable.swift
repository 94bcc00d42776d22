import Contract
import Store

/// The tables `absence` and `absence_reply`: when reps are away, and which phones got a reply.
struct AbsenceTable {
  struct AbsenceRow: Equatable {
    var id: Int64 = 0
    var rep: Int64
    var state = AbsenceState.planned
    /// Milliseconds since 1970 UTC.
    var starts: Int64
    /// nil: until somebody clears it.
    var ends: Int64?
    /// Who answers meanwhile, or whose members; with neither those of the number's queue.
    var delegateRep: Int64?
    var delegateQueue: Int64?
    var reply: String?
    /// The rep's working hours made it, and not a person.
    var isByCalendar = false
    var created: Int64
    var updated: Int64

    /// When something becomes of it by itself.
    var due: Int64? {
      switch state {
      case .planned: starts
      case .inForce: ends
      case .over: nil
      }
    }

    /// Whether there is a time at which both are in force.
    func overlaps(_ other: AbsenceRow) -> Bool {
      starts < other.ends ?? .max && other.starts < ends ?? .max
    }
  }

  private static let columns =
    "id, rep_id, state, starts, ends, delegate_rep, delegate_queue, reply, by_calendar, created, updated"

  private let database: Database

  init(_ database: Database) { self.database = database }

  private static func absence(_ row: Row) throws(StoreError) -> AbsenceRow {
    guard let state = AbsenceState(stored: row.int(2)) else { throw .damaged("absence", row: row.int(0)) }
    return AbsenceRow(
      id: row.int(0), rep: row.int(1), state: state, starts: row.int(3), ends: row.intOrNil(4),
      delegateRep: row.intOrNil(5), delegateQueue: row.intOrNil(6), reply: row.textOrNil(7),
      isByCalendar: row.bool(8), created: row.int(9), updated: row.int(10))
  }

  func absence(_ id: Int64) throws(StoreError) -> AbsenceRow? {
    try database.map("SELECT \(Self.columns) FROM absence WHERE id = ?1", .int(id), read: Self.absence).first
  }

  /// Those of a rep that are not over, the first first.
  func open(of rep: Int64) throws(StoreError) -> [AbsenceRow] {
    try database.map(
      "SELECT \(Self.columns) FROM absence WHERE rep_id = ?1 AND state < 2 ORDER BY starts, id", .int(rep),
      read: Self.absence)
  }

  func allInForce() throws(StoreError) -> [AbsenceRow] {
    try database.map("SELECT \(Self.columns) FROM absence WHERE state = 1", read: Self.absence)
  }

  /// Those of which something becomes by itself up to a time, the first first; of two at one time the one that ends.
  func due(at now: Int64, limit: Int64) throws(StoreError) -> [AbsenceRow] {
    try database.map(
      """
      SELECT \(Self.columns) FROM absence WHERE due IS NOT NULL AND due <= ?1
      ORDER BY due, state DESC, id LIMIT ?2
      """, .int(now), .int(limit), read: Self.absence)
  }

  func nextDue() throws(StoreError) -> Int64? {
    try database.int("SELECT min(due) FROM absence WHERE due IS NOT NULL")
  }

  /// - Returns: its id.
  func add(_ row: AbsenceRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO absence (rep_id, state, starts, ends, delegate_rep, delegate_queue, reply, due, created, updated,
        by_calendar)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
      """)
    try insert.with(row.rep, row.state.stored, row.starts, row.ends).bind(5, row.delegateRep)
      .bind(6, row.delegateQueue).bind(7, row.reply).bind(8, row.due).bind(9, row.created)
      .bind(10, row.updated).bind(11, Int64(row.isByCalendar ? 1 : 0)).run()
    return database.lastInsertRowID
  }

  func update(_ row: AbsenceRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE absence SET state = ?2, starts = ?3, ends = ?4, delegate_rep = ?5, delegate_queue = ?6, reply = ?7,
        due = ?8, updated = ?9
      WHERE id = ?1
      """)
    try update.with(row.id, row.state.stored, row.starts, row.ends).bind(5, row.delegateRep)
      .bind(6, row.delegateQueue).bind(7, row.reply).bind(8, row.due).bind(9, row.updated).run()
  }

  // MARK: Replies

  func hasReplied(_ absence: Int64, _ phone: Int64) throws(StoreError) -> Bool {
    let select = try database.cached("SELECT 1 FROM absence_reply WHERE absence_id = ?1 AND phone = ?2")
    return try select.with(absence, phone).firstInt() != nil
  }

  func reply(_ absence: Int64, _ phone: Int64, message: Int64) throws(StoreError) {
    try database.cached("INSERT INTO absence_reply (absence_id, phone, message_id) VALUES (?1, ?2, ?3)")
      .with(absence, phone, message).run()
  }

  /// Whether a reply's absence is in force.
  func isInForce(reply message: Int64) throws(StoreError) -> Bool {
    let select = try database.cached(
      "SELECT 1 FROM absence_reply r JOIN absence a ON a.id = r.absence_id WHERE r.message_id = ?1 AND a.state = 1"
    )
    return try select.with(message).firstInt() != nil
  }

  // MARK: Who sees one

  /// A rep's are the rep's own, and those of a role that has one of the rep's numbers.
  func isSeen(_ row: AbsenceRow, by scope: AccessScope) throws(StoreError) -> Bool {
    try isSeen(rep: row.rep, by: scope)
  }

  /// The same of a rep's working hours.
  func isSeen(rep: Int64, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    if scope.member != nil { return scope.rep == rep }
    return try scope.seesAny(DirectoryTable(database).addresses(of: rep))
  }
}

/// States as the store keeps them: small integers, which stand in the conditions of indexes.
extension AbsenceState {
  init?(stored: Int64) {
    guard let state = AbsenceState.allCases.first(where: { $0.stored == stored }) else { return nil }
    self = state
  }

  var stored: Int64 {
    switch self {
    case .planned: 0
    case .inForce: 1
    case .over: 2
    }
  }
}
