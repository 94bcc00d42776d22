import Carriers
import Contract
import SMPP
import Testing

@testable import Gateway

@Suite(.worlds) struct UnknownTests {
  /// One text written to the carrier, unanswered.
  private func written(_ world: World, carrier: String = "alpha") throws -> (MessageID, ClaimedSegment) {
    try world.addRep("Anna", number: Cast.annasNumber, carrier: carrier)
    let sent = try world.send("Hello")
    return (sent.messageID, try #require(try world.claim().first))
  }

  private func unknowns(_ world: World) throws -> [UnknownView] {
    let result: Page<UnknownView> = try world.ask(.unknownList(UnknownList()))
    return result.items
  }

  @Test func aSegmentUnansweredWhenTheSessionEndsIsUnknownAndNeverSentAgain() throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    #expect(try world.state(of: message) == .unknown)
    #expect(try world.claim().isEmpty)
    #expect(try unknowns(world).map(\.messageID) == [message])
    #expect(try world.events().alerts.contains(.unknownOutcome))
    try world.restart()
    #expect(try world.claim().isEmpty)
    #expect(try world.state(of: message) == .unknown)
    let list: Page<MessageView> = try world.ask(.messageList(MessageList(state: .unknown)))
    #expect(list.items.map(\.messageID) == [message])
  }

  @Test func whatWasHandedOverAtACrashIsUnknownAndWhatWasNotIsStillQueued() throws {
    let world = try World()
    let (message, _) = try written(world)
    let waiting = try world.send("Later")
    try world.restart()
    #expect(try world.state(of: message) == .unknown)
    #expect(try world.state(of: waiting.messageID) == .queued)
    #expect(try world.claim().map(\.text) == ["Later"])
    #expect(try world.events().states.map(\.state) == [.unknown])
  }

  @Test func whatWasAnsweredOrReturnedBeforeACrashIsNotUnknown() throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.answer(segment)
    let back = try world.send("Back")
    try world.take(.returned(try world.claim().map(\.ref)))
    try world.restart()
    #expect(try world.state(of: message) == .sent)
    #expect(try world.state(of: back.messageID) == .queued)
    #expect(try unknowns(world).isEmpty)
  }

  @Test(arguments: [CommandStatus.ESME_ROK, .ESME_RINVDSTADR])
  func aLateResponseOnTheSameSessionSettlesIt(status: CommandStatus) throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.take(.overdue(segment.ref, at: world.now))
    #expect(try world.state(of: message) == .unknown)
    world.now += 40_000
    let id = try world.answer(segment, status)
    #expect(try world.state(of: message) == (status == .ESME_ROK ? .sent : .failed))
    #expect(try unknowns(world).isEmpty)
    #expect(try world.stored("SELECT count(*) FROM unresolved") == 0)
    guard status == .ESME_ROK else { return }
    try world.receipt(id)
    #expect(try world.state(of: message) == .delivered)
  }

  @Test func aLateThrottleMakesItQueuedAgainSinceItWasRefused() throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.take(.overdue(segment.ref, at: world.now))
    try world.answer(segment, .ESME_RTHROTTLED)
    #expect(try world.state(of: message) == .queued)
    #expect(try unknowns(world).isEmpty)
    let again = try #require(try world.claim().first)
    #expect(try world.state(of: message) == .sending)
    try world.answer(again)
    #expect(try world.state(of: message) == .sent)
  }

  @Test func anEchoedReferenceSettlesIt() throws {
    let world = try World()
    let (message, segment) = try written(world, carrier: "beta")
    let reference = try #require(segment.pdu.tlvs.userMessageReference)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    try world.receipt("77", reference: reference &+ 1, carrier: "beta")
    #expect(try world.state(of: message) == .unknown)
    try world.receipt("78", reference: reference, carrier: "beta")
    let view = try world.view(of: message)
    #expect(view.state == .delivered && view.inferred == nil)
  }

  /// Found by the simulation, seed 20261204975: every 256th message had the same reference.
  @Test func ourReferencesOfNearTextsDiffer() {
    let single = (1...65_536).map { SegmentRef(message: $0, index: 0).reference }
    #expect(Set(single).count == 65_536)
    let long = (1...1_000).flatMap { message in
      (0..<10).map { SegmentRef(message: message, index: $0).reference }
    }
    #expect(Set(long).count == 10_000)
  }

  /// One that fits may be one of many that were not looked at.
  @Test(arguments: [0, 1]) func amongTooManyUnresolvedSubmitsNoneIsInferred(more: Int) throws {
    let world = try World()
    let (first, segment) = try written(world)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    let submitted = try world.minute()
    world.now += 600_000
    for _ in 0..<ReceiptTable.unresolvedOfOnePhone - 1 + more {
      try world.send("Hello")
      let segment = try #require(try world.claim().first)
      try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    }
    try world.receipt("77", submitted: submitted)
    #expect(try world.state(of: first) == (more == 0 ? .delivered : .unknown))
  }

  @Test func aReceiptThatFitsExactlyOneIsBelievedAndMarkedInferred() throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    try world.receipt("77", from: Cast.stranger, submitted: world.minute())
    try world.receipt("78", submitted: world.minute(later: 5))
    #expect(try world.state(of: message) == .unknown)
    try world.receipt("79", submitted: world.minute())
    let view = try world.view(of: message)
    #expect(view.state == .delivered && view.inferred == true)
    #expect(try world.events().states.last?.inferred == true)
  }

  /// Found by the simulation, seed 20261130197: the final receipt came while another text was in flight to the phone.
  @Test func aReceiptThatCameBeforeItsIDWasKnownIsTakenWhenAnotherTellsTheID() throws {
    let world = try World()
    let (message, segment) = try written(world)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    let submitted = try world.minute()
    world.now += 600_000
    try world.send("Are you there?")
    let other = try #require(try world.claim().first)
    try world.receipt("77", submitted: submitted)
    #expect(try world.state(of: message) == .unknown, "it may be the text in flight")
    try world.answer(other, id: "78")
    try world.receipt("77", .enroute, submitted: submitted)
    let view = try world.view(of: message)
    #expect(view.state == .delivered && view.inferred == true)
    #expect(try world.gateway.parts.outcomes.unmatched.waiting == 0)
  }

  @Test func aReceiptThatFitsTwoSettlesNeither() throws {
    let world = try World()
    let (first, segment) = try written(world)
    let second = try world.send("Again")
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    let other = try #require(try world.claim().first)
    try world.take(.unanswered([other.ref], carrier: segment.carrier, at: world.now))
    try world.receipt("77", submitted: world.minute())
    #expect(try world.state(of: first) == .unknown)
    #expect(try world.state(of: second.messageID) == .unknown)
    #expect(try unknowns(world).count == 2)
  }
}
