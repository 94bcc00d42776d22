import SMPP

/// Makes message ids, each with its two spellings.
package struct MessageIDs {
  package struct Made: Hashable {
    /// In submit_sm_resp.
    package var response: COctetString
    /// In the receipt.
    package var receipt: COctetString
  }

  private let style: CarrierSimulator.Receipts.IDs
  private var number: UInt64
  private var random: SeededRandom

  /// Ids of different seeds are far apart, so a restarted simulator does not repeat them.
  package init(style: CarrierSimulator.Receipts.IDs, seed: UInt64) {
    self.style = style
    random = SeededRandom(seed: seed ^ 0x6D65_7373_6167_6573)
    number = 1_000_000_000 + random.next() % 8_000_000 * 1_000
  }

  package mutating func next() -> Made {
    number += 1
    switch style {
    case .decimal:
      let id = MessageIDs.decimal(number)
      return Made(response: id, receipt: id)
    case .hexThenDecimal:
      return Made(response: COctetString(String(number, radix: 16)), receipt: MessageIDs.decimal(number))
    case .decimalThenHex:
      return Made(response: MessageIDs.decimal(number), receipt: COctetString(String(number, radix: 16)))
    case .paddedInReceipt:
      let id = MessageIDs.decimal(number)
      let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 20 - id.octets.count)
      return Made(response: id, receipt: COctetString(octets: zeros + id.octets))
    case .uuid:
      let id = COctetString(uuid())
      return Made(response: id, receipt: id)
    }
  }

  /// The digits without a String in between: one for each message under load.
  private static func decimal(_ number: UInt64) -> COctetString {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var rest = number
      var start = digits.count
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      return COctetString(octets: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }

  /// RFC 9562, version 4.
  private mutating func uuid() -> String {
    let high = random.next() & 0xFFFF_FFFF_FFFF_0FFF | 0x4000
    let low = random.next() & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
    let digits = Array((hex(high) + hex(low)).utf8)
    var text: [UInt8] = []
    for (index, digit) in digits.enumerated() {
      if [8, 12, 16, 20].contains(index) { text.append(UInt8(ascii: "-")) }
      text.append(digit)
    }
    return String(decoding: text, as: UTF8.self)
  }

  private func hex(_ value: UInt64) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
