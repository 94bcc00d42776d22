import CarrierSimulator
import Carriers
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import SMPP
import Settings

/// What must hold, whatever happens. It sees what the gateway writes in the order of its write calls, what reaches phones,
/// what is acknowledged, and what the feed tells; and it knows what was asked for.
final class Witness {
  /// A text a phone wrote, in the order of writing over all phones.
  typealias TextID = Int

  struct Text {
    var phone: Int
    var number: Int
    var words: Story.Deed.Words
    var text: String
    var parts: Int
    var acknowledged = 0
    /// When it was on its way to the gateway for the first time.
    var offeredAt: Duration?
  }

  private struct Wired {
    var octets: [UInt8] = []
    /// When the first of them was written.
    var began: Duration = .zero
    /// Since when there was no room for all that was to be written: what is written now may have waited as long.
    var stuckSince: Duration?
    unowned let carrier: SimulatedCarrier
  }

  unowned let world: Simulation
  private(set) var violation: Violation?

  // What phones wrote.
  var texts: [TextID: Text] = [:]
  /// Texts of which a part was lost, and that were not told.
  var incomplete: [Thread: [String]] = [:]
  var waitsForParts: Bool { incomplete.values.contains { !$0.isEmpty } }
  /// Of a phone and a number: its texts in order, and how many of them the feed has told.
  var threads: [Thread: (texts: [TextID], told: Int)] = [:]

  // Consent, as whoever reads the wire has to see it.
  var closedBrand: Set<Int> = []
  var closedThread: Set<Thread> = []
  var closedByNetwork: Set<Thread> = []
  var optOuts: [Int: Int] = [:]
  /// Of a phone, the opt-in that was answered last.
  private var optIns: [Int: (text: Text, at: Duration, carrier: Int)] = [:]
  private(set) var confirmations: [Int: Int] = [:]

  // What commands have closed, and opened; by the digits of a number and of a phone.
  var everything = Gate()
  var goneLive = Gate()
  var paused: [Int64: Gate] = [:]
  var testPhones: [Int64: Gate] = [:]
  var rates: [Int64: RateInForce] = [:]
  /// Of a phone: opt-ins that were asked for and have no answer, and when the last one had its.
  var optInsAsked: [Int: Int] = [:]
  var optInAnswered: [Int: Duration] = [:]
  /// When a START of a phone's was last on its way, or answered.
  var startSeen: [Int: Duration] = [:]
  /// Phones to which something was sent again by hand, how often.
  private(set) var retries: [Int: Int] = [:]
  /// Texts to a number that is not ours: told only once a person has released them, and once.
  var astray: Set<String> = []
  /// Threads that were told of.
  var conversations: [ConversationID] = []
  var knownConversations: Set<ConversationID> = []

  /// What the feed has told.
  var feed = Told()
  /// Threads that commands gave to reps.
  var given: [(conversation: ConversationID, rep: RepID)] = []
  /// Leads that commands made.
  var leads: Set<LeadID> = []
  /// Texts that a lease had to keep back, unless it was over.
  var againstLease: [(message: MessageID, conversation: ConversationID, newest: Int64)] = []

  // What was written.
  private var wired: [ObjectIdentifier: Wired] = [:]
  private var byNumber: [Int: [Duration]] = [:]
  private var byCarrier: [Int: [Duration]] = [:]
  private(set) var submits = 0
  /// Texts of which every octet was written, and PDUs of which only some were.
  private var written: Set<String> = []
  private(set) var cutShort = 0
  /// Texts to reps' private mobiles, and texts of contacts' that reps are to hear of.
  private(set) var toMobiles = 0
  var forReps = 0
  /// What was written of a campaign, or of a person's text in one part, by its mark.
  private(set) var left: [String: Left] = [:]
  /// Messages that were with the loop when a process ended.
  var flyingAtEnds: Set<Int64> = []
  /// What a carrier calls each text in its receipts, and the texts whose receipt was acknowledged.
  private var names: [String: String] = [:]
  private var receipts: Set<String> = []
  /// Opt-outs that were answered.
  private(set) var barriers = 0

  // What phones got.
  private var copies: [String: Int] = [:]
  /// Of a phone and an out-of-office reply: how often the phone got it.
  private var replies: [String: Int] = [:]
  /// Of a thread, the interactive texts in the order the phone got them.
  var interactive: [Thread: [Int]] = [:]

  struct Left {
    var count = 0
    var last: Duration
    var carriers: Set<Int> = []
  }

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

  func retriedByHand(_ to: PhoneNumber) {
    if let phone = Phones.place(of: String(to.description.dropFirst())) { retries[phone, default: 0] += 1 }
  }

  /// The digits of a number of ours.
  private func digits(of place: Int) -> Int64 { Int64(world.numbers[place].address.dropFirst()) ?? 0 }

  // MARK: The wire

  /// Octets the gateway wrote, at the moment of its call.
  func wrote(_ octets: [UInt8], on wire: Wire, of carrier: SimulatedCarrier) {
    let key = ObjectIdentifier(wire)
    var entry = wired.removeValue(forKey: key) ?? Wired(carrier: carrier)
    if entry.octets.isEmpty { entry.began = world.clock.now }
    entry.octets += octets
    var used = 0
    var began = min(entry.began, entry.stuckSince ?? entry.began)
    entry.octets.withUnsafeBytes { all in
      walk: while true {
        let rest = UnsafeRawBufferPointer(rebasing: all[used...])
        guard case .frame(let length) = Framing.next(rest) else { break walk }
        if case .pdu(let pdu) = PDU.decode(UnsafeRawBufferPointer(rebasing: rest[..<length])) {
          wrote(pdu, on: wire, of: carrier, began)
        }
        used += length
        began = entry.stuckSince ?? world.clock.now
      }
    }
    entry.octets.removeFirst(used)
    if used > 0 { entry.began = entry.stuckSince ?? world.clock.now }
    if !wire.isStuck { entry.stuckSince = nil }
    wired[key] = entry
  }

  func stuck(_ wire: Wire, of carrier: SimulatedCarrier) {
    let now = world.clock.now
    let key = ObjectIdentifier(wire)
    if wired[key, default: Wired(carrier: carrier)].stuckSince == nil {
      wired[key, default: Wired(carrier: carrier)].stuckSince = now
    }
  }

  func forget(_ wire: Wire) {
    if let left = wired.removeValue(forKey: ObjectIdentifier(wire))?.octets, !left.isEmpty { cutShort += 1 }
  }

  /// - Parameter began: when its first octet was written.
  private func wrote(_ pdu: PDU, on wire: Wire, of carrier: SimulatedCarrier, _ began: Duration) {
    switch pdu.body {
    case .submitSM(let message), .deliverSM(let message):
      if !carrier.takesParameters(on: wire) {
        if !message.tlvs.isEmpty {
          violated("pdu", "optional parameters were written to a peer that takes none")
        }
      } else if carrier.traits.wantsParameter,
        ESMClass.messageType(of: message.esmClass) == ESMClass.normalMessage,
        message.tlvs[Simulation.parameter.tag] != Simulation.parameter.value
      {
        violated("pdu", "a text was written without the carrier's own parameter")
      }
      submitted(message, to: carrier, began)
    case .deliverSMResp, .submitSMResp, .dataSMResp:
      guard pdu.status == .ESME_ROK, let delivery = carrier.delivery(pdu.sequence, on: wire)?.text,
        let text = texts[delivery.id]
      else { return }
      switch text.words {
      case .stop(let word):
        // An opt-in that the desk was told of since may have been decided after it.
        let reopened =
          optInAnswered[text.phone].map { at in text.offeredAt.map { at >= $0 } ?? true } ?? false
        if !reopened, optInsAsked[text.phone, default: 0] == 0 { close(text, word) }
        // Of one batch, answers go out carrier by carrier: this opt-in may have been decided after the opt-out.
        if let start = optIns[text.phone], start.at == world.clock.now, start.carrier != carrier.place {
          open(start.text)
        }
      // By another carrier it may have come before the opt-out and be decided after it.
      case .start:
        optIns[text.phone] = (text, world.clock.now, carrier.place)
        startSeen[text.phone] = world.clock.now
        open(text)
      case .help, .prose, .long, .muddle: break
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
    if world.numbers[text.number].isTollFree, Witness.isPlainStop(word) {
      closedByNetwork.insert(thread)
    }
  }

  private static func isPlainStop(_ word: String) -> Bool {
    word.lowercased() == "stop"
  }

  private func submitted(_ message: SubmitSM, to carrier: SimulatedCarrier, _ began: Duration) {
    // A text in message_payload is as many segments as the SMSC makes of it.
    let octets = Witness.body(message.textOctets, message.esmClass)
    submits += octets.count > 160 ? (octets.count + 152) / 153 : 1
    let now = world.clock.now
    let source = "\(message.source.digits)"
    guard let number = world.numbers.firstIndex(where: { $0.address.dropFirst() == source }) else {
      return violated("wire", "a text from \(source), which is no number of ours")
    }
    if now - world.startedAt < .seconds(1) {
      violated("rate", "a text left \(now - world.startedAt) after the start")
    }
    let own = digits(of: number)
    let rate = rates[own, default: RateInForce(world.numbers[number].rate)].most(at: now)
    count(now, &byNumber[number, default: []], rate, "number \(number)")
    count(
      now, &byCarrier[carrier.place, default: []], Int(carrier.traits.rate), "carrier \(carrier.traits.name)")
    let digits = "\(message.destination.digits)"
    mayLeave(from: own, to: Int64(digits) ?? 0, began)
    guard let phone = Phones.place(of: digits) else {
      if !world.mobiles.contains(digits) { violated("wire", "a text to \(digits), which is nobody's") }
      toMobiles += 1
      return
    }
    let text = String(decoding: octets, as: UTF8.self)
    if let mobile = world.mobiles.first(where: { App.holds(octets, String($0.dropFirst())) }) {
      violated("private", "a text to a contact has the mobile \(mobile) in it")
    }
    let thread = Thread(phone: phone, number: number)
    if Witness.isCounted(text) {
      written.insert("\(phone) \(text)")
      let mark = String(text.prefix { $0 != " " && $0 != "." })
      left[mark, default: Left(last: now)].count += 1
      left[mark]?.last = now
      left[mark]?.carriers.insert(carrier.place)
    }
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
      if confirmations[phone, default: 0] > optOuts[phone, default: 0] + retries[phone, default: 0] {
        violated("stop", "a second confirmation of one opt-out of phone \(phone)")
      }
    }
    if text.hasPrefix(Staff.replyMark) {
      replies["\(phone) \(text)", default: 0] += 1
      if replies["\(phone) \(text)", default: 0] > 1 + retries[phone, default: 0] {
        violated("away", "phone \(phone) got a reply of one absence twice: \(text)")
      }
    }
    guard Witness.isCounted(text) else { return }
    let key = "\(phone) \(text)"
    copies[key, default: 0] += 1
    if copies[key, default: 0] > mostCopies(text, phone) {
      violated("copies", "phone \(phone) got it \(copies[key, default: 0]) times: \(text.prefix(40))")
    }
    if text.utf8.first == UInt8(ascii: "s"),
      let number = world.numbers.firstIndex(where: {
        $0.address.dropFirst() == "\(message.source.digits)"
      }),
      let send = Int(text.dropFirst().prefix { ("0"..."9").contains($0) })
    {
      interactive[Thread(phone: phone, number: number), default: []].append(send)
    }
  }

  /// A carrier has given a text its id.
  func named(_ message: Submission, _ id: MessageIDs.Made, by carrier: Int) {
    guard let phone = Phones.place(of: "\(message.destination.digits)") else { return }
    let text = String(decoding: Witness.body(message.text, message.esmClass), as: UTF8.self)
    names["\(carrier) \(id.receipt)"] = "\(phone) \(text)"
  }

  /// The gateway has acknowledged a receipt. One with a word that nobody knows settles nothing.
  func tookReceipt(_ receipt: DeliverSM, of carrier: Int) {
    let text = String(decoding: receipt.shortMessage, as: UTF8.self)
    guard text.hasPrefix("id:"), !text.contains("stat:\(SimulatedCarrier.oddWord)"),
      let id = text.dropFirst(3).split(separator: " ").first
    else { return }
    if let name = names["\(carrier) \(id)"] { receipts.insert(name) }
  }

  /// Whether a text was written, and whether its receipt came.
  func wasWritten(_ phone: Int, _ text: String) -> Bool { written.contains("\(phone) \(text)") }
  func hasReceipt(_ phone: Int, _ text: String) -> Bool { receipts.contains("\(phone) \(text)") }

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
  private func mostCopies(_ text: String, _ phone: Int) -> Int {
    let unknown = world.story.unknown
    let policy = text.utf8.first == UInt8(ascii: "c") ? unknown.campaign : unknown.interactive
    return (policy == .hold ? 1 : 2) + retries[phone, default: 0]
  }

  /// How many copies of a text, or of a part of one, a phone got.
  func copies(_ phone: Int, _ text: String) -> Int { copies["\(phone) \(text)", default: 0] }
}

/// A promise that was broken, and when.
package struct Violation: Equatable, Sendable {
  package var invariant: String
  /// Since the beginning of the story.
  package var at: Duration
  package var detail: String
}
