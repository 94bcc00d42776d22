import Carriers
import Glibc
import NetIO
import SMPP

extension Configuration {
  /// Every value in force, as `path` and value, in the file's order: what `tollgate config check` prints.
  public var effective: [(path: String, value: String)] {
    var list: [(path: String, value: String)] = [
      ("state", state), ("socket.path", socket.path), ("socket.group", socket.group ?? "(the process's own)"),
      ("socket.mode", octal(socket.mode)),
    ]
    for role in socket.roles {
      let path = "socket.roles.\(role.name)"
      if !role.users.isEmpty { list.append((path + ".users", role.users.joined(separator: ", "))) }
      if !role.groups.isEmpty { list.append((path + ".groups", role.groups.joined(separator: ", "))) }
      list.append((path + ".may", role.may.joined(separator: ", ")))
      list.append((path + ".numbers", role.numbers?.joined(separator: ", ") ?? "(all)"))
      list.append((path + ".sees", role.sees.map(\.rawValue).joined(separator: ", ")))
    }
    list += [
      ("brand.name", brand.name), ("brand.help", brand.help), ("brand.country", brand.country),
      ("brand.stop_confirmation", brand.stopConfirmation),
      ("brand.start_confirmation", brand.startConfirmation),
    ]
    for carrier in carriers { list += carrier.effective }
    list += [
      ("limits.inbound_mailbox", "\(limits.inboundMailbox)"), ("limits.commands", "\(limits.commands)"),
      ("limits.connections", "\(limits.connections)"), ("limits.feed_max_mib", "\(limits.feedMaxMebibytes)"),
      ("limits.feed_keep_hours", "\(limits.feedKeep.components.seconds / 3600)"),
      ("limits.queue_per_number", "\(limits.queuePerNumber)"),
      ("limits.campaign_recipients", "\(limits.campaignRecipients)"),
      ("limits.reassembly_parts", "\(limits.reassemblyParts)"),
      ("limits.trace_mib", "\(limits.traceMebibytes)"),
      ("limits.drain_s", seconds(limits.drain)),
      ("alerts.to_rep", "\(alerts.toRep)"), ("alerts.text", alerts.text ?? "(built in)"),
    ]
    return list
  }

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
    if !brand.help.uppercased().contains("STOP") {
      list.append("brand.help: carriers expect the answer to HELP to say how to stop")
    }
    if carriers.isEmpty { list.append("carriers: there is none; nothing can be sent") }
    for carrier in carriers {
      for (path, secret) in carrier.secrets where secret.octets.isEmpty {
        list.append(
          "carriers.\(carrier.name).\(path): \(secret.origin) was not looked at; systemd passes it to the service"
        )
      }
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

  private var whoAndWhere: [(String, String)] {
    switch side {
    case .connect(let connect):
      return [
        ("connect", connect.hosts.map(\.description).joined(separator: ", ")),
        ("bind", connect.bind.rawValue), ("sessions", "\(connect.sessions)"), ("system_id", connect.systemID),
        ("password", "\(connect.password)"),
        ("system_type", connect.systemType.isEmpty ? "(empty)" : connect.systemType),
      ]
    case .listen(let listen):
      var list = [("listen", "\(listen.address)"), ("system_id", listen.systemID)]
      for account in listen.accounts {
        let path = "accounts.\(account.systemID)"
        list += [
          (path + ".password", "\(account.password)"), (path + ".sessions", "\(account.sessions)"),
          (
            path + ".from",
            account.from.isEmpty ? "(anywhere)" : account.from.map(\.description).joined(separator: ", ")
          ),
        ]
        if let outbind = account.outbind {
          list += [
            (path + ".outbind.bind", outbind.bind.rawValue), (path + ".outbind.system_id", outbind.systemID),
            (path + ".outbind.password", "\(outbind.password)"),
            (path + ".outbind.system_type", outbind.systemType.isEmpty ? "(empty)" : outbind.systemType),
          ]
        }
      }
      return list
    }
  }

  fileprivate var effective: [(path: String, value: String)] {
    let plan = profile.addresses
    let values: [(String, String)] =
      whoAndWhere + [
        ("window", "\(profile.window)"),
        ("rate", "\(profile.rate) segments per second"),
        ("jitter_guard_ms", "\(milliseconds(profile.jitterGuard))"),
        ("default_alphabet", profile.defaultAlphabet.rawValue),
        ("long_messages", profile.longMessages.rawValue),
        ("addresses.source", "ton \(plan.sourceTON), npi \(plan.sourceNPI)"),
        ("addresses.destination", "ton \(plan.destinationTON), npi \(plan.destinationNPI)"),
        ("addresses.short_code", "ton \(plan.shortCodeTON), npi \(plan.shortCodeNPI)"),
        ("user_message_reference", profile.userMessageReference.rawValue),
        ("receipts.id", profile.receipts.id.rawValue), ("enquire_link_s", seconds(profile.enquireLinkAfter)),
        ("enquire_link_answer_s", seconds(profile.enquireLinkAnswerWithin)),
        ("response_timeout_s", seconds(profile.responseTimeout)),
        ("close_after_s", seconds(profile.closeAfterUnanswered)),
        ("bind_timeout_s", seconds(profile.bindTimeout)),
        ("inactivity_s", seconds(profile.inactivityTimeout)),
      ]
    return values.map { ("carriers.\(name).\($0.0)", $0.1) }
  }
}

private func milliseconds(_ duration: Duration) -> Int64 {
  duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000
}

private func seconds(_ duration: Duration) -> String {
  let inMilliseconds = milliseconds(duration)
  return inMilliseconds % 1000 == 0 ? "\(inMilliseconds / 1000)" : "\(Double(inMilliseconds) / 1000)"
}
