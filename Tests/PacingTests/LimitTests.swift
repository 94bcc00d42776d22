import TestSupport
import Testing

@testable import Pacing

@Suite struct LimitTests {
  @Test("What a full socket held counts when it leaves: no second with it has more than the rate")
  func lateWrites() throws {
    var pacer = Pacer(start: .zero)
    pacer.setCarrier(CarrierID(0), rate: .perSecond(10), slots: 100)
    pacer.setLane(LaneID(0), carrier: CarrierID(0), rate: .perSecond(10))
    var now = Duration.seconds(2)
    pacer.demand(LaneID(0), interactive: 0, campaign: 100)
    var permits: [Permit] = []
    func write() -> Int {
      permits.removeAll()
      pacer.permits(at: now, into: &permits)
      for permit in permits {
        _ = pacer.claimed(permit.lane, permit.class, granted: permit.count, got: permit.count)
      }
      var written = 0
      while pacer.next(at: now) != nil { written += 1 }
      return written
    }
    let held = write()
    #expect(held > 0)
    // Nothing goes while they are stuck; then all of them leave at once.
    pacer.setSlots(CarrierID(0), 0)
    now += .seconds(5)
    #expect(write() == 0)
    for _ in 0..<held { pacer.wroteLate(LaneID(0), CarrierID(0), at: now) }
    pacer.setSlots(CarrierID(0), 100)
    var inSecond = held
    let end = now + .seconds(1)
    while now < end {
      inSecond += write()
      now += .milliseconds(5)
    }
    #expect(inSecond <= 10)
  }

  @Test(
    "In any half-open second no lane and no carrier exceeds its rate, whatever the mix", arguments: 0..<40)
  func limitsHoldOverRandomMixes(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    let carriers = (0..<Int.random(in: 1...3, using: &random)).map { _ in
      World.CarrierSetup(
        rate: Bool.random(using: &random) ? .perSecond(Int.random(in: 1...120, using: &random)) : nil,
        window: Int.random(in: 1...60, using: &random),
        roundTrip: .milliseconds(Int.random(in: 0...150, using: &random)))
    }
    let lanes = (0..<Int.random(in: 1...20, using: &random)).map { _ in
      World.LaneSetup(
        carrier: Int.random(in: 0..<carriers.count, using: &random),
        rate: Int.random(in: 0..<8, using: &random) == 0
          ? nil : .perSecond(Int.random(in: 1...40, using: &random)))
    }
    var world = World(lanes: lanes, carriers: carriers, seed: UInt64(seed) + 1_000)
    world.lateness = .milliseconds(Int.random(in: 0...30, using: &random))
    world.writerLatency = .milliseconds(Int.random(in: 0...80, using: &random))
    world.checksHonesty = true
    for _ in 0..<60 {
      let lane = Int.random(in: 0..<lanes.count, using: &random)
      let messageClass: MessageClass = Bool.random(using: &random) ? .interactive : .campaign
      let count = Int.random(in: 1...40, using: &random)
      world.schedule(
        .arrival(lane: lane, messageClass, count: count),
        at: .milliseconds(Int.random(in: 0...5_000, using: &random)))
    }
    world.run(until: .seconds(6))
    world.checkLimits("seed \(seed)")
    #expect(!world.writes.isEmpty)
    #expect(world.writes.allSatisfy { $0.time >= 1_000_000_000 }, "the first second after the start is quiet")
  }

  @Test(
    "At least 97 % of a lane's rate is used while there is work",
    arguments: [1, 2, 3, 7, 10, 30, 100, 1_000, 3_000])
  func laneUtilisation(rate: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(rate))],
      carriers: [.init(rate: nil, window: 2_000, roundTrip: .milliseconds(5))])
    world.add(1_000_000, .campaign, lane: 0)
    let seconds = rate >= 1_000 ? 5 : 60
    world.run(until: .seconds(1 + seconds))
    world.checkLimits()
    #expect(Double(world.writes.count) >= 0.97 * Double(rate * seconds))
    #expect(world.writes.count <= rate * seconds)
  }

  @Test("At least 97 % of a carrier's rate is used by many slow lanes", arguments: [10, 30, 200])
  func carrierUtilisation(rate: Int) {
    var world = World(
      lanes: Array(repeating: .init(carrier: 0, rate: .perSecond(3)), count: rate / 2),
      carriers: [.init(rate: .perSecond(rate), window: 50, roundTrip: .milliseconds(30))])
    for lane in world.lanes.indices { world.add(10_000, .campaign, lane: lane) }
    world.run(until: .seconds(21))
    world.checkLimits()
    #expect(Double(world.writes.count) >= 0.97 * Double(rate * 20))
  }

  @Test("Late wake-ups are made good: 5 ms each still leave 97 %", arguments: [3, 30, 100])
  func lateWakeUps(rate: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(rate))],
      carriers: [.init(rate: nil, window: 100, roundTrip: .milliseconds(1))])
    world.lateness = .milliseconds(5)
    world.add(1_000_000, .campaign, lane: 0)
    world.run(until: .seconds(31))
    world.checkLimits()
    #expect(Double(world.writes.count) >= 0.97 * Double(rate * 30))
  }

  @Test("Segments leave evenly spaced, not in bursts", arguments: [2, 5, 10, 30])
  func evenSpacing(rate: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(rate))],
      carriers: [.init(rate: nil, window: 100, roundTrip: .milliseconds(1))])
    world.add(100_000, .campaign, lane: 0)
    world.run(until: .seconds(20))
    let times = world.times(lane: 0)
    let even = 1_015_000_000 / Int64(rate)
    for (earlier, later) in zip(times, times.dropFirst()) {
      #expect(abs(later - earlier - even) < 3_000_000)
    }
  }

  @Test(
    "After a stall of 300 ms a lane is even again within seconds, without a burst", arguments: [10, 30, 100])
  func stall(rate: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(rate))],
      carriers: [.init(rate: nil, window: 100, roundTrip: .milliseconds(1))])
    world.add(100_000, .campaign, lane: 0)
    world.run(until: .seconds(3))
    world.now = .milliseconds(3_300)
    world.run(until: .seconds(20))
    world.checkLimits()
    let even = 1_015_000_000 / Int64(rate)
    let times = world.times(lane: 0)
    for second in 4..<20 {
      let start = Int64(second) * 1_000_000_000
      // No more than 20 ms worth, and the two at its ends, in any 5 ms.
      let these = times.filter { $0 >= start && $0 < start + 1_000_000_000 }
      let burst = 2 + Int(20_000_000 / even)
      for (index, time) in these.enumerated() where index + burst < these.count {
        #expect(these[index + burst] - time > 5_000_000)
      }
    }
    #expect(Double(times.filter { $0 >= 4_000_000_000 }.count) >= 0.97 * 16 * Double(rate))
  }

  @Test("A rate may be for another stretch than a second")
  func otherPeriods() {
    let rate = Rate(segments: 3, per: .seconds(60))
    var world = World(
      lanes: [.init(carrier: 0, rate: rate)],
      carriers: [.init(rate: nil, window: 10, roundTrip: .milliseconds(1))])
    world.add(100, .campaign, lane: 0)
    world.run(until: .seconds(601))
    world.checkLimits()
    #expect(world.writes.count >= 29)
  }

  @Test(
    "A changed rate still counts what was written under the old one",
    arguments: [(3, 10), (10, 3), (2_500, 40)])
  func changedRate(old: Int, new: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(old))],
      carriers: [.init(rate: nil, window: 10_000, roundTrip: .milliseconds(1))])
    world.add(1_000_000, .campaign, lane: 0)
    world.run(until: .milliseconds(2_700))
    let before = world.writes.count
    world.pacer.setLane(LaneID(0), carrier: CarrierID(0), rate: .perSecond(new))
    world.run(until: .seconds(6))
    let times = world.times(lane: 0)
    #expect(times.count > before + 2 * new)
    #expect(mostInASecond(Array(times.dropFirst(before))) <= new)
    // A second that has seen writes of both never holds more than the larger rate.
    #expect(mostInASecond(times) <= max(old, new))
  }

  @Test("A carrier's own jitter guard holds for it and its lanes, and can be changed", arguments: [0, 100])
  func jitterGuard(milliseconds: Int) {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(10))],
      carriers: [.init(rate: .perSecond(20), window: 100, roundTrip: .milliseconds(1))])
    world.add(100_000, .campaign, lane: 0)
    world.run(until: .seconds(3))
    world.pacer.setCarrier(
      CarrierID(0), rate: .perSecond(20), slots: 100 - world.inFlight[0],
      jitterGuard: .milliseconds(milliseconds))
    world.run(until: .seconds(14))
    let times = world.times(lane: 0).filter { $0 >= 4_000_000_000 }
    #expect(mostInASecond(times) <= 10)
    let expected = 100_000.0 / (1_000 + Double(milliseconds))
    #expect(abs(Double(times.count) - expected) < 3)
  }

  @Test("A lane removed and added again does not begin afresh")
  func removedAndAdded() {
    var world = World(
      lanes: [.init(carrier: 0, rate: .perSecond(2))],
      carriers: [.init(rate: nil, window: 10, roundTrip: .milliseconds(1))])
    world.add(100, .campaign, lane: 0)
    world.run(until: .milliseconds(2_600))
    for (messageClass, count) in [(MessageClass.campaign, world.pacer.claimed(LaneID(0)).campaign)] {
      world.pacer.returned(LaneID(0), messageClass, count: count)
    }
    world.pacer.removeLane(LaneID(0))
    #expect(world.pacer.outstanding(CarrierID(0)) == 0)
    world.pacer.setLane(LaneID(0), carrier: CarrierID(0), rate: .perSecond(2))
    world.add(0, .campaign, lane: 0)
    world.run(until: .seconds(6))
    #expect(mostInASecond(world.times(lane: 0)) <= 2)
    #expect(world.writes.count >= 7)
  }

  @Test(
    "The ring of a fast rate errs on the slow side by less than 0.5 %",
    arguments: [1_024, 1_025, 2_047, 10_000, 99_999])
  func groupedRing(rate: Int) {
    var limit = RateLimit()
    limit.set(.perSecond(rate), guard: 15_000_000)
    var random = SeededGenerator(seed: UInt64(rate))
    var now: Int64 = 1_000_000_000
    var times: [Int64] = []
    while now < 3_500_000_000 {
      while limit.eligible <= now {
        limit.took(at: now, catchUp: 20_000_000, recovery: 0.1)
        times.append(now)
      }
      now = max(now, limit.eligible) + Int64.random(in: 0...100_000, using: &random)
    }
    #expect(worstExcess(times, .perSecond(rate), guarded: true) <= 0)
    #expect(Double(times.count) >= 2.5 * Double(rate) / 1.015 * 0.99)
  }

  @Test("Ten thousand lanes each keep their own rate and use 97 % of it")
  func tenThousandLanes() {
    let rates = (0..<10_000).map { 1 + $0 % 4 }
    var world = World(
      lanes: rates.map { .init(carrier: 0, rate: .perSecond($0)) },
      carriers: [.init(rate: nil, window: 4_000, roundTrip: .milliseconds(10))])
    for lane in rates.indices { world.pacer.demand(LaneID(lane), interactive: 0, campaign: 1_000) }
    for lane in rates.indices { world.queues[lane][.campaign] = 1_000 }
    world.run(until: .seconds(4))
    var last = Array(repeating: [Int64](), count: rates.count)
    for write in world.writes {
      last[write.lane].append(write.time)
    }
    for lane in rates.indices {
      #expect(worstExcess(last[lane], .perSecond(rates[lane]), guarded: true) <= 0)
    }
    #expect(Double(world.writes.count) >= 0.97 * Double(3 * rates.reduce(0, +)))
  }
}
