import Store
import Testing

@Suite struct TransactionTests {
  @Test func `what a transaction threw out of is undone`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
    let refused = StoreError.misuse("test", "refused")
    #expect(throws: refused) {
      try db.transaction { () throws(StoreError) in
        try db.run("INSERT INTO item(name) VALUES (?)", "a")
        throw refused
      }
    }
    #expect(try db.int("SELECT count(*) FROM item") == 0)
    #expect(!db.isInTransaction)
  }

  @Test func `a reader sees what was committed and nothing else`() throws {
    let store = try TemporaryStore()
    let writer = try store.writer()
    try writer.execute("CREATE TABLE item(id INTEGER PRIMARY KEY) STRICT")
    let reader = try store.reader()
    try writer.begin()
    try writer.run("INSERT INTO item(id) VALUES (1)")
    #expect(try reader.int("SELECT count(*) FROM item") == 0)
    try writer.commit()
    #expect(try reader.int("SELECT count(*) FROM item") == 1)
    #expect(throws: StoreError.self) { try reader.run("INSERT INTO item(id) VALUES (2)") }
  }
}
