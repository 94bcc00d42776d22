import COpenSSL

/// Why OpenSSL did not accept a chain, in words for an operator.
struct CertificateProblem: CustomStringConvertible {
  let description: String

  /// - Parameters:
  ///   - store: after X509_verify_cert failed.
  ///   - isClient: it is a client's.
  init(_ store: OpaquePointer, host: String?, isClient: Bool) {
    let code = X509_STORE_CTX_get_error(store)
    let depth = X509_STORE_CTX_get_error_depth(store)
    let current = X509_STORE_CTX_get_current_cert(store) ?? X509_STORE_CTX_get0_cert(store)
    let certificate = current.map { TLSCertificate($0) }
    // What is wrong with the peer's own needs no name; one of its chain does.
    let own = isClient ? "client certificate" : "certificate"
    let which = depth > 0 ? "the authority's certificate \(certificate?.subject ?? "")" : own
    let day: (KeyPath<TLSCertificate, Int64>) -> String = { path in
      certificate.map { TLSCertificate.day($0[keyPath: path]) } ?? "?"
    }
    description =
      switch code {
      case X509_V_ERR_CERT_HAS_EXPIRED: "\(which) has expired (notAfter \(day(\.notAfter)))"
      case X509_V_ERR_CERT_NOT_YET_VALID: "\(which) is not valid yet (notBefore \(day(\.notBefore)))"
      case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
        "\(own) is for \(Self.names(certificate)), not for \(host ?? "?")"
      case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        "\(own) is not signed by a CA we trust (self-signed certificate)"
      case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        "\(own) is not signed by a CA we trust (its root is \(certificate?.subject ?? ""))"
      case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
        X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        "\(own) is not signed by a CA we trust"
          + " (its issuer \(certificate?.issuer ?? "") is not known and was not sent)"
      case X509_V_ERR_CERT_REVOKED: "\(which) is revoked by \(certificate?.issuer ?? "its issuer")"
      case X509_V_ERR_UNABLE_TO_GET_CRL:
        "\(which) cannot be looked for: crl holds no list of \(certificate?.issuer ?? "its issuer")"
      case X509_V_ERR_CRL_HAS_EXPIRED:
        "\(which) cannot be looked for: the list of \(certificate?.issuer ?? "its issuer") in crl has expired"
      case X509_V_ERR_CRL_NOT_YET_VALID:
        "\(which) cannot be looked for: the list of \(certificate?.issuer ?? "its issuer") in crl is not valid yet"
      case X509_V_ERR_CRL_SIGNATURE_FAILURE:
        "\(which) cannot be looked for: the list in crl is not signed by \(certificate?.issuer ?? "its issuer")"
      case X509_V_ERR_CERT_SIGNATURE_FAILURE: "\(which) has a wrong signature"
      case X509_V_ERR_INVALID_PURPOSE: "\(which) is not made for this use (extended key usage)"
      case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL: "\(which) has too short a key"
      case X509_V_ERR_CA_MD_TOO_WEAK: "\(which) is signed with too weak a digest"
      default:
        X509_verify_cert_error_string(Int(code)).map { "\(which): \(String(cString: $0))" } ?? "\(which)"
      }
  }

  private static func names(_ certificate: TLSCertificate?) -> String {
    guard let names = certificate?.names, !names.isEmpty else { return "nobody" }
    return names.joined(separator: ", ")
  }
}
