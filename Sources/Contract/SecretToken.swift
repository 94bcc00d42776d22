import FoundationEssentials

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
  public static func text(of octets: [UInt8]) -> String {
    Data(octets).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_").replacing(
      "=", with: "")
  }

  /// nil for other characters, padding, and a text that is not the one of its octets.
  public static func octets(of text: String) -> [UInt8]? {
    let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
    let standard = text.replacing("-", with: "+").replacing("_", with: "/") + padding
    guard let octets = Data(base64Encoded: standard).map(Array.init), Base64URL.text(of: octets) == text
    else {
      return nil
    }
    return octets
  }
}

/// Octets as characters of five bits each, the first bits first, without padding (RFC 4648, section 6, with any alphabet).
public enum Base32 {
  /// - Parameter alphabet: 32 ASCII characters.
  public static func text(of octets: [UInt8], alphabet: [UInt8]) -> String {
    var text: [UInt8] = []
    var (bits, count) = (UInt32(0), 0)
    for octet in octets {
      bits = (bits << 8 | UInt32(octet)) & 0xFFF
      count += 8
      while count >= 5 {
        count -= 5
        text.append(alphabet[Int(bits >> UInt32(count) & 0x1F)])
      }
    }
    if count > 0 { text.append(alphabet[Int(bits << UInt32(5 - count) & 0x1F)]) }
    return String(decoding: text, as: UTF8.self)
  }
}
