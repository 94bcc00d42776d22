import Configuration
import Contract
import Gateway
import SMPP
import Testing

@testable import Daemon

extension WireCounters {
  fileprivate func read(_ pdu: PDU, _ link: inout Link) {
    pdu.encoded.withUnsafeBytes { read($0, carrier: 0, &link.sent, &link.read) }
  }

  fileprivate func wrote(_ pdu: PDU, _ link: inout Link) {
    pdu.encoded.withUnsafeBytes { wrote($0, carrier: 0, &link.sent, &link.read) }
  }

  fileprivate struct Link {
    var sent = RequestTimes()
    var read = RequestTimes()
  }
}

@Suite struct MetricsTests {
  @Test func everyCommandIsCountedUnderItsOwnName() {
    for (id, name) in CommandID.all { #expect(CommandSlot.name(CommandSlot.of(id.rawValue)) == "\(name)") }
    for id: UInt32 in [0, 10, 0x0C, 0x112, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x8000_000B] {
      #expect(CommandSlot.name(CommandSlot.of(id)) == "other", "\(id)")
      #expect(CommandSlot.of(id) < CommandSlot.count)
    }
  }

  @Test func answersAreTimedAgainstTheirRequestsBothWays() {
    let counters = WireCounters(carriers: 1)
    var link = WireCounters.Link()
    counters.now = 1_000_000_000
    for sequence in 1...UInt32(100) {
      counters.wrote(PDU(sequence: sequence, body: .submitSM(SubmitSM())), &link)
      counters.read(PDU(sequence: sequence, body: .deliverSM(DeliverSM())), &link)
    }
    counters.now += 3_000_000
    for sequence in 1...UInt32(100) {
      counters.read(
        PDU(
          status: sequence == 7 ? .ESME_RTHROTTLED : .ESME_ROK, sequence: sequence, body: .submitSMResp(nil)),
        &link)
    }
    counters.now += 30_000_000
    for sequence in 1...UInt32(99) {
      counters.wrote(PDU(sequence: sequence, body: .deliverSMResp(nil)), &link)
    }
    // One that answers nothing, and one that was answered already.
    counters.read(PDU(sequence: 4000, body: .submitSMResp(nil)), &link)
    counters.read(PDU(sequence: 1, body: .submitSMResp(nil)), &link)
    let counts = counters.carriers[0]
    #expect(counts.roundTrip.count == 100 && counts.roundTrip.sum == 300_000_000)
    #expect(counts.answering.count == 99 && counts.answering.sum == 99 * 33_000_000)
    #expect(counts.pdusOut[CommandSlot.of(CommandID.submitSM.rawValue)] == 100)
    #expect(
      counts.answersIn.ok == 101 && counts.answersIn.errors == [CommandStatus.ESME_RTHROTTLED.rawValue: 1])
  }

  @Test func statusesNobodyKnowsAreBounded() {
    var counts = StatusCounts()
    for status in 0...UInt32(10_000) { counts.add(status) }
    #expect(counts.ok == 1 && counts.errors.count == StatusCounts.kinds)
    #expect(counts.errors.values.reduce(0, +) + counts.other == 10_000)
  }
}

@Suite struct ReadinessTests {
  private static func carrier(_ name: String, _ sessions: (String, BindState)...) -> LiveCarrier {
    LiveCarrier(
      name: name, systemID: "", rate: 1,
      sessions: sessions.map { LiveSession(type: $0.0, state: $0.1, window: 1) })
  }

  private static let up = carrier("alpha", ("transceiver", .bound))
  private static let down = carrier("beta", ("transceiver", .waiting))
  private static let half = carrier("gamma", ("transmitter", .bound), ("receiver", .connecting))

  private static func policy(_ when: Configuration.Readiness.When) -> Configuration.Readiness {
    var policy = Configuration.Readiness()
    policy.when = when
    policy.timeout = .seconds(30)
    return policy
  }

  @Test func theLineShowsCountsAndWhatIsDegraded() {
    #expect(Readiness([]).line == "no carrier needs a bind")
    #expect(Readiness([Self.up]).line == "1 of 1 carriers bound")
    #expect(Readiness([Self.up, Self.down]).line == "1 of 2 carriers bound; degraded: beta")
    #expect(
      Readiness([Self.half, Self.down]).line
        == "1 of 2 carriers bound; degraded: beta, gamma (no receiver)")
    #expect(Readiness([]).isWhole)
    let many = (0..<20).map { Self.carrier("c\($0)", ("transceiver", .waiting)) }
    #expect(Readiness(many).line.hasSuffix("and 12 more"))
  }

  @Test func eachPolicyIsReadyAtItsTime() {
    func isReady(_ when: Configuration.Readiness.When, _ carriers: [LiveCarrier]) -> Bool {
      var notifier = ReadinessNotifier(Self.policy(when), started: .seconds(100))
      return notifier.update(carriers, at: .seconds(100))?.state.contains("READY=1") ?? false
    }
    #expect(isReady(.started, [Self.down]))
    #expect(!isReady(.any, [Self.down]) && isReady(.any, [Self.down, Self.half]) && isReady(.any, []))
    #expect(!isReady(.all, [Self.up, Self.half]) && isReady(.all, [Self.up]))
  }

  @Test func aCarrierThatStaysAwayDoesNotHoldTheStartForEver() {
    var notifier = ReadinessNotifier(Self.policy(.all), started: .seconds(100))
    #expect(notifier.nextDeadline == .seconds(130))
    #expect(
      notifier.update([Self.up, Self.down], at: .seconds(101))
        == .init(
          state: "STATUS=1 of 2 carriers bound; degraded: beta", severity: .warning,
          line: #"event=carriers status="1 of 2 carriers bound; degraded: beta""#))
    #expect(notifier.update([Self.up, Self.down], at: .seconds(129)) == nil)
    #expect(
      notifier.update([Self.up, Self.down], at: .seconds(130))?.state
        == "READY=1\nSTATUS=1 of 2 carriers bound; degraded: beta")
    #expect(notifier.nextDeadline == nil)
    #expect(notifier.update([Self.up, Self.down], at: .seconds(131)) == nil)
    #expect(notifier.update([Self.up, Self.up], at: .seconds(132))?.state == "STATUS=2 of 2 carriers bound")
  }
}
