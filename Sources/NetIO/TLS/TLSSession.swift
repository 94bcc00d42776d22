import COpenSSL
import Glibc

/// How far a handshake is.
public enum TLSHandshake: Equatable, Sendable {
  /// The peer is who it should be. Read at once: its first octets may have come along.
  case done
  case wantRead
  case wantWrite
  case failed(TLSFailure)
}

/// TLS on one connection: an SSL on the descriptor, through a BIO of ours (`DescriptorBIO`).
///
/// It never blocks: every call does what the socket allows and says what it waits for.
struct TLSSession: ~Copyable, @unchecked Sendable {
  // SAFETY: an SSL must not be used by two threads at a time. This value cannot be copied, so whoever uses it has it
  // alone; it moves between threads as a whole.
  private let handle: Handle
  private let state: State

  private var ssl: OpaquePointer { handle.ssl }

  /// The SSL and the duty to free it: not a deinit of this value's, which the optimiser fails on inside other values.
  private final class Handle {
    let ssl: OpaquePointer
    /// The callbacks of the SSL find it until the SSL is freed.
    let state: State

    init(_ ssl: OpaquePointer, _ state: State) {
      self.ssl = ssl
      self.state = state
    }

    deinit { SSL_free(ssl) }
  }

  /// What OpenSSL's callbacks find and leave, and what has to be remembered between calls.
  final class State {
    let descriptor: Int32
    let context: TLSContext
    /// Whom the certificate has to be made out to; nil on the server's side.
    let host: String?
    /// What the last recv or send of the BIO came to.
    var io = IOResult.wouldBlock
    /// What is wrong with the peer's certificate.
    var verdict: String?
    var wasAskedForCertificate = false
    var isEstablished = false
    /// The session failed: nothing more may be sent on it.
    var failure: TLSFailure?
    /// How reading ended; reported once everything before the end is read.
    var ending: IOResult?
    /// The last read filled its buffer: more may be here that epoll does not see.
    var mayHoldMore = false
    /// A read waits to write (the answer to a key update).
    var readNeedsWritable = false
    /// Octets of a record that is sealed and not gone: the next write has to bring at least as many.
    var sealed = 0

    init(descriptor: Int32, context: TLSContext, host: String?) {
      self.descriptor = descriptor
      self.context = context
      self.host = host
    }

    static func of(_ ssl: OpaquePointer) -> State? {
      // SAFETY: set by `TLSSession.init` to the state that the session holds for as long as its SSL lives.
      SSL_get_ex_data(ssl, 0).map { Unmanaged<State>.fromOpaque($0).takeUnretainedValue() }
    }
  }

  /// The longest plain text of a record (RFC 8446, 5.1).
  private static let recordOctets = 16 << 10

  init(_ descriptor: borrowing Descriptor, _ context: TLSContext, host: String?) throws(TLSError) {
    let state = State(descriptor: descriptor.rawValue, context: context, host: host)
    handle = Handle(try TLSSession.make(state), state)
    self.state = state
  }

  private static func make(_ state: State) throws(TLSError) -> OpaquePointer {
    ERR_clear_error()
    guard let ssl = SSL_new(state.context.raw) else { throw TLSError("out of memory") }
    let handle = Unmanaged.passUnretained(state).toOpaque()
    guard SSL_set_ex_data(ssl, 0, handle) == 1, let bio = DescriptorBIO.make(handle) else {
      SSL_free(ssl)
      throw TLSError("out of memory")
    }
    SSL_set_bio(ssl, bio, bio)
    if state.context.isServer {
      SSL_set_accept_state(ssl)
      return ssl
    }
    SSL_set_connect_state(ssl)
    do throws(TLSError) {
      if let host = state.host { try expect(host, ssl, check: state.context.verification == .full) }
    } catch {
      SSL_free(ssl)
      throw error
    }
    return ssl
  }

  /// SNI, and the name or address that the certificate has to bear.
  private static func expect(_ host: String, _ ssl: OpaquePointer, check: Bool) throws(TLSError) {
    let parameters = SSL_get0_param(ssl)
    let isAddress = SocketAddress(host: host, port: 0) != nil
    if check {
      X509_VERIFY_PARAM_set_hostflags(parameters, UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS))
      let taken =
        isAddress
        ? X509_VERIFY_PARAM_set1_ip_asc(parameters, host)
        : X509_VERIFY_PARAM_set1_host(parameters, host, host.utf8.count)
      guard taken == 1 else { throw TLSError("\(host) cannot be checked") }
    }
    // RFC 6066, 3: a name, never an address.
    guard !isAddress else { return }
    let name = host.hasSuffix(".") ? String(host.dropLast()) : host
    let taken = name.withCString {
      SSL_ctrl(
        ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, Int(TLSEXT_NAMETYPE_host_name),
        UnsafeMutableRawPointer(mutating: $0))
    }
    guard taken == 1 else { throw TLSError("\(host) cannot be named to the server") }
  }

  // MARK: The handshake

  borrowing func handshake() -> TLSHandshake {
    if let failure = state.failure { return .failed(failure) }
    if state.isEstablished { return .done }
    ERR_clear_error()
    let result = SSL_do_handshake(ssl)
    if result == 1 {
      state.isEstablished = true
      state.mayHoldMore = true
      return .done
    }
    switch SSL_get_error(ssl, result) {
    case SSL_ERROR_WANT_READ: return .wantRead
    case SSL_ERROR_WANT_WRITE: return .wantWrite
    case SSL_ERROR_SYSCALL:
      var failure = TLSFailure("the peer closed the connection during the handshake")
      if case .failed(let errno) = state.io { failure = TLSFailure("\(errno)") }
      state.failure = failure
      return .failed(failure)
    default: return .failed(fail())
    }
  }

  /// Reads the queue of errors before anything else can add to it.
  private borrowing func fail() -> TLSFailure {
    let failure = TLSFailure(queue: state)
    state.failure = failure
    ERR_clear_error()
    return failure
  }

  // MARK: Octets

  /// Fills the buffer as far as octets are there, so that one that is not filled means that none are left.
  borrowing func read(into buffer: UnsafeMutableRawBufferPointer) -> IOResult {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return .count(0) }
    if let ending = state.ending { return ending }
    var filled = 0
    while filled < buffer.count {
      ERR_clear_error()
      var count = 0
      if SSL_read_ex(ssl, base + filled, buffer.count - filled, &count) == 1 {
        filled += count
        continue
      }
      let result = ended(SSL_get_error(ssl, 0))
      state.mayHoldMore = false
      if result != .wouldBlock { state.ending = result }
      return filled > 0 ? .count(filled) : result
    }
    state.mayHoldMore = true
    return .count(filled)
  }

  private borrowing func ended(_ error: Int32) -> IOResult {
    state.readNeedsWritable = error == SSL_ERROR_WANT_WRITE
    switch error {
    case SSL_ERROR_WANT_READ, SSL_ERROR_WANT_WRITE: return .wouldBlock
    case SSL_ERROR_ZERO_RETURN: return .closed
    default: return lost(error)
    }
  }

  /// The socket's end, or a fault of the protocol. A close without close_notify is a close: SMPP knows its PDUs'
  /// ends, so nothing can be cut off unseen.
  private borrowing func lost(_ error: Int32) -> IOResult {
    let isEnd = PEM.reason(of: ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING
    switch state.io {
    case .failed(let errno) where error == SSL_ERROR_SYSCALL:
      state.failure = TLSFailure("\(errno)")
      return .failed(errno)
    case _ where error == SSL_ERROR_SYSCALL || isEnd:
      state.failure = TLSFailure("the peer closed the connection")
      return .closed
    default:
      _ = fail()
      return .failed(.protocolFault)
    }
  }

  /// Writes at most one record.
  borrowing func write(_ buffer: UnsafeRawBufferPointer) -> IOResult {
    guard let base = buffer.baseAddress, buffer.count > 0 else { return .count(0) }
    guard state.failure == nil else { return .closed }
    let length = min(buffer.count, TLSSession.recordOctets)
    guard length >= state.sealed else { return .failed(.invalidArgument) }
    ERR_clear_error()
    var count = 0
    if SSL_write_ex(ssl, base, length, &count) == 1 {
      state.sealed = 0
      return .count(count)
    }
    switch SSL_get_error(ssl, 0) {
    case SSL_ERROR_WANT_WRITE:
      if state.sealed == 0 { state.sealed = length }
      return .wouldBlock
    case let error: return lost(error)
    }
  }

  /// Says close_notify, as far as the socket takes it.
  borrowing func notifyClose() {
    // A half-sent record must not be finished by this, and a failed session has said its alert.
    guard state.isEstablished, state.failure == nil, state.sealed == 0 else { return }
    ERR_clear_error()
    SSL_shutdown(ssl)
    ERR_clear_error()
  }

  // MARK: What is to be known

  var hasPending: Bool { state.isEstablished && (state.mayHoldMore || state.ending != nil) }
  var readNeedsWritable: Bool { state.readNeedsWritable }
  var failure: TLSFailure? { state.failure }
  var isEstablished: Bool { state.isEstablished }

  /// Whether the lists of `context` name a certificate of the peer's chain, which was good when the handshake ended.
  borrowing func isRevoked(by context: TLSContext) -> Bool {
    guard let lists = context.revoked, let chain = SSL_get0_verified_chain(ssl) else { return false }
    return (0..<max(0, OPENSSL_sk_num(chain))).contains { index in
      OPENSSL_sk_value(chain, index).map { lists.contain(OpaquePointer($0)) } ?? false
    }
  }

  var peerCertificate: TLSCertificate? { SSL_get0_peer_certificate(ssl).map { TLSCertificate($0) } }

  /// `TLSv1.3`, and the suite's name.
  var version: String { String(cString: SSL_get_version(ssl)) }
  var cipher: String { SSL_CIPHER_get_name(SSL_get_current_cipher(ssl)).map { String(cString: $0) } ?? "" }
}
