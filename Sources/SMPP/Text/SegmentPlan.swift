/// How octets of a text count against the room of a part.
struct Coding: Hashable, Sendable {
  var encoding: TextEncoding
  /// `data_coding` (SMPP 3.4, 5.2.19).
  var dataCoding: UInt8
  /// Septets leave packed, eight in seven octets.
  var isPacked: Bool
  /// Units of the whole text: septets, octets or UTF-16 code units.
  var units: Int
  /// ASCII or Latin-1 octets that the SMSC turns into septets, and that are counted as such.
  var countsSeptets = false

  /// Units in a message of one part, and in one part of several (140 octets, less 6 or 7 of header).
  func capacity(_ longMessages: LongMessages) -> (single: Int, part: Int) {
    let short = longMessages == .udh16 || longMessages == .sar
    return switch encoding {
    case .gsm7: (160, short ? 152 : 153)
    case .ucs2: (70, short ? 66 : 67)
    default: countsSeptets ? (160, short ? 152 : 153) : (140, short ? 133 : 134)
    }
  }

  /// The end of the part that begins at `start`, and the units in it. An escape stays with its septet, and a high
  /// surrogate with its low one.
  func end(ofPartFrom start: Int, in octets: [UInt8], capacity: Int) -> (end: Int, units: Int) {
    switch encoding {
    case .gsm7:
      var end = start + capacity
      guard end < octets.count else { return (octets.count, octets.count - start) }
      if octets[end - 1] == GSM7.escape { end -= 1 }
      return (end, end - start)
    case .ucs2:
      var end = start + capacity * 2
      guard end < octets.count else { return (octets.count, (octets.count - start) / 2) }
      if octets[end - 2] & 0xFC == 0xD8 { end -= 2 }
      return (end, (end - start) / 2)
    default:
      var end = start
      var units = 0
      while end < octets.count {
        let cost = countsSeptets ? GSM7.cost(of: Unicode.Scalar(octets[end])) ?? 1 : 1
        guard units + cost <= capacity else { break }
        units += cost
        end += 1
      }
      return (end, units)
    }
  }
}

/// How one text leaves: encoded once, with the places where it is cut.
public struct SegmentPlan: Hashable, Sendable {
  /// PDUs the text takes: one a part, or one in all for `LongMessages.payload`.
  public let count: Int
  /// Parts on the air, which is what is charged and what rates count. Equal to `count` but for
  /// `LongMessages.payload`, where the SMSC makes them.
  public let parts: Int
  /// Units that fit one part of this plan.
  public let unitsPerPart: Int
  /// Units free in the last part.
  public let unitsLeft: Int

  let octets: [UInt8]
  /// The end of each part in `octets`; empty for a text of one part.
  let cuts: [Int]
  let coding: Coding
  let longMessages: LongMessages

  /// It leaves in `message_payload`, which only a peer that takes optional parameters can have.
  public var needsParameters: Bool { longMessages == .payload && !cuts.isEmpty }

  public var encoding: TextEncoding { coding.encoding }
  /// `data_coding` (SMPP 3.4, 5.2.19).
  public var dataCoding: UInt8 { coding.dataCoding }
  /// Units of the whole text, headers not counted: septets, octets or UTF-16 code units.
  public var unitsUsed: Int { coding.units }

  /// A text of one part in unpacked septets.
  init(single octets: [UInt8]) {
    count = 1
    parts = 1
    unitsPerPart = 160
    unitsLeft = 160 - octets.count
    self.octets = octets
    cuts = []
    coding = Coding(encoding: .gsm7, dataCoding: 0, isPacked: false, units: octets.count)
    longMessages = .udh8
  }

  init(
    octets: [UInt8], coding: Coding, cuts: [Int], capacity: Int, inLast: Int, longMessages: LongMessages
  ) {
    parts = max(1, cuts.count)
    count = longMessages == .payload ? 1 : parts
    unitsPerPart = capacity
    unitsLeft = capacity - inLast
    self.octets = octets
    self.cuts = cuts
    self.coding = coding
    self.longMessages = longMessages
  }

  /// The PDU contents of part `index`, 0 to `count - 1`.
  /// - Parameter reference: the same for all parts, and different from the last messages between the same two
  ///   addresses; `LongMessages.udh8` uses its low eight bits. A message of one part does not use it.
  public func segment(_ index: Int, reference: UInt16) -> Segment {
    guard !cuts.isEmpty else {
      return Segment(octets: coding.isPacked ? GSM7.pack(octets) : octets, dataCoding: dataCoding)
    }
    guard longMessages != .payload else {
      return Segment(
        octets: coding.isPacked ? GSM7.pack(octets) : octets, dataCoding: dataCoding,
        placement: .messagePayload)
    }
    let at = max(0, min(cuts.count - 1, index))
    let text = octets[(at == 0 ? 0 : cuts[at - 1])..<cuts[at]]
    let kind: Concatenation.Kind =
      switch longMessages {
      case .udh16: .udh16
      case .sar: .sar
      case .udh8, .payload: .udh8
      }
    let place = Concatenation(
      kind: kind, reference: reference, total: UInt8(truncatingIfNeeded: cuts.count),
      sequence: UInt8(truncatingIfNeeded: at + 1))
    return Segment(text, coding, place)
  }
}

/// The contents of one PDU of a text.
public struct Segment: Hashable, Sendable {
  /// The field the octets go to.
  public enum Placement: Hashable, Sendable { case shortMessage, messagePayload }

  /// `short_message` or `message_payload`, user data header included.
  public var octets: [UInt8]
  /// `data_coding` (SMPP 3.4, 5.2.19).
  public var dataCoding: UInt8
  /// Whether `octets` begins with a user data header: `esm_class` gets 0x40 (SMPP 3.4, 5.2.12).
  public var udhi: Bool
  public var placement: Placement
  /// For the `sar_` parameters; nil where there are none.
  public var sar: Concatenation?

  init(octets: [UInt8], dataCoding: UInt8, placement: Placement = .shortMessage) {
    self.octets = octets
    self.dataCoding = dataCoding
    udhi = false
    self.placement = placement
  }

  fileprivate init(_ text: ArraySlice<UInt8>, _ coding: Coding, _ place: Concatenation?) {
    dataCoding = coding.dataCoding
    placement = .shortMessage
    guard let place, place.kind != .sar else {
      octets = coding.isPacked ? GSM7.pack(text) : Array(text)
      udhi = false
      sar = place
      return
    }
    udhi = true
    let length = place.kind == .udh8 ? 6 : 7
    let packed = coding.isPacked ? GSM7.pack(text, fillBits: GSM7.fillBits(afterHeader: length)) : []
    let body = coding.isPacked ? packed[...] : text
    octets = [UInt8](unsafeUninitializedCapacity: length + body.count) { buffer, count in
      Self.writeHeader(place, to: buffer)
      _ = UnsafeMutableBufferPointer(rebasing: buffer[length...]).initialize(from: body)
      count = length + body.count
    }
  }

  /// Writes the six or seven octets of a header with a concatenation element alone.
  private static func writeHeader(_ place: Concatenation, to buffer: UnsafeMutableBufferPointer<UInt8>) {
    let low = UInt8(truncatingIfNeeded: place.reference)
    if place.kind == .udh8 {
      buffer[0] = 5
      buffer[1] = UserDataHeader.concatenation8
      buffer[2] = 3
      buffer[3] = low
      buffer[4] = place.total
      buffer[5] = place.sequence
    } else {
      buffer[0] = 6
      buffer[1] = UserDataHeader.concatenation16
      buffer[2] = 4
      buffer[3] = UInt8(truncatingIfNeeded: place.reference >> 8)
      buffer[4] = low
      buffer[5] = place.total
      buffer[6] = place.sequence
    }
  }
}

/// What a text takes, for people: read from the plan that would be sent.
public struct Estimate: Hashable, Sendable {
  public let encoding: TextEncoding
  /// Parts on the air: what is charged, and what rates count.
  public let segments: Int
  /// Units of the whole text: septets, octets or UTF-16 code units.
  public let unitsUsed: Int
  /// Units free in the last part.
  public let unitsLeft: Int
  /// Units that fit one part.
  public let unitsPerSegment: Int
  /// Characters as a reader counts them.
  public let characters: Int
  /// The first character that GSM 03.38 does not have; nil where it has them all.
  public let firstOutsideGSM: Character?

  public init(of plan: SegmentPlan, text: String) {
    encoding = plan.encoding
    segments = plan.parts
    unitsUsed = plan.unitsUsed
    unitsLeft = plan.unitsLeft
    unitsPerSegment = plan.unitsPerPart
    characters = text.count
    firstOutsideGSM =
      plan.encoding == .gsm7
      ? nil : text.first { !$0.unicodeScalars.allSatisfy { GSM7.cost(of: $0) != nil } }
  }
}
