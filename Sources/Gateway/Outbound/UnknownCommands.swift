import Contract
import SMPP
import Store

extension Gateway {
  /// `unknown.resolve`: a person says what became of what was never answered, or has it sent again. Who said it and why is kept with
  /// the hand-over; what comes late and says otherwise is kept too, and changes nothing.
  func unknownResolve(_ params: UnknownResolve, _ caller: Requester) throws -> UnknownResolveResult {
    guard (1...500).contains(params.reason.utf8.count) else {
      throw APIError.invalid("reason", "1 to 500 octets")
    }
    guard let row = try messages.row(params.messageID.value), row.outbound, !row.traffic.isPrivate,
      let number = directory.numbers[row.number], caller.mayUse(number.address)
    else { throw APIError.notFound("message", params.messageID) }
    if let segment = params.segment, !(1...row.segments).contains(segment) {
      throw APIError.invalid("segment", "1 to \(row.segments)")
    }
    var refs: [SegmentRef] = []
    for index in 0..<row.segments where params.segment.map({ $0 == index + 1 }) ?? true {
      let ref = SegmentRef(message: row.id, index: index)
      if try messages.state(of: ref) == .unknown { refs.append(ref) }
    }
    guard !refs.isEmpty else {
      throw APIError.refused(.wrongState, "its outcome is known, or it is on its way")
    }
    let note = "role \(caller.role), uid \(caller.uid): \(params.reason)"
    for ref in refs {
      let carrier = try messages.carrier(of: ref)
      let flight = Flight(
        ref: ref, number: row.number, carrier: carrier, conversation: row.conversation, phone: row.phone,
        traffic: row.traffic, campaign: row.campaign, segments: row.segments, attempts: 0)
      switch params.resolution {
      case .retry: try sendAgainByHand(flight, row, number, note)
      case .sent, .failed:
        let isSent = params.resolution == .sent
        try attempts.settle(ref, by: isSent ? .handSent : .handFailed, at: now, note: note)
        let error = isSent ? nil : UnknownError.byHand
        try change(flight, from: .unknown, to: isSent ? .sent : .failed, error: error) {
          try messages.finish(ref, isSent ? .sent : .failed, at: now, error: error, inferred: false)
        }
      }
      counts.count(carrier, .unknownResolved)
    }
    self.note(
      .info,
      "event=unknown_resolved message=\(params.messageID) segments=\(refs.count) as=\(params.resolution.rawValue) role=\(caller.role) uid=\(caller.uid)"
    )
    let state = try views.outcome(
      of: row.id, segments: row.segments, number: row.number, campaign: row.campaign
    ).state
    return UnknownResolveResult(messageID: params.messageID, segments: refs.count, state: state.word)
  }

  private func sendAgainByHand(_ flight: Flight, _ row: MessageRow, _ number: Number, _ note: String) throws {
    if handover[flight.ref] != nil {
      throw APIError.refused(.wrongState, "its session stands and may answer yet; try again in a minute")
    }
    guard let phone = PhoneNumber(packed: flight.phone) else { throw APIError.internalError }
    try mayText(phone, from: number)
    if let limit = row.notAfter, limit <= now { throw APIError.refused(.tooLate) }
    guard try sendAgain(flight, by: .handRetry, note: note) else {
      throw APIError.refused(.wrongState, "its outcome is known, or it is on its way")
    }
  }
}

/// The errors of messages that no carrier gave.
enum UnknownError {
  /// A person said that it failed.
  static let byHand = "by_hand"
}
