import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// What no rule could use is set aside, and can be read, searched, released and forgotten. A STOP holds at once.
@Suite(.worlds) struct QuarantineTests {
  /// Not ours until somebody adds it.
  private static let other = "+18885550177"

  private func list(_ world: World, _ params: QuarantineList = QuarantineList()) throws -> [QuarantineView] {
    let page: Page<QuarantineView> = try world.ask(.quarantineList(params))
    return page.items
  }

  private func get(_ world: World, _ id: Int) throws -> QuarantineGetResult {
    try world.ask(.quarantineGet(QuarantineGet(quarantineID: id)))
  }

  private func release(_ world: World, _ id: Int, to number: String? = nil) throws -> MessageID? {
    let result: QuarantineReleaseResult = try world.call(
      .quarantineRelease(QuarantineRelease(quarantineID: id, to: number.map { try world.number($0) })))
    return result.messageID
  }

  private func isOptedOut(_ world: World, _ phone: String = Cast.customer) throws -> Bool {
    let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(phone))))
    return consent.optedOutOfBrand
  }

  // MARK: Texts to numbers that are not ours

  /// jookies/jasmin#531
  @Test func aTextToANumberThatIsNotOursIsReadAndReleasedOnceTheNumberIs() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Is the flat still free?", to: Self.other)
    let entry = try #require(try list(world).first)
    #expect(entry.kind == .unrouted && entry.from == "12025550143" && entry.to == "18885550177")
    #expect(try get(world, entry.quarantineID).text == "Is the flat still free?")
    #expect(
      try world.refusal(of: .quarantineRelease(QuarantineRelease(quarantineID: entry.quarantineID)))
        == .unknownNumber)
    try world.addNumber(Self.other, rep: RepID(1))
    let arrived = world.now
    world.now += 60_000
    _ = try world.events()
    let message = try #require(try release(world, entry.quarantineID))
    let received = try #require(try world.events().received.first)
    #expect(received.messageID == message && received.text == "Is the flat still free?")
    #expect(received.repID == RepID(1) && received.receivedAt.milliseconds == arrived)
    #expect(try list(world).isEmpty)
    #expect(try world.view(of: message).text == "Is the flat still free?")
  }

  @Test func aStopToANumberThatIsNotOursHoldsForTheBrand() throws {
    let world = try World { $0.optOutScope = .number }
    try world.addAnna()
    try world.send("waiting")
    try world.receive("Stop please", to: Self.other)
    #expect(try isOptedOut(world))
    #expect(try world.claim().isEmpty, "what waited is cancelled, and nothing confirms")
    #expect(try world.refusal(of: world.message("again")) == .optedOut)
    let entry = try #require(try list(world).first)
    #expect(try get(world, entry.quarantineID).keywordClass == .optOut)
    let changes = try world.events().consent
    #expect(
      changes.map(\.kind) == [.optOut] && changes.first?.scope == .brand && changes.first?.number == nil)
  }

  @Test func anOptInAndHelpToANumberThatIsNotOursDoNothing() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("STOP")
    for text in ["START", "UNSTOP", "YES", "HELP"] { try world.receive(text, to: Self.other) }
    #expect(try isOptedOut(world))
    #expect(try world.claim().isEmpty)
  }

  @Test func aTextFromASenderOfLettersCanBeReadAndNotReleased() throws {
    let world = try World()
    try world.addAnna()
    var pdu = world.deliver("Your code is 12", from: Cast.customer, to: Cast.annasNumber)
    pdu.source = Address(ton: 5, npi: 0, digits: "BANK")
    #expect(try world.take(.inbound(try world.inbound(pdu))).responses == [.ESME_ROK])
    let entry = try #require(try list(world).first)
    #expect(entry.kind == .unreadable && entry.detail == "unaddressable" && entry.from == "BANK")
    #expect(try get(world, entry.quarantineID).text == "Your code is 12")
    #expect(
      try world.refusal(of: .quarantineRelease(QuarantineRelease(quarantineID: entry.quarantineID)))
        == .notTextable)
  }

  @Test func whatIsSetAsideCanBeRefusedInsteadSoThatTheCarrierKeepsIt() throws {
    let world = try World { $0.unrouted = .refuse }
    try world.addAnna()
    for _ in 0..<3 {
      #expect(try world.receive("Hello", to: Self.other).responses == [.ESME_RX_T_APPN])
      #expect(try world.receive("STOP", to: Self.other).responses == [.ESME_RX_T_APPN])
    }
    #expect(try list(world).isEmpty)
    #expect(try isOptedOut(world))
    #expect(try world.events().consent.count == 1, "a STOP that the carrier brings again is recorded once")
  }

  @Test func partsThatWereSetAsideArePutTogetherWhenTheyAreReleased() throws {
    let world = try World()
    try world.addAnna()
    let text = String(repeating: "Is the flat still free? ", count: 12)
    let plan = try #require(Segmenter().plan(text))
    for index in 0..<plan.count {
      var pdu = DeliverSM(source: world.address(Cast.customer), destination: world.address(Self.other))
      pdu.setText(plan.segment(index, reference: 7))
      try world.take(.inbound(try world.inbound(pdu)))
    }
    let entries = try list(world).map(\.quarantineID).sorted()
    #expect(try get(world, entries[1]).part == 2 && get(world, entries[1]).parts == plan.count)
    #expect(try release(world, entries[0], to: Cast.annasNumber) == nil)
    var message: MessageID?
    for entry in entries.dropFirst() { message = try release(world, entry, to: Cast.annasNumber) }
    #expect(try world.view(of: try #require(message)).text == text)
  }

  // MARK: Carriers without a receive route

  @Test func aCarrierWithoutAReceiveRouteSpeaksForNobody() throws {
    let world = try World()
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, first: "Carla", owner: anna)
    try world.receive("STOP")
    _ = try world.events()
    for text in ["START", "yes", "I agree", "HELP"] {
      #expect(try world.receive(text, carrier: "beta").responses == [.ESME_ROK])
    }
    #expect(try isOptedOut(world))
    let events = try world.events()
    #expect(events.received.isEmpty && events.consent.isEmpty)
    #expect(events.alerts == [.quarantined], "told once, not four times")
    #expect(try list(world).map(\.kind) == Array(repeating: .otherCarrier, count: 4))
    #expect(try world.claim().isEmpty, "nobody is alerted, and nothing is answered")
  }

  @Test func aStopByACarrierWithoutAReceiveRouteIsHonouredUnconfirmed() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("STOP", carrier: "beta")
    #expect(try isOptedOut(world))
    #expect(try world.claim().isEmpty)
    let records: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Cast.customer))))
    #expect(records.records.map(\.scope) == [.brand], "it proves nothing to the toll-free network")
    try world.receive("START")
    #expect(try !isOptedOut(world))
  }

  @Test func partsOfDifferentCarriersAreNeverPutTogether() throws {
    let world = try World()
    try world.addAnna()
    try world.route("alpha", "beta")
    let plan = try #require(Segmenter().plan(String(repeating: "0123456789", count: 20)))
    for (index, carrier) in ["alpha", "beta"].enumerated() {
      var pdu = DeliverSM(source: world.address(Cast.customer), destination: world.address(Cast.annasNumber))
      pdu.setText(plan.segment(index, reference: 7))
      try world.take(.inbound(try world.inbound(pdu, carrier: carrier)))
    }
    #expect(try world.events().received.isEmpty)
    world.now += world.settings.spans.partsWait.wholeMilliseconds
    try world.housekeep()
    let received = try world.events().received
    #expect(received.count == 2 && received.allSatisfy { !$0.complete })
  }

  // MARK: Released

  @Test func theKeywordOfAReleasedTextIsNotObeyed() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("START", to: Self.other)
    try world.receive("HELP", to: Self.other)
    try world.receive("STOP")
    _ = try world.claim()
    let entries = try list(world).map(\.quarantineID).sorted()
    for entry in entries { _ = try release(world, entry, to: Cast.annasNumber) }
    #expect(try isOptedOut(world))
    #expect(try world.claim().isEmpty)
    #expect(try world.events().received.suffix(2).map(\.keywordClass) == [.optIn, .help])
  }

  @Test func whatTheCarrierSendsAgainAfterALostSessionIsSetAsideOnce() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello", to: Self.other)
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    #expect(try world.receive("Hello", to: Self.other, session: 2).responses == [.ESME_ROK])
    #expect(try list(world).count == 1)
  }

  // MARK: Search, age and bounds

  @Test func whatIsSetAsideIsFoundByWhatIsKnownOfIt() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Grüße aus Köln", to: Self.other)
    world.now += 3_600_000
    try world.receive("Hello", from: Cast.stranger, to: "+18885550188")
    try world.receive("Hello there", carrier: "beta")
    func found(_ params: QuarantineList) throws -> [Int] { try list(world, params).map(\.quarantineID) }
    #expect(try found(QuarantineList()) == [3, 2, 1])
    #expect(try found(QuarantineList(kind: .otherCarrier)) == [3])
    #expect(try found(QuarantineList(carrier: "alpha")) == [2, 1])
    #expect(try found(QuarantineList(phone: world.number(Cast.stranger))) == [2])
    #expect(try found(QuarantineList(number: world.number(Self.other))) == [1])
    #expect(try found(QuarantineList(text: "KÖLN")) == [1])
    #expect(try found(QuarantineList(text: "hello")) == [3, 2])
    #expect(try found(QuarantineList(olderS: 1_800)) == [1])
    #expect(try found(QuarantineList(olderS: 0)) == [3, 2, 1])
  }

  @Test func aRoleWithSomeNumbersSeesAndChangesNothingOfIt() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello", to: Self.other)
    let sales = Requester(role: "sales", uid: 1, numbers: [try world.number(Cast.annasNumber)])
    let seen: Page<QuarantineView> = try world.ask(.quarantineList(QuarantineList()), as: sales)
    #expect(seen.items.isEmpty)
    let release = Command.quarantineRelease(
      QuarantineRelease(quarantineID: 1, to: try world.number(Cast.annasNumber)))
    #expect(try world.code(of: release, as: sales) == .notFound)
    let forget = Command.quarantineForget(QuarantineForget(quarantineID: 1))
    #expect(try world.code(of: forget, as: sales) == .notFound)
    #expect(try list(world).count == 1)
  }

  @Test func whatIsSetAsideIsForgottenByCommandAndByAge() throws {
    let world = try World()
    try world.addAnna()
    for text in ["one", "two"] { try world.receive(text, to: Self.other) }
    let _: Done = try world.call(.quarantineForget(QuarantineForget(quarantineID: 1)))
    #expect(try list(world).map(\.quarantineID) == [2])
    world.now += world.settings.quarantineKept.wholeMilliseconds - 1
    try world.housekeep()
    #expect(try list(world).count == 1)
    world.now += Gateway.purgeEvery
    try world.housekeep()
    #expect(try list(world).isEmpty)
  }

  @Test(arguments: ["entries", "octets"])
  func whenThereIsNoRoomACarrierKeepsItsTextsAndIsToldWhy(bound: String) throws {
    let world = try World {
      if bound == "entries" { $0.maximumQuarantined = 2 } else { $0.quarantineMaximum = 80 }
    }
    try world.addAnna()
    for _ in 0..<2 { #expect(try world.receive("Hello", to: Self.other).responses == [.ESME_ROK]) }
    #expect(try world.receive("Hello", to: Self.other).responses == [.ESME_RX_T_APPN])
    #expect(try world.receive("STOP", to: Self.other).responses == [.ESME_RX_T_APPN])
    #expect(try isOptedOut(world))
    #expect(try list(world).count == 2)
    #expect(try world.count("not_quarantined_total") == 2)
    #expect(try world.events().alerts.contains(.quarantined))
    // What nobody wrote is dropped.
    var pdu = world.deliver("", from: Cast.customer, to: Cast.annasNumber)
    pdu.esmClass = 0x10
    #expect(try world.take(.inbound(try world.inbound(pdu))).responses == [.ESME_ROK])
    #expect(try list(world).count == 2)
    // A batch that is lost takes no room.
    let _: Done = try world.call(.quarantineForget(QuarantineForget(quarantineID: 1)))
    let again = try world.inbound(world.deliver("Hello", from: Cast.customer, to: Self.other))
    try world.fail { try $0.take(.inbound(again)) }
    try world.receive("Hello", to: Self.other)
    #expect(try list(world).count == 2)
  }
}
