import COpenSSL

/// The first 16 octets of a SHA-256: what equal octets are recognised by.
public struct Digest: Hashable, Sendable {
  /// As two words in the machine's order.
  public let high: UInt64
  public let low: UInt64

  /// Octets of it in the store.
  public static let octets = 16

  public init(of octets: [UInt8]) {
    self = withUnsafeTemporaryAllocation(byteCount: Int(EVP_MAX_MD_SIZE), alignment: 8) { hash in
      var length: UInt32 = 0
      octets.withUnsafeBytes { bytes in
        _ = EVP_Digest(
          bytes.baseAddress, bytes.count, hash.assumingMemoryBound(to: UInt8.self).baseAddress, &length,
          Algorithm.sha256.method, nil)
      }
      return Digest(stored: UnsafeRawBufferPointer(hash), at: 0) ?? Digest(high: 0, low: 0)
    }
  }

  /// Reads one back; nil where there are not enough octets.
  public init?(stored bytes: UnsafeRawBufferPointer, at offset: Int) {
    guard offset >= 0, bytes.count - offset >= Self.octets else { return nil }
    high = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    low = bytes.loadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
  }

  private init(high: UInt64, low: UInt64) {
    self.high = high
    self.low = low
  }

  /// As it is stored.
  public var stored: [UInt8] {
    var octets: [UInt8] = []
    octets.reserveCapacity(Digest.octets)
    append(to: &octets)
    return octets
  }

  /// Appends it as it is stored.
  public func append(to buffer: inout [UInt8]) {
    withUnsafeBytes(of: high) { buffer.append(contentsOf: $0) }
    withUnsafeBytes(of: low) { buffer.append(contentsOf: $0) }
  }
}

/// Whole digests, and digests under a key.
public enum Hash {
  /// SHA-256 (FIPS 180-4): 32 octets.
  public static func sha256(_ octets: [UInt8]) -> [UInt8] {
    made { hash, length in
      octets.withUnsafeBytes {
        _ = EVP_Digest($0.baseAddress, $0.count, hash, &length, Algorithm.sha256.method, nil)
      }
    }
  }

  /// HMAC-SHA-256 (RFC 2104): 32 octets.
  public static func hmacSHA256(_ octets: [UInt8], key: [UInt8]) -> [UInt8] {
    hmac(octets, key, EVP_sha256())
  }

  /// HMAC-SHA-1, which one-time codes use (RFC 4226): 20 octets.
  public static func hmacSHA1(_ octets: [UInt8], key: [UInt8]) -> [UInt8] { hmac(octets, key, EVP_sha1()) }

  /// Whether two are equal, in a time that does not tell where they differ.
  public static func areEqual(_ a: [UInt8], _ b: [UInt8]) -> Bool {
    a.count == b.count && CRYPTO_memcmp(a, b, a.count) == 0
  }

  private static func hmac(_ octets: [UInt8], _ key: [UInt8], _ method: OpaquePointer?) -> [UInt8] {
    made { hash, length in
      _ = HMAC(method, key, Int32(clamping: key.count), octets, octets.count, hash, &length)
    }
  }

  private static func made(_ make: (UnsafeMutablePointer<UInt8>?, inout UInt32) -> Void) -> [UInt8] {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Int(EVP_MAX_MD_SIZE)) { hash in
      var length: UInt32 = 0
      make(hash.baseAddress, &length)
      return Array(hash.prefix(Int(length)))
    }
  }
}

/// SHA-256, looked up among OpenSSL's providers once instead of at every use.
private struct Algorithm: @unchecked Sendable {
  // SAFETY: an EVP_MD is not changed once it was fetched, and this one is never freed.
  let method: OpaquePointer?

  static let sha256 = Algorithm(method: EVP_MD_fetch(nil, "SHA256", nil))
}
