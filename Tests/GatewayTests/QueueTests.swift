import Contract
import TestSupport
import Testing

@testable import Gateway

/// Who waits longest is answered first, by whoever says to be there, and nobody is forgotten.
@Suite(.worlds) struct QueueTests {
  private static let phones = (0..<6).map { "+120255501\(10 + $0)" }

  private func wait(_ world: World, _ count: Int) throws -> [ConversationID] {
    try Self.phones.prefix(count).map { phone in
      world.now += 1_000
      return try world.wait(phone)
    }
  }

  @discardableResult
  private func complete(
    _ world: World, _ conversation: ConversationID, _ person: Person, next: Bool? = nil,
    disposition: String? = nil
  ) throws -> EpisodeChange {
    try world.call(
      .conversationComplete(
        ConversationComplete(conversationID: conversation, disposition: disposition, serveNext: next)),
      as: person.caller)
  }

  // MARK: Waiting and serving

  @Test func theLongestWaitIsServedFirstAndTheRecordNamesWhatStoodBehindIt() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 3)
    // A second text keeps the place.
    world.now += 1_000
    try world.wait(Self.phones[0], "Anybody?")
    let ana = try world.agent("ana")
    let first = try world.serve(ana)
    #expect(first.outcome == .served && first.conversation?.conversationID == threads[0] && first.depth == 2)
    #expect(first.episode?.state == .toAnswer && first.episode?.memberID == ana.id)
    #expect(try world.serve(ana).conversation?.conversationID == threads[1])
    #expect(
      try world.stored(
        "SELECT count(*) FROM serve WHERE behind_since >= since AND behind_episode = episode_id + 1") == 2)
    #expect(try world.serve(ana).conversation?.conversationID == threads[2])
    #expect(try world.stored("SELECT count(*) FROM serve WHERE behind_episode IS NULL") == 1)
  }

  @Test func whoFindsNothingLeavesAWishThatIsMetAsSoonAsSomebodyWaitsAndTheOldestFirst() throws {
    let world = try World.withQueue()
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    #expect(try world.serve(ana).outcome == .empty)
    world.now += 1_000
    #expect(try world.serve(ben).outcome == .empty)
    world.now += 1_000
    #expect(try world.serve(ana).outcome == .empty, "asking again keeps the place")
    try world.restart()
    let thread = try world.wait(Self.phones[0])
    #expect(try world.episode(thread)?.memberID == ana.id)
    let other = try world.wait(Self.phones[1])
    #expect(try world.episode(other)?.memberID == ben.id)
    let third = try world.wait(Self.phones[2])
    #expect(try world.episode(third)?.state == .waiting, "a wish is met once")
  }

  @Test func aWishIsTakenBackByItsMemberAndEndsWhereTheMemberIsNotThereAnyMore() throws {
    let world = try World.withQueue()
    let (ana, ben, eve) = (try world.agent("ana"), try world.agent("ben"), try world.agent("eve"))
    for person in [ana, ben, eve] { #expect(try world.serve(person).outcome == .empty) }
    let _: Done = try world.call(.serveWithdraw(ServeWithdraw()), as: ana.caller)
    try world.be(.onCall, ben)
    let _: QueueView = try world.call(.queueLeave(QueueLeave(queueID: QueueID(1), memberID: eve.id)))
    let thread = try world.wait(Self.phones[0])
    #expect(try world.episode(thread)?.state == .waiting)
  }

  @Test func onlyWhoIsThereAnswersTheQueueAndHasRoomIsServed() throws {
    let world = try World.withQueue()
    let queue: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales", capacity: 1)))
    let ana = try world.agent("ana", [queue.queueID])
    let next = Command.serveNext(ServeNext())
    #expect(
      try world.refusal(of: .serveNext(ServeNext(queueIDs: [QueueID(1)])), as: ana.caller) == .notInQueue)
    try world.be(.away, ana)
    #expect(try world.refusal(of: next, as: ana.caller) == .notAvailable)
    try world.be(.available, ana)
    let _: NumberView = try world.call(
      .numberSetQueue(NumberSetQueue(number: world.number(Cast.localNumber), queueID: queue.queueID)))
    let threads = try wait(world, 2)
    #expect(try world.serve(ana).conversation?.conversationID == threads[0])
    #expect(try world.refusal(of: next, as: ana.caller) == .atCapacity)
    #expect(try world.code(of: next) == .noSession)
    let stranger = try world.signIn("eve", [.agent])
    #expect(try world.refusal(of: next, as: stranger.caller) == .notInQueue)
  }

  @Test func completingServesTheNextInTheSameAnswer() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    let done = try complete(world, threads[0], ana, next: true)
    #expect(done.episode.state == .completed && done.episode.completedAt != nil)
    #expect(done.serving?.conversation?.conversationID == threads[1])
    let last = try complete(world, threads[1], ana, next: true)
    #expect(last.serving?.outcome == .empty && last.serving?.depth == 0)
    // The next text begins another episode, and meets the wish.
    let again = try world.wait(Self.phones[0], "One more thing")
    #expect(again == threads[0])
    let episode = try #require(try world.episode(again))
    #expect(episode.episodeID != done.episode.episodeID && episode.memberID == ana.id)
  }

  // MARK: What becomes of what was served

  @Test func whatIsNotAnsweredInTimeGoesBackToItsPlaceAndWhoLeftItIsAway() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let began = try #require(try world.episode(threads[0])).since
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    world.now += 299_999
    try world.housekeep()
    #expect(try world.episode(threads[0])?.state == .toAnswer)
    world.now += 1
    try world.restart()
    try world.housekeep()
    let back = try #require(try world.episode(threads[0]))
    #expect(back.state == .waiting && back.since == began && back.memberID == nil)
    #expect(try world.gateway.parts.ground.members.member(ana.id.value)?.presence == .away)
    try world.be(.available, ana)
    #expect(try world.serve(ana).conversation?.conversationID == threads[0])
  }

  @Test func anAnswerEndsTheWaitAndTheNextTextComesBackToWhoAnsweredIfThere() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    let phone = Self.phones[0]
    let sent: MessageSendResult = try world.call(
      .messageSend(MessageSend(to: .phone(world.typed(phone)), text: "Hello, this is Ana")), as: ana.caller)
    #expect(sent.conversationID == threads[0])
    #expect(try world.episode(threads[0])?.state == .answered)
    world.now += 1_000_000
    try world.housekeep()
    #expect(try world.episode(threads[0])?.state == .answered, "nothing is due")
    try world.wait(phone, "Thanks, and?")
    let back = try #require(try world.episode(threads[0]))
    #expect(back.state == .toAnswer && back.memberID == ana.id)
    #expect(back.since == Timestamp(milliseconds: world.now))
    let _: MessageSendResult = try world.call(
      .messageSend(MessageSend(to: .phone(world.typed(phone)), text: "Nothing")), as: ana.caller)
    try world.be(.away, ana)
    try world.wait(phone, "Hello?")
    #expect(try world.episode(threads[0])?.state == .waiting)
  }

  @Test func whoIsOffOrLeavesOrIsMadeInactiveGivesBackWhatIsNotAnswered() throws {
    for way in 0..<3 {
      let world = try World.withQueue()
      let threads = try wait(world, 2)
      let ana = try world.agent("ana")
      _ = (try world.serve(ana), try world.serve(ana))
      let _: MessageSendResult = try world.call(
        .messageSend(MessageSend(to: .phone(world.typed(Self.phones[1])), text: "Hi")), as: ana.caller)
      switch way {
      case 0: try world.be(.off, ana)
      case 1:
        let _: QueueView = try world.call(.queueLeave(QueueLeave(queueID: QueueID(1), memberID: ana.id)))
      default:
        let _: MemberView = try world.call(
          .memberUpdate(MemberUpdate(memberID: ana.id, active: false)))
      }
      #expect(try world.episode(threads[0])?.state == .waiting)
      #expect(try world.episode(threads[1])?.state == .answered)
    }
  }

  @Test func aThreadIsReleasedTakenOutOfTurnAndHandedOver() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    let sue = try world.agent("sue", roles: [.supervisor])
    _ = try world.serve(ana)
    let release = Command.conversationRelease(ConversationRelease(conversationID: threads[0]))
    #expect(try world.code(of: release, as: ben.caller) == .notFound, "it is not Ben's to see")
    let released: EpisodeChange = try world.call(release, as: ana.caller)
    #expect(released.episode.state == .waiting)
    let take = Command.conversationTake(ConversationTake(conversationID: threads[1]))
    #expect(try world.code(of: take, as: ben.caller) == .forbidden, "agents are served")
    let taken: EpisodeChange = try world.call(take, as: sue.caller)
    #expect(taken.episode.memberID == sue.id)
    #expect(try world.refusal(of: take, as: sue.caller) == .wrongState)
    let handed: EpisodeChange = try world.call(
      .conversationTransfer(ConversationTransfer(conversationID: threads[1], memberID: ben.id)),
      as: sue.caller)
    #expect(handed.episode.memberID == ben.id && handed.episode.state == .toAnswer)
    let sales: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales")))
    let moved: EpisodeChange = try world.call(
      .conversationTransfer(ConversationTransfer(conversationID: threads[1], queueID: sales.queueID)),
      as: ben.caller)
    #expect(moved.episode.state == .waiting && moved.episode.queueID == sales.queueID)
    #expect(moved.episode.since == handed.episode.since, "the wait goes on")
    // It stays there when the phone writes again.
    try world.wait(Self.phones[1], "Still there?")
    #expect(try world.episode(threads[1])?.queueID == sales.queueID)
    let stranger = try world.signIn("eve", [.agent])
    #expect(
      try world.refusal(
        of: .conversationTransfer(ConversationTransfer(conversationID: threads[0], memberID: stranger.id)))
        == .notInQueue)
  }

  // MARK: Putting off

  @Test func whatIsPutOffComesBackAtItsTimeFirstToWhoPutItOffAndOverRestarts() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    _ = try world.serve(ana)
    let due = world.now + 3_600_000
    let snoozed: EpisodeChange = try world.call(
      .conversationSnooze(
        ConversationSnooze(conversationID: threads[0], dueAt: Timestamp(milliseconds: due))), as: ana.caller)
    #expect(snoozed.episode.state == .snoozed && snoozed.episode.memberID == ana.id)
    world.now = due - 1
    try world.housekeep()
    #expect(try world.episode(threads[0])?.state == .snoozed)
    try world.restart()
    world.now = due
    try world.housekeep()
    let back = try #require(try world.episode(threads[0]))
    #expect(back.state == .waiting && back.since == Timestamp(milliseconds: due))
    #expect(try world.serve(ben).outcome == .empty, "for two minutes it is Ana's")
    world.now = due + Episodes.offeredFor
    try world.housekeep()
    #expect(try world.episode(threads[0])?.memberID == ben.id, "then it meets Ben's wish")
  }

  @Test(arguments: [false, true]) func aTextBringsBackWhatIsPutOffUnlessItIsKept(keep: Bool) throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    let due = Timestamp(milliseconds: world.now + 3_600_000)
    let _: EpisodeChange = try world.call(
      .conversationSnooze(ConversationSnooze(conversationID: threads[0], dueAt: due, keep: keep)),
      as: ana.caller)
    world.now += 1_000
    try world.wait(Self.phones[0], "Now!")
    #expect(try world.episode(threads[0])?.state == (keep ? .snoozed : .waiting))
    if keep {
      let woken: EpisodeChange = try world.call(
        .conversationWake(ConversationWake(conversationID: threads[0])), as: ana.caller)
      #expect(woken.episode.state == .waiting)
    }
    #expect(try world.serve(ana).conversation?.conversationID == threads[0], "it is Ana's first")
  }

  // MARK: Owners

  @Test func aRepsOwnThreadsNeedNoServingAndTheirWorkIsTheReps() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.receive("Hello", to: Cast.annasNumber)
    let thread = ConversationID(1)
    let begun = try #require(try world.episode(thread))
    #expect(begun.state == .toAnswer && begun.queueID == nil)
    let rep = try world.signIn("anna", [.rep], rep: anna)
    let inbox: Page<InboxRow> = try world.ask(.inboxList(InboxList(view: .mine)), as: rep.caller)
    #expect(inbox.items.map(\.episode.conversationID) == [thread])
    try world.send("Hi, Anna here")
    #expect(try world.episode(thread)?.state == .answered)
    try world.receive("Yes", to: Cast.annasNumber)
    let done = try complete(world, thread, rep)
    #expect(done.episode.state == .completed && done.episode.memberID == nil)
  }

  @Test func theWorkGoesWithTheOwnerAndTheWaitStaysAsLong() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let began = try #require(try world.episode(threads[0])).since
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: threads[0], repID: RepID(1))))
    let given = try #require(try world.episode(threads[0]))
    #expect(given.state == .toAnswer && given.since == began)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: RepID(1), active: false)))
    try world.finishJobs()
    let back = try #require(try world.episode(threads[0]))
    #expect(back.state == .waiting && back.queueID == QueueID(1) && back.since == began)
  }

  @Test func aNumbersThreadsWaitInItsQueue() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let sales: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales")))
    let _: NumberView = try world.call(
      .numberSetQueue(NumberSetQueue(number: world.number(Cast.localNumber), queueID: sales.queueID)))
    try world.finishJobs()
    #expect(try world.episode(threads[0])?.queueID == sales.queueID)
    let view: QueueView = try world.ask(.queueGet(QueueGet(queueID: sales.queueID)))
    let since = try world.episode(threads[0])?.since
    #expect(view.depth == 1 && view.oldestAt == since)
  }

  @Test func anOptOutEndsWhatIsOpenAndAKeywordOpensNothing() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    try world.receive("HELP", from: Self.phones[1], to: Cast.localNumber)
    #expect(try world.stored("SELECT count(*) FROM episode") == 1)
    try world.receive("STOP", from: Self.phones[0], to: Cast.localNumber)
    #expect(try world.episode(threads[0]) == nil)
    let outcomes: Page<DispositionView> = try world.ask(
      .dispositionList(DispositionList(conversationID: threads[0])))
    #expect(outcomes.items.map(\.disposition) == ["opted_out"])
  }

  // MARK: Outcomes

  @Test func aQueueThatAsksForAnOutcomeCompletesNothingWithout() throws {
    let world = try World.withQueue()
    let queue: QueueView = try world.call(
      .queueUpdate(
        QueueUpdate(
          queueID: QueueID(1), dispositionRequired: true,
          dispositions: [
            DispositionChoice(disposition: "sold", label: "Sold"),
            DispositionChoice(disposition: "no", label: "No interest"),
          ])))
    #expect(queue.dispositions.count == 2)
    let threads = try wait(world, 2)
    let ana = try world.agent("ana")
    _ = (try world.serve(ana), try world.serve(ana))
    func refusal(_ conversation: ConversationID, _ disposition: String?) throws -> Refusal? {
      try world.refusal(
        of: .conversationComplete(
          ConversationComplete(conversationID: conversation, disposition: disposition)), as: ana.caller)
    }
    let reserved = Command.queueUpdate(
      QueueUpdate(
        queueID: QueueID(1), dispositions: [DispositionChoice(disposition: "opted_out", label: "Out")]))
    #expect(try world.refusal(of: reserved) == .duplicate, "the gateway records it itself")
    let renamed: QueueView = try world.call(.queueUpdate(QueueUpdate(queueID: QueueID(1), name: "Line")))
    #expect(renamed.dispositions == queue.dispositions, "what is not given stays")
    #expect(try refusal(threads[0], nil) == .dispositionRequired)
    #expect(try refusal(threads[0], "maybe") == .invalidField)
    try complete(world, threads[0], ana, disposition: "sold")
    let added: DispositionView = try world.call(
      .dispositionAdd(DispositionAdd(conversationID: threads[1], disposition: "no", note: "Called back")),
      as: ana.caller)
    #expect(added.memberID == ana.id && added.label == "No interest" && added.note == "Called back")
    try complete(world, threads[1], ana)
    let all: Page<DispositionView> = try world.ask(.dispositionList(DispositionList()))
    #expect(all.items.map(\.disposition) == ["sold", "no"])
  }

  // MARK: Who sees what

  @Test func anAgentSeesWhatTheAgentHasForADayAfterAndOfTheLineOnlyThatItWaits() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    _ = try world.serve(ana)
    func seen(_ person: Person) throws -> [ConversationID] {
      let page: Page<ConversationView> = try world.ask(
        .conversationList(ConversationList()), as: person.caller)
      return page.items.map(\.conversationID)
    }
    #expect(try seen(ana) == [threads[0]])
    #expect(try seen(ben) == [])
    let line: Page<InboxRow> = try world.ask(.inboxList(InboxList(view: .waiting)), as: ben.caller)
    #expect(line.items.map(\.episode.conversationID) == [threads[1]] && line.items[0].lastText == nil)
    let mine: Page<InboxRow> = try world.ask(.inboxList(InboxList(view: .mine)), as: ana.caller)
    #expect(mine.items.map(\.lastText) == ["Hello?"])
    let others: Page<InboxRow> = try world.ask(
      .inboxList(InboxList(view: .mine, memberID: ana.id)), as: ben.caller)
    #expect(others.items.isEmpty)
    try complete(world, threads[0], ana)
    #expect(try seen(ana) == [threads[0]])
    func isSeen(after milliseconds: Int64) throws -> Bool {
      let member = ActingMember(
        id: ana.id.value, session: 1, roles: [.agent], rep: nil, at: world.now + milliseconds)
      return try world.gateway.parts.ground.episodes.table.isSeen(
        threads[0].value, by: Requester(member, uid: 9).scope)
    }
    #expect(try isSeen(after: AccessScope.seenAfter - 1))
    #expect(try !isSeen(after: AccessScope.seenAfter))
    let texts = Command.messageSend(
      MessageSend(to: .phone(try world.typed(Self.phones[1])), text: "Let me in"))
    #expect(try world.code(of: texts, as: ana.caller) == .forbidden)
    #expect(
      try world.code(
        of: .conversationComplete(ConversationComplete(conversationID: threads[1])), as: ana.caller)
        == .notFound)
  }

  /// What was the agent's may be read for a day, and is another's to answer.
  @Test func whoHadAConversationNeitherAnswersItNorReadsOnOnceSomebodyWritesAgain() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 1)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    _ = try world.serve(ana)
    try complete(world, threads[0], ana)
    let text = Command.messageSend(MessageSend(to: .phone(try world.typed(Self.phones[0])), text: "Me again"))
    #expect(try world.code(of: text, as: ana.caller) == .forbidden, "it is nobody's")
    try world.wait(Self.phones[0], "A secret")
    #expect(try world.code(of: text, as: ana.caller) == .forbidden, "it waits")
    #expect(try world.serve(ben).conversation?.conversationID == threads[0])
    #expect(try world.code(of: text, as: ana.caller) == .forbidden, "it is Ben's")
    let seen: Page<ConversationView> = try world.ask(.conversationList(ConversationList()), as: ana.caller)
    #expect(seen.items.isEmpty)
    #expect(try world.episode(threads[0])?.memberID == ben.id)
  }

  @Test func ofTwoConversationsWithOnePhoneTheNumberSaysWhich() throws {
    let world = try World.withQueue()
    try world.addNumber(Cast.bensNumber)
    let first = try world.wait(Self.phones[0])
    try world.receive("And here", from: Self.phones[0], to: Cast.bensNumber)
    let ana = try world.agent("ana")
    _ = (try world.serve(ana), try world.serve(ana))
    func send(_ number: String) throws -> MessageSendResult {
      try world.call(
        .messageSend(
          MessageSend(
            from: .number(world.number(number)), to: .phone(world.typed(Self.phones[0])), text: "Hi")),
        as: ana.caller)
    }
    #expect(try send(Cast.localNumber).conversationID == first)
    #expect(try send(Cast.bensNumber).conversationID != first)
    let strange = Command.messageSend(
      MessageSend(
        from: .number(try world.number(Cast.annasNumber)), to: .phone(try world.typed(Self.phones[0])),
        text: "Hi"))
    #expect(try world.code(of: strange, as: ana.caller) == .forbidden)
  }

  @Test func aWishIsMetWhereverRoomOrAQueueComesFrom() throws {
    let world = try World.withQueue()
    let one: QueueView = try world.call(.queueAdd(QueueAdd(name: "One", capacity: 1)))
    let _: NumberView = try world.call(
      .numberSetQueue(NumberSetQueue(number: world.number(Cast.localNumber), queueID: one.queueID)))
    let (ana, ben) = (try world.agent("ana", [one.queueID]), try world.agent("ben", [QueueID(1)]))
    let threads = try wait(world, 3)
    #expect(try world.serve(ana).conversation?.conversationID == threads[0])
    #expect(try world.serve(ben).outcome == .empty)
    let _: QueueView = try world.call(.queueJoin(QueueJoin(queueID: one.queueID, memberID: ben.id)))
    #expect(try world.episode(threads[1])?.memberID == ben.id, "the wish is for all that he answers")
    // A snooze makes room.
    let done = try complete(world, threads[0], ana, next: true)
    #expect(done.serving?.conversation?.conversationID == threads[2])
    let fourth = try world.wait(Self.phones[3])
    let due = Timestamp(milliseconds: world.now + 3_600_000)
    #expect(try world.refusal(of: .serveNext(ServeNext()), as: ana.caller) == .atCapacity)
    let _: EpisodeChange = try world.call(
      .conversationSnooze(ConversationSnooze(conversationID: threads[2], dueAt: due)), as: ana.caller)
    #expect(try world.serve(ana).conversation?.conversationID == fourth)
  }

  @Test func whatComesBackToSomebodyWhoIsNotThereIsForEverybody() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let (ana, ben) = (try world.agent("ana"), try world.agent("ben"))
    _ = (try world.serve(ana), try world.serve(ana))
    let due = Timestamp(milliseconds: world.now + 3_600_000)
    let _: EpisodeChange = try world.call(
      .conversationSnooze(ConversationSnooze(conversationID: threads[0], dueAt: due)), as: ana.caller)
    let _: MessageSendResult = try world.call(
      .messageSend(MessageSend(to: .phone(world.typed(Self.phones[1])), text: "Hi")), as: ana.caller)
    let _: QueueView = try world.call(.queueLeave(QueueLeave(queueID: QueueID(1), memberID: ana.id)))
    let answered: Page<InboxRow> = try world.ask(.inboxList(InboxList(view: .answered)))
    #expect(
      answered.items.map(\.episode.conversationID) == [threads[1]]
        && answered.items[0].episode.memberID == nil)
    world.now += 1_000
    try world.wait(Self.phones[0], "Urgent")
    try world.wait(Self.phones[1], "And?")
    #expect(try world.serve(ben).conversation?.conversationID == threads[0])
    #expect(try world.serve(ben).conversation?.conversationID == threads[1])
  }

  @Test func whoIsNotThereCompletesAllTheSameAndWhoIsOffStaysOff() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    try world.be(.wrapUp, ana)
    let done = try complete(world, threads[0], ana, next: true)
    #expect(done.episode.state == .completed && done.serving?.outcome == .notAvailable)
    try world.be(.available, ana)
    _ = try world.serve(ana)
    let ben = try world.agent("ben")
    try world.be(.off, ben)
    let _: EpisodeChange = try world.call(
      .conversationTransfer(ConversationTransfer(conversationID: threads[1], memberID: ben.id)),
      as: ana.caller)
    world.now += 300_000
    try world.housekeep()
    #expect(try world.episode(threads[1])?.state == .waiting)
    #expect(try world.gateway.parts.ground.members.member(ben.id.value)?.presence == .off)
  }

  @Test func aSupervisorSeesTheWholeOfTheOwnQueuesAndSaysWhoAnswersThem() throws {
    let world = try World.withQueue()
    let threads = try wait(world, 2)
    let sales: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales")))
    let sue = try world.agent("sue", roles: [.supervisor])
    let ana = try world.signIn("ana", [.agent])
    let seen: Page<ConversationView> = try world.ask(
      .conversationList(ConversationList()), as: sue.caller)
    #expect(Set(seen.items.map(\.conversationID)) == Set(threads))
    let joined: QueueView = try world.call(
      .queueJoin(QueueJoin(queueID: QueueID(1), memberID: ana.id)), as: sue.caller)
    #expect(joined.memberIDs == [sue.id, ana.id])
    let strange = Command.queueJoin(QueueJoin(queueID: sales.queueID, memberID: ana.id))
    #expect(try world.code(of: strange, as: sue.caller) == .notFound)
    #expect(try world.code(of: strange, as: ana.caller) == .forbidden)
    let queues: Page<QueueView> = try world.ask(.queueList(QueueList()), as: sue.caller)
    #expect(queues.items.map(\.queueID) == [QueueID(1)])
    let unrole = Command.memberUpdate(MemberUpdate(memberID: ana.id, roles: [.rep]))
    #expect(try world.refusal(of: unrole) == .wrongState, "she still answers the queue")
    let rep = try world.signIn("rita", [.rep])
    #expect(
      try world.refusal(of: .queueJoin(QueueJoin(queueID: QueueID(1), memberID: rep.id))) == .wrongState)
  }

  @Test func twoQueuesAreOneLineToWhoAnswersBoth() throws {
    let world = try World.withQueue()
    let sales: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales")))
    let threads = try wait(world, 3)
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: threads[1], queueID: sales.queueID)))
    let ana = try world.agent("ana", [QueueID(1), sales.queueID])
    let served = try (0..<3).map { _ in try world.serve(ana).conversation?.conversationID }
    #expect(served == threads)
  }
}
