import Glibc

/// The right to write the store: an exclusive `flock` on `<store>.lock`, held for the life of the object.
///
/// The kernel drops it with the process, however that ends, so there is no stale lock to clean up. The lock is
/// on a file of its own: closing any descriptor of the database file would drop SQLite's own locks.
public final class WriterLock {
  private let descriptor: Int32

  /// Creates the directory of the store (0700) and its lock file (0600) where they are missing, and by default
  /// the store's file.
  public init(store path: String, makesFile: Bool = true) throws(StoreError) {
    try WriterLock.createDirectory(of: path)
    let lockPath = path + ".lock"
    let opened = open(lockPath, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard opened >= 0 else {
      throw StoreError(kind: .cannotOpen, extendedCode: errno, context: "open \(lockPath)")
    }
    var result: Int32
    repeat { result = flock(opened, LOCK_EX | LOCK_NB) } while result != 0 && errno == EINTR
    guard result == 0 else {
      let reason = errno
      close(opened)
      throw StoreError(
        kind: reason == EWOULDBLOCK ? .lockedByAnother : .io, extendedCode: reason,
        context: "lock \(lockPath)",
        detail: reason == EWOULDBLOCK ? "another process has this store open for writing" : "")
    }
    descriptor = opened
    guard makesFile else { return }
    // The database file is made here, so that SQLite finds it with our mode whatever the umask is.
    let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard file >= 0 else {
      throw StoreError(kind: .cannotOpen, extendedCode: errno, context: "open \(path)")
    }
    close(file)
  }

  deinit { close(descriptor) }

  /// Who may write to the directory may put another store there.
  private static func refuseLoose(_ directory: String) throws(StoreError) {
    var information = stat()
    guard stat(directory, &information) == 0, information.st_mode & 0o022 != 0 else { return }
    let mode = String(information.st_mode & 0o7777, radix: 8)
    throw StoreError(
      kind: .cannotOpen, context: "open \(directory)",
      detail: "others may write to it (mode 0\(mode)); expected 0700: chmod 700 \(directory)")
  }

  /// Makes the last component of the directory, with mode 0700, and syncs its parent so that it stays.
  private static func createDirectory(of path: String) throws(StoreError) {
    guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return }
    let directory = String(path[..<slash])
    if mkdir(directory, 0o700) != 0 {
      guard errno == EEXIST else {
        throw StoreError(kind: .cannotOpen, extendedCode: errno, context: "make directory \(directory)")
      }
      return try refuseLoose(directory)
    }
    let parent = directory.lastIndex(of: "/").map { directory[..<$0] } ?? "."
    let opened = open(parent.isEmpty ? "/" : String(parent), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard opened >= 0 else { return }
    fsync(opened)
    close(opened)
  }
}
