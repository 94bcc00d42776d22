import CSQLite

/// One step of the schema. Numbers count from 1 without a gap; a step that was released is never changed.
public struct Migration: Sendable {
  public let number: Int
  /// A few words for logs and errors.
  public let name: String
  /// Statements separated by semicolons; no BEGIN or COMMIT.
  public let sql: String

  public init(number: Int, name: String, sql: String) {
    self.number = number
    self.name = name
    self.sql = sql
  }
}

extension Database {
  /// `user_version`: the number of the last migration that was applied, 0 in a new file.
  public func schemaNumber() throws(StoreError) -> Int {
    Int(clamping: try int("PRAGMA user_version") ?? 0)
  }

  /// Applies what is missing, each step and its number in one transaction. A file with a higher number than
  /// the last migration is refused untouched (``StoreError/Kind/newerSchema``).
  public func migrate(_ migrations: [Migration]) throws(StoreError) {
    for (index, migration) in migrations.enumerated() where migration.number != index + 1 {
      throw .misuse("migrate", "migration \(migration.number) stands at place \(index + 1)")
    }
    let found = try schemaNumber()
    guard found <= migrations.count else { throw .newerSchema(found: found, known: migrations.count) }
    for migration in migrations[max(found, 0)...] {
      try begin()
      do throws(StoreError) {
        try execute(migration.sql)
        try execute("PRAGMA user_version = \(migration.number)")
        try commit()
      } catch {
        try rollback()
        throw StoreError(
          kind: error.kind, code: error.code, extendedCode: error.extendedCode,
          context: "migrate \(migration.number) (\(migration.name)): \(error.context)", detail: error.detail)
      }
    }
  }
}
