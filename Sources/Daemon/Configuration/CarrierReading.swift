import Carriers

extension Configuration.Carrier {
  /// Carriers of one configuration; each holds at least one connection and its own limits.
  static let maximumCount = 64

  static func all(
    _ list: ObjectReader, country: Country, secrets: SecretSource
  ) throws(ConfigurationError) -> [Configuration.Carrier] {
    guard list.names.count <= maximumCount else {
      throw list.error("", "expected at most \(maximumCount) carriers, found \(list.names.count)")
    }
    var list = list
    var carriers: [Configuration.Carrier] = []
    for name in list.names {
      try list.checkName(name)
      var reader = try list.object(name)
      carriers.append(try Configuration.Carrier(&reader, name: name, country: country, secrets: secrets))
      try reader.finish()
    }
    return carriers
  }

  private init(
    _ reader: inout ObjectReader, name: String, country: Country, secrets: SecretSource
  ) throws(ConfigurationError) {
    self.name = name
    for key in ["listen", "accounts"] where reader.take(key) != nil {
      throw reader.error(
        key, "carriers that bind to us come in a later version; expected connect: { host, port }")
    }
    var connect = try reader.object("connect")
    (host, port) = try Self.endpoint(&connect)
    bind = try reader.word("bind", default: .transceiver)
    sessions = try reader.integer("sessions", 1...16, default: 1)
    systemID = try reader.octetString("system_id", maximum: 15)
    guard !systemID.isEmpty else {
      throw reader.missing("system_id", expected: "the name the carrier gave us")
    }
    password = try reader.secret("password", from: secrets)
    try Self.check(password, reader)
    systemType = try reader.octetString("system_type", maximum: 12)
    profile = try CarrierProfile(&reader, country: country)
  }

  private static func endpoint(
    _ connect: inout ObjectReader
  ) throws(ConfigurationError) -> (host: String, port: UInt16) {
    if connect.take("tls") != nil {
      throw connect.error("tls", "TLS to carriers comes in a later version; expected no tls here")
    }
    var host = try connect.string("host", octets: 1...255)
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    guard host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }), !host.isEmpty, !host.contains("/") else {
      throw connect.error("host", "expected a host's name or address")
    }
    let port = try connect.integer("port", 1...65535, default: 2775)
    try connect.finish()
    return (host, UInt16(port))
  }

  private static func check(_ password: Secret, _ reader: ObjectReader) throws(ConfigurationError) {
    guard password.octets.count <= 8 else {
      throw reader.error(
        "password",
        "the secret (\(password.origin)) has \(password.octets.count) octets; SMPP 3.4 allows 8 (5.2.2)")
    }
    guard password.octets.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw reader.error("password", "the secret (\(password.origin)) has characters that are not ASCII")
    }
  }
}

extension ObjectReader {
  /// A C-Octet String of SMPP 3.4 (3.1): ASCII, without its NUL; empty where the key is absent.
  mutating func octetString(_ key: String, maximum: Int) throws(ConfigurationError) -> String {
    let text = try optionalString(key, octets: 0...maximum) ?? ""
    guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) else {
      throw error(key, "expected ASCII characters")
    }
    return text
  }
}
