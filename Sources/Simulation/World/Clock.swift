import NetIO
import Synchronization

/// The clocks of a simulated world: they move when the simulation moves them.
package final class Clock: Timekeeper {
  // Atomics, since the gateway's parts may read a clock from any thread; here there is one.
  private let monotonic = Atomic<Int64>(1_000_000_000)
  private let wallOffset: Atomic<Int64>

  /// - Parameter wall: milliseconds since 1970 UTC at the start.
  init(wall: Int64) { wallOffset = Atomic(wall) }

  package var now: Duration { .nanoseconds(monotonic.load(ordering: .relaxed)) }

  package var wallMilliseconds: Int64 {
    wallOffset.load(ordering: .relaxed) + monotonic.load(ordering: .relaxed) / 1_000_000
  }

  package var steadyMilliseconds: Int64 { monotonic.load(ordering: .relaxed) / 1_000_000 }

  func advance(to time: Duration) {
    monotonic.store(max(time.wholeNanoseconds, monotonic.load(ordering: .relaxed)), ordering: .relaxed)
  }

  /// The time of day jumps; monotonic time does not.
  func jump(_ milliseconds: Int64) {
    wallOffset.store(wallOffset.load(ordering: .relaxed) + milliseconds, ordering: .relaxed)
  }
}
