import Glibc
import Store
import TestSupport
import Testing

@Suite struct DurabilityTests {
  static let schema = "CREATE TABLE item(id INTEGER PRIMARY KEY, octets BLOB NOT NULL) STRICT"

  @Test func `a commit returns after the log was synced, each time`() throws {
    let counter = try SyncCounter(name: "sync-each-commit")
    let store = try TemporaryStore()
    let db = try store.writer(vfs: counter.name)
    try db.execute(Self.schema)
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    for round in 0..<50 {
      try db.begin()
      for _ in 0...(round % 7) { try insert.bind(1, blob: [UInt8](repeating: 7, count: 100)).run() }
      let before = counter.logSyncs
      try db.commit()
      #expect(counter.logSyncs > before)
    }
  }

  @Test func `a commit whose sync failed is not reported as done`() throws {
    let counter = try SyncCounter(name: "sync-fails")
    let store = try TemporaryStore()
    let db = try store.writer(vfs: counter.name)
    try db.execute(Self.schema)
    counter.failLogSyncs(true)
    var kind: StoreError.Kind?
    do {
      try db.transaction { () throws(StoreError) in
        try db.run("INSERT INTO item(octets) VALUES (?)", .blob([1]))
      }
    } catch { kind = error.kind }
    #expect(kind == .io)
    #expect(!db.isInTransaction)
    counter.failLogSyncs(false)
    #expect(try db.int("SELECT count(*) FROM item") == 0)
  }

  @Test func `a full disk undoes the transaction whole, and writing goes on when there is room`() throws {
    let counter = try SyncCounter(name: "disk-full")
    let store = try TemporaryStore()
    let db = try store.writer(vfs: counter.name)
    try db.execute(Self.schema)
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    try insert.bind(1, blob: [1]).run()
    counter.fillDisk(true)
    var kind: StoreError.Kind?
    do {
      try db.transaction { () throws(StoreError) in for _ in 0..<10 { try insert.bind(1, blob: [2]).run() } }
    } catch { kind = error.kind }
    #expect(kind == .full)
    #expect(db.busyStatements == [])
    counter.fillDisk(false)
    try db.transaction { () throws(StoreError) in try insert.bind(1, blob: [3]).run() }
    #expect(try db.map("SELECT octets FROM item ORDER BY id") { $0.blob(0) } == [[1], [3]])
    #expect(try db.quickCheck() == [])
  }

  @Test func `a database at its largest size refuses with full and keeps what it has`() throws {
    let db = try Database(path: ":memory:", mode: .writer)
    try db.execute(Self.schema)
    try db.execute("PRAGMA max_page_count = 16")
    let insert = try db.prepare("INSERT INTO item(octets) VALUES (?)")
    var kept = 0
    var kind: StoreError.Kind?
    do {
      for _ in 0..<1_000 {
        try insert.bind(1, blob: [UInt8](repeating: 1, count: 1_000)).run()
        kept += 1
      }
    } catch { kind = error.kind }
    #expect(kind == .full)
    #expect(try db.int("SELECT count(*) FROM item") == Int64(kept))
  }

  @Test func `what a killed process leaves holds every commit and nothing of an open transaction`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    let insert = try db.prepare("INSERT INTO item(id, octets) VALUES (?, ?)")
    for id: Int64 in 1...40 { try insert.bind(1, id).bind(2, blob: [UInt8](repeating: 5, count: 300)).run() }
    try db.begin()
    for id: Int64 in 41...400 {
      try insert.bind(1, id).bind(2, blob: [UInt8](repeating: 5, count: 300)).run()
    }
    let copy = try Database(path: try store.copyAfterKill(), mode: .writer)
    #expect(try copy.int("SELECT count(*) FROM item") == 40)
    #expect(try copy.quickCheck() == [])
    try db.commit()
  }

  @Test func `a log torn at any place opens with a prefix of the commits`() throws {
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    var lengths: [Int] = []
    let insert = try db.prepare("INSERT INTO item(id, octets) VALUES (?, ?)")
    for id: Int64 in 1...12 {
      try insert.bind(1, id).bind(2, blob: [UInt8](repeating: UInt8(id), count: 900)).run()
      lengths.append(TemporaryStore.size(store.path + "-wal"))
    }
    let whole = try #require(lengths.last)
    let first = try #require(lengths.first)
    for length in stride(from: first, through: whole, by: 1_037) {
      let copy = try Database(path: try store.copyAfterKill(walLength: length), mode: .writer)
      let committed = lengths.filter { $0 <= length }.count
      #expect(try copy.int("SELECT count(*) FROM item") == Int64(committed))
      #expect(try copy.int("SELECT coalesce(max(id), 0) FROM item") == Int64(committed))
    }
  }

  @Test func `files are ours alone: directory 0700, store and log 0600`() throws {
    let before = umask(0)
    defer { umask(before) }
    let store = try TemporaryStore()
    let db = try store.writer()
    try db.execute(Self.schema)
    func mode(_ path: String) -> mode_t {
      var status = stat()
      return stat(path, &status) == 0 ? status.st_mode & 0o777 : 0
    }
    #expect(mode(store.directory + "/state") == 0o700)
    for suffix in ["", "-wal", "-shm", ".lock"] { #expect(mode(store.path + suffix) == 0o600, "\(suffix)") }
  }
}
