import Contract
import Foundation
import Testing

extension EndToEnd {
  /// What operators are told of a session: what happened, in the order it happened.
  @Suite(.serialized)
  struct Reasons {
    private func withCarrier(
      _ body: @Sendable @escaping (RawListener, Child) throws -> Void
    ) async throws {
      try await blocking {
        let listener = try RawListener()
        defer { listener.close() }
        let gateway = try GatewayProcess(carriers: [
          .init(name: "carrier", port: listener.port, more: "bind_timeout_s: 1")
        ])
        defer { gateway.destroy() }
        try gateway.start()
        try body(listener, try #require(gateway.child))
      }
    }

    @Test("A carrier that unbinds has unbound, and nothing is told before it happened")
    func unbound() async throws {
      try await withCarrier { listener, child in
        let wire = try listener.accept()
        try wire.answer(try wire.next(RawPDU.bindTransceiver), Array("smsc".utf8) + [0])
        _ = try child.errorLine { $0.contains("1 of 1 carriers bound") }
        let lines = child.errorLines.filter { $0.contains("carrier=carrier") || $0.contains("1 of 1") }
        let order = lines.compactMap { line in
          ["state=connecting", "state=binding", "state=bound", "1 of 1"].first { line.contains($0) }
        }
        #expect(order == ["state=connecting", "state=binding", "state=bound", "1 of 1"])
        let sequence = try wire.request(RawPDU.unbind)
        _ = try wire.next(RawPDU.unbind | RawPDU.response, sequence: sequence)
        wire.close()
        let line = try child.errorLine { $0.contains("state=waiting") }
        #expect(line.contains("reason=\"unbound by the peer\""), "\(line)")
      }
    }

    @Test("A bind that is answered under another number, or by a closed connection, says so")
    func misnumbered() async throws {
      try await withCarrier { listener, child in
        let wire = try listener.accept()
        let bind = try wire.next(RawPDU.bindTransceiver)
        try wire.send(
          RawPDU(command: bind.command | RawPDU.response, sequence: 0, body: Array("smsc".utf8) + [0]))
        try wire.awaitEnd()
        _ = try child.errorLine {
          $0.contains("state=waiting") && $0.contains("bind answered under sequence_number 0")
        }
        let second = try listener.accept()
        _ = try second.next(RawPDU.bindTransceiver)
        second.close()
        _ = try child.errorLine {
          $0.contains("reason=\"the carrier closed the connection before it answered the bind\"")
        }
      }
    }
  }
}
