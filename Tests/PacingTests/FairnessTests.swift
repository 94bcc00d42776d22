import Testing

@testable import Pacing

@Suite struct FairnessTests {
  @Test("At a shared carrier interactive goes before campaign, whatever the lane")
  func interactiveFirstAcrossLanes() {
    var world = World(
      lanes: Array(repeating: .init(carrier: 0, rate: .perSecond(20)), count: 10),
      carriers: [.init(rate: .perSecond(10), window: 20, roundTrip: .milliseconds(10))])
    for lane in 0..<10 { world.add(1_000, .campaign, lane: lane) }
    world.run(until: .milliseconds(5_050))
    let before = world.writes.count
    for lane in [3, 7] { world.add(2, .interactive, lane: lane) }
    world.run(until: .seconds(8))
    // The claims under way when it came are at most those due within the horizon: one at 10/s.
    let order = world.writes.dropFirst(before).map(\.messageClass)
    #expect(order.prefix(5).filter { $0 == .interactive }.count == 4)
    #expect(order.dropFirst(5).allSatisfy { $0 == .campaign })
  }

  @Test("At a shared carrier people go first, then answers, then alerts, then campaigns, whatever the lane")
  func orderAcrossLanes() {
    var world = World(
      lanes: Array(repeating: .init(carrier: 0, rate: .perSecond(20)), count: 8),
      carriers: [.init(rate: .perSecond(10), window: 20, roundTrip: .milliseconds(10))])
    for lane in 0..<8 { world.add(1_000, .campaign, lane: lane) }
    world.run(until: .milliseconds(5_050))
    let before = world.writes.count
    for (lane, messageClass) in [(1, MessageClass.alert), (2, .answer), (3, .interactive), (4, .alert)] {
      world.add(3, messageClass, lane: lane)
    }
    for (lane, messageClass) in [(5, MessageClass.answer), (6, .interactive)] {
      world.add(3, messageClass, lane: lane)
    }
    world.run(until: .seconds(9))
    // The claim under way when they came goes first.
    let order = world.writes.dropFirst(before).map(\.messageClass)
    #expect(order.prefix(7).count { $0 == .interactive } == 6)
    #expect(order.prefix(14).count { $0 == .answer } == 6)
    #expect(order.prefix(21).count { $0 == .alert } == 6)
    let urgent = order.filter { $0 != .campaign }
    #expect(urgent == urgent.sorted { $0.rawValue < $1.rawValue })
    world.checkLimits()
  }

  @Test(
    "A rep's message is the next of its number even with 10,000 campaign segments queued", arguments: 0..<20)
  func interactiveIsNextOfItsLane(seed: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(3))],
      carriers: [.init(rate: nil, window: 10, roundTrip: .milliseconds(10))], seed: UInt64(seed))
    world.add(10_000, .campaign, lane: 0)
    world.run(until: .milliseconds(3_000 + 37 * seed))
    let before = world.writes.count
    world.add(1, .interactive, lane: 0)
    world.run(until: .seconds(8))
    let place = world.writes.dropFirst(before).firstIndex { $0.messageClass == .interactive }
    #expect((place ?? .max) - before <= 1, "at most the segment already claimed and due goes before it")
    #expect(mostInASecond(world.times(lane: 0)) <= 3)
  }

  @Test("Among claimed segments of a lane interactive is written first")
  func interactiveFirstAmongClaims() {
    var pacer = Pacer(start: .zero)
    pacer.setCarrier(CarrierID(0), rate: nil, slots: 10)
    pacer.setLane(LaneID(0), carrier: CarrierID(0), rate: nil)
    pacer.demand(LaneID(0), interactive: 1, campaign: 3)
    var permits: [Permit] = []
    pacer.permits(at: .seconds(1), into: &permits)
    #expect(permits.first?.class == .interactive)
    for permit in permits.reversed() {
      pacer.claimed(permit.lane, permit.class, granted: permit.count, got: permit.count)
    }
    var classes: [MessageClass] = []
    while let (_, messageClass) = pacer.next(at: .seconds(1)) { classes.append(messageClass) }
    #expect(classes == [.interactive, .campaign, .campaign, .campaign])
  }

  @Test(
    "Campaigns take turns: lanes that all want more differ by one segment at a shared rate",
    arguments: [5, 40])
  func roundRobinAtARate(rate: Int) {
    var world = World(
      lanes: Array(repeating: .init(carrier: 0, rate: nil), count: 7),
      carriers: [.init(rate: .perSecond(rate), window: 50, roundTrip: .milliseconds(20))])
    for lane in 0..<7 { world.add(100_000, .campaign, lane: lane) }
    world.run(until: .seconds(20))
    let counts = (0..<7).map { lane in world.writes.filter { $0.lane == lane }.count }
    #expect((counts.max() ?? 0) - (counts.min() ?? 0) <= 2)
    #expect((counts.min() ?? 0) > 0)
  }

  @Test("Campaigns take turns at a shared window without any rate")
  func roundRobinAtAWindow() {
    var world = World(
      lanes: Array(repeating: .init(carrier: 0, rate: nil), count: 3),
      carriers: [.init(rate: nil, window: 10, roundTrip: .milliseconds(20))])
    for lane in 0..<3 { world.add(100_000, .campaign, lane: lane) }
    world.run(until: .seconds(4))
    let counts = (0..<3).map { lane in world.writes.filter { $0.lane == lane }.count }
    #expect(Double(counts.min() ?? 0) > 0.9 * Double(counts.max() ?? 0))
    // 10 slots, 20 ms and up to 3 ms of the writer: 10 / 23 ms is the least.
    #expect(world.writes.count > 3 * 430)
  }

  @Test("A slow lane and a fast one both have their rate; neither starves the other")
  func mixedRates() {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(1)), .init(carrier: 0, rate: .perSecond(50))],
      carriers: [.init(rate: .perSecond(40), window: 50, roundTrip: .milliseconds(20))])
    for lane in 0..<2 { world.add(100_000, .campaign, lane: lane) }
    world.run(until: .seconds(31))
    #expect(world.times(lane: 0).count >= 29)
    #expect(Double(world.writes.count) >= 0.97 * 40 * 30)
  }

  @Test("Carriers do not wait for each other")
  func carriersAreIndependent() {
    var world = World(
      lanes: [.init(carrier: 0, rate: nil), .init(carrier: 1, rate: nil)],
      carriers: [
        .init(rate: .perSecond(2), window: 1, roundTrip: .milliseconds(20)),
        .init(rate: .perSecond(100), window: 10, roundTrip: .milliseconds(20)),
      ])
    for lane in 0..<2 { world.add(100_000, .campaign, lane: lane) }
    world.run(until: .seconds(11))
    #expect(world.times(lane: 0).count >= 19)
    #expect(world.times(lane: 1).count >= 970)
  }
}
