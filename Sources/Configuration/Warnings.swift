import Carriers
import Glibc
import NetIO
import Settings

extension Configuration {
  /// What can be used and is probably not meant: one line each.
  public var warnings: [String] {
    var list: [String] = []
    for role in socket.roles {
      for user in role.users where UInt32(user) == nil && getpwnam(user) == nil {
        list.append("socket.roles.\(role.name).users: this machine has no user \(user)")
      }
      for group in role.groups where UInt32(group) == nil && getgrnam(group) == nil {
        list.append("socket.roles.\(role.name).groups: this machine has no group \(group)")
      }
    }
    if let group = socket.group, UInt32(group) == nil, getgrnam(group) == nil {
      list.append("socket.group: this machine has no group \(group)")
    }
    if !rules.brand.help.uppercased().contains("STOP") {
      list.append("brand.help: carriers expect that the answer to HELP says how to stop")
    }
    if carriers.isEmpty { list.append("carriers: none is configured; nothing can be sent") }
    for carrier in carriers {
      for (path, secret) in carrier.secrets where secret.octets.isEmpty {
        list.append(
          "carriers.\(carrier.name).\(path): \(secret.origin) was not checked; only the service can read its credentials"
        )
      }
    }
    for carrier in carriers { list += carrier.warnings }
    let now = WallClock.nowMilliseconds / 1000
    for carrier in carriers {
      list += carrier.connect?.tls?.warnings("carriers.\(carrier.name).connect.tls", at: now) ?? []
      list += carrier.listen?.tls?.warnings("carriers.\(carrier.name).listen.tls", at: now) ?? []
    }
    return list
  }
}

extension Configuration.Carrier {
  /// Its passwords, by their place in its part of the configuration.
  fileprivate var secrets: [(path: String, secret: Secret)] {
    switch side {
    case .connect(let connect): [("password", connect.password)]
    case .listen(let listen):
      listen.accounts.flatMap { account in
        [("accounts.\(account.systemID).password", account.password)]
          + (account.outbind.map { [("accounts.\(account.systemID).outbind.password", $0.password)] } ?? [])
      }
    }
  }

  fileprivate var warnings: [String] {
    var list: [String] = []
    func warn(_ key: String, _ text: String) { list.append("carriers.\(name).\(key): \(text)") }
    let window = profile.window * maximumSessions
    if window > 1, Double(window) > 3 * profile.rate {
      // nowsms.com/smsc-speed-limits: more in flight than two or three seconds' worth times out, and stays unresolved.
      warn(
        "window",
        "\(window) requests in flight over all sessions at \(JSONTree.number(profile.rate).text) per second: answers may come after response_timeout_s; 2 to 3 times the rate is enough"
      )
    }
    switch connect?.bind {
    case .transmitter:
      warn("bind", "this carrier receives nothing: answers, STOP and receipts must come by another carrier")
    case .receiver: warn("bind", "this carrier sends nothing")
    case .transceiver, .transmitterReceiver, nil: break
    }
    if profile.inactivityTimeout < profile.enquireLinkAfter + profile.enquireLinkAnswerWithin {
      warn("inactivity_s", "a silent session ends before our enquire_link can be answered")
    }
    if profile.closeAfterUnanswered < profile.enquireLinkAnswerWithin {
      warn("close_after_s", "is less than enquire_link_answer_s")
    }
    return list
  }
}
