/// Renders packed events as CloudEvents 1.0 in JSON, straight into octets: fixed order of keys, the same octets every time.
public struct EventWriter: Sendable {
  /// Up to and with `"source":…,`: the same for every event of a store.
  private let source: [UInt8]
  private var lastTime: Int64 = .min
  private var timeText: [UInt8] = []

  /// `store` is the store's identity; `source` is `urn:tollgate:` and it.
  public init(store: String) {
    var buffer = JSONBuffer(capacity: 128)
    buffer.append(text: #"","source":"#)
    buffer.append(quoted: "urn:tollgate:" + store)
    buffer.append(text: #","type":""#)
    source = buffer.octets
  }

  /// Appends the whole `feed.event` notification with its line feed; false, and nothing appended, for an event that is
  /// damaged or of a later version. `consumer` is the consumer's name as a JSON string.
  public mutating func append(
    line event: PackedEvent, of row: UnsafeRawBufferPointer, place: Place, redelivered: Int,
    consumer: [UInt8], to buffer: inout JSONBuffer
  ) -> Bool {
    let mark = buffer.count
    buffer.append(text: #"{"jsonrpc":"2.0","method":"feed.event","params":{"consumer":"#)
    buffer.append(contentsOf: consumer)
    buffer.append(text: #","cursor":"cur_"#)
    buffer.append(integer: place.sequence)
    buffer.append(text: #"","redelivered":"#)
    buffer.append(integer: Int64(redelivered))
    buffer.append(text: #","event":"#)
    guard append(event, of: row, place: place, to: &buffer) else {
      buffer.truncate(to: mark)
      return false
    }
    buffer.append(text: "}}\n")
    return true
  }

  /// Where an event stands in the feed.
  public struct Place: Sendable {
    public var sequence: Int64
    public var timeMilliseconds: Int64

    public init(sequence: Int64, timeMilliseconds: Int64) {
      self.sequence = sequence
      self.timeMilliseconds = timeMilliseconds
    }
  }

  /// Appends the CloudEvents object alone.
  public mutating func append(
    _ event: PackedEvent, of row: UnsafeRawBufferPointer, place: Place, to buffer: inout JSONBuffer
  ) -> Bool {
    guard let type = event.type else { return false }
    let mark = buffer.count
    if place.timeMilliseconds != lastTime {
      lastTime = place.timeMilliseconds
      timeText = Array(Timestamp(milliseconds: place.timeMilliseconds).description.utf8)
    }
    buffer.append(text: #"{"specversion":"1.0","id":"evt_"#)
    buffer.append(integer: place.sequence)
    buffer.append(contentsOf: source)
    buffer.append(text: type.name)
    buffer.append(text: #"","subject":""#)
    let subject = buffer.count
    EventWriter.subject(type, event, of: row, &buffer)
    let subjectEnd = buffer.count
    buffer.append(text: #"","time":""#)
    buffer.append(contentsOf: timeText)
    buffer.append(text: #"","datacontenttype":"application/json","sequence":""#)
    buffer.append(integer: place.sequence)
    buffer.append(text: #"","partitionkey":""#)
    buffer.repeatReadable(subject..<subjectEnd)
    buffer.append(text: #"","data":{"#)
    var reader = PackedReader(row, event.fields)
    var fields = EventFields(number: event.number)
    switch type {
    case .messageReceived: fields.messageReceived(&reader, &buffer)
    case .messageStateChanged: fields.messageStateChanged(&reader, &buffer)
    case .consentChanged: fields.consentChanged(&reader, &buffer)
    case .conversationChanged: fields.conversationChanged(&reader, &buffer)
    case .campaignProgress: fields.campaignProgress(&reader, &buffer)
    case .bindStateChanged: fields.bindStateChanged(&reader, &buffer)
    case .numberStateChanged: fields.numberStateChanged(&reader, &buffer)
    case .alertRaised: fields.alertRaised(&reader, &buffer)
    case .dataReceived: fields.dataReceived(&reader, &buffer)
    case .messageQueued: fields.messageQueued(&reader, &buffer)
    case .contactChanged: fields.contactChanged(&reader, &buffer)
    case .groupChanged: fields.groupChanged(&reader, &buffer)
    case .repChanged: fields.repChanged(&reader, &buffer)
    case .memberChanged: fields.memberChanged(&reader, &buffer)
    case .queueChanged: fields.queueChanged(&reader, &buffer)
    case .episodeChanged: fields.episodeChanged(&reader, &buffer)
    case .dispositionRecorded: fields.dispositionRecorded(&reader, &buffer)
    case .noteAdded: fields.noteAdded(&reader, &buffer)
    case .templateChanged: fields.templateChanged(&reader, &buffer)
    case .leadChanged: fields.leadChanged(&reader, &buffer)
    case .absenceChanged: fields.absenceChanged(&reader, &buffer)
    case .keywordChanged: fields.keywordChanged(&reader, &buffer)
    case .calendarChanged: fields.calendarChanged(&reader, &buffer)
    }
    guard !reader.isDamaged, !fields.isDamaged else {
      buffer.truncate(to: mark)
      return false
    }
    buffer.append(text: "}}")
    return true
  }

  /// What an event is about, which is also the key it is ordered by: its conversation, phone, campaign, session, number or
  /// person.
  private static func subject(
    _ type: EventType, _ event: PackedEvent, of row: UnsafeRawBufferPointer, _ buffer: inout JSONBuffer
  ) {
    var reader = PackedReader(row, event.fields)
    switch type {
    case .messageReceived, .messageStateChanged, .messageQueued, .conversationChanged, .episodeChanged,
      .dispositionRecorded, .noteAdded:
      buffer.append(text: "conv_")
      // A line of damaged fields is taken back.
      buffer.append(integer: event.conversation(in: row)?.value ?? 0)
    case .consentChanged, .dataReceived: buffer.append(address: reader.signed())
    case .campaignProgress:
      buffer.append(text: "camp_")
      buffer.append(integer: reader.integer())
    case .bindStateChanged:
      buffer.append(text: "carrier_")
      buffer.append(escaping: reader.text())
      buffer.append(UInt8(ascii: "/"))
      buffer.append(integer: reader.integer())
    case .numberStateChanged: buffer.append(address: event.number)
    case .contactChanged:
      buffer.append(text: "con_")
      buffer.append(integer: reader.integer())
    case .groupChanged:
      buffer.append(text: "grp_")
      buffer.append(integer: reader.integer())
    case .repChanged, .calendarChanged:
      buffer.append(text: "rep_")
      buffer.append(integer: reader.integer())
    case .queueChanged:
      buffer.append(text: "q_")
      buffer.append(integer: reader.integer())
    case .templateChanged:
      buffer.append(text: "tpl_")
      buffer.append(integer: reader.integer())
    case .leadChanged:
      buffer.append(text: "lead_")
      buffer.append(integer: reader.integer())
    case .absenceChanged:
      buffer.append(text: "abs_")
      buffer.append(integer: reader.integer())
    case .keywordChanged:
      buffer.append(text: "kw_")
      buffer.append(integer: reader.integer())
    case .memberChanged:
      buffer.append(text: "mem_")
      buffer.append(integer: reader.integer())
    case .alertRaised:
      buffer.append(text: "alert_")
      buffer.append(plain: AlertCode(code: reader.octet())?.rawValue ?? "unknown")
    }
  }
}

extension JSONBuffer {
  /// Appends an address from its packed form, without quotes.
  mutating func append(address packed: Int64) {
    if packed >= 0 {
      append(UInt8(ascii: "+"))
      append(integer: packed)
    } else if let number = PhoneNumber(packed: packed) {
      append(plain: number.description)
    }
  }

  /// Appends a second time what stands at `range` of the readable octets.
  mutating func repeatReadable(_ range: Range<Int>) {
    guard range.lowerBound >= 0, range.upperBound <= count else { return }
    reserve(range.count)
    UnsafeMutableRawPointer(base + end).copyMemory(
      from: base + start + range.lowerBound, byteCount: range.count)
    end &+= range.count
  }
}
