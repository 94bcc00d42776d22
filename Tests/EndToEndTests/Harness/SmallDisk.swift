import Foundation
import Glibc

/// A file system of a few megabytes at a gateway's state directory. Only root may mount one.
final class SmallDisk {
  static var isPossible: Bool { geteuid() == 0 }

  let path: String
  private var filler: String { path + "/filler" }
  private var isMounted = true

  init(at path: String, mebibytes: Int) throws {
    self.path = path
    try Self.run(["mount", "-t", "tmpfs", "-o", "size=\(mebibytes)m,mode=0700", "tmpfs", path])
  }

  deinit { destroy() }

  private static func run(_ arguments: [String]) throws {
    let command = try Child(arguments[0], arguments)
    guard try command.waitForExit() == .code(0) else { throw HarnessError(command.transcript) }
  }

  /// Octets that are free.
  var free: Int {
    var status = statvfs()
    return statvfs(path, &status) == 0 ? Int(status.f_bavail) * Int(status.f_frsize) : 0
  }

  /// Takes all but so many octets.
  func fill(leaving octets: Int = 0) throws {
    let descriptor = open(filler, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw HarnessError.system(filler) }
    defer { close(descriptor) }
    lseek(descriptor, 0, Int32(SEEK_END))
    let block = [UInt8](repeating: 1, count: 4096)
    while free > octets {
      if write(descriptor, block, block.count) <= 0 {
        guard errno == ENOSPC else { throw HarnessError.system(filler) }
        break
      }
    }
  }

  /// Gives back what `fill` took.
  func clear() { unlink(filler) }

  func remount(readOnly: Bool) throws {
    try Self.run(["mount", "-o", "remount,\(readOnly ? "ro" : "rw")", path])
  }

  func destroy() {
    guard isMounted else { return }
    isMounted = false
    _ = try? Self.run(["umount", "-l", path])
  }
}
