import TestSupport
import Testing

@testable import Pacing

/// One write the pacer allowed.
struct Write: Equatable {
  var time: Int64
  var lane: Int
  var carrier: Int
  var messageClass: MessageClass
}

/// A loop, a writer and carriers around one pacer, in simulated time. It holds the pacer to what it must never do while
/// running; what it wrote is judged afterwards.
struct World {
  enum Event {
    case claimed(LaneID, MessageClass, granted: Int, got: Int)
    case answered(CarrierID)
    case arrival(lane: Int, MessageClass, count: Int)
  }

  struct LaneSetup {
    var carrier: Int
    var rate: Rate?
  }

  struct CarrierSetup {
    var rate: Rate?
    var window: Int
    /// From write to answer.
    var roundTrip: Duration
  }

  var pacer: Pacer
  let lanes: [LaneSetup]
  let carriers: [CarrierSetup]
  var random: SeededGenerator
  /// How late the loop wakes at most, and how long the writer takes at most.
  var lateness: Duration = .microseconds(200)
  var writerLatency: Duration = .milliseconds(3)
  var checksHonesty = false

  var now: Duration = .zero
  /// Durable and unclaimed, by lane.
  var queues: [ClassCounts]
  var inFlight: [Int]
  var writes: [Write] = []
  var permits: [Permit] = []
  private var events: [(time: Duration, order: Int, event: Event)] = []
  private var order = 0

  init(lanes: [LaneSetup], carriers: [CarrierSetup], seed: UInt64 = 1, start: Duration = .zero) {
    self.lanes = lanes
    self.carriers = carriers
    random = SeededGenerator(seed: seed)
    queues = Array(repeating: ClassCounts(), count: lanes.count)
    inFlight = Array(repeating: 0, count: carriers.count)
    pacer = Pacer(start: start)
    now = start
    for (index, carrier) in carriers.enumerated() {
      pacer.setCarrier(CarrierID(index), rate: carrier.rate, slots: carrier.window)
    }
    for (index, lane) in lanes.enumerated() {
      pacer.setLane(LaneID(index), carrier: CarrierID(lane.carrier), rate: lane.rate)
    }
  }

  mutating func add(_ count: Int, _ messageClass: MessageClass, lane: Int) {
    queues[lane][messageClass] += count
    tellDemand(lane)
  }

  mutating func schedule(_ event: Event, at time: Duration) {
    order += 1
    // Kept sorted, latest first.
    var low = 0
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if (events[middle].time, events[middle].order) > (time, order) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    events.insert((time, order, event), at: low)
  }

  mutating func run(until end: Duration) {
    while now < end {
      turn()
      var wake = end
      if let deadline = pacer.nextDeadline(at: now) {
        if deadline <= now { Issue.record("everything possible at \(now) was done, yet something is due") }
        if checksHonesty { checkNothingHappens(before: deadline) }
        wake = min(wake, deadline + upTo(lateness))
      }
      if let event = events.last { wake = min(wake, event.time) }
      now = max(wake, now)
      while let event = events.last, event.time <= now {
        events.removeLast()
        perform(event.event)
      }
    }
  }

  /// One pass of the loop.
  mutating func turn() {
    while let (lane, messageClass) = pacer.next(at: now) {
      let carrier = lanes[Int(lane.index)].carrier
      inFlight[carrier] += 1
      if inFlight[carrier] > carriers[carrier].window { Issue.record("requests exceed the window") }
      writes.append(
        Write(time: now.nanoseconds, lane: Int(lane.index), carrier: carrier, messageClass: messageClass))
      schedule(.answered(CarrierID(carrier)), at: now + carriers[carrier].roundTrip)
    }
    permits.removeAll(keepingCapacity: true)
    pacer.permits(at: now, into: &permits)
    for permit in permits {
      let lane = Int(permit.lane.index)
      if permit.count <= 0 { Issue.record("an empty permit") }
      let got = min(permit.count, queues[lane][permit.class])
      let event = Event.claimed(permit.lane, permit.class, granted: permit.count, got: got)
      queues[lane][permit.class] -= got
      schedule(event, at: now + upTo(writerLatency))
    }
    for index in carriers.indices {
      let held = pacer.outstanding(CarrierID(index))
      if held + inFlight[index] > carriers[index].window { Issue.record("claims exceed the window") }
    }
  }

  private mutating func perform(_ event: Event) {
    switch event {
    case .claimed(let lane, let messageClass, let granted, let got):
      pacer.claimed(lane, messageClass, granted: granted, got: got)
      if got < granted { tellDemand(Int(lane.index)) }
    case .answered(let carrier):
      inFlight[Int(carrier.index)] -= 1
      pacer.answered(carrier)
    case .arrival(let lane, let messageClass, let count):
      add(count, messageClass, lane: lane)
    }
  }

  /// The writer's absolute counts hold what permits under way will take.
  private mutating func tellDemand(_ lane: Int) {
    var coming = ClassCounts()
    for case (_, _, .claimed(let id, let messageClass, _, let got)) in events where Int(id.index) == lane {
      coming[messageClass] += got
    }
    pacer.demand(
      LaneID(lane), interactive: queues[lane][.interactive] + coming[.interactive],
      answers: queues[lane][.answer] + coming[.answer], alerts: queues[lane][.alert] + coming[.alert],
      campaign: queues[lane][.campaign] + coming[.campaign])
  }

  private func checkNothingHappens(before deadline: Duration) {
    for part in [2, 1] {
      var copy = pacer
      let time = part == 1 ? deadline - .nanoseconds(1) : now + (deadline - now) / 2
      guard time > now else { continue }
      var granted: [Permit] = []
      copy.permits(at: time, into: &granted)
      if !granted.isEmpty || copy.next(at: time) != nil {
        Issue.record("something happened before the deadline")
      }
    }
  }

  private mutating func upTo(_ longest: Duration) -> Duration {
    .nanoseconds(Int64.random(in: 0...max(0, longest.nanoseconds), using: &random))
  }
}

// MARK: The reference

/// The plainest statement of promise 4: of any `rate` + 1 writes in a row, the last comes `period` after the first, or later.
/// Since the pacer also keeps the jitter guard, `guarded` asks for that too.
func worstExcess(_ times: [Int64], _ rate: Rate, guarded: Bool) -> Int64 {
  let window = rate.period.nanoseconds + (guarded ? 15_000_000 : 0)
  var worst = Int64.min
  for index in times.indices where index >= rate.segments {
    worst = max(worst, window - (times[index] - times[index - rate.segments]))
  }
  return worst
}

/// Counts literally: for every write, the writes in the half-open second that begins with it.
func mostInASecond(_ times: [Int64]) -> Int {
  var most = 0
  var end = 0
  for (index, time) in times.enumerated() {
    while end < times.count, times[end] < time + 1_000_000_000 { end += 1 }
    most = max(most, end - index)
  }
  return most
}

extension World {
  func times(lane: Int) -> [Int64] { writes.filter { $0.lane == lane }.map(\.time) }
  func times(carrier: Int) -> [Int64] { writes.filter { $0.carrier == carrier }.map(\.time) }

  func checkLimits(_ comment: Comment? = nil) {
    for (index, lane) in lanes.enumerated() {
      guard let rate = lane.rate else { continue }
      let times = times(lane: index)
      #expect(worstExcess(times, rate, guarded: true) <= 0, comment)
      if rate.period == .seconds(1) { #expect(mostInASecond(times) <= rate.segments, comment) }
    }
    for (index, carrier) in carriers.enumerated() {
      guard let rate = carrier.rate else { continue }
      let times = times(carrier: index)
      #expect(worstExcess(times, rate, guarded: true) <= 0, comment)
      if rate.period == .seconds(1) { #expect(mostInASecond(times) <= rate.segments, comment) }
    }
  }
}
