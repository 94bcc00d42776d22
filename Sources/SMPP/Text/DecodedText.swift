/// Text read from the octets of a message.
public struct DecodedText: Hashable, Sendable {
  public var text: String
  public var encoding: TextEncoding
  /// The text may not be what was written: some octet had no character, the octets were not whole, or they are not what
  /// `data_coding` says and were read as something else.
  public var lossy: Bool
  /// The user data header; nil where there was none, or none that could be.
  public var udh: UserDataHeader?

  public init(text: String, encoding: TextEncoding, lossy: Bool = false, udh: UserDataHeader? = nil) {
    self.text = text
    self.encoding = encoding
    self.lossy = lossy
    self.udh = udh
  }
}

/// Reads the text of a message as `data_coding` says: never fails, and says where octets had no character.
/// - Parameters:
///   - octets: `short_message` or `message_payload`.
///   - dataCoding: `data_coding` (SMPP 3.4, 5.2.19).
///   - defaultAlphabet: what the peer means by `data_coding` 0.
///   - udhi: `esm_class` has 0x40, so the octets begin with a user data header. One that cannot be
///     (`UserDataHeader.parse`) is read as text, and the result is `lossy`.
public func decodeText(
  _ octets: [UInt8], dataCoding: UInt8, defaultAlphabet: DefaultAlphabet = .gsm7, udhi: Bool = false
) -> DecodedText {
  CodedText(octets, dataCoding: dataCoding, charsets: CharsetMap(defaultAlphabet), udhi: udhi).decoded()
}

/// Text of octets without a header. `fill`: bits before the first packed septet.
func decode(
  _ octets: UnsafeBufferPointer<UInt8>, _ charset: Charset, fill: Int = 0, _ national: NationalTables = .none
) -> DecodedText {
  switch charset {
  case .gsm7:
    let (text, lossy) = national.isDefault ? GSM7.decode(octets) : national.decode(octets)
    return DecodedText(text: text, encoding: .gsm7, lossy: lossy)
  case .gsm7Packed:
    let (text, lossy) = GSM7.unpack(octets, fillBits: fill).withUnsafeBufferPointer {
      national.isDefault ? GSM7.decode($0) : national.decode($0)
    }
    return DecodedText(text: text, encoding: .gsm7, lossy: lossy)
  case .ucs2:
    let (text, lossy) = UCS2.decode(octets)
    return DecodedText(text: text, encoding: .ucs2, lossy: lossy)
  case .utf16LE:
    let (text, lossy) = UCS2.decode(octets, littleEndian: true)
    return DecodedText(text: text, encoding: .utf16LE, lossy: lossy)
  case .utf8:
    let (text, lossy) = UTF8Text.decode(octets)
    return DecodedText(text: text, encoding: .utf8, lossy: lossy)
  case .ascii, .latin1, .windows1252, .data, .unknown:
    if octets.allSatisfy({ $0 < 0x80 }) {
      return DecodedText(text: String(decoding: octets, as: UTF8.self), encoding: charset.encoding)
    }
    let isLatin = charset == .latin1
    if charset == .windows1252 {
      return DecodedText(text: text(of: octets, scalar: windows1252), encoding: .windows1252)
    }
    // Octets that ASCII lacks are shown as Latin-1: it keeps them apart, and is what most senders mean.
    return DecodedText(text: text(of: octets) { UInt16($0) }, encoding: charset.encoding, lossy: !isLatin)
  case .cyrillic:
    return DecodedText(text: text(of: octets, scalar: cyrillic), encoding: .cyrillic)
  case .hebrew:
    return DecodedText(
      text: text(of: octets, scalar: hebrew), encoding: .hebrew,
      lossy: octets.contains { hebrew($0) == 0xFFFD })
  }
}

/// UTF-8 as a person's text.
enum UTF8Text {
  /// Text of octets; where they are not UTF-8 it shows U+FFFD.
  static func decode(_ octets: UnsafeBufferPointer<UInt8>) -> (text: String, lossy: Bool) {
    let body =
      octets.starts(with: [0xEF, 0xBB, 0xBF]) ? UnsafeBufferPointer(rebasing: octets[3...]) : octets
    if let text = String(validating: body, as: UTF8.self) { return (text, false) }
    return (String(decoding: body, as: UTF8.self), true)
  }
}

/// Text of one-octet characters. `scalar` gives no surrogate.
private func text(of octets: UnsafeBufferPointer<UInt8>, scalar: (UInt8) -> UInt16) -> String {
  var scalars = String.UnicodeScalarView()
  scalars.reserveCapacity(octets.count * 2)
  for octet in octets { scalars.append(Unicode.Scalar(scalar(octet)) ?? "\u{FFFD}") }
  return String(scalars)
}

/// Windows-1252: 0x81, 0x8D, 0x8F, 0x90 and 0x9D are the controls that ISO 8859-1 has there.
func windows1252(_ octet: UInt8) -> UInt16 {
  switch octet {
  case 0x80: 0x20AC
  case 0x82: 0x201A
  case 0x83: 0x0192
  case 0x84: 0x201E
  case 0x85: 0x2026
  case 0x86: 0x2020
  case 0x87: 0x2021
  case 0x88: 0x02C6
  case 0x89: 0x2030
  case 0x8A: 0x0160
  case 0x8B: 0x2039
  case 0x8C: 0x0152
  case 0x8E: 0x017D
  case 0x91: 0x2018
  case 0x92: 0x2019
  case 0x93: 0x201C
  case 0x94: 0x201D
  case 0x95: 0x2022
  case 0x96: 0x2013
  case 0x97: 0x2014
  case 0x98: 0x02DC
  case 0x99: 0x2122
  case 0x9A: 0x0161
  case 0x9B: 0x203A
  case 0x9C: 0x0153
  case 0x9E: 0x017E
  case 0x9F: 0x0178
  default: UInt16(octet)
  }
}

/// ISO 8859-5.
private func cyrillic(_ octet: UInt8) -> UInt16 {
  switch octet {
  case ..<0xA1, 0xAD: UInt16(octet)
  case 0xF0: 0x2116  // №
  case 0xFD: 0xA7  // §
  default: UInt16(octet) + 0x360
  }
}

/// ISO 8859-8.
private func hebrew(_ octet: UInt8) -> UInt16 {
  switch octet {
  case 0xA1, 0xBF...0xDE, 0xFB, 0xFC, 0xFF: 0xFFFD
  case 0xAA: 0xD7  // ×
  case 0xBA: 0xF7  // ÷
  case 0xDF: 0x2017  // ‗
  case 0xE0...0xFA: UInt16(octet) + 0x4F0  // alef to tav
  case 0xFD: 0x200E  // left-to-right mark
  case 0xFE: 0x200F  // right-to-left mark
  default: UInt16(octet)
  }
}
