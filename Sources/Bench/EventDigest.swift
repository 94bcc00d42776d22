/// What a consumer saw, as one number: two that saw the same octets have the same. No protection against anybody.
struct EventDigest: Hashable {
  private(set) var events = 0
  private(set) var octets = 0
  private var value: UInt64 = 0xCBF2_9CE4_8422_2325
  private static let prime: UInt64 = 0x0000_0100_0000_01B3
  /// What stands before the event in a `feed.event`.
  private static let mark = Array(#","event":"#.utf8)

  /// Takes the octets of the event in a `feed.event` notification, without the envelope around it.
  mutating func add(eventOf line: UnsafeRawBufferPointer) {
    let mark = Self.mark
    var start = 0
    while start + mark.count < line.count,
      !line[start..<start + mark.count].elementsEqual(mark)
    {
      start += 1
    }
    add(UnsafeRawBufferPointer(rebasing: line[min(start + mark.count, line.count - 2)..<line.count - 2]))
  }

  private mutating func add(_ event: UnsafeRawBufferPointer) {
    events += 1
    octets += event.count
    var index = 0
    while index + 8 <= event.count {
      mix(event.loadUnaligned(fromByteOffset: index, as: UInt64.self))
      index += 8
    }
    while index < event.count {
      mix(UInt64(event[index]))
      index += 1
    }
    mix(UInt64(event.count))
  }

  @inline(__always)
  private mutating func mix(_ word: UInt64) {
    value = (value ^ word) &* Self.prime
    value ^= value >> 29
  }

  /// Sixteen hexadecimal digits.
  var text: String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
