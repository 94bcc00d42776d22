// Octets that are not what `data_coding` says: what they most likely are, and what else they may be.

extension CodedText {
  /// Units from which on octets are taken for UTF-16 of the other order by their zeros alone: fewer may be 一, 刀 and 最, and so may
  /// be any number that are all the same.
  private static let wideUnits = 4
  /// Octets from which on letters under `data_coding` 8 are taken for letters: fewer may be ideographs.
  private static let narrowOctets = 12
  /// Octets from which on packed septets are told from Latin-1.
  private static let packedOctets = 7
  /// The most octets that are looked at for a keyword: the longest keyword and signature, in UTF-16.
  public static let longestDoubted = 640

  /// Whether it is letters that say so: in their charset no octet means another character than in ASCII, so there is no other reading.
  public var isPlain: Bool {
    charset.isNarrow && national.isDefault && !isHeaderDamaged && withOctets { GSM7.isPlain($0) }
  }

  /// The text as it most likely was written: as `data_coding` says, unless the octets cannot be that, or hardly. Whatever was
  /// read otherwise is lossy.
  public func read() -> DecodedText {
    let said = decoded()
    if isSet, !said.lossy { return said }
    guard let other = withOctets({ likelyCharset($0) }) else { return said }
    return decoded(as: other)
  }

  private func decoded(as other: Charset) -> DecodedText {
    var decoded = withOctets { SMPP.decode($0, other, fill: fill) }
    decoded.udh = header
    decoded.lossy = true
    return decoded
  }

  /// Another charset than the one that was said, where the octets are hardly that.
  private func likelyCharset(_ octets: UnsafeBufferPointer<UInt8>) -> Charset? {
    switch charset {
    case .gsm7, .ascii, .latin1, .windows1252, .cyrillic, .hebrew, .data, .unknown:
      return national.isDefault ? likelyNarrow(octets) : nil
    case .utf8: return OctetShape.isUTF8(octets) || OctetShape.hasControls(octets) ? nil : .windows1252
    case .gsm7Packed:
      guard !isUnpacked, OctetShape(octets).wordShare >= 0.9 else { return nil }
      let unpacked = GSM7.unpack(octets, fillBits: fill)
      return unpacked.withUnsafeBufferPointer { OctetShape($0).wordShare } < 0.9 ? .gsm7 : nil
    case .ucs2: return likelyBesideUTF16(octets)
    case .utf16LE:
      return OctetShape(octets).utf16(atLeast: Self.wideUnits) == .ucs2 ? .ucs2 : nil
    }
  }

  private func likelyNarrow(_ octets: UnsafeBufferPointer<UInt8>) -> Charset? {
    if GSM7.isPlain(octets) { return nil }
    let shape = OctetShape(octets)
    if let wide = shape.utf16(atLeast: 3) { return wide }
    guard shape.high > 0 else { return nil }
    if OctetShape.isUTF8(octets) { return .utf8 }
    if charset == .gsm7, octets.count >= Self.packedOctets, shape.wordShare < 0.6 {
      let unpacked = GSM7.unpack(octets, fillBits: fill)
      if unpacked.withUnsafeBufferPointer({ OctetShape($0).wordShare }) >= 0.95 { return .gsm7Packed }
    }
    switch charset {
    case .latin1: return shape.c1 > 0 && !OctetShape.hasControls(octets) ? .windows1252 : nil
    case .gsm7, .ascii, .data, .unknown: return OctetShape.hasControls(octets) ? nil : .windows1252
    default: return nil
    }
  }

  private func likelyBesideUTF16(_ octets: UnsafeBufferPointer<UInt8>) -> Charset? {
    if OctetShape.hasMark(octets) { return nil }
    let shape = OctetShape(octets)
    if shape.utf16(atLeast: Self.wideUnits) == .utf16LE { return .utf16LE }
    let isOdd = octets.count % 2 != 0
    guard isOdd || octets.count >= Self.narrowOctets, !OctetShape.hasControls(octets) else { return nil }
    if OctetShape.isUTF8(octets),
      shape.wordShare >= (isOdd ? 0.5 : 0.9) || shape.high > 0 && shape.isMostlyUTF8
    {
      return .utf8
    }
    return shape.high > 0 && shape.wordShare >= 0.8 && (isOdd || octets.count >= 16) ? .windows1252 : nil
  }

  /// Whether a person may have written it: no controls, no unassigned characters, and mostly letters where octets could be anything.
  public var isWritten: Bool {
    guard count > 0 else { return false }
    let text = read()
    guard !text.text.isEmpty, text.text.unicodeScalars.allSatisfy(\.isWritten) else { return false }
    switch text.encoding {
    case .ucs2, .utf16LE, .utf8: return true
    case .gsm7, .ascii, .latin1, .windows1252, .cyrillic, .hebrew, .octets:
      return withOctets { octets in
        charset == .gsm7Packed || text.encoding == .gsm7 && charset != .gsm7
          ? true : OctetShape(octets).wordShare >= 0.6
      }
    }
  }

  // MARK: Other readings

  /// What else the octets may be, for who looks for a word in them. Empty for nearly all texts: those whose octets are letters
  /// and say so, and those that are too long.
  public func otherReadings() -> [DecodedText] {
    guard count > 0, count <= Self.longestDoubted else { return [] }
    return withOctets { octets in
      if charset.isNarrow, national.isDefault, !isHeaderDamaged, GSM7.isPlain(octets) { return [] }
      var found: [DecodedText] = []
      if let narrow = Self.narrow(octets) { found.append(narrow) }
      if OctetShape(octets).zeros * 4 >= octets.count {
        for wide in [Charset.ucs2, .utf16LE] where wide != charset { found.append(SMPP.decode(octets, wide)) }
      }
      if charset != .gsm7Packed || isUnpacked {
        for fill in Set([0, fill]).sorted() {
          let septets = GSM7.unpack(octets, fillBits: fill)
          septets.withUnsafeBufferPointer {
            if OctetShape.isWordy($0) { found.append(SMPP.decode($0, .gsm7)) }
          }
        }
      }
      if charset != .gsm7 || !national.isDefault, octets.allSatisfy({ $0 < 0x80 && $0 != 0 }) {
        found.append(SMPP.decode(octets, .gsm7))
      }
      found += readingsBehindHeader(octets)
      return found
    }
  }

  /// Zeros and marks taken off, what is left is letters of ASCII, UTF-8 or Latin-1: a text in UTF-16 of either order, whole or cut,
  /// reads so too.
  private static func narrow(_ octets: some Collection<UInt8>) -> DecodedText? {
    var kept = octets.filter { $0 != 0 }
    if kept.starts(with: [0xFE, 0xFF]) || kept.starts(with: [0xFF, 0xFE]) { kept.removeFirst(2) }
    return kept.withUnsafeBufferPointer { kept in
      guard !kept.isEmpty, !OctetShape.hasControls(kept) else { return nil }
      return SMPP.decode(kept, OctetShape.isUTF8(kept) ? .utf8 : .windows1252)
    }
  }

  /// The text behind a header that says a wrong length, or that `esm_class` does not tell of.
  private func readingsBehindHeader(_ octets: UnsafeBufferPointer<UInt8>) -> [DecodedText] {
    if isHeaderDamaged {
      // Behind the last octet of the first few that no text has.
      let odd = octets.prefix(24).lastIndex {
        $0 >= 0x80 || $0 < 0x20 && $0 != 0 && $0 != 0x0A && $0 != 0x0D
      }
      return odd.flatMap { Self.narrow(octets[($0 + 1)...]) }.map { [$0] } ?? []
    }
    guard header == nil, let (_, length) = UserDataHeader.parse(buffer: octets), length > 3,
      let known = UserDataHeader.parse(buffer: octets)?.header, known.elements.allSatisfy(\.isKnown)
    else { return [] }
    let rest = UnsafeBufferPointer(rebasing: octets[length...])
    return [SMPP.decode(rest, charset, fill: GSM7.fillBits(afterHeader: length))]
      + (Self.narrow(rest).map { [$0] } ?? [])
  }
}

extension UserDataHeader.Element {
  /// An element as texts have: a place, ports or national tables, of the right length.
  fileprivate var isKnown: Bool {
    switch (identifier, data.count) {
    case (UserDataHeader.concatenation8, 3), (UserDataHeader.concatenation16, 4), (UserDataHeader.ports8, 2),
      (UserDataHeader.ports16, 4), (UserDataHeader.singleShift, 1), (UserDataHeader.lockingShift, 1):
      true
    default: false
    }
  }
}

extension Unicode.Scalar {
  /// What people write: no control but those of lines, nothing unassigned or private.
  fileprivate var isWritten: Bool {
    switch properties.generalCategory {
    case .control: value == 0x0A || value == 0x0D || value == 0x09 || value == 0x0C
    case .unassigned, .privateUse, .surrogate: false
    default: value != 0xFFFD
    }
  }
}

/// What a pass over octets says about the charset they are in.
struct OctetShape {
  var count: Int
  /// Letters, digits, blanks, ends of lines and the marks of sentences, in ASCII.
  private(set) var words = 0
  /// Octets above 0x7F.
  private(set) var high = 0
  /// 0x80 to 0x9F: no letters in ISO 8859-1.
  private(set) var c1 = 0
  private(set) var zeros = 0
  /// Zeros at even places, where UTF-16 has its high octets.
  private(set) var zerosFirst = 0
  private var hasMark = false
  /// It is the same two octets again and again.
  private var isOneUnit = true

  init(_ octets: UnsafeBufferPointer<UInt8>) {
    count = octets.count
    hasMark = Self.hasMark(octets)
    for (place, octet) in octets.enumerated() {
      if place >= 2, octet != octets[place - 2] { isOneUnit = false }
      if octet == 0 {
        zeros += 1
        if place % 2 == 0 { zerosFirst += 1 }
      } else if octet >= 0x80 {
        high += 1
        if octet < 0xA0 { c1 += 1 }
      } else if Self.isWord(octet) {
        words += 1
      }
    }
  }

  var wordShare: Double { count == 0 ? 0 : Double(words) / Double(count) }

  /// Characters of UTF-8 beyond ASCII, and words, and nearly nothing else.
  var isMostlyUTF8: Bool { Double(words + high) >= 0.9 * Double(count) }

  /// The order of UTF-16 that zeros tell: nearly every unit has one, all on the same side, and the other octets are letters.
  func utf16(atLeast units: Int) -> Charset? {
    if hasMark, count >= 4 { return .ucs2 }
    let pairs = count / 2
    guard pairs >= units, zeros * 4 >= pairs * 3, words * 4 >= pairs * 2, !isOneUnit else { return nil }
    if zerosFirst == zeros { return .ucs2 }
    return zerosFirst == 0 ? .utf16LE : nil
  }

  static func isWord(_ octet: UInt8) -> Bool {
    switch octet {
    case 0x20, 0x0A, 0x0D, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    case 0x21, 0x22, 0x27, 0x28, 0x29, 0x2C, 0x2D, 0x2E, 0x3A, 0x3B, 0x3F: true  // ! " ' ( ) , - . : ; ?
    default: false
    }
  }

  static func isWordy(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
    !octets.isEmpty && octets.allSatisfy { isWord($0) }
  }

  /// Octets that no text in ASCII or beyond has.
  static func hasControls(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
    octets.contains { $0 < 0x20 && $0 != 0x0A && $0 != 0x0D && $0 != 0x09 || $0 == 0x7F }
  }

  static func hasMark(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
    octets.starts(with: [0xFE, 0xFF]) || octets.starts(with: [0xFF, 0xFE])
  }

  static func isUTF8(_ octets: UnsafeBufferPointer<UInt8>) -> Bool {
    String(validating: octets, as: UTF8.self) != nil
  }
}
