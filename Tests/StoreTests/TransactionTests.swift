import Store
import Testing

@Suite struct TransactionTests {
  struct Refused: Error {}

  @Test func `what a transaction threw out of is undone`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT")
    var refused = false
    do {
      try db.transaction {
        try db.run("INSERT INTO item(name) VALUES (?)", "a")
        throw Refused()
      }
    } catch is Refused { refused = true }
    #expect(refused)
    #expect(try db.int("SELECT count(*) FROM item") == 0)
    #expect(!db.isInTransaction)
  }

  @Test func `a savepoint undoes its own part alone, also inside another`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY) STRICT")
    let insert = try db.prepare("INSERT INTO item(id) VALUES (?)")
    var innerRefused = false
    var seenInside: Int64?
    try db.transaction {
      try insert.run(1)
      do {
        try db.savepoint {
          try insert.run(2)
          try db.savepoint { try insert.run(3) }
          do {
            try db.savepoint {
              try insert.run(4)
              throw Refused()
            }
          } catch { innerRefused = true }
          seenInside = try db.int("SELECT count(*) FROM item")
          throw Refused()
        }
      } catch is Refused {}
      try db.savepoint { try insert.run(5) }
    }
    #expect(innerRefused)
    #expect(seenInside == 3)
    #expect(try db.map("SELECT id FROM item ORDER BY id") { $0.int(0) } == [1, 5])
  }

  @Test func `a savepoint outside a transaction is refused`() throws {
    let db = try Database(path: ":memory:", mode: .writer)
    #expect(throws: StoreError.self) { try db.savepoint {} }
  }

  @Test func `a failed statement inside a savepoint leaves the items before it`() throws {
    let db = try Database(path: ":memory:", mode: .writer)
    try db.execute("CREATE TABLE item(id INTEGER PRIMARY KEY) STRICT")
    let insert = try db.prepare("INSERT INTO item(id) VALUES (?)")
    var refused = 0
    try db.transaction {
      for id: Int64 in [1, 2, 2, 3] {
        do { try db.savepoint { try insert.run(id) } } catch { refused += 1 }
      }
    }
    #expect(refused == 1)
    #expect(try db.int("SELECT count(*) FROM item") == 3)
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
