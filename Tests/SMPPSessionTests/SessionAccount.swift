import SMPP

@testable import SMPPSession

/// A second account of one session, kept from its actions alone: what it owes its owner and its peer, and what it may still do.
struct SessionAccount {
  /// The first thing that did not hold.
  private(set) var broken: String?
  /// Requests of the owner's in flight: sequence_numbers by token.
  var owed: [UInt64: UInt32] = [:]
  /// Requests of the session's own in flight, by sequence_number.
  private(set) var control: [UInt32: Operation] = [:]
  /// The peer's requests that were handed up.
  var handed: [(sequence: UInt32, operation: Operation)] = []
  private(set) var hasClosed = false
  private var hasFinished = false
  private var wasUnanswered = false
  private var bindWasTold = false
  private var overdue: Set<UInt64> = []

  mutating func fail(_ what: String) { if broken == nil { broken = what } }

  /// An answer came to a request of the session's own.
  mutating func forget(_ sequence: UInt32, _ meaning: Meaning) {
    guard let own = control[sequence] else { return }
    switch meaning {
    case .response(let operation) where operation == own || operation.isBind && own.isBind:
      control[sequence] = nil
    case .genericNack: control[sequence] = nil
    case .response, .request: break
    }
  }

  mutating func take(
    _ action: SMPPSession.Action, from before: SMPPSession.State, _ session: SMPPSession
  ) {
    if hasClosed { return fail("an action after close") }
    switch action {
    case .send(let pdu): sent(pdu, from: before, session.role)
    case .bound:
      guard case .binding(let type) = before, session.state == .bound(type) else {
        return fail("bound from \(before)")
      }
    case .bindRefused: if session.state != .closed { fail("a refused bind goes on") }
    case .bindRequested:
      if bindWasTold { fail("two binds to decide") }
      bindWasTold = true
    case .outbindReceived: if session.state != .open { fail("an outbind is told in \(session.state)") }
    case .request(let pdu):
      guard case .request(let operation) = Meaning(pdu.body), case .bound = before else {
        return fail("a request is told in \(before)")
      }
      handed.append((pdu.sequence, operation))
    case .notification: break
    case .answered(let token, let pdu):
      if owed.removeValue(forKey: token) != pdu.sequence { fail("an answer is another request's") }
    case .overdue(let token):
      if owed[token] == nil { fail("what is not in flight is overdue") }
      if !overdue.insert(token).inserted { fail("overdue is told twice") }
    case .unanswered(let tokens): handedBack(tokens, session.state)
    case .finishWriting:
      if hasFinished { fail("the last PDU is written twice") }
      hasFinished = true
    case .close:
      hasClosed = true
      if session.state != .closed { fail("close leaves \(session.state)") }
    }
  }

  private mutating func handedBack(_ tokens: [UInt64], _ state: SMPPSession.State) {
    if wasUnanswered || tokens.isEmpty { fail("unanswered is told twice, or of nothing") }
    wasUnanswered = true
    if tokens.sorted() != tokens { fail("unanswered is out of order") }
    for token in tokens where owed.removeValue(forKey: token) == nil {
      fail("a request is handed back twice")
    }
    if state != .closed { fail("requests are handed back in \(state)") }
  }

  private mutating func sent(_ pdu: PDU, from before: SMPPSession.State, _ role: SMPPSession.Role) {
    checkWritable()
    if PDU.decode(pdu.encoded) != .pdu(pdu) { fail("what is sent cannot be read") }
    if pdu.isAnswer { return }
    checkNumber(pdu.sequence)
    guard case .request(let operation) = Meaning(pdu.body) else { return }
    switch operation {
    case .enquireLink:
      guard case .bound = before else { return fail("enquire_link is sent in \(before)") }
      // The one before is given up.
      for (sequence, other) in control where other == .enquireLink { control[sequence] = nil }
    case .unbind: guard case .bound = before else { return fail("unbind is sent in \(before)") }
    case .bindReceiver, .bindTransmitter, .bindTransceiver: if role.party != .esme { fail("an SMSC binds") }
    case .outbind: return
    case .submitSM, .submitMulti, .deliverSM, .dataSM, .querySM, .cancelSM, .replaceSM, .alertNotification:
      return fail("the session submits by itself")
    }
    control[pdu.sequence] = operation
  }

  // MARK: Checks

  mutating func checkWritable() {
    if hasFinished || hasClosed { fail("something is written after the last PDU") }
  }

  mutating func checkNumber(_ sequence: UInt32) {
    if sequence == 0 || sequence > 0x7FFF_FFFF { fail("sequence_number \(sequence)") }
    if control[sequence] != nil || owed.values.contains(sequence) {
      fail("a number in flight is used again")
    }
  }

  /// What holds between two inputs.
  mutating func check(_ session: SMPPSession) {
    if !session.state.canAnswer { handed = [] }
    if session.unanswered != owed.count { fail("\(session.unanswered) unanswered for \(owed.count)") }
    if session.unanswered > session.window { fail("the window is exceeded") }
    if session.freeWindow < 0 || session.freeWindow > session.window {
      fail("a window of \(session.freeWindow)")
    }
    if session.unansweredByUs != handed.count {
      fail("\(session.unansweredByUs) to answer for \(handed.count)")
    }
    if handed.count > session.configuration.boundedPeerWindow { fail("the peer's window is exceeded") }
    if hasFinished, session.state != .closing, session.state != .closed { fail("written out, not closing") }
    switch session.state {
    case .idle, .closed: if session.nextDeadline != nil { fail("a deadline without a session") }
    case .open, .binding, .authorising, .unbinding, .closing:
      if session.nextDeadline == nil { fail("nothing ends this state") }
    case .bound: if session.nextDeadline == nil, !owed.isEmpty { fail("a request has no timer") }
    }
  }
}

extension PDU {
  var isAnswer: Bool { commandID.isResponse || commandID == .genericNack }
}

extension SMPPSession.State {
  /// Whether the session still writes.
  var canAnswer: Bool {
    switch self {
    case .open, .binding, .authorising, .bound, .unbinding: true
    case .idle, .closing, .closed: false
    }
  }

  /// The exits that the states' comments name.
  func mayBecome(_ other: Self) -> Bool {
    if self == other || other == .closed { return true }
    return switch (self, other) {
    case (.idle, .open), (.idle, .binding), (.open, .binding), (.open, .authorising): true
    case (.binding(let from), .bound(let to)), (.authorising(let from), .bound(let to)): from == to
    case (.authorising, .closing), (.bound, .closing), (.unbinding, .closing): true
    case (.bound(let from), .unbinding(let to)): from == to
    default: false
    }
  }
}
