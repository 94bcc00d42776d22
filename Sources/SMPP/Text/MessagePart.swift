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
  /// What came without a gap and in one charset, in order; nil stands for parts that are missing.
  public var runs: [CodedText?] = []
  /// The parts that are not there, by sequence; empty for a whole message.
  public var missing: [UInt8]
  /// Parts that came more than once; the first of each was taken.
  public var duplicates = 0

  public var isComplete: Bool { missing.isEmpty }

  /// Puts parts of one message together, in any order. Those of another total than the first are left out.
  ///
  /// Octets are joined before they are read, since senders do cut characters in two.
  /// - Returns: nil for no parts.
  public init?(_ parts: some Sequence<MessagePart>, charsets: CharsetMap = CharsetMap()) {
    var slots: [MessagePart?] = []
    for part in parts {
      let total = Int(part.place.total)
      if slots.isEmpty { slots = Array(repeating: nil, count: total) }
      let index = Int(part.place.sequence) - 1
      guard total == slots.count, slots.indices.contains(index) else { continue }
      if slots[index] == nil { slots[index] = part } else { duplicates += 1 }
    }
    missing = slots.indices.filter { slots[$0] == nil }.map { UInt8(truncatingIfNeeded: $0 + 1) }
    guard missing.count < slots.count else { return nil }
    var run: Run?
    for slot in slots {
      guard let slot else {
        if let joined = run?.joined { runs.append(joined) }
        run = nil
        if runs.last != .some(nil) { runs.append(nil) }
        continue
      }
      let part = CodedText(
        slot.octets, dataCoding: slot.dataCoding, charsets: charsets, udhi: slot.udhi)
      if let current = run, !current.continues(with: part) {
        runs.append(current.joined)
        run = nil
      }
      if run == nil { run = Run(first: part) }
      run?.append(part)
    }
    if let joined = run?.joined { runs.append(joined) }
  }

  /// What came of the first part, and what was said of it.
  public var first: CodedText? { runs.lazy.compactMap { $0 }.first }

  /// The octets of all parts that are there, without their headers.
  public var octets: [UInt8] { runs.flatMap { $0?.octets ?? [] } }

  /// The text. `gap`: what stands for parts that are missing. `read`: how each run is read.
  public func decoded(gap: String = "[…]", _ read: (CodedText) -> DecodedText = { $0.decoded() })
    -> DecodedText
  {
    var whole: DecodedText?
    var text = ""
    var lossy = false
    for run in runs {
      guard let run else {
        text += gap
        continue
      }
      let decoded = read(run)
      text += decoded.text
      lossy = lossy || decoded.lossy
      if whole == nil { whole = decoded }
    }
    var result = whole ?? DecodedText(text: "", encoding: .octets)
    result.text = text
    result.lossy = lossy
    return result
  }
}

/// Neighbouring parts in one charset.
private struct Run {
  let first: CodedText
  private var pieces: [[UInt8]] = []
  private var isHeaderDamaged = false

  init(first: CodedText) { self.first = first }

  func continues(with part: CodedText) -> Bool {
    first.charset == part.charset && first.national == part.national && first.isSet == part.isSet
  }

  mutating func append(_ part: CodedText) {
    isHeaderDamaged = isHeaderDamaged || part.isHeaderDamaged
    var piece = part.octets
    switch part.charset {
    case .gsm7Packed: piece = GSM7.unpack(piece, fillBits: part.fill)
    // The mark of the first part tells the order of all octets; where it is repeated it is no character.
    case .ucs2 where isMarked && Self.hasMark(piece): piece.removeFirst(2)
    case .utf16LE where isMarked && Self.hasMark(piece): piece.removeFirst(2)
    default: break
    }
    pieces.append(piece)
  }

  private var isMarked: Bool { pieces.first.map { Self.hasMark($0) } ?? false }

  private static func hasMark(_ octets: [UInt8]) -> Bool {
    octets.starts(with: [0xFE, 0xFF]) || octets.starts(with: [0xFF, 0xFE])
  }

  var joined: CodedText {
    var pieces = pieces
    var isCut = false
    if first.charset == .ucs2 || first.charset == .utf16LE, pieces.count > 1,
      pieces.reduce(0, { $0 + $1.count }) % 2 != 0
    {
      // An octet is missing somewhere: what follows must not shift. Unless these are no units at all.
      isCut = true
      let all = CodedText(joined: Array(pieces.joined()), like: first)
      if all.read().encoding != first.charset.encoding { return all }
      for index in pieces.indices where pieces[index].count % 2 != 0 { pieces[index].removeLast() }
    }
    var joined = CodedText(joined: Array(pieces.joined()), like: first)
    joined.isHeaderDamaged = isHeaderDamaged
    joined.isCut = isCut
    return joined
  }
}
