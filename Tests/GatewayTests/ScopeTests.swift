import Carriers
import Contract
import SMPP
import Settings
import Store
import TestSupport
import Testing

@testable import Gateway

/// A caller sees and changes only what is his: every method, with a thing of the caller's own, with another's, and with the company's.
@Suite(.worlds) struct ScopeTests {
  enum Whose: String, CaseIterable, Sendable {
    /// Of Anna's number, which the role has.
    case own
    /// Of Ben's number.
    case other
    /// Of a number that nobody holds, of no rep, or of several numbers together.
    case company
  }

  /// A company with one thing of each kind, three times over.
  private struct Company {
    let world: World
    let app: Requester
    var numbers: [Whose: PhoneNumber] = [:]
    var reps: [Whose: RepID] = [:]
    var contacts: [Whose: ContactID] = [:]
    var phones: [Whose: String] = [:]
    var groups: [Whose: GroupID] = [:]
    var leads: [Whose: LeadID] = [:]
    var conversations: [Whose: ConversationID] = [:]
    var messages: [Whose: MessageID] = [:]
    var running: [Whose: CampaignID] = [:]
    var planned: [Whose: CampaignID] = [:]
    /// An unanswered text of each number.
    var unknown: [Whose: MessageID] = [:]
    /// Planned for tomorrow.
    var absences: [Whose: AbsenceID] = [:]
    var keywords: [Whose: KeywordID] = [:]

    init() throws {
      world = try World { $0.optOutScope = .number }
      app = Requester(role: "app", uid: 7, numbers: [try world.number(Cast.annasNumber)])
      let places: [(Whose, String, String)] = [
        (.own, Cast.annasNumber, "Anna"), (.other, Cast.bensNumber, "Ben"), (.company, Cast.localNumber, ""),
      ]
      for (index, (whose, number, rep)) in places.enumerated() {
        numbers[whose] = try world.number(number)
        if rep.isEmpty {
          try world.addNumber(number)
        } else {
          reps[whose] = try world.addRep(rep, number: number)
        }
        let keyword: KeywordView = try world.call(
          .keywordPut(
            KeywordPut(
              keyword: "JOIN", number: world.number(number),
              consentText: "keyword of \(whose.rawValue)")))
        keywords[whose] = keyword.keywordID
        let phone = "+1202555017\(index)"
        phones[whose] = phone
        let contact = try world.addContact(
          phone, first: "First-\(whose.rawValue)", owner: reps[whose], tags: ["tag-\(whose.rawValue)"])
        contacts[whose] = contact
        let group: GroupView = try world.call(
          .groupCreate(
            GroupCreate(name: "group-\(whose.rawValue)", repID: reps[whose], contactIDs: [contact])))
        groups[whose] = group.groupID
        let from: Sender? = whose == .company ? .number(try world.number(number)) : nil
        let audience = Audience(tag: "tag-\(whose.rawValue)")
        let text = "campaign of \(whose.rawValue)"
        let plan: CampaignPlanResult = try world.call(world.plan(text, audience, from: from))
        planned[whose] = plan.campaignID
        running[whose] = try world.campaign(text, audience, from: from)
        for segment in try world.claim(bulk: true, from: number) { try world.answer(segment) }
        try world.receive("inbound of \(whose.rawValue)", from: phone, to: number)
        let received = try #require(try world.events().received.last)
        conversations[whose] = received.conversationID
        messages[whose] = received.messageID
        unknown[whose] = try world.send("unknown of \(whose.rawValue)", to: phone, from: number).messageID
        for segment in try world.claim(from: number) { try world.lose(segment) }
      }
      for (whose, rep) in reps {
        let absence: AbsenceView = try world.call(
          .absenceSet(
            AbsenceSet(
              repID: rep, startsAt: Timestamp(milliseconds: world.now + 86_400_000),
              reply: "reply of \(whose.rawValue)")))
        absences[whose] = absence.absenceID
        let _: CalendarView = try world.call(
          .calendarSet(
            CalendarSet(
              repID: rep, timeZone: "UTC",
              hours: [CalendarHours(days: Weekday.allCases, from: "00:00", to: "24:00")],
              reply: "calendar of \(whose.rawValue)")))
      }
      // Running ones that can be paused.
      for whose in Whose.allCases { running[whose] = try again(whose) }
      try world.receive("astray", to: "+18885550177")
      let _: QueueView = try world.call(
        .queueUpdate(
          QueueUpdate(
            queueID: QueueID(1), dispositions: [DispositionChoice(disposition: "sold", label: "Sold")])))
      let _: TemplateView = try world.call(.templatePut(TemplatePut(name: "T", text: "template of company")))
      for whose in Whose.allCases {
        let made: LeadCreateResult = try world.call(
          .leadCreate(
            LeadCreate(
              ref: "lead-\(whose.rawValue)", cellPhone: phones[whose],
              leadSource: "lead of \(whose.rawValue)",
              repID: reps[whose])))
        leads[whose] = made.lead.leadID
      }
      // A member who is signed in.
      let member: MemberView = try world.call(.memberAdd(MemberAdd(login: "eve", name: "Eve", roles: [.rep])))
      let invite: MemberInviteResult = try world.call(.memberInvite(MemberInvite(memberID: member.memberID)))
      let (salt, proof) = (Array(repeating: UInt8(1), count: 16), Array(repeating: UInt8(2), count: 32))
      let opening: SessionOpening = try world.call(
        .sessionEnrol(
          SessionEnrol(
            token: invite.token, salt: Base64URL.text(of: salt), proof: Base64URL.text(of: proof),
            device: "a phone")))
      #expect(opening.session?.sessionID == SessionID(1))
    }

    private func again(_ whose: Whose) throws -> CampaignID {
      let from: Sender? = try whose == .company ? .number(#require(numbers[whose])) : nil
      return try world.campaign(
        "second campaign of \(whose.rawValue)", Audience(tag: "tag-\(whose.rawValue)"), from: from)
    }

    /// Commands about things of somebody's.
    func commands(_ whose: Whose) throws -> [Command] {
      let number = try #require(numbers[whose])
      let contact = try #require(contacts[whose])
      let group = GroupRef.id(try #require(groups[whose]))
      let phone = try world.typed(#require(phones[whose]))
      let keyword = try #require(keywords[whose])
      let running = try #require(running[whose])
      let planned = try #require(planned[whose])
      var found: [Command] = [
        .keywordPut(KeywordPut(keyword: "HOMES", number: number, consentText: "Text it.")),
        .keywordRemove(KeywordRemove(keywordID: keyword)),
        .messageSend(MessageSend(to: .contact(contact), text: "Hi", idempotencyKey: "1")),
        .messageSend(MessageSend(from: .number(number), to: .phone(phone), text: "Hi", idempotencyKey: "2")),
        .conversationMarkRead(
          ConversationMarkRead(conversationID: try #require(conversations[whose]))),
        .conversationSnooze(
          ConversationSnooze(
            conversationID: try #require(conversations[whose]),
            dueAt: Timestamp(milliseconds: world.now + 60_000))),
        .conversationComplete(
          ConversationComplete(conversationID: try #require(conversations[whose]))),
        .dispositionAdd(
          DispositionAdd(conversationID: try #require(conversations[whose]), disposition: "sold")),
        .noteAdd(NoteAdd(conversationID: try #require(conversations[whose]), text: "Hi")),
        .numberSetQueue(NumberSetQueue(number: number, queueID: QueueID(1))),
        .campaignPlan(
          CampaignPlan(
            from: .number(number), audience: Audience(contactIDs: [contact]), text: "Hi", idempotencyKey: "3")
        ),
        .campaignPlan(CampaignPlan(audience: Audience(group: group), text: "Hi", idempotencyKey: "4")),
        .campaignCommit(CampaignCommit(campaignID: planned, idempotencyKey: "5")),
        .campaignPause(CampaignPause(campaignID: running)),
        .campaignResume(CampaignResume(campaignID: running)),
        .campaignCancel(CampaignCancel(campaignID: running)),
        .numberSetRate(NumberSetRate(number: number, rate: 3)),
        .numberSetRoutes(NumberSetRoutes(number: number, routes: [NumberRoute(carrier: "alpha")])),
        .numberPause(NumberPause(number: number)), .numberResume(NumberResume(number: number)),
        .consentRecord(
          ConsentRecord(
            phone: phone, kind: .optIn, scope: .number, number: number, evidence: "said so")),
        .contactTag(ContactTag(contactIDs: [contact], tag: "x")),
        .contactUntag(ContactUntag(contactIDs: [contact], tag: "tag-\(whose.rawValue)")),
        .groupAdd(GroupAdd(group: group, contactIDs: [contact])),
        .groupRemove(GroupRemove(group: group, contactIDs: [contact])),
        .unknownResolve(
          UnknownResolve(messageID: try #require(unknown[whose]), resolution: .sent, note: "seen")),
      ]
      if let rep = reps[whose] {
        let lead = try #require(leads[whose])
        let absence = try #require(absences[whose])
        found += [
          .leadMarkHot(LeadMarkHot(leadID: lead)), .leadAssign(LeadAssign(leadID: lead, repID: rep)),
          .leadClose(LeadClose(leadID: lead)),
          .conversationAssign(
            ConversationAssign(conversationID: try #require(conversations[whose]), repID: rep)),
          .numberAssign(NumberAssign(number: number, repID: rep)),
          .repUpdate(RepUpdate(repID: rep, name: "Renamed")),
          .groupCreate(GroupCreate(name: "made of \(whose.rawValue)", repID: rep)),
          .absenceSet(AbsenceSet(repID: rep, endsAt: Timestamp(milliseconds: world.now + 60_000))),
          .absenceSet(AbsenceSet(absenceID: absence)),
          .absenceClear(AbsenceClear(absenceID: absence)),
          .calendarSet(
            CalendarSet(
              repID: rep, timeZone: "UTC",
              hours: [CalendarHours(days: [.mon], from: "09:00", to: "17:00")])),
          .calendarClear(CalendarClear(repID: rep)),
        ]
      }
      return found
    }

    /// Commands about the whole company.
    func everybodys() throws -> [Command] {
      [
        .pause(Pause()), .resume(Resume()), .goLive(GoLive()),
        .testPhoneAdd(TestPhoneAdd(phones: [try world.typed("+12025550123")])),
        .testPhoneRemove(TestPhoneRemove(phones: [try world.typed("+12025550123")])),
        .numberAdd(NumberAdd(number: try world.typed("+18885550166"), carrier: "alpha", rate: 3)),
        .keywordPut(KeywordPut(keyword: "ALL", consentText: "Text it.")),
        .repAdd(RepAdd(name: "Carl")), .templatePut(TemplatePut(name: "Hi", text: "Hi")),
        .templateRemove(TemplateRemove(templateID: TemplateID(1))),
        .leadCreate(
          LeadCreate(cellPhone: "+12025550123", leadSource: "form", repID: reps[.other])),
        .leadClose(LeadClose(leadID: try #require(leads[.company]))),
        .consentRecord(
          ConsentRecord(
            phone: try world.typed("+12025550123"), kind: .optIn, scope: .brand, evidence: "said so")),
        .quarantineRelease(QuarantineRelease(quarantineID: 1, to: try world.number(Cast.annasNumber))),
        .quarantineForget(QuarantineForget(quarantineID: 1)),
        .emailSettle(EmailSettle(emailID: EmailID(1), outcome: .sent)),
        .memberAdd(MemberAdd(login: "carl", name: "Carl", roles: [.rep])),
        .memberUpdate(MemberUpdate(memberID: MemberID(1), name: "Carl")),
        .memberInvite(MemberInvite(memberID: MemberID(1))),
        .sessionClose(SessionClose(sessionID: SessionID(1))),
        .memberPresence(MemberPresence(memberID: MemberID(1), presence: .available)),
        .queueAdd(QueueAdd(name: "Sales")), .queueUpdate(QueueUpdate(queueID: QueueID(1), capacity: 1)),
        .queueJoin(QueueJoin(queueID: QueueID(1), memberID: MemberID(1))),
        .queueLeave(QueueLeave(queueID: QueueID(1), memberID: MemberID(1))),
      ]
        + Whose.allCases.filter { $0 != .own }.flatMap { whose -> [Command] in
          guard let conversation = conversations[whose] else { return [] }
          return [
            .conversationTake(ConversationTake(conversationID: conversation)),
            .conversationRelease(ConversationRelease(conversationID: conversation)),
            .conversationTransfer(ConversationTransfer(conversationID: conversation, queueID: QueueID(1))),
            .conversationWake(ConversationWake(conversationID: conversation)),
          ]
        }
    }
  }

  // MARK: Commands

  @Test func aCallerWithOneNumberChangesWhatIsHisAndACallerWithAllOfThemEverything() throws {
    for whose in Whose.allCases {
      for index in try Company().commands(whose).indices {
        let company = try Company()
        let command = try company.commands(whose)[index]
        if whose == .company, case .campaignPlan(let plan) = command, plan.from == nil { continue }
        let outcome = try company.world.reply(to: command, as: World.admin)
        #expect(throws: Never.self, "\(command)") { _ = try outcome.get() }
        guard whose == .own else { continue }
        let own = try Company()
        let reply = try own.world.reply(to: try own.commands(whose)[index], as: own.app)
        #expect(throws: Never.self, "\(command)") { _ = try reply.get() }
      }
    }
  }

  @Test func whatIsAnothersOrTheCompanysIsAsIfItWereNotThereAndStaysAsItIs() throws {
    let company = try Company()
    let world = company.world
    try world.batch { _ in }
    _ = (try world.events(), world.takeNetwork())
    var left = Set(Method.allCases.filter { $0.description.kind == .command })
    // Consumers belong to their role; a clock is nobody's; contacts and imports are below. Whoever may text may record an opt-out.
    left.subtract([.feedSubscribe, .feedAck, .feedForget, .clockAccept, .contactUpsert])
    left.subtract([.numberImport, .repImport, .consentImport, .messageSendMany])
    // Whoever has the right may sign in. Who is served, and who writes, is a member.
    left.subtract([.sessionEnrol, .sessionOpen, .sessionRedeem, .serveNext, .serveWithdraw])
    left.subtract([.draftPut, .leaseHold, .leaseDrop, .leadClaim])
    for command in try company.commands(.other) + company.commands(.company) + company.everybodys() {
      let changes = try world.gateway.store.totalChanges
      let reply = try world.reply(to: command, as: company.app)
      guard case .failure(let error) = reply else {
        Issue.record("done: \(command)")
        continue
      }
      #expect([.notFound, .forbidden, .invalidParams].contains(error.code), "\(error) of \(command)")
      #expect(try world.gateway.store.totalChanges == changes, "\(command)")
      left.remove(command.method)
    }
    #expect(left == [])
    #expect(try world.events().isEmpty && world.takeNetwork().isEmpty)
  }

  @Test func ofSeveralTextsThoseFromAndToAnothersAreRefused() throws {
    let company = try Company()
    let world = company.world
    let texts = try Whose.allCases.flatMap { whose in
      [
        MessageInput(to: .contact(try #require(company.contacts[whose])), text: "Hi"),
        MessageInput(
          from: .number(try #require(company.numbers[whose])),
          to: .phone(try world.typed("+12025550123")), text: "Hi"),
      ]
    }
    let sent: MessageSendManyResult = try world.call(
      .messageSendMany(MessageSendMany(messages: texts)), as: company.app)
    #expect(sent.accepted == 2 && sent.refused == 4)
    for (whose, item) in zip(Whose.allCases.flatMap { [$0, $0] }, sent.results) {
      #expect((item.status == .accepted) == (whose == .own), "\(item)")
    }
  }

  @Test func ofAnImportALineAboutAnothersIsRefused() throws {
    let company = try Company()
    let world = company.world
    let routes = [NumberRoute(carrier: "alpha")]
    let other = "\(try #require(company.numbers[.other]))"
    let numbers: NumberImportResult = try world.call(
      .numberImport(
        NumberImport(numbers: ["+18885550166", other].map { NumberInput(number: $0, routes: routes) })),
      as: company.app)
    #expect(numbers.results.map(\.status) == [.refused, .refused])
    let reps: RepImportResult = try world.call(
      .repImport(
        RepImport(
          reps: [nil, other, "+18885550166"].map { RepInput(name: "Carl", number: $0, routes: routes) })),
      as: company.app)
    #expect(reps.results.map(\.status) == [.refused, .refused, .refused])
  }

  @Test func anothersContactIsNeitherChangedNorTakenOver() throws {
    let company = try Company()
    let world = company.world
    func upsert(_ input: ContactInput) throws -> UpsertItem {
      let result: ContactUpsertResult = try world.call(
        .contactUpsert(ContactUpsert(contacts: [input])), as: company.app)
      return try #require(result.results.first)
    }
    let phone = try #require(company.phones[.other])
    let made = try upsert(ContactInput(phones: [phone], firstName: "First-other", tags: ["mine"]))
    #expect(made.status == .created && made.contactID != company.contacts[.other])
    let stolen = try upsert(ContactInput(phones: ["+12025550188"], repID: company.reps[.other]))
    #expect(stolen.status == .refused)
    // What it makes is its rep's, so that it sees it.
    let own = try upsert(ContactInput(phones: ["+12025550189"], firstName: "New"))
    let seen: ContactView = try world.ask(
      .contactGet(ContactGet(contactID: try #require(own.contactID))), as: company.app)
    #expect(seen.repID == company.reps[.own])
    let other: ContactView = try world.ask(
      .contactGet(ContactGet(contactID: try #require(company.contacts[.other]))))
    #expect(other.repID == company.reps[.other] && other.tags == ["tag-other"])
  }

  // MARK: Queries

  private func json(_ company: Company, _ query: Query, as caller: Requester) throws -> String {
    let world = company.world
    let queries = try Queries(
      path: world.path, settings: world.settings, live: NoCarriers(), version: "test", started: world.now,
      clock: { [now = world.now] in now })
    return String(decoding: try queries.answer(query, for: caller), as: UTF8.self)
  }

  private struct NoCarriers: LiveView { func snapshot() -> [LiveCarrier] { [] } }

  private var lists: [Query] {
    [
      .messageList(MessageList()), .campaignList(CampaignList()), .numberList(NumberList()),
      .repList(RepList()),
      .contactList(ContactList()), .groupList(GroupList()), .consentList(ConsentList()),
      .conversationList(ConversationList()), .unknownList(UnknownList()), .quarantineList(QuarantineList()),
      .carrierReceipts(CarrierReceipts(carrier: "alpha")), .metrics(Metrics()),
      .inboxList(InboxList(view: .waiting)), .queueList(QueueList()), .dispositionList(DispositionList()),
      .noteList(NoteList()), .templateList(TemplateList()), .leadList(LeadList()),
      .absenceList(AbsenceList()), .keywordList(KeywordList()), .calendarList(CalendarList()),
      .emailList(EmailList()),
      .searchFind(SearchFind(text: "202")),
    ]
  }

  @Test func aListShowsWhatIsTheCallersAndNothingElse() throws {
    let company = try Company()
    let world = company.world
    for whose in Whose.allCases {
      try world.receive(
        "STOP", from: try #require(company.phones[whose]), to: "\(try #require(company.numbers[whose]))")
    }
    func marks(_ whose: Whose) throws -> [String] {
      [
        "of \(whose.rawValue)", "-\(whose.rawValue)", try String(#require(company.phones[whose]).dropFirst()),
        "\(try #require(company.numbers[whose]))".replacing("+", with: ""),
      ]
    }
    for query in lists {
      let (all, some) = (try json(company, query, as: World.admin), try json(company, query, as: company.app))
      for mark in try marks(.other) + marks(.company) {
        #expect(!some.contains(mark), "\(mark) in \(query)")
      }
      switch query {
      case .quarantineList, .carrierReceipts, .metrics, .inboxList, .queueList, .dispositionList,
        .noteList, .templateList, .emailList:
        continue
      default: break
      }
      // Reps have them, and nobody else.
      if [.absenceList, .calendarList].contains(query.method) {
        #expect(try marks(.own).contains { some.contains($0) } && marks(.other).contains { all.contains($0) })
        continue
      }
      for whose in Whose.allCases where !(query.method == .repList) {
        #expect(try marks(whose).contains { all.contains($0) }, "\(whose) is not in \(query)")
      }
      if query.method != .repList {
        #expect(try marks(.own).contains { some.contains($0) }, "own is not in \(query)")
      }
    }
  }

  @Test func theCountsOfAStatusAreOfWhatTheCallerSees() throws {
    let company = try Company()
    let (some, all) = (
      try json(company, .status(Status()), as: company.app),
      try json(company, .status(Status()), as: World.admin)
    )
    let status = try ContractJSON.decode(StatusResult.self, from: Array(some.utf8))
    #expect(
      status.numberCount == 1 && status.repCount == 1 && status.contactCount == 1
        && status.conversationCount == 1)
    #expect(status.campaignsRunning == 1)
    #expect(status.lanes.unknown == 1)
    #expect(status.quarantined == 0)
    let whole = try ContractJSON.decode(StatusResult.self, from: Array(all.utf8))
    #expect(
      whole.numberCount == 3 && whole.repCount == 2 && whole.contactCount == 3 && whole.conversationCount == 3
    )
    #expect(whole.campaignsRunning == 3)
    #expect(whole.lanes.unknown == 3)
    #expect(whole.quarantined == 1)
  }

  @Test(arguments: Whose.allCases) func whatIsAskedForByNameIsThereForItsOwner(whose: Whose) throws {
    let company = try Company()
    let group = GroupRef.id(try #require(company.groups[whose]))
    let message = try #require(company.messages[whose])
    let conversation = try #require(company.conversations[whose])
    let campaign = try #require(company.running[whose])
    var queries: [Query] = [
      .messageGet(MessageGet(messageID: message)), .messageWhy(MessageWhy(messageID: message)),
      .campaignGet(CampaignGet(campaignID: campaign)),
      .campaignRecipients(CampaignRecipients(campaignID: campaign)),
      .numberGet(NumberGet(number: try #require(company.numbers[whose]))),
      .contactGet(ContactGet(contactID: try #require(company.contacts[whose]))),
      .contactList(ContactList(group: group)), .groupGet(GroupGet(group: group)),
      .conversationGet(ConversationGet(conversationID: conversation)),
      .conversationMessages(ConversationMessages(conversationID: conversation)),
    ]
    if let rep = company.reps[whose] { queries.append(.repGet(RepGet(repID: rep))) }
    for query in queries {
      #expect(throws: Never.self, "\(query)") { _ = try json(company, query, as: World.admin) }
      if whose == .own {
        #expect(throws: Never.self, "\(query)") { _ = try json(company, query, as: company.app) }
      } else {
        let error = #expect(throws: APIError.self, "\(query)") {
          _ = try json(company, query, as: company.app)
        }
        #expect(error?.code == .notFound, "\(query)")
      }
    }
  }

  /// A campaign of several numbers is not the caller's: its counts are of all of them.
  @Test func aCampaignOfSeveralNumbersIsTheCompanys() throws {
    let company = try Company()
    let world = company.world
    let both = try world.campaign("To both", Audience(all: true))
    #expect(throws: APIError.self) {
      _ = try json(company, .campaignGet(CampaignGet(campaignID: both)), as: company.app)
    }
    let pause = Command.campaignPause(CampaignPause(campaignID: both))
    #expect(try world.code(of: pause, as: company.app) == .notFound)
    // To the caller everybody are his contacts.
    let planned: CampaignPlanResult = try world.call(
      world.plan("Hello", Audience(all: true)), as: company.app)
    #expect(planned.recipients == 1 && planned.numberCount == 1 && planned.skipped.isEmpty)
  }
}
