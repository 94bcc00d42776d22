/// How the characters of a short message are written as octets.
public enum TextEncoding: String, Hashable, Sendable, CaseIterable {
  /// GSM 03.38 default alphabet with its extension table (3GPP TS 23.038, 6.2.1); the unit is the septet.
  case gsm7
  /// IA5, seven bits (`data_coding` 0x01).
  case ascii
  /// ISO 8859-1 (`data_coding` 0x03); the unit is the octet.
  case latin1
  /// ISO 8859-5 (`data_coding` 0x06); read only.
  case cyrillic
  /// ISO 8859-8 (`data_coding` 0x07); read only.
  case hebrew
  /// UTF-16, big endian, without a mark (`data_coding` 0x08); the unit is the 16-bit code unit.
  case ucs2
  /// Octets without a known alphabet (`data_coding` 0x02, 0x04 and whatever is reserved).
  case octets
  /// Windows-1252, ISO 8859-1 with typographic signs; read only.
  case windows1252
  /// UTF-8; read only.
  case utf8
  /// UTF-16, little endian; read only.
  case utf16LE
}

/// What a peer means by `data_coding` 0, "SMSC default alphabet" (SMPP 3.4, 5.2.19).
///
/// The raw values are the spellings of the configuration.
public enum DefaultAlphabet: String, Hashable, Sendable, CaseIterable {
  /// GSM 03.38, one septet an octet, the top bit clear.
  case gsm7
  /// GSM 03.38, eight septets packed into seven octets (3GPP TS 23.038, 6.1.2.1).
  case gsm7Packed = "gsm7_packed"
  /// IA5.
  case ascii
  /// ISO 8859-1.
  case latin1

  /// The encoding text in this alphabet has.
  @inlinable
  public var encoding: TextEncoding {
    switch self {
    case .gsm7, .gsm7Packed: .gsm7
    case .ascii: .ascii
    case .latin1: .latin1
    }
  }
}

/// How a text of several parts leaves. The raw values are the spellings of the configuration.
public enum LongMessages: String, Hashable, Sendable, CaseIterable {
  /// A user data header with an 8-bit reference (3GPP TS 23.040, 9.2.3.24.1): 153 septets or 67 units a part.
  case udh8 = "udh"
  /// A user data header with a 16-bit reference (3GPP TS 23.040, 9.2.3.24.8): 152 septets or 66 units a part.
  case udh16
  /// `sar_msg_ref_num`, `sar_total_segments`, `sar_segment_seqnum` (SMPP 3.4, 5.3.2.22 - 24). The SMSC writes
  /// the header, and its reference has 16 bits: 152 septets or 66 units a part always fit.
  case sar
  /// The whole text in `message_payload` (SMPP 3.4, 5.3.2.32); the SMSC makes the parts.
  case payload
}

/// A set of encodings a text may be sent in.
public struct EncodingSet: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8
  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// The peer's default alphabet, `data_coding` 0.
  public static let defaultAlphabet = EncodingSet(rawValue: 1)
  /// IA5 by name, `data_coding` 1.
  public static let ascii = EncodingSet(rawValue: 2)
  /// ISO 8859-1 by name, `data_coding` 3.
  public static let latin1 = EncodingSet(rawValue: 4)
  /// UTF-16, `data_coding` 8.
  public static let ucs2 = EncodingSet(rawValue: 8)

  /// What every handset shows: the default alphabet, and UCS-2 for the rest.
  public static let standard: EncodingSet = [.defaultAlphabet, .ucs2]
}
