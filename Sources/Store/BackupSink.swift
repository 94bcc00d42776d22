import CSQLite
import Glibc

/// The file a backup is written into, as a SQLite file layer of its own: to SQLite an empty database that grows; on disk a
/// rough copy, of which only the pages that differ are written.
///
/// SQLite's backup gives it every page of one moment, in order. The digest of what the file holds in that place is known from
/// the rough copy, so most of them cost a digest and no write.
final class BackupSink {
  /// A file as SQLite holds it: its table of functions, and whose it is.
  private struct File {
    /// First, so that the file's address is the address of this whole.
    var file = sqlite3_file()
    var sink: UnsafeMutableRawPointer?
  }

  /// Unique in the process; what `sqlite3_open_v2` is given.
  let layerName: String
  /// Pages that were written because they differed.
  private(set) var pagesWritten = 0
  /// Octets SQLite has put into the file.
  private(set) var length: Int64 = 0
  /// `errno` of the write that failed; 0 while none has.
  private(set) var failure: Int32 = 0

  private let descriptor: Int32
  private let pageSize: Int
  private var digests: [Digest]
  // SAFETY: allocated here, freed by `deinit` after SQLite has let go of them.
  private let layer = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
  private let methods = UnsafeMutablePointer<sqlite3_io_methods>.allocate(capacity: 1)
  private let name: UnsafeMutablePointer<CChar>

  /// - Parameter digests: of the pages the file holds already, in order.
  init(descriptor: Int32, pageSize: Int, digests: [Digest]) throws(StoreError) {
    self.descriptor = descriptor
    self.pageSize = pageSize
    self.digests = digests
    layerName = "backup-\(UInt64.random(in: .min ... .max))"
    name = strdup(layerName)
    methods.initialize(to: BackupSink.functions)
    guard let standard = sqlite3_vfs_find(nil) else {
      throw .misuse("vfs", "SQLite has no default file layer")
    }
    layer.initialize(to: standard.pointee)
    layer.pointee.pNext = nil
    layer.pointee.zName = UnsafePointer(name)
    layer.pointee.szOsFile = Int32(MemoryLayout<File>.size)
    layer.pointee.pAppData = Unmanaged.passUnretained(self).toOpaque()
    layer.pointee.xOpen = { layer, _, file, flags, _ in
      guard let layer, let file, flags & SQLITE_OPEN_MAIN_DB != 0,
        let sink = layer.pointee.pAppData
      else { return SQLITE_CANTOPEN }
      return UnsafeMutableRawPointer(file).withMemoryRebound(to: File.self, capacity: 1) { file in
        file.pointee.sink = sink
        file.pointee.file.pMethods = UnsafePointer(
          Unmanaged<BackupSink>.fromOpaque(sink).takeUnretainedValue().methods)
        return SQLITE_OK
      }
    }
    // It has no journal, and no other file.
    layer.pointee.xAccess = { _, _, _, found in
      found?.pointee = 0
      return SQLITE_OK
    }
    layer.pointee.xDelete = { _, _, _ in SQLITE_OK }
    guard sqlite3_vfs_register(layer, 0) == SQLITE_OK else {
      throw .misuse("vfs", "SQLite refused the file layer")
    }
  }

  deinit {
    sqlite3_vfs_unregister(layer)
    layer.deallocate()
    methods.deallocate()
    free(name)
  }

  // MARK: What SQLite calls

  private static var functions: sqlite3_io_methods {
    var functions = sqlite3_io_methods()
    functions.iVersion = 1
    functions.xClose = { _ in SQLITE_OK }
    functions.xRead = { file, octets, count, offset in
      BackupSink.of(file)?.read(octets, Int(count), offset) ?? SQLITE_IOERR
    }
    functions.xWrite = { file, octets, count, offset in
      BackupSink.of(file)?.write(octets, Int(count), offset) ?? SQLITE_IOERR
    }
    functions.xTruncate = { file, length in
      BackupSink.of(file)?.length = length
      return SQLITE_OK
    }
    // Who makes the backup syncs it, once, after the snapshot is let go.
    functions.xSync = { _, _ in SQLITE_OK }
    functions.xFileSize = { file, length in
      length?.pointee = BackupSink.of(file)?.length ?? 0
      return SQLITE_OK
    }
    functions.xLock = { _, _ in SQLITE_OK }
    functions.xUnlock = { _, _ in SQLITE_OK }
    functions.xCheckReservedLock = { _, held in
      held?.pointee = 0
      return SQLITE_OK
    }
    functions.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    functions.xSectorSize = { _ in 4096 }
    functions.xDeviceCharacteristics = { _ in 0 }
    return functions
  }

  private static func of(_ file: UnsafeMutablePointer<sqlite3_file>?) -> BackupSink? {
    guard let file else { return nil }
    // SAFETY: every file of this layer was made by its `xOpen` as a `File`, and lives shorter than the sink.
    return UnsafeMutableRawPointer(file).withMemoryRebound(to: File.self, capacity: 1) { file in
      file.pointee.sink.map { Unmanaged<BackupSink>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  private func read(_ octets: UnsafeMutableRawPointer?, _ count: Int, _ offset: Int64) -> Int32 {
    guard let octets else { return SQLITE_IOERR }
    let there = max(0, min(count, Int(clamping: length - offset)))
    if there > 0, pread(descriptor, octets, there, Int(offset)) != there { return SQLITE_IOERR }
    if there == count { return SQLITE_OK }
    memset(octets + there, 0, count - there)
    return SQLITE_IOERR | 2 << 8  // SQLITE_IOERR_SHORT_READ
  }

  private func write(_ octets: UnsafeRawPointer?, _ count: Int, _ offset: Int64) -> Int32 {
    guard let octets else { return SQLITE_IOERR }
    length = max(length, offset + Int64(count))
    let page = Int(offset) / pageSize
    if count == pageSize, Int(offset) % pageSize == 0 {
      let digest = Digest(of: [UInt8](UnsafeRawBufferPointer(start: octets, count: count)))
      if page < digests.count {
        if digests[page] == digest { return SQLITE_OK }
        digests[page] = digest
      }
    } else if page < digests.count {
      digests[page] = Digest(of: [])
    }
    pagesWritten += 1
    var written = 0
    while written < count {
      let result = pwrite(descriptor, octets + written, count - written, Int(offset) + written)
      if result < 0 && errno == EINTR { continue }
      guard result > 0 else {
        failure = errno
        // The other is SQLITE_IOERR_WRITE.
        return failure == ENOSPC || failure == EDQUOT ? SQLITE_FULL : SQLITE_IOERR | 3 << 8
      }
      written += result
    }
    return SQLITE_OK
  }
}
