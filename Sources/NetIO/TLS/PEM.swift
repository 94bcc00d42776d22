import COpenSSL

/// Certificates and keys as text (RFC 7468).
enum PEM {
  /// An X509 and the duty to free it.
  final class Certificate {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { X509_free(raw) }
  }

  /// An EVP_PKEY and the duty to free it.
  final class PrivateKey {
    let raw: OpaquePointer

    init(owning raw: OpaquePointer) { self.raw = raw }

    deinit { EVP_PKEY_free(raw) }

    func belongs(to certificate: Certificate) -> Bool {
      defer { ERR_clear_error() }
      return X509_check_private_key(certificate.raw, raw) == 1
    }
  }

  static func certificates(in text: [UInt8]) throws(TLSError) -> [Certificate] {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let source = memory(text) else { throw TLSError("is empty") }
    defer { BIO_free(source) }
    var found: [Certificate] = []
    while let certificate = PEM_read_bio_X509(source, nil, nil, nil) {
      found.append(Certificate(owning: certificate))
      guard found.count <= TLSCertificates.maximumCount else {
        throw TLSError("holds more than \(TLSCertificates.maximumCount) certificates")
      }
    }
    // OpenSSL reports the end of the text as an error too.
    let isEnd = reason(of: ERR_peek_last_error()) == PEM_R_NO_START_LINE
    guard isEnd else { throw TLSError("holds a damaged certificate (number \(found.count + 1))") }
    guard !found.isEmpty else { throw TLSError("holds no certificate (expected PEM)") }
    return found
  }

  static func revocationLists(in text: [UInt8]) throws(TLSError) -> [RevocationLists.List] {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let source = memory(text) else { throw TLSError("is empty") }
    defer { BIO_free(source) }
    var found: [RevocationLists.List] = []
    while let list = PEM_read_bio_X509_CRL(source, nil, nil, nil) {
      found.append(RevocationLists.List(owning: list))
      guard found.count <= RevocationLists.maximumCount else {
        throw TLSError("holds more than \(RevocationLists.maximumCount) revocation lists")
      }
    }
    let isEnd = reason(of: ERR_peek_last_error()) == PEM_R_NO_START_LINE
    guard isEnd else { throw TLSError("holds a damaged revocation list (number \(found.count + 1))") }
    guard !found.isEmpty else { throw TLSError("holds no revocation list (expected a CRL in PEM)") }
    return found
  }

  static func privateKey(in text: [UInt8]) throws(TLSError) -> PrivateKey {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let source = memory(text) else { throw TLSError("is empty") }
    defer { BIO_free(source) }
    var isEncrypted = false
    // Without this OpenSSL would ask for the passphrase on the terminal.
    let key = PEM_read_bio_PrivateKey(
      source, nil,
      { _, _, _, asked in
        asked?.assumingMemoryBound(to: Bool.self).pointee = true
        return -1
      }, &isEncrypted)
    if let key { return PrivateKey(owning: key) }
    if isEncrypted {
      throw TLSError("is encrypted; expected a key without a passphrase (openssl pkey -in KEY -out PLAIN)")
    }
    throw TLSError("holds no private key (expected PEM)")
  }

  /// A BIO that reads `text`'s copy.
  private static func memory(_ text: [UInt8]) -> OpaquePointer? {
    guard !text.isEmpty, let bio = BIO_new(BIO_s_mem()) else { return nil }
    guard BIO_write(bio, text, Int32(clamping: text.count)) == text.count else {
      BIO_free(bio)
      return nil
    }
    return bio
  }

  static func reason(of error: UInt) -> Int32 { ERR_GET_REASON(error) }
}
