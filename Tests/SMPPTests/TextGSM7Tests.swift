import TestSupport
import Testing

@testable import SMPP

@Suite("GSM 03.38") struct TextGSM7Tests {
  /// 3GPP TS 23.038, table in 6.2.1, septet 0x00 to 0x7F; 0x1B is the escape.
  static let mainTable =
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞ\u{1B}ÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    + "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"

  /// 3GPP TS 23.038, table in 6.2.1.1.
  static let extensionTable: [(UInt8, Unicode.Scalar)] = [
    (0x0A, "\u{0C}"), (0x14, "^"), (0x28, "{"), (0x29, "}"), (0x2F, "\\"), (0x3C, "["), (0x3D, "~"),
    (0x3E, "]"), (0x40, "|"), (0x65, "€"),
  ]

  @Test func `every character of the main table has its septet and comes back`() {
    let scalars = Array(Self.mainTable.unicodeScalars)
    #expect(scalars.count == 128)
    for (septet, scalar) in scalars.enumerated() where septet != 0x1B {
      let text = String(Character(scalar))
      #expect(GSM7.encode(text) == [UInt8(septet)])
      #expect(Array(GSM7.decode([UInt8(septet)]).unicodeScalars) == [scalar])
      #expect(GSM7.cost(of: scalar) == 1)
    }
  }

  @Test func `every character of the extension table costs an escape and comes back`() {
    for (septet, scalar) in Self.extensionTable {
      #expect(GSM7.encode(String(Character(scalar))) == [0x1B, septet])
      #expect(GSM7.decode([0x1B, septet]) == String(Character(scalar)))
      #expect(GSM7.cost(of: scalar) == 2)
    }
  }

  @Test func `no other character is in the alphabet`() {
    let known = Set(Self.mainTable.unicodeScalars).union(Self.extensionTable.map(\.1)).subtracting(["\u{1B}"])
    for value in UInt32(0)...0x2FFF {
      guard let scalar = Unicode.Scalar(value), !known.contains(scalar) else { continue }
      #expect(GSM7.cost(of: scalar) == nil, "U+\(String(value, radix: 16))")
    }
    #expect(GSM7.encode("Hej 👋") == nil)
    #expect(GSM7.septets(of: "`") == nil)
  }

  @Test func `plain octets are exactly those that are the same in ASCII`() {
    for octet in UInt8.min...UInt8.max {
      let plain = [octet].withUnsafeBufferPointer { GSM7.isPlain($0) }
      let expected = octet < 0x80 && octet != 0x1B && GSM7.decode([octet]).utf8.elementsEqual([octet])
      #expect(plain == expected, "0x\(String(octet, radix: 16))")
    }
  }

  @Test func `text is not cut at the zero octet of an at sign`() {
    #expect(GSM7.encode("a@b") == [0x61, 0x00, 0x62])
    #expect(decodeText([0x61, 0x00, 0x62], dataCoding: 0).text == "a@b")
  }

  @Test func `what has no character is shown and flagged`() {
    let cases: [([UInt8], String)] = [
      ([0x41, 0x80, 0x42], "A\u{FFFD}B"),
      ([0x41, 0xFF], "A\u{FFFD}"),
      ([0x1B, 0x41], "A"),  // 6.2.1.1: the character of the main table
      ([0x41, 0x1B], "A "),  // 6.2.1: an escape that is not understood is a space
      ([0x1B, 0x1B, 0x65], " e"),
      ([0x1B, 0x80], "\u{FFFD}"),
    ]
    for (octets, text) in cases {
      let decoded = decodeText(octets, dataCoding: 0)
      #expect(decoded.text == text)
      #expect(decoded.lossy)
    }
    #expect(!decodeText([0x1B, 0x65, 0x00], dataCoding: 0).lossy)
  }

  // MARK: Packing

  @Test(arguments: [
    // 3GPP TS 23.038, 6.1.2.1; the first is the example every packing library carries.
    ("hellohello", "E8329BFD4697D9EC37"),
    ("a", "61"),
    ("1234567", "31D98C56B3DD00"),
    ("12345678", "31D98C56B3DD70"),
    ("", ""),
    ("€", "9B32"),
  ])
  func `packing follows the specification`(text: String, packed: String) throws {
    let septets = try #require(GSM7.encode(text))
    #expect(GSM7.pack(septets) == hex(packed))
    #expect(GSM7.unpack(hex(packed)) == septets)
  }

  @Test func `packed septets come back for every length and fill`() throws {
    var random = SeededGenerator(seed: 1)
    for fill in 0...6 {
      for length in 0...170 {
        var septets = (0..<length).map { _ in UInt8.random(in: 0...127, using: &random) }
        if septets.last == 0 { septets[length - 1] = 1 }  // see `GSM7.unpack`
        let packed = GSM7.pack(septets, fillBits: fill)
        #expect(packed.count == GSM7.packedOctets(septets: length, fillBits: fill))
        #expect(GSM7.unpack(packed, fillBits: fill) == septets)
      }
    }
  }

  @Test func `padding at the end of packed text is no at sign`() {
    #expect(decodeText(hex("31D98C56B3DD00"), dataCoding: 0, defaultAlphabet: .gsm7Packed).text == "1234567")
  }

  @Test func `septets behind a header start on a septet boundary`() {
    // 3GPP TS 23.040, 9.2.3.24: one fill bit after six octets, none after seven.
    #expect(GSM7.fillBits(afterHeader: 6) == 1)
    #expect(GSM7.fillBits(afterHeader: 7) == 0)
    #expect(GSM7.fillBits(afterHeader: 0) == 0)
  }
}
