import SMPP
import Testing

@testable import SMPPSession

/// One accepted connection: an ESME that binds, or an SMSC that calls us by outbind (SMPP 3.4, 2.2.1).
@Suite struct OutbindTests {
  static let outbind = Outbind(systemID: "smsc", password: "secret")

  /// Who accepted the connection and was called.
  static func called() -> Machine {
    var machine = Machine(.smsc)
    _ = machine.connected()
    _ = machine.received(.outbind(outbind), 1)
    return machine
  }

  @Test(
    "Who accepted a connection is told of an outbind, and goes on as an ESME", arguments: BindType.allCases)
  func becomesESME(type: BindType) {
    var machine = Machine(.smsc)
    _ = machine.connected()
    #expect(machine.received(.outbind(Self.outbind), 1) == [.outbindReceived(Self.outbind)])
    #expect(machine.session.state == .open, "the owner looks at the password first")
    #expect(machine.becomeESME(type) == [send(.bind(type, Machine.bind), 1)])
    #expect(machine.session.role == .esme(type, Machine.bind))
    #expect(machine.received(.bindResp(type, nil), 1) == [.bound(nil)])
    #expect(machine.session.state == .bound(type))
    #expect(machine.session.mayRequest(.submitSM) == (type != .receiver))
    #expect(!machine.session.mayRequest(.deliverSM))
    if type == .receiver {
      #expect(machine.received(.deliver, 2) == [.request(PDU(sequence: 2, body: .deliver))])
    }
  }

  @Test("A second outbind is ignored, as one after a bind is refused")
  func once() {
    var machine = Self.called()
    #expect(machine.received(.outbind(Self.outbind), 2) == [])
    #expect(machine.session.counters.ignored == 1)
    var bound = Machine.smsc()
    #expect(
      bound.received(.outbind(Self.outbind), 9)
        == [send(.genericNack, 9, status: .ESME_RINVBNDSTS)])
  }

  @Test("Nobody becomes an ESME without being called, while a bind is decided, or twice")
  func needsOutbind() {
    var machine = Machine(.smsc)
    #expect(machine.becomeESME(.transceiver) == [])
    _ = machine.connected()
    #expect(machine.becomeESME(.transceiver) == [])
    var bound = Self.called()
    _ = bound.received(.bind(.transceiver, Machine.bind), 2)
    #expect(bound.becomeESME(.transceiver) == [], "it bound after all")
    #expect(bound.session.role == .smsc)
    var twice = Self.called()
    #expect(twice.becomeESME(.receiver).count == 1)
    #expect(twice.becomeESME(.receiver) == [])
  }

  @Test("An SMSC that called is not called back: outbind has one direction")
  func notBothWays() {
    var machine = Machine(.smsc)
    _ = machine.connected()
    #expect(machine.outbind(Self.outbind) == [send(.outbind(Self.outbind), 1)])
    #expect(machine.outbind(Self.outbind) == [], "once")
    #expect(
      machine.received(.outbind(Self.outbind), 1)
        == [send(.genericNack, 1, status: .ESME_RINVBNDSTS)])
    #expect(machine.becomeESME(.transceiver) == [])
  }

  @Test("A caller whose outbind is not accepted is hung up on, at once or at session_init_timer")
  func refused() {
    var machine = Self.called()
    #expect(machine.unbind() == [.close(.unbound)])
    var undecided = Self.called()
    #expect(undecided.wait(until: .seconds(10)) == [.close(.sessionInitTimeout)])
  }
}

/// `probe`: is the peer of a bound session there?
@Suite struct ProbeTests {
  @Test("A probe sends enquire_link at once, and one at a time")
  func once() {
    var machine = Machine.smsc()
    #expect(machine.probe() == [send(.enquireLink, 1)])
    #expect(machine.probe() == [])
    _ = machine.received(.enquireLinkResp, 1)
    #expect(machine.probe() == [send(.enquireLink, 2)])
  }

  @Test("A dead peer is found by a probe within two waits, with the enquire_link timer or without")
  func findsTheDead() {
    for after in [Duration.seconds(30), nil] {
      var machine = Machine.smsc { $0.enquireLinkAfter = after }
      machine.now = .seconds(1)
      #expect(machine.probe() == [send(.enquireLink, 1)])
      #expect(machine.session.nextDeadline == .seconds(11))
      #expect(machine.wait(until: .seconds(11)) == [send(.enquireLink, 2)])
      #expect(machine.wait(until: .seconds(21)) == [.close(.enquireLinkUnanswered)])
    }
  }

  @Test("A probe that is answered leaves no timer where there was none")
  func leavesNothing() {
    var machine = Machine.smsc {
      $0.enquireLinkAfter = nil
      $0.inactivityTimeout = nil
    }
    _ = machine.probe()
    _ = machine.received(.enquireLinkResp, 1)
    #expect(machine.session.nextDeadline == nil)
    // Any other sign of life will do as well.
    _ = machine.probe()
    machine.now = .seconds(3)
    _ = machine.received(.submit, 7)
    #expect(machine.wait(until: .seconds(60)) == [])
    #expect(machine.session.nextDeadline == nil)
  }

  @Test("Nothing is probed that is not bound")
  func onlyBound() {
    for var machine in MatrixTests.everyState() {
      if case .bound = machine.session.state { continue }
      #expect(machine.probe() == [])
    }
  }
}
