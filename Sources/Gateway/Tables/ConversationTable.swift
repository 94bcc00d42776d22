import Store

/// The one thread, for life, of every (number, phone).
final class ConversationTable {
  /// Who answers a thread; for a private mobile neither is set.
  struct OwnerColumns: Equatable {
    var assignedRep: Int64?
    var assignedQueue: Int64?
    var ownerRep: Int64?
    var queue: Int64?
    /// Whose it is, and who is away.
    var absentRep: Int64?
  }

  private let select: Statement
  private let selectByID: Statement
  private let insert: Statement
  private let touchInbound: Statement
  private let takeReference: Statement
  private let byPhone: Statement
  private let database: Database

  private static let columns = """
    id, number_id, phone, assigned_rep, assigned_queue, owner_rep, queue_id, last_inbound, read_to, absent_rep
    """

  init(_ database: Database) throws(StoreError) {
    self.database = database
    select = try database.prepare(
      "SELECT \(Self.columns) FROM conversation WHERE phone = ?1 AND number_id = ?2 AND role = ?3")
    selectByID = try database.prepare("SELECT \(Self.columns) FROM conversation WHERE id = ?1 AND role = 0")
    insert = try database.prepare(
      """
      INSERT INTO conversation
        (phone, number_id, role, opened, changed, owner_rep, queue_id, last_inbound, absent_rep)
      VALUES (?1, ?2, ?3, ?4, ?4, ?5, ?6, ?7, ?8)
      """)
    touchInbound = try database.prepare("UPDATE conversation SET last_inbound = ?2 WHERE id = ?1")
    takeReference = try database.prepare(
      "UPDATE conversation SET next_reference = next_reference % 65535 + 1 WHERE id = ?1 RETURNING next_reference"
    )
    byPhone = try database.prepare(
      """
      SELECT id, number_id, owner_rep FROM conversation WHERE phone = ?1 AND role = 0
      ORDER BY ifnull(last_inbound, opened) DESC
      """)
  }

  func find(_ number: NumberID, _ phone: Int64, role: ConversationRole = .contact) throws(StoreError)
    -> Conversation?
  {
    return try select.with(phone, number, role.rawValue).first(ConversationTable.conversation)
  }

  func find(id: Int64) throws(StoreError) -> Conversation? {
    return try selectByID.with(id).first(ConversationTable.conversation)
  }

  private static func conversation(_ row: Row) -> Conversation {
    Conversation(
      id: row.int(0), number: row.int(1), phone: row.int(2), assignedRep: row.intOrNil(3),
      assignedQueue: row.intOrNil(4), ownerRep: row.intOrNil(5), queue: row.intOrNil(6),
      absentRep: row.intOrNil(9), lastInbound: row.intOrNil(7), readTo: row.int(8))
  }

  /// `received`: by a text from the phone.
  func open(
    _ number: NumberID, _ phone: Int64, _ role: ConversationRole, _ owner: OwnerColumns,
    received: Bool = false, at now: Int64
  ) throws(StoreError) -> Conversation {
    try insert.with(phone, number, role.rawValue, now)
      .bind(5, owner.ownerRep).bind(6, owner.queue).bind(7, received ? now : nil).bind(8, owner.absentRep)
      .run()
    return Conversation(
      id: database.lastInsertRowID, number: number, phone: phone, ownerRep: owner.ownerRep,
      queue: owner.queue, absentRep: owner.absentRep,
      isNew: true)
  }

  /// The thread with a rep's private mobile.
  func findOrOpenPrivate(_ number: NumberID, _ mobile: Int64, at now: Int64) throws(StoreError)
    -> Conversation
  {
    if let known = try find(number, mobile, role: .privateMobile) { return known }
    return try open(number, mobile, .privateMobile, OwnerColumns(), at: now)
  }

  /// Its messages up to one are read.
  func setRead(_ message: Int64, of id: Int64) throws(StoreError) {
    try database.cached("UPDATE conversation SET read_to = ?2 WHERE id = ?1").with(id, message).run()
  }

  /// Its owner, its contacts or what is read have changed.
  func touch(_ id: Int64, at now: Int64) throws(StoreError) {
    try database.cached("UPDATE conversation SET changed = ?2 WHERE id = ?1").with(id, now).run()
  }

  func setOwner(_ owner: OwnerColumns, of id: Int64) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE conversation SET assigned_rep = ?2, assigned_queue = ?3, owner_rep = ?4, queue_id = ?5, absent_rep = ?6
      WHERE id = ?1
      """)
    try update.with(id, owner.assignedRep, owner.assignedQueue, owner.ownerRep).bind(5, owner.queue)
      .bind(6, owner.absentRep).run()
  }

  /// A text came. Lists are in order of these times, which need no more than seconds: a thread that is busy is not
  /// written, with its indexes, for every text.
  func received(_ conversation: Conversation, at now: Int64) throws(StoreError) {
    if let last = conversation.lastInbound, now - last < 1_000 { return }
    try touchInbound.with(conversation.id, now).run()
  }

  /// A concatenation reference that the thread's last 65,534 long messages did not use.
  func nextReference(_ id: Int64) throws(StoreError) -> Int64 {
    takeReference.with(id)
    defer { takeReference.reset() }
    guard try takeReference.step() else { return 1 }
    let reference = takeReference.int(0)
    _ = try takeReference.step()
    return reference
  }

  /// The threads with a phone, the most recently answered first.
  func with(phone: Int64) throws(StoreError) -> [(id: Int64, number: NumberID, owner: Int64?)] {
    byPhone.with(phone)
    defer { byPhone.reset() }
    var found: [(Int64, NumberID, Int64?)] = []
    while try byPhone.step() { found.append((byPhone.int(0), byPhone.int(1), byPhone.intOrNil(2))) }
    return found
  }

  // MARK: Walks

  /// Where a walk has come to: it goes from the newest activity back, so that a thread a text comes into meanwhile, whose owner
  /// is found then, is passed once at the most.
  struct Place {
    var activity = Int64.max
    var id = Int64.max
  }

  /// The next threads of a walk.
  func threads(of walk: OwnershipWalk, _ subject: Int64, after place: Place, limit: Int) throws(StoreError)
    -> [(conversation: Conversation, place: Place)]
  {
    let condition =
      switch walk {
      case .number: "number_id = ?1"
      case .owned: "owner_rep = ?1"
      case .assigned: "assigned_rep = ?1"
      case .absent: "absent_rep = ?1"
      case .anyAbsent: "absent_rep IS NOT NULL"
      }
    return try database.map(
      """
      SELECT \(Self.columns), ifnull(last_inbound, opened) FROM conversation
      WHERE role = 0 AND \(condition) AND ifnull(last_inbound, opened) <= ?2
        AND (ifnull(last_inbound, opened) < ?2 OR id < ?3)
      ORDER BY ifnull(last_inbound, opened) DESC, id DESC LIMIT ?4
      """, .int(subject), .int(place.activity), .int(place.id), .int(Int64(limit))
    ) { (ConversationTable.conversation($0), Place(activity: $0.int(10), id: $0.int(0))) }
  }

  /// - Returns: the row that keeps the walk over a restart.
  func begin(_ walk: OwnershipWalk, _ subject: Int64) throws(StoreError) -> Int64 {
    try database.run(
      "INSERT INTO ownership_walk (kind, subject) VALUES (?1, ?2)", .int(walk.rawValue), .int(subject))
    return database.lastInsertRowID
  }

  func end(walk id: Int64) throws(StoreError) {
    try database.run("DELETE FROM ownership_walk WHERE id = ?1", .int(id))
  }

  /// The walks that are not through, in their order.
  func walks() throws(StoreError) -> [(id: Int64, walk: OwnershipWalk, subject: Int64)] {
    try database.map("SELECT id, kind, subject FROM ownership_walk ORDER BY id") {
      (row: Row) throws(StoreError) in
      guard let walk = OwnershipWalk(rawValue: row.int(1)) else {
        throw .damaged("ownership_walk", row: row.int(0))
      }
      return (row.int(0), walk, row.int(2))
    }
  }

  /// Every thread with a phone, contacts' and reps' alike.
  func threads(of phone: Int64) throws(StoreError) -> [(id: Int64, number: NumberID, role: ConversationRole)]
  {
    let select = try database.cached("SELECT id, number_id, role FROM conversation WHERE phone = ?1")
    select.with(phone)
    var found: [(id: Int64, number: NumberID, role: ConversationRole)] = []
    try select.forEachRow { (row: Row) throws(StoreError) in
      guard let role = ConversationRole(rawValue: row.int(2)) else {
        throw .damaged("conversation", row: row.int(0))
      }
      found.append((row.int(0), row.int(1), role))
    }
    return found
  }

  /// Every thread of contacts with a phone.
  func contactThreads(of phone: Int64) throws(StoreError) -> [Conversation] {
    try database.map(
      "SELECT \(Self.columns) FROM conversation WHERE phone = ?1 AND role = 0 ORDER BY id", .int(phone),
      read: ConversationTable.conversation)
  }
}
