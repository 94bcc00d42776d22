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
  private let options: DecodeOptions

  init(base: UnsafeRawPointer, end: Int, offset: Int, options: DecodeOptions) {
    self.base = base
    self.end = end
    self.offset = offset
    self.options = options
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

  /// A C-octet string of a field the specification gives `size` octets, NUL included; one more is taken.
  @inline(__always)
  mutating func cString(_ field: PDUField, size: Int) throws(PDUError) -> COctetString {
    // Three words cover what a string can hold inline; the first zero octet ends it.
    if remaining >= 24 {
      let first = word64(at: offset)
      let firstZero = Self.zeroOctets(first)
      if firstZero != 0 {
        let count = Self.octetsBefore(firstZero)
        if count <= size { return take((first & Self.mask(count), 0, 0), count) }
      } else {
        let second = word64(at: offset + 8)
        let secondZero = Self.zeroOctets(second)
        let count = Self.octetsBefore(secondZero)
        if secondZero != 0, count + 8 <= size {
          return take((first, second & Self.mask(count), 0), count + 8)
        }
      }
    }
    return try cStringByOctet(field, size: size)
  }

  @inline(__always)
  private mutating func take(_ words: InlineOctets.Words, _ count: Int) -> COctetString {
    offset += count + 1
    return COctetString(inline: InlineOctets(words: words, count: count))
  }

  @inline(__always)
  private static func octetsBefore(_ zeros: UInt64) -> Int { zeros.trailingZeroBitCount >> 3 }

  /// The lowest `octets` octets, fewer than 8.
  @inline(__always)
  private static func mask(_ octets: Int) -> UInt64 { (1 &<< UInt64(truncatingIfNeeded: octets &* 8)) &- 1 }

  @inline(__always)
  private func word64(at offset: Int) -> UInt64 {
    UInt64(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Bit 7 of the lowest zero octet, and perhaps of octets above it; 0 if no octet is zero.
  @inline(__always)
  private static func zeroOctets(_ word: UInt64) -> UInt64 {
    (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
  }

  /// The same near the end of the PDU, for long strings, and to say what is wrong.
  @inline(never)
  private mutating func cStringByOctet(_ field: PDUField, size: Int) throws(PDUError) -> COctetString {
    let limit = options.contains(.longFields) ? DecodeOptions.longFieldLimit : size
    let rest = rest
    guard let count = rest.prefix(limit + 1).firstIndex(of: 0) else {
      throw PDUError(rest.count > limit ? .tooLong : .truncated, field, offset: offset)
    }
    defer { offset += count + 1 }
    return COctetString(octets: rest.prefix(count))
  }

  /// The last string of a PDU, whose NUL some peers leave out: up to a NUL or the end.
  mutating func lastCString(_ field: PDUField, size: Int) throws(PDUError) -> COctetString {
    let rest = rest
    if rest.contains(0) { return try cString(field, size: size) }
    let limit = options.contains(.longFields) ? DecodeOptions.longFieldLimit : size
    guard rest.count <= limit else { throw PDUError(.tooLong, field, offset: offset) }
    offset = end
    return COctetString(octets: rest)
  }

  /// A string of a response: of any length, ended by a NUL or the end. What answers a request is never refused for
  /// its form, or the request would stay unanswered.
  mutating func responseCString() -> COctetString {
    let rest = rest
    let count = rest.firstIndex(of: 0) ?? rest.count
    skip(count + 1)
    return COctetString(octets: rest.prefix(count))
  }

  @inline(__always)
  mutating func address(_ field: PDUField, size: Int = FieldSize.address) throws(PDUError) -> Address {
    let ton = try octet(field)
    let npi = try octet(field)
    return Address(ton: ton, npi: npi, digits: try cString(field, size: size))
  }

  /// A time of a request to the SMSC: empty or, by 7.1.1, 16 characters.
  @inline(__always)
  mutating func time(_ field: PDUField) throws(PDUError) -> COctetString {
    let start = offset
    let time = try cString(field, size: FieldSize.time)
    guard time.isEmpty || time.count == 16 else { throw PDUError(.wrongLength, field, offset: start) }
    return time
  }
}

// What follows the mandatory part.
extension Reader {
  /// The last address of a PDU, whose NUL may be missing.
  mutating func lastAddress(_ field: PDUField, size: Int) throws(PDUError) -> Address {
    let ton = try octet(field)
    let npi = try octet(field)
    return Address(ton: ton, npi: npi, digits: try lastCString(field, size: size))
  }

  /// The optional parameters of a request. Fewer octets than a tag and a length at the end cannot be a parameter and
  /// are passed over; one whose value is cut off is ESME_RINVOPTPARSTREAM; one whose value cannot be is
  /// ESME_RINVPARLEN.
  mutating func requestTLVs() throws(PDUError) -> TLVs {
    guard remaining > 0 else { return TLVs() }
    let walk = TLVWalk(rest)
    if walk.isCut { throw PDUError(.truncated, .optionalParameters, offset: offset + walk.whole) }
    return try take(walk)
  }

  /// The optional parameters of a response, as far as they are whole: a response is taken whatever follows its id.
  mutating func responseTLVs() -> TLVs {
    let walk = TLVWalk(rest)
    defer { offset = end }
    return walk.whole == 0
      ? TLVs() : TLVs(wellFormed: UnsafeRawBufferPointer(rebasing: rest.prefix(walk.whole)))
  }

  /// What follows short_message: optional parameters, or where peers count wrong, first a few octets that are none.
  ///
  /// Taken, in this order: zeros to the end; whole parameters; whole parameters after one octet that sm_length missed
  /// or up to three zeros; whole parameters before an end too short to be one; one octet that sm_length missed; two
  /// or three octets of no meaning. A missed octet that is not zero, or that makes a UCS-2 text even, is text.
  @inline(never)
  mutating func readTail(after text: inout [UInt8], _ dataCoding: UInt8, into tlvs: inout TLVs)
    throws(PDUError)
  {
    let tail = rest
    let isHalved = dataCoding == 0x08 && text.count % 2 == 1
    let missed: Int
    if tail.allSatisfy({ $0 == 0 }) {
      if isHalved { text.append(0) }
      return skip(tail.count)
    }
    if TLVWalk(tail).isExact {
      missed = 0
    } else if let strays = (1...3).first(where: { Self.isExact(tail, after: $0) }) {
      missed = strays
    } else if tail.count < TLV.headerLength {
      missed = tail.count
    } else {
      missed = 0
    }
    if missed == 1, tail[0] != 0 || isHalved { text.append(tail[0]) }
    skip(missed)
    tlvs = try requestTLVs()
  }

  /// Whether all after `strays` octets, which are one of any value or zeros, is whole parameters.
  private static func isExact(_ tail: UnsafeRawBufferPointer, after strays: Int) -> Bool {
    guard tail.count >= strays + TLV.headerLength, strays == 1 || tail.prefix(strays).allSatisfy({ $0 == 0 })
    else { return false }
    return TLVWalk(UnsafeRawBufferPointer(rebasing: tail.dropFirst(strays))).isExact
  }

  private mutating func take(_ walk: TLVWalk) throws(PDUError) -> TLVs {
    let whole = UnsafeRawBufferPointer(rebasing: rest.prefix(walk.whole))
    if let misfit = TLVWalk.firstMisfit(whole) {
      throw PDUError(.wrongLength, .optionalParameter, offset: offset + misfit.offset, tag: misfit.tag)
    }
    offset = end
    return whole.isEmpty ? TLVs() : TLVs(wellFormed: whole)
  }
}
