import COpenSSL

/// What authorities say of the certificates that they took back (CRLs, RFC 5280, 5), each authority in a list of its own.
public struct RevocationLists: Sendable, Equatable {
  /// An X509_CRL and the duty to free it.
  final class List: @unchecked Sendable {
    // SAFETY: never changed once it is read; OpenSSL counts references to it atomically.
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { X509_CRL_free(raw) }
  }

  /// What a list says of itself. Texts are cut and printable.
  public struct Summary: Sendable, Equatable {
    /// The authority whose list it is.
    public let issuer: String
    /// Certificates on the list.
    public let count: Int
    /// Seconds since 1970 UTC.
    public let thisUpdate: Int64
    /// When the authority's next list has to be here: from then on the list is not believed. Nil: the list has no end.
    public let nextUpdate: Int64?
  }

  let raw: [List]
  /// In the order of the text.
  public let lists: [Summary]
  /// As they were read.
  private let pem: [UInt8]

  /// More than one for each authority of a carrier.
  public static let maximumCount = 100

  /// - Parameter pem: at least one list in PEM; anything else in the text is passed over.
  public init(pem: [UInt8]) throws(TLSError) {
    self.pem = pem
    raw = try PEM.revocationLists(in: pem)
    lists = raw.map { list in
      Summary(
        issuer: TLSCertificate.text(of: X509_CRL_get_issuer(list.raw)),
        count: Int(max(0, OPENSSL_sk_num(X509_CRL_get_REVOKED(list.raw)))),
        thisUpdate: TLSCertificate.seconds(X509_CRL_get0_lastUpdate(list.raw)),
        nextUpdate: X509_CRL_get0_nextUpdate(list.raw).map { TLSCertificate.seconds($0) })
    }
  }

  public static func == (one: RevocationLists, other: RevocationLists) -> Bool { one.pem == other.pem }

  /// Whether a list of its issuer's names the certificate, an X509.
  func contain(_ certificate: OpaquePointer) -> Bool {
    raw.contains { list in
      guard X509_NAME_cmp(X509_get_issuer_name(certificate), X509_CRL_get_issuer(list.raw)) == 0 else {
        return false
      }
      var entry: OpaquePointer?
      // 2: the entry takes the certificate off the list again.
      return X509_CRL_get0_by_cert(list.raw, &entry, certificate) == 1
    }
  }
}
