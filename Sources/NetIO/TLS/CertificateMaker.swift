import COpenSSL
import Glibc

/// Makes certificates for a carrier that is simulated, for measuring and for tests: EC P-256, signed with SHA-256.
/// Those of a real peer come from its operator.
public enum CertificateMaker {
  /// A certificate and its key, in PEM.
  public struct Issued: Sendable {
    public let certificate: [UInt8]
    public let key: [UInt8]

    public func identity(chain more: [UInt8] = []) throws(TLSError) -> TLSIdentity {
      try TLSIdentity(chain: TLSCertificates(pem: certificate + more), key: key)
    }
  }

  public struct Request: Sendable {
    public var commonName: String
    /// Host names and addresses it is made out to.
    public var names: [String] = []
    /// Seconds since 1970 UTC.
    public var notBefore: Int64
    public var notAfter: Int64
    /// It may sign others.
    public var isAuthority = false

    /// Good from yesterday for a year.
    public init(commonName: String, names: [String] = []) {
      self.commonName = commonName
      self.names = names
      notBefore = WallClock.nowMilliseconds / 1000 - 86_400
      notAfter = notBefore + 366 * 86_400
    }

    public static func authority(_ name: String) -> Request {
      var request = Request(commonName: name)
      request.isAuthority = true
      return request
    }
  }

  /// - Parameter issuer: who signs it; nil: itself.
  public static func make(_ request: Request, signedBy issuer: Issued? = nil) throws(TLSError) -> Issued {
    ERR_clear_error()
    defer { ERR_clear_error() }
    let key = try newKey()
    guard let raw = X509_new() else { throw TLSError("out of memory") }
    let certificate = PEM.Certificate(owning: raw)
    var parent: (certificate: PEM.Certificate, key: PEM.PrivateKey)?
    if let issuer {
      let own = try PEM.certificates(in: issuer.certificate)
      parent = (own[0], try PEM.privateKey(in: issuer.key))
    }
    let issuing = parent?.certificate.raw ?? raw
    guard X509_set_version(raw, 2) == 1,
      ASN1_INTEGER_set_uint64(X509_get_serialNumber(raw), UInt64.random(in: 1...(.max >> 1))) == 1,
      ASN1_TIME_set(X509_getm_notBefore(raw), time_t(request.notBefore)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(raw), time_t(request.notAfter)) != nil,
      X509_NAME_add_entry_by_txt(
        X509_get_subject_name(raw), "CN", MBSTRING_UTF8, Array(request.commonName.utf8),
        Int32(request.commonName.utf8.count), -1, 0) == 1,
      X509_set_issuer_name(raw, X509_get_subject_name(issuing)) == 1,
      X509_set_pubkey(raw, key.raw) == 1
    else { throw failed() }
    try extend(raw, request, issuing)
    guard X509_sign(raw, parent?.key.raw ?? key.raw, EVP_sha256()) > 0 else { throw failed() }
    return Issued(
      certificate: try text { PEM_write_bio_X509($0, certificate.raw) },
      key: try text { PEM_write_bio_PrivateKey($0, key.raw, nil, nil, 0, nil, nil) })
  }

  private static func extend(
    _ certificate: OpaquePointer, _ request: Request, _ issuer: OpaquePointer
  ) throws(TLSError) {
    var list: [(Int32, String)] = [
      (NID_basic_constraints, request.isAuthority ? "critical,CA:TRUE" : "critical,CA:FALSE"),
      (NID_key_usage, request.isAuthority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"),
    ]
    if !request.isAuthority { list.append((NID_ext_key_usage, "serverAuth,clientAuth")) }
    if !request.names.isEmpty {
      let names = request.names.map { name in
        (SocketAddress(host: name, port: 0) == nil ? "DNS:" : "IP:") + name
      }
      list.append((NID_subject_alt_name, names.joined(separator: ",")))
    }
    var context = v3_ext_ctx()
    X509V3_set_ctx(&context, issuer, certificate, nil, nil, 0)
    for (identifier, value) in list {
      guard let made = X509V3_EXT_conf_nid(nil, &context, identifier, value) else { throw failed() }
      defer { X509_EXTENSION_free(made) }
      guard X509_add_ext(certificate, made, -1) == 1 else { throw failed() }
    }
  }

  private static func newKey() throws(TLSError) -> PEM.PrivateKey {
    guard let context = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, nil) else { throw failed() }
    defer { EVP_PKEY_CTX_free(context) }
    var key: OpaquePointer?
    guard EVP_PKEY_keygen_init(context) == 1,
      EVP_PKEY_CTX_set_ec_paramgen_curve_nid(context, NID_X9_62_prime256v1) == 1,
      EVP_PKEY_keygen(context, &key) == 1, let key
    else { throw failed() }
    return PEM.PrivateKey(owning: key)
  }

  private static func text(_ write: (OpaquePointer) -> Int32) throws(TLSError) -> [UInt8] {
    guard let bio = BIO_new(BIO_s_mem()) else { throw TLSError("out of memory") }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { throw failed() }
    var octets = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(bio)))
    guard BIO_read(bio, &octets, Int32(octets.count)) == octets.count else { throw failed() }
    return octets
  }

  private static func failed() -> TLSError {
    TLSError("a certificate cannot be made (\(TLSFailure.queueText()))")
  }
}
