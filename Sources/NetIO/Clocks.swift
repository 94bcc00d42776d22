import Glibc

/// Time since boot by CLOCK_MONOTONIC: the `now` that the pure machines take as an argument.
/// Costs one vDSO call, about 20 ns.
public enum MonotonicClock {
  public static var now: Duration { .nanoseconds(nowNanoseconds) }

  /// The same in nanoseconds: for counters and time stamps on hot paths.
  public static var nowNanoseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}

/// The time of day by CLOCK_REALTIME. It may step: order nothing by it.
public enum WallClock {
  /// Milliseconds since 1970-01-01 00:00 UTC.
  public static var nowMilliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }

  /// The same in microseconds.
  public static var nowMicroseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) &* 1_000_000 &+ Int64(time.tv_nsec) / 1000
  }
}

/// Time that no one sets, and that goes on while the machine sleeps (CLOCK_BOOTTIME): what the wall clock is held against.
public enum SteadyClock {
  /// Milliseconds since the machine was started.
  public static var nowMilliseconds: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) &* 1000 &+ Int64(time.tv_nsec) / 1_000_000
  }
}

/// The clocks, of the machine or of a simulation.
public protocol Timekeeper: Sendable {
  /// Monotonic time.
  var now: Duration { get }
  /// The time of day: milliseconds since 1970 UTC.
  var wallMilliseconds: Int64 { get }
  /// Milliseconds that no one sets, and that pass while the machine sleeps.
  var steadyMilliseconds: Int64 { get }
}

/// The machine's clocks.
public struct SystemTime: Timekeeper {
  public init() {}

  public var now: Duration { MonotonicClock.now }
  public var wallMilliseconds: Int64 { WallClock.nowMilliseconds }
  public var steadyMilliseconds: Int64 { SteadyClock.nowMilliseconds }
}

extension Duration {
  /// Whole nanoseconds, rounded down; pinned to Int64's range (292 years).
  public var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, overflowed) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
    return overflowed ? (seconds < 0 ? .min : .max) : sum
  }
}
