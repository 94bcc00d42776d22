// Our own sender addresses and their routes.

/// What sort of sender address it is.
public enum NumberKind: String, Codable, Sendable, CaseIterable {
  /// A North American toll-free number, texting through the toll-free network.
  case tollFree = "toll_free"
  /// A short code of three to eight digits.
  case shortCode = "short_code"
  /// An ordinary number.
  case longCode = "long_code"
}

/// Whether a number sends.
public enum NumberState: String, Codable, Sendable, CaseIterable {
  /// Sends and receives.
  case active
  /// Held by an operator: receives, sends nothing.
  case paused
}

/// What a route carries.
public enum RouteDirection: String, Codable, Sendable, CaseIterable {
  /// Sends and receives.
  case both
  /// Sends only.
  case send
  /// Receives only.
  case receive
}

/// Which carrier carries a number.
public struct NumberRoute: Codable, Hashable, Sendable {
  public var carrier: String
  public var direction: RouteDirection?
  public var rate: Int?
  public var priority: Int?

  public init(carrier: String, direction: RouteDirection? = nil, rate: Int? = nil, priority: Int? = nil) {
    self.carrier = carrier
    self.direction = direction
    self.rate = rate
    self.priority = priority
  }
}

/// A number as lists and `number.get` show it.
public struct NumberView: Codable, Hashable, Sendable {
  public var number: PhoneNumber
  public var kind: NumberKind
  public var state: NumberState
  public var rate: Int
  public var repID: RepID?
  public var home: Bool
  public var routes: [NumberRoute]
  public var queuedInteractive: Int
  public var queuedCampaign: Int
  public var createdAt: Timestamp

  public init(
    number: PhoneNumber, kind: NumberKind, state: NumberState, rate: Int, repID: RepID? = nil, home: Bool,
    routes: [NumberRoute], queuedInteractive: Int, queuedCampaign: Int, createdAt: Timestamp
  ) {
    self.number = number
    self.kind = kind
    self.state = state
    self.rate = rate
    self.repID = repID
    self.home = home
    self.routes = routes
    self.queuedInteractive = queuedInteractive
    self.queuedCampaign = queuedCampaign
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case number, kind, state, rate, home, routes
    case repID = "rep_id"
    case queuedInteractive = "queued_interactive"
    case queuedCampaign = "queued_campaign"
    case createdAt = "created_at"
  }
}

public struct NumberAdd: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberAdd

  public var number: PhoneNumber
  public var kind: NumberKind?
  public var carrier: String?
  public var routes: [NumberRoute]?
  public var rate: Int
  public var repID: RepID?
  public var idempotencyKey: String?

  public init(
    number: PhoneNumber, kind: NumberKind? = nil, carrier: String? = nil, routes: [NumberRoute]? = nil,
    rate: Int, repID: RepID? = nil, idempotencyKey: String? = nil
  ) {
    self.number = number
    self.kind = kind
    self.carrier = carrier
    self.routes = routes
    self.rate = rate
    self.repID = repID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, kind, carrier, routes, rate
    case idempotencyKey = "idempotency_key"
    case repID = "rep_id"
  }
}

public struct NumberList: ListParams {
  public typealias Item = NumberView
  public static let method = Method.numberList

  public var repID: RepID?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(repID: RepID? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.repID = repID
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case cursor, limit
    case repID = "rep_id"
  }
}

public struct NumberGet: MethodParams {
  public typealias Result = NumberView
  public static let method = Method.numberGet

  public var number: PhoneNumber

  public init(number: PhoneNumber) {
    self.number = number
  }
}

public struct NumberSetRate: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberSetRate

  public var number: PhoneNumber
  public var rate: Int
  public var idempotencyKey: String?

  public init(number: PhoneNumber, rate: Int, idempotencyKey: String? = nil) {
    self.number = number
    self.rate = rate
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, rate
    case idempotencyKey = "idempotency_key"
  }
}

public struct NumberPause: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberPause

  public var number: PhoneNumber
  public var reason: String?
  public var idempotencyKey: String?

  public init(number: PhoneNumber, reason: String? = nil, idempotencyKey: String? = nil) {
    self.number = number
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, reason
    case idempotencyKey = "idempotency_key"
  }
}

public struct NumberResume: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberResume

  public var number: PhoneNumber
  public var idempotencyKey: String?

  public init(number: PhoneNumber, idempotencyKey: String? = nil) {
    self.number = number
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number
    case idempotencyKey = "idempotency_key"
  }
}

public struct NumberAssign: RepeatableParams {
  public typealias Result = NumberView
  public static let method = Method.numberAssign

  public var number: PhoneNumber
  public var repID: RepID?
  public var home: Bool?
  public var idempotencyKey: String?

  public init(number: PhoneNumber, repID: RepID? = nil, home: Bool? = nil, idempotencyKey: String? = nil) {
    self.number = number
    self.repID = repID
    self.home = home
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, home
    case idempotencyKey = "idempotency_key"
    case repID = "rep_id"
  }
}
