import Carriers
import NetIO

extension Configuration.Carrier {
  /// Carriers of one configuration; each holds at least one connection and its own limits.
  static let maximumCount = 64

  static func all(
    _ list: ObjectReader, country: Country, profiles: ProfileShelf, secrets: SecretSource
  ) throws(ConfigurationError) -> [Configuration.Carrier] {
    guard list.names.count <= maximumCount else {
      throw list.error("", "expected at most \(maximumCount) carriers, found \(list.names.count)")
    }
    var list = list
    var carriers: [Configuration.Carrier] = []
    for name in list.names {
      try list.checkName(name)
      var reader = try list.object(name)
      try profiles.lay(&reader)
      carriers.append(try Configuration.Carrier(&reader, name: name, country: country, secrets: secrets))
      try reader.finish()
    }
    try checkShared(carriers, list)
    return carriers
  }

  /// If two carriers share an address, the bind must identify its carrier.
  private static func checkShared(
    _ carriers: [Configuration.Carrier], _ list: ObjectReader
  ) throws(ConfigurationError) {
    var known: [SocketAddress: [String: String]] = [:]
    var ways: [SocketAddress: Configuration.ServerTLS?] = [:]
    for carrier in carriers {
      guard let listen = carrier.listen else { continue }
      if let other = ways.updateValue(listen.tls, forKey: listen.address), other != listen.tls {
        throw list.error(
          carrier.name, "expected carriers that share \(listen.address) to have the same listen.tls")
      }
      for account in listen.accounts {
        if let other = known[listen.address]?[account.systemID] {
          throw list.error(
            carrier.name,
            "the account \(account.systemID) of this address belongs to carrier \(other) already")
        }
        known[listen.address, default: [:]][account.systemID] = carrier.name
      }
    }
  }

  private init(
    _ reader: inout ObjectReader, name: String, country: Country, secrets: SecretSource
  ) throws(ConfigurationError) {
    self.name = name
    if var listen = try reader.optionalObject("listen") {
      guard reader.take("connect") == nil else {
        throw reader.error(
          "connect", "expected connect or listen, not both; configure two carriers if both sides connect")
      }
      side = .listen(try Configuration.Listen(&listen, beside: &reader, secrets: secrets))
    } else {
      side = .connect(try Configuration.Connect(&reader, secrets: secrets))
    }
    profile = try CarrierProfile(&reader, country: country)
    if listen != nil {
      // A deliver_sm asks for no receipt and has no validity_period (SMPP 3.4, 4.6.1): its answer is the outcome.
      profile.registeredDelivery = 0
      profile.validity = nil
    }
  }
}

extension Configuration.Connect {
  /// Hosts of one carrier.
  static let maximumHosts = 8

  init(_ reader: inout ObjectReader, secrets: SecretSource) throws(ConfigurationError) {
    var connect = try reader.object("connect")
    tls = try Configuration.ClientTLS.optional(&connect, secrets: secrets)
    hosts = try Self.hosts(&connect)
    bind = try reader.word("bind", default: .transceiver)
    sessions = try reader.integer("sessions", 1...16, default: 1)
    systemID = try reader.systemID("system_id", expected: "the name the carrier gave us")
    password = try reader.password("password", from: secrets)
    systemType = try reader.octetString("system_type", maximum: 12)
    addressRange = try reader.octetString("address_range", maximum: 40)
    addrTON = UInt8(try reader.integer("addr_ton", 0...255, default: 0))
    addrNPI = UInt8(try reader.integer("addr_npi", 0...255, default: 0))
  }

  private static func hosts(_ connect: inout ObjectReader) throws(ConfigurationError) -> [Endpoint] {
    let port = try connect.integer("port", 1...65535, default: 2775)
    var hosts: [Endpoint] = []
    if let texts = try connect.strings("hosts", maximum: maximumHosts, octets: 1...261) {
      guard connect.take("host") == nil else {
        throw connect.error("hosts", "expected host or hosts, not both")
      }
      guard !texts.isEmpty else { throw connect.error("hosts", "expected at least one host") }
      for text in texts {
        // "name:port", "[::1]:port", or a host alone with the port beside.
        let endpoint = Endpoint(text) ?? Endpoint(host: text, port: UInt16(port))
        hosts.append(try check(endpoint, "hosts", connect))
      }
    } else {
      let host = try connect.string("host", octets: 1...255)
      hosts = [try check(Endpoint(host: host, port: UInt16(port)), "host", connect)]
    }
    try connect.finish()
    return hosts
  }

  private static func check(
    _ endpoint: Endpoint, _ key: String, _ connect: ObjectReader
  ) throws(ConfigurationError) -> Endpoint {
    var host = endpoint.host
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !host.isEmpty, !host.contains("/"),
      endpoint.port > 0
    else { throw connect.error(key, "expected a host's name or address") }
    return Endpoint(host: host, port: endpoint.port)
  }
}

extension Configuration.Listen {
  /// Accounts of one carrier.
  static let maximumAccounts = 64
  /// Sessions of one account.
  static let sessionBounds = 1...4096

  init(
    _ listen: inout ObjectReader, beside reader: inout ObjectReader, secrets: SecretSource
  ) throws(ConfigurationError) {
    let host = try listen.optionalString("host", octets: 1...255, default: "::") ?? "::"
    let port = try listen.integer("port", 1...65535, default: 2775)
    guard let address = SocketAddress(host: host, port: UInt16(port)) else {
      throw listen.error("host", "expected an address of this machine, such as \"::\" or \"192.0.2.1\"")
    }
    self.address = address
    tls = try Configuration.ServerTLS.optional(&listen, secrets: secrets)
    try listen.finish()
    systemID = try reader.optionalString("system_id", octets: 1...15, default: "tollgate") ?? "tollgate"
    var list = try reader.object("accounts")
    accounts = []
    guard !list.names.isEmpty else {
      throw reader.error("accounts", "expected at least one account: { SYSTEM_ID: { password, … } }")
    }
    guard list.names.count <= Self.maximumAccounts else {
      throw reader.error(
        "accounts", "expected at most \(Self.maximumAccounts) accounts, found \(list.names.count)")
    }
    for name in list.names {
      guard (1...15).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
        throw list.error(name, "expected a system_id of 1 to 15 ASCII characters (SMPP 3.4, 5.2.1)")
      }
      var account = try list.object(name)
      accounts.append(try Configuration.Account(&account, systemID: name, secrets: secrets))
      try account.finish()
    }
  }
}

extension Configuration.Account {
  init(_ reader: inout ObjectReader, systemID: String, secrets: SecretSource) throws(ConfigurationError) {
    self.systemID = systemID
    password = try reader.password("password", from: secrets)
    sessions = try reader.integer("sessions", Configuration.Listen.sessionBounds, default: 2)
    from = []
    for text in try reader.strings("from", maximum: 64, octets: 1...64, unset: "anywhere") ?? [] {
      guard let range = AddressRange(text) else {
        throw reader.error(
          "from", "expected addresses such as \"192.0.2.7\" or \"192.0.2.0/24\", found \"\(text)\"")
      }
      from.append(range)
    }
    if var outbind = try reader.optionalObject("outbind") {
      self.outbind = Configuration.OutbindIdentity(
        bind: try outbind.word("bind", default: .receiver),
        systemID: try outbind.systemID("system_id", expected: "the name the carrier gave us"),
        password: try outbind.password("password", from: secrets),
        systemType: try outbind.octetString("system_type", maximum: 12))
      if self.outbind?.bind == .transmitterReceiver {
        throw outbind.error(
          "bind", "expected \"transceiver\", \"transmitter\" or \"receiver\": an outbind is one session")
      }
      try outbind.finish()
    }
  }
}

extension ObjectReader {
  /// `system_id` (SMPP 3.4, 5.2.1).
  mutating func systemID(_ key: String, expected: String) throws(ConfigurationError) -> String {
    let systemID = try octetString(key, maximum: 15)
    guard !systemID.isEmpty else { throw missing(key, expected: expected) }
    return systemID
  }

  /// The longest `password` that `long_password: true` lets through.
  static let longestPassword = 64

  /// A secret that is a `password` (SMPP 3.4, 5.2.2); `long_password` beside it says that the peer takes, or sends, more than
  /// the 8 characters of the specification.
  mutating func password(_ key: String, from secrets: SecretSource) throws(ConfigurationError) -> Secret {
    let password = try secret(key, from: secrets)
    let isLong = try bool("long_password", default: false)
    guard password.octets.count <= (isLong ? Self.longestPassword : 8) else {
      throw error(
        key,
        "the secret (\(password.origin)) has \(password.octets.count) octets; "
          + (isLong
            ? "expected at most \(Self.longestPassword)"
            : "SMPP 3.4 allows 8 (5.2.2); if the carrier accepts more, set long_password: true"))
    }
    guard password.octets.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw error(key, "the secret (\(password.origin)) has characters that are not ASCII")
    }
    return password
  }

  /// A C-Octet String of SMPP 3.4 (3.1): ASCII, without its NUL; empty where the key is absent.
  mutating func octetString(_ key: String, maximum: Int) throws(ConfigurationError) -> String {
    let text = try optionalString(key, octets: 0...maximum, default: "") ?? ""
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw error(key, "expected ASCII characters")
    }
    return text
  }
}
