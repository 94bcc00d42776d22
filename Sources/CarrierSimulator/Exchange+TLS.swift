import NetIO

/// TLS on the connections of ESMEs.
extension Exchange {
  /// Goes on with a handshake as far as the socket allows, then begins the session.
  func shakeHands(_ link: Link) {
    link.isSecuring = true
    switch link.handshake() {
    case .wantRead: loop.modify(link.token, .readable)
    case .wantWrite: loop.modify(link.token, .writable)
    case .failed(let failure):
      tell(.handshakeFailed(failure.description))
      lost(link)
    case .done:
      loop.modify(link.token, .readable)
      begin(link)
      read(link)
    }
  }
}

extension Link {
  func handshake() -> TLSHandshake { connection.handshake() }

  /// Octets are here that no event will tell of.
  var hasPending: Bool { connection.hasPending }
}

extension Optional where Wrapped == Connection {
  fileprivate borrowing func handshake() -> TLSHandshake {
    switch self {
    case .some(let connection): connection.handshake()
    case .none: .wantRead
    }
  }

  fileprivate var hasPending: Bool {
    switch self {
    case .some(let connection): connection.hasPending
    case .none: false
    }
  }
}
