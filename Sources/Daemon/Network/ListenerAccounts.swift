import Configuration
import NetIO
import SMPP

/// The accounts of one listening address: who may bind, how often, and how late a wrong password is answered.
///
/// A value without I/O; the time is an argument.
struct ListenerAccounts {
  /// An account and its carrier.
  struct Entry {
    /// The carrier's place in the configuration.
    var carrier: Int
    var account: Configuration.Account
    /// Sessions bound now.
    var bound = 0
  }

  /// The answer to a bind.
  enum Decision: Equatable {
    /// Accepted, as the account at this index.
    case accepted(Int)
    /// Refused with the status, after the delay; `reason` is for the journal.
    case refused(CommandStatus, after: Duration, reason: String)
  }

  /// Addresses whose failures are remembered. Beyond this many, the address that failed longest ago is forgotten.
  static let rememberedOrigins = 4096
  /// A failure is forgotten after this time without another failure.
  static let failureKept = Duration.seconds(600)
  /// The longest delay of an answer to a wrong password. Shorter than every bind time-out.
  static let longestDelay = Duration.seconds(5)
  /// Unbound connections from all addresses. Beyond this many, no connection is accepted until one binds or leaves.
  static let unboundLimit = 256
  /// Unbound connections from one address: half, so that no address can keep the others out.
  static let unboundPerOrigin = unboundLimit / 2

  private struct Failures {
    var count: Int
    var last: Duration
  }

  private(set) var entries: [Entry] = []
  private var failures: [UInt64: Failures] = [:]
  private var unbound: [UInt64: Int] = [:]
  private(set) var unboundCount = 0

  mutating func add(_ account: Configuration.Account, of carrier: Int) {
    entries.append(Entry(carrier: carrier, account: account))
  }

  // MARK: Connections

  /// Why a new connection from this address is closed at once; nil: the connection is accepted.
  func refusal(of address: SocketAddress, at now: Duration) -> String? {
    guard entries.contains(where: { $0.mayComeFrom(address) }) else {
      return "no account allows this address"
    }
    let waiting = unbound[address.origin] ?? 0
    if waiting >= ListenerAccounts.unboundPerOrigin { return "too many unbound connections" }
    // After a wrong password one attempt at a time, or parallel attempts would share one delay.
    if waiting > 0, failuresOf(address, at: now) > 0 { return "wrong password before: one attempt at a time" }
    return nil
  }

  mutating func connected(from address: SocketAddress) {
    unbound[address.origin, default: 0] += 1
    unboundCount += 1
  }

  /// An unbound connection was bound, or is gone.
  mutating func settled(from address: SocketAddress) {
    guard let count = unbound[address.origin] else { return }
    unbound[address.origin] = count > 1 ? count - 1 : nil
    unboundCount -= 1
  }

  var isFull: Bool { unboundCount >= ListenerAccounts.unboundLimit }

  // MARK: Binds

  /// Decides about a bind. A wrong name and a wrong password get the same answer, so that nobody learns which names
  /// exist.
  mutating func decide(
    systemID: COctetString, password: COctetString, from address: SocketAddress, at now: Duration
  ) -> Decision {
    let place = entries.firstIndex { systemID == COctetString($0.account.systemID) }
    // An unknown name costs the same comparison.
    let stored = place.map { entries[$0].account.password.octets } ?? ListenerAccounts.nobody
    let given = password.withOctets { Array($0) }
    guard SecretComparison.equal(stored, given), let place else {
      let delay = countFailure(address, at: now)
      return .refused(
        .ESME_RINVPASWD, after: delay,
        reason: place == nil
          ? "unknown system_id" : "wrong password for \(entries[place ?? 0].account.systemID)")
    }
    let entry = entries[place]
    let name = entry.account.systemID
    guard entry.mayComeFrom(address) else {
      return .refused(
        .ESME_RBINDFAIL, after: countFailure(address, at: now),
        reason: "\(name) may not connect from \(address.host)")
    }
    failures[address.origin] = nil
    guard entry.bound < entry.account.sessions else {
      return .refused(
        .ESME_RALYBND, after: .zero, reason: "all \(entry.account.sessions) sessions of \(name) are bound")
    }
    return .accepted(place)
  }

  /// The answer to an outbind.
  enum OutbindDecision {
    /// Accepted, as the account at this index; we bind with the identity.
    case accepted(Int, Configuration.OutbindIdentity)
    /// The connection is closed after the delay.
    case refused(after: Duration, reason: String)
  }

  mutating func decide(
    outbind: Outbind, from address: SocketAddress, at now: Duration
  ) -> OutbindDecision {
    switch decide(systemID: outbind.systemID, password: outbind.password, from: address, at: now) {
    case .refused(_, let delay, let reason): return .refused(after: delay, reason: reason)
    case .accepted(let place):
      guard let identity = entries[place].account.outbind else {
        return .refused(
          after: .zero, reason: "no outbind is configured for \(entries[place].account.systemID)")
      }
      return .accepted(place, identity)
    }
  }

  mutating func bound(_ place: Int) { entries[place].bound += 1 }
  mutating func ended(_ place: Int) { entries[place].bound -= 1 }

  // MARK: Guessing

  /// Addresses whose failures are remembered now.
  var remembered: Int { failures.count }

  private static let nobody = [UInt8](repeating: 0xFF, count: 9)

  private func failuresOf(_ address: SocketAddress, at now: Duration) -> Int {
    guard let known = failures[address.origin], now - known.last < ListenerAccounts.failureKept else {
      return 0
    }
    return known.count
  }

  /// Counts a failure of the address. Returns the delay of its answer: half a second, doubling.
  private mutating func countFailure(_ address: SocketAddress, at now: Duration) -> Duration {
    let count = failuresOf(address, at: now) + 1
    if failures[address.origin] == nil, failures.count >= ListenerAccounts.rememberedOrigins,
      let oldest = failures.min(by: { $0.value.last < $1.value.last })
    {
      failures[oldest.key] = nil
    }
    failures[address.origin] = Failures(count: min(count, 32), last: now)
    return min(ListenerAccounts.longestDelay, .milliseconds(250) * (1 << min(count, 16)))
  }
}

extension ListenerAccounts.Entry {
  func mayComeFrom(_ address: SocketAddress) -> Bool {
    account.from.isEmpty || account.from.contains { $0.contains(address) }
  }
}
