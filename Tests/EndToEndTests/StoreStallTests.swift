import Contract
import Foundation
import Testing

extension EndToEnd {
  /// A disk that answers nothing for a while: the sessions do not notice.
  @Suite(.serialized)
  struct StoreStall {
    /// TOLLGATE_STALL_SECONDS makes it longer; by hand it is run for 60.
    static let seconds = ProcessInfo.processInfo.environment["TOLLGATE_STALL_SECONDS"].flatMap { Int($0) }
    static let carrierRoom = 16

    @Test(
      "While the store stalls, sessions live, answers count, and what has no room is refused and comes again")
    func stall() async throws {
      try await blocking { try Self.run(for: .seconds(Self.seconds ?? 6)) }
    }

    private static func run(for stall: Duration) throws {
      let listener = try RawListener()
      defer { listener.close() }
      // Responses are due sooner than the store comes back.
      let gateway = try GatewayProcess(
        carriers: [.init(port: listener.port, window: 10, rate: 1000, responseTimeoutSeconds: 3)],
        limits: "inbound_mailbox: \(carrierRoom)")
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 1000)
      let wire = try listener.accept()
      let bind = try wire.next(RawPDU.bindTransceiver)
      try wire.answer(bind, Array("stall\0".utf8))

      // Five submits are with the carrier, unanswered, when it begins.
      let messages = try (0..<5).map { n in
        try app.call(
          MessageSend(
            from: .rep(rep), to: .phone(try World.number(World.phone(n))), text: "Hello \(n)",
            idempotencyKey: "stall-\(n)")
        ).messageID
      }
      let submits = try messages.map { _ in try wire.next(RawPDU.submitSM) }

      let tracer = try delayNextSync(of: gateway, by: stall)
      defer {
        tracer.send(signal: SIGINT)
        _ = try? tracer.waitForExit()
        tracer.destroy()
      }
      let began = ContinuousClock.now
      let first = try wire.request(RawPDU.deliverSM, text(0))
      for (n, submit) in submits.enumerated() { try wire.answer(submit, Array("stalled-\(n)\0".utf8)) }

      // More texts than there is room for.
      let flood = 4 * carrierRoom
      var sequences: [UInt32: Int] = [first: 0]
      for n in 1...flood { sequences[try wire.request(RawPDU.deliverSM, text(n))] = n }
      var slowest = Duration.zero
      var early: [RawPDU] = []
      // Until the sync has returned; it is awaited for 50 ms between two questions.
      while true {
        let asked = ContinuousClock.now
        let sequence = try wire.request(RawPDU.enquireLink)
        _ = try wire.next(RawPDU.enquireLink | RawPDU.response, sequence: sequence)
        slowest = max(slowest, ContinuousClock.now - asked)
        let answers = wire.unasked.filter { $0.command == RawPDU.deliverSM | RawPDU.response }
        if (try? tracer.errorLine(within: .milliseconds(50), where: { $0.contains("(DELAYED)") })) != nil {
          break
        }
        early = answers
      }
      // By hand it has to hold as promised; among other tests the machine itself may be late.
      #expect(
        slowest < (seconds == nil ? .seconds(1) : .milliseconds(100)), "the slowest answer took \(slowest)")
      #expect(early.allSatisfy { $0.status == 0x64 }, "acknowledged before it was stored")
      #expect(early.count >= flood - 2 * carrierRoom, "only \(early.count) of \(flood + 1) were refused")

      // The store is back: what was taken is acknowledged, what was refused comes again.
      var accepted = 0
      var waiting = sequences
      while !waiting.isEmpty {
        let answer = try wire.next(RawPDU.deliverSM | RawPDU.response, within: stall + .seconds(30))
        guard let n = waiting.removeValue(forKey: answer.sequence) else { continue }
        if answer.status == 0 {
          accepted += 1
        } else {
          waiting[try wire.request(RawPDU.deliverSM, text(n))] = n
        }
      }
      #expect(accepted == flood + 1)
      #expect(ContinuousClock.now - began >= stall - .milliseconds(500), "the store did not stall")
      let told = try app.events("\(flood + 1) texts") { events -> [MessageReceived]? in
        let texts = events.compactMap(\.event.received)
        return texts.count > flood ? texts : nil
      }
      #expect(Set(told.map(\.text)).count == flood + 1 && told.count == flood + 1)
      // Each was answered in time, however late that could be written down.
      for message in messages {
        _ = try app.events("\(message) sent") { events in
          events.first {
            $0.event.stateChanged?.messageID == message && $0.event.stateChanged?.state == .sent
          }
        }
      }
      #expect(!app.events.contains { $0.event.stateChanged?.state == .unknown }, "a time-out was counted")
      #expect(throws: (any Error).self, "a second connection") {
        try listener.accept(within: .milliseconds(10))
      }
      #expect(
        try wire.next(RawPDU.enquireLink | RawPDU.response, sequence: wire.request(RawPDU.enquireLink)).status
          == 0)
      wire.close()
      listener.close()
      #expect(try gateway.terminate() == .code(0))
    }

    private static func text(_ n: Int) -> [UInt8] {
      ShortMessage(
        source: digits(World.phone(100 + n)), destination: "18885550101", text: Array("Text \(n)".utf8)
      ).body
    }

    /// Has the writer's next sync take so long; the other threads are not traced.
    private static func delayNextSync(of gateway: GatewayProcess, by stall: Duration) throws -> Child {
      let microseconds = Int(stall.seconds * 1_000_000)
      return try StraceLog.injector(
        into: gateway, thread: "writer", "inject=fdatasync,fsync:delay_enter=\(microseconds):when=1",
        trace: "fdatasync,fsync")
    }
  }
}
