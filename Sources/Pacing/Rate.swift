/// A limit in segments: at most `segments` in any half-open stretch of `period`.
public struct Rate: Hashable, Sendable, CustomStringConvertible {
  /// Segments, 1 ... `maximumSegments`; values outside are brought to the nearest bound.
  public let segments: Int
  /// The stretch the count holds for; one second unless said otherwise. 1 ms ... 1 day.
  public let period: Duration

  public static let maximumSegments = 1_000_000

  public init(segments: Int, per period: Duration = .seconds(1)) {
    self.segments = min(max(segments, 1), Self.maximumSegments)
    self.period = min(max(period, .milliseconds(1)), .seconds(86_400))
  }

  /// Segments per second.
  public static func perSecond(_ segments: Int) -> Rate { Rate(segments: segments) }

  public var description: String {
    period == .seconds(1) ? "\(segments)/s" : "\(segments) per \(period)"
  }
}

/// A pacer's settings. Every default is the product's default.
public struct PacerConfiguration: Hashable, Sendable {
  /// Added to the period of every rate, so that arrival times may jitter by as much without a second
  /// ever seeing more than the rate. 15 ms cost 1.5 % of the rate.
  public var jitterGuard: Duration = .milliseconds(15)
  /// How long before it is due a segment may be claimed. Long enough to hide one transaction of the writer, short
  /// enough that little is claimed when a message of higher class comes.
  public var claimHorizon: Duration = .milliseconds(50)
  /// How much lateness of the loop or the writer a lane may make good by writing sooner than evenly spaced.
  public var catchUp: Duration = .milliseconds(20)
  /// Nothing leaves for this long after the start: what an earlier run wrote in its last second still counts with the carrier.
  public var quietAfterStart: Duration = .seconds(1)
  /// After ESME_RTHROTTLED or ESME_RMSGQFUL the rate never falls below this share of the configured one.
  public var lowestShare: Double = 1.0 / 8
  /// Share of the configured rate won back in each second after a throttling answer.
  public var recoveryPerSecond: Double = 0.1
  /// Throttling answers within this time of the first are about the same window of requests, and halve once.
  public var throttleOnceWithin: Duration = .seconds(1)

  public init() {}
}

extension Duration {
  /// Nanoseconds, clamped to what fits.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    guard !overflow else { return seconds < 0 ? .min / 4 : .max / 4 }
    return whole &+ attoseconds / 1_000_000_000
  }
}
