import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct SendTests {
  @Test func aTextIsQueuedClaimedAcceptedAndDelivered() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    #expect(sent.state == .queued && sent.segments == 1 && sent.encoding == .gsm7)
    #expect(try world.state(of: sent.messageID) == .queued)
    let segment = try #require(try world.claim().first)
    #expect(segment.text == "Hello")
    #expect(segment.pdu.destination.digits == "12025550143" && segment.pdu.source.digits == "18885550101")
    #expect(try world.state(of: sent.messageID) == .sending)
    let id = try world.answer(segment)
    #expect(try world.state(of: sent.messageID) == .sent)
    try world.receipt(id)
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .delivered && view.carrier == "alpha" && view.doneAt != nil && view.sentAt != nil)
    let states = try world.events().states
    #expect(states.map(\.state) == [.sent, .delivered])
    #expect(states.map(\.final) == [false, true])
  }

  @Test func ourOwnNumbersAreNotTexted() throws {
    let world = try World()
    try world.addAnna()
    try world.addNumber(Cast.bensNumber)
    for number in [Cast.annasNumber, Cast.bensNumber] {
      #expect(try world.refusal(of: world.message("Hello", to: number)) == .notTextable)
    }
  }

  @Test func anErrorIsShownOnlyOfWhatWasNotDelivered() throws {
    let world = try World()
    try world.addAnna()
    for (state, error) in [(MessageState.delivered, nil), (.undeliverable, "000")] {
      let (message, id) = try world.deliverToCarrier("Hello")
      try world.receipt(id, state, error: "000")
      #expect(try world.view(of: message).error == error)
      #expect(try world.events().states.last?.error == error)
    }
  }

  @Test func aRepeatedSendAnswersAsTheFirstDidAndSendsOnce() throws {
    let world = try World()
    try world.addAnna()
    let command = try world.message("Hello", key: "once")
    let first: MessageSendResult = try world.call(command)
    let again: MessageSendResult = try world.call(command)
    #expect(first.replayed == nil && again.replayed == true && again.messageID == first.messageID)
    #expect(try world.claim().count == 1)
    try world.restart()
    let later: MessageSendResult = try world.call(command)
    #expect(later.messageID == first.messageID && later.replayed == true)
    #expect(try world.code(of: world.message("Other", key: "once")) == .idempotencyConflict)
    // Another role has keys of its own.
    let other: MessageSendResult = try world.call(command, as: Requester(role: "app", uid: 7))
    #expect(other.messageID != first.messageID)
  }

  @Test func aRefusalIsNotKept() throws {
    let world = try World()
    try world.addAnna()
    try world.receive("STOP")
    let command = try world.message("Hello", key: "k")
    #expect(try world.refusal(of: command) == .optedOut)
    try world.receive("START")
    let sent: MessageSendResult = try world.call(command)
    #expect(sent.replayed == nil)
  }

  @Test func whatMayNotBeSentIsRefusedWithItsReason() throws {
    let world = try World { $0.queuePerNumber = 3 }
    try world.addAnna(mobile: Cast.annasMobile)
    #expect(try world.refusal(of: world.message("  \n")) == .emptyText)
    #expect(try world.refusal(of: world.message(String(repeating: "x", count: 1_531))) == .tooLong)
    #expect(try world.refusal(of: world.message("x", from: Cast.bensNumber)) == .unknownNumber)
    #expect(try world.refusal(of: world.message("x", to: "55512")) == .notTextable)
    #expect(try world.refusal(of: world.message("x", to: "+442079460123")) == .countryNotEnabled)
    #expect(try world.refusal(of: world.message("x", to: Cast.annasMobile)) == .privateMobile)
    #expect(try world.refusal(of: world.message("x", notAfter: world.now)) == .tooLate)
    #expect(try world.refusal(of: world.message("x", to: Cast.stranger, from: nil)) == .noOwner)
    for _ in 0..<3 { try world.send("x") }
    #expect(try world.refusal(of: world.message("x")) == .queueFull)
    let mayUseNone = Requester(role: "app", uid: 7, numbers: [])
    #expect(try world.code(of: world.message("x"), as: mayUseNone) == .forbidden)
  }

  @Test func aStrayTextToAColleaguesNumberDoesNotChangeWhoWritesToTheContact() throws {
    let world = try World()
    try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    let contact = try world.addContact(Cast.customer, first: "Carl", owner: ben)
    #expect(try world.send("a", from: nil).from == world.number(Cast.bensNumber))
    try world.receive("hi", to: Cast.annasNumber)
    world.now += 1_000
    #expect(try world.send("b", from: nil).from == world.number(Cast.bensNumber))
    let sent: MessageSendResult = try world.call(
      .messageSend(MessageSend(to: .contact(contact), text: "c", idempotencyKey: world.nextKey())))
    #expect(try sent.from == world.number(Cast.bensNumber))
    // Nobody's contact is answered where it wrote last.
    try world.receive("hi", from: Cast.stranger, to: Cast.annasNumber)
    #expect(try world.send("d", to: Cast.stranger, from: nil).from == world.number(Cast.annasNumber))
  }

  @Test func aRepWhoWasGivenAThreadGoesOnInIt() throws {
    let world = try World()
    try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    try world.receive("hi")
    let conversation = try #require(try world.events().received.first).conversationID
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: conversation, repID: ben)))
    let sent: MessageSendResult = try world.call(
      .messageSend(
        MessageSend(
          from: .rep(ben), to: .phone(world.typed(Cast.customer)), text: "I take over",
          idempotencyKey: world.nextKey())))
    #expect(try sent.from == world.number(Cast.annasNumber) && sent.conversationID == conversation)
    #expect(try world.stored("SELECT count(*) FROM conversation") == 1)
  }

  @Test func permitsClaimInOrderAndPeopleBeforeBulk() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addContact(Cast.stranger, first: "Sue", owner: anna)
    try world.campaign("To all")
    let long = String(repeating: "long ", count: 60)
    try world.send("one", to: "+12025550101")
    try world.send(long, to: "+12025550102")
    try world.send("three", to: "+12025550103")
    let lane = try world.id(of: Cast.annasNumber)
    #expect(world.takeNetwork().demand[lane] == [4, 1])
    let released = try world.take(.permits([ClaimPermit(number: lane, .person, count: 3)]))
    #expect(released.segments.map(\.text).first == "one")
    #expect(released.segments.map(\.ref.index) == [0, 0, 1])
    #expect(released.network.demand[lane] == [1, 1])
    #expect(try world.claim(5).map(\.text) == ["three"])
    #expect(try world.claim(5).isEmpty)
    #expect(try world.claim(5, bulk: true).map(\.text) == ["To all"])
  }

  @Test func aPausedNumberClaimsNothingAndKeepsItsQueue() throws {
    let world = try World()
    try world.addAnna()
    try world.send("x")
    let _: Done = try world.call(.pause(Pause()))
    #expect(try world.claim().isEmpty)
    try world.restart()
    #expect(try world.claim().isEmpty)
    let _: Done = try world.call(.resume(Resume()))
    let _: NumberView = try world.call(
      .numberPause(NumberPause(number: world.number(Cast.annasNumber))))
    #expect(try world.claim().isEmpty)
    let _: NumberView = try world.call(
      .numberResume(NumberResume(number: world.number(Cast.annasNumber))))
    #expect(try world.claim().count == 1)
  }

  @Test func aTextPastItsTimeIsNotSent() throws {
    let world = try World()
    try world.addAnna()
    let sent: MessageSendResult = try world.call(world.message("x", notAfter: world.now + 1_000))
    world.now += 1_000
    #expect(try world.claim().isEmpty)
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .expired && view.reason == .tooLate)
    #expect(try world.events().states.map(\.state) == [.expired])
  }

  @Test func aThrottledSegmentKeepsItsPlaceAndUsesNoAttempt() throws {
    let world = try World()
    try world.addAnna()
    try world.send("one")
    try world.send("two")
    let first = try #require(try world.claim(1).first)
    for _ in 0..<20 {
      try world.answer(first, .ESME_RTHROTTLED)
      let lane = try world.id(of: Cast.annasNumber)
      #expect(
        world.takeNetwork().contains {
          if case .throttled(lane, first.carrier) = $0 { true } else { false }
        })
      #expect(try world.claim(1).map(\.ref) == [first.ref])
    }
    try world.answer(first)
    #expect(try world.state(of: MessageID(first.ref.message)) == .sent)
    #expect(try world.claim(1).map(\.text) == ["two"])
  }

  @Test func aPermanentRefusalFailsTheMessage() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("one")
    try world.answer(try #require(try world.claim().first), .ESME_RINVDSTADR)
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .failed && view.error == "ESME_RINVDSTADR" && view.doneAt != nil)
    #expect(try world.claim().isEmpty)
  }

  @Test func aRefusalOfOurNumberPausesItAlone() throws {
    let world = try World()
    try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    try world.send("one")
    try world.send("two")
    try world.send("three", from: Cast.bensNumber)
    try world.answer(try #require(try world.claim(1).first), .ESME_RINVSRCADR)
    #expect(try world.claim().isEmpty)
    #expect(try world.claim(from: Cast.bensNumber).count == 1)
    let number: NumberView = try world.ask(.numberGet(NumberGet(number: world.number(Cast.annasNumber))))
    #expect(number.state == .paused && number.queuedInteractive == 1)
    #expect(try world.events().alerts.contains(.refusedByCarrier))
  }

  @Test func whatComesBackUnwrittenKeepsItsPlace() throws {
    let world = try World()
    try world.addAnna()
    for (index, text) in ["one", "two", "three"].enumerated() {
      try world.send(text, to: "+1202555010\(index)")
    }
    let two = try world.claim(2)
    try world.take(.returned(two.map(\.ref)))
    #expect(try world.claim().map(\.text) == ["one", "two", "three"])
  }
}
