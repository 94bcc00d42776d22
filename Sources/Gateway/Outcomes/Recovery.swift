import Contract
import Store

/// What a crash left open.
struct Recovery: Part {
  let outbox: Outbox
  let directory: Directory
  let segments: Segments
  let receipts: Receipts
  let unresolved: Unresolved
  let pending: PendingTable

  /// After a start: segments that were handed over and have no outcome are unknown, since they may have been written.
  func settle() throws(StoreError) {
    let messages = segments.messages
    var unanswered: [Flight] = []
    var lost: [Flight] = []
    for row in try pending.handed() {
      for ref in row.refs where try !pending.contains(ref) {
        let state = try messages.state(of: ref)
        guard state == nil || state == .unknown, let message = try messages.row(ref.message) else { continue }
        // Of a number with a fallback nobody knows by which carrier it went: 0 lets the receipt of any of them settle it.
        let routes = directory.numbers[message.number]?.sendRoutes ?? []
        let carrier = routes.count == 1 ? routes[0].carrier : 0
        var flight = Flight(ref, of: message, carrier: carrier, at: row.at)
        flight.row = row.id
        lost.append(flight)
        // Its answer was overdue before.
        if state == .unknown { continue }
        try segments.change(flight, from: .sending, to: .unknown) { () throws(StoreError) in
          try messages.record(ref, .unknown, carrier: carrier, at: now, handed: row.at)
        }
        try segments.attempts.record(flight, .unanswered, at: now)
        unresolved.note(flight, at: now)
        try segments.receipts.addUnresolved(
          ref, carrier: carrier, number: message.number, phone: message.phone, submitted: row.at)
        unanswered.append(flight)
      }
    }
    try pending.removeAllHanded()
    for flight in unanswered { try receipts.settleUnresolvedByEarly(flight) }
    for flight in lost { try unresolved.answerIsLost(flight) }
    if !unanswered.isEmpty {
      alert(
        .unknownOutcome, .warning, "\(unanswered.count) segments were in flight when the gateway ended")
    }
  }
}
