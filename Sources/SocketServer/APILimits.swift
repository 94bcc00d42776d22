import Contract

/// The bounds of the local socket. Each says `busy` or holds back where it is reached; none costs another peer anything.
public struct APILimits: Sendable, Hashable {
  /// Longest line in octets without its line feed, either way (`max_line`): bounds what one peer makes us hold.
  public var maximumLine = LineScanner.maximumLine
  /// Connections in all.
  public var connections = 256
  /// Connections of one user: one runaway program leaves room for the others.
  public var connectionsPerUser = 64
  /// Of the connections in all, how many are kept for roles that may call every method: whatever others open, the operator gets in.
  public var connectionsKept = 8
  /// Connections of users without a role: each is told so at its first line. For one more, the oldest is closed.
  public var connectionsWithoutRole = 8
  /// Requests of one connection that are not answered; further lines stay unread.
  public var requestsPerConnection = 256
  /// Octets of their lines, above which further lines stay unread: a request is kept as it was asked.
  public var requestOctetsPerConnection = 1_048_576
  /// Requests of all connections with the writer; beyond, commands are answered `busy`.
  public var requests = 4_096
  /// Threads that answer queries: how many queries are read at a time, whatever is asked.
  public var readers = 2
  /// Queries of all connections that wait for a reader; beyond, they are answered `busy`.
  public var queries = 1_024
  /// What one query may take: a reader that is busy for longer is nobody's, and a snapshot that lives on makes the log grow.
  public var queryTime: Duration = .seconds(1)
  /// Consumers one connection may be at a time.
  public var subscriptionsPerConnection = 8
  /// Octets written ahead for one connection by the feed; a slow reader lags behind that.
  public var feedAhead = 262_144
  /// Octets of unread answers above which a connection's requests stay unread.
  public var repliesAhead = 1_048_576
  /// A connection that reads none of its waiting answers for so long is closed.
  public var unreadReplyTimeout: Duration = .seconds(60)
  /// `hello` is due within this of the connect.
  public var helloTimeout: Duration = .seconds(30)
  /// Between two `feed.heartbeat`.
  public var heartbeatEvery: Duration = .seconds(15)
  /// Between two `feed.skipped` while nothing else is sent.
  public var skipEvery: Duration = .milliseconds(200)
  /// `max_in_flight` when absent, and the most there may be.
  public var defaultInFlight = 256
  public var maximumInFlight = 65_536
  /// `ack_timeout_s` when absent, and the most it may be.
  public var defaultAckTimeout = 60
  public var maximumAckTimeout = 86_400
  /// Octets of recent feed rows kept for consumers that are up to date.
  public var feedCache = 4 << 20
  /// Events and octets read from the store at a time.
  public var feedReadEvents = 4_096
  public var feedReadOctets = 524_288

  public init() {}
}
