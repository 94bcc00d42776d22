import Contract
import Store

/// The codes of a second factor: RFC 6238 with SHA-1, six digits, 30 seconds, which every authenticator knows.
package enum OneTimeCode {
  /// Octets of a secret: as long as the digest (RFC 4226, section 4).
  static let secretOctets = 20
  private static let stepMilliseconds: Int64 = 30_000

  /// The step whose code this is: the time's own or one beside it, after the last one used. nil: the code is wrong.
  static func step(of code: String, secret: [UInt8], at now: Int64, after used: Int64) -> Int64? {
    let step = now / stepMilliseconds
    return (step - 1...step + 1).first {
      $0 > used && Hash.areEqual(Array(OneTimeCode.code(secret, $0).utf8), Array(code.utf8))
    }
  }

  /// The code of a time, in milliseconds since 1970 UTC.
  package static func code(_ secret: [UInt8], at now: Int64) -> String {
    code(secret, now / stepMilliseconds)
  }

  /// RFC 4226, section 5.3.
  private static func code(_ secret: [UInt8], _ step: Int64) -> String {
    let hash = Hash.hmacSHA1(withUnsafeBytes(of: step.bigEndian) { Array($0) }, key: secret)
    guard let last = hash.last else { return "" }
    let offset = Int(last & 0xF)
    let value = hash[offset..<offset + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7FFF_FFFF
    let digits = String(value % 1_000_000)
    return String(repeating: "0", count: 6 - digits.utf8.count) + digits
  }

  /// A secret as authenticators take it: base32 without padding (RFC 4648, section 6).
  static func base32(_ octets: [UInt8]) -> String {
    Base32.text(of: octets, alphabet: Array("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".utf8))
  }
}
