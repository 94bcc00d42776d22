import PhoneNumbers
public import SMPP

/// Who an address means, whatever its spelling.
public enum Party: Hashable, Sendable {
  /// E.164: `+` and 7 to 15 digits.
  case number(String)
  /// 3 to 8 digits.
  case shortCode(String)
  /// A name, as it came.
  case alphanumeric(String)
  /// None of these: a national number of a country without rules, too short, too long, or not an address.
  case unusable

  /// The E.164 number; nil for anything else.
  public var e164: String? {
    if case .number(let number) = self { number } else { nil }
  }

  /// Number, short code or name; nil for what is unusable.
  public var text: String? {
    switch self {
    case .number(let text), .shortCode(let text), .alphanumeric(let text): text
    case .unusable: nil
    }
  }
}

/// Reads a carrier's addresses, and writes ours for it.
public struct AddressNormaliser: Hashable, Sendable {
  public var style: AddressStyle

  public init(_ style: AddressStyle = AddressStyle()) { self.style = style }
  public init(_ profile: CarrierProfile) { style = profile.addresses }

  /// The longest E.164 number, digits (ITU-T E.164, 6.1).
  public static let longestNumber = 15
  /// The shortest: calling codes and numbers under it are not in use.
  public static let shortestNumber = 7

  // MARK: Reading

  /// Who `address` means. TON decides where it can; what it leaves open, the spelling does.
  public func party(_ address: Address) -> Party {
    address.digits.withOctets { octets in
      if address.ton == TypeOfNumber.alphanumeric { return alphanumeric(octets, address.digits) }
      guard let digits = Digits(octets) else {
        return octets.contains { isLetter($0) } ? .alphanumeric(address.digits.string) : .unusable
      }
      return number(digits, ton: address.ton)
    }
  }

  /// Whom else `address` may mean: the same digits as a national and as an international number, whatever TON says. For an address
  /// that as it is read is nobody's we know.
  public func otherParties(_ address: Address) -> [Party] {
    let read = party(address)
    return address.digits.withOctets { octets in
      guard let digits = Digits(octets), !digits.hasPlus else { return [] }
      return [national(digits, isMarked: true) ?? .unusable, international(digits, from: 0)].filter {
        $0 != read && $0 != .unusable
      }
    }
  }

  /// A name stays as it is; digits that are only marked as one are read as digits.
  private func alphanumeric(_ octets: UnsafeRawBufferPointer, _ name: COctetString) -> Party {
    if let digits = Digits(octets) {
      let party = number(digits, ton: TypeOfNumber.unknown)
      if party != .unusable { return party }
    }
    return name.isEmpty ? .unusable : .alphanumeric(name.string)
  }

  private func number(_ digits: Digits, ton: UInt8) -> Party {
    if digits.hasPlus { return international(digits, from: 0) }
    switch ton {
    case TypeOfNumber.international:
      if let party = prefixed(digits) { return party }
      if digits.hasPrefix(0, 0) { return international(digits, from: 2) }
      if digits.hasPrefix(0, 1, 1), style.country == .nanp { return international(digits, from: 3) }
      if style.marksNationalInternational, let party = national(digits) { return party }
      if mayBeNational(digits), let party = onlyNational(digits) { return party }
      let party = international(digits, from: 0)
      return party == .unusable ? shortCode(digits) : party
    case TypeOfNumber.networkSpecific, TypeOfNumber.abbreviated:
      let party = shortCode(digits)
      return party == .unusable ? open(digits) : party
    default:
      return open(digits, isNational: ton == TypeOfNumber.national)
    }
  }

  /// A number of which only the digits say what it is.
  private func open(_ digits: Digits, isNational: Bool = false) -> Party {
    if let party = prefixed(digits) { return party }
    if digits.hasPrefix(0, 0) { return international(digits, from: 2) }
    if let party = national(digits, isMarked: isNational) { return party }
    if digits.count <= 8 { return shortCode(digits) }
    // Nine and ten digits may lack their calling code; from eleven on there is one.
    let party = international(digits, from: 0)
    return digits.count >= 11 || isNumber(party) ? party : .unusable
  }

  // MARK: National forms

  /// Whether digits that are marked as international could be a national number by their look. Nearly none could, so nearly all need no
  /// library.
  private func mayBeNational(_ digits: Digits) -> Bool {
    guard let region = style.country.region else { return false }
    if region.isNorthAmerican { return digits.count == 10 && digits[0] >= 2 }
    return digits.count >= Self.shortestNumber && !digits.hasPrefix(region.callingCodeText)
  }

  /// The national number of digits that are no number of any country when read as international.
  private func onlyNational(_ digits: Digits) -> Party? {
    if isNumber(international(digits, from: 0)) { return nil }
    return known(digits)
  }

  /// A number that its country has given out.
  private func known(_ digits: Digits, unassigned: Bool = false) -> Party? {
    PhoneReader(style.country.region).national(digits.text(from: 0), unassigned: unassigned).map {
      .number("+\($0)")
    }
  }

  /// Whether it is a number that some country may have given out.
  private func isNumber(_ party: Party) -> Bool {
    guard let number = party.e164, let digits = Int64(number.dropFirst()) else { return false }
    return PhoneReader.fault(ofE164: digits) == nil
  }

  /// A number behind the carrier's own prefix; nil where it has none, or what follows is no number.
  private func prefixed(_ digits: Digits) -> Party? {
    guard !style.prefix.isEmpty, digits.hasPrefix(style.prefix) else { return nil }
    let party = international(digits, from: style.prefix.utf8.count)
    return party == .unusable ? nil : party
  }

  /// - Parameter isMarked: something besides the digits says that the number is a national one.
  private func national(_ digits: Digits, isMarked: Bool = false) -> Party? {
    guard let region = style.country.region else { return nil }
    if !region.isNorthAmerican { return national(digits, of: region, isMarked) }
    if digits.hasPrefix(0, 1, 1), digits.count >= 3 + Self.shortestNumber {
      return international(digits, from: 3)
    }
    if digits.count == 10, digits[0] >= 2 { return .number("+1" + digits.text(from: 0)) }
    if digits.count == 11, digits[0] == 1, digits[1] >= 2 { return .number("+" + digits.text(from: 0)) }
    return nil
  }

  /// A number with its country code and no plus is that number, as is one that the country has given out. Both are longer than a short code.
  private func national(_ digits: Digits, of region: Region, _ isMarked: Bool) -> Party? {
    guard digits.count >= Self.shortestNumber || digits[0] == 0 else { return nil }
    let isWhole = digits.hasPrefix(region.callingCodeText)
    // No national number is that long and begins like this.
    if isWhole, digits.count >= 12 { return international(digits, from: 0) }
    if let party = known(digits) { return party }
    if isWhole, digits.count >= 10 { return international(digits, from: 0) }
    // What is marked as a number, or begins with the zero before an area code, may be newer than the library.
    return isMarked || digits[0] == 0 ? known(digits, unassigned: true) : nil
  }

  /// E.164 from the digits after a prefix. No number begins with 0, and +1 has ten digits behind it.
  private func international(_ digits: Digits, from start: Int) -> Party {
    let count = digits.count - start
    guard count >= Self.shortestNumber, count <= Self.longestNumber, digits[start] != 0 else {
      return .unusable
    }
    if digits[start] == 1, count != 11 || digits[start + 1] < 2 { return .unusable }
    return .number("+" + digits.text(from: start))
  }

  private func shortCode(_ digits: Digits) -> Party {
    digits.count >= 3 && digits.count <= 8 ? .shortCode(digits.text(from: 0)) : .unusable
  }

  // MARK: Writing

  /// Our number, short code or name as `source_addr`.
  public func source(_ party: Party) -> Address? {
    address(party, ton: style.sourceTON, npi: style.sourceNPI)
  }

  /// A phone or short code as `destination_addr`.
  public func destination(_ party: Party) -> Address? {
    address(party, ton: style.destinationTON, npi: style.destinationNPI)
  }

  /// An E.164 number (`+` and digits) as `destination_addr`.
  public func destination(e164 number: String) -> Address? { destination(.number(number)) }

  /// An E.164 number (`+` and digits) as `source_addr`.
  public func source(e164 number: String) -> Address? { source(.number(number)) }

  /// Whether `number` is a `+` and as many digits as a number has.
  private static func isE164(_ number: String) -> Bool {
    var number = number
    return number.withUTF8 { octets in
      guard octets.count > shortestNumber, octets.count <= longestNumber + 1,
        octets[0] == UInt8(ascii: "+")
      else { return false }
      return octets.dropFirst().allSatisfy { $0 &- 0x30 < 10 }
    }
  }

  private func address(_ party: Party, ton: UInt8, npi: UInt8) -> Address? {
    switch party {
    case .number(let number):
      guard Self.isE164(number) else { return nil }
      if style.writesNational, style.country == .nanp, number.utf8.count == 12, number.hasPrefix("+1") {
        return Address(
          ton: TypeOfNumber.national, npi: npi, digits: COctetString(String(number.dropFirst(2))))
      }
      if !style.writesPlus, style.prefix.isEmpty {
        return Address(ton: ton, npi: npi, digits: COctetString(octets: number.utf8.dropFirst()))
      }
      return Address(
        ton: ton, npi: npi,
        digits: COctetString(style.writesPlus ? number : style.prefix + number.dropFirst()))
    case .shortCode(let code):
      guard (3...8).contains(code.utf8.count), code.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
      return Address(ton: style.shortCodeTON, npi: style.shortCodeNPI, digits: COctetString(code))
    case .alphanumeric(let name):
      // At most eleven characters fit an alphanumeric address on the air (3GPP TS 23.040, 9.1.2.5). Names were
      // read octet by octet, and are written back so.
      let octets = name.unicodeScalars.map { UInt8(exactly: $0.value) ?? 0x3F }
      guard !octets.isEmpty, octets.count <= 11 else { return nil }
      return Address(
        ton: TypeOfNumber.alphanumeric, npi: NumberingPlan.unknown, digits: COctetString(octets: octets))
    case .unusable:
      return nil
    }
  }
}

private func isLetter(_ octet: UInt8) -> Bool {
  (octet | 0x20) &- 0x61 < 26 || octet >= 0x80
}

/// The digits of an address without the marks people and carriers put between them. No allocation.
private struct Digits {
  /// The most digits kept: three of an international prefix and a whole number, and some that make it too long.
  static let capacity = 20

  private(set) var count = 0
  private(set) var hasPlus = false
  /// Four bits a digit, the first lowest.
  private var low: UInt64 = 0
  private var high: UInt64 = 0

  /// nil where something is neither a digit nor a mark, where nothing is left, or too much is.
  init?(_ octets: UnsafeRawBufferPointer) {
    for octet in octets {
      switch octet {
      case 0x30...0x39:
        guard count < Self.capacity else { return nil }
        let digit = UInt64(octet & 0x0F)
        if count < 16 { low |= digit << UInt64(count * 4) } else { high |= digit << UInt64((count - 16) * 4) }
        count += 1
      case UInt8(ascii: "+"):
        guard count == 0, !hasPlus else { return nil }
        hasPlus = true
      case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "("), UInt8(ascii: ")"), UInt8(ascii: "."),
        UInt8(ascii: "/"):
        continue
      default: return nil
      }
    }
    if count == 0 { return nil }
  }

  /// Digit `index`; 0 beyond the last.
  subscript(index: Int) -> UInt8 {
    guard index >= 0, index < count else { return 0 }
    return UInt8(
      truncatingIfNeeded: (index < 16 ? low >> UInt64(index * 4) : high >> UInt64((index - 16) * 4)) & 0xF)
  }

  func hasPrefix(_ digits: UInt8...) -> Bool {
    digits.count <= count && digits.indices.allSatisfy { self[$0] == digits[$0] }
  }

  func hasPrefix(_ text: String) -> Bool {
    text.utf8.count <= count && text.utf8.enumerated().allSatisfy { self[$0.offset] == $0.element & 0x0F }
  }

  func text(from start: Int) -> String {
    String(unsafeUninitializedCapacity: max(0, count - start)) { buffer in
      for index in start..<max(start, count) { buffer[index - start] = 0x30 | self[index] }
      return max(0, count - start)
    }
  }
}
