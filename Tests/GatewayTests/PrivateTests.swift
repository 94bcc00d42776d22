import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct PrivateTests {
  private func anna(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, first: "Carla", last: "Gomez", owner: anna)
    return world
  }

  private func conversations(_ world: World) throws -> [ConversationView] {
    let result: Page<ConversationView> = try world.ask(.conversationList(ConversationList()))
    return result.items
  }

  @Test func anAnswerIsAnnouncedOnTheRepsMobileWithoutTheContactsNumber() throws {
    let world = try anna()
    try world.receive("Is it still for sale?")
    let alert = try #require(try world.claim().first)
    #expect(alert.phone == 12_125_550_111)
    #expect(alert.text.contains("Carla G.") && !alert.text.contains("for sale"))
    #expect(!alert.text.contains("2025550143") && !alert.text.contains("Gomez"))
    try world.answer(alert)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.receive("Hello?", from: Cast.stranger)
    let other = try #require(try world.claim().first)
    #expect(!other.text.contains("2025550199") && other.text.contains("99"))
  }

  @Test func aRepIsAlertedOnceInTheQuietTime() throws {
    let world = try anna()
    try world.receive("one")
    try world.receive("two")
    let first = try world.claim()
    #expect(first.count == 1)
    for segment in first { try world.answer(segment) }
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.receive("three")
    #expect(try world.claim().count == 1)
  }

  @Test func aRepWhoIsGivenAConversationIsToldAtOnceAndOnce() throws {
    let world = try anna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber, mobile: "+12125550122")
    try world.receive("Is it still for sale?")
    for alert in try world.claim() { try world.answer(alert) }
    let conversation = try #require(try world.events().received.first).conversationID
    for _ in 0..<2 {
      let _: ConversationView = try world.call(
        .conversationAssign(ConversationAssign(conversationID: conversation, repID: ben)))
    }
    let told = try world.claim(from: Cast.bensNumber)
    #expect(told.map(\.text) == ["Acme Homes: the conversation with Carla G. is yours now"])
    #expect(told.first?.phone == 12_125_550_122)
    for alert in told { try world.answer(alert) }
    // What the contact writes then is told too, after the quiet time.
    try world.receive("Hello?")
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    #expect(try world.claim(from: Cast.bensNumber).map(\.text) == ["Acme Homes: new message from Carla G."])
    #expect(try world.claim().isEmpty, "who had it before hears nothing")
  }

  @Test func aTextFromTheMobileIsNoContactsMessage() throws {
    let world = try anna()
    _ = try world.events()
    let released = try world.receive("note to self", from: Cast.annasMobile)
    #expect(released.responses == [.ESME_ROK])
    #expect(try world.events().isEmpty)
    #expect(try conversations(world).isEmpty)
    let list: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(list.items.isEmpty)
    #expect(
      try world.stored("SELECT count(*) FROM message") == 2, "with what Anna is told: nobody has written")
    let hidden = try #require(try world.stored("SELECT id FROM conversation"))
    #expect(throws: APIError.self) {
      let _: ConversationView = try world.ask(
        .conversationGet(ConversationGet(conversationID: ConversationID(hidden))))
    }
  }

  @Test func noEventAboutPeopleShowsAPrivateMobile() throws {
    let world = try World()
    _ = try world.addContact(Cast.annasMobile, first: "Anna as a contact")
    _ = try world.events()
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: anna, name: "Anna B.")))
    let _: Changed = try world.call(.contactTag(ContactTag(contactIDs: [ContactID(1)], tag: "vip")))
    let events = try world.events()
    var reps: [RepChanged] = []
    for event in events {
      if case .contactChanged(let contact) = event { #expect(contact.phones == []) }
      if case .repChanged(let rep) = event { reps.append(rep) }
    }
    #expect(reps.map(\.name) == ["Anna", "Anna B."] && reps.allSatisfy { $0.hasMobile })
  }

  @Test func stopFromTheMobileStopsAlertsAndNothingElse() throws {
    let world = try anna()
    try world.receive("one")
    try world.receive("STOP", from: Cast.annasMobile)
    #expect(try world.claim().isEmpty)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.receive("two")
    #expect(try world.claim().isEmpty)
    let rep: RepView = try world.ask(.repGet(RepGet(repID: RepID(1))))
    #expect(rep.alertBy == AlertBy.none && rep.hasMobile)
    let consent: ConsentGetResult = try world.ask(
      .consentGet(ConsentGet(phone: world.typed(Cast.annasMobile))))
    #expect(!consent.optedOutOfBrand && consent.records.isEmpty)
    try world.receive("START", from: Cast.annasMobile)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.receive("three")
    #expect(try world.claim().count == 1)
  }

  @Test func anAlertThatTheCarrierRefusesForNowAfterStopIsNotSentAgain() throws {
    let world = try anna()
    try world.receive("one")
    let alert = try #require(try world.claim().first)
    try world.receive("STOP", from: Cast.annasMobile)
    try world.answer(alert, .ESME_RTHROTTLED)
    world.now += 60_000
    #expect(try world.claim().isEmpty)
    #expect(try world.stored("SELECT count(*) FROM pending") == 0)
  }

  /// A text from a rep's mobile is the rep's, whichever number of ours it goes to.
  @Test func onAColleaguesNumberTheMobileIsNoContactEither() throws {
    let world = try anna()
    try world.addRep("Ben", number: Cast.bensNumber)
    _ = try world.events()
    #expect(
      try world.receive("hi Ben", from: Cast.annasMobile, to: Cast.bensNumber).responses == [.ESME_ROK])
    #expect(try world.events().isEmpty)
    #expect(try conversations(world).isEmpty)
    let list: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(list.items.isEmpty)
    #expect(
      try world.refusal(of: world.message("hi Anna", to: Cast.annasMobile, from: Cast.bensNumber))
        == .privateMobile)
  }

  @Test func alertsAndCopiesAreInNoListAndNoEvent() throws {
    let world = try anna()
    try world.receive("one")
    let planned: CampaignPlanResult = try world.call(
      .campaignPlan(
        CampaignPlan(audience: Audience(all: true), text: "Open house", copyToRep: true, idempotencyKey: "p"))
    )
    let _: CampaignChange = try world.call(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: "c")))
    try world.finishJobs()
    let sent = try world.claim() + world.claim(bulk: true)
    #expect(sent.count == 3 && sent.filter { $0.phone == 12_125_550_111 }.count == 2)
    for segment in sent { try world.receipt(try world.answer(segment)) }
    let mobile = try world.number(Cast.annasMobile)
    for event in try world.events() {
      #expect(!"\(event)".contains("2125550111"))
    }
    let list: Page<MessageView> = try world.ask(.messageList(MessageList()))
    #expect(list.items.count == 2 && list.items.allSatisfy { $0.to != mobile && $0.from != mobile })
    let byCampaign: Page<MessageView> = try world.ask(
      .messageList(MessageList(campaignID: planned.campaignID)))
    #expect(byCampaign.items.count == 1)
    #expect(try conversations(world).map(\.phone) == [try world.number(Cast.customer)])
    let counts = try world.campaignView(planned.campaignID).counts
    #expect(counts.total == 1 && counts.delivered == 1)
  }
}
