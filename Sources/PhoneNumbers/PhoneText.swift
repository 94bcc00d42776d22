/// A text as somebody typed it where a phone belongs, in plain characters: digits of any script are ASCII's, spaces, dashes and brackets too;
/// characters that nobody sees are gone. No more than ``PhoneReader/longestText`` octets.
struct PhoneText: Hashable {
  private(set) var octets: [UInt8]

  /// Nil where nothing could be a phone: control characters.
  init?(_ text: String) {
    octets = []
    octets.reserveCapacity(text.utf8.count)
    for scalar in text.unicodeScalars {
      if scalar.isASCII {
        let octet = UInt8(scalar.value)
        if octet < 0x20, octet != 0x09 { return nil }
        octets.append(octet == 0x09 ? 0x20 : octet)
      } else if let plain = Self.plain(scalar) {
        if plain != 0 { octets.append(plain) }
      } else {
        // A letter of another script: a label, or nothing at all.
        octets.append(UInt8(ascii: "_"))
      }
    }
    // A spreadsheet's mark of text, a formula's quotes.
    let fringe = " '\"=`".utf8
    while let last = octets.last, fringe.contains(last) { octets.removeLast() }
    octets.removeFirst(octets.prefix { fringe.contains($0) }.count)
  }

  private init(_ octets: some Sequence<UInt8>) {
    self.octets = Array(octets)
    while self.octets.last == 0x20 { self.octets.removeLast() }
    self.octets.removeFirst(self.octets.prefix { $0 == 0x20 }.count)
  }

  /// 0: nothing that is seen. Nil: no plain character is like it.
  private static func plain(_ scalar: Unicode.Scalar) -> UInt8? {
    let properties = scalar.properties
    if properties.isDefaultIgnorableCodePoint { return 0 }
    if properties.numericType == .decimal, let value = properties.numericValue { return 0x30 + UInt8(value) }
    if (0xFF01...0xFF5E).contains(scalar.value) { return UInt8(scalar.value - 0xFEE0) }
    switch properties.generalCategory {
    case .spaceSeparator: return 0x20
    case .dashPunctuation: return UInt8(ascii: "-")
    default: return scalar.value == 0x2212 ? UInt8(ascii: "-") : nil
    }
  }

  var isEmpty: Bool { octets.isEmpty }
  var text: String { String(decoding: octets, as: UTF8.self) }
  var hasPlus: Bool { octets.first == UInt8(ascii: "+") }
  var hasDigits: Bool { octets.contains(where: isDigit) }

  struct Digits {
    var value: Int64
    var count: Int
    var text: String
  }

  /// The digits, where there are 1 to 18 and nothing else but marks.
  var digits: Digits? {
    guard octets.allSatisfy({ isDigit($0) || isMark($0) || $0 == UInt8(ascii: "/") }) else { return nil }
    let found = octets.filter(isDigit)
    guard (1...18).contains(found.count) else { return nil }
    return Digits(
      value: found.reduce(0) { $0 * 10 + Int64($1 & 0x0F) }, count: found.count,
      text: String(decoding: found, as: UTF8.self))
  }

  /// The value and the count of the digits, where nothing else is there but marks at places where people put them in one number. No copy.
  var plainDigits: (value: Int64, count: Int)? {
    var value: Int64 = 0
    var count = 0
    var dots = 0
    for (index, octet) in octets.enumerated() {
      if isDigit(octet) {
        guard count < 15 else { return nil }
        value = value * 10 + Int64(octet & 0x0F)
        count += 1
      } else if octet == UInt8(ascii: "+") {
        guard index == 0 else { return nil }
      } else if octet == UInt8(ascii: "(") {
        // Behind an area code it would be an extension.
        guard count <= 3 else { return nil }
      } else if octet == UInt8(ascii: ".") {
        dots += 1
      } else if !isMark(octet) {
        return nil
      }
    }
    // "2025550151.0" has one dot, "202.555.0151" two.
    return dots == 1 || count == 0 ? nil : (value, count)
  }

  /// `2.025550151E+09`.
  var isScientific: Bool {
    guard let e = octets.firstIndex(where: { $0 | 0x20 == UInt8(ascii: "e") }), e > 0 else { return false }
    var power = octets[(e + 1)...]
    if let sign = power.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { power.removeFirst() }
    let separators = ".,".utf8
    return (1...2).contains(power.count) && power.allSatisfy(isDigit)
      && octets[..<e].allSatisfy { isDigit($0) || separators.contains($0) || $0 == UInt8(ascii: "+") }
  }

  enum Decimals {
    case none
    /// `2025550151.0`: the whole number.
    case zero(PhoneText)
    case other(PhoneText, rest: String)
  }

  /// Whether it is a number with a decimal point, as a spreadsheet or a program writes one.
  var decimals: Decimals {
    guard let dot = octets.firstIndex(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ",") }) else {
      return .none
    }
    let whole = octets[..<dot].drop { $0 == UInt8(ascii: "+") }
    let fraction = octets[(dot + 1)...]
    guard whole.count >= 7, whole.allSatisfy(isDigit), fraction.allSatisfy(isDigit) else { return .none }
    let head = PhoneText(octets[..<dot])
    if fraction.allSatisfy({ $0 == 0x30 }) { return .zero(head) }
    return .other(head, rest: String(decoding: octets[dot...], as: UTF8.self))
  }

  /// Where one number may end and something else begin: before a letter, a slash, a bracket and the like that has digits before it.
  var cuts: [(head: PhoneText, tail: PhoneText)] {
    var found: [(PhoneText, PhoneText)] = []
    var count = 0
    var wasLetter = false
    for (index, octet) in octets.enumerated() {
      if isDigit(octet) { count += 1 }
      let letter = isLetter(octet)
      let isCut = letter ? !wasLetter : !isDigit(octet) && (!isMark(octet) || octet == UInt8(ascii: "("))
      if isCut, count >= 7 { found.append((PhoneText(octets[..<index]), PhoneText(octets[index...]))) }
      wasLetter = letter
      // A phone has one or two such places; of a text with many nothing is to be learnt.
      if found.count == 8 { break }
    }
    return found
  }

  /// `202-555-016/2`, `202555016 (2)`: one or two digits set apart at the end, behind what might be a number.
  var shortTail: PhoneText? {
    for cut in cuts {
      let digits = cut.tail.octets.filter(isDigit)
      if (1...2).contains(digits.count), !cut.tail.octets.contains(where: isLetter) { return cut.tail }
    }
    return nil
  }

  /// The digits of `x55`, `ext. 55`, `#55`, `;ext=55`; nil for anything else.
  var asExtension: String? {
    let words = String(decoding: octets.filter(isLetter).map { $0 | 0x20 }, as: UTF8.self)
    let marks = octets.prefix { !isDigit($0) }
    guard
      ["x", "ext", "extn", "extension", "xt", "anexo", "int"].contains(words)
        || marks.contains(UInt8(ascii: "#"))
    else { return nil }
    return String(decoding: octets.filter(isDigit), as: UTF8.self)
  }
}

private func isDigit(_ octet: UInt8) -> Bool { octet &- 0x30 < 10 }
private func isLetter(_ octet: UInt8) -> Bool { (octet | 0x20) &- 0x61 < 26 || octet == UInt8(ascii: "_") }
/// What stands between the digits of one number.
private func isMark(_ octet: UInt8) -> Bool {
  switch octet {
  case UInt8(ascii: " "), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "("), UInt8(ascii: ")"),
    UInt8(ascii: "+"):
    true
  default: false
  }
}
