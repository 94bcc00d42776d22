public import SMPP

/// How long to wait before the next attempt to bind.
///
/// Lost connections: a random time between nothing and a ceiling (full jitter), the ceiling doubling from 1 s to 60 s until a bind
/// held. Wrong credentials: 5 minutes, since trying again only locks the account. ESME_RALYBND: the old session has to die first, so
/// never sooner than the base delay, and later each time.
public struct ReconnectBackoff: Hashable, Sendable {
  public struct Configuration: Hashable, Sendable {
    public var base: Duration = .seconds(1)
    public var ceiling: Duration = .seconds(60)
    public var wrongCredentials: Duration = .seconds(300)
    /// A bind that lived this long held: the next delay begins at `base` again.
    public var heldAfter: Duration = .seconds(30)

    public init() {}
  }

  /// How the last attempt ended.
  public enum Ending: Hashable, Sendable {
    /// No connection, or none that came to an answered bind.
    case notConnected
    /// The bind was refused.
    case refused(CommandStatus)
    /// The session was bound for so long, then lost.
    case lost(after: Duration)
  }

  /// What a refused bind means for the next attempt.
  public enum Refusal: Hashable, Sendable {
    /// ESME_RINVPASWD, ESME_RINVSYSID: alert, and wait long.
    case credentials
    /// ESME_RALYBND: the SMSC still holds an earlier session.
    case alreadyBound
    /// Anything else: ESME_RBINDFAIL, ESME_RSYSERR, ...
    case other

    public init(_ status: CommandStatus) {
      if status == .ESME_RINVPASWD || status == .ESME_RINVSYSID {
        self = .credentials
      } else if status == .ESME_RALYBND {
        self = .alreadyBound
      } else {
        self = .other
      }
    }
  }

  public let configuration: Configuration
  /// Attempts that failed since a bind last held.
  public private(set) var failures = 0

  public init(configuration: Configuration = Configuration()) { self.configuration = configuration }

  /// The ceiling of the next delay.
  public var nextCeiling: Duration {
    var ceiling = configuration.base
    for _ in 0..<min(failures, 32) where ceiling < configuration.ceiling { ceiling *= 2 }
    return min(ceiling, configuration.ceiling)
  }

  /// Counts the ending, and says how long to wait before connecting again.
  public mutating func delay(
    after ending: Ending, using random: inout some RandomNumberGenerator
  ) -> Duration {
    if case .lost(let age) = ending, age >= configuration.heldAfter { failures = 0 }
    let ceiling = nextCeiling
    failures += 1
    guard case .refused(let status) = ending else { return jitter(upTo: ceiling, using: &random) }
    switch Refusal(status) {
    case .credentials: return configuration.wrongCredentials
    case .alreadyBound:
      return max(configuration.base, ceiling / 2 + jitter(upTo: ceiling / 2, using: &random))
    case .other: return jitter(upTo: ceiling, using: &random)
    }
  }

  private func jitter(upTo ceiling: Duration, using random: inout some RandomNumberGenerator) -> Duration {
    let (seconds, attoseconds) = ceiling.components
    let microseconds = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    return .microseconds(Int64.random(in: 0...max(0, microseconds), using: &random))
  }
}
