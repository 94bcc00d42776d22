/// Says which segment may be claimed and which may be written, and when.
///
/// A value without clock or I/O, run by the network loop. A segment goes through it like this:
///
/// 1. `demand`: the writer says how many durable, unclaimed segments a lane has;
/// 2. `permits`: the pacer says how many of them the writer may claim: those due within the claim horizon under the
///    lane's and the carrier's rate, for which a window slot is free;
/// 3. `claimed`: the writer hands over what it claimed durably, and it waits here;
/// 4. `next`: what may be written now under every limit; it uses up the limits and a window slot;
/// 5. `answered`: the carrier's response frees the slot.
///
/// A pass of the loop calls `next` until nil, then `permits` once (a write makes room for a permit), then sleeps until
/// `nextDeadline`.
///
/// In any half-open second of the times given to `next`, a lane and a carrier see at most their rate. At a carrier the more urgent
/// class goes first whatever the lane, and lanes of one class take turns. The number of claimed and not yet
/// written segments never exceeds the free slots at the time of the permit, so what a crash leaves unknown is
/// bounded by the window.
///
/// Cost: O(log lanes) an operation; carriers, which are few, are scanned. Nothing is allocated in steady state.
public struct Pacer: Sendable {
  /// Lanes at most: indexes beyond are refused. A number costs about 300 octets.
  public static let maximumLanes = 1_000_000
  /// Carriers at most: each call looks at every one.
  public static let maximumCarriers = 256

  struct Lane {
    /// Index of the carrier; negative for a lane that does not exist.
    var carrier: Int32 = -1
    var paused = false
    var limit = RateLimit()
    /// Durable and unclaimed, as the writer said.
    var demand = ClassCounts()
    /// Granted and not yet answered by the writer.
    var permitted = ClassCounts()
    /// Claimed and not yet written.
    var claimed = ClassCounts()

    /// Granted or claimed, and not written: what counts against the horizon for `messageClass`. Less urgent segments never hold a
    /// more urgent one back.
    @inline(__always)
    func outstanding(before messageClass: MessageClass) -> Int {
      permitted.upTo(messageClass) &+ claimed.upTo(messageClass)
    }

    @inline(__always)
    func wanted(_ messageClass: MessageClass) -> Int { demand[messageClass] &- permitted[messageClass] }
  }

  struct Carrier {
    var exists = false
    var limit = RateLimit()
    /// Added to the period of the carrier's and its lanes' rates, in nanoseconds.
    var jitterGuard: Int64 = 0
    /// Window slots not used by an unanswered request.
    var slots = 0
    /// Permits and claims not yet written, over the carrier's lanes. Each has one of `slots` set aside.
    var outstanding = ClassCounts()

    @inline(__always) var freeSlots: Int { slots &- outstanding.total }

    @inline(__always)
    func outstanding(before messageClass: MessageClass) -> Int { outstanding.upTo(messageClass) }
  }

  var lanes: [Lane] = []
  var carriers: [Carrier] = []
  /// Lanes on their way to a permit.
  var permitTurns = TurnQueues()
  /// Lanes on their way to a write.
  var writeTurns = TurnQueues()
  /// Latest time seen; a time that runs backwards is read as this one.
  var clock: Int64
  /// The carrier that is asked first: the one after that of the last write.
  var firstCarrier = 0

  let opens: Int64
  let horizon: Int64
  let catchUp: Int64
  let configuration: PacerConfiguration

  /// - Parameter start: when the process started; nothing leaves in `quietAfterStart` after it.
  public init(start: Duration, configuration: PacerConfiguration = PacerConfiguration()) {
    self.configuration = configuration
    clock = start.nanoseconds
    opens = clock &+ max(0, configuration.quietAfterStart.nanoseconds)
    horizon = max(0, configuration.claimHorizon.nanoseconds)
    catchUp = max(0, configuration.catchUp.nanoseconds)
  }

  // MARK: Carriers

  /// Adds or changes a carrier. `rate` nil: no limit but the window. `slots`: free window slots over its bound sessions.
  /// What was written under an earlier rate still counts. `jitterGuard` nil: the configuration's.
  public mutating func setCarrier(
    _ id: CarrierID, rate: Rate?, slots: Int, jitterGuard: Duration? = nil
  ) {
    let index = Int(id.index)
    guard index >= 0, index < Self.maximumCarriers else { return }
    while carriers.count <= index { carriers.append(Carrier()) }
    permitTurns.grow(carriers: carriers.count)
    writeTurns.grow(carriers: carriers.count)
    let newGuard = max(0, (jitterGuard ?? configuration.jitterGuard).nanoseconds)
    let guardChanged = carriers[index].exists && carriers[index].jitterGuard != newGuard
    carriers[index].exists = true
    carriers[index].jitterGuard = newGuard
    carriers[index].limit.set(rate, guard: newGuard)
    carriers[index].slots = max(0, slots)
    guard guardChanged else { return }
    for lane in lanes.indices where Int(lanes[lane].carrier) == index {
      lanes[lane].limit.set(lanes[lane].limit.rate, guard: newGuard)
      replan(lane)
    }
  }

  /// States the free window slots anew: a session was bound or lost. Claims without a slot wait, or are `returned`.
  public mutating func setSlots(_ id: CarrierID, _ slots: Int) {
    guard let index = existing(id) else { return }
    carriers[index].slots = max(0, slots)
  }

  /// `count` requests were answered, or given up with their session still bound: their slots are free.
  @inline(__always)
  public mutating func answered(_ id: CarrierID, count: Int = 1) {
    guard let index = existing(id) else { return }
    carriers[index].slots &+= max(0, count)
  }

  // MARK: Lanes

  /// Adds or changes a lane. `rate` nil: no limit but the carrier's. A paused lane gets no permits, and what it has
  /// claimed is not written. The carrier must have been set before; otherwise, or beyond `maximumLanes`, false.
  @discardableResult
  public mutating func setLane(_ id: LaneID, carrier: CarrierID, rate: Rate?, paused: Bool = false) -> Bool {
    let index = Int(id.index)
    guard index >= 0, index < Self.maximumLanes, let home = existing(carrier) else { return false }
    while lanes.count <= index { lanes.append(Lane()) }
    permitTurns.grow(lanes: lanes.count)
    writeTurns.grow(lanes: lanes.count)
    if Int(lanes[index].carrier) != home {
      permitTurns.remove(index)
      writeTurns.remove(index)
      moveOutstanding(of: index, to: home)
      lanes[index].carrier = Int32(home)
    }
    lanes[index].limit.set(rate, guard: carriers[home].jitterGuard)
    lanes[index].paused = paused
    replan(index)
    return true
  }

  /// Takes a lane out. Take back what it has claimed (`returned`) before; late answers to its permits are ignored.
  public mutating func removeLane(_ id: LaneID) {
    guard let index = existing(id) else { return }
    permitTurns.remove(index)
    writeTurns.remove(index)
    moveOutstanding(of: index, to: nil)
    var empty = Lane()
    empty.limit = lanes[index].limit
    empty.limit.forgetButKeepLast()
    lanes[index] = empty
  }

  /// What the writer holds durable and unclaimed for a lane. Absolute counts, replacing those said before; they may be
  /// capped, as long as they are said again before they run out. Segments of permits not answered yet are part of them.
  public mutating func demand(
    _ id: LaneID, interactive: Int, answers: Int = 0, alerts: Int = 0, campaign: Int
  ) {
    guard let index = existing(id) else { return }
    lanes[index].demand[.interactive] = interactive
    lanes[index].demand[.answer] = answers
    lanes[index].demand[.alert] = alerts
    lanes[index].demand[.campaign] = campaign
    planPermit(index)
  }

  // MARK: Throttling answers

  /// ESME_RTHROTTLED or ESME_RMSGQFUL about the carrier as a whole: half its rate, growing back by 10 % a second.
  public mutating func throttled(_ id: CarrierID, at now: Duration) {
    guard let index = existing(id) else { return }
    advance(to: now)
    carriers[index].limit.throttled(
      at: clock, lowest: configuration.lowestShare, recovery: configuration.recoveryPerSecond,
      onceWithin: configuration.throttleOnceWithin.nanoseconds)
  }

  /// The same about one number.
  public mutating func throttled(_ id: LaneID, at now: Duration) {
    guard let index = existing(id) else { return }
    advance(to: now)
    lanes[index].limit.throttled(
      at: clock, lowest: configuration.lowestShare, recovery: configuration.recoveryPerSecond,
      onceWithin: configuration.throttleOnceWithin.nanoseconds)
    replan(index)
  }

  // MARK: Asking

  /// Claimed and not yet written, of a lane.
  public func claimed(_ id: LaneID) -> (interactive: Int, campaign: Int) {
    guard let index = existing(id) else { return (0, 0) }
    return (lanes[index].claimed[.interactive], lanes[index].claimed[.campaign])
  }

  /// Permits the writer has not answered, of a lane.
  public func permitted(_ id: LaneID) -> (interactive: Int, campaign: Int) {
    guard let index = existing(id) else { return (0, 0) }
    return (lanes[index].permitted[.interactive], lanes[index].permitted[.campaign])
  }

  /// Window slots of a carrier neither used by an unanswered request nor set aside for a permit or a claim.
  public func freeSlots(_ id: CarrierID) -> Int {
    guard let index = existing(id) else { return 0 }
    return max(0, carriers[index].freeSlots)
  }

  /// Permits and claims of a carrier that are not written yet.
  public func outstanding(_ id: CarrierID) -> Int {
    guard let index = existing(id) else { return 0 }
    return carriers[index].outstanding.total
  }

  /// The share of a carrier's rate in force, 1 unless it answered that it was throttled.
  public func share(_ id: CarrierID, at now: Duration) -> Double {
    guard let index = existing(id) else { return 1 }
    return carriers[index].limit.share(at: now.nanoseconds, recovery: configuration.recoveryPerSecond)
  }

  /// The share of a lane's rate in force.
  public func share(_ id: LaneID, at now: Duration) -> Double {
    guard let index = existing(id) else { return 1 }
    return lanes[index].limit.share(at: now.nanoseconds, recovery: configuration.recoveryPerSecond)
  }

  // MARK: Inside

  @inline(__always)
  func existing(_ id: LaneID) -> Int? {
    let index = Int(id.index)
    return index >= 0 && index < lanes.count && lanes[index].carrier >= 0 ? index : nil
  }

  @inline(__always)
  func existing(_ id: CarrierID) -> Int? {
    let index = Int(id.index)
    return index >= 0 && index < carriers.count && carriers[index].exists ? index : nil
  }

  mutating func advance(to now: Duration) { clock = max(clock, now.nanoseconds) }

  mutating func replan(_ lane: Int) {
    planPermit(lane)
    planWrite(lane)
  }

  private mutating func moveOutstanding(of lane: Int, to carrier: Int?) {
    for messageClass in MessageClass.inOrder {
      let count = lanes[lane].permitted[messageClass] + lanes[lane].claimed[messageClass]
      if lanes[lane].carrier >= 0 { carriers[Int(lanes[lane].carrier)].outstanding[messageClass] -= count }
      if let carrier { carriers[carrier].outstanding[messageClass] += count }
    }
  }
}
