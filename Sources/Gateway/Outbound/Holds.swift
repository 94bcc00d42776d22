import Store

/// Why something stands still. The store has these integers.
enum HoldCause: Int64, CaseIterable {
  /// The gateway was not running: from the last sign of life to the next start.
  case notRunning = 1
  /// All sending is paused.
  case everything = 2
  /// A number is paused.
  case number = 3
  /// A campaign is paused.
  case campaign = 4
  /// A campaign was cancelled: what waits of it ends, a slice at a time.
  case cancelledCampaign = 5
  /// A carrier has no session that sends.
  case noSession = 6
  /// Not a hold: the carriers a number had sent by, until its routes were changed; `reason` has their ids.
  case formerRoutes = 7
}

/// When something stood still: what explains the waits of every message without a row for any of them.
final class HoldBook {
  private struct Key: Hashable {
    var cause: HoldCause
    var subject: Int64
  }

  private let database: Database
  private let insert: Statement
  private let close: Statement
  /// Rows of what stands still now.
  private var open: [Key: Int64] = [:]

  init(_ database: Database) throws {
    self.database = database
    insert = try database.prepare(
      "INSERT INTO hold (cause, subject, since, until, reason) VALUES (?1, ?2, ?3, ?4, ?5)")
    close = try database.prepare("UPDATE hold SET until = ?2 WHERE id = ?1")
    try reload()
  }

  func reload() throws {
    open = [:]
    try database.rows(
      "SELECT cause, subject, id FROM hold WHERE until IS NULL AND cause <> ?1",
      .int(HoldCause.cancelledCampaign.rawValue)
    ) { row in
      guard let cause = HoldCause(rawValue: row.int(0)) else { return }
      open[Key(cause: cause, subject: row.int(1))] = row.int(2)
    }
  }

  /// `subject`: which number, campaign or carrier; 0 where it is all of them.
  func begin(_ cause: HoldCause, _ subject: Int64, at: Int64, reason: String? = nil) throws {
    guard open[Key(cause: cause, subject: subject)] == nil else { return }
    try note(cause, subject, since: at, reason: reason)
    open[Key(cause: cause, subject: subject)] = database.lastInsertRowID
  }

  func end(_ cause: HoldCause, _ subject: Int64, at: Int64) throws {
    guard let row = open.removeValue(forKey: Key(cause: cause, subject: subject)) else { return }
    close.bind(1, row)
    close.bind(2, at)
    try close.run()
  }

  /// Something that is over, or that nobody will end.
  func note(_ cause: HoldCause, _ subject: Int64, since: Int64, until: Int64? = nil, reason: String? = nil)
    throws
  {
    insert.bind(1, cause.rawValue)
    insert.bind(2, subject)
    insert.bind(3, since)
    insert.bind(4, until)
    insert.bind(5, reason)
    try insert.run()
  }

  // MARK: Signs of life

  /// Milliseconds since 1970 UTC of the last sign of life that the store has; nil in a new one.
  func lastAlive() throws -> Int64? {
    try database.int(
      """
      SELECT max(at) FROM (
        SELECT CAST(value AS INTEGER) AS at FROM setting WHERE key = 'alive'
        UNION ALL SELECT max(at) FROM handed UNION ALL SELECT max(at) FROM feed)
      """)
  }

  func noteAlive(at: Int64) throws { try note("alive", at) }

  /// - Returns: which start of this store it is.
  func noteStarted(at: Int64) throws -> Int64 {
    try note("started", at)
    try note("alive", at)
    let starts =
      try database.text("SELECT value FROM setting WHERE key = 'starts'").flatMap { Int64($0) } ?? 0
    try note("starts", starts + 1)
    return starts + 1
  }

  private func note(_ key: String, _ value: Int64) throws {
    try database.run(
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      .text(key), .text(String(value)))
  }
}

extension Gateway {
  /// The gateway starts: it did not run until now, and no carrier has a session yet.
  func noteStart() throws {
    if let last = try holds.lastAlive(), last < now {
      try holds.note(.notRunning, 0, since: last, until: now)
    }
    handover.begin(start: try holds.noteStarted(at: now))
    for carrier in directory.carriers.keys.sorted() { try holds.begin(.noSession, carrier, at: now) }
  }
}
