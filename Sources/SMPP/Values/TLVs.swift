/// One optional parameter: tag, length, value (5.3.1).
public struct TLV: Hashable, Sendable {
  /// Octets of the tag and the length before a value.
  static let headerLength = 4
  /// Octets of the longest value its length field can state.
  public static let maximumValueLength = 0xFFFF

  public var tag: TLVTag
  public var value: [UInt8]

  public init(tag: TLVTag, value: [UInt8]) {
    self.tag = tag
    self.value = value
  }
}

/// The optional parameters of a PDU in the order they came, unknown and vendor ones unchanged.
///
/// They are kept as on the wire: none costs nothing, any number costs at most one allocation (none for those of a
/// message, whose octets they share), and encoding is one copy.
public struct TLVs: Sendable {
  /// From `start` on: whole parameters one after the other; every length has been checked.
  @usableFromInline var octets: [UInt8] = []
  @usableFromInline var start: UInt32 = 0

  public init() {}

  public init(_ parameters: some Sequence<TLV>) {
    for parameter in parameters { append(parameter.tag, parameter.value) }
  }

  /// Octets that `TLVWalk` found to be whole parameters.
  init(wellFormed octets: UnsafeRawBufferPointer) { self.octets = Array(octets) }

  /// Those at the end of a PDU's octets, where `TLVWalk` found whole parameters from `start` on.
  init(wellFormed octets: [UInt8], from start: Int) {
    guard start < octets.count else { return }
    self.octets = octets
    self.start = UInt32(clamping: start)
  }

  public var isEmpty: Bool { encodedLength == 0 }

  /// Octets on the wire.
  public var encodedLength: Int { octets.count - Int(start) }

  /// The parameters as on the wire, borrowed for the call.
  func withOctets<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    try octets.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0.dropFirst(Int(start)))) }
  }

  public func contains(_ tag: TLVTag) -> Bool { position(of: tag) != nil }

  /// Puts a parameter at the end. A value over 65,535 octets cannot be sent and is cut there; whoever makes texts
  /// refuses long before.
  public mutating func append(_ tag: TLVTag, _ value: some Collection<UInt8>) {
    let value = value.prefix(TLV.maximumValueLength)
    let length = value.count
    ownOctets()
    octets.reserveCapacity(octets.count + TLV.headerLength + length)
    octets.append(UInt8(truncatingIfNeeded: tag.rawValue >> 8))
    octets.append(UInt8(truncatingIfNeeded: tag.rawValue))
    octets.append(UInt8(truncatingIfNeeded: length >> 8))
    octets.append(UInt8(truncatingIfNeeded: length))
    octets.append(contentsOf: value)
  }

  /// Takes out every parameter of the tag.
  public mutating func remove(_ tag: TLVTag) {
    guard contains(tag) else { return }
    ownOctets()
    while let found = position(of: tag) {
      octets.removeSubrange((found.lowerBound - TLV.headerLength)..<found.upperBound)
    }
  }

  /// Lets go of the octets before the parameters.
  private mutating func ownOctets() {
    guard start > 0 else { return }
    octets = Array(octets.dropFirst(Int(start)))
    start = 0
  }

  /// The value of the first parameter of the tag. Setting replaces all of the tag by one at the end; nil takes them out.
  public subscript(tag: TLVTag) -> [UInt8]? {
    get { position(of: tag).map { Array(octets[$0]) } }
    set {
      remove(tag)
      if let newValue { append(tag, newValue) }
    }
  }

  /// The values of every parameter of the tag, in order: callback_num and its kin may repeat (5.3.2.36).
  public func values(of tag: TLVTag) -> [[UInt8]] { filter { $0.tag == tag }.map(\.value) }

  /// The value of the first parameter of the tag, borrowed for the call; nil if there is none.
  @inlinable
  public func withValue<R>(of tag: TLVTag, _ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R? {
    guard let range = position(of: tag) else { return nil }
    return try octets.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[range])) }
  }

  /// Where the value of the first parameter of the tag lies in `octets`.
  @usableFromInline
  func position(of tag: TLVTag) -> Range<Int>? {
    var at = Int(start)
    while let next = Self.parameter(in: octets, at: at) {
      if next.tag == tag { return next.value }
      at = next.value.upperBound
    }
    return nil
  }

  /// The parameter that begins at an octet; nil at the end.
  fileprivate static func parameter(in octets: [UInt8], at: Int) -> (tag: TLVTag, value: Range<Int>)? {
    guard at + TLV.headerLength <= octets.count else { return nil }
    let tag = UInt16(octets[at]) << 8 | UInt16(octets[at + 1])
    let start = at + TLV.headerLength
    return (TLVTag(rawValue: tag), start..<(start + (Int(octets[at + 2]) << 8 | Int(octets[at + 3]))))
  }
}

extension TLVs: Sequence {
  public struct Iterator: IteratorProtocol {
    fileprivate let octets: [UInt8]
    fileprivate var at: Int

    public mutating func next() -> TLV? {
      guard let next = TLVs.parameter(in: octets, at: at) else { return nil }
      at = next.value.upperBound
      return TLV(tag: next.tag, value: Array(octets[next.value]))
    }
  }

  public func makeIterator() -> Iterator { Iterator(octets: octets, at: Int(start)) }
}

extension TLVs: Hashable {
  public static func == (a: Self, b: Self) -> Bool {
    a.octets.dropFirst(Int(a.start)) == b.octets.dropFirst(Int(b.start))
  }

  public func hash(into hasher: inout Hasher) { hasher.combine(octets.dropFirst(Int(start))) }
}

extension TLVs: ExpressibleByArrayLiteral {
  public init(arrayLiteral parameters: TLV...) { self.init(parameters) }
}

// What the named parameters are read and written through.
extension TLVs {
  /// The value as an unsigned integer, most significant octet first; nil if there is none or it does not fit.
  func integer<Value: FixedWidthInteger & UnsignedInteger>(_ tag: TLVTag) -> Value? {
    guard let range = position(of: tag), !range.isEmpty else { return nil }
    var value: UInt64 = 0
    for octet in octets[range] {
      guard value >> 56 == 0 else { return nil }
      value = value << 8 | UInt64(octet)
    }
    return Value(exactly: value)
  }

  mutating func setInteger<Value: FixedWidthInteger & UnsignedInteger>(_ tag: TLVTag, _ value: Value?) {
    self[tag] = value.map { value in
      stride(from: Value.bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: value >> $0) }
    }
  }

  /// The value up to its NUL; nil if there is none or it is longer than the parameter may be.
  func cOctetString(_ tag: TLVTag) -> COctetString? {
    guard let range = position(of: tag), case .cOctetString(let limit) = tag.form else { return nil }
    let value = COctetString(octets: octets[range])
    return value.octets.count <= limit ? value : nil
  }

  mutating func setCOctetString(_ tag: TLVTag, _ value: COctetString?) {
    self[tag] = value.map { $0.octets + [0] }
  }
}
