import NetIO

extension Configuration.ClientTLS {
  /// Keys of one server: that of now, the next one, and some to spare.
  static let maximumPins = 8

  /// Takes `tls` out of `connect`; nil where there is none.
  static func optional(
    _ connect: inout ObjectReader, secrets: SecretSource
  ) throws(ConfigurationError) -> Configuration.ClientTLS? {
    guard var reader = try connect.optionalObject("tls") else { return nil }
    let tls = try Configuration.ClientTLS(&reader, secrets: secrets)
    try reader.finish()
    return tls
  }

  private init(_ reader: inout ObjectReader, secrets: SecretSource) throws(ConfigurationError) {
    settings = TLSClientSettings()
    settings.minimum = try reader.minimumVersion()
    settings.verification = try reader.word("verify", default: .full)
    for text in try reader.strings("pins", maximum: Self.maximumPins, octets: 1...64) ?? [] {
      do throws(TLSError) {
        settings.pins.append(try KeyPin(text))
      } catch {
        throw reader.error("pins", error.description)
      }
    }
    if settings.verification == .pin, settings.pins.isEmpty {
      throw reader.missing("pins", expected: "the server's key: [\"sha256/…\"] (verify is \"pin\")")
    }
    if let (path, authorities) = try reader.certificates("ca") {
      guard settings.verification == .full || settings.verification == .chain else {
        throw reader.error(
          "ca", "expected no ca where verify is \"\(settings.verification.rawValue)\": no chain is checked")
      }
      authoritiesPath = path
      settings.authorities = authorities
    }
    if let (path, revoked) = try reader.revocationLists() {
      guard settings.verification == .full || settings.verification == .chain else {
        throw reader.error(
          "crl", "expected no crl where verify is \"\(settings.verification.rawValue)\": no chain is checked")
      }
      revokedPath = path
      settings.revoked = revoked
    }
    own = try Configuration.OwnCertificate.optional(&reader, secrets: secrets)
    settings.identity = own?.identity
    serverName = try reader.serverName()
    do throws(TLSError) {
      _ = try TLSContext(settings)
    } catch {
      throw reader.error("", error.description)
    }
  }
}

extension Configuration.ServerTLS {
  /// Takes `tls` out of `listen`; nil where there is none.
  static func optional(
    _ listen: inout ObjectReader, secrets: SecretSource
  ) throws(ConfigurationError) -> Configuration.ServerTLS? {
    guard var reader = try listen.optionalObject("tls") else { return nil }
    let tls = try Configuration.ServerTLS(&reader, secrets: secrets)
    try reader.finish()
    return tls
  }

  private init(_ reader: inout ObjectReader, secrets: SecretSource) throws(ConfigurationError) {
    minimum = try reader.minimumVersion()
    if let (path, authorities) = try reader.certificates("client_ca") {
      clientAuthoritiesPath = path
      clientAuthorities = authorities
    }
    if let (path, revoked) = try reader.revocationLists() {
      guard clientAuthorities != nil else {
        throw reader.missing("client_ca", expected: "the authorities whose clients crl is about")
      }
      revokedPath = path
      self.revoked = revoked
    }
    guard let own = try Configuration.OwnCertificate.optional(&reader, secrets: secrets) else {
      throw reader.missing("certificate", expected: "the path of our certificate in PEM, with its chain")
    }
    self.own = own
    guard let settings else { return }
    do throws(TLSError) {
      _ = try TLSContext(settings)
    } catch {
      throw reader.error("", error.description)
    }
  }
}

extension Configuration.OwnCertificate {
  /// Takes `certificate` and `key`, both or neither.
  fileprivate static func optional(
    _ reader: inout ObjectReader, secrets: SecretSource
  ) throws(ConfigurationError) -> Configuration.OwnCertificate? {
    guard let (path, chain) = try reader.certificates("certificate") else {
      guard reader.take("key") == nil else {
        throw reader.missing("certificate", expected: "the path of the key's certificate in PEM")
      }
      return nil
    }
    let key = try reader.secret("key", from: secrets)
    var own = Configuration.OwnCertificate(path: path, chain: chain, keyOrigin: key.origin)
    // Outside the unit a credential is not there to be looked at.
    guard !key.octets.isEmpty else { return own }
    do throws(TLSError) {
      own.identity = try TLSIdentity(chain: chain, key: key.octets)
    } catch {
      throw reader.error("key", "\(key.origin) \(error)")
    }
    return own
  }
}

extension ObjectReader {
  /// A file of certificates, however many authorities a machine trusts.
  private static let maximumCertificateOctets = 1 << 20

  fileprivate mutating func minimumVersion() throws(ConfigurationError) -> TLSVersion {
    try word("minimum", default: .v1_2)
  }

  /// A path, and the certificates that are there.
  fileprivate mutating func certificates(
    _ key: String
  ) throws(ConfigurationError) -> (path: String, certificates: TLSCertificates)? {
    guard let path = try optionalString(key, octets: 1...4095) else { return nil }
    guard path.hasPrefix("/") else { throw error(key, "expected an absolute path") }
    switch SmallFile.read(path, maximum: Self.maximumCertificateOctets) {
    case .failure(let problem): throw error(key, "\(path) \(problem.text)")
    case .success(let file):
      do throws(TLSError) {
        let certificates = try TLSCertificates(pem: file.octets)
        renote(key, .string(describe(path, certificates)))
        return (path, certificates)
      } catch let wrong {
        throw error(key, "\(path) \(wrong)")
      }
    }
  }

  /// The lists of large public authorities have a few million octets.
  private static let maximumRevocationOctets = 16 << 20

  /// `crl`: a path, and the revocation lists that are there.
  fileprivate mutating func revocationLists() throws(ConfigurationError) -> (
    path: String, lists: RevocationLists
  )? {
    guard let path = try optionalString("crl", octets: 1...4095) else { return nil }
    guard path.hasPrefix("/") else { throw error("crl", "expected an absolute path") }
    switch SmallFile.read(path, maximum: Self.maximumRevocationOctets) {
    case .failure(let problem): throw error("crl", "\(path) \(problem.text)")
    case .success(let file):
      do throws(TLSError) {
        let lists = try RevocationLists(pem: file.octets)
        renote("crl", .string(describe(path, lists)))
        return (path, lists)
      } catch let wrong {
        throw error("crl", "\(path) \(wrong)")
      }
    }
  }

  fileprivate mutating func serverName() throws(ConfigurationError) -> String? {
    guard let name = try optionalString("server_name", octets: 1...253) else { return nil }
    guard name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") }) else {
      throw error("server_name", "expected a host's name or address")
    }
    return name
  }
}

/// The file with its first certificate's subject and end: `/etc/tollgate/acme.pem (CN=acme, until 2026-12-01)`.
private func describe(_ path: String, _ list: TLSCertificates) -> String {
  guard let first = list.certificates.first else { return path }
  let more = list.certificates.count > 1 ? ", and \(list.certificates.count - 1) more" : ""
  return "\(path) (\(first.subject), until \(TLSCertificate.day(first.notAfter))\(more))"
}

/// The file with its first list's issuer, entries and end: `/etc/tollgate/crl.pem (CN=Root: 3 revoked, next list by 2026-12-01)`.
private func describe(_ path: String, _ revoked: RevocationLists) -> String {
  guard let first = revoked.lists.first else { return path }
  let more = revoked.lists.count > 1 ? ", and \(revoked.lists.count - 1) more" : ""
  let end = first.nextUpdate.map { ", next list by \(TLSCertificate.day($0))" } ?? ""
  return "\(path) (\(first.issuer): \(first.count) revoked\(end)\(more))"
}
