import Foundation
import SMPP
import Testing

extension EndToEnd {
  /// The first command of the README, watched from outside.
  @Suite(.serialized)
  struct Demo {
    @Test("The demo ends with exit 0, and tshark reads all of its SMPP as we do")
    func demo() async throws {
      try await blocking {
        let capture = try Capture(filter: "tcp")
        defer { capture.destroy() }
        let data = Locations.repository.appendingPathComponent("Config/demo").path
        let demo = try Child(
          "tollgate demo", [Locations.tollgate, "demo", "--data", data], environment: ["NO_COLOR": "1"])
        defer { demo.destroy() }
        var port: UInt16?
        _ = try demo.line { _ in
          if port == nil { port = ProcessTree.listeningPorts(of: demo.processID).first }
          return port != nil
        }
        let carrierPort = try #require(port)
        #expect(try demo.waitForExit(within: .seconds(120)) == .code(0), "\(demo.transcript)")

        let report = try CaptureCheck.check(try capture.finish(), port: carrierPort)
        report.expectAgreement()
        #expect(report.count(.submitSM) > 0)
        #expect(report.count(.submitSM) == report.count(.submitSMResp))
        #expect(report.count(.deliverSM) == report.count(.deliverSMResp))
        #expect(report.count(.unbind) == report.count(.unbindResp))
      }
    }
  }
}
