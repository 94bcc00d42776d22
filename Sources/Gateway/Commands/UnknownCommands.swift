import Contract
import SMPP
import Store

/// `unknown.resolve`: a person says what became of what was never answered, or has it sent again. Who said it and why is kept with
/// the hand-over; what comes late and says otherwise is kept too, and changes nothing.
struct UnknownCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let segments: Segments
  let unresolved: Unresolved
  let counts: CarrierCountTable
  let views: Views

  func resolve(_ params: UnknownResolve, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...500).contains(params.note.unicodeScalars.count) else {
      throw .invalid("reason", "1 to 500 characters")
    }
    let messages = segments.messages
    guard let row = try read(try messages.row(params.messageID.value)), row.outbound, !row.traffic.isPrivate,
      let number = directory.numbers[row.number], caller.mayUse(number.address)
    else { throw .notFound("message", params.messageID) }
    if let segment = params.segment, !(1...row.segments).contains(segment) {
      throw .invalid("segment", "1 to \(row.segments)")
    }
    var flights: [Flight] = []
    for index in 0..<row.segments where params.segment.map({ $0 == index + 1 }) ?? true {
      let ref = SegmentRef(message: row.id, index: index)
      guard try read(try messages.state(of: ref)) == .unknown else { continue }
      flights.append(Flight(ref, of: row, carrier: try read(try messages.carrier(of: ref))))
    }
    guard !flights.isEmpty else {
      throw .refused(.wrongState, "the outcome is known, or the text is being sent")
    }
    if params.resolution == .retry { for flight in flights { try checkRetry(flight) } }
    return Decision { [flights] () throws(StoreError) in
      let note = "role \(caller.role), uid \(caller.uid): \(params.note)"
      for flight in flights { try apply(params.resolution, flight, note) }
      self.note(
        .info,
        "event=unknown_resolved message=\(params.messageID) segments=\(flights.count) as=\(params.resolution.rawValue) role=\(caller.role) uid=\(caller.uid)"
      )
      let state = try views.outcome(
        of: row.id, segments: row.segments, number: row.number, campaign: row.campaign
      ).state
      return UnknownResolveResult(messageID: params.messageID, segments: flights.count, state: state.word)
    }
  }

  private func checkRetry(_ flight: Flight) throws(APIError) {
    switch try read(try unresolved.verdict(flight)) {
    case .go: return
    case .known: throw .refused(.wrongState, "the outcome is known, or the text is being sent")
    case .mayBeAnswered:
      throw .refused(.wrongState, "the session is open and may still answer; try again in a minute")
    case .refused(let reason): throw .refused(reason)
    }
  }

  private func apply(_ resolution: UnknownResolution, _ flight: Flight, _ note: String) throws(StoreError) {
    counts.count(flight.carrier, .unknownResolved)
    guard resolution != .retry else { return try unresolved.sendAgain(flight, by: .handRetry, note: note) }
    let isSent = resolution == .sent
    try segments.attempts.settle(flight.ref, by: isSent ? .handSent : .handFailed, at: now, note: note)
    let error = isSent ? nil : UnknownError.byHand
    try segments.change(flight, from: .unknown, to: isSent ? .sent : .failed, error: error) {
      () throws(StoreError) in
      try segments.messages.finish(
        flight.ref, isSent ? .sent : .failed, at: now, error: error, inferred: false)
    }
  }
}
