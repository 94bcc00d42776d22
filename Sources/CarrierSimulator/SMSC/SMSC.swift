import SMPP
import SMPPSession

/// What an SMSC does with binds, submits, receipts and the texts of phones, and what goes wrong at it.
///
/// It decides and does no I/O: who has the connections tells it what came and when (`turn`), and after each input takes and
/// performs its actions, in their order. All its chance comes from the configuration's seed.
package final class SMSC {
  /// What is to be done, or known.
  package enum Action: Equatable {
    /// Write this PDU on a link.
    case write(PDU, on: Int)
    /// Shut our half of the connection once everything is written.
    case finishWriting(Int)
    /// Close once everything is written.
    case close(Int)
    /// A fault: what was written so far goes out, and the connection is gone.
    case drop(Int)
    /// Come back with it then, by `perform`.
    case later(Work, at: Duration)
    /// A message was taken, under this id; nil: its answer has none.
    case taken(Submission, MessageIDs.Made?)
    /// A delivery is written.
    case delivering(Delivery)
    /// A delivery has its answer.
    case delivered(Delivery, CommandStatus)
    /// A request that the performer made by itself on a link's session has its answer.
    case answered(token: UInt64, CommandStatus)
    /// A session is over, and these requests of the performer's have none.
    case unanswered([UInt64])
    case tell(CarrierSimulator.Event)
  }

  /// What is to be done later.
  package enum Work: Equatable {
    case answer(link: Int, sequence: UInt32, CommandStatus, PDU.Body?)
    case receipt(account: Int, PendingReceipt)
    case delivery(account: Int, Delivery)
    case phoneSends(text: String, from: Address, to: Address, account: Int)
  }

  /// One connection: its session, and what is unanswered on it.
  package final class Link {
    /// From 1, in the order of connecting.
    package let number: Int
    package internal(set) var session: SMPPSession
    /// Index of the account, once bound.
    var account: Int?
    var bindType: BindType?
    package internal(set) var systemID: COctetString = ""
    /// Deliveries without an answer, by their token.
    var inFlight: [UInt64: (delivery: Delivery, sequence: UInt32)] = [:]
    /// Who performs takes no more deliveries for it now.
    package var isBlocked = false
    /// The peer may send optional parameters: it was bound by a version that has them.
    package internal(set) var takesParameters = true

    init(number: Int, session: SMPPSession) {
      self.number = number
      self.session = session
    }

    /// What this request of ours delivers, while its answer is awaited.
    package func delivery(sequence: UInt32) -> Delivery? {
      inFlight.values.first { $0.sequence == sequence }?.delivery
    }

    /// Whether deliveries may be sent on it, the window apart.
    var receives: Bool { !isBlocked && session.mayRequest(isESME ? .submitSM : .deliverSM) }

    /// We called the gateway, which is the SMSC of this session.
    var isESME: Bool { session.role.party == .esme }
  }

  typealias Simulator = CarrierSimulator

  package internal(set) var configuration: CarrierSimulator.Configuration
  package internal(set) var counts = CarrierSimulator.Counts()
  private var actions: [Action] = []
  /// The time of the present input: monotonic, and the wall clock's milliseconds since 1970 UTC.
  var now: Duration
  var wall: Int64

  package private(set) var links: [Int: Link] = [:]
  private var nextLink = 1
  var accounts: [AccountState] = []
  var random: SeededRandom
  var ids: MessageIDs
  var ledger = MessageLedger()
  var population: PopulationState
  var network = TollFreeNetwork()
  var ratesByNumber: [COctetString: RateWindow] = [:]
  var throttledOnce: Set<COctetString> = []
  var nextToken: UInt64 = 1
  /// Deliveries that were made and neither answered for good nor given up.
  package internal(set) var undelivered = 0
  package var areAnswersPaused = false
  private var heldAnswers: [(link: Int, sequence: UInt32, status: CommandStatus, body: PDU.Body?)] = []
  private var sessionActions: [SMPPSession.Action] = []

  /// Connections at once.
  static let maximumLinks = 1_000

  package init(_ configuration: CarrierSimulator.Configuration, at now: Duration, wall: Int64) {
    self.configuration = configuration
    self.now = now
    self.wall = wall
    random = SeededRandom(seed: configuration.seed)
    ids = MessageIDs(style: configuration.receipts.ids, seed: configuration.seed)
    population = PopulationState(seed: configuration.seed)
    accounts = configuration.accounts.map { account in
      AccountState(
        systemID: account.systemID, password: account.password, maximumSessions: account.maximumSessions,
        rate: configuration.throttle.perAccount.map { RateWindow(limit: $0) })
    }
  }

  // MARK: Inputs

  /// The time of all that follows.
  package func turn(at now: Duration, wall: Int64) {
    self.now = now
    self.wall = wall
  }

  /// A connection stands.
  /// - Parameter bind: the SMSC called, and binds with this as a transceiver; nil: the peer is to bind.
  package func connected(calling bind: Bind? = nil) -> Link {
    var limits = SMPPSession.Configuration()
    limits.window = configuration.deliverWindow
    limits.peerWindow = configuration.window
    limits.enquireLinkAfter = configuration.enquireLinkAfter
    limits.inactivityTimeout = nil
    limits.closeAfterUnanswered = configuration.deliverTimeout
    limits.responseTimeout = configuration.deliverTimeout
    let role = bind.map { SMPPSession.Role.esme(.transceiver, $0) } ?? .smsc
    let link = Link(number: nextLink, session: SMPPSession(role: role, configuration: limits))
    nextLink += 1
    if let bind { link.takesParameters = InterfaceVersion.takesParameters(bind.interfaceVersion) }
    links[link.number] = link
    counts.connections += 1
    return link
  }

  /// The connection may be used: after TLS, where it has that.
  package func began(_ link: Link) { act(link) { $0.connected(at: now, into: &$1) } }

  /// Octets came: the first PDU of them is dealt with.
  package func received(_ octets: UnsafeRawBufferPointer, on link: Link) -> SMPPSession.Front {
    var front = SMPPSession.Front.needMore
    act(link) { front = $0.received(octets, at: now, into: &$1) }
    switch front {
    case .needMore, .pdu: break
    case .refused: counts.malformed += 1
    case .framingLost:
      counts.malformed += 1
      counts.dropped += 1
    }
    return front
  }

  /// A PDU came that the performer read itself.
  func received(_ pdu: PDU, on link: Link) { act(link) { $0.received(pdu, at: now, into: &$1) } }

  /// The connection is gone: what was not answered goes back, or is lost.
  package func closed(_ link: Link) {
    guard links.removeValue(forKey: link.number) != nil else { return }
    act(link) { $0.closed(at: now, into: &$1) }
    leave(link)
  }

  /// A link's session has reached its deadline.
  package func tick(_ link: Link) { act(link) { $0.tick(at: now, into: &$1) } }

  /// Unbinds in order.
  package func unbind(_ link: Link) { act(link) { $0.unbind(at: now, into: &$1) } }

  /// What was to be done later is due.
  package func perform(_ work: Work) {
    switch work {
    case .answer(let number, let sequence, let status, let body):
      if let link = links[number] { reply(to: sequence, status, body, on: link) }
    case .receipt(let account, let receipt): send(receipt, account: account)
    case .delivery(let account, let delivery): accounts[account].queue.putLast(delivery)
    case .phoneSends(let text, let from, let to, let account):
      phoneSends(text, from: from, to: to, account: account)
    }
  }

  package func configure(_ change: (inout CarrierSimulator.Configuration) -> Void) {
    let before = configuration
    change(&configuration)
    if configuration.receipts.ids != before.receipts.ids {
      ids = MessageIDs(style: configuration.receipts.ids, seed: random.next())
    }
    if configuration.throttle != before.throttle {
      ratesByNumber.removeAll()
      for index in accounts.indices {
        accounts[index].rate = configuration.throttle.perAccount.map { RateWindow(limit: $0) }
      }
    }
    if configuration.population != before.population { population.restart() }
  }

  // MARK: Actions

  package var hasActions: Bool { !actions.isEmpty }

  /// Swaps what is to be performed for an empty array.
  package func takeActions(into empty: inout [Action]) {
    assert(empty.isEmpty)
    swap(&empty, &actions)
  }

  func want(_ action: Action) { actions.append(action) }

  /// Gives a session an input, and does what comes of it.
  func act(_ link: Link, _ input: (inout SMPPSession, inout [SMPPSession.Action]) -> Void) {
    var mine: [SMPPSession.Action] = []
    swap(&mine, &sessionActions)
    input(&link.session, &mine)
    for action in mine { perform(action, on: link) }
    mine.removeAll(keepingCapacity: true)
    swap(&mine, &sessionActions)
  }

  private func perform(_ action: SMPPSession.Action, on link: Link) {
    switch action {
    case .send(let pdu): want(.write(pdu, on: link.number))
    case .bindRequested(let type, let bind): authorise(type, bind, on: link)
    case .bound: called(link)
    case .request(let pdu): request(pdu, on: link)
    case .answered(let token, let pdu): deliveryAnswered(token, pdu, on: link)
    case .unanswered(let tokens):
      // `leave` puts the others back.
      let others = tokens.filter { link.inFlight[$0] == nil }
      if !others.isEmpty { want(.unanswered(others)) }
    case .finishWriting: want(.finishWriting(link.number))
    case .close: want(.close(link.number))
    case .overdue, .notification, .bindRefused, .outbindReceived: break
    }
  }

  // MARK: Answers

  /// Answers a message after so long.
  func answer(
    _ sequence: UInt32, _ status: CommandStatus, _ body: PDU.Body?, after delay: Duration, on link: Link
  ) {
    if delay == .zero { return reply(to: sequence, status, body, on: link) }
    want(.later(.answer(link: link.number, sequence: sequence, status, body), at: now + delay))
  }

  /// Answers a message, or keeps the answer back while answers are paused.
  func reply(to sequence: UInt32, _ status: CommandStatus, _ body: PDU.Body?, on link: Link) {
    guard areAnswersPaused, status.isOK else { return respond(to: sequence, status, body, on: link) }
    heldAnswers.append((link.number, sequence, status, body))
  }

  func respond(to sequence: UInt32, _ status: CommandStatus, _ body: PDU.Body?, on link: Link) {
    guard let pdu = link.session.respond(to: sequence, status: status, body: body) else { return }
    counts.answered += 1
    want(.write(pdu, on: link.number))
  }

  package func resumeAnswers() {
    areAnswersPaused = false
    let held = heldAnswers
    heldAnswers.removeAll()
    for answer in held {
      if let link = links[answer.link] { reply(to: answer.sequence, answer.status, answer.body, on: link) }
    }
  }

  package func forgetAnswers() { heldAnswers.removeAll() }
}
