/// Writes one PDU into memory of exactly its length, most significant octet first.
///
/// SAFETY: every PDU states its `bodyLength` before it is written, and `Writer.append` reserves that and `slack`
/// more; each write moves on by what it adds to the length. A test holds both against each other for every PDU.
struct Writer {
  /// A C-octet string is stored as three whole words, which may reach so far beyond its NUL.
  static let slack = 24

  private let base: UnsafeMutableRawPointer
  private(set) var offset = 0

  private init(base: UnsafeMutableRawPointer) { self.base = base }

  /// A buffer of `length` octets, written by `body`.
  @inline(__always)
  static func octets(_ length: Int, _ body: (inout Writer) -> Void) -> [UInt8] {
    var buffer: [UInt8] = []
    append(length, to: &buffer, body)
    return buffer
  }

  /// Appends `length` octets to the buffer, written by `body`.
  @inline(__always)
  static func append(_ length: Int, to buffer: inout [UInt8], _ body: (inout Writer) -> Void) {
    buffer.append(addingCapacity: length + slack) { output in
      output.withUnsafeMutableBufferPointer { octets, initialized in
        guard let base = octets.baseAddress else { return }
        var writer = Writer(base: UnsafeMutableRawPointer(base + initialized))
        body(&writer)
        assert(writer.offset == length, "a PDU wrote \(writer.offset) octets and said \(length)")
        initialized += length
      }
    }
  }

  @inline(__always)
  mutating func octet(_ value: UInt8) {
    base.storeBytes(of: value, toByteOffset: offset, as: UInt8.self)
    offset += 1
  }

  @inline(__always)
  mutating func half(_ value: UInt16) {
    base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt16.self)
    offset += 2
  }

  @inline(__always)
  mutating func word(_ value: UInt32) {
    base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: UInt32.self)
    offset += 4
  }

  @inline(__always)
  mutating func header(length: Int, _ id: CommandID, _ status: CommandStatus, _ sequence: UInt32) {
    word(UInt32(truncatingIfNeeded: length))
    word(id.rawValue)
    word(status.rawValue)
    word(sequence)
  }

  @inline(__always)
  mutating func octets(_ values: [UInt8]) { octets(values, count: values.count) }

  /// The first `count` of the octets; `count` is at most their number.
  @inline(__always)
  mutating func octets(_ values: [UInt8], count: Int) {
    values.withUnsafeBytes { source in
      guard let start = source.baseAddress, count > 0 else { return }
      (base + offset).copyMemory(from: start, byteCount: count)
    }
    offset += count
  }

  @inline(__always)
  mutating func cString(_ value: COctetString) {
    switch value.storage {
    case .inline(let inline):
      // The octets beyond the string are zero: its NUL is among them.
      let words = inline.words
      base.storeBytes(of: words.0.littleEndian, toByteOffset: offset, as: UInt64.self)
      base.storeBytes(of: words.1.littleEndian, toByteOffset: offset + 8, as: UInt64.self)
      base.storeBytes(of: words.2.littleEndian, toByteOffset: offset + 16, as: UInt64.self)
      offset += inline.count + 1
    case .heap(let octets):
      self.octets(octets)
      octet(0)
    }
  }

  @inline(__always)
  mutating func tlvs(_ values: TLVs) {
    guard !values.isEmpty else { return }
    values.withOctets { source in
      guard let start = source.baseAddress else { return }
      (base + offset).copyMemory(from: start, byteCount: source.count)
    }
    offset += values.encodedLength
  }

  @inline(__always)
  mutating func address(_ value: Address) {
    octet(value.ton)
    octet(value.npi)
    cString(value.digits)
  }
}

extension COctetString {
  /// Octets on the wire, the NUL included.
  @inline(__always) var wireLength: Int { count + 1 }
}

extension Address {
  @inline(__always) var wireLength: Int { 2 + digits.wireLength }
}
