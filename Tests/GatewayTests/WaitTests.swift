import Contract
import TestSupport
import Testing

@testable import Gateway

/// `conversation.why`: nobody has to guess what a contact waited for.
@Suite(.worlds) struct WaitTests {
  private static let phones = (0..<6).map { "+120255501\(10 + $0)" }

  private func why(
    _ world: World, _ conversation: ConversationID, _ episode: EpisodeID? = nil, as caller: Requester? = nil
  ) throws -> ConversationWhyResult {
    let query = Query.conversationWhy(
      ConversationWhy(conversationID: conversation, episodeID: episode))
    let story: ConversationWhyResult =
      if let caller { try world.ask(query, as: caller) } else { try world.ask(query) }
    for (one, next) in zip(story.waits, story.waits.dropFirst()) { #expect(one.endedAt == next.startedAt) }
    for span in story.waits {
      #expect(span.ms > 0)
      #expect(Int64(span.ms) == span.endedAt.milliseconds - span.startedAt.milliseconds)
    }
    if let first = story.waits.first, story.earlierCount == 0 {
      #expect(first.startedAt == story.episode.createdAt)
    }
    if let last = story.waits.last {
      #expect(last.endedAt.milliseconds == story.episode.completedAt?.milliseconds ?? world.now)
    }
    return story
  }

  private func send(_ world: World, to phone: String, _ person: Person) throws {
    let _: MessageSendResult = try world.call(
      .messageSend(MessageSend(to: .phone(world.typed(phone)), text: "At ten.")), as: person.caller)
  }

  private func says(_ story: ConversationWhyResult) -> [String] {
    story.waits.map { "\($0.cause.rawValue) \($0.ms / 1_000)" }
  }

  @Test func everyMillisecondOfAWaitHasItsCause() throws {
    let world = try World.withQueue()
    let thread = try world.wait(Self.phones[0])
    world.now += 10_000
    let ana = try world.agent("ana")
    world.now += 5_000
    _ = try world.serve(ana)
    world.now += 20_000
    try send(world, to: Self.phones[0], ana)
    world.now += 7_000
    try world.wait(Self.phones[0], "And on Sunday?")
    world.now += 3_000
    let story = try why(world, thread)
    #expect(
      says(story) == ["nobody_available 10", "not_asked 5", "with_member 20", "answered 7", "with_member 3"])
    #expect(story.waitedMs == 38_000)
    #expect(story.waits.map(\.memberID) == [nil, nil, ana.id, ana.id, ana.id])
    #expect(story.waits.map(\.ahead) == [0, 0, nil, nil, nil])
    #expect(story.serves.count == 1 && story.serves[0].memberID == ana.id)
    #expect(story.serves[0].behindEpisodeID == nil)
  }

  @Test func whoWaitsBehindOthersIsToldHowMany() throws {
    let world = try World.withQueue()
    let ana = try world.agent("ana")
    let threads = try Self.phones.prefix(3).map { phone in
      world.now += 1_000
      return try world.wait(phone)
    }
    world.now += 1_000
    _ = try world.serve(ana)
    world.now += 2_000
    _ = try world.serve(ana)
    world.now += 4_000
    let story = try why(world, threads[2])
    #expect(says(story) == ["behind 3", "not_asked 4"])
    #expect(story.waits.map(\.ahead) == [2, 0])
    let first = try why(world, threads[0])
    #expect(first.serves.map(\.behindEpisodeID) == [try world.episode(threads[1])?.episodeID])
    // The time since the last sign of life stands by itself after a restart.
    try world.restart()
    #expect(says(try why(world, threads[2])) == ["behind 3", "not_running 4"])
  }

  @Test func whereEverybodyHasAsManyAsTheQueueAllowsTheWaitSaysSo() throws {
    let world = try World.withQueue()
    let queue: QueueView = try world.call(.queueAdd(QueueAdd(name: "Sales", capacity: 1)))
    let _: NumberView = try world.call(
      .numberSetQueue(NumberSetQueue(number: world.number(Cast.localNumber), queueID: queue.queueID)))
    let ana = try world.agent("ana", [queue.queueID])
    let one = try world.wait(Self.phones[0])
    _ = try world.serve(ana)
    let other = try world.wait(Self.phones[1])
    world.now += 6_000
    let _: EpisodeChange = try world.call(
      .conversationComplete(ConversationComplete(conversationID: one)), as: ana.caller)
    world.now += 2_000
    try world.be(.onCall, ana)
    world.now += 3_000
    #expect(says(try why(world, other)) == ["at_capacity 6", "not_asked 2", "nobody_available 3"])
    // More room for everybody counts at once.
    try world.be(.available, ana)
    _ = try world.serve(ana)
    let third = try world.wait(Self.phones[2])
    world.now += 1_000
    let _: QueueView = try world.call(.queueUpdate(QueueUpdate(queueID: queue.queueID, capacity: 2)))
    world.now += 1_000
    let _: QueueView = try world.call(.queueLeave(QueueLeave(queueID: queue.queueID, memberID: ana.id)))
    world.now += 1_000
    #expect(says(try why(world, third)) == ["at_capacity 1", "not_asked 1", "nobody_available 1"])
  }

  @Test func aSnoozeIsNoWaitAndWhatComesBackIsSetAsideForWhoPutItOff() throws {
    let world = try World.withQueue()
    let thread = try world.wait(Self.phones[0])
    let ana = try world.agent("ana")
    world.now += 1_000
    _ = try world.serve(ana)
    world.now += 1_000
    let _: EpisodeChange = try world.call(
      .conversationSnooze(
        ConversationSnooze(conversationID: thread, dueAt: Timestamp(milliseconds: world.now + 60_000))),
      as: ana.caller)
    world.now += 60_000
    try world.housekeep()
    world.now += 5_000
    let story = try why(world, thread)
    #expect(says(story) == ["not_asked 1", "with_member 1", "snoozed 60", "set_aside 5"])
    #expect(story.waits.last?.memberID == ana.id && story.waitedMs == 7_000)
  }

  @Test func aRepsOwnConversationSaysThatItWasWithItsRep() throws {
    let world = try World.withQueue()
    try world.receive("Hello?", from: Self.phones[0])
    let found = try world.gateway.parts.ground.conversations.find(
      try world.id(of: Cast.annasNumber), world.phone(Self.phones[0]).digits)
    let thread = ConversationID(try #require(found).id)
    world.now += 30_000
    let story = try why(world, thread)
    #expect(says(story) == ["with_rep 30"] && story.waits[0].repID != nil && story.waits[0].queueID == nil)
    #expect(story.serves.isEmpty)
  }

  @Test func anEarlierStretchOfWorkIsAskedForByItsID() throws {
    let world = try World.withQueue()
    let thread = try world.wait(Self.phones[0])
    let first = try #require(try world.episode(thread)).episodeID
    world.now += 2_000
    let ana = try world.agent("ana")
    _ = try world.serve(ana)
    world.now += 1_000
    let _: EpisodeChange = try world.call(
      .conversationComplete(ConversationComplete(conversationID: thread)), as: ana.caller)
    world.now += 90_000
    try world.wait(Self.phones[0], "Hello again")
    world.now += 4_000
    #expect(says(try why(world, thread, first)) == ["nobody_available 2", "with_member 1"])
    #expect(says(try why(world, thread)) == ["not_asked 4"])
    let stranger = try world.wait(Self.phones[1])
    #expect(throws: APIError.self) {
      try world.ask(.conversationWhy(ConversationWhy(conversationID: stranger, episodeID: first)))
        as ConversationWhyResult
    }
  }

  @Test func ofVeryManyChangesTheNewestAreShownAndTheOthersCounted() throws {
    let world = try World.withQueue()
    let thread = try world.wait(Self.phones[0])
    let ana = try world.agent("ana")
    for _ in 0..<120 {
      world.now += 1_000
      _ = try world.serve(ana)
      world.now += 1_000
      let _: EpisodeChange = try world.call(
        .conversationRelease(ConversationRelease(conversationID: thread)), as: ana.caller)
    }
    world.now += 1_000
    let story = try why(world, thread)
    #expect(story.earlierCount == 40 && story.waits.count == 201 && story.serves.count == 120)
  }

  @Test func aClockThatWasSetBackLeavesNoGapAndNothingTwice() throws {
    let world = try World.withQueue()
    let thread = try world.wait(Self.phones[0])
    let ana = try world.agent("ana")
    world.now += 600_000
    _ = try world.serve(ana)
    world.now -= 300_000
    try send(world, to: Self.phones[0], ana)
    world.now += 400_000
    #expect(says(try why(world, thread)) == ["not_asked 600", "answered 100"])
  }
}
