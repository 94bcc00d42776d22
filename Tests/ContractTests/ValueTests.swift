import Contract
import Testing

@Suite struct ValueTests {
  @Test(arguments: [
    ("+18005550100", 18_005_550_100 as Int64), ("+1234567", 1_234_567),
    ("+999999999999999", 999_999_999_999_999),
  ]) func aPhoneIsParsedAndPrintedUnchanged(text: String, digits: Int64) throws {
    let phone = try #require(E164(text))
    #expect(phone.digits == digits)
    #expect(phone.description == text)
    #expect(PhoneNumber(text)?.packed == digits)
    #expect(E164(digits: digits) == phone)
  }

  @Test(arguments: [
    "", "+", "18005550100", "+08005550100", "+123456", "+1234567890123456", "+1800555010O", "+1 800",
    "+-1800555",
    "+１８００５５５０１００", "++18005550100", "+99999999999999999999999",
  ]) func whatIsNoPhoneIsRefused(text: String) {
    #expect(E164(text) == nil)
    #expect(PhoneNumber(text) == nil)
  }

  @Test(arguments: ["123", "12345", "01234", "00000000", "72345678", "999"])
  func aShortCodeKeepsItsLeadingZeros(text: String) throws {
    let number = try #require(PhoneNumber(text))
    #expect(number.isShortCode)
    #expect(number.e164 == nil)
    #expect(number.description == text)
    #expect(PhoneNumber(packed: number.packed) == number)
  }

  @Test(arguments: ["12", "123456789", "12a", "-123"])
  func whatIsNoShortCodeIsRefused(text: String) {
    #expect(PhoneNumber(text) == nil)
  }

  @Test(arguments: [0 as Int64, 999, -999, -2_000, -234_567, .min, .max, 999_999, 1_000_000_000_000_000])
  func integersThatAreNoAddressAreRefused(packed: Int64) {
    #expect(PhoneNumber(packed: packed) == nil)
  }

  @Test func idsCarryTheirKind() throws {
    #expect(RepID(12).description == "rep_12")
    #expect(RepID("rep_12") == RepID(12))
    #expect(ContactID("con_999999999999999999")?.value == 999_999_999_999_999_999)
    for wrong in [
      "con_12", "rep_", "rep_0", "rep_012", "rep_-1", "rep_1 ", "rep_1234567890123456789", "rep", "",
    ] {
      #expect(RepID(wrong) == nil, "\(wrong)")
    }
    #expect(ConversationID(42).description == "conv_42")
    #expect(CampaignID("camp_7") == CampaignID(7))
  }

  @Test func cursorsArePositionsFromZero() {
    #expect(Cursor("cur_0") == Cursor(0))
    #expect(Cursor("cur_42")?.sequence == 42)
    #expect(Cursor("42") == nil)
    #expect(Cursor("cur_042") == nil)
    for (first, second) in [(0, 0), (1, -5), (Int64.max, Int64.min)] as [(Int64, Int64)] {
      let cursor = PageCursor(first, second)
      #expect(PageCursor(cursor.description) == cursor)
    }
    for wrong in ["", "pg_", "pg_1", "pg_1.2.3", "pg_!.1", "pg_zzzzzzzzzzzzzzzzzzzzz.1"] {
      #expect(PageCursor(wrong) == nil, "\(wrong)")
    }
  }

  @Test func sendersAndRecipientsAreDistinguishedByTheirForm() {
    #expect(Sender("rep_3") == .rep(RepID(3)))
    #expect(Sender("12345").map(\.description) == "12345")
    #expect(Sender("con_3") == nil)
    #expect(Recipient("con_3") == .contact(ContactID(3)))
    #expect(Recipient("+12025550143").map(\.description) == "+12025550143")
    #expect(GroupRef("grp_3") == .id(GroupID(3)))
    #expect(GroupRef("Open house") == .name("Open house"))
    #expect(GroupRef("") == nil)
  }
}

@Suite struct TimestampTests {
  @Test(arguments: [
    (0 as Int64, "1970-01-01T00:00:00.000Z"), (1_795_366_991_412, "2026-11-22T17:03:11.412Z"),
    (951_782_400_000, "2000-02-29T00:00:00.000Z"), (4_107_542_399_999, "2100-02-28T23:59:59.999Z"),
    (-1, "1969-12-31T23:59:59.999Z"), (-62_167_219_200_000, "0000-01-01T00:00:00.000Z"),
    (253_402_300_799_999, "9999-12-31T23:59:59.999Z"), (1_709_164_800_001, "2024-02-29T00:00:00.001Z"),
  ]) func timesArePrintedAndParsed(milliseconds: Int64, text: String) {
    #expect(Timestamp(milliseconds: milliseconds).description == text)
    #expect(Timestamp(text)?.milliseconds == milliseconds)
  }

  @Test func everyDayOfFourCenturiesComesBack() {
    var day = Int64(-135_140)  // 1600-01-01
    while day < 146_097 - 135_140 + 800 {
      let time = Timestamp(milliseconds: day * 86_400_000 + 43_261_007)
      #expect(Timestamp(time.description) == time)
      day += 13
    }
  }

  @Test(arguments: [
    ("2026-11-22T17:03:11Z", "2026-11-22T17:03:11.000Z"),
    ("2026-11-22t17:03:11.4z", "2026-11-22T17:03:11.400Z"),
    ("2026-11-22T17:03:11.41299999Z", "2026-11-22T17:03:11.412Z"),
    ("2026-11-22T17:03:11+02:00", "2026-11-22T15:03:11.000Z"),
    ("2026-11-22T17:03:11-05:30", "2026-11-22T22:33:11.000Z"),
    ("2016-12-31T23:59:60Z", "2017-01-01T00:00:00.000Z"),
  ]) func otherSpellingsOfRFC3339AreUnderstood(text: String, same: String) {
    #expect(Timestamp(text)?.description == same)
  }

  @Test(arguments: [
    "", "2026-11-22", "2026-11-22T17:03:11", "2026-13-01T00:00:00Z", "2026-02-29T00:00:00Z",
    "2026-11-31T00:00:00Z",
    "2026-11-22T24:00:00Z", "2026-11-22T17:60:00Z", "2026-11-22T17:03:61Z", "2026-11-22 17:03:11Z",
    "2026-11-22T17:03:11.Z", "2026-11-22T17:03:11Zx", "2026-11-22T17:03:11+0200", "+026-11-22T17:03:11Z",
    "2026-11-22T17:03:11.0000000000000000000000000000000000000000000000000000000Z",
  ]) func whatIsNoTimeIsRefused(text: String) {
    #expect(Timestamp(text) == nil)
  }

  @Test func whatCannotBeWrittenIsHeldToTheRange() {
    #expect(Timestamp(milliseconds: .max).description == "9999-12-31T23:59:59.999Z")
    #expect(Timestamp(milliseconds: .min).description == "0000-01-01T00:00:00.000Z")
  }

  /// RFC 4648, section 10, in the alphabet of section 5.
  @Test func base64URLHasOneTextForEachValue() throws {
    for (plain, text) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")] {
      #expect(Base64URL.text(of: Array(plain.utf8)) == text)
      #expect(Base64URL.octets(of: text) == Array(plain.utf8))
    }
    #expect(Base64URL.text(of: [0xFB, 0xEF, 0xFF]) == "--__")
    for bad in ["Zg==", "Zh", "Z", "Zm 9v", "Zm9+", "Zm9/", "Zm9v\n", "é"] {
      #expect(Base64URL.octets(of: bad) == nil, "\(bad)")
    }
    let token = try #require(SecretToken(String(repeating: "A", count: 43)))
    #expect(token.octets == Array(repeating: 0, count: SecretToken.length) && "\(token)" == "a token")
    #expect(SecretToken(String(repeating: "A", count: 42)) == nil)
  }
}
