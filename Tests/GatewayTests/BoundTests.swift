import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// What goes on by itself ends: answers, alerts, refusals, parts, plans, lines.
@Suite(.worlds) struct BoundTests {
  private static let hour: Int64 = 3_600_000

  private func anna(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, first: "Carla", last: "Gomez", owner: anna)
    return world
  }

  private func claimAll(_ world: World, bulk: Bool = false) throws -> [ClaimedSegment] {
    var all: [ClaimedSegment] = []
    while true {
      let claimed = try world.claim(bulk: bulk)
      if claimed.isEmpty { return all }
      for segment in claimed { try world.answer(segment) }
      all += claimed
    }
  }

  // MARK: Automatic answers

  /// medic/cht-core#4715: two machines answer each other.
  @Test func aPhoneThatAnswersHelpToEverythingGetsAFewAnswersThenSilenceAndOneAlert() throws {
    let world = try World { $0.answersPerPhoneHour = 3 }
    try world.addAnna()
    _ = try world.events()
    for _ in 0..<100 {
      try world.receive("HELP")
      world.now += 50
    }
    #expect(try claimAll(world).count == 3)
    let events = try world.events()
    #expect(events.received.count == 100, "each text is there all the same")
    #expect(events.alerts == [.answersWithheld])
    #expect(try world.count("answers_withheld_total") == 97)
    try world.restart()
    try world.receive("help me", to: Cast.annasNumber)
    try world.receive("Info", to: Cast.annasNumber)
    #expect(try claimAll(world).isEmpty, "a restart forgives nothing")
    try world.receive("HELP", from: Cast.stranger)
    #expect(try claimAll(world).count == 1, "another phone has answers of its own")
    world.now += Self.hour
    // Another word: after the restart the same octets may be the same text, delivered again.
    try world.receive("INFO")
    #expect(try claimAll(world).count == 1)
    #expect(try world.events().alerts.isEmpty)
  }

  @Test func aLoopOfStopAndStartIsObeyedAndNotAnsweredForEver() throws {
    let world = try World { $0.answersPerPhoneHour = 4 }
    try world.addNumber(Cast.localNumber)
    var texts = 0
    for _ in 0..<20 {
      for word in ["STOP", "START"] {
        try world.receive(word, to: Cast.localNumber)
        texts += try world.claim(from: Cast.localNumber).count
        world.now += 1_000
      }
    }
    #expect(texts <= 4)
    #expect(try world.refusal(of: world.message("Hello", from: Cast.localNumber)) == nil)
    try world.receive("STOP", to: Cast.localNumber)
    #expect(try world.refusal(of: world.message("Hello", from: Cast.localNumber)) == .optedOut)
  }

  @Test func whatWasAnsweredIsForgottenAfterItsHour() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("HELP")
    #expect(try world.stored("SELECT count(*) FROM answer_limit") == 1)
    world.now += Self.hour + 20_000
    try world.housekeep()
    #expect(try world.stored("SELECT count(*) FROM answer_limit") == 0)
  }

  // MARK: Alerts

  @Test func manyAnswersAreOneAlertWithTheirCountAndTheLastWhoWrote() throws {
    let world = try anna()
    try world.receive("one")
    let first = try claimAll(world)
    #expect(first.map(\.text) == ["Acme Homes: new message from Carla G."])
    for index in 0..<60 { try world.receive("text", from: "+1202555\(3000 + index)") }
    try world.receive("two")
    #expect(try claimAll(world).isEmpty)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.restart()
    try world.housekeep()
    #expect(
      try claimAll(world).map(\.text) == [
        "Acme Homes: 61 new messages, the last from Carla G. To answer, start with 1."
      ])
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    #expect(try claimAll(world).isEmpty, "nothing came since")
  }

  /// Texts without end cause at most so many alerts in an hour, and none is left out of the count.
  @Test func aRepsMobileGetsAFewAlertsAnHour() throws {
    let world = try anna { $0.alertsPerRepHour = 3 }
    var alerts: [String] = []
    for index in 0..<60 {
      try world.receive("text", from: "+1202555\(3000 + index)")
      try world.housekeep()
      alerts += try claimAll(world).map(\.text)
      world.now += 59_000
    }
    #expect(alerts.count <= 4, "\(alerts)")
    world.now += Self.hour
    try world.housekeep()
    alerts += try claimAll(world).map(\.text)
    let told = alerts.map { Int($0.split(separator: " ").dropFirst(2).first ?? "") ?? 1 }
    #expect(told.reduce(0, +) == 60)
  }

  @Test func aRepWhoStopsAlertsGetsNoneOfThoseThatWait() throws {
    let world = try anna()
    try world.receive("one")
    try world.receive("two", from: Cast.stranger)
    try world.receive("STOP", from: Cast.annasMobile)
    _ = try claimAll(world)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    #expect(try claimAll(world).isEmpty)
  }

  // MARK: Order

  @Test func peopleGoFirstThenAnswersThenAlertsThenCampaigns() throws {
    let world = try anna()
    try world.addContact(Cast.stranger, first: "Sam", owner: RepID(1))
    try world.campaign("To all")
    try world.receive("Hello")
    try world.receive("HELP", from: "+12025550177")
    try world.receive("QUIT", from: "+12025550178")
    try world.send("From a person", to: "+12025550179")
    let demand = world.takeNetwork().compactMap { output -> LaneDemand? in
      if case .demand(_, let demand) = output { demand } else { nil }
    }.last
    var expected = LaneDemand()
    (expected.person, expected.answers, expected.alerts, expected.bulk) = (1, 2, 1, 2)
    #expect(demand == expected)
    let texts = try world.claim().map(\.text) + world.claim(bulk: true).map(\.text)
    #expect(
      texts == [
        "From a person", World.brand.help, World.brand.stopConfirmation,
        "Acme Homes: new message from Carla G.", "To all", "To all",
      ])
  }

  // MARK: A number whose texts all fail

  private func failing(_ world: World, _ count: Int, error: COctetString, from start: Int = 0) throws {
    for index in start..<(start + count) {
      let phone = "+1202555\(3000 + index)"
      guard case .success = try world.reply(to: world.message("Hello", to: phone)) else { return }
      guard let segment = try world.claim().first else { return }
      let id = try world.answer(segment)
      try world.receipt(id, .rejected, from: phone, error: error)
    }
  }

  @Test func aNumberWhoseTextsAreAllRefusedAlikePausesItselfAndSaysWhy() throws {
    let world = try World()
    try world.addAnna()
    try failing(world, 19, error: "795")
    #expect(!(try world.events()).alerts.contains(.refusedByCarrier))
    try failing(world, 1, error: "795", from: 19)
    let events = try world.events()
    #expect(events.alerts == [.refusedByCarrier])
    let list: Page<NumberView> = try world.ask(.numberList(NumberList()))
    let number = try #require(list.items.first)
    #expect(number.state == .paused)
    let line = try #require(world.notices.last { $0.line.contains("refused_by_carrier") }?.line)
    #expect(line.contains("20 phones in a row failed with 795"))
  }

  @Test func whatFailedBeforeARestartCounts() throws {
    let world = try World()
    try world.addAnna()
    try failing(world, 19, error: "795")
    try world.restart()
    try failing(world, 1, error: "795", from: 18)
    #expect(!(try world.events()).alerts.contains(.refusedByCarrier), "a phone counts once, whenever it was")
    try world.restart()
    try failing(world, 1, error: "795", from: 19)
    #expect(try world.events().alerts.contains(.refusedByCarrier))
    #expect(try world.stored("SELECT count(*) FROM refused_alike") == 0)
  }

  @Test func aTextThatArrivesEndsARowOfFailuresForGood() throws {
    let world = try World()
    try world.addAnna()
    try failing(world, 19, error: "795")
    let (_, id) = try world.deliverToCarrier("Hello", to: Cast.stranger)
    try world.receipt(id, from: Cast.stranger)
    try world.restart()
    #expect(try world.stored("SELECT count(*) FROM refused_alike") == 0)
    try failing(world, 19, error: "795")
    try failing(world, 1, error: "001", from: 19)
    #expect(try world.stored("SELECT count(*) FROM refused_alike") == 1)
    #expect(!(try world.events()).alerts.contains(.refusedByCarrier))
  }

  @Test func aFewBadPhonesOrMixedErrorsPauseNothing() throws {
    let world = try World()
    try world.addAnna()
    // One phone that refuses everything.
    for _ in 0..<30 {
      let (_, id) = try world.deliverToCarrier("Hello")
      try world.receipt(id, .rejected, error: "795")
    }
    // Others in between arrive, or fail for another reason.
    for round in 0..<5 {
      try failing(world, 15, error: "795", from: round * 30)
      if round.isMultiple(of: 2) {
        let (_, id) = try world.deliverToCarrier("Hello", to: Cast.stranger)
        try world.receipt(id, from: Cast.stranger)
      } else {
        try failing(world, 1, error: "001", from: round * 30 + 15)
      }
    }
    #expect(!(try world.events()).alerts.contains(.refusedByCarrier))
  }

  @Test func refusalsAtOnceCountAsReceiptsDo() throws {
    let world = try World { $0.refusedAlike = 5 }
    try world.addAnna()
    for index in 0..<5 {
      try world.send("Hello", to: "+1202555\(3000 + index)")
      try world.answer(try #require(try world.claim().first), .ESME_RINVDSTADR)
    }
    #expect(try world.events().alerts.contains(.refusedByCarrier))
    #expect(try world.count("numbers_refused_alike_total") == 1)
  }

  // MARK: Own texts

  @Test func aPersonsTextHasItsMergeFieldsFilledIn() throws {
    let world = try anna()
    let sent = try world.send("Hi {{first_name}}, {{rep_name}} here")
    #expect(try world.view(of: sent.messageID).text == "Hi Carla, Anna here")
    #expect(try world.claim().map(\.text) == ["Hi Carla, Anna here"])
    #expect(try world.refusal(of: world.message("Hi {{nick}}")) == .missingField)
    #expect(try world.refusal(of: world.message("Hi {{first name}}")) == .invalidField)
    #expect(try world.refusal(of: world.message("Hi {{first_name}}", to: Cast.stranger)) == .missingField)
    #expect(try world.refusal(of: world.message("{ok} {", to: Cast.stranger)) == nil)
    #expect(try world.refusal(of: world.message("\u{200B}")) == .emptyText)
  }

  @Test func aCopyIsTheTextAsOneContactGotIt() throws {
    let world = try anna()
    let planned: CampaignPlanResult = try world.call(
      .campaignPlan(
        CampaignPlan(
          audience: Audience(all: true), text: "Hi {{first_name}}", copyToRep: true, idempotencyKey: "p")))
    let _: CampaignChange = try world.call(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: "c")))
    try world.finishJobs()
    let texts = try world.claim(bulk: true).map(\.text)
    #expect(texts.contains("Copy of your message to 1 contacts: Hi Carla"))
    #expect(!texts.contains { $0.contains("{{") })
  }

  // MARK: Parts

  private func part(
    _ world: World, from phone: String, reference: UInt8, _ sequence: UInt8, of total: UInt8,
    carrier: String = "alpha"
  ) throws -> [CommandStatus] {
    var pdu = world.deliver("part", from: phone, to: Cast.annasNumber)
    pdu.esmClass = ESMClass.udhIndicator
    pdu.shortMessage = [5, 0, 3, reference, total, sequence] + Array("part \(sequence) ".utf8)
    return try world.take(.inbound(world.inbound(pdu, carrier: carrier))).responses
  }

  @Test func oneCarriersPartsKeepNobodyElsesOut() throws {
    let world = try World { $0.maximumParts = 1_100 }
    try world.addAnna()
    try world.route("alpha", "beta")
    var refused = 0
    for index in 0..<1_000 {
      let status = try part(world, from: "+1202555\(3000 + index)", reference: 1, 1, of: 2)
      if status != [.ESME_ROK] { refused += 1 }
    }
    #expect(refused == 450, "half of the room is the carrier's")
    #expect(try part(world, from: Cast.customer, reference: 1, 1, of: 2, carrier: "beta") == [.ESME_ROK])
    #expect(try part(world, from: "+12025553000", reference: 1, 2, of: 2) == [.ESME_ROK])
    #expect(try world.events().received.last?.text == "part 1 part 2 ", "the last part always fits")
    #expect(try world.count("parts_refused_total") == 450)
    #expect(world.notices.count { $0.line.contains("limit=parts_per_carrier") } == 1)
  }

  @Test func onePhonesPartsAreBounded() throws {
    let world = try World()
    try world.addAnna()
    var refused = 0
    for reference in 0..<UInt8(6) {
      for sequence in 1...UInt8(100) {
        let status = try part(world, from: Cast.customer, reference: reference, sequence, of: 101)
        if status != [.ESME_ROK] { refused += 1 }
      }
    }
    #expect(refused == 600 - Inbound.partsOfPhone)
    #expect(try part(world, from: Cast.customer, reference: 0, 101, of: 101) == [.ESME_ROK])
    #expect(try world.events().received.last?.segments == 101)
    #expect(try part(world, from: Cast.stranger, reference: 0, 1, of: 2) == [.ESME_ROK])
    try world.restart()
    #expect(try world.gateway.parts.inbound.reception.parts.bySender.values.max() == 410)
  }

  // MARK: What expires, and lines

  @Test func aPlanThatExpiresKeepsNobody() throws {
    let world = try anna()
    for index in 0..<30 { try world.addContact("+1202555\(3000 + index)", owner: RepID(1)) }
    let planned: CampaignPlanResult = try world.call(world.plan("Hello", Audience(all: true)))
    #expect(planned.recipients == 31)
    world.now += 25 * Self.hour
    try world.housekeep()
    try world.housekeep()
    try world.housekeep()
    #expect(try world.campaignView(planned.campaignID).state == .expired)
    #expect(try world.stored("SELECT count(*) FROM recipient") == 0)
    #expect(try world.recipients(of: planned.campaignID).isEmpty)
  }

  @Test func thousandsOfTextsToNobodyAreOneAlertWithTheirCount() throws {
    let world = try World()
    try world.addAnna()
    for index in 0..<5_000 { try world.receive("text \(index)", to: "+18885550199") }
    #expect(try world.events().alerts == [.unrouted])
    #expect(world.notices.count { $0.line.contains("unrouted") } == 1)
    world.now += Outbox.alertAgainAfter
    try world.receive("one more", to: "+18885550199")
    #expect(world.notices.last?.line.contains("4999 more like it") == true)
  }

  @Test func strangersWithoutNumberAreFewAlerts() throws {
    let world = try World { $0.answersPerPhoneHour = 1 }
    try world.addNumber(Cast.localNumber)
    for index in 0..<300 {
      for word in ["hi", "HELP", "INFO"] {
        try world.receive(word, from: "+1202555\(3000 + index)", to: Cast.localNumber)
      }
    }
    let events = try world.events()
    #expect(events.alerts == [.unownedConversation, .answersWithheld])
    #expect(events.received.count == 900)
    world.now += Outbox.alertAgainAfter
    try world.receive("hi", from: Cast.stranger, to: Cast.localNumber)
    #expect(world.notices.last { $0.line.contains("unowned") }?.line.contains("299 more like it") == true)
  }

  @Test func refusedSubmitsAreOneLineWithTheirCount() throws {
    let world = try World()
    try world.addAnna()
    for _ in 0..<2_000 {
      var inbound = try world.inbound(world.deliver("Hello", from: "+12025550143", to: "+18885550199"))
      inbound.kind = .submit
      #expect(try world.take(.inbound(inbound)).responses == [.ESME_RINVDSTADR])
    }
    #expect(world.notices.count { $0.line.contains("event=submit_refused") } == 1)
  }
}
