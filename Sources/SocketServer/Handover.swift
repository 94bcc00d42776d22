import NetIO

/// Carries what cannot be copied or shared to the thread that will own it.
final class Handover: @unchecked Sendable {
  // SAFETY: written before the thread starts, taken once by it; starting a thread orders the two.
  private var loop: EventLoop?
  private var listener: Listener?

  init(loop: EventLoop, listener: consuming Listener) {
    self.loop = loop
    self.listener = consume listener
  }

  func take() -> Parts? {
    guard let loop = loop.take(), let listener = listener.take() else { return nil }
    return Parts(loop: loop, listener: listener)
  }

  struct Parts: ~Copyable {
    let loop: EventLoop
    var listener: Listener
  }
}

/// Passes the outcome of another thread's start to one waiting thread.
final class StartSignal: Sendable {
  private let result = Lock<Result<Void, any Error>?>(nil)
  private let waker = Waker()

  func signal(_ outcome: Result<Void, any Error>) {
    result.withLock { $0 = outcome }
    waker.wake()
  }

  func wait() throws {
    while true {
      if let outcome = result.withLock({ $0 }) { return try outcome.get() }
      waker.park(until: nil)
    }
  }
}
