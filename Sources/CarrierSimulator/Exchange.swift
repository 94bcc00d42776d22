import NetIO
import SMPP
import SMPPSession

/// The simulator's thread: its loop and its links. It performs what the ``SMSC`` decides.
final class Exchange {
  /// What is to be done later.
  private enum Later {
    case work(SMSC.Work)
    case listenAgain
  }

  typealias Simulator = CarrierSimulator

  let commands: Mailbox<Simulator.Command>
  private(set) var port: UInt16 = 0
  let smsc: SMSC
  var isStopping = false

  let loop: EventLoop
  private var listener: Listener?
  private var listenerToken: EventLoop.Token?
  private var address: SocketAddress
  var links = TokenMap<Link>()
  var linksByNumber: [Int: Link] = [:]
  private var timers = Deadlines<Later>()
  var wasCut = false
  var inboundLoad: RunningInboundLoad?
  var loadClock = LoadClock()
  var now: Duration

  /// TLS for every connection.
  let tls: TLSContext?
  private let board: NoticeBoard
  private let eventSink: Mailbox<Simulator.Event>?
  var fresh = Observations()
  /// Emptied and filled again, for its room.
  private var actions: [SMSC.Action] = []
  private var kernelEvents: [EventLoop.Event] = []
  private var posted: [Simulator.Command] = []

  /// Commands that may wait.
  static let maximumCommands = 10_000
  /// The loop does not accept for so long when the process is out of descriptors.
  static let listenPause: Duration = .milliseconds(100)

  init(
    _ configuration: Simulator.Configuration, tls: TLSContext?, publishing board: NoticeBoard,
    events: Mailbox<Simulator.Event>?
  ) throws(SystemError) {
    self.tls = tls
    self.board = board
    eventSink = events
    loop = try EventLoop()
    now = loop.now
    smsc = SMSC(configuration, at: now, wall: WallClock.nowMilliseconds)
    commands = Mailbox("simulator commands", capacity: Exchange.maximumCommands, waker: loop.waker)
    address = configuration.listen
    try listen()
    port = address.port
  }

  // MARK: The loop

  func run() {
    while !isStopping {
      let woken = loop.wait(until: nextDeadline, into: &kernelEvents)
      now = loop.now
      smsc.turn(at: now, wall: WallClock.nowMilliseconds)
      if woken { runCommands() }
      for event in kernelEvents where loop.isCurrent(event.token) { handle(event) }
      while let later = timers.popDue(at: now) { perform(later) }
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
    smsc.counts.bound = 0
    publish()
  }

  private var nextDeadline: Duration? {
    var earliest = timers.next
    if let load = inboundLoad?.nextDue, load < earliest ?? .seconds(Int64.max) { earliest = load }
    for link in linksByNumber.values {
      if let deadline = link.smsc.session.nextDeadline, deadline < earliest ?? .seconds(Int64.max) {
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
      settle()
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
      guard let deadline = link.smsc.session.nextDeadline, deadline <= now else { continue }
      smsc.tick(link.smsc)
      settle()
    }
  }

  private func perform(_ later: Later) {
    switch later {
    case .work(let work):
      smsc.perform(work)
      settle()
    case .listenAgain:
      if let listenerToken { loop.modify(listenerToken, .readable) }
    }
  }

  /// Sends what waits, as windows and buffers allow.
  func pumpDeliveries() {
    smsc.pump()
    settle()
    if smsc.configuration.isLoad {
      for link in linksByNumber.values { pumpLoad(link) }
    }
    pumpInboundLoad()
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
    guard linksByNumber.count < SMSC.maximumLinks,
      let token = try? loop.add(connection, .readable)
    else { return connection.close() }
    let link = Link(smsc.connected(), token: token, connection: connection)
    links[token] = link
    linksByNumber[link.number] = link
    if tls == nil { begin(link) } else { shakeHands(link) }
  }

  func begin(_ link: Link) {
    link.isSecuring = false
    smsc.began(link.smsc)
    settle()
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
      smsc.counts.octetsReceived += UInt64(count)
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
        let front = smsc.received(rest, on: link.smsc)
        if case .pdu(let length) = front { record(rest[..<length], on: link) }
        settle()
        switch front {
        case .pdu(let length), .refused(let length, _, _): taken += length
        case .needMore, .framingLost: return
        }
      }
    }
    link.input.consume(taken)
  }

  /// The octets of a PDU at the front that the session is not to have: it is dealt with, or ignored by a fault.
  private func passesSession(_ octets: UnsafeRawBufferPointer, on link: Link) -> Int? {
    guard smsc.configuration.isLoad || smsc.configuration.faults.ignoresEnquireLinks,
      case .frame(let length) = Framing.next(octets)
    else { return nil }
    let frame = UnsafeRawBufferPointer(rebasing: octets[..<length])
    if smsc.configuration.isLoad, receivedUnderLoad(frame, on: link) { return length }
    guard smsc.configuration.faults.ignoresEnquireLinks, PDUHeader(peeking: frame)?.commandID == .enquireLink
    else { return nil }
    record(octets[..<length], on: link)
    return length
  }

  /// The one performer of what the SMSC decides.
  func settle() {
    while smsc.hasActions {
      var mine: [SMSC.Action] = []
      swap(&mine, &actions)
      smsc.takeActions(into: &mine)
      for action in mine { perform(action) }
      mine.removeAll(keepingCapacity: true)
      swap(&mine, &actions)
    }
  }

  private func perform(_ action: SMSC.Action) {
    switch action {
    case .write(let pdu, let number): if let link = linksByNumber[number] { write(pdu, on: link) }
    case .finishWriting(let number): linksByNumber[number]?.finishesWriting = true
    case .close(let number): if let link = linksByNumber[number] { closeAfterOutput(link) }
    case .drop(let number):
      guard let link = linksByNumber[number] else { return }
      // The answers before it do arrive.
      publish()
      flush(link)
      drop(link, reset: false)
    case .later(let work, let time): timers.add(.work(work), at: time)
    case .answered(let token, let status): requestAnswered(token, status)
    case .unanswered(let tokens): inboundLoadUnanswered(tokens)
    case .tell(let event): tell(event)
    case .taken, .delivering, .delivered: break
    }
  }

  /// The peer is gone.
  func lost(_ link: Link) {
    guard linksByNumber.removeValue(forKey: link.number) != nil else { return }
    loop.remove(link.token)
    links[link.token] = nil
    link.connection.take()?.close()
    smsc.closed(link.smsc)
    settle()
  }

  func closeAfterOutput(_ link: Link) {
    link.closesAfterOutput = true
    publish()
    flush(link)
  }

  func drop(_ link: Link, reset: Bool) {
    smsc.counts.dropped += 1
    if reset { link.resetOnClose() }
    lost(link)
  }

  // MARK: Telling

  func record(_ pdu: PDU, _ direction: Simulator.RecordedPDU.Direction, on link: Link) {
    guard smsc.configuration.recordsPDUs, fresh.pdus.count < Simulator.maximumRecordedPDUs else { return }
    fresh.pdus.append(
      Simulator.RecordedPDU(
        at: loop.now, link: link.number, systemID: link.smsc.systemID, direction: direction, pdu: pdu))
  }

  /// A PDU that was read.
  private func record(_ frame: Slice<UnsafeRawBufferPointer>, on link: Link) {
    guard smsc.configuration.recordsPDUs,
      case .pdu(let pdu) = PDU.decode(UnsafeRawBufferPointer(rebasing: frame))
    else { return }
    record(pdu, .fromESME, on: link)
  }

  func tell(_ event: Simulator.Event) {
    switch event {
    case .received(let message), .network(let message): fresh.received.append(message)
    case .sent(let message): fresh.sent.append(message)
    case .bound, .unbound, .handshakeFailed, .receipt: break
    }
    eventSink?.post(event)
  }

  /// Shows what happened in this turn, and wakes those who wait for it.
  func publish() {
    var counts = smsc.counts
    counts.inFlight = linksByNumber.values.reduce(0) { $0 + UInt64($1.smsc.session.unanswered) }
    counts.waiting = smsc.accounts.reduce(0) { $0 + UInt64($1.queue.count) }
    for link in linksByNumber.values { counts.waiting += UInt64(link.load.waiting) }
    let waiters = board.observations.withLock { shown -> [Waker] in
      shown.counts = counts
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
