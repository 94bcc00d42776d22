import Contract
import Foundation
import Testing

extension EndToEnd {
  /// Carriers that connect to us: who is let in, and what is answered to whom.
  @Suite(.serialized)
  struct Listen {
    static let number = "+18885550101"

    private static func text(_ text: String) -> [UInt8] { Array(text.utf8) + [0] }

    private static func bind(_ wire: RawWire, _ password: String, command: UInt32 = RawPDU.bindTransceiver)
      throws
      -> RawPDU
    {
      let body = text(GatewayProcess.systemID) + text(password) + [0, 0x34, 0, 0, 0]
      let sequence = try wire.request(command, body)
      return try wire.next(command | RawPDU.response, sequence: sequence)
    }

    private func withGateway(
      _ more: String = "", _ body: @Sendable @escaping (GatewayProcess, App, UInt16) throws -> Void
    ) async throws {
      try await blocking {
        let port = try freePort()
        let gateway = try GatewayProcess(carriers: [
          .init(name: "regional", port: port, listens: true, more: more)
        ])
        defer { gateway.destroy() }
        try gateway.start()
        let app = try App(gateway.socket)
        defer { app.close() }
        try body(gateway, app, port)
      }
    }

    @Test("A guesser is answered ever later, hanging up helps nobody, and who binds meanwhile is told of it")
    func guessing() async throws {
      try await withGateway { _, app, port in
        try app.subscribe("guessing", from: .oldest)
        let clock = ContinuousClock()
        let idle = try RawWire.connect(to: port)
        var waits: [Duration] = []
        for _ in 0..<3 {
          let wire = try RawWire.connect(to: port)
          let began = clock.now
          #expect(try Self.bind(wire, "wrong").status == 0x0E)
          waits.append(began.duration(to: clock.now))
          try wire.awaitEnd()
        }
        #expect(
          waits[0] >= .milliseconds(450) && waits[1] >= .milliseconds(950) && waits[2] >= .milliseconds(1950))
        for _ in 0..<3 {
          let wire = try RawWire.connect(to: port)
          try wire.request(
            RawPDU.bindTransceiver,
            Self.text(GatewayProcess.systemID) + Self.text("wrong") + [0, 0x34, 0, 0, 0])
          wire.close()
        }
        _ = try app.events("the alert") { events in
          events.contains { $0.event.alert?.alert == .passwordGuessing } ? true : nil
        }
        let began = clock.now
        #expect(try Self.bind(idle, GatewayProcess.password).status == 0, "the right password still binds")
        #expect(began.duration(to: clock.now) >= .milliseconds(4950), "as late as a wrong one")
      }
    }

    @Test(
      "A peer that never reads its answers is read no further, and costs others nothing",
      arguments: [true, false])
    func unreadAnswers(isBound: Bool) async throws {
      try await withGateway("enquire_link_s: 1, enquire_link_answer_s: 1, enquire_link_misses: 1") {
        gateway, app, port in
        try app.subscribe("deaf", from: .oldest)
        let deaf = try RawWire.connect(to: port)
        if isBound { #expect(try Self.bind(deaf, GatewayProcess.password).status == 0) }
        deaf.writesWaitAtMost(.seconds(1))
        // Without a bind each of them is refused, which is an answer as well.
        let requests = Array(
          repeating: RawPDU(command: RawPDU.enquireLink, sequence: 7, body: []).encoded, count: 4096
        ).joined()
        var written = 0
        #expect(throws: HarnessError.self, "it is read no further") {
          while written < 400 << 20 {
            try deaf.write(Array(requests))
            written += requests.count
          }
        }
        #expect(try gateway.memory().resident < 200 << 10)
        let began = ContinuousClock.now
        let wire = try RawWire.connect(to: port)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
        #expect(began.duration(to: .now) < .seconds(2))
        guard isBound else { return }
        // Its own session ends, since our enquire_link is not answered, as does the other one, which answers nothing either.
        _ = try app.events("the end of both sessions") { events in
          events.count { EventType($0.event.type) == .bindStateChanged } >= 4 ? true : nil
        }
      }
    }

    @Test("Connections that never bind keep no carrier out")
    func idleConnections() async throws {
      try await withGateway { _, _, port in
        var idle: [RawWire] = []
        for _ in 0..<300 { idle.append(try RawWire.connect(to: port)) }
        let began = ContinuousClock.now
        let wire = try RawWire.connect(to: port)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
        #expect(began.duration(to: .now) < .seconds(2))
        // The oldest made room.
        try idle[0].awaitEnd(within: .seconds(5))
      }
    }

    /// kneodev/ksmppd#56.
    @Test("A peer older than SMPP 3.4 gets no optional parameter, and long texts with a header")
    func olderPeer() async throws {
      try await withGateway("long_messages: \"payload\", user_message_reference: \"sent\"") { _, app, port in
        let wire = try RawWire.connect(to: port)
        let body =
          Self.text(GatewayProcess.systemID) + Self.text(GatewayProcess.password) + [0, 0x33, 0, 0, 0]
        let sequence = try wire.request(RawPDU.bindTransceiver, body)
        let bound = try wire.next(RawPDU.bindTransceiver | RawPDU.response, sequence: sequence)
        #expect(bound.status == 0 && bound.body == Self.text("tollgate"))
        let rep = try World.rep(app, "Rep", number: Self.number, rate: 50, carrier: "regional")
        var message = ShortMessage(
          source: "12025550143", destination: "18885550101", text: Array("Hello".utf8))
        message.registeredDelivery = 1
        try wire.request(RawPDU.submitSM, message.body)
        let receipt = try wire.next(RawPDU.deliverSM)
        #expect(try #require(ShortMessage(body: receipt.body)).tail.isEmpty)
        try wire.answer(receipt, [0])
        let _: MessageSendResult = try app.call(
          MessageSend(
            from: .rep(rep), to: .phone(try World.number("+12025550143")),
            text: String(repeating: "0123456789", count: 40), idempotencyKey: "long"))
        for part in 1...3 {
          let pdu = try wire.next(RawPDU.deliverSM)
          let message = try #require(ShortMessage(body: pdu.body))
          #expect(
            message.tail.isEmpty && message.esmClass == 0x40
              && message.text.prefix(6).suffix(2) == [3, UInt8(part)])
          try wire.answer(pdu, [0])
        }
      }
    }

    @Test("A second bind on one session is refused with ESME_RALYBND, and the session lives")
    func secondBind() async throws {
      try await withGateway { _, _, port in
        let wire = try RawWire.connect(to: port)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0x05)
        let sequence = try wire.request(RawPDU.enquireLink)
        #expect(try wire.next(RawPDU.enquireLink | RawPDU.response, sequence: sequence).status == 0)
      }
    }

    @Test("When an account's sessions are dead, their enquiry makes room for the one that comes back")
    func deadSessions() async throws {
      try await withGateway("enquire_link_s: 600, enquire_link_answer_s: 1") { _, _, port in
        // Four sessions that do not read any more, as after a lost network.
        var dead: [RawWire] = []
        for _ in 0..<4 {
          let wire = try RawWire.connect(to: port)
          #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
          dead.append(wire)
        }
        let deadline = ContinuousClock.now + .seconds(20)
        var refused = 0
        while ContinuousClock.now < deadline {
          let wire = try RawWire.connect(to: port)
          let status = try Self.bind(wire, GatewayProcess.password).status
          if status == 0 { break }
          #expect(status == 0x05)
          refused += 1
          try wire.awaitEnd()
        }
        #expect(refused > 0 && ContinuousClock.now < deadline)
        withExtendedLifetime(dead) {}
      }
    }

    @Test("A connection that never binds is closed after the bind time-out")
    func silent() async throws {
      try await withGateway("bind_timeout_s: 1") { _, _, port in
        try RawWire.connect(to: port).awaitEnd(within: .seconds(10))
      }
    }

    @Test("submit_multi is a text to each number of ours, and its answer names those that are not")
    func submitMulti() async throws {
      try await withGateway { _, app, port in
        _ = try World.rep(app, "Anna", number: Self.number, rate: 100, carrier: "regional")
        _ = try World.rep(app, "Ben", number: "+18885550102", rate: 100, carrier: "regional")
        try app.subscribe("multi", from: .oldest)
        let wire = try RawWire.connect(to: port)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
        func address(_ digits: String) -> [UInt8] { [1, 1] + Self.text(digits) }
        var body: [UInt8] = [0] + address("12025550142") + [4]
        for digits in ["18885550101", "18885550199", "18885550102"] { body += [1] + address(digits) }
        body += [2] + Self.text("everybody")
        body += [0, 0, 0, 0, 0, 0, 0, 0, 0, 5] + Array("Hello".utf8)
        let sequence = try wire.request(0x21, body)
        let answer = try wire.next(0x8000_0021, sequence: sequence)
        #expect(answer.status == 0)
        let end = try #require(answer.body.firstIndex(of: 0))
        #expect(Int(String(decoding: answer.body[..<end], as: UTF8.self)) != nil, "a message_id")
        var rest = Array(answer.body[(end + 1)...])
        #expect(rest.removeFirst() == 2, "no_unsuccess")
        func unsuccessful(_ digits: String, _ status: UInt8, _ ton: UInt8) -> [UInt8] {
          [ton, ton] + Self.text(digits) + [0, 0, 0, status]
        }
        #expect(
          rest == unsuccessful("everybody", 0x34, 0) + unsuccessful("18885550199", 0x0B, 1))
        let got = try app.events("both texts") { events in
          let texts = events.filter { $0.event.received != nil }
          return texts.count >= 2 ? texts.count : nil
        }
        #expect(got == 2)
      }
    }

    @Test(
      "Long messages to many numbers are weighed: beyond the limit they are refused for now, and memory stays"
    )
    func heavyMessages() async throws {
      try await withGateway { gateway, app, port in
        _ = try World.rep(app, "Anna", number: Self.number, rate: 100, carrier: "regional")
        try app.subscribe("heavy", from: .oldest)
        let wire = try RawWire.connect(to: port)
        #expect(try Self.bind(wire, GatewayProcess.password).status == 0)
        func body(_ destinations: [String], _ octets: Int) -> [UInt8] {
          var body: [UInt8] = [0, 1, 1] + Self.text("12025550142") + [UInt8(destinations.count)]
          for digits in destinations { body += [1, 1, 1] + Self.text(digits) }
          body += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x04, 0x24, UInt8(octets >> 8), UInt8(octets & 0xFF)]
          return body + Array(repeating: UInt8(ascii: "x"), count: octets)
        }
        // Of the same number so often, it is one text.
        let once = try wire.request(0x21, body(Array(repeating: digits(Self.number), count: 254), 100))
        #expect(try wire.next(0x8000_0021, sequence: once).status == 0)
        let many = body((100..<354).map { "18885559\($0)" }, 55_000)
        let sequences = try (0..<31).map { _ in try wire.request(0x21, many) }
        let statuses = try sequences.map { try wire.next(0x8000_0021, sequence: $0).status }
        // ESME_RTHROTTLED, and where it was taken, ESME_RSUBMITFAIL: none of the numbers is ours.
        #expect(Set(statuses) == [0x58, 0x45])
        #expect(try gateway.memory().peak < 250 << 10)
        let last = try wire.request(0x21, body([digits(Self.number)], 60))
        #expect(try wire.next(0x8000_0021, sequence: last).status == 0)
        let got = try app.events("both texts") { events in
          let texts = events.compactMap { $0.event.received?.text.count }
          return texts.count >= 2 ? texts : nil
        }
        #expect(got == [100, 60])
      }
    }

    @Test("An SMSC that calls by outbind is bound to by its own name and password, and any other is not")
    func outbind() async throws {
      try await blocking {
        let port = try freePort()
        let gateway = try GatewayProcess(carriers: [.init(name: "regional", port: port, listens: true)])
        defer { gateway.destroy() }
        // The account may call; what we bind with then is another pair of name and password.
        let secret = gateway.directory.appendingPathComponent("password").path
        var text = try String(contentsOfFile: gateway.configuration, encoding: .utf8)
        text = text.replacingOccurrences(
          of: "sessions: 4",
          with:
            "sessions: 4, outbind: { bind: \"transceiver\", system_id: \"us\", password: { file: \"\(secret)\" } }"
        )
        try text.write(toFile: gateway.configuration, atomically: false, encoding: .utf8)
        try gateway.start()
        let app = try App(gateway.socket)
        defer { app.close() }
        _ = try World.rep(app, "Anna", number: Self.number, rate: 100, carrier: "regional")
        try app.subscribe("outbind", from: .oldest)

        let stranger = try RawWire.connect(to: port)
        try stranger.request(0x0B, Self.text(GatewayProcess.systemID) + Self.text("wrong"))
        try stranger.awaitEnd()

        let wire = try RawWire.connect(to: port)
        try wire.request(0x0B, Self.text(GatewayProcess.systemID) + Self.text(GatewayProcess.password))
        let bind = try wire.next(RawPDU.bindTransceiver)
        #expect(bind.body.starts(with: Self.text("us") + Self.text(GatewayProcess.password)))
        try wire.answer(bind, Self.text("smsc"))
        // From here on it is the SMSC: it delivers.
        let message = ShortMessage(
          source: "12025550142", destination: digits(Self.number), text: Array("Hello".utf8))
        let sequence = try wire.request(RawPDU.deliverSM, message.body)
        #expect(try wire.next(RawPDU.deliverSM | RawPDU.response, sequence: sequence).status == 0)
        _ = try app.events("the text") { events in
          events.contains { $0.event.received != nil } ? true : nil
        }
      }
    }
  }
}
