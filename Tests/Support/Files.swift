package import Foundation
package import NetIO

extension TemporaryDirectory {
  /// For one test, and removed with the object; short enough for a socket's path in it.
  /// - Parameter isInMemory: where the machine has such a place: for many small stores whose syncs nobody looks at.
  package convenience init(isInMemory: Bool = false) throws {
    let memory = "/dev/shm"
    let isThere = isInMemory && FileManager.default.isWritableFile(atPath: memory)
    try self.init(in: isThere ? memory : "/tmp", name: "tollgate-test")
  }

  package var url: URL { URL(fileURLWithPath: path) }

  /// Writes a file that only its owner may read.
  /// - Returns: its path.
  @discardableResult
  package func write(_ name: String, _ octets: some Sequence<UInt8>) throws -> String {
    let file = path + "/" + name
    let attributes: [FileAttributeKey: Any] = [.posixPermissions: 0o600]
    guard FileManager.default.createFile(atPath: file, contents: Data(octets), attributes: attributes) else {
      throw CocoaError(.fileWriteUnknown)
    }
    return file
  }
}

/// Runs `body` with a directory of its own.
package func withTemporaryDirectory<R>(_ body: (TemporaryDirectory) throws -> R) throws -> R {
  let directory = try TemporaryDirectory()
  return try withExtendedLifetime(directory) { try body(directory) }
}

/// The inputs that a fuzzer's corpus keeps.
package enum Corpus {
  package struct Input {
    package var name: String
    package var octets: [UInt8]
  }

  /// Those of one fuzzer: each led it into code of its own, or once broke what it checks.
  package static func inputs(_ fuzzer: String) throws -> [Input] {
    let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appending(path: "Fuzzers/corpus/" + fuzzer)
    return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { Input(name: $0.lastPathComponent, octets: [UInt8](try Data(contentsOf: $0))) }
  }
}
