import Contract
import SMPP
import TestSupport
import Testing

@testable import Gateway

/// People, carriers and operators that do anything at any time, by a seed, beside an app that only reads the feed.
final class Company {
  let world: World
  var random: SeededGenerator
  var model = ReplayModel()
  var numbers = [Cast.annasNumber, Cast.bensNumber, Cast.localNumber]
  let phones = (0..<6).map { "+120255501\(10 + $0)" }
  var reps: [RepID] = []
  var contacts: [ContactID] = []
  var groups: [GroupID] = []
  var members: [MemberID] = []
  var queues = [QueueID(1)]
  var agents: [Person] = []
  var campaigns: [CampaignID] = []
  var flights: [ClaimedSegment] = []
  var sent: [(id: String, flight: ClaimedSegment)] = []
  var count = 0
  var told: Set<EventType> = []

  init(seed: UInt64) throws {
    world = try World()
    random = SeededGenerator(seed: seed)
    reps = [try world.addAnna(), try world.addRep("Ben", number: Cast.bensNumber, mobile: Cast.annasMobile)]
    try world.addNumber(Cast.localNumber)
    for phone in phones.prefix(3) {
      contacts.append(try world.addContact(phone, first: "C", owner: any(reps)))
    }
  }

  func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
  func any<T>(_ items: [T]) throws -> T { try #require(items.randomElement(using: &random)) }
  func maybe<T>(_ value: T) -> T? { roll(2) == 0 ? value : nil }

  /// A command that may be refused: what was refused told nothing.
  func run(_ command: Command) throws { _ = try world.reply(to: command) }

  func step() throws {
    world.now += Int64(roll(3_000))
    switch roll(31) {
    case 0...3: try receive()
    case 4...6: try send()
    case 7...9: try claim()
    case 10...12: try answer()
    case 13, 14: try receipt()
    case 15: try changeContact()
    case 16: try tag()
    case 17: try group()
    case 18: try rep()
    case 19: try number()
    case 20:
      try assign()
      try markRead()
    case 21: try consent()
    case 22: try campaign()
    case 23:
      try world.finishJobs()
      for number in numbers { flights += try world.claim(1 + roll(4), bulk: true, from: number) }
    case 24: try member()
    case 26, 27, 28: try work()
    case 29: try queue()
    case 25:
      world.now += Int64(roll(400_000))
      try world.housekeep()
    default: if roll(4) == 0 { try restart() }
    }
    count += 1
    _ = world.takeNetwork()
    for event in try world.events() {
      told.insert(event.type)
      model.apply(event)
    }
  }

  private func receive() throws {
    let text = try any(["Hello \(count)", "Grüße 漢字", "STOP", "HELP", "START", "yes"])
    try world.receive(text, from: any(phones + [Cast.annasMobile]), to: any(numbers))
  }

  private func send() throws {
    func message() throws -> MessageInput {
      MessageInput(
        from: .number(try world.number(any(numbers))), to: .phone(try world.typed(any(phones))),
        text: "text \(count)", metadata: maybe(["ticket": "\(count)"]))
    }
    if roll(3) == 0 {
      let texts = try (0...roll(3)).map { _ in try message() }
      return try run(.messageSendMany(MessageSendMany(messages: texts)))
    }
    let text = try message()
    try run(
      .messageSend(MessageSend(from: text.from, to: text.to, text: text.text, metadata: text.metadata)))
  }

  private func markRead() throws {
    guard let conversation = model.conversations.keys.sorted().randomElement(using: &random) else { return }
    let message = model.messages.values.filter { $0.conversationID == conversation }.map(\.messageID).sorted()
      .randomElement(using: &random)
    try run(
      .conversationMarkRead(ConversationMarkRead(conversationID: conversation, messageID: message)))
  }

  private func claim() throws {
    flights += try world.claim(1 + roll(4), bulk: roll(2) == 0, from: any(numbers))
  }

  private func answer() throws {
    guard !flights.isEmpty else { return }
    let flight = flights.remove(at: roll(flights.count))
    switch roll(8) {
    case 0: try world.answer(flight, .ESME_RINVDSTADR)
    case 1: try world.take(.overdue(flight.ref, at: world.now))
    case 2: try world.take(.returned([flight.ref]))
    default: sent.append((try world.answer(flight), flight))
    }
  }

  private func receipt() throws {
    guard !sent.isEmpty else { return }
    let (id, flight) = sent.remove(at: roll(sent.count))
    let phone = try #require(PhoneNumber(packed: flight.phone)).description
    let number = try #require(world.gateway.parts.ground.directory.numbers[flight.number]).address.description
    if roll(4) == 0 {
      try world.receipt(id, .undeliverable, from: phone, to: number, error: "027")
    } else {
      try world.receipt(id, from: phone, to: number)
    }
  }

  private func changeContact() throws {
    let known = roll(3) == 0 ? nil : contacts.randomElement(using: &random)
    let ref = known.map { "ref-\($0)" } ?? "new-\(count)"
    let owner = try any(reps)
    let input = ContactInput(
      ref: ref, phones: try (0...roll(2)).map { _ in try any(phones) }, firstName: maybe("N\(count)"),
      lastName: maybe("Ö\(count)"), repID: maybe(owner), tags: maybe(["t\(roll(3))"]),
      attributes: maybe(["city": "C\(count)"]))
    let reply = try world.reply(to: .contactUpsert(ContactUpsert(contacts: [input])))
    let result = try ContractJSON.decode(ContactUpsertResult.self, from: reply.get())
    if let id = result.results.first?.contactID, !contacts.contains(id) { contacts.append(id) }
  }

  private func tag() throws {
    let some = try (0...roll(2)).map { _ in try any(contacts) }
    try run(
      roll(3) == 0
        ? .contactUntag(ContactUntag(contactIDs: some, tag: "t\(roll(3))"))
        : .contactTag(ContactTag(contactIDs: some, tag: "t\(roll(3))")))
  }

  private func group() throws {
    let some = try (0...roll(3)).map { _ in try any(contacts) }
    if groups.isEmpty || roll(4) == 0 {
      let made: GroupView = try world.call(
        .groupCreate(GroupCreate(name: "G\(count)", repID: maybe(reps[0]), contactIDs: maybe(some))))
      groups.append(made.groupID)
    } else if roll(5) == 0 {
      let _: GroupView = try world.call(
        .groupCreate(
          GroupCreate(
            name: "G\(count)",
            conditions: [
              GroupCondition(tags: ["t\(roll(3))"], not: maybe(true)),
              GroupCondition(attribute: "city", atLeast: maybe("C5"), not: maybe(false)),
            ])))
    } else {
      let group = GroupRef.id(try any(groups))
      try run(
        roll(2) == 0
          ? .groupAdd(GroupAdd(group: group, contactIDs: some))
          : .groupRemove(GroupRemove(group: group, contactIDs: some)))
    }
  }

  private func rep() throws {
    if roll(5) == 0 {
      reps.append(try world.addRep("R\(count)"))
    } else {
      let active = roll(4) != 0
      try run(
        .repUpdate(
          RepUpdate(
            repID: any(reps), name: maybe("R\(count)"),
            email: roll(2) == 0 ? EmailAddress("r\(count)@acme.example") : nil,
            alertBy: maybe(roll(2) == 0 ? AlertBy.text : AlertBy.none), active: maybe(active))))
    }
    try world.finishJobs()
  }

  private func member() throws {
    guard let known = members.randomElement(using: &random), roll(3) > 0 else {
      let login = "m\(count)"
      let rep = try maybe(any(reps))
      guard
        case .success(let json) = try world.reply(
          to: .memberAdd(MemberAdd(login: login, name: "M\(count)", roles: [.rep], repID: rep)))
      else { return }
      members.append(try ContractJSON.decode(MemberView.self, from: json).memberID)
      return
    }
    let active = roll(3) != 0
    guard roll(2) == 0 else {
      return try run(
        .memberUpdate(MemberUpdate(memberID: known, name: maybe("N\(count)"), active: maybe(active))))
    }
    guard case .success(let json) = try world.reply(to: .memberInvite(MemberInvite(memberID: known))),
      roll(2) == 0
    else { return }
    let token = try ContractJSON.decode(MemberInviteResult.self, from: json).token
    let (salt, proof) = (Array(repeating: UInt8(1), count: 16), Array(repeating: UInt8(2), count: 32))
    try run(
      .sessionEnrol(
        SessionEnrol(
          token: token, salt: Base64URL.text(of: salt), proof: Base64URL.text(of: proof), device: "d")))
  }

  private func queue() throws {
    switch roll(6) {
    case 0:
      let made: QueueView = try world.call(
        .queueAdd(
          QueueAdd(
            name: "Q\(count)", capacity: 1 + roll(3), dispositionRequired: maybe(true),
            dispositions: [DispositionChoice(disposition: "done", label: "Done \(count)")])))
      queues.append(made.queueID)
    case 1:
      try run(
        .queueUpdate(
          QueueUpdate(
            queueID: any(queues), answerWithinS: 10 + roll(300),
            dispositions: [DispositionChoice(disposition: "done", label: "Done \(count)")])))
    case 2 where agents.count < 4:
      agents.append(try world.signIn("agent\(count)", roll(2) == 0 ? [.agent] : [.agent, .supervisor]))
    case 3: try run(.queueLeave(QueueLeave(queueID: any(queues), memberID: agents.first?.id ?? MemberID(99))))
    case 4:
      try run(
        .numberSetQueue(NumberSetQueue(number: world.number(any(numbers)), queueID: maybe(any(queues)))))
      try world.finishJobs()
    default:
      guard let agent = agents.randomElement(using: &random) else { return }
      try run(.queueJoin(QueueJoin(queueID: any(queues), memberID: agent.id)))
    }
  }

  /// What people who answer queues do in threads.
  private func work() throws {
    guard let agent = agents.randomElement(using: &random),
      let conversation = model.conversations.keys.sorted().randomElement(using: &random)
    else { return try queue() }
    let caller = roll(3) == 0 ? World.admin : agent.caller
    func act(_ command: Command) throws { _ = try world.reply(to: command, as: caller) }
    switch roll(17) {
    case 11: try template()
    case 15: try keyword()
    case 12, 13: try lead()
    case 14: try absence()
    case 0: try world.be(any(Presence.allCases), agent)
    case 1: try act(.serveNext(ServeNext()))
    case 2: try act(.conversationTake(ConversationTake(conversationID: conversation)))
    case 3: try act(.conversationRelease(ConversationRelease(conversationID: conversation)))
    case 4:
      let queue = try maybe(any(queues))
      try act(
        .conversationTransfer(
          ConversationTransfer(
            conversationID: conversation, memberID: queue == nil ? any(agents).id : nil, queueID: queue)))
    case 5:
      let due = Timestamp(milliseconds: world.now + 1 + Int64(roll(200_000)))
      try act(
        .conversationSnooze(
          ConversationSnooze(conversationID: conversation, dueAt: due, keep: maybe(true))))
    case 6: try act(.conversationWake(ConversationWake(conversationID: conversation)))
    case 7: try act(.dispositionAdd(DispositionAdd(conversationID: conversation, disposition: "done")))
    case 8:
      try act(
        .conversationAssign(ConversationAssign(conversationID: conversation, queueID: any(queues))))
    case 9, 10: try act(.noteAdd(NoteAdd(conversationID: conversation, text: "Note \(count)")))
    default:
      try act(
        .conversationComplete(
          ConversationComplete(
            conversationID: conversation, disposition: maybe("done"), serveNext: maybe(true))))
    }
  }

  private func template() throws {
    guard roll(4) > 0 else {
      return try run(.templateRemove(TemplateRemove(templateID: TemplateID(Int64(1 + roll(count))))))
    }
    try run(
      .templatePut(
        TemplatePut(
          name: "T\(roll(4))", text: "Hello {{first_name}}, \(count)", defaults: maybe(["first_name": "you"]),
          queueID: maybe(any(queues)))))
  }

  private func keyword() throws {
    guard roll(4) > 0 else {
      return try run(.keywordRemove(KeywordRemove(keywordID: KeywordID(Int64(1 + roll(count))))))
    }
    try run(
      .keywordPut(
        KeywordPut(
          keyword: "JOIN", number: maybe(world.number(any(numbers))), consentText: "Text it, \(count)",
          tag: maybe("joined"), answer: maybe("{{brand}}: hello, \(count)"))))
  }

  func lead() throws {
    let known = model.leads.keys.sorted().randomElement(using: &random) ?? LeadID(1)
    switch roll(5) {
    case 0, 1:
      try run(
        .leadCreate(
          LeadCreate(
            ref: "lead-\(roll(12))", firstName: "L", cellPhone: maybe(any(phones)), workPhone: any(phones),
            attributes: maybe(["city": "L\(count)"]), leadSource: "form \(roll(3))", repID: maybe(any(reps))))
      )
    case 2: try run(.leadAssign(LeadAssign(leadID: known, repID: any(reps))))
    case 3: try run(.leadMarkHot(LeadMarkHot(leadID: known)))
    default: try run(.leadClose(LeadClose(leadID: known, note: maybe("n\(count)"))))
    }
  }

  /// Hours that begin and end within the story, whose steps are minutes.
  private func calendar() throws {
    guard roll(4) > 0 else { return try run(.calendarClear(CalendarClear(repID: any(reps)))) }
    let minute = Int(world.now / 60_000 % 1_440)
    func time(_ minute: Int) -> String {
      "\(minute / 60 % 24 + 100)".dropFirst() + ":" + "\(minute % 60 + 100)".dropFirst()
    }
    let (from, queue) = (minute + roll(20), try any(queues))
    try run(
      .calendarSet(
        CalendarSet(
          repID: any(reps), timeZone: "UTC",
          hours: [CalendarHours(days: Weekday.allCases, from: time(from), to: time(from + 1 + roll(60)))],
          delegateQueueID: maybe(queue), reply: maybe("I am off, \(count)"))))
  }

  private func absence() throws {
    if roll(4) == 0 { return try calendar() }
    if roll(3) == 0 {
      try run(.absenceClear(AbsenceClear(absenceID: AbsenceID(Int64(1 + roll(model.absences.count + 1))))))
    } else {
      let starts = world.now + Int64(roll(200_000))
      let delegate = roll(3)
      let (rep, queue) = (try any(reps), try any(queues))
      try run(
        .absenceSet(
          AbsenceSet(
            repID: any(reps), startsAt: maybe(Timestamp(milliseconds: starts)),
            endsAt: maybe(Timestamp(milliseconds: starts + 1 + Int64(roll(400_000)))),
            delegateRepID: delegate == 0 ? rep : nil, delegateQueueID: delegate == 1 ? queue : nil,
            reply: maybe("I am away, \(count)"))))
    }
    if roll(2) == 0 { try world.finishJobs() }
  }

  private func number() throws {
    let number = try world.number(any(numbers))
    switch roll(7) {
    case 0: try run(.numberPause(NumberPause(number: number)))
    case 1: try run(.numberResume(NumberResume(number: number)))
    case 2: try run(.numberSetRate(NumberSetRate(number: number, rate: 1 + roll(20))))
    case 3:
      let routes = [
        NumberRoute(carrier: "alpha"), NumberRoute(carrier: "beta", direction: .receive, priority: 1),
      ]
      try run(.numberSetRoutes(NumberSetRoutes(number: number, routes: routes)))
    case 4:
      let added = "+1888555\(2000 + count)"
      try world.addNumber(added, rep: maybe(any(reps)))
      numbers.append(added)
    default:
      try run(.numberAssign(NumberAssign(number: number, repID: maybe(any(reps)), home: maybe(roll(2) == 0))))
    }
    try world.finishJobs()
  }

  private func assign() throws {
    guard let conversation = model.conversations.keys.sorted().randomElement(using: &random) else { return }
    try run(.conversationAssign(ConversationAssign(conversationID: conversation, repID: any(reps))))
  }

  private func consent() throws {
    let kind: ConsentKind = roll(2) == 0 ? .optOut : .optIn
    let number = try world.number(any(numbers))
    try run(
      .consentRecord(
        ConsentRecord(
          phone: world.typed(any(phones)), kind: kind, scope: roll(2) == 0 ? .brand : .number, number: number,
          evidence: "said so")))
  }

  private func campaign() throws {
    guard campaigns.isEmpty || roll(2) == 0 else {
      let id = try any(campaigns)
      switch roll(3) {
      case 0: try run(.campaignPause(CampaignPause(campaignID: id)))
      case 1: try run(.campaignResume(CampaignResume(campaignID: id)))
      default: try run(.campaignCancel(CampaignCancel(campaignID: id)))
      }
      return
    }
    let text = roll(2) == 0 ? "Hi \(count)" : "Hi {{first_name}}, \(count)"
    let plan = Command.campaignPlan(
      CampaignPlan(
        audience: Audience(all: true), text: text, defaults: ["first_name": "there"], copyToRep: true,
        metadata: maybe(["wave": "\(count)"]),
        idempotencyKey: world.nextKey()))
    guard case .success(let json) = try world.reply(to: plan) else { return }
    let planned = try ContractJSON.decode(CampaignPlanResult.self, from: json)
    try run(.campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: world.nextKey())))
    campaigns.append(planned.campaignID)
  }

  /// As after `kill -9`: what was with the loop is unknown.
  private func restart() throws {
    try world.restart()
    flights = []
  }

  // MARK: What the queries say

  private func pages<Item>(_ page: (PageCursor?) throws -> Page<Item>) throws -> [Item] {
    var items: [Item] = []
    var cursor: PageCursor?
    repeat {
      let next = try page(cursor)
      items += next.items
      cursor = next.next
    } while cursor != nil
    return items
  }

  func compare() throws {
    // What was held back of the campaigns' counts is told within half a second.
    world.now += 1_000
    try world.housekeep()
    for event in try world.events() { model.apply(event) }
    let campaigns: [CampaignView] = try pages { try world.ask(.campaignList(CampaignList(cursor: $0))) }
    expectSame(
      campaigns.map(\.asReplayed).sorted { $0.campaignID < $1.campaignID },
      model.campaigns.values.map(\.asReplayed).sorted { $0.campaignID < $1.campaignID })
    let contacts: [ContactView] = try pages { try world.ask(.contactList(ContactList(cursor: $0))) }
    #expect(contacts == model.shownContacts)
    let groups: [GroupView] = try pages { try world.ask(.groupList(GroupList(cursor: $0))) }
    #expect(groups == model.shownGroups)
    for group in groups {
      let members: [ContactView] = try pages {
        try world.ask(.contactList(ContactList(group: .id(group.groupID), cursor: $0)))
      }
      let expected =
        group.conditions.map { conditions in
          Set(
            model.shownContacts.filter { contact in conditions.allSatisfy { $0.fits(contact) } }
              .map(\.contactID))
        } ?? model.members[group.groupID] ?? []
      #expect(Set(members.map(\.contactID)) == expected)
    }
    let reps: [RepView] = try pages { try world.ask(.repList(RepList(cursor: $0))) }
    #expect(reps.map(\.asReplayed) == model.shownReps)
    let people: [MemberView] = try pages { try world.ask(.memberList(MemberList(cursor: $0))) }
    // An invite that has run out is not shown any more, and nothing changed.
    let now = Timestamp(milliseconds: world.now)
    let told = model.memberViews.values.map { view in
      var view = view
      if let until = view.invitedUntil, until <= now { view.invitedUntil = nil }
      return view
    }
    #expect(people == told.sorted { $0.memberID < $1.memberID })
    let queues: [QueueView] = try pages { try world.ask(.queueList(QueueList(cursor: $0))) }
    #expect(queues == model.shownQueues(queues))
    let outcomes: [DispositionView] = try pages {
      try world.ask(.dispositionList(DispositionList(cursor: $0)))
    }
    #expect(outcomes == model.dispositions)
    let notes: [NoteView] = try pages { try world.ask(.noteList(NoteList(cursor: $0))) }
    #expect(notes == model.notes)
    let templates: [TemplateView] = try pages { try world.ask(.templateList(TemplateList(cursor: $0))) }
    #expect(templates == model.templates.values.sorted { $0.templateID < $1.templateID })
    let leads: [LeadView] = try pages { try world.ask(.leadList(LeadList(cursor: $0))) }
    #expect(leads == model.leads.values.sorted { $0.leadID < $1.leadID })
    let absences: [AbsenceView] = try pages { try world.ask(.absenceList(AbsenceList(cursor: $0))) }
    #expect(absences == model.absences.values.sorted { $0.absenceID < $1.absenceID })
    let calendars: [CalendarView] = try pages { try world.ask(.calendarList(CalendarList(cursor: $0))) }
    #expect(calendars == model.calendars.values.sorted { $0.repID < $1.repID })
    let keywords: [KeywordView] = try pages { try world.ask(.keywordList(KeywordList(cursor: $0))) }
    #expect(keywords == model.keywords.values.sorted { $0.keywordID < $1.keywordID })
    let numbers: [NumberView] = try pages { try world.ask(.numberList(NumberList(cursor: $0))) }
    #expect(numbers.map(\.asReplayed) == model.shownNumbers)
    let conversations: [ConversationView] = try pages {
      try world.ask(.conversationList(ConversationList(cursor: $0)))
    }
    expectSame(conversations.sorted { $0.conversationID < $1.conversationID }, model.shownConversations)
    #expect(model.conversations.values.contains { $0.lastReadMessageID != nil } || count < 120)
    let messages: [MessageView] = try pages { try world.ask(.messageList(MessageList(cursor: $0))) }
    expectSame(
      messages.sorted { $0.messageID < $1.messageID }.map(\.asReplayed), model.shownMessages.map(\.asReplayed)
    )
  }

  private func expectSame<Item: Equatable>(_ asked: [Item], _ replayed: [Item]) {
    #expect(asked.count == replayed.count)
    for (one, other) in zip(asked, replayed) where one != other {
      Issue.record("asked \(one), replayed \(other)")
      return
    }
  }
}

@Suite(.worlds) struct ReplayTests {
  @Test(
    "Whoever reads the feed from its beginning knows what the queries show, whatever happens",
    arguments: 1...8)
  func theFeedIsComplete(seed: Int) throws {
    let company = try Company(seed: UInt64(seed))
    for round in 1...300 {
      try company.step()
      if round % 60 == 0 { try company.compare() }
    }
    let types = Set(EventType.allCases).subtracting([.bindStateChanged, .dataReceived])
    func hasSent() -> Bool {
      company.model.messages.values.contains { $0.class == .campaign && $0.sentAt != nil }
    }
    for _ in 0..<4_000 where !hasSent() || !company.told.isSuperset(of: types) { try company.step() }
    #expect(hasSent() && types.subtracting(company.told) == [])
    try company.compare()
  }
}
