import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct QueryTests {
  @Test func listsGoOnWhereThePageBeforeEnded() throws {
    let world = try World()
    let anna = try world.addAnna()
    for index in 0..<25 { try world.addContact("+120255501\(10 + index)", first: "C\(index)", owner: anna) }
    var seen: [ContactID] = []
    var cursor: PageCursor?
    repeat {
      let page: Page<ContactView> = try world.ask(
        .contactList(ContactList(repID: anna, cursor: cursor, limit: 10)))
      seen += page.items.map(\.contactID)
      cursor = page.next
    } while cursor != nil
    #expect(seen.count == 25 && seen == seen.sorted() && Set(seen).count == 25)
    #expect(throws: APIError.self) {
      let _: Page<ContactView> = try world.ask(.contactList(ContactList(limit: 201)))
    }
  }

  @Test func conversationsComeMostRecentlyActiveFirstByEveryFilter() throws {
    let world = try World()
    let anna = try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    for index in 0..<6 {
      world.now += 1_000
      try world.receive(
        "hi", from: "+120255501\(10 + index)", to: index % 2 == 0 ? Cast.annasNumber : Cast.bensNumber)
    }
    world.now += 1_000
    try world.receive("again", from: "+12025550110")
    func phones(_ params: ConversationList) throws -> [String] {
      let result: Page<ConversationView> = try world.ask(.conversationList(params))
      return result.items.map { String($0.phone.description.suffix(1)) }
    }
    #expect(try phones(ConversationList()) == ["0", "5", "4", "3", "2", "1"])
    #expect(try phones(ConversationList(repID: anna)) == ["0", "4", "2"])
    #expect(try phones(ConversationList(repID: ben)) == ["5", "3", "1"])
    #expect(try phones(ConversationList(number: world.number(Cast.bensNumber))) == ["5", "3", "1"])
    try world.send("answer", to: "+12025550114")
    #expect(try phones(ConversationList(state: .waiting)) == ["4"])
    let first: Page<ConversationView> = try world.ask(.conversationList(ConversationList(limit: 4)))
    #expect(try phones(ConversationList(cursor: first.next, limit: 4)) == ["2", "1"])
    let thread = try #require(first.items.first)
    #expect(thread.messageCount == 2 && thread.lastText == "again")
    let texts: Page<MessageView> = try world.ask(
      .conversationMessages(ConversationMessages(conversationID: thread.conversationID)))
    #expect(texts.items.map(\.text) == ["again", "hi"])
  }

  @Test func aCallerOfSomeNumbersFindsNothingOfTheOthers() throws {
    let world = try World()
    try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    try world.receive("to Anna")
    try world.receive("to Ben", to: Cast.bensNumber)
    let app = Requester(role: "app", uid: 7, numbers: [try world.number(Cast.annasNumber)])
    let conversations: Page<ConversationView> = try world.ask(.conversationList(ConversationList()), as: app)
    #expect(conversations.items.map(\.lastText) == ["to Anna"])
    let messages: Page<MessageView> = try world.ask(.messageList(MessageList()), as: app)
    #expect(messages.items.map(\.text) == ["to Anna"])
    let numbers: Page<NumberView> = try world.ask(.numberList(NumberList()), as: app)
    #expect(numbers.items.count == 1)
    let reps: Page<RepView> = try world.ask(.repList(RepList()), as: app)
    #expect(reps.items.map(\.name) == ["Anna"])
    let all: Page<MessageView> = try world.ask(.messageList(MessageList()))
    let hidden = try #require(all.items.first { $0.text == "to Ben" })
    for query in [
      Query.messageGet(MessageGet(messageID: hidden.messageID)), .repGet(RepGet(repID: ben)),
      .conversationGet(ConversationGet(conversationID: try #require(hidden.conversationID))),
      .numberGet(NumberGet(number: try world.number(Cast.bensNumber))),
    ] {
      let error = #expect(throws: APIError.self) { let _: JSONValue = try world.ask(query, as: app) }
      #expect(error?.code == .notFound)
    }
  }

  @Test(arguments: [Int.min, -1, 3_155_760_001, .max])
  func anAgeThatCannotBeIsRefused(seconds: Int) throws {
    let world = try World()
    let error = #expect(throws: APIError.self) {
      let _: Page<UnknownView> = try world.ask(.unknownList(UnknownList(olderS: seconds)))
    }
    #expect(error == .invalid("older_s", "0 to 3155760000"))
  }

  @Test func messagesAreFoundByEveryFilter() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    try world.receive("in")
    try world.deliverToCarrier("out")
    try world.send("waits", to: Cast.stranger, from: Cast.bensNumber)
    func texts(_ params: MessageList) throws -> [String] {
      let result: Page<MessageView> = try world.ask(.messageList(params))
      return result.items.map(\.text)
    }
    #expect(try texts(MessageList()) == ["waits", "out", "in"])
    #expect(try texts(MessageList(number: world.number(Cast.bensNumber))) == ["waits"])
    #expect(try texts(MessageList(phone: world.number(Cast.customer))) == ["out", "in"])
    #expect(try texts(MessageList(repID: anna)) == ["out", "in"])
    #expect(try texts(MessageList(direction: .inbound)) == ["in"])
    #expect(try texts(MessageList(state: .received)) == ["in"])
    #expect(try texts(MessageList(state: .sent)) == ["out"])
    #expect(try texts(MessageList(state: .queued)) == ["waits"])
    #expect(try texts(MessageList(state: .unknown)) == [])
  }

  @Test func anEstimateIsWhatIsSent() throws {
    let world = try World()
    try world.addAnna()
    for text in [
      "Hello", String(repeating: "x", count: 161), "€ [ok]", "Grüße 漢字", String(repeating: "漢", count: 71),
    ] {
      let estimate: MessageEstimateResult = try world.ask(
        .messageEstimate(MessageEstimate(text: text, from: .number(world.number(Cast.annasNumber)))))
      let sent = try world.send(text)
      #expect(estimate.segments == sent.segments && estimate.encoding == sent.encoding)
      #expect((estimate.notGsm7 == nil) == (sent.encoding == .gsm7))
    }
  }

  @Test func statusShowsTheGatewaysState() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello")
    try world.send("waits")
    let _: FeedSubscribeResult = try world.call(
      .feedSubscribe(FeedSubscribe(consumer: "crm", start: .oldest)))
    var session = LiveSession(type: "transceiver", state: .bound, window: 10)
    session.inFlight = 3
    var alpha = LiveCarrier(name: "alpha", systemID: "acme", rate: 30, sessions: [session])
    alpha.sent = 5
    let status: StatusResult = try world.ask(.status(Status()), live: [alpha])
    #expect(status.readiness == "1 of 1 carriers bound")
    #expect(
      status.ready && status.numberCount == 1 && status.conversationCount == 1
        && status.lanes.interactive == 1)
    #expect(status.lanes.inFlight == 3 && status.feed.consumers == 1 && status.feed.maxLag > 0)
    let metrics: MetricsResult = try world.ask(.metrics(Metrics()), live: [alpha])
    #expect(
      metrics.text.contains(
        "\ntollgate_number_queued_segments{number=\"\(Cast.annasNumber)\",class=\"interactive\"} 1\n"))
    #expect(
      metrics.text.contains("\ntollgate_feed_consumer_lag_events{consumer=\"crm\"} \(status.feed.maxLag)\n"))
    let carriers: Page<CarrierView> = try world.ask(.carrierList(CarrierList()), live: [alpha])
    #expect(carriers.items.first?.numberCount == 1 && carriers.items.first?.binds.count == 1)
    let consumers: FeedConsumersResult = try world.ask(.feedConsumers(FeedConsumers()))
    #expect(consumers.items.map(\.consumer) == ["crm"] && consumers.items.first?.lag == status.feed.maxLag)
  }

  @Test func groupsAndTagsAreWalked() throws {
    let world = try World()
    let anna = try world.addAnna()
    let first = try world.addContact(Cast.customer, first: "Carla", owner: anna, tags: ["buyer"])
    let second = try world.addContact(Cast.stranger, first: "Sue", owner: anna)
    let made: GroupView = try world.call(
      .groupCreate(GroupCreate(name: "Open house", contactIDs: [first, second])))
    #expect(made.memberCount == 2)
    let group: GroupView = try world.ask(.groupGet(GroupGet(group: .name("Open house"))))
    #expect(group == made)
    let members: Page<ContactView> = try world.ask(.contactList(ContactList(group: .name("Open house"))))
    #expect(members.items.map(\.contactID) == [first, second])
    let both: Page<ContactView> = try world.ask(
      .contactList(ContactList(repID: anna, tag: "buyer", group: .id(made.groupID))))
    #expect(both.items.map(\.contactID) == [first])
    let groups: Page<GroupView> = try world.ask(.groupList(GroupList()))
    #expect(groups.items.map(\.name) == ["Open house"])
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: first)))
    #expect(contact.tags == ["buyer"])
  }

  // MARK: Consumers

  @Test func aConsumerBelongsToTheRoleThatMadeIt() throws {
    let world = try World()
    try world.addAnna()
    let (crm, desk) = (Requester(role: "crm", uid: 7), Requester(role: "desk", uid: 7))
    let subscribe = Command.feedSubscribe(FeedSubscribe(consumer: "crm", start: .oldest, takeover: true))
    let _: FeedSubscribeResult = try world.call(subscribe, as: crm)
    for command in [
      subscribe, .feedAck(FeedAck(consumer: "crm", cursor: Cursor(1))),
      .feedForget(FeedForget(consumer: "crm")),
    ] {
      #expect(try world.code(of: command, as: desk) == .forbidden)
    }
    let again: FeedSubscribeResult = try world.call(subscribe, as: crm)
    #expect(!again.isNew)
    let consumers: FeedConsumersResult = try world.ask(.feedConsumers(FeedConsumers()))
    #expect(consumers.items.map(\.role) == ["crm"] && consumers.items.first?.acked == Cursor(0))
    // Whoever made it may be gone.
    let administrator = Requester(role: "admin", uid: 0, isAdministrator: true)
    let _: Done = try world.call(.feedForget(FeedForget(consumer: "crm")), as: administrator)
    let taken: FeedSubscribeResult = try world.call(subscribe, as: desk)
    #expect(taken.isNew)
  }

  @Test func aStartBeforeWhatIsKeptIsAnErrorAsACursorIs() throws {
    let world = try World { $0.feedKept = .seconds(60) }
    try world.addAnna()
    let began = world.now
    func start(_ consumer: String) -> Command {
      .feedSubscribe(FeedSubscribe(consumer: consumer, start: .time(Timestamp(milliseconds: began))))
    }
    let _: FeedSubscribeResult = try world.call(start("early"))
    try world.receive("Hello")
    let read: FeedSubscribeResult = try world.call(
      .feedSubscribe(FeedSubscribe(consumer: "early", start: .newest)))
    world.now += 3_600_000
    for _ in 0..<3 {
      world.now += 60_000
      try world.housekeep()
    }
    #expect(read.cursor.sequence > 0)
    #expect(try world.code(of: start("late")) == .cursorExpired)
    try world.receive("Again")
    #expect(try world.code(of: start("late")) == .cursorExpired)
    let recent = FeedStart.time(Timestamp(milliseconds: world.now))
    let _: FeedSubscribeResult = try world.call(
      .feedSubscribe(FeedSubscribe(consumer: "late", start: recent)))
  }

  @Test func anIdleConsumerIsToldOfOnceADayAndOneThatExpiresIsRemoved() throws {
    let world = try World()
    for consumer in [
      FeedSubscribe(consumer: "idle", start: .newest),
      FeedSubscribe(consumer: "short", start: .newest, expiresS: 3_600),
      FeedSubscribe(consumer: "reads", start: .newest, expiresS: 3_600),
    ] {
      let _: FeedSubscribeResult = try world.call(.feedSubscribe(consumer))
    }
    try world.addAnna()
    let asked: FeedConsumersResult = try world.ask(.feedConsumers(FeedConsumers()))
    #expect(asked.items.map(\.expiresS) == [nil, 3_600, 3_600])
    #expect(asked.items.allSatisfy { $0.waitsSince == Timestamp(milliseconds: world.now) })
    let newest = asked.newest
    let _: FeedAckResult = try world.call(.feedAck(FeedAck(consumer: "reads", cursor: newest)))
    _ = try world.events()
    var told: [String] = []
    for _ in 0..<52 {
      world.now += 3_600_000
      try world.housekeep()
      for case .alertRaised(let alert) in try world.events() where alert.alert == .consumerIdle {
        told.append("\(alert.subject ?? "") \(alert.severity)")
        // What is told of one waits for the other: it reads that too.
        let now: FeedConsumersResult = try world.ask(.feedConsumers(FeedConsumers()))
        let _: FeedAckResult = try world.call(.feedAck(FeedAck(consumer: "reads", cursor: now.newest)))
      }
    }
    #expect(told == ["short info", "idle warning", "idle warning"])
    let left: FeedConsumersResult = try world.ask(.feedConsumers(FeedConsumers()))
    #expect(left.items.map(\.consumer) == ["idle", "reads"] && left.items[1].waitsSince == nil)
  }

  @Test func theNumberOfConsumersIsBounded() throws {
    let world = try World()
    for index in 0..<CommandLimits.consumers {
      let _: FeedSubscribeResult = try world.call(.feedSubscribe(FeedSubscribe(consumer: "app-\(index)")))
    }
    #expect(try world.refusal(of: .feedSubscribe(FeedSubscribe(consumer: "one-more"))) == .limitReached)
    let known: FeedSubscribeResult = try world.call(.feedSubscribe(FeedSubscribe(consumer: "app-9")))
    #expect(!known.isNew)
  }
}
