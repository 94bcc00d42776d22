import Carriers
import SMPP
import TestSupport
import Testing

@Suite("Receipt ids") struct ReceiptIDTests {
  struct Pair: Sendable {
    var style: ReceiptIDStyle
    var response: COctetString
    var receipt: COctetString
  }

  /// Ten ways of writing, three lengths each (to 32, 64 and 128 bits).
  @Test(arguments: [
    Pair(style: .auto, response: "1234567", receipt: "1234567"),
    Pair(style: .auto, response: "12345678901234567890", receipt: "12345678901234567890"),
    Pair(style: .auto, response: "123456789012345678901234567890", receipt: "123456789012345678901234567890"),
    // leading zeros (jookies/jasmin 643, 423)
    Pair(style: .auto, response: "0001234567", receipt: "1234567"),
    Pair(style: .auto, response: "1234567890123456789", receipt: "0000001234567890123456789"),
    Pair(style: .auto, response: "00a1b2c3", receipt: "a1b2c3"),
    // case (jookies/jasmin 405)
    Pair(style: .auto, response: "a1b2c3", receipt: "A1B2C3"),
    Pair(style: .auto, response: "A1B2C3D4E5F6A7B8", receipt: "a1b2c3d4e5f6a7b8"),
    Pair(style: .auto, response: "ABCdef-XYZ.9", receipt: "abcDEFxyz.9"),
    // hyphens (jookies/jasmin 953)
    Pair(
      style: .auto, response: "7f0c1a52-93f2-4b58-8d7c-1a2b3c4d5e6f",
      receipt: "7F0C1A5293F24B588D7C1A2B3C4D5E6F"),
    Pair(style: .auto, response: "m-1-2", receipt: "M12"),
    Pair(style: .auto, response: " 4711 ", receipt: "4711"),
    Pair(style: .decimal, response: "0000000042", receipt: "42"),
    Pair(style: .decimal, response: "18446744073709551616", receipt: "018446744073709551616"),
    Pair(style: .decimal, response: "abc", receipt: "ABC"),
    Pair(style: .hexadecimal, response: "00DEADBEEF", receipt: "deadbeef"),
    Pair(style: .hexadecimal, response: "DEADBEEFDEADBEEF", receipt: "0deadbeefdeadbeef"),
    Pair(
      style: .hexadecimal, response: "7f0c1a5293f24b588d7c1a2b3c4d5e6f",
      receipt: "7F0C1A5293F24B588D7C1A2B3C4D5E6F"),
    // hexadecimal in the response, decimal in the receipt (elibom/mokai 8, jookies/jasmin 20 and 210)
    Pair(style: .hexToDecimal, response: "499602D2", receipt: "1234567890"),
    Pair(style: .hexToDecimal, response: "FFFFFFFFFFFFFFFF", receipt: "18446744073709551615"),
    Pair(
      style: .hexToDecimal, response: "ffffffffffffffffffffffffffffffff",
      receipt: "340282366920938463463374607431768211455"),
    Pair(style: .hexToDecimal, response: "0000000012", receipt: "0000000018"),
    Pair(style: .hexToDecimal, response: "not-a-number", receipt: "NOT-A-NUMBER"),
    Pair(style: .decimalToHex, response: "1234567890", receipt: "499602d2"),
    Pair(style: .decimalToHex, response: "18446744073709551615", receipt: "FFFFFFFFFFFFFFFF"),
    Pair(
      style: .decimalToHex, response: "340282366920938463463374607431768211455",
      receipt: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"),
    Pair(style: .exact, response: "00Ab-1", receipt: "00Ab-1"),
    Pair(style: .exact, response: "0", receipt: "0"),
    Pair(
      style: .exact, response: "340282366920938463463374607431768211456",
      receipt: "340282366920938463463374607431768211456"),
  ])
  func `response and receipt have one key under the carrier's style`(pair: Pair) {
    #expect(ReceiptID.match(response: pair.response, receipt: pair.receipt, style: pair.style))
    #expect(
      ReceiptID.key(pair.response, from: .response, style: pair.style)
        == ReceiptID.key(pair.receipt, from: .receipt, style: pair.style))
  }

  @Test(arguments: [
    Pair(style: .auto, response: "499602D2", receipt: "1234567890"),
    Pair(style: .auto, response: "12", receipt: "18"),
    Pair(style: .decimal, response: "12", receipt: "13"),
    Pair(style: .hexToDecimal, response: "12", receipt: "12"),
    Pair(style: .decimalToHex, response: "12", receipt: "12"),
    Pair(style: .exact, response: "012", receipt: "12"),
    Pair(style: .exact, response: "abc", receipt: "ABC"),
    Pair(style: .auto, response: "340282366920938463463374607431768211456", receipt: "0"),
  ])
  func `different ids stay different: no base is guessed`(pair: Pair) {
    #expect(!ReceiptID.match(response: pair.response, receipt: pair.receipt, style: pair.style))
  }

  @Test func `decimal ids are their own keys, and no other id has such a key`() {
    for id in ["0", "1", "4711", "1234567890", "999999999999999999", "9223372036854775807"] {
      #expect(ReceiptID.key(COctetString(id), from: .response, style: .auto) == Int64(id))
    }
    for id in ["9223372036854775808", "18446744073709551616", "abc", "12a", "", "-1", "7f0c1a52-93f2"] {
      #expect(ReceiptID.key(COctetString(id), from: .response, style: .auto) < 0, "\(id)")
    }
    #expect(ReceiptID.key("12", from: .response, style: .exact) < 0)
    // FNV-1a of "a" with the top bit set (draft-eastlake-fnv, appendix C)
    #expect(
      ReceiptID.key("a", from: .response, style: .auto)
        == Int64(bitPattern: 0xAF63_DC4C_8601_EC8C | 0x8000_0000_0000_0000))
  }

  @Test func `what a receipt's id may be besides tells the style it would prove`() {
    func proved(response: COctetString, receipt: COctetString) -> [ReceiptIDStyle] {
      let wanted = ReceiptID(response, from: .response, style: .auto)
      return ReceiptID.others(ofReceipt: receipt).filter { $0.id == wanted }.map(\.proves)
    }
    #expect(proved(response: "499602D2", receipt: "1234567890") == [.hexToDecimal])
    #expect(proved(response: "0499602d2", receipt: "1234567890") == [.hexToDecimal])
    #expect(proved(response: "1234567890", receipt: "499602D2") == [.decimalToHex])
    #expect(proved(response: "00000012", receipt: "18") == [.hexToDecimal])
    #expect(proved(response: "18", receipt: "12") == [.decimalToHex])
    #expect(proved(response: "abc", receipt: "xyz").isEmpty)
    #expect(ReceiptID.others(ofReceipt: "xyz").isEmpty)
  }

  @Test func `random ids match in all four numeric styles, and keys rarely collide`() {
    var random = SeededGenerator(seed: 7)
    var keys: Set<Int64> = []
    for _ in 0..<5000 {
      let value =
        UInt128(UInt64.random(in: .min ... .max, using: &random))
        << UInt128(Int.random(in: 0...60, using: &random))
      let decimal = COctetString(String(value))
      let hexadecimal = COctetString(String(value, radix: 16, uppercase: Bool.random(using: &random)))
      #expect(ReceiptID.match(response: decimal, receipt: decimal, style: .decimal))
      #expect(ReceiptID.match(response: hexadecimal, receipt: hexadecimal, style: .hexadecimal))
      #expect(ReceiptID.match(response: hexadecimal, receipt: decimal, style: .hexToDecimal))
      #expect(ReceiptID.match(response: decimal, receipt: hexadecimal, style: .decimalToHex))
      keys.insert(ReceiptID.key(decimal, from: .response, style: .auto))
    }
    #expect(keys.count == 5000)
  }
}
