import CSQLite
import Store
import Synchronization

/// A SQLite file layer that counts what reaches the disk, and can make it fail. For tests: a killed
/// process keeps its page cache, so only this shows that a commit was synced before it returned.
///
/// It is the default layer with the write and sync functions of every file it opens replaced. Pass ``name`` to
/// ``Database/init(path:mode:vfs:)``. Registered for the life of the process: make few of them.
public final class SyncCounter: Sendable {
  /// What the replaced functions find beside the table they were called through.
  private struct Files {
    /// First, so that a file's `pMethods` is the address of this whole.
    var methods = sqlite3_io_methods()
    var original: UnsafePointer<sqlite3_io_methods>?
    var syncs = 0
    var writes = 0
    /// Result of every sync or write from now on; SQLITE_OK leaves them alone.
    var syncResult: Int32 = SQLITE_OK
    var writeResult: Int32 = SQLITE_OK
  }

  private struct Layer {
    /// First, so that the layer's address is the address of this whole.
    var vfs = sqlite3_vfs()
    var original: UnsafeMutablePointer<sqlite3_vfs>?
    let log = UnsafeMutablePointer<Files>.allocate(capacity: 1)
    let database = UnsafeMutablePointer<Files>.allocate(capacity: 1)
  }

  public let name: String
  // SAFETY: allocated once and never freed, as SQLite keeps it; counters are read and written on the thread that
  // uses the connection, or while it rests.
  nonisolated(unsafe) private let layer: UnsafeMutablePointer<Layer>

  /// - Parameter name: unique in the process.
  public init(name: String) throws(StoreError) {
    Database.prepareProcess()
    self.name = name
    layer = .allocate(capacity: 1)
    layer.initialize(to: Layer())
    layer.pointee.log.initialize(to: Files())
    layer.pointee.database.initialize(to: Files())
    guard let original = sqlite3_vfs_find(nil) else {
      throw .misuse("vfs", "SQLite has no default file layer")
    }
    layer.pointee.original = original
    layer.pointee.vfs = original.pointee
    layer.pointee.vfs.pNext = nil
    layer.pointee.vfs.zName = UnsafePointer(SyncCounter.copy(name))
    layer.pointee.vfs.xOpen = { vfs, path, file, flags, outFlags in
      guard let vfs, let file else { return SQLITE_MISUSE }
      return UnsafeMutableRawPointer(vfs).withMemoryRebound(to: Layer.self, capacity: 1) { layer in
        guard let original = layer.pointee.original else { return SQLITE_MISUSE }
        let result = original.pointee.xOpen(original, path, file, flags, outFlags)
        guard result == SQLITE_OK, let methods = file.pointee.pMethods else { return result }
        if flags & SQLITE_OPEN_WAL != 0 {
          file.pointee.pMethods = SyncCounter.replace(methods, by: layer.pointee.log)
        } else if flags & SQLITE_OPEN_MAIN_DB != 0 {
          file.pointee.pMethods = SyncCounter.replace(methods, by: layer.pointee.database)
        }
        return SQLITE_OK
      }
    }
    let result = sqlite3_vfs_register(
      UnsafeMutableRawPointer(layer).assumingMemoryBound(to: sqlite3_vfs.self), 0)
    guard result == SQLITE_OK else { throw .misuse("vfs", "SQLite refused the file layer") }
  }

  /// Syncs (fdatasync) of the write-ahead log, which a durable commit needs.
  public var logSyncs: Int { layer.pointee.log.pointee.syncs }
  /// Syncs of the database file, which checkpoints make.
  public var databaseSyncs: Int { layer.pointee.database.pointee.syncs }
  /// Writes to the log: its header, frame headers and pages.
  public var logWrites: Int { layer.pointee.log.pointee.writes }

  /// From now on every sync of the log fails with SQLITE_IOERR_FSYNC.
  public func failLogSyncs(_ fail: Bool) {
    layer.pointee.log.pointee.syncResult = fail ? SQLITE_IOERR | (4 << 8) : SQLITE_OK
  }

  /// From now on every write to the log finds the disk full.
  public func fillDisk(_ full: Bool) {
    layer.pointee.log.pointee.writeResult = full ? SQLITE_FULL : SQLITE_OK
  }

  // MARK: Inside

  private static func replace(
    _ methods: UnsafePointer<sqlite3_io_methods>, by files: UnsafeMutablePointer<Files>
  ) -> UnsafePointer<sqlite3_io_methods> {
    files.pointee.original = methods
    files.pointee.methods = methods.pointee
    files.pointee.methods.xSync = { file, flags in
      SyncCounter.with(file) { files, original in
        files.pointee.syncs += 1
        if files.pointee.syncResult != SQLITE_OK { return files.pointee.syncResult }
        return original.pointee.xSync(file, flags)
      }
    }
    files.pointee.methods.xWrite = { file, octets, count, offset in
      SyncCounter.with(file) { files, original in
        files.pointee.writes += 1
        if files.pointee.writeResult != SQLITE_OK { return files.pointee.writeResult }
        return original.pointee.xWrite(file, octets, count, offset)
      }
    }
    return UnsafeRawPointer(files).assumingMemoryBound(to: sqlite3_io_methods.self)
  }

  private static func with(
    _ file: UnsafeMutablePointer<sqlite3_file>?,
    _ body: (UnsafeMutablePointer<Files>, UnsafePointer<sqlite3_io_methods>) -> Int32
  ) -> Int32 {
    guard let methods = file?.pointee.pMethods else { return SQLITE_MISUSE }
    // SAFETY: the table was handed out by `replace` as the first member of a `Files` that lives for ever.
    let files = UnsafeMutableRawPointer(mutating: UnsafeRawPointer(methods)).assumingMemoryBound(
      to: Files.self)
    guard let original = files.pointee.original else { return SQLITE_MISUSE }
    return body(files, original)
  }

  private static func copy(_ name: String) -> UnsafeMutablePointer<CChar> {
    let octets = name.utf8CString
    let copy = UnsafeMutablePointer<CChar>.allocate(capacity: octets.count)
    for (index, octet) in octets.enumerated() { (copy + index).initialize(to: octet) }
    return copy
  }
}
