/// A phone in E.164 form: `+`, a country code that does not start with 0, 7 to 15 digits in all (ITU-T E.164, 6.2).
public struct E164: Hashable, Sendable {
  /// Fewest digits taken for a phone of somebody else.
  public static let minimumDigits = 7
  /// Most digits E.164 allows.
  public static let maximumDigits = 15

  /// The digits as one integer: `+18005550100` is 18005550100. E.164 has no leading zero, so nothing is lost.
  public let digits: Int64

  /// Nil unless `digits` has 7 to 15 digits.
  public init?(digits: Int64) {
    guard digits >= 1_000_000, digits <= 999_999_999_999_999 else { return nil }
    self.digits = digits
  }

  /// Parses exactly `+18005550100`: no spaces, no punctuation.
  public init?(_ text: String) {
    var iterator = text.utf8.makeIterator()
    guard iterator.next() == UInt8(ascii: "+") else { return nil }
    var value: Int64 = 0
    var count = 0
    while let octet = iterator.next() {
      guard octet >= 0x30, octet <= 0x39, count < E164.maximumDigits else { return nil }
      if count == 0, octet == 0x30 { return nil }
      value = value * 10 + Int64(octet - 0x30)
      count += 1
    }
    self.init(digits: value)
  }
}

/// An address as it stands in a message: an E.164 phone, or a short code of three to eight digits.
///
/// Numbers of ours may be either, and a short code may write to us; a contact's phone is always an ``E164``.
public struct PhoneNumber: Hashable, Sendable {
  /// The address as one integer, as the store keeps it: E.164 digits as they are; a short code as the negative of its
  /// digits behind a 1, which keeps leading zeros (`01234` is -101234). Zero is never an address.
  public let packed: Int64

  /// Nil where the integer is no address.
  @inlinable
  public init?(packed: Int64) {
    if packed < 0 {
      guard packed <= -1_000, packed > -200_000_000, PhoneNumber.startsWithOne(packed) else { return nil }
    } else {
      guard packed >= 1_000_000, packed <= 999_999_999_999_999 else { return nil }
    }
    self.packed = packed
  }

  public init(_ phone: E164) { packed = phone.digits }

  /// Parses `+18005550100`, or a short code's three to eight digits.
  public init?(_ text: String) {
    if let phone = E164(text) {
      packed = phone.digits
      return
    }
    var value: Int64 = 1
    var count = 0
    for octet in text.utf8 {
      guard octet >= 0x30, octet <= 0x39, count < 8 else { return nil }
      value = value * 10 + Int64(octet - 0x30)
      count += 1
    }
    guard count >= 3 else { return nil }
    packed = -value
  }

  /// The phone, unless it is a short code.
  public var e164: E164? { E164(digits: packed) }
  /// Whether it is a short code.
  public var isShortCode: Bool { packed < 0 }

  @usableFromInline
  static func startsWithOne(_ packed: Int64) -> Bool {
    var value = -packed
    while value >= 10 { value /= 10 }
    return value == 1
  }
}

/// A phone as people write it: `(202) 555-0142`. Which one is meant, the gateway decides by the country of its brand.
public struct TypedPhone: Hashable, Sendable {
  /// Most characters, as JSON Schema counts them.
  public static let longest = 128

  public let text: String

  /// Nil for an empty text, and for one of more than ``longest`` characters.
  public init?(_ text: String) {
    guard !text.isEmpty, text.unicodeScalars.count <= TypedPhone.longest else { return nil }
    self.text = text
  }
  public init(_ phone: E164) { text = phone.description }
  public init(_ phone: PhoneNumber) { text = phone.description }
}

extension TypedPhone: CustomStringConvertible, Codable {
  public var description: String { text }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(
      TypedPhone.init(_:), expected: "a phone of 1 to \(TypedPhone.longest) characters")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(text) }
}

extension E164: CustomStringConvertible, Codable {
  public var description: String { Self.text(digits) }

  /// `+` and the digits, put down one by one: every text that leaves asks for one.
  fileprivate static func text(_ digits: Int64) -> String {
    String(unsafeUninitializedCapacity: 1 + maximumDigits) { buffer in
      var (count, rest) = (1, digits)
      while rest >= 10 { (count, rest) = (count + 1, rest / 10) }
      rest = digits
      for place in (1...count).reversed() {
        buffer[place] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      buffer[0] = UInt8(ascii: "+")
      return count + 1
    }
  }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(E164.init(_:), expected: "a phone as +18005550100")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

extension PhoneNumber: CustomStringConvertible, Codable {
  public var description: String {
    packed < 0 ? String(String(-packed).dropFirst()) : E164.text(packed)
  }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(
      PhoneNumber.init(_:), expected: "a phone as +18005550100, or a short code's digits")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

extension E164: Comparable {
  public static func < (a: E164, b: E164) -> Bool { a.digits < b.digits }
}
extension PhoneNumber: Comparable {
  public static func < (a: PhoneNumber, b: PhoneNumber) -> Bool { a.packed < b.packed }
}
