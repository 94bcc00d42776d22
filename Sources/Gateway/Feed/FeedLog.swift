import Contract
import Store

/// The ordered log of events, written in the transaction that changes what they report: one packed row a transaction.
final class FeedLog {
  private let insertRow: Statement
  private var packed = PackedEvents()
  private(set) var newest: Int64 = 0
  /// The time of the newest row: the feed's time never goes back.
  private(set) var lastTime: Int64 = 0
  /// Octets of packed events kept, to within what a lost batch had written.
  private(set) var octets: Int64
  /// Numbers that are left out, in a store that was restored.
  private(set) var gaps: FeedGaps
  /// The last flush wrote something.
  private(set) var grew = false

  init(_ database: Database) throws {
    insertRow = try database.prepare(
      "INSERT INTO feed (first_sequence, count, at, events) VALUES (?1, ?2, ?3, ?4)")
    octets = try database.int("SELECT sum(length(events)) FROM feed") ?? 0
    gaps = try FeedGaps(in: database)
    try reload(database)
  }

  func removed(octets: Int64) { self.octets = max(0, self.octets - octets) }

  func reload(_ database: Database) throws {
    packed.removeAll()
    newest = try FeedLog.newest(in: database)
    gaps = try FeedGaps(in: database)
    lastTime = try database.int("SELECT at FROM feed ORDER BY first_sequence DESC LIMIT 1") ?? 0
  }

  /// The newest sequence number in the store: of the newest event, though it may have been removed since, or where a feed that
  /// was restored goes on.
  static func newest(in database: Database) throws -> Int64 {
    let kept = try database.int(
      "SELECT first_sequence + count - 1 FROM feed ORDER BY first_sequence DESC LIMIT 1")
    let gap = try FeedGaps(in: database).resumed
    return max(kept ?? 0, gap, try removed(in: database))
  }

  /// The sequence number of the newest event that is no longer kept.
  static func removed(in database: Database) throws -> Int64 {
    try database.text("SELECT value FROM setting WHERE key = 'feed_removed_to'").flatMap { Int64($0) } ?? 0
  }

  func append(_ event: EventData) { packed.append(event) }

  /// What was appended in this batch so far; given back to `restore` when a part of the batch is undone.
  var mark: PackedEvents { packed }

  func restore(_ mark: PackedEvents) { packed = mark }

  func flush(at now: Int64) throws {
    grew = !packed.isEmpty
    guard grew else { return }
    lastTime = max(lastTime, now)
    insertRow.bind(1, newest + 1)
    insertRow.bind(2, Int64(packed.count))
    insertRow.bind(3, lastTime)
    insertRow.bind(4, blob: packed.bytes)
    try insertRow.run()
    newest += Int64(packed.count)
    octets += Int64(packed.bytes.count)
    packed.removeAll()
  }
}
