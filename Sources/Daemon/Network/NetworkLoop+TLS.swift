import Configuration
import Contract
import NetIO
import SMPPSession

/// TLS: handshakes between a connection's coming about and its session, and octets that epoll does not see.
extension NetworkLoop {
  /// The reason for a handshake that reaches the bind time-out.
  private static let tookTooLong = "tls: the peer did not finish the handshake in time"

  /// The reason of a peer whose certificate was good when its handshake began.
  private static let revokedSince = "tls: the peer's certificate has been revoked since it connected"

  // MARK: The handshake

  /// A connection of ours may begin TLS before it stands; nothing is sent until `secure`.
  func startTLS(
    _ connection: inout Connection, _ link: CarrierLink, _ connect: Configuration.Connect
  ) throws(TLSError) {
    guard let place = link.carrier, let client = tls.clients[peers[place].configuration.name] else { return }
    let host = connect.hosts[link.host % connect.hosts.count].host
    try connection.startTLS(client.context, host: client.serverName ?? host)
  }

  /// The TCP connection stands: the handshake, then the session.
  func secure(_ link: CarrierLink, _ token: EventLoop.Token) {
    link.phase = .securing(token)
    shakeHands(link, token)
  }

  func shakeHands(_ link: CarrierLink, _ token: EventLoop.Token) {
    switch link.connection.handshake() {
    case .wantRead: watch(link, token, .readable)
    case .wantWrite: watch(link, token, .writable)
    case .failed(let failure): handshakeFailed(link, failure.description)
    case .done where isRevoked(link): handshakeFailed(link, NetworkLoop.revokedSince)
    case .done:
      watch(link, token, .readable)
      begin(link, token)
      // What came along with the handshake's end is in OpenSSL already.
      if link.connection.hasPending { unread.append(link) }
    }
  }

  /// The session begins on a connection that stands, plain or secured.
  func begin(_ link: CarrierLink, _ token: EventLoop.Token) {
    switch link.origin {
    case .ours: connected(link, token)
    case .theirs:
      link.connectDeadline = nil
      opened(link, token)
      link.session.connected(at: now, into: &actions)
      perform(on: link, body: nil)
    }
    schedule(link)
  }

  func handshakeTimedOut(_ link: CarrierLink) { handshakeFailed(link, NetworkLoop.tookTooLong) }

  /// The handshake failed. Our own connection tries the carrier's next address; an accepted one ends at its listener.
  private func handshakeFailed(_ link: CarrierLink, _ reason: String) {
    guard case .theirs = link.origin else {
      tryNextAddress(link, reason)
      schedule(link)
      return
    }
    journal.writeLimited(.warning, key: .accept, "\(name(link)) event=refused reason=\"\(reason)\"")
    drop(link)
    left(link, reason: reason)
  }

  private func watch(_ link: CarrierLink, _ token: EventLoop.Token, _ interest: EventLoop.Interest) {
    link.watchesWritable = interest.contains(.writable)
    sockets.modify(token, interest)
  }

  // MARK: Octets

  /// Reads on where the last pass stopped with octets in hand.
  func readOn() {
    let waiting = unread
    unread.removeAll(keepingCapacity: true)
    for link in waiting {
      read(link)
      schedule(link)
    }
  }

  /// Why a connection ended, in words: what the session ended by, else what TLS knows.
  func reason(_ link: CarrierLink, _ errno: Errno? = nil) -> String {
    if let ending = link.session.ending { return ending.description }
    if let failure = link.connection.tlsFailure { return failure }
    let why = errno.map { "\($0)" } ?? "the carrier closed the connection"
    if case .binding = link.session.state { return why + " before it answered the bind" }
    return why
  }

  /// What a peer that speaks TLS sends to a plain port, or answers there: a handshake or an alert as its first record.
  static func isTLS(commandLength: UInt32) -> Bool {
    let start = commandLength >> 8
    return start >= 0x16_0300 && start <= 0x16_0304 || start >= 0x15_0300 && start <= 0x15_0304
  }

  // MARK: New certificates

  /// Takes contexts of a new reading: for handshakes from now on. Sessions stay, unless the new lists name their peers.
  func renewTLS() {
    guard let renewed = control.takeContexts() else { return }
    tls = renewed
    for link in bySerial.values.sorted(by: { $0.serial < $1.serial }) where isRevoked(link) {
      if link.isUndecided {
        journal.writeLimited(
          .warning, key: .accept, "\(name(link)) event=refused reason=\"\(NetworkLoop.revokedSince)\"")
      }
      end(link, reason: NetworkLoop.revokedSince, retry: true)
      schedule(link)
    }
  }

  /// Whether the lists in force name a certificate that the peer showed.
  private func isRevoked(_ link: CarrierLink) -> Bool {
    switch link.origin {
    case .ours:
      guard let place = link.carrier, let client = tls.clients[peers[place].configuration.name] else {
        return false
      }
      return link.connection.isRevoked(by: client.context)
    case .theirs(let listener, _):
      guard let context = tls.servers[listeners[listener].address] else { return false }
      return link.connection.isRevoked(by: context)
    }
  }

  /// A peer that is bound has shown a certificate: its end is watched.
  func watchCertificate(_ link: CarrierLink) {
    guard let place = link.carrier, let certificate = link.connection.peerCertificate else { return }
    control.presented(certificate, by: peers[place].configuration.name)
  }
}

extension Optional where Wrapped == Connection {
  borrowing func handshake() -> TLSHandshake {
    switch self {
    case .some(let connection): connection.handshake()
    case .none: .wantRead
    }
  }

  var hasPending: Bool {
    switch self {
    case .some(let connection): connection.hasPending
    case .none: false
    }
  }

  borrowing func isRevoked(by context: TLSContext) -> Bool {
    switch self {
    case .some(let connection): connection.isRevoked(by: context)
    case .none: false
    }
  }

  var readNeedsWritable: Bool {
    switch self {
    case .some(let connection): connection.readNeedsWritable
    case .none: false
    }
  }

  var isTLS: Bool {
    switch self {
    case .some(let connection): connection.isTLS
    case .none: false
    }
  }

  var tlsFailure: String? {
    switch self {
    case .some(let connection): connection.tlsFailure?.description
    case .none: nil
    }
  }

  var peerCertificate: TLSCertificate? {
    switch self {
    case .some(let connection): connection.peerCertificate
    case .none: nil
    }
  }
}
