import Settings
import Store

/// The tables `feed` and `consumer`: the events, one packed row a transaction, and how far each consumer has come.
struct FeedTable {
  private let database: Database
  private let settings: SettingTable

  /// Rows that leave in one transaction.
  static let slice = 2_000
  /// Rows that leave at once from a feed that is full.
  static let excess = 1_000

  init(_ database: Database) {
    self.database = database
    settings = SettingTable(database)
  }

  // MARK: Events

  func append(first: Int64, count: Int, at: Int64, _ events: [UInt8]) throws(StoreError) {
    let insert = try database.cached(
      "INSERT INTO feed (first_sequence, count, at, events) VALUES (?1, ?2, ?3, ?4)")
    try insert.with(first, Int64(count), at, events).run()
  }

  /// Octets of packed events.
  func octets() throws(StoreError) -> Int64 {
    try database.int("SELECT sum(length(events)) FROM feed") ?? 0
  }

  /// The time of the newest row in milliseconds since 1970 UTC; 0 without one.
  func lastTime() throws(StoreError) -> Int64 {
    try database.int("SELECT at FROM feed ORDER BY first_sequence DESC LIMIT 1") ?? 0
  }

  /// The newest sequence number in the store: of the newest event, though it may have been removed since, or where a feed that
  /// was restored goes on.
  func newest() throws(StoreError) -> Int64 {
    let kept = try database.int(
      "SELECT first_sequence + count - 1 FROM feed ORDER BY first_sequence DESC LIMIT 1")
    return max(kept ?? 0, try gaps().resumed, try removed())
  }

  /// The sequence number of the newest event that is no longer kept.
  func removed() throws(StoreError) -> Int64 { try settings.int(.feedRemovedTo) ?? 0 }

  /// The sequence number before the first row of `time` or later; nil without one.
  func sequence(before time: Int64) throws(StoreError) -> Int64? {
    try database.int(
      "SELECT first_sequence - 1 FROM feed WHERE at >= ?1 ORDER BY first_sequence LIMIT 1", .int(time))
  }

  /// Whether events since a time may have been removed: the oldest that is kept is younger, and there were older ones.
  func isRemoved(since time: Int64) throws(StoreError) -> Bool {
    guard try removed() > 0 else { return false }
    let oldest = try database.int("SELECT at FROM feed ORDER BY first_sequence LIMIT 1")
    return oldest.map { time < $0 } ?? true
  }

  func gaps() throws(StoreError) -> FeedGaps { FeedGaps(stored: try settings[.feedGaps] ?? "") }

  func keep(_ gaps: FeedGaps) throws(StoreError) { try settings.set(.feedGaps, gaps.stored) }

  /// Removes rows older than `time` that `sequence` is not before, a slice of them.
  /// - Returns: octets that left.
  func remove(before time: Int64, readTo sequence: Int64) throws(StoreError) -> Int64 {
    try remove(
      upTo: database.int(
        """
        SELECT max(first_sequence + count - 1) FROM (SELECT first_sequence, count FROM feed
          WHERE at < ?1 AND first_sequence + count - 1 <= ?2 ORDER BY first_sequence LIMIT ?3)
        """, .int(time), .int(sequence), .int(Int64(FeedTable.slice))))
  }

  /// Removes the oldest rows, whoever has read them.
  /// - Returns: octets that left.
  func removeOldest() throws(StoreError) -> Int64 {
    try remove(
      upTo: database.int(
        """
        SELECT max(first_sequence + count - 1) FROM
          (SELECT first_sequence, count FROM feed ORDER BY first_sequence LIMIT ?1)
        """, .int(Int64(FeedTable.excess))))
  }

  private func remove(upTo last: Int64?) throws(StoreError) -> Int64 {
    guard let last else { return 0 }
    let octets = try database.int(
      "SELECT sum(length(events)) FROM feed WHERE first_sequence <= ?1", .int(last))
    try database.run("DELETE FROM feed WHERE first_sequence <= ?1", .int(last))
    try settings.set(.feedRemovedTo, last)
    return octets ?? 0
  }

  // MARK: Consumers

  /// A consumer: the role that made it, and the sequence number it has acknowledged.
  struct Consumer {
    var role: String
    var acked: Int64
  }

  /// nil for one that is not there.
  func consumer(_ name: String) throws(StoreError) -> Consumer? {
    try database.cached("SELECT role, acked FROM consumer WHERE name = ?1").bind(1, name)
      .first { Consumer(role: $0.text(0), acked: $0.int(1)) }
  }

  func consumers() throws(StoreError) -> Int { Int(try database.int("SELECT count(*) FROM consumer") ?? 0) }

  func addConsumer(_ name: String, of role: String, acked: Int64, at: Int64) throws(StoreError) {
    try database.run(
      "INSERT INTO consumer (name, role, acked, created, updated) VALUES (?1, ?2, ?3, ?4, ?4)",
      .text(name), .text(role), .int(acked), .int(at))
  }

  /// After how many milliseconds of waiting events a consumer is removed.
  func setExpiry(_ milliseconds: Int64, of consumer: String) throws(StoreError) {
    try database.run(
      "UPDATE consumer SET expires = ?2 WHERE name = ?1", .text(consumer), .int(milliseconds))
  }

  /// A consumer for which events wait.
  struct Behind {
    var name: String
    /// The time of the oldest event that waits, in milliseconds since 1970 UTC.
    var since: Int64
    /// Milliseconds; nil: it does not expire.
    var expires: Int64?
  }

  /// Consumers whose oldest event that waits is older than a time.
  func consumers(behind time: Int64) throws(StoreError) -> [Behind] {
    try database.map(
      """
      SELECT name, expires, (SELECT at FROM feed WHERE first_sequence <= c.acked + 1
        AND first_sequence + count > c.acked + 1 ORDER BY first_sequence DESC LIMIT 1) AS since
      FROM consumer c ORDER BY name
      """
    ) { ($0.text(0), $0.intOrNil(1), $0.intOrNil(2)) }
    .compactMap { name, expires, since in
      since.flatMap { $0 < time ? Behind(name: name, since: $0, expires: expires) : nil }
    }
  }

  func acknowledge(_ sequence: Int64, by consumer: String, at: Int64) throws(StoreError) {
    let update = try database.cached("UPDATE consumer SET acked = ?2, updated = ?3 WHERE name = ?1")
    try update.with(consumer, sequence, at).run()
  }

  func removeConsumer(_ name: String) throws(StoreError) {
    try database.run("DELETE FROM consumer WHERE name = ?1", .text(name))
  }

  /// The sequence number that every consumer has acknowledged; 0 without consumers.
  func slowest() throws(StoreError) -> Int64 { try database.int("SELECT min(acked) FROM consumer") ?? 0 }

  /// Whoever had read everything has read up to `next`.
  func advance(from kept: Int64, to next: Int64) throws(StoreError) {
    try database.run("UPDATE consumer SET acked = ?2 WHERE acked = ?1", .int(kept), .int(next))
  }
}
