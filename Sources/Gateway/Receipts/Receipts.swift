import Carriers
import Contract
import SMPP

extension Gateway {
  /// A receipt may say the minute only, and round it: how far from our hand-over it may lie, in milliseconds.
  static let inferenceTolerance: Int64 = 90_000

  /// A receipt from a carrier: matched by its id; else by what settles a doubt; else parked until its answer comes.
  func received(_ receipt: Receipt, _ inbound: InboundPDU, _ profile: CarrierProfile) throws {
    let state = segmentState(receipt)
    let error = receipt.error?.string ?? receipt.networkError.map { String(describing: $0) }
    if try match(receipt.id, style: profile.receipts.id, inbound.carrier, state, error) { return }
    if let other = receipt.otherID,
      try match(other, style: profile.receipts.id, inbound.carrier, state, error)
    {
      return
    }
    if profile.receipts.id == .auto, try matchOtherBase(receipt, inbound.carrier, state, error) { return }
    if try settleDoubt(receipt, inbound, profile, state, error) { return }
    guard receipts.parkedCount < settings.maximumParkedReceipts else {
      alert(
        .receiptUnmatched, .warning, subject: directory.carriers[inbound.carrier],
        "too many receipts are parked")
      return try quarantine(inbound, reason: "receipt_unmatched")
    }
    try receipts.park(
      inbound.carrier, receipt.key(profile.receipts.id), receipt.id.octets, state, error: error, at: now)
  }

  private func segmentState(_ receipt: Receipt) -> SegmentState {
    switch receipt.outcome {
    case .delivered: .delivered
    case .failed: .failed
    case .expired: .expired
    case .unknown, .underWay: .sent
    }
  }

  private func match(
    _ id: COctetString, style: ReceiptIDStyle, _ carrier: CarrierKey, _ state: SegmentState, _ error: String?
  ) throws -> Bool {
    try match(ReceiptID(id, from: .receipt, style: style), style: style, carrier, state, error)
  }

  private func match(
    _ id: ReceiptID, style: ReceiptIDStyle, _ carrier: CarrierKey, _ state: SegmentState, _ error: String?
  ) throws -> Bool {
    let key = id.key
    for ref in try receipts.awaiting(carrier, key) {
      if key < 0 {
        // A hashed id: the carrier's own octets decide.
        guard let outcome = try messages.outcome(of: ref),
          ReceiptID(COctetString(octets: outcome.external), from: .response, style: style) == id
        else { continue }
      }
      try settle(ref, state, error: error, at: now, inferred: false)
      if state.isFinal { try receipts.stopAwaiting(carrier, key, ref) }
      return true
    }
    return false
  }

  /// The same id written on another base: believed only when exactly one reading fits a segment that waits.
  private func matchOtherBase(
    _ receipt: Receipt, _ carrier: CarrierKey, _ state: SegmentState, _ error: String?
  ) throws -> Bool {
    let fitting = try ReceiptID.others(ofReceipt: receipt.id).filter {
      try !receipts.awaiting(carrier, $0.id.key).isEmpty
    }
    guard fitting.count == 1, let found = fitting.first else { return false }
    note(
      .info,
      "carrier=\(directory.carriers[carrier] ?? "?") receipts match as \(found.proves.rawValue): set receipts.id"
    )
    return try match(found.id, style: .auto, carrier, state, error)
  }

  /// Settles an unknown segment by a receipt: by our own reference where the carrier echoes it, else when its from, to and
  /// submit time fit exactly one.
  private func settleDoubt(
    _ receipt: Receipt, _ inbound: InboundPDU, _ profile: CarrierProfile, _ state: SegmentState,
    _ error: String?
  ) throws -> Bool {
    guard receipts.doubtCount > 0 else { return false }
    let normaliser = AddressNormaliser(profile)
    guard let phone = address(inbound.pdu.source, normaliser),
      let number = address(inbound.pdu.destination, normaliser).flatMap({ directory.number(at: $0) })
    else { return false }
    let doubts = try receipts.doubts(phone.packed, number.id, inbound.carrier)
    if profile.userMessageReference == .echoed, let reference = receipt.userMessageReference {
      let echoed = doubts.filter { UInt16(truncatingIfNeeded: $0.0.rawValue) == reference }
      guard echoed.count == 1 else { return false }
      try settle(echoed[0].0, state, error: error, at: now, inferred: false)
      return true
    }
    guard let submitted = receipt.submittedMilliseconds else { return false }
    let fitting = doubts.filter { abs($0.1 - submitted) <= Gateway.inferenceTolerance }
    guard fitting.count == 1 else { return false }
    try settle(fitting[0].0, state, error: error, at: now, inferred: true)
    return true
  }

  /// An address of a PDU as the store keeps it; nil when it is no phone and no short code.
  func address(_ address: Address, _ normaliser: AddressNormaliser) -> PhoneNumber? {
    switch normaliser.party(address) {
    case .number(let text), .shortCode(let text): PhoneNumber(text)
    case .alphanumeric, .unusable: nil
    }
  }
}
