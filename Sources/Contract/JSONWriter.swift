// JSON straight into octets: for the feed's hot path and the envelopes. Held to FoundationEssentials' decoder by tests.

extension [UInt8] {
  @inlinable
  mutating func append(text: StaticString) {
    append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends a decimal integer.
  @usableFromInline
  mutating func append(integer value: Int64) {
    var rest = value.magnitude
    if value < 0 { append(UInt8(ascii: "-")) }
    if rest < 10 {
      append(0x30 &+ UInt8(truncatingIfNeeded: rest))
      return
    }
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var index = 20
      while rest > 0 {
        index &-= 1
        digits[index] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      append(contentsOf: UnsafeBufferPointer(rebasing: digits[index...]))
    }
  }

  /// Appends a JSON string with its quotes.
  mutating func append(quoted text: String) {
    var text = text
    text.withUTF8 { append(quoted: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a JSON string with its quotes; `octets` is UTF-8.
  mutating func append(quoted octets: UnsafeRawBufferPointer) {
    append(UInt8(ascii: "\""))
    var start = 0
    var index = 0
    while index < octets.count {
      let octet = octets[index]
      if octet >= 0x20 && octet != UInt8(ascii: "\"") && octet != UInt8(ascii: "\\") {
        index &+= 1
        continue
      }
      append(contentsOf: UnsafeRawBufferPointer(rebasing: octets[start..<index]))
      append(escaped: octet)
      index &+= 1
      start = index
    }
    append(contentsOf: UnsafeRawBufferPointer(rebasing: octets[start...]))
    append(UInt8(ascii: "\""))
  }

  private mutating func append(escaped octet: UInt8) {
    append(UInt8(ascii: "\\"))
    switch octet {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): append(octet)
    case 0x0A: append(UInt8(ascii: "n"))
    case 0x0D: append(UInt8(ascii: "r"))
    case 0x09: append(UInt8(ascii: "t"))
    default:
      append(text: "u00")
      append(octet < 0x10 ? 0x30 : 0x31)
      let low = octet & 0x0F
      append(low < 10 ? 0x30 &+ low : 0x61 &+ low &- 10)
    }
  }
}
