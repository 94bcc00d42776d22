import CarrierSimulator
import Contract
import DaemonLauncher
import NetIO
import SocketClient

/// A campaign through the whole daemon: committed, handed over, sent, answered, its receipts recorded.
enum OutboundBench {
  /// Rows the product writes for a segment at least, for the floor: the message, its outcome, and what waits for the
  /// receipt.
  static let rowsPerSegment = 3

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    let gateway = try GatewayUnderTest(settings, contacts: settings.segments, simulator: carrier)
    defer { gateway.stop() }
    var rates: [Double] = []
    var floor: [Double] = []
    for run in 0..<settings.runs {
      floor.append(try FloorBench.storeRows(items: settings.segments, rowsPerItem: rowsPerSegment))
      let seconds = try campaign(gateway, settings, run: run) { counts, before in
        counts.receiptsAnswered &- before.receiptsAnswered >= UInt64(settings.segments)
      }
      rates.append(Double(settings.segments) / seconds)
    }
    let conditions =
      conditions(settings) + [
        ("receipts", "on, all recorded"), ("contacts", "\(gateway.contacts)"),
        ("history", "0 – \(settings.segments * (settings.runs - 1)) messages"),
      ]
    return [
      Bench.Figure(
        part: .outbound, name: "segments, commit to receipt recorded", unit: .perSecond, values: rates,
        floor: .init(name: "bare C rows (\(rowsPerSegment) each)", values: floor), target: 60_000,
        conditions: conditions),
      Bench.Figure(
        part: .outbound, name: "resident memory, the most", unit: .mebibytes,
        values: [gateway.daemon.residentMebibytes.most], conditions: conditions),
    ]
  }

  /// A carrier that answers each submit_sm after 20 ms: a full window is what the rate depends on.
  static func measureSlowCarrier(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    let delay: Duration = .milliseconds(20)
    var settings = settings
    settings.segments = min(settings.segments, 20_000)
    settings.runs = min(settings.runs, 3)
    let possible = Double(settings.window * settings.sessions) / 0.020
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.answerDelay = .fixed(delay)
    carrier.window = max(carrier.window, settings.window)
    let gateway = try GatewayUnderTest(settings, contacts: settings.segments, simulator: carrier)
    defer { gateway.stop() }
    var rates: [Double] = []
    for run in 0..<settings.runs {
      let seconds = try campaign(gateway, settings, run: run, fromFirstPDU: true) { counts, before in
        counts.answered &- before.answered >= UInt64(settings.segments)
      }
      rates.append(Double(settings.segments) / seconds)
    }
    return [
      Bench.Figure(
        part: .slowCarrier, name: "segments answered after 20 ms", unit: .perSecond, values: rates,
        floor: .init(name: "possible (window / 20 ms)", values: rates.map { _ in possible }),
        target: possible * 0.98, conditions: conditions(settings) + [("answers after", "20 ms")])
    ]
  }

  /// Two daemons, one with the trace's ring and one without it, in turn.
  static func measureTrace(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    let mebibytes = 8
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    let traced = try GatewayUnderTest(
      settings, contacts: settings.segments, simulator: carrier, traceMebibytes: mebibytes)
    defer { traced.stop() }
    let untraced = try GatewayUnderTest(
      settings, contacts: settings.segments, simulator: carrier, traceMebibytes: 0)
    defer { untraced.stop() }
    func rate(_ gateway: GatewayUnderTest, _ run: Int) throws -> Double {
      let seconds = try campaign(gateway, settings, run: run) { counts, before in
        counts.receiptsAnswered &- before.receiptsAnswered >= UInt64(settings.segments)
      }
      return Double(settings.segments) / seconds
    }
    var rates: [Double] = []
    var floor: [Double] = []
    for run in 0..<settings.runs {
      // Each goes first in every other run.
      if run % 2 == 0 { floor.append(try rate(untraced, run)) }
      rates.append(try rate(traced, run))
      if run % 2 == 1 { floor.append(try rate(untraced, run)) }
    }
    return [
      Bench.Figure(
        part: .trace, name: "segments, commit to receipt recorded", unit: .perSecond, values: rates,
        floor: .init(name: "without the ring", values: floor),
        conditions: conditions(settings) + [
          ("receipts", "on, all recorded"), ("trace_mib", "\(mebibytes), and 0 without"),
        ])
    ]
  }

  private static func conditions(_ settings: Bench.Settings) -> [(String, String)] {
    [
      ("window", "\(settings.window)"), ("sessions", "\(settings.sessions)"),
      ("segments", "\(settings.segments)"),
      ("text", "\(settings.textOctets) octets"), ("runs", "\(settings.runs)"), ("synchronous", "FULL"),
      ("peer", "our simulator under load, same two cores"),
    ]
  }

  /// Plans a campaign, then seconds from its commit, or from its first PDU, until `isDone`.
  static func campaign(
    _ gateway: GatewayUnderTest, _ settings: Bench.Settings, run: Int, fromFirstPDU: Bool = false,
    isDone: @escaping (CarrierSimulator.Counts, CarrierSimulator.Counts) -> Bool
  ) throws -> Double {
    guard let number = PhoneNumber("+\(GatewayUnderTest.number)") else { throw Bench.Failure("no number") }
    let plan = try gateway.client.call(
      CampaignPlan(
        from: .number(number), audience: Audience(tag: "bench"),
        text: GatewayUnderTest.text(settings.textOctets),
        name: "bench \(run)", idempotencyKey: "plan-\(run)"))
    guard plan.segments == settings.segments else {
      throw Bench.Failure("the plan has \(plan.segments) segments, not \(settings.segments)")
    }
    let before = gateway.simulator.counts
    var start = MonotonicClock.nowNanoseconds
    let commit = try gateway.client.send(
      CampaignCommit(campaignID: plan.campaignID, idempotencyKey: "commit-\(run)"))
    if fromFirstPDU {
      gateway.simulator.wait(upTo: GatewayUnderTest.patience) { $0.counts.submitted > before.submitted }
      start = MonotonicClock.nowNanoseconds
    }
    let finished = gateway.simulator.wait(upTo: GatewayUnderTest.patience) { isDone($0.counts, before) }
    let elapsed = MonotonicClock.nowNanoseconds - start
    _ = try gateway.client.reply(to: commit).outcome.get()
    guard finished else {
      let counts = gateway.simulator.counts
      throw Bench.Failure(
        "after \(GatewayUnderTest.patience) the carrier has \(counts.submitted &- before.submitted) segments and "
          + "\(counts.receiptsAnswered &- before.receiptsAnswered) answered receipts of \(settings.segments)\n"
          + gateway.daemon.lastWords)
    }
    return Double(elapsed) / 1e9
  }
}
