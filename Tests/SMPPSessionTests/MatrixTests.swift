import SMPP
import Testing

@testable import SMPPSession

/// SMPP 3.4 table 2-1, written down a second time and in another way: who may issue what, state by state.
@Suite struct MatrixTests {
  static let table: [(Operation, SessionState, esme: Bool, smsc: Bool)] = [
    (.bindTransmitter, .open, true, false), (.bindReceiver, .open, true, false),
    (.bindTransceiver, .open, true, false), (.outbind, .open, false, true),
    (.unbind, .boundTX, true, true), (.unbind, .boundRX, true, true), (.unbind, .boundTRX, true, true),
    (.submitSM, .boundTX, true, false), (.submitSM, .boundTRX, true, false),
    (.submitMulti, .boundTX, true, false), (.submitMulti, .boundTRX, true, false),
    (.dataSM, .boundTX, true, true), (.dataSM, .boundRX, true, true), (.dataSM, .boundTRX, true, true),
    (.deliverSM, .boundRX, false, true), (.deliverSM, .boundTRX, false, true),
    (.querySM, .boundTX, true, false), (.querySM, .boundTRX, true, false),
    (.cancelSM, .boundTX, true, false), (.cancelSM, .boundTRX, true, false),
    (.replaceSM, .boundTX, true, false), (.replaceSM, .boundTRX, true, false),
    (.enquireLink, .boundTX, true, true), (.enquireLink, .boundRX, true, true),
    (.enquireLink, .boundTRX, true, true), (.enquireLink, .open, true, true),
    (.alertNotification, .boundRX, false, true), (.alertNotification, .boundTRX, false, true),
  ]

  @Test("The operation matrix is table 2-1", arguments: Operation.allCases, SessionState.allCases)
  func matrixIsTheTable(operation: Operation, state: SessionState) {
    let row = Self.table.first { $0.0 == operation && $0.1 == state }
    #expect(OperationMatrix.allows(operation, from: .esme, in: state) == (row?.esme ?? false))
    #expect(OperationMatrix.allows(operation, from: .smsc, in: state) == (row?.smsc ?? false))
  }

  /// Machines of both roles in every state they can be in.
  static func everyState() -> [Machine] {
    var machines: [Machine] = [Machine(.smsc), Machine(.esme(.transceiver, Machine.bind))]
    var open = Machine(.smsc)
    _ = open.connected()
    machines.append(open)
    for type in BindType.allCases {
      var binding = Machine(.esme(type, Machine.bind))
      _ = binding.connected()
      machines.append(binding)
      var authorising = open
      _ = authorising.received(.bind(type, Machine.bind), 1)
      machines.append(authorising)
      for bound in [Machine.esme(type), Machine.smsc(type)] {
        machines.append(bound)
        var unbinding = bound
        _ = unbinding.unbind()
        machines.append(unbinding)
        var closing = bound
        _ = closing.received(.unbind, 500)
        machines.append(closing)
        var closed = bound
        _ = closed.closed()
        machines.append(closed)
      }
    }
    return machines
  }

  @Test("Every request in every state and role gets what the matrix says", arguments: Operation.allCases)
  func everyRequestInEveryState(operation: Operation) {
    for machine in Self.everyState() {
      var machine = machine
      let state = machine.session.state
      let role = machine.session.role.party
      let actions = machine.received(.sample(operation), 4_711)
      let comment: Comment = "\(operation) in \(state) of \(role)"
      switch state {
      case .idle, .closing, .closed:
        #expect(actions == [], comment)
      case .open, .binding, .authorising, .bound, .unbinding:
        // Beside the table: who accepted the connection may be called by outbind instead of being bound to.
        let isCalled = operation == .outbind && role == .smsc && state == .open
        if OperationMatrix.allows(operation, from: role.other, in: state.specified) || isCalled {
          checkAllowed(operation, state, actions, comment)
        } else {
          #expect(actions.count == 1, comment)
          guard case .send(let answer)? = actions.first else {
            Issue.record(comment)
            continue
          }
          #expect(answer.sequence == 4_711, comment)
          #expect(answer.commandID == operation.commandID.response ?? .genericNack, comment)
          let bound = if case .open = state.specified { state != .open } else { true }
          let second = operation.isBind && role == .smsc && bound
          #expect(answer.status == (second ? .ESME_RALYBND : .ESME_RINVBNDSTS), comment)
          #expect(machine.session.state == state, comment)
        }
      }
    }
  }

  private func checkAllowed(
    _ operation: Operation, _ state: SMPPSession.State, _ actions: [Action], _ comment: Comment
  ) {
    switch operation {
    case .bindReceiver, .bindTransmitter, .bindTransceiver:
      if case .open = state {
        guard case .bindRequested? = actions.first else {
          Issue.record(comment)
          return
        }
      } else {
        guard case .send(let answer)? = actions.first else {
          Issue.record(comment)
          return
        }
        #expect(answer.status == .ESME_RALYBND, comment)
      }
    case .outbind:
      if case .open = state {
        guard case .outbindReceived? = actions.first else {
          Issue.record(comment)
          return
        }
      } else {
        #expect(actions == [], comment)
      }
    case .unbind:
      #expect(actions == [send(.unbindResp, 4_711), .finishWriting], comment)
    case .enquireLink:
      #expect(actions == [send(.enquireLinkResp, 4_711)], comment)
    case .alertNotification:
      guard case .notification? = actions.first else {
        Issue.record(comment)
        return
      }
    case .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM:
      if case .bound = state {
        guard case .request? = actions.first else {
          Issue.record(comment)
          return
        }
      } else {
        guard case .send(let answer)? = actions.first else {
          Issue.record(comment)
          return
        }
        #expect([.ESME_RX_T_APPN, .ESME_RTHROTTLED].contains(answer.status), comment)
      }
    }
    #expect(actions.count == (operation == .unbind ? 2 : actions.isEmpty ? 0 : 1), comment)
  }

  @Test("No response, in any state, is ever answered", arguments: Operation.allCases)
  func responsesAreNeverAnswered(operation: Operation) {
    for machine in Self.everyState() {
      for (sequence, status) in [
        (UInt32(0), CommandStatus.ESME_ROK), (1, .ESME_ROK), (2, .ESME_RSYSERR), (9_999, .ESME_ROK),
      ] {
        var decoded = machine
        var refused = machine
        let id = operation.commandID.response ?? .genericNack
        let actions =
          decoded.received(operation.refusal, sequence, status: status)
          + refused.refused(id, sequence, .ESME_RINVCMDLEN, status: status)
          + refused.refused(CommandID(rawValue: 0x8000_0999), sequence, .ESME_RINVCMDID)
        for case .send(let pdu) in actions { Issue.record("\(pdu) answers a response") }
      }
    }
  }

  @Test("A request that cannot be decoded is refused with its own response, an unknown one with generic_nack")
  func malformed() {
    var machine = Machine.esme()
    #expect(
      machine.refused(.deliverSM, 9, .ESME_RINVMSGLEN)
        == [send(.deliverSMResp(nil), 9, status: .ESME_RINVMSGLEN)])
    #expect(
      machine.refused(CommandID(rawValue: 0x0000_0112), 10, .ESME_RINVCMDID)
        == [send(.genericNack, 10, status: .ESME_RINVCMDID)])
    #expect(machine.session.state == .bound(.transceiver), "and the session lives")
    #expect(machine.session.counters.malformed == 2)
  }

  @Test("Lost framing: generic_nack with ESME_RINVCMDLEN, what was unanswered, close")
  func framingLost() {
    var machine = Machine.esme()
    _ = machine.request(.submit, token: 5)
    let header = PDUHeader(
      commandLength: 0x4745_5420, commandID: CommandID(rawValue: 1), status: .ESME_ROK, sequence: 88)
    #expect(
      machine.framingLost(header)
        == [send(.genericNack, 88, status: .ESME_RINVCMDLEN), .unanswered([5]), .close(.framingLost)])
    var other = Machine.smsc()
    #expect(other.framingLost() == [send(.genericNack, 0, status: .ESME_RINVCMDLEN), .close(.framingLost)])
  }
}
