import Glibc

/// Standard output and error, by plain `write`: every line is out when the call returns.
public enum Output {
  /// The reader of our output has gone.
  public struct Closed: Error {}

  public static func line(_ text: String) throws { try write(text + "\n", to: STDOUT_FILENO) }

  public static func text(_ text: String) throws { try write(text, to: STDOUT_FILENO) }

  public static func error(_ text: String) { try? write(text + "\n", to: STDERR_FILENO) }

  private static func write(_ text: String, to descriptor: Int32) throws {
    var octets = Array(text.utf8)[...]
    while !octets.isEmpty {
      let count = octets.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 {
        if errno == EINTR { continue }
        if errno == EAGAIN {
          var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = poll(&waiting, 1, -1)
          continue
        }
        if errno == EPIPE { throw Closed() }
        throw Failure(.io, "cannot write: \(String(cString: strerror(errno)))")
      }
      octets = octets.dropFirst(count)
    }
  }
}
