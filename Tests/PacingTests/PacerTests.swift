import Testing

@testable import Pacing

@Suite struct PacerTests {
  let carrier = CarrierID(0)
  let lane = LaneID(0)

  func pacer(laneRate: Rate? = nil, carrierRate: Rate? = nil, slots: Int = 10) -> Pacer {
    var pacer = Pacer(start: .zero)
    pacer.setCarrier(carrier, rate: carrierRate, slots: slots)
    pacer.setLane(lane, carrier: carrier, rate: laneRate)
    return pacer
  }

  func permits(_ pacer: inout Pacer, at now: Duration) -> [Permit] {
    var permits: [Permit] = []
    pacer.permits(at: now, into: &permits)
    return permits
  }

  @Test("Nothing is written in the first second, nor claimed before its last 50 ms")
  func quietStart() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 1, campaign: 0)
    #expect(pacer.nextDeadline(at: .zero) == .milliseconds(950))
    #expect(permits(&pacer, at: .milliseconds(949)).isEmpty)
    #expect(permits(&pacer, at: .milliseconds(950)).count == 1)
    pacer.claimed(lane, .interactive, granted: 1, got: 1)
    #expect(pacer.next(at: .milliseconds(999)) == nil)
    #expect(pacer.nextDeadline(at: .milliseconds(999)) == .seconds(1))
    #expect(pacer.next(at: .seconds(1))?.class == .interactive)
  }

  @Test("Permits never exceed the free slots, and hold theirs until answered")
  func permitsHoldSlots() {
    var pacer = pacer(slots: 4)
    pacer.demand(lane, interactive: 0, campaign: 100)
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [4])
    #expect(permits(&pacer, at: .seconds(1)).isEmpty)
    #expect(pacer.freeSlots(carrier) == 0)
    pacer.claimed(lane, .campaign, granted: 4, got: 4)
    #expect(permits(&pacer, at: .seconds(1)).isEmpty, "claims hold them still")
    for _ in 0..<4 { #expect(pacer.next(at: .seconds(1)) != nil) }
    #expect(pacer.next(at: .seconds(1)) == nil)
    #expect(permits(&pacer, at: .seconds(1)).isEmpty, "and unanswered requests do")
    #expect(pacer.nextDeadline(at: .seconds(1)) == nil, "only an answer helps")
    pacer.answered(carrier, count: 3)
    #expect(pacer.nextDeadline(at: .seconds(1)) == .seconds(1))
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [3])
  }

  @Test("A permit covers what is due within 50 ms, at least one when one is")
  func horizon() {
    var pacer = pacer(laneRate: .perSecond(100), slots: 1_000)
    pacer.demand(lane, interactive: 0, campaign: 1_000)
    // Due at once, then every 10.15 ms.
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [5])
    var slow = self.pacer(laneRate: .perSecond(1))
    slow.demand(lane, interactive: 0, campaign: 10)
    #expect(permits(&slow, at: .seconds(1)).map(\.count) == [1])
    slow.claimed(lane, .campaign, granted: 1, got: 1)
    #expect(slow.next(at: .seconds(1)) != nil)
    #expect(permits(&slow, at: .seconds(1)).isEmpty)
    #expect(slow.nextDeadline(at: .seconds(1)) == .milliseconds(1_965))
    #expect(permits(&slow, at: .milliseconds(1_964)).isEmpty)
    #expect(permits(&slow, at: .milliseconds(1_965)).map(\.count) == [1])
  }

  @Test("An answer short of the permit means there is no more, until demand says so")
  func shortAnswer() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 0, campaign: 5)
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [5])
    pacer.claimed(lane, .campaign, granted: 5, got: 2)
    #expect(pacer.freeSlots(carrier) == 8)
    #expect(permits(&pacer, at: .seconds(1)).isEmpty)
    pacer.demand(lane, interactive: 0, campaign: 1)
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [1])
  }

  @Test("Demand told while a permit is under way does not grant the same segments twice")
  func demandDuringPermit() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 0, campaign: 3)
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [3])
    pacer.demand(lane, interactive: 0, campaign: 4)
    #expect(permits(&pacer, at: .seconds(1)).map(\.count) == [1])
    pacer.claimed(lane, .campaign, granted: 3, got: 3)
    pacer.claimed(lane, .campaign, granted: 1, got: 1)
    #expect(permits(&pacer, at: .seconds(1)).isEmpty)
    #expect(pacer.claimed(lane).campaign == 4)
  }

  @Test("Claims taken back free their slots and are not written")
  func returned() {
    var pacer = pacer(slots: 2)
    pacer.demand(lane, interactive: 0, campaign: 2)
    _ = permits(&pacer, at: .seconds(1))
    pacer.claimed(lane, .campaign, granted: 2, got: 2)
    pacer.returned(lane, .campaign, count: 2)
    #expect(pacer.next(at: .seconds(1)) == nil)
    #expect(pacer.freeSlots(carrier) == 2)
    pacer.returned(lane, .campaign, count: 5)
    #expect(pacer.freeSlots(carrier) == 2, "more than there is takes what there is")
  }

  @Test("A paused lane neither claims nor writes, and goes on where it was")
  func paused() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 0, campaign: 5)
    _ = permits(&pacer, at: .seconds(1))
    pacer.claimed(lane, .campaign, granted: 5, got: 5)
    pacer.setLane(lane, carrier: carrier, rate: nil, paused: true)
    pacer.demand(lane, interactive: 3, campaign: 5)
    #expect(pacer.next(at: .seconds(1)) == nil)
    #expect(permits(&pacer, at: .seconds(1)).isEmpty)
    #expect(pacer.nextDeadline(at: .seconds(1)) == nil)
    pacer.setLane(lane, carrier: carrier, rate: nil, paused: false)
    #expect(pacer.next(at: .seconds(1)) != nil)
    #expect(!permits(&pacer, at: .seconds(1)).isEmpty)
  }

  @Test("Without slots nothing is written, and a rebound session lets claims go on")
  func lostSession() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 0, campaign: 5)
    _ = permits(&pacer, at: .seconds(1))
    pacer.claimed(lane, .campaign, granted: 5, got: 5)
    pacer.setSlots(carrier, 0)
    #expect(pacer.next(at: .seconds(2)) == nil)
    #expect(pacer.nextDeadline(at: .seconds(2)) == nil)
    pacer.setSlots(carrier, 10)
    #expect(pacer.next(at: .seconds(2)) != nil)
  }

  @Test("An answer to a permit of a lane that is gone is refused, and changes nothing")
  func lateAnswerToPermit() {
    var pacer = pacer()
    pacer.demand(lane, interactive: 0, campaign: 5)
    _ = permits(&pacer, at: .seconds(1))
    pacer.removeLane(lane)
    #expect(pacer.freeSlots(carrier) == 10)
    #expect(pacer.claimed(lane, .campaign, granted: 5, got: 5) == false)
    #expect(pacer.freeSlots(carrier) == 10)
    #expect(pacer.next(at: .seconds(1)) == nil)
  }

  @Test("A lane moved to another carrier takes its claims along")
  func movedLane() {
    var pacer = pacer()
    pacer.setCarrier(CarrierID(1), rate: nil, slots: 7)
    pacer.demand(lane, interactive: 0, campaign: 4)
    _ = permits(&pacer, at: .seconds(1))
    pacer.claimed(lane, .campaign, granted: 4, got: 4)
    pacer.setLane(lane, carrier: CarrierID(1), rate: nil)
    #expect(pacer.freeSlots(carrier) == 10)
    #expect(pacer.freeSlots(CarrierID(1)) == 3)
    #expect(pacer.next(at: .seconds(1)) != nil)
  }

  @Test("ESME_RTHROTTLED halves the carrier's rate once a second at most; 10 % a second bring it back")
  func throttled() {
    var world = World(
      lanes: [.init(carrier: 0, rate: nil)],
      carriers: [.init(rate: .perSecond(100), window: 50, roundTrip: .milliseconds(1))])
    world.add(1_000_000, .campaign, lane: 0)
    world.run(until: .seconds(3))
    for _ in 0..<10 { world.pacer.throttled(carrier, at: world.now) }
    #expect(world.pacer.share(carrier, at: .seconds(3)) == 0.5)
    let before = world.writes.count
    world.run(until: .seconds(4))
    #expect((48...58).contains(world.writes.count - before))
    world.run(until: .seconds(9))
    #expect(world.pacer.share(carrier, at: world.now) == 1)
    let recovered = world.writes.count
    world.run(until: .seconds(10))
    #expect((96...100).contains(world.writes.count - recovered))
    world.checkLimits()
  }

  @Test("Throttling again and again never stops a carrier altogether")
  func lowestShare() {
    var pacer = pacer(carrierRate: .perSecond(10))
    for second in 1...20 { pacer.throttled(carrier, at: .milliseconds(second * 1_001)) }
    #expect(pacer.share(carrier, at: .milliseconds(20 * 1_001)) == 0.125)
  }

  @Test("An unlimited carrier that throttles is held to half of what it was sent, then freed")
  func throttledUnlimited() {
    var world = World(
      lanes: [.init(carrier: 0, rate: nil)],
      carriers: [.init(rate: nil, window: 2, roundTrip: .milliseconds(10))])
    world.writerLatency = .zero
    world.add(1_000_000, .campaign, lane: 0)
    world.run(until: .seconds(4))
    let usual = world.writes.filter { $0.time >= 3_000_000_000 }.count
    #expect(usual > 150)
    world.pacer.throttled(carrier, at: world.now)
    let before = world.writes.count
    world.run(until: .seconds(5))
    #expect(world.writes.count - before < usual * 6 / 10)
    world.run(until: .seconds(22))
    let freed = world.writes.count
    world.run(until: .seconds(23))
    #expect(world.writes.count - freed > usual * 9 / 10)
  }

  @Test("Ids beyond the bounds, unknown lanes and unknown carriers are refused without harm")
  func unknownIDs() {
    var pacer = pacer()
    #expect(pacer.setLane(LaneID(1), carrier: CarrierID(9), rate: nil) == false)
    #expect(pacer.setLane(LaneID(-1), carrier: carrier, rate: nil) == false)
    #expect(pacer.setLane(LaneID(Pacer.maximumLanes), carrier: carrier, rate: nil) == false)
    pacer.setCarrier(CarrierID(Pacer.maximumCarriers), rate: nil, slots: 1)
    pacer.setCarrier(CarrierID(-1), rate: nil, slots: 1)
    pacer.demand(LaneID(77), interactive: 1, campaign: 1)
    pacer.returned(LaneID(77), .campaign, count: 1)
    pacer.answered(CarrierID(77))
    pacer.throttled(LaneID(77), at: .seconds(1))
    pacer.removeLane(LaneID(77))
    #expect(permits(&pacer, at: .seconds(1)).isEmpty)
    #expect(pacer.freeSlots(carrier) == 10)
  }

  @Test("A clock that runs backwards is read as standing still")
  func backwards() {
    var pacer = pacer(laneRate: .perSecond(1))
    pacer.demand(lane, interactive: 0, campaign: 5)
    _ = permits(&pacer, at: .seconds(5))
    pacer.claimed(lane, .campaign, granted: 1, got: 1)
    #expect(pacer.next(at: .seconds(4)) != nil)
    #expect(pacer.nextDeadline(at: .seconds(4)) == .milliseconds(5_965))
  }
}
