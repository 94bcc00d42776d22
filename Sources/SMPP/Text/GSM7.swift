/// The GSM 03.38 default alphabet and its extension table (3GPP TS 23.038, 6.2.1 and 6.2.1.1).
///
/// Septets here are unpacked: one an octet, the top bit clear. `pack` and `unpack` are in `GSM7Packing.swift`.
public enum GSM7 {
  /// Escape to the extension table.
  public static let escape: UInt8 = 0x1B

  /// Septets a character costs: 1, 2 with its escape, or nil where the alphabet does not have it.
  public static func cost(of scalar: Unicode.Scalar) -> Int? {
    let code = code(of: scalar)
    return code == absent ? nil : (code & extended == 0 ? 1 : 2)
  }

  /// Whether every character of `text` is in the alphabet.
  public static func holds(_ text: String) -> Bool {
    septets(of: text) != nil
  }

  /// How many septets `text` takes, escapes counted; nil where a character is not in the alphabet.
  public static func septets(of text: String) -> Int? {
    var text = text
    return text.withUTF8 { TextProfile($0).gsmSeptets }
  }

  /// Unpacked septets of `text`; nil where a character is not in the alphabet.
  public static func encode(_ text: String) -> [UInt8]? {
    var text = text
    return text.withUTF8 { utf8 in
      if isPlain(utf8) { return Array(utf8) }
      return TextProfile(utf8).gsmSeptets.map { encode(utf8, septets: $0) }
    }
  }

  /// Unpacked septets of a text known to be in the alphabet and to take `septets`.
  static func encode(_ utf8: UnsafeBufferPointer<UInt8>, septets: Int) -> [UInt8] {
    if septets == utf8.count, isPlain(utf8) { return Array(utf8) }
    return [UInt8](unsafeUninitializedCapacity: septets) { buffer, count in
      count = encode(utf8, into: buffer) ?? 0
    }
  }

  /// Writes unpacked septets, and says how many; nil where a character is not in the alphabet, or `buffer` is full.
  static func encode(_ utf8: UnsafeBufferPointer<UInt8>, into buffer: UnsafeMutableBufferPointer<UInt8>)
    -> Int?
  {
    asciiCodes.withUnsafeBufferPointer { codes in
      var written = 0
      var at = 0
      while at < utf8.count {
        let octet = utf8[at]
        let code: UInt16
        if octet < 0x80 {
          code = codes[Int(octet)]
          at += 1
        } else {
          code = codeBeyondASCII(UTF8Walk.scalar(utf8, &at))
        }
        if code & extended != 0 {
          guard code != absent, written + 1 < buffer.count else { return nil }
          buffer[written] = escape
          written += 1
        }
        guard written < buffer.count else { return nil }
        buffer[written] = UInt8(truncatingIfNeeded: code)
        written += 1
      }
      return written
    }
  }

  /// Text of unpacked septets. Never fails: what has no character is U+FFFD (see `DecodedText.lossy`).
  public static func decode(_ septets: some Collection<UInt8>) -> String {
    let decoded = septets.withContiguousStorageIfAvailable { decode($0) }
    return (decoded ?? Array(septets).withUnsafeBufferPointer { decode($0) }).text
  }

  /// Text of unpacked septets, and whether some octet had no character.
  static func decode(_ septets: UnsafeBufferPointer<UInt8>) -> (text: String, lossy: Bool) {
    if isPlain(septets) { return (String(decoding: septets, as: UTF8.self), false) }
    return alphabet.withUnsafeBufferPointer { decode(septets, $0) }
  }

  private static func decode(
    _ septets: UnsafeBufferPointer<UInt8>, _ alphabet: UnsafeBufferPointer<UInt16>
  ) -> (text: String, lossy: Bool) {
    var lossy = false
    // Three octets of UTF-8 a septet is the most any character of either table takes.
    let text = String(unsafeUninitializedCapacity: septets.count * 3) { buffer in
      var written = 0
      var escaped = false
      func put(_ scalar: UInt16) {
        if scalar < 0x80 {
          buffer[written] = UInt8(truncatingIfNeeded: scalar)
          written += 1
        } else if scalar < 0x800 {
          buffer[written] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
          buffer[written + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
          written += 2
        } else {
          buffer[written] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
          buffer[written + 1] = UInt8(truncatingIfNeeded: 0x80 | scalar >> 6 & 0x3F)
          buffer[written + 2] = UInt8(truncatingIfNeeded: 0x80 | scalar & 0x3F)
          written += 3
        }
      }
      for octet in septets {
        if octet < 0x80, octet != escape, !escaped {
          let scalar = alphabet[Int(octet)]
          if scalar < 0x80 {
            buffer[written] = UInt8(truncatingIfNeeded: scalar)
            written += 1
          } else {
            put(scalar)
          }
          continue
        }
        if octet == escape && !escaped {
          escaped = true
          continue
        }
        if octet >= 0x80 {
          put(0xFFFD)
          lossy = true
        } else if let scalar = extensionScalar(octet) {
          put(scalar)
        } else {
          // 6.2.1.1: a code the extension table lacks is shown as the character of the main table; a second
          // escape, and an escape at the end, as a space.
          put(octet == escape ? 0x20 : alphabet[Int(octet)])
          lossy = true
        }
        escaped = false
      }
      if escaped {
        put(0x20)
        lossy = true
      }
      return written
    }
    return (text, lossy)
  }

  // MARK: Plain text: septets equal to their UTF-8

  /// Whether every octet is the same character in ASCII and in GSM 03.38: the common case, for which reading and writing are
  /// copies. Branch-free, so that it vectorises.
  static func isPlain(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
    var foreign: UInt8 = 0
    for octet in octets {
      let upper: UInt8 = octet &- 0x20 < 0x3B ? 1 : 0  // space to Z
      let lower: UInt8 = octet &- 0x61 < 26 ? 1 : 0  // a to z
      let lines: UInt8 = (octet == 0x0A ? 1 : 0) | (octet == 0x0D ? 1 : 0)
      let moved: UInt8 = (octet == 0x24 ? 1 : 0) | (octet == 0x40 ? 1 : 0)  // $ and @ have other codes
      foreign |= ((upper | lower | lines) ^ 1) | moved
    }
    return foreign == 0
  }

  // MARK: Tables

  /// In a code: the septet follows an escape.
  static let extended: UInt16 = 0x100
  /// No code: the alphabet lacks the character.
  static let absent: UInt16 = 0xFFFF

  /// The septet of a character, with `extended` where it needs an escape, or `absent`.
  static func code(of scalar: Unicode.Scalar) -> UInt16 {
    let value = scalar.value
    return value < 0x80 ? asciiCodes[Int(value)] : codeBeyondASCII(value)
  }

  static func codeBeyondASCII(_ value: UInt32) -> UInt16 {
    switch value {
    case 0xA1: 0x40  // ¡
    case 0xA3: 0x01  // £
    case 0xA4: 0x24  // ¤
    case 0xA5: 0x03  // ¥
    case 0xA7: 0x5F  // §
    case 0xBF: 0x60  // ¿
    case 0xC4: 0x5B  // Ä
    case 0xC5: 0x0E  // Å
    case 0xC6: 0x1C  // Æ
    case 0xC7: 0x09  // Ç
    case 0xC9: 0x1F  // É
    case 0xD1: 0x5D  // Ñ
    case 0xD6: 0x5C  // Ö
    case 0xD8: 0x0B  // Ø
    case 0xDC: 0x5E  // Ü
    case 0xDF: 0x1E  // ß
    case 0xE0: 0x7F  // à
    case 0xE4: 0x7B  // ä
    case 0xE5: 0x0F  // å
    case 0xE6: 0x1D  // æ
    case 0xE8: 0x04  // è
    case 0xE9: 0x05  // é
    case 0xEC: 0x07  // ì
    case 0xF1: 0x7D  // ñ
    case 0xF2: 0x08  // ò
    case 0xF6: 0x7C  // ö
    case 0xF8: 0x0C  // ø
    case 0xF9: 0x06  // ù
    case 0xFC: 0x7E  // ü
    case 0x393: 0x13  // Γ
    case 0x394: 0x10  // Δ
    case 0x398: 0x19  // Θ
    case 0x39B: 0x14  // Λ
    case 0x39E: 0x1A  // Ξ
    case 0x3A0: 0x16  // Π
    case 0x3A3: 0x18  // Σ
    case 0x3A6: 0x12  // Φ
    case 0x3A8: 0x17  // Ψ
    case 0x3A9: 0x15  // Ω
    case 0x20AC: extended | 0x65  // €
    default: absent
    }
  }

  /// Character of a septet after an escape.
  static func extensionScalar(_ septet: UInt8) -> UInt16? {
    switch septet {
    case 0x0A: 0x0C  // form feed
    case 0x14: 0x5E  // ^
    case 0x28: 0x7B  // {
    case 0x29: 0x7D  // }
    case 0x2F: 0x5C  // \
    case 0x3C: 0x5B  // [
    case 0x3D: 0x7E  // ~
    case 0x3E: 0x5D  // ]
    case 0x40: 0x7C  // |
    case 0x65: 0x20AC  // €
    default: nil
    }
  }

  /// Codes of the ASCII characters, by ASCII code.
  static let asciiCodes: [UInt16] = [
    // 0x00: controls; LF and CR are in the main table, form feed in the extension
    0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF,
    0xFFFF, 0xFFFF, 0x000A, 0xFFFF, 0x010A, 0x000D, 0xFFFF, 0xFFFF,
    0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF,
    0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF, 0xFFFF,
    // 0x20: space ! " # $ % & ' ( ) * + , - . /
    0x0020, 0x0021, 0x0022, 0x0023, 0x0002, 0x0025, 0x0026, 0x0027,
    0x0028, 0x0029, 0x002A, 0x002B, 0x002C, 0x002D, 0x002E, 0x002F,
    // 0x30: 0 1 2 3 4 5 6 7 8 9 : ; < = > ?
    0x0030, 0x0031, 0x0032, 0x0033, 0x0034, 0x0035, 0x0036, 0x0037,
    0x0038, 0x0039, 0x003A, 0x003B, 0x003C, 0x003D, 0x003E, 0x003F,
    // 0x40: @ A to O
    0x0000, 0x0041, 0x0042, 0x0043, 0x0044, 0x0045, 0x0046, 0x0047,
    0x0048, 0x0049, 0x004A, 0x004B, 0x004C, 0x004D, 0x004E, 0x004F,
    // 0x50: P to Z [ \ ] ^ _
    0x0050, 0x0051, 0x0052, 0x0053, 0x0054, 0x0055, 0x0056, 0x0057,
    0x0058, 0x0059, 0x005A, 0x013C, 0x012F, 0x013E, 0x0114, 0x0011,
    // 0x60: ` (absent) a to o
    0xFFFF, 0x0061, 0x0062, 0x0063, 0x0064, 0x0065, 0x0066, 0x0067,
    0x0068, 0x0069, 0x006A, 0x006B, 0x006C, 0x006D, 0x006E, 0x006F,
    // 0x70: p to z { | } ~ DEL (absent)
    0x0070, 0x0071, 0x0072, 0x0073, 0x0074, 0x0075, 0x0076, 0x0077,
    0x0078, 0x0079, 0x007A, 0x0128, 0x0140, 0x0129, 0x013D, 0xFFFF,
  ]

  /// Characters of the main table, by septet. 0x1B, the escape, is a space to who does not know it (6.2.1).
  static let alphabet: [UInt16] = [
    // @ £ $ ¥ è é ù ì ò Ç LF Ø ø CR Å å
    0x40, 0xA3, 0x24, 0xA5, 0xE8, 0xE9, 0xF9, 0xEC, 0xF2, 0xC7, 0x0A, 0xD8, 0xF8, 0x0D, 0xC5, 0xE5,
    // Δ _ Φ Γ Λ Ω Π Ψ Σ Θ Ξ ESC Æ æ ß É
    0x394, 0x5F, 0x3A6, 0x393, 0x39B, 0x3A9, 0x3A0, 0x3A8,
    0x3A3, 0x398, 0x39E, 0x20, 0xC6, 0xE6, 0xDF, 0xC9,
    // space ! " # ¤ % & ' ( ) * + , - . /
    0x20, 0x21, 0x22, 0x23, 0xA4, 0x25, 0x26, 0x27, 0x28, 0x29, 0x2A, 0x2B, 0x2C, 0x2D, 0x2E, 0x2F,
    0x30, 0x31, 0x32, 0x33, 0x34, 0x35, 0x36, 0x37, 0x38, 0x39, 0x3A, 0x3B, 0x3C, 0x3D, 0x3E, 0x3F,
    // ¡ A to Z Ä Ö Ñ Ü §
    0xA1, 0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48, 0x49, 0x4A, 0x4B, 0x4C, 0x4D, 0x4E, 0x4F,
    0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59, 0x5A, 0xC4, 0xD6, 0xD1, 0xDC, 0xA7,
    // ¿ a to z ä ö ñ ü à
    0xBF, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6A, 0x6B, 0x6C, 0x6D, 0x6E, 0x6F,
    0x70, 0x71, 0x72, 0x73, 0x74, 0x75, 0x76, 0x77, 0x78, 0x79, 0x7A, 0xE4, 0xF6, 0xF1, 0xFC, 0xE0,
  ]
}
