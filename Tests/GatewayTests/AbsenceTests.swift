import Contract
import Settings
import Testing

@testable import Gateway

/// While a rep is away the rep owns nothing, everything has an owner, and at the end all comes back.
@Suite(.worlds) struct AbsenceTests {
  private static let minute: Int64 = 60_000
  private static let hour: Int64 = 3_600_000
  private static let day: Int64 = 86_400_000
  private static let reply = "I am away until Monday; my colleagues will answer."

  private static func phone(_ index: Int) -> String { "+1202555\(1_000 + index)" }

  /// Anna, Ben and Carl, each with a number; the local number is nobody's.
  private struct Company {
    let world: World
    let (anna, ben, carl): (RepID, RepID, RepID)

    init(_ change: (inout GatewaySettings) -> Void = { _ in }) throws {
      world = try World(change)
      anna = try world.addAnna(mobile: Cast.annasMobile)
      ben = try world.addRep("Ben", number: Cast.bensNumber)
      carl = try world.addRep("Carl", number: "+18885550104")
      try world.addNumber(Cast.localNumber)
    }

    @discardableResult
    func away(
      _ rep: RepID, from: Int64? = nil, until: Int64? = nil, to delegate: RepID? = nil,
      queue: QueueID? = nil, reply: String? = nil, id: AbsenceID? = nil, as caller: Requester = World.admin
    ) throws -> AbsenceView {
      try world.call(
        .absenceSet(set(rep, from: from, until: until, to: delegate, queue: queue, reply: reply, id: id)),
        as: caller)
    }

    func set(
      _ rep: RepID?, from: Int64? = nil, until: Int64? = nil, to delegate: RepID? = nil,
      queue: QueueID? = nil, reply: String? = nil, id: AbsenceID? = nil
    ) -> AbsenceSet {
      AbsenceSet(
        absenceID: id, repID: rep, startsAt: from.map { Timestamp(milliseconds: world.now + $0) },
        endsAt: until.map { Timestamp(milliseconds: world.now + $0) }, delegateRepID: delegate,
        delegateQueueID: queue, reply: reply)
    }

    @discardableResult
    func back(_ rep: RepID, as caller: Requester = World.admin) throws -> AbsenceView {
      try world.call(.absenceClear(AbsenceClear(repID: rep)), as: caller)
    }

    func restart() throws {
      try world.restart()
      _ = try world.gateway.introduce()
    }

    /// Time passes, and what is due is done, with its walks.
    func pass(_ milliseconds: Int64) throws {
      world.now += milliseconds
      try world.housekeep()
      try world.finishJobs()
    }

    /// The thread of a phone with a number, in which the phone writes.
    @discardableResult
    func text(
      _ phone: String = Cast.customer, to number: String = Cast.annasNumber, _ text: String = "Hello?"
    )
      throws -> ConversationID
    {
      try world.receive(text, from: phone, to: number)
      return try #require(try world.events().received.last).conversationID
    }

    func view(_ conversation: ConversationID) throws -> ConversationView {
      try world.ask(.conversationGet(ConversationGet(conversationID: conversation)))
    }

    /// Who has a thread: a rep, else a queue; and for whom.
    func owner(_ conversation: ConversationID) throws -> [String?] {
      let view = try view(conversation)
      #expect((view.repID == nil) != (view.queueID == nil), "never without an owner")
      return [view.repID?.description ?? view.queueID?.description, view.absentRepID?.description]
    }

    func changes() throws -> [AbsenceChange] {
      try world.events().compactMap { if case .absenceChanged(let event) = $0 { event.change } else { nil } }
    }

    /// Memory is what a start would read, and the store is whole.
    func check() throws {
      let found = try MemoryAudit(world.gateway).differences()
      #expect(found == [])
      #expect(try world.audit() == [])
    }

    /// What leaves to a phone that is a reply, and everything else is taken out.
    func replies(from number: String = Cast.annasNumber) throws -> [String] {
      try world.claim(from: number).compactMap { segment in
        try world.answer(segment)
        return segment.text == AbsenceTests.reply ? PhoneNumber(packed: segment.phone)?.description : nil
      }
    }
  }

  // MARK: Threads go, and come back

  @Test func whenARepGoesAllThreadsGoToTheDelegateAndNewTextsAtOnceAndAtTheEndAllComesBack() throws {
    let company = try Company()
    let world = company.world
    let known = try company.text()
    let (anna, ben) = (company.anna.description, company.ben.description)
    #expect(try company.owner(known) == [anna, nil])
    try company.away(company.anna, until: Self.day, to: company.ben)
    // The walk has not begun: a text finds the owner by itself, in a thread that is there and in a new one.
    #expect(try company.owner(known) == [anna, nil])
    try company.text()
    #expect(try company.owner(known) == [ben, anna])
    let new = try company.text(Self.phone(1))
    #expect(try company.owner(new) == [ben, anna])
    try world.finishJobs()
    try company.check()
    let rep: RepView = try world.ask(.repGet(RepGet(repID: company.anna)))
    #expect(rep.away && rep.awayUntil?.milliseconds == world.now + Self.day)
    try company.pass(Self.day - 1)
    #expect(try company.owner(known) == [ben, anna])
    try company.pass(1)
    #expect(try company.owner(known) == [anna, nil] && company.owner(new) == [anna, nil])
    let back: RepView = try world.ask(.repGet(RepGet(repID: company.anna)))
    #expect(!back.away && back.awayUntil == nil)
    try company.check()
  }

  @Test func anAbsenceThatIsPlannedBeginsAndEndsByItselfAndTheFeedTellsEachStep() throws {
    let company = try Company()
    let thread = try company.text()
    let set = try company.away(company.anna, from: Self.hour, until: Self.day, queue: QueueID(1), reply: "Hi")
    #expect(set.state == .planned && set.reply == "Hi" && set.delegateQueueID == QueueID(1))
    #expect(try company.changes() == [.set])
    try company.pass(Self.hour - 1)
    #expect(try company.owner(thread) == [company.anna.description, nil] && company.changes() == [])
    try company.pass(1)
    #expect(try company.owner(thread) == ["q_1", company.anna.description])
    #expect(try company.changes() == [.started])
    try company.pass(Self.day - Self.hour)
    #expect(try company.owner(thread) == [company.anna.description, nil] && company.changes() == [.ended])
    let now = try company.away(company.anna)
    #expect(now.state == .inForce)
    #expect(try company.changes() == [.set, .started])
    #expect(try company.back(company.anna).endsAt?.milliseconds == company.world.now)
    #expect(try company.changes() == [.cleared])
    let list: Page<AbsenceView> = try company.world.ask(.absenceList(AbsenceList(state: .over)))
    #expect(list.items.map(\.absenceID) == [set.absenceID, now.absenceID])
    try company.check()
  }

  @Test func clearingBringsEverythingBackAtOnce() throws {
    let company = try Company()
    let threads = try (0..<3).map { try company.text(Self.phone($0)) }
    try company.away(company.anna)
    try company.world.finishJobs()
    #expect(try threads.allSatisfy { try company.owner($0) == ["q_1", company.anna.description] })
    try company.back(company.anna)
    #expect(try company.text(Self.phone(0)) == threads[0])
    #expect(try company.owner(threads[0]) == [company.anna.description, nil], "before the walk is through")
    try company.world.finishJobs()
    #expect(try threads.allSatisfy { try company.owner($0) == [company.anna.description, nil] })
    try company.check()
  }

  @Test func aThousandThreadsGoAndComeBackInSlicesAndATextMeanwhileAgrees() throws {
    let company = try Company()
    let world = company.world
    for index in 0..<1_000 { try world.receive("Hi", from: Self.phone(index), to: Cast.annasNumber) }
    func has(_ condition: String) throws -> Int64? {
      try world.stored("SELECT count(*) FROM conversation WHERE \(condition)")
    }
    let (anna, ben) = (company.anna.value, company.ben.value)
    try company.away(company.anna, to: company.ben)
    try world.batch { try $0.stepJob() }
    #expect(try has("owner_rep = \(ben)") == Int64(OwnershipJob.slice))
    for index in stride(from: 0, to: 1_000, by: 100) {
      try world.receive("Are you there?", from: Self.phone(index), to: Cast.annasNumber)
    }
    // Away and back and away again, while the walks are under way.
    try company.back(company.anna)
    try world.batch { try $0.stepJob() }
    try company.away(company.anna, to: company.ben)
    #expect(try world.gateway.parts.ground.jobs.all(OwnershipJob.self).count == 2, "one of each kind")
    try company.restart()
    try world.finishJobs()
    #expect(try has("owner_rep = \(ben) AND absent_rep = \(anna)") == 1_000)
    try company.check()
    try company.back(company.anna)
    try world.batch { try $0.stepJob() }
    #expect(try has("owner_rep = \(anna)") == Int64(OwnershipJob.slice))
    try world.finishJobs()
    #expect(try has("owner_rep = \(anna) AND absent_rep IS NULL") == 1_000)
    #expect(try world.stored("SELECT count(*) FROM ownership_walk") == 0)
    try company.check()
  }

  @Test func aThreadThatIsOpenedWhileTheRepIsAwayComesBackWithTheOthers() throws {
    let company = try Company()
    let world = company.world
    try company.away(company.anna, to: company.ben)
    let texted = try company.text(Self.phone(1))
    let sent = try world.send("Hi", to: Self.phone(2)).conversationID
    // By the contact's owner, on a number that nobody holds.
    try world.addContact(Self.phone(3), owner: company.anna)
    let contacts = try company.text(Self.phone(3), to: Cast.localNumber)
    for thread in [texted, sent, contacts] {
      #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    }
    try company.back(company.anna)
    try world.finishJobs()
    for thread in [texted, sent, contacts] {
      #expect(try company.owner(thread) == [company.anna.description, nil])
    }
  }

  @Test func anAssignmentByHandToSomebodyElseStaysAndOneToWhoIsAwayGoesWhereAllHerThreadsAre() throws {
    let company = try Company()
    let world = company.world
    let (others, hers) = (
      try company.text(Self.phone(1)), try company.text(Self.phone(2), to: Cast.localNumber)
    )
    try company.away(company.anna, to: company.ben)
    try world.finishJobs()
    func assign(_ thread: ConversationID, _ rep: RepID) throws -> ConversationView {
      try world.call(.conversationAssign(ConversationAssign(conversationID: thread, repID: rep)))
    }
    #expect(try assign(others, company.carl).repID == company.carl)
    let given = try assign(hers, company.anna)
    #expect(given.repID == company.ben && given.absentRepID == company.anna)
    try company.back(company.anna)
    try world.finishJobs()
    #expect(try company.owner(others) == [company.carl.description, nil])
    #expect(try company.owner(hers) == [company.anna.description, nil])
    try company.check()
  }

  @Test func whoGetsAThreadByHandForSomebodyWhoIsAwayIsAlertedAndWhoIsAwayIsNot() throws {
    let company = try Company()
    let world = company.world
    let _: RepView = try world.call(
      .repUpdate(RepUpdate(repID: company.ben, mobile: world.typed("+12125550112"))))
    try company.away(company.anna, to: company.ben)
    let thread = try company.text(Self.phone(2), to: Cast.localNumber)
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: thread, repID: company.anna)))
    try company.text(Self.phone(1))
    let phones = try (world.claim(from: Cast.annasNumber) + world.claim(from: Cast.bensNumber)).map(\.phone)
    #expect(phones == [12_125_550_112], "one now, the other with the next")
  }

  // MARK: Delegates who are not there

  @Test func aDelegateWhoIsAwayTooIsFollowedOnceAndThenItIsTheQueue() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    let anna = company.anna.description
    try company.away(company.anna, to: company.ben)
    try company.away(company.ben, to: company.carl)
    try world.finishJobs()
    #expect(try company.owner(thread) == [company.carl.description, anna])
    try company.away(company.carl)
    try world.finishJobs()
    #expect(try company.owner(thread) == ["q_1", anna], "not followed twice")
    try company.back(company.carl)
    try world.finishJobs()
    #expect(try company.owner(thread) == [company.carl.description, anna], "the chain is whole again")
    try company.back(company.ben)
    try world.finishJobs()
    #expect(try company.owner(thread) == [company.ben.description, anna])
    // Two who name each other.
    try company.away(company.ben, to: company.anna)
    try world.finishJobs()
    #expect(try company.owner(thread) == ["q_1", anna])
    try company.check()
  }

  @Test func aDelegateWhoBecomesInactiveAnswersNothingAndOneWhoComesBackDoes() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    let queue: QueueView = try world.call(.queueAdd(QueueAdd(name: "sales")))
    let _: NumberView = try world.call(
      .numberSetQueue(NumberSetQueue(number: world.number(Cast.annasNumber), queueID: queue.queueID)))
    try company.away(company.anna, to: company.ben)
    try world.finishJobs()
    func ben(_ active: Bool) throws {
      let _: RepView = try world.call(.repUpdate(RepUpdate(repID: company.ben, active: active)))
      try world.finishJobs()
    }
    try ben(false)
    #expect(try company.owner(thread) == [queue.queueID.description, company.anna.description])
    try ben(true)
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    try company.check()
  }

  @Test func anotherDelegateTakesOverWithoutTheRepComingBack() throws {
    let company = try Company()
    let thread = try company.text()
    let set = try company.away(company.anna, to: company.ben, reply: Self.reply)
    try company.world.finishJobs()
    _ = try company.changes()
    let again = try company.away(company.anna, until: Self.day, to: company.carl, id: set.absenceID)
    #expect(again.absenceID == set.absenceID && again.startsAt == set.startsAt && again.reply == nil)
    try company.world.finishJobs()
    #expect(try company.owner(thread) == [company.carl.description, company.anna.description])
    #expect(try company.changes() == [.set])
    // The same once more changes nothing, and tells nothing.
    #expect(try company.away(company.anna, until: Self.day, to: company.carl, id: set.absenceID) == again)
    #expect(try company.changes() == [])
    try company.pass(Self.day)
    #expect(try company.owner(thread) == [company.anna.description, nil])
  }

  // MARK: Reps and numbers that change meanwhile

  @Test func aRepWhoBecomesInactiveIsNotAwayAnyMoreAndNothingStaysWithTheDelegate() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    try company.away(company.anna, until: Self.hour, to: company.ben)
    try company.away(company.anna, from: Self.day)
    try world.finishJobs()
    _ = try company.changes()
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: company.anna, active: false)))
    #expect(try company.changes() == [.cleared, .cleared])
    try world.finishJobs()
    #expect(try company.owner(thread) == ["q_1", nil])
    #expect(try world.refusal(of: .absenceSet(company.set(company.anna))) == .repInactive)
    try company.check()
    try company.pass(2 * Self.day)
    #expect(try company.changes() == [])
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: company.anna, active: true)))
    try world.finishJobs()
    #expect(try company.owner(thread) == [company.anna.description, nil])
  }

  @Test func aNumberThatAnotherRepGetsMeanwhileIsThatReps() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    func give(_ rep: RepID) throws {
      let _: NumberView = try world.call(
        .numberAssign(NumberAssign(number: world.number(Cast.annasNumber), repID: rep)))
      try world.finishJobs()
    }
    try company.away(company.anna, to: company.ben)
    try give(company.carl)
    #expect(try company.owner(thread) == [company.carl.description, nil])
    // To whom stands in: the thread stays where it is, and is that rep's own now.
    try give(company.anna)
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    try give(company.ben)
    #expect(try company.owner(thread) == [company.ben.description, nil])
    try company.back(company.anna)
    try world.finishJobs()
    #expect(try company.owner(thread) == [company.ben.description, nil])
    try company.check()
  }

  // MARK: Time

  @Test func whatWasDueWhileTheDaemonWasDownIsDoneAtItsStart() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    try company.away(company.anna, from: Self.hour, until: 2 * Self.hour, to: company.ben)
    world.now += Self.hour
    try company.restart()
    #expect(try world.gateway.needsHousekeeping)
    try company.pass(0)
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    world.now += Self.hour
    try company.restart()
    try company.pass(0)
    #expect(try company.owner(thread) == [company.anna.description, nil])
    // One whose whole time went by, and one behind it at the same moment.
    try company.away(company.anna, from: Self.hour, until: 2 * Self.hour, to: company.ben)
    try company.away(company.anna, from: 2 * Self.hour, to: company.carl)
    _ = try company.changes()
    world.now += 3 * Self.hour
    try company.restart()
    try company.pass(0)
    #expect(try company.changes() == [.ended, .started])
    #expect(try company.owner(thread) == [company.carl.description, company.anna.description])
    try company.check()
  }

  @Test func oneAbsenceFollowsAnotherAtTheSameMomentAndOneBeginsBeforeHousekeepingHasEndedTheLast() throws {
    let company = try Company()
    let thread = try company.text()
    try company.away(company.anna, until: Self.hour, to: company.ben)
    try company.away(company.anna, from: Self.hour, until: 2 * Self.hour, to: company.carl)
    try company.world.finishJobs()
    try company.pass(Self.hour)
    #expect(try company.owner(thread) == [company.carl.description, company.anna.description])
    company.world.now += Self.hour
    _ = try company.changes()
    try company.away(company.anna, to: company.ben)
    #expect(try company.changes() == [.set, .ended, .started])
    try company.world.finishJobs()
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    try company.check()
  }

  @Test func aClockThatJumpsBeginsNoAbsenceUntilAPersonAcceptsIt() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    try company.away(company.anna, from: Self.day, to: company.ben)
    var steady: Int64 = 0
    try world.gateway.watchClock(wall: world.now) { steady }
    steady += 10
    try company.pass(2 * Self.day)
    #expect(try company.owner(thread) == [company.anna.description, nil])
    let _: ClockAcceptResult = try world.call(.clockAccept(ClockAccept()))
    try company.pass(0)
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
  }

  @Test func aBatchThatIsLostLeavesNobodyAway() throws {
    let company = try Company()
    let world = company.world
    let thread = try company.text()
    try company.away(company.anna, from: Self.hour, to: company.ben)
    world.now += Self.hour
    try world.fail { try $0.housekeep() }
    #expect(try MemoryAudit(world.gateway).differences() == [])
    #expect(try company.owner(try company.text()) == [company.anna.description, nil])
    try company.pass(0)
    #expect(try company.owner(thread) == [company.ben.description, company.anna.description])
    try company.check()
  }

  // MARK: The work in threads

  @Test func theWorkGoesWithTheThreadAndComesBackWhereverItStands() throws {
    let company = try Company()
    let world = company.world
    let (asked, answered, snoozed) = (
      try company.text(Self.phone(1)), try company.text(Self.phone(2)), try company.text(Self.phone(3))
    )
    try world.send("Yes", to: Self.phone(2))
    let due = Timestamp(milliseconds: world.now + 3 * Self.hour)
    let _: EpisodeChange = try world.call(
      .conversationSnooze(ConversationSnooze(conversationID: snoozed, dueAt: due, keep: true)))
    let since = try #require(try world.episode(asked)).since
    try company.away(company.anna, queue: QueueID(1))
    try world.finishJobs()
    func work(_ thread: ConversationID) throws -> [String?] {
      let row = try #require(try world.episode(thread))
      return [
        row.state.rawValue, row.queueID?.description, row.repID?.description, row.memberID?.description,
      ]
    }
    #expect(try work(asked) == ["waiting", "q_1", nil, nil] && world.episode(asked)?.since == since)
    #expect(try work(answered) == ["answered", "q_1", nil, nil])
    #expect(try work(snoozed) == ["snoozed", "q_1", nil, nil] && world.episode(snoozed)?.dueAt == due)
    // An agent is served what waited; what was answered waits with the next text.
    let agent = try world.agent("ana")
    #expect(try world.serve(agent).episode?.conversationID == asked)
    try company.text(Self.phone(2))
    #expect(try work(answered) == ["waiting", "q_1", nil, nil])
    try company.back(company.anna)
    try world.finishJobs()
    let anna = company.anna.description
    #expect(try work(asked) == ["to_answer", nil, anna, nil] && world.episode(asked)?.since == since)
    #expect(try work(answered) == ["to_answer", nil, anna, nil])
    try company.pass(3 * Self.hour)
    #expect(try work(snoozed) == ["to_answer", nil, anna, nil])
    try company.check()
  }

  // MARK: Replies

  @Test func eachContactGetsOneReplyOfAnAbsenceFromTheNumberThatWasTextedAndListsAndEventsSayWhatItIs() throws
  {
    let company = try Company()
    let world = company.world
    try world.addContact(Self.phone(7), owner: company.anna)
    let absence = try company.away(company.anna, until: Self.day, to: company.ben, reply: Self.reply)
    _ = try world.events()
    let thread = try company.text(Self.phone(1))
    try world.receive("Hello, hello?", from: Self.phone(1), to: Cast.annasNumber)
    try world.receive("Hi", from: Self.phone(7), to: Cast.localNumber)
    let events = try world.events()
    let queued = events.compactMap { if case .messageQueued(let event) = $0 { event } else { nil } }
    #expect(queued.map(\.class) == [.outOfOffice], "the second phone's; the first event was read before")
    #expect(try company.replies() == [Self.phone(1)])
    #expect(try company.replies(from: Cast.localNumber) == [Self.phone(7)])
    let list: Page<MessageView> = try world.ask(
      .conversationMessages(ConversationMessages(conversationID: thread)))
    let message = try #require(list.items.first { $0.direction == .outbound })
    #expect(message.class == .outOfOffice && message.from.description == Cast.annasNumber)
    #expect(message.notAfter?.milliseconds == message.createdAt.milliseconds + AbsenceReplies.lives)
    let why: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: message.messageID)))
    #expect(why.decisions.first?.detail == "the reply of a rep who is away, of \(absence.absenceID)")
    try company.restart()
    try company.pass(2 * Self.hour)
    try company.text(Self.phone(1), to: Cast.annasNumber, "Anybody?")
    #expect(try company.replies() == [], "a restart and hours forgive nothing")
    // The next absence has a reply of its own.
    try company.back(company.anna)
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(1), to: Cast.annasNumber, "Still away?")
    #expect(try company.replies() == [Self.phone(1)])
    // It is no answer of a person's.
    #expect(try world.episode(thread)?.state != .answered)
    try company.check()
  }

  @Test(arguments: ["STOP", "HELP", "START"]) func aKeywordIsObeyedAndGetsNoReply(word: String) throws {
    let company = try Company()
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(1), word)
    #expect(try company.replies() == [])
    try company.text(Self.phone(2), to: Cast.annasNumber, "stop by when you like")
    #expect(try company.replies() == [Self.phone(2)], "which is prose")
  }

  @Test func whoOptedOutGetsNoReplyAndOneThatWaitsIsCancelledByAStop() throws {
    let company = try Company()
    let world = company.world
    try world.receive("STOP", from: Self.phone(1), to: Cast.annasNumber)
    _ = try world.claim()
    world.now += Self.hour
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(1))
    #expect(try company.replies() == [])
    try company.text(Self.phone(2))
    try world.receive("STOP", from: Self.phone(2), to: Cast.annasNumber)
    #expect(try company.replies() == [])
  }

  @Test func theRepsOwnMobileAColleaguesAndAShortCodeGetNoReply() throws {
    let company = try Company()
    let world = company.world
    try company.away(company.anna, to: company.ben, reply: Self.reply)
    try world.receive("Any news?", from: Cast.annasMobile, to: Cast.annasNumber)
    try world.receive("Your code is 123456", from: "22000", to: Cast.annasNumber)
    try world.receive("One of ours", from: Cast.bensNumber, to: Cast.annasNumber)
    #expect(try company.replies() == [])
  }

  /// Two machines that answer each other.
  @Test func twoAutoRespondersDoNotAnswerEachOtherForEver() throws {
    let company = try Company()
    let world = company.world
    try company.away(company.anna, to: company.ben, reply: Self.reply)
    var replies = 0
    for _ in 0..<50 {
      // The other machine answers whatever comes, and goes on by itself.
      try company.text(Self.phone(1), to: Cast.annasNumber, "I am out of office \(world.now)")
      replies += try company.replies().count
      // Ours forgets: another absence, every minute.
      try company.back(company.anna)
      try company.away(company.anna, to: company.ben, reply: Self.reply)
      try world.finishJobs()
      world.now += Self.minute
    }
    #expect(replies <= 5, "one in ten minutes")
    #expect(replies >= 4)
  }

  @Test func thereIsNoReplyWithinTenMinutesOfAnotherAutomaticAnswerAndItCountsAsOne() throws {
    let company = try Company { $0.answersPerPhoneHour = 2 }
    let world = company.world
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(1), to: Cast.annasNumber, "HELP")
    let help = try world.claim()
    #expect(help.count == 1)
    for segment in help { try world.answer(segment) }
    world.now += AbsenceReplies.apart - 1
    try company.text(Self.phone(1))
    #expect(try company.replies() == [])
    world.now += 1
    try company.text(Self.phone(1))
    #expect(try company.replies() == [Self.phone(1)], "what was withheld is not used up")
    try company.text(Self.phone(1), to: Cast.annasNumber, "Info")
    #expect(try world.claim().isEmpty, "two an hour")
  }

  @Test func aReplyThatWaitsTooLongOrForTheEndOfTheAbsenceDoesNotLeave() throws {
    let company = try Company()
    let world = company.world
    try company.away(company.anna, until: 20 * Self.minute, reply: Self.reply)
    try company.text(Self.phone(1))
    world.now += 20 * Self.minute
    #expect(try company.replies() == [])
    try company.pass(0)
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(2))
    world.now += AbsenceReplies.lives
    #expect(try company.replies() == [])
    // Nor when the rep is back before the end that was planned.
    try company.text(Self.phone(3))
    let _: AbsenceView = try world.call(.absenceClear(AbsenceClear(repID: company.anna)))
    try world.finishJobs()
    #expect(try company.replies() == [])
  }

  @Test func aTextThatAPersonReleasedAndAThreadOfSomebodyElseGetNoReply() throws {
    let company = try Company()
    let world = company.world
    try world.receive("Hello?", from: Self.phone(1), to: "+18885550177")
    try company.away(company.anna, to: company.ben, reply: Self.reply)
    let _: QuarantineReleaseResult = try world.call(
      .quarantineRelease(QuarantineRelease(quarantineID: 1, to: world.number(Cast.annasNumber))))
    try company.text(Self.phone(2), to: Cast.bensNumber)
    #expect(try company.replies() == [] && company.replies(from: Cast.bensNumber) == [])
  }

  @Test func beforeGoLiveOnlyTestPhonesGetAReplyAndNothingIsUsedUp() throws {
    let company = try Company()
    let world = company.world
    let _: TestPhones = try world.call(.goLive(GoLive(live: false)))
    try company.away(company.anna, reply: Self.reply)
    try company.text(Self.phone(1))
    #expect(try company.replies() == [])
    let _: TestPhones = try world.call(.goLive(GoLive()))
    try company.text(Self.phone(1))
    #expect(try company.replies() == [Self.phone(1)])
  }

  // MARK: What is refused, and to whom

  @Test func whatCannotBeAnAbsenceIsRefused() throws {
    let company = try Company { $0.maximumSegments = 3 }
    let world = company.world
    func refusal(_ params: AbsenceSet) throws -> Refusal? { try world.refusal(of: .absenceSet(params)) }
    func code(_ params: AbsenceSet) throws -> ErrorCode? { try world.code(of: .absenceSet(params)) }
    let anna = company.anna
    #expect(try refusal(company.set(anna, until: 0)) == .invalidField)
    #expect(try refusal(company.set(anna, from: Self.hour, until: Self.hour)) == .invalidField)
    #expect(try refusal(company.set(anna, from: 367 * Self.day)) == .invalidField)
    #expect(try refusal(company.set(anna, until: 367 * Self.day)) == .invalidField)
    #expect(try refusal(company.set(anna, to: anna)) == .invalidField)
    #expect(try code(company.set(anna, to: company.ben, queue: QueueID(1))) == .invalidParams)
    #expect(try code(company.set(anna, to: RepID(99))) == .notFound)
    #expect(try code(company.set(anna, queue: QueueID(99))) == .notFound)
    #expect(try code(company.set(RepID(99))) == .notFound && code(company.set(nil)) == .invalidParams)
    #expect(try refusal(company.set(anna, reply: " ")) == .emptyText)
    #expect(try refusal(company.set(anna, reply: "Hi {{first_name}}")) == .invalidField)
    #expect(try refusal(company.set(anna, reply: String(repeating: "0123456789", count: 50))) == .tooLong)
    #expect(try code(company.set(anna, reply: String(repeating: "a", count: 1_001))) == .invalidParams)
    #expect(try code(company.set(anna, id: AbsenceID(9))) == .notFound)
    let clear = Command.absenceClear(AbsenceClear(repID: anna))
    #expect(try world.refusal(of: clear) == .wrongState)
    // A beginning that has passed is now.
    let set = try company.away(anna, from: -Self.day, until: Self.day)
    #expect(set.startsAt.milliseconds == world.now && set.state == .inForce)
    #expect(try code(company.set(anna, from: Self.hour, id: set.absenceID)) == .invalidParams)
    #expect(try code(company.set(company.ben, id: set.absenceID)) == .invalidParams)
    try company.back(anna)
    #expect(try refusal(company.set(anna, id: set.absenceID)) == .wrongState)
    #expect(
      try world.refusal(of: .absenceClear(AbsenceClear(absenceID: set.absenceID))) == .wrongState)
  }

  @Test func twoAbsencesOfARepMayNotMeetAndARepHasABoundedNumber() throws {
    let company = try Company()
    let world = company.world
    let first = try company.away(company.anna, from: Self.hour, until: 2 * Self.hour)
    func refusal(_ from: Int64?, _ until: Int64?, _ id: AbsenceID? = nil) throws -> Refusal? {
      try world.refusal(of: .absenceSet(company.set(company.anna, from: from, until: until, id: id)))
    }
    #expect(try refusal(nil, nil) == .duplicate && refusal(nil, Self.hour + 1) == .duplicate)
    #expect(try refusal(2 * Self.hour - 1, nil) == .duplicate)
    #expect(try refusal(Self.hour + 1, Self.hour + 2) == .duplicate)
    #expect(try refusal(nil, Self.hour) == nil && refusal(2 * Self.hour, 3 * Self.hour) == nil)
    #expect(try refusal(Self.hour, 2 * Self.hour + 1, first.absenceID) == .duplicate)
    #expect(try refusal(Self.hour, 2 * Self.hour, first.absenceID) == nil)
    for index in 3..<AbsenceCommands.maximumOfRep {
      #expect(try refusal(Int64(index) * Self.hour, Int64(index + 1) * Self.hour) == nil)
    }
    #expect(try refusal(30 * Self.day, nil) == .limitReached)
    try company.back(company.anna)
    #expect(try refusal(30 * Self.day, nil) == nil, "what is over does not count")
  }

  @Test func aRepSetsTheOwnAbsenceAManagerAnybodysAndAnAgentNobodys() throws {
    let company = try Company()
    let world = company.world
    let anna = try world.signIn("anna", [.rep], rep: company.anna)
    let ben = try world.signIn("ben", [.rep], rep: company.ben)
    let nobody = try world.signIn("eve", [.rep])
    let manager = try world.signIn("max", [.manager])
    let agent = try world.signIn("ana", [.agent])
    let thread = try company.text()
    func code(_ command: Command, _ person: Person) throws -> ErrorCode? {
      try world.code(of: command, as: person.caller)
    }
    let own: AbsenceView = try world.call(
      .absenceSet(AbsenceSet(delegateRepID: company.ben, reply: Self.reply)), as: anna.caller)
    #expect(own.repID == company.anna && own.state == .inForce)
    try world.finishJobs()
    // The thread is Ben's to see and to answer now, and not Anna's.
    let get = Query.conversationGet(ConversationGet(conversationID: thread))
    let seen: ConversationView = try world.ask(get, as: ben.caller)
    #expect(seen.absentRepID == company.anna)
    #expect(throws: APIError.self) { let _: ConversationView = try world.ask(get, as: anna.caller) }
    #expect(try code(.absenceSet(AbsenceSet(repID: company.anna)), ben) == .notFound)
    #expect(try code(.absenceClear(AbsenceClear(absenceID: own.absenceID)), ben) == .notFound)
    #expect(try code(.absenceClear(AbsenceClear(repID: company.anna)), ben) == .notFound)
    #expect(try code(.absenceSet(AbsenceSet()), nobody) == .invalidParams)
    #expect(try code(.absenceSet(AbsenceSet(repID: company.anna)), agent) == .forbidden)
    func listed(_ person: Person) throws -> [AbsenceID] {
      let page: Page<AbsenceView> = try world.ask(.absenceList(AbsenceList()), as: person.caller)
      return page.items.map(\.absenceID)
    }
    #expect(try listed(anna) == [own.absenceID] && listed(ben) == [] && listed(manager) == [own.absenceID])
    let cleared: AbsenceView = try world.call(.absenceClear(AbsenceClear()), as: anna.caller)
    #expect(cleared.absenceID == own.absenceID && cleared.state == .over)
    let managed: AbsenceView = try world.call(
      .absenceSet(AbsenceSet(repID: company.ben)), as: manager.caller)
    #expect(managed.repID == company.ben)
  }
}
