import Glibc

/// A value that one thread at a time may touch. A pthread mutex, since ThreadSanitizer does not understand
/// `Synchronization.Mutex`. Hold it for a few instructions; call nothing out of it.
struct Guarded<State>: ~Copyable, @unchecked Sendable {
  // SAFETY: `state` is reached only while `mutex` is held; both live as long as this value.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let state: UnsafeMutablePointer<State>

  init(_ initial: sending State) {
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

  borrowing func withLock<Result>(_ body: (inout State) -> Result) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return body(&state.pointee)
  }
}
