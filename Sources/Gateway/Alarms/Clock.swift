import Contract
import Store

/// A wall clock that jumps by more than an hour: what goes by the time of day waits for a person.
///
/// While it is held, time goes on as before the jump. A text with a `not_after` is neither sent nor ended, since nobody knows
/// whether its time is over; all others go on.
extension Gateway {
  private static let heldKey = "clock_held"
  private static let acceptedKey = "clock_accepted"
  /// Milliseconds until a text that waits for the clock is looked at again.
  static let clockLook: Int64 = 1_000

  /// From now on the wall clock is held against a steady one that counts milliseconds, a machine's sleep included.
  public func watchClock(wall: Int64, steady: @escaping () -> Int64) throws {
    let setting = "SELECT value FROM setting WHERE key = ?1"
    acceptedBehind = try database.text(setting, .text(Gateway.acceptedKey)).flatMap { Int64($0) } ?? 0
    let told = try database.text(setting, .text(Gateway.heldKey)) != nil
    let isBehind = wall < feed.lastTime - ClockGuard.tolerated && feed.lastTime > acceptedBehind
    if told || isBehind {
      clock = ClockGuard(
        heldAt: feed.lastTime, steady: steady(),
        isNews: told ? nil : .init(before: feed.lastTime, after: wall))
    } else {
      clock = ClockGuard(wall: wall, steady: steady())
    }
    steadyClock = steady
  }

  var isClockHeld: Bool { clock?.isHeld ?? false }

  /// The time of a batch, from the wall clock's.
  func guarded(_ wall: Int64) -> Int64 {
    let time = steadyClock.flatMap { clock?.time(wall: wall, steady: $0()) } ?? wall
    // A clock that a person has set back is behind what the feed has told, and is right all the same.
    return feed.lastTime <= acceptedBehind ? time : max(time, feed.lastTime)
  }

  /// Writes down what has become of the clock, in the transaction that is open.
  func tellClock() throws {
    switch clock?.news {
    case .jumped(let jump):
      try database.run(
        "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        .text(Gateway.heldKey), .text("\(jump.before) \(jump.after)"))
      alert(
        .clockJumped, .critical,
        "\(ClockHeld(jump)): texts with a not_after wait, and time goes on as before, until clock accept")
    case .cameBack:
      try database.run("DELETE FROM setting WHERE key = ?1", .text(Gateway.heldKey))
      alert(.clockJumped, .info, "the clock has come back by itself; nothing waits for it any more")
    case nil: break
    }
  }

  /// `clock.accept`: the clock is right, and holds from the next batch on.
  func clockAccept(_ params: ClockAccept, _ caller: Requester) throws -> ClockAcceptResult {
    guard isClockHeld else { return ClockAcceptResult(accepted: false) }
    try database.run("DELETE FROM setting WHERE key = ?1", .text(Gateway.heldKey))
    try database.run(
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
      .text(Gateway.acceptedKey), .text("\(max(feed.lastTime, now))"))
    // What waits for a time that is far off now is looked at anew.
    try database.run("UPDATE pending SET not_before = 0 WHERE not_before > 0")
    lanes = [:]
    try loadLanes()
    acceptsClock = true
    alert(.clockJumped, .warning, "the clock was accepted by role \(caller.role), uid \(caller.uid)")
    return ClockAcceptResult(accepted: true)
  }

  /// What the commit of a batch means for the clock.
  func settleClock() {
    clock?.told()
    guard acceptsClock else { return }
    acceptsClock = false
    clock?.accept()
    acceptedBehind = max(feed.lastTime, now)
    lastPurge = 0
    alertedAt = [:]
  }
}

/// A jump of the clock in words.
struct ClockHeld: CustomStringConvertible {
  private let jump: ClockGuard.Jump

  init(_ jump: ClockGuard.Jump) { self.jump = jump }

  /// As it is stored; nil where it is not held.
  init?(in database: Database) throws {
    guard let value = try database.text("SELECT value FROM setting WHERE key = 'clock_held'") else {
      return nil
    }
    let parts = value.split(separator: " ").compactMap { Int64($0) }
    guard parts.count == 2 else { return nil }
    jump = .init(before: parts[0], after: parts[1])
  }

  var description: String {
    "the clock jumped from \(Timestamp(milliseconds: jump.before)) to \(Timestamp(milliseconds: jump.after))"
  }
}
