import Contract
import Store

/// An opt-out as a barrier. The transaction that records the opt-out ends everything queued in scope. Then the loop takes out what
/// it holds, before it writes the answer.
struct Barrier: Part {
  let outbox: Outbox
  let directory: Directory
  let consent: Consent
  let lanes: Lanes
  let segments: Segments
  let messages: MessageTable
  let conversations: ConversationTable
  let episodes: Episodes
  let leads: Leads
  let counts: CarrierCountTable

  /// Records a revocation, closes the barrier and emits the change.
  /// - Returns: whether the scope was open before, and how many messages were cancelled.
  @discardableResult
  func optOut(
    _ phone: PhoneNumber, _ scope: SuppressionScope, _ number: Number?, _ evidence: ConsentEvidence
  ) throws(StoreError) -> (isNew: Bool, cancelled: Int) {
    let isNew = try consent.optOut(phone.packed, scope, evidence)
    let cancelled = try close(phone.packed, scope)
    try episodes.optedOut(phone.packed, scope)
    try leads.optedOut(phone.packed, scope)
    consent.emitChange(phone, .optOut, scope, number, evidence, cancelled: cancelled)
    return (isNew, cancelled)
  }

  /// Cancels what is queued to a phone in scope, and makes the loop take out what it holds for the phone.
  private func close(_ phone: Int64, _ scope: SuppressionScope) throws(StoreError) -> Int {
    let cancelled = try cancelQueued(to: phone, scope: scope, roles: [.contact, .privateMobile])
    let numbers: [NumberID]? =
      switch scope {
      case .brand: nil
      case .number(let id), .network(let id): [id]
      }
    post(.revoke(phone: phone, numbers: numbers))
    return cancelled
  }

  /// Ends every waiting message to a phone, except the confirmation of an opt-out, which a second STOP does not cancel. Segments in
  /// flight are not counted: they come back as revoked.
  func cancelQueued(to phone: Int64, scope: SuppressionScope, roles: [ConversationRole]) throws(StoreError)
    -> Int
  {
    let reason: Refusal = if case .network = scope { .networkBlocked } else { .optedOut }
    return try cancelQueued(to: phone, scope: scope, roles: roles, reason: reason) { $0 != .confirmation }
  }

  /// Cancels a confirmation of an opt-out that has not left: the phone opted in again.
  func cancelConfirmations(to phone: Int64) throws(StoreError) {
    _ = try cancelQueued(to: phone, scope: .brand, roles: [.contact], reason: .notAllowed) {
      $0 == .confirmation
    }
  }

  private func cancelQueued(
    to phone: Int64, scope: SuppressionScope, roles: [ConversationRole], reason: Refusal,
    where isWanted: (TrafficClass) -> Bool
  ) throws(StoreError) -> Int {
    var cancelled = 0
    for thread in try conversations.threads(of: phone)
    where roles.contains(thread.role) && scope.covers(thread.number) {
      let lane = lanes[thread.number]
      guard let oldest = lane.oldestWaiting else { continue }
      for row in try messages.outbound(in: thread.id, from: oldest) where isWanted(row.traffic) {
        var gone = try segments.cancelPending(row, reason: reason)
        if let run = lane.runs.first(where: { $0.first <= row.id && row.id < $0.end }) {
          gone += try segments.cancelInRun(row, run, reason: reason)
        }
        if gone > 0 { cancelled += 1 }
      }
    }
    return cancelled
  }

  /// The carrier no longer delivers to a phone from a number.
  func blockedByCarrier(_ flight: Flight, code: String) throws(StoreError) {
    guard !flight.traffic.isPrivate, let number = directory.numbers[flight.number],
      let phone = PhoneNumber(packed: flight.phone)
    else { return }
    let scope = SuppressionScope.network(number.id)
    guard try !consent.scopes(of: flight.phone).contains(scope) else { return }
    counts.count(flight.carrier, .optedOut)
    try optOut(
      phone, scope, number,
      ConsentEvidence(source: .carrier, number: number.id, message: flight.ref.message, text: code))
  }
}
