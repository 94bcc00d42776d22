// Whether the store is what it should be.

/// Where the next slice of `verify` begins, opaque to peers.
public struct VerifyCursor: Hashable, Sendable {
  /// The part of the store, and what the walk through it carries.
  public let values: [Int64]

  /// Values a cursor may have.
  public static let maximumValues = 40

  public init(_ values: [Int64]) { self.values = values }

  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 600, text.hasPrefix("vf_") else { return nil }
    let parts = text.dropFirst(3).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= Self.maximumValues else { return nil }
    var values: [Int64] = []
    for part in parts {
      guard let value = Int64(part, radix: 36) else { return nil }
      values.append(value)
    }
    self.values = values
  }
}

extension VerifyCursor: CustomStringConvertible, Codable {
  public var description: String { "vf_" + values.map { String($0, radix: 36) }.joined(separator: ".") }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(VerifyCursor.init(_:), expected: "a cursor as the slice before gave it")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}
