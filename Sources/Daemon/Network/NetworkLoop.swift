import Carriers
import Contract
import Gateway
import NetIO
import Pacing
import SMPP
import SMPPSession
import Synchronization

/// The network side: sockets, sessions, windows and pacing, on one thread. It decides nothing: what comes in goes to the
/// rules, and what the rules release goes out.
final class NetworkLoop {
  /// A carrier of the configuration, as this thread knows it.
  struct Peer {
    var configuration: Configuration.Carrier
    var password: COctetString
    /// Its row in the store.
    var id: CarrierKey
    var links: [CarrierLink]
    /// Where the next submit looks for a free slot first.
    var turn = 0
  }

  let loop: EventLoop
  let resolver: Resolver
  let fromRules: Mailbox<NetworkOutput>
  let toRules: Mailbox<NetworkInput>
  let journal: Journal
  let live: LiveState
  let trace: WireTrace
  var peers: [Peer]
  var links: [CarrierLink]
  var byToken = TokenMap<CarrierLink>()
  var pacer: Pacer
  var lanes: [LaneQueue] = []
  /// Inputs of this pass, posted together at its end.
  var outgoing: [NetworkInput] = []
  /// Inbound PDUs the rules' mailbox takes before new ones are refused.
  let inboundRoom: Int
  var actions: [SMPPSession.Action] = []
  var dirty: [CarrierLink] = []
  var permits: [Permit] = []
  var random = SystemRandomNumberGenerator()
  var nextSerial = 1
  /// Set by the lifecycle: no new submits, answers awaited, unbind.
  let control: NetworkControl
  var drainUntil: Duration?
  var now: Duration
  private var toldInFlight: Duration = .zero
  /// The wall clock of this pass, milliseconds since 1970 UTC.
  var wall: Int64 = 0

  init(
    configuration: Configuration, carriers: [(Configuration.Carrier, COctetString, CarrierKey)],
    toRules: Mailbox<NetworkInput>, inboundRoom: Int, loop: EventLoop, journal: Journal, live: LiveState,
    trace: WireTrace, control: NetworkControl, fromRules: Mailbox<NetworkOutput>
  ) throws {
    self.loop = loop
    self.toRules = toRules
    self.inboundRoom = inboundRoom
    self.journal = journal
    self.live = live
    self.trace = trace
    self.control = control
    self.fromRules = fromRules
    resolver = try Resolver(waker: loop.waker)
    now = loop.now
    pacer = Pacer(start: now)
    peers = []
    links = []
    for (place, (carrier, password, id)) in carriers.enumerated() {
      var own: [CarrierLink] = []
      for bind in carrier.binds {
        let link = CarrierLink(
          index: links.count, carrier: place, ordinal: own.count, bind: bind,
          session: NetworkLoop.session(carrier, password, bind))
        own.append(link)
        links.append(link)
      }
      peers.append(Peer(configuration: carrier, password: password, id: id, links: own))
      pacer.setCarrier(
        CarrierID(place), rate: carrier.profile.rate > 0 ? Rate(perSecond: carrier.profile.rate) : nil,
        slots: 0, jitterGuard: carrier.profile.jitterGuard)
    }
  }

  static func session(_ carrier: Configuration.Carrier, _ password: COctetString, _ bind: BindType)
    -> SMPPSession
  {
    let profile = carrier.profile
    var configuration = SMPPSession.Configuration()
    configuration.window = profile.window
    configuration.sessionInitTimeout = profile.bindTimeout
    configuration.enquireLinkAfter = profile.enquireLinkAfter
    configuration.enquireLinkAnswerWithin = profile.enquireLinkAnswerWithin
    configuration.responseTimeout = profile.responseTimeout
    configuration.closeAfterUnanswered = profile.closeAfterUnanswered
    configuration.inactivityTimeout = profile.inactivityTimeout
    let identity = Bind(
      systemID: COctetString(carrier.systemID), password: password,
      systemType: COctetString(carrier.systemType))
    return SMPPSession(role: .esme(bind, identity), configuration: configuration)
  }

  // MARK: The loop

  /// Runs until the gateway ends.
  func run() {
    var events: [EventLoop.Event] = []
    var outputs: [NetworkOutput] = []
    var answers: [Resolver.Answer] = []
    for link in links { link.phase = .idle(until: now) }
    while !control.isEnded {
      loop.wait(until: nextDeadline(), into: &events)
      now = loop.now
      wall = WallClock.nowMilliseconds
      trace.tick(now, wall: wall)
      for event in events {
        if let link = byToken[event.token] { handle(event, link) }
      }
      fromRules.drain(into: &outputs)
      for output in outputs { perform(output) }
      outputs.removeAll(keepingCapacity: true)
      resolver.answers.drain(into: &answers)
      for answer in answers { resolved(answer) }
      answers.removeAll(keepingCapacity: true)
      tickLinks()
      drainIfAsked()
      pump()
      grantPermits()
      flushDirty()
      post()
      tellInFlight()
      control.beat(now)
    }
    for link in links where link.phase != .ended { end(link, reason: "shutdown", retry: false) }
    post()
    resolver.close()
  }

  private func nextDeadline() -> Duration? {
    // Late enough to cost nothing, early enough that the watchdog sees the loop live.
    var next = now + .seconds(1)
    if let due = pacer.nextDeadline(at: now) { next = min(next, due) }
    for link in links {
      switch link.phase {
      case .idle(let until): next = min(next, until)
      case .resolving, .ended: break
      case .connecting: if let deadline = link.connectDeadline { next = min(next, deadline) }
      case .open: if let deadline = link.session.nextDeadline { next = min(next, deadline) }
      }
    }
    if let drainUntil { next = min(next, drainUntil) }
    return next
  }

  /// What `carrier.list` shows of the windows: a second old at most.
  private func tellInFlight() {
    guard now - toldInFlight >= .seconds(1) else { return }
    toldInFlight = now
    for link in links { live.inFlight(link.carrier, link.ordinal, link.session.unanswered) }
  }

  private func tickLinks() {
    for link in links {
      switch link.phase {
      case .idle(let until): if until <= now, drainUntil == nil { connect(link) }
      case .resolving, .ended: break
      case .connecting:
        if let deadline = link.connectDeadline, deadline <= now { tryNextAddress(link, "connect timed out") }
      case .open:
        if let deadline = link.session.nextDeadline, deadline <= now {
          link.session.tick(at: now, into: &actions)
          perform(on: link, body: nil)
          finishIfClosing(link)
        }
      }
    }
  }

  /// Hands the rules what this pass brought. There is always room: the mailbox is larger than everything that can be
  /// outstanding, and inbound PDUs are refused before it is full.
  private func post() {
    guard !outgoing.isEmpty else { return }
    if !toRules.post(contentsOf: outgoing) {
      journal.write(.critical, "limit=inputs the rules' mailbox is full; \(outgoing.count) inputs wait")
      return
    }
    outgoing.removeAll(keepingCapacity: true)
  }

  // MARK: Pacing

  func queue(_ lane: NumberID) -> Int? {
    guard lane > 0, lane < Int64(Pacer.maximumLanes) else { return nil }
    let index = Int(lane)
    if index >= lanes.count {
      lanes.append(contentsOf: repeatElement(LaneQueue(), count: index - lanes.count + 1))
    }
    return index
  }

  /// Writes what may be written now, people first.
  private func pump() {
    while let (lane, messageClass) = pacer.next(at: now) {
      let index = Int(lane.index)
      guard lanes.indices.contains(index), let segment = lanes[index].take(bulk: messageClass == .campaign)
      else { continue }
      guard let place = lanes[index].carrier, submit(segment, at: place) else {
        outgoing.append(.returned([segment.ref]))
        if let place = lanes[index].carrier { recountSlots(place) }
        continue
      }
    }
  }

  private func submit(_ segment: ClaimedSegment, at place: Int) -> Bool {
    let count = peers[place].links.count
    for step in 0..<count {
      let link = peers[place].links[(peers[place].turn + step) % count]
      guard link.freeSlots > 0,
        let sequence = link.session.reserve(
          .submitSM, token: UInt64(bitPattern: segment.ref.rawValue), at: now)
      else { continue }
      peers[place].turn = (peers[place].turn + step + 1) % count
      let start = link.output.appendedOctets
      append(to: link) { segment.pdu.encode(sequence: sequence, into: &$0) }
      link.marks.append(.init(segment: segment, start: start, end: link.output.appendedOctets))
      markDirty(link)
      return true
    }
    return false
  }

  private func grantPermits() {
    guard drainUntil == nil else { return }
    pacer.permits(at: now, into: &permits)
    guard !permits.isEmpty else { return }
    outgoing.append(
      .permits(
        permits.map {
          ClaimPermit(number: NumberID($0.lane.index), bulk: $0.class == .campaign, count: $0.count)
        }))
    permits.removeAll(keepingCapacity: true)
  }

  /// Slots of a carrier after a session was bound or lost; with none left, its claims go back.
  func recountSlots(_ place: Int) {
    let slots = peers[place].links.reduce(0) { $0 + $1.freeSlots }
    pacer.setSlots(CarrierID(place), slots)
    guard !peers[place].links.contains(where: { $0.sends && $0.isBound }) else { return }
    for index in lanes.indices where lanes[index].carrier == place { giveBack(index) { _ in true } }
  }

  /// Takes claims out of a lane unwritten and hands them back.
  func giveBack(_ index: Int, where isWanted: (ClaimedSegment) -> Bool) {
    let taken = lanes[index].remove(where: isWanted)
    guard !taken.isEmpty else { return }
    forget(taken, in: index)
    outgoing.append(.returned(taken.map(\.ref)))
  }

  func forget(_ segments: [ClaimedSegment], in index: Int) {
    let bulk = segments.count(where: \.bulk)
    if bulk > 0 { pacer.returned(LaneID(index), .campaign, count: bulk) }
    if segments.count > bulk { pacer.returned(LaneID(index), .interactive, count: segments.count - bulk) }
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
      index += 1
    }
    dirty.removeAll(keepingCapacity: true)
  }

  func flush(_ link: CarrierLink) {
    guard case .open(let token) = link.phase else { return }
    switch link.connection.flush(&link.output) {
    case .all:
      link.marks.removeAll(keepingCapacity: true)
      if link.finishes {
        link.finishes = false
        link.connection.shutdownWriting()
      }
      watch(link, token, writable: false)
    case .blocked:
      let written = link.output.writtenOctets
      link.marks.removeAll { $0.end <= written }
      watch(link, token, writable: true)
    case .closed: end(link, reason: "the carrier closed the connection", retry: true)
    case .failed(let errno): end(link, reason: "\(errno)", retry: true)
    }
  }

  private func watch(_ link: CarrierLink, _ token: EventLoop.Token, writable: Bool) {
    guard link.watchesWritable != writable else { return }
    link.watchesWritable = writable
    loop.modify(token, writable ? [.readable, .writable] : .readable)
  }

  // MARK: Ending

  /// SIGTERM: no new submits, what is claimed goes back, answers are awaited up to a limit, then unbind.
  private func drainIfAsked() {
    if drainUntil == nil, let limit = control.drainLimit {
      drainUntil = now + limit
      for index in lanes.indices { giveBack(index) { _ in true } }
      for place in peers.indices { pacer.setSlots(CarrierID(place), 0) }
    }
    guard let drainUntil else { return }
    let isLate = drainUntil <= now
    for link in links {
      switch link.phase {
      case .open where link.isBound:
        guard isLate || link.session.unanswered == 0 && link.session.unansweredByUs == 0 else { continue }
        link.isOrderly = true
        link.session.unbind(at: now, into: &actions)
        link.boundSince = nil
        perform(on: link, body: nil)
        finishIfClosing(link)
      case .open: if isLate { end(link, reason: "shutdown", retry: false) }
      case .ended: break
      case .idle, .resolving, .connecting: end(link, reason: "shutdown", retry: false)
      }
    }
    if isLate { self.drainUntil = now + .seconds(2) }
    if links.allSatisfy({ $0.phase == .ended }) { control.drained() }
  }
}
