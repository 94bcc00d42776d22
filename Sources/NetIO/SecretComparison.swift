import COpenSSL

/// Comparison of secrets in a time that says nothing of them.
public enum SecretComparison {
  /// The longest secret that is compared; two of which one is longer are different.
  public static let longest = 255

  /// Whether two secrets are the same octets. The time depends on neither.
  public static func equal(_ left: some Collection<UInt8>, _ right: some Collection<UInt8>) -> Bool {
    var padded = (
      [UInt8](repeating: 0, count: longest + 1), [UInt8](repeating: 0, count: longest + 1)
    )
    guard fill(&padded.0, left), fill(&padded.1, right) else { return false }
    return padded.0.withUnsafeBytes { a in
      padded.1.withUnsafeBytes { b in CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
    }
  }

  /// The octets, and in the last place how many they are.
  private static func fill(_ padded: inout [UInt8], _ secret: some Collection<UInt8>) -> Bool {
    guard secret.count <= longest else { return false }
    for (index, octet) in secret.enumerated() { padded[index] = octet }
    padded[longest] = UInt8(secret.count)
    return true
  }
}
