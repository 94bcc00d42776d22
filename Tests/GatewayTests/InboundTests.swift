import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

@Suite(.worlds) struct InboundTests {
  @Test func aTextOpensAThreadOwnedByTheNumbersRep() throws {
    let world = try World()
    let anna = try world.addAnna()
    let contact = try world.addContact(Cast.customer, first: "Carla", owner: anna)
    #expect(try world.receive("Hello").responses == [.ESME_ROK])
    let events = try world.events()
    let received = try #require(events.received.first)
    #expect(received.text == "Hello" && received.repID == anna && received.contactIDs == [contact])
    #expect(received.queueID == nil && received.candidateRepIDs == nil && received.complete)
    #expect(events.conversations.map(\.change) == [.opened])
    try world.receive("Again")
    let next = try world.events()
    #expect(next.received.first?.conversationID == received.conversationID && next.conversations.isEmpty)
  }

  @Test func onANumberThatNobodyHoldsTheContactsRepAnswers() throws {
    let world = try World()
    let ben = try world.addRep("Ben")
    try world.addNumber(Cast.localNumber)
    try world.addContact(Cast.customer, owner: ben)
    try world.receive("Hello", to: Cast.localNumber)
    #expect(try world.events().received.first?.repID == ben)
    let list: Page<ConversationView> = try world.ask(.conversationList(ConversationList(repID: ben)))
    #expect(list.items.count == 1 && list.items.first?.state == .open)
  }

  @Test func aThreadWithSeveralPossibleOwnersWaitsInTheQueueWithThemListed() throws {
    let world = try World()
    let anna = try world.addRep("Anna")
    let ben = try world.addRep("Ben")
    try world.addNumber(Cast.localNumber)
    let first = try world.addContact(Cast.customer, first: "Carla", owner: anna, ref: "1")
    let second = try world.addContact(Cast.customer, first: "Carl", owner: ben, ref: "2")
    try world.receive("Hello", to: Cast.localNumber)
    let events = try world.events()
    let received = try #require(events.received.first)
    #expect(received.repID == nil && received.queueID == QueueID(1))
    #expect(received.candidateRepIDs == [anna, ben] && received.contactIDs == [first, second])
    #expect(events.alerts.contains(.unownedConversation))
    let queued: Page<ConversationView> = try world.ask(
      .conversationList(ConversationList(queueID: QueueID(1))))
    #expect(queued.items.first?.candidateRepIDs == [anna, ben])
    let given: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: received.conversationID, repID: ben)))
    #expect(given.repID == ben && given.queueID == nil)
    try world.receive("Hello?", to: Cast.localNumber)
    #expect(try world.events().received.first?.repID == ben)
  }

  @Test func anAnswerIsAttributedToTheCampaignThatLeftBeforeIt() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addContact(Cast.customer, first: "Carla", owner: anna)
    let campaign = try world.campaign("Open house")
    try world.receive("Too early")
    #expect(try world.events().received.last?.campaignID == nil)
    let segment = try #require(try world.claim(bulk: true).first)
    try world.answer(segment)
    try world.receive("I'll come")
    try world.receive("STOP")
    let events = try world.events()
    #expect(events.received.map { $0.campaignID } == [campaign, campaign])
    let view = try world.campaignView(campaign)
    #expect(view.replyCount == 1 && view.optOutCount == 1)
    let list: Page<MessageView> = try world.ask(.messageList(MessageList(campaignID: campaign)))
    #expect(list.items.map(\.text) == ["STOP", "I'll come", "Open house"])
  }

  @Test func aTextForANumberThatIsNotOursIsSetAsideAcknowledgedAndRaisesAnAlert() throws {
    let world = try World()
    try world.addAnna()
    #expect(try world.receive("Hello", to: "+18005550199").responses == [.ESME_ROK])
    let events = try world.events()
    #expect(events.received.isEmpty && events.alerts.contains(.unrouted))
    let list: Page<QuarantineView> = try world.ask(.quarantineList(QuarantineList(kind: .unrouted)))
    #expect(list.items.map(\.carrier) == ["alpha"] && list.items.first?.to == "18005550199")
  }

  // MARK: Long messages

  private func parts(_ world: World, _ text: String, reference: UInt16 = 9) throws -> [DeliverSM] {
    let plan = try #require(Segmenter().plan(text))
    return (0..<plan.count).map { index in
      var pdu = DeliverSM(source: world.address(Cast.customer), destination: world.address(Cast.annasNumber))
      pdu.setText(plan.segment(index, reference: reference))
      return pdu
    }
  }

  @Test(arguments: UInt64(1)...6) func partsComeInAnyOrderWithRepeatsAndOverARestart(seed: UInt64) throws {
    let world = try World()
    try world.addAnna()
    var random = SeededGenerator(seed: seed)
    let text = (0..<60).map { "word\($0) " }.joined()
    var order = try parts(world, text)
    #expect(order.count >= 3)
    order.shuffle(using: &random)
    let last = order.removeLast()
    order += order
    order.shuffle(using: &random)
    for (index, pdu) in order.enumerated() {
      #expect(try world.take(.inbound(try world.inbound(pdu))).responses == [.ESME_ROK])
      if index == order.count / 2 { try world.restart() }
    }
    #expect(try world.events().received.isEmpty)
    try world.take(.inbound(try world.inbound(last)))
    let received = try world.events().received
    #expect(received.map(\.text) == [text] && received.first?.complete == true)
    #expect(try world.stored("SELECT count(*) FROM part") == 0)
  }

  @Test func aTextWhosePartsNeverComeIsMarkedIncomplete() throws {
    let world = try World()
    try world.addAnna()
    let parts = try parts(world, String(repeating: "0123456789", count: 40))
    try world.take(.inbound(try world.inbound(parts[0])))
    try world.take(.inbound(try world.inbound(parts[2])))
    world.now += world.settings.spans.partsWait.wholeMilliseconds
    try world.housekeep()
    let received = try world.events().received
    #expect(received.count == 1 && received.first?.complete == false && received.first?.segments == 2)
  }

  // MARK: Redelivery

  @Test func whatComesAgainAfterALostSessionIsTheSameOnce() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello", session: 1)
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    #expect(try world.receive("Hello", session: 2).responses == [.ESME_ROK])
    #expect(try world.events().received.count == 1)
    try world.receive("Hello", session: 2)
    #expect(try world.events().received.count == 1)
  }

  @Test func aLostSessionLeavesItsNewestAloneToComeAgain() throws {
    let world = try World()
    try world.addAnna()
    for index in 0...Redelivery.perSession { try world.receive("Text \(index)", session: 1) }
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    _ = try world.events()
    // The oldest is one more than its carrier may be without an answer to: it is another text.
    try world.receive("Text 0", session: 2)
    #expect(try world.events().received.count == 1)
    try world.receive("Text 1", session: 2)
    try world.receive("Text \(Redelivery.perSession)", session: 2)
    #expect(try world.events().received.isEmpty)
  }

  @Test func whatComesAgainAfterACrashIsTheSameOnce() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello")
    try world.restart()
    try world.receive("Hello")
    #expect(try world.events().received.count == 1)
    try world.receive("Hello")
    #expect(try world.events().received.count == 1)
  }

  /// Seed 20261127100714: two steps of the clock made a minute of a quarter of one.
  @Test(arguments: [false, true])
  func aClockThatIsSetDoesNotMakeWhatWasAcknowledgedOld(isCrash: Bool) throws {
    let world = try World()
    try world.addAnna()
    var steady: Int64 = 1_000
    try world.gateway.watchClock(wall: world.now) { steady }
    try world.receive("Hello", session: 1)
    for text in ["one", "two"] {
      world.now += 50 * 60_000
      steady += 2_000
      try world.receive(text, from: Cast.stranger, session: 2)
    }
    if isCrash {
      try world.restart()
    } else {
      try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    }
    _ = try world.events()
    try world.receive("Hello", session: 3)
    #expect(try world.events().received.isEmpty)
  }

  /// The minute in which an acknowledgement surely arrives begins when it is let out.
  @Test func whatADiskTookTwoMinutesForIsRecognisedAndWhatWasAcknowledgedAMinuteAgoIsAnotherText() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello", session: 1)
    world.now += 120_000
    try world.receive("one", from: Cast.stranger, session: 2)
    world.now += 1_000
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    _ = try world.events()
    try world.receive("Hello", session: 3)
    #expect(try world.events().received.isEmpty)
    for _ in 0..<10 {
      world.now += 10_000
      try world.housekeep()
    }
    try world.take(.sessionLost(session: 3, carrier: world.carrier("alpha"), at: world.now))
    try world.receive("Hello", session: 4)
    #expect(try world.events().received.count == 1)
  }

  @Test func equalTextsWithoutALossAreTwoAndALossIsForgottenAfterADay() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello")
    try world.receive("Hello")
    #expect(try world.events().received.count == 2)
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    world.now += world.settings.spans.redeliveryWithin.wholeMilliseconds + 1
    try world.receive("Hello", session: 2)
    #expect(try world.events().received.count == 1)
  }

  @Test func aRedeliveredOptOutIsAppliedAgainAndAnOptInIsNot() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("QUIT")
    try world.receive("START")
    _ = try world.claim()
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    try world.receive("QUIT", session: 2)
    #expect(try world.refusal(of: world.message("x")) == .optedOut)
    #expect(try world.claim().isEmpty)
    try world.receive("START", session: 2)
    #expect(try world.refusal(of: world.message("x")) == .optedOut)
    try world.receive("START", session: 2)
    try world.send("x")
  }
}
