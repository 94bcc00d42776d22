/// Writes: which claimed segment goes next, and when to ask again.
extension Pacer {
  /// The next claimed segment that may be written now under every limit, or nil. At a carrier the most urgent class goes
  /// first, whatever the lane; lanes of a class, and carriers, take turns. Uses up the limits and one window slot:
  /// the caller writes the segment.
  public mutating func next(at now: Duration) -> (lane: LaneID, class: MessageClass)? {
    advance(to: now)
    guard clock >= opens else { return nil }
    while let lane = writeTurns.popDue(at: clock) { planWrite(lane) }
    var carrier = firstCarrier
    for _ in carriers.indices {
      if carrier >= carriers.count { carrier = 0 }
      if carriers[carrier].slots > 0, carriers[carrier].limit.eligible <= clock {
        if let (lane, messageClass) = writeTurns.mostUrgent(carrier) {
          return write(lane, carrier, messageClass)
        }
      }
      carrier &+= 1
    }
    return nil
  }

  /// A segment that `next` gave some time ago left only now: a full socket held it. It counts again, at this time. Between
  /// the two the carrier's slots have to be 0, so that nothing of it goes by another way.
  public mutating func wroteLate(_ lane: LaneID, _ carrier: CarrierID, at now: Duration) {
    advance(to: now)
    let recovery = configuration.recoveryPerSecond
    if let lane = existing(lane) {
      lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery)
      replan(lane)
    }
    if let carrier = existing(carrier) {
      carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)
    }
  }

  /// When something could next be written or permitted if nothing else happens; a time not after `now` means at once, nil
  /// means not before an event (an answer, a demand, a claim).
  public func nextDeadline(at now: Duration) -> Duration? {
    var write = writeTurns.earliest
    var permit = permitTurns.earliest
    for carrier in carriers.indices where carriers[carrier].slots > 0 {
      if writeTurns.mostUrgent(carrier) != nil {
        let time = carriers[carrier].limit.eligible
        write = min(write ?? time, time)
      }
      if let time = grantTime(carrier) { permit = min(permit ?? time, time) }
    }
    let current = max(clock, now.nanoseconds)
    let times = (write.map { max($0, opens) }, permit.map { max($0, opens &- horizon) })
    guard let earliest = earlier(times.0, times.1) else { return nil }
    return .nanoseconds(max(earliest, current))
  }

  // MARK: Inside

  private mutating func write(_ lane: Int, _ carrier: Int, _ messageClass: MessageClass)
    -> (lane: LaneID, class: MessageClass)
  {
    let recovery = configuration.recoveryPerSecond
    lanes[lane].claimed[messageClass] -= 1
    lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery)
    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)
    carriers[carrier].outstanding[messageClass] -= 1
    carriers[carrier].slots -= 1
    firstCarrier = carrier &+ 1
    writeTurns.remove(lane)
    replan(lane)
    return (LaneID(Int32(lane)), messageClass)
  }

  /// Puts a lane where it belongs on the way to a write.
  mutating func planWrite(_ lane: Int) {
    guard lanes[lane].carrier >= 0, !lanes[lane].paused, lanes[lane].claimed.total > 0 else {
      return writeTurns.remove(lane)
    }
    if lanes[lane].limit.eligible > clock {
      writeTurns.wait(lane, until: lanes[lane].limit.eligible)
    } else {
      guard let messageClass = lanes[lane].claimed.mostUrgent(beyond: ClassCounts()) else { return }
      writeTurns.enqueue(lane, Int(lanes[lane].carrier), messageClass)
    }
  }
}

private func earlier(_ a: Int64?, _ b: Int64?) -> Int64? {
  guard let a else { return b }
  guard let b else { return a }
  return min(a, b)
}
