import Contract
import Foundation
import SMPP
import Testing

extension EndToEnd {
  @Suite(.serialized)
  struct Metrics {
    /// A family as Tests/Peers/check_metrics.py reads it.
    private struct Family: Decodable {
      struct Sample: Decodable {
        var name: String
        var labels: [String: String]
        var value: Double

        init(from decoder: any Decoder) throws {
          var container = try decoder.unkeyedContainer()
          name = try container.decode(String.self)
          labels = try container.decode([String: String].self)
          value = try container.decode(Double.self)
        }
      }

      var type: String
      var samples: [Sample]
    }

    private static func read(_ gateway: GatewayProcess) throws -> [String: Family] {
      let script = Locations.peers.appendingPathComponent("check_metrics.py").path
      let child = try Child(
        "check_metrics.py",
        [
          "/bin/sh", "-c", #""$0" metrics --socket "$1" | "$2" "$3""#, Locations.tollgate, gateway.socket,
          Locations.python, script,
        ])
      guard try child.waitForExit() == .code(0), let line = child.lines.first else {
        throw HarnessError(child.transcript)
      }
      return try JSONDecoder().decode([String: Family].self, from: Data(line.utf8))
    }

    @Test("tollgate metrics is what Prometheus' own parser reads, and tells what happened")
    func metrics() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      try Locations.foreignImplementations.get()
      let count = 40
      let carrier = try ScriptedCarrier { turn, submit in
        turn.answer(submit, status: submit.index < 3 ? CommandStatus.ESME_RINVDSTADR.rawValue : 0)
      }
      defer { carrier.close() }
      let gateway = try GatewayProcess(
        carriers: [.init(port: carrier.port, window: 7, rate: 300)], ready: "all")
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
      let contacts = try World.contacts(app, 0..<count, owner: rep)
      let campaign = try World.campaign(
        app, from: rep, Audience(contactIDs: contacts), text: "Open house?", key: "k", expecting: count)
      for index in 0..<5 {
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(
              source: digits(World.phone(index)), destination: "18885550101", text: Array("Yes \(index)".utf8)
            ))
        }
      }
      _ = try app.events("all sent, 5 answered") { events -> Bool? in
        let counts = events.last { $0.event.progress?.campaignID == campaign }?.event.progress?.counts
        return events.count { $0.event.received != nil } == 5 && counts.map { $0.sent + $0.failed } == count
          ? true : nil
      }

      // The network thread tells its counts once a second.
      var families: [String: Family] = [:]
      func value(_ name: String, _ labels: [String: String] = [:]) -> Double? {
        let samples = families.values.lazy.flatMap(\.samples).filter { $0.name == name }
        return samples.first { sample in labels.allSatisfy { sample.labels[$0.key] == $0.value } }?.value
      }
      let deadline = ContinuousClock.now + .seconds(20)
      repeat {
        families = try Self.read(gateway)
      } while ContinuousClock.now < deadline
        && (value("tollgate_carrier_deliver_seconds_count") != 5
          || value("tollgate_carrier_submit_seconds_count") != Double(count))

      let one = ["carrier": "carrier"]
      #expect(
        value("tollgate_carrier_pdus_total", one.with("direction", "out").with("command", "submit_sm"))
          == Double(count))
      #expect(
        value("tollgate_carrier_pdus_total", one.with("direction", "in").with("command", "deliver_sm")) == 5)
      #expect(
        value("tollgate_carrier_submit_answers_total", one.with("status", "ESME_ROK")) == Double(count - 3))
      #expect(value("tollgate_carrier_submit_answers_total", one.with("status", "ESME_RINVDSTADR")) == 3)
      #expect(value("tollgate_carrier_submit_seconds_count", one) == Double(count))
      #expect(value("tollgate_carrier_deliver_seconds_count", one) == 5)
      #expect(
        value("tollgate_carrier_rate_configured", one) == 300
          && value("tollgate_carrier_rate_in_force", one) == 300)
      #expect(value("tollgate_bind_up", one.with("session", "0")) == 1)
      #expect(value("tollgate_bind_window_size", one) == 7)
      #expect(value("tollgate_carrier_sessions", one.with("state", "bound")) == 1)
      #expect(value("tollgate_number_sent_segments_total", ["number": "+18885550101"]) == Double(count))
      #expect(value("tollgate_feed_consumer_lag_events", ["consumer": "crm"]).map { $0 > 0 } == true)
      #expect(value("tollgate_store_commit_seconds_count").map { $0 > 0 } == true)
      #expect(value("tollgate_store_bytes").map { $0 > 0 } == true)
      #expect(value("process_resident_memory_bytes").map { $0 > 1_000_000 } == true)
      #expect(
        value("process_open_fds").map { abs($0 - Double((try? gateway.descriptors()) ?? 0)) < 8 } == true)
      #expect(value("tollgate_build_info") == 1 && value("tollgate_ready") == 1)
      let limits = Set(families["tollgate_limit"]?.samples.compactMap { $0.labels["limit"] } ?? [])
      let used = Set(families["tollgate_limit_used"]?.samples.compactMap { $0.labels["limit"] } ?? [])
      #expect(limits == used && limits.contains("inbound_mailbox") && limits.count >= 8)
      #expect(try gateway.terminate() == .code(0))
    }

    @Test("systemd is told READY when a carrier is bound, or what is degraded when none comes")
    func readiness() async throws {
      try await blocking {
        // A port nobody listens on at first.
        let carrier = try ScriptedCarrier()
        let port = carrier.port
        carrier.close()
        let gateway = try GatewayProcess(
          carriers: [.init(port: port)], ready: "any", more: "ready_timeout_s: 1.5")
        defer { gateway.destroy() }
        let began = ContinuousClock.now
        try gateway.start()
        #expect(ContinuousClock.now - began >= .seconds(1.5))
        try gateway.awaitNotification("STATUS=0 of 1 carriers bound; degraded: carrier", within: .seconds(5))
        #expect(try Self.status(gateway) == .code(75))
        #expect(try gateway.terminate() == .code(0))
      }
    }

    @Test("READY waits for the bind, and a lost carrier is told at once")
    func readyWhenBound() async throws {
      try await blocking {
        let carrier = try ScriptedCarrier()
        let gateway = try GatewayProcess(
          carriers: [.init(port: carrier.port)], ready: "all", more: "ready_timeout_s: 600")
        defer { gateway.destroy() }
        try gateway.start()
        #expect(carrier.record.read { $0.binds.count } == 1)
        try gateway.awaitNotification("STATUS=1 of 1 carriers bound", within: .seconds(5))
        #expect(try Self.status(gateway) == .code(0))
        carrier.close()
        try gateway.awaitNotification("STATUS=0 of 1 carriers bound; degraded: carrier", within: .seconds(10))
        #expect(try gateway.terminate() == .code(0))
      }
    }

    private static func status(_ gateway: GatewayProcess) throws -> Child.Exit {
      try Child("tollgate status", [Locations.tollgate, "status", "--socket", gateway.socket]).waitForExit()
    }
  }
}

extension [String: String] {
  fileprivate func with(_ key: String, _ value: String) -> Self { merging([key: value]) { _, new in new } }
}
