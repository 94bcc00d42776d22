/// One event of a packed row, still packed.
public struct PackedEvent: Sendable {
  /// Its type; nil for one of a later version.
  public let type: EventType?
  /// The number of ours it concerns, as ``PhoneNumber/packed``; 0 for none.
  public let number: Int64
  /// Where what follows its length stands in the row's octets.
  let start: Int
  /// Where its fields stand in the row's octets.
  let fields: Range<Int>

  /// What an event of an outbound message lacks because it stands elsewhere in the store.
  struct Gap {
    var message: MessageID
    /// Its campaign; nil where it is a message of its own.
    var campaign: CampaignID?
    var lacksText = false
    /// The text is the campaign's.
    var sharesText = false
  }

  /// The gap of a ``MessageQueued`` or a ``MessageStateChanged``; nil of every other event, and of one that has all of it.
  func gap(in row: UnsafeRawBufferPointer) -> Gap? {
    guard type == .messageQueued || type == .messageStateChanged, let last = fields.last, row[last] == 0
    else {
      return nil
    }
    var reader = PackedReader(row, fields)
    let message = reader.integer()
    _ = reader.varint()
    let campaign = reader.integer()
    guard !reader.isDamaged, message > 0 else { return nil }
    var gap = Gap(message: MessageID(message), campaign: campaign > 0 ? CampaignID(campaign) : nil)
    guard type == .messageQueued else { return gap }
    // The rep, the template, the phone, the class, the encoding, the segments, the two times.
    for _ in 0..<3 { _ = reader.varint() }
    for _ in 0..<2 { _ = reader.octet() }
    for _ in 0..<3 { _ = reader.varint() }
    gap.sharesText = reader.flag()
    guard reader.varint() == 0, reader.varint() == 0, !reader.isDamaged else { return nil }
    gap.lacksText = true
    return gap
  }

  /// The conversation that an event is about; nil of every other event.
  package func conversation(in row: UnsafeRawBufferPointer) -> ConversationID? {
    var reader = PackedReader(row, fields)
    switch type {
    case .messageReceived, .messageStateChanged, .messageQueued, .episodeChanged, .dispositionRecorded,
      .noteAdded:
      _ = reader.varint()
    case .conversationChanged: break
    case .leadChanged:
      // The lead, the contact, the phone and its field, the source, the change, the state, the heat, the rep.
      for _ in 0..<3 { _ = reader.varint() }
      _ = reader.octet()
      _ = reader.text()
      for _ in 0..<3 { _ = reader.octet() }
      _ = reader.varint()
      let id = reader.integer()
      return reader.isDamaged || id == 0 ? nil : ConversationID(id)
    case .consentChanged, .campaignProgress, .bindStateChanged, .numberStateChanged, .alertRaised,
      .dataReceived,
      .contactChanged, .groupChanged, .repChanged, .memberChanged, .queueChanged,
      .templateChanged, .absenceChanged, .keywordChanged, .calendarChanged, nil:
      return nil
    }
    let id = reader.integer()
    return reader.isDamaged ? nil : ConversationID(id)
  }

  /// The message that a ``MessageQueued`` is of; nil of every other event, and of one that is damaged.
  package func queued(in row: UnsafeRawBufferPointer) -> MessageID? {
    guard type == .messageQueued else { return nil }
    var reader = PackedReader(row, fields)
    let message = reader.integer()
    return reader.isDamaged ? nil : MessageID(message)
  }

  /// What a ``MessageStateChanged`` says first of all; nil of every other event, and of one that is damaged.
  package func stateChange(in row: UnsafeRawBufferPointer) -> (message: MessageID, state: TextMessageState)? {
    guard type == .messageStateChanged else { return nil }
    var reader = PackedReader(row, fields)
    let message = MessageID(reader.integer())
    // The conversation, the campaign, the rep and the phone.
    for _ in 0..<4 { _ = reader.varint() }
    let code = reader.octet()
    guard !reader.isDamaged, let state = TextMessageState(code: code) else {
      return nil
    }
    return (message, state)
  }
}

/// Walks the events of a packed row. Octets that are no packed row end the walk and set ``isDamaged``; nothing traps.
public struct PackedEventWalk: Sendable {
  /// Where the next event begins.
  package private(set) var index: Int
  /// Whether the octets were not what ``PackedEvents`` writes.
  public private(set) var isDamaged = false

  /// Starts at the first event of `row`.
  public init(_ row: UnsafeRawBufferPointer) {
    index = 1
    if row.first != PackedEvents.version { isDamaged = true }
  }

  /// The next event of the same octets.
  public mutating func next(in row: UnsafeRawBufferPointer) -> PackedEvent? {
    guard !isDamaged, index < row.count else { return nil }
    guard row.count - index >= 4 else {
      isDamaged = true
      return nil
    }
    let length = Int(row[index + 1]) | Int(row[index + 2]) << 8 | Int(row[index + 3]) << 16
    let type = EventType(rawValue: row[index])
    let start = index + 4
    guard row.count - start >= length else {
      isDamaged = true
      return nil
    }
    index = start + length
    var reader = PackedReader(row, start..<index)
    let number = reader.signed()
    if reader.isDamaged {
      isDamaged = true
      return nil
    }
    return PackedEvent(type: type, number: number, start: start, fields: reader.index..<index)
  }
}

/// Reads the fields of one packed event. Reading past its end gives zeros and sets ``isDamaged``.
struct PackedReader {
  private let row: UnsafeRawBufferPointer
  private(set) var index: Int
  private let end: Int
  private(set) var isDamaged = false

  init(_ row: UnsafeRawBufferPointer, _ range: Range<Int>) {
    self.row = row
    index = range.lowerBound
    end = min(range.upperBound, row.count)
  }

  mutating func octet() -> UInt8 {
    guard index < end else {
      isDamaged = true
      return 0
    }
    defer { index &+= 1 }
    return row[index]
  }

  mutating func varint() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let next = octet()
      value |= UInt64(next & 0x7F) &<< shift
      if next & 0x80 == 0 { return value }
      shift &+= 7
    }
    isDamaged = true
    return 0
  }

  mutating func signed() -> Int64 {
    let value = varint()
    return Int64(bitPattern: (value >> 1) ^ (0 &- (value & 1)))
  }

  /// A varint as a non-negative Int64.
  mutating func integer() -> Int64 { Int64(truncatingIfNeeded: varint() & 0x7FFF_FFFF_FFFF_FFFF) }

  mutating func flag() -> Bool { octet() != 0 }

  mutating func text() -> UnsafeRawBufferPointer { octets(varint()) }

  mutating func optionalText() -> UnsafeRawBufferPointer? {
    let length = varint()
    return length == 0 ? nil : octets(length &- 1)
  }

  private mutating func octets(_ length: UInt64) -> UnsafeRawBufferPointer {
    guard length <= UInt64(end &- index) else {
      isDamaged = true
      index = end
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
    defer { index &+= Int(length) }
    return UnsafeRawBufferPointer(rebasing: row[index..<index &+ Int(length)])
  }
}
