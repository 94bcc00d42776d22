import Store
import Testing

@Suite struct StatementTests {
  func table() throws -> Database {
    let db = try Database(path: ":memory:", mode: .writer)
    try db.execute("CREATE TABLE value(id INTEGER PRIMARY KEY, i INTEGER, r REAL, t TEXT, b BLOB) STRICT")
    return db
  }

  @Test(arguments: ["", "a", "Grüße, 世界 🙂", "nul\u{0}inside", String(repeating: "x", count: 70_000)])
  func `text comes back as it went in, copied or borrowed`(text: String) throws {
    let db = try table()
    let insert = try db.prepare("INSERT INTO value(id, t) VALUES (?, ?)")
    try insert.bind(1, 1).bind(2, text).run()
    let octets = Array(text.utf8)
    try octets.withUnsafeBytes { try insert.bind(1, 2).bind(2, utf8: $0).run() }
    #expect(try db.map("SELECT t FROM value ORDER BY id") { $0.text(0) } == [text, text])
    #expect(try db.int("SELECT count(*) FROM value WHERE t IS NULL") == 0)
  }

  @Test(arguments: [[], [0], [0xFF, 0, 1], [UInt8](repeating: 9, count: 300_000)])
  func `octets come back as they went in, copied or borrowed`(octets: [UInt8]) throws {
    let db = try table()
    let insert = try db.prepare("INSERT INTO value(id, b) VALUES (?, ?)")
    try insert.bind(1, 1).bind(2, blob: octets).run()
    try octets.withUnsafeBytes { try insert.bind(1, 2).bind(2, blob: $0).run() }
    #expect(try db.map("SELECT b FROM value ORDER BY id") { $0.blob(0) } == [octets, octets])
    #expect(
      try db.map("SELECT b FROM value") { $0.withBlob(0) { $0.count } } == [octets.count, octets.count])
  }

  @Test func `absent values are NULL and read as nil`() throws {
    let db = try table()
    let insert = try db.prepare("INSERT INTO value(i, t, b) VALUES (?, ?, ?)")
    try insert.bind(1, Int64?.none).bind(2, String?.none).bind(3, blob: [UInt8]?.none).run()
    try db.rows("SELECT i, t, b FROM value") { row in
      #expect(row.intOrNil(0) == nil && row.textOrNil(1) == nil && row.blobOrNil(2) == nil)
      #expect(row.int(0) == 0 && row.text(1) == "" && row.blob(2) == [])
    }
  }

  @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
  func `integers keep all 64 bits`(value: Int64) throws {
    let db = try table()
    try db.prepare("INSERT INTO value(i) VALUES (?)").run(value)
    #expect(try db.int("SELECT i FROM value") == value)
  }

  @Test func `borrowed memory is forgotten after run`() throws {
    let db = try table()
    let insert = try db.prepare("INSERT INTO value(b) VALUES (?)")
    let octets: [UInt8] = [1, 2, 3]
    try octets.withUnsafeBytes { try insert.bind(1, blob: $0).run() }
    try insert.run()
    #expect(try db.map("SELECT b FROM value ORDER BY id") { $0.blobOrNil(0) } == [[1, 2, 3], nil])
  }

  @Test func `a parameter that does not exist is told, and the statement can be used again`() throws {
    let db = try table()
    let insert = try db.prepare("INSERT INTO value(i) VALUES (?)")
    let error = #expect(throws: StoreError.self) { try insert.bind(1, 4).bind(2, 5).run() }
    #expect(error?.kind == .misuse)
    try insert.bind(1, 4).run()
    #expect(try db.int("SELECT sum(i) FROM value") == 4)
  }

  @Test func `no statement keeps a row after a throw out of its loop`() throws {
    let enough = StoreError.misuse("test", "enough")
    let db = try table()
    for i: Int64 in 0..<5 { try db.cached("INSERT INTO value(i) VALUES (?)").run(i) }
    let select = try db.prepare("SELECT i FROM value")
    #expect(throws: enough) { try select.forEachRow { (_) throws(StoreError) in throw enough } }
    #expect(throws: enough) { _ = try select.first { (_) throws(StoreError) -> Int in throw enough } }
    #expect(db.busyStatements == [])
    #expect(try select.step())
    #expect(db.busyStatements == ["SELECT value"])
    select.reset()
    #expect(db.busyStatements == [])
  }

  @Test func `errors name the statement and the column, never the value`() throws {
    let db = try table()
    try db.execute(
      "CREATE TABLE phone(number TEXT NOT NULL UNIQUE CHECK(length(number) < 20), n INTEGER) STRICT")
    let secret = "+15550100777"
    try db.run("INSERT INTO phone(number) VALUES (?)", .text(secret))
    var errors: [StoreError] = []
    for work: (Database) throws -> Void in [
      { try $0.run("INSERT INTO phone(number) VALUES (?)", .text(secret)) },
      { try $0.run("INSERT INTO phone(number, n) VALUES ('a', ?)", .text("x" + secret)) },
      { try $0.run("INSERT INTO phone(number) VALUES (?)", .text(secret + secret)) },
      { try $0.run("INSERT INTO phone(number) VALUES (?)", nil) },
      { try $0.execute("INSERT INTO phone(number) VALUES ('\(secret)' '\(secret)')") },
      { try $0.execute("SELECT json_extract('\(secret)', '$')") },
    ] {
      do { try work(db) } catch let error as StoreError { errors.append(error) }
    }
    #expect(errors.count == 6)
    #expect(errors.allSatisfy { !"\($0)".contains("0100777") && !"\($0)".contains("1555") })
    #expect(
      errors.first?.description
        == "store: INSERT phone: constraint (2067): UNIQUE constraint failed: phone.number")
  }

  @Test func `cached statements are prepared once`() throws {
    let db = try table()
    var statements: [Statement] = []
    for _ in 0..<3 { statements.append(try db.cached("SELECT count(*) FROM value")) }
    #expect(statements.dropFirst().allSatisfy { $0 === statements.first })
  }
}
