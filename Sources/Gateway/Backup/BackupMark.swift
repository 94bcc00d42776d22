import Store

/// What makes a store's file a backup: a setting that says when it was taken.
///
/// It is in the file itself, so that the gateway that opens it knows that time has passed since, whoever put it in place and
/// however (`Restored.swift`).
enum BackupMark {
  private static let key = "backup_taken"

  static func set(in database: Database, at time: Int64) throws {
    try database.run(
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      .text(key), .text("\(time)"))
  }

  /// When it was taken, in milliseconds since 1970 UTC; nil in a store that is none.
  static func taken(in database: Database) throws -> Int64? {
    try database.text("SELECT value FROM setting WHERE key = ?1", .text(key)).flatMap { Int64($0) }
  }

  static func remove(from database: Database) throws {
    try database.run("DELETE FROM setting WHERE key = ?1", .text(key))
  }
}
