import Glibc

/// A whole small file with its owner and mode, read from one descriptor so that they belong together.
struct SmallFile {
  var octets: [UInt8]
  var owner: uid_t
  var mode: mode_t

  struct Problem: Error {
    /// What follows the path in a message: `cannot be read: No such file or directory`.
    var text: String
  }

  static func read(_ path: String, maximum: Int) -> Result<SmallFile, Problem> {
    // O_NONBLOCK: a FIFO put in the file's place must not hold the start.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return .failure(.errno()) }
    defer { close(descriptor) }
    var information = stat()
    guard fstat(descriptor, &information) == 0 else { return .failure(.errno()) }
    guard information.st_mode & S_IFMT == S_IFREG else {
      return .failure(Problem(text: "is not a regular file"))
    }
    guard information.st_size <= maximum else {
      return .failure(Problem(text: "is larger than \(maximum) octets"))
    }
    var octets: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16 * 1024)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        return .failure(.errno())
      }
      if count == 0 { break }
      octets += buffer.prefix(count)
      guard octets.count <= maximum else {
        return .failure(Problem(text: "is larger than \(maximum) octets"))
      }
    }
    return .success(SmallFile(octets: octets, owner: information.st_uid, mode: information.st_mode))
  }
}

extension SmallFile.Problem {
  static func errno() -> Self { Self(text: "cannot be read: " + String(cString: strerror(Glibc.errno))) }
}
