import COpenSSL

/// The first 16 octets of a SHA-256: what equal octets are recognised by.
public struct Digest: Hashable, Sendable {
  /// As two words in the machine's order.
  public let high: UInt64
  public let low: UInt64

  /// Octets of it in the store.
  public static let octets = 16

  public init(of octets: [UInt8]) {
    var hash = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
    var length: UInt32 = 0
    octets.withUnsafeBytes { bytes in
      _ = EVP_Digest(bytes.baseAddress, bytes.count, &hash, &length, EVP_sha256(), nil)
    }
    self = hash.withUnsafeBytes { Digest(stored: $0, at: 0) } ?? Digest(high: 0, low: 0)
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

  /// Appends it as it is stored.
  public func append(to buffer: inout [UInt8]) {
    withUnsafeBytes(of: high) { buffer.append(contentsOf: $0) }
    withUnsafeBytes(of: low) { buffer.append(contentsOf: $0) }
  }
}
