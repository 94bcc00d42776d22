import Glibc

/// Why a test could not go on. The text is for the person who reads the failure.
struct HarnessError: Error, CustomStringConvertible {
  var description: String

  init(_ description: String) { self.description = description }

  /// The C library's last error, with what was being done.
  static func system(_ doing: String) -> HarnessError {
    HarnessError("\(doing): \(String(cString: strerror(errno)))")
  }
}
