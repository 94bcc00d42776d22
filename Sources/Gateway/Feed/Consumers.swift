import Contract
import Store

extension Gateway {
  /// `feed.subscribe`: where a consumer starts. A new one starts at the oldest event kept.
  func feedSubscribe(_ params: FeedSubscribe) throws -> FeedSubscribeResult {
    let known = try database.int("SELECT acked FROM consumer WHERE name = ?1", .text(params.consumer))
    let removed = try FeedLog.removed(in: database)
    let position: Int64 =
      switch params.from ?? .acked {
      case .acked: max(known ?? removed, known == nil ? removed : 0)
      case .oldest: removed
      case .newest: feed.newest
      case .cursor(let cursor): cursor.sequence
      case .time(let time):
        try database.int(
          "SELECT first_sequence - 1 FROM feed WHERE at >= ?1 ORDER BY first_sequence LIMIT 1",
          .int(time.milliseconds))
          ?? feed.newest
      }
    guard position >= removed else { throw APIError.cursorExpired(oldest: Cursor(removed)) }
    try feed.gaps.check(position)
    guard position <= feed.newest else { throw APIError.invalid("from", "a cursor this feed has given") }
    if known != position {
      try database.run(
        """
        INSERT INTO consumer (name, acked, created, updated) VALUES (?1, ?2, ?3, ?3)
        ON CONFLICT (name) DO UPDATE SET acked = excluded.acked, updated = excluded.updated
        """, .text(params.consumer), .int(position), .int(now))
    }
    return FeedSubscribeResult(consumer: params.consumer, cursor: Cursor(position), created: known == nil)
  }

  /// `feed.ack`: cumulative; never moves back.
  func feedAck(_ params: FeedAck) throws -> FeedAckResult {
    let select = try database.cached("SELECT acked FROM consumer WHERE name = ?1")
    select.bind(1, params.consumer)
    guard let acked = try select.firstInt() else { throw APIError.notFound("consumer", params.consumer) }
    guard params.cursor.sequence <= feed.newest else {
      throw APIError.invalid("cursor", "one this feed has given")
    }
    guard params.cursor.sequence > acked else { return FeedAckResult(cursor: Cursor(acked)) }
    try feed.gaps.check(params.cursor.sequence)
    let update = try database.cached("UPDATE consumer SET acked = ?2, updated = ?3 WHERE name = ?1")
    update.bind(1, params.consumer)
    update.bind(2, params.cursor.sequence)
    update.bind(3, now)
    try update.run()
    return FeedAckResult(cursor: params.cursor)
  }

  func feedForget(_ params: FeedForget) throws -> Done {
    try database.run("DELETE FROM consumer WHERE name = ?1", .text(params.consumer))
    guard database.changes == 1 else { throw APIError.notFound("consumer", params.consumer) }
    return Done()
  }
}
