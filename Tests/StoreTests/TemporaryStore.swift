import Glibc
import NetIO
import Store
import TestSupport
import Testing

/// A directory of its own for one test, removed with it.
final class TemporaryStore {
  private let place: TemporaryDirectory
  var directory: String { place.path }
  var path: String { directory + "/state/store.sqlite3" }

  init() throws {
    place = try TemporaryDirectory()
  }

  func writer(vfs: String? = nil) throws -> Database { try Database(path: path, mode: .writer, vfs: vfs) }
  func reader() throws -> Database { try Database(path: path, mode: .reader) }

  /// The files as a killed process leaves them, under another directory. `walLength` cuts the log.
  func copyAfterKill(walLength: Int? = nil) throws -> String {
    let target = directory + "/copy/store.sqlite3"
    mkdir(directory + "/copy", 0o700)
    unlink(target + "-shm")
    try TemporaryStore.copy(path, target, limit: nil)
    try TemporaryStore.copy(path + "-wal", target + "-wal", limit: walLength)
    return target
  }

  static func size(_ path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }

  private static func copy(_ from: String, _ to: String, limit: Int?) throws {
    let source = open(from, O_RDONLY)
    try #require(source >= 0)
    let target = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    try #require(target >= 0)
    let length = min(size(from), limit ?? .max)
    var octets = [UInt8](repeating: 0, count: length)
    try #require(pread(source, &octets, length, 0) == length)
    try #require(pwrite(target, octets, length, 0) == length)
    close(target)
    // Closing our descriptor of a live database drops SQLite's locks of this process, as tests only may.
    close(source)
  }
}
