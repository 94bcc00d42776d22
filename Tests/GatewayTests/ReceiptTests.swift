import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct ReceiptTests {
  @Test(arguments: [
    (MessageState.delivered, TextMessageState.delivered), (.undeliverable, .failed), (.rejected, .failed),
    (.expired, .expired), (.enroute, .sent), (.accepted, .sent), (.unknown, .sent),
  ])
  func aReceiptSaysWhatBecameOfTheMessage(state: MessageState, expected: TextMessageState) throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    let released = try world.receipt(id, state, error: "042")
    #expect(released.responses == [.ESME_ROK])
    let view = try world.view(of: message)
    #expect(view.state == expected)
    if expected == .failed { #expect(view.error == "042") }
  }

  @Test func aFinalReceiptFollowsAnIntermediateOneAndNothingFollowsAFinalOne() throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    try world.receipt(id, .enroute)
    try world.receipt(id, .delivered)
    try world.receipt(id, .undeliverable)
    try world.receipt(id, .delivered)
    #expect(try world.state(of: message) == .delivered)
    #expect(try world.events().states.map(\.state) == [.sent, .delivered])
  }

  @Test(arguments: [false, true]) func aReceiptBeforeItsAnswerIsKeptForIt(restarts: Bool) throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    #expect(try world.receipt("900").responses == [.ESME_ROK])
    #expect(try world.state(of: sent.messageID) == .sending)
    if restarts {
      try world.take(.returned([segment.ref]))
      try world.restart()
      #expect(try world.claim().count == 1)
    }
    try world.answer(segment, id: "900")
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(try world.stored("SELECT count(*) FROM unmatched_receipt") == 0)
    #expect(try world.stored("SELECT count(*) FROM awaiting") == 0)
  }

  @Test func aParkedReceiptIsForgottenAfterItsTime() throws {
    let world = try World()
    try world.addAnna()
    try world.receipt("900")
    world.now += world.settings.spans.receiptListed.wholeMilliseconds + 20_000
    try world.housekeep()
    #expect(try world.stored("SELECT count(*) FROM unmatched_receipt") == 0)
  }

  @Test(arguments: [
    ("0a1b2c3d-4e5f", "0A1B2C3D4E5F"), ("000123", "123"), ("msg-äöü", "msg-äöü"),
    ("340282366920938463463374607431768211455", "340282366920938463463374607431768211455"),
  ])
  func idsThatAreNoSmallNumbersAreFoundByTheirOctets(response: String, receipt: String) throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    try world.answer(try #require(try world.claim().first), id: response)
    try world.receipt(receipt)
    #expect(try world.state(of: sent.messageID) == .delivered)
  }

  @Test func anEarlyReceiptOfAHashedIdIsOnlyTakenByTheSameId() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    try world.receipt("id-x")
    try world.answer(segment, id: "id-y")
    #expect(try world.state(of: sent.messageID) == .sent)
    try world.receipt("id-y")
    #expect(try world.state(of: sent.messageID) == .delivered)
  }

  @Test func oneCarriersIdsAreNotAnothers() throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    try world.receipt(id, carrier: "beta")
    #expect(try world.state(of: message) == .sent)
  }

  @Test func aLongMessageIsDeliveredWhenAllItsSegmentsAre() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send(String(repeating: "0123456789", count: 40))
    #expect(sent.segments == 3)
    let segments = try world.claim()
    #expect(segments.count == 3)
    let references = Set(segments.compactMap { $0.pdu.messagePart?.place.reference })
    #expect(references.count == 1)
    var ids: [String] = []
    for segment in segments {
      #expect(try world.state(of: sent.messageID) == .sending)
      ids.append(try world.answer(segment))
    }
    #expect(try world.state(of: sent.messageID) == .sent)
    for id in ids {
      #expect(try world.state(of: sent.messageID) == .sent)
      try world.receipt(id)
    }
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(try world.events().states.map(\.state) == [.sent, .delivered])
  }

  @Test func aLongMessageFailsWithItsFirstFailedSegment() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send(String(repeating: "0123456789", count: 20))
    let segments = try world.claim()
    let id = try world.answer(try #require(segments.first))
    try world.answer(try #require(segments.last), .ESME_RINVDSTADR)
    #expect(try world.state(of: sent.messageID) == .failed)
    try world.receipt(id)
    #expect(try world.state(of: sent.messageID) == .failed)
    #expect(try world.events().states.map(\.state) == [.failed])
  }
}
