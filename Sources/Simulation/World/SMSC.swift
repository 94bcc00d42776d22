import CarrierSimulator
import NetIO
import SMPP

/// A carrier of the simulated world. What it has accepted, and what it has to deliver, survives its own outages; what is
/// unanswered when a connection ends is delivered again, octet for octet.
final class SMSC {
  /// Something to deliver to the gateway: a receipt, or what a phone wrote.
  final class Item {
    enum Kind: Equatable {
      case receipt
      case text(Witness.TextID, part: Int)
    }
    let kind: Kind
    let phone: Int?
    let message: SubmitSM
    var isDone = false
    /// On its way, and in which session.
    var session: Int?
    var notBefore: Duration = .zero
    var attempts = 0

    init(_ kind: Kind, phone: Int?, _ message: SubmitSM) {
      self.kind = kind
      self.phone = phone
      self.message = message
    }
  }

  final class Session {
    let number: Int
    let wire: Wire
    var input = InputBuffer(limit: Framing.maximumLength + 4096)
    var bound: BindType?
    var nextSequence: UInt32 = 1
    var awaiting: [UInt32: (item: Item, since: Duration)] = [:]
    var isOver = false
    /// Octets arrive in order: none before the last.
    var lastArrival: Duration = .zero
    var lastDeparture: Duration = .zero
    /// Submits of the gateway that are not answered.
    var open = 0

    init(number: Int, wire: Wire) {
      self.number = number
      self.wire = wire
    }
  }

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
  }

  let traits: Story.Carrier
  let place: Int
  let address: SocketAddress
  unowned let world: Simulation
  var moods = Moods()
  private(set) var sessions: [Session] = []
  private var items: [Item] = []
  private var head = 0
  /// The phones whose text is on its way: the next one waits for it.
  private var busyPhones: Set<Int> = []
  private var ids: MessageIDs
  private var random: SeededRandom
  private var wantsPump = false
  /// Receipts and texts it has not got rid of.
  var isAtRest: Bool { items[head...].allSatisfy(\.isDone) }

  init(_ traits: Story.Carrier, place: Int, world: Simulation, seed: UInt64) {
    self.traits = traits
    self.place = place
    self.world = world
    address = SocketAddress(host: "10.0.0.\(place + 1)", port: 2775) ?? world.nowhere
    ids = MessageIDs(style: traits.ids, seed: seed)
    random = SeededRandom(seed: seed)
  }

  private var now: Duration { world.clock.now }

  // MARK: Connections

  /// The gateway connects; nil: nobody is there.
  func connected() -> Wire? {
    guard now >= moods.down, !traits.calls else { return nil }
    return open().wire
  }

  /// A connection comes about; its octets begin to flow.
  private func open() -> Session {
    let wire = world.makeWire(
      room: now < moods.narrow ? Int(random.within(1, 400)) : Int(random.within(2_000, 200_000)))
    let session = Session(number: wire.number, wire: wire)
    sessions.append(session)
    wire.onWrite = { [unowned self, unowned session] octets in wrote(Array(octets), session) }
    wire.onGatewayEnd = { [unowned self, unowned session] in
      at(max(now, session.lastArrival) + world.latency(&random)) { [unowned self] in over(session) }
    }
    world.after(world.latency(&random)) { [unowned session] in session.wire.establish() }
    return session
  }

  private func at(_ time: Duration, _ body: @escaping () -> Void) { world.at(time, body) }

  /// It calls the gateway, as often as it has sessions to bring up.
  func callAgain() {
    guard traits.calls else { return }
    if now >= moods.down, sessions.count(where: { !$0.isOver }) < traits.sessions {
      let session = open()
      let from =
        SocketAddress(host: "10.0.0.\(place + 1)", port: UInt16(40_000 + session.number % 20_000)) ?? address
      if world.call(session.wire, from: from) {
        send(
          .init(
            sequence: take(session),
            body: .bind(.transceiver, Bind(systemID: "carrier", password: "call-me"))), session)
      } else {
        session.wire.breakDown()
        over(session)
      }
    }
    world.after(.milliseconds(random.within(500, 3000))) { [unowned self] in callAgain() }
  }

  /// Some or all connections break: mid-octet, or after what was sent.
  func loseConnections(whole: Bool) {
    for session in sessions where !session.isOver {
      if whole || random.happens(0.5) {
        session.wire.breakDown()
        over(session)
      }
    }
  }

  func goDown(until: Duration) {
    moods.down = until
    loseConnections(whole: true)
  }

  /// Nothing of this session will be answered any more.
  func over(_ session: Session) {
    guard !session.isOver else { return }
    session.isOver = true
    for (_, entry) in session.awaiting.sorted(by: { $0.key < $1.key }) { release(entry.item) }
    session.awaiting = [:]
    at(max(now, session.lastDeparture) + world.latency(&random)) { [unowned session] in
      session.wire.endByPeer()
    }
    sessions.removeAll { $0 === session }
    world.retire(session.wire, session)
    schedulePump()
  }

  private func release(_ item: Item) {
    item.session = nil
    if let phone = item.phone { busyPhones.remove(phone) }
  }

  // MARK: Octets

  private func wrote(_ octets: [UInt8], _ session: Session) {
    world.witness.wrote(octets, on: session.wire, of: self)
    var rest = octets[...]
    while !rest.isEmpty {
      let size = random.happens(0.1) ? Int(random.within(1, Int64(rest.count))) : rest.count
      let chunk = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      session.lastArrival = max(session.lastArrival, now + world.latency(&random))
      at(session.lastArrival) { [unowned self] in arrived(chunk, session) }
    }
  }

  private func arrived(_ chunk: [UInt8], _ session: Session) {
    session.wire.left(chunk.count)
    guard session.wire.state == .open, !session.isOver else { return }
    guard session.input.append(chunk) else {
      return world.witness.violated("pdu", "more than \(Framing.maximumLength) octets without a PDU")
    }
    var frames: [[UInt8]] = []
    var used = 0
    session.input.withUnread { octets in
      walk: while true {
        let rest = UnsafeRawBufferPointer(rebasing: octets[used...])
        switch Framing.next(rest) {
        case .frame(let length):
          frames.append(Array(rest[..<length]))
          used += length
        case .needMore: break walk
        case .lost:
          world.witness.violated("pdu", "framing lost on what the gateway wrote")
          break walk
        }
      }
    }
    session.input.consume(used)
    for frame in frames where !session.isOver {
      switch PDU.decode(frame) {
      case .pdu(let pdu): received(pdu, session)
      case .refused(let header, let status, let error):
        world.witness.violated(
          "pdu", "command_id \(header.commandID.rawValue) is malformed: \(status.name) \(error)")
      }
    }
  }

  private func take(_ session: Session) -> UInt32 {
    defer { session.nextSequence += 1 }
    return session.nextSequence
  }

  private func send(_ pdu: PDU, _ session: Session) {
    guard !session.isOver else { return }
    var rest = pdu.encoded[...]
    while !rest.isEmpty {
      let size = random.happens(0.05) ? Int(random.within(1, Int64(rest.count))) : rest.count
      let chunk = Array(rest.prefix(size))
      rest = rest.dropFirst(size)
      session.lastDeparture = max(session.lastDeparture, now + world.latency(&random))
      at(session.lastDeparture) { [unowned session] in
        if session.wire.state == .open { session.wire.arrive(chunk) }
      }
    }
  }

  // MARK: PDUs

  private func received(_ pdu: PDU, _ session: Session) {
    switch pdu.body {
    case .bind(let type, _):
      let response = BindResp(systemID: COctetString(traits.name))
      answer(.init(sequence: pdu.sequence, body: .bindResp(type, response)), session) { [unowned self] in
        guard !session.isOver else { return }
        session.bound = type
        schedulePump()
      }
    case .bindResp:
      if pdu.status == .ESME_ROK { session.bound = .transceiver } else { loseConnections(whole: true) }
      schedulePump()
    case .submitSM(let message): submitted(message, pdu, session)
    case .deliverSM(let message): submitted(message, pdu, session)
    case .enquireLink:
      if now >= moods.silent { answer(.init(sequence: pdu.sequence, body: .enquireLinkResp), session) }
    case .unbind:
      answer(.init(sequence: pdu.sequence, body: .unbindResp), session)
      at(now + .milliseconds(50)) { [unowned self] in over(session) }
    case .deliverSMResp, .submitSMResp: delivered(pdu, session)
    case .enquireLinkResp, .unbindResp: break
    case .genericNack:
      world.witness.violated("pdu", "generic_nack \(pdu.status.name) to what was well formed")
    default: world.witness.violated("pdu", "an unexpected \(pdu.commandID)")
    }
  }

  /// Answers after the time it takes; all of a silence come after it.
  private func answer(_ pdu: PDU, _ session: Session, then: @escaping () -> Void = {}) {
    let within = traits.answersWithin
    let due =
      max(now, moods.silent) + .microseconds(random.within(within.lowerBound * 200, within.upperBound * 1000))
    at(due) { [unowned self] in
      then()
      if !session.isOver { send(pdu, session) }
    }
  }

  private func submitted(_ message: SubmitSM, _ pdu: PDU, _ session: Session) {
    session.open += 1
    world.witness.heldOpen(session.open, self)
    func reply(_ status: CommandStatus, _ id: COctetString = "") {
      if now < moods.losingAnswers, random.happens(0.5) { return }
      var response = PDU(
        status: status, sequence: pdu.sequence,
        body: .submitSMResp(status == .ESME_ROK ? SubmitSMResp(messageID: id) : nil))
      if case .deliverSM = pdu.body { response.body = .deliverSMResp(DeliverSMResp()) }
      answer(response, session) { session.open -= 1 }
    }
    if now < moods.throttling, random.happens(0.5) { return reply(.ESME_RTHROTTLED) }
    if now < moods.refusing {
      if random.happens(0.3) { return reply(.ESME_RMSGQFUL) }
      if random.happens(0.1) { return reply(.ESME_RINVDSTADR) }
    }
    world.witness.copy(message, by: self)
    if case .deliverSM = pdu.body {
      world.note {
        "\(traits.name) takes a deliver_sm for \(message.destination.digits): \(Witness.mark(message))"
      }
      return reply(.ESME_ROK)
    }
    let id = ids.next()
    world.note {
      "\(traits.name) takes \(id.response) for \(message.destination.digits): \(Witness.mark(message))"
    }
    let isEarly = now < moods.earlyReceipts && random.happens(0.6)
    if message.registeredDelivery & 0x03 != 0 { plan(receiptFor: message, id.receipt, isEarly: isEarly) }
    reply(.ESME_ROK, id.response)
    world.phones.received(message, by: self)
  }

  private func plan(receiptFor message: SubmitSM, _ id: COctetString, isEarly: Bool) {
    if now < moods.losingReceipts, random.happens(0.5) { return }
    let submitted = world.clock.wallMilliseconds
    let delay =
      isEarly
      ? Duration.zero
      : .milliseconds(random.happens(0.05) ? random.within(5_000, 60_000) : random.within(50, 3_000))
    let copies = now < moods.doublingReceipts && random.happens(0.5) ? 2 : 1
    for copy in 0..<copies {
      world.after(delay + .milliseconds(copy == 0 ? 0 : random.within(1, 4_000))) { [unowned self] in
        var receipt = DeliverSM(
          source: message.destination, destination: message.source, esmClass: ESMClass.deliveryReceipt,
          shortMessage: ReceiptText(
            messageID: id, state: .delivered, error: 0, submitMilliseconds: submitted,
            doneMilliseconds: world.clock.wallMilliseconds, text: []
          ).octets)
        if traits.echoesReference, let reference = message.tlvs.userMessageReference {
          receipt.tlvs.userMessageReference = reference
        }
        world.note { "\(traits.name) has a receipt of \(id)" }
        enqueue(Item(.receipt, phone: nil, receipt))
      }
    }
  }

  // MARK: Deliveries

  func enqueue(_ item: Item) {
    items.append(item)
    schedulePump()
  }

  private func schedulePump() {
    guard !wantsPump else { return }
    wantsPump = true
    at(now + .milliseconds(random.within(1, 5))) { [unowned self] in
      wantsPump = false
      pump()
    }
  }

  /// Deliveries a session has unanswered at most.
  private static let window = 8

  private func pump() {
    while head < items.count, items[head].isDone { head += 1 }
    guard now >= moods.silent else { return at(moods.silent) { [unowned self] in schedulePump() } }
    var next: Duration?
    for session in sessions
    where !session.isOver && (session.bound == .receiver || session.bound == .transceiver) {
      var index = head
      while session.awaiting.count < SMSC.window, index < items.count {
        let item = items[index]
        index += 1
        if item.isDone || item.session != nil { continue }
        if item.notBefore > now {
          next = min(next ?? item.notBefore, item.notBefore)
          // What a phone wrote later waits for it.
          continue
        }
        if let phone = item.phone {
          guard !busyPhones.contains(phone), isFirst(item, of: phone, before: index - 1) else { continue }
          busyPhones.insert(phone)
        }
        deliver(item, session)
      }
    }
    if let next { at(next) { [unowned self] in schedulePump() } }
  }

  /// Nothing the phone wrote earlier waits.
  private func isFirst(_ item: Item, of phone: Int, before end: Int) -> Bool {
    for index in head..<end where items[index].phone == phone && !items[index].isDone { return false }
    return true
  }

  private func deliver(_ item: Item, _ session: Session) {
    item.session = session.number
    item.attempts += 1
    let sequence = take(session)
    session.awaiting[sequence] = (item, now)
    if case .text(let id, _) = item.kind { world.witness.offered(id) }
    send(
      PDU(sequence: sequence, body: traits.calls ? .submitSM(item.message) : .deliverSM(item.message)),
      session)
    // An answer that does not come in its time ends the session.
    world.after(.seconds(45)) { [unowned self] in
      if session.awaiting[sequence] != nil, !session.isOver {
        session.wire.breakDown()
        over(session)
      }
    }
  }

  /// What the answer is to; for the witness, at the moment it is written.
  func item(_ sequence: UInt32, on wire: Wire) -> Item? {
    sessions.first { $0.wire === wire }?.awaiting[sequence]?.item
  }

  private func delivered(_ pdu: PDU, _ session: Session) {
    guard let (item, _) = session.awaiting.removeValue(forKey: pdu.sequence) else {
      return world.witness.violated(
        "pdu", "an answer to sequence_number \(pdu.sequence), which asked nothing")
    }
    if let phone = item.phone { busyPhones.remove(phone) }
    item.session = nil
    switch pdu.status {
    case .ESME_ROK:
      item.isDone = true
      if item.kind == .receipt {
        world.note {
          "\(traits.name) got rid of \(String(decoding: item.message.shortMessage.prefix(30), as: UTF8.self))"
        }
      }
      if case .text(let id, let part) = item.kind { world.witness.acknowledged(id, part: part) }
    case .ESME_RX_T_APPN, .ESME_RTHROTTLED, .ESME_RMSGQFUL, .ESME_RSYSERR:
      item.notBefore = now + .milliseconds(random.within(500, 4_000))
    default:
      item.isDone = true
      if case .text(let id, _) = item.kind {
        world.witness.violated("inbound", "text \(id) was refused for good: \(pdu.status.name)")
      }
    }
    schedulePump()
  }
}
