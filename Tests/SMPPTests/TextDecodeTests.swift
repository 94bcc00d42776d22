import TestSupport
import Testing

@testable import SMPP

@Suite("Reading text") struct TextDecodeTests {
  struct Vector: Sendable {
    var octets: String
    var dataCoding: UInt8
    var alphabet: DefaultAlphabet = .gsm7
    var text: String
    var encoding: TextEncoding
    var lossy = false
  }

  @Test(arguments: [
    Vector(octets: "48656C6C6F", dataCoding: 0x00, text: "Hello", encoding: .gsm7),
    Vector(octets: "", dataCoding: 0x00, text: "", encoding: .gsm7),
    Vector(octets: "00", dataCoding: 0x00, text: "@", encoding: .gsm7),
    Vector(octets: "40", dataCoding: 0x00, alphabet: .latin1, text: "@", encoding: .latin1),
    Vector(octets: "E9", dataCoding: 0x00, alphabet: .latin1, text: "é", encoding: .latin1),
    Vector(octets: "24", dataCoding: 0x00, alphabet: .ascii, text: "$", encoding: .ascii),
    Vector(octets: "C834", dataCoding: 0x00, alphabet: .gsm7Packed, text: "Hi", encoding: .gsm7),
    Vector(octets: "5B7E60", dataCoding: 0x01, text: "[~`", encoding: .ascii),
    Vector(octets: "41E9", dataCoding: 0x01, text: "Aé", encoding: .ascii, lossy: true),
    Vector(octets: "E9E8FF", dataCoding: 0x03, text: "éèÿ", encoding: .latin1),
    Vector(octets: "53544F50", dataCoding: 0x04, text: "STOP", encoding: .octets),
    Vector(octets: "0001FF", dataCoding: 0x02, text: "\u{0}\u{1}ÿ", encoding: .octets, lossy: true),
    Vector(octets: "BFE0D8D2D5E2", dataCoding: 0x06, text: "Привет", encoding: .cyrillic),
    Vector(octets: "F0A1", dataCoding: 0x06, text: "№Ё", encoding: .cyrillic),
    Vector(octets: "F9ECE5ED", dataCoding: 0x07, text: "שלום", encoding: .hebrew),
    Vector(octets: "41DE", dataCoding: 0x07, text: "A\u{FFFD}", encoding: .hebrew, lossy: true),
    Vector(octets: "00480069", dataCoding: 0x08, text: "Hi", encoding: .ucs2),
    Vector(octets: "D83DDE00", dataCoding: 0x08, text: "😀", encoding: .ucs2),
    Vector(octets: "FEFF00480069", dataCoding: 0x08, text: "Hi", encoding: .ucs2),
    Vector(octets: "FFFE48006900", dataCoding: 0x08, text: "Hi", encoding: .ucs2),
    Vector(octets: "FFFE3DD800DE", dataCoding: 0x08, text: "😀", encoding: .ucs2),
    Vector(octets: "0048006900", dataCoding: 0x08, text: "Hi", encoding: .ucs2, lossy: true),
    Vector(octets: "00", dataCoding: 0x08, text: "", encoding: .ucs2, lossy: true),
    Vector(octets: "D83D0041", dataCoding: 0x08, text: "\u{FFFD}A", encoding: .ucs2, lossy: true),
    Vector(octets: "DE000041", dataCoding: 0x08, text: "\u{FFFD}A", encoding: .ucs2, lossy: true),
    Vector(octets: "0041D83D", dataCoding: 0x08, text: "A\u{FFFD}", encoding: .ucs2, lossy: true),
    Vector(octets: "FEFF", dataCoding: 0x08, text: "", encoding: .ucs2),
    Vector(octets: "65E5672C", dataCoding: 0x08, text: "日本", encoding: .ucs2),
    // GSM coding groups that pass unchanged (3GPP TS 23.038, 4)
    Vector(octets: "00", dataCoding: 0x10, text: "@", encoding: .gsm7),
    Vector(octets: "00480069", dataCoding: 0x18, text: "Hi", encoding: .ucs2),
    Vector(octets: "00", dataCoding: 0xF0, text: "@", encoding: .gsm7),
    Vector(octets: "4142", dataCoding: 0xF5, text: "AB", encoding: .octets),
    Vector(octets: "00", dataCoding: 0xC8, text: "@", encoding: .gsm7),
    Vector(octets: "0041", dataCoding: 0xE0, text: "A", encoding: .ucs2),
    Vector(octets: "4142", dataCoding: 0x0D, text: "AB", encoding: .octets),
  ])
  func `data_coding and the carrier's default alphabet decide`(vector: Vector) {
    let decoded = decodeText(
      hex(vector.octets), dataCoding: vector.dataCoding, defaultAlphabet: vector.alphabet)
    #expect(
      decoded == DecodedText(text: vector.text, encoding: vector.encoding, lossy: vector.lossy),
      "data_coding \(vector.dataCoding), \(vector.octets)")
  }

  @Test func `text follows its user data header`() {
    let decoded = decodeText(hex("050003CC0201") + Array("Hi".utf8), dataCoding: 0, udhi: true)
    #expect(decoded.text == "Hi")
    #expect(!decoded.lossy)
    #expect(
      decoded.udh?.concatenation == Concatenation(kind: .udh8, reference: 0xCC, total: 2, sequence: 1))
  }

  @Test func `packed text follows its header on a septet boundary`() {
    let octets = hex("050003CC0201") + GSM7.pack([0x48, 0x69], fillBits: 1)
    let decoded = decodeText(octets, dataCoding: 0, defaultAlphabet: .gsm7Packed, udhi: true)
    #expect(decoded.text == "Hi")
  }

  @Test func `any octets give some text under every data_coding`() {
    var random = SeededGenerator(seed: 2)
    for _ in 0..<2000 {
      let octets = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        UInt8.random(in: .min ... .max, using: &random)
      }
      let dataCoding = UInt8.random(in: .min ... .max, using: &random)
      for alphabet in DefaultAlphabet.allCases {
        let decoded = decodeText(
          octets, dataCoding: dataCoding, defaultAlphabet: alphabet, udhi: Bool.random(using: &random))
        #expect(decoded.text.utf8.count <= octets.count * 3 + 3)
      }
    }
  }

  // MARK: User data headers

  struct Header: Sendable {
    var octets: String
    var length: Int?
    var place: Concatenation?
    var elements = 1
  }

  @Test(arguments: [
    Header(
      octets: "050003CC0201", length: 6,
      place: Concatenation(kind: .udh8, reference: 0xCC, total: 2, sequence: 1)),
    Header(
      octets: "06080412340302", length: 7,
      place: Concatenation(kind: .udh16, reference: 0x1234, total: 3, sequence: 2)),
    Header(
      octets: "0500030002024142", length: 6,
      place: Concatenation(kind: .udh8, reference: 0, total: 2, sequence: 2)),
    // ports before and national language after the concatenation
    Header(
      octets: "0E05041F9023F0000377030224010D25010D", length: 15,
      place: Concatenation(kind: .udh8, reference: 0x77, total: 3, sequence: 2), elements: 3),
    // repeated: the last counts (3GPP TS 23.040, 9.2.3.24)
    Header(
      octets: "0A0003010201 0003090202", length: 11,
      place: Concatenation(kind: .udh8, reference: 9, total: 2, sequence: 2), elements: 2),
    // not a place in a message: the element is ignored
    Header(octets: "050003CC0003", length: 6, place: nil),
    Header(octets: "050003CC0200", length: 6, place: nil),
    Header(octets: "050003CC0203", length: 6, place: nil),
    // a wrong length of the element: ignored
    Header(octets: "0400020102", length: 5, place: nil),
    Header(octets: "00", length: 1, place: nil, elements: 0),
    Header(
      octets: "050003CC020100", length: 6,
      place: Concatenation(kind: .udh8, reference: 0xCC, total: 2, sequence: 1)),
    // an element beyond the header's end, and half an element: no header
    Header(octets: "070003CC020108FF", length: nil, place: nil),
    Header(octets: "060003CC020108", length: nil, place: nil),
    // longer than what is there: no header
    Header(octets: "050003CC02", length: nil, place: nil),
    Header(octets: "FF", length: nil, place: nil),
    Header(octets: "", length: nil, place: nil),
  ])
  func `headers are read as far as they make sense`(header: Header) throws {
    let found = UserDataHeader.parse(hex(header.octets))
    #expect(found?.length == header.length)
    guard let found else { return }
    #expect(found.header.concatenation == header.place)
    #expect(found.header.elements.count == header.elements)
    #expect(found.header.encoded == Array(hex(header.octets).prefix(found.length)))
  }

  @Test func `a header that cannot be is read as text and flagged`() {
    let decoded = decodeText(Array("Stop it".utf8), dataCoding: 0, udhi: true)
    #expect(decoded.text == "Stop it")
    #expect(decoded.lossy)
    #expect(decoded.udh == nil)
  }

  /// A text under UDHI that has no header (kannel): `i` would be a header of 105 octets.
  @Test func `a header whose elements do not add up is not taken off`() {
    let text =
      "id:f3 sub:001 dlvrd:001 submit date:2611220814 done date:2611220814 stat:DELIVRD err:000 text:"
    for (octets, shown) in [
      (Array(text.utf8), text), (hex("030003CC") + Array("Hi".utf8), "\u{3}\0\u{3}ÌHi"),
    ] {
      let decoded = decodeText(octets, dataCoding: 3, udhi: true)
      #expect(decoded.text == shown && decoded.lossy && decoded.udh == nil)
    }
  }

  @Test func `the header of a part is written as the specification has it`() throws {
    let eight = try #require(Concatenation(kind: .udh8, reference: 0x1CC, total: 2, sequence: 1))
    #expect(UserDataHeader(eight).encoded == hex("050003CC0201"))
    let sixteen = try #require(Concatenation(kind: .udh16, reference: 0x1234, total: 3, sequence: 2))
    #expect(UserDataHeader(sixteen).encoded == hex("06080412340302"))
  }

  @Test func `text is found in message_payload as in short_message, with its header`() {
    var message = DeliverSM(esmClass: ESMClass.udhIndicator)
    message.tlvs.messagePayload = hex("050003CC0201") + Array("Hi".utf8)
    #expect(message.text().text == "Hi")
    #expect(message.messagePart?.place.sequence == 1)
    var data = DataSM()
    data.tlvs.messagePayload = Array("Hi".utf8)
    #expect(data.text().text == "Hi")
    #expect(data.messagePart == nil)
  }

  @Test func `part 1 of 1 is a message by itself`() {
    let message = DeliverSM(
      esmClass: ESMClass.udhIndicator, shortMessage: hex("050003CC0101") + Array("Hi".utf8))
    #expect(message.messagePart == nil)
    #expect(message.text().text == "Hi")
  }
}
