import SMPP

extension CarrierSimulator.Population {
  /// The digits of an address: what phones are known by.
  static func digits(_ address: String) -> String {
    String(decoding: address.utf8.filter { (0x30...0x39).contains($0) }, as: UTF8.self)
  }
}

/// The phones: parts of long messages they wait for, and how far each is in its script.
struct PopulationState {
  private struct Key: Hashable {
    var from: COctetString
    var to: COctetString
    var reference: UInt16
    var total: UInt8
  }

  /// Long messages with parts missing; beyond, the parts of new ones are dropped.
  static let maximumOpen = 50_000

  private var open: [Key: [UInt8: [UInt8]]] = [:]
  /// Messages each phone has had, by script.
  private var heard: [String: Int] = [:]
  var random: SeededRandom
  var nextReference: UInt16 = 0

  init(seed: UInt64) { random = SeededRandom(seed: seed ^ 0x7068_6F6E_6573) }

  /// Scripts begin again.
  mutating func restart() { heard.removeAll() }

  /// One segment arrives; the whole text when it is the last that was missing.
  mutating func receive(_ message: Submission) -> (text: String, parts: Int)? {
    var octets = message.text
    var place: Concatenation?
    if ESMClass.hasUDH(message.esmClass), let (header, length) = UserDataHeader.parse(octets) {
      place = header.concatenation
      octets.removeFirst(min(length, octets.count))
    } else if let reference = message.tlvs.sarMsgRefNum, let total = message.tlvs.sarTotalSegments,
      let sequence = message.tlvs.sarSegmentSeqnum
    {
      place = Concatenation(kind: .sar, reference: reference, total: total, sequence: sequence)
    }
    guard let place, place.total > 1 else {
      return (decodeText(octets, dataCoding: message.dataCoding).text, 1)
    }
    let key = Key(
      from: message.source.digits, to: message.destination.digits, reference: place.reference,
      total: place.total)
    guard open[key] != nil || open.count < Self.maximumOpen else { return nil }
    open[key, default: [:]][place.sequence] = octets
    guard let parts = open[key], parts.count == Int(place.total) else { return nil }
    open[key] = nil
    let whole = parts.sorted { $0.key < $1.key }.flatMap(\.value)
    return (decodeText(whole, dataCoding: message.dataCoding).text, parts.count)
  }

  /// What the phone answers to this message, if it does.
  mutating func reply(
    to text: String, phone: String, scripts: [CarrierSimulator.Script]
  ) -> CarrierSimulator.Reply? {
    guard let script = scripts.first(where: { $0.phones.contains(phone) }) else { return nil }
    if let trigger = script.trigger, !contains(text, trigger) { return nil }
    let count = heard[phone, default: 0]
    heard[phone] = count + 1
    let reply: CarrierSimulator.Reply?
    if count < script.replies.count {
      reply = script.replies[count]
    } else {
      reply = script.repeatsLast ? script.replies.last ?? nil : nil
    }
    guard let reply, random.happens(reply.probability) else { return nil }
    return reply
  }

  private func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8), Array(part.utf8))
    guard !part.isEmpty, part.count <= text.count else { return part.isEmpty }
    return (0...(text.count - part.count)).contains { text[$0..<($0 + part.count)].elementsEqual(part) }
  }
}

extension SMSC {
  /// A segment reaches its phone; a whole message is read, and answered as the script says.
  func phoneReceives(_ message: Submission, account: Int) {
    guard let (text, parts) = population.receive(message) else { return }
    let phone = Simulator.Population.digits(message.destination.digits.string)
    let received = Simulator.PhoneMessage(
      at: now, from: Simulator.Population.digits(message.source.digits.string), to: phone, text: text,
      parts: parts)
    want(.tell(.received(received)))
    let scripts = configuration.population.scripts
    guard !scripts.isEmpty, let reply = population.reply(to: text, phone: phone, scripts: scripts) else {
      return
    }
    let from = phoneAddress(message.destination)
    let due = now + reply.delay.draw(&population.random)
    for text in reply.texts {
      want(.later(.phoneSends(text: text, from: from, to: message.source, account: account), at: due))
    }
  }

  private func phoneAddress(_ submitted: Address) -> Address {
    let digits = Simulator.Population.digits(submitted.digits.string)
    switch configuration.population.addresses {
    case .asSubmitted: return submitted
    case .international:
      return Address(
        ton: TypeOfNumber.international, npi: NumberingPlan.isdn, digits: COctetString(digits))
    case .national:
      return Address(
        ton: TypeOfNumber.national, npi: NumberingPlan.isdn, digits: COctetString(String(digits.suffix(10))))
    }
  }

  /// On the user's word. Numbers as people write them: "+1…" is international.
  ///
  /// - Parameter id: names it in its deliveries.
  /// - Returns: its parts; 0: nobody gets it.
  @discardableResult
  package func phoneSends(
    _ text: String, from phone: String, to number: String, account: COctetString? = nil, id: Int? = nil
  ) -> Int {
    guard let index = accountToDeliverTo(account) else { return 0 }
    return phoneSends(text, from: address(phone), to: address(number), account: index, id: id)
  }

  private func address(_ number: String) -> Address {
    let digits = Simulator.Population.digits(number)
    let isShort = digits.utf8.count < 7
    return Address(
      ton: isShort ? TypeOfNumber.abbreviated : TypeOfNumber.international,
      npi: isShort ? NumberingPlan.unknown : NumberingPlan.isdn, digits: COctetString(digits))
  }

  @discardableResult
  func phoneSends(_ text: String, from: Address, to: Address, account: Int, id: Int? = nil) -> Int {
    population.nextReference &+= 1
    let parts = parts(of: text, from: from, to: to, reference: population.nextReference, id: id)
    guard !parts.isEmpty else { return 0 }
    let sent = Simulator.PhoneMessage(
      at: now, from: Simulator.Population.digits(from.digits.string),
      to: Simulator.Population.digits(to.digits.string), text: text, parts: parts.count)
    want(.tell(.sent(sent)))
    networkHears(text, phone: from, number: to)
    enqueue(parts, account: account)
    return parts.count
  }

  /// A phone's long text in its parts, under a reference of its own: for whoever loses, repeats or mixes them.
  package func parts(of text: String, from phone: String, to number: String, reference: UInt16, id: Int)
    -> [Delivery]
  {
    parts(of: text, from: address(phone), to: address(number), reference: reference, id: id)
  }

  /// A phone sends parts of its texts, in this order.
  package func phoneSends(_ parts: [Delivery]) {
    if let account = accountToDeliverTo(nil) { enqueue(parts, account: account) }
  }

  private func parts(of text: String, from: Address, to: Address, reference: UInt16, id: Int?) -> [Delivery] {
    guard let plan = Segmenter(longMessages: configuration.population.longMessages).plan(text) else {
      return []
    }
    return (0..<plan.count).map { index in
      var delivery = Delivery(
        kind: .inbound, message: part(plan.segment(index, reference: reference), from, to),
        text: id.map { Delivery.Text(id: $0, part: index) },
        thread: configuration.population.keepsOrder ? from.digits : nil)
      delivery.isData = configuration.population.usesDataSM && (id ?? 0).isMultiple(of: 2)
      return delivery
    }
  }

  private func enqueue(_ parts: [Delivery], account: Int) {
    for part in parts {
      counts.inbound += 1
      enqueue(part, account: account)
    }
  }

  private func part(_ segment: Segment, _ from: Address, _ to: Address) -> DeliverSM {
    var message = DeliverSM(
      source: from, destination: to, esmClass: segment.udhi ? ESMClass.udhIndicator : 0,
      dataCoding: segment.dataCoding)
    switch segment.placement {
    case .shortMessage: message.shortMessage = segment.octets
    case .messagePayload: message.tlvs.messagePayload = segment.octets
    }
    if let sar = segment.sar {
      message.tlvs.sarMsgRefNum = sar.reference
      message.tlvs.sarTotalSegments = sar.total
      message.tlvs.sarSegmentSeqnum = sar.sequence
    }
    return message
  }

  /// The toll-free network reads along.
  private func networkHears(_ text: String, phone: Address, number: Address) {
    guard let tollFree = configuration.tollFree,
      let answer = network.hears(text, phone: phone, number: number, rules: tollFree)
    else { return }
    let message = Simulator.PhoneMessage(
      at: now, from: Simulator.Population.digits(number.digits.string),
      to: Simulator.Population.digits(phone.digits.string), text: answer, parts: 1)
    want(.tell(.network(message)))
  }
}

/// The pairs of toll-free number and phone that the network blocks.
struct TollFreeNetwork {
  private struct Pair: Hashable {
    var number: String
    var phone: String
  }

  private var blocked: Set<Pair> = []

  func isBlocked(number: Address, phone: Address) -> Bool {
    guard !blocked.isEmpty else { return false }
    return blocked.contains(Pair(number: key(number), phone: key(phone)))
  }

  /// Takes note of a word the network acts on; what it writes to the phone, if it does.
  mutating func hears(
    _ text: String, phone: Address, number: Address, rules: CarrierSimulator.TollFree
  ) -> String? {
    let ten = key(number)
    guard ten.utf8.count == 10, rules.prefixes.contains(String(ten.prefix(3))) else { return nil }
    let said = String(decoding: text.utf8.filter { $0 > 0x20 }, as: UTF8.self)
    let word = said.uppercased()
    let pair = Pair(number: ten, phone: key(phone))
    if rules.stopWords.contains(word) {
      blocked.insert(pair)
      return
        "NETWORK MSG: You replied with the word \"\(said.lowercased())\" which blocks all texts sent from this "
        + "number. Text back \"unstop\" to receive messages again."
    }
    if rules.startWords.contains(word) {
      blocked.remove(pair)
      return
        "NETWORK MSG: You have replied \"\(said.lowercased())\" and will begin receiving messages again from "
        + "this number."
    }
    return nil
  }

  /// The last ten digits: a North American number whatever its spelling.
  private func key(_ address: Address) -> String {
    String(CarrierSimulator.Population.digits(address.digits.string).suffix(10))
  }
}
