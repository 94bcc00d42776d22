import Carriers
import Contract
import SMPP
import Settings
import Store

/// What came of looking for a receipt's message.
enum ReceiptMatch {
  case none
  case settled
  /// Several fit, and nothing says which one is meant: none is changed.
  case collision
}

extension Receipts {
  /// Receipts under `table.id: auto` whose addresses prove that a carrier writes its ids on one base; from then on an id is
  /// looked for in its own reading only, and its addresses are not asked.
  static let provenAfter = 8

  /// Looks for the segment that waits for a receipt under `id`.
  func match(_ id: COctetString, _ report: ReceiptReport) throws(StoreError) -> ReceiptMatch {
    let key = ReceiptID.key(id, from: .receipt, style: report.style)
    var refs = try table.awaiting(report.carrier, key)
    if refs.isEmpty { return .none }
    if key < 0 {
      // A hashed id: the carrier's own octets decide.
      let wanted = ReceiptID(id, from: .receipt, style: report.style)
      var known: [SegmentRef] = []
      for ref in refs where try isKnown(ref, as: wanted, report.style) { known.append(ref) }
      refs = known
    }
    if report.isOfAnother {
      var fitting: [SegmentRef] = []
      for ref in refs where try fits(ref, report) == true { fitting.append(ref) }
      refs = fitting
    }
    if refs.count > 1 {
      // `1-23` and `12-3` are one number: what the answer wrote in the same way comes first.
      var same: [SegmentRef] = []
      for ref in refs where try messages.outcome(of: ref)?.external == id.octets { same.append(ref) }
      if !same.isEmpty { refs = same }
    }
    return try settleOne(of: refs, key, report)
  }

  private func isKnown(_ ref: SegmentRef, as wanted: ReceiptID, _ style: ReceiptIDStyle) throws(StoreError)
    -> Bool
  {
    guard let outcome = try messages.outcome(of: ref) else { return false }
    return ReceiptID(COctetString(octets: outcome.external), from: .response, style: style) == wanted
  }

  private func settleOne(of refs: [SegmentRef], _ key: Int64, _ report: ReceiptReport) throws(StoreError)
    -> ReceiptMatch
  {
    guard let first = refs.first else { return .none }
    if refs.count == 1 {
      if report.style == .auto, proven[report.carrier, default: 0] < Receipts.provenAfter {
        switch try fits(first, report) {
        case .some(true): proven[report.carrier, default: 0] += 1
        // It names somebody else: believed only while nothing explains it better.
        case .some(false): if try hasBetterReading(report) { return .none }
        case nil: break
        }
      }
      try settleReported(first, key, report)
      return .settled
    }
    // Parts of one message under one id: each receipt is one of them, and for the whole it is the same which.
    if refs.allSatisfy({ $0.message == first.message }) {
      try settleReported(first, key, report)
      return .settled
    }
    // One id for several messages: only the addresses can decide, and only if they fit exactly one.
    var fitting: [SegmentRef] = []
    for ref in refs where try fits(ref, report) == true { fitting.append(ref) }
    guard let one = fitting.first, fitting.allSatisfy({ $0.message == one.message }) else {
      return .collision
    }
    try settleReported(one, key, report)
    return .settled
  }

  /// Whether a receipt may belong to a segment that is not answered yet, or fits one it names on another base.
  private func hasBetterReading(_ report: ReceiptReport) throws(StoreError) -> Bool {
    if try isExpected(report) { return true }
    for reading in try otherReadings(report) where try fits(reading.ref, report) == true { return true }
    return false
  }

  /// Whether a segment went from and to whom the receipt names; nil where it names nobody we know.
  private func fits(_ ref: SegmentRef, _ report: ReceiptReport) throws(StoreError) -> Bool? {
    guard let parties = parties(of: report), let (_, flight) = try messages.sent(ref) else { return nil }
    return flight.phone == parties.phone && flight.number == parties.number
  }

  private func settleReported(_ ref: SegmentRef, _ key: Int64, _ report: ReceiptReport) throws(StoreError) {
    switch try settle(ref, report.said, by: report.carrier, inferred: false) {
    case .moved: break
    case .repeated: counts.count(report.carrier, .receiptsRepeated)
    case .contradicted: try keepLate(report, ref)
    }
    if report.said.state.isFinal { try table.stopAwaiting(report.carrier, key, ref) }
  }

  private func keepLate(_ report: ReceiptReport, _ ref: SegmentRef) throws(StoreError) {
    counts.count(report.carrier, .receiptsLate)
    try keep(report, .alreadyFinal, ref: ref)
  }

  // MARK: What had ended

  /// A receipt for a segment that waits for none any more: found among the newest messages of the thread it names, so that
  /// nothing has to be kept for it. It moves what is missing; it repeats, or contradicts, what is final.
  ///
  /// `onOtherBase`: the id as it reads on another base, which is no guess here, since the addresses name the thread.
  func matchFinished(_ report: ReceiptReport, onOtherBase: Bool = false) throws(StoreError) -> Bool {
    guard let parties = parties(of: report) else { return false }
    let wanted =
      onOtherBase
      ? ReceiptID.others(ofReceipt: report.receipt.id).map(\.id)
      : [ReceiptID(report.receipt.id, from: .receipt, style: report.style)]
    let found = try messages.answered(parties, by: report.carrier).first {
      wanted.contains(ReceiptID(COctetString(octets: $0.external), from: .response, style: report.style))
    }
    guard let found else { return false }
    switch try settle(found.ref, report.said, by: report.carrier, inferred: false) {
    case .moved: break
    case .repeated: counts.count(report.carrier, .receiptsRepeated)
    case .contradicted: try keepLate(report, found.ref)
    }
    return true
  }

  // MARK: Another base

  /// The same id written on another base: believed only while the carrier's base is not proven, and only when exactly one
  /// reading fits a segment that went from and to whom the receipt names. What fits and is not believed is a collision.
  func matchOtherBase(_ report: ReceiptReport) throws(StoreError) -> ReceiptMatch {
    guard proven[report.carrier, default: 0] < Receipts.provenAfter else { return .none }
    let candidates = try otherReadings(report)
    guard let first = candidates.first else { return .none }
    var fitting: [OtherReading] = []
    for candidate in candidates where try fits(candidate.ref, report) == true { fitting.append(candidate) }
    guard fitting.count == 1, let found = fitting.first else {
      reportOtherBase(report.carrier, first.proves)
      return .collision
    }
    reportOtherBase(report.carrier, found.proves)
    try settleReported(found.ref, found.key, report)
    return .settled
  }

  private typealias OtherReading = (ref: SegmentRef, key: Int64, proves: ReceiptIDStyle)

  /// The segments that wait under the id as it reads on another base.
  private func otherReadings(_ report: ReceiptReport) throws(StoreError) -> [OtherReading] {
    var found: [OtherReading] = []
    for other in ReceiptID.others(ofReceipt: report.receipt.id) {
      for ref in try table.awaiting(report.carrier, other.id.key)
      where try isKnown(ref, as: other.id, .auto) {
        found.append((ref, other.id.key, other.proves))
      }
    }
    return found
  }

  func reportOtherBase(_ carrier: CarrierKey, _ style: ReceiptIDStyle) {
    // The same holds for every receipt of the carrier: reported once an hour.
    guard outbox.isDue("base \(carrier)", every: 3_600_000) else { return }
    note(
      .info,
      "carrier=\(directory.carriers[carrier] ?? "?") receipts match as \(style.rawValue): set receipts.id")
  }

  // MARK: Early receipts

  /// The receipts that came before their id was known, in their order: the segment is what they say.
  /// - Returns: whether it is final by them.
  func takeEarly(
    _ messageID: COctetString, _ flight: Flight, _ profile: CarrierProfile, key: Int64, inferred: Bool = false
  ) throws(StoreError) -> Bool {
    guard unmatched.waiting > 0 else { return false }
    let since = now - settings.spans.receiptParked.wholeMilliseconds
    let parties = Parties(phone: flight.phone, number: flight.number)
    let style = profile.receipts.id
    let id = ReceiptID(messageID, from: .response, style: style)
    func are(_ row: UnmatchedReceipt, _ wanted: ReceiptID) -> Bool {
      row.parties.map { $0 == parties } ?? true
        && ReceiptID(COctetString(octets: row.external), from: .receipt, style: style) == wanted
    }
    var early = try unmatched.waiting(flight.carrier, key, since: since).filter { are($0, id) }
    if early.isEmpty, style == .auto, proven[flight.carrier, default: 0] < Receipts.provenAfter {
      for other in ReceiptID.others(ofResponse: messageID) {
        let found = try unmatched.waiting(flight.carrier, other.id.key, since: since)
          .filter { $0.parties == parties && are($0, other.id) }
        guard !found.isEmpty else { continue }
        reportOtherBase(flight.carrier, other.proves)
        early = found
        break
      }
    }
    var isFinal = false
    for row in early {
      try unmatched.remove(row)
      switch try settle(flight.ref, row.said, by: flight.carrier, inferred: inferred) {
      case .moved: break
      case .repeated: counts.count(flight.carrier, .receiptsRepeated)
      case .contradicted:
        counts.count(flight.carrier, .receiptsLate)
        try unmatched.keep(row, .alreadyFinal, ref: flight.ref)
      }
      isFinal = isFinal || row.said.state.isFinal
    }
    return isFinal
  }

  // MARK: Unresolved submits

  /// Settles an unknown segment by a receipt: by our own reference if the carrier echoes our reference; otherwise if from, to and
  /// submit time fit exactly one segment, and the receipt can belong to nothing in flight.
  func settleUnresolved(_ report: ReceiptReport) throws(StoreError) -> Bool {
    guard table.unresolvedCount > 0, let parties = parties(of: report) else { return false }
    let unresolved = try table.unresolved(parties.phone, parties.number, report.carrier)
    guard
      let (ref, submitted, inferred) = try unresolvedSubmit(
        unresolved, report.profile, report.carrier, parties, reference: report.receipt.userMessageReference,
        submitted: report.receipt.submittedMilliseconds)
    else { return false }
    // The segment is in flight again. Only its answer will say whether the receipt is about this submit.
    if let flight = handover[ref], !flight.isOverdue { return false }
    switch try settleSubmit(
      ref, submitted, report.receipt.id, report.said, inferred, report.carrier, report.profile)
    {
    case .contradicted: try keepLate(report, ref)
    case .moved, .repeated: try takeEarlier(report, ref, submitted, inferred)
    }
    return true
  }

  /// A receipt that is not final told the id of a segment: receipts under that id may have come before, and fitted nothing then.
  private func takeEarlier(_ report: ReceiptReport, _ ref: SegmentRef, _ submitted: Int64, _ inferred: Bool)
    throws(StoreError)
  {
    guard !report.said.state.isFinal,
      let id = ReceiptID.response(ofReceipt: report.receipt.id, style: report.style),
      try messages.outcome(of: ref)?.external == id.octets,
      let (_, flight) = try messages.sent(ref, by: report.carrier)
    else { return }
    let key = ReceiptID.key(id, from: .response, style: report.style)
    guard try takeEarly(id, flight, report.profile, key: key, inferred: inferred) else { return }
    try table.removeUnresolved(ref, submitted: submitted)
    try table.stopAwaiting(report.carrier, key, ref)
  }

  /// A segment became unknown: a receipt that came before may be its own.
  func settleUnresolvedByEarly(_ flight: Flight) throws(StoreError) {
    guard unmatched.waiting > 0, let profile = routes.profiles[flight.carrier] else { return }
    let parties = Parties(phone: flight.phone, number: flight.number)
    let unresolved = try table.unresolved(flight.phone, flight.number, flight.carrier)
    var fitting: [(row: UnmatchedReceipt, submitted: Int64, inferred: Bool)] = []
    for row in try unmatched.waiting(parties, since: now - settings.spans.receiptParked.wholeMilliseconds)
    where row.carrier == flight.carrier {
      guard
        let (ref, submitted, inferred) = try unresolvedSubmit(
          unresolved, profile, flight.carrier, parties, reference: row.reference, submitted: row.submitted),
        ref == flight.ref
      else { continue }
      fitting.append((row, submitted, inferred))
    }
    let ids = Set(fitting.map(\.row.external))
    guard ids.count == 1 else { return }
    for (row, submitted, inferred) in fitting {
      try unmatched.remove(row)
      _ = try settleSubmit(
        flight.ref, submitted, COctetString(octets: row.external), row.said, inferred, flight.carrier, profile
      )
    }
  }

  /// The one unresolved segment that a receipt fits, and the time of its hand-over; nil if none or several fit.
  private func unresolvedSubmit(
    _ unresolved: [(SegmentRef, Int64)], _ profile: CarrierProfile, _ carrier: CarrierKey, _ parties: Parties,
    reference: UInt16?, submitted: Int64?
  ) throws(StoreError) -> (SegmentRef, submitted: Int64, inferred: Bool)? {
    let isInferred: Bool
    let fitting: [(SegmentRef, Int64)]
    if profile.userMessageReference == .echoed, let reference {
      guard !handover.holds(at: carrier, of: parties, reference: reference) else { return nil }
      isInferred = false
      fitting = unresolved.filter { $0.0.reference == reference }
    } else {
      guard let submitted, !handover.holds(at: carrier, of: parties) else { return nil }
      isInferred = true
      fitting = unresolved.filter { abs($0.1 - submitted) <= Receipts.inferenceTolerance }
    }
    guard let (ref, submitted) = fitting.first, fitting.allSatisfy({ $0.0 == ref }) else { return nil }
    return (ref, submitted, isInferred)
  }

  private func settleSubmit(
    _ ref: SegmentRef, _ submitted: Int64, _ id: COctetString, _ said: ReceiptContent, _ inferred: Bool,
    _ carrier: CarrierKey, _ profile: CarrierProfile
  ) throws(StoreError) -> Settled {
    let before = try messages.outcome(of: ref)
    let settled = try settle(ref, said, by: carrier, inferred: inferred)
    let state = said.state
    if state.isFinal { try table.removeUnresolved(ref, submitted: submitted) }
    guard settled != .contradicted else { return settled }
    if let before, !before.external.isEmpty {
      // It was sent again and accepted under an id of its own, which the receipt of the first copy does not change. Final by
      // that receipt, it waits for none.
      if state.isFinal, let style = routes.profiles[before.carrier]?.receipts.id {
        let accepted = COctetString(octets: before.external)
        try table.stopAwaiting(
          before.carrier, ReceiptID.key(accepted, from: .response, style: style), ref)
      }
      return settled
    }
    // Its id is known now: what comes under it later, the same receipt again too, is about the same segment.
    let style = profile.receipts.id
    if let id = ReceiptID.response(ofReceipt: id, style: style) {
      try messages.identify(ref, id.octets, by: carrier)
    }
    if !state.isFinal {
      try table.expect(
        carrier, ReceiptID.key(id, from: .receipt, style: style), ref,
        due: now + profile.receiptMissingAfter.wholeMilliseconds)
    }
    return settled
  }
}
