import NetIO
import Synchronization

/// How the lifecycle steers the network thread, and hears of it.
package final class NetworkControl: Sendable {
  private let limit = Lock<Duration?>(nil)
  private let ended = Atomic<Bool>(false)
  private let isDrained = Lock<Bool>(false)
  /// Beats with each round of the loop.
  let pulse = Pulse("network")
  private let lifecycle: Waker
  private let renewed = Lock<TLSContexts?>(nil)
  /// What carriers showed in handshakes.
  let presented = PresentedCertificates()

  init(lifecycle: Waker) { self.lifecycle = lifecycle }

  /// Asks for an orderly end: no new submits, answers awaited this long, unbind.
  package func drain(within limit: Duration) { self.limit.withLock { $0 = limit } }

  var drainLimit: Duration? { limit.withLock { $0 } }

  func drained() {
    let first = isDrained.withLock { drained in
      defer { drained = true }
      return !drained
    }
    if first { lifecycle.wake() }
  }

  package var hasDrained: Bool { isDrained.withLock { $0 } }

  /// Handshakes from now on use these.
  func renew(_ contexts: TLSContexts) { renewed.withLock { $0 = contexts } }

  func takeContexts() -> TLSContexts? { renewed.withLock { $0.take() } }

  func presented(_ certificate: TLSCertificate, by carrier: String) {
    presented.add(certificate, by: carrier)
  }

  func end() { ended.store(true, ordering: .releasing) }

  var isEnded: Bool { ended.load(ordering: .acquiring) }
}
