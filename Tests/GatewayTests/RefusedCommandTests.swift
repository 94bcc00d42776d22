import Contract
import SMPP
import Store
import Testing

@testable import Gateway

/// A command decides, and then changes: one that is refused has changed nothing, in the store or in memory.
@Suite(.worlds) struct RefusedCommandTests {
  private static let unknownNumber = "+18885550199"
  private static let long = String(repeating: "0123456789", count: 20)

  /// A company with something of everything that a command may name.
  private struct Company {
    let world: World
    var anna: RepID
    var alice: ContactID
    var running: CampaignID
    var planned: CampaignID
    var conversation: ConversationID
    /// Of two parts, whose outcome is unknown; the session of the second stands.
    var unresolved: MessageID

    init() throws {
      world = try World.company()
      anna = RepID(1)
      try world.addNumber(Cast.bensNumber)
      alice = try world.addContact(Cast.customer, first: "Alice", owner: anna, tags: ["vip"])
      let _: GroupView = try world.call(
        .groupCreate(GroupCreate(name: "Spring", contactIDs: [alice])))
      let _: FeedSubscribeResult = try world.call(
        .feedSubscribe(FeedSubscribe(consumer: "desk", start: .oldest)))
      running = try world.campaign("Hello")
      let plan: CampaignPlanResult = try world.call(world.plan("Again", Audience(all: true)))
      planned = plan.campaignID
      let sent = try world.send(RefusedCommandTests.long, to: Cast.stranger)
      (unresolved, conversation) = (sent.messageID, sent.conversationID)
      let parts = try world.claim()
      try #require(parts.count == 2)
      try world.lose(parts[0])
      try world.take(.overdue(parts[1].ref, at: world.now))
      try world.receive("Hello", to: RefusedCommandTests.unknownNumber)
    }

    /// Every command with calls that are refused, as late in the decision as can be.
    func refused() throws -> [Command] {
      let ours = try world.number(Cast.annasNumber)
      let unknown = try world.number(RefusedCommandTests.unknownNumber)
      let nobody = RepID(99)
      let noContact = ContactID(99)
      let noCampaign = CampaignID(99)
      let newPhone = try world.typed("+12025550177")
      return [
        .feedSubscribe(FeedSubscribe(consumer: "new", start: .cursor(Cursor(1_000_000)))),
        .feedAck(FeedAck(consumer: "desk", cursor: Cursor(1_000_000))),
        .feedForget(FeedForget(consumer: "nobody")),
        try world.message("Hello", from: RefusedCommandTests.unknownNumber),
        try world.message(String(repeating: RefusedCommandTests.long, count: 20), to: "+12025550178"),
        try world.message("Hello", notAfter: world.now - 1),
        .messageSendMany(MessageSendMany(messages: [])),
        .conversationMarkRead(
          ConversationMarkRead(conversationID: conversation, messageID: MessageID(9_999))),
        .campaignPlan(CampaignPlan(audience: Audience(tag: "none"), text: "Hi", idempotencyKey: "plan")),
        .campaignCommit(CampaignCommit(campaignID: running, idempotencyKey: "commit")),
        .campaignPause(CampaignPause(campaignID: planned)),
        .campaignResume(CampaignResume(campaignID: planned)),
        .campaignCancel(CampaignCancel(campaignID: noCampaign)),
        .numberAdd(NumberAdd(number: TypedPhone(unknown), carrier: "alpha", rate: 10, repID: nobody)),
        .numberAdd(NumberAdd(number: TypedPhone(unknown), carrier: "nobody", rate: 10)),
        .numberImport(NumberImport(numbers: [])), .repImport(RepImport(reps: [])),
        .consentImport(ConsentImport(optOuts: [])),
        .numberSetRate(NumberSetRate(number: ours, rate: 0)),
        .numberSetRoutes(
          NumberSetRoutes(number: ours, routes: [NumberRoute(carrier: "beta"), NumberRoute(carrier: "none")])),
        .numberPause(NumberPause(number: unknown)),
        .numberResume(NumberResume(number: unknown)),
        .numberAssign(NumberAssign(number: ours, repID: nobody)),
        .repAdd(RepAdd(name: "Carl", number: TypedPhone(unknown), mobile: newPhone)),
        .repUpdate(
          RepUpdate(repID: anna, name: "Anne", mobile: try world.typed(Cast.bensNumber), active: false)),
        .contactUpsert(ContactUpsert(contacts: [])),
        .contactTag(ContactTag(contactIDs: [alice, noContact], tag: "new")),
        .contactUntag(ContactUntag(contactIDs: [alice, noContact], tag: "vip")),
        .groupCreate(GroupCreate(name: "Autumn", contactIDs: [alice, noContact])),
        .groupAdd(GroupAdd(group: .name("Spring"), contactIDs: [alice, noContact])),
        .groupAdd(GroupAdd(group: .name("Spring"), contactIDs: Array(repeating: alice, count: 501))),
        .groupCreate(GroupCreate(name: "Autumn", idempotencyKey: String(repeating: "k", count: 201))),
        .groupRemove(GroupRemove(group: .name("Spring"), contactIDs: [alice, noContact])),
        .consentRecord(
          ConsentRecord(phone: newPhone, kind: .optOut, scope: .number, evidence: "by phone")),
        .conversationAssign(ConversationAssign(conversationID: conversation, repID: nobody)),
        .unknownResolve(UnknownResolve(messageID: unresolved, resolution: .retry, note: "nothing came")),
        .quarantineRelease(QuarantineRelease(quarantineID: 1)),
        .quarantineForget(QuarantineForget(quarantineID: 2)),
        .memberAdd(MemberAdd(login: "carl", name: "Carl", roles: [.rep], repID: nobody)),
        .memberUpdate(MemberUpdate(memberID: MemberID(99), name: "Carl")),
        .memberInvite(MemberInvite(memberID: MemberID(99))),
        .sessionEnrol(
          SessionEnrol(
            token: Secrets(SystemRandomNumberGenerator()).token(), salt: "short", proof: "short",
            device: "a phone")),
        .sessionOpen(SessionOpen(login: "carl", proof: "short", device: "a phone")),
        .sessionClose(SessionClose()),
        .sessionRedeem(
          SessionRedeem(token: Secrets(SystemRandomNumberGenerator()).linkToken(), device: " ")),
        .emailSettle(EmailSettle(emailID: EmailID(99), outcome: .sent)),
        .repUpdate(RepUpdate(repID: anna, alertBy: .email)),
        .memberPresence(MemberPresence(memberID: MemberID(99), presence: .available)),
        .numberSetQueue(NumberSetQueue(number: ours, queueID: QueueID(99))),
        .queueAdd(QueueAdd(name: "DEFAULT", capacity: 3)),
        .queueUpdate(
          QueueUpdate(
            queueID: QueueID(1), name: "Line",
            dispositions: [
              DispositionChoice(disposition: "a", label: "A"),
              DispositionChoice(disposition: "a", label: "B"),
            ])),
        .queueJoin(QueueJoin(queueID: QueueID(1), memberID: MemberID(99))),
        .queueLeave(QueueLeave(queueID: QueueID(1), memberID: MemberID(99))),
        .serveNext(ServeNext()), .serveWithdraw(ServeWithdraw()),
        .conversationAssign(ConversationAssign(conversationID: conversation, queueID: QueueID(99))),
        .conversationTake(ConversationTake(conversationID: conversation)),
        .conversationRelease(ConversationRelease(conversationID: conversation)),
        .conversationTransfer(ConversationTransfer(conversationID: conversation, queueID: QueueID(1))),
        .conversationSnooze(
          ConversationSnooze(conversationID: conversation, dueAt: Timestamp(milliseconds: world.now))),
        .conversationWake(ConversationWake(conversationID: conversation)),
        .conversationComplete(ConversationComplete(conversationID: conversation)),
        .dispositionAdd(DispositionAdd(conversationID: conversation, disposition: "a")),
        .noteAdd(NoteAdd(conversationID: conversation, text: " ")),
        .templatePut(TemplatePut(name: "Hi", text: "Hi {{first name}}")),
        .templateRemove(TemplateRemove(templateID: TemplateID(99))),
        .calendarSet(
          CalendarSet(
            repID: anna, timeZone: "EST", hours: [CalendarHours(days: [.mon], from: "09:00", to: "17:00")])),
        .calendarClear(CalendarClear(repID: anna)),
        .keywordPut(KeywordPut(keyword: "Stop please", consentText: "Text it.")),
        .keywordRemove(KeywordRemove(keywordID: KeywordID(99))),
        .leadCreate(
          LeadCreate(firstName: "Zoe", cellPhone: "+12025550177", leadSource: "form", repID: nobody)),
        .leadAssign(LeadAssign(leadID: LeadID(99), repID: anna)),
        .leadClaim(LeadClaim(leadID: LeadID(99))), .leadMarkHot(LeadMarkHot(leadID: LeadID(99))),
        .leadClose(LeadClose(leadID: LeadID(99))),
        .absenceSet(
          AbsenceSet(repID: anna, delegateQueueID: QueueID(1), reply: "Hi {{first_name}}, I am away")),
        .absenceSet(AbsenceSet(repID: anna, delegateRepID: anna)),
        .absenceClear(AbsenceClear(repID: anna)),
        .draftPut(DraftPut(conversationID: conversation, text: "Hi")),
        .leaseHold(LeaseHold(conversationID: conversation)),
        .leaseDrop(LeaseDrop(conversationID: conversation)),
      ] + concernsEveryNumber(newPhone)
    }

    /// What a role that has some of the numbers may not do.
    private func concernsEveryNumber(_ phone: TypedPhone) -> [Command] {
      [
        .pause(Pause()), .resume(Resume()), .goLive(GoLive(live: false)),
        .testPhoneAdd(TestPhoneAdd(phones: [phone])),
        .testPhoneRemove(TestPhoneRemove(phones: [phone])), .clockAccept(ClockAccept()),
      ]
    }

    /// Who is refused.
    func caller(of command: Command) throws -> Requester {
      switch command {
      case .pause, .resume, .goLive, .testPhoneAdd, .testPhoneRemove, .clockAccept:
        Requester(role: "sales", uid: 1, numbers: [try world.number(Cast.annasNumber)])
      default: World.admin
      }
    }
  }

  @Test func everyCommandThatIsRefusedLeavesStoreAndMemoryAsTheyWere() throws {
    let company = try Company()
    let world = company.world
    // What an empty batch does is done.
    try world.batch { _ in }
    var left: Set<Method> = Set(Method.allCases.filter { $0.description.kind == .command })
    for command in try company.refused() {
      let caller = try company.caller(of: command)
      let before = (memory: try world.memory(), changes: try world.gateway.store.totalChanges)
      let reply = try world.reply(to: command, as: caller)
      guard case .failure(let error) = reply else {
        Issue.record("\(command.method.rawValue) was not refused")
        continue
      }
      #expect(error.code != .internalError, "\(command.method.rawValue)")
      #expect(try world.gateway.store.totalChanges == before.changes, "\(command.method.rawValue)")
      let after = try world.memory()
      #expect(Set(after).symmetricDifference(before.memory).sorted() == [], "\(command.method.rawValue)")
      left.remove(command.method)
    }
    #expect(left == [], "each is refused once at least")
    #expect(try world.memory().count > 300, "memory is read")
  }

  /// The contacts of one call are decided each by itself.
  @Test func aContactThatIsRefusedLeavesNothing() throws {
    let world = try World.company()
    try world.batch { _ in }
    let changes = try world.gateway.store.totalChanges
    let memory = try world.memory()
    let result: ContactUpsertResult = try world.call(
      .contactUpsert(
        ContactUpsert(contacts: [
          ContactInput(phones: [Cast.customer], repID: RepID(99)), ContactInput(phones: ["12"]),
          ContactInput(phones: [Cast.annasNumber], tags: ["new"]),
        ])))
    #expect(result.refused == 3)
    #expect(try world.gateway.store.totalChanges == changes && world.memory() == memory)
  }

  @Test func theMobileOfARepWhoWasRefusedMayBeGivenToAnother() throws {
    let world = try World.company()
    let mobile = try world.typed(Cast.annasMobile)
    let typo = Command.repAdd(
      RepAdd(name: "Ben", number: try world.typed(Self.unknownNumber), mobile: mobile))
    #expect(try world.code(of: typo) == .notFound)
    let added: RepView = try world.call(.repAdd(RepAdd(name: "Carl", mobile: mobile)))
    #expect(added.name == "Carl")
  }
}
