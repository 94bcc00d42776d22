/// Reads phones as people write them, in one country: `(202) 555-0142`, `+44 (0)20 7946 0030`, `2025550151.0` of a spreadsheet.
///
/// A text is one phone or none. What stands behind a complete number refuses the text, because nobody knows which of the digits are meant.
public struct PhoneReader: Sendable {
  /// The longest text that is looked at, in octets.
  public static let longestText = 128

  /// Whose numbers are written without a country code; nil: every phone needs its `+`.
  public let region: Region?

  public init(_ region: Region?) { self.region = region }
  /// The country by its ISO 3166-1 code.
  public init(country code: String) { self.init(Region(code)) }

  /// The one phone that a text means.
  public func read(_ text: String) throws(PhoneFault) -> PhoneReading {
    let verdict = verdict(on: text)
    if let fault = verdict.fault { throw fault }
    guard let digits = verdict.digits else { throw .notAPhone }
    return PhoneReading(digits, typed: text)
  }

  /// The phone that somebody most likely means who wants no more texts: whatever can be read as one is taken, even if it cannot exist.
  public func readLiberally(_ text: String) throws(PhoneFault) -> PhoneReading {
    let verdict = verdict(on: text)
    if verdict.fault != nil, text.utf8.first == UInt8(ascii: "+"),
      let digits = self.verdict(on: String(text.dropFirst())).sound
    {
      // A plus before a number that is one in our own country only.
      return PhoneReading(digits, typed: text)
    }
    switch verdict.fault {
    case nil, .extension, .leftOver, .needsPlus, .notAssigned, .areaCode, .exchange:
      if let digits = verdict.digits { return PhoneReading(digits, typed: text) }
    default: break
    }
    guard let written = PhoneText(text), written.hasPlus, let digits = written.digits,
      (7...15).contains(digits.count), !digits.text.hasPrefix("0")
    else { throw verdict.fault ?? .notAPhone }
    return PhoneReading(digits.value, typed: text)
  }

  /// A number of our own, of which our carrier knows more than a list: it only has to look like a number of its country.
  public func readOurs(_ text: String) throws(PhoneFault) -> PhoneReading {
    let verdict = verdict(on: text)
    if case .notAssigned = verdict.fault, let digits = verdict.digits {
      return PhoneReading(digits, typed: text)
    }
    return try read(text)
  }

  /// Why a number that is already in E.164 form cannot exist; nil: it may.
  public static func fault(ofE164 digits: Int64) -> PhoneFault? {
    if let national = northAmerican(digits) { return NorthAmerica.fault(ofNational: national) }
    return fault(of: Library.read("+\(digits)", nil))
  }

  /// The ten digits of a number with country code 1.
  private static func northAmerican(_ digits: Int64) -> Int64? {
    (10_000_000_000..<20_000_000_000).contains(digits) ? digits - 10_000_000_000 : nil
  }

  // MARK: Reading

  /// What a text may mean, and why it is not taken. Without a fault there are digits.
  private struct Verdict {
    var digits: Int64?
    var fault: PhoneFault?

    /// The digits, if nothing is wrong with them.
    var sound: Int64? { fault == nil ? digits : nil }
  }

  private func verdict(on text: String) -> Verdict {
    guard text.utf8.count <= Self.longestText else { return Verdict(fault: .tooLongText) }
    guard var typed = PhoneText(text) else { return Verdict(fault: text.isEmpty ? .empty : .notAPhone) }
    if typed.isEmpty { return Verdict(fault: .empty) }
    if let plain = plain(typed) { return plain }
    if typed.isScientific { return Verdict(fault: .digitsLost) }
    switch typed.decimals {
    case .none: break
    case .zero(let whole): typed = whole
    case .other(let whole, let rest):
      return Verdict(digits: verdict(of: whole).digits, fault: .leftOver(rest))
    }
    for (head, tail) in typed.cuts {
      guard let digits = verdict(of: head).sound else { continue }
      guard tail.hasDigits else { return Verdict(digits: digits) }
      if let number = tail.asExtension { return Verdict(digits: digits, fault: .extension(number)) }
      return Verdict(digits: digits, fault: .leftOver(tail.text))
    }
    if let tail = typed.shortTail { return Verdict(fault: .leftOver(tail.text)) }
    return verdict(of: typed)
  }

  /// Nothing but digits and what stands between them, of North America: no library is asked. Nil: not of this kind.
  private func plain(_ typed: PhoneText) -> Verdict? {
    guard let digits = typed.plainDigits else { return nil }
    if digits.count == 11, digits.value / 10_000_000_000 == 1,
      typed.hasPlus || region?.isNorthAmerican == true
    {
      return Verdict(
        digits: digits.value, fault: NorthAmerica.fault(ofNational: digits.value - 10_000_000_000))
    }
    if digits.count == 10, !typed.hasPlus, region?.isNorthAmerican == true, digits.value >= 2_000_000_000 {
      return Verdict(
        digits: digits.value + 10_000_000_000, fault: NorthAmerica.fault(ofNational: digits.value))
    }
    return nil
  }

  private func verdict(of typed: PhoneText) -> Verdict {
    if let plain = plain(typed) { return plain }
    let reading = Library.read(typed.text, region)
    guard let fault = Self.fault(of: reading) else { return Verdict(digits: reading.digits) }
    if !typed.hasPlus, let digits = typed.digits {
      if digits.text.hasPrefix("00") {
        // The prefix before a country code almost everywhere.
        let abroad = Library.read("+" + digits.text.dropFirst(2), nil)
        if Self.fault(of: abroad) == nil { return Verdict(digits: abroad.digits) }
      }
      if digits.count >= 11, case let abroad = Library.read("+" + digits.text, nil),
        Self.fault(of: abroad) == nil
      {
        return Verdict(digits: abroad.digits, fault: beginsWithOurs(digits.text) ? .needsPlus : nil)
      }
      if (3...6).contains(digits.count) { return Verdict(fault: .shortCode) }
      if region == nil { return Verdict(fault: .needsPlus) }
    }
    return Verdict(digits: reading.digits >= 1_000_000 ? reading.digits : nil, fault: fault)
  }

  /// What bare digits are as a number of our own country; nil where they are none that it has given out, or with `unassigned` none
  /// that it could give out.
  public func national(_ digits: String, unassigned: Bool = false) -> Int64? {
    let reading = Library.read(digits, region)
    // The library takes the prefix before a country code off, and would read a foreign number.
    guard let region, reading.callingCode == region.callingCode, reading.digits >= 1_000_000 else {
      return nil
    }
    return reading.isValid || unassigned && reading.outcome == .notAssigned ? reading.digits : nil
  }

  /// Whether the digits without their last one, two or three are a complete number of our own country.
  private func beginsWithOurs(_ digits: String) -> Bool {
    (1...3).contains { Library.read(String(digits.dropLast($0)), region).isValid }
  }

  private static func fault(of reading: Library.Reading) -> PhoneFault? {
    let place = PhoneFault.Place(reading.callingCode)
    // The area code may be newer than the library.
    if let national = northAmerican(reading.digits) { return NorthAmerica.fault(ofNational: national) }
    switch reading.outcome {
    case .valid: return reading.digits == 0 ? .notAPhone : nil
    case .noCountry: return .unknownCountry
    case .tooShort: return .tooShort(place)
    case .tooLong: return .tooLong(place)
    case .noSuchLength: return .noSuchLength(place)
    case .notAssigned: return Examples.contain(reading.digits) ? nil : .notAssigned(place)
    case .noNumber: return .notAPhone
    }
  }
}

/// A phone that was read, and whether a person would have read the same at once.
public struct PhoneReading: Hashable, Sendable {
  /// All digits of the E.164 form: `+12025550142` is 12025550142.
  public let digits: Int64
  /// Whether the typed digits are the phone's, with or without its country code or the zero before an area code.
  public let isAsTyped: Bool

  init(_ digits: Int64, typed: String) {
    self.digits = digits
    let whole = "\(digits)"
    let written = String(decoding: typed.utf8.filter { $0 >= 0x30 && $0 <= 0x39 }, as: UTF8.self)
    let national = written.hasPrefix("0") ? String(written.drop { $0 == "0" }) : written
    isAsTyped = whole == written || whole == national || (1...3).contains { whole.dropFirst($0) == national }
  }
}
