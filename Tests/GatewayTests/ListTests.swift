import Contract
import SMPP
import Settings
import Store
import Testing

@testable import Gateway

/// A world with things to list, and what of them is with the carrier.
private final class Stage {
  let world: World
  var flights: [ClaimedSegment] = []

  init() throws {
    world = try World {
      $0.email = EmailAddress("alerts@acme.example").map { .init(from: $0) }
      // Each text is an alert of its own.
      $0.alertQuiet = .zero
    }
  }
}

private func setHours(_ stage: Stage, _ rep: RepID, reply: String?) throws {
  let hours = [CalendarHours(days: Weekday.allCases, from: "00:00", to: "24:00")]
  let _: CalendarView = try stage.world.call(
    .calendarSet(CalendarSet(repID: rep, timeZone: "UTC", hours: hours, reply: reply)))
}

/// One list of the contract.
private struct Listed: CustomTestStringConvertible, Sendable {
  var method: Method
  /// What tells one item from another.
  var id: String
  /// When it last changed.
  var at = "updated_at"
  /// The part of an item that has both; nil: the item itself.
  var part: String?
  var note = ""
  var query:
    @Sendable (_ stage: Stage, _ since: Timestamp?, _ cursor: PageCursor?, _ limit: Int) throws -> Query
  /// Makes the things that all lists need before their own.
  var prepare: @Sendable (Stage) throws -> Void = { try $0.world.addAnna() }
  /// Makes the `index`th thing; nil: all are made by `prepare`.
  var make: (@Sendable (Stage, Int) throws -> Void)?
  /// Changes the `index`th thing that was made; nil where such a thing never changes.
  var change: (@Sendable (Stage, Int) throws -> Void)?

  var testDescription: String { note.isEmpty ? method.rawValue : "\(method.rawValue), \(note)" }
}

/// Every list of the contract: its pages, its order while things change, and what is new since a time.
@Suite(.worlds) struct ListTests {
  private static let count = 7
  private static let proof = String(repeating: "A", count: 43)
  private static func phone(_ index: Int) -> String { "+120255501\(10 + index)" }
  private static func contact(_ index: Int) -> ContactID { ContactID(Int64(index + 1)) }

  /// A text to a phone of its own, with the carrier.
  private static func fly(_ stage: Stage, _ index: Int) throws {
    try stage.world.send("out \(index)", to: phone(index))
    stage.flights += try stage.world.claim()
  }
  private static func answer(_ stage: Stage, _ index: Int) throws {
    try stage.world.answer(stage.flights[index])
  }

  private static let people: @Sendable (Stage) throws -> Void = { stage in
    let anna = try stage.world.addAnna()
    for index in 0..<(count + 2) { try stage.world.addContact(phone(index), first: "C\(index)", owner: anna) }
  }

  private static let lists: [Listed] = [
    Listed(
      method: .numberList, id: "number",
      query: { _, since, cursor, limit in .numberList(NumberList(since: since, cursor: cursor, limit: limit))
      },
      prepare: { _ in }, make: { stage, index in try stage.world.addNumber("+188855520\(10 + index)") },
      change: { stage, index in
        let _: NumberView = try stage.world.call(
          .numberSetRate(NumberSetRate(number: stage.world.number("+188855520\(10 + index)"), rate: 50)))
      }),
    Listed(
      method: .repList, id: "rep_id",
      query: { _, since, cursor, limit in .repList(RepList(since: since, cursor: cursor, limit: limit)) },
      prepare: { _ in }, make: { stage, index in try stage.world.addRep("R\(index)") },
      change: { stage, index in
        let _: RepView = try stage.world.call(
          .repUpdate(RepUpdate(repID: RepID(Int64(index + 1)), name: "Renamed")))
      }),
    Listed(
      method: .memberList, id: "member_id",
      query: { _, since, cursor, limit in .memberList(MemberList(since: since, cursor: cursor, limit: limit))
      },
      prepare: { _ in },
      make: { stage, index in
        let _: MemberView = try stage.world.call(
          .memberAdd(MemberAdd(login: "m\(index)", name: "M", roles: [.rep])))
      },
      change: { stage, index in
        let _: MemberView = try stage.world.call(
          .memberUpdate(MemberUpdate(memberID: MemberID(Int64(index + 1)), name: "Renamed")))
      }),
    Listed(
      method: .sessionList, id: "session_id", at: "created_at",
      query: { _, since, cursor, limit in
        .sessionList(SessionList(memberID: MemberID(1), since: since, cursor: cursor, limit: limit))
      },
      prepare: { stage in
        let member: MemberView = try stage.world.call(
          .memberAdd(MemberAdd(login: "dana", name: "Dana", roles: [.rep])))
        let invite: MemberInviteResult = try stage.world.call(
          .memberInvite(MemberInvite(memberID: member.memberID)))
        let _: SessionOpening = try stage.world.call(
          .sessionEnrol(
            SessionEnrol(
              token: invite.token, salt: String(repeating: "A", count: 22), proof: proof, device: "a phone")))
        // The session of the first password is none of those that are made.
        let _: Done = try stage.world.call(.sessionClose(SessionClose(sessionID: SessionID(1))))
      },
      make: { stage, _ in
        let _: SessionOpening = try stage.world.call(
          .sessionOpen(SessionOpen(login: "dana", proof: proof, device: "a phone")))
      }),
    Listed(
      method: .queueList, id: "queue_id",
      query: { _, since, cursor, limit in .queueList(QueueList(since: since, cursor: cursor, limit: limit)) },
      prepare: { _ in },
      make: { stage, index in
        // One is always there.
        let _: QueueView = try stage.world.call(
          index == 0
            ? .queueUpdate(QueueUpdate(queueID: QueueID(1), capacity: 9))
            : .queueAdd(QueueAdd(name: "Q\(index)")))
      },
      change: { stage, index in
        let _: QueueView = try stage.world.call(
          .queueUpdate(QueueUpdate(queueID: QueueID(Int64(index + 1)), capacity: 7)))
      }),
    Listed(
      method: .inboxList, id: "episode_id", at: "since", part: "episode",
      query: { _, since, cursor, limit in
        .inboxList(InboxList(view: .waiting, since: since, cursor: cursor, limit: limit))
      },
      prepare: { stage in try stage.world.addNumber(Cast.localNumber) },
      make: { stage, index in try stage.world.wait(phone(index)) }),
    Listed(
      method: .inboxList, id: "episode_id", at: "since", part: "episode", note: "a member's",
      query: { _, since, cursor, limit in
        .inboxList(
          InboxList(view: .mine, memberID: MemberID(1), since: since, cursor: cursor, limit: limit))
      },
      prepare: { stage in _ = try stage.world.signIn("anna", [.rep], rep: stage.world.addAnna()) },
      make: { stage, index in
        try stage.world.receive("Hello", from: phone(index), to: Cast.annasNumber)
      }),
    Listed(
      method: .inboxList, id: "episode_id", at: "completed_at", part: "episode", note: "done",
      query: { _, since, cursor, limit in
        .inboxList(InboxList(view: .done, since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        try stage.world.receive("Hello", from: phone(index), to: Cast.annasNumber)
        let _: EpisodeChange = try stage.world.call(
          .conversationComplete(ConversationComplete(conversationID: ConversationID(Int64(index + 1)))))
      }),
    Listed(
      method: .dispositionList, id: "disposition_id", at: "created_at",
      query: { _, since, cursor, limit in
        .dispositionList(DispositionList(since: since, cursor: cursor, limit: limit))
      },
      prepare: { stage in
        try stage.world.addAnna()
        try stage.world.receive("Hello", to: Cast.annasNumber)
        let _: QueueView = try stage.world.call(
          .queueUpdate(
            QueueUpdate(
              queueID: QueueID(1), dispositions: [DispositionChoice(disposition: "sold", label: "Sold")])))
      },
      make: { stage, _ in
        let _: DispositionView = try stage.world.call(
          .dispositionAdd(DispositionAdd(conversationID: ConversationID(1), disposition: "sold")))
      }),
    Listed(
      method: .templateList, id: "template_id",
      query: { _, since, cursor, limit in
        .templateList(TemplateList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let _: TemplateView = try stage.world.call(.templatePut(TemplatePut(name: "T\(index)", text: "Hi")))
      },
      change: { stage, index in
        let _: TemplateView = try stage.world.call(
          .templatePut(TemplatePut(name: "T\(index)", text: "Hello \(stage.world.now)")))
      }),
    Listed(
      method: .calendarList, id: "rep_id",
      query: { _, since, cursor, limit in
        .calendarList(CalendarList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let rep = try stage.world.addRep("R\(index)")
        try setHours(stage, rep, reply: nil)
      },
      change: { stage, index in
        let all: Page<CalendarView> = try stage.world.ask(.calendarList(CalendarList(limit: 200)))
        try setHours(stage, all.items[index].repID, reply: "off \(stage.world.now)")
      }),
    Listed(
      method: .keywordList, id: "keyword_id",
      query: { _, since, cursor, limit in
        .keywordList(KeywordList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let _: KeywordView = try stage.world.call(
          .keywordPut(KeywordPut(keyword: "W\(index)", consentText: "Text it.")))
      },
      change: { stage, index in
        let _: KeywordView = try stage.world.call(
          .keywordPut(KeywordPut(keyword: "W\(index)", consentText: "Text it. \(stage.world.now)")))
      }),
    Listed(
      method: .leadList, id: "lead_id",
      query: { _, since, cursor, limit in
        .leadList(LeadList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let _: LeadCreateResult = try stage.world.call(
          .leadCreate(LeadCreate(ref: "l\(index)", cellPhone: phone(index), leadSource: "form")))
      },
      change: { stage, index in
        let _: LeadView = try stage.world.call(
          .leadMarkHot(LeadMarkHot(leadID: LeadID(Int64(index + 1)))))
      }),
    Listed(
      method: .absenceList, id: "absence_id",
      query: { _, since, cursor, limit in
        .absenceList(AbsenceList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let day = Timestamp(milliseconds: stage.world.now + Int64(index + 1) * 86_400_000)
        let end = Timestamp(milliseconds: day.milliseconds + 3_600_000)
        let _: AbsenceView = try stage.world.call(
          .absenceSet(AbsenceSet(repID: RepID(1), startsAt: day, endsAt: end)))
      },
      change: { stage, index in
        let _: AbsenceView = try stage.world.call(
          .absenceSet(
            AbsenceSet(
              absenceID: AbsenceID(Int64(index + 1)), repID: RepID(1),
              endsAt: Timestamp(milliseconds: stage.world.now + Int64(index + 1) * 86_400_000 + 7_200_000),
              reply: "away \(stage.world.now)")))
      }),
    Listed(
      method: .emailList, id: "email_id",
      query: { _, since, cursor, limit in .emailList(EmailList(since: since, cursor: cursor, limit: limit)) },
      prepare: { stage in
        try stage.world.addRep(
          "Anna", number: Cast.annasNumber, email: "anna@acme.example", alertBy: .email)
      },
      make: { stage, index in
        try stage.world.receive("Hello", from: phone(index))
      },
      change: { stage, index in
        let _: EmailView = try stage.world.call(
          .emailSettle(EmailSettle(emailID: EmailID(Int64(index + 1)), outcome: .retry)))
      }),
    Listed(
      method: .noteList, id: "note_id", at: "created_at",
      query: { _, since, cursor, limit in .noteList(NoteList(since: since, cursor: cursor, limit: limit)) },
      prepare: { stage in
        try stage.world.addAnna()
        try stage.world.receive("Hello", to: Cast.annasNumber)
      },
      make: { stage, index in
        let _: NoteView = try stage.world.call(
          .noteAdd(NoteAdd(conversationID: ConversationID(1), text: "Note \(index)")))
      }),
    Listed(
      method: .contactList, id: "contact_id",
      query: { _, since, cursor, limit in
        .contactList(ContactList(since: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try stage.world.addContact(phone(index), tags: ["t"]) },
      change: { stage, index in
        let _: Changed = try stage.world.call(
          .contactTag(ContactTag(contactIDs: [contact(index)], tag: "new")))
      }),
    Listed(
      method: .contactList, id: "contact_id", note: "by tag",
      query: { _, since, cursor, limit in
        .contactList(ContactList(tag: "t", since: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try stage.world.addContact(phone(index), tags: ["t"]) },
      change: { stage, index in
        let _: ConsentRecordResult = try stage.world.call(
          .consentRecord(
            ConsentRecord(phone: stage.world.typed(phone(index)), kind: .optOut, evidence: "said so")))
      }),
    Listed(
      method: .groupList, id: "group_id",
      query: { _, since, cursor, limit in .groupList(GroupList(since: since, cursor: cursor, limit: limit)) },
      prepare: people,
      make: { stage, index in
        let _: GroupView = try stage.world.call(.groupCreate(GroupCreate(name: "G\(index)")))
      },
      change: { stage, index in
        let _: Changed = try stage.world.call(
          .groupAdd(GroupAdd(group: .name("G\(index)"), contactIDs: [contact(0)])))
      }),
    Listed(
      method: .campaignList, id: "campaign_id",
      query: { _, since, cursor, limit in
        .campaignList(CampaignList(since: since, cursor: cursor, limit: limit))
      }, prepare: people,
      make: { stage, index in
        let _: CampaignPlanResult = try stage.world.call(stage.world.plan("Hi \(index)", Audience(all: true)))
      },
      change: { stage, index in
        let _: CampaignChange = try stage.world.call(
          .campaignCancel(CampaignCancel(campaignID: CampaignID(Int64(index + 1)))))
      }),
    Listed(
      method: .campaignRecipients, id: "contact_id",
      query: { _, since, cursor, limit in
        .campaignRecipients(
          CampaignRecipients(campaignID: CampaignID(1), since: since, cursor: cursor, limit: limit))
      },
      prepare: { stage in
        let anna = try stage.world.addAnna()
        for index in 0..<count { try stage.world.addContact(phone(index), first: "C\(index)", owner: anna) }
        try stage.world.campaign("Hi")
        stage.flights = try stage.world.claim(bulk: true)
      }, change: { stage, index in try answer(stage, index) }),
    Listed(
      method: .messageList, id: "message_id",
      query: { _, since, cursor, limit in
        .messageList(MessageList(since: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try fly(stage, index) },
      change: { stage, index in try answer(stage, index) }),
    Listed(
      method: .messageList, id: "message_id", at: "created_at", note: "by the time of recording",
      query: { _, since, cursor, limit in
        .messageList(MessageList(createdSince: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try fly(stage, index) }),
    Listed(
      method: .conversationMessages, id: "message_id",
      query: { _, since, cursor, limit in
        .conversationMessages(
          ConversationMessages(
            conversationID: ConversationID(1), since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        try stage.world.send("out \(index)")
        let claimed = try stage.world.claim()
        stage.flights += claimed
        // One message of a thread at a time.
        for segment in claimed { try stage.world.take(.overdue(segment.ref, at: stage.world.now)) }
      }, change: { stage, index in try answer(stage, index) }),
    Listed(
      method: .conversationList, id: "conversation_id",
      query: { _, since, cursor, limit in
        .conversationList(ConversationList(since: since, order: .opened, cursor: cursor, limit: limit))
      }, make: { stage, index in try stage.world.receive("Hello", from: phone(index)) },
      change: { stage, index in try stage.world.send("Hello, too", to: phone(index)) }),
    Listed(
      method: .conversationList, id: "conversation_id", note: "another owner",
      query: { _, since, cursor, limit in
        .conversationList(ConversationList(since: since, order: .opened, cursor: cursor, limit: limit))
      },
      prepare: { stage in
        try stage.world.addAnna()
        try stage.world.addRep("Ben")
      }, make: { stage, index in try stage.world.receive("Hello", from: phone(index)) },
      change: { stage, index in
        let _: ConversationView = try stage.world.call(
          .conversationAssign(
            ConversationAssign(conversationID: ConversationID(Int64(index + 1)), repID: RepID(2))))
      }),
    Listed(
      method: .consentList, id: "phone", at: "recorded_at",
      query: { _, since, cursor, limit in
        .consentList(ConsentList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let _: ConsentRecordResult = try stage.world.call(
          .consentRecord(
            ConsentRecord(phone: stage.world.typed(phone(index)), kind: .optOut, evidence: "said so")))
      }),
    Listed(
      method: .consentList, id: "evidence", at: "recorded_at", note: "of a phone",
      query: { stage, since, cursor, limit in
        .consentList(
          ConsentList(phone: try stage.world.typed(phone(0)), since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        let _: ConsentRecordResult = try stage.world.call(
          .consentRecord(
            ConsentRecord(phone: stage.world.typed(phone(0)), kind: .optOut, evidence: "said so \(index)")))
      }),
    Listed(
      method: .quarantineList, id: "quarantine_id", at: "received_at",
      query: { _, since, cursor, limit in
        .quarantineList(QuarantineList(since: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try stage.world.receive("astray \(index)", to: "+18885550177") }),
    Listed(
      method: .carrierReceipts, id: "receipt_id", at: "received_at",
      query: { _, since, cursor, limit in
        .carrierReceipts(CarrierReceipts(carrier: "alpha", since: since, cursor: cursor, limit: limit))
      }, make: { stage, index in try stage.world.receipt("nobody-\(index)") }),
    Listed(
      method: .unknownList, id: "message_id",
      query: { _, since, cursor, limit in
        .unknownList(UnknownList(since: since, cursor: cursor, limit: limit))
      },
      make: { stage, index in
        try stage.world.send("out \(index)", to: phone(index))
        for segment in try stage.world.claim() { try stage.world.lose(segment) }
      }),
  ]

  @Test func noListOfTheContractIsMissingHere() {
    func params(_ method: Method) -> JSONValue? {
      Schemas.definitions[method.description.paramsSchema]?["properties"]
    }
    let listed = Method.allCases.filter {
      params($0)?["cursor"]?["$ref"]?.string?.hasSuffix("page_cursor") == true
    }
    #expect(Set(listed) == Set(Self.lists.map(\.method)) && listed.count > 10)
    for method in listed { #expect(params(method)?["since"] != nil, "\(method.rawValue)") }
  }

  // MARK: Reading

  private struct Read {
    var ids: [String] = []
    var times: [Timestamp] = []
  }

  /// Reads a list to its end; `between` runs after the first page.
  private func read(
    _ list: Listed, _ stage: Stage, since: Timestamp? = nil, limit: Int = 3, between: () throws -> Void = {}
  ) throws -> Read {
    var found = Read()
    var cursor: PageCursor?
    var pages = 0
    repeat {
      let page: Page<JSONValue> = try stage.world.ask(list.query(stage, since, cursor, limit))
      if page.next != nil { #expect(page.items.count == limit, "a page with another behind it is full") }
      for item in page.items {
        let item = try list.part.map { try #require(item[$0]) } ?? item
        let id = item[list.id]
        found.ids.append(id?.string ?? id?.integer.map { "\($0)" } ?? "")
        found.times.append(try #require(item[list.at]?.string.flatMap { Timestamp($0) }))
      }
      cursor = page.next
      if pages == 0 { try between() }
      pages += 1
      try #require(pages < 50)
    } while cursor != nil
    return found
  }

  private func stage(_ list: Listed) throws -> Stage {
    let stage = try Stage()
    try list.prepare(stage)
    if let make = list.make {
      for index in 0..<Self.count {
        stage.world.now += 1_000
        try make(stage, index)
      }
    }
    return stage
  }

  @Test("Pages are full or the last, and no change moves what a reader has yet to see", arguments: lists)
  private func pages(list: Listed) throws {
    let stage = try stage(list)
    let world = stage.world
    let all = try read(list, stage)
    #expect(all.ids.count == Self.count && Set(all.ids).count == Self.count)
    world.now += 10_000
    let again = try read(list, stage) {
      // One that was read, one that was not, and a new one.
      if let change = list.change {
        try change(stage, 0)
        try change(stage, Self.count - 1)
      }
      world.now += 1_000
      try list.make?(stage, Self.count)
    }
    #expect(again.ids.filter(all.ids.contains) == all.ids)
    #expect(again.ids.count <= Self.count + 1)
  }

  @Test(
    "What is listed since a time is what changed then or later, and nothing is passed over", arguments: lists)
  private func since(list: Listed) throws {
    let stage = try stage(list)
    let world = stage.world
    let all = try read(list, stage)
    let began = try #require(all.times.min())
    #expect(Set(try read(list, stage, since: began).ids) == Set(all.ids))
    world.now += 10_000
    let later = Timestamp(milliseconds: world.now)
    #expect(try read(list, stage, since: later).ids.isEmpty)
    if let change = list.change {
      let order = try (0..<Self.count).map { index -> String in
        // Which of the items the index is.
        world.now += 1_000
        let before = Timestamp(milliseconds: world.now)
        try change(stage, index)
        let changed = try read(list, stage, since: before)
        #expect(changed.ids.count == 1 && changed.times == [before])
        return changed.ids.first ?? ""
      }
      #expect(Set(order) == Set(all.ids))
    }
    if let make = list.make {
      world.now += 1_000
      let now = Timestamp(milliseconds: world.now)
      // While it is read, another is made.
      try make(stage, Self.count)
      let made = try read(list, stage, since: now)
      #expect(made.ids.count == 1 && !all.ids.contains(made.ids[0]) && made.times == [now])
    }
    let whole = try read(list, stage, since: began)
    #expect(Set(whole.ids).isSuperset(of: all.ids))
  }

  @Test("What changes while one reads what is new is listed with its change", arguments: lists)
  private func sinceUnderChange(list: Listed) throws {
    guard let change = list.change else { return }
    let stage = try stage(list)
    let world = stage.world
    let all = try read(list, stage)
    let began = try #require(all.times.min())
    world.now += 10_000
    let changedAt = Timestamp(milliseconds: world.now)
    let first = try read(list, stage, since: began) {
      try change(stage, 0)
      try change(stage, Self.count - 1)
    }
    #expect(Set(first.ids) == Set(all.ids))
    // What the reader saw too early is new for the next time.
    let next = try read(list, stage, since: changedAt)
    #expect(next.ids.count == 2 && Set(next.ids).count == 2)
  }

  @Test("Each list walks by a key: nothing is scanned, nothing sorted", arguments: lists)
  private func plans(list: Listed) throws {
    let stage = try stage(list)
    let world = stage.world
    for since in [nil, Timestamp(milliseconds: world.now - 2_500)] {
      var walks: [String] = []
      let queries = try Queries(
        path: world.path, settings: world.settings, live: FixedView(carriers: []), version: "test",
        started: world.now, clock: { [now = world.now] in now })
      queries.onWalk = { walks.append($0) }
      _ = try queries.answer(list.query(stage, since, nil, 3), for: World.admin)
      #expect(!walks.isEmpty)
      for sql in walks {
        let plan = try world.gateway.store.map("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
        let scans = plan.filter {
          $0.hasPrefix("SCAN ") && !$0.hasPrefix("SCAN w") && !$0.hasPrefix("SCAN (subquery")
            && $0 != "SCAN CONSTANT ROW"
        }
        #expect(scans.isEmpty && plan.contains { $0.hasPrefix("SEARCH ") }, "\(sql): \(plan)")
        // A window of a walk may be sorted once more: it has at most 256 rows.
        let isWindow = plan.contains { $0.hasPrefix("SCAN w") || $0.hasPrefix("SCAN (subquery") }
        #expect(isWindow || !plan.contains { $0.contains("TEMP B-TREE") }, "\(sql): \(plan)")
      }
    }
  }

  @Test func messagesRecordedSinceATimeAreFoundAmongThoseOfACampaignThatIsStillBeingRecorded() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.send("long before")
    world.now += 2 * 3_600_000
    for first in stride(from: 0, to: 600, by: 300) {
      let inputs = (first..<first + 300).map {
        ContactInput(phones: ["+1202555\(String(2_000 + $0))"], firstName: "C\($0)", repID: anna)
      }
      let _: ContactUpsertResult = try world.call(.contactUpsert(ContactUpsert(contacts: inputs)))
    }
    let planned: CampaignPlanResult = try world.call(world.plan("To all", Audience(all: true)))
    let _: CampaignChange = try world.call(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: world.nextKey())))
    // Its ids are set aside; a text after it has a greater one, and its own come later.
    world.now += 1_000
    try world.send("between")
    world.now += 3 * 3_600_000
    let since = Timestamp(milliseconds: world.now)
    try world.finishJobs()
    let recorded = try world.stored("SELECT count(*) FROM message WHERE accepted >= \(world.now)") ?? 0
    var seen = 0
    var cursor: PageCursor?
    repeat {
      let page: Page<MessageView> = try world.ask(
        .messageList(MessageList(createdSince: since, cursor: cursor, limit: 200)))
      #expect(page.items.allSatisfy { $0.createdAt >= since })
      seen += page.items.count
      cursor = page.next
    } while cursor != nil
    #expect(seen == Int(recorded) && recorded > 0)
    let before: Page<MessageView> = try world.ask(
      .messageList(MessageList(createdBefore: since, limit: 200)))
    #expect(before.items.contains { $0.text == "long before" })
  }
}
