import Carriers
import Contract
import SMPP

/// A receipt in hand, with whom it came from and what it says.
struct ReceiptReport {
  var receipt: Receipt
  var inbound: InboundPDU
  var profile: CarrierProfile
  var state: SegmentState
  var error: String?

  var carrier: CarrierKey { inbound.carrier }
  var style: ReceiptIDStyle { profile.receipts.id }
}

extension Gateway {
  /// A receipt may say the minute only, and round it: how far from our hand-over it may lie, in milliseconds.
  static let inferenceTolerance: Int64 = 90_000

  /// A receipt from a carrier: matched by its id with what waits for one; else with what had ended; else by what settles a
  /// doubt; else kept with the reason, for the answer that gives its id, and for people to see.
  func received(_ receipt: Receipt, _ inbound: InboundPDU, _ profile: CarrierProfile) throws {
    counts.count(inbound.carrier, .receipts)
    let report = ReceiptReport(
      receipt: receipt, inbound: inbound, profile: profile, state: Gateway.state(receipt),
      error: receipt.error?.string ?? receipt.networkError.map { String(describing: $0) })
    for id in [receipt.id, receipt.otherID] {
      guard let id else { continue }
      switch try match(id, report) {
      case .settled: return
      case .collision: return try collided(report)
      case .none: break
      }
    }
    if try matchFinished(report) { return }
    // An id on another base comes before any inference: it names a message, and a time only suits one.
    if report.style == .auto {
      switch try matchOtherBase(report) {
      case .settled: return
      case .collision: return try keep(report, .otherBase)
      case .none: break
      }
      if try matchFinished(report, onOtherBase: true) { return }
    }
    if try settleDoubt(report) { return }
    try keep(report, try isExpected(report) ? .waitingForResponse : .noSuchMessage)
  }

  static func state(_ receipt: Receipt) -> SegmentState {
    switch receipt.outcome {
    case .delivered: .delivered
    case .failed: .failed
    case .expired: .expired
    case .unknown, .underWay: .sent
    }
  }

  /// A PDU that says it is a receipt and names no message: kept as it came, and listed.
  func receivedUnreadable(_ inbound: InboundPDU) throws {
    counts.count(inbound.carrier, .receiptsUnreadable)
    try quarantine(inbound, reason: "unreadable_receipt")
    try unmatched.keep(
      UnmatchedReceipt(carrier: inbound.carrier, key: 0, external: [], state: .sent, at: now), .unreadable)
  }

  // MARK: What settles nothing

  /// Keeps a receipt that fits nothing yet.
  func keep(_ report: ReceiptReport, _ reason: UnmatchedReason, ref: SegmentRef? = nil) throws {
    if reason != .alreadyFinal { counts.count(report.carrier, .receiptsUnmatched) }
    try unmatched.keep(
      UnmatchedReceipt(
        carrier: report.carrier, key: report.receipt.key(report.style), external: report.receipt.id.octets,
        state: report.state, error: report.error, parties: parties(of: report),
        submitted: report.receipt.submittedMilliseconds, reference: report.receipt.userMessageReference,
        at: now),
      reason, ref: ref)
  }

  private func collided(_ report: ReceiptReport) throws {
    counts.count(report.carrier, .receiptsCollided)
    try keep(report, .collision)
    alertSometimes(
      .receiptUnmatched, of: report.carrier, about: "collision",
      "a receipt's id fits several messages in flight; it settles none of them")
  }

  /// Whether its message may be one the carrier has not answered yet.
  func isExpected(_ report: ReceiptReport) throws -> Bool {
    guard let parties = parties(of: report) else { return handover.holds(at: report.carrier) }
    return try handover.holds(at: report.carrier, of: parties)
      || !receipts.doubts(parties.phone, parties.number, report.carrier).isEmpty
  }

  /// Whom a receipt is about: the phone as its source and our number as its destination, or the other way round, as some
  /// carriers write them; nil where neither is so.
  func parties(of report: ReceiptReport) -> Parties? {
    let normaliser = AddressNormaliser(report.profile)
    guard let source = address(report.inbound.pdu.source, normaliser),
      let destination = address(report.inbound.pdu.destination, normaliser)
    else { return nil }
    if let number = directory.number(at: destination) {
      return Parties(phone: source.packed, number: number.id)
    }
    return directory.number(at: source).map { Parties(phone: destination.packed, number: $0.id) }
  }

  /// An address of a PDU as the store keeps it; nil when it is no phone and no short code.
  func address(_ address: Address, _ normaliser: AddressNormaliser) -> PhoneNumber? {
    switch normaliser.party(address) {
    case .number(let text), .shortCode(let text): PhoneNumber(text)
    case .alphanumeric, .unusable: nil
    }
  }

  /// Milliseconds between two alerts about the same fault of a carrier.
  static let alertAgainAfter: Int64 = 600_000

  /// An alert about something that may come a thousand times a second: told once in a while, and counted always.
  func alertSometimes(
    _ code: AlertCode, of carrier: CarrierKey, about subject: String, _ detail: String
  ) {
    let key = "\(carrier) \(subject)"
    if let last = alertedAt[key], now - last < Gateway.alertAgainAfter { return }
    alertedAt[key] = now
    alert(code, .warning, subject: directory.carriers[carrier], detail)
  }
}
