import Store

/// The tables `serve` and `wish`: who was given what, and who waits to be.
struct ServeTable {
  struct ServeRow {
    var at: Int64
    var member: Int64
    var queue: Int64
    var episode: Int64
    var since: Int64
    /// What stood behind it in the member's queues; nil: nothing.
    var behind: (episode: Int64, since: Int64)?
  }

  struct Wish {
    var member: Int64
    var at: Int64
    /// Empty: all that the member answers.
    var queues: [Int64]
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  func record(_ row: ServeRow) throws(StoreError) {
    let insert = try database.cached(
      """
      INSERT INTO serve (at, member_id, queue_id, episode_id, since, behind_episode, behind_since)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
      """)
    try insert.with(row.at, row.member, row.queue, row.episode).bind(5, row.since)
      .bind(6, row.behind?.episode).bind(7, row.behind?.since).run()
  }

  /// When an episode was served, the newest first.
  func serves(of episode: Int64, limit: Int64) throws(StoreError) -> [ServeRow] {
    try database.map(
      """
      SELECT at, member_id, queue_id, episode_id, since, behind_episode, behind_since FROM serve
      WHERE episode_id = ?1 ORDER BY id DESC LIMIT ?2
      """, .int(episode), .int(limit)
    ) { row in
      ServeRow(
        at: row.int(0), member: row.int(1), queue: row.int(2), episode: row.int(3), since: row.int(4),
        behind: row.intOrNil(5).map { ($0, row.int(6)) })
    }
  }

  // MARK: Wishes

  /// The oldest first.
  func wishes() throws(StoreError) -> [Wish] {
    try database.map("SELECT member_id, at, queues FROM wish ORDER BY at, member_id") { row in
      Wish(
        member: row.int(0), at: row.int(1), queues: row.text(2).split(separator: ",").compactMap { Int64($0) }
      )
    }
  }

  /// A wish keeps its place where the member changes the queues.
  func put(_ wish: Wish) throws(StoreError) {
    let insert = try database.cached(
      """
      INSERT INTO wish (member_id, at, queues) VALUES (?1, ?2, ?3)
      ON CONFLICT (member_id) DO UPDATE SET queues = excluded.queues
      """)
    try insert.with(wish.member, wish.at, wish.queues.map(String.init).joined(separator: ",")).run()
  }

  func removeWish(of member: Int64) throws(StoreError) {
    try database.run("DELETE FROM wish WHERE member_id = ?1", .int(member))
  }
}
