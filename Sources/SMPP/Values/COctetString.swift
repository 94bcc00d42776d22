/// A C-octet string (3.1): opaque octets without NUL, on the wire ended by one.
///
/// Up to 23 octets lie in the value itself, so addresses, service types, times and most message ids cost no
/// allocation; longer ones are on the heap. The octets are whatever the peer sent: no charset is assumed.
public struct COctetString: Sendable {
  /// Octets held without allocation.
  public static let inlineCapacity = 23

  /// Strings of at most `inlineCapacity` octets are always `.inline`, so equal strings have equal storage.
  enum Storage: Hashable, Sendable {
    case inline(InlineOctets)
    case heap([UInt8])
  }

  var storage: Storage

  /// The empty string, on the wire a single NUL.
  public init() { storage = .inline(InlineOctets()) }

  init(inline octets: InlineOctets) { storage = .inline(octets) }

  /// The octets given; a NUL among them ends the string, as it would on the wire.
  public init(octets: some Collection<UInt8>) {
    let octets = octets.prefix { $0 != 0 }
    if octets.count <= Self.inlineCapacity {
      var inline = InlineOctets()
      for octet in octets { inline.append(octet) }
      storage = .inline(inline)
    } else {
      storage = .heap(Array(octets))
    }
  }

  /// The text's UTF-8 octets up to a NUL. Fields of SMPP are ASCII by specification (3.1); whatever else a peer
  /// expects, `init(octets:)` takes.
  public init(_ text: String) { self.init(octets: text.utf8) }

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
  public var count: Int {
    switch storage {
    case .inline(let inline): inline.count
    case .heap(let octets): octets.count
    }
  }

  public var isEmpty: Bool { count == 0 }

  /// The octets, borrowed for the call.
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
  public init(stringLiteral text: String) { self.init(text) }

  public var description: String { string }
}

/// At most 23 octets and their number in 24 octets of memory; octets beyond the number are zero.
struct InlineOctets: Hashable, Sendable {
  /// The three words in which the octets lie, first octet lowest.
  typealias Words = (UInt64, UInt64, UInt64)

  private var first: UInt64
  private var second: UInt64
  private var third: UInt32
  private var fourth: UInt16
  private var fifth: UInt8
  private var number: Count

  /// 0...23 as an enum, which leaves the compiler spare bits for the tag of `COctetString.Storage`: the whole string
  /// is 24 octets instead of 32.
  private enum Count: UInt8 {
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

  @inline(__always)
  var count: Int { Int(number.rawValue) }

  @inline(__always)
  var words: Words {
    (first, second, UInt64(third) | UInt64(fourth) << 32 | UInt64(fifth) << 48)
  }

  /// One octet more; ignored when 23 are held.
  mutating func append(_ octet: UInt8) {
    let position = count
    guard position < COctetString.inlineCapacity else { return }
    var words = words
    let shifted = UInt64(octet) << (UInt64(position & 7) * 8)
    switch position >> 3 {
    case 0: words.0 |= shifted
    case 1: words.1 |= shifted
    default: words.2 |= shifted
    }
    self = InlineOctets(words: words, count: position + 1)
  }

  @inline(__always)
  func withOctets<R>(_ body: (UnsafeRawBufferPointer) throws -> R) rethrows -> R {
    let words = words
    let inOrder = (words.0.littleEndian, words.1.littleEndian, words.2.littleEndian)
    return try withUnsafeBytes(of: inOrder) { try body(UnsafeRawBufferPointer(rebasing: $0.prefix(count))) }
  }
}
