import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Names and values that an app gives with a message, and gets back wherever the message is shown.
@Suite(.worlds) struct MetadataTests {
  private let ticket = ["ticket": "4711", "by \"Ö\"": ""]

  @Test func whatAnAppGivesWithAMessageIsShownWithItAndToldWithEachOfItsEvents() throws {
    let world = try World()
    try world.addAnna()
    let sent: MessageSendResult = try world.call(
      .messageSend(
        MessageSend(
          from: .number(world.number(Cast.annasNumber)), to: .phone(world.typed(Cast.customer)),
          text: "Hello",
          metadata: ticket)))
    let id = try world.answer(try #require(try world.claim().first))
    try world.receipt(id)
    try world.send("without")
    #expect(try world.view(of: sent.messageID).metadata == ticket)
    let page: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(page.items.map(\.metadata) == [nil, ticket])
    let why: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: sent.messageID)))
    #expect(why.message.metadata == ticket)
    var told: [[String: String]?] = []
    for event in try world.events() {
      switch event {
      case .messageQueued(let event): told.append(event.metadata)
      case .messageStateChanged(let event): told.append(event.metadata)
      default: break
      }
    }
    // Queued, sent and delivered; then the one without.
    #expect(told == [ticket, ticket, ticket, nil])
  }

  @Test func theMetadataOfACampaignIsThatOfEachOfItsMessages() throws {
    let world = try World()
    let anna = try world.addAnna()
    for index in 0..<3 { try world.addContact("+1202555010\(index)", first: "C\(index)", owner: anna) }
    let plan: CampaignPlanResult = try world.call(
      .campaignPlan(
        CampaignPlan(audience: Audience(all: true), text: "Hi {{first_name}}", metadata: ticket)))
    let _: CampaignChange = try world.call(.campaignCommit(CampaignCommit(campaignID: plan.campaignID)))
    try world.finishJobs()
    #expect(try world.campaignView(plan.campaignID).metadata == ticket)
    let page: Page<MessageView> = try world.ask(.messageList(MessageList(campaignID: plan.campaignID)))
    #expect(page.items.map(\.metadata) == [ticket, ticket, ticket])
    let events = try world.events()
    #expect(events.progress.first { $0.state == .planned }?.metadata == ticket)
    let queued = events.compactMap { if case .messageQueued(let event) = $0 { event.metadata } else { nil } }
    #expect(queued == [ticket, ticket, ticket])
    // An answer to it is the phone's own.
    for segment in try world.claim(bulk: true) { try world.answer(segment) }
    try world.receive("Yes, please", from: "+12025550100")
    let answers: Page<MessageView> = try world.ask(.messageList(MessageList(direction: .inbound)))
    #expect(answers.items.map(\.campaignID) == [plan.campaignID] && answers.items[0].metadata == nil)
  }

  @Test func theBoundsOfMetadataHoldForAMessageAndForACampaign() throws {
    let world = try World()
    try world.addAnna()
    let many = (0...CommandLimits.metadata).reduce(into: [:]) { $0["n\($1)"] = "" }
    let long = String(repeating: "x", count: CommandLimits.metadataValue + 1)
    for metadata in [many, ["": "x"], [String(repeating: "n", count: 65): "x"], ["n": long]] {
      let plan = CampaignPlan(audience: Audience(all: true), text: "Hello", metadata: metadata)
      #expect(
        try world.code(
          of: .messageSend(
            MessageSend(
              from: .number(world.number(Cast.annasNumber)), to: .phone(world.typed(Cast.customer)),
              text: "Hello", metadata: metadata))) == .invalidParams)
      #expect(try world.code(of: .campaignPlan(plan)) == .invalidParams)
    }
  }
}

/// Several texts in one call.
@Suite(.worlds) struct SendManyTests {
  @Test func eachTextHasItsOwnOutcomeAndOneThatIsRefusedKeepsNoOtherBack() throws {
    let world = try World { $0.queuePerNumber = 3 }
    let anna = try world.addAnna()
    let carla = try world.addContact(Cast.customer, first: "Carla", owner: anna)
    try world.receive("STOP", from: Cast.stranger)
    for segment in try world.claim() { try world.answer(segment) }
    let from = Sender.number(try world.number(Cast.annasNumber))
    func text(_ text: String, _ to: Recipient) -> MessageInput {
      MessageInput(from: from, to: to, text: text)
    }
    let texts = [
      text("Hi {{first_name}}", .contact(carla)),
      text("Hello", .phone(try world.typed(Cast.stranger))),
      text("Hello", .contact(ContactID(99))),
      text("  ", .contact(carla)),
      text("Hi {{city}}", .contact(carla)),
      text("two", .contact(carla)), text("three", .contact(carla)),
      // The lane holds three.
      text("four", .contact(carla)),
    ]
    let key = world.nextKey()
    let command = Command.messageSendMany(MessageSendMany(messages: texts, idempotencyKey: key))
    let sent: MessageSendManyResult = try world.call(command)
    #expect(sent.accepted == 3 && sent.refused == 5 && sent.replayed == nil)
    #expect(sent.results.map(\.index) == Array(0..<8))
    #expect(
      sent.results.map(\.reason)
        == [nil, .optedOut, .invalidField, .emptyText, .missingField, nil, nil, .queueFull])
    #expect(sent.results.allSatisfy { ($0.status == .accepted) == ($0.messageID != nil) })
    let page: Page<MessageView> = try world.ask(
      .messageList(MessageList(state: .queued, direction: .outbound)))
    #expect(page.items.map(\.text) == ["three", "two", "Hi Carla"])
    // Again, with its key: the first answer, and nothing sent.
    let again: MessageSendManyResult = try world.call(command)
    #expect(again.replayed == true && again.results == sent.results)
    #expect(try world.stored("SELECT count(*) FROM message WHERE direction = 1 AND class = 0") == 3)
    let other = Command.messageSendMany(MessageSendMany(messages: [texts[0]], idempotencyKey: key))
    #expect(try world.code(of: other) == .idempotencyConflict)
  }

  @Test func aCallOfNoTextsOrOfTooManyIsRefusedAndTheAnswerToTheMostFitsIntoALine() throws {
    let world = try World()
    try world.addAnna()
    let text = MessageInput(
      from: .number(try world.number(Cast.annasNumber)), to: .phone(try world.typed(Cast.customer)), text: "x"
    )
    for count in [0, CommandLimits.texts + 1] {
      let command = Command.messageSendMany(
        MessageSendMany(messages: Array(repeating: text, count: count)))
      #expect(try world.code(of: command) == .invalidParams)
    }
    let most = Command.messageSendMany(
      MessageSendMany(messages: Array(repeating: text, count: CommandLimits.texts)))
    let json = try world.reply(to: most).get()
    #expect(json.count < 60_000)
    #expect(try ContractJSON.decode(MessageSendManyResult.self, from: json).accepted == CommandLimits.texts)
  }
}

/// What of a conversation nobody has read.
@Suite(.worlds) struct ReadTests {
  private func thread(_ world: World, _ id: Int64 = 1) throws -> ConversationView {
    try world.ask(.conversationGet(ConversationGet(conversationID: ConversationID(id))))
  }

  private func mark(_ world: World, to message: MessageID? = nil) throws -> ConversationView {
    try world.call(
      .conversationMarkRead(
        ConversationMarkRead(
          conversationID: ConversationID(1), messageID: message, idempotencyKey: world.nextKey())))
  }

  @Test func whatComesInIsUnreadUntilItIsMarkedAndWhatWasReadStaysRead() throws {
    let world = try World()
    try world.addAnna()
    for index in 0..<3 {
      world.now += 1_000
      try world.receive("in \(index)")
    }
    try world.send("our answer")
    let messages: Page<MessageView> = try world.ask(
      .conversationMessages(ConversationMessages(conversationID: ConversationID(1))))
    let inbound = messages.items.reversed().filter { $0.direction == .inbound }.map(\.messageID)
    #expect(try thread(world).unread == 3 && thread(world).lastReadMessageID == nil)
    _ = try world.events()
    // Up to the one that was shown: a text that came meanwhile stays unread.
    world.now += 1_000
    let read = try mark(world, to: inbound[1])
    #expect(read.unread == 1 && read.lastReadMessageID == inbound[1])
    #expect(read.updatedAt == Timestamp(milliseconds: world.now))
    let told = try world.events().conversations
    #expect(
      told.map(\.change) == [.read] && told[0].lastReadMessageID == inbound[1] && told[0].repID == RepID(1))
    // An earlier message changes nothing, and nothing is told.
    #expect(try mark(world, to: inbound[0]).lastReadMessageID == inbound[1])
    #expect(try world.events().isEmpty)
    let all = try mark(world)
    #expect(all.unread == 0 && all.lastReadMessageID == messages.items[0].messageID)
    try world.restart()
    #expect(try thread(world).unread == 0)
    try world.receive("again")
    #expect(try thread(world).unread == 1)
  }

  @Test func listsAreNarrowedToWhatIsUnread() throws {
    let world = try World()
    let anna = try world.addAnna()
    for index in 0..<4 {
      world.now += 2_000
      try world.receive("in \(index)", from: "+1202555010\(index)")
    }
    for id in [1, 3] as [Int64] {
      let _: ConversationView = try world.call(
        .conversationMarkRead(ConversationMarkRead(conversationID: ConversationID(id))))
    }
    for order in ConversationOrder.allCases {
      for rep in [nil, anna] {
        func ids(_ unread: Bool) throws -> Set<Int64> {
          let page: Page<ConversationView> = try world.ask(
            .conversationList(ConversationList(repID: rep, isUnread: unread, order: order)))
          return Set(page.items.map(\.conversationID.value))
        }
        #expect(try ids(true) == [2, 4] && ids(false) == [1, 3])
      }
    }
  }

  @Test func onlyAMessageOfTheConversationMarksIt() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("in")
    let other = try world.send("to somebody else", to: Cast.stranger)
    func code(_ conversation: Int64, _ message: MessageID?) throws -> ErrorCode? {
      try world.code(
        of: .conversationMarkRead(
          ConversationMarkRead(conversationID: ConversationID(conversation), messageID: message)))
    }
    #expect(try code(1, other.messageID) == .notFound)
    #expect(try code(1, MessageID(9_999)) == .notFound)
    #expect(try code(9_999, nil) == .notFound)
    #expect(try thread(world).unread == 1)
  }
}
