import Foundation
import Store

/// Backups of a store, as `tollgate backup`, `restore` and `integrity` make, use and check them. None of it speaks with a
/// daemon: the store's file and its lock are enough, whether one runs or not.
public enum StoreBackup {
  public struct Taken: Sendable {
    public var copy: OnlineBackup
    /// The sequence number of the newest event in it.
    public var newest: Int64
  }

  /// Why a backup or a restore was refused, in words for the operator.
  public struct Refused: Error, Sendable {
    public enum Reason: Sendable {
      /// There is something already where the file is to be.
      case exists
      /// Not a backup of a store.
      case notABackup
      /// Made by a later version.
      case newerSchema
      /// Pages of it are damaged.
      case damaged
      /// A daemon has the store open.
      case inUse
      /// A file cannot be read, made, or put in its place.
      case cannotWrite
    }

    public var reason: Reason
    public var detail: String

    init(_ reason: Reason, _ detail: String) {
      self.reason = reason
      self.detail = detail
    }
  }

  // MARK: Backup

  /// Copies the store at `store` to `file`, whole and of one moment, while a daemon may write it. `file` appears when it is
  /// complete, checked and on disk, and never replaces anything.
  ///
  /// - Parameter now: milliseconds since 1970 UTC.
  public static func take(of store: String, to file: String, at now: Int64) throws -> Taken {
    guard access(file, F_OK) != 0 else { throw Refused(.exists, "\(file) exists") }
    let partial = "\(file).partial-\(getpid())"
    let descriptor = open(partial, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw Refused(.cannotWrite, "\(partial): \(systemError())") }
    defer { removeParts(of: partial) }
    let copy = try fill(descriptor, from: store)
    let newest = try finish(partial, of: store, at: now)
    try put(partial, at: file)
    return Taken(copy: copy, newest: newest)
  }

  private static func fill(_ descriptor: Int32, from store: String) throws -> OnlineBackup {
    defer { close(descriptor) }
    return try OnlineBackup.copy(store, into: descriptor)
  }

  /// Checks a copy and marks it as a backup.
  private static func finish(_ copy: String, of store: String, at now: Int64) throws -> Int64 {
    let database = try Database(path: copy, mode: .alone)
    guard try database.schemaNumber() > 0 else {
      throw Refused(.notABackup, "\(store) is not a store of tollgate")
    }
    let found = try database.integrityCheck()
    guard found.isEmpty else {
      throw Refused(.damaged, "\(store) is damaged: " + found.prefix(5).joined(separator: "; "))
    }
    try RestoreTable(database).mark(at: now)
    return try FeedTable(database).newest()
  }

  // MARK: Restore

  /// Puts the backup `file` in the place of the store at `store`, which nobody may have open. The gateway that opens it
  /// next finds the mark, and does what `Gateway.settleRestore` says.
  ///
  /// - Parameter movingAside: a store that is there is kept under another name; else it is a reason to refuse.
  /// - Returns: what the store that was there is called now.
  public static func restore(_ file: String, to store: String, movingAside: Bool, at now: Int64) throws
    -> String?
  {
    let lock = try lock(store)
    return try withExtendedLifetime(lock) {
      try replace(store, by: file, movingAside: movingAside, at: now)
    }
  }

  private static func lock(_ store: String) throws -> WriterLock {
    do {
      return try WriterLock(store: store, makesFile: false)
    } catch {
      guard error.kind == .lockedByAnother else { throw error }
      throw Refused(.inUse, "a daemon has the store open: stop it first, and its socket")
    }
  }

  private static func replace(_ store: String, by file: String, movingAside: Bool, at now: Int64) throws
    -> String?
  {
    guard try findings(in: file, isBackup: true).isEmpty else {
      throw Refused(.damaged, "\(file) is damaged; `tollgate integrity \(file)` shows where")
    }
    let parts = ["", "-wal", "-shm"].filter { access(store + $0, F_OK) == 0 }
    guard parts.isEmpty || movingAside else {
      throw Refused(.exists, "a store exists already: \(store)")
    }
    let partial = store + ".restoring"
    removeParts(of: partial)
    defer { removeParts(of: partial) }
    try copy(file, to: partial, ownerOf: directory(of: store))
    var aside: String?
    if !parts.isEmpty {
      let name = "\(store).replaced-\(now)"
      for part in parts where rename(store + part, name + part) != 0 {
        throw Refused(.cannotWrite, "\(store + part): \(systemError())")
      }
      aside = name
    }
    try put(partial, at: store)
    return aside
  }

  // MARK: Integrity

  /// What is wrong with a store or a backup, page by page: at most twenty findings, which name tables and pages and never
  /// values. It reads the whole file; of a store that is in use, take a backup instead, which is checked.
  public static func findings(in file: String, isBackup: Bool = false) throws -> [String] {
    guard access(file, R_OK) == 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
    do {
      let database = try Database(path: file, mode: .reader)
      let schema = try database.schemaNumber()
      guard schema > 0 else { throw Refused(.notABackup, "\(file) is not a store of tollgate") }
      guard schema <= Schema.migrations.count else {
        throw Refused(
          .newerSchema,
          "\(file) has schema \(schema); this program knows schemas up to \(Schema.migrations.count)")
      }
      let found = try database.integrityCheck()
      if isBackup, found.isEmpty, try RestoreTable(database).taken() == nil {
        throw Refused(.notABackup, "\(file) was not made by `tollgate backup`")
      }
      return found
    } catch let error as StoreError where error.kind == .corrupt {
      if error.code == 26 { throw Refused(.notABackup, "\(file) is not a database") }  // SQLITE_NOTADB
      return [error.description]
    }
  }

  // MARK: Files

  /// Gives a complete file its name, if nothing else has it, and syncs the directory.
  private static func put(_ partial: String, at file: String) throws {
    if link(partial, file) != 0 {
      guard errno != EEXIST else { throw Refused(.exists, "\(file) exists") }
      // A file system without hard links.
      guard access(file, F_OK) != 0 else { throw Refused(.exists, "\(file) exists") }
      guard rename(partial, file) == 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
    }
    let opened = open(directory(of: file), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
    defer { close(opened) }
    guard fsync(opened) == 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
  }

  private static func copy(_ file: String, to target: String, ownerOf directory: String) throws {
    let source = open(file, O_RDONLY | O_CLOEXEC)
    guard source >= 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
    defer { close(source) }
    let made = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard made >= 0 else { throw Refused(.cannotWrite, "\(target): \(systemError())") }
    defer { close(made) }
    // Root restores what the service's user has to open.
    var status = stat()
    if geteuid() == 0, stat(directory, &status) == 0 { _ = fchown(made, status.st_uid, status.st_gid) }
    var octets = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(source, &octets, octets.count)
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw Refused(.cannotWrite, "\(file): \(systemError())") }
      if count == 0 { break }
      var done = 0
      while done < count {
        let result = octets.withUnsafeBytes { write(made, $0.baseAddress?.advanced(by: done), count - done) }
        if result < 0 && errno == EINTR { continue }
        guard result > 0 else { throw Refused(.cannotWrite, "\(target): \(systemError())") }
        done += result
      }
    }
    guard fsync(made) == 0 else { throw Refused(.cannotWrite, "\(target): \(systemError())") }
  }

  private static func removeParts(of partial: String) {
    for part in ["", "-journal", "-wal", "-shm"] { unlink(partial + part) }
  }

  private static func directory(of file: String) -> String {
    guard let slash = file.lastIndex(of: "/") else { return "." }
    return slash == file.startIndex ? "/" : String(file[..<slash])
  }

  private static func systemError() -> String { String(cString: strerror(errno)) }
}
