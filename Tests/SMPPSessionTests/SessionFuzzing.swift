import SMPP

@testable import SMPPSession

/// What must hold for any octets of a peer's and any behaviour of the owner's, in either role. The fuzzer `session` and the
/// replay of its corpus call it.
///
/// Input: the role, the limits and the timers, then steps: octets in any cut, whole PDUs, time, requests, answers, decisions, ends.
/// - Returns: what does not hold; nil where all does.
func violationInSession(_ input: [UInt8]) -> String? {
  var play = SessionPlay(input)
  return play.run()
}

/// One session, the octets it reads, an owner who does anything, and the account of what is owed.
private struct SessionPlay {
  private var input: ArraySlice<UInt8>
  private var session: SMPPSession
  private var account = SessionAccount()
  private var now: Duration = .seconds(100)
  /// Octets read and not yet cut into PDUs.
  private var stream: [UInt8] = []
  private var nextToken: UInt64 = 1

  init(_ input: [UInt8]) {
    self.input = input[...]
    let role = self.input.popFirst() ?? 0
    let limits = self.input.popFirst() ?? 0
    let timers = self.input.popFirst() ?? 0
    var configuration = SMPPSession.Configuration()
    configuration.window = [1, 2, 5, 0][Int(limits & 3)]
    configuration.peerWindow = [1, 2, 5, -1][Int(limits >> 2 & 3)]
    configuration.enquireLinkMisses = Int(limits >> 4 & 3)
    configuration.enquireLinkAfter = timers & 1 == 0 ? .seconds(30) : nil
    configuration.inactivityTimeout = timers & 2 == 0 ? .seconds(300) : nil
    if timers & 4 != 0 { configuration.enquireLinkAfter = .zero }
    if timers & 8 != 0 { configuration.enquireLinkAnswerWithin = .zero }
    if timers & 16 != 0 { configuration.closeAfterUnanswered = .seconds(5) }
    if timers & 32 != 0 { configuration.inactivityTimeout = .seconds(1) }
    if timers & 64 != 0 { configuration.responseTimeout = .zero }
    if timers & 128 != 0 { configuration.unbindTimeout = .zero }
    let type = BindType.allCases[Int(role >> 4) % BindType.allCases.count]
    let bind = Bind(systemID: "acme", password: "secret")
    session = SMPPSession(
      role: role & 3 == 0 ? .esme(type, bind) : .smsc,
      configuration: configuration, firstSequence: role & 4 == 0 ? 1 : 0x7FFF_FFFC)
  }

  mutating func run() -> String? {
    act { $0.connected(at: $1, into: &$2) }
    while account.broken == nil, !input.isEmpty {
      step(next())
      settle()
    }
    // Left alone, it gives up and closes, or goes on asking a peer that is there.
    while account.broken == nil, !account.hasClosed, let deadline = session.nextDeadline,
      now < .seconds(100_000)
    {
      now = max(now, deadline)
      settle()
    }
    act { $0.closed(at: $1, into: &$2) }
    if !account.owed.isEmpty { account.fail("requests were never handed back") }
    return account.broken.map { "\($0), in \(session.state)" }
  }

  private mutating func next() -> Int { Int(input.popFirst() ?? 0) }

  private mutating func fail(_ what: String) { account.fail(what) }

  // MARK: Steps

  private mutating func step(_ choice: Int) {
    switch choice & 0x1F {
    case 0, 1:
      let octets = Array(input.prefix(next() & 0x3F))
      input = input.dropFirst(octets.count)
      feed(octets)
    case 2...7: feedRequest()
    case 8...11: feedAnswer()
    case 12: feedStrayAnswer()
    case 13: wait(.milliseconds(next() * 200))
    case 14: wait(.seconds(next() * 4))
    case 15: if let deadline = session.nextDeadline { wait(deadline - now) }
    case 16...20: request(Operation.allCases[next() % Operation.allCases.count])
    case 21...24: respond()
    case 25, 26: authorise(next())
    case 27, 28:
      let bind = Bind(systemID: "us", password: "secret")
      act { $0.becomeESME(.transceiver, bind, at: $1, into: &$2) }
    case 29: act { $0.probe(at: $1, into: &$2) }
    case 30:
      if next() & 1 == 0 {
        act { $0.unbind(at: $1, into: &$2) }
      } else {
        act { $0.outbind(Outbind(systemID: "smsc", password: "secret"), at: $1, into: &$2) }
      }
    default: if next() & 7 == 0 { act { $0.closed(at: $1, into: &$2) } }
    }
  }

  private mutating func wait(_ time: Duration) { now += max(time, .zero) }

  /// A request of the peer's in two cuts, whole or with its body cut short.
  private mutating func feedRequest() {
    let operation = Operation.allCases[next() % Operation.allCases.count]
    let choice = next()
    let sequence: UInt32 = choice & 0x80 == 0 ? UInt32(choice & 7) : .max - UInt32(choice & 7)
    var octets = PDU(sequence: sequence, body: .fuzzed(operation)).encoded
    if choice & 0x40 != 0 {
      octets.removeLast(min(octets.count - PDUHeader.length, 1 + choice >> 3 & 7))
      octets[2] = UInt8(octets.count >> 8)
      octets[3] = UInt8(octets.count & 0xFF)
    }
    feed(inTwo: octets)
  }

  /// An answer to a request of ours in flight: of its kind, of another, generic_nack; with any status, body or none.
  private mutating func feedAnswer() {
    let choice = next()
    var flying =
      account.owed.map { ($0.value, Operation.submitSM) } + account.control.map { ($0.key, $0.value) }
    flying.sort { $0.0 < $1.0 }
    guard !flying.isEmpty else { return }
    let (sequence, guess) = flying[choice % flying.count]
    let status = CommandStatus(rawValue: UInt32([0, 0, 0, 5, 0x58, 0x400][choice >> 3 & 7 % 6]))
    let body: PDU.Body
    switch choice >> 6 {
    case 0: body = .submitSMResp(SubmitSMResp(messageID: "1"))
    case 1: body = .genericNack
    case 2: body = guess == .submitSM ? .deliverSMResp(nil) : guess.refusal
    default: body = Operation.allCases[next() % Operation.allCases.count].refusal
    }
    feed(inTwo: PDU(status: status, sequence: sequence, body: body).encoded)
  }

  private mutating func feedStrayAnswer() {
    let body = Operation.allCases[next() % Operation.allCases.count].refusal
    let sequence = UInt32(next())
    feed(inTwo: PDU(status: .init(rawValue: UInt32(next())), sequence: sequence, body: body).encoded)
  }

  private mutating func request(_ operation: Operation) {
    let token = nextToken
    let before = session.freeWindow
    let pdu = session.request(.fuzzed(operation), token: token, at: now)
    let allowed =
      session.mayRequest(operation) && (before > 0 || operation == .alertNotification)
    if (pdu != nil) != allowed { return fail("\(operation) is issued against the matrix or the window") }
    guard let pdu else { return }
    account.checkWritable()
    if operation == .alertNotification { return account.checkNumber(pdu.sequence) }
    nextToken += 1
    account.checkNumber(pdu.sequence)
    account.owed[token] = pdu.sequence
  }

  private mutating func respond() {
    let choice = next()
    let status = CommandStatus(rawValue: choice & 0x80 == 0 ? 0 : 0x58)
    guard !account.handed.isEmpty, choice & 0x40 == 0 else {
      let sequence = UInt32(choice & 7)
      guard session.respond(to: sequence, status: status) != nil else { return }
      guard let place = account.handed.firstIndex(where: { $0.sequence == sequence }) else {
        return fail("an answer to nothing")
      }
      account.handed.remove(at: place)
      return
    }
    let sequence = account.handed[choice % account.handed.count].sequence
    guard let place = account.handed.firstIndex(where: { $0.sequence == sequence }) else { return }
    let operation = account.handed.remove(at: place).operation
    guard let pdu = session.respond(to: sequence, status: status) else {
      return fail("a request that was account.handed up cannot be answered")
    }
    account.checkWritable()
    if pdu.sequence != sequence || pdu.commandID != operation.refusal.commandID || pdu.status != status {
      fail("an answer is not its request's")
    }
  }

  private mutating func authorise(_ choice: Int) {
    let accepted = choice & 1 == 0
    let refusal: CommandStatus = choice & 2 == 0 ? .ESME_RINVPASWD : .ESME_ROK
    act {
      $0.authorise(accepted ? .accepted(BindResp(systemID: "s")) : .refused(refusal), at: $1, into: &$2)
    }
  }

  // MARK: Reading

  private mutating func feed(inTwo octets: [UInt8]) {
    let cut = min(next() & 0x3F, octets.count)
    feed(Array(octets[..<cut]))
    settle()
    feed(Array(octets[cut...]))
  }

  private mutating func feed(_ octets: [UInt8]) {
    guard !account.hasClosed else { return }
    stream += octets
    while account.broken == nil, !account.hasClosed {
      switch stream.withUnsafeBytes({ Framing.next($0) }) {
      case .needMore: return
      case .lost:
        let wasListening = session.state.canAnswer || session.state == .closing
        read(stream)
        stream = []
        if wasListening, !account.hasClosed { fail("lost framing did not close") }
      case .frame(let length):
        let frame = Array(stream.prefix(length))
        stream.removeFirst(length)
        receive(frame)
      }
    }
  }

  private mutating func receive(_ frame: [UInt8]) {
    switch PDU.decode(frame) {
    case .pdu(let pdu):
      let couldAnswer = session.state.canAnswer
      let meaning = Meaning(pdu.body)
      account.forget(pdu.sequence, meaning)
      let actions = read(frame)
      let (answers, told) = Self.count(actions, of: pdu.sequence)
      switch meaning {
      case .request(.outbind): if answers + told > 1 { fail("outbind is answered twice") }
      case .request(let operation):
        // An answer, or its way to the owner: never both, never two, never neither.
        if answers + told != (couldAnswer ? 1 : 0) {
          fail("\(operation) has \(answers) answers and was told \(told) times")
        }
      case .response, .genericNack: if answers + told > 0 { fail("a response is answered") }
      }
    case .refused(let header, _, _):
      let before = session.state
      let isResponse = header.commandID.isResponse
      if isResponse, let operation = header.commandID.request.flatMap(Operation.init) {
        account.forget(header.sequence, .response(operation))
      }
      let actions = read(frame)
      let (answers, told) = Self.count(actions, of: header.sequence)
      if answers != (isResponse || !before.canAnswer ? 0 : 1) || told > 0 {
        fail("a PDU that is refused has \(answers) answers")
      }
      if !isResponse, before != session.state { fail("a PDU with framing intact ended the session") }
    }
  }

  @discardableResult
  private mutating func read(_ octets: [UInt8]) -> [SMPPSession.Action] {
    act { session, now, actions in
      _ = octets.withUnsafeBytes { session.received($0, at: now, into: &actions) }
    }
  }

  /// Answers to a request among the actions, and how often the owner was told of it.
  private static func count(_ actions: [SMPPSession.Action], of sequence: UInt32) -> (answers: Int, told: Int)
  {
    var (answers, told) = (0, 0)
    for action in actions {
      switch action {
      case .send(let pdu):
        if pdu.isAnswer, pdu.sequence == sequence { answers += 1 }
      case .request(let pdu), .notification(let pdu): if pdu.sequence == sequence { told += 1 }
      case .bindRequested, .outbindReceived: told += 1
      case .bound, .bindRefused, .answered, .overdue, .unanswered, .finishWriting, .close: break
      }
    }
    return (answers, told)
  }

  // MARK: Acting

  @discardableResult
  private mutating func act(
    _ input: (inout SMPPSession, Duration, inout [SMPPSession.Action]) -> Void
  ) -> [SMPPSession.Action] {
    let before = session.state
    var actions: [SMPPSession.Action] = []
    input(&session, now, &actions)
    for action in actions { account.take(action, from: before, session) }
    if !before.mayBecome(session.state) { fail("\(before) became \(session.state)") }
    account.check(session)
    return actions
  }

  /// Ticks as an owner does. One tick serves all that is due, and none has nothing to do.
  private mutating func settle() {
    let due = session.nextDeadline.map { $0 <= now } ?? false
    let before = session.state
    let actions = act { $0.tick(at: $1, into: &$2) }
    if let next = session.nextDeadline, next <= now { fail("a deadline stands after its tick") }
    if !due, !actions.isEmpty || before != session.state { fail("a tick before its time did something") }
  }
}

extension PDU.Body {
  /// One of each request, by operation.
  fileprivate static func fuzzed(_ operation: Operation) -> PDU.Body {
    let bind = Bind(systemID: "esme", password: "secret")
    let message = SubmitSM(destination: Address(digits: "12025550143"), shortMessage: [72, 105])
    switch operation {
    case .bindReceiver: return .bind(.receiver, bind)
    case .bindTransmitter: return .bind(.transmitter, bind)
    case .bindTransceiver: return .bind(.transceiver, bind)
    case .outbind: return .outbind(Outbind(systemID: "smsc", password: "secret"))
    case .unbind: return .unbind
    case .submitSM: return .submitSM(message)
    case .submitMulti: return .submitMulti(SubmitMulti(destinations: [.sme(Address(digits: "12025550143"))]))
    case .deliverSM: return .deliverSM(message)
    case .dataSM: return .dataSM(DataSM())
    case .querySM: return .querySM(QuerySM(messageID: "1"))
    case .cancelSM: return .cancelSM(CancelSM(messageID: "1"))
    case .replaceSM: return .replaceSM(ReplaceSM(messageID: "1"))
    case .enquireLink: return .enquireLink
    case .alertNotification:
      return .alertNotification(AlertNotification(source: Address(digits: "1"), esme: Address(digits: "2")))
    }
  }
}
