import Settings
import Store

/// What makes a store's file a backup, and what changes in the tables when one is put in place.
///
/// The mark is a setting in the file itself, so that the gateway that opens it knows that time has passed since, whoever put it in
/// place and however (`Restored.swift`).
struct RestoreTable {
  private let database: Database
  private let settings: SettingTable

  /// Tables whose ids apps hold.
  private static let tables = [
    "rep", "contact", "audience_group", "campaign", "conversation", "member", "session", "queue", "episode",
    "disposition", "note", "template", "lead", "absence", "opt_in_keyword", "email",
  ]

  init(_ database: Database) {
    self.database = database
    settings = SettingTable(database)
  }

  func mark(at time: Int64) throws(StoreError) { try settings.set(.backupTaken, time) }

  /// When the backup was taken, in milliseconds since 1970 UTC; nil in a store that is none.
  func taken() throws(StoreError) -> Int64? { try settings.int(.backupTaken) }

  func removeMark() throws(StoreError) { try settings.remove(.backupTaken) }

  /// Ids go on behind `next`.
  func leap(to next: Int64) throws(StoreError) {
    for table in RestoreTable.tables {
      try database.run("DELETE FROM sqlite_sequence WHERE name = ?1", .text(table))
      try database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", .text(table), .int(next))
    }
    try settings.set(.messageFloor, next)
    try settings.set(.submissions, next)
  }
}
