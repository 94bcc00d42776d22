import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import SMPP
import SMPPSession

/// Carriers we connect to: finding them, connecting, and when to try again.
extension NetworkLoop {
  /// The limits and timers of a session with a carrier of this profile.
  static func sessionConfiguration(_ profile: CarrierProfile) -> SMPPSession.Configuration {
    var configuration = SMPPSession.Configuration()
    configuration.window = profile.window
    configuration.sessionInitTimeout = profile.bindTimeout
    configuration.enquireLinkAfter = profile.enquireLinkAfter
    configuration.enquireLinkAnswerWithin = profile.enquireLinkAnswerWithin
    configuration.enquireLinkMisses = profile.enquireLinkMisses
    configuration.responseTimeout = profile.responseTimeout
    configuration.closeAfterUnanswered = profile.closeAfterUnanswered
    configuration.inactivityTimeout = profile.inactivityTimeout
    return configuration
  }

  static func session(
    _ connect: Configuration.Connect, _ profile: CarrierProfile, _ bind: BindType
  ) -> SMPPSession {
    let identity = Bind(
      systemID: COctetString(connect.systemID), password: COctetString(octets: connect.password.octets),
      systemType: COctetString(connect.systemType), interfaceVersion: profile.interfaceVersion,
      addrTON: connect.addrTON, addrNPI: connect.addrNPI, addressRange: COctetString(connect.addressRange))
    return SMPPSession(role: .esme(bind, identity), configuration: sessionConfiguration(profile))
  }

  /// What the configuration says of the carrier a link of ours connects to.
  private func destination(_ link: CarrierLink) -> (Configuration.Connect, CarrierProfile)? {
    guard let place = link.carrier, let connect = peers[place].configuration.connect else { return nil }
    return (connect, peers[place].configuration.profile)
  }

  func connect(_ link: CarrierLink) {
    guard let (connect, _) = destination(link) else { return }
    link.phase = .resolving
    link.addresses = []
    announce(link, .connecting)
    let host = connect.hosts[link.host % connect.hosts.count]
    if !sockets.resolve(host, token: UInt64(link.index)) {
      wait(link, after: .notConnected, reason: "too many names are being resolved")
    }
  }

  func resolved(_ answer: Resolver.Answer) {
    guard links.indices.contains(Int(answer.token)) else { return }
    let link = links[Int(answer.token)]
    guard link.phase == .resolving else { return }
    switch answer.result {
    case .success(let addresses):
      link.addresses = addresses
      tryNextAddress(link, "the name has no address")
    case .failure(let failure): wait(link, after: .notConnected, reason: "\(failure)")
    }
    schedule(link)
  }

  func tryNextAddress(_ link: CarrierLink, _ reason: String) {
    drop(link)
    guard !link.addresses.isEmpty, let (connect, profile) = destination(link) else {
      return wait(link, after: .notConnected, reason: reason)
    }
    let address = link.addresses.removeFirst()
    do {
      var connection = try sockets.connect(to: address)
      try startTLS(&connection, link, connect)
      let token = try sockets.add(connection, [.readable, .writable])
      link.connection = consume connection
      link.watchesWritable = true
      link.phase = .connecting(token)
      link.connectDeadline = now + profile.bindTimeout
      byToken[token] = link
    } catch {
      tryNextAddress(link, "\(error)")
    }
  }

  func connected(_ link: CarrierLink, _ token: EventLoop.Token) {
    guard let (connect, profile) = destination(link) else { return }
    link.connectDeadline = nil
    link.addresses = []
    link.session = NetworkLoop.session(connect, profile, link.bind)
    opened(link, token)
    announce(link, .binding)
    link.session.connected(at: now, into: &actions)
    perform(on: link, body: nil)
  }

  /// Sets the next attempt's time and host, and announces the state.
  func wait(_ link: CarrierLink, after ending: ReconnectBackoff.Ending, reason: String) {
    let delay = link.backoff.delay(after: ending, using: &random)
    link.phase = .idle(until: now + delay)
    if case .notConnected = ending { link.host += 1 }
    let isRefused =
      if case .refused(let status) = ending { ReconnectBackoff.Refusal(status) == .credentials } else {
        false
      }
    announce(link, .waiting, reason: reason, retry: delay, credentialsRefused: isRefused)
    schedule(link)
  }
}
