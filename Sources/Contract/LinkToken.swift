/// The secret at the end of an alert's link: 80 random bits in Crockford's base32, in small letters. No two of its characters look alike
/// on a phone, and each is a septet of GSM 03.38. It describes itself without its text, so that no log has it.
public struct LinkToken: Hashable, Sendable {
  /// Octets of random bits, and characters that stand for them.
  public static let octets = 10
  public static let length = 16
  private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

  public let text: String

  /// nil for any other number of octets.
  public init?(octets: [UInt8]) {
    guard octets.count == LinkToken.octets else { return nil }
    text = Base32.text(of: octets, alphabet: LinkToken.alphabet)
  }

  public init?(_ text: String) {
    guard text.utf8.count == LinkToken.length, text.utf8.allSatisfy(LinkToken.alphabet.contains) else {
      return nil
    }
    self.text = text
  }
}

extension LinkToken: CustomStringConvertible, CustomReflectable, Codable {
  public var description: String { "a token" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(LinkToken.init(_:), expected: "what stands at the end of an alert's link")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(text) }
}
