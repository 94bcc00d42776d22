import Carriers
import Contract
import SMPP
import Store

extension Gateway {
  /// A `deliver_sm` or `data_sm`: recorded in this transaction, acknowledged after it.
  func received(_ inbound: InboundPDU) throws {
    let profile = profiles[inbound.carrier] ?? CarrierProfile()
    var inbound = inbound
    if inbound.pdu.hasTwoTexts {
      counts.count(inbound.carrier, .twoTexts)
      switch profile.bothTexts {
      case .shortMessage: break
      case .messagePayload: inbound.pdu.shortMessage = []
      case .refuse: return released.network.append(.respond(inbound.request, .ESME_ROPTPARNOTALLWD))
      }
    }
    switch Receipt.classify(inbound.pdu, profile) {
    case .receipt(let receipt):
      try received(receipt, inbound, profile)
      try acknowledge(inbound)
    case .unreadableReceipt:
      try receivedUnreadable(inbound)
      try acknowledge(inbound)
    case .acknowledgement:
      // A phone's or a person's acknowledgement (SMPP 3.4, 5.2.12): we never ask for one, and none is a text; it is kept.
      counts.count(inbound.carrier, .acknowledgements)
      try quarantine(inbound, reason: QuarantineKind.acknowledgement.rawValue)
      try acknowledge(inbound)
    case .message:
      try receivedMessage(inbound, profile)
    }
  }

  private func receivedMessage(_ inbound: InboundPDU, _ profile: CarrierProfile) throws {
    if let known = try redelivery.take(
      inbound.body, carrier: inbound.carrier, since: now - settings.redeliveryWithin.wholeMilliseconds)
    {
      return try receivedAgain(known, inbound)
    }
    let normaliser = AddressNormaliser(profile)
    guard let phone = address(inbound.pdu.source, normaliser) else {
      if inbound.kind != .deliver { return refuse(inbound, .ESME_RINVSRCADR) }
      try quarantine(inbound, reason: "unaddressable")
      alert(
        .quarantined, .warning, subject: directory.carriers[inbound.carrier],
        "a sender has no number to answer to")
      return try acknowledge(inbound)
    }
    guard let number = address(inbound.pdu.destination, normaliser).flatMap({ directory.number(at: $0) })
    else {
      if inbound.kind != .deliver { return refuse(inbound, .ESME_RINVDSTADR) }
      try quarantine(inbound, reason: QuarantineKind.unrouted.rawValue)
      alert(
        .unrouted, .warning, subject: directory.carriers[inbound.carrier],
        "a text came for a number that is not ours")
      return try acknowledge(inbound)
    }
    guard let part = inbound.pdu.messagePart else {
      let decoded = inbound.pdu.text(defaultAlphabet: profile.defaultAlphabet)
      let text = InboundText(
        text: decoded.text, encoding: decoded.encoding, segments: 1, complete: true, carrier: inbound.carrier,
        receivedAt: inbound.receivedAt)
      return try accept(text, from: phone, to: number, inbound)
    }
    try received(part, from: phone, to: number, inbound, profile)
  }

  private func received(
    _ part: MessagePart, from phone: PhoneNumber, to number: Number, _ inbound: InboundPDU,
    _ profile: CarrierProfile
  ) throws {
    let key = PartBook.Key(
      number: number.id, phone: phone.packed, kind: part.place.kind, reference: part.place.reference,
      total: part.place.total, carrier: inbound.carrier)
    guard parts.count < settings.maximumParts else {
      released.network.append(.respond(inbound.request, inbound.kind.busy))
      return note(.warning, "limit=reassembly_parts a part of a long message was refused")
    }
    switch try parts.keep(part, of: key, at: now) {
    case .new: break
    case .repeated:
      // The same part again: it is there, so it is acknowledged, and counts once.
      counts.count(inbound.carrier, .partsRepeated)
      return try acknowledge(inbound)
    case .other:
      // The reference has come round: what waits under it is another message, and is given out as it is.
      try giveOut(key)
      _ = try parts.keep(part, of: key, at: now)
    }
    let there = try parts.parts(of: key)
    guard there.count == Int(part.place.total),
      let whole = AssembledText(there, defaultAlphabet: profile.defaultAlphabet)
    else {
      redelivery.acknowledged(
        inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: 0)
      return try acknowledge(inbound)
    }
    try parts.forget(key)
    try parts.remember(there, of: key, at: now)
    let text = InboundText(
      text: whole.text, encoding: whole.encoding, segments: there.count, complete: true,
      carrier: inbound.carrier,
      receivedAt: inbound.receivedAt)
    try accept(text, from: phone, to: number, inbound)
  }

  /// Long messages whose missing parts never came are given out as they are. One a call, so that a batch stays short.
  public func giveOutIncomplete() throws -> Bool {
    guard let key = try parts.overdue(at: now - settings.partsWait.wholeMilliseconds) else { return false }
    try giveOut(key)
    return true
  }

  /// What is there of a long message is given out as it is, unless it is but a repetition of parts of one that was whole.
  private func giveOut(_ key: PartBook.Key) throws {
    let there = try parts.parts(of: key)
    try parts.forget(key)
    if try parts.areRepeated(there, of: key) { return counts.count(key.carrier, .partsRepeated) }
    guard let number = directory.numbers[key.number], let phone = PhoneNumber(packed: key.phone),
      let whole = AssembledText(
        there, defaultAlphabet: profiles[key.carrier]?.defaultAlphabet ?? .gsm7)
    else { return }
    let text = InboundText(
      text: whole.text, encoding: whole.encoding, segments: there.count, complete: false,
      carrier: key.carrier,
      receivedAt: now)
    try accept(text, from: phone, to: number, nil)
  }

  /// Whether some long message has waited long enough.
  public var hasOverdueParts: Bool {
    parts.oldestAt.map { $0 <= now - settings.partsWait.wholeMilliseconds } ?? false
  }

  /// Acknowledges a PDU once this transaction is on disk. What a carrier submitted gets a `message_id`, and its receipt.
  func acknowledge(_ inbound: InboundPDU) throws {
    switch inbound.kind {
    case .deliver: released.network.append(.respond(inbound.request, .ESME_ROK))
    case .submit, .data: try submitted(inbound)
    }
  }

  /// A carrier that is bound to us keeps what it cannot submit, and knows why.
  private func refuse(_ inbound: InboundPDU, _ status: CommandStatus) {
    released.network.append(.respond(inbound.request, status))
    note(
      .warning,
      "carrier=\(directory.carriers[inbound.carrier] ?? "?") event=submit_refused status=\(status.name)")
  }

  /// Keeps a PDU that no rule could use, for a person to look at.
  public func quarantine(_ inbound: InboundPDU, reason: String) throws {
    var body = inbound.body
    if body.isEmpty {
      // The loop keeps no octets of what is a receipt; what it means is written again.
      PDU(sequence: inbound.request.sequence, body: .deliverSM(inbound.pdu)).encode(into: &body)
      body.removeFirst(min(16, body.count))
    }
    try database.run(
      """
      INSERT INTO quarantine (at, carrier_id, reason, source, destination, pdu) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      """, .int(now), .int(inbound.carrier), .text(reason), .text(inbound.pdu.source.digits.string),
      .text(inbound.pdu.destination.digits.string), .blob(body))
  }

  /// What the carrier sent again because our answer was lost: the same event, told no second time. An opt-out is applied
  /// again, since doing so can only protect; an opt-in is not.
  private func receivedAgain(_ known: Redelivered, _ inbound: InboundPDU) throws {
    try applyAgain(known)
    // This answer may be lost as the first one was.
    redelivery.acknowledged(
      inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: known.message)
    // Behind the barrier of an opt-out.
    try acknowledge(inbound)
  }

  private func applyAgain(_ known: Redelivered) throws {
    guard known.message != 0, let row = try messages.row(known.message), let text = row.text,
      let number = directory.numbers[row.number],
      let phone = PhoneNumber(packed: row.phone)
    else { return }
    let (keyword, word) = Keyword.classify(text)
    guard keyword == .optOut, directory.rep(withMobile: row.phone)?.id != number.rep || number.rep == nil
    else { return }
    _ = try optOut(phone, number, word: word, message: row.id, text: text, confirms: false)
  }
}

/// A whole text from a phone.
struct InboundText {
  var text: String
  var encoding: TextEncoding
  var segments: Int
  /// False when parts never came.
  var complete: Bool
  var carrier: CarrierKey
  var receivedAt: Int64
}
