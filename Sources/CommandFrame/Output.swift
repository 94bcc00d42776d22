import Glibc

/// Standard output and error, by plain `write`: every line is out when the call returns.
public enum Output {
  /// The reader of our output has gone.
  public struct Closed: Error {}

  public static func line(_ text: String) throws { try write(harmless(text) + "\n", to: STDOUT_FILENO) }

  public static func text(_ text: String) throws { try write(harmless(text), to: STDOUT_FILENO) }

  /// A file's octets as they are. Whoever makes the file has seen to its control characters.
  public static func file(_ text: String) throws { try write(text, to: STDOUT_FILENO) }

  public static func error(_ text: String) { try? write(harmless(text) + "\n", to: STDERR_FILENO) }

  /// What the daemon and others wrote reaches the terminal as text: of control characters only line ends, tabs, and the sequences
  /// that set a style (`ESC [ … m`) are left; the others are shown as `\\x1b`.
  static func harmless(_ text: String) -> String {
    func isControl(_ scalar: Unicode.Scalar) -> Bool {
      scalar.properties.generalCategory == .control && scalar != "\n" && scalar != "\t"
    }
    let scalars = text.unicodeScalars
    guard scalars.contains(where: isControl) else { return text }
    var shown = ""
    var index = scalars.startIndex
    while index < scalars.endIndex {
      let end = styleEnd(scalars, from: index)
      if let end {
        shown.unicodeScalars.append(contentsOf: scalars[index..<end])
      } else if isControl(scalars[index]) {
        shown += "\\x" + String(scalars[index].value, radix: 16)
      } else {
        shown.unicodeScalars.append(scalars[index])
      }
      index = end ?? scalars.index(after: index)
    }
    return shown
  }

  /// The end of a sequence that sets a style (ECMA-48, SGR); nil where none begins.
  private static func styleEnd(
    _ scalars: String.UnicodeScalarView, from start: String.UnicodeScalarView.Index
  ) -> String.UnicodeScalarView.Index? {
    let rest = scalars[start...]
    guard rest.starts(with: ["\u{1B}", "["] as [Unicode.Scalar]) else { return nil }
    let parameters = rest.dropFirst(2).prefix(16).prefix { ("0"..."9").contains($0) || $0 == ";" }
    guard parameters.endIndex < scalars.endIndex, scalars[parameters.endIndex] == "m" else { return nil }
    return scalars.index(after: parameters.endIndex)
  }

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
