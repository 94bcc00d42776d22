import CLinux
import Glibc

/// Octets both ways without a socket: what a simulation gives the loop for a connection.
public protocol OctetStream: AnyObject, Sendable {
  func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult
  func write(_ buffer: UnsafeRawBufferPointer) -> IOResult
  /// How connecting ended; nil: well.
  var connectError: Errno? { get }
  func shutdownWriting()
  func close()
}

/// A stream socket, TCP or Unix, non-blocking, plain or with TLS on it. It moves octets and nothing else: whoever reads
/// and writes need not know which it is, but for the handshake and for `hasPending`.
public struct Connection: ~Copyable, Sendable {
  let descriptor: Descriptor
  private var tls: TLSSession?
  /// Instead of the socket, which is none then.
  public let stream: (any OctetStream)?

  /// Takes over a connected or connecting non-blocking stream socket.
  public init(owning descriptor: consuming Descriptor) {
    self.descriptor = descriptor
    tls = nil
    stream = nil
  }

  /// A connection that no kernel knows.
  public init(_ stream: any OctetStream) {
    descriptor = Descriptor(owning: -1)
    tls = nil
    self.stream = stream
  }

  /// Reads what is there, up to the buffer's size.
  public borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    switch tls {
    case .none: stream?.read(into: buffer) ?? descriptor.read(into: buffer)
    case .some(let session): session.read(into: buffer)
    }
  }

  /// Writes as much as the kernel takes; `.count` may be less than was given. `OutputBuffer` keeps the rest.
  ///
  /// With TLS, after `.wouldBlock` the next write begins with the same octets, and at least as many (up to 16 KiB): they
  /// may be sealed already, though none of them counts as written until the kernel has their whole record.
  public borrowing func write(_ buffer: UnsafeRawBufferPointer) -> IOResult {
    switch tls {
    case .none: stream?.write(buffer) ?? descriptor.write(buffer)
    case .some(let session): session.write(buffer)
    }
  }

  // MARK: TLS

  /// From here on TLS is spoken; nothing is sent before `handshake`. The socket may still be connecting.
  /// - Parameter host: whom a client asks for (SNI) and whose certificate it expects; a server has none.
  public mutating func startTLS(_ context: TLSContext, host: String? = nil) throws(TLSError) {
    tls = try TLSSession(descriptor, context, host: host)
  }

  /// Whether a newer context's lists name a certificate that the peer of this connection showed.
  public borrowing func isRevoked(by context: TLSContext) -> Bool {
    switch tls {
    case .none: false
    case .some(let session): session.isRevoked(by: context)
    }
  }

  public var isTLS: Bool {
    switch tls {
    case .none: false
    case .some: true
    }
  }

  /// Goes on with the handshake as far as the socket allows. Call it once connected, then on the events it asks for,
  /// until `.done`: then read, since the peer's first octets may have come along. A plain connection is `.done` at once.
  public borrowing func handshake() -> TLSHandshake {
    switch tls {
    case .none: .done
    case .some(let session): session.handshake()
    }
  }

  /// Octets, or an end, may be here that epoll does not see. A reader that stops before `.wouldBlock` has to ask, and
  /// to come back without an event. Never so without TLS.
  public var hasPending: Bool {
    switch tls {
    case .none: false
    case .some(let session): session.hasPending
    }
  }

  /// A read waits until the socket takes octets: watch for writable and read again then.
  public var readNeedsWritable: Bool {
    switch tls {
    case .none: false
    case .some(let session): session.readNeedsWritable
    }
  }

  /// Why TLS failed, once `read` or `write` has reported a failure.
  public var tlsFailure: TLSFailure? {
    switch tls {
    case .none: nil
    case .some(let session): session.failure
    }
  }

  /// What the peer showed in the handshake.
  public var peerCertificate: TLSCertificate? {
    switch tls {
    case .none: nil
    case .some(let session): session.peerCertificate
    }
  }

  /// `TLSv1.3 TLS_AES_256_GCM_SHA384`; nil without TLS.
  public var tlsDescription: String? {
    switch tls {
    case .none: nil
    case .some(let session): session.version + " " + session.cipher
    }
  }

  /// How a connect that was in progress ended: ask on the first writable or hang-up event. Nil: connected.
  public borrowing func connectError() -> Errno? {
    if let stream { return stream.connectError }
    do {
      let code = try descriptor.option(SOL_SOCKET, SO_ERROR)
      return code == 0 ? nil : Errno(rawValue: code)
    } catch {
      return error.errno
    }
  }

  /// Ends our direction (FIN after what was written, with TLS close_notify before it); reading goes on.
  public borrowing func shutdownWriting() {
    notifyClose()
    if let stream { return stream.shutdownWriting() }
    _ = shutdown(descriptor.rawValue, Int32(SHUT_WR))
  }

  private borrowing func notifyClose() {
    switch tls {
    case .none: break
    case .some(let session): session.notifyClose()
    }
  }

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
    notifyClose()
    stream?.close()
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
