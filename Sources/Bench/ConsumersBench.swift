import CarrierSimulator
import Contract
import DaemonLauncher
import NetIO
import SocketClient

/// Many consumers of one long feed: what a slow one costs the others, and whether all of them see the same.
enum ConsumersBench {
  static let fastConsumers = 9
  /// What the slow one sleeps after each event it acknowledges.
  static let slowMicroseconds: UInt32 = 20_000
  /// Phones that wrote.
  static let phones = 10_000
  /// Of their rate without the slow one, the fast ones may lose so much, in percent.
  static let mostLost = 5.0
  /// What the daemon may need more at the end than before the first consumer came, in MiB: buffers for ten of them.
  static let mostGrown = 32.0
  /// How long the feed may take to fill, or to be read.
  static let patience: Duration = .seconds(600)

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    let gateway = try GatewayUnderTest(settings, contacts: phones, simulator: carrier)
    defer { gateway.stop() }
    try fill(gateway, settings)
    let newest = try gateway.client.call(Status()).feed.newest.sequence
    let before = gateway.daemon.residentMebibytes.now

    var alone: [Double] = []
    var beside: [Double] = []
    var resident: [Double] = []
    var slowAt: [Int] = []
    // One reading of all warms what is cached.
    _ = try readAll(gateway, to: newest)
    for run in 0..<settings.runs {
      func withSlow() throws {
        let slow = try FeedReader(
          path: gateway.daemon.socketPath, consumer: "slow-\(run)", types: [], from: .oldest,
          pace: .slow(microseconds: slowMicroseconds))
        defer { slow.stop() }
        beside.append(try readAll(gateway, to: newest))
        slowAt.append(slow.events)
      }
      // Each goes first in every other run.
      if run % 2 == 0 { alone.append(try readAll(gateway, to: newest)) }
      try withSlow()
      if run % 2 == 1 { alone.append(try readAll(gateway, to: newest)) }
      resident.append(gateway.daemon.residentMebibytes.now)
    }
    let seen = try digests(gateway, to: newest)
    guard let first = seen.first, seen.allSatisfy({ $0 == first }), first.events > 0 else {
      throw Bench.Failure(
        "consumers saw different events: "
          + seen.map { "\($0.events) events, \($0.octets) octets, \($0.text)" }.joined(separator: "; "))
    }
    let conditions: [(name: String, value: String)] = [
      ("events", "\(newest)"), ("read from", "the oldest on"), ("fast consumers", "\(fastConsumers)"),
      ("in flight, at most", "\(FeedReader.maxInFlight)"),
      (
        "slow consumer",
        "acknowledges one event at a time and sleeps \(slowMicroseconds / 1000) ms, was sent "
          + "\(slowAt.map(String.init).joined(separator: ", ")) events"
      ),
      ("runs", "\(settings.runs)"),
      (
        "the same octets",
        "\(seen.count) readings, one of them a consumer that began anew: \(first.events) events, "
          + "\(first.octets) octets of JSON, digest \(first.text)"
      ),
      ("resident before", "\(Int(before)) MiB"), ("readers", "in this process, same two cores"),
    ]
    func figure(_ name: String, _ unit: Bench.Figure.Unit, _ values: [Double]) -> Bench.Figure {
      Bench.Figure(part: .consumers, name: name, unit: unit, values: values, conditions: conditions)
    }
    var rates = figure("events, fast ones together, beside a slow one", .perSecond, beside)
    rates.floor = .init(name: "without it", values: alone)
    var lost = figure("lost to the slow one", .percent, zip(beside, alone).map { (1 - $0 / $1) * 100 })
    lost.target = mostLost
    var grown = figure("resident memory, grown", .mebibytes, resident.map { $0 - before })
    grown.target = mostGrown
    return [rates, lost, grown]
  }

  /// Puts events into the feed by messages from phones.
  private static func fill(_ gateway: GatewayUnderTest, _ settings: Bench.Settings) throws {
    gateway.simulator.generate(
      CarrierSimulator.InboundLoad(
        count: settings.events, firstPhone: GatewayUnderTest.firstPhone, phones: phones,
        firstNumber: GatewayUnderTest.number, text: GatewayUnderTest.text(settings.textOctets - 8)))
    let isFull = gateway.simulator.wait(upTo: patience) {
      $0.counts.inboundAnswered >= UInt64(settings.events)
    }
    guard isFull else {
      throw Bench.Failure(
        "\(gateway.simulator.counts.inboundAnswered) of \(settings.events) messages came in\n"
          + gateway.daemon.lastWords)
    }
  }

  /// Events a second that the fast consumers read together, from the oldest to `newest`.
  private static func readAll(_ gateway: GatewayUnderTest, to newest: Int64) throws -> Double {
    let start = MonotonicClock.nowNanoseconds
    var readers: [FeedReader] = []
    defer { for reader in readers { reader.stop() } }
    for index in 0..<fastConsumers {
      readers.append(
        try FeedReader(
          path: gateway.daemon.socketPath, consumer: "fast-\(index)", types: [], from: .oldest))
    }
    for reader in readers { try reader.wait(forCursor: newest, upTo: patience) }
    let events = readers.reduce(0) { $0 + $1.events }
    let last = readers.map(\.lastAt).max() ?? start
    return Double(events) / Double(last - start) * 1e9
  }

  /// What a new consumer sees, and one that read everything before and begins anew, and one with a slow one beside it.
  private static func digests(_ gateway: GatewayUnderTest, to newest: Int64) throws -> [EventDigest] {
    try ["witness", "fast-0", "slow-0"].map { name in
      let reader = try FeedReader(
        path: gateway.daemon.socketPath, consumer: name, types: [], from: .oldest, digests: true)
      defer { reader.stop() }
      try reader.wait(forCursor: newest, upTo: patience)
      return reader.digest
    }
  }
}
