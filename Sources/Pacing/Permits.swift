/// Permits: what the writer may claim, and what it claimed.
extension Pacer {
  /// Appends what the writer may claim now: per lane what is due within the claim horizon, the most urgent class first across
  /// lanes, those of one class round robin, as long as the carrier's rate and window slots allow it.
  public mutating func permits(at now: Duration, into permits: inout [Permit]) {
    advance(to: now)
    guard clock >= opens &- horizon else { return }
    while let lane = permitTurns.popDue(at: clock) { planPermit(lane) }
    for carrier in carriers.indices {
      for messageClass in MessageClass.inOrder { grant(carrier, messageClass, into: &permits) }
    }
  }

  /// The writer's answer to a permit: `got` of the `granted` segments are claimed durably, and wait here to be written.
  ///
  /// Fewer than granted means that the lane has no more of that class: its demand is taken as none until
  /// `demand` says otherwise, so a writer that answers short for another reason says `demand` afterwards.
  /// - Returns: false if the lane no longer exists; the caller then takes the claims back itself.
  @discardableResult
  public mutating func claimed(_ id: LaneID, _ messageClass: MessageClass, granted: Int, got: Int) -> Bool {
    guard let index = existing(id) else { return false }
    let carrier = Int(lanes[index].carrier)
    let settled = min(max(0, granted), lanes[index].permitted[messageClass])
    let claims = max(0, got)
    lanes[index].permitted[messageClass] -= settled
    lanes[index].claimed[messageClass] += claims
    lanes[index].demand[messageClass] = claims < granted ? 0 : lanes[index].demand[messageClass] - claims
    carriers[carrier].outstanding[messageClass] += claims - settled
    replan(index)
    return true
  }

  /// Claims are taken back without being written: revoked, or their session was lost. They are no demand until
  /// `demand` says so.
  public mutating func returned(_ id: LaneID, _ messageClass: MessageClass, count: Int) {
    guard let index = existing(id) else { return }
    let taken = min(max(0, count), lanes[index].claimed[messageClass])
    lanes[index].claimed[messageClass] -= taken
    carriers[Int(lanes[index].carrier)].outstanding[messageClass] -= taken
    replan(index)
  }

  // MARK: Inside

  /// Grants to the lanes in turn at a carrier, in rounds of even shares.
  private mutating func grant(_ carrier: Int, _ messageClass: MessageClass, into permits: inout [Permit]) {
    guard permitTurns.first(carrier, messageClass) != nil else { return }
    if carriers[carrier].outstanding.total == 0 { carriers[carrier].limit.begin(at: max(clock, opens)) }
    var budget = min(carriers[carrier].freeSlots, carrierBudget(carrier, messageClass))
    var turns = 0
    var share = 0
    while budget > 0, let lane = permitTurns.first(carrier, messageClass) {
      if turns == 0 {
        turns = permitTurns.count(carrier, messageClass)
        share = max(1, budget / turns)
      }
      turns -= 1
      if lanes[lane].outstanding(before: .campaign) == 0 { lanes[lane].limit.begin(at: max(clock, opens)) }
      let count = min(share, budget, lanes[lane].wanted(messageClass), laneBudget(lane, messageClass))
      permitTurns.remove(lane)
      guard count > 0 else { continue }
      lanes[lane].permitted[messageClass] += count
      carriers[carrier].outstanding[messageClass] += count
      budget -= count
      permits.append(Permit(lane: LaneID(Int32(lane)), class: messageClass, count: count))
      planPermit(lane)
    }
  }

  private func laneBudget(_ lane: Int, _ messageClass: MessageClass) -> Int {
    let due = lanes[lane].limit.dueCount(
      at: clock, horizon: horizon, catchUp: catchUp, recovery: configuration.recoveryPerSecond)
    return due &- lanes[lane].outstanding(before: messageClass)
  }

  private func carrierBudget(_ carrier: Int, _ messageClass: MessageClass) -> Int {
    let due = carriers[carrier].limit.dueCount(
      at: clock, horizon: horizon, catchUp: catchUp, recovery: configuration.recoveryPerSecond)
    return due &- carriers[carrier].outstanding(before: messageClass)
  }

  /// Puts a lane where it belongs on the way to a permit.
  mutating func planPermit(_ lane: Int) {
    guard lanes[lane].carrier >= 0, !lanes[lane].paused else { return permitTurns.remove(lane) }
    // Fields are read one by one: a method of the lane would copy it whole.
    let demand = lanes[lane].demand
    let permitted = lanes[lane].permitted
    guard let messageClass = demand.mostUrgent(beyond: permitted) else { return permitTurns.remove(lane) }
    let time = lanes[lane].limit.claimTime(
      outstanding: lanes[lane].outstanding(before: messageClass), at: clock, horizon: horizon,
      catchUp: catchUp, recovery: configuration.recoveryPerSecond)
    guard let time else { return permitTurns.remove(lane) }
    if time <= clock {
      permitTurns.enqueue(lane, Int(lanes[lane].carrier), messageClass)
    } else {
      permitTurns.wait(lane, until: time)
    }
  }

  /// When a carrier with lanes in turn may grant one of them a permit; nil if only after some event.
  func grantTime(_ carrier: Int) -> Int64? {
    guard carriers[carrier].freeSlots > 0 else { return nil }
    var earliest: Int64?
    for messageClass in MessageClass.inOrder where permitTurns.first(carrier, messageClass) != nil {
      let time = carriers[carrier].limit.claimTime(
        outstanding: carriers[carrier].outstanding(before: messageClass), at: clock, horizon: horizon,
        catchUp: catchUp, recovery: configuration.recoveryPerSecond)
      if let time { earliest = min(earliest ?? time, time) }
    }
    return earliest
  }
}
