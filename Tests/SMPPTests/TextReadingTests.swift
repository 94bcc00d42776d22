import Testing

@testable import SMPP

@Suite("Reading text as it was written") struct TextReadingTests {
  struct Vector: Sendable {
    var octets: [UInt8]
    var dataCoding: UInt8
    var charsets = CharsetMap()
    var udhi = false
    var text: String
    var encoding: TextEncoding
    var lossy = true
  }

  static func utf16LE(_ text: String) -> [UInt8] {
    text.utf16.flatMap { [UInt8(truncatingIfNeeded: $0), UInt8(truncatingIfNeeded: $0 >> 8)] }
  }

  // MARK: National language tables (3GPP TS 23.038, annex A)

  /// jookies/jasmin#907: Spanish and Turkish lose their letters.
  @Test(arguments: [
    ("032401026164691b6f73", "adiós"),
    ("0324010154651b73656b6b7e72", "Teşekkür"),
    ("0325010154651d656b6b7e72", "Teşekkür"),
    ("03250101401d0b0c071c", "İşĞğıŞ"),
    ("032401031b7b6f", "ão"),
    ("03250103637b6f", "cão"),
    ("0325010d00026e", "ابn"),
    ("032501062f424c5f2759", "नमस्ते"),
    ("06240106250106 1b1c 1b48 69", "०Hi"),
    ("03250104152742", "কতম"),
    ("03250105153427", "ક4ત"),
    ("03250107153427", "ಕ4ತ"),
    ("03250108153427", "ക4ത"),
    ("03250109153427", "କ4ତ"),
    ("0325010a153427", "ਕ4ਤ"),
    ("0325010b153427", "க4த"),
    ("0325010c153427", "క4త"),
    ("0324010c1b25", "౯"),
    ("032401041b191b1c", "০২"),
  ])
  func `national tables give the letters that the default alphabet lacks`(octets: String, text: String) {
    let decoded = decodeText(hex(octets), dataCoding: 0, udhi: true)
    #expect(decoded.text == text)
    #expect(!decoded.lossy)
    #expect(decoded.encoding == .gsm7)
  }

  @Test func `national tables hold in packed text and for each part of a long message`() throws {
    let septets = hex("54651b73656b6b7e72")
    let header = hex("03240101")
    let packed = header + GSM7.pack(septets, fillBits: GSM7.fillBits(afterHeader: header.count))
    let text = CodedText(packed, dataCoding: 0, charsets: CharsetMap(.gsm7Packed), udhi: true).decoded()
    #expect(text.text == "Teşekkür" && !text.lossy)
    let parts = try [1, 2].map { (sequence: UInt8) in
      let place = try #require(Concatenation(kind: .udh8, reference: 9, total: 2, sequence: sequence))
      var header = UserDataHeader(place)
      header.elements.append(.init(identifier: UserDataHeader.singleShift, data: [1]))
      return MessagePart(place: place, dataCoding: 0, octets: header.encoded + septets, udhi: true)
    }
    let whole = try #require(AssembledText(parts))
    #expect(whole.text == "TeşekkürTeşekkür" && !whole.lossy)
  }

  @Test(arguments: [
    "0324010e1b41",  // a reserved table
    "032501024869",  // Spanish has no locking shift table
    "032501070048",  // Kannada has no character at 0
    "032401011b42",  // Turkish has nothing behind an escape at B
    "032401011b",  // an escape at the end
  ])
  func `what no table has is lossy`(octets: String) {
    #expect(decodeText(hex(octets), dataCoding: 0, udhi: true).lossy)
  }

  @Test func `no locking table has a character twice`() {
    for language in UInt8(0)...13 where language != 2 {
      var tables = NationalTables()
      tables.lockingShift = language
      let septets = (UInt8(0)..<0x80).filter { $0 != GSM7.escape }
      let scalars = septets.compactMap { septet in
        let decoded = [septet].withUnsafeBufferPointer { tables.decode($0) }
        return decoded.lossy ? nil : decoded.text
      }
      #expect(Set(scalars).count == scalars.count, "language \(language)")
      #expect(scalars.count >= 100, "language \(language)")
    }
  }

  // MARK: Octets that are something else

  /// kneodev/ksmppd#166, and its like.
  @Test(arguments: [
    // UTF-8 where data_coding says otherwise
    Vector(octets: Array("Sí, mañana".utf8), dataCoding: 0, text: "Sí, mañana", encoding: .utf8),
    Vector(octets: Array("Sí, mañana".utf8), dataCoding: 1, text: "Sí, mañana", encoding: .utf8),
    Vector(octets: Array("Sí, mañana".utf8), dataCoding: 3, text: "Sí, mañana", encoding: .utf8),
    Vector(octets: Array("Sí, mañana".utf8), dataCoding: 4, text: "Sí, mañana", encoding: .utf8),
    Vector(octets: Array("Sí, mañana".utf8), dataCoding: 8, text: "Sí, mañana", encoding: .utf8),
    Vector(octets: Array("好的，谢谢".utf8), dataCoding: 0, text: "好的，谢谢", encoding: .utf8),
    Vector(octets: Array("👍".utf8), dataCoding: 0, text: "👍", encoding: .utf8),
    // Latin-1 and Windows-1252
    Vector(octets: hex("53ED2C206D61F1616E61"), dataCoding: 0, text: "Sí, mañana", encoding: .windows1252),
    Vector(octets: hex("49 92 6d"), dataCoding: 3, text: "I’m", encoding: .windows1252),
    // UTF-16 of the other order, and where octets should be
    Vector(octets: utf16LE("See you"), dataCoding: 8, text: "See you", encoding: .utf16LE),
    Vector(octets: utf16LE("Mañana"), dataCoding: 0, text: "Mañana", encoding: .utf16LE),
    Vector(octets: UCS2.encode("Mañana"), dataCoding: 0, text: "Mañana", encoding: .ucs2),
    Vector(octets: UCS2.encode("Mañana"), dataCoding: 3, text: "Mañana", encoding: .ucs2),
    // Letters where UTF-16 should be
    Vector(octets: Array("See you at five".utf8), dataCoding: 8, text: "See you at five", encoding: .utf8),
    Vector(
      octets: Array("See you at 5 then".utf8), dataCoding: 8, text: "See you at 5 then", encoding: .utf8),
    Vector(octets: Array("Y".utf8), dataCoding: 8, text: "Y", encoding: .utf8),
    // Packed septets
    Vector(
      octets: GSM7.pack(Array("See you at five then".utf8)), dataCoding: 0, text: "See you at five then",
      encoding: .gsm7),
    // Septets in octets where they should be packed
    Vector(
      octets: Array("See you at five".utf8), dataCoding: 0, charsets: CharsetMap(.gsm7Packed),
      text: "See you at five", encoding: .gsm7),
    Vector(
      octets: hex("ff"), dataCoding: 0, charsets: CharsetMap(.gsm7, exceptions: [0: .utf8]), text: "ÿ",
      encoding: .windows1252),
  ])
  func `octets that cannot be what data_coding says are read as what they are, and told as lossy`(
    vector: Vector
  ) {
    let read = CodedText(
      vector.octets, dataCoding: vector.dataCoding, charsets: vector.charsets, udhi: vector.udhi
    ).read()
    #expect(read == DecodedText(text: vector.text, encoding: vector.encoding, lossy: true))
  }

  @Test(arguments: [
    Vector(
      octets: Array("Sí, mañana".utf8), dataCoding: 0, charsets: CharsetMap(.gsm7, exceptions: [0: .utf8]),
      text: "Sí, mañana", encoding: .utf8, lossy: false),
    Vector(
      octets: utf16LE("好的"), dataCoding: 8, charsets: CharsetMap(.gsm7, exceptions: [8: .utf16LE]),
      text: "好的", encoding: .utf16LE, lossy: false),
    Vector(
      octets: hex("FEFF597D7684"), dataCoding: 8, charsets: CharsetMap(.gsm7, exceptions: [8: .utf16LE]),
      text: "好的", encoding: .utf16LE, lossy: false),
    Vector(
      octets: hex("C3A9"), dataCoding: 0, charsets: CharsetMap(.gsm7, exceptions: [0: .latin1]), text: "Ã©",
      encoding: .latin1, lossy: false),
    Vector(
      octets: hex("4993"), dataCoding: 200, charsets: CharsetMap(.gsm7, exceptions: [200: .windows1252]),
      text: "I“", encoding: .windows1252, lossy: false),
  ])
  func `the operator's charset holds, and is not doubted`(vector: Vector) {
    let read = CodedText(vector.octets, dataCoding: vector.dataCoding, charsets: vector.charsets).read()
    #expect(read == DecodedText(text: vector.text, encoding: vector.encoding, lossy: vector.lossy))
  }

  /// What people write, in the charset that data_coding says.
  static let genuine = [
    "一", "一一", "最", "刀", "好的", "停", "不要再发短信给我了", "明天下午三点见", "请取消", "結束", "退訂", "协佐",
    "明日の午後三時に", "はい", "감사합니다 내일 봐요", "Здравствуйте", "שלום", "مرحبا", "😀😀😀", "Teşekkür ederim",
    "I’ll be there – “promise”", "１２３", "你好吗 see you", "一一一一", "€", "“", "…",
  ]

  @Test(arguments: genuine)
  func `what is as data_coding says is read so and not lossy`(text: String) {
    #expect(CodedText(UCS2.encode(text), dataCoding: 8).read() == DecodedText(text: text, encoding: .ucs2))
  }

  @Test(arguments: [
    "Hello", "@", "@@", "a@b", "me@here.com", "é", "Où?", "£5 @ 3", "ΔΦΓΛ", "ÄÖÜ äöü ß", "[x] {y} ~ |", "",
    "àèìòù ÇØø", "¿Qué?",
  ])
  func `septets are read as septets and not lossy`(text: String) throws {
    let septets = try #require(GSM7.encode(text))
    #expect(CodedText(septets, dataCoding: 0).read() == DecodedText(text: text, encoding: .gsm7))
    #expect(
      CodedText(GSM7.pack(septets), dataCoding: 0, charsets: CharsetMap(.gsm7Packed)).read().lossy == false)
  }

  @Test(arguments: ["Hello", "Où ça?", "ÄÖÜ äöü ß", "¿Qué? ¡Sí!", "naïve café"])
  func `Latin-1 is read as Latin-1 and not lossy`(text: String) {
    let octets = text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) }
    #expect(CodedText(octets, dataCoding: 3).read() == DecodedText(text: text, encoding: .latin1))
  }

  @Test func `a text of letters has no other reading`() {
    #expect(CodedText(Array("Can we stop by at 5?".utf8), dataCoding: 0).otherReadings().isEmpty)
    let long = [UInt8](repeating: 0xC3, count: CodedText.longestDoubted + 1)
    #expect(CodedText(long, dataCoding: 0).otherReadings().isEmpty)
  }

  // MARK: Data

  @Test(
    arguments: [
      ("0605040b8423f025060403ae81ea8d1100", 0xF5, 0x0B84, 0x23F0),
      ("0404e2 e1 00", 0, nil, nil),
      ("040402e2e1 00", 0, 0xE2, 0xE1),
    ] as [(String, UInt8, Int?, Int?)])
  func `ports are read from the header`(octets: String, dataCoding: UInt8, destination: Int?, source: Int?) {
    let coded = CodedText(hex(octets), dataCoding: dataCoding, udhi: true)
    let ports = ApplicationPorts(coded.header, TLVs())
    #expect(ports.map { Int($0.destination) } == destination)
    #expect(ports?.source.map { Int($0) } == source)
  }

  @Test func `ports are read from the parameters`() {
    var tlvs = TLVs()
    #expect(ApplicationPorts(nil, tlvs) == nil)
    tlvs.destinationPort = 2948
    #expect(ApplicationPorts(nil, tlvs) == ApplicationPorts(destination: 2948, source: nil))
    tlvs.sourcePort = 9200
    #expect(ApplicationPorts(nil, tlvs) == ApplicationPorts(destination: 2948, source: 9200))
  }
}
