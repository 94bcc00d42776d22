import CarrierSimulator
import Carriers
import Configuration
import Foundation
import NetIO
import SMPP
import TestSupport
import Testing

@testable import Daemon

/// `tollgate carrier test` against the simulated SMSC, over real TCP.
@Suite struct CarrierProbeTests {
  private final class Notes {
    var findings: [CarrierProbe.Finding] = []
    subscript(name: String) -> String? { findings.first { $0.name == name }?.value }
    func advice(_ name: String) -> String? { findings.first { $0.name == name }?.advice }
  }

  private func configuration(port: UInt16, _ more: String = "") throws -> Configuration.Carrier {
    let read = try withTemporaryDirectory { directory in
      try directory.write("p", "tr1ckle\n".utf8)
      return try Configuration.parse(
        """
        { socket: { roles: { admin: { users: ["root"] } } }, brand: { name: "A", help: "STOP" },
          carriers: { c: { connect: { host: "127.0.0.1", port: \(port) }, system_id: "acme",
            password: { credential: "p" }, rate: 30, bind_timeout_s: 5, \(more) } } }
        """, file: "t", secrets: SecretSource(credentialsDirectory: directory.path))
    }
    return try #require(read.carriers.first)
  }

  private func smsc(_ change: (inout CarrierSimulator.Configuration) -> Void = { _ in }) throws -> (
    CarrierSimulator, UInt16
  ) {
    var configuration = CarrierSimulator.Configuration()
    configuration.accounts = [.init(systemID: "acme", password: "tr1ckle")]
    configuration.receipts.delay = .fixed(.milliseconds(20))
    change(&configuration)
    let simulator = CarrierSimulator(configuration)
    return (simulator, try simulator.start())
  }

  private static let text = CarrierProbe.SelfTest(
    from: "+18885550101", to: "+12025550143", patience: .seconds(10))

  private func probe(
    _ carrier: Configuration.Carrier, _ text: CarrierProbe.SelfTest? = nil
  ) -> (Notes, CarrierProbe.Problem?) {
    let notes = Notes()
    do throws(CarrierProbe.Problem) {
      try CarrierProbe(carrier) { notes.findings.append($0) }.run(text)
      return (notes, nil)
    } catch {
      return (notes, error)
    }
  }

  @Test func aGoodBindIsReportedStepByStep() throws {
    let (simulator, port) = try smsc()
    defer { simulator.stop() }
    let (notes, problem) = probe(try configuration(port: port))
    #expect(problem == nil)
    #expect(notes["host"]?.contains("127.0.0.1") == true)
    #expect(notes["connection"]?.contains("ms") == true)
    #expect(notes["bind"]?.hasPrefix("as transceiver") == true)
    #expect(notes["interface_version"] == "0x34")
    #expect(notes["enquire_link"]?.hasPrefix("answered in") == true)
    #expect(notes["unbind"]?.hasPrefix("in order") == true)
    #expect(notes["submit_sm"] == nil)
  }

  @Test func bothSidesOfAPairAreTried() throws {
    let (simulator, port) = try smsc()
    defer { simulator.stop() }
    let (notes, problem) = probe(try configuration(port: port, "bind: 'transmitter_receiver'"))
    #expect(problem == nil)
    #expect(
      notes.findings.filter { $0.name == "bind" }.map { $0.value.prefix(14) } == [
        "as transmitter", "as receiver, i",
      ])
  }

  @Test func theTextsReceiptShowsHowIdsAreWritten() throws {
    let (simulator, port) = try smsc { $0.receipts.ids = .hexThenDecimal }
    defer { simulator.stop() }
    let (notes, problem) = probe(try configuration(port: port), Self.text)
    #expect(problem == nil)
    #expect(notes["submit_sm"]?.hasSuffix("as gsm7") == true)
    #expect(notes["message_id"]?.contains("characters") == true)
    #expect(notes["receipt"]?.contains("marked as a receipt") == true)
    #expect(notes["receipts.id"]?.contains("\"hex_to_decimal\" matches it") == true)
    #expect(notes.advice("receipts.id")?.contains("set receipts: { id: \"hex_to_decimal\" }") == true)
  }

  @Test func aRefusedPasswordIsReportedWithAdvice() throws {
    let (simulator, port) = try smsc { $0.accounts = [.init(systemID: "acme", password: "other")] }
    defer { simulator.stop() }
    let (notes, problem) = probe(try configuration(port: port))
    guard case .refused(let status)? = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(notes["bind"] == "refused with \(status.name)")
    #expect(notes.advice("bind")?.isEmpty == false)
  }

  @Test func nobodyThereIsUnreachable() throws {
    let (simulator, port) = try smsc()
    simulator.stop()
    let (notes, problem) = probe(try configuration(port: port))
    guard case .unreachable? = problem else {
      Issue.record("\(String(describing: problem))")
      return
    }
    #expect(notes["connection"]?.contains("127.0.0.1") == true)
  }

  @Test(arguments: [
    ("deadbeef", "hexadecimal, 8 characters"), ("0123456789", "decimal, 10 characters"),
    ("01f4c9a2-7b1d-4e0e-9b53-0d6c6b1e2a90", "a UUID, 36 characters"), ("msg:7", "text, 5 characters"),
  ])
  func anIDsStyleIsNamed(id: String, style: String) {
    #expect(CarrierProbe.style(of: id) == style)
  }

  @Test(
    arguments: [
      ("AB12", "AB12", ReceiptIDStyle.exact), ("ab12", "AB12", .auto), ("7f", "127", .hexToDecimal),
      ("127", "7F", .decimalToHex), ("0042", "42", .auto), ("abc", "xyz", nil),
    ] as [(COctetString, COctetString, ReceiptIDStyle?)])
  func theReceiptIDIsSuggested(response: COctetString, receipt: COctetString, style: ReceiptIDStyle?) {
    #expect(CarrierProbe.style(response: response, receipt: receipt) == style)
  }
}
