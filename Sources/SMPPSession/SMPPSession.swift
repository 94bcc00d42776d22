public import SMPP

/// One end of an SMPP 3.4 session as a value: no socket, no clock, no closures.
///
/// Every input takes the time, as a `Duration` since any fixed moment, and appends what to do to `actions`. The user issues
/// requests with `request` and answers the peer's requests with `respond`; both return the PDU to write. When the session ends,
/// it hands back every unanswered request, once.
///
/// The session itself answers enquire_link, unbind, requests that the operation matrix does not allow (ESME_RINVBNDSTS), PDUs
/// that cannot be decoded, and requests beyond `peerWindow`.
public struct SMPPSession: Sendable {
  /// Changes at most once: by `becomeESME`.
  public internal(set) var role: Role
  public private(set) var configuration: Configuration
  public internal(set) var state = State.idle
  public internal(set) var counters = Counters()

  var inFlight: RequestsInFlight
  var peerRequests: PeerRequests
  /// The sequence_number of the bind that `authorise` answers.
  var bindToAnswer: UInt32 = 0
  /// When the session gives up its present state: session init, unbinding, closing.
  var stateDeadline: Duration?
  /// Why the session closes at the end of its present state.
  var closingReason = CloseReason.unbound
  /// When the last PDU came.
  var lastHeard: Duration = .zero
  /// The enquire_link that has no answer yet.
  var enquiry: (sentAt: Duration, sequence: UInt32)?
  var enquireLinksMissedInARow = 0
  /// A bind_resp under another sequence_number than our bind's: no answer to it.
  var misnumbered: UInt32?
  /// The outbind on this connection, which has at most one.
  var outbindSeen = OutbindSeen.none

  enum OutbindSeen { case none, sent, received }

  public init(role: Role, configuration: Configuration = Configuration()) {
    self.init(role: role, configuration: configuration, firstSequence: 1)
  }

  /// For tests of sequence_numbers that wrap around.
  init(role: Role, configuration: Configuration, firstSequence: UInt32) {
    self.role = role
    self.configuration = configuration.withUsableTimers
    inFlight = RequestsInFlight(window: configuration.boundedWindow, firstSequence: firstSequence)
    peerRequests = PeerRequests(limit: configuration.boundedPeerWindow)
  }

  // MARK: Beginning

  /// The connection is open. An ESME binds.
  public mutating func connected(at now: Duration, into actions: inout [Action]) {
    guard case .idle = state else { return }
    lastHeard = now
    stateDeadline = now + configuration.sessionInitTimeout
    switch role {
    case .esme(let type, let bind): sendBind(type, bind, at: now, into: &actions)
    case .smsc: state = .open
    }
  }

  /// SMSC: asks the ESME at the other end to bind (4.1.7).
  public mutating func outbind(_ outbind: Outbind, at now: Duration, into actions: inout [Action]) {
    guard case .open = state, role.party == .smsc, outbindSeen == .none else { return }
    outbindSeen = .sent
    actions.append(
      .send(PDU(status: .ESME_ROK, sequence: inFlight.passingSequence(), body: .outbind(outbind))))
  }

  /// SMSC: accepts the peer's outbind. From here on this end is the ESME, and binds (2.2.1). Does nothing unless
  /// `.outbindReceived` was reported and no bind came since.
  public mutating func becomeESME(
    _ type: BindType, _ bind: Bind, configuration: Configuration? = nil, at now: Duration,
    into actions: inout [Action]
  ) {
    guard case .open = state, case .smsc = role, outbindSeen == .received else { return }
    adopt(configuration)
    role = .esme(type, bind)
    sendBind(type, bind, at: now, into: &actions)
  }

  /// SMSC: the user's decision about the bind of `bindRequested`. `configuration`: limits and timers of the carrier that bound;
  /// nil keeps the configuration that the session began with.
  public mutating func authorise(
    _ decision: Authorisation, configuration: Configuration? = nil, at now: Duration,
    into actions: inout [Action]
  ) {
    guard case .authorising(let type) = state else { return }
    adopt(configuration)
    switch decision {
    case .accepted(var response):
      if !takesParameters {
        response.tlvs = TLVs()
      } else if response.tlvs.scInterfaceVersion == nil {
        response.tlvs.scInterfaceVersion = InterfaceVersion.v34
      }
      state = .bound(type)
      stateDeadline = nil
      let body = PDU.Body.bindResp(type, response)
      actions.append(.send(PDU(status: .ESME_ROK, sequence: bindToAnswer, body: body)))
    case .refused(let status):
      let refusal = status.isOK ? .ESME_RBINDFAIL : status
      actions.append(.send(PDU(status: refusal, sequence: bindToAnswer, body: .bindResp(type, nil))))
      finishWriting(.bindNotAuthorised(refusal), at: now, into: &actions)
    }
  }

  /// Before a bind no request is in flight either way, so the tables can be replaced.
  private mutating func adopt(_ configuration: Configuration?) {
    guard let configuration else { return }
    self.configuration = configuration.withUsableTimers
    inFlight = RequestsInFlight(window: configuration.boundedWindow)
    peerRequests = PeerRequests(limit: configuration.boundedPeerWindow)
  }

  private mutating func sendBind(
    _ type: BindType, _ bind: Bind, at now: Duration, into actions: inout [Action]
  ) {
    state = .binding(type)
    let sequence = inFlight.addControl(Operation(type), at: now)
    actions.append(.send(PDU(status: .ESME_ROK, sequence: sequence, body: .bind(type, bind))))
  }

  // MARK: Our requests

  /// Requests that may be issued now.
  @inlinable
  public var freeWindow: Int { state.boundAs == nil ? 0 : window - unanswered }

  /// Requests of ours in flight, the overdue ones included.
  public var unanswered: Int { inFlight.count }

  /// Requests of the peer's that wait for `respond`.
  public var unansweredByUs: Int { peerRequests.count }

  /// The window in force: `configuration.window`, within its bounds.
  public var window: Int { configuration.boundedWindow }

  /// Whether this end may issue the operation now; the window is another matter.
  public func mayRequest(_ operation: Operation) -> Bool {
    guard case .bound = state, !operation.isControl else { return false }
    return OperationMatrix.allows(operation, from: role.party, in: state.specified)
  }

  /// Takes a place in the window for a request the caller encodes itself, and returns its sequence_number; nil if this end
  /// may not issue the operation in this state, or the window is full. `token` names it in `answered`, `overdue` and
  /// `unanswered`.
  public mutating func reserve(_ operation: Operation, token: UInt64, at now: Duration) -> UInt32? {
    guard mayRequest(operation) else { return nil }
    if case .alertNotification = operation { return inFlight.passingSequence() }
    guard inFlight.count < configuration.boundedWindow else { return nil }
    counters.requested &+= 1
    return inFlight.add(operation, token: token, at: now)
  }

  /// Issues a request: the PDU to write, or nil as for `reserve`.
  public mutating func request(_ body: PDU.Body, token: UInt64, at now: Duration) -> PDU? {
    guard case .request(let operation) = Meaning(body) else { return nil }
    guard let sequence = reserve(operation, token: token, at: now) else { return nil }
    return PDU(status: .ESME_ROK, sequence: sequence, body: body)
  }

  // MARK: Answers to the peer

  /// Answers a request handed up by `.request`: the PDU to write, or nil if nothing waits under this number or the session
  /// can write no more. Without `body` the response is a header alone, which is right for every refusal.
  public mutating func respond(
    to sequence: UInt32, status: CommandStatus = .ESME_ROK, body: PDU.Body? = nil
  ) -> PDU? {
    guard let operation = peerRequests.take(sequence) else { return nil }
    return PDU(status: status, sequence: sequence, body: body ?? operation.refusal)
  }

  // MARK: Asking whether the peer is there

  /// Sends an enquire_link at once if bound and none waits for its answer. It is missed like any other, so a dead peer is
  /// found within `enquireLinkMisses` × `enquireLinkAnswerWithin`.
  public mutating func probe(at now: Duration, into actions: inout [Action]) {
    guard case .bound = state, enquiry == nil else { return }
    enquire(at: now, into: &actions)
  }

  mutating func enquire(at now: Duration, into actions: inout [Action]) {
    let sequence = inFlight.addControl(.enquireLink, at: now)
    enquiry = (now, sequence)
    actions.append(.send(PDU(status: .ESME_ROK, sequence: sequence, body: .enquireLink)))
  }

  // MARK: What the peer takes

  /// Whether optional parameters may be sent: not to a peer that is older than SMPP 3.4, nor where we are that peer (SMPP 3.4, 3.2.1).
  ///
  /// An SMSC that says nothing of its version is taken to be as new as we say we are: many that take them do not say so.
  public private(set) var takesParameters = true

  /// The peer has said its version, or nothing of it.
  mutating func heard(version: UInt8?) {
    takesParameters = version.map { InterfaceVersion.takesParameters($0) } ?? true
    guard case .esme(_, let bind) = role else { return }
    takesParameters = takesParameters && InterfaceVersion.takesParameters(bind.interfaceVersion)
  }

  // MARK: Ending

  /// Why the session ends, once that is decided: by an unbind of either side, or a bind that was refused.
  public var ending: CloseReason? {
    switch state {
    case .unbinding, .closing: closingReason
    case .idle, .open, .binding, .authorising, .bound, .closed: nil
    }
  }

  /// Ends the session in order: unbind, its answer, close. Issue no requests after it; wait for answers before it.
  public mutating func unbind(at now: Duration, into actions: inout [Action]) {
    end(.unbound, at: now, into: &actions)
  }

  /// The connection is gone: the peer closed, or it failed.
  public mutating func closed(at now: Duration, into actions: inout [Action]) {
    switch state {
    case .closed: return
    case .idle, .open, .binding, .authorising, .bound, .unbinding, .closing: over(into: &actions)
    }
  }

  mutating func end(_ reason: CloseReason, at now: Duration, into actions: inout [Action]) {
    switch state {
    case .idle, .open, .binding, .authorising: close(reason, into: &actions)
    case .bound(let type):
      state = .unbinding(type)
      closingReason = reason
      stateDeadline = now + configuration.unbindTimeout
      let sequence = inFlight.addControl(.unbind, at: now)
      actions.append(.send(PDU(status: .ESME_ROK, sequence: sequence, body: .unbind)))
    case .unbinding, .closing, .closed: return
    }
  }

  /// The last PDU is among the actions: shut our half, and wait for the peer to close.
  mutating func finishWriting(_ reason: CloseReason, at now: Duration, into actions: inout [Action]) {
    state = .closing
    closingReason = reason
    stateDeadline = now + configuration.unbindTimeout
    peerRequests.removeAll()
    actions.append(.finishWriting)
  }

  mutating func close(_ reason: CloseReason, into actions: inout [Action]) {
    over(into: &actions)
    actions.append(.close(reason))
  }

  /// Hands back what is unanswered. The only way into `closed`.
  private mutating func over(into actions: inout [Action]) {
    state = .closed
    stateDeadline = nil
    enquiry = nil
    peerRequests.removeAll()
    let tokens = inFlight.takeAll()
    if !tokens.isEmpty { actions.append(.unanswered(tokens)) }
  }
}
