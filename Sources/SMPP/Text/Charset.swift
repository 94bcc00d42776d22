/// A charset that octets on the wire may be in. The raw values are the spellings of the configuration.
public enum Charset: String, Hashable, Sendable, CaseIterable {
  /// GSM 03.38, one septet an octet, the top bit clear.
  case gsm7
  /// GSM 03.38, eight septets packed into seven octets.
  case gsm7Packed = "gsm7_packed"
  /// IA5.
  case ascii
  /// ISO 8859-1.
  case latin1
  /// ISO 8859-1 with letters and typographic signs at 0x80 to 0x9F.
  case windows1252
  /// ISO 8859-5.
  case cyrillic = "iso8859_5"
  /// ISO 8859-8.
  case hebrew = "iso8859_8"
  case utf8
  /// UTF-16, big endian unless a mark says otherwise.
  case ucs2
  /// UTF-16, little endian unless a mark says otherwise.
  case utf16LE = "utf16le"
  /// 8-bit data: a ring tone, a push, a picture; not text.
  case data
  /// What `data_coding` says is reserved, or an alphabet that is not read here (JIS, KS C 5601). Not for the configuration.
  case unknown

  /// What an operator may say that a `data_coding` is.
  public static let settable: [Charset] = allCases.filter { $0 != .unknown }

  @inlinable
  public var encoding: TextEncoding {
    switch self {
    case .gsm7, .gsm7Packed: .gsm7
    case .ascii: .ascii
    case .latin1: .latin1
    case .windows1252: .windows1252
    case .cyrillic: .cyrillic
    case .hebrew: .hebrew
    case .utf8: .utf8
    case .ucs2: .ucs2
    case .utf16LE: .utf16LE
    case .data, .unknown: .octets
    }
  }

  /// Its unit is an octet.
  var isNarrow: Bool {
    switch self {
    case .ucs2, .utf16LE, .gsm7Packed: false
    case .gsm7, .ascii, .latin1, .windows1252, .cyrillic, .hebrew, .utf8, .data, .unknown: true
    }
  }

  /// `data_coding` (SMPP 3.4, 5.2.19), and the GSM coding groups that arrive in it unchanged (3GPP TS 23.038, 4).
  init(dataCoding: UInt8, defaultAlphabet: DefaultAlphabet) {
    let byDefault = Charset(defaultAlphabet)
    switch dataCoding {
    case 0x00: self = byDefault
    case 0x01: self = .ascii
    case 0x02, 0x04: self = .data
    case 0x03: self = .latin1
    case 0x06: self = .cyrillic
    case 0x07: self = .hebrew
    case 0x08: self = .ucs2
    // General data coding with a message class (0x10 and 0x18 are flash messages), and the same marked for deletion.
    case 0x10...0x1F, 0x40...0x5F:
      switch dataCoding & 0x0C {
      case 0x00: self = byDefault
      case 0x04: self = .data
      case 0x08: self = .ucs2
      default: self = .unknown
      }
    case 0xC0...0xDF: self = byDefault  // message waiting, text in the default alphabet
    case 0xE0...0xEF: self = .ucs2  // message waiting, text in UCS-2
    case 0xF0...0xFF: self = dataCoding & 0x04 == 0 ? byDefault : .data  // message class
    default: self = .unknown
    }
  }

  init(_ alphabet: DefaultAlphabet) {
    self =
      switch alphabet {
      case .gsm7: .gsm7
      case .gsm7Packed: .gsm7Packed
      case .ascii: .ascii
      case .latin1: .latin1
      }
  }
}

/// What a carrier means by `data_coding`.
public struct CharsetMap: Hashable, Sendable {
  /// What it means by 0, both ways.
  public var defaultAlphabet: DefaultAlphabet
  /// Values of `data_coding` under which it sends something else than the specification says.
  public var exceptions: [UInt8: Charset]

  public init(_ defaultAlphabet: DefaultAlphabet = .gsm7, exceptions: [UInt8: Charset] = [:]) {
    self.defaultAlphabet = defaultAlphabet
    self.exceptions = exceptions
  }

  public func charset(of dataCoding: UInt8) -> Charset {
    set(dataCoding) ?? Charset(dataCoding: dataCoding, defaultAlphabet: defaultAlphabet)
  }

  /// The charset that the operator says a `data_coding` is.
  func set(_ dataCoding: UInt8) -> Charset? { exceptions.isEmpty ? nil : exceptions[dataCoding] }
}
