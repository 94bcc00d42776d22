import Carriers
import Configuration
import Contract
import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession
import Synchronization

/// The network side: sockets, sessions, windows and pacing, on one thread. The loop decides nothing: inputs go to the rules,
/// and the rules release what goes out.
package final class NetworkLoop {
  /// A carrier of the configuration, as this thread knows it.
  struct Peer {
    var configuration: Configuration.Carrier
    /// The carrier's row in the store.
    var id: CarrierKey
    /// The carrier's sessions: those we keep connected, or those bound to us now.
    var links: [CarrierLink] = []
    /// The session where the next submit first looks for a free slot.
    var turn = 0
    /// Receipts we owe the carrier.
    var receipts = ReceiptQueue()
    /// Whether the rules know the carrier as reachable: it has a session that sends.
    var isReachable = false
    /// When a carrier that was lost may be reported as reachable again; nil: no wait.
    var steadyAt: Duration?
  }

  /// How long the sessions of a lost carrier must hold before numbers with a fallback return to the carrier.
  static let steadyAfter = Duration.seconds(5)

  let sockets: any Sockets
  let time: any Timekeeper
  /// Random waits, so that reconnects do not coincide.
  var random: any RandomNumberGenerator
  let fromRules: Mailbox<NetworkOutput>
  let toRules: Mailbox<NetworkInput>
  let journal: Journal
  let live: LiveState
  let trace: WireTrace
  let counters: WireCounters
  var peers: [Peer]
  /// The links that we connect ourselves.
  var links: [CarrierLink]
  var listeners: [CarrierListener] = []
  var byToken = TokenMap<CarrierLink>()
  /// Open connections, by the serial number that the rules use.
  var bySerial: [Int: CarrierLink] = [:]
  var timers = Deadlines<(link: CarrierLink, at: Duration)>()
  var pacer: Pacer
  var lanes: [LaneQueue] = []
  /// Inputs of this pass, posted together at its end.
  var outgoing: [NetworkInput] = []
  /// How many inbound PDUs the rules' mailbox holds before new PDUs are refused.
  let inboundRoom: Int
  var actions: [SMPPSession.Action] = []
  var dirty: [CarrierLink] = []
  /// Links whose last read stopped with octets that epoll does not see.
  var unread: [CarrierLink] = []
  var tls: TLSContexts
  var permits: [Permit] = []
  /// submit_multi requests with destinations that are not answered yet.
  var multi: [PeerRequest: MultiAnswer] = [:]
  /// Long messages that wait for the rules' answer, and their octets.
  var heavy: [PeerRequest: Int] = [:]
  var heavyOctets = 0
  var nextSerial = 1
  /// Accepted connections without a bind, in the order of their arrival.
  var unbound: [Int: CarrierLink] = [:]
  var nextArrival = 1
  /// The lifecycle's orders: stop submitting, wait for answers, unbind.
  let control: NetworkControl
  var drainUntil: Duration?
  var now: Duration
  private var inFlightPublishedAt: Duration = .zero
  /// Buffers for the last wait's events and for mailbox contents; kept to reuse their memory.
  package var events: [EventLoop.Event] = []
  private var outputs: [NetworkOutput] = []
  private var lookedUp: [Resolver.Answer] = []
  /// The wall clock of this pass, milliseconds since 1970 UTC.
  var wall: Int64 = 0

  init(
    configuration: Configuration, carriers: [(Configuration.Carrier, CarrierKey)], tls: TLSContexts,
    toRules: Mailbox<NetworkInput>, inboundRoom: Int, sockets: any Sockets, time: any Timekeeper,
    random: any RandomNumberGenerator, journal: Journal, live: LiveState, trace: WireTrace,
    control: NetworkControl, fromRules: Mailbox<NetworkOutput>
  ) throws {
    self.sockets = sockets
    self.time = time
    self.random = random
    self.toRules = toRules
    self.inboundRoom = inboundRoom
    self.journal = journal
    self.live = live
    self.trace = trace
    counters = WireCounters(carriers: carriers.count)
    self.control = control
    self.fromRules = fromRules
    self.tls = tls
    now = time.now
    pacer = Pacer(start: now)
    peers = []
    links = []
    for (place, (carrier, id)) in carriers.enumerated() {
      peers.append(Peer(configuration: carrier, id: id))
      switch carrier.side {
      case .connect(let connect):
        for (ordinal, bind) in connect.binds.enumerated() {
          let link = CarrierLink(
            index: links.count, carrier: place, ordinal: ordinal, bind: bind, origin: .ours,
            session: NetworkLoop.session(connect, carrier.profile, bind))
          link.host = ordinal
          links.append(link)
          peers[place].links.append(link)
        }
      case .listen(let listen): try open(listen, of: place, carrier.profile)
      }
      pacer.setCarrier(
        CarrierID(place), rate: carrier.profile.rate > 0 ? Rate(perSecond: carrier.profile.rate) : nil,
        slots: 0, jitterGuard: carrier.profile.jitterGuard)
    }
  }

  // MARK: The loop

  /// Runs until the gateway ends.
  func run() {
    start()
    while !control.isEnded {
      sockets.wait(until: nextDeadline(), into: &events)
      turn()
    }
    for link in links + bySerial.values.sorted(by: { $0.serial < $1.serial }) where link.phase != .ended {
      end(link, reason: "shutdown", retry: false)
    }
    post()
    sockets.close()
  }

  /// Every carrier of ours is connected from now on.
  package func start() {
    for link in links {
      link.phase = .idle(until: now)
      schedule(link)
    }
  }

  /// One pass: what is ready, what the rules released and what is due; then everything that may be written is.
  package func turn() {
    now = time.now
    wall = time.wallMilliseconds
    trace.tick(now, wall: wall)
    counters.now = now.wholeNanoseconds
    for event in events {
      if let link = byToken[event.token] {
        handle(event, link)
        schedule(link)
      } else if let listener = listeners.firstIndex(where: { $0.token == event.token }) {
        accept(at: listener)
      }
    }
    fromRules.drain(into: &outputs)
    for output in outputs { perform(output) }
    outputs.removeAll(keepingCapacity: true)
    sockets.resolved(into: &lookedUp)
    for answer in lookedUp { resolved(answer) }
    lookedUp.removeAll(keepingCapacity: true)
    readOn()
    renewTLS()
    tickLinks()
    reopenListeners()
    drainIfAsked()
    sendReceipts()
    pump()
    grantPermits()
    flushDirty()
    reportReachable()
    post()
    publishInFlight()
    control.pulse.beat(at: now)
  }

  /// When the next pass is due even if nothing comes.
  package func nextDeadline() -> Duration {
    // Late enough to cost nothing, early enough that the watchdog sees the loop live.
    var next = now + .seconds(1)
    // While draining nothing is claimed or written.
    if drainUntil == nil, let due = pacer.nextDeadline(at: now) { next = min(next, due) }
    if let due = timers.next { next = min(next, due) }
    if let drainUntil { next = min(next, drainUntil) }
    return unread.isEmpty ? next : now
  }

  /// Sets the link's timer to its next deadline. A deadline that moved later lets the old timer fire once, without effect.
  func schedule(_ link: CarrierLink) {
    guard let due = link.nextDeadline else { return }
    if let timer = link.timerAt, timer <= due { return }
    link.timerAt = due
    timers.add((link, due), at: due)
  }

  private func tickLinks() {
    while let (link, at) = timers.popDue(at: now) {
      guard link.timerAt == at else { continue }
      link.timerAt = nil
      if let due = link.nextDeadline, due <= now { tick(link) }
      schedule(link)
    }
  }

  private func tick(_ link: CarrierLink) {
    switch link.phase {
    case .idle: if drainUntil == nil { connect(link) }
    case .resolving, .ended: break
    case .connecting: tryNextAddress(link, "connect timed out")
    case .securing: handshakeTimedOut(link)
    case .open:
      if let due = link.answerDue, due.at <= now {
        answerLate(link, due.answer)
      } else {
        link.session.tick(at: now, into: &actions)
      }
      perform(on: link, body: nil)
      finishIfClosing(link)
    }
  }

  /// Publishes the windows for `carrier.list`, at most a second old.
  private func publishInFlight() {
    guard now - inFlightPublishedAt >= .seconds(1) else { return }
    inFlightPublishedAt = now
    publishCounters()
    for (place, peer) in peers.enumerated() {
      for link in peer.links { live.inFlight(place, link.ordinal, link.session.unanswered) }
    }
  }

  /// Reports to the rules which carriers have a session that sends, so that numbers switch routes or switch back.
  private func reportReachable() {
    for place in peers.indices {
      let sends = peers[place].links.contains { $0.sends && $0.isBound }
      if !sends {
        if peers[place].isReachable { peers[place].steadyAt = now + NetworkLoop.steadyAfter }
        guard peers[place].isReachable else { continue }
        peers[place].isReachable = false
        outgoing.append(.reachable(peers[place].id, false))
      } else if !peers[place].isReachable {
        if let steady = peers[place].steadyAt, steady > now { continue }
        peers[place].isReachable = true
        peers[place].steadyAt = nil
        outgoing.append(.reachable(peers[place].id, true))
      }
    }
  }

  /// Hands this pass's inputs to the rules. There is always room: the mailbox is larger than everything that can be
  /// outstanding, and inbound PDUs are refused before the mailbox is full.
  private func post() {
    guard !outgoing.isEmpty else { return }
    if !toRules.post(contentsOf: outgoing) {
      journal.write(.critical, "limit=inputs the rules' mailbox is full; \(outgoing.count) inputs wait")
      return
    }
    outgoing.removeAll(keepingCapacity: true)
  }

  // MARK: Writing

  func markDirty(_ link: CarrierLink) {
    guard !link.isDirty else { return }
    link.isDirty = true
    dirty.append(link)
  }

  private func flushDirty() {
    var index = 0
    while index < dirty.count {
      let link = dirty[index]
      link.isDirty = false
      flush(link)
      schedule(link)
      index += 1
    }
    dirty.removeAll(keepingCapacity: true)
  }

  func flush(_ link: CarrierLink) {
    guard case .open(let token) = link.phase else { return }
    let before = link.output.writtenOctets
    let flushed = link.connection.flush(&link.output)
    if link.isStuck { reportLate(link, since: before) }
    if link.isHeldBack, link.output.count <= unreadLimit(link) / 2 {
      link.isHeldBack = false
      unread.append(link)
    }
    switch flushed {
    case .all:
      link.marks.removeAll(keepingCapacity: true)
      stick(link, false)
      if link.finishes {
        link.finishes = false
        link.connection.shutdownWriting()
      }
      watch(link, token, writable: false)
    case .blocked:
      let written = link.output.writtenOctets
      link.marks.removeAll { $0.end <= written }
      stick(link, !link.marks.isEmpty)
      watch(link, token, writable: true)
    case .closed: end(link, reason: reason(link), retry: true)
    case .failed(let errno): end(link, reason: reason(link, errno), retry: true)
    }
  }

  /// Records whether texts are stuck in a full socket.
  private func stick(_ link: CarrierLink, _ isStuck: Bool) {
    guard link.isStuck != isStuck else { return }
    link.isStuck = isStuck
    if let place = link.carrier { recountSlots(place) }
  }

  /// Texts that were stuck and left in the last flush count for the pacer at this time.
  private func reportLate(_ link: CarrierLink, since before: UInt64) {
    guard let place = link.carrier else { return }
    let written = link.output.writtenOctets
    for mark in link.marks where mark.end > before && mark.end <= written {
      pacer.wroteLate(LaneID(Int(mark.segment.number)), CarrierID(place), at: now)
    }
  }

  func watch(_ link: CarrierLink, _ token: EventLoop.Token, writable: Bool) {
    let writable = writable || link.connection.readNeedsWritable
    guard link.watchesWritable != writable else { return }
    link.watchesWritable = writable
    sockets.modify(token, writable ? [.readable, .writable] : .readable)
  }

  // MARK: Ending

  /// SIGTERM: sends no new submits, returns claimed segments, waits for answers up to a limit, then unbinds.
  private func drainIfAsked() {
    if drainUntil == nil, let limit = control.drainLimit {
      drainUntil = now + limit
      closeListeners()
      for index in lanes.indices { giveBack(index) { _ in true } }
      for place in peers.indices { pacer.setSlots(CarrierID(place), 0) }
    }
    guard let drainUntil else { return }
    let isLate = drainUntil <= now
    let accepted = bySerial.values.filter { $0.index < 0 }.sorted { $0.serial < $1.serial }
    for link in links + accepted {
      switch link.phase {
      case .open where link.isBound:
        guard isLate || link.session.unanswered == 0 && link.session.unansweredByUs == 0 else { continue }
        link.isOrderly = true
        link.session.unbind(at: now, into: &actions)
        link.boundSince = nil
        perform(on: link, body: nil)
        finishIfClosing(link)
        schedule(link)
      // Binding: not waited for. Unbinding: its answer is.
      case .open: if isLate || !link.isOrderly { end(link, reason: "shutdown", retry: false) }
      case .ended: break
      case .idle, .resolving, .connecting, .securing: end(link, reason: "shutdown", retry: false)
      }
    }
    if isLate { self.drainUntil = now + .seconds(2) }
    if bySerial.isEmpty, links.allSatisfy({ $0.phase == .ended }) { control.drained() }
  }
}
