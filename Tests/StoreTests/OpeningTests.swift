import Glibc
import Store
import Testing

@Suite struct OpeningTests {
  static let steps = [
    Migration(number: 1, name: "items", sql: "CREATE TABLE item(id INTEGER PRIMARY KEY) STRICT"),
    Migration(
      number: 2, name: "names",
      sql: "ALTER TABLE item ADD COLUMN name TEXT; CREATE INDEX item_name ON item(name)"),
  ]

  @Test func `migrations are applied once, in order, from any earlier schema`() throws {
    let store = try TemporaryStore()
    do {
      let db = try store.writer()
      try db.migrate(Array(Self.steps.prefix(1)))
      #expect(try db.schemaNumber() == 1)
      try db.run("INSERT INTO item(id) VALUES (1)")
    }
    let db = try store.writer()
    try db.migrate(Self.steps)
    try db.migrate(Self.steps)
    #expect(try db.schemaNumber() == 2)
    #expect(try db.int("SELECT count(*) FROM item WHERE name IS NULL") == 1)
  }

  @Test func `a store with a newer schema is refused untouched`() throws {
    let store = try TemporaryStore()
    do { try store.writer().migrate(Self.steps) }
    let db = try store.writer()
    let before = db.totalChanges
    let error = #expect(throws: StoreError.self) { try db.migrate(Array(Self.steps.prefix(1))) }
    #expect(error?.kind == .newerSchema)
    #expect(error?.detail == "the store has schema 2, this binary knows schema 1")
    #expect(db.totalChanges == before)
    #expect(try db.schemaNumber() == 2)
  }

  @Test func `a migration that fails leaves the schema of the one before`() throws {
    let db = try Database(path: ":memory:", mode: .writer)
    let bad = Migration(
      number: 3, name: "bad", sql: "CREATE TABLE other(id INTEGER) STRICT; SELECT id FROM nowhere")
    let error = #expect(throws: StoreError.self) { try db.migrate(Self.steps + [bad]) }
    #expect(error?.context == "migrate 3 (bad): CREATE other")
    #expect(error?.detail == "no such table: nowhere")
    #expect(try db.schemaNumber() == 2)
    #expect(try db.int("SELECT count(*) FROM sqlite_schema WHERE name = 'other'") == 0)
  }

  @Test func `migrations out of order are our own mistake`() throws {
    let db = try Database(path: ":memory:", mode: .writer)
    let error = #expect(throws: StoreError.self) { try db.migrate(Self.steps.reversed()) }
    #expect(error?.kind == .misuse)
  }

  @Test func `a second writer is refused while the first lives, and let in after it`() throws {
    let store = try TemporaryStore()
    do {
      let first = try store.writer()
      let error = #expect(throws: StoreError.self) { _ = try store.writer() }
      #expect(error?.kind == .lockedByAnother)
      try first.execute("CREATE TABLE item(id INTEGER)")
    }
    _ = try store.writer()
  }

  @Test func `a file that is no database is told as corrupt`() throws {
    let store = try TemporaryStore()
    mkdir(store.directory + "/state", 0o700)
    let file = open(store.path, O_WRONLY | O_CREAT, 0o600)
    var noise = [UInt8](repeating: 0x5A, count: 8_192)
    write(file, &noise, noise.count)
    close(file)
    let error = #expect(throws: StoreError.self) { _ = try store.writer() }
    #expect(error?.kind == .corrupt)
  }

  @Test func `a reader of a store that is not there is refused`() throws {
    let store = try TemporaryStore()
    let error = #expect(throws: StoreError.self) { _ = try store.reader() }
    #expect(error?.kind == .cannotOpen)
  }

  @Test func `the writer keeps the promised settings`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    #expect(try db.text("PRAGMA journal_mode") == "wal")
    #expect(try db.int("PRAGMA synchronous") == 2)
    #expect(try db.int("PRAGMA wal_autocheckpoint") == 0)
    #expect(try db.int("PRAGMA page_size") == Int64(Database.Limits.pageSize))
    #expect(try db.int("PRAGMA temp_store") == 2)
    let reader = try store.reader()
    #expect(try reader.int("PRAGMA query_only") == 1)
  }

  @Test(arguments: [0o777, 0o770, 0o722, 0o702] as [mode_t])
  func `a directory that others may write to is refused with what to do`(mode: mode_t) throws {
    let store = try TemporaryStore()
    mkdir(store.directory + "/state", 0o700)
    chmod(store.directory + "/state", mode)
    let error = #expect(throws: StoreError.self) { _ = try store.writer() }
    #expect(error?.kind == .cannotOpen && error?.description.contains("chmod 700 ") == true)
    chmod(store.directory + "/state", 0o755)
    #expect(throws: Never.self) { _ = try store.writer() }
  }
}
