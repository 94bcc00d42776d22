import CarrierSimulator
import Contract
import DaemonLauncher
import NetIO
import SMPP
import SocketClient

/// How long a carrier waits for deliver_sm_resp while everything that is slow goes on beside it.
enum BusyBench {
  /// deliver_sm a second.
  static let rate = 500.0
  /// Messages, with receipts, that are there before.
  static let history = 100_000
  /// Contacts and phones that write, before the import.
  static let phones = 10_000
  /// How long it is measured with nothing beside it.
  static let quietSeconds = 10
  /// The most that is sent: it is given up long before.
  static let mostMessages = 1_000_000
  /// How long the slow calls may take.
  static let patience: Duration = .seconds(600)
  /// 99 of 100 answers come within this, in milliseconds.
  static let target = 50.0

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    let quiet = try latency(settings, besides: nil)
    var work = Work()
    let busy = try latency(settings) { gateway in work = try Self.work(gateway, settings) }
    let conditions: [(name: String, value: String)] = [
      ("deliver_sm", "\(Int(rate))/s, \(busy.histogram.count) beside work, \(quiet.histogram.count) without"),
      ("refused for now", "\(busy.refused)"),
      ("import", "\(settings.contacts) contacts in \(text(work.importSeconds)) s"),
      ("plan", "\(work.recipients) recipients in \(text(work.planSeconds)) s"),
      (
        "verify, over and over",
        "\(work.verified) times, \(work.messages) messages, \(work.findings) findings"
      ),
      ("replays from the oldest", "\(work.replays), \(work.replayed) events"),
      ("history", "\(history) messages with receipts"), ("sessions", "\(settings.sessions)"),
      ("synchronous", "FULL"), ("peer", "our simulator under load, same two cores"),
    ]
    func figure(_ quantile: Double, _ name: String, target: Double? = nil) -> Bench.Figure {
      Bench.Figure(
        part: .busy, name: "deliver_sm to its answer, \(name)", unit: .milliseconds,
        values: [milliseconds(busy.histogram.quantile(quantile))],
        floor: .init(
          name: "nothing beside it", values: [milliseconds(quiet.histogram.quantile(quantile))]),
        target: target, conditions: conditions)
    }
    return [
      figure(0.5, "p50"), figure(0.99, "p99", target: target), figure(0.999, "p99.9"),
      figure(1, "the longest"),
    ]
  }

  private static func milliseconds(_ time: Duration) -> Double { Double(time.wholeNanoseconds) / 1e6 }

  private static func text(_ seconds: Double) -> String { "\((seconds * 10).rounded() / 10)" }

  /// Answers of a daemon with a history while `work` goes on, or for a while where there is none.
  private static func latency(
    _ settings: Bench.Settings, besides work: ((GatewayUnderTest) throws -> Void)?
  ) throws -> (histogram: LatencyHistogram, refused: UInt64) {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    // What has to wait is to be seen in the answers' time, not in a window.
    carrier.deliverWindow = 8_000
    var settings = settings
    settings.segments = phones
    let gateway = try GatewayUnderTest(settings, contacts: phones, simulator: carrier)
    defer { gateway.stop() }
    for run in 0..<history / phones {
      _ = try OutboundBench.campaign(gateway, settings, run: run) { counts, before in
        counts.receiptsAnswered &- before.receiptsAnswered >= UInt64(phones)
      }
    }
    gateway.client.timeout = patience
    let before = gateway.simulator.counts
    gateway.simulator.generate(
      CarrierSimulator.InboundLoad(
        count: work == nil ? Int(rate) * quietSeconds : mostMessages, rate: rate,
        firstPhone: GatewayUnderTest.firstPhone, phones: phones, firstNumber: GatewayUnderTest.number,
        text: GatewayUnderTest.text(settings.textOctets - 8)))
    if let work {
      try work(gateway)
    } else {
      gateway.simulator.wait(upTo: patience) {
        $0.counts.inboundAnswered &- before.inboundAnswered >= UInt64(Int(rate) * quietSeconds)
      }
    }
    let counts = gateway.simulator.counts
    return (gateway.simulator.inboundLatency, counts.deliveriesRefused &- before.deliveriesRefused)
  }

  // MARK: What goes on beside it

  fileprivate struct Work {
    var importSeconds = 0.0
    var planSeconds = 0.0
    var recipients = 0
    var verified = 0
    var messages = 0
    var findings = 0
    var replays = 0
    var replayed = 0
  }

  /// An import and a plan over it, on this thread, while verify and a replay go on, each over and over.
  private static func work(_ gateway: GatewayUnderTest, _ settings: Bench.Settings) throws -> Work {
    let beside = WorkBeside(path: gateway.daemon.socketPath)
    let verify = try Worker.start(name: "verify") { beside.repeatedly { try beside.verify(settings) } }
    let replay = try Worker.start(name: "replay") { beside.repeatedly { try beside.replay() } }
    var work = Work()
    do {
      defer {
        beside.stop()
        verify.join()
        replay.join()
      }
      var start = MonotonicClock.nowNanoseconds
      try GatewayUnderTest.addContacts(
        0..<settings.contacts, owner: gateway.rep, tag: "imported", through: gateway.client)
      work.importSeconds = Double(MonotonicClock.nowNanoseconds - start) / 1e9
      guard let number = PhoneNumber("+\(GatewayUnderTest.number)") else { throw Bench.Failure("no number") }
      start = MonotonicClock.nowNanoseconds
      let plan = try gateway.client.call(
        CampaignPlan(
          from: .number(number), audience: Audience(tag: "imported"),
          text: GatewayUnderTest.text(settings.textOctets), name: "busy", idempotencyKey: "busy"))
      work.planSeconds = Double(MonotonicClock.nowNanoseconds - start) / 1e9
      work.recipients = plan.recipients
    }
    let done = try beside.outcome()
    work.verified = done.verified
    work.messages = done.messages
    work.findings = done.findings
    work.replays = done.replays
    work.replayed = done.replayed
    return work
  }
}

/// What threads do over and over beside the measured work, and what came of it.
private final class WorkBeside: Sendable {
  private struct State {
    var work = BusyBench.Work()
    var failure: String?
    var isStopping = false
  }

  private let path: String
  private let state = Lock(State())

  init(path: String) { self.path = path }

  func stop() { state.withLock { $0.isStopping = true } }

  /// What was done; throws what went wrong.
  func outcome() throws -> BusyBench.Work {
    let (work, failure) = state.withLock { ($0.work, $0.failure) }
    if let failure { throw Bench.Failure(failure) }
    return work
  }

  func repeatedly(_ body: () throws -> Void) {
    do {
      while !state.withLock({ $0.isStopping || $0.failure != nil }) { try body() }
    } catch {
      state.withLock { $0.failure = "\(error)" }
    }
  }

  func verify(_ settings: Bench.Settings) throws {
    let client = try APIClient(path: path, client: "tollgate-lab bench", timeout: BusyBench.patience)
    let (findings, checked) = try GatewayUnderTest.verify(through: client, settings)
    state.withLock {
      $0.work.verified += 1
      $0.work.messages += checked.messageCount
      $0.work.findings += findings.count
    }
  }

  func replay() throws {
    let client = try APIClient(path: path, client: "tollgate-lab bench", timeout: BusyBench.patience)
    let newest = try client.call(Status()).feed.newest.sequence
    let reader = try FeedReader(path: path, consumer: "replay", types: [], from: .oldest)
    defer { reader.stop() }
    try reader.wait(forCursor: newest, upTo: BusyBench.patience)
    state.withLock {
      $0.work.replays += 1
      $0.work.replayed += reader.events
    }
  }
}
