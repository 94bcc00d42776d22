import Foundation
import Glibc
import NetIO
import TestSupport
import Testing

extension EndToEnd {
  /// TLS with peers that are not ours: what is wrong is refused with one clear line, what is right is bound, and the
  /// other carriers of the same gateway do not notice.
  @Suite(.serialized)
  struct TLS {
    /// A carrier of the gateway that goes wrong, and the line the journal has to show for it.
    struct Wrong {
      var name: String
      var carrier: String
      var line: String
    }

    private static func carrier(
      _ files: TLSFiles, _ name: String, port: UInt16, tls: String?, timeout: Int = 10
    ) -> String {
      """
      \(name): {
        connect: { host: "127.0.0.1", port: \(port)\(tls.map { ", tls: { \($0) }" } ?? "") },
        system_id: "tollgate", password: { file: "\(files.password)" }, rate: 100, bind_timeout_s: \(timeout),
      },
      """
    }

    private static func listener(
      _ files: TLSFiles, _ name: String, port: UInt16, tls: String?, timeout: Int = 10
    ) -> String {
      """
      \(name): {
        listen: { host: "127.0.0.1", port: \(port)\(tls.map { ", tls: { \($0) }" } ?? "") },
        accounts: { \(name): { password: { file: "\(files.password)" } } }, rate: 100, bind_timeout_s: \(timeout),
      },
      """
    }

    /// A text of the healthy carrier arrives after everything else went wrong.
    private static func expectHealthy(_ steady: ScriptedCarrier, _ gateway: GatewayProcess) throws {
      let app = try App(gateway.socket)
      defer { app.close() }
      let number = "+12025550199"
      _ = try World.rep(app, "Ada", number: number, rate: 10)
      let index = Monitor<Int?>(nil)
      steady.perform { turn in
        let given = turn.deliver(
          ShortMessage(source: digits(World.phone(1)), destination: digits(number), text: Array("hello".utf8))
        )
        index.change { $0 = given }
      }
      _ = try steady.wait("the answer of a healthy bind") { record in
        index.read { $0 }.flatMap { given in record.deliveries.first { $0.index == given }?.status }
      }
      #expect(steady.record.read { $0.binds.count } == 1, "the healthy bind was made once and stood")
    }

    // MARK: We connect

    @Test("Seventeen wrong servers are refused, each with its own line, and the healthy bind lives on")
    func wrongServers() async throws {
      try await blocking { try Self.runWrongServers() }
    }

    private static func runWrongServers() throws {
      let files = try TLSFiles()
      var children: [Child] = []
      var wrong: [Wrong] = []
      defer { for child in children { child.destroy() } }
      let trust = "ca: \"\(files.root.certificate)\", server_name: \"\(TLSFiles.host)\""

      func server(
        _ name: String, _ pair: TLSFiles.Pair, _ more: [String] = [], tls: String? = nil, line: String
      ) throws {
        let (child, port) = try TLSPeers.server(pair, more)
        children.append(child)
        wrong.append(
          Wrong(name: name, carrier: carrier(files, name, port: port, tls: tls ?? trust), line: line))
      }
      func raw(_ name: String, port: UInt16, timeout: Int = 10, line: String) {
        wrong.append(
          Wrong(
            name: name, carrier: carrier(files, name, port: port, tls: trust, timeout: timeout), line: line))
      }

      let good = try files.make("good")
      try server(
        "expired",
        try files.make("expired") {
          $0.notBefore = 1_700_000_000
          $0.notAfter = 1_767_225_600
        }, line: "tls: certificate has expired (notAfter 2026-01-01)")
      try server(
        "early",
        try files.make("early") {
          $0.notBefore = 4_102_444_800
          $0.notAfter = 4_133_980_800
        }, line: "tls: certificate is not valid yet (notBefore 2100-01-01)")
      try server(
        "wrong_host", try files.make("other") { $0.names = ["smpp.other.example"] },
        line: "tls: certificate is for smpp.other.example, not for \(TLSFiles.host)")
      try server(
        "wrong_address", good, tls: "ca: \"\(files.root.certificate)\"",
        line: "tls: certificate is for \(TLSFiles.host), not for 127.0.0.1")
      try server(
        "self_signed", try files.make("lone", isLone: true),
        line: "tls: certificate is not signed by a CA we trust (self-signed certificate)")
      let strangers = try files.authority("Strange Root")
      try server(
        "unknown_ca", try files.make("strange", by: strangers, chain: [strangers]),
        line: "tls: certificate is not signed by a CA we trust (its root is CN=Strange Root)")
      let between = try files.authority("Between", by: files.root)
      try server(
        "no_intermediate", try files.make("leaf", by: between),
        line:
          "tls: certificate is not signed by a CA we trust (its issuer CN=Between is not known and was not sent)"
      )
      try server(
        "expired_ca",
        try files.make(
          "below", by: try Self.expiredAuthority(files)),
        tls: "ca: \"\(files.directory.path)/oldroot.pem\", server_name: \"\(TLSFiles.host)\"",
        line: "tls: the authority's certificate CN=Old Root has expired (notAfter 2026-01-01)")
      try server(
        "pin_differs", good, tls: "verify: \"pin\", pins: [\"\(strangers.pin)\"]",
        line: "tls: the pinned key differs")
      try server(
        "old_version", good, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        line: "tls: the peer speaks no version of TLS that we do (1.2 or later)")
      try server(
        "below_minimum", good, ["-tls1_2"], tls: trust + ", minimum: \"1.3\"",
        line: "tls: the peer speaks no version of TLS that we do (1.3 or later)")
      let asking = ["-Verify", "1", "-verify_return_error", "-CAfile", files.root.certificate]
      try server(
        "no_client", good, asking, line: "tls: the peer asks for a client certificate and we have none")
      try server(
        "strange_client", good, asking,
        tls: trust
          + ", certificate: \"\(strangers.certificate)\", key: { file: \"\(strangers.key)\" }",
        line: "tls: the peer refused: it does not know the CA that signed our certificate")
      let old = try files.make("oldclient") {
        $0.notBefore = 1_700_000_000
        $0.notAfter = 1_767_225_600
      }
      try server(
        "expired_client", good, asking,
        tls: trust + ", certificate: \"\(old.certificate)\", key: { file: \"\(old.key)\" }",
        line: "tls: the peer refused: it says our certificate has expired")
      // An SMSC without TLS: generic_nack to what it takes for a PDU.
      let plain = try RawPeer(answer: [0, 0, 0, 16, 0x80, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0])
      raw("plain_peer", port: plain.port, line: "tls: the peer speaks no TLS")
      let garbage = try RawPeer(answer: [UInt8](repeating: 0xA5, count: 300))
      raw("garbage", port: garbage.port, line: "tls: the peer speaks no TLS")
      let silent = try RawPeer(answer: [])
      raw(
        "stalled", port: silent.port, timeout: 2, line: "tls: the peer did not finish the handshake in time")
      defer {
        plain.stop()
        garbage.stop()
        silent.stop()
      }

      let steady = try ScriptedCarrier()
      defer { steady.close() }
      let gateway = try GatewayProcess(
        carriers: [.init(port: steady.port)], rawCarriers: wrong.map(\.carrier).joined(separator: "\n"))
      defer { gateway.destroy() }
      try gateway.start()
      try steady.waitForBinds(1)
      let child = try #require(gateway.child)
      for wrong in wrong {
        _ = try child.errorLine {
          $0.contains("carrier=\(wrong.name) session=0 state=waiting reason=\"\(wrong.line)\"")
        }
      }
      try expectHealthy(steady, gateway)
      for wrong in wrong {
        #expect(!child.errorLines.contains { $0.contains("carrier=\(wrong.name) session=0 state=bound") })
        let reasons = Set(
          child.errorLines.filter { $0.contains("carrier=\(wrong.name) ") && $0.contains("reason=") }.map {
            $0.split(separator: "\"")[1]
          })
        #expect(reasons == [Substring(wrong.line)], "one clear line, and no other")
      }
      try gateway.terminate()
    }

    private static func expiredAuthority(_ files: TLSFiles) throws -> TLSFiles.Pair {
      try files.make("oldroot", isLone: true) {
        $0 = .authority("Old Root")
        $0.notBefore = 1_700_000_000
        $0.notAfter = 1_767_225_600
      }
    }

    @Test(
      "1.2, 1.3, our own CA, a pinned key, and certificates both ways are bound, and a cut is a lost bind")
    func rightServers() async throws {
      try await blocking { try Self.runRightServers() }
    }

    private static func runRightServers() throws {
      let files = try TLSFiles()
      var children: [Child] = []
      defer { for child in children { child.destroy() } }
      let smsc = try ScriptedCarrier()
      defer { smsc.close() }
      let good = try files.make("good")
      let ours = try files.make("ours")
      let lone = try files.make("lone", isLone: true) { $0.names = [] }
      let trust = "ca: \"\(files.root.certificate)\", server_name: \"\(TLSFiles.host)\""
      var carriers = ""
      var names: [String] = []
      func right(_ name: String, _ pair: TLSFiles.Pair, _ more: String = ",verify=0", tls: String) throws {
        let (child, port) = try TLSPeers.terminator(pair, to: smsc.port, more, forks: name != "only_1_2")
        children.append(child)
        names.append(name)
        carriers += carrier(files, name, port: port, tls: tls)
      }
      try right("only_1_2", good, ",verify=0,openssl-max-proto-version=TLS1.2", tls: trust)
      try right(
        "only_1_3", good, ",verify=0,openssl-min-proto-version=TLS1.3", tls: trust + ", minimum: \"1.3\"")
      try right("pinned", lone, tls: "verify: \"pin\", pins: [\"\(lone.pin)\"]")
      try right("chain_only", good, tls: "ca: \"\(files.root.certificate)\", verify: \"chain\"")
      try right(
        "mutual", good, ",verify=1,cafile=\(files.root.certificate)",
        tls: trust + ", certificate: \"\(ours.certificate)\", key: { file: \"\(ours.key)\" }")

      let gateway = try GatewayProcess(carriers: [.init(port: smsc.port)], rawCarriers: carriers)
      defer { gateway.destroy() }
      try gateway.start()
      let child = try #require(gateway.child)
      for name in names {
        _ = try child.errorLine { $0.contains("carrier=\(name) session=0 state=bound") }
      }
      try smsc.waitForBinds(names.count + 1)
      // The terminator of the first dies: no close_notify comes, and the bind is lost like any other.
      children[0].destroy()
      _ = try child.errorLine { $0.contains("carrier=only_1_2 session=0 state=waiting reason=") }
      #expect(!child.errorLines.contains { $0.contains("carrier=mutual session=0 state=waiting") })
      try gateway.terminate()
    }

    // MARK: They connect

    @Test(
      "Ten wrong clients are turned away, each with its own line, right ones bind, and nobody else notices")
    func clients() async throws {
      try await blocking { try Self.runClients() }
    }

    private static func runClients() throws {
      let files = try TLSFiles()
      var children: [Child] = []
      defer { for child in children { child.destroy() } }
      let ours = try files.make("ours")
      let theirs = try files.make("theirs")
      let lone = try files.make("lone", isLone: true)
      let old = try files.make("old") {
        $0.notBefore = 1_700_000_000
        $0.notAfter = 1_767_225_600
      }
      let own = "certificate: \"\(ours.certificate)\", key: { file: \"\(ours.key)\" }"
      let (open, mutual, strict, plain, hasty) = (
        try TLSPeers.freePort(), try TLSPeers.freePort(), try TLSPeers.freePort(), try TLSPeers.freePort(),
        try TLSPeers.freePort()
      )
      let steady = try ScriptedCarrier()
      defer { steady.close() }
      let gateway = try GatewayProcess(
        carriers: [.init(port: steady.port)],
        rawCarriers: listener(files, "open", port: open, tls: own)
          + listener(files, "mutual", port: mutual, tls: own + ", client_ca: \"\(files.root.certificate)\"")
          + listener(files, "strict", port: strict, tls: own + ", minimum: \"1.3\"")
          + listener(files, "plain", port: plain, tls: nil)
          + listener(files, "hasty", port: hasty, tls: own, timeout: 2))
      defer { gateway.destroy() }
      try gateway.start()
      try steady.waitForBinds(1)
      let child = try #require(gateway.child)
      func expect(_ port: UInt16, _ line: String, within limit: Duration = .seconds(20)) throws {
        _ = try child.errorLine(within: limit) {
          $0.contains("listen=127.0.0.1:\(port) from=127.0.0.1 event=") && $0.contains("reason=\"\(line)\"")
        }
      }
      func client(_ port: UInt16, _ more: [String], _ line: String) throws {
        // A listener writes at most five lines a second: where ours was beyond, the next attempt's is not.
        for attempt in 1...4 {
          children.append(try TLSPeers.client(port, more))
          do {
            return try expect(port, line, within: attempt == 4 ? .seconds(20) : .seconds(3))
          } catch  where attempt < 4 {}
        }
      }

      let bare = try RawClient(port: open)
      bare.write(
        RawPDU(
          command: RawPDU.bindTransceiver, sequence: 1, body: Array("open\0x\0\0".utf8) + [0x34, 0, 0, 0]))
      try expect(open, "tls: the peer speaks no TLS")
      try client(
        open, ["-verify_return_error", "-CAfile", lone.certificate],
        "tls: the peer refused: it does not know the CA that signed our certificate")
      try client(
        open, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"],
        "tls: the peer speaks no version of TLS that we do (1.2 or later)")
      // Without forward secrecy; with a cipher that does not authenticate.
      for suites in ["AES256-GCM-SHA384:AES128-SHA", "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256"] {
        try client(
          open, ["-tls1_2", "-cipher", suites + ":@SECLEVEL=0"],
          "tls: the peer and we have no cipher in common")
      }
      let gone = try RawClient(port: open)
      gone.write([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])
      gone.shutdown()
      try expect(open, "tls: the peer closed the connection during the handshake")
      try client(strict, ["-tls1_2"], "tls: the peer speaks no version of TLS that we do (1.3 or later)")
      try client(mutual, [], "tls: the peer showed no client certificate")
      try client(
        mutual, ["-cert", lone.certificate, "-key", lone.key],
        "tls: client certificate is not signed by a CA we trust (self-signed certificate)")
      try client(
        mutual, ["-cert", old.certificate, "-key", old.key],
        "tls: client certificate has expired (notAfter 2026-01-01)")
      let stalled = try RawClient(port: hasty)
      try expect(hasty, "tls: the peer did not finish the handshake in time")
      _ = stalled
      children.append(try TLSPeers.client(plain, []))
      _ = try child.errorLine {
        $0.contains("listen=127.0.0.1:\(plain) from=127.0.0.1 event=framing_lost")
          && $0.contains("the peer speaks TLS; this listener does not")
      }
      #expect(!child.errorLines.contains { $0.contains("state=bound") && !$0.contains("carrier=carrier") })

      let (one, first) = try TLSPeers.initiator(
        to: open,
        ",cafile=\(files.root.certificate),commonname=\(TLSFiles.host),openssl-max-proto-version=TLS1.2"
      )
      let (two, second) = try TLSPeers.initiator(
        to: mutual,
        ",cafile=\(files.root.certificate),commonname=\(TLSFiles.host),cert=\(theirs.certificate),key=\(theirs.key)"
      )
      children += [one, two]
      let sessions = [try RawClient(port: first), try RawClient(port: second)]
      #expect(try sessions[0].bind("open") == 0)
      #expect(try sessions[1].bind("mutual") == 0)
      for session in sessions {
        session.write(RawPDU(command: RawPDU.enquireLink, sequence: 2))
        #expect(try session.read().command == RawPDU.enquireLink | RawPDU.response)
      }
      try expectHealthy(steady, gateway)
      try gateway.terminate()
    }

    // MARK: Over time

    @Test(
      "A reload takes new certificates for new handshakes, keeps sessions, and keeps the old for a bad file")
    func reload() async throws {
      try await blocking { try Self.runReload() }
    }

    private static func runReload() throws {
      let files = try TLSFiles()
      let ours = try files.make("ours")
      let next = try files.make("next")
      let port = try TLSPeers.freePort()
      let steady = try ScriptedCarrier()
      defer { steady.close() }
      let gateway = try GatewayProcess(
        carriers: [.init(port: steady.port)],
        rawCarriers: listener(
          files, "listener", port: port,
          tls: "certificate: \"\(ours.certificate)\", key: { file: \"\(ours.key)\" }"))
      defer { gateway.destroy() }
      try gateway.start()
      try steady.waitForBinds(1)
      let child = try #require(gateway.child)
      let (bridge, bridged) = try TLSPeers.initiator(to: port, ",verify=0")
      defer { bridge.destroy() }
      let session = try RawClient(port: bridged)
      #expect(try session.bind("listener") == 0)

      func subject() throws -> String {
        let client = try TLSPeers.client(port, [])
        defer { client.destroy() }
        return try client.line { $0.hasPrefix("subject=") }
      }
      #expect(try subject().contains("ours"))

      // Nonsense first: one line, and the old stays.
      let before = try Data(contentsOf: URL(fileURLWithPath: ours.certificate))
      try Data("nonsense".utf8).write(to: URL(fileURLWithPath: ours.certificate))
      child.send(signal: SIGHUP)
      _ = try child.errorLine {
        $0.contains("event=reload_failed") && $0.contains("holds no certificate (expected PEM)")
      }
      #expect(try subject().contains("ours"))
      try before.write(to: URL(fileURLWithPath: ours.certificate))

      try files.replace(ours, by: next)
      child.send(signal: SIGHUP)
      _ = try child.errorLine { $0.contains("event=reloaded tls=1") }
      // The network thread takes them with its next round, within a second.
      var shown = ""
      for _ in 0..<100 where !shown.contains("next") { shown = try subject() }
      #expect(shown.contains("next"))

      session.write(RawPDU(command: RawPDU.enquireLink, sequence: 2))
      #expect(try session.read().command == RawPDU.enquireLink | RawPDU.response)
      #expect(steady.record.read { $0.binds.count } == 1)
      try gateway.terminate()
    }

    @Test(
      "A reload takes new lists of revoked certificates: a revoked peer's session ends, and it gets no other")
    func revocation() async throws {
      try await blocking { try Self.runRevocation() }
    }

    private static func runRevocation() throws {
      let files = try TLSFiles()
      let (ours, theirs, others) = (
        try files.make("ours"), try files.make("theirs"), try files.make("others")
      )
      func list(_ revoked: [TLSFiles.Pair]) throws -> String {
        try TLSFiles.write(
          try RevocationListMaker.make(by: files.root.issued, revoked: revoked.map(\.issued)), "crl.pem",
          in: files.directory)
      }
      let lists = try list([])
      let smsc = try ScriptedCarrier()
      defer { smsc.close() }
      let (terminator, secured) = try TLSPeers.terminator(theirs, to: smsc.port)
      defer { terminator.destroy() }
      let port = try TLSPeers.freePort()
      let gateway = try GatewayProcess(
        carriers: [.init(port: smsc.port)],
        rawCarriers: carrier(
          files, "secured", port: secured,
          tls: "ca: \"\(files.root.certificate)\", server_name: \"\(TLSFiles.host)\", crl: \"\(lists)\"")
          + listener(
            files, "listener", port: port,
            tls: """
              certificate: "\(ours.certificate)", key: { file: "\(ours.key)" },
              client_ca: "\(files.root.certificate)", crl: "\(lists)"
              """))
      defer { gateway.destroy() }
      try gateway.start()
      let child = try #require(gateway.child)
      _ = try child.errorLine { $0.contains("carrier=secured session=0 state=bound") }
      func session(_ pair: TLSFiles.Pair) throws -> (bridge: Child, client: RawClient) {
        let (bridge, bridged) = try TLSPeers.initiator(
          to: port, ",verify=0,cert=\(pair.certificate),key=\(pair.key)")
        return (bridge, try RawClient(port: bridged))
      }
      let (good, bad) = (try session(others), try session(theirs))
      defer { for bridge in [good.bridge, bad.bridge] { bridge.destroy() } }
      #expect(try good.client.bind("listener") == 0)
      #expect(try bad.client.bind("listener") == 0)

      _ = try list([theirs])
      child.send(signal: SIGHUP)
      let ended = "tls: the peer's certificate has been revoked since it connected"
      _ = try child.errorLine {
        $0.contains("carrier=secured session=0 state=waiting reason=\"\(ended)\"")
      }
      _ = try child.errorLine {
        $0.contains("carrier=listener session=1 state=waiting reason=\"\(ended)\"")
      }
      _ = try child.errorLine {
        $0.contains("carrier=secured session=0 state=waiting")
          && $0.contains("reason=\"tls: certificate is revoked by CN=Test Root\"")
      }
      let again = try session(theirs)
      defer { again.bridge.destroy() }
      #expect(throws: (any Error).self) { try again.client.bind("listener") }
      _ = try child.errorLine {
        $0.contains("event=refused") && $0.contains("tls: client certificate is revoked by CN=Test Root")
      }
      good.client.write(RawPDU(command: RawPDU.enquireLink, sequence: 2))
      #expect(try good.client.read().command == RawPDU.enquireLink | RawPDU.response)
      try gateway.terminate()
    }

    @Test("Certificates that end soon are told once: ours, and one that a carrier showed")
    func alarms() async throws {
      try await blocking { try Self.runAlarms() }
    }

    private static func runAlarms() throws {
      let files = try TLSFiles()
      let now = WallClock.nowMilliseconds / 1000
      let ours = try files.make("ours") { $0.notAfter = now + 10 * 86_400 }
      let theirs = try files.make("theirs") { $0.notAfter = now + 2 * 86_400 }
      let smsc = try ScriptedCarrier()
      defer { smsc.close() }
      let (terminator, port) = try TLSPeers.terminator(theirs, to: smsc.port)
      defer { terminator.destroy() }
      let gateway = try GatewayProcess(
        carriers: [.init(port: smsc.port)],
        rawCarriers: carrier(
          files, "secured", port: port,
          tls: """
            ca: "\(files.root.certificate)", server_name: "\(TLSFiles.host)",
            certificate: "\(ours.certificate)", key: { file: "\(ours.key)" }
            """))
      defer { gateway.destroy() }
      try gateway.start()
      let own = "alert=certificate_expires subject=secured our certificate CN=ours expires on"
      let shown = "alert=certificate_expires subject=secured the carrier's certificate CN=theirs expires on"
      let first = try #require(gateway.child)
      _ = try first.errorLine { $0.contains("<4>") && $0.contains(own) }
      _ = try first.errorLine { $0.contains("<2>") && $0.contains(shown) }
      try gateway.terminate()
      #expect(first.errorLines.filter { $0.contains("alert=certificate_expires") }.count == 2)
      // Nor does a restart tell it again on the same day.
      try gateway.start()
      let second = try #require(gateway.child)
      _ = try second.errorLine { $0.contains("carrier=secured session=0 state=bound") }
      try gateway.terminate()
      #expect(!second.errorLines.contains { $0.contains("alert=certificate_expires") })
    }

    @Test("A key that does not fit, is encrypted, or is missing ends the start with 78 and one line")
    func configurations() async throws {
      try await blocking { try Self.runConfigurations() }
    }

    private static func runConfigurations() throws {
      let files = try TLSFiles()
      let ours = try files.make("ours")
      let other = try files.make("other")
      let encrypted = files.directory.appendingPathComponent("encrypted.key").path
      let encrypting = try Child(
        "openssl",
        ["openssl", "pkey", "-in", ours.key, "-aes256", "-passout", "pass:x", "-out", encrypted])
      #expect(try encrypting.waitForExit() == .code(0))
      let cases = [
        (other.key, "carriers.secured.connect.tls.key: file \(other.key) does not belong to the certificate"),
        (
          encrypted,
          "carriers.secured.connect.tls.key: file \(encrypted) is encrypted; expected a key without"
        ),
        (files.directory.path + "/none", "/none cannot be read: No such file or directory"),
      ]
      for (key, line) in cases {
        let gateway = try GatewayProcess(
          carriers: [],
          rawCarriers: carrier(
            files, "secured", port: 1,
            tls: "certificate: \"\(ours.certificate)\", key: { file: \"\(key)\" }"))
        defer { gateway.destroy() }
        let child = try Child(
          "tollgate", [Locations.tollgate, "serve", "--config", gateway.configuration])
        defer { child.destroy() }
        #expect(try child.waitForExit() == .code(78))
        #expect(child.errorLines.count == 1)
        #expect(child.errorLines.first?.contains(line) == true, "\(child.errorLines)")
      }
    }
  }
}
