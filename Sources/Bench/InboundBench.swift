import CarrierSimulator
import Contract
import DaemonLauncher
import NetIO

/// deliver_sm through the whole daemon: durable, acknowledged, and read from the feed by one consumer.
enum InboundBench {
  /// Rows the product writes for a message at least, for the floor: the message and its conversation's head.
  static let rowsPerMessage = 2
  /// Phones that write; each has one conversation.
  static let phones = 10_000

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    let gateway = try GatewayUnderTest(settings, contacts: phones, simulator: carrier)
    defer { gateway.stop() }
    let consumer = try FeedReader(
      path: gateway.daemon.socketPath, consumer: "bench", types: [.messageReceived])
    defer { consumer.stop() }
    var rates: [Double] = []
    var floor: [Double] = []
    for run in 0..<settings.runs {
      floor.append(try FloorBench.storeRows(items: settings.segments, rowsPerItem: rowsPerMessage))
      let before = gateway.simulator.counts
      let start = MonotonicClock.nowNanoseconds
      gateway.simulator.generate(
        CarrierSimulator.InboundLoad(
          count: settings.segments, firstPhone: GatewayUnderTest.firstPhone, phones: phones,
          firstNumber: GatewayUnderTest.number,
          text: GatewayUnderTest.text(max(1, settings.textOctets - 8)) + "\(run) "))
      let isAnswered = gateway.simulator.wait(upTo: GatewayUnderTest.patience) {
        $0.counts.inboundAnswered &- before.inboundAnswered >= UInt64(settings.segments)
      }
      guard isAnswered else {
        let answered = gateway.simulator.counts.inboundAnswered &- before.inboundAnswered
        throw Bench.Failure(
          "\(answered) of \(settings.segments) were acknowledged\n\(gateway.daemon.lastWords)")
      }
      let answeredAt = MonotonicClock.nowNanoseconds
      try consumer.wait(forEvents: (run + 1) * settings.segments, upTo: GatewayUnderTest.patience)
      rates.append(Double(settings.segments) / Double(max(answeredAt, consumer.lastAt) - start) * 1e9)
    }
    return [
      Bench.Figure(
        part: .inbound, name: "messages, deliver_sm to consumer", unit: .perSecond, values: rates,
        floor: .init(name: "bare C rows (\(rowsPerMessage) each)", values: floor), target: 60_000,
        conditions: [
          ("window", "\(settings.window)"), ("sessions", "\(settings.sessions)"),
          ("messages", "\(settings.segments)"), ("text", "about \(settings.textOctets) octets"),
          ("conversations", "\(phones)"), ("contacts", "\(phones)"), ("consumers", "1"),
          ("runs", "\(settings.runs)"),
          ("history", "0 – \(settings.segments * (settings.runs - 1)) messages"), ("synchronous", "FULL"),
          ("peer", "our simulator under load, same two cores"),
        ])
    ]
  }
}
