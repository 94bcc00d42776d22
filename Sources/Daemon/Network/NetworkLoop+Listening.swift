import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import SMPP
import SMPPSession

/// Carriers that connect to us: listeners, accounts, and which carrier a connection belongs to.
extension NetworkLoop {
  /// Opens the listener of a carrier, or adds the carrier's accounts to a listener that is open.
  func open(_ listen: Configuration.Listen, of place: Int, _ profile: CarrierProfile) throws {
    let listener: Int
    if let known = listeners.firstIndex(where: { $0.address == listen.address }) {
      listener = known
    } else {
      let token: EventLoop.Token
      do {
        token = try sockets.listen(on: listen.address, dualStack: listen.address.host == "::")
      } catch {
        throw StartError(
          "carriers.\(peers[place].configuration.name): cannot listen on \(listen.address): \(error)")
      }
      listeners.append(CarrierListener(address: listen.address, bindTimeout: profile.bindTimeout))
      listener = listeners.count - 1
      listeners[listener].token = token
    }
    listeners[listener].bindTimeout = min(listeners[listener].bindTimeout, profile.bindTimeout)
    for account in listen.accounts { listeners[listener].accounts.add(account, of: place) }
  }

  func closeListeners() {
    for index in listeners.indices {
      if let token = listeners[index].token.take() { sockets.close(listener: token) }
    }
  }

  // MARK: Accepting

  /// Connections taken in one pass, so that a flood of them does not hold up the bound ones.
  private static let acceptBudget = 64

  func accept(at listener: Int) {
    for _ in 0..<NetworkLoop.acceptBudget {
      guard let token = listeners[listener].token else { return }
      switch sockets.accept(at: token) {
      case .connection(let connection, let address):
        if let reason = listeners[listener].accounts.refusal(of: address) {
          journal.writeLimited(
            .warning, key: .accept,
            "listen=\(listeners[listener].address) event=refused from=\(address.host) reason=\"\(reason)\"")
          connection.close()
        } else {
          admit(connection, from: address, at: listener)
        }
      case .turnedAway:
        journal.writeLimited(
          .critical, key: .accept,
          "listen=\(listeners[listener].address) event=turned_away no descriptor is left")
      case .starved(let errno): return acceptFailed(errno, at: listener)
      case .failed(let errno): return acceptFailed(errno, at: listener)
      case .wouldBlock: return
      }
    }
  }

  private func acceptFailed(_ errno: Errno, at listener: Int) {
    journal.writeLimited(
      .critical, key: .accept, "listen=\(listeners[listener].address) event=accept_failed \(errno)")
    pause(listener, until: now + .seconds(1))
  }

  private func admit(_ connection: consuming Connection, from address: SocketAddress, at listener: Int) {
    var connection = connection
    var configuration = SMPPSession.Configuration()
    configuration.sessionInitTimeout = listeners[listener].bindTimeout
    let link = CarrierLink(
      index: -1, carrier: nil, ordinal: 0, bind: .transceiver,
      origin: .theirs(listener: listener, from: address),
      session: SMPPSession(role: .smsc, configuration: configuration))
    let isSecured = tls.servers[listeners[listener].address].map { (try? connection.startTLS($0)) != nil }
    guard isSecured != false, let token = try? sockets.add(connection, .readable) else {
      return connection.close()
    }
    link.connection = consume connection
    byToken[token] = link
    link.isUndecided = true
    link.arrival = nextArrival
    nextArrival += 1
    unbound[link.arrival] = link
    if let crowded = listeners[listener].accounts.connected(link.arrival, from: address) {
      makeRoom(crowded)
    }
    guard isSecured == nil else {
      // The handshake and the bind each have the whole time: the handshake comes first and is quick.
      link.connectDeadline = now + listeners[listener].bindTimeout
      secure(link, token)
      return schedule(link)
    }
    begin(link, token)
  }

  /// Closes a connection without a bind, to make room for another one.
  private func makeRoom(_ arrival: Int) {
    guard let link = unbound[arrival] else { return }
    journal.writeLimited(
      .warning, key: .accept,
      "\(name(link)) event=dropped limit=unbound_connections the oldest connection without a bind made room")
    end(link, reason: "too many connections without a bind", retry: false)
  }

  /// Stops accepting for a while, since descriptors are short.
  private func pause(_ listener: Int, until: Duration) {
    listeners[listener].opensAt = until
    if let token = listeners[listener].token { sockets.modify(token, []) }
  }

  /// Accepts again at listeners that ran short of descriptors.
  func reopenListeners() {
    for listener in listeners.indices {
      guard let time = listeners[listener].opensAt, time <= now else { continue }
      listeners[listener].opensAt = nil
      if let token = listeners[listener].token { sockets.modify(token, .readable) }
    }
  }

  /// A connection without a bind has got one, was refused it, or is gone.
  func settle(_ link: CarrierLink) {
    guard link.isUndecided, case .theirs(let listener, let address) = link.origin else { return }
    link.isUndecided = false
    unbound[link.arrival] = nil
    listeners[listener].accounts.settled(link.arrival, from: address)
  }

  // MARK: Binds

  /// A bind came on an accepted connection: whose it is, and whether it may.
  func bindRequested(_ type: BindType, _ bind: Bind, _ link: CarrierLink) {
    guard case .theirs(let listener, let address) = link.origin else { return }
    // An outbind may wait for its late answer: the bind takes its place.
    stopWaiting(link)
    switch listeners[listener].accounts.decide(
      systemID: bind.systemID, password: bind.password, from: address, at: now)
    {
    case .accepted(let place, .zero): accept(type, link, as: place, at: listener)
    case .accepted(let place, let delay):
      link.answerDue = .init(at: now + delay, answer: .accepted(type, account: place))
    case .refused(let refusal):
      refused(refusal, "bind", from: address, at: listener)
      if refusal.status == .ESME_RALYBND { probe(bind.systemID, at: listener) }
      guard refusal.after > .zero else {
        settle(link)
        return link.session.authorise(.refused(refusal.status), at: now, into: &actions)
      }
      link.answerDue = .init(at: now + refusal.after, answer: .refused(refusal.status))
    }
  }

  private func refused(
    _ refusal: ListenerAccounts.Refusal, _ what: String, from address: SocketAddress, at listener: Int
  ) {
    journal.writeLimited(
      .warning, key: .accept,
      "listen=\(listeners[listener].address) event=\(what)_refused from=\(address.host) status=\(refusal.status.name) reason=\"\(refusal.reason)\""
    )
    guard refusal.isAlarming else { return }
    outgoing.append(
      .guessing(GuessingNotice(from: "\(address.host)", listen: "\(listeners[listener].address)")))
  }

  /// The delay of an answer is over.
  func answerLate(_ link: CarrierLink, _ answer: CarrierLink.LateAnswer.Answer) {
    guard case .theirs(let listener, _) = link.origin else { return }
    stopWaiting(link)
    switch answer {
    case .accepted(let type, let place) where listeners[listener].accounts.hasRoom(place):
      accept(type, link, as: place, at: listener)
    case .accepted:
      settle(link)
      link.session.authorise(.refused(.ESME_RALYBND), at: now, into: &actions)
    case .outbind(let place, let identity) where listeners[listener].accounts.hasRoom(place):
      obey(link, as: place, identity, at: listener)
    case .refused(let status):
      settle(link)
      link.session.authorise(.refused(status), at: now, into: &actions)
    case .outbind, .close:
      settle(link)
      link.closing = "outbind not authorised"
    }
  }

  private func stopWaiting(_ link: CarrierLink) {
    guard link.answerDue != nil, case .theirs(let listener, let address) = link.origin else { return }
    link.answerDue = nil
    listeners[listener].accounts.answered(from: address)
  }

  private func accept(_ type: BindType, _ link: CarrierLink, as place: Int, at listener: Int) {
    guard case .theirs(_, let address) = link.origin else { return }
    let carrier = listeners[listener].accounts.entries[place].carrier
    guard drainUntil == nil else {
      return link.session.authorise(.refused(.ESME_RBINDFAIL), at: now, into: &actions)
    }
    settle(link)
    link.account = place
    listeners[listener].accounts.bound(place, from: address)
    link.bind = type
    adopt(link, by: carrier)
    let configuration = peers[carrier].configuration
    link.session.authorise(
      .accepted(BindResp(systemID: COctetString(configuration.listen?.systemID ?? "tollgate"))),
      configuration: NetworkLoop.sessionConfiguration(configuration.profile), at: now, into: &actions)
    becameBound(link)
  }

  /// The connection is a session of this carrier from now on.
  private func adopt(_ link: CarrierLink, by carrier: Int) {
    let taken = Set(peers[carrier].links.map(\.ordinal))
    link.carrier = carrier
    link.ordinal = (0...taken.count).first { !taken.contains($0) } ?? taken.count
    peers[carrier].links.append(link)
    live.opened(carrier, link.ordinal, "\(link.bind)", window: peers[carrier].configuration.profile.window)
  }

  /// An account's sessions are all taken: if one of them is dead, the enquiry shows it, and the next bind finds room.
  private func probe(_ systemID: COctetString, at listener: Int) {
    for link in bySerial.values.sorted(by: { $0.serial < $1.serial }) {
      guard case .theirs(listener, _) = link.origin, let place = link.account,
        COctetString(listeners[listener].accounts.entries[place].account.systemID) == systemID
      else { continue }
      var enquiries: [SMPPSession.Action] = []
      link.session.probe(at: now, into: &enquiries)
      for case .send(let pdu) in enquiries { write(pdu, on: link) }
    }
  }

  // MARK: Outbind

  /// The SMSC called and asks us to bind (SMPP 3.4, 4.1.7).
  func outbindReceived(_ outbind: Outbind, _ link: CarrierLink) {
    guard case .theirs(let listener, let address) = link.origin else { return }
    switch listeners[listener].accounts.decide(outbind: outbind, from: address, at: now) {
    case .accepted(let place, let identity, .zero): obey(link, as: place, identity, at: listener)
    case .accepted(let place, let identity, let delay):
      link.answerDue = .init(at: now + delay, answer: .outbind(account: place, identity))
    case .refused(let refusal):
      refused(refusal, "outbind", from: address, at: listener)
      // Only a late answer is waited for, and counted.
      guard refusal.after > .zero else { return answerLate(link, .close) }
      link.answerDue = .init(at: now + refusal.after, answer: .close)
    }
  }

  /// Binds to the SMSC that called.
  private func obey(
    _ link: CarrierLink, as place: Int, _ identity: Configuration.OutbindIdentity, at listener: Int
  ) {
    guard case .theirs(_, let address) = link.origin else { return }
    guard drainUntil == nil else {
      link.closing = "shutdown"
      return
    }
    settle(link)
    link.account = place
    listeners[listener].accounts.bound(place, from: address)
    let carrier = listeners[listener].accounts.entries[place].carrier
    link.bind = identity.bind.binds[0]
    adopt(link, by: carrier)
    announce(link, .binding)
    let bind = Bind(
      systemID: COctetString(identity.systemID), password: COctetString(octets: identity.password.octets),
      systemType: COctetString(identity.systemType),
      interfaceVersion: peers[carrier].configuration.profile.interfaceVersion)
    link.session.becomeESME(
      link.bind, bind,
      configuration: NetworkLoop.sessionConfiguration(peers[carrier].configuration.profile), at: now,
      into: &actions)
  }

  // MARK: Ending

  /// An accepted connection is over.
  func left(_ link: CarrierLink, reason: String) {
    guard case .theirs(let listener, _) = link.origin else { return }
    link.phase = .ended
    stopWaiting(link)
    guard let place = link.account, let carrier = link.carrier else { return settle(link) }
    listeners[listener].accounts.ended(place)
    announce(link, .waiting, reason: reason)
    peers[carrier].links.removeAll { $0 === link }
    live.closed(carrier, link.ordinal)
  }
}
