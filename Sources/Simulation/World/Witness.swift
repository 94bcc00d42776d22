import CarrierSimulator
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import SMPP

/// What must hold, whatever happens. It sees what the gateway writes in the order of its write calls, what reaches phones,
/// what is acknowledged, and what the feed tells; and it knows what was asked for.
final class Witness {
  /// A text a phone wrote, in the order of writing over all phones.
  typealias TextID = Int

  private struct Text {
    var phone: Int
    var number: Int
    var words: Story.Deed.Words
    var text: String
    var parts: Int
    var acknowledged = 0
  }

  private struct Wired {
    var octets: [UInt8] = []
    unowned let carrier: SimulatedCarrier
  }

  unowned let world: Simulation
  private(set) var violation: Violation?

  // What phones wrote.
  private var texts: [TextID: Text] = [:]
  /// Of a phone and a number: its texts in order, and how many of them the feed has told.
  private var threads: [Thread: (texts: [TextID], told: Int)] = [:]

  // Consent, as whoever reads the wire has to see it.
  private var closedBrand: Set<Int> = []
  private var closedThread: Set<Thread> = []
  private var closedByNetwork: Set<Thread> = []
  private var optOuts: [Int: Int] = [:]
  /// Of a phone, the opt-in that was answered last.
  private var optIns: [Int: (text: Text, at: Duration, carrier: Int)] = [:]
  private var confirmations: [Int: Int] = [:]

  // What was written.
  private var wired: [ObjectIdentifier: Wired] = [:]
  private var byNumber: [Int: [Duration]] = [:]
  private var byCarrier: [Int: [Duration]] = [:]
  private(set) var submits = 0
  /// Opt-outs that were answered.
  private(set) var barriers = 0

  // What phones got.
  private var copies: [String: Int] = [:]
  /// Of a thread, the interactive texts in the order the phone got them.
  private var interactive: [Thread: [Int]] = [:]

  struct Thread: Hashable {
    var phone: Int
    var number: Int
  }

  init(world: Simulation) { self.world = world }

  func violated(_ invariant: String, _ detail: String) {
    guard violation == nil else { return }
    violation = Violation(invariant: invariant, at: world.elapsed, detail: detail)
    world.note("violated \(invariant): \(detail)")
  }

  // MARK: The wire

  /// Octets the gateway wrote, at the moment of its call.
  func wrote(_ octets: [UInt8], on wire: Wire, of carrier: SimulatedCarrier) {
    let key = ObjectIdentifier(wire)
    var entry = wired.removeValue(forKey: key) ?? Wired(carrier: carrier)
    entry.octets += octets
    var used = 0
    entry.octets.withUnsafeBytes { all in
      walk: while true {
        let rest = UnsafeRawBufferPointer(rebasing: all[used...])
        guard case .frame(let length) = Framing.next(rest) else { break walk }
        if case .pdu(let pdu) = PDU.decode(UnsafeRawBufferPointer(rebasing: rest[..<length])) {
          wrote(pdu, on: wire, of: carrier)
        }
        used += length
      }
    }
    entry.octets.removeFirst(used)
    wired[key] = entry
  }

  func forget(_ wire: Wire) { wired[ObjectIdentifier(wire)] = nil }

  private func wrote(_ pdu: PDU, on wire: Wire, of carrier: SimulatedCarrier) {
    switch pdu.body {
    case .submitSM(let message), .deliverSM(let message): submitted(message, to: carrier)
    case .deliverSMResp, .submitSMResp:
      guard pdu.status == .ESME_ROK, let delivery = carrier.delivery(pdu.sequence, on: wire)?.text,
        let text = texts[delivery.id]
      else { return }
      switch text.words {
      case .stop(let word):
        close(text, word)
        // Of one batch, answers go out carrier by carrier: this opt-in may have been decided after the opt-out.
        if let start = optIns[text.phone], start.at == world.clock.now, start.carrier != carrier.place {
          open(start.text)
        }
      // By another carrier it may have come before the opt-out and be decided after it.
      case .start:
        optIns[text.phone] = (text, world.clock.now, carrier.place)
        open(text)
      case .help, .prose, .long: break
      }
    default: break
    }
  }

  /// The answer to an opt-out is written: from here on nothing goes to the phone.
  private func close(_ text: Text, _ word: String) {
    barriers += 1
    let thread = Thread(phone: text.phone, number: text.number)
    if world.story.optOutIsBrandWide {
      closedBrand.insert(text.phone)
    } else {
      closedThread.insert(thread)
    }
    if world.story.numbers[text.number].isTollFree, Witness.isPlainStop(word) {
      closedByNetwork.insert(thread)
    }
  }

  private static func isPlainStop(_ word: String) -> Bool {
    ["stop", "stop."].contains(word.lowercased())
  }

  private func submitted(_ message: SubmitSM, to carrier: SimulatedCarrier) {
    // A text in message_payload is as many segments as the SMSC makes of it.
    let octets = Witness.body(message.textOctets, message.esmClass)
    submits += octets.count > 160 ? (octets.count + 152) / 153 : 1
    let now = world.clock.now
    let source = "\(message.source.digits)"
    guard let number = world.story.numbers.firstIndex(where: { $0.address.dropFirst() == source }) else {
      return violated("wire", "a text from \(source), which is no number of ours")
    }
    if now - world.startedAt < .seconds(1) {
      violated("rate", "a text left \(now - world.startedAt) after the start")
    }
    count(now, &byNumber[number, default: []], world.story.numbers[number].rate, "number \(number)")
    count(
      now, &byCarrier[carrier.place, default: []], Int(carrier.traits.rate), "carrier \(carrier.traits.name)")
    let digits = "\(message.destination.digits)"
    guard let phone = Phones.place(of: digits) else {
      if !world.mobiles.contains(digits) { violated("wire", "a text to \(digits), which is nobody's") }
      return
    }
    let text = String(decoding: octets, as: UTF8.self)
    if let mobile = world.mobiles.first(where: { App.holds(octets, String($0.dropFirst())) }) {
      violated("private", "a text to a contact has the mobile \(mobile) in it")
    }
    let thread = Thread(phone: phone, number: number)
    let isConfirmation = text == world.configuration.rules.brand.stopConfirmation
    if isConfirmation { return }
    if closedBrand.contains(phone) || closedThread.contains(thread) || closedByNetwork.contains(thread) {
      violated(
        "stop", "a text to phone \(phone) was written after its opt-out was acknowledged: \(text.prefix(40))")
    }
  }

  /// In any half-open second there are at most `rate` of them.
  private func count(_ now: Duration, _ times: inout [Duration], _ rate: Int, _ who: String) {
    times.append(now)
    if let first = times.firstIndex(where: { now - $0 < .seconds(1) }), first > 0 { times.removeFirst(first) }
    if times.count > rate {
      violated("rate", "\(who) sent \(times.count) segments in a second, its rate is \(rate)")
    }
  }

  func heldOpen(_ count: Int, _ carrier: SimulatedCarrier) {
    if count > carrier.traits.window {
      violated("window", "\(count) submits of a session of \(carrier.traits.name) are unanswered")
    }
  }

  // MARK: Phones

  /// The octets of a text without its user data header.
  static func body(_ octets: [UInt8], _ esmClass: UInt8) -> [UInt8] {
    guard esmClass & ESMClass.udhIndicator != 0, let length = octets.first else { return octets }
    return Array(octets.dropFirst(Int(length) + 1))
  }

  /// A carrier has taken a text: the phone has it.
  func copy(_ message: Submission, by carrier: SimulatedCarrier) {
    let digits = "\(message.destination.digits)"
    guard let phone = Phones.place(of: digits) else { return }
    let text = String(decoding: Witness.body(message.text, message.esmClass), as: UTF8.self)
    if text == world.configuration.rules.brand.stopConfirmation {
      confirmations[phone, default: 0] += 1
      if confirmations[phone, default: 0] > optOuts[phone, default: 0] {
        violated("stop", "a second confirmation of one opt-out of phone \(phone)")
      }
    }
    guard Witness.isCounted(text) else { return }
    let key = "\(phone) \(text)"
    copies[key, default: 0] += 1
    if copies[key, default: 0] > mostCopies(text) {
      violated("copies", "phone \(phone) got it \(copies[key, default: 0]) times: \(text.prefix(40))")
    }
    if text.utf8.first == UInt8(ascii: "s"),
      let number = world.story.numbers.firstIndex(where: {
        $0.address.dropFirst() == "\(message.source.digits)"
      }),
      let send = Int(text.dropFirst().prefix { ("0"..."9").contains($0) })
    {
      interactive[Thread(phone: phone, number: number), default: []].append(send)
    }
  }

  /// The beginning of a text, by which a reader of the trace knows it.
  static func mark(_ message: Submission) -> String {
    String(decoding: body(message.text, message.esmClass).prefix(8), as: UTF8.self)
  }

  /// A text of a campaign or a person, each of which is another.
  static func isCounted(_ text: String) -> Bool {
    let first = text.utf8.first
    return first == UInt8(ascii: "c") || first == UInt8(ascii: "s")
  }

  /// One, and one more of what its class has sent again, once, when no answer came.
  private func mostCopies(_ text: String) -> Int {
    let unknown = world.story.unknown
    let policy = text.utf8.first == UInt8(ascii: "c") ? unknown.campaign : unknown.interactive
    return policy == .hold ? 1 : 2
  }

  /// How many copies of a text, or of a part of one, a phone got.
  func copies(_ phone: Int, _ text: String) -> Int { copies["\(phone) \(text)", default: 0] }

  // MARK: What phones write

  func wrote(
    _ id: TextID, phone: Int, number: Int, _ words: Story.Deed.Words, _ text: String, parts: Int,
    by carrier: Int
  ) {
    texts[id] = Text(phone: phone, number: number, words: words, text: text, parts: parts)
    threads[Thread(phone: phone, number: number), default: ([], 0)].texts.append(id)
    if case .stop = words { optOuts[phone, default: 0] += 1 }
  }

  /// A text is on its way to the gateway. An opt-in may take effect from here on.
  func offered(_ id: TextID) {
    if let text = texts[id] { open(text) }
  }

  private func open(_ text: Text) {
    guard case .start(let word) = text.words else { return }
    let thread = Thread(phone: text.phone, number: text.number)
    closedBrand.remove(text.phone)
    closedThread.remove(thread)
    if word != "YES" { closedByNetwork.remove(thread) }
  }

  func acknowledged(_ id: TextID, part: Int) { texts[id]?.acknowledged += 1 }

  // MARK: The feed

  /// An event, when it is first read.
  func told(_ event: FeedEvent) {
    switch event.data {
    case .messageReceived(let received): told(received)
    default: break
    }
  }

  private func told(_ received: MessageReceived) {
    let from = received.from.description
    guard let phone = Phones.place(of: String(from.dropFirst())),
      let number = world.story.numbers.firstIndex(where: { $0.address == received.to.description })
    else { return violated("inbound", "a message from nobody") }
    let thread = Thread(phone: phone, number: number)
    guard let (ids, reached) = threads[thread] else {
      return violated("inbound", "phone \(phone) wrote nothing")
    }
    var told = reached
    while told < ids.count, texts[ids[told]]?.text != received.text, mayBeMerged(ids, told) { told += 1 }
    guard told < ids.count, let text = texts[ids[told]], text.text == received.text else {
      return violated(
        "inbound",
        "phone \(phone): the feed tells \"\(received.text.prefix(40))\" as its text \(told) of \(ids.count), in the place of "
          + "\"\(told < ids.count ? texts[ids[told]]?.text.prefix(40) ?? "" : "")\"")
    }
    if !received.complete { violated("inbound", "text \(ids[told]) is told incomplete") }
    threads[thread] = (ids, told + 1)
  }

  /// A text that is one the phone wrote before, word for word: after a session was lost nobody can tell whether the carrier
  /// gives the first one again, so one event may stand for both.
  private func mayBeMerged(_ ids: [TextID], _ place: Int) -> Bool {
    guard world.losses > 0, let text = texts[ids[place]]?.text else { return false }
    return ids[..<place].contains { texts[$0]?.text == text }
  }

  // MARK: The end

  /// What has to be true when everything has come to rest.
  func rest(_ queries: Queries) {
    for (thread, entry) in threads.sorted(by: {
      ($0.key.phone, $0.key.number) < ($1.key.phone, $1.key.number)
    }) {
      for (place, id) in entry.texts.enumerated() where place >= entry.told {
        guard let text = texts[id], !mayBeMerged(entry.texts, place) else { continue }
        violated(
          "inbound",
          text.acknowledged == text.parts
            ? "text \(id) of phone \(thread.phone) was acknowledged and never told"
            : "text \(id) of phone \(thread.phone) was never taken")
      }
    }
    for (thread, sends) in interactive.sorted(by: {
      ($0.key.phone, $0.key.number) < ($1.key.phone, $1.key.number)
    }) {
      let ids = sends.compactMap { world.desk.messageIDs[$0] }
      guard ids != ids.sorted() else { continue }
      // What had no answer may come again, or late.
      let certain = ids.filter { !world.wasUnanswered($0, queries) }
      if certain != certain.sorted() {
        violated(
          "order", "phone \(thread.phone) got its texts of number \(thread.number) out of order: \(sends)")
      }
    }
  }
}

/// A promise that was broken, and when.
package struct Violation: Equatable, Sendable {
  package var invariant: String
  /// Since the beginning of the story.
  package var at: Duration
  package var detail: String
}
