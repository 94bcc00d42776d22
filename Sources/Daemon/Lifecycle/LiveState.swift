import Contract
import Gateway
import NetIO
import SMPP

/// What the network side is doing, for the threads that are asked about it.
package final class LiveState: Sendable, LiveView {
  private let carriers: Lock<[LiveCarrier]>
  private let counters = Lock(WireSnapshot())
  /// Hears of a session that changes its state.
  private let watcher: Waker?

  init(_ carriers: [LiveCarrier], watcher: Waker? = nil) {
    self.carriers = Lock(carriers)
    self.watcher = watcher
  }

  /// The network thread's counters, as last published.
  var wire: WireSnapshot { counters.withLock { $0 } }

  func publish(_ snapshot: WireSnapshot) { counters.withLock { $0 = snapshot } }

  package func snapshot() -> [LiveCarrier] { carriers.withLock { $0 } }

  /// Every carrier has the sessions it needs.
  var isReady: Bool { Readiness(snapshot()).isWhole }

  func set(_ carrier: Int, _ session: Int, _ change: BindChange) {
    carriers.withLock { carriers in
      carriers[carrier].sessions[session].state = change.state
      carriers[carrier].sessions[session].since = change.at
      carriers[carrier].sessions[session].retryAt = change.retryInMilliseconds.map { change.at + Int64($0) }
      if !change.reason.isEmpty { carriers[carrier].sessions[session].lastError = change.reason }
      if change.state == .connecting { carriers[carrier].connects += 1 }
      if change.state == .bound { carriers[carrier].binds += 1 }
    }
    watcher?.wake()
  }

  /// A session of a carrier that connects to us begins.
  func opened(_ carrier: Int, _ session: Int, _ type: String, window: Int) {
    carriers.withLock { carriers in
      while carriers[carrier].sessions.count <= session {
        carriers[carrier].sessions.append(LiveSession(type: type, state: .waiting, window: window))
      }
      carriers[carrier].sessions[session] = LiveSession(type: type, state: .binding, window: window)
    }
  }

  /// It is over: its place stays with the reason until another takes it, unless it is one of many.
  func closed(_ carrier: Int, _ session: Int) {
    carriers.withLock { carriers in
      while carriers[carrier].sessions.count > 1, carriers[carrier].sessions.last?.state == .waiting {
        carriers[carrier].sessions.removeLast()
      }
    }
  }

  func bound(_ carrier: Int, _ session: Int) {
    carriers.withLock { $0[carrier].sessions[session].lastError = nil }
  }

  func sent(_ carrier: Int) { carriers.withLock { $0[carrier].sent += 1 } }
  func received(_ carrier: Int) { carriers.withLock { $0[carrier].received += 1 } }
  func throttled(_ carrier: Int) { carriers.withLock { $0[carrier].throttled += 1 } }
  func inFlight(_ carrier: Int, _ session: Int, _ count: Int) {
    carriers.withLock { $0[carrier].sessions[session].inFlight = count }
  }
}
