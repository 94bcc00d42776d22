/// The events of one transaction as the store keeps them: one row, whatever their number.
public struct PackedRow: Sendable {
  /// Sequence of the row's first event; the others follow without gaps.
  public var firstSequence: Int64
  /// Events in the row; at least 1.
  public var count: Int
  /// The transaction's wall time, which every event has as its `time`.
  public var timeMilliseconds: Int64
  /// The packed events.
  public var bytes: [UInt8]

  public init(firstSequence: Int64, count: Int, timeMilliseconds: Int64, bytes: [UInt8]) {
    self.firstSequence = firstSequence
    self.count = count
    self.timeMilliseconds = timeMilliseconds
    self.bytes = bytes
  }

  /// Sequence of the row's last event.
  public var lastSequence: Int64 { firstSequence &+ Int64(max(count, 1)) &- 1 }
}

/// Events being packed. One octet of version, then for each event: its type (1 octet), the length of what follows
/// (3 octets, least significant first), the number of ours it concerns (zigzag varint, 0 for none), and its fields in the
/// order of its structure. Integers are varints, optional ids 0 when absent, texts a length and UTF-8 (optional ones
/// length + 1, 0 when absent), enumerations one octet.
///
/// Its own memory, as ``JSONBuffer`` has it: an array checks that it is unshared for each of an event's many small pieces.
public struct PackedEvents: ~Copyable {
  /// The form's version.
  public static let version: UInt8 = 1
  /// Longest text of one field in octets; a longer one is cut before the character that passes it.
  public static let maximumText = 1 << 20

  private var buffer = JSONBuffer()

  /// The row's octets; empty when nothing was appended.
  public var bytes: [UInt8] { buffer.octets }
  /// Their number.
  public var octets: Int { buffer.count }
  /// Events appended.
  public private(set) var count = 0

  public init() {}

  public var isEmpty: Bool { count == 0 }

  /// Starts the next row in the same memory.
  public mutating func removeAll() {
    buffer.removeAll()
    count = 0
  }

  public mutating func append(_ event: EventData) {
    switch event {
    case .messageReceived(let event): append(event)
    case .messageStateChanged(let event): append(event)
    case .consentChanged(let event): append(event)
    case .conversationChanged(let event): append(event)
    case .campaignProgress(let event): append(event)
    case .bindStateChanged(let event): append(event)
    case .numberStateChanged(let event): append(event)
    case .alertRaised(let event): append(event)
    case .dataReceived(let event): append(event)
    case .messageQueued(let event): append(event)
    case .contactChanged(let event): append(event)
    case .groupChanged(let event): append(event)
    case .repChanged(let event): append(event)
    case .memberChanged(let event): append(event)
    case .queueChanged(let event): append(event)
    case .episodeChanged(let event): append(event)
    case .dispositionRecorded(let event): append(event)
    case .noteAdded(let event): append(event)
    case .templateChanged(let event): append(event)
    case .leadChanged(let event): append(event)
    case .absenceChanged(let event): append(event)
    case .keywordChanged(let event): append(event)
    case .calendarChanged(let event): append(event)
    }
  }

  public mutating func append(_ event: MessageReceived) {
    var text = event.text
    text.withUTF8 { append(event, text: UnsafeRawBufferPointer($0)) }
  }

  /// Appends a received message whose text is borrowed from somewhere else; `event.text` is not looked at.
  public mutating func append(_ event: MessageReceived, text: UnsafeRawBufferPointer) {
    let mark = begin(.messageReceived, number: event.to)
    put(id: event.messageID)
    put(id: event.conversationID)
    put(signed: event.from.packed)
    put(text)
    put(event.encoding)
    put(event.segments)
    put(event.complete)
    put(event.lossy)
    put(event.receivedOctets)
    put(event.parameters)
    put(event.keywordClass)
    put(optional: event.keyword)
    put(ids: event.contactIDs)
    put(ids: event.candidateRepIDs ?? [])
    put(id: event.repID)
    put(id: event.queueID)
    put(id: event.campaignID)
    put(text: event.carrier)
    put(signed: event.receivedAt.milliseconds)
    put(event.carrierRedelivery)
    finish(mark)
  }

  public mutating func append(_ event: MessageStateChanged) {
    let mark = begin(.messageStateChanged, number: event.from)
    put(id: event.messageID)
    put(id: event.conversationID)
    put(id: event.campaignID)
    put(id: event.repID)
    put(signed: event.to.packed)
    put(event.state)
    put(event.final)
    put(event.segments)
    put(event.segmentsDelivered ?? 0)
    put(optional: event.reason)
    put(optional: event.error)
    put(optional: event.carrierState)
    put(optional: event.carrier)
    put(event.inferred)
    put(signed: event.at.milliseconds)
    put(event.metadata)
    finish(mark)
  }

  public mutating func append(_ event: ConsentChanged) {
    let mark = begin(.consentChanged, number: event.number)
    put(signed: event.phone.packed)
    put(event.kind)
    put(event.scope)
    put(event.layer)
    put(event.source)
    put(optional: event.keyword)
    put(id: event.messageID)
    put(optional: event.consentText)
    put(event.cancelled)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: ConversationChanged) {
    let mark = begin(.conversationChanged, number: event.number)
    put(id: event.conversationID)
    put(signed: event.phone.packed)
    put(event.change)
    put(id: event.repID)
    put(id: event.queueID)
    put(id: event.absentRepID)
    put(ids: event.contactIDs)
    put(ids: event.candidateRepIDs ?? [])
    put(id: event.lastReadMessageID)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: CampaignProgress) {
    let mark = begin(.campaignProgress, number: nil)
    put(id: event.campaignID)
    put(optional: event.name)
    buffer.append(event.state?.code ?? 0)
    switch event.from {
    case nil: put(signed: 0)
    case .number(let number): put(signed: number.packed)
    case .rep(let rep):
      // No address is between the short codes and the phones.
      put(signed: 1)
      put(id: rep)
    }
    put(optional: event.text)
    put(event.segments.map { max(0, $0) &+ 1 } ?? 0)
    buffer.append(event.copyToRep.map { $0 ? 2 : 1 } ?? 0)
    put(event.metadata)
    put(optional: event.expiresAt)
    let counts = event.counts
    for value in [
      counts.total, counts.queued, counts.sending, counts.sent, counts.delivered, counts.failed,
      counts.expired, counts.unknown, counts.cancelled, counts.receiptMissing, event.replyCount,
      event.optOutCount,
    ] {
      put(value)
    }
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: BindStateChanged) {
    let mark = begin(.bindStateChanged, number: nil)
    put(text: event.carrier)
    put(event.sessionIndex)
    put(event.state)
    put(optional: event.error)
    put(event.retryInMs.map { max(0, $0) &+ 1 } ?? 0)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: NumberStateChanged) {
    let mark = begin(.numberStateChanged, number: event.number)
    put(event.state)
    put(event.kind)
    put(event.rate)
    put(id: event.repID)
    put(id: event.queueID)
    put(event.home)
    put(event.routes.count)
    for route in event.routes {
      put(text: route.carrier)
      buffer.append(route.direction?.code ?? 0)
      put(route.rate.map { max(0, $0) &+ 1 } ?? 0)
      put(route.priority.map { max(0, $0) &+ 1 } ?? 0)
    }
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: AlertRaised) {
    let mark = begin(.alertRaised, number: nil)
    put(event.alert)
    put(event.severity)
    put(optional: event.subject)
    put(text: event.detail)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: DataReceived) {
    let mark = begin(.dataReceived, number: event.to)
    put(signed: event.from.packed)
    put(event.receivedOctets)
    put(event.segments)
    put(event.complete)
    put(text: event.carrier)
    put(signed: event.receivedAt.milliseconds)
    finish(mark)
  }

  /// Appends an outbound message. Without a text, the text is the message's own, or with `sharesText` that of its campaign, and is
  /// put in where the feed is read.
  public mutating func append(_ event: MessageQueued, sharesText: Bool = false) {
    let mark = begin(.messageQueued, number: event.from)
    put(id: event.messageID)
    put(id: event.conversationID)
    put(id: event.campaignID)
    put(id: event.repID)
    put(id: event.templateID)
    put(signed: event.to.packed)
    put(event.class)
    put(event.encoding)
    put(event.segments)
    put(optional: event.notAfter)
    put(signed: event.createdAt.milliseconds)
    put(sharesText)
    put(optional: event.text)
    put(event.metadata)
    finish(mark)
  }

  public mutating func append(_ event: ContactChanged) {
    let mark = begin(.contactChanged, number: nil)
    put(id: event.contactID)
    put(optional: event.ref)
    put(optional: event.firstName)
    put(optional: event.lastName)
    put(event.phones.count)
    for phone in event.phones { put(signed: phone.digits) }
    put(id: event.repID)
    put(event.tags.count)
    for tag in event.tags { put(text: tag) }
    put(event.attributes.count)
    for (name, value) in event.attributes.sorted(by: { $0.key < $1.key }) {
      put(text: name)
      put(text: value)
    }
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: GroupChanged) {
    let mark = begin(.groupChanged, number: nil)
    put(id: event.groupID)
    put(text: event.name)
    put(id: event.repID)
    put(event.change)
    put(ids: event.contactIDs)
    put(json: event.conditions)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: RepChanged) {
    let mark = begin(.repChanged, number: nil)
    put(id: event.repID)
    put(text: event.name)
    put(event.hasMobile)
    put(event.hasEmail)
    put(event.alertBy)
    put(event.active)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: MemberChanged) {
    let mark = begin(.memberChanged, number: nil)
    put(id: event.memberID)
    put(text: event.login)
    put(text: event.name)
    put(event.roles.count)
    for role in event.roles { buffer.append(role.code) }
    put(id: event.repID)
    put(event.active)
    put(event.hasPassword)
    put(event.hasSecondFactor)
    put(event.presence)
    put(optional: event.invitedUntil)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: QueueChanged) {
    let mark = begin(.queueChanged, number: nil)
    put(id: event.queueID)
    put(text: event.name)
    put(event.answerWithinS)
    put(event.capacity)
    put(event.dispositionRequired)
    put(event.dispositions.count)
    for choice in event.dispositions {
      put(text: choice.disposition)
      put(text: choice.label)
    }
    put(ids: event.memberIDs)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: EpisodeChanged) {
    let mark = begin(.episodeChanged, number: event.number)
    put(id: event.episodeID)
    put(id: event.conversationID)
    put(event.change)
    put(event.state)
    put(id: event.queueID)
    put(id: event.repID)
    put(id: event.memberID)
    put(signed: event.since.milliseconds)
    put(optional: event.dueAt)
    put(signed: event.createdAt.milliseconds)
    put(optional: event.completedAt)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: DispositionRecorded) {
    let mark = begin(.dispositionRecorded, number: event.number)
    put(id: event.dispositionID)
    put(id: event.conversationID)
    put(id: event.episodeID)
    put(id: event.queueID)
    put(id: event.memberID)
    put(text: event.disposition)
    put(text: event.label)
    put(optional: event.note)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: TemplateChanged) {
    let mark = begin(.templateChanged, number: nil)
    put(id: event.templateID)
    put(text: event.name)
    put(text: event.text)
    put(event.defaults)
    put(id: event.queueID)
    put(id: event.repID)
    put(event.removed)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: LeadChanged) {
    let mark = begin(.leadChanged, number: nil)
    put(id: event.leadID)
    put(id: event.contactID)
    put(signed: event.phone.digits)
    put(event.phoneField)
    put(text: event.leadSource)
    put(event.change)
    put(event.state)
    put(event.hot)
    put(id: event.repID)
    put(id: event.conversationID)
    put(optional: event.note)
    put(signed: event.createdAt.milliseconds)
    put(optional: event.assignedAt)
    put(optional: event.contactedAt)
    put(optional: event.closedAt)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: AbsenceChanged) {
    let mark = begin(.absenceChanged, number: nil)
    put(id: event.absenceID)
    put(id: event.repID)
    put(event.change)
    put(event.state)
    put(signed: event.startsAt.milliseconds)
    put(optional: event.endsAt)
    put(id: event.delegateRepID)
    put(id: event.delegateQueueID)
    put(optional: event.reply)
    put(event.byCalendar)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: CalendarChanged) {
    let mark = begin(.calendarChanged, number: nil)
    put(id: event.repID)
    put(text: event.timeZone)
    put(json: event.hours)
    put(json: event.holidays)
    put(id: event.delegateRepID)
    put(id: event.delegateQueueID)
    put(optional: event.reply)
    put(event.removed)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: KeywordChanged) {
    let mark = begin(.keywordChanged, number: event.number)
    put(id: event.keywordID)
    put(text: event.keyword)
    put(text: event.consentText)
    put(optional: event.tag)
    put(optional: event.answer)
    put(event.removed)
    put(signed: event.createdAt.milliseconds)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  public mutating func append(_ event: NoteAdded) {
    let mark = begin(.noteAdded, number: event.number)
    put(id: event.noteID)
    put(id: event.conversationID)
    put(id: event.memberID)
    put(text: event.text)
    put(signed: event.at.milliseconds)
    finish(mark)
  }

  /// What stands elsewhere in the store of an event of a message.
  public struct Elsewhere {
    /// The text of a message, or with `campaign` the one that all of that campaign share; nil where it is gone.
    var text: (_ message: MessageID, _ campaign: CampaignID?) throws -> String?
    /// The metadata of a message, or with `campaign` that of its campaign; nil where there is none.
    var metadata: (_ message: MessageID, _ campaign: CampaignID?) throws -> [String: String]?

    public init(
      text: @escaping (_ message: MessageID, _ campaign: CampaignID?) throws -> String?,
      metadata: @escaping (_ message: MessageID, _ campaign: CampaignID?) throws -> [String: String]?
    ) {
      self.text = text
      self.metadata = metadata
    }
  }

  /// The row with the texts and the metadata of outbound messages put in that stand elsewhere in the store; the same octets where it
  /// has none, or where it is damaged.
  public static func completed(_ row: [UInt8], from elsewhere: Elsewhere) throws -> [UInt8] {
    var whole = PackedEvents()
    var copied = 0
    var walk = row.withUnsafeBytes { PackedEventWalk($0) }
    while let event = row.withUnsafeBytes({ walk.next(in: $0) }) {
      guard let gap = row.withUnsafeBytes({ event.gap(in: $0) }) else { continue }
      let text = gap.lacksText ? try elsewhere.text(gap.message, gap.sharesText ? gap.campaign : nil) : nil
      let metadata = try elsewhere.metadata(gap.message, gap.campaign)
      guard text != nil || metadata != nil else { continue }
      // What is missing are the last fields, an octet each.
      let kept = walk.index - (gap.lacksText ? 2 : 1)
      whole.buffer.append(contentsOf: row[copied..<kept])
      let mark = whole.buffer.count - (kept - event.start)
      if gap.lacksText { whole.put(optional: text) }
      whole.put(metadata)
      whole.finish(mark)
      copied = walk.index
    }
    guard copied > 0 else { return row }
    whole.buffer.append(contentsOf: row[copied...])
    return whole.bytes
  }

  // MARK: Fields

  private mutating func begin(_ type: EventType, number: PhoneNumber?) -> Int {
    if buffer.isEmpty { buffer.append(PackedEvents.version) }
    buffer.append(type.rawValue)
    buffer.append(0)
    buffer.append(0)
    buffer.append(0)
    let mark = buffer.count
    put(signed: number?.packed ?? 0)
    return mark
  }

  private mutating func finish(_ mark: Int) {
    let length = buffer.count - mark
    buffer[mark - 3] = UInt8(truncatingIfNeeded: length)
    buffer[mark - 2] = UInt8(truncatingIfNeeded: length >> 8)
    buffer[mark - 1] = UInt8(truncatingIfNeeded: length >> 16)
    count += 1
  }

  private mutating func put(varint value: UInt64) { buffer.append(varint: value) }

  /// A type of our own, which can be encoded, as JSON.
  private mutating func put(json value: (some Encodable)?) {
    let octets = value.flatMap { try? ContractJSON.encode($0) }
    assert((octets == nil) == (value == nil))
    put(optional: octets.map { String(decoding: $0, as: UTF8.self) })
  }

  private mutating func put(optional time: Timestamp?) {
    put(varint: UInt64(bitPattern: max(0, time.map { $0.milliseconds &+ 1 } ?? 0)))
  }

  private mutating func put(signed value: Int64) {
    put(varint: UInt64(bitPattern: (value << 1) ^ (value >> 63)))
  }

  /// A count; a negative one is written as 0.
  private mutating func put(_ value: Int) { put(varint: UInt64(max(0, value))) }

  private mutating func put(_ value: Bool) { buffer.append(value ? 1 : 0) }

  private mutating func put(_ value: some PackedCode) { buffer.append(value.code) }

  private mutating func put(optional value: Refusal?) { buffer.append(value?.code ?? 0) }

  private mutating func put<Kind>(id: ID<Kind>?) { put(varint: UInt64(max(0, id?.value ?? 0))) }

  private mutating func put<Kind>(ids: [ID<Kind>]) {
    put(ids.count)
    for id in ids { put(id: id) }
  }

  private mutating func put(_ parameters: [String: String]?) {
    put(parameters?.count ?? 0)
    for (name, value) in (parameters ?? [:]).sorted(by: { $0.key < $1.key }) {
      put(text: name)
      put(text: value)
    }
  }

  private mutating func put(_ octets: ReceivedOctets?) {
    put(octets != nil)
    guard let octets else { return }
    put(octets.dataCoding)
    put(text: octets.base64)
    put(octets.destinationPort.map { max(0, $0) &+ 1 } ?? 0)
    put(octets.sourcePort.map { max(0, $0) &+ 1 } ?? 0)
  }

  private mutating func put(text: String) {
    var text = text
    text.withUTF8 { put(UnsafeRawBufferPointer($0)) }
  }

  private mutating func put(optional text: String?) {
    guard var text else {
      buffer.append(0)
      return
    }
    text.withUTF8 { put(UnsafeRawBufferPointer($0), optional: true) }
  }

  private mutating func put(_ text: UnsafeRawBufferPointer, optional: Bool = false) {
    var length = text.count
    if length > PackedEvents.maximumText {
      length = PackedEvents.maximumText
      while length > 0, text[length] & 0xC0 == 0x80 { length -= 1 }
    }
    put(varint: UInt64(length + (optional ? 1 : 0)))
    buffer.append(UnsafeRawBufferPointer(rebasing: text[..<length]))
  }
}
