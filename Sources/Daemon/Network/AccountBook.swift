import Configuration
import NetIO
import SMPP

/// Who may bind on one listening address, how often, and how slowly whoever guesses is answered.
///
/// A value: the time is an argument, and it does no I/O.
struct AccountBook {
  /// An account and whose it is.
  struct Entry {
    /// The carrier's place in the configuration.
    var carrier: Int
    var account: Configuration.Account
    /// Sessions bound now.
    var bound = 0
  }

  /// What becomes of a bind.
  enum Decision: Equatable {
    /// It is the account at this place.
    case accepted(Int)
    /// It is refused with the status after the delay; `reason` is for the journal.
    case refused(CommandStatus, after: Duration, reason: String)
  }

  /// Addresses whose failures are remembered; beyond it the one that failed longest ago is forgotten.
  static let rememberedOrigins = 4096
  /// A failure is forgotten after so long without another.
  static let failureKept = Duration.seconds(600)
  /// The longest an answer to a wrong password is held back. Under every bind time-out.
  static let longestDelay = Duration.seconds(5)
  /// Connections without a bind, over all addresses; beyond it nobody is accepted until one binds or leaves.
  static let unboundLimit = 256
  /// The same of one address: half, so that no address can keep the others out.
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

  /// Whether a new connection from there is taken; nil: yes. Otherwise why it is closed at once.
  func refusal(of address: SocketAddress, at now: Duration) -> String? {
    guard entries.contains(where: { $0.mayComeFrom(address) }) else {
      return "no account may come from there"
    }
    let waiting = unbound[address.origin] ?? 0
    if waiting >= AccountBook.unboundPerOrigin { return "too many connections without a bind" }
    // Whoever guessed wrong has one try at a time, or the delay could be had in parallel.
    if waiting > 0, failuresOf(address, at: now) > 0 { return "wrong password before, one try at a time" }
    return nil
  }

  mutating func connected(from address: SocketAddress) {
    unbound[address.origin, default: 0] += 1
    unboundCount += 1
  }

  /// A connection without a bind has got one, or is gone.
  mutating func settled(from address: SocketAddress) {
    guard let count = unbound[address.origin] else { return }
    unbound[address.origin] = count > 1 ? count - 1 : nil
    unboundCount -= 1
  }

  var isFull: Bool { unboundCount >= AccountBook.unboundLimit }

  // MARK: Binds

  /// Decides about a bind. All that is wrong about name and password is answered alike, so that nobody learns which
  /// names there are.
  mutating func decide(
    systemID: COctetString, password: COctetString, from address: SocketAddress, at now: Duration
  ) -> Decision {
    let place = entries.firstIndex { systemID == COctetString($0.account.systemID) }
    // An unknown name costs the same comparison.
    let stored = place.map { entries[$0].account.password.octets } ?? AccountBook.nobody
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
        reason: "\(name) may not come from \(address.host)")
    }
    failures[address.origin] = nil
    guard entry.bound < entry.account.sessions else {
      return .refused(
        .ESME_RALYBND, after: .zero, reason: "\(name) has its \(entry.account.sessions) sessions bound")
    }
    return .accepted(place)
  }

  /// What becomes of an outbind.
  enum OutbindDecision {
    /// The account at this place calls; we bind with this.
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
        return .refused(after: .zero, reason: "\(entries[place].account.systemID) has no outbind")
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
    guard let known = failures[address.origin], now - known.last < AccountBook.failureKept else { return 0 }
    return known.count
  }

  /// Counts a failure of the address, and says how long its answer is held back: half a second, doubling.
  private mutating func countFailure(_ address: SocketAddress, at now: Duration) -> Duration {
    let count = failuresOf(address, at: now) + 1
    if failures[address.origin] == nil, failures.count >= AccountBook.rememberedOrigins,
      let oldest = failures.min(by: { $0.value.last < $1.value.last })
    {
      failures[oldest.key] = nil
    }
    failures[address.origin] = Failures(count: min(count, 32), last: now)
    return min(AccountBook.longestDelay, .milliseconds(250) * (1 << min(count, 16)))
  }
}

extension AccountBook.Entry {
  func mayComeFrom(_ address: SocketAddress) -> Bool {
    account.from.isEmpty || account.from.contains { $0.contains(address) }
  }
}
