// The session itself: hello, and the feed's consumers. Keys are the properties in snake case.

/// `hello`: First line of every connection, and required.
public struct Hello: MethodParams {
  public typealias Result = HelloResult
  public static let method = Method.hello

  /// The protocol's version; this server speaks 1.
  public var `protocol`: Int
  /// Name and version of the program, for the operator's lists.
  public var client: String?

  public init(protocol: Int, client: String? = nil) {
    self.protocol = `protocol`
    self.client = client
  }

  enum CodingKeys: String, CodingKey {
    case `protocol`, client
  }
}

/// Result of `hello`: What the server is, and what this peer may do.
public struct HelloResult: Codable, Hashable, Sendable {
  /// The protocol's version spoken from here on.
  public var `protocol`: Int
  /// Name and version of the server.
  public var server: String
  /// Identity of the store: events' `source` is `urn:tollgate:` and this.
  public var store: String
  /// The role the peer's kernel credentials gave it.
  public var role: String
  /// Position before the oldest event still kept.
  public var oldest: Cursor
  /// Position of the newest event.
  public var newest: Cursor
  /// Longest line in octets, either way.
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
  /// Event types, as `sms.message.received.v1`.
  public var types: [EventType]?
  /// Numbers of ours; an event that concerns none of them is skipped.
  public var numbers: [PhoneNumber]?

  public init(types: [EventType]? = nil, numbers: [PhoneNumber]? = nil) {
    self.types = types
    self.numbers = numbers
  }

  enum CodingKeys: String, CodingKey {
    case types, numbers
  }
}

/// `feed.subscribe`: Starts or resumes a named consumer on this connection.
public struct FeedSubscribe: CommandParams {
  public typealias Result = FeedSubscribeResult
  public static let method = Method.feedSubscribe

  /// The consumer's name: a letter or digit, then up to 63 of letters, digits, `.`, `_`, `-`.
  public var consumer: String
  /// Where to start; `acked` when absent. A new consumer's `acked` is the oldest.
  public var from: FeedStart?
  /// Which events are wanted.
  public var filter: EventFilter?
  /// Events sent and not yet acknowledged, at most; 256 when absent, 1 to 65,536.
  public var maxInFlight: Int?
  /// Seconds without an acknowledgement after which events are sent again from the last one acknowledged;
  /// 60 when absent, 0 for never.
  public var ackTimeoutS: Int?
  /// Fence the consumer's live connection, if there is one, and take its place.
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

  public var repeatKey: String? { nil }
}

/// Result of `feed.subscribe`: Where the consumer stands.
public struct FeedSubscribeResult: Codable, Hashable, Sendable {
  /// The consumer's name.
  public var consumer: String
  /// Events after this position follow.
  public var cursor: Cursor
  /// Whether the consumer is new.
  public var created: Bool

  public init(consumer: String, cursor: Cursor, created: Bool) {
    self.consumer = consumer
    self.cursor = cursor
    self.created = created
  }

  enum CodingKeys: String, CodingKey {
    case consumer, cursor, created
  }
}

/// `feed.ack`: Acknowledges every event up to a cursor; durable before it is answered.
public struct FeedAck: CommandParams {
  public typealias Result = FeedAckResult
  public static let method = Method.feedAck

  /// The consumer's name.
  public var consumer: String
  /// The last event that has been dealt with.
  public var cursor: Cursor

  public init(consumer: String, cursor: Cursor) {
    self.consumer = consumer
    self.cursor = cursor
  }

  enum CodingKeys: String, CodingKey {
    case consumer, cursor
  }

  public var repeatKey: String? { nil }
}

/// Result of `feed.ack`: The position now durable.
public struct FeedAckResult: Codable, Hashable, Sendable {
  /// The consumer's position; never behind an earlier answer.
  public var cursor: Cursor

  public init(cursor: Cursor) {
    self.cursor = cursor
  }

  enum CodingKeys: String, CodingKey {
    case cursor
  }
}

/// `feed.unsubscribe`: Ends the consumer's delivery on this connection; its position stays.
public struct FeedUnsubscribe: MethodParams {
  public typealias Result = FeedUnsubscribeResult
  public static let method = Method.feedUnsubscribe

  /// The consumer's name.
  public var consumer: String

  public init(consumer: String) {
    self.consumer = consumer
  }

  enum CodingKeys: String, CodingKey {
    case consumer
  }
}

/// Result of `feed.unsubscribe`: Done.
public struct FeedUnsubscribeResult: Codable, Hashable, Sendable {
  /// The consumer's name.
  public var consumer: String

  public init(consumer: String) {
    self.consumer = consumer
  }

  enum CodingKeys: String, CodingKey {
    case consumer
  }
}

/// `feed.consumers`: Lists the consumers and how far each is behind.
public struct FeedConsumers: MethodParams {
  public typealias Result = FeedConsumersResult
  public static let method = Method.feedConsumers

  public init() {}
}

/// Result of `feed.consumers`: Every registered consumer.
public struct FeedConsumersResult: Codable, Hashable, Sendable {
  /// By name.
  public var items: [ConsumerView]
  /// Position before the oldest event still kept.
  public var oldest: Cursor
  /// Position of the newest event.
  public var newest: Cursor

  public init(items: [ConsumerView], oldest: Cursor, newest: Cursor) {
    self.items = items
    self.oldest = oldest
    self.newest = newest
  }

  enum CodingKeys: String, CodingKey {
    case items, oldest, newest
  }
}

/// One named reader of the feed.
public struct ConsumerView: Codable, Hashable, Sendable {
  /// Its name.
  public var consumer: String
  /// Everything up to here has been dealt with.
  public var acked: Cursor
  /// Events between `acked` and the newest.
  public var lag: Int
  /// Whether a connection is reading as this consumer now.
  public var connected: Bool
  /// When it first subscribed.
  public var createdAt: Timestamp?
  /// When it last acknowledged.
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

/// `feed.forget`: Removes a consumer, so that the feed need not be kept for it.
public struct FeedForget: CommandParams {
  public typealias Result = FeedForgetResult
  public static let method = Method.feedForget

  /// The consumer's name.
  public var consumer: String
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(consumer: String, idempotencyKey: String? = nil) {
    self.consumer = consumer
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case consumer
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `feed.forget`: Done.
public struct FeedForgetResult: Codable, Hashable, Sendable {
  /// The consumer's name.
  public var consumer: String
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(consumer: String, replayed: Bool? = nil) {
    self.consumer = consumer
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case consumer, replayed
  }
}
