/// The octets of a list as UTF-8, whatever they are. Excel alone writes three: UTF-8 with a byte order mark ("CSV UTF-8"), Windows-1252
/// ("CSV") and UTF-16 ("Unicode Text"). UTF-16 is known by its byte order mark or its zero octets. Octets of 8-bit charsets pass; a field
/// of them is read by `text(of:)`. Pure, and the same however the file is cut.
struct ListDecoder {
  /// What the file is, as far as its beginning says.
  enum Form: Equatable {
    case octets
    case utf16(isBigEndian: Bool)
    /// No list at all, in words.
    case other(String)
  }

  /// Octets that are looked at before anything is decided.
  static let lookedAt = 1024

  /// Nil until so much was read, or all.
  private(set) var form: Form?
  private var head: [UInt8] = []
  /// The first octet of a code unit.
  private var half: UInt8?
  /// The first half of a surrogate pair.
  private var high: UInt16?

  /// Takes more of the file, and appends what is known of it as UTF-8.
  mutating func push(_ octets: some Collection<UInt8>, into decoded: inout [UInt8]) {
    guard form == nil else { return decode(octets, into: &decoded) }
    head += octets
    if head.count >= Self.lookedAt { begin(into: &decoded) }
  }

  /// The file has ended.
  mutating func finish(into decoded: inout [UInt8]) {
    if form == nil { begin(into: &decoded) }
    if half != nil || high != nil { decoded.append(Self.damage) }
    (half, high) = (nil, nil)
  }

  private mutating func begin(into decoded: inout [UInt8]) {
    form = Self.form(of: head.prefix(Self.lookedAt))
    let mark: [UInt8] =
      switch form {
      case .octets: [0xEF, 0xBB, 0xBF]
      case .utf16(true): [0xFE, 0xFF]
      case .utf16(false): [0xFF, 0xFE]
      case .other, nil: []
      }
    let start = head.starts(with: mark) ? mark.count : 0
    let rest = head
    head = []
    decode(rest[start...], into: &decoded)
  }

  /// In place of a UTF-16 character that is cut: an octet that no UTF-8 has.
  private static let damage: UInt8 = 0xFF

  private mutating func decode(_ octets: some Collection<UInt8>, into decoded: inout [UInt8]) {
    guard case .utf16(let isBigEndian) = form else { return decoded += octets }
    for octet in octets {
      guard let first = half else {
        half = octet
        continue
      }
      half = nil
      let unit = isBigEndian ? UInt16(first) << 8 | UInt16(octet) : UInt16(octet) << 8 | UInt16(first)
      decode(unit, into: &decoded)
    }
  }

  private mutating func decode(_ unit: UInt16, into decoded: inout [UInt8]) {
    let lead = high
    high = nil
    switch (lead, unit) {
    case (let lead?, 0xDC00...0xDFFF):
      let value = 0x10000 + UInt32(lead & 0x3FF) << 10 + UInt32(unit & 0x3FF)
      if let scalar = Unicode.Scalar(value) { decoded += UTF8.encode(scalar) ?? .init() }
      return
    case (_?, _): decoded.append(Self.damage)
    case (nil, _): break
    }
    switch unit {
    case 0xD800...0xDBFF: high = unit
    case 0xDC00...0xDFFF: decoded.append(Self.damage)
    default: if let scalar = Unicode.Scalar(unit) { decoded += UTF8.encode(scalar) ?? .init() }
    }
  }

  // MARK: What a file is

  private static let strangers: [(start: [UInt8], what: String)] = [
    ([0x50, 0x4B, 0x03, 0x04], "an Excel workbook"), ([0xD0, 0xCF, 0x11, 0xE0], "an Excel workbook"),
    (Array("%PDF".utf8), "a PDF"), (Array("BEGIN:VCARD".utf8), "a file of vCards"),
    (Array("{\\rtf".utf8), "a text document"), (Array("<".utf8), "a web page"),
    ([0x1F, 0x8B], "a compressed file"),
  ]

  private static func form(of head: ArraySlice<UInt8>) -> Form {
    if head.starts(with: [0xFF, 0xFE]) { return .utf16(isBigEndian: false) }
    if head.starts(with: [0xFE, 0xFF]) { return .utf16(isBigEndian: true) }
    if let stranger = strangers.first(where: { head.starts(with: $0.start) }) { return .other(stranger.what) }
    // The first line of a list is ASCII for the most part: in UTF-16 every other octet is zero.
    var zeros = [0, 0]
    for (place, octet) in head.enumerated() where octet == 0 { zeros[place & 1] += 1 }
    let pairs = head.count / 2
    if zeros[0] * 2 > pairs, zeros[1] * 8 < zeros[0] { return .utf16(isBigEndian: true) }
    if zeros[1] * 2 > pairs, zeros[0] * 8 < zeros[1] { return .utf16(isBigEndian: false) }
    return .octets
  }

  // MARK: Fields

  /// A field as text; nil if it is damaged. What is no UTF-8 is taken for Windows-1252, which nearly all lists are then.
  func text(of field: [UInt8]) -> (text: String, isWindows1252: Bool)? {
    if let text = String(validating: field, as: UTF8.self) { return (text, false) }
    guard form == .octets else { return nil }
    var text = String.UnicodeScalarView()
    for octet in field {
      switch octet {
      // Of Windows-1252 these five are nothing: the field is of a charset that nobody knows.
      case 0x81, 0x8D, 0x8F, 0x90, 0x9D: return nil
      case 0x80...0x9F: text.append(Self.windows1252[Int(octet - 0x80)])
      default: text.append(Unicode.Scalar(octet))
      }
    }
    return (String(text), true)
  }

  /// 0x80 to 0x9F.
  private static let windows1252 = Array(
    "€\u{81}‚ƒ„…†‡ˆ‰Š‹Œ\u{8D}Ž\u{8F}\u{90}‘’“”•–—˜™š›œ\u{9D}žŸ".unicodeScalars)
}
