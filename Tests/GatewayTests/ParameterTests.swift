import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Optional parameters: the carrier's own, and none to peers that take none.
@Suite(.worlds) struct ParameterTests {
  private static let own = [
    CarrierParameter(name: "class", tag: TLVTag(rawValue: 0x1400), form: .text, value: Array("A2P".utf8)),
    CarrierParameter(name: "campaign", tag: TLVTag(rawValue: 0x1401), form: .cString, isFromMessage: true),
    CarrierParameter(
      name: "cost", tag: TLVTag(rawValue: 0x1402), form: .uint16, value: [0, 7], isFromMessage: true),
    CarrierParameter(name: "operator", tag: TLVTag(rawValue: 0x1403), form: .text, isShown: true),
    CarrierParameter(name: "raw", tag: TLVTag(rawValue: 0x1404), form: .hex, isShown: true),
    CarrierParameter(name: "code", tag: TLVTag(rawValue: 0x1405), form: .uint32, isShown: true),
  ]

  private func world(_ longMessages: LongMessages = .udh8) throws -> World {
    let world = try World {
      $0.carriers["alpha"]?.parameters = Self.own
      $0.carriers["alpha"]?.longMessages = longMessages
    }
    try world.addAnna()
    return world
  }

  private func message(_ world: World, _ parameters: [String: String]?) throws -> Command {
    .messageSend(
      MessageSend(
        from: .number(try world.number(Cast.annasNumber)), to: .phone(try world.number(Cast.customer)),
        text: "Hello", idempotencyKey: world.nextKey(), parameters: parameters))
  }

  /// jookies/jasmin#429.
  @Test func aTextHasTheCarriersOwnParameters() throws {
    let world = try world()
    let _: MessageSendResult = try world.call(try message(world, nil))
    let plain = try #require(try world.claim().first?.pdu.tlvs)
    #expect(plain[TLVTag(rawValue: 0x1400)] == Array("A2P".utf8))
    #expect(plain[TLVTag(rawValue: 0x1401)] == nil && plain[TLVTag(rawValue: 0x1402)] == [0, 7])
    #expect(plain[TLVTag(rawValue: 0x1403)] == nil)
    let sent: MessageSendResult = try world.call(
      try message(world, ["campaign": "CX1", "cost": "300"]))
    try world.restart()
    let said = try #require(try world.claim().first?.pdu.tlvs)
    #expect(said[TLVTag(rawValue: 0x1401)] == Array("CX1".utf8) + [0])
    #expect(said[TLVTag(rawValue: 0x1402)] == [1, 44] && said[TLVTag(rawValue: 0x1400)] == Array("A2P".utf8))
    #expect(try world.view(of: sent.messageID).parameters == ["campaign": "CX1", "cost": "300"])
  }

  @Test(arguments: [
    ["class": "x"], ["nothing": "x"], ["cost": "65536"], ["cost": "-1"], ["campaign": "a\0b"],
  ])
  func whatTheCarrierDoesNotTakeFromMessagesIsRefused(parameters: [String: String]) throws {
    let world = try world()
    #expect(try world.code(of: try message(world, parameters)) == .invalidParams)
    #expect(try world.claim().isEmpty)
  }

  @Test func whatCameInTheCarriersOwnParametersIsShown() throws {
    let world = try world()
    var pdu = world.deliver("Hello", from: Cast.customer, to: Cast.annasNumber)
    pdu.tlvs.append(TLVTag(rawValue: 0x1403), Array("310410".utf8))
    pdu.tlvs.append(TLVTag(rawValue: 0x1404), [0xAB, 0x01])
    pdu.tlvs.append(TLVTag(rawValue: 0x1405), [0, 0, 1, 0])
    pdu.tlvs.append(TLVTag(rawValue: 0x1400), Array("not shown".utf8))
    try world.take(.inbound(world.inbound(pdu)))
    try world.receive("Bare")
    let received = try world.events().received
    let shown = ["operator": "310410", "raw": "ab01", "code": "256"]
    #expect(received.map(\.parameters) == [shown, nil])
    #expect(try world.view(of: received[0].messageID).parameters == shown)
  }

  // MARK: The peer's version

  private func bound(_ world: World, carrier: String = "alpha", session: Int = 0, takes: Bool?) throws {
    try world.take(
      .bind(
        BindChange(
          carrier: try world.carrier(carrier), session: session, state: takes == nil ? .waiting : .bound,
          reason: "", takesParameters: takes, at: world.now)))
  }

  private static let long = String(repeating: "0123456789", count: 40)

  @Test func aLongTextLeavesInOnePieceOnlyWhereEverySessionTakesIt() throws {
    let world = try world(.payload)
    let phones = (0..<4).map { "+1202555014\($0)" }
    #expect(try world.send(Self.long, to: phones[0]).segments == 3, "nobody knows yet")
    try bound(world, takes: true)
    #expect(try world.send(Self.long, to: phones[1]).segments == 1)
    try bound(world, session: 1, takes: false)
    #expect(try world.send(Self.long, to: phones[2]).segments == 3)
    try bound(world, session: 1, takes: nil)
    #expect(try world.send(Self.long, to: phones[3]).segments == 1)
    var texts: [String: Int] = [:]
    for segment in try world.claim() {
      let way =
        segment.pdu.tlvs.messagePayload != nil
        ? "payload" : ESMClass.hasUDH(segment.pdu.esmClass) ? "header" : "other"
      texts[way, default: 0] += 1
    }
    #expect(texts == ["payload": 2, "header": 6], "each text leaves as it was cut when it was accepted")
  }

  /// The text of parts with headers.
  private func joined(_ parts: [ClaimedSegment]) -> String {
    parts.map { part in
      guard ESMClass.hasUDH(part.pdu.esmClass), part.pdu.tlvs.messagePayload == nil else { return "?" }
      return part.text
    }.joined()
  }

  @Test func aTextThatWasCutForANewerPeerIsCutAnewForAnOlderOne() throws {
    let world = try world(.payload)
    try bound(world, takes: true)
    let sent = try world.send(Self.long)
    let next = try world.send("Next")
    #expect(sent.segments == 1)
    try bound(world, takes: false)
    var parts = try world.claim(1)
    try world.answer(parts[0])
    #expect(try world.view(of: sent.messageID).segments == 3)
    try world.restart()
    try bound(world, takes: true)
    let rest = try world.claim()
    #expect(rest.map { $0.ref.message } == [sent.messageID.value, sent.messageID.value], "not \(next)")
    parts += rest
    for part in rest { try world.answer(part) }
    #expect(joined(parts) == Self.long)
    #expect(Set(parts.map { $0.pdu.messagePart?.place.reference }).count == 1)
    #expect(try world.state(of: sent.messageID) == .sent)
    #expect(
      try world.events().states.filter { $0.messageID == sent.messageID }.map(\.segments) == [3])
    #expect(try world.claim().map(\.text) == ["Next"])
    #expect(try world.audit() == [])
  }

  @Test func aClaimThatComesBackUnwrittenIsCutAnew() throws {
    let world = try world(.payload)
    try bound(world, takes: true)
    try world.send(Self.long)
    let claimed = try world.claim()
    #expect(claimed.count == 1 && claimed[0].pdu.tlvs.messagePayload != nil)
    try bound(world, takes: false)
    try world.take(.returned(claimed.map(\.ref)))
    #expect(joined(try world.claim()) == Self.long)
    #expect(try world.audit() == [])
  }

  /// The second submit of a text is the first once more: a receipt of the first says what became of all of it.
  @Test func aTextThatMayHaveLeftInOnePieceIsNotCut() throws {
    let world = try World {
      $0.carriers["alpha"]?.longMessages = .payload
      $0.unknown.interactive = .retryAtOnce
    }
    try world.addAnna()
    try bound(world, takes: true)
    let sent = try world.send(Self.long)
    for segment in try world.claim() { try world.lose(segment) }
    try bound(world, takes: false)
    world.now += 600_000
    try world.housekeep()
    #expect(try world.claim().isEmpty)
    #expect(try world.state(of: sent.messageID) == .unknown)
    #expect(try world.view(of: sent.messageID).segments == 1)
    #expect(try world.audit() == [])
  }

  @Test(arguments: [false, true])
  func theRestOfACampaignIsCutAnewWhenItsPeerBecomesOlder(restarts: Bool) throws {
    let world = try world(.payload)
    for index in 1...3 { try world.addContact("+1202555014\(index)", owner: RepID(1)) }
    try bound(world, takes: true)
    let campaign = try world.campaign(Self.long)
    let whole = try world.claim(1, bulk: true)
    #expect(whole[0].pdu.tlvs.messagePayload?.count == Self.long.utf8.count)
    try world.answer(whole[0])
    try bound(world, takes: false)
    if restarts {
      try world.restart()
      try bound(world, takes: false)
    }
    var parts = try world.claim(2, bulk: true)
    for part in parts { try world.answer(part) }
    if restarts {
      try world.restart()
      try bound(world, takes: false)
    }
    let rest = try world.claim(bulk: true)
    for part in rest { try world.answer(part) }
    parts += rest
    #expect(joined(parts) == Self.long + Self.long)
    try world.finishJobs()
    #expect(try world.campaignView(campaign).counts.sent == 3)
    #expect(try world.audit() == [])
  }

  /// Two numbers, two carriers: the same text of one campaign is cut into parts for one number, and not for the other. Each leaves whole.
  @Test func ofACampaignThatIsCutBothWaysEveryTextLeavesWhole() throws {
    let world = try World { settings in
      for name in ["alpha", "beta"] { settings.carriers[name] = CarrierProfile() }
      for name in ["alpha", "beta"] { settings.carriers[name]?.longMessages = .payload }
    }
    let anna = try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    let _: NumberView = try world.call(
      .numberSetRoutes(
        NumberSetRoutes(
          number: world.number(Cast.bensNumber),
          routes: [NumberRoute(carrier: "beta", priority: 0), NumberRoute(carrier: "alpha", priority: 1)])))
    try world.addContact("+12025550141", owner: anna)
    try world.addContact("+12025550142", owner: ben)
    // Of alpha nothing is known yet; beta takes long texts in one piece, and goes.
    try bound(world, carrier: "beta", takes: true)
    try world.campaign(Self.long)
    try bound(world, takes: true)
    try world.take(.reachable(world.carrier("alpha"), true))
    let parts = try world.claim(bulk: true)
    #expect(parts.count == 3 && parts.allSatisfy { ESMClass.hasUDH($0.pdu.esmClass) })
    let whole = try world.claim(bulk: true, from: Cast.bensNumber)
    #expect(whole.count == 1 && whole.first?.pdu.tlvs.messagePayload?.count == Self.long.utf8.count)
    #expect(try whole.first?.carrier == world.carrier("alpha"))
  }
}
