/// The lowest version of TLS that is spoken; the highest is 1.3.
public enum TLSVersion: String, Sendable, CaseIterable {
  case v1_2 = "1.2"
  case v1_3 = "1.3"
}

/// What is asked of a server's certificate.
public enum TLSVerification: String, Sendable, CaseIterable {
  /// Signed by an authority we trust, in its time, and made out to the host.
  case full
  /// The same without the host's name.
  case chain
  /// Its key is one of those pinned; names, dates and signatures do not matter.
  case pin
  /// Nothing: whoever answers is believed.
  case none
}

/// How we speak TLS to a server.
public struct TLSClientSettings: Sendable, Equatable {
  public var minimum = TLSVersion.v1_2
  public var verification = TLSVerification.full
  /// PEM of the certificates that we trust to sign the server's; nil: those this machine trusts.
  public var authorities: TLSCertificates?
  /// Certificates that their authorities took back; nil: none is looked for.
  public var revoked: RevocationLists?
  /// Keys of which the server has to hold one; empty: any.
  public var pins: [KeyPin] = []
  /// What we show if we are asked who we are.
  public var identity: TLSIdentity?

  public init() {}
}

/// How we speak TLS as a server.
public struct TLSServerSettings: Sendable, Equatable {
  public var minimum = TLSVersion.v1_2
  public var identity: TLSIdentity
  /// PEM of the certificates that may sign a client's; nil: clients are not asked for one.
  public var clientAuthorities: TLSCertificates?
  /// Clients' certificates that their authorities took back; nil: none is looked for.
  public var revoked: RevocationLists?

  public init(identity: TLSIdentity) { self.identity = identity }
}

/// What is wrong with certificates, a key or a pin; in words that follow the file's name.
public struct TLSError: Error, Hashable, Sendable, CustomStringConvertible {
  public let description: String

  init(_ description: String) { self.description = description }
}

/// Certificates in PEM, checked to be some.
public struct TLSCertificates: Sendable, Equatable {
  /// As they were read.
  let pem: [UInt8]
  /// What they say, in the order of the text.
  public let certificates: [TLSCertificate]

  /// More than any chain, and than the authorities a machine comes with.
  public static let maximumCount = 1000

  public init(pem: [UInt8]) throws(TLSError) {
    self.pem = pem
    certificates = try PEM.certificates(in: pem).map { TLSCertificate($0.raw) }
  }
}

/// Our own certificate with its chain, the leaf first, and the key that belongs to it.
public struct TLSIdentity: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
  public let chain: TLSCertificates
  let key: [UInt8]

  /// - Parameter key: its private key in PEM, not encrypted.
  public init(chain: TLSCertificates, key: [UInt8]) throws(TLSError) {
    self.chain = chain
    self.key = key
    let own = try PEM.certificates(in: chain.pem)
    let pair = try PEM.privateKey(in: key)
    guard let leaf = own.first, pair.belongs(to: leaf) else {
      throw TLSError("does not belong to the certificate")
    }
  }

  public var certificate: TLSCertificate? { chain.certificates.first }

  /// Never the key.
  public var description: String { certificate?.subject ?? "" }
  public var customMirror: Mirror { Mirror(self, children: [:]) }
}
