import Carriers
import Contract
import SMPP
import Settings
import Store

/// A receipt, with its sender and its meaning.
struct ReceiptReport {
  var receipt: Receipt
  var inbound: InboundPDU
  /// The carrier that took the text: the one that brought the receipt, unless the number sends by one and receives by another.
  var carrier: CarrierKey
  /// That carrier's.
  var profile: CarrierProfile
  let said: ReceiptContent
  /// Another carrier took the text: what settles it must name its phone and its number.
  fileprivate(set) var isOfAnother = false
  /// How the addresses are written: as the carrier does that brought the receipt.
  fileprivate let addresses: AddressNormaliser

  init(_ receipt: Receipt, _ inbound: InboundPDU, _ profile: CarrierProfile) {
    self.receipt = receipt
    self.inbound = inbound
    self.profile = profile
    carrier = inbound.carrier
    addresses = AddressNormaliser(profile)
    let isUnknown = receipt.outcome == .unknown || receipt.unknownState != nil
    said = ReceiptContent(
      state: Receipts.state(receipt),
      error: receipt.error?.string ?? receipt.networkError.map { String(describing: $0) },
      word: isUnknown ? receipt.unknownState ?? receipt.stateWord?.string ?? "UNKNOWN" : nil,
      isUnknownWord: receipt.unknownState != nil, isStep: receipt.isIntermediate)
  }

  var style: ReceiptIDStyle { profile.receipts.id }
}

/// Finds the segment of each receipt, and changes the segment's state.
///
/// A receipt settles one segment or none. States only move forward: the first final state stands.
final class Receipts: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let lanes: Lanes
  let handover: Handover
  let segments: Segments
  let barrier: Barrier
  let unmatched: UnmatchedTable
  let words: ReceiptWordTable
  let counts: CarrierCountTable
  let alike: RefusedAlike
  /// Per carrier with `receipts.id: auto`, since this start: receipts whose addresses proved how the carrier writes ids.
  var proven: [CarrierKey: Int] = [:]
  private var provenBefore: [CarrierKey: Int] = [:]

  init(
    _ outbox: Outbox, _ settings: GatewaySettings, _ directory: Directory, _ routes: Routes, _ lanes: Lanes,
    _ handover: Handover, _ segments: Segments, _ barrier: Barrier, _ unmatched: UnmatchedTable,
    _ words: ReceiptWordTable, _ counts: CarrierCountTable, _ alike: RefusedAlike
  ) {
    self.outbox = outbox
    self.settings = settings
    self.directory = directory
    self.routes = routes
    self.lanes = lanes
    self.handover = handover
    self.segments = segments
    self.barrier = barrier
    self.unmatched = unmatched
    self.words = words
    self.counts = counts
    self.alike = alike
  }

  var messages: MessageTable { segments.messages }
  var attempts: AttemptTable { segments.attempts }
  var table: ReceiptTable { segments.receipts }

  func begin() { provenBefore = proven }

  /// The batch is lost.
  func reload() { proven = provenBefore }

  /// How far a receipt's submit time may be from our hand-over, in milliseconds: a carrier may write only the minute, rounded.
  static let inferenceTolerance: Int64 = 90_000

  /// Matches a receipt from a carrier: by its id with a segment that waits for a receipt; else with a segment that had ended; else
  /// with an unresolved submit. A receipt that matches nothing is kept with the reason, for a later answer and for people.
  /// - Parameter orText: it may be a person's text instead, where no message fits.
  /// - Returns: whether it was taken as a receipt.
  func received(_ receipt: Receipt, _ inbound: InboundPDU, _ profile: CarrierProfile, orText: Bool)
    throws(StoreError) -> Bool
  {
    let report = ReceiptReport(receipt, inbound, profile)
    if try !matched(report) {
      let others = sentByOthers(report)
      var isMatched = false
      for other in others where !isMatched { isMatched = try matched(other) }
      if !isMatched {
        // A receipt that came before the answer to its submit looks like one.
        var expected: ReceiptReport?
        for other in [report] + others where expected == nil {
          if try isExpected(other) { expected = other }
        }
        if orText, expected == nil || !receipt.isInText { return false }
        try keep(expected ?? report, expected == nil ? .noSuchMessage : .waitingForResponse)
      }
    }
    counts.count(inbound.carrier, .receipts)
    try countUnknownWord(report)
    return true
  }

  /// The same receipt as one for a text that another carrier took: where the number sends by one carrier that does not receive for
  /// it, and receives by this one. Carriers number their messages alike, so an id alone says nothing of another carrier's.
  private func sentByOthers(_ report: ReceiptReport) -> [ReceiptReport] {
    guard let number = parties(of: report).flatMap({ directory.numbers[$0.number] }),
      number.receivers.contains(report.inbound.carrier)
    else { return [] }
    return number.sendRoutes.compactMap { route in
      guard !number.receivers.contains(route.carrier), let profile = routes.profiles[route.carrier]
      else { return nil }
      var other = report
      (other.carrier, other.profile, other.isOfAnother) = (route.carrier, profile, true)
      return other
    }
  }

  /// A word that nobody knows is counted, and told of when the carrier says it for the first time.
  private func countUnknownWord(_ report: ReceiptReport) throws(StoreError) {
    guard report.said.isUnknownWord, let word = report.said.word else { return }
    let carrier = report.inbound.carrier
    counts.count(carrier, .receiptsUnknownState)
    guard try words.count(word, of: carrier, at: now) else { return }
    let what = word.isEmpty ? "no state" : "the unknown state \"\(word)\""
    alert(
      .unknownReceiptState, .warning, subject: directory.carriers[carrier],
      "a receipt says \(what)\(report.said.error.map { ", err \($0)" } ?? ""); receipts.states of the profile says what it means"
    )
  }

  /// Settles what a receipt is about, or keeps the receipt where more than one thing fits. False where nothing does.
  private func matched(_ report: ReceiptReport) throws(StoreError) -> Bool {
    for id in [report.receipt.id, report.receipt.otherID] {
      guard let id else { continue }
      switch try match(id, report) {
      case .settled: return true
      case .collision:
        try collided(report)
        return true
      case .none: break
      }
    }
    if try matchFinished(report) { return true }
    // An id on another base goes before any inference: an id names a message, a time only fits one.
    if report.style == .auto {
      switch try matchOtherBase(report) {
      case .settled: return true
      case .collision:
        try keep(report, .otherBase)
        return true
      case .none: break
      }
      if try matchFinished(report, onOtherBase: true) { return true }
    }
    return try settleUnresolved(report)
  }

  static func state(_ receipt: Receipt) -> SegmentState {
    switch receipt.outcome {
    case .delivered: .delivered
    case .failed: .failed
    case .expired: .expired
    case .unknown, .underWay: .sent
    }
  }

  // MARK: Receipts without a match

  /// Removes receipts that matched nothing, after their time. Beyond the limit the oldest are removed earlier.
  func trimUnmatched(slice: Int) throws(StoreError) {
    let left = try unmatched.trim(
      before: now - settings.spans.receiptListed.wholeMilliseconds, limit: settings.maximumParkedReceipts,
      slice: slice)
    if left > 0 {
      alert(.receiptUnmatched, .warning, "too many receipts match no message; the oldest left the list")
    }
  }

  /// Keeps a receipt that matches nothing yet.
  func keep(_ report: ReceiptReport, _ reason: UnmatchedReason, ref: SegmentRef? = nil) throws(StoreError) {
    if reason != .alreadyFinal { counts.count(report.carrier, .receiptsUnmatched) }
    try unmatched.keep(
      UnmatchedReceipt(
        carrier: report.carrier, key: report.receipt.key(report.style), external: report.receipt.id.octets,
        said: report.said, parties: parties(of: report),
        submitted: report.receipt.submittedMilliseconds, reference: report.receipt.userMessageReference,
        at: now),
      reason, ref: ref)
  }

  private func collided(_ report: ReceiptReport) throws(StoreError) {
    counts.count(report.carrier, .receiptsCollided)
    try keep(report, .collision)
    alertSometimes(
      .receiptUnmatched, about: "collision \(report.carrier)", subject: directory.carriers[report.carrier],
      "a receipt's id fits several messages in flight; it settles none of them")
  }

  /// Whether the receipt's message may be one that the carrier has not answered yet.
  func isExpected(_ report: ReceiptReport) throws(StoreError) -> Bool {
    guard let parties = parties(of: report) else { return handover.holds(at: report.carrier) }
    if handover.holds(at: report.carrier, of: parties) { return true }
    return try !table.unresolved(parties.phone, parties.number, report.carrier).isEmpty
  }

  /// The phone and our number of a receipt: phone as source and number as destination, or the other way round, as some carriers
  /// write them; nil if neither fits.
  func parties(of report: ReceiptReport) -> Parties? {
    let normaliser = report.addresses
    let pdu = report.inbound.pdu
    guard let source = normaliser.phoneNumber(pdu.source),
      let destination = normaliser.phoneNumber(pdu.destination)
    else { return nil }
    if let number = directory.number(at: pdu.destination, normaliser) {
      return Parties(phone: source.packed, number: number.id)
    }
    return directory.number(at: pdu.source, normaliser).map {
      Parties(phone: destination.packed, number: $0.id)
    }
  }
}
