import CSQLite
import Glibc

/// A copy of a store of one moment, made while another process writes it.
///
/// SQLite's backup in steps begins anew whenever the store was written between two of them, which under load is always; in one
/// step it holds a snapshot, which keeps the log from starting again, for as long as the target takes to be written.
/// So the file is copied first as it lies there, without snapshot and lock, page by page of different moments; that takes the
/// time it takes. Then SQLite's backup goes over it in one step and one snapshot and writes only the pages that differ
/// (``BackupSink``): the snapshot lasts as long as the store takes to be read, whatever it is copied to.
public struct OnlineBackup: Hashable, Sendable {
  /// Octets of the copy.
  public var octets: Int64 = 0
  /// Pages that had changed since the rough copy, and were written again.
  public var pagesChanged = 0
  /// How long the rough copy took, its sync included.
  public var copying: Duration = .zero
  /// How long the snapshot was held.
  public var snapshot: Duration = .zero

  /// Pages copied and digested at a time.
  private static let pagesAtATime = 256

  /// Copies the store at `path` into `descriptor`, an empty file, which is synced before this returns.
  ///
  /// Not in a process that has the store open: closing the file here would drop SQLite's locks on it (`fcntl`).
  public static func copy(_ path: String, into descriptor: Int32) throws -> OnlineBackup {
    var report = OnlineBackup()
    let clock = ContinuousClock()
    let began = clock.now
    let digests = try copyRoughly(path, into: descriptor)
    guard fdatasync(descriptor) == 0 else { throw system("sync the copy") }
    report.copying = clock.now - began

    let source = try Database(path: path, mode: .reader)
    guard try source.int("PRAGMA page_size") == Int64(Database.Limits.pageSize) else {
      throw StoreError(kind: .cannotOpen, context: "backup", detail: "the store's pages have another size")
    }
    let sink = try BackupSink(
      descriptor: descriptor, pageSize: Database.Limits.pageSize, digests: digests)
    let held = clock.now
    try passOver(source, sink)
    report.snapshot = clock.now - held
    report.pagesChanged = sink.pagesWritten
    report.octets = sink.length
    guard ftruncate(descriptor, Int(sink.length)) == 0, fsync(descriptor) == 0 else {
      throw system("sync the copy")
    }
    return report
  }

  private static func copyRoughly(_ path: String, into target: Int32) throws(StoreError) -> [Digest] {
    let source = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
    guard source >= 0 else {
      throw StoreError(kind: .cannotOpen, extendedCode: errno, context: "open \(path)")
    }
    defer { close(source) }
    let pageSize = Database.Limits.pageSize
    var digests: [Digest] = []
    var octets = [UInt8](repeating: 0, count: pagesAtATime * pageSize)
    var offset = 0
    while true {
      let count = pread(source, &octets, octets.count, offset)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw system("read \(path)") }
      // A page that is not whole yet comes with the snapshot.
      let whole = count / pageSize
      guard whole > 0 else { return digests }
      for page in 0..<whole {
        digests.append(Digest(of: Array(octets[page * pageSize..<(page + 1) * pageSize])))
      }
      var written = 0
      while written < whole * pageSize {
        let result = octets.withUnsafeBytes {
          pwrite(target, $0.baseAddress?.advanced(by: written), whole * pageSize - written, offset + written)
        }
        if result < 0 && errno == EINTR { continue }
        guard result > 0 else { throw system("write the copy") }
        written += result
      }
      offset += written
    }
  }

  /// SQLite's own backup, in one step.
  private static func passOver(_ source: Database, _ sink: BackupSink) throws(StoreError) {
    var opened: OpaquePointer?
    let result = sqlite3_open_v2(
      "backup", &opened, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, sink.layerName)
    defer { sqlite3_close_v2(opened) }
    guard result == SQLITE_OK, let target = opened else {
      throw .last(of: opened, code: result, context: "backup")
    }
    for pragma in [
      "PRAGMA journal_mode = OFF", "PRAGMA synchronous = OFF", "PRAGMA locking_mode = EXCLUSIVE",
    ] {
      try Database.execute(pragma, on: target)
    }
    guard let backup = sqlite3_backup_init(target, "main", source.handle, "main") else {
      throw .last(of: target, code: sqlite3_errcode(target), context: "backup")
    }
    let step = sqlite3_backup_step(backup, -1)
    let finish = sqlite3_backup_finish(backup)
    guard step == SQLITE_DONE, finish == SQLITE_OK else {
      throw .last(of: target, code: finish == SQLITE_OK ? step : finish, context: "backup")
    }
  }

  private static func system(_ call: String) -> StoreError {
    StoreError(kind: errno == ENOSPC || errno == EDQUOT ? .full : .io, extendedCode: errno, context: call)
  }
}
