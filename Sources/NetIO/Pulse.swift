import Synchronization

/// That a thread still goes round: the thread beats with each round, and a watchdog looks when it last did.
public final class Pulse: Sendable {
  /// The longest a thread sleeps, so that an idle one is not taken for a stuck one.
  public static let longestSleep: Duration = .seconds(1)

  /// The thread's name.
  public let name: String
  /// Monotonic nanoseconds.
  private let last: Atomic<Int64>
  private let count = Atomic<UInt64>(0)

  public init(_ name: String, at now: Duration = MonotonicClock.now) {
    self.name = name
    last = Atomic(now.wholeNanoseconds)
  }

  /// The thread begins another round. By that thread alone.
  public func beat(at now: Duration) {
    last.store(now.wholeNanoseconds, ordering: .relaxed)
    count.wrappingAdd(1, ordering: .relaxed)
  }

  /// When it last beat; when it was made, before the first.
  public var lastBeat: Duration { .nanoseconds(last.load(ordering: .relaxed)) }

  /// Rounds so far.
  public var rounds: UInt64 { count.load(ordering: .relaxed) }
}
