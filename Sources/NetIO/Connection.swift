import CLinux
import Glibc

/// A stream socket, TCP or Unix, non-blocking. It moves octets and nothing else: what is between the socket and the
/// session (now nothing, TLS where a peer asks for it) has its place in `read` and `write` here.
public struct Connection: ~Copyable, Sendable {
  let descriptor: Descriptor

  /// Takes over a connected or connecting non-blocking stream socket.
  public init(owning descriptor: consuming Descriptor) { self.descriptor = descriptor }

  /// Reads what is there, up to the buffer's size.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    descriptor.read(into: buffer)
  }

  /// Writes as much as the kernel takes; `.count` may be less than was given. `OutputBuffer` keeps the rest.
  public borrowing func write(_ buffer: UnsafeRawBufferPointer) -> IOResult {
    descriptor.write(buffer)
  }

  /// How a connect that was in progress ended: ask on the first writable or hang-up event. Nil: connected.
  public borrowing func connectError() -> Errno? {
    do {
      let code = try descriptor.option(SOL_SOCKET, SO_ERROR)
      return code == 0 ? nil : Errno(rawValue: code)
    } catch {
      return error.errno
    }
  }

  /// Ends our direction (FIN after what was written); reading goes on.
  public borrowing func shutdownWriting() { _ = shutdown(descriptor.rawValue, Int32(SHUT_WR)) }

  /// Makes `close` abort the connection: RST, and what is unsent is dropped.
  public borrowing func resetOnClose() {
    var option = linger(l_onoff: 1, l_linger: 0)
    _ = setsockopt(
      descriptor.rawValue, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Octets handed to the kernel that the peer's kernel has not acknowledged (SIOCOUTQ).
  public borrowing func unsentOctets() -> Int {
    var octets: Int32 = 0
    return clinux_send_queue(descriptor.rawValue, &octets) == 0 ? Int(octets) : 0
  }

  /// SO_SNDBUF and SO_RCVBUF, before connect or listen. The kernel doubles what it is given.
  public borrowing func setBufferSizes(send: Int32? = nil, receive: Int32? = nil) throws(SystemError) {
    if let send { try descriptor.setOption(SOL_SOCKET, SO_SNDBUF, send) }
    if let receive { try descriptor.setOption(SOL_SOCKET, SO_RCVBUF, receive) }
  }

  /// Lets reads and writes wait: for a client with a thread of its own.
  public borrowing func setBlocking(_ blocking: Bool) throws(SystemError) {
    try check("fcntl", clinux_set_blocking(descriptor.rawValue, blocking ? 1 : 0))
  }

  /// For a blocking connection: `read` gives `.wouldBlock` after this long without an octet.
  public borrowing func setReadTimeout(_ timeout: Duration) throws(SystemError) {
    let nanoseconds = max(1000, timeout.wholeNanoseconds)
    var value = timeval(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_usec: Int(nanoseconds % 1_000_000_000 / 1000))
    try check(
      "setsockopt",
      setsockopt(
        descriptor.rawValue, SOL_SOCKET, SO_RCVTIMEO, &value, socklen_t(MemoryLayout<timeval>.size)))
  }

  public borrowing func localAddress() throws(SystemError) -> SocketAddress {
    try descriptor.localAddress()
  }

  public borrowing func peerAddress() throws(SystemError) -> SocketAddress {
    try descriptor.peerAddress()
  }

  public consuming func close() {
    descriptor.close()
  }
}

extension Descriptor {
  borrowing func localAddress() throws(SystemError) -> SocketAddress {
    let number = rawValue
    return try Descriptor.address("getsockname") { getsockname(number, $0, $1) }
  }

  borrowing func peerAddress() throws(SystemError) -> SocketAddress {
    let number = rawValue
    return try Descriptor.address("getpeername") { getpeername(number, $0, $1) }
  }

  private static func address(
    _ call: String, _ body: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) throws(SystemError) -> SocketAddress {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    let result = withUnsafeMutablePointer(to: &storage) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, &length) }
    }
    try check(call, result)
    return withUnsafeBytes(of: &storage) {
      SocketAddress(UnsafeRawBufferPointer(rebasing: $0.prefix(Int(length))))
    }
  }

  /// A new non-blocking, close-on-exec stream socket.
  static func streamSocket(family: Int32) throws(SystemError) -> Descriptor {
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    return Descriptor(owning: try check("socket", socket(family, type, 0)))
  }

  /// connect(2) without waiting: in progress counts as success.
  borrowing func connect(to address: SocketAddress) throws(SystemError) {
    let number = rawValue
    try address.withSockaddr { pointer, length throws(SystemError) in
      while Glibc.connect(number, pointer, length) == -1 {
        switch Glibc.errno {
        case EINPROGRESS: return
        case EINTR: continue
        case EALREADY, EISCONN: return
        default: throw SystemError.last("connect")
        }
      }
    }
  }

  borrowing func bind(to address: SocketAddress) throws(SystemError) {
    let number = rawValue
    try address.withSockaddr { pointer, length throws(SystemError) in
      _ = try check("bind", Glibc.bind(number, pointer, length))
    }
  }
}
