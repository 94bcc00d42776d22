import Glibc

/// A flag one thread raises and another sleeps on. Raising it twice before the sleeper looks counts once.
final class Signal: @unchecked Sendable {
  // SAFETY: the storage never moves; `raised` is touched under the mutex alone.
  private struct Storage {
    var mutex = pthread_mutex_t()
    var condition = pthread_cond_t()
    var raised = false
  }
  private let storage: UnsafeMutablePointer<Storage>

  init() {
    storage = .allocate(capacity: 1)
    storage.initialize(to: Storage())
    pthread_mutex_init(&storage.pointee.mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(&storage.pointee.condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(&storage.pointee.condition)
    pthread_mutex_destroy(&storage.pointee.mutex)
    storage.deallocate()
  }

  func raise() {
    pthread_mutex_lock(&storage.pointee.mutex)
    storage.pointee.raised = true
    pthread_cond_signal(&storage.pointee.condition)
    pthread_mutex_unlock(&storage.pointee.mutex)
  }

  /// Sleeps until the flag is raised or `limit` has passed, and lowers it.
  func wait(atMost limit: Duration) {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = limit.components.attoseconds / 1_000_000_000 + Int64(deadline.tv_nsec)
    deadline.tv_sec += Int(limit.components.seconds + nanoseconds / 1_000_000_000)
    deadline.tv_nsec = Int(nanoseconds % 1_000_000_000)
    pthread_mutex_lock(&storage.pointee.mutex)
    while !storage.pointee.raised {
      if pthread_cond_timedwait(&storage.pointee.condition, &storage.pointee.mutex, &deadline) == ETIMEDOUT {
        break
      }
    }
    storage.pointee.raised = false
    pthread_mutex_unlock(&storage.pointee.mutex)
  }
}
