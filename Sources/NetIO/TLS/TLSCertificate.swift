import COpenSSL
import Glibc

/// What a certificate says of itself. Texts come from whoever made it: they are cut and printable.
public struct TLSCertificate: Sendable, Equatable {
  /// Its subject as in RFC 2253: `CN=smpp.carrier.example,O=Carrier`.
  public let subject: String
  public let issuer: String
  /// Host names and addresses it is made out to; its common name where it lists none.
  public let names: [String]
  /// Seconds since 1970 UTC.
  public let notBefore: Int64
  public let notAfter: Int64
  /// SHA-256 of its SubjectPublicKeyInfo.
  public let keyPin: KeyPin?

  /// The longest subject shown, and the most names.
  static let longestText = 120
  static let mostNames = 4

  init(_ certificate: OpaquePointer) {
    subject = TLSCertificate.text(of: X509_get_subject_name(certificate))
    issuer = TLSCertificate.text(of: X509_get_issuer_name(certificate))
    names = TLSCertificate.names(of: certificate)
    notBefore = TLSCertificate.seconds(X509_get0_notBefore(certificate))
    notAfter = TLSCertificate.seconds(X509_get0_notAfter(certificate))
    keyPin = KeyPin(of: certificate)
  }

  /// `2026-01-01`, in UTC.
  public static func day(_ seconds: Int64) -> String {
    var time = time_t(seconds)
    var parts = tm()
    guard gmtime_r(&time, &parts) != nil else { return "?" }
    func padded(_ number: Int32, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    return "\(padded(parts.tm_year + 1900, 4))-\(padded(parts.tm_mon + 1, 2))-\(padded(parts.tm_mday, 2))"
  }

  static func seconds(_ time: UnsafePointer<ASN1_TIME>?) -> Int64 {
    var parts = tm()
    guard let time, ASN1_TIME_to_tm(time, &parts) == 1 else { return 0 }
    return Int64(timegm(&parts))
  }

  static func text(of name: OpaquePointer?) -> String {
    guard let name, let bio = BIO_new(BIO_s_mem()) else { return "" }
    defer { BIO_free(bio) }
    X509_NAME_print_ex(bio, name, 0, COPENSSL_XN_FLAG_RFC2253)
    var octets = [UInt8](repeating: 0, count: longestText)
    let count = BIO_read(bio, &octets, Int32(octets.count))
    return printable(octets.prefix(Int(max(0, count))))
  }

  /// ASCII that cannot break a line of the journal.
  private static func printable(_ octets: some Sequence<UInt8>) -> String {
    String(decoding: octets.map { $0 > 0x1F && $0 < 0x7F && $0 != 0x22 ? $0 : 0x3F }, as: UTF8.self)
  }

  private static func names(of certificate: OpaquePointer) -> [String] {
    var found: [String] = []
    if let list = X509_get_ext_d2i(certificate, NID_subject_alt_name, nil, nil) {
      let names = OpaquePointer(list)
      defer { GENERAL_NAMES_free(names) }
      for index in 0..<max(0, OPENSSL_sk_num(names)) where found.count < mostNames {
        guard let element = OPENSSL_sk_value(names, index) else { continue }
        let name = element.assumingMemoryBound(to: GENERAL_NAME.self)
        switch name.pointee.type {
        case GEN_DNS: found.append(printable(octets(name.pointee.d.dNSName).prefix(longestText)))
        case GEN_IPADD: if let address = address(octets(name.pointee.d.iPAddress)) { found.append(address) }
        default: break
        }
      }
    }
    if found.isEmpty, let name = X509_get_subject_name(certificate) {
      let index = X509_NAME_get_index_by_NID(name, NID_commonName, -1)
      if index >= 0, let entry = X509_NAME_get_entry(name, index) {
        found.append(printable(octets(X509_NAME_ENTRY_get_data(entry)).prefix(longestText)))
      }
    }
    return found
  }

  private static func octets(_ string: UnsafePointer<ASN1_STRING>?) -> [UInt8] {
    guard let string, let start = ASN1_STRING_get0_data(string) else { return [] }
    return Array(UnsafeBufferPointer(start: start, count: Int(max(0, ASN1_STRING_length(string)))))
  }

  private static func address(_ octets: [UInt8]) -> String? {
    let family: Int32
    switch octets.count {
    case 4: family = AF_INET
    case 16: family = AF_INET6
    default: return nil
    }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    guard inet_ntop(family, octets, &text, socklen_t(text.count)) != nil else { return nil }
    return String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

/// The SHA-256 of a key's SubjectPublicKeyInfo, written `sha256/BASE64` (as in RFC 7469).
public struct KeyPin: Sendable, Hashable, CustomStringConvertible {
  let digest: [UInt8]

  static let octets = 32

  public init(_ text: String) throws(TLSError) {
    let wrong = TLSError("expected sha256/ and 44 characters of base 64")
    guard text.hasPrefix("sha256/") else { throw wrong }
    let encoded = Array(text.utf8.dropFirst(7))
    guard encoded.count == 44, encoded.last == UInt8(ascii: "="), encoded[42] != UInt8(ascii: "=") else {
      throw wrong
    }
    var decoded = [UInt8](repeating: 0, count: 33)
    guard EVP_DecodeBlock(&decoded, encoded, 44) == 33 else { throw wrong }
    digest = Array(decoded.prefix(KeyPin.octets))
  }

  init?(of certificate: OpaquePointer) {
    var encoded: UnsafeMutablePointer<UInt8>?
    let length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &encoded)
    guard length > 0, let encoded else { return nil }
    defer { CRYPTO_free(encoded, #file, #line) }
    var digest = [UInt8](repeating: 0, count: KeyPin.octets)
    guard EVP_Digest(encoded, Int(length), &digest, nil, EVP_sha256(), nil) == 1 else { return nil }
    self.digest = digest
  }

  public var description: String {
    var text = [UInt8](repeating: 0, count: 45)
    EVP_EncodeBlock(&text, digest, Int32(digest.count))
    return "sha256/" + String(decoding: text.prefix(44), as: UTF8.self)
  }
}
