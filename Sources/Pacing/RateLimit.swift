/// One rate, held exactly over write times, and the even schedule under it. Times are nanoseconds.
///
/// Two things say when the next segment may be written:
/// - the *schedule*: due times one `interval` apart, whatever the write times were, so that late wake-ups cost nothing
///   (as long as they are no later than `catchUp`);
/// - the *window*: write number i comes at least `period + guard` after write i − rate. It is kept as a ring of write
///   times. Above `maximumGroups` segments a period, one entry stands for a group of writes and holds the time
///   of the last of them, which errs on the slow side by less than 0.2 %.
struct RateLimit {
  /// Entries in a ring at most: 8 KiB for a lane of 1,024 segments a second or more, 24 octets for one of 3.
  static let maximumGroups = 1_024
  /// A time before any other, far enough from the edge that adding to it cannot overflow.
  static let never = Int64.min / 4

  private(set) var rate: Rate?
  /// When the next segment may be written. `never` where there is no limit.
  private(set) var eligible = RateLimit.never
  /// Time between scheduled writes at the full rate; 0 where there is no limit.
  private var interval: Int64 = 0
  private var window: Int64 = 0
  private var due = RateLimit.never
  private var lastWrite = RateLimit.never
  /// Nothing before this, whatever the ring says (set when a limit begins with an unknown past).
  private var notBefore = RateLimit.never

  private var ring: [Int64] = []
  private var oldest = 0
  private var groupSize = 1
  private var groupLimit = 0
  private var writtenInGroup = 0

  private var throttle: Throttle?
  private var meter = Meter()

  init() {}

  // MARK: Configuration

  /// Takes a new rate; what was written under the old one still counts.
  mutating func set(_ new: Rate?, guard jitterGuard: Int64) {
    let newWindow = new.map { $0.period.nanoseconds &+ max(0, jitterGuard) } ?? 0
    guard new != rate || newWindow != window else { return }
    let past = history()
    let wasLimited = rate != nil
    rate = new
    window = newWindow
    ring = []
    oldest = 0
    writtenInGroup = 0
    throttle = nil
    guard let new else {
      interval = 0
      due = Self.never
      eligible = Self.never
      notBefore = Self.never
      return
    }
    groupSize = (new.segments + Self.maximumGroups - 1) / Self.maximumGroups
    groupLimit = new.segments / groupSize
    let spaced = Int64(groupLimit * groupSize - groupSize + 1)
    interval = (window &+ spaced &- 1) / spaced
    if wasLimited {
      for (time, count) in past { record(time, count: count) }
    } else if lastWrite > Self.never {
      notBefore = lastWrite &+ window
    }
    settle()
  }

  /// Forgets rate and history but the last write: a rate set later counts as used up at that time.
  mutating func forgetButKeepLast() {
    let last = lastWrite
    self = RateLimit()
    lastWrite = last
  }

  // MARK: Writing

  /// Work begins after none was under way: time without work is not lateness to be made good.
  mutating func begin(at now: Int64) {
    guard interval > 0, due < now else { return }
    due = now
    settle()
  }

  /// A segment is written at `now`, which is not before `eligible`.
  mutating func took(at now: Int64, catchUp: Int64, recovery: Double) {
    lastWrite = now
    guard interval > 0 else {
      meter.count(at: now)
      return
    }
    let step = step(at: now, recovery: recovery)
    // Where the window holds the schedule back, the schedule gives way slowly (0.2 % of the rate): the pattern a
    // late wake-up left in the ring is evened out without the time it cost being lost at once.
    let heldBack = eligible &- due
    due = max(due &+ step &+ min(heldBack, step >> 9), now &+ step &- catchUp)
    if rate != nil { record(now, count: 1) }
    settle()
    if rate == nil { endThrottleOfUnlimited(at: now, recovery: recovery) }
  }

  /// How many segments are due by `now + horizon`; `Int.max` without a limit.
  @inline(__always)
  func dueCount(at now: Int64, horizon: Int64, catchUp: Int64, recovery: Double) -> Int {
    guard interval > 0 else { return .max }
    let first = max(eligible, now &- catchUp)
    let last = now &+ horizon
    guard first <= last else { return 0 }
    return 1 + Int((last &- first) / step(at: now, recovery: recovery))
  }

  /// When one more may be claimed beside `outstanding` claimed ones; nil if only after one of them is written.
  @inline(__always)
  func claimTime(outstanding: Int, at now: Int64, horizon: Int64, catchUp: Int64, recovery: Double) -> Int64?
  {
    guard interval > 0 else { return Self.never }
    let (ahead, overflow) = step(at: now, recovery: recovery)
      .multipliedReportingOverflow(by: Int64(clamping: outstanding))
    guard !overflow, ahead <= horizon &+ catchUp else { return nil }
    return eligible &+ ahead &- horizon
  }

  // MARK: Throttling

  /// The peer answered ESME_RTHROTTLED or ESME_RMSGQFUL: half the rate, then growing back.
  mutating func throttled(at now: Int64, lowest: Double, recovery: Double, onceWithin: Int64) {
    if let throttle, now &- throttle.since < onceWithin { return }
    if interval == 0 { interval = max(1, 1_000_000_000 / Int64(max(1, meter.perSecond(at: now)))) }
    let share = max(lowest, (throttle?.share(at: now, recovery: recovery) ?? 1) / 2)
    throttle = Throttle(floor: share, since: now)
    due = max(due, now &+ step(at: now, recovery: recovery))
    settle()
  }

  /// The share of the full rate that is used now, 1 where nothing throttles.
  func share(at now: Int64, recovery: Double) -> Double {
    min(1, throttle?.share(at: now, recovery: recovery) ?? 1)
  }

  /// An unlimited rate is throttled against what it wrote before, and free again at twice that.
  private mutating func endThrottleOfUnlimited(at now: Int64, recovery: Double) {
    guard let share = throttle?.share(at: now, recovery: recovery), share < 2 else {
      throttle = nil
      interval = 0
      due = Self.never
      eligible = Self.never
      return
    }
  }

  /// Time to the next scheduled write, at the share of the rate in force.
  @inline(__always)
  private func step(at now: Int64, recovery: Double) -> Int64 {
    guard let throttle else { return interval }
    let share = throttle.share(at: now, recovery: recovery)
    if share >= 1, rate != nil { return interval }
    return Int64(Double(interval) / share) &+ 1
  }

  // MARK: The window

  private mutating func record(_ time: Int64, count: Int) {
    writtenInGroup += count
    while writtenInGroup >= groupSize {
      writtenInGroup -= groupSize
      if ring.count < groupLimit {
        ring.append(time)
      } else {
        ring[oldest] = time
        oldest = oldest &+ 1 == groupLimit ? 0 : oldest &+ 1
      }
    }
  }

  private mutating func settle() {
    eligible = max(due, notBefore)
    if rate != nil, ring.count == groupLimit { eligible = max(eligible, ring[oldest] &+ window) }
  }

  /// Write times in the ring, oldest first, with how many each stands for.
  private func history() -> [(time: Int64, count: Int)] {
    var past: [(time: Int64, count: Int)] = []
    for offset in ring.indices { past.append((ring[(oldest + offset) % ring.count], groupSize)) }
    if writtenInGroup > 0 { past.append((lastWrite, writtenInGroup)) }
    return past
  }
}

/// A halved rate on its way back.
private struct Throttle {
  var floor: Double
  var since: Int64

  func share(at now: Int64, recovery: Double) -> Double {
    floor + recovery * Double(max(0, now &- since)) / 1_000_000_000
  }
}

/// Writes in this second and the one before, for limits that have no rate to halve.
private struct Meter {
  private var second: Int64 = .min
  private var current = 0
  private var previous = 0

  mutating func count(at now: Int64) {
    let this = now / 1_000_000_000
    if this != second {
      previous = this == second &+ 1 ? current : 0
      current = 0
      second = this
    }
    current &+= 1
  }

  func perSecond(at now: Int64) -> Int {
    now / 1_000_000_000 &- second <= 1 ? max(current, previous) : 1
  }
}
