import SMPP
import Testing

@testable import SMPPSession

/// What a peer of an older version is not sent, and the reasons that are told.
@Suite struct VersionTests {
  /// kneodev/ksmppd#56; komuw/naz#184 (34 in decimal).
  @Test("A bind's interface_version says whether optional parameters may be sent, our answer included")
  func bound() {
    for version in UInt8.min...UInt8.max {
      var bind = Machine.bind
      bind.interfaceVersion = version
      var machine = Machine(.smsc)
      _ = machine.connected()
      _ = machine.received(.bind(.transceiver, bind), 1)
      let isOld = version < 0x34 && version != 34
      var answer = BindResp(systemID: "smsc")
      if !isOld { answer.tlvs.scInterfaceVersion = 0x34 }
      #expect(
        machine.authorise(.accepted(BindResp(systemID: "smsc"))) == [send(.bindResp(.transceiver, answer), 1)]
      )
      #expect(machine.session.takesParameters == !isOld, "version \(version)")
    }
  }

  @Test("An SMSC that says it is older gets none; one that says nothing is as new as we say we are")
  func answered() {
    for (ours, theirs, takes) in [
      (0x34, nil, true), (0x34, 0x34, true), (0x34, 0x50, true), (0x34, 0x33, false), (0x34, 0, false),
      (0x34, 34, true), (0x33, nil, false), (0x33, 0x34, false),
    ] as [(UInt8, UInt8?, Bool)] {
      var bind = Machine.bind
      bind.interfaceVersion = ours
      var machine = Machine(.esme(.transceiver, bind))
      _ = machine.connected()
      var answer = BindResp(systemID: "smsc")
      answer.tlvs.scInterfaceVersion = theirs
      _ = machine.received(.bindResp(.transceiver, answer), 1)
      #expect(machine.session.takesParameters == takes, "\(ours), \(theirs as UInt8?)")
    }
  }

  @Test("A bind that is not answered, or under another number, ends with just that as its reason")
  func unanswered() {
    var silent = Machine(.esme(.transceiver, Machine.bind))
    _ = silent.connected()
    #expect(silent.wait(until: .seconds(10)) == [.close(.bindUnanswered)])
    var zero = Machine(.esme(.transceiver, Machine.bind))
    _ = zero.connected()
    #expect(zero.received(.bindResp(.transceiver, nil), 0) == [])
    #expect(zero.wait(until: .seconds(10)) == [.close(.bindMisnumbered(0))])
    #expect("\(SMPPSession.CloseReason.bindMisnumbered(0))".contains("sequence_number 0"))
  }

  @Test("A generic_nack of any number refuses the bind, since nothing else is in flight", arguments: [0, 7])
  func nacked(sequence: UInt32) {
    var machine = Machine(.esme(.transceiver, Machine.bind))
    _ = machine.connected()
    #expect(
      machine.received(.genericNack, sequence, status: .ESME_RINVCMDLEN)
        == [.bindRefused(.ESME_RINVCMDLEN), .close(.bindRefused(.ESME_RINVCMDLEN))])
  }

  @Test("Why a session ends is known before the connection is gone")
  func ending() {
    var machine = Machine.esme()
    #expect(machine.session.ending == nil)
    _ = machine.received(.unbind, 9)
    #expect(machine.session.ending == .peerUnbound)
    var ours = Machine.esme { $0.inactivityTimeout = .seconds(20) }
    _ = ours.wait(until: .seconds(20))
    #expect(ours.session.ending == .inactivity, "we unbind, and the peer may hang up first")
  }
}
