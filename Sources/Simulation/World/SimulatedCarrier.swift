import CarrierSimulator
import NetIO
import SMPP
import SMPPSession

/// A carrier of the simulated world: an ``SMSC`` whose octets take their time, come in pieces and get lost. What it has
/// accepted, and what it has to deliver, survives its own outages; what is unanswered when a connection ends is delivered
/// again, octet for octet.
final class SimulatedCarrier {
  final class Session {
    let link: SMSC.Link
    let wire: Wire
    var input = InputBuffer(limit: Framing.maximumLength + 4096)
    var isOver = false
    /// Octets arrive in order: none before the last.
    var lastArrival: Duration = .zero
    var lastDeparture: Duration = .zero
    /// When its time is looked at next.
    var tickAt: Duration?

    init(link: SMSC.Link, wire: Wire) {
      self.link = link
      self.wire = wire
    }
  }

  /// What an odd receipt says instead of a state.
  static let oddWord = "PERHAPS"

  /// What it does wrong now, each until its time.
  struct Moods {
    var down: Duration = .zero
    var silent: Duration = .zero
    var throttling: Duration = .zero
    var refusing: Duration = .zero
    var losingAnswers: Duration = .zero
    var losingReceipts: Duration = .zero
    var doublingReceipts: Duration = .zero
    var earlyReceipts: Duration = .zero
    var narrow: Duration = .zero
    var oddReceipts: Duration = .zero
    var older: Duration = .zero

    /// When the last of them is over.
    var end: Duration {
      let ends = [
        down, silent, throttling, refusing, losingAnswers, losingReceipts, doublingReceipts, earlyReceipts,
        narrow, oddReceipts, older,
      ]
      return ends.reduce(.zero, max)
    }
  }

  /// Whether a session of it reaches the gateway as it is now.
  var isReached: Bool { sessions.contains { !$0.isOver && $0.wire.isWhole } }

  let traits: Story.Carrier
  let place: Int
  let address: SocketAddress
  unowned let world: Simulation
  private let smsc: SMSC
  private var moods = Moods()
  /// From then on it does nothing wrong.
  var isWellFrom: Duration { moods.end }
  private(set) var sessions: [Session] = []
  private var random: SeededRandom
  private var wantsPump = false
  /// It has got rid of all receipts and texts.
  var isAtRest: Bool { smsc.undelivered == 0 }

  init(_ traits: Story.Carrier, place: Int, world: Simulation, seed: UInt64) {
    self.traits = traits
    self.place = place
    self.world = world
    address = SocketAddress(host: "10.0.0.\(place + 1)", port: 2775) ?? world.nowhere
    random = SeededRandom(seed: seed)
    smsc = SMSC(
      Self.configuration(traits, seed: seed), at: world.clock.now, wall: world.clock.wallMilliseconds)
  }

  private static func configuration(_ traits: Story.Carrier, seed: UInt64) -> CarrierSimulator.Configuration {
    var configuration = CarrierSimulator.Configuration()
    configuration.seed = seed
    configuration.systemID = COctetString(traits.name)
    configuration.accounts = [.init(systemID: "acme", password: "secret", maximumSessions: 1_000)]
    configuration.deliverWindow = 8
    configuration.enquireLinkAfter = nil
    configuration.deliverTimeout = .seconds(45)
    configuration.answerDelay = .uniform(
      .microseconds(traits.answersWithin.lowerBound * 200), .milliseconds(traits.answersWithin.upperBound))
    configuration.receipts.ids = traits.ids
    configuration.receipts.hasTLVs = false
    configuration.receipts.echoesUserMessageReference = traits.echoesReference
    configuration.receipts.delay = .mostly(
      .uniform(.milliseconds(50), .seconds(3)), or: .uniform(.seconds(5), .milliseconds(traits.lastReceipts)),
      in: 0.05)
    configuration.retryDelay = .uniform(.milliseconds(500), .seconds(4))
    configuration.maximumRefusals = .max
    configuration.population.keepsOrder = true
    configuration.population.usesDataSM = traits.usesDataSM
    return configuration
  }

  private var now: Duration { world.clock.now }

  private func at(_ time: Duration, _ body: @escaping () -> Void) { world.at(time, body) }

  // MARK: Moods

  func become(_ mood: WritableKeyPath<Moods, Duration>, until end: Duration) {
    moods[keyPath: mood] = end
    changeMoods()
    at(end) { [unowned self] in changeMoods() }
  }

  private func changeMoods() {
    typealias Chance = CarrierSimulator.Faults.ByChance
    let chances: [(until: Duration, Chance)] = [
      (moods.losingAnswers, Chance(.noAnswer, 0.5)),
      (moods.earlyReceipts, Chance(.receiptFirst, 0.6)),
      (moods.doublingReceipts, Chance(.receiptTwice, 0.5)),
      (moods.losingReceipts, Chance(.noReceipt, 0.5)),
      (moods.oddReceipts, Chance(.receiptWord(SimulatedCarrier.oddWord), 0.3)),
      (moods.throttling, Chance(.refuse(.ESME_RTHROTTLED), 0.5)),
      (moods.refusing, Chance(.refuse(.ESME_RMSGQFUL), 0.3)),
      (moods.refusing, Chance(.refuse(.ESME_RINVDSTADR), 0.1)),
    ]
    smsc.configure {
      $0.faults.byChance = chances.filter { now < $0.until }.map(\.1)
      $0.interfaceVersion = version
    }
    for session in sessions { session.link.isBlocked = now < moods.silent }
    schedulePump()
  }

  /// The version that whoever binds is told.
  private var version: UInt8? { now < moods.older ? 0x33 : nil }

  /// Whether optional parameters may be sent on a wire.
  func takesParameters(on wire: Wire) -> Bool {
    sessions.first { $0.wire === wire }?.link.takesParameters ?? true
  }

  // MARK: Connections

  /// The gateway connects; nil: nobody is there.
  func connected() -> Wire? {
    guard now >= moods.down, !traits.calls else { return nil }
    let session = open()
    smsc.began(session.link)
    settle()
    return session.wire
  }

  /// A connection comes about; its octets begin to flow.
  private func open(calling bind: Bind? = nil) -> Session {
    let room = now < moods.narrow ? 1...400 : Int64(Wire.openRoom)...200_000
    let wire = world.makeWire(room: Int(random.within(room.lowerBound, room.upperBound)))
    turn()
    let session = Session(link: smsc.connected(calling: bind), wire: wire)
    session.link.isBlocked = now < moods.silent
    sessions.append(session)
    wire.onWrite = { [unowned self, unowned session] octets in wrote(Array(octets), session) }
    wire.onStuck = { [unowned self, unowned wire] in world.witness.stuck(wire, of: self) }
    wire.onGatewayEnd = { [unowned self, unowned session] in
      at(max(now, session.lastArrival) + world.latency(&random)) { [unowned self] in over(session) }
    }
    world.after(world.latency(&random)) { [unowned session] in session.wire.establish() }
    return session
  }

  /// It calls the gateway, as often as it has sessions to bring up.
  func callAgain() {
    guard traits.calls else { return }
    if now >= moods.down, sessions.count < traits.sessions {
      let session = open(
        calling: Bind(systemID: "carrier", password: "call-me", interfaceVersion: version ?? 0x34))
      let from =
        SocketAddress(host: "10.0.0.\(place + 1)", port: UInt16(40_000 + session.wire.number % 20_000))
        ?? address
      if world.call(session.wire, from: from) {
        smsc.began(session.link)
        settle()
      } else {
        lose(session)
      }
    }
    world.after(.milliseconds(random.within(500, 3000))) { [unowned self] in callAgain() }
  }

  /// Some or all connections break: mid-octet, or after what was sent.
  func loseConnections(whole: Bool) {
    for session in sessions where whole || random.happens(0.5) { lose(session) }
  }

  func goDown(until: Duration) {
    become(\.down, until: until)
    loseConnections(whole: true)
  }

  private func lose(_ session: Session) {
    session.wire.breakDown()
    over(session)
  }

  /// Nothing of this session will be answered any more.
  func over(_ session: Session) {
    guard !session.isOver else { return }
    session.isOver = true
    at(max(now, session.lastDeparture) + world.latency(&random)) { [unowned session] in
      session.wire.endByPeer()
    }
    sessions.removeAll { $0 === session }
    world.retire(session.wire, session)
    turn()
    smsc.closed(session.link)
    settle()
  }

  // MARK: Octets

  private func wrote(_ octets: [UInt8], _ session: Session) {
    world.witness.wrote(octets, on: session.wire, of: self)
    travel(octets, &session.lastArrival, inPieces: 0.1) { [unowned self, unowned session] chunk in
      arrived(chunk, session)
    }
  }

  /// Octets are on their way, whole or in pieces, none before those that went before.
  private func travel(
    _ octets: [UInt8], _ last: inout Duration, inPieces probability: Double, after start: Duration = .zero,
    _ arrive: @escaping ([UInt8]) -> Void
  ) {
    var rest = octets[...]
    while !rest.isEmpty {
      let size = random.happens(probability) ? Int(random.within(1, Int64(rest.count))) : rest.count
      let chunk = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      last = max(last, max(now, start) + world.latency(&random))
      at(last) { arrive(chunk) }
    }
  }

  private func arrived(_ chunk: [UInt8], _ session: Session) {
    session.wire.left(chunk.count)
    guard session.wire.state == .open, !session.isOver else { return }
    guard session.input.append(chunk) else {
      return world.witness.violated("pdu", "more than \(Framing.maximumLength) octets without a PDU")
    }
    turn()
    var used = 0
    session.input.withUnread { octets in
      while !session.isOver, let length = take(UnsafeRawBufferPointer(rebasing: octets[used...]), session) {
        used += length
      }
    }
    session.input.consume(used)
  }

  /// The first PDU of what came; nil: there is none.
  private func take(_ octets: UnsafeRawBufferPointer, _ session: Session) -> Int? {
    defer { settle() }
    switch smsc.received(octets, on: session.link) {
    case .needMore: return nil
    case .pdu(let length):
      look(at: PDUHeader(peeking: octets), session)
      return length
    case .refused(_, let status, let error):
      world.witness.violated("pdu", "a PDU is malformed: \(status.name) \(error)")
      return nil
    case .framingLost:
      world.witness.violated("pdu", "framing lost on what the gateway wrote")
      return nil
    }
  }

  /// What the gateway must not write, whatever the octets.
  private func look(at header: PDUHeader?, _ session: Session) {
    let counters = session.link.session.counters
    if let header, header.commandID == .genericNack {
      world.witness.violated("pdu", "generic_nack \(header.status.name) to what was well formed")
    } else if counters.stray > 0 {
      world.witness.violated(
        "pdu", "an answer to sequence_number \(header?.sequence ?? 0), which asked nothing")
    } else if counters.wrongState > 0 {
      world.witness.violated("pdu", "command_id \(header?.commandID.rawValue ?? 0) is not for this state")
    }
    world.witness.heldOpen(session.link.session.unansweredByUs, self)
  }

  /// While it is silent nothing leaves.
  private func send(_ pdu: PDU, _ session: Session) {
    travel(pdu.encoded, &session.lastDeparture, inPieces: 0.05, after: moods.silent) {
      [unowned session] chunk in
      if session.wire.state == .open { session.wire.arrive(chunk) }
    }
  }

  // MARK: What the SMSC decides

  private func turn() { smsc.turn(at: now, wall: world.clock.wallMilliseconds) }

  /// Performs what the SMSC wants, and sees to what it may want next.
  private func settle() {
    performAll()
    schedulePump()
  }

  private func performAll() {
    while smsc.hasActions {
      var wanted: [SMSC.Action] = []
      smsc.takeActions(into: &wanted)
      for action in wanted { perform(action) }
    }
    for session in sessions { scheduleTick(session) }
  }

  private func perform(_ action: SMSC.Action) {
    switch action {
    case .write(let pdu, let number): if let session = session(number) { send(pdu, session) }
    case .finishWriting(let number):
      guard let session = session(number) else { return }
      at(now + .milliseconds(50)) { [unowned self, unowned session] in over(session) }
    case .close(let number), .drop(let number): if let session = session(number) { lose(session) }
    case .later(let work, let time):
      at(time) { [unowned self] in
        turn()
        smsc.perform(work)
        settle()
      }
    case .taken(let message, let id): taken(message, id)
    case .delivering(let delivery): if let text = delivery.text { world.witness.offered(text.id) }
    case .delivered(let delivery, let status): delivered(delivery, status)
    case .tell(.receipt(let id, _)): world.note { "\(traits.name) has a receipt of \(id)" }
    case .tell, .answered, .unanswered: break
    }
  }

  private func session(_ number: Int) -> Session? { sessions.first { $0.link.number == number } }

  private func taken(_ message: Submission, _ id: MessageIDs.Made?) {
    world.note {
      "\(traits.name) takes \(id.map { "\($0.response)" } ?? "a deliver_sm") for \(message.destination.digits): "
        + Witness.mark(message)
    }
    world.witness.copy(message, by: self)
    if let id { world.witness.named(message, id, by: place) }
    if id != nil { world.phones.received(message, by: self) }
  }

  private func delivered(_ delivery: Delivery, _ status: CommandStatus) {
    switch status {
    case .ESME_ROK:
      if let text = delivery.text {
        world.witness.acknowledged(text.id, part: text.part)
      } else {
        world.witness.tookReceipt(delivery.message, of: place)
        world.note {
          "\(traits.name) got rid of \(String(decoding: delivery.message.shortMessage.prefix(30), as: UTF8.self))"
        }
      }
    case .ESME_RX_T_APPN, .ESME_RTHROTTLED, .ESME_RMSGQFUL, .ESME_RSYSERR: break
    default:
      if let text = delivery.text {
        world.witness.violated("inbound", "text \(text.id) was refused for good: \(status.name)")
      }
    }
  }

  // MARK: Deliveries

  /// A phone of its network writes to a number of the gateway's.
  /// - Returns: how many parts its text has.
  func phone(_ phone: String, writes text: String, to number: String, id: Witness.TextID) -> Int {
    turn()
    defer { schedulePump() }
    return smsc.phoneSends(text, from: phone, to: number, id: id)
  }

  /// A phone's long text in its parts, to be sent by ``phoneSends(_:)``.
  func parts(of text: String, from phone: String, to number: String, reference: UInt16, id: Witness.TextID)
    -> [Delivery]
  {
    smsc.parts(of: text, from: phone, to: number, reference: reference, id: id)
  }

  func phoneSends(_ parts: [Delivery]) {
    turn()
    smsc.phoneSends(parts)
    schedulePump()
  }

  /// What the answer is to; for the witness, at the moment it is written.
  func delivery(_ sequence: UInt32, on wire: Wire) -> Delivery? {
    sessions.first { $0.wire === wire }?.link.delivery(sequence: sequence)
  }

  private func schedulePump() {
    guard !wantsPump, smsc.undelivered > 0 else { return }
    wantsPump = true
    at(now + .milliseconds(random.within(1, 5))) { [unowned self] in
      wantsPump = false
      turn()
      smsc.pump()
      performAll()
    }
  }

  private func scheduleTick(_ session: Session) {
    guard let due = session.link.session.nextDeadline, session.tickAt.map({ due < $0 }) ?? true else {
      return
    }
    session.tickAt = due
    at(due) { [unowned self, unowned session] in
      guard session.tickAt == due, !session.isOver else { return }
      session.tickAt = nil
      turn()
      if let due = session.link.session.nextDeadline, due <= now { smsc.tick(session.link) }
      performAll()
    }
  }
}
