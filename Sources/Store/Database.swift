import CSQLite
import Glibc

/// A connection to the store's one SQLite file, used from one thread at a time.
///
/// The writer creates the file and holds the store's lock (``WriterLock``) for its life; any number of
/// readers, in this or other processes, see what was committed. A commit returns after the write-ahead log
/// was synced to disk (`synchronous=FULL`). Checkpoints are the work of a ``Checkpointer``, never of a commit.
public final class Database {
  public enum Mode: Sendable {
    /// Creates and migrates; the only one that writes. One per store.
    case writer
    /// Sees committed data only; cannot write.
    case reader
    /// Moves the log into the file for a writer elsewhere in this process; runs no statements.
    case checkpointer
    /// A file that nobody else has open, as one file without a log: a backup.
    case alone
  }

  public enum Limits {
    /// Page size of a new file, in octets.
    public static let pageSize = 4096
    /// Page cache of the writer, in KiB: the upper levels of every B-tree and the live tables stay in it.
    public static let writerCacheKibibytes = 32 * 1024
    /// Page cache of each reader, in KiB.
    public static let readerCacheKibibytes = 2 * 1024
    /// How long a statement waits for another connection's lock, in milliseconds.
    public static let busyTimeoutMilliseconds: Int32 = 5_000
    /// Statements kept by ``Database/cached(_:)``; more is a mistake of ours, since its keys are literals.
    public static let cachedStatements = 512
    /// Statements kept by their text; queries that are put together differ in few ways.
    public static let idleStatements = 256
  }

  public let path: String
  public let mode: Mode
  /// Frames in the log after the last commit, and the checkpointer's wish; shared with a ``Checkpointer``.
  public let wal = WALMonitor()

  /// Stops the running statement from another thread.
  public let interrupter: Interrupter

  @usableFromInline let handle: OpaquePointer
  let snapshotDeadline = SnapshotDeadline()
  private var lock: WriterLock?
  private var cache: [UInt: Statement] = [:]
  /// Statements of texts that were asked before, while nobody uses them.
  private var idle: [String: Statement] = [:]
  private let beginStatement: Statement
  private let commitStatement: Statement
  private let rollbackStatement: Statement

  /// Opens `path`; `:memory:` is a private store for tests.
  /// - Parameters:
  ///   - vfs: the name of another SQLite file layer, as the simulation registers one.
  ///   - locks: false for a file layer that no other process sees: then there is no lock file.
  public init(path: String, mode: Mode, vfs: String? = nil, locks: Bool = true) throws(StoreError) {
    Database.prepareProcess()
    self.path = path
    self.mode = mode
    let inMemory = path == ":memory:"
    if mode == .writer, !inMemory, locks { lock = try WriterLock(store: path) }

    let access = mode == .reader ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE
    let create = mode == .writer ? SQLITE_OPEN_CREATE : 0
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(path, &opened, access | create | SQLITE_OPEN_NOMUTEX, vfs)
    guard result == SQLITE_OK, let connection = opened else {
      let error = StoreError.last(of: opened, code: result, context: "open")
      sqlite3_close_v2(opened)
      throw error
    }
    do throws(StoreError) {
      sqlite3_extended_result_codes(connection, 1)
      sqlite3_busy_timeout(connection, Limits.busyTimeoutMilliseconds)
      for pragma in Database.settings(mode) { try Database.execute(pragma, on: connection) }
      if mode == .writer, !inMemory { try Database.requireWAL(connection) }
      beginStatement = try Database.prepare(mode == .reader ? "BEGIN" : "BEGIN IMMEDIATE", on: connection)
      commitStatement = try Database.prepare("COMMIT", on: connection)
      rollbackStatement = try Database.prepare("ROLLBACK", on: connection)
    } catch {
      sqlite3_close_v2(connection)
      throw error
    }
    handle = connection
    interrupter = Interrupter(connection)
    if mode == .writer { wal.watch(connection) }
  }

  deinit {
    interrupter.forget()
    // Statements still held elsewhere keep the connection until they go (`close_v2`).
    cache.removeAll()
    idle.removeAll()
    sqlite3_wal_hook(handle, nil, nil)
    sqlite3_progress_handler(handle, 0, nil, nil)
    sqlite3_close_v2(handle)
  }

  /// SQLite's settings of the process. They hold only if they come before its first call of any kind: a file layer that is
  /// registered before the first connection has to ask for them too.
  package static func prepareProcess() { _ = processSetUp }

  private static let processSetUp: Int32 = tollgate_sqlite_without_memory_statistics()

  private static func settings(_ mode: Mode) -> [String] {
    let common = ["PRAGMA temp_store = MEMORY", "PRAGMA trusted_schema = OFF", "PRAGMA foreign_keys = OFF"]
    switch mode {
    case .writer:
      return [
        "PRAGMA page_size = \(Limits.pageSize)",
        "PRAGMA cache_size = -\(Limits.writerCacheKibibytes)",
        "PRAGMA synchronous = FULL",
      ] + common
    case .reader:
      return ["PRAGMA query_only = ON", "PRAGMA cache_size = -\(Limits.readerCacheKibibytes)"] + common
    case .checkpointer: return ["PRAGMA synchronous = FULL", "PRAGMA wal_autocheckpoint = 0"] + common
    case .alone:
      return ["PRAGMA locking_mode = EXCLUSIVE", "PRAGMA journal_mode = DELETE", "PRAGMA synchronous = FULL"]
        + common
    }
  }

  /// `journal_mode=WAL`, checked, and no checkpoint inside a commit.
  private static func requireWAL(_ connection: OpaquePointer) throws(StoreError) {
    let statement = try prepare("PRAGMA journal_mode = WAL", on: connection)
    defer { statement.reset() }
    guard try statement.step(), statement.text(0) == "wal" else {
      throw StoreError(kind: .cannotOpen, context: "open", detail: "the file system does not support a WAL")
    }
    statement.reset()
    try execute("PRAGMA wal_autocheckpoint = 0", on: connection)
  }

  /// Leaves the files as they are from here on, down to the checkpoint of the last connection that closes: what they hold
  /// is for the next process to find out.
  public func abandon() { tollgate_no_checkpoint_on_close(handle, 1) }

  // MARK: Statements

  /// Runs one or several statements without parameters.
  public func execute(_ sql: String) throws(StoreError) { try Database.execute(sql, on: handle) }

  /// Prepares a statement for the life of the connection. The caller keeps it.
  public func prepare(_ sql: String) throws(StoreError) -> Statement { try Database.prepare(sql, on: handle) }

  /// A statement kept by the connection, found by the address of the literal. For the rare paths; reset it
  /// (``Statement/run()`` and the like do). Not for use inside its own loop.
  public func cached(_ sql: StaticString) throws(StoreError) -> Statement {
    let key = UInt(bitPattern: sql.utf8Start)
    if let statement = cache[key] { return statement }
    let statement = try prepare(sql.description)
    if cache.count >= Limits.cachedStatements { cache.removeAll() }
    cache[key] = statement
    return statement
  }

  /// Binds and runs; prepared at the first use of the text.
  public func run(_ sql: String, _ values: Value...) throws(StoreError) {
    let statement = try borrow(sql, values)
    defer { giveBack(statement, sql) }
    try statement.run()
  }

  /// Gives every row of a query to `body`.
  public func rows(_ sql: String, _ values: Value..., body: (Row) throws(StoreError) -> Void)
    throws(StoreError)
  {
    let statement = try borrow(sql, values)
    defer { giveBack(statement, sql) }
    try statement.forEachRow(body)
  }

  /// Every row of a query as `read` sees it.
  public func map<R>(_ sql: String, _ values: Value..., read: (Row) throws(StoreError) -> R)
    throws(StoreError) -> [R]
  {
    let statement = try borrow(sql, values)
    defer { giveBack(statement, sql) }
    var result: [R] = []
    try statement.forEachRow { (row: Row) throws(StoreError) in result.append(try read(row)) }
    return result
  }

  /// The first column of the first row as an integer; nil without a row or for NULL.
  public func int(_ sql: String, _ values: Value...) throws(StoreError) -> Int64? {
    let statement = try borrow(sql, values)
    defer { giveBack(statement, sql) }
    return try statement.firstInt()
  }

  /// The first column of the first row as text; nil without a row or for NULL.
  public func text(_ sql: String, _ values: Value...) throws(StoreError) -> String? {
    let statement = try borrow(sql, values)
    defer { giveBack(statement, sql) }
    return try statement.step() ? statement.textOrNil(0) : nil
  }

  /// A statement of this text that nobody uses, prepared if there is none: a query that asks itself again inside its own
  /// loop gets another.
  private func borrow(_ sql: String, _ values: [Value]) throws(StoreError) -> Statement {
    let statement: Statement
    if let idle = idle.removeValue(forKey: sql) { statement = idle } else { statement = try prepare(sql) }
    for (index, value) in values.enumerated() { statement.bind(Int32(clamping: index + 1), value: value) }
    return statement
  }

  private func giveBack(_ statement: Statement, _ sql: String) {
    statement.reset()
    statement.clear()
    if idle.count >= Limits.idleStatements { idle.removeAll() }
    idle[sql] = statement
  }

  /// Row id of the last insert on this connection.
  public var lastInsertRowID: Int64 { sqlite3_last_insert_rowid(handle) }
  /// Rows changed by the last statement.
  public var changes: Int { Int(sqlite3_changes64(handle)) }
  /// Rows changed since the connection was opened.
  public var totalChanges: Int { Int(sqlite3_total_changes64(handle)) }

  /// Names of the statements that hold a row and so a snapshot. Empty between batches.
  public var busyStatements: [String] {
    var names: [String] = []
    var statement = sqlite3_next_stmt(handle, nil)
    while let current = statement {
      if sqlite3_stmt_busy(current) != 0 {
        names.append(sqlite3_sql(current).map { summary(ofSQL: String(cString: $0)) } ?? "statement")
      }
      statement = sqlite3_next_stmt(handle, current)
    }
    return names
  }

  /// Stops the running statement. To be called from another thread, keep ``interrupter``.
  public func interrupt() { interrupter.interrupt() }

  // MARK: Transactions

  public var isInTransaction: Bool { sqlite3_get_autocommit(handle) == 0 }

  /// Opens a transaction: for the writer at once with the write lock, so that nothing fails half way for want
  /// of it. Before it, the writer does the last step of a checkpoint if one waits for it (``WALMonitor``).
  public func begin() throws(StoreError) {
    if wal.takesFinish() { finishCheckpoint() }
    try beginStatement.run()
  }

  /// Returns after the log was synced: what was written is durable. On a throw the transaction is still open;
  /// roll it back.
  public func commit() throws(StoreError) { try commitStatement.run() }

  /// Undoes the transaction if one is open. SQLite itself undoes it on some failures (disk full, I/O).
  public func rollback() throws(StoreError) {
    guard isInTransaction else { return }
    do throws(StoreError) { try rollbackStatement.run() } catch {
      // Where the transaction is over all the same, SQLite had undone it.
      guard !isInTransaction else { throw error }
    }
  }

  /// Commits what `body` did, or undoes it when `body` or the commit throws.
  public func transaction<R>(_ body: () throws(StoreError) -> R) throws(StoreError) -> R {
    try begin()
    do throws(StoreError) {
      let result = try body()
      try commit()
      return result
    } catch {
      try rollback()
      throw error
    }
  }

  // MARK: Inside

  static func execute(_ sql: String, on connection: OpaquePointer) throws(StoreError) {
    let result = sqlite3_exec(connection, sql, nil, nil, nil)
    guard result == SQLITE_OK else {
      throw .last(of: connection, code: result, context: summary(ofSQL: sql))
    }
  }

  static func prepare(_ sql: String, on connection: OpaquePointer) throws(StoreError) -> Statement {
    var prepared: OpaquePointer?
    let result = sqlite3_prepare_v3(
      connection, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &prepared, nil)
    guard result == SQLITE_OK else {
      throw .last(of: connection, code: result, context: summary(ofSQL: sql))
    }
    guard let prepared else { throw .misuse("prepare", "the text holds no statement") }
    return Statement(handle: prepared)
  }
}
