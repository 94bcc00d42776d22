import Contract
import TestSupport
import Testing

/// Random events of every kind, with the characters that are hard to write.
struct EventMaker {
  var random: SeededGenerator
  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  private mutating func maybe<T>(_ value: T) -> T? { Bool.random(using: &random) ? value : nil }
  private mutating func id<Kind>() -> ID<Kind> {
    ID(
      Bool.random(using: &random)
        ? .random(in: 1...300, using: &random) : .random(in: 1...999_999_999_999_999_999, using: &random))
  }
  private mutating func ids<Kind>() -> [ID<Kind>] {
    let count = Int.random(in: 0...3, using: &random)
    return (0..<count).map { _ in id() }
  }
  private mutating func count() -> Int { Int.random(in: 0...1_000_000, using: &random) }
  private mutating func number() -> PhoneNumber {
    if Int.random(in: 0...4, using: &random) == 0,
      let code = PhoneNumber(packed: -.random(in: 100_000...199_999, using: &random))
    {
      return code
    }
    return PhoneNumber(packed: .random(in: 1_000_000...999_999_999_999_999, using: &random))
      ?? PhoneNumber(fallback)
  }
  private let fallback = E164("+12025550143").unsafelyUnwrapped
  private mutating func time() -> Timestamp {
    Timestamp(milliseconds: .random(in: 0...4_102_444_800_000, using: &random))
  }
  private mutating func any<T: CaseIterable>(_ type: T.Type) -> T {
    type.allCases.randomElement(using: &random).unsafelyUnwrapped
  }
  mutating func text() -> String {
    let alphabet: [Character] = [
      "a", "B", " ", "\"", "\\", "/", "\n", "\r", "\t", "\u{0}", "\u{1F}", "\u{7F}", "é", "€", "漢", "😀",
      "\u{2028}", "{", "\u{FFFD}",
    ]
    let count = Int.random(in: 0...60, using: &random)
    return String((0..<count).map { _ in alphabet.randomElement(using: &random) ?? "x" })
  }

  private mutating func octets() -> ReceivedOctets {
    ReceivedOctets(
      dataCoding: .random(in: 0...255, using: &random), base64: "AAECAw==",
      destinationPort: maybe(.random(in: 0...65_535, using: &random)),
      sourcePort: maybe(.random(in: 0...65_535, using: &random)))
  }

  mutating func metadata() -> [String: String] { ["ticket": text(), "\"é": text()] }

  mutating func event(_ type: EventType) -> EventData {
    switch type {
    case .messageReceived:
      let candidates: [RepID] = ids()
      return .messageReceived(
        MessageReceived(
          messageID: id(), conversationID: id(), from: number(), to: number(), text: text(),
          encoding: any(MessageEncoding.self), segments: count(), complete: .random(using: &random),
          lossy: .random(using: &random), receivedOctets: maybe(octets()),
          parameters: maybe(["a": text(), "b\"": text()]), keywordClass: any(KeywordClass.self),
          keyword: maybe("STOP"), contactIDs: ids(),
          candidateRepIDs: candidates.isEmpty ? nil : candidates, repID: maybe(id()), queueID: maybe(id()),
          campaignID: maybe(id()), carrier: text(), receivedAt: time(),
          carrierRedelivery: count()))
    case .messageStateChanged:
      return .messageStateChanged(
        MessageStateChanged(
          messageID: id(), conversationID: id(), campaignID: maybe(id()), repID: maybe(id()), from: number(),
          to: number(), state: any(TextMessageState.self), final: .random(using: &random), segments: count(),
          segmentsDelivered: maybe(1 + count()), reason: maybe(any(Refusal.self)),
          error: maybe("ESME_RTHROTTLED"), carrier: maybe("bandwidth"),
          inferred: .random(using: &random), at: time(), metadata: maybe(metadata())))
    case .consentChanged:
      return .consentChanged(
        ConsentChanged(
          phone: number(), kind: any(ConsentKind.self), scope: any(ConsentScope.self),
          number: maybe(number()),
          layer: any(ConsentLayer.self), source: any(ConsentSource.self), keyword: maybe(text()),
          messageID: maybe(id()), consentText: maybe(text()), cancelled: count(), at: time()))
    case .conversationChanged:
      let candidates: [RepID] = ids()
      return .conversationChanged(
        ConversationChanged(
          conversationID: id(), number: number(), phone: number(), change: any(ConversationChange.self),
          repID: maybe(id()), queueID: maybe(id()), contactIDs: ids(),
          candidateRepIDs: candidates.isEmpty ? nil : candidates, lastReadMessageID: maybe(id()), at: time()))
    case .campaignProgress:
      return .campaignProgress(
        CampaignProgress(
          campaignID: id(), name: maybe(text()), state: maybe(any(CampaignState.self)),
          from: maybe(Bool.random(using: &random) ? .rep(id()) : .number(number())), text: maybe(text()),
          segments: maybe(count()), copyToRep: maybe(.random(using: &random)), metadata: maybe(metadata()),
          expiresAt: maybe(time()),
          counts: CampaignCounts(
            total: count(), queued: count(), sending: count(), sent: count(), delivered: count(),
            failed: count(),
            expired: count(), unknown: count(), cancelled: count(), receiptMissing: count()),
          replyCount: count(), optOutCount: count(),
          at: time()))
    case .bindStateChanged:
      return .bindStateChanged(
        BindStateChanged(
          carrier: text(), sessionIndex: count(), state: any(BindState.self), error: maybe(text()),
          retryInMs: maybe(count()), at: time()))
    case .numberStateChanged:
      return .numberStateChanged(
        NumberStateChanged(
          number: number(), state: any(NumberState.self), kind: any(NumberKind.self), rate: count(),
          repID: maybe(id()), queueID: maybe(id()), home: .random(using: &random),
          routes: (0..<Int.random(in: 0...3, using: &random)).map { _ in
            NumberRoute(
              carrier: text(), direction: maybe(any(RouteDirection.self)), rate: maybe(1 + count() % 100_000),
              priority: maybe(count()))
          }, createdAt: time(), at: time()))
    case .messageQueued:
      return .messageQueued(
        MessageQueued(
          messageID: id(), conversationID: id(), campaignID: maybe(id()), repID: maybe(id()),
          templateID: maybe(id()), from: number(),
          to: number(), class: any(MessageClass.self), encoding: any(MessageEncoding.self), segments: count(),
          notAfter: maybe(time()), createdAt: time(), text: maybe(text()), metadata: maybe(metadata())))
    case .contactChanged:
      return .contactChanged(
        ContactChanged(
          contactID: id(), ref: maybe(text()), firstName: maybe(text()), lastName: maybe(text()),
          phones: (0..<Int.random(in: 0...3, using: &random)).compactMap { _ in number().e164 },
          repID: maybe(id()), tags: (0..<Int.random(in: 0...3, using: &random)).map { _ in text() },
          attributes: (0..<Int.random(in: 0...3, using: &random)).reduce(into: [:]) {
            $0["\($1)" + text()] = text()
          }, createdAt: time(), at: time()))
    case .groupChanged:
      return .groupChanged(
        GroupChanged(
          groupID: id(), name: text(), repID: maybe(id()), change: any(GroupChange.self), contactIDs: ids(),
          conditions: maybe([
            GroupCondition(tags: ["vip \"x\""], not: true), GroupCondition(attribute: "age", is: [text()]),
          ]), createdAt: time(), at: time()))
    case .repChanged:
      return .repChanged(
        RepChanged(
          repID: id(), name: text(), hasMobile: .random(using: &random), hasEmail: .random(using: &random),
          alertBy: any(AlertBy.self),
          active: .random(using: &random), createdAt: time(), at: time()))
    case .memberChanged:
      return .memberChanged(
        MemberChanged(
          memberID: id(), login: text(), name: text(), roles: [any(MemberRole.self)], repID: maybe(id()),
          active: .random(using: &random), hasPassword: .random(using: &random),
          hasSecondFactor: .random(using: &random), presence: any(Presence.self), invitedUntil: maybe(time()),
          createdAt: time(), at: time()
        ))
    case .queueChanged:
      return .queueChanged(
        QueueChanged(
          queueID: id(), name: text(), answerWithinS: 10 + count() % 1_000, capacity: 1 + count() % 100,
          dispositionRequired: .random(using: &random),
          dispositions: (0..<Int.random(in: 0...3, using: &random)).map { _ in
            DispositionChoice(disposition: "k" + text().prefix(20), label: "l" + text().prefix(100))
          }, memberIDs: ids(), createdAt: time(), at: time()))
    case .episodeChanged:
      return .episodeChanged(
        EpisodeChanged(
          episodeID: id(), conversationID: id(), number: number(), change: any(EpisodeReason.self),
          state: any(EpisodeState.self), queueID: maybe(id()), repID: maybe(id()), memberID: maybe(id()),
          since: time(),
          dueAt: maybe(time()), createdAt: time(), completedAt: maybe(time()), at: time()))
    case .dispositionRecorded:
      return .dispositionRecorded(
        DispositionRecorded(
          dispositionID: id(), conversationID: id(), number: number(), episodeID: id(), queueID: maybe(id()),
          memberID: maybe(id()), disposition: "k" + text().prefix(20), label: text(), note: maybe(text()),
          at: time()))
    case .templateChanged:
      return .templateChanged(
        TemplateChanged(
          templateID: id(), name: text(), text: text(),
          defaults: Dictionary(
            (0..<Int.random(in: 0...3, using: &random)).map { ("d\($0)", text()) }, uniquingKeysWith: { $1 }),
          queueID: maybe(id()), repID: maybe(id()), removed: .random(using: &random), createdAt: time(),
          at: time()))
    case .calendarChanged:
      return .calendarChanged(
        CalendarChanged(
          repID: id(), timeZone: text(),
          hours: [CalendarHours(days: [any(Weekday.self)], from: "09:00", to: "17:00")],
          holidays: Bool.random(using: &random)
            ? [] : [CalendarHoliday(firstDay: "2026-12-24", lastDay: maybe("2026-12-26"))],
          delegateRepID: maybe(id()), delegateQueueID: maybe(id()), reply: maybe(text()),
          removed: .random(using: &random), createdAt: time(), at: time()))
    case .keywordChanged:
      return .keywordChanged(
        KeywordChanged(
          keywordID: id(), keyword: text(), number: maybe(number()), consentText: text(), tag: maybe(text()),
          answer: maybe(text()), removed: .random(using: &random), createdAt: time(), at: time()))
    case .absenceChanged:
      return .absenceChanged(
        AbsenceChanged(
          absenceID: id(), repID: id(), change: any(AbsenceChange.self), state: any(AbsenceState.self),
          startsAt: time(), endsAt: maybe(time()), delegateRepID: maybe(id()), delegateQueueID: maybe(id()),
          reply: maybe(text()), byCalendar: .random(using: &random), createdAt: time(), at: time()))
    case .noteAdded:
      return .noteAdded(
        NoteAdded(
          noteID: id(), conversationID: id(), number: number(), memberID: maybe(id()), text: text(),
          at: time()))
    case .leadChanged:
      return .leadChanged(
        LeadChanged(
          leadID: id(), contactID: id(),
          phone: E164(digits: .random(in: 1_000_000...999_999_999_999_999, using: &random)).unsafelyUnwrapped,
          phoneField: any(LeadPhone.self), leadSource: text(),
          change: any(LeadChange.self), state: any(LeadState.self), hot: .random(using: &random),
          repID: maybe(id()), conversationID: maybe(id()), note: maybe(text()), createdAt: time(),
          assignedAt: maybe(time()), contactedAt: maybe(time()), closedAt: maybe(time()), at: time()))
    case .alertRaised:
      return .alertRaised(
        AlertRaised(
          alert: any(AlertCode.self), severity: any(AlertSeverity.self), subject: maybe(text()),
          detail: text(),
          at: time()))
    case .dataReceived:
      return .dataReceived(
        DataReceived(
          from: number(), to: number(), receivedOctets: octets(), segments: count(),
          complete: .random(using: &random), carrier: text(), receivedAt: time()))
    }
  }
}

@Suite struct EventTests {
  private func lines(_ row: PackedRow, store: String = "st\"1") -> [[UInt8]] {
    var writer = EventWriter(store: store)
    var walk = row.bytes.withUnsafeBytes { PackedEventWalk($0) }
    var lines: [[UInt8]] = []
    row.bytes.withUnsafeBytes { octets in
      var sequence = row.firstSequence
      while let event = walk.next(in: octets) {
        var buffer = JSONBuffer(capacity: 64)
        let written = writer.append(
          line: event, of: octets, place: .init(sequence: sequence, timeMilliseconds: row.timeMilliseconds),
          redelivered: 3, consumer: Array(#""crm""#.utf8), to: &buffer)
        #expect(written)
        lines.append(buffer.octets)
        sequence += 1
      }
    }
    #expect(!walk.isDamaged)
    return lines
  }

  private struct Line: Decodable { let params: FeedEventParams }

  @Test(arguments: EventType.allCases)
  func whatIsPackedIsReadByTheLibrarysDecoderAsItWas(type: EventType) throws {
    var maker = EventMaker(seed: UInt64(type.rawValue) * 7919)
    for round in 0..<100 {
      var packed = PackedEvents()
      let events = (0..<3).map { _ in maker.event(type) }
      for event in events { packed.append(event) }
      #expect(packed.count == 3)
      let row = PackedRow(
        firstSequence: Int64(round * 10 + 1), count: 3, timeMilliseconds: 1_795_366_991_412,
        bytes: packed.bytes)
      let lines = lines(row)
      try #require(lines.count == 3)
      for (index, line) in lines.enumerated() {
        let params = try ContractJSON.decode(Line.self, from: line).params
        #expect(params.event.data == events[index])
        #expect(params.event.type == type)
        #expect(params.cursor == Cursor(row.firstSequence + Int64(index)))
        #expect(params.event.id == "evt_\(params.cursor.sequence)")
        #expect(params.event.sequence == "\(params.cursor.sequence)")
        #expect(params.event.source == "urn:tollgate:st\"1")
        #expect(params.event.time.milliseconds == row.timeMilliseconds)
        #expect(params.event.subject == params.event.partitionKey)
        #expect(params.redelivered == 3)
        guard round < 6 else { continue }
        let value = try ContractJSON.decode(JSONValue.self, from: line)
        #expect(SchemaChecker.problems(try #require(value["params"]), against: "feed.event") == [])
        #expect(
          SchemaChecker.problems(
            try #require(value["params"]?["event"]?["data"]), against: type.description) == [])
      }
    }
  }

  @Test func theSameEventsAreAlwaysTheSameOctets() {
    var maker = EventMaker(seed: 5)
    var packed = PackedEvents()
    for type in EventType.allCases { packed.append(maker.event(type)) }
    let row = PackedRow(firstSequence: 9, count: packed.count, timeMilliseconds: 7, bytes: packed.bytes)
    #expect(lines(row) == lines(row))
  }

  @Test func anEventReadsAsTheContractShowsIt() throws {
    var packed = PackedEvents()
    packed.append(
      MessageReceived(
        messageID: MessageID(5), conversationID: ConversationID(42),
        from: try #require(PhoneNumber("+12025550143")),
        to: try #require(PhoneNumber("+18885550101")), text: "Yes \"please\"", encoding: .gsm7, segments: 1,
        complete: true, lossy: false, keywordClass: .none, contactIDs: [ContactID(3)], repID: RepID(1),
        campaignID: CampaignID(7), carrier: "bandwidth",
        receivedAt: Timestamp(milliseconds: 1_795_366_991_412), carrierRedelivery: 0))
    let row = PackedRow(firstSequence: 42, count: 1, timeMilliseconds: 1_795_366_991_413, bytes: packed.bytes)
    #expect(
      String(decoding: lines(row, store: "x").first ?? [], as: UTF8.self)
        == #"{"jsonrpc":"2.0","method":"feed.event","params":{"consumer":"crm","cursor":"cur_42","redelivered":3,"event":{"specversion":"1.0","id":"evt_42","source":"urn:tollgate:x","type":"sms.message.received.v1","subject":"conv_42","time":"2026-11-22T17:03:11.413Z","datacontenttype":"application/json","sequence":"42","partitionkey":"conv_42","data":{"message_id":"msg_5","conversation_id":"conv_42","from":"+12025550143","to":"+18885550101","text":"Yes \"please\"","encoding":"gsm7","segments":1,"complete":true,"lossy":false,"keyword_class":"none","contact_ids":["con_3"],"rep_id":"rep_1","campaign_id":"camp_7","carrier":"bandwidth","received_at":"2026-11-22T17:03:11.412Z","carrier_redelivery":0}}}}"#
        + "\n")
  }

  @Test func theNumberOfAnEventIsKnownWithoutReadingIt() throws {
    var maker = EventMaker(seed: 11)
    for type in EventType.allCases {
      let event = maker.event(type)
      var packed = PackedEvents()
      packed.append(event)
      let wanted: PhoneNumber? =
        switch event {
        case .messageReceived(let event): event.to
        case .dataReceived(let event): event.to
        case .messageStateChanged(let event): event.from
        case .consentChanged(let event): event.number
        case .conversationChanged(let event): event.number
        case .numberStateChanged(let event): event.number
        case .messageQueued(let event): event.from
        case .episodeChanged(let event): event.number
        case .dispositionRecorded(let event): event.number
        case .noteAdded(let event): event.number
        case .keywordChanged(let event): event.number
        case .campaignProgress, .bindStateChanged, .alertRaised, .contactChanged, .groupChanged, .repChanged,
          .memberChanged, .queueChanged, .templateChanged, .leadChanged, .absenceChanged,
          .calendarChanged:
          nil
        }
      packed.bytes.withUnsafeBytes { octets in
        var walk = PackedEventWalk(octets)
        #expect(walk.next(in: octets)?.number == wanted?.packed ?? 0)
      }
    }
  }

  @Test func theConversationOfAnEventIsThatOfItsFields() throws {
    var maker = EventMaker(seed: 17)
    for type in EventType.allCases {
      var packed = PackedEvents()
      packed.append(maker.event(type))
      let row = PackedRow(firstSequence: 1, count: 1, timeMilliseconds: 1, bytes: packed.bytes)
      let line = try ContractJSON.decode(JSONValue.self, from: lines(row)[0])
      let data = try #require(line["params"]?["event"]?["data"])
      packed.bytes.withUnsafeBytes { octets in
        var walk = PackedEventWalk(octets)
        let found = walk.next(in: octets)?.conversation(in: octets)
        #expect(found?.description == data["conversation_id"]?.string, "\(type)")
      }
    }
  }

  @Test func whatStandsElsewhereIsPutInWhereTheFeedIsRead() throws {
    var maker = EventMaker(seed: 31)
    for _ in 0..<500 {
      var short = PackedEvents()
      var whole = PackedEvents()
      var texts: [Int64: String] = [:]
      var metadata: [Int64: [String: String]] = [:]
      // Random ids may name a message twice.
      var ids: Set<Int64> = []
      func isNew(_ message: MessageID, _ campaign: CampaignID?) -> Bool {
        ids.insert(message.value).inserted && campaign.map { ids.insert(-$0.value).inserted } ?? true
      }
      for type in [
        EventType.messageQueued, .messageReceived, .messageStateChanged, .messageQueued, .alertRaised,
        .messageStateChanged, .messageQueued,
      ] {
        switch maker.event(type) {
        case .messageQueued(var queued):
          guard isNew(queued.messageID, queued.campaignID) else { continue }
          whole.append(queued)
          let shares = queued.campaignID != nil && (queued.text?.count ?? 0) % 2 == 0
          texts[shares ? -(queued.campaignID?.value ?? 0) : queued.messageID.value] = queued.text
          metadata[queued.campaignID.map { -$0.value } ?? queued.messageID.value] = queued.metadata
          (queued.text, queued.metadata) = (nil, nil)
          short.append(queued, sharesText: shares)
        case .messageStateChanged(var changed):
          guard isNew(changed.messageID, changed.campaignID) else { continue }
          whole.append(changed)
          metadata[changed.campaignID.map { -$0.value } ?? changed.messageID.value] = changed.metadata
          changed.metadata = nil
          short.append(changed)
        case let event:
          short.append(event)
          whole.append(event)
        }
      }
      func key(_ message: MessageID, _ campaign: CampaignID?) -> Int64 {
        campaign.map { -$0.value } ?? message.value
      }
      let completed = try PackedEvents.completed(
        short.bytes, from: .init(text: { texts[key($0, $1)] }, metadata: { metadata[key($0, $1)] }))
      func lines(_ bytes: [UInt8]) -> [[UInt8]] {
        self.lines(PackedRow(firstSequence: 1, count: 7, timeMilliseconds: 1, bytes: bytes))
      }
      #expect(lines(completed) == lines(whole.bytes))
    }
  }

  @Test func damagedRowsAreNoticedAndNeverTrap() throws {
    var maker = EventMaker(seed: 23)
    var random = SeededGenerator(seed: 42)
    var writer = EventWriter(store: "s")
    for round in 0..<4_000 {
      var packed = PackedEvents()
      for type in EventType.allCases.shuffled(using: &random).prefix(3) { packed.append(maker.event(type)) }
      var bytes = packed.bytes
      switch round % 4 {
      case 0: bytes = Array(bytes.prefix(.random(in: 0...bytes.count, using: &random)))
      case 1: bytes = (0..<40).map { _ in .random(in: 0...255, using: &random) }
      default:
        for _ in 0..<3 {
          bytes[.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
        }
      }
      _ = try PackedEvents.completed(
        bytes, from: .init(text: { _, _ in "text" }, metadata: { _, _ in ["ticket": "1"] }))
      bytes.withUnsafeBytes { octets in
        var walk = PackedEventWalk(octets)
        var buffer = JSONBuffer()
        while let event = walk.next(in: octets) {
          let before = buffer.count
          let written = writer.append(
            event, of: octets, place: .init(sequence: 1, timeMilliseconds: 0), to: &buffer)
          if !written { #expect(buffer.count == before) }
        }
      }
    }
  }

  @Test func anEventOfALaterVersionIsPassedOver() {
    var packed = PackedEvents()
    packed.append(
      .numberStateChanged(
        NumberStateChanged(
          number: PhoneNumber("12345").unsafelyUnwrapped, state: .active, kind: .shortCode, rate: 1,
          home: false, routes: [], createdAt: Timestamp(milliseconds: 0), at: Timestamp(milliseconds: 0))))
    var bytes = packed.bytes
    bytes[1] = 200
    bytes.withUnsafeBytes { octets in
      var walk = PackedEventWalk(octets)
      let event = walk.next(in: octets)
      #expect(event != nil && event?.type == nil)
      #expect(walk.next(in: octets) == nil && !walk.isDamaged)
    }
  }
}

@Suite struct JSONBufferTests {
  @Test func integersOfEveryLength() {
    for value in [0, 1, 9, 10, 99, 100, 12345, 999_999_999, 1_000_000_000, .max, .min, -1, -10] as [Int64] {
      var buffer = JSONBuffer(capacity: 1)
      buffer.append(integer: value)
      #expect(String(decoding: buffer.octets, as: UTF8.self) == String(value))
    }
  }

  @Test func stringsComeBackFromTheLibrarysDecoder() throws {
    var maker = EventMaker(seed: 77)
    for _ in 0..<300 {
      let text = maker.text() + String(repeating: "x", count: 20) + maker.text()
      var buffer = JSONBuffer(capacity: 1)
      buffer.append(quoted: text)
      #expect(try ContractJSON.decode([String].self, from: [0x5B] + buffer.octets + [0x5D]) == [text])
    }
  }

  @Test func whatIsTakenOffTheFrontMakesRoom() {
    var buffer = JSONBuffer(capacity: 64)
    var wanted: [UInt8] = []
    for round in 0..<1_000 {
      buffer.append(plain: "0123456789")
      wanted += Array("0123456789".utf8)
      if round % 3 != 0 {
        buffer.consume(13)
        wanted.removeFirst(min(13, wanted.count))
      }
      #expect(buffer.octets == wanted)
    }
    buffer.truncate(to: 3)
    #expect(buffer.count == 3)
    buffer.removeAll()
    buffer.shrink(to: 64)
    #expect(buffer.capacity == 64 && buffer.isEmpty)
  }
}
