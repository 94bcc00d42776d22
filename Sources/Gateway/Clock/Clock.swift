import Contract
import Settings
import Store

/// The time the rules go by, and what is to be said of a wall clock that jumps by more than an hour.
///
/// While the clock is held, time goes on as before the jump. A text with a `not_after` is neither sent nor ended, since nobody
/// knows whether its time is over; all others go on.
final class GatewayClock: Part {
  let outbox: Outbox
  private let settings: SettingTable
  /// The wall clock against a steady one; nil where it is not watched.
  private var guarded: ClockGuard?
  private var steadyClock: (() -> Int64)?
  /// Times of the feed up to it are ahead of a clock that a person has accepted.
  private var acceptedBehind: Int64 = 0
  /// The running batch accepts the clock.
  private var accepts = false

  init(_ outbox: Outbox, _ settings: SettingTable) {
    self.outbox = outbox
    self.settings = settings
  }

  /// From now on, compares the wall clock with a steady clock in milliseconds that counts a machine's sleep.
  func watch(wall: Int64, steady: @escaping () -> Int64) throws(StoreError) {
    let feed = outbox.feed
    acceptedBehind = try settings.int(.clockAccepted) ?? 0
    let wasHeld = try settings[.clockHeld] != nil
    let isBehind = wall < feed.lastTime - ClockGuard.tolerated && feed.lastTime > acceptedBehind
    if wasHeld || isBehind {
      guarded = ClockGuard(
        heldAt: feed.lastTime, steady: steady(),
        isNews: wasHeld ? nil : .init(before: feed.lastTime, after: wall))
    } else {
      guarded = ClockGuard(wall: wall, steady: steady())
    }
    steadyClock = steady
  }

  var isHeld: Bool { guarded?.isHeld ?? false }

  /// Milliseconds of a clock that nobody sets; the batch's time if no clock is watched.
  var steady: Int64 { steadyClock?() ?? now }

  /// Whether something about the clock is to be written down.
  var hasNews: Bool { guarded?.news != nil }

  /// The time of a batch, from the wall clock's.
  func begin(at wall: Int64) -> Int64 {
    accepts = false
    let time = steadyClock.flatMap { guarded?.time(wall: wall, steady: $0()) } ?? wall
    // A clock that a person has set back is behind the feed's newest event, and is right all the same.
    return outbox.feed.lastTime <= acceptedBehind ? time : max(time, outbox.feed.lastTime)
  }

  /// Writes the clock's news in the open transaction.
  func flush() throws(StoreError) {
    switch guarded?.news {
    case .jumped(let jump):
      try settings.set(.clockHeld, "\(jump.before) \(jump.after)")
      alert(
        .clockJumped, .critical,
        "\(ClockHeld(jump)); texts with a not_after wait, and time runs on from before the jump, until: tollgate clock accept"
      )
    case .cameBack:
      try settings.remove(.clockHeld)
      alert(.clockJumped, .info, "the clock has come back by itself; no text waits for the clock any more")
    case nil: break
    }
  }

  /// A person says that the clock is right: it holds from the next batch on.
  func accept(by caller: Requester) throws(StoreError) {
    try settings.remove(.clockHeld)
    try settings.set(.clockAccepted, max(outbox.feed.lastTime, now))
    accepts = true
    alert(.clockJumped, .warning, "the clock was accepted by role \(caller.role), uid \(caller.uid)")
  }

  /// The batch is committed.
  /// - Returns: whether it accepted the clock.
  func committed() -> Bool {
    guarded?.announced()
    guard accepts else { return false }
    accepts = false
    guarded?.accept()
    acceptedBehind = max(outbox.feed.lastTime, now)
    outbox.forgetAlerts()
    return true
  }
}

/// A jump of the clock in words.
struct ClockHeld: CustomStringConvertible {
  private let jump: ClockGuard.Jump

  init(_ jump: ClockGuard.Jump) { self.jump = jump }

  /// As it is stored; nil where it is not held.
  init?(in settings: SettingTable) throws(StoreError) {
    guard let value = try settings[.clockHeld] else { return nil }
    let parts = value.split(separator: " ").compactMap { Int64($0) }
    guard parts.count == 2 else { return nil }
    jump = .init(before: parts[0], after: parts[1])
  }

  var description: String {
    "the clock jumped from \(Timestamp(milliseconds: jump.before)) to \(Timestamp(milliseconds: jump.after))"
  }
}
