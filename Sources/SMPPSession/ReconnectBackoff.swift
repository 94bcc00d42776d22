public import SMPP

/// How long to wait before the next attempt to bind.
///
/// Lost connections: a random time between a quarter of a ceiling and the ceiling, which doubles from 1 s to 60 s until a bind held.
/// Wrong credentials: 5 minutes and up to half a minute more, since trying again only locks the account. ESME_RALYBND: the old
/// session has to die first, so never sooner than the base delay, and later each time up to half a minute.
///
/// So one session connects at most twice in any second (250 ms, then 500 ms, after it was lost), from its fourth failure on at most
/// once in two, and in the long run once in 37.5 s. A thousand sessions that lose one SMSC at the same moment come back at most
/// 2,000 in a second; and since every delay is drawn by itself, neither they nor the sessions of one gateway come in step.
public struct ReconnectBackoff: Hashable, Sendable {
  public struct Configuration: Hashable, Sendable {
    public var base: Duration = .seconds(1)
    public var ceiling: Duration = .seconds(60)
    public var wrongCredentials: Duration = .seconds(300)
    /// The longest wait for an SMSC to drop an earlier session of ours: once it did, every second counts.
    public var alreadyBoundCeiling: Duration = .seconds(30)
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
    guard case .refused(let status) = ending else {
      return self.random(from: ceiling / 4, to: ceiling, using: &random)
    }
    switch Refusal(status) {
    case .credentials:
      let longest = configuration.wrongCredentials + configuration.wrongCredentials / 10
      return self.random(from: configuration.wrongCredentials, to: longest, using: &random)
    case .alreadyBound:
      let ceiling = max(configuration.base, min(ceiling, configuration.alreadyBoundCeiling))
      return self.random(from: max(configuration.base, ceiling / 2), to: ceiling, using: &random)
    case .other: return self.random(from: ceiling / 4, to: ceiling, using: &random)
    }
  }

  /// A time between the two, to the microsecond.
  private func random(
    from shortest: Duration, to longest: Duration, using random: inout some RandomNumberGenerator
  ) -> Duration {
    let (seconds, attoseconds) = (longest - shortest).components
    let microseconds = seconds &* 1_000_000 &+ attoseconds / 1_000_000_000_000
    return shortest + .microseconds(Int64.random(in: 0...max(0, microseconds), using: &random))
  }
}
