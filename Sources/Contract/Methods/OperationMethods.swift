// The state of the carriers and of the whole gateway.

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
  public var carrier: String
  public var session: Int
  public var type: String
  public var state: BindState
  public var systemID: String?
  public var inFlight: Int
  public var window: Int
  public var since: Timestamp?
  public var retryAt: Timestamp?
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
  public var name: String
  public var rate: Int
  public var numbers: Int
  public var binds: [BindView]
  public var sent: Int
  public var received: Int
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
}

public struct CarrierList: MethodParams {
  public typealias Result = Page<CarrierView>
  public static let method = Method.carrierList

  public init() {}
}

/// What waits.
public struct QueueView: Codable, Hashable, Sendable {
  public var interactive: Int
  public var campaign: Int
  public var inFlight: Int
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

public struct StatusGet: MethodParams {
  public typealias Result = StatusGetResult
  public static let method = Method.status

  public init() {}
}

/// The feed in numbers.
public struct FeedView: Codable, Hashable, Sendable {
  public var oldest: Cursor
  public var newest: Cursor
  public var consumers: Int
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

public struct StatusGetResult: Codable, Hashable, Sendable {
  public var version: String
  public var store: String
  public var startedAt: Timestamp
  public var paused: Bool
  public var pauseReason: String?
  public var ready: Bool
  public var readiness: String
  public var numbers: Int
  public var reps: Int
  public var contacts: Int
  public var conversations: Int
  public var campaignsRunning: Int
  public var quarantined: Int
  public var queue: QueueView
  public var feed: FeedView
  public var binds: [BindView]
  public var live: Bool
  public var testPhones: Int
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

public struct MetricsGet: MethodParams {
  public typealias Result = MetricsGetResult
  public static let method = Method.metrics

  public init() {}
}

public struct MetricsGetResult: Codable, Hashable, Sendable {
  public var at: Timestamp
  public var text: String

  public init(at: Timestamp, text: String) {
    self.at = at
    self.text = text
  }
}
