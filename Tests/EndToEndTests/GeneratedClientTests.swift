import Contract
import Foundation
import SMPP
import Testing

extension EndToEnd {
  @Suite(.serialized)
  struct GeneratedClient {
    /// What Tests/Peers/app_generated.py found.
    private struct Findings: Decodable {
      var methods: [String]
      var messages: Int
      var `protocol`: Int
      var message_id: MessageID
      var replayed: Bool
      var found: MessageID
      var listed: [MessageID]
      var thread: ConversationID
      var why: MessageID
      var numbers: [PhoneNumber]
      var refused: String
      var events: [String]
    }

    @Test("A client generated from the OpenRPC and AsyncAPI documents talks to the daemon and reads its feed")
    func generated() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      try Locations.foreignImplementations.get()
      let carrier = try ScriptedCarrier()
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)], ready: "all")
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("test")
      _ = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
      carrier.perform { turn in
        turn.deliver(
          ShortMessage(
            source: digits(World.phone(1)), destination: "18885550101", text: Array("Are you open?".utf8)))
      }
      _ = try app.events("the text came in") { events in
        events.contains { $0.event.received != nil } ? true : nil
      }

      let directory = try Locations.temporaryDirectory()
      defer { try? FileManager.default.removeItem(at: directory) }
      let child = try Child(
        "app_generated.py",
        [
          Locations.python, Locations.peers.appendingPathComponent("app_generated.py").path,
          Locations.tollgate,
          gateway.socket, directory.path, "+18885550101", World.phone(1),
        ])
      guard try child.waitForExit(within: .seconds(120)) == .code(0), let line = child.lines.last else {
        throw HarnessError(child.transcript)
      }
      let findings = try JSONDecoder().decode(Findings.self, from: Data(line.utf8))
      #expect(findings.methods == Method.allCases.map(\.rawValue))
      #expect(findings.messages == EventType.allCases.count + 4)
      #expect(findings.protocol == 1 && findings.replayed)
      #expect(findings.found == findings.message_id && findings.why == findings.message_id)
      #expect(findings.listed.first == findings.message_id && findings.listed.count == 2)
      #expect(findings.numbers == [PhoneNumber("+18885550101")])
      #expect(findings.refused == "fone")
      let told = Set(findings.events)
      #expect(
        told.isSuperset(of: [
          "sms.number.state_changed.v1", "sms.bind.state_changed.v1", "sms.message.received.v1",
          "sms.conversation.changed.v1", "sms.message.state_changed.v1",
        ]))
      #expect(try gateway.terminate() == .code(0))
    }
  }
}
