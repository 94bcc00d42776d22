import CLinux
import Glibc

/// A thread with a name and a stack of stated size.
public final class Worker: @unchecked Sendable {
  // SAFETY: `thread` is written once before `start` returns; `joined` is guarded by its lock.
  private let thread: pthread_t
  private let joined = Lock(false)

  /// Default octets of stack: deep enough for Foundation's JSON, small enough for many threads.
  public static let defaultStackSize = 1 << 20

  private final class Start {
    let name: String
    let body: @Sendable () -> Void
    init(name: String, body: @escaping @Sendable () -> Void) {
      self.name = name
      self.body = body
    }
  }

  private init(thread: pthread_t) { self.thread = thread }

  /// Starts `body` on a new thread. `name` is cut to the kernel's 15 octets.
  public static func start(
    name: String, stackSize: Int = defaultStackSize, _ body: @escaping @Sendable () -> Void
  ) throws(SystemError) -> Worker {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, max(stackSize, 64 << 10))
    let start = Unmanaged.passRetained(Start(name: name, body: body))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        _ = clinux_name_thread(String(decoding: start.name.utf8.prefix(15), as: UTF8.self))
        start.body()
        return nil
      }, start.toOpaque())
    guard result == 0 else {
      start.release()
      throw SystemError(call: "pthread_create", errno: Errno(rawValue: result))
    }
    return Worker(thread: thread)
  }

  /// Waits for the thread's end. A second call returns at once. Not from the thread itself.
  public func join() {
    let first = joined.withLock { joined in
      defer { joined = true }
      return !joined
    }
    if first { pthread_join(thread, nil) }
  }

  deinit {
    // Nobody will join any more: let the kernel clean up when it ends.
    if joined.withLock({ !$0 }) { pthread_detach(thread) }
  }
}
