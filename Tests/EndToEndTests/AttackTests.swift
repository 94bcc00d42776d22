import Contract
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// Attacks against the real process, one after the other. After each the gateway is as it was: small, whole, and there for a
  /// carrier and an operator.
  @Suite(.serialized)
  struct Attacks {
    static let residentLimit = 200 * 1024
    static let bindsWithin = Duration.seconds(2)
    static let answersWithin = Duration.milliseconds(100)
    static let number = "+18885550101"

    @Test(
      "After each attack memory is under 200 MiB, a carrier binds and passes traffic, status answers, verify is clean"
    )
    func attacks() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      let stage = try Stage()
      defer { stage.close() }
      try stage.expectHealth("at the start")
      for attack in Attack.allCases {
        try stage.perform(attack)
        try stage.expectHealth(attack.rawValue)
        stage.hangUp()
      }
      #expect(try stage.gateway.terminate() == .code(0))
    }

    @Test("After 1,200 refused binds, plain and over TLS, no descriptor is open that was not open before")
    func refusedBinds() async throws {
      try await blocking { try Self.runRefusedBinds() }
    }

    private static func runRefusedBinds() throws {
      let files = try TLSFiles()
      let ours = try files.make("ours")
      let (plain, secured) = (try freePort(), try freePort())
      let gateway = try GatewayProcess(
        carriers: [.init(port: plain, listens: true)],
        rawCarriers: """
          secured: {
            listen: { host: "127.0.0.1", port: \(secured), tls: { certificate: "\(ours.certificate)", key: { file: "\(ours.key)" } } },
            accounts: { secured: { password: { file: "\(files.password)" } } }, rate: 100,
          },
          """)
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      defer { app.close() }
      _ = try app.call(Status())
      let before = try gateway.descriptors()
      let bind = RawPDU(
        command: RawPDU.bindTransceiver, sequence: 1,
        body: Array("\(GatewayProcess.systemID)\0guess\0\0".utf8) + [0x34, 0, 0, 0]
      ).encoded
      for round in 0..<5 {
        var waiting: [Wire] = []
        for index in 0..<240 {
          // Every fourth speaks no TLS where it has to; every fourth hangs up before its late answer.
          let wire = try Wire(
            to: index % 4 == 0 ? secured : plain, from: "127.0.\(1 + round).\(1 + index % 120)")
          wire.write(bind)
          if index % 4 != 1 { waiting.append(wire) }
        }
        for wire in waiting { #expect(wire.isEnded(within: .seconds(15))) }
      }
      // Who hung up is noticed with the next pass: by the answers to a few calls there has been one.
      var after = try gateway.descriptors()
      let limit = ContinuousClock.now + .seconds(10)
      while after > before, ContinuousClock.now < limit {
        _ = try app.call(Status())
        after = try gateway.descriptors()
      }
      #expect(after <= before, "\(after) descriptors after, \(before) before")
      #expect(try gateway.terminate() == .code(0))
    }

    enum Attack: String, CaseIterable {
      case guessing = "passwords guessed over ever new connections"
      case idle = "hundreds of connections that never bind"
      case unread = "a peer that never reads our answers"
      case heavy = "submit_multi with the same destination over and over, and a large text"
      case impostor = "START and texts in the name of another carrier's phones"
      case parts = "parts of long texts that never become whole"
      case help = "a phone that answers HELP to everything"
      case astray = "texts to numbers that are not ours"
      case extremes = "calls with the extremes of every number"
      case pipeline = "a pipeline of queries whose answers nobody reads"
      case silent = "connections to the socket that say nothing"
    }

    private final class Stage {
      let gateway: GatewayProcess
      private let ports: (carrier: UInt16, rogue: UInt16)
      private let secrets: URL
      private var wires: [Wire] = []
      private var apps: [Int32] = []
      private var texts = 0
      private static let rogue = "rogue"
      private static let password = "tg-Rogue"
      private static let contact = "+12025550143"

      init() throws {
        ports = (try freePort(), try freePort())
        secrets = try Locations.temporaryDirectory()
        let secret = secrets.appendingPathComponent("rogue").path
        _ = FileManager.default.createFile(
          atPath: secret, contents: Data(Self.password.utf8), attributes: [.posixPermissions: 0o600])
        gateway = try GatewayProcess(
          carriers: [.init(port: ports.carrier, listens: true)],
          rawCarriers: """
            other: { listen: { host: "127.0.0.1", port: \(ports.rogue) }, window: 100, rate: 1000,
              accounts: { \(Self.rogue): { password: { file: "\(secret)" }, from: ["127.0.0.0/8"], sessions: 8 } } },
            """)
        try gateway.start()
        let app = try App(gateway.socket)
        _ = try World.rep(app, "Anna", number: Attacks.number, rate: 100)
      }

      func close() {
        hangUp()
        gateway.destroy()
        try? FileManager.default.removeItem(at: secrets)
      }

      func hangUp() {
        wires = []
        for descriptor in apps { Glibc.close(descriptor) }
        apps = []
      }

      // MARK: Health

      func expectHealth(_ when: String) throws {
        let resident = try gateway.memory().resident
        #expect(resident < Attacks.residentLimit, "\(resident / 1024) MiB after \(when)")
        let clock = ContinuousClock()
        let client = try ScriptedClient(port: ports.carrier)
        defer { client.close() }
        let bound = try clock.measure { try client.bind() }
        #expect(bound < Attacks.bindsWithin, "bound after \(bound), after \(when)")
        texts += 1
        let text = "text \(texts)"
        let place = client.submit(
          ShortMessage(
            source: "12025550199", destination: String(Attacks.number.dropFirst()), text: Array(text.utf8)))
        let status = client.record.wait(within: .seconds(10)) { $0.submissions[place].status }
        #expect(status == 0, "\(text) after \(when)")
        let app = try App(gateway.socket)
        let answered =
          try (0..<5).map { _ in try clock.measure { _ = try app.call(Status()) } }.min() ?? .zero
        #expect(answered < Attacks.answersWithin, "status after \(answered), after \(when)")
        let list = try app.call(MessageList(number: try World.number(Attacks.number), limit: 200))
        #expect(list.items.contains { $0.text == text }, "\(text) after \(when)")
        #expect(try World.findings(app) == [], "after \(when)")
      }

      // MARK: Attacks

      func perform(_ attack: Attack) throws {
        switch attack {
        case .guessing: try guess()
        case .idle:
          for source in ["127.0.0.2", "127.0.0.3"] {
            for _ in 0..<200 { wires.append(try Wire(to: ports.carrier, from: source)) }
          }
        case .unread:
          let wire = try bound()
          for sequence in 0..<400_000 as Range<UInt32> {
            guard wire.write(RawPDU(command: RawPDU.enquireLink, sequence: 10 + sequence).encoded) else {
              break
            }
          }
        case .heavy: try submitHeavily()
        case .impostor: try pretend()
        case .parts:
          let wire = try bound()
          for part in 0..<3_000 {
            let header = [5, 0, 3, UInt8(truncatingIfNeeded: part), 2, 1]
            submit(
              wire, UInt32(10 + part), "1202556\(1000 + part / 250)", Attacks.number,
              header + Array("half".utf8),
              esmClass: 0x40)
          }
          wire.drain()
        case .help:
          let client = try ScriptedClient(port: ports.carrier)
          defer { client.close() }
          try client.bind()
          for _ in 0..<200 {
            client.submit(
              ShortMessage(
                source: "12025550188", destination: String(Attacks.number.dropFirst()),
                text: Array("HELP".utf8)))
          }
          _ = client.record.wait(within: .seconds(30)) {
            $0.submissions.allSatisfy { $0.status != nil } ? true : nil
          }
          let answers = client.record.read { $0.deliveries.count { $0.message.destination == "12025550188" } }
          #expect(answers < 20, "\(answers) answers to HELP")
        case .astray:
          let wire = try bound()
          for text in 0..<2_000 {
            submit(wire, UInt32(10 + text), "12025550177", "+18885550999", Array("Hi".utf8))
          }
          wire.drain()
        case .extremes: try callWithExtremes()
        case .pipeline:
          let descriptor = try connectApp()
          let line = #"{"jsonrpc":"2.0","id":1,"method":"message.list","params":{"limit":200}}"# + "\n"
          for _ in 0..<300 { say(line, descriptor) }
        case .silent: for _ in 0..<60 { _ = try connectApp(saysHello: false) }
        }
      }

      private func guess() throws {
        for attempt in 0..<60 {
          let wire = try Wire(to: ports.carrier, from: "127.0.0.2")
          wire.write(bind(GatewayProcess.systemID, "guess\(attempt % 10)"))
          wires.append(wire)
        }
      }

      private func submitHeavily() throws {
        let wire = try bound()
        let digits = Attacks.number.dropFirst()
        for round in 0..<31 as Range<UInt32> {
          var body: [UInt8] = [0, 1, 1] + Array("12025550166".utf8) + [0, 254]
          for _ in 0..<254 { body += [1, 1, 1] + Array(digits.utf8) + [0] }
          body += [0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
          body += RawPDU.tlv(0x0424, [UInt8](repeating: 0x61, count: 55_000))
          guard wire.write(RawPDU(command: 0x21, sequence: 100 + round, body: body).encoded) else { break }
        }
        wire.drain()
      }

      /// The contact has opted out by its own carrier; the other one says otherwise.
      private func pretend() throws {
        let client = try ScriptedClient(port: ports.carrier)
        defer { client.close() }
        try client.bind()
        let place = client.submit(
          ShortMessage(
            source: String(Self.contact.dropFirst()), destination: String(Attacks.number.dropFirst()),
            text: Array("STOP".utf8)))
        _ = client.record.wait(within: .seconds(10)) { $0.submissions[place].status }
        let wire = try bound()
        for (index, text) in ["START", "UNSTOP", "YES", "I agree to everything"].enumerated() {
          submit(wire, UInt32(10 + index), String(Self.contact.dropFirst()), Attacks.number, Array(text.utf8))
        }
        wire.drain()
        let app = try App(gateway.socket)
        let consent = try app.call(ConsentGet(phone: try #require(TypedPhone(Self.contact))))
        #expect(consent.optedOutOfBrand)
        let aside = try app.call(QuarantineList(kind: .otherCarrier, phone: try World.number(Self.contact)))
        #expect(aside.items.count == 4)
        let list = try app.call(MessageList(number: try World.number(Attacks.number), limit: 200))
        #expect(!list.items.contains { $0.text == "I agree to everything" })
      }

      private func callWithExtremes() throws {
        let descriptor = try connectApp()
        let calls = [
          ("unknown.list", "older_s"), ("message.list", "limit"), ("quarantine.get", "quarantine_id"),
          ("quarantine.list", "older_s"), ("number.set_rate", "rate"), ("carrier.trace", "after"),
        ]
        for (method, parameter) in calls {
          for value in [
            "9223372036854775807", "-9223372036854775808", "9223372036854776", "-1", "1e308", "0",
          ] {
            say(
              #"{"jsonrpc":"2.0","id":2,"method":"\#(method)","params":{"\#(parameter)":\#(value)}}"# + "\n",
              descriptor)
          }
        }
      }

      // MARK: The wire

      private func bind(_ systemID: String, _ password: String) -> [UInt8] {
        RawPDU(
          command: RawPDU.bindTransceiver, sequence: 1,
          body: Array("\(systemID)\0\(password)\0\0".utf8) + [0x34, 0, 0, 0]
        ).encoded
      }

      /// A connection of the other carrier's, bound.
      private func bound() throws -> Wire {
        let wire = try Wire(to: ports.rogue, from: "127.0.0.4")
        wires.append(wire)
        wire.write(bind(Self.rogue, Self.password))
        try #require(wire.read(atLeast: 16), "the other carrier is not bound")
        return wire
      }

      private func submit(
        _ wire: Wire, _ sequence: UInt32, _ source: String, _ number: String, _ text: [UInt8],
        esmClass: UInt8 = 0
      ) {
        let message = ShortMessage(
          source: source, destination: String(number.dropFirst()), text: text, esmClass: esmClass)
        wire.write(RawPDU(command: RawPDU.submitSM, sequence: sequence, body: message.body).encoded)
      }

      private func connectApp(saysHello: Bool = true) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) {
          $0.copyBytes(from: gateway.socket.utf8.prefix($0.count - 1))
        }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        let connected = withUnsafePointer(to: &address) { pointer in
          pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
          }
        }
        guard connected == 0 else { throw HarnessError.system(gateway.socket) }
        apps.append(descriptor)
        if saysHello {
          say(
            #"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1,"client":"attack"}}"# + "\n",
            descriptor)
        }
        return descriptor
      }

      private func say(_ line: String, _ descriptor: Int32) {
        let octets = Array(line.utf8)
        _ = octets.withUnsafeBytes {
          send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
        }
      }
    }

    /// A connection from an address of choice; what it writes waits a second at the most.
    private final class Wire {
      private let descriptor: Int32

      init(to port: UInt16, from source: String) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | O_CLOEXEC, 0)
        var time = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
        let (descriptor, length) = (descriptor, socklen_t(MemoryLayout<sockaddr_in>.size))
        func address(_ host: String, _ port: UInt16) -> sockaddr_in {
          var address = sockaddr_in()
          address.sin_family = sa_family_t(AF_INET)
          address.sin_port = port.bigEndian
          inet_pton(AF_INET, host, &address.sin_addr)
          return address
        }
        var (own, theirs) = (address(source, 0), address("127.0.0.1", port))
        let isConnected = withUnsafeMutablePointer(to: &own) { own in
          withUnsafeMutablePointer(to: &theirs) { theirs in
            own.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.bind(descriptor, $0, length) == 0 }
              && theirs.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, length) == 0
              }
          }
        }
        guard isConnected else { throw HarnessError.system("connect to \(port) from \(source)") }
      }

      deinit { Glibc.close(descriptor) }

      /// - Returns: false where the gateway reads no further, or has closed.
      @discardableResult
      func write(_ octets: [UInt8]) -> Bool {
        var written = 0
        while written < octets.count {
          let count = octets.withUnsafeBytes {
            send(
              descriptor, $0.baseAddress?.advanced(by: written), octets.count - written, Int32(MSG_NOSIGNAL))
          }
          if count < 0, errno == EINTR { continue }
          guard count > 0 else { return false }
          written += count
        }
        return true
      }

      func read(atLeast wanted: Int) -> Bool {
        var found = 0
        var chunk = [UInt8](repeating: 0, count: 4096)
        while found < wanted {
          let count = recv(descriptor, &chunk, chunk.count, 0)
          guard count > 0 else { return false }
          found += count
        }
        return true
      }

      /// Reads until the gateway closes.
      func isEnded(within limit: Duration) -> Bool {
        let end = ContinuousClock.now + limit
        var chunk = [UInt8](repeating: 0, count: 4096)
        while ContinuousClock.now < end {
          let count = recv(descriptor, &chunk, chunk.count, 0)
          if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return true }
        }
        return false
      }

      /// Reads until the gateway has said nothing for a second, or closes.
      func drain() { while read(atLeast: 1) {} }
    }
  }
}
