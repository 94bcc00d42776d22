import Store

/// The one thread, for life, of every (number, phone).
final class ConversationTable {
  private let select: Statement
  private let selectByID: Statement
  private let insert: Statement
  private let touchInbound: Statement
  private let takeReference: Statement
  private let byPhone: Statement
  private let setQueue: Statement
  private let setOwner: Statement
  private let database: Database

  init(_ database: Database) throws(StoreError) {
    self.database = database
    select = try database.prepare(
      "SELECT id, owner_rep, queue, last_inbound FROM conversation WHERE phone = ?1 AND number_id = ?2 AND role = ?3"
    )
    selectByID = try database.prepare(
      "SELECT number_id, phone, owner_rep, queue FROM conversation WHERE id = ?1 AND role = 0")
    insert = try database.prepare(
      "INSERT INTO conversation (phone, number_id, role, opened, last_inbound) VALUES (?1, ?2, ?3, ?4, ?5)")
    touchInbound = try database.prepare("UPDATE conversation SET last_inbound = ?2 WHERE id = ?1")
    takeReference = try database.prepare(
      "UPDATE conversation SET next_reference = next_reference % 65535 + 1 WHERE id = ?1 RETURNING next_reference"
    )
    byPhone = try database.prepare(
      """
      SELECT id, number_id FROM conversation WHERE phone = ?1 AND role = 0
      ORDER BY ifnull(last_inbound, opened) DESC
      """)
    setQueue = try database.prepare("UPDATE conversation SET queue = ?2 WHERE id = ?1")
    setOwner = try database.prepare("UPDATE conversation SET owner_rep = ?2, queue = NULL WHERE id = ?1")
  }

  func find(_ number: NumberID, _ phone: Int64, role: ConversationRole = .contact) throws(StoreError) -> Conversation? {
    select.bind(1, phone)
    select.bind(2, number)
    select.bind(3, role.rawValue)
    defer { select.reset() }
    guard try select.step() else { return nil }
    return Conversation(
      id: select.int(0), number: number, phone: phone, ownerRep: select.intOrNil(1),
      queue: select.textOrNil(2), lastInbound: select.intOrNil(3))
  }

  func find(id: Int64) throws(StoreError) -> Conversation? {
    selectByID.bind(1, id)
    defer { selectByID.reset() }
    guard try selectByID.step() else { return nil }
    return Conversation(
      id: id, number: selectByID.int(0), phone: selectByID.int(1), ownerRep: selectByID.intOrNil(2),
      queue: selectByID.textOrNil(3))
  }

  func findOrOpen(_ number: NumberID, _ phone: Int64, role: ConversationRole = .contact, at now: Int64) throws(StoreError)
    -> Conversation
  {
    if let known = try find(number, phone, role: role) { return known }
    insert.bind(1, phone)
    insert.bind(2, number)
    insert.bind(3, role.rawValue)
    insert.bind(4, now)
    insert.bindNull(5)
    try insert.run()
    return Conversation(id: database.lastInsertRowID, number: number, phone: phone, isNew: true)
  }

  /// A text came. Lists are in order of these times, which need no more than seconds: a thread that is busy is not
  /// written, with its indexes, for every text.
  func received(_ conversation: Conversation, at now: Int64) throws(StoreError) {
    if let last = conversation.lastInbound, now - last < 1_000 { return }
    touchInbound.bind(1, conversation.id)
    touchInbound.bind(2, now)
    try touchInbound.run()
  }

  /// A concatenation reference that the thread's last 65,534 long messages did not use.
  func nextReference(_ id: Int64) throws(StoreError) -> Int64 {
    takeReference.bind(1, id)
    defer { takeReference.reset() }
    guard try takeReference.step() else { return 1 }
    let reference = takeReference.int(0)
    _ = try takeReference.step()
    return reference
  }

  /// The threads with a phone, the most recently answered first.
  func with(phone: Int64) throws(StoreError) -> [(id: Int64, number: NumberID)] {
    byPhone.bind(1, phone)
    defer { byPhone.reset() }
    var found: [(Int64, NumberID)] = []
    while try byPhone.step() { found.append((byPhone.int(0), byPhone.int(1))) }
    return found
  }

  func put(_ id: Int64, inQueue queue: String?) throws(StoreError) {
    setQueue.bind(1, id)
    setQueue.bind(2, queue)
    try setQueue.run()
  }

  func give(_ id: Int64, to rep: Int64) throws(StoreError) {
    setOwner.bind(1, id)
    setOwner.bind(2, rep)
    try setOwner.run()
  }

  /// Every thread with a phone, contacts' and reps' alike.
  func threads(of phone: Int64) throws(StoreError) -> [(id: Int64, number: NumberID, role: ConversationRole)] {
    let select = try database.cached("SELECT id, number_id, role FROM conversation WHERE phone = ?1")
    select.bind(1, phone)
    var found: [(id: Int64, number: NumberID, role: ConversationRole)] = []
    try select.forEachRow { (row: Row) throws(StoreError) in
      guard let role = ConversationRole(rawValue: row.int(2)) else { throw .damaged("conversation", row: row.int(0)) }
      found.append((row.int(0), row.int(1), role))
    }
    return found
  }
}
