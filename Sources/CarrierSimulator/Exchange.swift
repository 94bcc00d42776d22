import NetIO
import SMPP
import SMPPSession

/// The simulator's thread: its loop, its links, and what it knows. Extensions hold one subject each.
final class Exchange {
  /// What is to be done later. Indirect, since the heap of deadlines moves it about.
  indirect enum Work {
    case answer(link: Int, sequence: UInt32, AnswerKind)
    case receipt(account: Int, PendingReceipt)
    case delivery(account: Int, Delivery)
    case phoneSends(text: String, from: Address, to: Address, account: Int)
    case listenAgain
  }

  enum AnswerKind {
    case submit(COctetString)
    case data(COctetString)
    case multi(SubmitMultiResp)
  }

  typealias Simulator = CarrierSimulator

  let commands: Mailbox<Simulator.Command>
  private(set) var port: UInt16 = 0
  var configuration: Simulator.Configuration
  var isStopping = false
  var areAnswersPaused = false
  var heldAnswers: [(link: Int, sequence: UInt32, answer: AnswerKind)] = []

  let loop: EventLoop
  private var listener: Listener?
  private var listenerToken: EventLoop.Token?
  private var address: SocketAddress
  var links = TokenMap<Link>()
  var linksByNumber: [Int: Link] = [:]
  private var nextLink = 1
  var accounts: [AccountState] = []
  var timers = Deadlines<Work>()
  var random: SeededRandom
  var ids: MessageIDs
  var ledger = MessageLedger()
  var population: PopulationState
  var network = TollFreeNetwork()
  var ratesByNumber: [COctetString: RateWindow] = [:]
  var throttledOnce: Set<COctetString> = []
  var wasCut = false
  var nextToken: UInt64 = 1
  var inboundLoad: RunningInboundLoad?
  var loadClock = LoadClock()
  var now: Duration

  /// TLS for every connection.
  let tls: TLSContext?
  private let board: NoticeBoard
  private let eventSink: Mailbox<Simulator.Event>?
  var fresh = Observations()
  private var actions: [SMPPSession.Action] = []
  private var kernelEvents: [EventLoop.Event] = []
  private var posted: [Simulator.Command] = []

  /// Commands that may wait.
  static let maximumCommands = 10_000
  /// Connections at once; more are closed at once.
  static let maximumLinks = 1_000
  /// The loop does not accept for so long when the process is out of descriptors.
  static let listenPause: Duration = .milliseconds(100)

  init(
    _ configuration: Simulator.Configuration, tls: TLSContext?, publishing board: NoticeBoard,
    events: Mailbox<Simulator.Event>?
  ) throws(SystemError) {
    self.configuration = configuration
    self.tls = tls
    self.board = board
    eventSink = events
    loop = try EventLoop()
    now = loop.now
    commands = Mailbox("simulator commands", capacity: Exchange.maximumCommands, waker: loop.waker)
    random = SeededRandom(seed: configuration.seed)
    ids = MessageIDs(style: configuration.receipts.ids, seed: configuration.seed)
    population = PopulationState(seed: configuration.seed)
    address = configuration.listen
    for account in configuration.accounts {
      accounts.append(
        AccountState(
          systemID: account.systemID, password: account.password,
          maximumSessions: account.maximumSessions,
          rate: configuration.throttle.perAccount.map { RateWindow(limit: $0) }))
    }
    try listen()
    port = address.port
  }

  // MARK: The loop

  func run() {
    while !isStopping {
      let woken = loop.wait(until: nextDeadline, into: &kernelEvents)
      now = loop.now
      if woken { runCommands() }
      for event in kernelEvents where loop.isCurrent(event.token) { handle(event) }
      while let work = timers.popDue(at: now) { perform(work) }
      tickSessions()
      pumpDeliveries()
      // What a peer has seen of a turn is shown before: an observer never lags behind the wire.
      publish()
      flushAll()
    }
    for link in linksByNumber.values { link.connection.take()?.close() }
    commands.close()
    commands.drain(into: &posted)
    for command in posted { command.done?.finish() }
    fresh.counts.bound = 0
    publish()
  }

  private var nextDeadline: Duration? {
    var earliest = timers.next
    if let load = inboundLoad?.nextDue, load < earliest ?? .seconds(Int64.max) { earliest = load }
    for link in linksByNumber.values {
      if let deadline = link.session.nextDeadline, deadline < earliest ?? .seconds(Int64.max) {
        earliest = deadline
      }
      if let due = link.load.nextDue, due < earliest ?? .seconds(Int64.max) { earliest = due }
    }
    return earliest
  }

  private func runCommands() {
    if commands.isClosed { isStopping = true }
    commands.drain(into: &posted)
    var done: [Completion] = []
    for command in posted {
      command.body(self)
      if let completion = command.done { done.append(completion) }
    }
    posted.removeAll(keepingCapacity: true)
    if !done.isEmpty {
      pumpDeliveries()
      publish()
      flushAll()
      done.forEach { $0.finish() }
    }
  }

  private func tickSessions() {
    for link in linksByNumber.values {
      guard let deadline = link.session.nextDeadline, deadline <= now else { continue }
      withActions(link) { $0.session.tick(at: now, into: &$1) }
    }
  }

  private func perform(_ work: Work) {
    switch work {
    case .answer(let number, let sequence, let answer):
      if let link = linksByNumber[number] { write(answer, to: sequence, on: link) }
    case .receipt(let account, let receipt): send(receipt, account: account)
    case .delivery(let account, let delivery): enqueue(delivery, account: account)
    case .phoneSends(let text, let from, let to, let account):
      phoneSends(text, from: from, to: to, account: account)
    case .listenAgain:
      if let listenerToken { loop.modify(listenerToken, .readable) }
    }
  }

  // MARK: Listening

  private func listen() throws(SystemError) {
    let listener = try TCP.listen(on: address)
    address = try listener.localAddress()
    listenerToken = try loop.add(listener)
    self.listener = consume listener
  }

  func setListening(_ isListening: Bool) {
    if isListening {
      if listenerToken == nil { try? listen() }
    } else if let token = listenerToken {
      loop.remove(token)
      listenerToken = nil
      listener.take()?.close()
    }
  }

  private func acceptAll() {
    while listenerToken != nil {
      guard let accepted = listener?.accept() else { return }
      switch consume accepted {
      case .connection(let connection, _): add(connection)
      case .turnedAway: continue
      case .wouldBlock: return
      case .starved: return pauseListening()
      case .failed: return pauseListening()
      }
    }
  }

  private func pauseListening() {
    if let listenerToken { loop.modify(listenerToken, []) }
    timers.add(.listenAgain, at: now + Exchange.listenPause)
  }

  private func add(_ accepted: consuming Connection) {
    var connection = accepted
    if let tls, (try? connection.startTLS(tls)) == nil { return connection.close() }
    guard linksByNumber.count < Exchange.maximumLinks,
      let token = try? loop.add(connection, .readable)
    else { return connection.close() }
    var limits = SMPPSession.Configuration()
    limits.window = configuration.deliverWindow
    limits.peerWindow = configuration.window
    limits.enquireLinkAfter = configuration.enquireLinkAfter
    limits.inactivityTimeout = nil
    limits.closeAfterUnanswered = configuration.deliverTimeout
    limits.responseTimeout = configuration.deliverTimeout
    let link = Link(
      number: nextLink, token: token, connection: connection,
      session: SMPPSession(role: .smsc, configuration: limits))
    nextLink += 1
    links[token] = link
    linksByNumber[link.number] = link
    fresh.counts.connections += 1
    if tls == nil { begin(link) } else { shakeHands(link) }
  }

  func begin(_ link: Link) {
    link.isSecuring = false
    withActions(link) { $0.session.connected(at: now, into: &$1) }
  }

  // MARK: One link

  private func handle(_ event: EventLoop.Event) {
    if event.token == listenerToken { return acceptAll() }
    guard let link = links[event.token] else { return }
    if link.isSecuring { return shakeHands(link) }
    if event.isReadable { read(link) }
    if event.isWritable, linksByNumber[link.number] != nil { flush(link) }
  }

  /// Reads once, or as often as octets are here that no event will tell of.
  func read(_ link: Link) {
    repeat { readOnce(link) } while linksByNumber[link.number] != nil && link.hasPending
  }

  private func readOnce(_ link: Link) {
    let result: IOResult
    if link.connection == nil { return }
    result = link.fill()
    switch result {
    case .count(let count):
      fresh.counts.octetsReceived += UInt64(count)
      decode(link)
    case .wouldBlock: return
    case .closed, .failed: lost(link)
    }
  }

  private func decode(_ link: Link) {
    var taken = 0
    link.input.withUnread { octets in
      while linksByNumber[link.number] != nil, !link.isCutting {
        let rest = UnsafeRawBufferPointer(rebasing: octets[taken...])
        if let length = passesSession(rest, on: link) {
          taken += length
          continue
        }
        var front = SMPPSession.Front.needMore
        withActions(link) { link, actions in
          front = link.session.received(rest, at: now, into: &actions)
          if case .pdu(let length) = front { record(rest[..<length], on: link) }
        }
        switch front {
        case .needMore: return
        case .pdu(let length): taken += length
        case .refused(let length, _, _):
          taken += length
          fresh.counts.malformed += 1
        case .framingLost:
          fresh.counts.malformed += 1
          fresh.counts.dropped += 1
          return
        }
      }
    }
    link.input.consume(taken)
  }

  /// The octets of a PDU at the front that the session is not to have: it is dealt with, or ignored by a fault.
  private func passesSession(_ octets: UnsafeRawBufferPointer, on link: Link) -> Int? {
    guard configuration.isLoad || configuration.faults.ignoresEnquireLinks,
      case .frame(let length) = Framing.next(octets)
    else { return nil }
    let frame = UnsafeRawBufferPointer(rebasing: octets[..<length])
    if configuration.isLoad, receivedUnderLoad(frame, on: link) { return length }
    guard configuration.faults.ignoresEnquireLinks, PDUHeader(peeking: frame)?.commandID == .enquireLink
    else { return nil }
    record(octets[..<length], on: link)
    return length
  }

  /// Gives the session an input, and does what comes of it.
  func withActions(_ link: Link, _ body: (Link, inout [SMPPSession.Action]) -> Void) {
    var mine: [SMPPSession.Action] = []
    swap(&mine, &actions)
    body(link, &mine)
    for action in mine { perform(action, on: link) }
    mine.removeAll(keepingCapacity: true)
    swap(&mine, &actions)
  }

  /// The one performer of the sessions' actions.
  private func perform(_ action: SMPPSession.Action, on link: Link) {
    switch action {
    case .send(let pdu): write(pdu, on: link)
    case .bindRequested(let type, let bind): authorise(type, bind, on: link)
    case .request(let pdu): request(pdu, on: link)
    case .answered(let token, let pdu): deliveryAnswered(token, pdu, on: link)
    case .unanswered(let tokens): inboundLoadUnanswered(tokens)  // `leave` puts the others back.
    case .finishWriting: link.finishesWriting = true
    case .close: closeAfterOutput(link)
    case .overdue, .notification, .bound, .bindRefused, .outbindReceived: break
    }
  }

  /// The peer is gone.
  private func lost(_ link: Link) {
    withActions(link) { $0.session.closed(at: now, into: &$1) }
    remove(link)
  }

  func closeAfterOutput(_ link: Link) {
    link.closesAfterOutput = true
    publish()
    flush(link)
  }

  func drop(_ link: Link, reset: Bool) {
    fresh.counts.dropped += 1
    if reset { link.resetOnClose() }
    lost(link)
  }

  func remove(_ link: Link) {
    guard linksByNumber.removeValue(forKey: link.number) != nil else { return }
    loop.remove(link.token)
    links[link.token] = nil
    link.connection.take()?.close()
    leave(link)
  }

  // MARK: Telling

  func record(_ pdu: PDU, _ direction: Simulator.RecordedPDU.Direction, on link: Link) {
    guard configuration.recordsPDUs, fresh.pdus.count < Simulator.maximumRecordedPDUs else { return }
    fresh.pdus.append(
      Simulator.RecordedPDU(
        at: loop.now, link: link.number, systemID: link.systemID, direction: direction, pdu: pdu))
  }

  /// A PDU that was read.
  private func record(_ frame: Slice<UnsafeRawBufferPointer>, on link: Link) {
    guard configuration.recordsPDUs, case .pdu(let pdu) = PDU.decode(UnsafeRawBufferPointer(rebasing: frame))
    else { return }
    record(pdu, .fromESME, on: link)
  }

  func tell(_ event: @autoclosure () -> Simulator.Event) { eventSink?.post(event()) }

  /// Shows what happened in this turn, and wakes those who wait for it.
  func publish() {
    fresh.counts.inFlight = linksByNumber.values.reduce(0) { $0 + UInt64($1.session.unanswered) }
    fresh.counts.waiting = accounts.reduce(0) { $0 + UInt64($1.queue.count) }
    for link in linksByNumber.values { fresh.counts.waiting += UInt64(link.load.waiting) }
    let waiters = board.observations.withLock { shown -> [Waker] in
      shown.counts = fresh.counts
      if shown.pdus.count < Simulator.maximumRecordedPDUs { shown.pdus.append(contentsOf: fresh.pdus) }
      if shown.received.count < Simulator.maximumPhoneMessages {
        shown.received.append(contentsOf: fresh.received)
      }
      if shown.sent.count < Simulator.maximumPhoneMessages { shown.sent.append(contentsOf: fresh.sent) }
      if shown.inboundLatency.count != fresh.inboundLatency.count {
        shown.inboundLatency = fresh.inboundLatency
      }
      return shown.waiters
    }
    fresh.pdus.removeAll(keepingCapacity: true)
    fresh.received.removeAll(keepingCapacity: true)
    fresh.sent.removeAll(keepingCapacity: true)
    for waiter in waiters { waiter.wake() }
  }
}
