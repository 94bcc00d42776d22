import CLinux
import Glibc

/// An open file descriptor and the duty to close it once. It cannot be copied; losing the last owner closes it.
public struct Descriptor: ~Copyable, Sendable {
  /// The number, for system calls. Valid while this value lives.
  public let rawValue: Int32

  /// Takes over `rawValue`; nobody else may close it.
  public init(owning rawValue: Int32) { self.rawValue = rawValue }

  deinit { Descriptor.closeOnce(rawValue) }

  /// Closes it now.
  public consuming func close() {
    Descriptor.closeOnce(rawValue)
    discard self
  }

  /// Gives up ownership without closing.
  public consuming func release() -> Int32 {
    let value = rawValue
    discard self
    return value
  }

  /// EINTR after close(2) on Linux means closed; closing again could hit another thread's new descriptor.
  private static func closeOnce(_ descriptor: Int32) {
    // -1: none.
    if descriptor >= 0 { _ = Glibc.close(descriptor) }
  }
}

/// What a non-blocking read or write came to. EINTR never shows: it was tried again.
public enum IOResult: Equatable, Sendable {
  /// So many octets, at least one. A write may take fewer than it was given.
  case count(Int)
  /// Nothing now: wait for the event.
  case wouldBlock
  /// Reading: the peer has ended its side (half-closed or closed). Writing: the peer is gone (EPIPE, ECONNRESET).
  case closed
  case failed(Errno)
}

extension Descriptor {
  /// read(2) into `buffer`. An empty buffer gives `.count(0)`.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    Descriptor.read(rawValue, into: buffer)
  }

  /// The same for who knows a descriptor's number and that it is open.
  static func read(_ rawValue: Int32, into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return .count(0) }
    while true {
      let count = recv(rawValue, base, buffer.count, 0)
      if count > 0 { return .count(count) }
      if count == 0 { return .closed }
      switch Glibc.errno {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      case ECONNRESET: return .closed
      default: return .failed(.current)
      }
    }
  }

  /// send(2) without SIGPIPE.
  borrowing func write(_ buffer: UnsafeRawBufferPointer) -> IOResult {
    Descriptor.write(rawValue, buffer)
  }

  static func write(_ rawValue: Int32, _ buffer: UnsafeRawBufferPointer) -> IOResult {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return .count(0) }
    while true {
      let count = send(rawValue, base, buffer.count, Int32(MSG_NOSIGNAL))
      if count >= 0 { return .count(count) }
      switch Glibc.errno {
      case EINTR: continue
      case EAGAIN: return .wouldBlock
      case EPIPE, ECONNRESET: return .closed
      default: return .failed(.current)
      }
    }
  }

  /// setsockopt with an Int32 value.
  borrowing func setOption(_ level: Int32, _ option: Int32, _ value: Int32) throws(SystemError) {
    var value = value
    try check("setsockopt", setsockopt(rawValue, level, option, &value, socklen_t(MemoryLayout<Int32>.size)))
  }

  /// getsockopt of an Int32 value.
  borrowing func option(_ level: Int32, _ option: Int32) throws(SystemError) -> Int32 {
    var value: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    try check("getsockopt", getsockopt(rawValue, level, option, &value, &size))
    return value
  }
}
