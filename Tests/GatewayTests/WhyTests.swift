import Carriers
import Contract
import SMPP
import Testing

@testable import Gateway

extension World {
  /// The story of a message, whose spans have to be its whole life.
  func why(_ message: MessageID, sourceLocation: SourceLocation = #_sourceLocation) throws -> MessageWhyResult
  {
    let story: MessageWhyResult = try ask(.messageWhy(MessageWhy(messageID: message)))
    var at = story.message.createdAt
    for span in story.spans {
      #expect(span.startedAt == at, "\(message): \(span)", sourceLocation: sourceLocation)
      #expect(
        span.ms == Int(span.endedAt.milliseconds - span.startedAt.milliseconds) && span.ms > 0,
        sourceLocation: sourceLocation)
      at = span.endedAt
    }
    #expect(
      story.spans.reduce(0) { $0 + $1.ms } == story.lifeMs, "\(message)", sourceLocation: sourceLocation)
    #expect(
      at.milliseconds - story.message.createdAt.milliseconds == Int64(story.lifeMs),
      sourceLocation: sourceLocation)
    return story
  }

  /// What its time was spent on, in order.
  func spent(_ message: MessageID) throws -> [Spent] {
    try why(message).spans.map { Spent($0.cause, $0.ms) }
  }

  struct Spent: Equatable {
    var cause: WhyCause
    var ms: Int
    init(_ cause: WhyCause, _ ms: Int) {
      self.cause = cause
      self.ms = ms
    }
  }
}

@Suite(.worlds) struct WhyTests {
  private func company() throws -> World {
    let world = try World()
    try world.addAnna()
    try world.take(.reachable(world.carrier("alpha"), true))
    return world
  }

  private func claimOne(_ world: World, bulk: Bool = false) throws -> ClaimedSegment {
    try #require(try world.claim(1, bulk: bulk).first)
  }

  @Test func aMessagesSpansAreItsWholeLife() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 500
    let segment = try claimOne(world)
    world.now += 40
    let id = try world.answer(segment)
    world.now += 2_000
    try world.receipt(id)
    world.now += 60_000
    #expect(
      try world.spent(sent.messageID) == [.init(.lane, 500), .init(.carrier, 40), .init(.receipt, 2_000)])
    let story = try world.why(sent.messageID)
    #expect(story.decisions.map(\.step) == [.accepted, .allowed, .handedOver, .sent, .receipt])
    #expect(story.decisions[3].carrierMessageID == id && story.decisions[3].carrier == "alpha")
    #expect(story.message.state == .delivered)
  }

  @Test func aLifeThatGoesOnLastsUntilNow() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 500
    #expect(try world.spent(sent.messageID) == [.init(.lane, 500)])
    let segment = try claimOne(world)
    world.now += 100
    #expect(try world.spent(sent.messageID) == [.init(.lane, 500), .init(.carrier, 100)])
    try world.answer(segment)
    world.now += 7_000
    #expect(try world.spent(sent.messageID).last == .init(.receipt, 7_000))
  }

  @Test func aWaitingMessageShowsWhatItsLaneWaitsFor() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 500
    var session = LiveSession(type: "transceiver", state: .bound, window: 10)
    session.inFlight = 10
    let carrier = LiveCarrier(name: "alpha", systemID: "x", rate: 30, sessions: [session])
    let story: MessageWhyResult = try world.ask(
      .messageWhy(MessageWhy(messageID: sent.messageID)), live: [carrier])
    #expect(
      story.spans.last?.detail
        == "now at most 10 per second, 10 of 10 requests in flight at alpha")
  }

  // MARK: Waits

  @Test func pausesAreShown() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 10
    let _: Done = try world.call(.pause(Pause(note: "wrong text")))
    world.now += 20
    let _: NumberView = try world.call(
      .numberPause(NumberPause(number: world.number(Cast.annasNumber))))
    world.now += 30
    let _: Done = try world.call(.resume(Resume()))
    world.now += 40
    let _: NumberView = try world.call(
      .numberResume(NumberResume(number: world.number(Cast.annasNumber))))
    world.now += 50
    let segment = try claimOne(world)
    world.now += 5
    try world.answer(segment, .ESME_RINVDSTADR)
    #expect(
      try world.spent(sent.messageID) == [
        .init(.lane, 10), .init(.paused, 50), .init(.numberPaused, 40), .init(.lane, 50), .init(.carrier, 5),
      ])
    let story = try world.why(sent.messageID)
    #expect(story.spans[1].detail == "wrong text")
    #expect(
      story.decisions.last?.step == .refused && story.decisions.last?.carrierStatus == "ESME_RINVDSTADR")
  }

  @Test func aCarrierWithoutASessionIsShown() throws {
    let world = try company()
    let alpha = try world.carrier("alpha")
    try world.take(.reachable(alpha, false))
    let sent = try world.send("Hello")
    world.now += 3_000
    try world.take(.reachable(alpha, true))
    world.now += 7
    _ = try claimOne(world)
    #expect(try world.spent(sent.messageID) == [.init(.noSession, 3_000), .init(.lane, 7)])
    #expect(try world.why(sent.messageID).spans.first?.detail == "alpha")
  }

  @Test func withAFallbackOnlyTheLossOfBothHolds() throws {
    let world = try World()
    try world.addAnna()
    let (alpha, beta) = (try world.carrier("alpha"), try world.carrier("beta"))
    let sent = try world.send("Hello")
    world.now += 100
    let _: NumberView = try world.call(
      .numberSetRoutes(
        NumberSetRoutes(
          number: world.number(Cast.annasNumber),
          routes: [NumberRoute(carrier: "alpha"), NumberRoute(carrier: "beta", priority: 1)])))
    world.now += 200
    try world.take(.reachable(beta, true))
    world.now += 300
    try world.take(.reachable(alpha, true))
    world.now += 400
    // alpha alone was its route for 100 ms; then there were two, and beta came.
    #expect(
      try world.spent(sent.messageID) == [.init(.noSession, 100), .init(.noSession, 200), .init(.lane, 700)])
    #expect(try world.why(sent.messageID).spans.prefix(2).map(\.detail) == ["alpha", "alpha, beta"])
  }

  @Test func refusalsAndThrottlingAreShown() throws {
    let world = try company()
    let sent = try world.send("Hello")
    let first = try claimOne(world)
    world.now += 30
    try world.answer(first, .ESME_RSYSERR)
    world.now += 5_000 + 100
    let second = try claimOne(world)
    world.now += 20
    try world.answer(second, .ESME_RTHROTTLED)
    world.now += 800
    let third = try claimOne(world)
    world.now += 10
    try world.take(.returned([third.ref]))
    world.now += 60
    let fourth = try claimOne(world)
    world.now += 40
    try world.answer(fourth)
    #expect(
      try world.spent(sent.messageID) == [
        .init(.carrier, 30), .init(.retry, 5_000), .init(.lane, 100), .init(.carrier, 20),
        .init(.throttled, 800), .init(.givenBack, 10), .init(.lane, 60), .init(.carrier, 40),
      ])
    let steps = try world.why(sent.messageID).decisions.map(\.step)
    #expect(
      steps == [
        .accepted, .allowed, .handedOver, .refusedForNow, .handedOver, .throttled, .handedOver, .givenBack,
        .handedOver, .sent,
      ])
  }

  @Test func whatWaitsBehindAnEarlierMessageOfItsThreadSaysBehindWhich() throws {
    let world = try company()
    let first = try world.send("one")
    world.now += 10
    let second = try world.send("two")
    world.now += 20
    let segment = try claimOne(world)
    world.now += 300
    try world.answer(segment)
    world.now += 4
    _ = try claimOne(world)
    #expect(try world.spent(second.messageID) == [.init(.thread, 320), .init(.lane, 4)])
    #expect(try world.why(second.messageID).spans.first?.detail == "behind \(first.messageID)")
    #expect(try world.spent(first.messageID) == [.init(.lane, 30), .init(.carrier, 300), .init(.receipt, 4)])
  }

  @Test func theTimeTheGatewayWasNotRunningIsShown() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 1_000
    world.now += 10_000
    try world.housekeep()
    world.now += 90_000
    try world.restart()
    world.now += 500
    try world.take(.reachable(world.carrier("alpha"), true))
    world.now += 5
    _ = try claimOne(world)
    #expect(
      try world.spent(sent.messageID) == [
        .init(.lane, 11_000), .init(.notRunning, 90_000), .init(.noSession, 500), .init(.lane, 5),
      ])
  }

  @Test func aCampaignsOrderItsPauseAndItsEndAreShown() throws {
    let world = try company()
    for index in 0..<3 { try world.addContact("+120255501\(10 + index)", owner: RepID(1)) }
    let campaign = try world.campaign("Hi")
    let list: Page<MessageView> = try world.ask(.messageList(MessageList(campaignID: campaign)))
    let messages = list.items.map(\.messageID).sorted()
    world.now += 100
    let first = try claimOne(world, bulk: true)
    #expect(first.ref.message == messages[0].value)
    world.now += 100
    let _: CampaignChange = try world.call(.campaignPause(CampaignPause(campaignID: campaign)))
    world.now += 1_000
    let _: CampaignChange = try world.call(.campaignResume(CampaignResume(campaignID: campaign)))
    world.now += 50
    let second = try claimOne(world, bulk: true)
    #expect(
      try world.spent(messages[1]) == [
        .init(.campaignOrder, 200), .init(.campaignPaused, 1_000), .init(.campaignOrder, 50),
      ])
    #expect(try world.why(messages[1]).spans[0].detail == "number 2 of 3 in \(campaign) from this number")
    try world.answer(second)
    let _: CampaignChange = try world.call(.campaignCancel(CampaignCancel(campaignID: campaign)))
    world.now += 9
    try world.finishJobs()
    let story = try world.why(messages[2])
    #expect(story.spans.last?.cause == .campaignCancelled && story.spans.last?.ms == 9)
    #expect(story.decisions.last?.step == .stopped && story.decisions.last?.reason == .alreadyFinal)
  }

  // MARK: Several segments

  @Test func ofSeveralSegmentsTheOneFurthestBehindCounts() throws {
    let world = try company()
    let sent = try world.send(String(repeating: "0123456789", count: 30))
    let first = try claimOne(world)
    world.now += 100
    let second = try claimOne(world)
    world.now += 50
    let one = try world.answer(first)
    world.now += 25
    let two = try world.answer(second)
    world.now += 1_000
    try world.receipt(one)
    world.now += 2_000
    try world.receipt(two)
    #expect(
      try world.spent(sent.messageID) == [
        .init(.lane, 100), .init(.carrier, 50), .init(.carrier, 25),
        .init(.receipt, 1_000), .init(.receipt, 2_000),
      ])
    let story = try world.why(sent.messageID)
    #expect(story.spans.map(\.segment) == [2, 1, 2, 1, 2])
    #expect(story.decisions.count { $0.step == .handedOver } == 2)
  }

  // MARK: Unknown outcomes

  @Test func anUnknownOutcomeIsTimeOfItsOwnUntilALateAnswer() throws {
    let world = try company()
    let sent = try world.send("Hello")
    let segment = try claimOne(world)
    world.now += 30_000
    try world.take(.overdue(segment.ref, at: world.now))
    world.now += 7_000
    #expect(try world.spent(sent.messageID) == [.init(.carrier, 30_000), .init(.unknown, 7_000)])
    let id = try world.answer(segment)
    world.now += 500
    try world.receipt(id)
    #expect(
      try world.spent(sent.messageID) == [
        .init(.carrier, 30_000), .init(.unknown, 7_000), .init(.receipt, 500),
      ])
    #expect(
      try world.why(sent.messageID).decisions.map(\.step)
        == [.accepted, .allowed, .handedOver, .unanswered, .settled, .sent, .receipt])
  }

  @Test func anUnknownOutcomeThatALateRefusalUndoesWaitsAgain() throws {
    let world = try company()
    let sent = try world.send("Hello")
    let segment = try claimOne(world)
    world.now += 30_000
    try world.take(.overdue(segment.ref, at: world.now))
    world.now += 1_000
    let later = try world.send("Later")
    let other = try claimOne(world)
    world.now += 1_000
    try world.answer(segment, .ESME_RTHROTTLED)
    world.now += 2_000
    try world.answer(other)
    world.now += 3
    _ = try claimOne(world)
    // Its turn had passed: it went behind what had left since.
    #expect(
      try world.spent(sent.messageID) == [
        .init(.carrier, 30_000), .init(.unknown, 2_000), .init(.thread, 2_000), .init(.throttled, 3),
      ])
    #expect(try world.why(sent.messageID).spans[2].detail == "behind \(later.messageID)")
  }

  @Test func anInferredReceiptAndACrashAreShown() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 100
    _ = try claimOne(world)
    world.now += 5_000
    try world.restart()
    world.now += 300
    #expect(
      try world.spent(sent.messageID) == [.init(.lane, 100), .init(.carrier, 5_000), .init(.unknown, 300)])
    #expect(try world.why(sent.messageID).decisions.last?.step == .unanswered)
  }

  // MARK: Ends

  @Test func anOptOutIsNamedWithItsWordAndItsMessage() throws {
    let world = try company()
    let sent = try world.send("Hello")
    world.now += 100
    try world.receive("Quit")
    let end = try #require(try world.why(sent.messageID).decisions.last)
    #expect(end.step == .stopped && end.reason == .optedOut)
    #expect(end.detail?.hasPrefix("opted out of the brand by the word QUIT in msg_") == true)
    #expect(try world.spent(sent.messageID) == [.init(.lane, 100)])
    let list: Page<MessageView> = try world.ask(.messageList(MessageList(direction: .inbound)))
    let inbound = try world.why(try #require(list.items.first).messageID)
    #expect(inbound.spans.isEmpty && inbound.lifeMs == 0)
    #expect(inbound.decisions.last?.detail == "QUIT: opted out for the brand")
  }

  @Test func whatIsTakenOutUnwrittenWasWithASession() throws {
    let world = try company()
    let sent = try world.send("Hello")
    let segment = try claimOne(world)
    world.now += 20
    try world.receive("STOP")
    try world.take(.revoked([segment.ref], at: world.now))
    #expect(try world.spent(sent.messageID) == [.init(.givenBack, 20)])
    #expect(try world.why(sent.messageID).decisions.last?.reason == .optedOut)
  }

  @Test func whatExpiresAndWhatIsNotLiveIsNamed() throws {
    let world = try company()
    let sent: MessageSendResult = try world.call(world.message("Hello", notAfter: world.now + 1_000))
    world.now += 2_000
    #expect(try world.claim().isEmpty)
    #expect(try world.why(sent.messageID).decisions.last?.reason == .tooLate)
    let other = try world.send("Other")
    let _: TestPhones = try world.call(.goLive(GoLive(live: false)))
    world.now += 10
    #expect(try world.claim().isEmpty)
    #expect(try world.why(other.messageID).decisions.last?.reason == .notLive)
    #expect(try world.spent(other.messageID) == [.init(.lane, 10)])
  }

  @Test func aMissingReceiptThatComesAfterAllIsShown() throws {
    let world = try company()
    let sent = try world.send("Hello")
    let segment = try claimOne(world)
    let id = try world.answer(segment)
    let wait = CarrierProfile().receiptMissingAfter.wholeMilliseconds
    world.now += wait
    try world.housekeep()
    world.now += 1_000
    #expect(try world.state(of: sent.messageID) == .receiptMissing)
    #expect(try world.spent(sent.messageID) == [.init(.receipt, Int(wait))])
    try world.receipt(id)
    #expect(
      try world.spent(sent.messageID) == [.init(.receipt, Int(wait)), .init(.receiptMissing, 1_000)])
  }

  @Test func aReceiptThatContradictsIsListed() throws {
    let world = try company()
    let (message, id) = try world.deliverToCarrier("Hello")
    try world.receipt(id)
    world.now += 10
    try world.receipt(id, .undeliverable)
    let last = try #require(try world.why(message).decisions.last)
    #expect(last.step == .contradicted && last.carrierStatus?.hasPrefix("failed") == true)
  }

  @Test func whatIsToARepsMobileHasNoStory() throws {
    let world = try World()
    try world.addAnna(mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, first: "Cara", owner: RepID(1))
    try world.receive("hello?")
    let alert = try #require(try world.claim().first)
    #expect(throws: APIError.self) {
      let _: MessageWhyResult = try world.ask(
        .messageWhy(MessageWhy(messageID: MessageID(alert.ref.message))))
    }
  }
}

@Suite(.worlds) struct PausedCampaignTests {
  /// Two campaigns to one phone: the second's message waits for its thread, outside its run.
  private func twoCampaigns() throws -> (World, ClaimedSegment, CampaignID, CampaignID) {
    let world = try World()
    try world.addAnna()
    try world.addContact(Cast.customer, owner: RepID(1))
    let (first, second) = (try world.campaign("one"), try world.campaign("two"))
    let segment = try #require(try world.claim(bulk: true).first)
    return (world, segment, first, second)
  }

  @Test func whatWaitsForItsThreadStaysWhileItsCampaignIsPaused() throws {
    let (world, segment, _, second) = try twoCampaigns()
    #expect(try world.stored("SELECT count(*) FROM pending") == 1)
    let _: CampaignChange = try world.call(.campaignPause(CampaignPause(campaignID: second)))
    try world.answer(segment)
    #expect(try world.claim(bulk: true).isEmpty)
    try world.restart()
    #expect(try world.claim(bulk: true).isEmpty)
    let _: CampaignChange = try world.call(.campaignResume(CampaignResume(campaignID: second)))
    #expect(try world.claim(bulk: true).map(\.text) == ["two"])
  }

  @Test func whatComesBackEndsWithItsCancelledCampaign() throws {
    let (world, segment, first, second) = try twoCampaigns()
    let _: CampaignChange = try world.call(.campaignPause(CampaignPause(campaignID: first)))
    try world.take(.returned([segment.ref]))
    #expect(try world.claim(bulk: true).map(\.text) == ["two"])
    let _: CampaignChange = try world.call(.campaignCancel(CampaignCancel(campaignID: first)))
    try world.finishJobs()
    #expect(try world.campaignView(first).counts.cancelled == 1)
    #expect(try world.stored("SELECT count(*) FROM pending") == 0)
    #expect(try world.campaignView(second).counts.sending == 1)
  }

  @Test func anOptOutFindsWhatAPausedCampaignHolds() throws {
    let (world, segment, first, _) = try twoCampaigns()
    let _: CampaignChange = try world.call(.campaignPause(CampaignPause(campaignID: first)))
    try world.take(.returned([segment.ref]))
    for other in try world.claim(bulk: true) { try world.answer(other) }
    try world.receive("STOP")
    #expect(try world.stored("SELECT count(*) FROM pending") == 0)
    #expect(try world.campaignView(first).counts.cancelled == 1)
  }
}
