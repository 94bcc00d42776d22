import Testing

@testable import PhoneNumbers

/// What somebody at a company of a country typed, and the phone it is.
struct Typed: Sendable, CustomTestStringConvertible {
  var text: String
  var country: String
  var digits: Int64
  var testDescription: String { "\(text) in \(country)" }

  init(_ text: String, _ country: String, _ digits: Int64) {
    (self.text, self.country, self.digits) = (text, country, digits)
  }
}

@Test(arguments: [
  Typed("+12025550142", "US", 12_025_550_142),
  Typed("(202) 555-0142", "US", 12_025_550_142),
  Typed("1 202 555 0142", "US", 12_025_550_142),
  Typed("202.555.0142", "US", 12_025_550_142),
  Typed("202/555-0142", "US", 12_025_550_142),
  Typed("tel:+1-202-555-0142", "US", 12_025_550_142),
  // csvkit 1143: what a spreadsheet made of an integer.
  Typed("2025550151.0", "US", 12_025_550_151),
  Typed("12025550151.00", "US", 12_025_550_151),
  Typed("+447700900124.0", "US", 447_700_900_124),
  Typed("2025550151,0", "US", 12_025_550_151),
  Typed("'+1 202 555 0142", "US", 12_025_550_142),
  Typed("=\"2025550142\"", "US", 12_025_550_142),
  // phony 185: the trunk zero in brackets.
  Typed("+44 (0)7700 900124", "US", 447_700_900_124),
  Typed("+44 (0)20 7946 0030", "US", 442_079_460_030),
  Typed("+44 07700 900124", "US", 447_700_900_124),
  Typed("+49 (0)30 23125 001", "US", 493_023_125_001),
  Typed("0044 7700 900124", "US", 447_700_900_124),
  Typed("011 44 7700 900124", "US", 447_700_900_124),
  Typed("07700 900124", "GB", 447_700_900_124),
  Typed("06 12345678", "NL", 31_612_345_678),
  Typed("31612345678", "NL", 31_612_345_678),
  Typed("030/12345678", "DE", 493_012_345_678),
  Typed("+49 (0)6131 / 123456", "DE", 496_131_123_456),
  Typed("4915112345678", "US", 4_915_112_345_678),
  Typed("+39 06 1234567", "US", 39_061_234_567),
  Typed("1-800-FLOWERS", "US", 18_003_569_377),
  // A word beside the number.
  Typed("2025550142 (cell)", "US", 12_025_550_142),
  Typed("202-555-0142 Anna's", "US", 12_025_550_142),
  Typed("Home: 202-555-0142", "US", 12_025_550_142),
  // What nobody sees, and other scripts' digits.
  Typed("\u{202A}+1 202\u{A0}555\u{2011}0142\u{202C}", "US", 12_025_550_142),
  Typed(
    "+\u{661}\u{662}\u{660}\u{662} \u{665}\u{665}\u{665} \u{660}\u{661}\u{664}\u{662}", "US", 12_025_550_142),
  Typed("\u{FF0B}\u{FF11} \u{FF08}202\u{FF09} 555\u{FF0D}0142", "US", 12_025_550_142),
  // An area code that libphonenumber does not know: NXX is enough.
  Typed("(571) 555-0142", "US", 15_715_550_142), Typed("+1 257 555 0142", "US", 12_575_550_142),
])
func aPhoneIsReadAsItIsMeant(_ row: Typed) throws {
  #expect(try PhoneReader(country: row.country).read(row.text).digits == row.digits)
}

struct Refused: Sendable, CustomTestStringConvertible {
  var text: String
  var country: String
  var fault: PhoneFault
  var testDescription: String { "\(text) in \(country)" }

  init(_ text: String, _ country: String, _ fault: PhoneFault) {
    (self.text, self.country, self.fault) = (text, country, fault)
  }
}

@Test(arguments: [
  Refused("", "US", .empty), Refused(" \u{200B} ", "US", .empty), Refused("none", "US", .notAPhone),
  Refused("202\n5550142", "US", .notAPhone), Refused(String(repeating: "1", count: 129), "US", .tooLongText),
  // csvkit 1143 and its kind: digits after a complete number.
  Refused("2025550161 (2)", "US", .leftOver("(2)")), Refused("202-555-0160/7", "US", .leftOver("/7")),
  Refused("2025550151.5", "US", .leftOver(".5")),
  Refused("2025550151, 2025550152", "US", .leftOver(", 2025550152")),
  Refused("202-555-0142 or 202-555-0143", "US", .leftOver("or 202-555-0143")),
  Refused("030 1234567/8", "DE", .leftOver("/8")), Refused("+49 30 1234567 (2)", "US", .leftOver("(2)")),
  // Nine digits do not become ten by what is set apart.
  Refused("202-555-016/2", "US", .leftOver("/2")), Refused("202555016 (2)", "US", .leftOver("(2)")),
  Refused("202555016.0", "US", .tooShort(.init(1))),
  Refused("202-555-0142 x55", "US", .extension("55")),
  Refused("(202) 555-0142 ext. 7", "US", .extension("7")),
  Refused("tel:+1-202-555-0142;ext=3", "US", .extension("3")),
  Refused("2025550142#12", "US", .extension("12")),
  Refused("+44 20 7946 0030 ext 12", "US", .extension("12")),
  Refused("2.025550151E+09", "US", .digitsLost), Refused("2,03E+09", "US", .digitsLost),
  // Numbers that cannot exist.
  Refused("(202) 155-0142", "US", .exchange("155")), Refused("+12020550142", "US", .exchange("055")),
  Refused("+1 911 555 0142", "US", .areaCode("911")), Refused("9999999999", "US", .areaCode("999")),
  Refused("+1 120 255 5014", "US", .areaCode("120")), Refused("372-555-0142", "US", .areaCode("372")),
  Refused("962-555-0142", "US", .areaCode("962")),
  Refused("5550142", "US", .tooShort(.init(1))), Refused("55512", "US", .shortCode),
  Refused("20255501510", "US", .tooLong(.init(1))), Refused("+2025557399", "US", .notAssigned(.init(20))),
  Refused("+44 7700 90", "US", .tooShort(.init(44))), Refused("+999 12345678", "US", .unknownCountry),
  Refused("+31 600000001", "NL", .notAssigned(.init(31))),
  // The first ten digits are a number of ours.
  Refused("447700900124", "US", .needsPlus), Refused("0612345678", "ZZ", .needsPlus),
])
func whatIsNoOnePhoneIsRefusedAndTheReasonNamed(_ row: Refused) {
  #expect(throws: row.fault) { try PhoneReader(country: row.country).read(row.text) }
  #expect(!row.fault.description.isEmpty)
}

/// An opt-out is rather recorded once more than once less.
@Test(arguments: [
  Typed("+44 (0)20 7946 0030", "US", 442_079_460_030), Typed("202-555-0160/7", "US", 12_025_550_160),
  Typed("202-555-0142 x55", "US", 12_025_550_142), Typed("(202) 155-0142", "US", 12_021_550_142),
  Typed("447700900124", "US", 447_700_900_124), Typed("+31600000001", "US", 31_600_000_001),
  Typed("+2025557399", "US", 12_025_557_399), Typed("+999123456789", "US", 999_123_456_789),
])
func anOptOutsPhoneIsReadLiberally(_ row: Typed) throws {
  #expect(try PhoneReader(country: row.country).readLiberally(row.text).digits == row.digits)
}

@Test(arguments: ["", "ask Anna", "5550142", "2.03E+09"])
func whatIsNoPhoneAtAllIsNoOptOut(_ text: String) {
  #expect(throws: PhoneFault.self) { try PhoneReader(.unitedStates).readLiberally(text) }
}

@Test func whatDiffersFromWhatWasTypedIsSaid() throws {
  let reader = PhoneReader(.unitedStates)
  for plain in ["+12025550142", "(202) 555-0142", "1.202.555.0142", "+44 7700 900124", "0044 7700 900124"] {
    #expect(try reader.read(plain).isAsTyped, "\(plain)")
  }
  for other in ["2025550151.0", "+44 (0)7700 900124", "1-800-FLOWERS"] {
    #expect(try !reader.read(other).isAsTyped, "\(other)")
  }
}

@Test func numbersOfOursNeedOnlyTheShapeOfTheirCountry() throws {
  let reader = PhoneReader(country: "NL")
  #expect(try reader.readOurs("+31600000001").digits == 31_600_000_001)
  #expect(try reader.readOurs("06 0000 0001").digits == 31_600_000_001)
  #expect(PhoneReader.fault(ofE164: 31_600_000_001) == .notAssigned(.init(31)))
  #expect(throws: PhoneFault.areaCode("911")) { try reader.readOurs("+1 911 555 0142") }
  #expect(throws: PhoneFault.tooShort(.init(44))) { try reader.readOurs("+44 12345") }
}

@Test func countriesAreKnownByTheirCodes() {
  #expect(Region("gb")?.callingCode == 44)
  #expect(Region("CA")?.isNorthAmerican == true)
  for none in ["UK", "ZZ", "", "U", "USA", "+1"] { #expect(Region(none) == nil, "\(none)") }
}

@Test func manyThreadsReadAtOnce() async {
  await withTaskGroup(of: Bool.self) { group in
    for task in 0..<8 {
      group.addTask {
        (0..<200).allSatisfy { index in
          let digits = 447_911_000_000 + Int64(task * 200 + index)
          return PhoneReader.fault(ofE164: digits) == PhoneReader.fault(ofE164: digits)
        }
      }
    }
    for await isSame in group { #expect(isSame) }
  }
}
