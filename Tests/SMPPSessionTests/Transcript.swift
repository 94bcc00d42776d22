import SMPP
import Testing

@testable import SMPPSession

typealias Action = SMPPSession.Action

/// One machine with its clock, so that tests read like transcripts: what comes in, and exactly what comes of it.
struct Machine {
  var session: SMPPSession
  var now: Duration = .zero
  /// Octets read that are no whole PDU yet.
  private var unread: [UInt8] = []

  init(_ role: SMPPSession.Role, _ configure: (inout SMPPSession.Configuration) -> Void = { _ in }) {
    var configuration = SMPPSession.Configuration()
    configure(&configuration)
    session = SMPPSession(role: role, configuration: configuration)
  }

  mutating func connected() -> [Action] { collect { $0.connected(at: $1, into: &$2) } }
  mutating func unbind() -> [Action] { collect { $0.unbind(at: $1, into: &$2) } }
  mutating func closed() -> [Action] { collect { $0.closed(at: $1, into: &$2) } }

  mutating func probe() -> [Action] { collect { $0.probe(at: $1, into: &$2) } }

  mutating func becomeESME(_ type: BindType, _ bind: Bind = Machine.bind) -> [Action] {
    collect { $0.becomeESME(type, bind, at: $1, into: &$2) }
  }

  mutating func outbind(_ outbind: Outbind) -> [Action] {
    collect { $0.outbind(outbind, at: $1, into: &$2) }
  }

  mutating func authorise(_ decision: SMPPSession.Authorisation) -> [Action] {
    collect { $0.authorise(decision, at: $1, into: &$2) }
  }

  mutating func received(
    _ body: PDU.Body, _ sequence: UInt32, status: CommandStatus = .ESME_ROK
  ) -> [Action] {
    collect { $0.received(PDU(status: status, sequence: sequence, body: body), at: $1, into: &$2) }
  }

  mutating func refused(
    _ id: CommandID, _ sequence: UInt32, _ answer: CommandStatus, status: CommandStatus = .ESME_ROK
  ) -> [Action] {
    let header = PDUHeader(commandLength: 16, commandID: id, status: status, sequence: sequence)
    return collect { $0.refused(header, answer, at: $1, into: &$2) }
  }

  mutating func framingLost(_ header: PDUHeader? = nil) -> [Action] {
    collect { $0.framingLost(header, at: $1, into: &$2) }
  }

  /// Octets from the connection, in whatever cut.
  mutating func read(_ octets: [UInt8]) -> [Action] {
    unread += octets
    var actions: [Action] = []
    while session.state != .closed {
      switch unread.withUnsafeBytes({ session.received($0, at: now, into: &actions) }) {
      case .needMore: return actions
      case .framingLost: break
      case .pdu(let length), .refused(let length, _, _): unread.removeFirst(length)
      }
    }
    return actions
  }

  /// Lets time pass to the very moment, ticking at every deadline on the way.
  mutating func wait(until time: Duration) -> [Action] {
    var actions: [Action] = []
    while let deadline = session.nextDeadline, deadline <= time {
      now = max(now, deadline)
      session.tick(at: now, into: &actions)
      if let next = session.nextDeadline, next <= now {
        Issue.record("a deadline was left standing in \(session.state)")
        break
      }
    }
    now = max(now, time)
    return actions
  }

  mutating func request(_ body: PDU.Body, token: UInt64) -> PDU? {
    session.request(body, token: token, at: now)
  }

  private mutating func collect(
    _ input: (inout SMPPSession, Duration, inout [Action]) -> Void
  ) -> [Action] {
    var actions: [Action] = []
    input(&session, now, &actions)
    return actions
  }

  // MARK: Ready made

  static let bind = Bind(systemID: "acme", password: "secret")

  /// An ESME that is bound.
  static func esme(
    _ type: BindType = .transceiver, _ configure: (inout SMPPSession.Configuration) -> Void = { _ in }
  ) -> Machine {
    var machine = Machine(.esme(type, bind), configure)
    _ = machine.connected()
    _ = machine.received(.bindResp(type, BindResp(systemID: "smsc")), 1)
    return machine
  }

  /// An SMSC that was bound to.
  static func smsc(
    _ type: BindType = .transceiver, _ configure: (inout SMPPSession.Configuration) -> Void = { _ in }
  ) -> Machine {
    var machine = Machine(.smsc, configure)
    _ = machine.connected()
    _ = machine.received(.bind(type, bind), 1)
    _ = machine.authorise(.accepted(BindResp(systemID: "smsc")))
    return machine
  }
}

/// `.send` in one word.
func send(_ body: PDU.Body, _ sequence: UInt32, status: CommandStatus = .ESME_ROK) -> Action {
  .send(PDU(status: status, sequence: sequence, body: body))
}

extension PDU.Body {
  static let submit = PDU.Body.submitSM(
    SubmitSM(destination: Address(digits: "12025550143"), shortMessage: [72, 105]))
  static let deliver = PDU.Body.deliverSM(
    SubmitSM(source: Address(digits: "12025550143"), shortMessage: [79, 107]))

  static func submitted(_ id: COctetString) -> PDU.Body { .submitSMResp(SubmitSMResp(messageID: id)) }

  /// One of each request, by operation.
  static func sample(_ operation: Operation) -> PDU.Body {
    switch operation {
    case .bindReceiver: .bind(.receiver, Machine.bind)
    case .bindTransmitter: .bind(.transmitter, Machine.bind)
    case .bindTransceiver: .bind(.transceiver, Machine.bind)
    case .outbind: .outbind(Outbind(systemID: "smsc", password: "secret"))
    case .unbind: .unbind
    case .submitSM: .submit
    case .submitMulti: .submitMulti(SubmitMulti(destinations: []))
    case .deliverSM: .deliver
    case .dataSM: .dataSM(DataSM())
    case .querySM: .querySM(QuerySM(messageID: "1"))
    case .cancelSM: .cancelSM(CancelSM(messageID: "1"))
    case .replaceSM: .replaceSM(ReplaceSM(messageID: "1"))
    case .enquireLink: .enquireLink
    case .alertNotification:
      .alertNotification(
        AlertNotification(source: Address(digits: "12025550143"), esme: Address(digits: "1")))
    }
  }
}
