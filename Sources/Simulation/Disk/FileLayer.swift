import CSQLite
import CarrierSimulator
import Glibc
import Store

/// The file layer (sqlite.org/vfs.html) by which SQLite reaches a ``SimulatedDisk``: the memory SQLite keeps of it, and the
/// functions it calls. No decision is made here.
final class FileLayer {
  // SAFETY: allocated here, freed in deinit after SQLite was told to forget it.
  private let vfs = UnsafeMutablePointer<sqlite3_vfs>.allocate(capacity: 1)
  private let zName: UnsafeMutablePointer<CChar>

  init(name: String) {
    let octets = name.utf8CString
    zName = .allocate(capacity: octets.count)
    for (index, octet) in octets.enumerated() { (zName + index).initialize(to: octet) }
    vfs.initialize(to: sqlite3_vfs())
    vfs.pointee.iVersion = 2
    vfs.pointee.szOsFile = Int32(MemoryLayout<OpenFile>.size)
    vfs.pointee.mxPathname = 512
    vfs.pointee.zName = UnsafePointer(zName)
    vfs.pointee.xOpen = openFile
    vfs.pointee.xDelete = deleteFile
    vfs.pointee.xAccess = accessFile
    vfs.pointee.xFullPathname = fullPathname
    vfs.pointee.xRandomness = randomness
    vfs.pointee.xSleep = { _, microseconds in microseconds }
    vfs.pointee.xGetLastError = { _, _, _ in 0 }
    vfs.pointee.xCurrentTimeInt64 = { vfs, time in
      // Milliseconds since noon of 24 November 4714 BC.
      time?.pointee = (disk(vfs)?.wallMilliseconds() ?? 0) + 210_866_760_000_000
      return SQLITE_OK
    }
    vfs.pointee.xCurrentTime = { vfs, time in
      time?.pointee = Double((disk(vfs)?.wallMilliseconds() ?? 0) + 210_866_760_000_000) / 86_400_000
      return SQLITE_OK
    }
  }

  deinit {
    vfs.deallocate()
    zName.deallocate()
  }

  func register(_ disk: SimulatedDisk) {
    Database.prepareProcess()
    vfs.pointee.pAppData = Unmanaged.passUnretained(disk).toOpaque()
    sqlite3_vfs_register(vfs, 0)
  }

  func unregister() { sqlite3_vfs_unregister(vfs) }
}

/// What SQLite holds of an open file.
private struct OpenFile {
  /// First, so that SQLite's pointer is this one's.
  var base = sqlite3_file()
  var handle: Unmanaged<OpenHandle>?
}

/// One open file of one connection.
private final class OpenHandle {
  let disk: SimulatedDisk
  let file: SimulatedDisk.File
  let process: Int
  let number: Int
  private var memoryLocks: [Range<Int>] = []

  init(_ disk: SimulatedDisk, _ file: SimulatedDisk.File) {
    self.disk = disk
    self.file = file
    process = disk.process
    number = disk.nextHandle()
  }

  /// Its process lives.
  var isAlive: Bool { process == disk.process }

  func close() {
    guard isAlive else { return }
    file.locks.lower(number, to: SQLITE_LOCK_NONE)
    for range in memoryLocks { file.memory.unlock(range, by: number) }
  }

  func lockMemory(_ range: Range<Int>, _ flags: Int32) -> Int32 {
    guard isAlive else { return SQLITE_IOERR }
    if flags & SQLITE_SHM_UNLOCK != 0 {
      file.memory.unlock(range, by: number)
      memoryLocks.removeAll { $0 == range }
      return SQLITE_OK
    }
    guard file.memory.lock(range, alone: flags & SQLITE_SHM_EXCLUSIVE != 0, by: number) else {
      return SQLITE_BUSY
    }
    memoryLocks.append(range)
    return SQLITE_OK
  }
}

private func disk(_ vfs: UnsafeMutablePointer<sqlite3_vfs>?) -> SimulatedDisk? {
  vfs?.pointee.pAppData.map { Unmanaged<SimulatedDisk>.fromOpaque($0).takeUnretainedValue() }
}

private func handle(_ file: UnsafeMutablePointer<sqlite3_file>?) -> OpenHandle? {
  guard let file else { return nil }
  // SAFETY: SQLite gives back the `szOsFile` octets that `openFile` initialised as an `OpenFile`.
  return UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self).pointee.handle?
    .takeUnretainedValue()
}

private func path(_ pointer: UnsafePointer<CChar>?) -> String? { pointer.map { String(cString: $0) } }

// MARK: The layer's functions

private func openFile(
  _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?,
  _ file: UnsafeMutablePointer<sqlite3_file>?, _ flags: Int32, _ outFlags: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guard let disk = disk(vfs), let file else { return SQLITE_MISUSE }
  let opened = UnsafeMutableRawPointer(file).bindMemory(to: OpenFile.self, capacity: 1)
  opened.initialize(to: OpenFile())
  let content: SimulatedDisk.File
  if let name = path(name) {
    if let known = disk.files[name] {
      content = known
    } else {
      guard flags & SQLITE_OPEN_CREATE != 0 else { return SQLITE_CANTOPEN }
      content = SimulatedDisk.File()
      disk.files[name] = content
    }
  } else {
    content = SimulatedDisk.File()
  }
  opened.pointee.handle = Unmanaged.passRetained(OpenHandle(disk, content))
  opened.pointee.base.pMethods = UnsafePointer(methods.table)
  outFlags?.pointee = flags
  return SQLITE_OK
}

private func deleteFile(
  _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ syncDirectory: Int32
) -> Int32 {
  guard let disk = disk(vfs), let name = path(name) else { return SQLITE_MISUSE }
  guard disk.files.removeValue(forKey: name) != nil else { return SQLITE_IOERR | (23 << 8) }
  return SQLITE_OK
}

private func accessFile(
  _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ flags: Int32,
  _ result: UnsafeMutablePointer<Int32>?
) -> Int32 {
  guard let disk = disk(vfs), let name = path(name) else { return SQLITE_MISUSE }
  // As the default layer: an empty file is not there.
  let file = disk.files[name]
  result?.pointee = file.map { flags != SQLITE_ACCESS_EXISTS || !$0.content.isEmpty ? 1 : 0 } ?? 0
  return SQLITE_OK
}

private func fullPathname(
  _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ name: UnsafePointer<CChar>?, _ room: Int32,
  _ out: UnsafeMutablePointer<CChar>?
) -> Int32 {
  guard let name, let out, Int(room) > strlen(name) else { return SQLITE_CANTOPEN }
  strcpy(out, name)
  return SQLITE_OK
}

private func randomness(
  _ vfs: UnsafeMutablePointer<sqlite3_vfs>?, _ count: Int32, _ out: UnsafeMutablePointer<CChar>?
) -> Int32 {
  guard let disk = disk(vfs), let out else { return 0 }
  for index in 0..<Int(count) { out[index] = CChar(truncatingIfNeeded: disk.random.next()) }
  return count
}

// MARK: A file's functions

/// The table SQLite calls a file by: one for all, for the life of the process.
private struct Methods: @unchecked Sendable {
  // SAFETY: written once, before it is shared, and never freed.
  let table: UnsafeMutablePointer<sqlite3_io_methods>

  init() {
    table = .allocate(capacity: 1)
    table.initialize(to: sqlite3_io_methods())
    table.pointee.iVersion = 2
    table.pointee.xClose = closeFile
    table.pointee.xRead = readFile
    table.pointee.xWrite = writeFile
    table.pointee.xTruncate = { file, size in
      guard let handle = handle(file), handle.isAlive, handle.disk.takesOperation() else {
        return SQLITE_IOERR | (6 << 8)
      }
      handle.file.truncate(to: Int(size))
      return SQLITE_OK
    }
    table.pointee.xSync = { file, _ in
      guard let handle = handle(file), handle.isAlive else { return SQLITE_IOERR | (4 << 8) }
      return handle.disk.sync(handle.file)
    }
    table.pointee.xFileSize = { file, size in
      guard let handle = handle(file) else { return SQLITE_IOERR }
      size?.pointee = sqlite3_int64(handle.file.content.count)
      return SQLITE_OK
    }
    table.pointee.xLock = { file, level in
      guard let handle = handle(file), handle.isAlive else { return SQLITE_IOERR }
      return handle.file.locks.raise(handle.number, to: level)
    }
    table.pointee.xUnlock = { file, level in
      guard let handle = handle(file) else { return SQLITE_IOERR }
      if handle.isAlive { handle.file.locks.lower(handle.number, to: level) }
      return SQLITE_OK
    }
    table.pointee.xCheckReservedLock = { file, result in
      guard let handle = handle(file) else { return SQLITE_IOERR }
      result?.pointee = handle.file.locks.isReserved ? 1 : 0
      return SQLITE_OK
    }
    table.pointee.xFileControl = { _, _, _ in SQLITE_NOTFOUND }
    // What the default layer says of an ordinary Linux file system.
    table.pointee.xSectorSize = { _ in 4096 }
    table.pointee.xDeviceCharacteristics = { _ in SQLITE_IOCAP_POWERSAFE_OVERWRITE }
    table.pointee.xShmMap = { file, region, octets, extend, out in
      guard let handle = handle(file), handle.isAlive else { return SQLITE_IOERR }
      out?.pointee = handle.file.memory.region(Int(region), octets: Int(octets), extend: extend != 0)
      return SQLITE_OK
    }
    table.pointee.xShmLock = { file, offset, count, flags in
      handle(file)?.lockMemory(Int(offset)..<Int(offset + count), flags) ?? SQLITE_IOERR
    }
    table.pointee.xShmBarrier = { _ in }
    table.pointee.xShmUnmap = { _, _ in SQLITE_OK }
  }
}

private let methods = Methods()

private func closeFile(_ file: UnsafeMutablePointer<sqlite3_file>?) -> Int32 {
  guard let file else { return SQLITE_MISUSE }
  let opened = UnsafeMutableRawPointer(file).assumingMemoryBound(to: OpenFile.self)
  if let handle = opened.pointee.handle {
    handle.takeUnretainedValue().close()
    handle.release()
  }
  opened.pointee.handle = nil
  return SQLITE_OK
}

private func readFile(
  _ file: UnsafeMutablePointer<sqlite3_file>?, _ out: UnsafeMutableRawPointer?, _ count: Int32,
  _ offset: sqlite3_int64
) -> Int32 {
  guard let handle = handle(file), let out, handle.isAlive, !handle.disk.isDark else { return SQLITE_IOERR }
  let there = max(0, min(Int(count), handle.file.content.count - Int(offset)))
  if there > 0 {
    if let base = handle.file.content.octets(Int(offset), Int(offset) + there).baseAddress {
      out.copyMemory(from: base, byteCount: there)
    }
  }
  guard there < Int(count) else { return SQLITE_OK }
  memset(out + there, 0, Int(count) - there)
  return SQLITE_IOERR | (2 << 8)
}

private func writeFile(
  _ file: UnsafeMutablePointer<sqlite3_file>?, _ octets: UnsafeRawPointer?, _ count: Int32,
  _ offset: sqlite3_int64
) -> Int32 {
  guard let handle = handle(file), let octets, handle.isAlive else { return SQLITE_IOERR }
  return handle.disk.write(
    UnsafeRawBufferPointer(start: octets, count: Int(count)), to: handle.file, at: Int(offset))
}
