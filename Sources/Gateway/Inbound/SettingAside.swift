import Carriers
import Contract
import SMPP
import Settings
import Store

/// What no rule can use is set aside, and released by a person.
extension Inbound {
  /// Sets a person's text aside, tells of it, and acknowledges the text; or leaves it with the carrier.
  func setAside(
    _ inbound: InboundPDU, _ kind: QuarantineKind, detail: String? = nil, from phone: PhoneNumber? = nil
  ) throws(StoreError) {
    let mayKeep = settings.unrouted == .setAside || kind == .unreadable
    let isKept = mayKeep ? try quarantine.keep(inbound, kind, detail: detail, phone: phone) : false
    let what = isKept ? "set aside: see tollgate quarantine list" : "left with the carrier"
    alertSometimes(
      kind == .unrouted ? .unrouted : .quarantined, about: "\(kind.rawValue) \(inbound.carrier)",
      subject: directory.carriers[inbound.carrier], "\(Self.words(for: kind)); the text is \(what)")
    guard isKept else { return post(.respond(inbound.request, inbound.kind.busy)) }
    redelivery.acknowledged(
      inbound.body, session: inbound.request.session, carrier: inbound.carrier, message: 0)
    try acknowledge(inbound)
  }

  private static func words(for kind: QuarantineKind) -> String {
    switch kind {
    case .unrouted: "an inbound text is for a number that is not ours"
    case .otherCarrier: "an inbound text came by a carrier that has no receive route for the number"
    case .unreadable: "an inbound text has a sender that cannot be answered"
    case .failed: "an inbound PDU could not be processed"
    case .acknowledgement: "an acknowledgement came that nobody had asked for"
    }
  }

  /// A PDU that no rule could digest: kept as it came, acknowledged and listed.
  func setAside(_ inbound: InboundPDU) throws(StoreError) {
    guard try quarantine.keep(inbound, .failed) else {
      return post(.respond(inbound.request, inbound.kind.busy))
    }
    alert(
      .quarantined, .critical, subject: directory.carriers[inbound.carrier],
      "an inbound PDU could not be processed and was set aside")
    try acknowledge(inbound)
  }

  /// A STOP holds, whoever brought it and wherever it was to go.
  func honourStop(
    _ inbound: InboundPDU, _ profile: CarrierProfile, from phone: PhoneNumber, to number: Number?
  ) throws(StoreError) {
    guard inbound.pdu.messagePart == nil else { return }
    try acceptance.honourStop(
      Reading.text(of: inbound.pdu.codedText(profile.charsets)).text, from: phone, to: number)
  }

  // MARK: Release

  /// Why there is no room now for a text that was set aside; nil: there is.
  func limitReached(
    by pdu: DeliverSM, of entry: QuarantineTable.Entry, from phone: PhoneNumber, to number: Number
  ) throws(StoreError) -> String? {
    try pdu.messagePart.flatMap { (part) throws(StoreError) in
      try reachedLimit(of: PartTable.Key(number, phone, part, entry.carrier))
    }
  }

  /// Takes a text that was set aside as if it came now, except that its keywords are not obeyed: a STOP was when it came, and an
  /// opt-in is too old to prove anything.
  /// - Returns: the message; nil where it is data, or a part of a long text whose other parts are missing.
  func release(_ entry: QuarantineTable.Entry, _ pdu: DeliverSM, from phone: PhoneNumber, to number: Number)
    throws(StoreError) -> Int64?
  {
    let profile = routes.profiles[entry.carrier] ?? CarrierProfile()
    var whole: WholeMessage
    if let part = pdu.messagePart {
      let key = PartTable.Key(number, phone, part, entry.carrier)
      let assembly = try assemble(part, of: key, profile, pdu.tlvs, receivedAt: entry.at)
      switch assembly {
      case .whole(let made): whole = made
      case .waiting, .repeated: return nil
      case .full: throw .misuse("quarantine", "a part was released for which there is no room")
      }
    } else {
      whole = WholeMessage(pdu, profile, carrier: entry.carrier, receivedAt: entry.at)
    }
    whole.isReleased = true
    let id = try accept(whole, from: phone, to: number)
    return id == 0 ? nil : id
  }
}
