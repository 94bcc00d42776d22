import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// Every text once, none dropped: whatever PDU, field and header it comes in, in parts, again, or over a restart.
@Suite(.worlds) struct InboundExactnessTests {

  @discardableResult
  private func take(_ world: World, _ pdu: DeliverSM, session: Int = 1) throws -> Released {
    try world.take(.inbound(try world.inbound(pdu, session: session)))
  }

  private func empty(_ world: World, esmClass: UInt8 = 0, dataCoding: UInt8 = 0) -> DeliverSM {
    DeliverSM(
      source: world.address(Cast.customer), destination: world.address(Cast.annasNumber), esmClass: esmClass,
      dataCoding: dataCoding)
  }

  // MARK: Fields

  @Test func aTextIsTheSameFromShortMessageAndFromPayload() throws {
    let world = try World()
    try world.addAnna()
    let octets = try #require(GSM7.encode("Hello"))
    var short = empty(world)
    short.shortMessage = octets
    var payload = empty(world)
    payload.tlvs.messagePayload = octets
    for pdu in [short, payload] {
      #expect(try take(world, pdu).responses == [.ESME_ROK])
      #expect(try world.events().received.map(\.text) == ["Hello"])
    }
  }

  @Test(arguments: BothTexts.allCases) func ofTwoTextsTheProfileSaysWhichCounts(setting: BothTexts) throws {
    let world = try World { $0.carriers["alpha"]?.bothTexts = setting }
    try world.addAnna()
    var pdu = empty(world)
    pdu.shortMessage = Array("short".utf8)
    pdu.tlvs.messagePayload = Array("payload".utf8)
    let responses = try take(world, pdu).responses
    let texts = try world.events().received.map(\.text)
    switch setting {
    case .shortMessage: #expect(texts == ["short"] && responses == [.ESME_ROK])
    case .messagePayload: #expect(texts == ["payload"] && responses == [.ESME_ROK])
    case .refuse: #expect(texts.isEmpty && responses == [.ESME_ROPTPARNOTALLWD])
    }
    #expect(try world.count("two_texts_total") == 1)
  }

  @Test func aHeaderOfPortsAndOtherElementsIsNoText() throws {
    let world = try World()
    try world.addAnna()
    var pdu = empty(world, esmClass: ESMClass.udhIndicator)
    // Ports (16 bit), then an element nobody knows.
    let header: [UInt8] = [0x0A, 0x05, 0x04, 0x0B, 0x84, 0x23, 0xF0, 0x70, 0x02, 0xAB, 0xCD]
    pdu.shortMessage = header + Array("Hello".utf8)
    try take(world, pdu)
    var payload = empty(world, esmClass: ESMClass.udhIndicator)
    payload.tlvs.messagePayload = header + Array("Hello".utf8)
    try take(world, payload)
    #expect(try world.events().received.map(\.text) == ["Hello", "Hello"])
  }

  @Test(arguments: ["udh8", "udh16 with ports", "sar", "payload"])
  func partsAreNumberedByEitherHeaderOrByParameters(way: String) throws {
    let world = try World()
    try world.addAnna()
    for part in [UInt8(2), 1] {
      let text = Array(part == 1 ? "one, ".utf8 : "two".utf8)
      var pdu = empty(world)
      switch way {
      case "udh8":
        pdu.esmClass = ESMClass.udhIndicator
        pdu.shortMessage = [0x05, 0x00, 0x03, 0x00, 0x02, part] + text
      case "udh16 with ports":
        pdu.esmClass = ESMClass.udhIndicator
        pdu.shortMessage =
          [0x0C, 0x05, 0x04, 0x00, 0x00, 0x00, 0x00, 0x08, 0x04, 0x01, 0x02, 0x02, part] + text
      case "sar":
        pdu.tlvs.sarMsgRefNum = 0
        pdu.tlvs.sarTotalSegments = 2
        pdu.tlvs.sarSegmentSeqnum = part
        pdu.shortMessage = text
      default:
        pdu.esmClass = ESMClass.udhIndicator
        pdu.tlvs.messagePayload = [0x05, 0x00, 0x03, 0x00, 0x02, part] + text
      }
      try take(world, pdu)
    }
    let received = try world.events().received
    #expect(received.map(\.text) == ["one, two"] && received.first?.segments == 2)
  }

  // MARK: Types

  @Test(arguments: [
    ESMClass.deliveryAcknowledgement, ESMClass.manualAcknowledgement, ESMClass.conversationAbort,
  ])
  func anAcknowledgementWithoutATextIsKept(type: UInt8) throws {
    let world = try World()
    try world.addAnna()
    #expect(try take(world, empty(world, esmClass: type)).responses == [.ESME_ROK])
    #expect(try world.events().received.isEmpty)
    let list: Page<QuarantineView> = try world.ask(.quarantineList(QuarantineList(kind: .acknowledgement)))
    #expect(list.items.count == 1 && list.items.first?.octets ?? 0 > 10)
    #expect(try world.count("acknowledgements_total") == 1)
  }

  /// Whatever type bits and parameters a carrier sets beside it: with a ticket (openmarket mo-examples), as an acknowledgement
  /// (ksmppd), even as a receipt.
  @Test(arguments: UInt8.min...15, [0, 1, 2, 3])
  func aStopIsAStopInEveryReading(type: UInt8, parameters: Int) throws {
    let world = try World()
    try world.addAnna()
    // Something is in flight to the phone, whose receipt may be about to come.
    _ = try world.send("Hello")
    _ = try world.claim(from: Cast.annasNumber)
    var pdu = empty(world, esmClass: type << 2)
    pdu.shortMessage = Array("STOP".utf8)
    if parameters & 1 != 0 { pdu.tlvs.receiptedMessageID = "MO-7421Z" }
    if parameters & 2 != 0 { pdu.tlvs.messageState = MessageState.delivered.rawValue }
    var inbound = try world.inbound(pdu)
    // The loop keeps no octets of what is a receipt by its bits.
    if pdu.esmClass == ESMClass.deliveryReceipt { inbound.body = [] }
    #expect(try world.take(.inbound(inbound)).responses == [.ESME_ROK])
    #expect(try world.events().received.map(\.text) == ["STOP"])
    #expect(try world.refusal(of: world.message("x")) == .optedOut)
  }

  @Test func aReceiptByItsTextAloneIsATextWhereNoMessageFits() throws {
    let world = try World { $0.carriers["alpha"]?.receipts.recognisedByText = true }
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    for (id, texts) in [(id, []), ("f2b", ["id:f2b stat:DELIVRD"])] {
      var pdu = empty(world)
      pdu.shortMessage = Array("id:\(id) stat:DELIVRD".utf8)
      #expect(try take(world, pdu).responses == [.ESME_ROK])
      #expect(try world.events().received.map(\.text) == texts)
    }
    #expect(try world.state(of: message) == .delivered)
  }

  /// kannel, ksmppd: 0x0C is a receipt and an acknowledgement at once.
  @Test(arguments: [UInt8(0x0C), 0x14, 0x24, 0x08, 0x10])
  func aReceiptWithOtherTypeBitsSettlesItsMessage(type: UInt8) throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    var pdu = empty(world, esmClass: type)
    pdu.shortMessage = Array("id:\(id) stat:DELIVRD".utf8)
    try take(world, pdu)
    #expect(try world.state(of: message) == (type & 0x20 == 0 ? .delivered : .sent))
    #expect(try world.events().received.isEmpty)
  }

  @Test func anIntermediateNotificationIsAStepWhateverItsState() throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    var pdu = empty(world, esmClass: ESMClass.intermediateNotification)
    pdu.tlvs.receiptedMessageID = COctetString(id)
    pdu.tlvs.messageState = MessageState.undeliverable.rawValue
    try take(world, pdu)
    #expect(try world.state(of: message) == .sent)
    try world.receipt(id)
    #expect(try world.state(of: message) == .delivered)
    #expect(try world.events().received.isEmpty)
  }

  // MARK: Parts

  private func parts(_ world: World, _ text: String, reference: UInt16 = 9) throws -> [DeliverSM] {
    let plan = try #require(Segmenter().plan(text))
    return (0..<plan.count).map { index in
      var pdu = empty(world)
      pdu.setText(plan.segment(index, reference: reference))
      return pdu
    }
  }

  private func wait(_ world: World) throws {
    world.now += world.settings.spans.partsWait.wholeMilliseconds + 1
    try world.housekeep()
  }

  private static let long = (0..<60).map { "word\($0) " }.joined()

  @Test(arguments: UInt64(1)...4) func partsThatComeAgainAfterTheWholeAreNoOtherMessage(seed: UInt64) throws {
    let world = try World()
    try world.addAnna()
    var random = SeededGenerator(seed: seed)
    var all = try parts(world, Self.long)
    all.shuffle(using: &random)
    for pdu in all { try take(world, pdu) }
    for pdu in all.dropLast() { #expect(try take(world, pdu).responses == [.ESME_ROK]) }
    #expect(try world.stored("SELECT count(*) FROM part") == Int64(all.count - 1))
    try world.restart()
    try wait(world)
    #expect(try world.events().received.map(\.text) == [Self.long])
    #expect(try world.stored("SELECT count(*) FROM part") == 0)
    try wait(world)
    try wait(world)
    #expect(try world.stored("SELECT count(*) FROM assembled") == 0)
  }

  @Test func theSameLongTextTwiceIsTwo() throws {
    let world = try World()
    try world.addAnna()
    for pdu in try parts(world, Self.long) + parts(world, Self.long) { try take(world, pdu) }
    #expect(try world.events().received.map(\.text) == [Self.long, Self.long])
  }

  @Test func whenTheReferenceComesRoundWhatWaitsUnderItIsGivenOutAndNothingIsDropped() throws {
    let world = try World()
    try world.addAnna()
    let first = try parts(world, Self.long)
    let second = try parts(world, String(Self.long.reversed()))
    try take(world, first[0])
    for pdu in second { try take(world, pdu) }
    let received = try world.events().received
    #expect(received.map(\.complete) == [false, true])
    #expect(received.first?.text.hasPrefix("word0 word1 ") == true)
    #expect(received.last?.text == String(Self.long.reversed()))
  }

  @Test func anIncompleteTextIsGivenOutAfterItsTimeEvenOverARestart() throws {
    let world = try World()
    try world.addAnna()
    let all = try parts(world, Self.long)
    try take(world, all[2])
    try world.restart()
    try take(world, all[0])
    try wait(world)
    let received = try #require(try world.events().received.first)
    #expect(!received.complete && received.segments == 2)
    #expect(received.text.hasPrefix("word0 word1 ") && received.text.hasSuffix("word59 "))
    // The part that comes after that is told as well.
    try take(world, all[1])
    try wait(world)
    #expect(try world.events().received.map(\.complete) == [false])
  }

  // MARK: Again

  @Test func stopStartStopEndsOptedOutHoweverOftenTheyComeAgain() throws {
    for restarts in [false, true] {
      let world = try World()
      try world.addAnna()
      func lose(_ session: Int) throws {
        if restarts { try world.restart() }
        try world.take(.sessionLost(session: session, carrier: world.carrier("alpha"), at: world.now))
      }
      for word in ["STOP", "START", "STOP"] { try world.receive(word, session: 1) }
      #expect(try world.refusal(of: world.message("x")) == .optedOut)
      try lose(1)
      // All three again, in their order: the carrier had none of our answers.
      for word in ["STOP", "START", "STOP"] { try world.receive(word, session: 2) }
      #expect(try world.refusal(of: world.message("x")) == .optedOut)
      #expect(try world.events().received.count == 3)
      // START alone, again: it is not applied a second time.
      try world.receive("START", session: 2)
      #expect(try world.refusal(of: world.message("x")) == nil)
      try world.receive("STOP", session: 2)
      try lose(2)
      try world.receive("START", session: 3)
      #expect(try world.refusal(of: world.message("x")) == .optedOut)
    }
  }

  @Test func aTextResentOverSeveralLostSessionsIsOne() throws {
    let world = try World()
    try world.addAnna()
    for session in 1...4 {
      try world.receive("Hello", session: session)
      try world.take(.sessionLost(session: session, carrier: world.carrier("alpha"), at: world.now))
    }
    try world.restart()
    try world.receive("Hello", session: 5)
    #expect(try world.events().received.count == 1)
    // It is one candidate, not five: the next equal text is somebody's.
    try world.receive("Hello", session: 5)
    #expect(try world.events().received.count == 1)
  }

  @Test func aRedeliveredTextUsesItsCandidateUpAndTheNextEqualOneIsNew() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("Hello", session: 1)
    try world.receive("Hello", session: 1)
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    try world.restart()
    for _ in 0..<3 { try world.receive("Hello", session: 2) }
    #expect(try world.events().received.count == 3)
  }
}
