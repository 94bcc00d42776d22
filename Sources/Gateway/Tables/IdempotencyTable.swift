import Store

/// The table `idempotency`: the results of commands with a key, for their repetition.
struct IdempotencyTable {
  struct Key {
    var role: String
    var method: String
    var key: String
  }

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// The parameters and the result of the first call with a key.
  func find(_ key: Key) throws(StoreError) -> (params: [UInt8], result: [UInt8])? {
    let select = try database.cached(
      "SELECT params, result FROM idempotency WHERE role = ?1 AND method = ?2 AND key = ?3")
    bind(select, key)
    return try select.first { ($0.blob(0), $0.blob(1)) }
  }

  func add(_ key: Key, params: [UInt8], result: [UInt8], at: Int64) throws(StoreError) {
    let insert = try database.cached(
      "INSERT INTO idempotency (role, method, key, params, result, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)")
    bind(insert, key)
    insert.bind(4, blob: params)
    insert.bind(5, blob: result)
    insert.bind(6, at)
    try insert.run()
  }

  func remove(before time: Int64, limit: Int64) throws(StoreError) {
    try database.run(
      """
      DELETE FROM idempotency WHERE (role, method, key) IN
        (SELECT role, method, key FROM idempotency WHERE at < ?1 ORDER BY at LIMIT ?2)
      """, .int(time), .int(limit))
  }

  private func bind(_ statement: Statement, _ key: Key) {
    statement.with(key.role, key.method, key.key)
  }
}
