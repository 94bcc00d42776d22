import CSQLite
import Glibc

/// How a checkpoint deals with others; SQLite's own names.
public enum CheckpointMode: Sendable {
  /// Moves what it can without waiting for anybody.
  case passive
  /// Waits for the writer and the readers, moves everything; the next commit starts the log again.
  case restart
  /// As `restart`, and cuts the log's file to nothing.
  case truncate

  var code: Int32 {
    switch self {
    case .passive: SQLITE_CHECKPOINT_PASSIVE
    case .restart: SQLITE_CHECKPOINT_RESTART
    case .truncate: SQLITE_CHECKPOINT_TRUNCATE
    }
  }
}

public struct CheckpointResult: Hashable, Sendable {
  /// A reader, the writer or another checkpoint stood in the way.
  public var busy: Bool
  /// Frames in the log.
  public var frames: Int
  /// How many of them are in the database file.
  public var moved: Int
  /// Whether the next commit may start the log again.
  public var isComplete: Bool { !busy && frames == moved }
}

/// Octets on disk.
public struct FileSizes: Hashable, Sendable {
  public var database: Int64
  public var wal: Int64
}

extension Database {
  /// Moves committed pages from the log into the database file. Not inside a transaction of this connection.
  public func checkpoint(_ mode: CheckpointMode) throws(StoreError) -> CheckpointResult {
    var frames: Int32 = 0
    var moved: Int32 = 0
    let result = sqlite3_wal_checkpoint_v2(handle, "main", mode.code, &frames, &moved)
    guard result == SQLITE_OK || result & 0xFF == SQLITE_BUSY || result & 0xFF == SQLITE_LOCKED else {
      throw .last(of: handle, code: result, context: "checkpoint")
    }
    return CheckpointResult(busy: result != SQLITE_OK, frames: Int(frames), moved: Int(moved))
  }

  /// Writes the log over itself and syncs it: what an earlier process wrote may be in the page cache alone, since after a sync
  /// that failed the kernel holds the pages for clean. Then it is on disk before a checkpoint relies on it.
  public func rewriteLog() throws(StoreError) {
    try begin()
    do throws(StoreError) { try rewriteOpenLog() } catch {
      try rollback()
      throw error
    }
    try rollback()
  }

  private func rewriteOpenLog() throws(StoreError) {
    guard let log = tollgate_log_file(handle), let methods = log.pointee.pMethods?.pointee,
      let fileSize = methods.xFileSize, let read = methods.xRead, let write = methods.xWrite,
      let sync = methods.xSync
    else { return }
    func check(_ result: Int32) throws(StoreError) {
      guard result == SQLITE_OK else { throw .last(of: handle, code: result, context: "rewrite the log") }
    }
    var size: sqlite3_int64 = 0
    try check(fileSize(log, &size))
    guard size > 0 else { return }
    // SQLite's layer for Unix takes fewer than 128 KiB at a time.
    let room: sqlite3_int64 = 1 << 16
    let piece = UnsafeMutableRawPointer.allocate(byteCount: Int(room), alignment: 16)
    defer { piece.deallocate() }
    for offset in stride(from: 0, to: size, by: Int(room)) {
      let count = Int32(min(room, size - offset))
      try check(read(log, piece, count, offset))
      try check(write(log, piece, count, offset))
    }
    try check(sync(log, SQLITE_SYNC_NORMAL))
  }

  /// The writer's own part, a few frames: see ``WALMonitor``. A failure here only leaves the log longer; the
  /// ``Checkpointer`` meets the same failure and reports it.
  func finishCheckpoint() {
    _ = try? checkpoint(.passive)
  }

  public var fileSizes: FileSizes {
    func size(_ path: String) -> Int64 {
      var status = stat()
      return stat(path, &status) == 0 ? Int64(status.st_size) : 0
    }
    return FileSizes(database: size(path), wal: size(path + "-wal"))
  }

  /// `PRAGMA integrity_check`: the structure of every B-tree, and every index against its table. Empty: sound. Otherwise at
  /// most `limit` findings, which name pages, tables and rows and never values. Reads the whole file.
  public func integrityCheck(limit: Int = 20) throws -> [String] {
    try map("PRAGMA integrity_check(\(limit))") { $0.text(0) }.filter { $0 != "ok" }
  }

  /// `PRAGMA quick_check`: the structure of every B-tree, without comparing indexes to tables. Empty: sound.
  /// Otherwise at most `limit` findings, which name pages and tables and never values.
  public func quickCheck(limit: Int = 20) throws -> [String] {
    try map("PRAGMA quick_check(\(limit))") { $0.text(0) }.filter { $0 != "ok" }
  }
}
