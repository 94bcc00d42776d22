public import SMPP

extension SMPPSession {
  /// A PDU came.
  public mutating func received(_ pdu: PDU, at now: Duration, into actions: inout [Action]) {
    guard isListening else {
      counters.ignored &+= 1
      return
    }
    heard(at: now)
    switch Meaning(pdu.body) {
    case .response(let operation): response(pdu, to: operation, into: &actions)
    case .genericNack: response(pdu, to: nil, into: &actions)
    case .request(let operation): request(pdu, operation, at: now, into: &actions)
    }
  }

  /// A PDU came whose framing was right and whose content was not; `status` is what it is to be answered with.
  ///
  /// A request is refused with its own response, an unknown command_id with generic_nack. A response that cannot be read
  /// still ends its request, since its status was read; it is handed up without a body. No response is ever answered.
  mutating func refused(
    _ header: PDUHeader, _ status: CommandStatus, at now: Duration, into actions: inout [Action]
  ) {
    guard isListening else {
      counters.ignored &+= 1
      return
    }
    heard(at: now)
    counters.malformed &+= 1
    if let id = header.commandID.request {
      guard let operation = Operation(id) else { return }
      let pdu = PDU(status: header.status, sequence: header.sequence, body: operation.refusal)
      response(pdu, to: operation, into: &actions)
    } else if header.commandID == .genericNack {
      let pdu = PDU(status: header.status, sequence: header.sequence, body: .genericNack)
      response(pdu, to: nil, into: &actions)
    } else {
      let body = Operation(header.commandID)?.refusal ?? .genericNack
      answer(header.sequence, status, body, into: &actions)
    }
  }

  /// command_length made no sense: generic_nack with ESME_RINVCMDLEN, and the connection closes.
  mutating func framingLost(_ header: PDUHeader?, at now: Duration, into actions: inout [Action]) {
    guard isListening else { return }
    counters.malformed &+= 1
    answer(header?.sequence ?? 0, .ESME_RINVCMDLEN, .genericNack, into: &actions)
    close(.framingLost, into: &actions)
  }

  // MARK: Responses

  private mutating func response(_ pdu: PDU, to operation: Operation?, into actions: inout [Action]) {
    guard let entry = inFlight.take(pdu.sequence, answeredAs: operation) else {
      counters.stray &+= 1
      return strayResponse(pdu, into: &actions)
    }
    switch entry.operation {
    case .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM:
      counters.answered &+= 1
      if entry.isOverdue { counters.late &+= 1 }
      actions.append(.answered(token: entry.token, pdu))
    case .bindReceiver, .bindTransmitter, .bindTransceiver:
      bindAnswered(pdu, into: &actions)
    case .enquireLink:
      if enquiry?.sequence == entry.sequence { enquiry = nil }
    case .unbind:
      unbindAnswered(into: &actions)
    case .outbind, .alertNotification:
      break
    }
  }

  /// While we bind nothing else is in flight: a nack of any number is about the bind, and a bind_resp of another number is what
  /// the operator has to know of.
  private mutating func strayResponse(_ pdu: PDU, into actions: inout [Action]) {
    guard case .binding = state else { return }
    switch pdu.body {
    case .bindResp: misnumbered = pdu.sequence
    case .genericNack:
      let status = pdu.status.isOK ? CommandStatus.ESME_RBINDFAIL : pdu.status
      actions.append(.bindRefused(status))
      close(.bindRefused(status), into: &actions)
    default: break
    }
  }

  private mutating func bindAnswered(_ pdu: PDU, into actions: inout [Action]) {
    guard case .binding(let type) = state else { return }
    if case .bindResp(_, let response) = pdu.body, pdu.status.isOK {
      heard(version: response?.tlvs.scInterfaceVersion)
      state = .bound(type)
      stateDeadline = nil
      actions.append(.bound(response))
    } else {
      let status = pdu.status.isOK ? CommandStatus.ESME_RBINDFAIL : pdu.status
      actions.append(.bindRefused(status))
      close(.bindRefused(status), into: &actions)
    }
  }

  private mutating func unbindAnswered(into actions: inout [Action]) {
    switch state {
    case .unbinding: close(closingReason, into: &actions)
    // Both unbound at once: we answered theirs and wait for their end of file.
    case .closing: break
    case .idle, .open, .binding, .authorising, .bound, .closed: break
    }
  }

  // MARK: Requests

  private mutating func request(
    _ pdu: PDU, _ operation: Operation, at now: Duration, into actions: inout [Action]
  ) {
    guard
      OperationMatrix.allows(operation, from: role.party.other, in: state.specified) || mayBeCalled(operation)
    else { return refuseByState(pdu.sequence, operation, into: &actions) }
    switch operation {
    case .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM:
      take(pdu, operation, into: &actions)
    case .alertNotification:
      counters.received &+= 1
      actions.append(.notification(pdu))
    case .enquireLink:
      answer(pdu.sequence, .ESME_ROK, .enquireLinkResp, into: &actions)
    case .unbind:
      answer(pdu.sequence, .ESME_ROK, .unbindResp, into: &actions)
      finishWriting(.peerUnbound, at: now, into: &actions)
    case .bindReceiver, .bindTransmitter, .bindTransceiver:
      bindReceived(pdu, operation, into: &actions)
    case .outbind:
      outbindReceived(pdu, into: &actions)
    }
  }

  private mutating func take(_ pdu: PDU, _ operation: Operation, into actions: inout [Action]) {
    guard case .bound = state, peerRequests.add(pdu.sequence, operation) else {
      counters.refusedBusy &+= 1
      return answer(pdu.sequence, busyStatus, operation.refusal, into: &actions)
    }
    counters.received &+= 1
    actions.append(.request(pdu))
  }

  /// What says "not now": the peer keeps the message and tries again.
  private var busyStatus: CommandStatus {
    switch role.party {
    case .esme: .ESME_RX_T_APPN
    case .smsc: .ESME_RTHROTTLED
    }
  }

  private mutating func bindReceived(_ pdu: PDU, _ operation: Operation, into actions: inout [Action]) {
    guard case .bind(let type, let bind) = pdu.body else { return }
    switch state {
    case .open:
      state = .authorising(type)
      bindToAnswer = pdu.sequence
      heard(version: bind.interfaceVersion)
      actions.append(.bindRequested(type, bind))
    case .idle, .binding, .authorising, .bound, .unbinding, .closing, .closed:
      refuseByState(pdu.sequence, operation, into: &actions)
    }
  }

  /// Who accepts a connection knows only by the first PDU whether an ESME binds or an SMSC calls. One who sent outbind
  /// itself is an SMSC, and so is one that is bound to.
  private func mayBeCalled(_ operation: Operation) -> Bool {
    guard case .outbind = operation, case .open = state, case .smsc = role else { return false }
    return outbindSeen != .sent
  }

  private mutating func outbindReceived(_ pdu: PDU, into actions: inout [Action]) {
    guard case .outbind(let outbind) = pdu.body, case .open = state, outbindSeen == .none else {
      // We bind already, bind without being asked, or were called once.
      counters.ignored &+= 1
      return
    }
    outbindSeen = .received
    actions.append(.outbindReceived(outbind))
  }

  /// The operation matrix does not allow it: ESME_RINVBNDSTS, or ESME_RALYBND for a second bind.
  private mutating func refuseByState(
    _ sequence: UInt32, _ operation: Operation, into actions: inout [Action]
  ) {
    counters.wrongState &+= 1
    let already: Bool =
      switch state {
      case .authorising, .bound, .unbinding: operation.isBind && role.party == .smsc
      case .idle, .open, .binding, .closing, .closed: false
      }
    answer(sequence, already ? .ESME_RALYBND : .ESME_RINVBNDSTS, operation.refusal, into: &actions)
  }

  /// Answers by ourselves, as long as our half of the connection is open.
  private mutating func answer(
    _ sequence: UInt32, _ status: CommandStatus, _ body: PDU.Body, into actions: inout [Action]
  ) {
    switch state {
    case .open, .binding, .authorising, .bound, .unbinding:
      actions.append(.send(PDU(status: status, sequence: sequence, body: body)))
    case .idle, .closing, .closed:
      counters.ignored &+= 1
    }
  }

  // MARK: Hearing

  private var isListening: Bool {
    switch state {
    case .open, .binding, .authorising, .bound, .unbinding, .closing: true
    case .idle, .closed: false
    }
  }

  /// Whatever came, the peer lives.
  @inline(__always)
  private mutating func heard(at now: Duration) {
    lastHeard = now
    enquireLinksMissedInARow = 0
  }
}
