/// What a decoder takes beyond the specification's sizes.
public struct DecodeOptions: OptionSet, Hashable, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// C-octet strings of requests up to `longFieldLimit` octets. Without it each may have the octets the specification
  /// counts, its NUL not among them: peers differ in whether a limit includes it (an 8- or 9-character password).
  public static let longFields = DecodeOptions(rawValue: 1)

  /// Octets of a field that `longFields` lets through.
  public static let longFieldLimit = 255
}

/// A cursor over the octets of one PDU. Every access is checked against the end; nothing here traps.
///
/// SAFETY: `base` is only dereferenced below `end`, and a reader never outlives the call that borrowed the octets.
struct Reader {
  private let base: UnsafeRawPointer
  /// Octets of the PDU.
  let end: Int
  /// Octets read so far, the header included.
  private(set) var offset: Int
  /// The least limit of any string: 0, or what `DecodeOptions.longFields` allows.
  private let leastLimit: Int

  init(base: UnsafeRawPointer, end: Int, offset: Int, options: DecodeOptions) {
    self.base = base
    self.end = end
    self.offset = offset
    leastLimit = options.contains(.longFields) ? DecodeOptions.longFieldLimit : 0
  }

  @inline(__always) var remaining: Int { end - offset }

  /// What is left, borrowed.
  @inline(__always) var rest: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + offset, count: end - offset)
  }

  @inline(__always)
  mutating func octet(_ field: PDUField) throws(PDUError) -> UInt8 {
    guard offset < end else { throw PDUError(.truncated, field, offset: offset) }
    defer { offset += 1 }
    return base.load(fromByteOffset: offset, as: UInt8.self)
  }

  mutating func word(_ field: PDUField) throws(PDUError) -> UInt32 {
    guard remaining >= 4 else { throw PDUError(.truncated, field, offset: offset) }
    defer { offset += 4 }
    return UInt32(bigEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  @inline(__always)
  mutating func octets(_ count: Int, _ field: PDUField) throws(PDUError) -> [UInt8] {
    guard count >= 0, remaining >= count else { throw PDUError(.truncated, field, offset: offset) }
    defer { offset += count }
    return Array(UnsafeRawBufferPointer(start: base + offset, count: count))
  }

  mutating func skip(_ count: Int) { offset = min(offset + max(count, 0), end) }

  /// Passes over a C-octet string of a field the specification gives `size` octets, NUL included; one more is taken.
  /// The octets before its NUL, in number.
  @inline(__always)
  mutating func skipCString(_ field: PDUField, size: Int) throws(PDUError) -> Int {
    // Most strings are short and not at the end: one word or two have their NUL.
    if end - offset >= 16 {
      let zeros = Self.zeroOctets(word64(at: offset))
      let later = Self.zeroOctets(word64(at: offset + 8))
      let count = zeros != 0 ? zeros.trailingZeroBitCount >> 3 : 8 + later.trailingZeroBitCount >> 3
      if zeros | later != 0, count <= size {
        offset &+= count &+ 1
        return count
      }
    }
    return try skipLongCString(field, limit: max(size, leastLimit))
  }

  private mutating func skipLongCString(_ field: PDUField, limit: Int) throws(PDUError) -> Int {
    let count = octetsBeforeNUL
    guard count <= limit else { throw PDUError(.tooLong, field, offset: offset) }
    guard count < remaining else { throw PDUError(.truncated, field, offset: offset) }
    offset += count + 1
    return count
  }

  /// The octets before the next NUL, or all that are left.
  @inline(__always)
  private var octetsBeforeNUL: Int {
    var at = offset
    while end - at >= 8 {
      let zeros = Self.zeroOctets(word64(at: at))
      if zeros != 0 { return at - offset + zeros.trailingZeroBitCount >> 3 }
      at += 8
    }
    while at < end, base.load(fromByteOffset: at, as: UInt8.self) != 0 { at += 1 }
    return at - offset
  }

  @inline(__always)
  private func word64(at offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Bit 7 of the lowest zero octet, and perhaps of octets above it; 0 if no octet is zero.
  @inline(__always)
  private static func zeroOctets(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  /// The string of the same field.
  mutating func cString(_ field: PDUField, size: Int) throws(PDUError) -> COctetString {
    let start = offset
    let count = try skipCString(field, size: size)
    return COctetString(withoutNUL: UnsafeRawBufferPointer(start: base + start, count: count))
  }

  /// The last string of a PDU, whose NUL some peers leave out: up to a NUL or the end.
  mutating func lastCString(_ field: PDUField, size: Int) throws(PDUError) -> COctetString {
    guard octetsBeforeNUL == remaining else { return try cString(field, size: size) }
    guard remaining <= max(size, leastLimit) else { throw PDUError(.tooLong, field, offset: offset) }
    defer { offset = end }
    return COctetString(withoutNUL: rest)
  }

  /// A string of a response: of any length, ended by a NUL or the end. What answers a request is never refused for
  /// its form, or the request would stay unanswered.
  @inline(__always)
  mutating func responseCString() -> COctetString {
    let count = octetsBeforeNUL
    defer { skip(count + 1) }
    return COctetString(withoutNUL: UnsafeRawBufferPointer(start: base + offset, count: count))
  }

  @inline(__always)
  mutating func address(_ field: PDUField, size: Int = FieldSize.address) throws(PDUError) -> Address {
    let ton = try octet(field)
    let npi = try octet(field)
    return Address(ton: ton, npi: npi, digits: try cString(field, size: size))
  }

  /// Passes over an address.
  @inline(__always)
  mutating func skipAddress(_ field: PDUField, size: Int) throws(PDUError) {
    try skipOctets(2, field)
    _ = try skipCString(field, size: size)
  }

  /// Passes over so many octets that must be there.
  @inline(__always)
  mutating func skipOctets(_ count: Int, _ field: PDUField) throws(PDUError) {
    guard remaining >= count else { throw PDUError(.truncated, field, offset: offset) }
    offset += count
  }

  /// Passes over a time: empty or, by 7.1.1, 16 characters; of any length where it has no meaning.
  @inline(__always)
  mutating func skipTime(_ field: PDUField, isUsed: Bool = true) throws(PDUError) {
    let start = offset
    let count = try skipCString(field, size: isUsed ? FieldSize.time : .max)
    if isUsed, count != 0, count != 16 { throw PDUError(.wrongLength, field, offset: start) }
  }

  mutating func time(_ field: PDUField) throws(PDUError) -> COctetString {
    let start = offset
    try skipTime(field)
    return COctetString(withoutNUL: UnsafeRawBufferPointer(start: base + start, count: offset - start - 1))
  }
}
