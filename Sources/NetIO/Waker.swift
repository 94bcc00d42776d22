import CLinux
import Glibc
import Synchronization

/// Wakes one sleeping thread from any other. Coalesced: while the sleeper is awake, or was already woken, `wake()`
/// is one atomic exchange; only the call that finds it asleep costs a system call.
///
/// There are two kinds: `EventLoop.waker` ends the loop's `wait`; one made by `init()` belongs to a thread without
/// descriptors, which sleeps in `park(until:)`.
public final class Waker: Sendable {
  /// awake --wake--> notified; awake --about to sleep--> asleep --wake--> notified; notified --seen--> awake.
  private enum State {
    static let awake: UInt8 = 0
    static let notified: UInt8 = 1
    static let asleep: UInt8 = 2
  }

  private enum Sleeper: ~Copyable {
    /// An eventfd registered edge-triggered with the loop's epoll: it is never read, so a wake is one write.
    case loop(Descriptor)
    case thread(Condition)
  }

  private let state = Atomic<UInt8>(State.awake)
  private let sleeper: Sleeper

  /// For a thread that sleeps in `park(until:)`.
  public init() { sleeper = .thread(Condition()) }

  /// For an event loop.
  init(eventDescriptor: consuming Descriptor) { sleeper = .loop(eventDescriptor) }

  /// Ends the present or the next sleep of the owner. From any thread.
  public func wake() {
    let before = state.exchange(State.notified, ordering: .acquiringAndReleasing)
    guard before == State.asleep else { return }
    switch sleeper {
    case .loop(let descriptor):
      var one: UInt64 = 1
      // The only possible failures are EINTR (again) and a full counter, which is a wake too.
      while Glibc.write(descriptor.rawValue, &one, 8) == -1 && Glibc.errno == EINTR {}
    case .thread(let condition):
      condition.signal()
    }
  }

  /// Sleeps until `wake()` or `deadline` (monotonic; nil: without limit). Returns at once if a wake came since the
  /// last sleep. True if woken. Only by the one thread that owns this waker.
  @discardableResult
  public func park(until deadline: Duration?) -> Bool {
    if beginSleep() {
      switch sleeper {
      case .loop: break
      case .thread(let condition):
        condition.wait(until: deadline) { state.load(ordering: .acquiring) == State.asleep }
      }
    }
    return endSleep()
  }

  /// The owner is about to sleep; false if it was notified and must not.
  func beginSleep() -> Bool {
    state.compareExchange(
      expected: State.awake, desired: State.asleep, ordering: .acquiringAndReleasing
    ).exchanged
  }

  /// The owner is awake again. True if it was notified.
  func endSleep() -> Bool {
    state.exchange(State.awake, ordering: .acquiringAndReleasing) == State.notified
  }
}

/// A pthread condition on the monotonic clock with its mutex.
struct Condition: ~Copyable, @unchecked Sendable {
  // SAFETY: pthread's own objects at a fixed address, made for use by several threads.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  init() {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    condition = .allocate(capacity: 1)
    condition.initialize(to: pthread_cond_t())
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    condition.deallocate()
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
  }

  func signal() {
    // Taking the mutex orders the signal after the sleeper's last look at the state.
    pthread_mutex_lock(mutex)
    pthread_mutex_unlock(mutex)
    pthread_cond_signal(condition)
  }

  /// Sleeps while `isAsleep()` holds and the deadline has not come.
  func wait(until deadline: Duration?, while isAsleep: () -> Bool) {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    guard let deadline else {
      while isAsleep() { pthread_cond_wait(condition, mutex) }
      return
    }
    let nanoseconds = max(0, deadline.wholeNanoseconds)
    var time = timespec(
      tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    while isAsleep() {
      if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { return }
    }
  }
}
