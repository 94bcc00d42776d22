import Contract
import Foundation
import SMPP
import Testing

extension EndToEnd {
  @Suite(.serialized)
  struct Trace {
    @Test("tollgate trace shows what went over the wire, and tshark reads its capture")
    func trace() async throws {
      try await blocking { try Self.run() }
    }

    private static func tollgate(_ gateway: GatewayProcess, _ arguments: [String]) throws -> Child {
      let child = try Child(
        "tollgate trace", [Locations.tollgate, "trace", "--socket", gateway.socket] + arguments)
      guard try child.waitForExit() == .code(0) else { throw HarnessError(child.transcript) }
      return child
    }

    private static func run() throws {
      try Locations.foreignImplementations.get()
      let count = 30
      let carrier = try ScriptedCarrier { turn, submit in
        turn.answer(submit, status: submit.index == 0 ? CommandStatus.ESME_RINVDSTADR.rawValue : 0)
      }
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port)])
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 200)
      let contacts = try World.contacts(app, 0..<count, owner: rep)
      let campaign = try World.campaign(
        app, from: rep, Audience(contactIDs: contacts), text: "Open house {{first_name}}? Café, 5 €",
        key: "k",
        expecting: count)
      carrier.perform { turn in
        turn.deliver(
          ShortMessage(source: "12022000001", destination: "18885550101", text: Array("Yes, I come".utf8)))
      }
      _ = try app.events("all sent, 1 answered") { events -> Bool? in
        let counts = events.last { $0.event.progress?.campaignID == campaign }?.event.progress?.counts
        return events.count { $0.event.received != nil } == 1 && counts.map { $0.sent + $0.failed } == count
          ? true : nil
      }

      let lines = try Self.tollgate(gateway, ["--carrier", "carrier", "--last", "5000"]).lines
      #expect(lines.count { $0.contains(" submit_sm ") } == count)
      #expect(lines.contains { $0.contains("→") && $0.contains("Open house Name3? Café, 5 €") })
      #expect(
        lines.contains { $0.contains("←") && $0.contains("“Yes, I come”") && $0.contains(" deliver_sm ") })
      #expect(
        lines.contains {
          $0.contains("submit_sm_resp") && $0.contains("ESME_RINVDSTADR") && $0.contains(" ms")
        })
      #expect(lines.contains { $0.contains("bind_transceiver") && $0.contains("system_id=tollgate") })
      #expect(!lines.contains { $0.contains(GatewayProcess.password) })

      let one = try Self.tollgate(gateway, ["--number", "+12022000001", "--json"]).lines.map {
        try JSONDecoder().decode(TracedPDU.self, from: Data($0.utf8))
      }
      #expect(
        Set(one.compactMap(\.command)) == ["submit_sm", "submit_sm_resp", "deliver_sm", "deliver_sm_resp"])
      #expect(one.count == 4)

      let file = gateway.directory.appendingPathComponent("wire.pcap").path
      _ = try Self.tollgate(gateway, ["--last", "5000", "--pcap", file])
      let all = try Self.tollgate(gateway, ["--last", "5000", "--json"]).lines.map {
        try JSONDecoder().decode(TracedPDU.self, from: Data($0.utf8))
      }
      try Self.compare(all, file)
      #expect(try gateway.terminate() == .code(0))
    }

    /// Every PDU of the trace is in the capture as tshark reads it, none malformed, checksums right.
    private static func compare(_ traced: [TracedPDU], _ file: String) throws {
      func tshark(_ arguments: [String]) throws -> [String] {
        let child = try Child(
          "tshark",
          [
            "tshark", "-r", file, "-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE",
          ] + arguments)
        guard try child.waitForExit(within: .seconds(60)) == .code(0) else {
          throw HarnessError("tshark failed\n\(child.transcript)")
        }
        return child.lines
      }
      let wrong = try tshark([
        "-Y",
        "_ws.malformed || _ws.expert.severity >= warning || tcp.checksum.status != 1 || ip.checksum.status != 1",
      ])
      #expect(wrong == [])
      let rows = try tshark([
        "-Y", "smpp", "-T", "fields", "-e", "smpp.command_id", "-e", "smpp.sequence_number", "-e",
        "smpp.command_length",
        "-e", "ip.src", "-e", "frame.time_epoch",
      ])
      let ids = Dictionary(uniqueKeysWithValues: CommandID.all.map { ("\($0.name)", $0.id) })
      let known = traced.filter { $0.sequence <= Int64(rows.count) }
      #expect(rows.count == known.count)
      for (row, pdu) in zip(rows, known) {
        let columns = row.split(separator: "\t")
        guard columns.count == 5 else {
          Issue.record("tshark does not read \(row) as one PDU")
          continue
        }
        let id = UInt32(columns[0].dropFirst(2), radix: 16)
        #expect(id == pdu.command.flatMap { ids[$0]?.rawValue })
        #expect(Int(columns[1]) == pdu.sequenceNumber)
        #expect(Int(columns[2]) == pdu.octets)
        #expect(columns[3] == (pdu.direction == .out ? "10.0.0.1" : "10.0.1.1"))
      }
    }
  }
}
