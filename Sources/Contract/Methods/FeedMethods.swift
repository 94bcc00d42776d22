// The session itself: hello, and the feed's consumers.

public struct Hello: MethodParams {
  public typealias Result = HelloResult
  public static let method = Method.hello

  public var `protocol`: Int
  public var client: String?

  public init(protocol: Int, client: String? = nil) {
    self.protocol = `protocol`
    self.client = client
  }
}

public struct HelloResult: Codable, Hashable, Sendable {
  public var `protocol`: Int
  public var server: String
  public var store: String
  public var role: String
  public var oldest: Cursor
  public var newest: Cursor
  public var maxLine: Int

  public init(
    protocol: Int, server: String, store: String, role: String, oldest: Cursor, newest: Cursor, maxLine: Int
  ) {
    self.protocol = `protocol`
    self.server = server
    self.store = store
    self.role = role
    self.oldest = oldest
    self.newest = newest
    self.maxLine = maxLine
  }

  enum CodingKeys: String, CodingKey {
    case `protocol`, server, store, role, oldest, newest
    case maxLine = "max_line"
  }
}

/// Which events a consumer wants; absent means all.
public struct EventFilter: Codable, Hashable, Sendable {
  public var types: [EventType]?
  public var numbers: [PhoneNumber]?

  public init(types: [EventType]? = nil, numbers: [PhoneNumber]? = nil) {
    self.types = types
    self.numbers = numbers
  }
}

public struct FeedSubscribe: CommandParams {
  public typealias Result = FeedSubscribeResult
  public static let method = Method.feedSubscribe

  public var consumer: String
  public var from: FeedStart?
  public var filter: EventFilter?
  public var maxInFlight: Int?
  public var ackTimeoutS: Int?
  public var takeover: Bool?

  public init(
    consumer: String, from: FeedStart? = nil, filter: EventFilter? = nil, maxInFlight: Int? = nil,
    ackTimeoutS: Int? = nil, takeover: Bool? = nil
  ) {
    self.consumer = consumer
    self.from = from
    self.filter = filter
    self.maxInFlight = maxInFlight
    self.ackTimeoutS = ackTimeoutS
    self.takeover = takeover
  }

  enum CodingKeys: String, CodingKey {
    case consumer, from, filter, takeover
    case maxInFlight = "max_in_flight"
    case ackTimeoutS = "ack_timeout_s"
  }
}

public struct FeedSubscribeResult: Codable, Hashable, Sendable {
  public var consumer: String
  public var cursor: Cursor
  public var created: Bool

  public init(consumer: String, cursor: Cursor, created: Bool) {
    self.consumer = consumer
    self.cursor = cursor
    self.created = created
  }
}

public struct FeedAck: CommandParams {
  public typealias Result = FeedAckResult
  public static let method = Method.feedAck

  public var consumer: String
  public var cursor: Cursor

  public init(consumer: String, cursor: Cursor) {
    self.consumer = consumer
    self.cursor = cursor
  }
}

public struct FeedAckResult: Codable, Hashable, Sendable {
  public var cursor: Cursor

  public init(cursor: Cursor) {
    self.cursor = cursor
  }
}

public struct FeedUnsubscribe: MethodParams {
  public typealias Result = Done
  public static let method = Method.feedUnsubscribe

  public var consumer: String

  public init(consumer: String) {
    self.consumer = consumer
  }
}

public struct FeedConsumers: MethodParams {
  public typealias Result = FeedConsumersResult
  public static let method = Method.feedConsumers

  public init() {}
}

public struct FeedConsumersResult: Codable, Hashable, Sendable {
  public var items: [ConsumerView]
  public var oldest: Cursor
  public var newest: Cursor

  public init(items: [ConsumerView], oldest: Cursor, newest: Cursor) {
    self.items = items
    self.oldest = oldest
    self.newest = newest
  }
}

/// One named reader of the feed.
public struct ConsumerView: Codable, Hashable, Sendable {
  public var consumer: String
  public var acked: Cursor
  public var lag: Int
  public var connected: Bool
  public var createdAt: Timestamp?
  public var ackedAt: Timestamp?

  public init(
    consumer: String, acked: Cursor, lag: Int, connected: Bool, createdAt: Timestamp? = nil,
    ackedAt: Timestamp? = nil
  ) {
    self.consumer = consumer
    self.acked = acked
    self.lag = lag
    self.connected = connected
    self.createdAt = createdAt
    self.ackedAt = ackedAt
  }

  enum CodingKeys: String, CodingKey {
    case consumer, acked, lag, connected
    case createdAt = "created_at"
    case ackedAt = "acked_at"
  }
}

public struct FeedForget: RepeatableParams {
  public typealias Result = Done
  public static let method = Method.feedForget

  public var consumer: String
  public var idempotencyKey: String?

  public init(consumer: String, idempotencyKey: String? = nil) {
    self.consumer = consumer
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case consumer
    case idempotencyKey = "idempotency_key"
  }
}
