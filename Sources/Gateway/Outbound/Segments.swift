import Contract
import Store

/// Changes the states of segments; the message, the campaign and the feed follow.
struct Segments: Part {
  let outbox: Outbox
  let directory: Directory
  let lanes: Lanes
  let campaigns: Campaigns
  let messages: MessageTable
  let attempts: AttemptTable
  let receipts: ReceiptTable

  /// Changes one segment's state by `record`; the message, the campaign and the feed follow.
  func change(
    _ flight: Flight, from: SegmentState, to: SegmentState, error: String? = nil, reason: Refusal? = nil,
    inferred: Bool = false, record: () throws(StoreError) -> Void
  ) throws(StoreError) {
    var before = from
    var after = to
    var delivered = 0
    if flight.segments > 1 {
      before = try messages.whole(flight.ref.message, segments: flight.segments).state
      try record()
      (after, delivered) = try messages.whole(flight.ref.message, segments: flight.segments)
    } else {
      try record()
    }
    guard before != after else { return }
    if let id = flight.campaign, !flight.traffic.isPrivate, let campaign = try campaigns.campaign(id) {
      campaign.move(before, after)
    }
    guard !flight.traffic.isPrivate else { return }
    // Between `queued` and `sent` a campaign's messages emit nothing, except the state that follows `unknown`.
    if flight.traffic == .campaign, after == .queued || after == .sending, before != .unknown { return }
    emitChange(flight, after, delivered: delivered, error: error, reason: reason, inferred: inferred)
  }

  /// A receipt says of a segment what is no state we know: the carrier's words are told, with the state that the message has. After the
  /// end of a message nothing is told of it.
  func emitWord(_ flight: Flight, _ said: ReceiptContent, _ segment: SegmentState) throws(StoreError) {
    let state =
      flight.segments > 1
      ? try messages.whole(flight.ref.message, segments: flight.segments).state : segment
    guard !flight.traffic.isPrivate, !state.isFinal, var event = stateEvent(flight, state) else { return }
    event.carrierState = said.word
    event.error = said.error
    emit(event)
  }

  /// `delivered`: of several segments, how many the phone has.
  private func emitChange(
    _ flight: Flight, _ state: SegmentState, delivered: Int, error: String?, reason: Refusal?,
    inferred: Bool
  ) {
    guard var event = stateEvent(flight, state) else { return }
    event.segmentsDelivered = delivered > 0 && delivered < flight.segments ? delivered : nil
    event.reason = reason
    event.error = state == .delivered || state == .sent ? nil : error
    event.inferred = inferred
    emit(event)
  }

  private func stateEvent(_ flight: Flight, _ state: SegmentState) -> MessageStateChanged? {
    guard let phone = PhoneNumber(packed: flight.phone), let number = directory.numbers[flight.number] else {
      return nil
    }
    return
      MessageStateChanged(
        messageID: MessageID(flight.ref.message), conversationID: ConversationID(flight.conversation),
        campaignID: flight.campaign.map { CampaignID($0) }, repID: number.rep.map { RepID($0) },
        from: number.address, to: phone, state: state.word, final: state.isFinal, segments: flight.segments,
        carrier: directory.carriers[flight.carrier], inferred: false, at: Timestamp(milliseconds: now))
  }

  // MARK: Ends

  /// Ends a segment that will not leave. If the segment was being sent again, its first submit may have arrived and stays unknown.
  func end(
    _ flight: Flight, from: SegmentState, to state: SegmentState, reason: Refusal, handed: Int64? = nil
  ) throws(StoreError) {
    if let earlier = try handedOverBefore(flight.ref) {
      if handed != nil { try attempts.record(flight, .givenBack, at: now) }
      return try remainsUnknown(flight, from: from, as: earlier, note: reason.rawValue)
    }
    try change(flight, from: from, to: state, reason: reason) { () throws(StoreError) in
      try messages.record(
        flight.ref, state, carrier: flight.carrier, at: now, handed: handed, reason: reason)
    }
  }

  /// Ends a segment that may never leave, with the reason.
  func end(_ flight: Flight, from: SegmentState, because reason: Refusal, handed: Int64? = nil)
    throws(StoreError)
  {
    try end(
      flight, from: from, to: reason == .tooLate ? .expired : .cancelled, reason: reason, handed: handed)
  }

  /// The earlier submit of a segment that is being sent again, which may have arrived; nil if there is none.
  func handedOverBefore(_ ref: SegmentRef) throws(StoreError) -> AttemptTable.HandOver? {
    receipts.unresolvedCount > 0 ? try attempts.sentAgain(ref) : nil
  }

  /// The second submit came to nothing. The first may have arrived.
  func remainsUnknown(
    _ flight: Flight, from: SegmentState, as earlier: AttemptTable.HandOver, note: String? = nil
  ) throws(StoreError) {
    var flight = flight
    flight.row = nil
    try attempts.record(flight, .retryEnded, handed: earlier.handed, at: now, note: note)
    try change(flight, from: from, to: .unknown) { () throws(StoreError) in
      try messages.record(
        flight.ref, .unknown, carrier: earlier.carrier, at: earlier.at, handed: earlier.handed)
    }
  }

  // MARK: Messages that wait

  /// Removes every waiting segment of a message from its lane, and records why.
  /// - Returns: how many segments.
  func cancelPending(_ row: MessageRow, reason: Refusal) throws(StoreError) -> Int {
    let gone = try lanes.takeOut(row)
    for item in gone {
      try end(
        Flight(item.ref, of: row, attempts: item.attempts), from: .queued, to: .cancelled, reason: reason)
    }
    return gone.count
  }

  /// Ends the segments of a message that its run has not handed over.
  /// - Returns: how many segments.
  func cancelInRun(_ row: MessageRow, _ run: Run, reason: Refusal) throws(StoreError) -> Int {
    guard row.id >= run.next.message, row.id < run.filled else { return 0 }
    let first = row.id == run.next.message ? run.next.index : 0
    var gone = 0
    for index in first..<max(first, row.segments) {
      let ref = SegmentRef(message: row.id, index: index)
      guard try messages.state(of: ref) == nil else { continue }
      try change(Flight(ref, of: row), from: .queued, to: .cancelled, reason: reason) {
        () throws(StoreError) in
        try messages.record(ref, .cancelled, carrier: 0, at: now, reason: reason)
      }
      gone += 1
    }
    run.forget(row.id)
    if row.id == run.next.message { run.advance(to: SegmentRef(message: row.id + 1, index: 0)) }
    lanes.touch(run.number)
    return gone
  }
}
