import Glibc

/// The framing of the local socket, the same both ways: UTF-8, one object a line, a line feed at its end.
///
/// The owner gives what was read and not yet taken, and takes a line and its line feed off the front once it is found.
public struct LineScanner: Sendable {
  /// Longest line in octets without its line feed, either way (`max_line`).
  public static let maximumLine = 262_144

  /// Octets of the unfinished line that are known to hold no line feed.
  private var scanned = 0

  public init() {}

  /// Octets before the first line feed of `octets`, which begin with a line; nil while there is none, and what was looked
  /// at is not looked at again.
  public mutating func lineLength(in octets: UnsafeRawBufferPointer) -> Int? {
    let start = min(scanned, octets.count)
    guard let base = octets.baseAddress, start < octets.count else { return nil }
    guard let found = memchr(base + start, 0x0A, octets.count - start) else {
      scanned = octets.count
      return nil
    }
    scanned = 0
    return UnsafeRawPointer(found) - base
  }
}
