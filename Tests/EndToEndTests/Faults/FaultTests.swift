import Contract
import Foundation
import Testing

extension EndToEnd {
  /// What users of other SMPP software reported, done to the real process.
  @Suite(.serialized)
  struct Faults {
    /// Faults of one subject; each subject is one process.
    struct Subject: CustomTestStringConvertible, Sendable {
      var testDescription: String
      var table: [Fault]
    }

    static let subjects = [
      Subject(testDescription: "receipts", table: receiptFaults),
      Subject(testDescription: "texts", table: textFaults),
      Subject(testDescription: "PDUs", table: wireFaults),
      Subject(testDescription: "answers", table: submitFaults),
      Subject(testDescription: "sessions", table: sessionFaults),
    ]

    @Test("No fault that others are known for is one of ours", arguments: subjects)
    func none(_ subject: Subject) async throws {
      let failures = try await blocking { try Self.run(subject.table) }
      for (fault, failure) in zip(subject.table, failures) {
        if let failure { Issue.record("\(fault.name): \(failure)") }
      }
    }

    /// Each row has a carrier of its own, all of them one process: they run at once.
    private static func run(_ table: [Fault]) throws -> [HarnessError?] {
      let listeners = try table.map { _ in try RawListener() }
      let gateway = try GatewayProcess(
        carriers: zip(table, listeners).enumerated().map { index, row in
          .init(
            name: FaultStage.carrier(index), port: row.1.port, window: row.0.window, rate: 500,
            responseTimeoutSeconds: row.0.responseTimeoutSeconds, more: row.0.profile)
        })
      defer { gateway.destroy() }
      try gateway.start()
      let app = try App(gateway.socket)
      try app.subscribe("crm")
      let failures = Monitor<[HarnessError?]>(table.map { _ in nil })
      let rows = DispatchGroup()
      for (index, row) in zip(table, listeners).enumerated() {
        let stage = Unchecked(try FaultStage(row.0, index: index, app: app, listener: row.1))
        rows.enter()
        Thread.detachNewThread {
          do {
            if stage.value.fault.binds { try stage.value.bind() }
            try stage.value.fault.run(stage.value)
          } catch {
            failures.change { $0[index] = HarnessError("\(error)") }
          }
          stage.value.close()
          stage.value.listener.close()
          rows.leave()
        }
      }
      rows.wait()
      guard app.faults.isEmpty else { throw HarnessError("the socket said \(app.faults)") }
      guard try gateway.terminate() == .code(0) else {
        throw HarnessError("the gateway did not end well\n\(gateway.child?.transcript ?? "")")
      }
      return failures.read { $0 }
    }

    /// A stage passes from the thread that makes it to the one that runs it.
    private struct Unchecked: @unchecked Sendable {
      // SAFETY: one thread at a time has it.
      let value: FaultStage
      init(_ value: FaultStage) { self.value = value }
    }
  }
}
