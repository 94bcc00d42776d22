import Glibc

/// A value that one thread at a time may touch: the only lock of the project.
/// It is a pthread mutex rather than `Synchronization.Mutex` because ThreadSanitizer understands it.
/// Hold it for a few instructions; never call out, block or take another lock inside.
public struct Lock<State>: ~Copyable, @unchecked Sendable {
  // SAFETY: `state` is reached only while `mutex` is held; both live exactly as long as this value.
  @usableFromInline let mutex: UnsafeMutablePointer<pthread_mutex_t>
  @usableFromInline let state: UnsafeMutablePointer<State>

  public init(_ initial: sending State) {
    mutex = .allocate(capacity: 1)
    mutex.initialize(to: pthread_mutex_t())
    pthread_mutex_init(mutex, nil)
    state = .allocate(capacity: 1)
    state.initialize(to: initial)
  }

  deinit {
    pthread_mutex_destroy(mutex)
    mutex.deallocate()
    state.deinitialize(count: 1)
    state.deallocate()
  }

  @inlinable @inline(__always)
  public borrowing func withLock<Result: ~Copyable, Failure: Error>(
    _ body: (inout State) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state.pointee)
  }
}
