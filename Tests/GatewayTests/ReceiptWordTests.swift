import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// What a receipt says in the carrier's own words is kept, counted and told; and a receipt is found by whichever carrier of the number it
/// comes.
@Suite(.worlds) struct ReceiptWordTests {
  private func receipt(
    _ world: World, _ text: String, state: UInt8? = nil, esmClass: UInt8 = ESMClass.deliveryReceipt,
    carrier: String = "alpha"
  ) throws {
    var pdu = DeliverSM(
      source: world.address(Cast.customer), destination: world.address(Cast.annasNumber), esmClass: esmClass,
      shortMessage: Array(text.utf8))
    if let state { pdu.tlvs.messageState = state }
    try world.take(.inbound(try world.inbound(pdu, carrier: carrier)))
  }

  private func sent(_ world: World, id: String = "f4") throws -> MessageID {
    let sent = try world.send("Hello")
    try world.answer(try #require(try world.claim().first), id: id)
    return sent.messageID
  }

  private func unknownStates(_ world: World, _ carrier: String = "alpha") throws -> [UnknownState] {
    let live = LiveCarrier(
      name: carrier, systemID: "x", rate: 1, sessions: [])
    let page: Page<CarrierView> = try world.ask(.carrierList(CarrierList()), live: [live])
    return try #require(page.items.first).unknownStates
  }

  // MARK: Words and numbers that nobody knows

  /// opentelecoms-org/jsmpp#71
  @Test(
    arguments: [
      ("id:f4 stat:DND err:009", nil, "DND"), ("id:f4 stat:SKIPPED err:009", nil, "SKIPPED"),
      ("id:f4 err:009", 9, "9"), ("id:f4 err:009", 0, "0"), ("id:f4 err:009", nil, ""),
    ] as [(String, UInt8?, String)])
  func aStateThatNobodyKnowsIsKeptCountedAndTold(text: String, state: UInt8?, word: String) throws {
    let world = try World()
    try world.addAnna()
    let message = try sent(world)
    _ = try world.events()
    for _ in 0..<3 { try receipt(world, text, state: state) }
    let events = try world.events()
    #expect(events.states.map(\.state) == [.sent], "told once, and the state stays")
    #expect(events.states.first?.carrierState == word && events.states.first?.error == "009")
    #expect(events.alerts == [.unknownReceiptState])
    let said = try world.why(message).decisions.filter { $0.step == .receipt }
    #expect(said.map(\.carrierStatus) == [[word, "009"].filter { !$0.isEmpty }.joined(separator: " ")])
    #expect(said.first?.detail?.contains("receipts.states") == true)
    #expect(try unknownStates(world).map(\.word) == [word])
    #expect(try unknownStates(world).first?.count == 3)
    #expect(try world.count("receipts_unknown_state_total") == 3)
    // A receipt that says it, later, is still found.
    try receipt(world, "id:f4 stat:DELIVRD err:000")
    #expect(try world.state(of: message) == .delivered)
  }

  /// Two parts, the first of which became something; the second's receipt has a word that nobody knows.
  @Test(
    "A word is told with the state the message has, and not after its end",
    arguments: [("lost", TextMessageState.unknown), ("failed", nil), ("sent", .sent)]
      as [(
        String, TextMessageState?
      )])
  func wordOfAPart(first: String, told: TextMessageState?) throws {
    let world = try World()
    try world.addAnna()
    try world.send(String(repeating: "long text ", count: 20))
    let parts = try world.claim()
    #expect(parts.count == 2)
    if first == "lost" { try world.lose(parts[0]) } else { try world.answer(parts[0], id: "1") }
    try world.answer(parts[1], id: "2")
    if first == "failed" { try receipt(world, "id:1 stat:UNDELIV err:001") }
    _ = try world.events()
    try receipt(world, "id:2 stat:DND err:009")
    #expect(try world.events().states.map(\.state) == [told].compactMap { $0 })
  }

  @Test func noReceiptIsMissingWhereOneCame() throws {
    let world = try World()
    try world.addAnna()
    let (unknown, silent) = (try sent(world, id: "1"), try sent(world, id: "2"))
    let (doubtful, step) = (try sent(world, id: "3"), try sent(world, id: "4"))
    try receipt(world, "id:1 stat:DND err:009")
    try receipt(world, "id:3 stat:UNKNOWN err:000")
    try receipt(world, "id:4 stat:DND", esmClass: ESMClass.intermediateNotification)
    world.now += CarrierProfile().receiptMissingAfter.wholeMilliseconds + 1
    try world.housekeep()
    #expect(try world.state(of: unknown) == .sent && world.state(of: doubtful) == .sent)
    #expect(try world.state(of: silent) == .receiptMissing)
    #expect(try world.state(of: step) == .receiptMissing, "the receipt itself is still to come")
    #expect(try world.count("receipts_missing_total") == 2)
  }

  @Test(
    arguments: [
      ("id:f4 stat:DND err:009", nil, TextMessageState.failed),
      ("id:f4 stat:dnd err:009", nil, .failed), ("id:f4 err:009", 9, .expired),
      ("id:f4 stat:DELIVRD", nil, .sent),
    ] as [(String, UInt8?, TextMessageState)])
  func theProfileSaysWhatWordsAndNumbersMean(text: String, state: UInt8?, expected: TextMessageState) throws {
    let world = try World {
      $0.carriers["alpha"]?.receipts.states = ["DND": .rejected, "9": .expired, "DELIVRD": .accepted]
    }
    try world.addAnna()
    let message = try sent(world)
    try receipt(world, text, state: state)
    #expect(try world.state(of: message) == expected)
    #expect(try unknownStates(world).isEmpty)
  }

  @Test func aKnownStateBesideAnUnknownOneCounts() throws {
    let world = try World()
    try world.addAnna()
    let message = try sent(world)
    try receipt(world, "id:f4 stat:DELIVRD err:000", state: 9)
    #expect(try world.state(of: message) == .delivered)
  }

  @Test func anUnknownWordThatCameBeforeTheAnswerIsKeptWithItsMessage() throws {
    let world = try World()
    try world.addAnna()
    let message = try world.send("Hello").messageID
    let segment = try #require(try world.claim().first)
    try receipt(world, "id:f4 stat:DND err:009")
    let listed: Page<ReceiptView> = try world.ask(.carrierReceipts(CarrierReceipts(carrier: "alpha")))
    #expect(listed.items.map(\.carrierState) == ["DND"])
    try world.answer(segment, id: "f4")
    #expect(try world.why(message).decisions.contains { $0.carrierStatus == "DND 009" })
    world.now += CarrierProfile().receiptMissingAfter.wholeMilliseconds + 1
    try world.housekeep()
    #expect(try world.state(of: message) == .sent)
  }

  @Test func aCarrierThatInventsWordsFillsNothing() throws {
    let world = try World()
    try world.addAnna()
    _ = try sent(world)
    for index in 0..<400 { try receipt(world, "id:f4 stat:W\(index) err:\(index)") }
    #expect(try unknownStates(world).count == ReceiptWordTable.ofCarrier)
    #expect(try world.stored("SELECT count(*) FROM receipt_word") == Int64(ReceiptWordTable.ofSegment))
    #expect(try world.count("receipts_unknown_state_total") == 400)
  }

  // MARK: Sent by one carrier, received by another

  private func twoCarriers(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    try world.addAnna()
    let _: NumberView = try world.call(
      .numberSetRoutes(
        NumberSetRoutes(
          number: world.number(Cast.annasNumber),
          routes: [
            NumberRoute(carrier: "alpha", direction: .send),
            NumberRoute(carrier: "beta", direction: .receive),
          ])))
    return world
  }

  /// JamaaSMPP#14
  @Test func aReceiptByTheCarrierThatReceivesSettlesATextOfTheOneThatSends() throws {
    let world = try twoCarriers { $0.carriers["alpha"]?.receipts.id = .hexToDecimal }
    let message = try sent(world, id: "f4")
    try receipt(world, "id:244 stat:DELIVRD err:000", carrier: "beta")
    #expect(try world.state(of: message) == .delivered)
    try receipt(world, "id:244 stat:DELIVRD err:000", carrier: "beta")
    let listed: Page<ReceiptView> = try world.ask(.carrierReceipts(CarrierReceipts(carrier: "beta")))
    #expect(listed.items.isEmpty)
  }

  @Test func aReceiptThatIsFasterThanTheAnswerIsFoundAcrossThem() throws {
    let world = try twoCarriers()
    let message = try world.send("Hello").messageID
    let segment = try #require(try world.claim().first)
    try receipt(world, "id:f4 stat:UNDELIV err:011", carrier: "beta")
    try world.answer(segment, id: "f4")
    #expect(try world.state(of: message) == .failed)
  }

  @Test func anUnansweredSubmitIsSettledAcrossThem() throws {
    let world = try twoCarriers()
    let message = try world.send("Hello").messageID
    try world.lose(try #require(try world.claim().first))
    #expect(try world.state(of: message) == .unknown)
    try world.receipt("900", submitted: world.minute(), carrier: "beta")
    #expect(try world.state(of: message) == .delivered)
  }

  @Test func aCarrierThatDoesNotReceiveForTheNumberSettlesNothingOfOthers() throws {
    let world = try World()
    try world.addAnna()
    let message = try sent(world)
    try receipt(world, "id:f4 stat:DELIVRD err:000", carrier: "beta")
    #expect(try world.state(of: message) == .sent)
    let listed: Page<ReceiptView> = try world.ask(.carrierReceipts(CarrierReceipts(carrier: "beta")))
    #expect(listed.items.map(\.reason) == [.noSuchMessage])
  }
}
