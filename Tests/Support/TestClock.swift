internal import NetIO
import Synchronization

/// Clocks that a test moves; no time passes otherwise.
package final class TestClock: Timekeeper {
  private let milliseconds = Atomic<Int64>(1_000)
  private let wall: Int64
  private let step: Int64

  /// - Parameters:
  ///   - wall: milliseconds since 1970 UTC at the start.
  ///   - step: milliseconds that pass with every reading of `now`.
  package init(wall: Int64 = 1_795_000_000_000, step: Int64 = 0) {
    self.wall = wall
    self.step = step
  }

  package var now: Duration { .milliseconds(milliseconds.add(step, ordering: .relaxed).newValue) }
  package var wallMilliseconds: Int64 { wall + steadyMilliseconds }
  package var steadyMilliseconds: Int64 { milliseconds.load(ordering: .relaxed) - 1_000 }

  package func advance(milliseconds: Int64) { self.milliseconds.add(milliseconds, ordering: .relaxed) }
}
