import Store

/// The table `setting`: single values of the store, each under a key of its own.
struct SettingTable {
  enum Key: String {
    case storeID = "store_id"
    case paused
    case pauseReason = "pause_reason"
    case live
    /// The last sign of life, in milliseconds since 1970 UTC.
    case alive
    case started
    /// How often this store was started.
    case starts
    case clockHeld = "clock_held"
    case clockAccepted = "clock_accepted"
    case feedGaps = "feed_gaps"
    case feedRemovedTo = "feed_removed_to"
    case messageFloor = "message_floor"
    case submissions
    case backupTaken = "backup_taken"
    /// What challenges for logins that do not exist are made with.
    case challengeKey = "challenge_key"
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  subscript(key: Key) -> String? {
    get throws(StoreError) {
      try database.text("SELECT value FROM setting WHERE key = ?1", .text(key.rawValue))
    }
  }

  func int(_ key: Key) throws(StoreError) -> Int64? { try self[key].flatMap { Int64($0) } }

  func set(_ key: Key, _ value: String) throws(StoreError) {
    try database.run(
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      .text(key.rawValue), .text(value))
  }

  func set(_ key: Key, _ value: Int64) throws(StoreError) { try set(key, String(value)) }

  func remove(_ key: Key) throws(StoreError) {
    try database.run("DELETE FROM setting WHERE key = ?1", .text(key.rawValue))
  }
}
