// The state of the carriers and of the whole gateway. Keys are the properties in snake case.

/// Where one session with a carrier stands.
public enum BindState: String, Codable, Sendable, CaseIterable {
  /// TCP or TLS is being set up.
  case connecting
  /// The bind request is out.
  case binding
  /// Traffic flows.
  case bound
  /// Between two attempts; `retry_at` says when the next is.
  case waiting
}

/// One session with a carrier.
public struct BindView: Codable, Hashable, Sendable {
  /// The carrier's name.
  public var carrier: String
  /// Which of its sessions, from 0.
  public var session: Int
  /// `transceiver`, `transmitter` or `receiver`.
  public var type: String
  /// Where it stands.
  public var state: BindState
  /// What the carrier calls itself.
  public var systemID: String?
  /// Requests sent and not answered.
  public var inFlight: Int
  /// Requests that may be.
  public var window: Int
  /// Since when it has been in this state.
  public var since: Timestamp?
  /// When the next attempt is.
  public var retryAt: Timestamp?
  /// Why the last session ended.
  public var lastError: String?

  public init(
    carrier: String, session: Int, type: String, state: BindState, systemID: String? = nil, inFlight: Int,
    window: Int, since: Timestamp? = nil, retryAt: Timestamp? = nil, lastError: String? = nil
  ) {
    self.carrier = carrier
    self.session = session
    self.type = type
    self.state = state
    self.systemID = systemID
    self.inFlight = inFlight
    self.window = window
    self.since = since
    self.retryAt = retryAt
    self.lastError = lastError
  }

  enum CodingKeys: String, CodingKey {
    case carrier, session, type, state, window, since
    case systemID = "system_id"
    case inFlight = "in_flight"
    case retryAt = "retry_at"
    case lastError = "last_error"
  }
}

/// One carrier.
public struct CarrierView: Codable, Hashable, Sendable {
  /// Its name in the configuration.
  public var name: String
  /// Segments per second by contract.
  public var rate: Int
  /// Numbers with a route by it.
  public var numbers: Int
  /// Its sessions.
  public var binds: [BindView]
  /// Segments accepted since the start.
  public var sent: Int
  /// Messages received since the start.
  public var received: Int
  /// Times it asked for less since the start.
  public var throttled: Int

  public init(
    name: String, rate: Int, numbers: Int, binds: [BindView], sent: Int, received: Int, throttled: Int
  ) {
    self.name = name
    self.rate = rate
    self.numbers = numbers
    self.binds = binds
    self.sent = sent
    self.received = received
    self.throttled = throttled
  }

  enum CodingKeys: String, CodingKey {
    case name, rate, numbers, binds, sent, received, throttled
  }
}

/// `carrier.list`: The carriers and their sessions.
public struct CarrierList: MethodParams {
  public typealias Result = CarrierListResult
  public static let method = Method.carrierList

  public init() {}
}

/// Result of `carrier.list`: Every carrier.
public struct CarrierListResult: Codable, Hashable, Sendable {
  /// By name.
  public var items: [CarrierView]

  public init(items: [CarrierView]) {
    self.items = items
  }

  enum CodingKeys: String, CodingKey {
    case items
  }
}

/// What waits.
public struct QueueView: Codable, Hashable, Sendable {
  /// Interactive messages.
  public var interactive: Int
  /// Campaign messages.
  public var campaign: Int
  /// Segments handed over and not answered.
  public var inFlight: Int
  /// Messages whose outcome is not known.
  public var unknown: Int

  public init(interactive: Int, campaign: Int, inFlight: Int, unknown: Int) {
    self.interactive = interactive
    self.campaign = campaign
    self.inFlight = inFlight
    self.unknown = unknown
  }

  enum CodingKeys: String, CodingKey {
    case interactive, campaign, unknown
    case inFlight = "in_flight"
  }
}

/// `status`: The state of the whole gateway.
public struct StatusGet: MethodParams {
  public typealias Result = StatusGetResult
  public static let method = Method.status

  public init() {}
}

/// The feed in numbers.
public struct FeedView: Codable, Hashable, Sendable {
  /// Position before the oldest event still kept.
  public var oldest: Cursor
  /// Position of the newest event.
  public var newest: Cursor
  /// Registered consumers.
  public var consumers: Int
  /// Events the slowest is behind.
  public var maxLag: Int

  public init(oldest: Cursor, newest: Cursor, consumers: Int, maxLag: Int) {
    self.oldest = oldest
    self.newest = newest
    self.consumers = consumers
    self.maxLag = maxLag
  }

  enum CodingKeys: String, CodingKey {
    case oldest, newest, consumers
    case maxLag = "max_lag"
  }
}

/// Result of `status`: The state of the whole gateway.
public struct StatusGetResult: Codable, Hashable, Sendable {
  /// The server's version.
  public var version: String
  /// Identity of the store.
  public var store: String
  /// When it started.
  public var startedAt: Timestamp
  /// Whether everything is paused.
  public var paused: Bool
  /// Why, as the operator said.
  public var pauseReason: String?
  /// Whether every carrier has the binds it needs; those an operator holds are not counted.
  public var ready: Bool
  /// The same in words: `2 of 3 carriers bound; degraded: regional`.
  public var readiness: String
  /// Numbers of ours.
  public var numbers: Int
  /// Reps.
  public var reps: Int
  /// Contacts.
  public var contacts: Int
  /// Conversations.
  public var conversations: Int
  /// Campaigns under way.
  public var campaignsRunning: Int
  /// Inbound PDUs set aside.
  public var quarantined: Int
  /// What waits.
  public var queue: QueueView
  /// The feed.
  public var feed: FeedView
  /// Every session.
  public var binds: [BindView]
  /// Whether texts leave to every phone; if not, to the test phones alone.
  public var live: Bool
  /// Phones that are texted before the gateway is live.
  public var testPhones: Int
  /// That the clock jumped, and waits for `clock.accept`.
  public var clockHeld: String?

  public init(
    version: String, store: String, startedAt: Timestamp, paused: Bool, pauseReason: String? = nil,
    ready: Bool, readiness: String, numbers: Int, reps: Int, contacts: Int, conversations: Int,
    campaignsRunning: Int,
    quarantined: Int, queue: QueueView, feed: FeedView, binds: [BindView], live: Bool, testPhones: Int,
    clockHeld: String? = nil
  ) {
    self.version = version
    self.store = store
    self.startedAt = startedAt
    self.paused = paused
    self.pauseReason = pauseReason
    self.ready = ready
    self.readiness = readiness
    self.numbers = numbers
    self.reps = reps
    self.contacts = contacts
    self.conversations = conversations
    self.campaignsRunning = campaignsRunning
    self.quarantined = quarantined
    self.queue = queue
    self.feed = feed
    self.binds = binds
    self.live = live
    self.testPhones = testPhones
    self.clockHeld = clockHeld
  }

  enum CodingKeys: String, CodingKey {
    case version, store, paused, ready, readiness, numbers, reps, contacts, conversations, quarantined, queue,
      feed, binds, live
    case testPhones = "test_phones"
    case clockHeld = "clock_held"
    case startedAt = "started_at"
    case pauseReason = "pause_reason"
    case campaignsRunning = "campaigns_running"
  }
}

/// `metrics`: Counters, gauges and histograms in Prometheus' text format, named once and for all.
public struct MetricsGet: MethodParams {
  public typealias Result = MetricsGetResult
  public static let method = Method.metrics

  public init() {}
}

/// Result of `metrics`: Every metric.
public struct MetricsGetResult: Codable, Hashable, Sendable {
  /// When they were read.
  public var at: Timestamp
  /// Prometheus' text exposition format 0.0.4.
  public var text: String

  public init(at: Timestamp, text: String) {
    self.at = at
    self.text = text
  }

  enum CodingKeys: String, CodingKey {
    case at, text
  }
}
