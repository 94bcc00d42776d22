import NetIO
import SMPP
import Testing

@testable import CarrierSimulator

@Suite struct BindTests {
  @Test(arguments: BindType.allCases) func anAccountBindsWithItsPassword(type: BindType) throws {
    let carrier = try simulator()
    let esme = try TestESME.bound(to: carrier, type)
    #expect(carrier.wait { $0.counts.bound == 1 })
    esme.unbind()
    try esme.run { $0.isClosed }
    #expect(carrier.wait { $0.counts.bound == 0 })
    carrier.stop()
  }

  @Test(arguments: [
    ("acme", "wrong", CommandStatus.ESME_RINVPASWD), ("nobody", "secret", .ESME_RINVSYSID),
  ]) func aStrangerIsRefusedWithTheReason(id: String, password: String, status: CommandStatus) throws {
    let carrier = try simulator()
    let esme = try TestESME(
      port: try #require(carrier.port), systemID: COctetString(id), password: COctetString(password))
    try esme.run { $0.refusal != nil }
    #expect(esme.refusal == status)
    #expect(carrier.wait { $0.counts.bindsRefused == 1 })
    #expect(carrier.counts.binds == 0)
    carrier.stop()
  }

  @Test func sessionsBeyondTheAccountsAndKindsNotTakenAreRefused() throws {
    let carrier = try simulator { $0.bindTypes = [.transceiver] }
    let first = try TestESME.bound(to: carrier)
    let second = try TestESME.bound(to: carrier)
    let third = try TestESME(port: try #require(carrier.port))
    try third.run { $0.refusal != nil }
    #expect(third.refusal == .ESME_RALYBND)
    let receiver = try TestESME(port: try #require(carrier.port), .receiver)
    try receiver.run { $0.refusal != nil }
    #expect(receiver.refusal == .ESME_RBINDFAIL)
    #expect(carrier.counts.bound == 2)
    first.close()
    second.close()
    carrier.stop()
  }

  @Test func withoutAccountsAnybodyBinds() throws {
    let carrier = try simulator { $0.accounts = [] }
    let esme = try TestESME.bound(to: carrier, systemID: "who", password: "ever")
    #expect(esme.isBound)
    carrier.stop()
  }

  @Test func theSimulatorUnbindsAndDropsOnRequestAndListensAgainOnTheSamePort() throws {
    let carrier = try simulator()
    let first = try TestESME.bound(to: carrier)
    carrier.unbindAll()
    try first.run { $0.isClosed }
    let second = try TestESME.bound(to: carrier)
    carrier.dropConnections(reset: true)
    try second.run { $0.isClosed }
    #expect(carrier.wait { $0.counts.bound == 0 })
    carrier.setListening(false)
    let port = try #require(carrier.port)
    // The kernel refuses at once, or when the connection is looked at.
    do throws(SystemError) {
      let connection = try TCP.connect(to: .loopback(port: port))
      let loop = try EventLoop()
      _ = try loop.add(connection, .writable)
      var events: [EventLoop.Event] = []
      loop.wait(until: nil, into: &events)
      #expect(connection.connectError() == .connectionRefused)
    } catch {
      #expect(error.errno == .connectionRefused)
    }
    carrier.setListening(true)
    #expect(try TestESME.bound(to: carrier).isBound)
    carrier.stop()
    #expect(carrier.port == nil)
    #expect(!carrier.pauseAnswers())
  }

  @Test func framingThatIsLostIsAnsweredAndClosedAndOthersGoOn() throws {
    let carrier = try simulator()
    let good = try TestESME.bound(to: carrier)
    let bad = try TestESME.bound(to: carrier)
    bad.write(octets: Array("GET / HTTP/1.1\r\n\r\n".utf8))
    try bad.run { $0.isClosed }
    let token = good.submit()
    #expect(try good.answer(token).status == .ESME_ROK)
    #expect(carrier.counts.malformed == 1)
    carrier.stop()
  }

  @Test func enquireLinkIsAnsweredByDefault() throws {
    let carrier = try simulator { $0.recordsPDUs = true }
    let esme = try TestESME.bound(to: carrier)
    esme.write(PDU(sequence: 77, body: .enquireLink))
    #expect(carrier.wait { $0.pdus.contains { $0.pdu == PDU(sequence: 77, body: .enquireLinkResp) } })
    carrier.configure { $0.faults.ignoresEnquireLinks = true }
    esme.write(PDU(sequence: 78, body: .enquireLink))
    let token = esme.submit()
    _ = try esme.answer(token)
    #expect(!carrier.pdus.contains { $0.pdu == PDU(sequence: 78, body: .enquireLinkResp) })
    carrier.stop()
  }
}
