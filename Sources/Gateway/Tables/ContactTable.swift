import Contract
import Store

/// The tables of contacts: their phones, tags and groups.
struct ContactTable {
  private let database: Database

  init(_ database: Database) { self.database = database }

  // MARK: Contacts

  /// What of a contact is given; nil stays as it is.
  struct Fields {
    var ref: String?
    var firstName: String?
    var lastName: String?
    var owner: Int64?
    /// A JSON object of strings; merged into what is there.
    var attributes: String?
    /// What is there is forgotten first.
    var replacesAttributes = false
  }

  /// A contact that has a phone, as far as it says who it is.
  struct Person {
    var id: Int64
    var ref: String?
    var firstName: String
    var lastName: String
    var ownerRep: Int64?
  }

  /// Tags of one contact.
  static let mostTags = 50
  /// People looked at who have the same phone.
  static let peopleOfPhone = 64

  /// A contact that has a phone.
  struct PhoneContact {
    var id: Int64
    var ownerRep: Int64?
    var name: String
  }

  /// All of a contact.
  struct Contact {
    var ref: String?
    var firstName: String?
    var lastName: String?
    /// The preferred one first.
    var phones: [Int64]
    var owner: Int64?
    /// In alphabetical order.
    var tags: [String]
    var attributes: [String: String]
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  func contact(_ id: Int64) throws(StoreError) -> Contact? {
    let select = try database.cached(
      "SELECT external, first_name, last_name, owner_rep, attributes, created, updated FROM contact WHERE id = ?1"
    )
    let row = try select.with(id).first { row in
      Contact(
        ref: row.textOrNil(0), firstName: row.text(1).isEmpty ? nil : row.text(1),
        lastName: row.text(2).isEmpty ? nil : row.text(2), phones: [], owner: row.intOrNil(3), tags: [],
        attributes: ContactTable.attributes(row.text(4)), created: row.int(5), updated: row.int(6))
    }
    guard var found = row else { return nil }
    found.phones = try phones(of: id)
    found.tags = try tags(of: id)
    return found
  }

  /// - Returns: its id.
  func add(_ fields: Fields, at: Int64) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO contact (external, first_name, last_name, owner_rep, attributes, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
      """)
    try insert.with(
      fields.ref, fields.firstName ?? "", fields.lastName ?? "", fields.owner, fields.attributes ?? "{}", at
    ).run()
    return database.lastInsertRowID
  }

  func update(_ id: Int64, _ fields: Fields, at: Int64) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE contact SET first_name = ifnull(?2, first_name), last_name = ifnull(?3, last_name),
        owner_rep = ifnull(?4, owner_rep), external = ifnull(external, ?7),
        attributes = ifnull(json_patch(iif(?8, '{}', attributes), ?5), attributes), updated = ?6
      WHERE id = ?1
      """)
    try update.with(
      id, fields.firstName, fields.lastName, fields.owner, fields.attributes, at, fields.ref,
      Int64(fields.replacesAttributes ? 1 : 0)
    ).run()
  }

  /// What belongs to a contact has changed: a tag.
  func touch(_ id: Int64, at: Int64) throws(StoreError) {
    try database.cached("UPDATE contact SET updated = ?2 WHERE id = ?1").with(id, at).run()
  }

  func exists(_ id: Int64) throws(StoreError) -> Bool {
    try database.cached("SELECT 1 FROM contact WHERE id = ?1").bind(1, id).firstInt() != nil
  }

  // MARK: Whose it is

  /// The numbers of ours that a contact belongs to: those its owner holds, and those with a thread with one of its phones.
  private func numbers(ofContact id: Int64) throws(StoreError) -> Set<Int64> {
    let select = try database.cached(
      """
      SELECT n.address FROM contact c JOIN assignment a ON a.rep_id = c.owner_rep AND a.until IS NULL
      JOIN number n ON n.id = a.number_id WHERE c.id = ?1
      UNION
      SELECT n.address FROM contact_phone p JOIN conversation v ON v.phone = p.phone AND v.role = 0
      JOIN number n ON n.id = v.number_id WHERE p.contact_id = ?1
      """)
    return try addresses(select, id)
  }

  /// Whether a rep owns a contact, or a thread with one of its phones.
  private func isOwn(contact id: Int64, of rep: Int64) throws(StoreError) -> Bool {
    let select = try database.cached(
      """
      SELECT 1 FROM contact WHERE id = ?1 AND owner_rep = ?2
      UNION ALL
      SELECT 1 FROM contact_phone p JOIN conversation v ON v.phone = p.phone AND v.role = 0
      WHERE p.contact_id = ?1 AND v.owner_rep = ?2 LIMIT 1
      """)
    return try select.with(id, rep).firstInt() != nil
  }

  /// The numbers of ours that a group belongs to: those its owner holds.
  private func numbers(ofGroup id: Int64) throws(StoreError) -> Set<Int64> {
    let select = try database.cached(
      """
      SELECT n.address FROM audience_group g JOIN assignment a ON a.rep_id = g.owner_rep AND a.until IS NULL
      JOIN number n ON n.id = a.number_id WHERE g.id = ?1
      """)
    return try addresses(select, id)
  }

  func isSeen(contact id: Int64, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    if scope.member != nil {
      if let rep = scope.rep, try isOwn(contact: id, of: rep) { return true }
      let threads = try database.map(
        """
        SELECT v.id FROM contact_phone p JOIN conversation v ON v.phone = p.phone AND v.role = 0
        WHERE p.contact_id = ?1
        """, .int(id)
      ) { $0.int(0) }
      let episodes = EpisodeTable(database)
      for thread in threads where try episodes.isSeen(thread, by: scope) { return true }
      return false
    }
    return scope.seesAny(try numbers(ofContact: id))
  }

  func isSeen(group id: Int64, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    return scope.seesAny(try numbers(ofGroup: id))
  }

  private func addresses(_ select: Statement, _ id: Int64) throws(StoreError) -> Set<Int64> {
    var found: Set<Int64> = []
    try select.with(id).forEachRow { found.insert($0.int(0)) }
    return found
  }

  func find(ref: String) throws(StoreError) -> Int64? {
    try database.cached("SELECT id FROM contact WHERE external = ?1").bind(1, ref).firstInt()
  }

  /// The people who have a phone, in order of their ids, at most ``peopleOfPhone``.
  func people(of phone: Int64) throws(StoreError) -> [Person] {
    let select = try database.cached(
      """
      SELECT c.id, c.external, c.first_name, c.last_name, c.owner_rep FROM contact_phone p
      JOIN contact c ON c.id = p.contact_id WHERE p.phone = ?1 ORDER BY c.id LIMIT ?2
      """)
    select.with(phone, Int64(ContactTable.peopleOfPhone))
    defer { select.reset() }
    var found: [Person] = []
    while try select.step() {
      found.append(
        Person(
          id: select.int(0), ref: select.textOrNil(1), firstName: select.text(2), lastName: select.text(3),
          ownerRep: select.intOrNil(4)))
    }
    return found
  }

  /// Does something and takes it back, so that the store is as before.
  func undone<R>(_ work: () throws(StoreError) -> R) throws(StoreError) -> R {
    try database.run("SAVEPOINT dry_run")
    let result = try work()
    try database.run("ROLLBACK TO dry_run")
    try database.run("RELEASE dry_run")
    return result
  }

  /// The contacts that have a phone, at most 16, in order of their ids.
  func contacts(of phone: Int64) throws(StoreError) -> [PhoneContact] {
    let select = try database.cached(
      """
      SELECT p.contact_id, c.owner_rep, c.first_name, c.last_name FROM contact_phone p
      JOIN contact c ON c.id = p.contact_id WHERE p.phone = ?1 ORDER BY p.contact_id LIMIT 16
      """)
    select.with(phone)
    defer { select.reset() }
    var found: [PhoneContact] = []
    while try select.step() {
      found.append(
        PhoneContact(
          id: select.int(0), ownerRep: select.intOrNil(1),
          name: ContactTable.shortName(first: select.text(2), last: select.text(3))))
    }
    return found
  }

  /// "Ana G.": enough for a rep to know who it is, not enough for a stranger who sees the rep's phone.
  static func shortName(first: String, last: String) -> String {
    guard let initial = last.first else { return first }
    return first.isEmpty ? last : "\(first) \(initial)."
  }

  /// A contact's owner, and the phone to text it at; nil where it is not there.
  func addressee(_ id: Int64) throws(StoreError) -> (owner: Int64?, phone: Int64?)? {
    let select = try database.cached(
      """
      SELECT owner_rep, (SELECT phone FROM contact_phone WHERE contact_id = c.id ORDER BY position LIMIT 1)
      FROM contact c WHERE id = ?1
      """)
    return try select.with(id).first { ($0.intOrNil(0), $0.intOrNil(1)) }
  }

  /// The attributes of a row: a JSON object of strings, as we wrote it.
  static func attributes(_ json: String) -> [String: String] {
    (try? ContractJSON.decode([String: String].self, from: Array(json.utf8))) ?? [:]
  }

  // MARK: Phones

  func phones(of contact: Int64) throws(StoreError) -> [Int64] {
    let select = try database.cached(
      "SELECT phone FROM contact_phone WHERE contact_id = ?1 ORDER BY position")
    var found: [Int64] = []
    try select.with(contact).forEachRow { found.append($0.int(0)) }
    return found
  }

  func setPhones(_ phones: [Int64], of contact: Int64) throws(StoreError) {
    try database.cached("DELETE FROM contact_phone WHERE contact_id = ?1").run(contact)
    for (position, phone) in phones.enumerated() {
      let insert = try database.cached(
        "INSERT INTO contact_phone (phone, contact_id, position) VALUES (?1, ?2, ?3)")
      try insert.with(phone, contact, Int64(position)).run()
    }
  }

  // MARK: Tags

  func tag(_ name: String) throws(StoreError) -> Int64? {
    try database.cached("SELECT id FROM tag WHERE name = ?1").bind(1, name).firstInt()
  }

  func addTag(_ name: String) throws(StoreError) -> Int64 {
    if let known = try tag(name) { return known }
    try database.run("INSERT INTO tag (name) VALUES (?1)", .text(name))
    return database.lastInsertRowID
  }

  /// In alphabetical order.
  func tags(of contact: Int64) throws(StoreError) -> [String] {
    let select = try database.cached(
      """
      SELECT t.name FROM contact_tag c JOIN tag t ON t.id = c.tag_id WHERE c.contact_id = ?1
      ORDER BY t.name
      """)
    var found: [String] = []
    try select.with(contact).forEachRow { found.append($0.text(0)) }
    return found
  }

  /// - Returns: whether it did not have it.
  func tag(_ contact: Int64, _ tag: Int64) throws(StoreError) -> Bool {
    try change(
      "INSERT INTO contact_tag (tag_id, contact_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", tag, contact)
  }

  /// Removes every tag of a contact.
  func untagAll(_ contact: Int64) throws(StoreError) {
    try database.cached("DELETE FROM contact_tag WHERE contact_id = ?1").run(contact)
  }

  /// - Returns: whether it had it.
  func untag(_ contact: Int64, _ tag: Int64) throws(StoreError) -> Bool {
    try change("DELETE FROM contact_tag WHERE tag_id = ?1 AND contact_id = ?2", tag, contact)
  }

  // MARK: Groups

  func group(_ ref: GroupRef) throws(StoreError) -> Int64? {
    switch ref {
    case .id(let id): try database.int("SELECT id FROM audience_group WHERE id = ?1", .int(id.value))
    case .name(let name): try database.int("SELECT id FROM audience_group WHERE name = ?1", .text(name))
    }
  }

  func addGroup(_ name: String, owner: Int64?, _ conditions: GroupConditions?, at: Int64) throws(StoreError)
    -> Int64
  {
    try database.run(
      "INSERT INTO audience_group (name, owner_rep, created, updated, conditions) VALUES (?1, ?2, ?3, ?3, ?4)",
      .text(name), .init(owner), .int(at), conditions.map { .text($0.json) } ?? .null)
    return database.lastInsertRowID
  }

  /// Contacts came into a group, or left it.
  func touch(group id: Int64, at: Int64) throws(StoreError) {
    try database.cached("UPDATE audience_group SET updated = ?2 WHERE id = ?1").with(id, at).run()
  }

  struct Group {
    var name: String
    var owner: Int64?
    /// Milliseconds since 1970 UTC.
    var created: Int64
    /// nil: a list of contacts.
    var conditions: GroupConditions?
  }

  func group(_ id: Int64) throws(StoreError) -> Group? {
    let select = try database.cached(
      "SELECT name, owner_rep, created, conditions FROM audience_group WHERE id = ?1")
    return try select.with(id).first { (row: Row) throws(StoreError) in
      Group(
        name: row.text(0), owner: row.intOrNil(1), created: row.int(2),
        conditions: try GroupConditions(stored: row.textOrNil(3), group: id))
    }
  }

  /// - Returns: whether it was not in it.
  func join(_ contact: Int64, _ group: Int64) throws(StoreError) -> Bool {
    try change(
      "INSERT INTO group_member (group_id, contact_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING", group, contact
    )
  }

  /// - Returns: whether it was in it.
  func leave(_ contact: Int64, _ group: Int64) throws(StoreError) -> Bool {
    try change("DELETE FROM group_member WHERE group_id = ?1 AND contact_id = ?2", group, contact)
  }

  private func change(_ sql: StaticString, _ owner: Int64, _ contact: Int64) throws(StoreError) -> Bool {
    let statement = try database.cached(sql)
    try statement.with(owner, contact).run()
    return database.changes > 0
  }

  // MARK: Audiences

  /// How the contacts of an audience are found, in order of their ids.
  enum Walk {
    case group(Int64)
    case tag(Int64)
    case contacts([Int64])
    case all
    /// Those of all that fulfil conditions.
    case fitting(GroupConditions)
  }

  /// A contact that a plan looks at.
  struct Candidate {
    var id: Int64
    var firstName: String
    var lastName: String
    var owner: Int64?
    /// A JSON object of strings.
    var attributes: String
    var phone: Int64?
    /// It was passed by, and is not in the audience.
    var isOut = false
  }

  /// The next contacts of an audience behind one. Of contacts that are named, those that are not there are left out.
  func candidates(_ walk: Walk, after last: Int64, limit: Int) throws(StoreError) -> [Candidate] {
    let statement: Statement
    switch walk {
    case .group(let id):
      statement = try database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1)
        FROM group_member g JOIN contact c ON c.id = g.contact_id
        WHERE g.group_id = ?1 AND g.contact_id > ?2 ORDER BY g.contact_id LIMIT ?3
        """)
      statement.with(id)
    case .tag(let id):
      statement = try database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1)
        FROM contact_tag t JOIN contact c ON c.id = t.contact_id
        WHERE t.tag_id = ?1 AND t.contact_id > ?2 ORDER BY t.contact_id LIMIT ?3
        """)
      statement.with(id)
    case .contacts(let ids): return try named(ids.drop { $0 <= last }, limit)
    case .fitting(let conditions): return try fitting(conditions, after: last, limit)
    case .all:
      statement = try database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1)
        FROM contact c WHERE ?1 = 0 AND c.id > ?2 ORDER BY c.id LIMIT ?3
        """)
      statement.with(0)
    }
    statement.bind(2, last)
    statement.bind(3, Int64(limit))
    var found: [Candidate] = []
    try statement.forEachRow { found.append(ContactTable.candidate($0)) }
    return found
  }

  /// The next of all, so that a walk to the few that fit is in slices too.
  private func fitting(_ conditions: GroupConditions, after last: Int64, _ limit: Int) throws(StoreError)
    -> [Candidate]
  {
    let statement = try database.prepare(
      """
      SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
        (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1),
        \(conditions.sql(from: 3))
      FROM contact c WHERE c.id > ?1 ORDER BY c.id LIMIT ?2
      """)
    statement.with(last, Int64(limit))
    for (index, value) in conditions.values.enumerated() { statement.bind(Int32(index + 3), value: value) }
    var found: [Candidate] = []
    try statement.forEachRow {
      var candidate = ContactTable.candidate($0)
      candidate.isOut = !$0.bool(6)
      found.append(candidate)
    }
    return found
  }

  private func named(_ ids: ArraySlice<Int64>, _ limit: Int) throws(StoreError) -> [Candidate] {
    let statement = try database.cached(
      """
      SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
        (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1)
      FROM contact c WHERE c.id = ?1
      """)
    var found: [Candidate] = []
    for id in ids where found.count < limit {
      if let candidate = try statement.with(id).first(ContactTable.candidate) { found.append(candidate) }
    }
    return found
  }

  private static func candidate(_ row: Row) -> Candidate {
    Candidate(
      id: row.int(0), firstName: row.text(1), lastName: row.text(2), owner: row.intOrNil(3),
      attributes: row.text(4), phone: row.intOrNil(5))
  }
}

extension [ContactTable.PhoneContact] {
  /// Who has a phone, in words that a rep's mobile may show: a name, or the number's last two digits.
  func who(_ phone: PhoneNumber) -> String {
    first { !$0.name.isEmpty }?.name ?? "a number ending in \(phone.description.suffix(2))"
  }
}
