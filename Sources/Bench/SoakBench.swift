import CarrierSimulator
import Contract
import DaemonLauncher
import Glibc
import NetIO
import SMPP
import SocketClient

/// Half of what the machine can do, both ways and with a consumer, for a long time, with something going wrong every ten
/// seconds. What is looked for grows slowly: memory, descriptors, and what `verify` finds.
enum SoakBench {
  /// A fault begins so often; a sample is taken as often.
  static let interval: Duration = .seconds(10)
  /// How long those faults last that last.
  static let faultTime: Duration = .seconds(3)
  /// How long the capacity is measured: so long that the store's log is written into its file beside.
  static let calibration: Duration = .seconds(60)
  /// Phones that write, and contacts that are written to.
  static let phones = 20_000
  /// How long nothing of what is on its way may arrive at the end.
  static let patience: Duration = .seconds(120)

  /// What goes wrong, one after the other.
  enum Fault: Int, CaseIterable {
    case connectionDropped, carrierSilent, throttled, consumerGone, hangUp

    var name: String {
      switch self {
      case .connectionDropped: "connection dropped"
      case .carrierSilent: "carrier silent"
      case .throttled: "throttled"
      case .consumerGone: "consumer gone"
      case .hangUp: "SIGHUP"
      }
    }
  }

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    var settings = settings
    settings.segments = phones
    let gateway = try GatewayUnderTest(settings, contacts: phones, simulator: carrier)
    defer { gateway.stop() }
    let capacity = try capacity(of: gateway, settings)
    let soak = try Soak(gateway, settings, capacity: capacity)
    try soak.run(for: .seconds(60 * settings.minutes))
    try soak.settle()
    return try soak.figures()
  }

  /// Messages a second that it takes each way when both are as fast as they can be, with a consumer, over a minute.
  private static func capacity(of gateway: GatewayUnderTest, _ settings: Bench.Settings) throws -> Double {
    let consumer = try FeedReader(path: gateway.daemon.socketPath, consumer: "soak", types: [])
    defer { consumer.stop() }
    var rounds = 0
    let start = MonotonicClock.now
    while MonotonicClock.now - start < calibration {
      let before = gateway.simulator.counts
      gateway.simulator.generate(
        CarrierSimulator.InboundLoad(
          count: phones, firstPhone: GatewayUnderTest.firstPhone, phones: phones,
          firstNumber: GatewayUnderTest.number, text: GatewayUnderTest.text(settings.textOctets - 8)))
      _ = try OutboundBench.campaign(gateway, settings, run: rounds) { counts, earlier in
        counts.receiptsAnswered &- earlier.receiptsAnswered >= UInt64(phones)
          && counts.inboundAnswered &- before.inboundAnswered >= UInt64(phones)
      }
      let newest = try gateway.client.call(Status()).feed.newest.sequence
      try consumer.wait(forCursor: newest, upTo: patience)
      rounds += 1
    }
    return Double(rounds * phones) / (Double((MonotonicClock.now - start).wholeNanoseconds) / 1e9)
  }
}

/// One soak: its load, its faults and its samples.
private final class Soak {
  /// What was seen at one moment.
  private struct Sample {
    var seconds: Double
    var resident: Double
    var descriptors: Int
  }

  /// The second number: its rate is the soak's.
  private static let number = GatewayUnderTest.number + 1

  private let gateway: GatewayUnderTest
  private let settings: Bench.Settings
  private let capacity: Double
  /// Messages a second, each way.
  private let rate: Double
  private let number: PhoneNumber
  private var consumer: FeedReader?
  private var campaigns = 0
  private var samples: [Sample] = []
  private var fault: (SoakBench.Fault, until: Duration)?
  private var faults = 0
  private var before = CarrierSimulator.Counts()
  private var startedAt: Duration = .zero
  private var loadSeconds = 0.0
  private var inboundMessages = 0

  init(_ gateway: GatewayUnderTest, _ settings: Bench.Settings, capacity: Double) throws {
    guard let number = PhoneNumber("+\(Self.number)") else { throw Bench.Failure("no number") }
    self.gateway = gateway
    self.settings = settings
    self.capacity = capacity
    self.number = number
    rate = max(1, (capacity / 2).rounded())
    gateway.client.timeout = SoakBench.patience
    _ = try gateway.client.call(NumberAdd(number: TypedPhone(number), carrier: "bench", rate: Int(rate)))
    consumer = try reader()
    settings.progress(
      "both ways and a consumer: \(Int(capacity)) a second each way; the soak has \(Int(rate)) a second each way"
    )
  }

  private func reader() throws -> FeedReader {
    try FeedReader(path: gateway.daemon.socketPath, consumer: "soak", types: [], from: .acked)
  }

  // MARK: Under load

  func run(for time: Duration) throws {
    before = gateway.simulator.counts
    startedAt = MonotonicClock.now
    inboundMessages = Int(rate * Double(time.components.seconds))
    gateway.simulator.generate(
      CarrierSimulator.InboundLoad(
        count: inboundMessages, rate: rate, firstPhone: GatewayUnderTest.firstPhone,
        phones: SoakBench.phones, firstNumber: GatewayUnderTest.number,
        text: GatewayUnderTest.text(settings.textOctets - 8)))
    let end = startedAt + time
    var nextFault = startedAt + SoakBench.interval
    var nextLook = startedAt
    while MonotonicClock.now < end {
      usleep(50_000)
      let now = MonotonicClock.now
      guard gateway.daemon.isRunning else {
        throw Bench.Failure("the daemon ended:\n\(gateway.daemon.lastWords)")
      }
      if let (what, until) = fault, now >= until { try finish(what) }
      if now >= nextLook {
        nextLook = now + .seconds(1)
        try keepBusy()
      }
      if now >= nextFault {
        nextFault += SoakBench.interval
        takeSample(at: now)
        // None that could outlast the load.
        if now + SoakBench.faultTime < end { try begin(at: now) }
      }
    }
    if let (what, _) = fault { try finish(what) }
    loadSeconds = Self.seconds(MonotonicClock.now - startedAt)
  }

  /// Commits another campaign when what waits lasts no longer than two seconds.
  private func keepBusy() throws {
    let client = gateway.client
    let queue = try client.call(Status()).lanes
    guard Double(queue.campaign) < rate * 2 else { return }
    campaigns += 1
    do {
      let plan = try client.call(
        CampaignPlan(
          from: .number(number), audience: Audience(tag: "bench"),
          text: GatewayUnderTest.text(settings.textOctets), name: "soak \(campaigns)",
          idempotencyKey: "soak-plan-\(campaigns)"))
      _ = try client.call(
        CampaignCommit(campaignID: plan.campaignID, idempotencyKey: "soak-commit-\(campaigns)"))
    } catch let error as APIError where [.busy, .tooLarge].contains(error.code) {
      // The next look tries again.
    }
  }

  private func begin(at now: Duration) throws {
    guard let what = SoakBench.Fault(rawValue: faults % SoakBench.Fault.allCases.count) else { return }
    faults += 1
    fault = (what, now + SoakBench.faultTime)
    switch what {
    case .connectionDropped: gateway.simulator.dropConnections(reset: faults % 2 == 0)
    case .carrierSilent: gateway.simulator.pauseAnswers()
    case .throttled:
      gateway.simulator.configure {
        // With a delay the simulator looks at each message by itself, and refuses by chance.
        $0.answerDelay = .fixed(.milliseconds(1))
        $0.faults.byChance = [.init(.refuse(.ESME_RTHROTTLED), 0.5)]
      }
    case .consumerGone:
      consumer?.stop()
      consumer = nil
    case .hangUp: gateway.daemon.send(signal: SIGHUP)
    }
  }

  private func finish(_ what: SoakBench.Fault) throws {
    fault = nil
    switch what {
    case .connectionDropped, .hangUp: break
    case .carrierSilent: gateway.simulator.resumeAnswers()
    case .throttled:
      gateway.simulator.configure {
        $0.answerDelay = .none
        $0.faults.byChance = []
      }
    case .consumerGone: consumer = try reader()
    }
  }

  private func takeSample(at now: Duration) {
    let sample = Sample(
      seconds: Self.seconds(now - startedAt), resident: gateway.daemon.residentMebibytes.now,
      descriptors: gateway.daemon.descriptors)
    samples.append(sample)
    let counts = gateway.simulator.counts
    settings.progress(
      "\(Int(sample.seconds)) s: \((sample.resident * 100).rounded() / 100) MiB, \(sample.descriptors) descriptors, "
        + "\(counts.accepted &- before.accepted) out, \(counts.inboundAnswered &- before.inboundAnswered) in, "
        + "\(faults) faults")
  }

  private static func seconds(_ time: Duration) -> Double { Double(time.wholeNanoseconds) / 1e9 }

  // MARK: Afterwards

  /// Waits until everything has arrived; as long as that takes, if only it goes on.
  func settle() throws {
    try wait(forAll: "deliver_sm that have no answer") {
      inboundMessages - Int(gateway.simulator.counts.inboundAnswered &- before.inboundAnswered)
    }
    try wait(forAll: "segments that wait or are in flight") {
      let queue = try gateway.client.call(Status()).lanes
      return queue.campaign + queue.inFlight
    }
    try wait(forAll: "deliver_sm of the carrier's") {
      let counts = gateway.simulator.counts
      return Int(counts.waiting + counts.inFlight)
    }
    let newest = try gateway.client.call(Status()).feed.newest.sequence
    try consumer?.wait(forCursor: newest, upTo: SoakBench.patience)
    takeSample(at: MonotonicClock.now)
  }

  /// Looks until none is left.
  ///
  /// - Throws: ``Bench/Failure`` when there were not fewer for ``SoakBench/patience``.
  private func wait(forAll what: String, left: () throws -> Int) throws {
    var fewest = Int.max
    var deadline = MonotonicClock.now + SoakBench.patience
    while true {
      let count = try left()
      if count <= 0 { return }
      let now = MonotonicClock.now
      if count < fewest {
        fewest = count
        deadline = now + SoakBench.patience
      }
      guard now < deadline else { throw Bench.Failure("still there: \(count) \(what)") }
      usleep(200_000)
    }
  }

  func figures() throws -> [Bench.Figure] {
    defer { consumer?.stop() }
    let counts = gateway.simulator.counts
    let last = samples.removeLast()
    let (findings, checked) = try GatewayUnderTest.verify(through: gateway.client, settings)
    let unknown = try gateway.client.call(Status()).lanes.unknown
    let kept = Array(samples.dropFirst(samples.count / 3))
    let conditions: [(name: String, value: String)] = [
      ("load", "\(Int(loadSeconds)) s"), ("capacity", "\(Int(capacity))/s each way at once"),
      ("faults", "\(faults): " + SoakBench.Fault.allCases.map(\.name).joined(separator: ", ")),
      ("samples", "\(samples.count) every 10 s, the first third not counted"),
      ("window", "\(settings.window)"), ("sessions", "\(settings.sessions)"), ("consumers", "1, all events"),
      ("sent again after a lost session", "\(counts.redelivered &- before.redelivered) deliver_sm"),
      ("throttled submits", "\(counts.refused &- before.refused)"), ("unknown", "\(unknown)"),
      ("checked", "\(checked.messageCount) messages and \(checked.rows) rows"), ("synchronous", "FULL"),
    ]
    func figure(
      _ name: String, _ unit: Bench.Figure.Unit, _ values: [Double], target: Double? = nil
    ) -> Bench.Figure {
      Bench.Figure(
        part: .soak, name: name, unit: unit, values: values, target: target, conditions: conditions)
    }
    let half = [capacity / 2]
    var sent = figure(
      "segments accepted", .perSecond, [Double(counts.accepted &- before.accepted) / loadSeconds])
    sent.floor = .init(name: "half of the capacity", values: half)
    var received = figure(
      "deliver_sm acknowledged", .perSecond,
      [Double(counts.inboundAnswered &- before.inboundAnswered) / loadSeconds])
    received.floor = .init(name: "half of the capacity", values: half)
    return [
      sent, received,
      figure("resident memory, after the first third", .mebibytes, kept.map(\.resident)),
      figure("resident memory, everything settled", .mebibytes, [last.resident]),
      figure("slope of resident memory", .mebibytesPerHour, [Self.slope(kept)], target: 1),
      figure("descriptors, first sample", .count, [Double(samples.first?.descriptors ?? 0)]),
      figure(
        "descriptors, everything settled", .count, [Double(last.descriptors)],
        target: Double(samples.first?.descriptors ?? 0)),
      figure("found by verify", .count, [Double(findings.count)], target: 0),
    ]
  }

  /// MiB an hour by least squares.
  private static func slope(_ samples: [Sample]) -> Double {
    guard samples.count > 1 else { return 0 }
    let count = Double(samples.count)
    let meanTime = samples.reduce(0) { $0 + $1.seconds } / count
    let meanSize = samples.reduce(0) { $0 + $1.resident } / count
    var above = 0.0
    var below = 0.0
    for sample in samples {
      above += (sample.seconds - meanTime) * (sample.resident - meanSize)
      below += (sample.seconds - meanTime) * (sample.seconds - meanTime)
    }
    return below == 0 ? 0 : above / below * 3600
  }
}
