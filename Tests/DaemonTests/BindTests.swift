import Carriers
import Configuration
import SMPP
import SMPPSession
import Testing

@testable import Daemon

/// go-smpp 40, vumi 828: carriers that want the addresses we serve in the bind.
@Test func theBindSaysWhatTheConfigurationSays() throws {
  var connect = Configuration.Connect(
    hosts: [], bind: .transceiver, sessions: 1, systemID: "acme",
    password: Secret(octets: Array("tr1ckle".utf8), origin: "test"), systemType: "VMA")
  connect.addressRange = "^1888"
  connect.addrTON = 1
  connect.addrNPI = 9
  let session = NetworkLoop.session(connect, CarrierProfile(), .transceiver)
  guard case .esme(_, let bind) = session.role else {
    Issue.record("not an ESME")
    return
  }
  #expect(
    bind
      == Bind(
        systemID: "acme", password: "tr1ckle", systemType: "VMA", addrTON: 1, addrNPI: 9,
        addressRange: "^1888"))
}
