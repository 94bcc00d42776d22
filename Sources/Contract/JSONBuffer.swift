/// Octets on their way out: written at the end, taken at the front, grown by doubling.
///
/// Its own memory, not an array: the feed writes some sixty small pieces an event here, and an array checks that it is
/// unshared for each.
public struct JSONBuffer: ~Copyable {
  @usableFromInline var base: UnsafeMutablePointer<UInt8>
  /// Octets there is room for before it grows.
  public private(set) var capacity: Int
  @usableFromInline var start = 0
  @usableFromInline var end = 0

  public init(capacity: Int = 4_096) {
    self.capacity = max(capacity, 64)
    base = .allocate(capacity: self.capacity)
  }

  deinit { base.deallocate() }

  /// Octets written and not taken.
  @inlinable public var count: Int { end &- start }
  @inlinable public var isEmpty: Bool { end == start }

  /// Hands out what is written and not taken.
  @inlinable
  public func withReadable<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try body(UnsafeRawBufferPointer(start: base + start, count: count))
  }

  /// What is written and not taken, as an array: for tests and rare uses.
  public var octets: [UInt8] { withReadable { [UInt8]($0) } }

  /// Takes `taken` octets off the front; more than there are takes them all.
  public mutating func consume(_ taken: Int) {
    start = min(end, start &+ max(0, taken))
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Takes everything.
  public mutating func removeAll() {
    start = 0
    end = 0
  }

  /// Gives memory back after a burst: an empty buffer larger than `limit` shrinks to it.
  public mutating func shrink(to limit: Int) {
    guard isEmpty, capacity > limit else { return }
    base.deallocate()
    capacity = max(limit, 64)
    base = .allocate(capacity: capacity)
    removeAll()
  }

  /// Drops what was written after `count` octets were readable.
  @inlinable
  public mutating func truncate(to count: Int) {
    end = min(end, start &+ max(0, count))
  }

  /// Makes room for `extra` octets behind the end.
  @inlinable
  mutating func reserve(_ extra: Int) {
    if capacity &- end < extra { grow(extra) }
  }

  @usableFromInline
  mutating func grow(_ extra: Int) {
    let used = count
    if used + extra <= capacity && start >= capacity / 2 {
      // Half of it is already taken: move what is left to the front.
      base.update(from: base + start, count: used)
    } else {
      let larger = max(capacity * 2, used + extra)
      let moved = UnsafeMutablePointer<UInt8>.allocate(capacity: larger)
      moved.update(from: base + start, count: used)
      base.deallocate()
      base = moved
      capacity = larger
    }
    start = 0
    end = used
  }

  @inlinable
  public mutating func append(_ octet: UInt8) {
    reserve(1)
    base[end] = octet
    end &+= 1
  }

  /// An octet that is written and not taken, counted from the first of these.
  subscript(place: Int) -> UInt8 {
    get {
      precondition(place >= 0 && place < count)
      return base[start &+ place]
    }
    set {
      precondition(place >= 0 && place < count)
      base[start &+ place] = newValue
    }
  }

  /// Appends an integer in groups of seven bits, the least significant first; all octets but the last have the top bit.
  mutating func append(varint value: UInt64) {
    reserve(10)
    var rest = value
    while rest >= 0x80 {
      base[end] = UInt8(truncatingIfNeeded: rest) | 0x80
      end &+= 1
      rest >>= 7
    }
    base[end] = UInt8(truncatingIfNeeded: rest)
    end &+= 1
  }

  @inlinable
  public mutating func append(_ octets: UnsafeRawBufferPointer) {
    guard let source = octets.baseAddress, octets.count > 0 else { return }
    reserve(octets.count)
    UnsafeMutableRawPointer(base + end).copyMemory(from: source, byteCount: octets.count)
    end &+= octets.count
  }

  public mutating func append(contentsOf octets: some Collection<UInt8>) {
    if octets.withContiguousStorageIfAvailable({ append(UnsafeRawBufferPointer($0)) }) == nil {
      for octet in octets { append(octet) }
    }
  }

  @inlinable @inline(__always)
  public mutating func append(text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  /// Appends text as it is, without quotes.
  public mutating func append(plain text: String) {
    var text = text
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends a decimal integer.
  @inlinable
  public mutating func append(integer value: Int64) {
    reserve(20)
    var rest = value.magnitude
    if value < 0 {
      base[end] = UInt8(ascii: "-")
      end &+= 1
    }
    var digits = 1
    var bound: UInt64 = 10
    while digits < 20, rest >= bound {
      digits &+= 1
      bound = bound.multipliedReportingOverflow(by: 10).partialValue
      if digits == 20 { break }
    }
    var index = end &+ digits
    end = index
    repeat {
      index &-= 1
      base[index] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    } while rest > 0
  }

  /// Appends an RFC 3339 time, without quotes.
  public mutating func append(_ time: Timestamp) {
    reserve(Timestamp.textLength)
    time.write(
      to: UnsafeMutableRawBufferPointer(
        start: UnsafeMutableRawPointer(base + end), count: Timestamp.textLength))
    end &+= Timestamp.textLength
  }

  /// Appends a JSON string with its quotes.
  public mutating func append(quoted text: String) {
    var text = text
    text.withUTF8 { append(quoted: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a JSON string with its quotes; `octets` is UTF-8 (RFC 8259 section 7: only `"`, `\` and below U+0020 need escaping).
  public mutating func append(quoted octets: UnsafeRawBufferPointer) {
    reserve(octets.count &+ 2)
    append(UInt8(ascii: "\""))
    append(escaping: octets)
    append(UInt8(ascii: "\""))
  }

  /// Appends the inside of a JSON string.
  mutating func append(escaping octets: UnsafeRawBufferPointer) {
    var run = 0
    var index = 0
    let count = octets.count
    while index < count {
      if count &- index >= 8 {
        let block = octets.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        if JSONBuffer.isPlain(block) {
          index &+= 8
          continue
        }
      }
      let octet = octets[index]
      if octet < 0x20 || octet == 0x22 || octet == 0x5C {
        append(UnsafeRawBufferPointer(rebasing: octets[run..<index]))
        append(escaped: octet)
        run = index &+ 1
      }
      index &+= 1
    }
    append(UnsafeRawBufferPointer(rebasing: octets[run...]))
  }

  /// Whether none of eight octets needs escaping: none is below 0x20, `"` or `\`. The carry of one that is may hide in
  /// its neighbour; it never hides one.
  @inline(__always)
  private static func isPlain(_ block: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = block ^ (ones &* 0x22)
    let backslashes = block ^ (ones &* 0x5C)
    let controls = (block &- ones &* 0x20) & ~block
    let matches = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
    return (controls | matches) & (ones &* 0x80) == 0
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
