/// A secret that stands for a person: an open session, or an invite. 32 octets; on the socket in base64url without padding
/// (RFC 4648, section 5). It describes itself without its octets, so that no log has them.
public struct SecretToken: Hashable, Sendable {
  /// Octets of a token.
  public static let length = 32

  public let octets: [UInt8]

  /// nil for any other number of octets.
  public init?(octets: [UInt8]) {
    guard octets.count == SecretToken.length else { return nil }
    self.octets = octets
  }

  public init?(_ text: String) {
    guard let octets = Base64URL.octets(of: text) else { return nil }
    self.init(octets: octets)
  }

  /// As it goes over the socket.
  public var text: String { Base64URL.text(of: octets) }
}

extension SecretToken: CustomStringConvertible, CustomReflectable, Codable {
  public var description: String { "a token" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(SecretToken.init(_:), expected: "a token as session.open gave it")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(text) }
}

/// Octets as base64url text without padding (RFC 4648, section 5).
public enum Base64URL {
  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

  public static func text(of octets: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for octet in octets {
      bits = bits << 8 | UInt32(octet)
      count += 8
      while count >= 6 {
        count -= 6
        text.append(alphabet[Int(bits >> UInt32(count) & 0x3F)])
      }
      bits &= 0xFF
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(6 - count) & 0x3F)]) }
    return String(decoding: text, as: UTF8.self)
  }

  /// nil for other characters, padding, a length that no octets have, and bits that stand for nothing: one value has one text.
  public static func octets(of text: String) -> [UInt8]? {
    var octets: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for character in text.utf8 {
      guard let value = value(of: character) else { return nil }
      bits = bits << 6 | value
      count += 6
      if count >= 8 {
        count -= 8
        octets.append(UInt8(truncatingIfNeeded: bits >> UInt32(count)))
      }
      bits &= 0xFF
    }
    guard count < 6, bits & (1 << UInt32(count) - 1) == 0 else { return nil }
    return octets
  }

  private static func value(of character: UInt8) -> UInt32? {
    switch character {
    case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
    case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
    case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
    case UInt8(ascii: "-"): 62
    case UInt8(ascii: "_"): 63
    default: nil
    }
  }
}
