/// A C-octet string (3.1): opaque octets without NUL, on the wire ended by one.
///
/// Up to 23 octets lie in the value itself, so addresses, service types, times and most message ids cost no
/// allocation; longer ones are on the heap. The octets are whatever the peer sent: no charset is assumed.
public struct COctetString: Sendable {
  /// Octets held without allocation.
  public static let inlineCapacity = 23

  /// Strings of at most `inlineCapacity` octets are always `.inline`, so equal strings have equal storage.
  @usableFromInline
  enum Storage: Hashable, Sendable {
    case inline(InlineOctets)
    case heap([UInt8])
  }

  @usableFromInline var storage: Storage

  /// The empty string, on the wire a single NUL.
  public init() { storage = .inline(InlineOctets()) }

  /// The octets given; a NUL among them ends the string, as it would on the wire.
  public init(octets: some Collection<UInt8>) {
    let contiguous = octets.withContiguousStorageIfAvailable {
      COctetString(copying: UnsafeRawBufferPointer($0))
    }
    self = contiguous ?? Array(octets).withUnsafeBytes { COctetString(copying: $0) }
  }

  /// The text's UTF-8 octets up to a NUL. Fields of SMPP are ASCII by specification (3.1); whatever else a peer
  /// expects, `init(octets:)` takes.
  public init(_ text: String) { self.init(octets: text.utf8) }

  /// The octets up to a NUL or their end.
  init(copying octets: UnsafeRawBufferPointer) {
    self.init(withoutNUL: UnsafeRawBufferPointer(rebasing: octets.prefix { $0 != 0 }))
  }

  /// Octets of which none is NUL.
  init(withoutNUL octets: UnsafeRawBufferPointer) {
    storage = InlineOctets(octets).map(Storage.inline) ?? .heap(Array(octets))
  }

  /// The octets, without the NUL.
  public var octets: [UInt8] {
    switch storage {
    case .inline(let inline): inline.withOctets { Array($0) }
    case .heap(let octets): octets
    }
  }

  /// A lossless view: each octet as the Unicode scalar of the same number (Latin-1).
  public var string: String {
    withOctets { octets in
      if octets.allSatisfy({ $0 < 0x80 }) { return String(decoding: octets, as: UTF8.self) }
      var text = String.UnicodeScalarView()
      for octet in octets { text.append(Unicode.Scalar(octet)) }
      return String(text)
    }
  }

  /// The octets without the NUL, in number.
  @inlinable public var count: Int {
    switch storage {
    case .inline(let inline): inline.count
    case .heap(let octets): octets.count
    }
  }

  @inlinable public var isEmpty: Bool { count == 0 }

  /// The octets, borrowed for the call.
  @inlinable
  public func withOctets<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    switch storage {
    case .inline(let inline): try inline.withOctets(body)
    case .heap(let octets): try octets.withUnsafeBytes(body)
    }
  }
}

extension COctetString: Hashable {
  @inline(__always)
  public static func == (a: Self, b: Self) -> Bool {
    switch (a.storage, b.storage) {
    case (.inline(let a), .inline(let b)): a == b
    case (.heap(let a), .heap(let b)): a == b
    default: false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch storage {
    case .inline(let inline): hasher.combine(inline)
    case .heap(let octets): hasher.combine(octets)
    }
  }
}

extension COctetString: ExpressibleByStringLiteral, CustomStringConvertible {
  public init(stringLiteral text: StaticString) {
    self = text.withUTF8Buffer { COctetString(copying: UnsafeRawBufferPointer($0)) }
  }

  public var description: String { string }
}

/// At most 23 octets and their number in 24 octets of memory; octets beyond the number are zero.
@usableFromInline
struct InlineOctets: Hashable, Sendable {
  /// The three words in which the octets lie, first octet lowest.
  @usableFromInline typealias Words = (UInt64, UInt64, UInt64)

  @usableFromInline var first: UInt64
  @usableFromInline var second: UInt64
  @usableFromInline var third: UInt32
  @usableFromInline var fourth: UInt16
  @usableFromInline var fifth: UInt8
  @usableFromInline var number: Count

  /// 0...23 as an enum, which leaves the compiler spare bits for the tag of `COctetString.Storage`: the whole string
  /// is 24 octets instead of 32.
  @usableFromInline
  enum Count: UInt8, Sendable {
    case n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, n10, n11
    case n12, n13, n14, n15, n16, n17, n18, n19, n20, n21, n22, n23
  }

  @inline(__always)
  init() {
    (first, second, third, fourth, fifth, number) = (0, 0, 0, 0, 0, .n0)
  }

  /// `count` octets of `words`; those beyond must be zero, and `count` at most 23.
  @inline(__always)
  init(words: Words, count: Int) {
    first = words.0
    second = words.1
    third = UInt32(truncatingIfNeeded: words.2)
    fourth = UInt16(truncatingIfNeeded: words.2 >> 32)
    fifth = UInt8(truncatingIfNeeded: words.2 >> 48)
    // SAFETY: the cases of Count are 0...23 in order, held in one octet; the operand is clamped to that range.
    number = unsafeBitCast(UInt8(truncatingIfNeeded: min(max(count, 0), 23)), to: Count.self)
  }

  @inlinable var count: Int { Int(number.rawValue) }

  @inlinable var words: Words {
    (first, second, UInt64(third) | UInt64(fourth) << 32 | UInt64(fifth) << 48)
  }

  /// The octets; nil if they are more than 23.
  init?(_ octets: UnsafeRawBufferPointer) {
    guard octets.count <= COctetString.inlineCapacity else { return nil }
    var words: Words = (0, 0, 0)
    withUnsafeMutableBytes(of: &words) { $0.copyMemory(from: octets) }
    self.init(
      words: (UInt64(littleEndian: words.0), UInt64(littleEndian: words.1), UInt64(littleEndian: words.2)),
      count: octets.count)
  }

  @inlinable
  func withOctets<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let words = words
    let inOrder = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian)
    return try withUnsafeBytes(of: inOrder) { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }
}
