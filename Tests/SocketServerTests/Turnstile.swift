import Dispatch

/// Where a thread waits until a test lets it go on; open once, it stays open.
final class Turnstile: Sendable {
  private let arrivals = DispatchSemaphore(value: 0)
  private let opened = DispatchSemaphore(value: 0)

  func pass() {
    arrivals.signal()
    opened.wait()
    opened.signal()
  }

  /// Returns once another thread has come here.
  func awaitArrival() { arrivals.wait() }

  func open() { opened.signal() }
}
