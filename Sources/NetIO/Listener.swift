import CLinux
import Glibc

/// A listening stream socket, with a spare descriptor in reserve.
///
/// When the process has no descriptor left, a pending connection cannot be accepted and epoll reports it for ever.
/// So one descriptor is kept open for nothing: at EMFILE it is closed, the connection accepted and closed at once,
/// and the spare opened again. The peer sees a close instead of silence and the loop does not spin.
public struct Listener: ~Copyable, Sendable {
  let descriptor: Descriptor
  private var spare: Descriptor?
  /// What `close` has to clean up; only for a Unix socket that was made here.
  private let ownedPath: OwnedPath?

  /// Connections that wait for accept, listen(2); the kernel caps it at net.core.somaxconn.
  public static let defaultBacklog: Int32 = 1024

  /// Errors of a connection that died in the queue, skipped in one `accept`.
  private static let maximumSkips = 64

  public enum Accepted: ~Copyable {
    case connection(Connection, from: SocketAddress)
    /// Nobody waits.
    case wouldBlock
    /// Out of descriptors: one connection was accepted and closed at once. Go on accepting.
    case turnedAway
    /// Out of descriptors or kernel memory, and nothing could be done: stop listening for a moment
    /// (`EventLoop.modify(token, [])`), or the event comes again at once.
    case starved(Errno)
    case failed(Errno)
  }

  /// Takes over a socket that already listens: one passed by systemd.
  public init(adopting descriptor: consuming Descriptor) throws(SystemError) {
    try check("fcntl", clinux_set_blocking(descriptor.rawValue, 0))
    try check("fcntl", clinux_set_close_on_exec(descriptor.rawValue))
    self.init(descriptor, ownedPath: nil)
  }

  init(_ descriptor: consuming Descriptor, ownedPath: consuming OwnedPath?) {
    self.descriptor = descriptor
    self.ownedPath = ownedPath
    spare = Listener.openSpare()
  }

  /// Takes the next waiting connection, non-blocking; on TCP with TCP_NODELAY and SO_KEEPALIVE.
  /// EINTR and connections that were aborted while they waited (ECONNABORTED and its like) do not show.
  public mutating func accept() -> Accepted {
    for _ in 0..<Listener.maximumSkips {
      var storage = sockaddr_storage()
      var length = UInt32(MemoryLayout<sockaddr_storage>.size)
      let accepted = clinux_accept(descriptor.rawValue, &storage, &length)
      if accepted >= 0 {
        let from = withUnsafeBytes(of: &storage) {
          SocketAddress(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(length))))
        }
        let connection = Connection(owning: Descriptor(owning: accepted))
        if from.family != AF_UNIX { TCP.tune(connection) }
        return .connection(connection, from: from)
      }
      switch Glibc.errno {
      case EINTR, ECONNABORTED: continue
      // accept(2): errors of the new socket itself, to be treated as if nobody waited.
      case ENETDOWN, EPROTO, ENOPROTOOPT, EHOSTDOWN, ENONET, EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH: continue
      case EAGAIN: return .wouldBlock
      case EMFILE, ENFILE: return turnAway()
      case ENOBUFS, ENOMEM: return .starved(.current)
      default: return .failed(.current)
      }
    }
    return .wouldBlock
  }

  private mutating func turnAway() -> Accepted {
    let reason = Errno.current
    guard let spare = spare.take() else {
      self.spare = Listener.openSpare()
      return .starved(reason)
    }
    spare.close()
    var length: UInt32 = 0
    let accepted = clinux_accept(descriptor.rawValue, nil, &length)
    // Linux looks for a free descriptor before it looks at the queue: EMFILE does not say that somebody waits.
    let nobodyWaits = accepted < 0 && Glibc.errno == EAGAIN
    if accepted >= 0 { Descriptor(owning: accepted).close() }
    self.spare = Listener.openSpare()
    if nobodyWaits { return .wouldBlock }
    return accepted >= 0 ? .turnedAway : .starved(reason)
  }

  private static func openSpare() -> Descriptor? {
    let number = clinux_open("/dev/null", O_RDONLY | O_CLOEXEC, 0)
    return number >= 0 ? Descriptor(owning: number) : nil
  }

  /// Where it listens; with port 0 asked for, the port the kernel chose.
  public borrowing func localAddress() throws(SystemError) -> SocketAddress {
    try descriptor.localAddress()
  }

  /// Stops listening; a Unix socket that was made here disappears from the file system.
  public consuming func close() {}
}
