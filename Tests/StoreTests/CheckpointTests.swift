import Store
import Testing

@Suite struct CheckpointTests {
  static let schema = "CREATE TABLE item(id INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT"

  /// One commit of `count` rows of 1,000 octets.
  func write(_ db: Database, _ insert: Statement, rows count: Int) throws {
    try db.begin()
    for _ in 0..<count { try insert.bind(1, blob: [UInt8](repeating: 3, count: 1_000)).run() }
    try db.commit()
  }

  @Test func `the log of a writer that never rests is started again, and nothing is lost`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    let checkpointer = try Checkpointer(
      for: db, policy: .init(startFrames: 64, finishFrames: 400, retryAfter: .milliseconds(1)))
    defer { checkpointer.stop() }
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    // Ends when the log has begun again three times; the bound only ends a broken run.
    var restarts = 0
    var commits = 0
    var last = 0
    while restarts < 3, commits < 200_000 {
      try write(db, insert, rows: 8)
      commits += 1
      if db.wal.frames < last { restarts += 1 }
      last = db.wal.frames
    }
    #expect(restarts == 3)
    #expect(checkpointer.report.failure == nil)
    #expect(checkpointer.report.framesMoved > 0)
    #expect(try db.int("SELECT count(*) FROM item") == Int64(commits * 8))
    #expect(try db.quickCheck() == [])
  }

  @Test(arguments: [0, 1, 200, 2_000])
  func `a log of any length is written over itself and stays what it is`(rows: Int) throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    if rows > 0 { try write(db, try db.prepare("INSERT INTO item(octets) VALUES (?)"), rows: rows) }
    let before = db.fileSizes.wal
    #expect(before > rows * 1_000)
    try db.rewriteLog()
    #expect(db.fileSizes.wal == before)
    _ = try db.checkpoint(.truncate)
    try db.rewriteLog()
    #expect(try db.int("SELECT count(*) FROM item") == Int64(rows))
    #expect(try db.quickCheck() == [])
  }

  @Test func `a snapshot keeps the log from starting again, and its end lets it`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    try write(db, insert, rows: 100)
    let other = try Database(path: store.path, mode: .checkpointer)
    let reader = try store.reader()
    var during: CheckpointResult?
    try reader.snapshot {
      _ = try reader.int("SELECT count(*) FROM item")
      try write(db, insert, rows: 100)
      during = try other.checkpoint(.passive)
    }
    #expect(during?.isComplete == false)
    #expect(try other.checkpoint(.passive).isComplete)
    let before = db.wal.frames
    try write(db, insert, rows: 1)
    #expect(db.wal.frames < before)
  }

  @Test func `truncate gives the log's space back`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    try write(db, try db.prepare("INSERT INTO item(octets) VALUES (?)"), rows: 500)
    #expect(db.fileSizes.wal > 500_000)
    let other = try Database(path: store.path, mode: .checkpointer)
    #expect(try other.checkpoint(.truncate).isComplete)
    #expect(db.fileSizes.wal == 0)
    #expect(db.fileSizes.database > 500_000)
  }

  @Test func `a snapshot is of one moment`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    let reader = try store.reader()
    var counts: [Int64?] = []
    try reader.snapshot {
      counts.append(try reader.int("SELECT count(*) FROM item"))
      try write(db, insert, rows: 10)
      counts.append(try reader.int("SELECT count(*) FROM item"))
    }
    counts.append(try reader.int("SELECT count(*) FROM item"))
    #expect(counts == [0, 0, 10])
  }

  @Test func `a snapshot that outlives its limit is stopped and the reader goes on`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    let reader = try store.reader()
    var kind: StoreError.Kind?
    do {
      try reader.snapshot(atMost: .milliseconds(20)) {
        _ = try reader.int(
          "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n")
      }
    } catch let error as StoreError { kind = error.kind }
    #expect(kind == .interrupted)
    #expect(!reader.isInTransaction)
    #expect(try reader.int("SELECT count(*) FROM item") == 0)
  }

  @Test func `an interrupter outlives its connection harmlessly`() throws {
    var db: Database? = try Database(path: ":memory:", mode: .writer)
    let interrupter = try #require(db).interrupter
    interrupter.interrupt()
    #expect(try db?.int("SELECT 1") == 1)
    db = nil
    interrupter.interrupt()
  }
}
