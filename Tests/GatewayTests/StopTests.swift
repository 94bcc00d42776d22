import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct StopTests {
  /// Anna and Ben with toll-free numbers, a local number that nobody holds.
  private func company(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    try world.addNumber(Cast.localNumber)
    return world
  }

  @Test func theBarrierComesBeforeTheAnswer() throws {
    let world = try company()
    try world.send("waiting")
    let released = try world.receive("Stop.")
    let revoke = released.network.firstIndex {
      if case .revoke(12_025_550_143, nil) = $0 { true } else { false }
    }
    let respond = released.network.firstIndex { if case .respond(_, .ESME_ROK) = $0 { true } else { false } }
    let (first, second) = (try #require(revoke), try #require(respond))
    #expect(first < second)
  }

  @Test func everythingQueuedToThePhoneIsCancelledOnEveryNumber() throws {
    let world = try company()
    let long = String(repeating: "0123456789", count: 40)
    let texts = [
      try world.send("one"), try world.send(long), try world.send("two", from: Cast.bensNumber),
      try world.send("three", from: Cast.localNumber),
    ]
    let kept = try world.send("other phone", to: Cast.stranger)
    try world.receive("STOP", to: Cast.bensNumber)
    for text in texts {
      let view = try world.view(of: text.messageID)
      #expect(view.state == .cancelled && view.reason == .optedOut)
    }
    #expect(try world.claim().map(\.ref.message) == [kept.messageID.value])
    #expect(try world.claim(from: Cast.bensNumber).isEmpty)
    #expect(try world.claim(from: Cast.localNumber).isEmpty)
    let events = try world.events()
    #expect(events.consent.first?.cancelled == 4 && events.consent.first?.scope == .brand)
    #expect(events.states.filter { $0.state == .cancelled }.count == 4)
    try world.restart()
    #expect(try world.claim(from: Cast.bensNumber).isEmpty)
    #expect(try world.refusal(of: world.message("again", from: Cast.localNumber)) == .optedOut)
  }

  @Test func aLongMessagePartlyWithTheLoopLosesItsRest() throws {
    let world = try company()
    let sent = try world.send(String(repeating: "0123456789", count: 40))
    let claimed = try world.claim(2)
    try world.answer(claimed[0])
    #expect(try world.state(of: sent.messageID) == .sending)
    try world.receive("STOP")
    #expect(try world.claim().isEmpty)
    try world.take(.revoked([claimed[1].ref], at: world.now))
    #expect(try world.claim().isEmpty)
    // The part that left is with the carrier, and its receipt may come.
    #expect(try world.state(of: sent.messageID) == .sent)
  }

  @Test func whatTheLoopHadTakenOutEndsCancelledAndWhatWasThrottledDoesNotComeBack() throws {
    let world = try company()
    let unwritten = try world.send("one")
    let throttled = try world.send("two", from: Cast.bensNumber)
    let claimed = try world.claim() + world.claim(from: Cast.bensNumber)
    try #require(claimed.count == 2)
    try world.receive("STOP")
    try world.take(.revoked([claimed[0].ref], at: world.now))
    try world.answer(claimed[1], .ESME_RTHROTTLED)
    #expect(try world.claim().isEmpty)
    #expect(try world.claim(from: Cast.bensNumber).isEmpty)
    #expect(try world.state(of: unwritten.messageID) == .cancelled)
    #expect(try world.state(of: throttled.messageID) == .cancelled)
  }

  @Test func aCampaignsRecipientsWhoAreNoMessagesYetLeaveIt() throws {
    let world = try company()
    let anna = RepID(1)
    for index in 0..<20 { try world.addContact("+120255501\(10 + index)", first: "C\(index)", owner: anna) }
    let planned: CampaignPlanResult = try world.call(world.plan("Hi", Audience(all: true)))
    let _: CampaignChange = try world.call(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: "c")))
    try world.receive("STOP", from: "+12025550115")
    try world.finishJobs()
    let claimed = try world.claim(bulk: true)
    #expect(claimed.count == 19 && !claimed.contains { $0.phone == 12_025_550_115 })
    let left = try world.recipients(of: planned.campaignID).filter { $0.state == .cancelled }
    #expect(left.map(\.to) == [try world.number("+12025550115")])
    #expect(left.first?.reason == .optedOut)
    #expect(try world.campaignView(planned.campaignID).counts.cancelled == 1)
  }

  @Test func theScopeCanBeTheOneNumber() throws {
    let world = try company { $0.optOutScope = .number }
    try world.send("gone")
    let kept = try world.send("kept", from: Cast.bensNumber)
    let released = try world.receive("STOP")
    let anna = try world.id(of: Cast.annasNumber)
    #expect(released.network.contains { if case .revoke(_, [anna]) = $0 { true } else { false } })
    #expect(try world.claim().isEmpty)
    #expect(try world.claim(from: Cast.bensNumber).map(\.ref.message) == [kept.messageID.value])
    #expect(try world.refusal(of: world.message("x")) == .optedOut)
  }

  // MARK: Who confirms

  @Test func onTollFreeTheNetworkConfirmsAStopAndWeDoNot() throws {
    let world = try company()
    try world.receive("STOP")
    #expect(try world.claim().isEmpty)
    let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(consent.optedOutOfBrand)
    #expect(consent.blockedBy == [try world.number(Cast.annasNumber)])
    #expect(Set(consent.records.map(\.layer)) == [.ours, .network])
    #expect(try world.events().consent.map(\.layer) == [.ours, .network])
  }

  /// The network takes the word alone (Twilio, AWS), and no punctuation with it.
  @Test(arguments: ["QUIT", "Unsubscribe", "stopall", "opt-out", "STOP.", "Stop please", "STOP STOP"])
  func onTollFreeAnyOtherWordIsOursToConfirmOnce(word: String) throws {
    let world = try company()
    try world.receive(word)
    let texts = try world.claim().map(\.text)
    #expect(texts == [World.brand.stopConfirmation])
    try world.receive(word)
    #expect(try world.claim().isEmpty)
    let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(consent.optedOutOfBrand && consent.blockedBy.isEmpty)
  }

  @Test func onALocalNumberWeConfirmAStopOnceAndOnlySoon() throws {
    let world = try company()
    try world.receive("STOP", to: Cast.localNumber)
    try world.receive("STOP", to: Cast.localNumber)
    world.now += 5 * 60_000
    #expect(try world.claim(from: Cast.localNumber).isEmpty)
    try world.receive("START", to: Cast.localNumber)
    for segment in try world.claim(from: Cast.localNumber) { try world.answer(segment) }
    try world.receive("STOP", to: Cast.localNumber)
    #expect(try world.claim(from: Cast.localNumber).map(\.text) == [World.brand.stopConfirmation])
  }

  // MARK: Consent given again

  @Test func yesIsAnOptInOnlyWhileOptedOut() throws {
    let world = try company()
    try world.receive("YES")
    #expect(try world.events().received.last?.keywordClass == KeywordClass.none)
    try world.receive("QUIT")
    for segment in try world.claim() { try world.answer(segment) }
    try world.receive("Yes!")
    let events = try world.events()
    #expect(events.received.last?.keywordClass == .optIn && events.received.last?.keyword == "YES")
    let confirmed = try world.claim()
    #expect(confirmed.map(\.text) == [World.brand.startConfirmation])
    for segment in confirmed { try world.answer(segment) }
    try world.send("welcome")
    #expect(try world.claim().count == 1)
  }

  @Test func yesLiftsOurLayerAndNotTheNetworks() throws {
    let world = try company()
    try world.receive("STOP")
    try world.receive("YES")
    #expect(try world.refusal(of: world.message("x")) == .networkBlocked)
    try world.send("x", from: Cast.bensNumber)
  }

  @Test func onlyTheWordAloneLiftsTheTollFreeNetworksBlock() throws {
    let world = try company()
    try world.receive(" stop ")
    try world.receive("START!")
    #expect(try world.refusal(of: world.message("x")) == .networkBlocked)
    try world.receive("Unstop")
    try world.send("x")
  }

  @Test func startOnAnotherNumberLiftsOurLayerAndNotTheNetworks() throws {
    let world = try company()
    try world.receive("STOP")
    try world.receive("START", to: Cast.bensNumber)
    #expect(try world.refusal(of: world.message("x")) == .networkBlocked)
    try world.send("x", from: Cast.bensNumber)
    try world.receive("START")
    try world.send("x")
    #expect(try world.claim().count == 1)
  }

  // MARK: HELP and commands

  @Test func helpIsAnsweredUnlessTheyOptedOut() throws {
    let world = try company()
    try world.receive("help")
    let helped = try world.claim()
    #expect(helped.map(\.text) == [World.brand.help])
    for segment in helped { try world.answer(segment) }
    try world.receive("QUIT")
    for segment in try world.claim() { try world.answer(segment) }
    try world.receive("HELP")
    #expect(try world.claim().isEmpty)
  }

  @Test func anOptOutByCommandIsABarrierToo() throws {
    let world = try company()
    try world.send("waiting")
    world.network = []
    let record: ConsentRecordResult = try world.call(
      .consentRecord(
        ConsentRecord(phone: world.typed(Cast.customer), kind: .optOut, evidence: "by phone, 22 Nov")))
    #expect(record.cancelled == 1 && record.record.source == .api)
    #expect(world.network.contains { if case .revoke(12_025_550_143, nil) = $0 { true } else { false } })
    #expect(try world.claim().isEmpty)
    let list: Page<ConsentView> = try world.ask(.consentList(ConsentList(kind: .optOut, current: true)))
    #expect(list.items.map(\.evidence) == ["by phone, 22 Nov"])
  }
}
