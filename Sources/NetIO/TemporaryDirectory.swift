import Glibc

/// A directory of our own, removed with all it holds when the object goes.
package final class TemporaryDirectory {
  package let path: String
  /// It stays, for somebody to look into.
  package var isKept = false

  package init(in base: String, name: String) throws(Errno) {
    path = try Self.make(in: base, name: name)
  }

  deinit {
    if !isKept { Self.remove(path) }
  }

  /// Makes one, open to nobody else, for an owner that removes it by itself.
  /// - Returns: its path, which begins with `base` and `name`.
  package static func make(in base: String = "/tmp", name: String) throws(Errno) -> String {
    var template = Array("\(base)/\(name)-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// Removes a directory and all it holds. Links are not followed.
  package static func remove(_ path: String) {
    if unlink(path) == 0 { return }
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) {
        String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != "." && name != ".." { remove(path + "/" + name) }
    }
    closedir(folder)
    rmdir(path)
  }
}
