import Contract
import Foundation
import Testing

extension EndToEnd {
  /// A kill keeps the page cache, so the sync itself is watched: a trace of the system calls.
  @Suite(.serialized)
  struct DurabilityTrace {
    @Test(
      "Before each acknowledgement, to a carrier or an application, the log was synced after the request came"
    )
    func syncs() async throws {
      try await blocking { try Self.run() }
    }

    private static func run() throws {
      let count = 40
      let carrier = try ScriptedCarrier()
      defer { carrier.close() }
      let gateway = try GatewayProcess(carriers: [.init(port: carrier.port, window: 10, rate: 500)])
      defer { gateway.destroy() }
      let path = gateway.directory.appendingPathComponent("strace.log").path
      try gateway.start(
        tracer: StraceLog.tracer(
          calls: "read,readv,recvfrom,recvmsg,write,writev,sendto,sendmsg,fdatasync,fsync", to: path))
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let rep = try World.rep(app, "Ann", number: "+18885550101", rate: 100)
      try carrier.waitForBinds(1)
      for index in 0..<count {
        carrier.perform { turn in
          turn.deliver(
            ShortMessage(
              source: digits(World.phone(index)), destination: "18885550101",
              text: Array("Hello \(index)".utf8)))
        }
        if index % 4 == 0 {
          _ = try app.call(
            MessageSend(
              from: .rep(rep), to: .phone(try World.number(World.phone(index))), text: "Note \(index)",
              idempotencyKey: "note-\(index)"))
        }
      }
      _ = try app.events("\(count) texts") { events in
        events.count { $0.event.received != nil } == count ? true : nil
      }
      _ = try carrier.wait("\(count) acknowledgements") { record in
        record.deliveries.count { $0.status == 0 } == count ? true : nil
      }
      #expect(try gateway.terminate() == .code(0))

      let log = try StraceLog(path: path)
      let deliveries = log.exchanges(
        request: { $0.command == RawPDU.deliverSM },
        answer: { $0.command == RawPDU.deliverSM | RawPDU.response })
      #expect(deliveries.count == count)
      #expect(!deliveries.contains(false), "\(deliveries.count { !$0 }) of \(count) were not synced")

      let commands = log.commands(method: "message.send")
      #expect(commands.count == count / 4)
      #expect(!commands.contains(false), "\(commands.count { !$0 }) of \(commands.count) were not synced")
    }
  }
}
