/// An e-mail address: the `Mailbox` of RFC 5321, section 4.1.2, in ASCII, without quoted local parts and address literals. Nothing in
/// it means anything to a shell, a mail header or an MTA's options. It describes itself without its text, so that no log has it.
public struct EmailAddress: Hashable, Sendable {
  /// Octets of the address, its local part and its domain (RFC 5321, section 4.5.3.1, and its errata).
  public static let longest = 254
  private static let longestLocalPart = 64
  private static let longestDomain = 253
  /// Octets of a label of the domain (RFC 1035, section 2.3.4).
  private static let longestLabel = 63

  public let text: String
  /// What stands behind the `@`.
  public let domain: String

  public init?(_ text: String) {
    let parts = text.split(separator: "@", omittingEmptySubsequences: false)
    guard parts.count == 2, text.utf8.count <= Self.longest, Self.isLocalPart(parts[0]),
      Self.isDomain(parts[1])
    else { return nil }
    self.text = text
    domain = String(parts[1])
  }

  /// A dot-atom (RFC 5322, section 3.2.3) without what was once a route or a command: `!`, `%`, `/`, `|` and backquotes.
  private static func isLocalPart(_ part: Substring) -> Bool {
    let allowed = "#$&'*+-=?^_{}~."
    return (1...longestLocalPart).contains(part.utf8.count) && part.first != "-"
      && part.utf8.allSatisfy { isAlphanumeric($0) || allowed.utf8.contains($0) }
      && part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { !$0.isEmpty }
  }

  private static func isDomain(_ part: Substring) -> Bool {
    (1...longestDomain).contains(part.utf8.count)
      && part.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
        (1...longestLabel).contains(label.utf8.count) && label.first != "-" && label.last != "-"
          && label.utf8.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") }
      }
  }

  private static func isAlphanumeric(_ octet: UInt8) -> Bool {
    switch octet {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: false
    }
  }
}

extension EmailAddress: CustomStringConvertible, CustomReflectable, Codable {
  public var description: String { "an address" }
  public var customMirror: Mirror { Mirror(self, children: []) }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(EmailAddress.init(_:), expected: "an e-mail address such as rosa@acme.example")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(text) }
}
