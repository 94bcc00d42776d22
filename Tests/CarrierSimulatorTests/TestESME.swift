import NetIO
import SMPP
import SMPPSession
import Testing

@testable import CarrierSimulator

/// An ESME for tests: one connection, driven by hand on the test's own thread.
final class TestESME {
  /// What came, in order.
  var answers: [UInt64: PDU] = [:]
  var answerOrder: [UInt64] = []
  var requests: [PDU] = []
  /// Answers and requests as they came: "answer 1", "receipt", "text".
  var trace: [String] = []
  var isBound = false
  var refusal: CommandStatus?
  var unanswered: [UInt64] = []
  var isClosed = false
  var octetsRead = 0
  var reads = 0
  /// What deliver_sm is answered with; nil: not at all.
  var deliverStatus: CommandStatus? = .ESME_ROK

  private let loop: EventLoop
  private var connection: Connection?
  private var token: EventLoop.Token?
  private var session: SMPPSession
  private var input = InputBuffer(limit: 256 << 10)
  private var output = OutputBuffer()
  private var nextToken: UInt64 = 0
  private var isConnecting = true

  struct TimedOut: Error {}

  init(
    port: UInt16, _ type: BindType = .transceiver, systemID: COctetString = "acme",
    password: COctetString = "secret", window: Int = 100
  ) throws {
    loop = try EventLoop()
    var configuration = SMPPSession.Configuration()
    configuration.window = window
    session = SMPPSession(
      role: .esme(type, Bind(systemID: systemID, password: password)), configuration: configuration)
    let connection = try TCP.connect(to: .loopback(port: port))
    token = try loop.add(connection, .writable)
    self.connection = consume connection
  }

  /// Connected, and its bind accepted.
  static func bound(
    to simulator: CarrierSimulator, _ type: BindType = .transceiver, systemID: COctetString = "acme",
    password: COctetString = "secret", window: Int = 100
  ) throws -> TestESME {
    let esme = try TestESME(
      port: try #require(simulator.port), type, systemID: systemID, password: password, window: window)
    try esme.run { $0.isBound }
    return esme
  }

  /// Runs until the condition holds; fails the test after 20 s.
  func run(_ condition: (TestESME) -> Bool) throws {
    let deadline = loop.now + .seconds(20)
    var events: [EventLoop.Event] = []
    while !condition(self) {
      guard loop.now < deadline else { throw TimedOut() }
      flush()
      loop.wait(until: deadline, into: &events)
      for event in events where event.token == token { handle(event) }
    }
    flush()
  }

  @discardableResult
  func submit(
    _ text: String = "Hello", from: String = "18885550100", to: String = "15552000100",
    registered: UInt8 = 0, esmClass: UInt8 = 0, tlvs: TLVs = TLVs()
  ) -> UInt64 {
    submit(
      SubmitSM(
        source: Address(ton: 1, npi: 1, digits: COctetString(from)),
        destination: Address(ton: 1, npi: 1, digits: COctetString(to)), esmClass: esmClass,
        registeredDelivery: registered, shortMessage: Array(text.utf8), tlvs: tlvs))
  }

  @discardableResult
  func submit(_ message: SubmitSM) -> UInt64 { request(.submitSM(message)) }

  @discardableResult
  func request(_ body: PDU.Body) -> UInt64 {
    nextToken += 1
    guard let pdu = session.request(body, token: nextToken, at: loop.now) else {
      Issue.record("the session does not take the request")
      return 0
    }
    output.append { pdu.encode(into: &$0) }
    flush()
    return nextToken
  }

  func write(_ pdu: PDU) {
    output.append { pdu.encode(into: &$0) }
    flush()
  }

  func write(octets: [UInt8]) {
    output.append(contentsOf: octets)
    flush()
  }

  func unbind() {
    act { $0.unbind(at: loop.now, into: &$1) }
    flush()
  }

  func close() {
    if let token { loop.remove(token) }
    token = nil
    connection.take()?.close()
  }

  func answer(_ token: UInt64) throws -> PDU {
    try run { $0.answers[token] != nil }
    return try #require(answers[token])
  }

  /// The message ids of submit_sm_resp.
  func messageID(_ token: UInt64) throws -> String {
    guard case .submitSMResp(let response) = try answer(token).body else { return "" }
    return response?.messageID.string ?? ""
  }

  /// The deliver_sm that came: receipts, and texts.
  var delivered: [DeliverSM] {
    requests.compactMap { if case .deliverSM(let message) = $0.body { message } else { nil } }
  }

  var receipts: [DeliverSM] {
    delivered.filter { ESMClass.messageType(of: $0.esmClass) == ESMClass.deliveryReceipt }
  }

  var texts: [DeliverSM] {
    delivered.filter { ESMClass.messageType(of: $0.esmClass) == ESMClass.normalMessage }
  }

  private func handle(_ event: EventLoop.Event) {
    if isConnecting {
      isConnecting = false
      if let token { loop.modify(token, .readable) }
      act { $0.connected(at: loop.now, into: &$1) }
      flush()
      return
    }
    guard event.isReadable else { return }
    switch fill() {
    case .count(let count):
      octetsRead += count
      reads += 1
      decode()
    case .wouldBlock: return
    case .closed, .failed:
      isClosed = true
      act { $0.closed(at: loop.now, into: &$1) }
      close()
    }
  }

  private func fill() -> IOResult {
    switch connection {
    case .some(let connection): input.fill(from: connection)
    case .none: .closed
    }
  }

  private func decode() {
    while true {
      var front = SMPPSession.Front.needMore
      act { session, actions in
        front = input.withUnread { session.received($0, at: loop.now, into: &actions) }
      }
      switch front {
      case .needMore: return
      case .pdu(let length): input.consume(length)
      case .refused(let length, _, let error):
        input.consume(length)
        Issue.record("a PDU that cannot be decoded: \(error)")
      case .framingLost:
        Issue.record("framing lost on what the simulator wrote")
        return
      }
    }
  }

  private func act(_ body: (inout SMPPSession, inout [SMPPSession.Action]) -> Void) {
    var actions: [SMPPSession.Action] = []
    body(&session, &actions)
    for action in actions { perform(action) }
  }

  private func perform(_ action: SMPPSession.Action) {
    switch action {
    case .send(let pdu): output.append { pdu.encode(into: &$0) }
    case .bound: isBound = true
    case .bindRefused(let status): refusal = status
    case .answered(let token, let pdu):
      answers[token] = pdu
      answerOrder.append(token)
      trace.append("answer \(token)")
    case .request(let pdu):
      requests.append(pdu)
      if case .deliverSM(let message) = pdu.body {
        trace.append(message.esmClass & ESMClass.deliveryReceipt != 0 ? "receipt" : "text")
      }
      guard let status = deliverStatus else { return }
      let body: PDU.Body? = status.isOK ? .deliverSMResp(SubmitSMResp()) : nil
      if let answer = session.respond(to: pdu.sequence, status: status, body: body) {
        output.append { answer.encode(into: &$0) }
      }
    case .unanswered(let tokens): unanswered += tokens
    case .finishWriting:
      flush()
      connection?.shutdownWriting()
    case .close:
      isClosed = true
      flush()
      close()
    case .notification, .outbindReceived, .overdue, .bindRequested: break
    }
  }

  private func flush() {
    guard !isConnecting else { return }
    while !output.isEmpty {
      switch connection {
      case .some(let connection):
        switch output.flush(to: connection) {
        case .all: return
        case .blocked: continue
        case .closed, .failed: return
        }
      case .none: return
      }
    }
  }
}

/// A running simulator for one test.
func simulator(
  _ change: (inout CarrierSimulator.Configuration) -> Void = { _ in }
) throws -> CarrierSimulator {
  var configuration = CarrierSimulator.Configuration()
  configuration.accounts = [.init(systemID: "acme", password: "secret", maximumSessions: 2)]
  change(&configuration)
  let simulator = CarrierSimulator(configuration)
  try simulator.start()
  return simulator
}
