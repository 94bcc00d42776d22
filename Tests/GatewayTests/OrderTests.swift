import Carriers
import Contract
import SMPP
import TestSupport
import Testing

@testable import Gateway

/// Nothing a thread is sent overtakes what came before it in its class, whatever happens to it on the way.
@Suite(.worlds) struct OrderTests {
  private let others = [Cast.stranger, "+12025550144", "+12025550145"]

  @Test func theNextMessageOfAThreadWaitsForTheAnswerToTheOneBefore() throws {
    let world = try World()
    try world.addAnna()
    try world.send("one")
    try world.send("two")
    try world.send("other", to: Cast.stranger)
    let lane = try world.id(of: Cast.annasNumber)
    #expect(world.takeNetwork().demand[lane] == [2, 0])
    let first = try world.claim()
    #expect(first.map(\.text) == ["one", "other"])
    #expect(try world.claim().isEmpty)
    try world.answer(first[0], .ESME_RTHROTTLED)
    #expect(try world.claim().map(\.text) == ["one"])
    _ = world.takeNetwork()
    try world.answer(first[0])
    #expect(world.takeNetwork().demand[lane] == [1, 0])
    #expect(try world.claim().map(\.text) == ["two"])
  }

  @Test func partsOfOneMessageLeaveTogetherAndTheNextMessageAfterThem() throws {
    let world = try World()
    try world.addAnna()
    try world.send(String(repeating: "0123456789", count: 40))
    try world.send("after")
    let parts = try world.claim()
    #expect(parts.map(\.ref.index) == [0, 1, 2])
    try world.answer(parts[0])
    try world.answer(parts[2])
    try world.answer(parts[1], .ESME_RSYSERR)
    #expect(try world.claim().isEmpty)
    world.now += Retry.first
    #expect(try world.claim().map(\.ref) == [parts[1].ref])
    try world.answer(parts[1])
    #expect(try world.claim().map(\.text) == ["after"])
  }

  @Test func aTemporaryRefusalHoldsItsOwnThreadAndNoOther() throws {
    let world = try World()
    try world.addAnna()
    try world.send("one")
    try world.send("two")
    for phone in others { try world.send("other", to: phone) }
    try world.answer(try #require(try world.claim(1).first), .ESME_RX_T_APPN)
    let going = try world.claim()
    #expect(going.map(\.text) == ["other", "other", "other"])
    for segment in going { try world.answer(segment) }
    try world.restart()
    #expect(try world.claim().isEmpty)
    world.now += Retry.first
    let again = try world.claim()
    #expect(again.map(\.text) == ["one"])
    try world.answer(again[0])
    #expect(try world.claim().map(\.text) == ["two"])
  }

  @Test func aSecondCampaignWaitsForTheFirstWhereTheFirstWasHeld() throws {
    let world = try World()
    let anna = try world.addAnna()
    for phone in [Cast.customer, Cast.stranger] { try world.addContact(phone, owner: anna) }
    try world.campaign("First")
    try world.campaign("Second")
    let first = try world.claim(2, bulk: true)
    #expect(first.map(\.text) == ["First", "First"])
    try world.answer(first[0], .ESME_RSYSERR)
    try world.answer(first[1])
    let second = try world.claim(bulk: true)
    #expect(second.map(\.text) == ["Second"] && second[0].phone == first[1].phone)
    try world.restart()
    #expect(try world.claim(bulk: true).isEmpty)
    world.now += Retry.first
    let again = try world.claim(bulk: true)
    #expect(again.map(\.ref) == [first[0].ref])
    try world.answer(again[0])
    #expect(try world.claim(bulk: true).map(\.text) == ["Second"])
  }

  @Test func whatIsTakenBackFreesTheTurnOfItsThread() throws {
    let world = try World()
    try world.addAnna()
    let limited: MessageSendResult = try world.call(world.message("one", notAfter: world.now + 4_000))
    try world.send("two")
    try world.answer(try #require(try world.claim().first), .ESME_RSYSERR)
    // Its next attempt would be too late: it has failed, and holds nobody.
    #expect(try world.state(of: limited.messageID) == .failed)
    #expect(try world.claim().map(\.text) == ["two"])
  }

  // MARK: By a seed

  private struct Thread: Hashable {
    var number: NumberID
    var bulk: Bool
    var phone: Int64
  }

  @Test(arguments: UInt64(1)...6) func orderIsKeptOverThrottlingReconnectAndRestart(seed: UInt64) throws {
    let world = try World()
    var random = SeededGenerator(seed: seed)
    let anna = try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    let numbers = [Cast.annasNumber, Cast.bensNumber]
    let phones = [Cast.customer] + others
    for phone in phones { try world.addContact(phone, owner: anna) }
    var handed: [Thread: Int64] = [:]
    var accepted: [Thread: Int64] = [:]
    var flights: [ClaimedSegment] = []
    var messages: [MessageID] = []
    /// With parts that were never answered.
    var lost: Set<Int64> = []
    var campaigns = 0

    func claim() throws {
      for number in numbers {
        for bulk in [false, true] {
          for segment in try world.claim(1 + Int.random(in: 0..<3, using: &random), bulk: bulk, from: number)
          {
            let thread = Thread(number: segment.number, bulk: segment.urgency == .bulk, phone: segment.phone)
            #expect(handed[thread, default: 0] <= segment.ref.message, "nothing leaves after a later one")
            handed[thread] = segment.ref.message
            flights.append(segment)
          }
        }
      }
    }
    func answer(_ status: CommandStatus) throws {
      guard let index = flights.indices.randomElement(using: &random) else { return }
      let segment = flights.remove(at: index)
      try world.answer(segment, status)
      guard status == .ESME_ROK else { return }
      let thread = Thread(number: segment.number, bulk: segment.urgency == .bulk, phone: segment.phone)
      #expect(accepted[thread, default: 0] <= segment.ref.message, "nothing is accepted after a later one")
      accepted[thread] = segment.ref.message
    }

    for _ in 0..<250 {
      switch Int.random(in: 0..<16, using: &random) {
      case 0, 1, 2:
        let count = Int.random(in: 0..<4, using: &random) == 0 ? 40 : 1
        let phone = try #require(phones.randomElement(using: &random))
        let number = try #require(numbers.randomElement(using: &random))
        let text = String(repeating: "0123456789", count: count)
        messages.append(try world.send(text, to: phone, from: number).messageID)
      case 3 where campaigns < 6:
        campaigns += 1
        try world.campaign(campaigns % 2 == 0 ? "News" : String(repeating: "Open house ", count: 20))
      case 4, 5, 6: try claim()
      case 7, 8, 9: try answer(.ESME_ROK)
      case 10: try answer(.ESME_RTHROTTLED)
      case 11: try answer(Bool.random(using: &random) ? .ESME_RSYSERR : .ESME_RMSGQFUL)
      case 12:
        // A session ends: what it had not written comes back, what it had is unknown.
        let ended = flights.filter { _ in Bool.random(using: &random) }
        flights.removeAll { segment in ended.contains { $0.ref == segment.ref } }
        let split = Int.random(in: 0...ended.count, using: &random)
        let unanswered = ended.dropFirst(split).map(\.ref)
        lost.formUnion(unanswered.map(\.message))
        try world.take(
          .returned(ended.prefix(split).map(\.ref)),
          .unanswered(unanswered, carrier: world.carrier("alpha"), at: world.now))
      case 13 where Int.random(in: 0..<3, using: &random) == 0:
        lost.formUnion(flights.map(\.ref.message))
        flights = []
        try world.restart()
      case 14:
        // A batch that is lost leaves the turns as they were.
        let permit = ClaimPermit(number: try world.id(of: Cast.annasNumber), .person, count: 3)
        try world.fail { try $0.take(.permits([permit])) }
      default: world.now += Int64.random(in: 0..<8_000, using: &random)
      }
    }
    // Nothing is stuck behind a turn that nobody has.
    for _ in 0..<400 {
      world.now += Retry.longest
      try claim()
      while !flights.isEmpty { try answer(.ESME_ROK) }
      if try world.stored("SELECT count(*) FROM pending") == 0,
        try world.stored("SELECT count(*) FROM run WHERE next_ref < end_id * 256") == 0
      {
        break
      }
    }
    #expect(try world.stored("SELECT count(*) FROM pending") == 0)
    for message in messages {
      #expect(try world.state(of: message) == (lost.contains(message.value) ? .unknown : .sent))
    }
  }
}
