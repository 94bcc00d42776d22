public import NetIO
import Settings

extension Configuration {
  /// `connect.tls`: TLS to a carrier that we connect to. `{}` is enough where its certificate is of a public authority.
  public struct ClientTLS: Sendable, Equatable {
    /// `verify`, `ca`, `pins` and `minimum`, with what the files hold. Without `certificate` where its key was not seen.
    public var settings: TLSClientSettings
    /// `ca`: the file with the authorities we trust; nil: those of this machine.
    public var authoritiesPath: String?
    /// `crl`: the file with the certificates that authorities took back; nil: none is looked for.
    public var revokedPath: String?
    /// `certificate` and `key`: who we are, where the carrier asks.
    public var own: OwnCertificate?
    /// `server_name`: whom we ask for and whose certificate we expect; nil: the host.
    public var serverName: String?
  }

  /// `listen.tls`: TLS from carriers that connect to us.
  public struct ServerTLS: Sendable, Equatable {
    /// `certificate` and `key`.
    public var own: OwnCertificate
    /// `client_ca`: the file with the authorities of which a client needs a certificate; nil: clients need none.
    public var clientAuthoritiesPath: String?
    public var clientAuthorities: TLSCertificates?
    /// `crl`: the file with the clients' certificates that authorities took back; nil: none is looked for.
    public var revokedPath: String?
    public var revoked: RevocationLists?
    /// `minimum`
    public var minimum: TLSVersion

    /// Nil where the key was not seen: then nothing can be served.
    public var settings: TLSServerSettings? {
      guard let identity = own.identity else { return nil }
      var settings = TLSServerSettings(identity: identity)
      settings.minimum = minimum
      settings.clientAuthorities = clientAuthorities
      settings.revoked = revoked
      return settings
    }
  }

  /// `certificate` and `key`: our own certificate, with the chain behind it, and its key.
  public struct OwnCertificate: Sendable, Equatable {
    /// `certificate`: a file in PEM, ours first.
    public var path: String
    public var chain: TLSCertificates
    /// Where the key came from, in words.
    public var keyOrigin: String
    /// Nil: a check by hand did not see the key.
    public var identity: TLSIdentity?
  }
}

// MARK: - What is probably not meant

extension Configuration.ClientTLS {
  /// One line each, under the path of `tls`.
  func warnings(_ path: String, at now: Int64) -> [String] {
    var list = own?.warnings(path, at: now) ?? []
    if settings.verification == .none {
      list.append("\(path).verify: \"none\" accepts any certificate; use \"none\" for trials only")
    }
    return list + expired(settings.authorities, path + ".ca", at: now)
      + ended(settings.revoked, path, at: now)
  }
}

extension Configuration.ServerTLS {
  func warnings(_ path: String, at now: Int64) -> [String] {
    own.warnings(path, at: now) + expired(clientAuthorities, path + ".client_ca", at: now)
      + ended(revoked, path, at: now)
  }
}

extension Configuration.OwnCertificate {
  fileprivate func warnings(_ path: String, at now: Int64) -> [String] {
    var list: [String] = []
    if identity == nil {
      list.append("\(path).key: \(keyOrigin) was not checked; only the service can read its credentials")
    }
    guard let certificate = chain.certificates.first else { return list }
    if certificate.notAfter <= now {
      list.append(
        "\(path).certificate: has expired (notAfter \(TLSCertificate.day(certificate.notAfter)))")
    } else if (certificate.notAfter - now) * 1000 < CertificateAlarm.early {
      list.append("\(path).certificate: expires on \(TLSCertificate.day(certificate.notAfter))")
    }
    if certificate.notBefore > now {
      list.append(
        "\(path).certificate: is not valid yet (notBefore \(TLSCertificate.day(certificate.notBefore)))")
    }
    return list
  }
}

private func expired(_ list: TLSCertificates?, _ path: String, at now: Int64) -> [String] {
  (list?.certificates ?? []).filter { $0.notAfter <= now }.map {
    "\(path): \"\($0.subject)\" has expired (notAfter \(TLSCertificate.day($0.notAfter)))"
  }
}

private func ended(_ revoked: RevocationLists?, _ path: String, at now: Int64) -> [String] {
  (revoked?.lists ?? []).compactMap { list in
    guard let end = list.nextUpdate, end <= now else { return nil }
    return "\(path).crl: the list of \"\(list.issuer)\" has expired (nextUpdate \(TLSCertificate.day(end)));"
      + " its certificates are refused"
  }
}
