import SMPP
import Testing

@testable import SMPPSession

@Suite struct BindTests {
  @Test("An ESME binds at once, and is bound by the answer", arguments: BindType.allCases)
  func esmeBinds(type: BindType) {
    var machine = Machine(.esme(type, Machine.bind))
    #expect(machine.connected() == [send(.bind(type, Machine.bind), 1)])
    #expect(machine.session.state == .binding(type))
    let response = BindResp(systemID: "smsc")
    #expect(machine.received(.bindResp(type, response), 1) == [.bound(response)])
    #expect(machine.session.state == .bound(type))
    #expect(machine.session.freeWindow == 10)
  }

  @Test("A bind_resp of a header alone, or of another bind's kind, binds as well")
  func sparseBindResp() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(machine.received(.bindResp(.transmitter, nil), 1) == [.bound(nil)])
    #expect(machine.session.state == .bound(.transceiver))
  }

  @Test(
    "A refused bind is told with its status, and the session closes",
    arguments: [CommandStatus.ESME_RINVPASWD, .ESME_RALYBND, .ESME_RBINDFAIL])
  func bindRefused(status: CommandStatus) {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(
      machine.received(.bindResp(.transceiver, nil), 1, status: status)
        == [.bindRefused(status), .close(.bindRefused(status))])
    #expect(machine.session.state == .closed)
  }

  @Test("A generic_nack to the bind refuses it")
  func bindNacked() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(
      machine.received(.genericNack, 1, status: .ESME_RINVCMDID)
        == [.bindRefused(.ESME_RINVCMDID), .close(.bindRefused(.ESME_RINVCMDID))])
  }

  @Test("A bind_resp that answers another number is dropped")
  func strayBindResp() {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(machine.received(.bindResp(.transceiver, nil), 2) == [])
    #expect(machine.session.counters.stray == 1)
    #expect(machine.session.state == .binding(.transceiver))
  }

  @Test(
    "An SMSC asks its user about a bind, and answers with sc_interface_version 3.4",
    arguments: BindType.allCases)
  func smscAuthorises(type: BindType) {
    var machine = Machine(.smsc)
    #expect(machine.connected() == [])
    #expect(machine.received(.bind(type, Machine.bind), 77) == [.bindRequested(type, Machine.bind)])
    var answer = BindResp(systemID: "smsc")
    let actions = machine.authorise(.accepted(answer))
    answer.tlvs.scInterfaceVersion = 0x34
    #expect(actions == [send(.bindResp(type, answer), 77)])
    #expect(machine.session.state == .bound(type))
  }

  @Test("An SMSC that refuses answers with the status, writes it out, and waits for the peer to close")
  func smscRefuses() {
    var machine = Machine(.smsc)
    _ = machine.connected()
    _ = machine.received(.bind(.transceiver, Machine.bind), 1)
    #expect(
      machine.authorise(.refused(.ESME_RINVPASWD))
        == [send(.bindResp(.transceiver, nil), 1, status: .ESME_RINVPASWD), .finishWriting])
    #expect(machine.wait(until: .seconds(5)) == [.close(.bindNotAuthorised(.ESME_RINVPASWD))])
  }

  @Test("A second bind gets ESME_RALYBND, before the decision and after")
  func secondBind() {
    var machine = Machine(.smsc)
    _ = machine.connected()
    _ = machine.received(.bind(.transceiver, Machine.bind), 1)
    let refusal = send(.bindResp(.receiver, nil), 2, status: .ESME_RALYBND)
    #expect(machine.received(.bind(.receiver, Machine.bind), 2) == [refusal])
    _ = machine.authorise(.accepted(BindResp(systemID: "smsc")))
    #expect(machine.received(.bind(.receiver, Machine.bind), 2) == [refusal])
    #expect(machine.session.state == .bound(.transceiver))
  }

  @Test("outbind: who connected asks, who accepted agrees and binds")
  func outbind() {
    var smsc = Machine(.smsc)
    var esme = Machine(.smsc)
    _ = smsc.connected()
    #expect(esme.connected() == [])
    let outbind = Outbind(systemID: "smsc", password: "secret")
    #expect(smsc.outbind(outbind) == [send(.outbind(outbind), 1)])
    #expect(esme.received(.outbind(outbind), 1) == [.outbindReceived(outbind)])
    #expect(esme.becomeESME(.receiver) == [send(.bind(.receiver, Machine.bind), 1)])
    #expect(smsc.received(.bind(.receiver, Machine.bind), 1) == [.bindRequested(.receiver, Machine.bind)])
    #expect(esme.received(.outbind(outbind), 2) == [], "it binds already")
  }

  @Test("enquire_link is answered before the bind is", arguments: [UInt32(0), 5, .max])
  func enquireLinkBeforeBind(sequence: UInt32) {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(machine.received(.enquireLink, sequence) == [send(.enquireLinkResp, sequence)])
    var smsc = Machine(.smsc)
    _ = smsc.connected()
    #expect(smsc.received(.enquireLink, sequence) == [send(.enquireLinkResp, sequence)])
  }
}
