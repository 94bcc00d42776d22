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
    /// Accepted after the delay, as the account at this index.
    case accepted(Int, after: Duration)
    case refused(Refusal)
  }

  /// A refusal of a bind, or of an outbind.
  struct Refusal: Equatable {
    var status: CommandStatus
    var after: Duration
    /// For the journal.
    var reason: String
    /// So many wrong attempts that people should know; told once.
    var isAlarming = false
  }

  /// Addresses whose failures are remembered. Beyond this many, the address that failed longest ago is forgotten.
  static let rememberedOrigins = 4096
  /// Addresses per account that are known to have bound.
  static let rememberedGood = 64
  /// A failure is forgotten after this time without another failure.
  static let failureKept = Duration.seconds(600)
  /// The longest delay of an answer after wrong passwords. Shorter than every bind time-out.
  static let longestDelay = Duration.seconds(5)
  /// Delayed answers that one address may wait for: each further attempt is refused unread.
  static let waitingPerOrigin = 4
  /// So many wrong attempts in a row raise an alert.
  static let alarmingFailures = 5
  /// Unbound connections from all addresses. For one more, the oldest of the address that has most is closed.
  static let unboundLimit = 256
  /// Unbound connections from one address. For one more, the oldest of these is closed.
  static let unboundPerOrigin = unboundLimit / 2

  private struct Failures {
    var count: Int
    var last: Duration
  }

  private(set) var entries: [Entry] = []
  private var failures: [UInt64: Failures] = [:]
  /// By the account's index; names that no account has count together, at -1.
  private var failuresOfAccount: [Int: Failures] = [:]
  /// By the account's index: addresses it has bound from.
  private var good: [Int: [UInt64]] = [:]
  /// Delayed answers that are not given yet.
  private var waiting: [UInt64: Int] = [:]
  /// Connections without a bind, by their serial numbers, the oldest first.
  private var unbound: [UInt64: [Int]] = [:]
  private(set) var unboundCount = 0

  mutating func add(_ account: Configuration.Account, of carrier: Int) {
    entries.append(Entry(carrier: carrier, account: account))
  }

  // MARK: Connections

  /// Why a new connection from this address is closed at once; nil: the connection is accepted.
  func refusal(of address: SocketAddress) -> String? {
    entries.contains { $0.mayComeFrom(address) } ? nil : "no account allows this address"
  }

  /// A connection was accepted.
  /// - Returns: the connection that has to go for it, if there are too many: connections without a bind keep nobody out.
  mutating func connected(_ serial: Int, from address: SocketAddress) -> Int? {
    unbound[address.origin, default: []].append(serial)
    unboundCount += 1
    let of: [Int]?
    if let own = unbound[address.origin], own.count > ListenerAccounts.unboundPerOrigin {
      of = own
    } else if unboundCount > ListenerAccounts.unboundLimit {
      // Of those that have as many, the one with the oldest: never the connection that has just come.
      of = unbound.values.max { ($0.count, -($0.first ?? 0)) < ($1.count, -($1.first ?? 0)) }
    } else {
      of = nil
    }
    return of?.first
  }

  /// An unbound connection was bound, or is gone.
  mutating func settled(_ serial: Int, from address: SocketAddress) {
    guard let place = unbound[address.origin]?.firstIndex(of: serial) else { return }
    unbound[address.origin]?.remove(at: place)
    if unbound[address.origin]?.isEmpty == true { unbound[address.origin] = nil }
    unboundCount -= 1
  }

  // MARK: Binds

  /// Decides about a bind. A wrong name and a wrong password get the same answer, so that nobody learns which names
  /// exist.
  ///
  /// After wrong attempts every answer is late, the right one too: whoever hangs up before the answer has learnt nothing. The delay
  /// belongs to the address, and for addresses an account never bound from, to the account. A success forgets no failure: the address
  /// may have an account of its own. Whoever gets a delayed answer is counted until `answered(from:)`.
  mutating func decide(
    systemID: COctetString, password: COctetString, from address: SocketAddress, at now: Duration
  ) -> Decision {
    let failed = count(failures[address.origin], at: now)
    guard failed == 0 || waiting[address.origin, default: 0] < ListenerAccounts.waitingPerOrigin else {
      return .refused(.init(status: .ESME_RBINDFAIL, after: .zero, reason: "too many attempts at once"))
    }
    let place = entries.firstIndex { systemID == COctetString($0.account.systemID) }
    // An unknown name costs the same comparison.
    let stored = place.map { entries[$0].account.password.octets } ?? ListenerAccounts.nobody
    let given = password.withOctets { Array($0) }
    let isRight = SecretComparison.equal(stored, given)
    guard isRight, let place, entries[place].mayComeFrom(address) else {
      let name = place.map { entries[$0].account.systemID }
      let reason =
        switch name {
        case let name? where isRight: "\(name) may not connect from \(address.host)"
        case let name?: "wrong password for \(name)"
        case nil: "unknown system_id"
        }
      return .refused(
        failure(isRight ? .ESME_RBINDFAIL : .ESME_RINVPASWD, reason, place ?? -1, address, at: now))
    }
    let delay = delay(of: address, place, at: now)
    if delay > .zero { waiting[address.origin, default: 0] += 1 }
    let entry = entries[place]
    guard entry.bound < entry.account.sessions else {
      return .refused(
        .init(
          status: .ESME_RALYBND, after: delay,
          reason: "all \(entry.account.sessions) sessions of \(entry.account.systemID) are bound"))
    }
    return .accepted(place, after: delay)
  }

  /// A delayed answer was given, or nobody waits for it any more.
  mutating func answered(from address: SocketAddress) {
    guard let count = waiting[address.origin] else { return }
    waiting[address.origin] = count > 1 ? count - 1 : nil
  }

  /// Whether the account has a session left, when its delayed answer is due.
  func hasRoom(_ place: Int) -> Bool { entries[place].bound < entries[place].account.sessions }

  /// The answer to an outbind.
  enum OutbindDecision {
    /// Accepted after the delay, as the account at this index; we bind with the identity.
    case accepted(Int, Configuration.OutbindIdentity, after: Duration)
    /// The connection is closed after the delay.
    case refused(Refusal)
  }

  mutating func decide(
    outbind: Outbind, from address: SocketAddress, at now: Duration
  ) -> OutbindDecision {
    switch decide(systemID: outbind.systemID, password: outbind.password, from: address, at: now) {
    case .refused(let refusal): return .refused(refusal)
    case .accepted(let place, let delay):
      guard let identity = entries[place].account.outbind else {
        return .refused(
          .init(
            status: .ESME_RBINDFAIL, after: delay,
            reason: "no outbind is configured for \(entries[place].account.systemID)"))
      }
      return .accepted(place, identity, after: delay)
    }
  }

  mutating func bound(_ place: Int, from address: SocketAddress) {
    entries[place].bound += 1
    var known = good[place, default: []].filter { $0 != address.origin }
    known.append(address.origin)
    good[place] = known.suffix(ListenerAccounts.rememberedGood)
  }

  mutating func ended(_ place: Int) { entries[place].bound -= 1 }

  // MARK: Guessing

  /// Addresses whose failures are remembered now.
  var remembered: Int { failures.count }

  private static let nobody = [UInt8](repeating: 0xFF, count: 9)

  private func count(_ failures: Failures?, at now: Duration) -> Int {
    failures.map { now - $0.last < ListenerAccounts.failureKept ? $0.count : 0 } ?? 0
  }

  /// How late an answer is: half a second after the first failure, doubling.
  private func delay(of address: SocketAddress, _ place: Int, at now: Duration) -> Duration {
    var failed = count(failures[address.origin], at: now)
    if good[place]?.contains(address.origin) != true {
      failed = max(failed, count(failuresOfAccount[place], at: now))
    }
    return failed == 0
      ? .zero : min(ListenerAccounts.longestDelay, .milliseconds(250) * (1 << min(failed, 16)))
  }

  private mutating func failure(
    _ status: CommandStatus, _ reason: String, _ place: Int, _ address: SocketAddress, at now: Duration
  ) -> Refusal {
    if failures[address.origin] == nil, failures.count >= ListenerAccounts.rememberedOrigins,
      let oldest = failures.min(by: { $0.value.last < $1.value.last })
    {
      failures[oldest.key] = nil
    }
    let failed = count(failures[address.origin], at: now) + 1
    let ofAccount = count(failuresOfAccount[place], at: now) + 1
    failures[address.origin] = Failures(count: failed, last: now)
    failuresOfAccount[place] = Failures(count: ofAccount, last: now)
    waiting[address.origin, default: 0] += 1
    return Refusal(
      status: status, after: delay(of: address, place, at: now), reason: reason,
      isAlarming: failed == ListenerAccounts.alarmingFailures
        || ofAccount == ListenerAccounts.alarmingFailures)
  }
}

extension ListenerAccounts.Entry {
  func mayComeFrom(_ address: SocketAddress) -> Bool {
    account.from.isEmpty || account.from.contains { $0.contains(address) }
  }
}
