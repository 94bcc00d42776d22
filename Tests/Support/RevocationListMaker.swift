import COpenSSL
import Glibc
public import NetIO

/// Lists of revoked certificates (CRLs) for tests. Those of a real authority come from its operator.
public enum RevocationListMaker {
  struct Failed: Error {}

  /// A list in PEM: `issuer` takes `revoked` back.
  /// - Parameter nextUpdate: seconds since 1970 UTC; nil: in a day.
  public static func make(
    by issuer: CertificateMaker.Issued, revoked: [CertificateMaker.Issued] = [], nextUpdate: Int64? = nil
  ) throws -> [UInt8] {
    let now = WallClock.nowMilliseconds / 1000
    let next = nextUpdate ?? now + 86_400
    let certificate = try read(issuer.certificate) { PEM_read_bio_X509($0, nil, nil, nil) }
    defer { X509_free(certificate) }
    let key = try read(issuer.key) { PEM_read_bio_PrivateKey($0, nil, nil, nil) }
    defer { EVP_PKEY_free(key) }
    guard let list = X509_CRL_new() else { throw Failed() }
    defer { X509_CRL_free(list) }
    X509_CRL_set_version(list, 1)
    X509_CRL_set_issuer_name(list, X509_get_subject_name(certificate))
    let times = [min(now, next) - 86_400, next].map { ASN1_TIME_set(nil, time_t($0)) }
    defer { times.forEach { ASN1_STRING_free($0) } }
    X509_CRL_set1_lastUpdate(list, times[0])
    X509_CRL_set1_nextUpdate(list, times[1])
    for issued in revoked {
      let taken = try read(issued.certificate) { PEM_read_bio_X509($0, nil, nil, nil) }
      defer { X509_free(taken) }
      guard let entry = X509_REVOKED_new(),
        X509_REVOKED_set_serialNumber(entry, X509_get_serialNumber(taken)) == 1,
        X509_REVOKED_set_revocationDate(entry, times[0]) == 1, X509_CRL_add0_revoked(list, entry) == 1
      else { throw Failed() }
    }
    guard X509_CRL_sort(list) == 1, X509_CRL_sign(list, key, EVP_sha256()) > 0, let bio = BIO_new(BIO_s_mem())
    else { throw Failed() }
    defer { BIO_free(bio) }
    guard PEM_write_bio_X509_CRL(bio, list) == 1 else { throw Failed() }
    var octets = [UInt8](repeating: 0, count: Int(BIO_ctrl_pending(bio)))
    guard BIO_read(bio, &octets, Int32(octets.count)) == octets.count else { throw Failed() }
    return octets
  }

  private static func read(
    _ pem: [UInt8], _ body: (OpaquePointer) -> OpaquePointer?
  ) throws -> OpaquePointer {
    guard let bio = BIO_new_mem_buf(pem, Int32(pem.count)) else { throw Failed() }
    defer { BIO_free(bio) }
    guard let object = body(bio) else { throw Failed() }
    return object
  }
}
