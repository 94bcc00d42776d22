/// Text read from the octets of a message.
public struct DecodedText: Hashable, Sendable {
  public var text: String
  public var encoding: TextEncoding
  /// Some octet had no character, or the octets were not whole: `text` shows U+FFFD, or less than was sent.
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

/// Reads the text of a message: never fails, and says where it had to guess.
/// - Parameters:
///   - octets: `short_message` or `message_payload`.
///   - dataCoding: `data_coding` (SMPP 3.4, 5.2.19).
///   - defaultAlphabet: what the peer means by `data_coding` 0.
///   - udhi: `esm_class` has 0x40, so the octets begin with a user data header. One that cannot be
///     (`UserDataHeader.parse`) is read as text, and the result is `lossy`.
public func decodeText(
  _ octets: [UInt8], dataCoding: UInt8, defaultAlphabet: DefaultAlphabet = .gsm7, udhi: Bool = false
) -> DecodedText {
  octets.withUnsafeBufferPointer { buffer in
    guard udhi, !buffer.isEmpty else {
      return decode(buffer, WireAlphabet(dataCoding: dataCoding, defaultAlphabet: defaultAlphabet), fill: 0)
    }
    let alphabet = WireAlphabet(dataCoding: dataCoding, defaultAlphabet: defaultAlphabet)
    guard let (header, length) = UserDataHeader.parse(buffer: buffer) else {
      var decoded = decode(buffer, alphabet, fill: 0)
      decoded.lossy = true
      return decoded
    }
    var decoded = decode(
      UnsafeBufferPointer(rebasing: buffer[length...]), alphabet, fill: GSM7.fillBits(afterHeader: length))
    decoded.udh = header
    return decoded
  }
}

/// Text of octets without a header. `fill`: bits before the first packed septet.
func decode(
  _ octets: UnsafeBufferPointer<UInt8>, _ alphabet: WireAlphabet, fill: Int
) -> DecodedText {
  switch alphabet {
  case .gsm7:
    let (text, lossy) = GSM7.decode(octets)
    return DecodedText(text: text, encoding: .gsm7, lossy: lossy)
  case .gsm7Packed:
    let (text, lossy) = GSM7.unpack(octets, fillBits: fill).withUnsafeBufferPointer { GSM7.decode($0) }
    return DecodedText(text: text, encoding: .gsm7, lossy: lossy)
  case .ucs2:
    let (text, lossy) = UCS2.decode(octets)
    return DecodedText(text: text, encoding: .ucs2, lossy: lossy)
  case .ascii, .latin1, .octets:
    let isASCII = octets.allSatisfy { $0 < 0x80 }
    if isASCII {
      return DecodedText(text: String(decoding: octets, as: UTF8.self), encoding: alphabet.encoding)
    }
    // Octets that ASCII lacks are shown as Latin-1: it keeps them apart, and is what most senders mean.
    return DecodedText(
      text: text(of: octets) { UInt16($0) }, encoding: alphabet.encoding, lossy: alphabet != .latin1)
  case .cyrillic:
    return DecodedText(text: text(of: octets, scalar: cyrillic), encoding: .cyrillic)
  case .hebrew:
    return DecodedText(
      text: text(of: octets, scalar: hebrew), encoding: .hebrew,
      lossy: octets.contains { hebrew($0) == 0xFFFD })
  }
}

/// Text of one-octet characters. `scalar` gives no surrogate.
private func text(of octets: UnsafeBufferPointer<UInt8>, scalar: (UInt8) -> UInt16) -> String {
  var scalars = String.UnicodeScalarView()
  scalars.reserveCapacity(octets.count * 2)
  for octet in octets { scalars.append(Unicode.Scalar(scalar(octet)) ?? "\u{FFFD}") }
  return String(scalars)
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
