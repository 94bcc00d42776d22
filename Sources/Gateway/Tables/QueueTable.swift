import Store

/// The tables `queue`, `disposition_choice` and `membership`: the lines, and who answers them.
struct QueueTable {
  struct QueueRow: Equatable {
    var id: Int64 = 0
    var name: String
    /// Milliseconds.
    var answerWithin: Int64
    var capacity: Int64
    var dispositionRequired: Bool
    /// Milliseconds since 1970 UTC.
    var created: Int64
    var updated: Int64
  }

  /// An outcome that a queue offers.
  struct Choice: Equatable {
    var key: String
    var label: String
  }

  /// The outcome of a thread whose phone opted out: no queue offers it.
  static let optedOut = "opted_out"

  /// The queue that is always there.
  static let defaultQueue: Int64 = 1

  private let database: Database

  init(_ database: Database) { self.database = database }

  func queue(_ id: Int64) throws(StoreError) -> QueueRow? {
    let select = try database.cached(
      """
      SELECT id, name, answer_within, capacity, disposition_required, created, updated FROM queue WHERE id = ?1
      """)
    return try select.with(id).first { row in
      QueueRow(
        id: row.int(0), name: row.text(1), answerWithin: row.int(2), capacity: row.int(3),
        dispositionRequired: row.bool(4), created: row.int(5), updated: row.int(6))
    }
  }

  /// The outcomes that a queue offers, in their order.
  func choices(of queue: Int64) throws(StoreError) -> [Choice] {
    try database.map(
      "SELECT key, label FROM disposition_choice WHERE queue_id = ?1 ORDER BY position", .int(queue)
    ) { Choice(key: $0.text(0), label: $0.text(1)) }
  }

  func queue(named name: String) throws(StoreError) -> Int64? {
    try database.int("SELECT id FROM queue WHERE name = ?1", .text(name))
  }

  func all() throws(StoreError) -> [Int64] {
    try database.map("SELECT id FROM queue ORDER BY id") { $0.int(0) }
  }

  func count() throws(StoreError) -> Int { Int(try database.int("SELECT count(*) FROM queue") ?? 0) }

  func add(_ row: QueueRow) throws(StoreError) -> Int64 {
    let insert = try database.cached(
      """
      INSERT INTO queue (name, answer_within, capacity, disposition_required, created, updated)
      VALUES (?1, ?2, ?3, ?4, ?5, ?5)
      """)
    try insert.with(row.name, row.answerWithin, row.capacity, Int64(row.dispositionRequired ? 1 : 0))
      .bind(5, row.created).run()
    return database.lastInsertRowID
  }

  func update(_ row: QueueRow) throws(StoreError) {
    let update = try database.cached(
      """
      UPDATE queue SET name = ?2, answer_within = ?3, capacity = ?4, disposition_required = ?5, updated = ?6
      WHERE id = ?1
      """)
    try update.with(row.id, row.name, row.answerWithin, row.capacity)
      .bind(5, row.dispositionRequired).bind(6, row.updated).run()
  }

  func setChoices(_ choices: [Choice], of queue: Int64) throws(StoreError) {
    try database.run("DELETE FROM disposition_choice WHERE queue_id = ?1", .int(queue))
    let insert = try database.cached(
      "INSERT INTO disposition_choice (queue_id, position, key, label) VALUES (?1, ?2, ?3, ?4)")
    for (position, choice) in choices.enumerated() {
      try insert.with(queue, Int64(position), choice.key, choice.label).run()
    }
  }

  // MARK: Members

  /// Those who answer a queue.
  func members(of queue: Int64) throws(StoreError) -> [Int64] {
    try database.map(
      "SELECT member_id FROM membership WHERE queue_id = ?1 ORDER BY member_id", .int(queue)
    ) {
      $0.int(0)
    }
  }

  /// The queues that a member answers.
  func queues(of member: Int64) throws(StoreError) -> [Int64] {
    let select = try database.cached("SELECT queue_id FROM membership WHERE member_id = ?1 ORDER BY queue_id")
    var found: [Int64] = []
    try select.with(member).forEachRow { found.append($0.int(0)) }
    return found
  }

  func isMember(_ member: Int64, of queue: Int64) throws(StoreError) -> Bool {
    let select = try database.cached("SELECT 1 FROM membership WHERE queue_id = ?1 AND member_id = ?2")
    return try select.with(queue, member).first { _ in true } ?? false
  }

  func join(_ member: Int64, _ queue: Int64, at now: Int64) throws(StoreError) {
    try database.run(
      "INSERT INTO membership (queue_id, member_id) VALUES (?1, ?2)", .int(queue), .int(member))
    try touch(queue, at: now)
  }

  func leave(_ member: Int64, _ queue: Int64, at now: Int64) throws(StoreError) {
    try database.run(
      "DELETE FROM membership WHERE queue_id = ?1 AND member_id = ?2", .int(queue), .int(member))
    try touch(queue, at: now)
  }

  private func touch(_ queue: Int64, at now: Int64) throws(StoreError) {
    try database.run("UPDATE queue SET updated = ?2 WHERE id = ?1", .int(queue), .int(now))
  }
}
