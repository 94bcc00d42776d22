/// One part of a message of several, as it came.
public struct MessagePart: Hashable, Sendable {
  public var place: Concatenation
  /// `data_coding` (SMPP 3.4, 5.2.19); parts of one message may differ in it.
  public var dataCoding: UInt8
  /// `short_message` or `message_payload`, user data header included.
  public var octets: [UInt8]
  /// Whether `octets` begins with a user data header.
  public var udhi: Bool

  public init(place: Concatenation, dataCoding: UInt8, octets: [UInt8], udhi: Bool) {
    self.place = place
    self.dataCoding = dataCoding
    self.octets = octets
    self.udhi = udhi
  }
}

/// The text of a set of parts.
public struct AssembledText: Hashable, Sendable {
  public var text: String
  /// The encoding of the first part.
  public var encoding: TextEncoding
  /// As in `DecodedText`.
  public var lossy: Bool
  /// The parts that are not there, by sequence; empty for a whole message.
  public var missing: [UInt8]
  /// Parts that came more than once; the first of each was taken.
  public var duplicates: Int

  public var isComplete: Bool { missing.isEmpty }

  /// Puts parts of one message together, in any order. Those of another total than the first are left out.
  ///
  /// Octets are joined before they are read, since senders do cut characters in two.
  /// - Parameter gap: what stands for parts that are missing.
  /// - Returns: nil for no parts.
  public init?(
    _ parts: some Sequence<MessagePart>, defaultAlphabet: DefaultAlphabet = .gsm7, gap: String = "[…]"
  ) {
    var slots: [MessagePart?] = []
    duplicates = 0
    for part in parts {
      let total = Int(part.place.total)
      if slots.isEmpty { slots = Array(repeating: nil, count: total) }
      let index = Int(part.place.sequence) - 1
      guard total == slots.count, slots.indices.contains(index) else { continue }
      if slots[index] == nil { slots[index] = part } else { duplicates += 1 }
    }
    guard let first = slots.lazy.compactMap({ $0 }).first else { return nil }
    missing = slots.indices.filter { slots[$0] == nil }.map { UInt8(truncatingIfNeeded: $0 + 1) }
    encoding = WireAlphabet(dataCoding: first.dataCoding, defaultAlphabet: defaultAlphabet).encoding
    text = ""
    lossy = false
    var run = Run()
    var isGap = false
    for slot in slots {
      guard let slot else {
        flush(&run)
        if !isGap { text += gap }
        isGap = true
        continue
      }
      isGap = false
      let alphabet = WireAlphabet(dataCoding: slot.dataCoding, defaultAlphabet: defaultAlphabet)
      if let current = run.alphabet, current != alphabet { flush(&run) }
      run.append(slot, alphabet, &lossy)
    }
    flush(&run)
  }

  private mutating func flush(_ run: inout Run) {
    defer { run = Run() }
    guard let decoded = run.decoded() else { return }
    text += decoded.text
    lossy = lossy || decoded.lossy
  }
}

/// Neighbouring parts in one alphabet.
private struct Run {
  var alphabet: WireAlphabet?
  private var pieces: [[UInt8]] = []

  mutating func append(_ part: MessagePart, _ alphabet: WireAlphabet, _ lossy: inout Bool) {
    self.alphabet = alphabet
    var start = 0
    if part.udhi {
      if let (_, length) = UserDataHeader.parse(part.octets) {
        start = length
      } else {
        lossy = true
      }
    }
    var piece = Array(part.octets.dropFirst(start))
    switch alphabet {
    case .gsm7Packed: piece = GSM7.unpack(piece, fillBits: GSM7.fillBits(afterHeader: start))
    // The mark of the first part tells the order of all octets; where it is repeated it is no character.
    case .ucs2 where isMarked && Self.hasMark(piece): piece.removeFirst(2)
    default: break
    }
    pieces.append(piece)
  }

  private var isMarked: Bool { pieces.first.map { Self.hasMark($0) } ?? false }

  private static func hasMark(_ octets: [UInt8]) -> Bool {
    octets.starts(with: [0xFE, 0xFF]) || octets.starts(with: [0xFF, 0xFE])
  }

  func decoded() -> DecodedText? {
    guard let alphabet else { return nil }
    var pieces = pieces
    var isOdd = false
    if alphabet == .ucs2, pieces.reduce(0, { $0 + $1.count }) % 2 != 0 {
      // An octet is missing somewhere: what follows must not shift.
      isOdd = true
      for index in pieces.indices where pieces[index].count % 2 != 0 { pieces[index].removeLast() }
    }
    var decoded = Array(pieces.joined()).withUnsafeBufferPointer {
      decode($0, alphabet == .gsm7Packed ? .gsm7 : alphabet, fill: 0)
    }
    decoded.lossy = decoded.lossy || isOdd
    return decoded
  }
}
