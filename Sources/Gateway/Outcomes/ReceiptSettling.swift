import Carriers
import Contract
import SMPP
import Store

extension Receipts {
  /// What a receipt was to a segment.
  enum Settled {
    case moved
    /// It said nothing new.
    case repeated
    /// It is final, and so was the segment, otherwise.
    case contradicted
  }

  /// What the carrier's receipt says of a segment. States only move forward: the first final one stands.
  func settle(_ ref: SegmentRef, _ said: ReceiptContent, by carrier: CarrierKey, inferred: Bool)
    throws(StoreError) -> Settled
  {
    let (state, error) = (said.state, said.error)
    guard let (recorded, flight) = try messages.sent(ref, by: carrier) else {
      return try settleWaiting(ref, said, by: carrier, inferred: inferred) ?? .repeated
    }
    let isNews = try keepWord(said, flight)
    guard recorded.mayBecome(state) else {
      if isNews { try segments.emitWord(flight, said, recorded) }
      return state.isFinal && recorded != state ? .contradicted : .repeated
    }
    if recorded == .unknown { try attempts.settle(ref, by: .receipt, at: now) }
    // A segment that was sent again may get a receipt for each copy: a copy's receipt belongs to that copy alone.
    if recorded == .unknown || state.isFinal, try segments.handedOverBefore(ref) == nil {
      try table.removeUnresolved(ref)
    }
    if recorded == .receiptMissing, let times = try messages.times(of: ref), let missing = times.final {
      try attempts.record(flight, .receiptMissing, handed: times.handed ?? times.at, at: missing)
    }
    try segments.change(flight, from: recorded, to: state, error: error, inferred: inferred) {
      () throws(StoreError) in
      try messages.finish(ref, state, at: now, error: error, inferred: inferred)
    }
    if state == .failed, let error {
      if let profile = routes.profiles[carrier], profile.receipts.isOptOut(error) {
        try barrier.blockedByCarrier(flight, code: error)
      } else {
        try alike.failed(flight, error: error)
      }
    } else if state == .delivered {
      try alike.arrived(from: flight.number)
    }
    if isNews { try segments.emitWord(flight, said, state) }
    return .moved
  }

  /// What a receipt says instead of an outcome is kept with its segment.
  /// - Returns: whether it is to be told: a receipt came, and people may know the word.
  private func keepWord(_ said: ReceiptContent, _ flight: Flight) throws(StoreError) -> Bool {
    guard said.word != nil else { return false }
    return try words.keep(said, of: flight.ref, by: flight.carrier, at: now) && said.isUnknownWord
  }

  // MARK: What comes late

  /// A receipt arrived for a submit whose segment waits to be sent again. The segment is not sent again; the receipt decides its state.
  /// - Returns: nil where it does not wait.
  private func settleWaiting(
    _ ref: SegmentRef, _ said: ReceiptContent, by carrier: CarrierKey, inferred: Bool
  )
    throws(StoreError) -> Settled?
  {
    let (state, error) = (said.state, said.error)
    guard let earlier = try attempts.sentAgain(ref), let row = try messages.row(ref.message),
      try lanes.takeOut(ref, of: row)
    else { return nil }
    let flight = Flight(ref, of: row, carrier: carrier)
    try segments.change(flight, from: .queued, to: state, error: error, inferred: inferred) {
      () throws(StoreError) in
      try messages.record(ref, .sent, carrier: carrier, at: now, handed: earlier.handed)
      try messages.finish(ref, state, at: now, error: error, inferred: inferred)
    }
    return .moved
  }

  /// The carrier answers what a person had settled: the first word stands, and this one is kept.
  func answeredAfterAll(_ answer: SegmentAnswer, _ flight: Flight, _ state: SegmentState?) throws(StoreError)
  {
    try attempts.record(flight, .answeredLate, at: answer.at, status: answer.status)
    guard answer.status == .ESME_ROK, state == .sent, !answer.messageID.octets.isEmpty else { return }
    try messages.identify(answer.ref, answer.messageID.octets, by: flight.carrier)
    guard let profile = routes.profiles[flight.carrier], profile.registeredDelivery != 0 else { return }
    try table.expect(
      flight.carrier, ReceiptID.key(answer.messageID, from: .response, style: profile.receipts.id),
      answer.ref,
      due: now + profile.receiptMissingAfter.wholeMilliseconds)
  }
}
