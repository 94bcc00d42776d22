import Store

/// The tables `template` and `message_template`: texts that people send again and again, and what was made from them.
struct TemplateTable {
  struct TemplateRow: Equatable {
    var id: Int64 = 0
    var name: String
    var text: String
    var defaults: [String: String]
    /// Only for those who answer this queue.
    var queue: Int64?
    /// Only for this rep; with neither it is for all.
    var rep: Int64?
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  private static let columns = "id, name, text, defaults, queue_id, rep_id, created, updated"

  private let database: Database

  init(_ database: Database) { self.database = database }

  func template(_ id: Int64) throws(StoreError) -> TemplateRow? {
    try database.map(
      "SELECT \(Self.columns) FROM template WHERE id = ?1", .int(id), read: Self.read
    ).first
  }

  /// The one of a name for a queue, a rep or all.
  func template(named name: String, queue: Int64?, rep: Int64?) throws(StoreError) -> TemplateRow? {
    try database.map(
      """
      SELECT \(Self.columns) FROM template
      WHERE name = ?1 AND ifnull(queue_id, 0) = ?2 AND ifnull(rep_id, 0) = ?3
      """, .text(name), .int(queue ?? 0), .int(rep ?? 0), read: Self.read
    ).first
  }

  /// Those for a rep, for a queue and for all, each by name.
  func templates(queue: Int64?, rep: Int64?, limit: Int64) throws(StoreError) -> [TemplateRow] {
    try database.map(
      """
      SELECT \(Self.columns) FROM template
      WHERE ifnull(queue_id, 0) IN (0, ?1) AND ifnull(rep_id, 0) IN (0, ?2)
      ORDER BY rep_id IS NULL, queue_id IS NULL, name, id LIMIT ?3
      """, .int(queue ?? 0), .int(rep ?? 0), .int(limit), read: Self.read)
  }

  func count() throws(StoreError) -> Int { Int(try database.int("SELECT count(*) FROM template") ?? 0) }

  func count(queue: Int64?, rep: Int64?) throws(StoreError) -> Int {
    Int(
      try database.int(
        "SELECT count(*) FROM template WHERE ifnull(queue_id, 0) = ?1 AND ifnull(rep_id, 0) = ?2",
        .int(queue ?? 0), .int(rep ?? 0)) ?? 0)
  }

  /// Whether a template ever had this id.
  func wasThere(_ id: Int64) throws(StoreError) -> Bool {
    try id <= database.int("SELECT seq FROM sqlite_sequence WHERE name = 'template'") ?? 0
  }

  /// - Returns: its id.
  func add(_ row: TemplateRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO template (name, text, defaults, queue_id, rep_id, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    try insert.bind(1, row.name).bind(2, row.text).bind(3, Self.stored(row.defaults)).bind(4, row.queue)
      .bind(5, row.rep).bind(6, row.created).bind(7, row.updated).run()
    return database.lastInsertRowID
  }

  func update(_ row: TemplateRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE template SET name = ?2, text = ?3, defaults = ?4, queue_id = ?5, rep_id = ?6, updated = ?7
      WHERE id = ?1
      """)
    try update.bind(1, row.id).bind(2, row.name).bind(3, row.text).bind(4, Self.stored(row.defaults))
      .bind(5, row.queue).bind(6, row.rep).bind(7, row.updated).run()
  }

  func remove(_ id: Int64) throws(StoreError) {
    try database.run("DELETE FROM template WHERE id = ?1", .int(id))
  }

  // MARK: Messages

  func use(_ template: Int64, for message: Int64) throws(StoreError) {
    try database.cached("INSERT INTO message_template (message_id, template_id) VALUES (?1, ?2)")
      .with(message, template).run()
  }

  // MARK: Who sees and changes one

  /// Those for all are every member's, others those of who answers the queue, or is the rep. A role of some numbers sees none.
  func isSeen(_ row: TemplateRow, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    guard let member = scope.member else { return false }
    if let queue = row.queue { return try QueueTable(database).isMember(member, of: queue) }
    return row.rep == nil || row.rep == scope.writesAs
  }

  /// A rep changes the own ones, a supervisor those of the own queues.
  func isChangeable(_ row: TemplateRow, by scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    guard row.queue == nil ? row.rep != nil : scope.supervises else { return false }
    return try isSeen(row, by: scope)
  }

  private static func stored(_ defaults: [String: String]) -> String {
    MetadataTable.stored(defaults) ?? "{}"
  }

  private static func read(_ row: Row) -> TemplateRow {
    TemplateRow(
      id: row.int(0), name: row.text(1), text: row.text(2), defaults: ContactTable.attributes(row.text(3)),
      queue: row.intOrNil(4), rep: row.intOrNil(5), created: row.int(6), updated: row.int(7))
  }
}
