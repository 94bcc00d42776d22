import CarrierSimulator
import Contract
import DaemonLauncher
import Glibc
import NetIO
import SMPP
import SocketClient

/// One message at a time through an idle daemon, durable as ever: how long a person waits.
enum LatencyBench {
  /// Messages of a run, each way.
  static let messages = 200
  /// The pause before each, so that the daemon is asleep again.
  static let pauseMicroseconds: UInt32 = 3_000

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.recordsPDUs = true
    carrier.receipts.isEnabled = false
    var single = settings
    single.sessions = 1
    let gateway = try GatewayUnderTest(single, contacts: 1, simulator: carrier)
    defer { gateway.stop() }
    let consumer = try FeedReader(
      path: gateway.daemon.socketPath, consumer: "bench", types: [.messageReceived])
    defer { consumer.stop() }

    var out: (p50: [Double], p99: [Double]) = ([], [])
    var into: (p50: [Double], p99: [Double]) = ([], [])
    var floor: (p50: [Double], p99: [Double]) = ([], [])
    for run in 0..<settings.runs {
      let syncs = try FloorBench.syncMilliseconds()
      floor.p50.append(Bench.percentile(0.5, ofSorted: syncs))
      floor.p99.append(Bench.percentile(0.99, ofSorted: syncs))
      let sent = try outbound(gateway, run: run)
      out.p50.append(Bench.percentile(0.5, ofSorted: sent))
      out.p99.append(Bench.percentile(0.99, ofSorted: sent))
      let received = try inbound(gateway, consumer, run: run)
      into.p50.append(Bench.percentile(0.5, ofSorted: received))
      into.p99.append(Bench.percentile(0.99, ofSorted: received))
    }
    func figure(_ name: String, _ values: [Double], _ floor: [Double], _ target: Double) -> Bench.Figure {
      Bench.Figure(
        part: .latency, name: name, unit: .milliseconds, values: values,
        floor: .init(name: "one fdatasync", values: floor), target: target,
        conditions: [
          ("messages", "\(messages) a run, one at a time"), ("pause", "\(pauseMicroseconds / 1000) ms"),
          ("sessions", "1"), ("runs", "\(settings.runs)"), ("synchronous", "FULL"),
        ])
    }
    return [
      figure("command to PDU, p50", out.p50, floor.p50, 0.25),
      figure("command to PDU, p99", out.p99, floor.p99, 0.6),
      figure("deliver_sm to feed, p50", into.p50, floor.p50, 0.25),
      figure("deliver_sm to feed, p99", into.p99, floor.p99, 0.6),
    ]
  }

  /// Sorted milliseconds from writing `message.send` to the submit_sm read by the carrier.
  private static func outbound(_ gateway: GatewayUnderTest, run: Int) throws -> [Double] {
    guard let phone = PhoneNumber("+\(GatewayUnderTest.firstPhone)"),
      let number = PhoneNumber("+\(GatewayUnderTest.number)")
    else { throw Bench.Failure("no number") }
    var times: [Double] = []
    for index in 0..<messages {
      usleep(pauseMicroseconds)
      let message = MessageSend(
        from: .number(number), to: .phone(phone), text: "Lone message \(run).\(index)",
        idempotencyKey: "lone-\(run)-\(index)")
      let submitted = gateway.simulator.counts.submitted
      let start = MonotonicClock.now
      let request = try gateway.client.send(message)
      let came = gateway.simulator.wait(upTo: .seconds(10)) { $0.counts.submitted > submitted }
      _ = try gateway.client.reply(to: request).outcome.get()
      guard came, let at = lastPDU(gateway.simulator, .fromESME, .submitSM) else {
        throw Bench.Failure("a lone message did not leave\n\(gateway.daemon.lastWords)")
      }
      times.append(Double((at - start).wholeNanoseconds) / 1e6)
    }
    return times.sorted()
  }

  /// Sorted milliseconds from writing a deliver_sm to its event read by a consumer.
  private static func inbound(_ gateway: GatewayUnderTest, _ consumer: FeedReader, run: Int) throws
    -> [Double]
  {
    var times: [Double] = []
    let source = Address(ton: 1, npi: 1, digits: COctetString(String(GatewayUnderTest.firstPhone)))
    let destination = Address(ton: 1, npi: 1, digits: COctetString(String(GatewayUnderTest.number)))
    for index in 0..<messages {
      usleep(pauseMicroseconds)
      let events = consumer.events
      gateway.simulator.deliver(
        DeliverSM(
          source: source, destination: destination, shortMessage: Array("Lone answer \(run).\(index)".utf8)))
      try consumer.wait(forEvents: events + 1, upTo: .seconds(10))
      guard let written = lastPDU(gateway.simulator, .toESME, .deliverSM) else {
        throw Bench.Failure("a deliver_sm was not written")
      }
      times.append(Double(consumer.lastAt - written.wholeNanoseconds) / 1e6)
    }
    return times.sorted()
  }

  private static func lastPDU(
    _ simulator: CarrierSimulator, _ direction: CarrierSimulator.RecordedPDU.Direction, _ command: CommandID
  ) -> Duration? {
    simulator.pdus.last { $0.direction == direction && $0.pdu.commandID == command }?.at
  }
}
