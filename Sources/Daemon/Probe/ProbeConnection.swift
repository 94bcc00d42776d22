import NetIO
import SMPP
import SMPPSession

/// One session by itself, driven by whoever waits for something of it: no daemon, no store, one connection.
final class ProbeConnection {
  private let loop: EventLoop
  private let token: EventLoop.Token
  private var connection: Connection
  private var session: SMPPSession
  private var input = InputBuffer(limit: Framing.maximumLength + 4096)
  private var output = OutputBuffer()
  private var actions: [SMPPSession.Action] = []
  private var events: [EventLoop.Event] = []
  private var isReached = false
  private var isConnected = false

  /// What the session said so far.
  private(set) var connectFailure: String?
  private(set) var bound: BindResp??
  private(set) var refusal: CommandStatus?
  private(set) var closing: String?
  private(set) var enquiryAnswered: Duration?
  private(set) var answers: [PDU] = []
  /// Requests of the peer's that wait for `respond`.
  var requests: [PDU] = []

  /// - Parameter tls: with TLS, and for whom its certificate has to be; nil: plain.
  init(
    _ address: SocketAddress, _ session: SMPPSession, tls: (context: TLSContext, host: String)?
  ) throws {
    loop = try EventLoop()
    connection = try TCP.connect(to: address)
    if let tls { try connection.startTLS(tls.context, host: tls.host) }
    token = try loop.add(connection, [.readable, .writable])
    self.session = session
  }

  var now: Duration { loop.now }
  var isOver: Bool { closing != nil || connectFailure != nil }
  var isUp: Bool { isConnected }

  /// Goes round until `condition` holds, the connection ends, or the time is over; whether it holds.
  func wait(atMost limit: Duration, for condition: (ProbeConnection) -> Bool) -> Bool {
    let deadline = now + limit
    while true {
      if condition(self) { return true }
      guard !isOver, now < deadline else { return false }
      let next = session.nextDeadline.map { min($0, deadline) } ?? deadline
      loop.wait(until: next, into: &events)
      for event in events where event.token == token { handle(event) }
      session.tick(at: now, into: &actions)
      perform()
    }
  }

  private func handle(_ event: EventLoop.Event) {
    if !isReached, event.isWritable || event.isHangup {
      if let error = connection.connectError() {
        connectFailure = "\(error)"
        return
      }
      isReached = true
    }
    if isReached, !isConnected { shakeHands() }
    guard isConnected else { return }
    if event.isReadable || connection.hasPending { read() }
    flush()
  }

  private func shakeHands() {
    switch connection.handshake() {
    case .wantRead: loop.modify(token, .readable)
    case .wantWrite: loop.modify(token, .writable)
    case .failed(let failure): connectFailure = failure.description
    case .done: isConnected = true
    }
  }

  /// `TLSv1.3 …` with the certificate's subject and end; nil without TLS.
  var tls: String? {
    guard let version = connection.tlsDescription else { return nil }
    guard let certificate = connection.peerCertificate else { return version }
    return "\(version), \(certificate.subject) until \(TLSCertificate.day(certificate.notAfter))"
  }

  func bind() {
    session.connected(at: now, into: &actions)
    perform()
  }

  func enquire() {
    session.probe(at: now, into: &actions)
    perform()
  }

  func submit(_ message: SubmitSM) -> Bool {
    guard let pdu = session.request(.submitSM(message), token: 1, at: now) else { return false }
    send(pdu)
    return true
  }

  func respond(to request: PDU, _ status: CommandStatus) {
    var body: PDU.Body?
    if status.isOK {
      switch request.body {
      case .deliverSM: body = .deliverSMResp(DeliverSMResp())
      case .dataSM: body = .dataSMResp(DataSMResp())
      default: break
      }
    }
    if let pdu = session.respond(to: request.sequence, status: status, body: body) { send(pdu) }
  }

  /// Unbinds in order.
  func unbind() {
    session.unbind(at: now, into: &actions)
    perform()
  }

  private func send(_ pdu: PDU) {
    output.append { pdu.encode(into: &$0) }
    flush()
  }

  private func read() {
    while !isOver {
      switch input.fill(from: connection) {
      case .count: parse()
      case .wouldBlock: return
      case .closed:
        session.closed(at: now, into: &actions)
        perform()
        if closing == nil {
          closing = connection.tlsFailure?.description ?? "the carrier closed the connection"
        }
      case .failed(let errno): closing = connection.tlsFailure?.description ?? "\(errno)"
      }
    }
  }

  private func parse() {
    let taken = input.withUnread { octets in
      var taken = 0
      while closing == nil {
        let rest = UnsafeRawBufferPointer(rebasing: octets[taken...])
        switch session.received(rest, at: now, into: &actions) {
        case .needMore: return taken
        case .pdu(let length):
          if PDUHeader(peeking: rest)?.commandID == .enquireLinkResp { enquiryAnswered = now }
          taken += length
          perform()
        case .refused(let length, _, _):
          taken += length
          perform()
        case .framingLost:
          perform()
          closing = "what it sends is not SMPP"
        }
      }
      return taken
    }
    input.consume(taken)
  }

  private func perform() {
    let wanted = actions
    actions.removeAll(keepingCapacity: true)
    for action in wanted {
      switch action {
      case .send(let pdu): send(pdu)
      case .bound(let response): bound = .some(response)
      case .bindRefused(let status): refusal = status
      case .answered(_, let pdu): answers.append(pdu)
      case .request(let pdu): requests.append(pdu)
      case .finishWriting:
        flush()
        connection.shutdownWriting()
      case .close(let reason): closing = "\(reason)"
      case .bindRequested, .outbindReceived, .notification, .overdue, .unanswered: break
      }
    }
  }

  private func flush() {
    guard isConnected else { return }
    switch output.flush(to: connection) {
    case .all: loop.modify(token, .readable)
    case .blocked: loop.modify(token, [.readable, .writable])
    case .closed: closing = closing ?? "the carrier closed the connection"
    case .failed(let errno): closing = closing ?? "\(errno)"
    }
  }
}
