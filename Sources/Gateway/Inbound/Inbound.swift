import Carriers
import Contract
import SMPP
import Settings
import Store

/// PDUs that carry a text or a receipt: recorded in this transaction, acknowledged after it.
final class Inbound: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let receipts: Receipts
  let acceptance: Acceptance
  let keywords: KeywordAnswers
  let submissions: Submissions
  let redelivery: Redelivery
  let parts: PartTable
  let quarantine: Quarantine
  let messages: MessageTable
  let unmatched: UnmatchedTable
  let counts: CarrierCountTable

  init(
    outbox: Outbox, settings: GatewaySettings, directory: Directory, routes: Routes, receipts: Receipts,
    acceptance: Acceptance, keywords: KeywordAnswers, submissions: Submissions, redelivery: Redelivery,
    parts: PartTable, quarantine: Quarantine, messages: MessageTable, unmatched: UnmatchedTable,
    counts: CarrierCountTable
  ) {
    self.outbox = outbox
    self.settings = settings
    self.directory = directory
    self.routes = routes
    self.receipts = receipts
    self.acceptance = acceptance
    self.keywords = keywords
    self.submissions = submissions
    self.redelivery = redelivery
    self.parts = parts
    self.quarantine = quarantine
    self.messages = messages
    self.unmatched = unmatched
    self.counts = counts
  }

  /// A `deliver_sm` or `data_sm`: recorded in this transaction, acknowledged after it.
  func received(_ inbound: InboundPDU) throws(StoreError) {
    let profile = routes.profiles[inbound.carrier] ?? CarrierProfile()
    var inbound = inbound
    if inbound.pdu.hasTwoTexts {
      counts.count(inbound.carrier, .twoTexts)
      switch profile.bothTexts {
      case .shortMessage:
        // The text that is not used may be a STOP.
        if !saysKeyword(inbound.pdu, profile), saysKeyword(inbound.pdu.withPayloadOnly, profile) {
          inbound.pdu = inbound.pdu.withPayloadOnly
        }
      case .messagePayload:
        let other = inbound.pdu.withShortMessageOnly
        if saysKeyword(other, profile), !saysKeyword(inbound.pdu.withPayloadOnly, profile) {
          inbound.pdu = other
        } else {
          inbound.pdu.shortMessage = []
        }
      case .refuse: return post(.respond(inbound.request, .ESME_ROPTPARNOTALLWD))
      }
    }
    switch Receipt.classify(inbound.pdu, profile) {
    case .receipt(let receipt):
      let orText = !receipt.isInText && saysKeyword(inbound.pdu, profile)
      guard try receipts.received(receipt, inbound, profile, orText: orText) else {
        return try receivedMessage(inbound, profile)
      }
      try acknowledge(inbound)
    case .perhapsReceipt(let receipt):
      let orText = !inbound.pdu.textOctets.isEmpty
      guard try receipts.received(receipt, inbound, profile, orText: orText) else {
        return try receivedMessage(inbound, profile)
      }
      try acknowledge(inbound)
    case .unreadableReceipt:
      guard !saysKeyword(inbound.pdu, profile) else { return try receivedMessage(inbound, profile) }
      try receivedUnreadable(inbound)
      try acknowledge(inbound)
    case .acknowledgement:
      // A phone's or a person's acknowledgement (SMPP 3.4, 5.2.12): we never ask for one, and this one has no text; it is kept.
      counts.count(inbound.carrier, .acknowledgements)
      _ = try quarantine.keep(inbound, .acknowledgement)
      try acknowledge(inbound)
    case .message, .data:
      // A part of a long message is data or not once it is whole.
      try receivedMessage(inbound, profile)
    }
  }

  /// Whether the text is one of the keywords. A STOP is a STOP, whatever the bits beside it say.
  private func saysKeyword(_ pdu: DeliverSM, _ profile: CarrierProfile) -> Bool {
    Reading.saysKeyword(pdu.codedText(profile.charsets))
  }

  private func receivedMessage(_ asItCame: InboundPDU, _ profile: CarrierProfile) throws(StoreError) {
    var inbound = asItCame
    if inbound.body.isEmpty { inbound.body = written(inbound) }
    if let known = try redelivery.take(
      inbound.body, carrier: inbound.carrier, since: now - settings.spans.redeliveryWithin.wholeMilliseconds)
    {
      return try receivedAgain(known, inbound)
    }
    let normaliser = AddressNormaliser(profile)
    guard let phone = normaliser.phoneNumber(inbound.pdu.source) else {
      if inbound.kind != .deliver { return refuse(inbound, .ESME_RINVSRCADR) }
      return try setAside(inbound, .unreadable, detail: "unaddressable")
    }
    guard let number = directory.number(at: inbound.pdu.destination, normaliser) else {
      try honourStop(inbound, profile, from: phone, to: nil)
      if inbound.kind != .deliver { return refuse(inbound, .ESME_RINVDSTADR) }
      return try setAside(inbound, .unrouted, from: phone)
    }
    guard number.receivers.contains(inbound.carrier) else {
      // Any other carrier could speak for any phone, and lift an opt-out or answer in a person's name.
      try honourStop(inbound, profile, from: phone, to: number)
      return try setAside(inbound, .otherCarrier, from: phone)
    }
    guard let part = inbound.pdu.messagePart else {
      let whole = WholeMessage(
        inbound.pdu, profile, carrier: inbound.carrier, receivedAt: inbound.receivedAt)
      return try accept(whole, from: phone, to: number, inbound)
    }
    try received(part, from: phone, to: number, inbound, profile)
  }

  private func received(
    _ part: MessagePart, from phone: PhoneNumber, to number: Number, _ inbound: InboundPDU,
    _ profile: CarrierProfile
  ) throws(StoreError) {
    let key = PartTable.Key(number, phone, part, inbound.carrier)
    switch try assemble(part, of: key, profile, inbound.pdu.tlvs, receivedAt: inbound.receivedAt) {
    case .full: post(.respond(inbound.request, inbound.kind.busy))
    case .repeated: try acknowledge(inbound)
    case .waiting:
      redelivery.acknowledged(
        inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: 0)
      try acknowledge(inbound)
    case .whole(let whole): try accept(whole, from: phone, to: number, inbound)
    }
  }

  /// What a part made of the parts that are there.
  enum Assembly {
    /// No room for another part.
    case full
    /// The same part again: it is there, and counts once.
    case repeated
    /// Others are missing.
    case waiting
    case whole(WholeMessage)
  }

  func assemble(
    _ part: MessagePart, of key: PartTable.Key, _ profile: CarrierProfile, _ tlvs: TLVs, receivedAt: Int64
  ) throws(StoreError) -> Assembly {
    if let limit = try reachedLimit(of: key) {
      counts.count(key.carrier, .partsRefused)
      noteSometimes(
        .warning, about: "parts \(key.carrier) \(limit)",
        "limit=\(limit) carrier=\(directory.carriers[key.carrier] ?? "?") a part of a long text was refused")
      return .full
    }
    switch try parts.keep(part, of: key, at: now) {
    case .new: break
    case .repeated:
      counts.count(key.carrier, .partsRepeated)
      return .repeated
    case .other:
      // The reference has come round: what waits under it is another message, and is given out as it is.
      try giveOut(key)
      _ = try parts.keep(part, of: key, at: now)
    }
    let there = try parts.parts(of: key)
    guard there.count == Int(part.place.total),
      let whole = WholeMessage(
        there, profile, tlvs, complete: true, carrier: key.carrier, receivedAt: receivedAt)
    else { return .waiting }
    try parts.forget(key)
    try parts.remember(there, of: key, at: now)
    return .whole(whole)
  }

  /// Why no further part of a message may wait; nil: it may. A carrier and a phone have a share each, so that nobody's parts without a
  /// whole keep everybody else's out. The part that makes a message whole does not wait.
  func reachedLimit(of key: PartTable.Key) throws(StoreError) -> String? {
    let limit: String
    if parts.bySender[.init(carrier: key.carrier, phone: key.phone)] ?? 0 >= Inbound.partsOfPhone {
      limit = "parts_per_phone"
    } else if parts.byCarrier[key.carrier] ?? 0
      >= max(Inbound.partsOfPhone, settings.maximumParts / max(1, routes.profiles.count))
    {
      limit = "parts_per_carrier"
    } else if parts.count >= settings.maximumParts {
      limit = "reassembly_parts"
    } else {
      return nil
    }
    return try parts.parts(of: key).count + 1 == Int(key.total) ? nil : limit
  }

  /// Parts of one phone that wait, by one carrier: two of the longest messages there are.
  static let partsOfPhone = 510

  /// Long messages whose missing parts never came are given out as they are. One a call, so that a batch stays short.
  func giveOutIncomplete() throws(StoreError) -> Bool {
    guard let key = try parts.overdue(at: now - settings.spans.partsWait.wholeMilliseconds) else {
      return false
    }
    try giveOut(key)
    return true
  }

  /// What is there of a long message is given out as it is, unless it is but a repetition of parts of one that was whole.
  private func giveOut(_ key: PartTable.Key) throws(StoreError) {
    let there = try parts.parts(of: key)
    try parts.forget(key)
    if try parts.areRepeated(there, of: key) { return counts.count(key.carrier, .partsRepeated) }
    guard let number = directory.numbers[key.number], let phone = PhoneNumber(packed: key.phone),
      let whole = WholeMessage(
        there, routes.profiles[key.carrier] ?? CarrierProfile(), TLVs(), complete: false,
        carrier: key.carrier, receivedAt: now)
    else { return }
    _ = try accept(whole, from: phone, to: number)
  }

  /// Whether some long message has waited long enough.
  var hasOverdueParts: Bool {
    parts.oldestAt.map { $0 <= now - settings.spans.partsWait.wholeMilliseconds } ?? false
  }

  /// Acknowledges a PDU once this transaction is on disk. What a carrier submitted gets a `message_id`, and its receipt.
  func acknowledge(_ inbound: InboundPDU) throws(StoreError) {
    switch inbound.kind {
    case .deliver: post(.respond(inbound.request, .ESME_ROK))
    case .submit, .data: try submissions.submitted(inbound)
    }
  }

  /// A carrier that is bound to us keeps what it cannot submit, and knows why.
  private func refuse(_ inbound: InboundPDU, _ status: CommandStatus) {
    post(.respond(inbound.request, status))
    noteSometimes(
      .warning, about: "submit \(inbound.carrier) \(status.rawValue)",
      "carrier=\(directory.carriers[inbound.carrier] ?? "?") event=submit_refused status=\(status.name)")
  }

  /// The octets of a PDU, behind its header. The loop keeps none of what is a receipt; what it means is written again.
  private func written(_ inbound: InboundPDU) -> [UInt8] {
    var octets: [UInt8] = []
    PDU(sequence: inbound.request.sequence, body: .deliverSM(inbound.pdu)).encode(into: &octets)
    return Array(octets.dropFirst(PDUHeader.length))
  }

  /// A text that the carrier sent again because our answer was lost: the same event, not emitted again. An opt-out is applied
  /// again, since doing so can only protect; an opt-in is not.
  private func receivedAgain(_ known: Redelivered, _ inbound: InboundPDU) throws(StoreError) {
    try applyAgain(known)
    // This answer may be lost as the first one was.
    redelivery.acknowledged(
      inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: known.message)
    // Behind the barrier of an opt-out.
    try acknowledge(inbound)
  }

  private func applyAgain(_ known: Redelivered) throws(StoreError) {
    guard known.message != 0, let row = try messages.row(known.message), let text = row.text,
      let number = directory.numbers[row.number],
      let phone = PhoneNumber(packed: row.phone)
    else { return }
    let (keyword, word) = Keyword.classify(text)
    guard keyword == .optOut, directory.rep(withMobile: row.phone) == nil else { return }
    try keywords.optOut(
      .init(
        keyword: keyword, word: word, phone: phone, number: number, conversation: row.conversation,
        message: row.id, text: text,
        lossy: MessageFlags(rawValue: row.flags).contains(.lossy)), confirms: false)
  }

  /// A message is accepted and its PDU acknowledged: what comes again after a lost session is known by it.
  private func accept(
    _ whole: WholeMessage, from phone: PhoneNumber, to number: Number, _ inbound: InboundPDU
  )
    throws(StoreError)
  {
    let id = try accept(whole, from: phone, to: number)
    redelivery.acknowledged(
      inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: id)
    try acknowledge(inbound)
  }

  /// Data is told and belongs to no thread; all else is somebody's text.
  /// - Returns: the text's id; 0: it is data.
  func accept(_ whole: WholeMessage, from phone: PhoneNumber, to number: Number) throws(StoreError)
    -> Int64
  {
    if whole.isData {
      counts.count(whole.carrier, .data)
      acceptance.tell(whole, from: phone, to: number)
      return 0
    }
    let text = whole.text
    if text.lossy { counts.count(whole.carrier, .lossyTexts) }
    return try acceptance.accept(text, from: phone, to: number)
  }

  /// A PDU that says it is a receipt and names no message: kept as it came, and listed.
  func receivedUnreadable(_ inbound: InboundPDU) throws(StoreError) {
    counts.count(inbound.carrier, .receiptsUnreadable)
    _ = try quarantine.keep(inbound, .unreadable, detail: "unreadable_receipt")
    try unmatched.keep(
      UnmatchedReceipt(
        carrier: inbound.carrier, key: 0, external: [], said: ReceiptContent(state: .sent), at: now),
      .unreadable)
  }
}

extension PartTable.Key {
  init(_ number: Number, _ phone: PhoneNumber, _ part: MessagePart, _ carrier: CarrierKey) {
    self.init(
      number: number.id, phone: phone.packed, kind: part.place.kind, reference: part.place.reference,
      total: part.place.total, carrier: carrier)
  }
}
