import Settings
import Store

/// The table `hold`: when something stood still, and why.
struct HoldTable {
  struct Open {
    var id: Int64
    var cause: HoldCause
    var subject: Int64
  }

  private let database: Database
  private let settings: SettingTable

  init(_ database: Database) {
    self.database = database
    settings = SettingTable(database)
  }

  /// What stands still now, and will be ended by name.
  func open() throws(StoreError) -> [Open] {
    try database.map(
      "SELECT id, cause, subject FROM hold WHERE until IS NULL AND cause <> ?1",
      .int(HoldCause.cancelledCampaign.rawValue)
    ) { (row: Row) throws(StoreError) in
      guard let cause = HoldCause(rawValue: row.int(1)) else { throw .damaged("hold", row: row.int(0)) }
      return Open(id: row.int(0), cause: cause, subject: row.int(2))
    }
  }

  /// - Returns: the row.
  func add(_ cause: HoldCause, _ subject: Int64, since: Int64, until: Int64?, reason: String?)
    throws(StoreError) -> Int64
  {
    let insert = try database.cached(
      "INSERT INTO hold (cause, subject, since, until, reason) VALUES (?1, ?2, ?3, ?4, ?5)")
    try insert.with(cause.rawValue, subject, since, until, reason).run()
    return database.lastInsertRowID
  }

  func end(_ id: Int64, at: Int64) throws(StoreError) {
    let close = try database.cached("UPDATE hold SET until = ?2 WHERE id = ?1")
    try close.with(id, at).run()
  }

  // MARK: Signs of life

  /// Milliseconds since 1970 UTC of the last sign of life that the store has; nil in a new one.
  func lastAlive() throws(StoreError) -> Int64? {
    try database.int(
      """
      SELECT max(at) FROM (
        SELECT CAST(value AS INTEGER) AS at FROM setting WHERE key = 'alive'
        UNION ALL SELECT max(at) FROM handed UNION ALL SELECT max(at) FROM feed)
      """)
  }

  func noteAlive(at: Int64) throws(StoreError) { try settings.set(.alive, at) }

  /// - Returns: which start of this store it is.
  func noteStarted(at: Int64) throws(StoreError) -> Int64 {
    try settings.set(.started, at)
    try settings.set(.alive, at)
    let starts = (try settings.int(.starts) ?? 0) + 1
    try settings.set(.starts, starts)
    return starts
  }
}
