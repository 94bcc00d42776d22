// Our own sender addresses and their routes. Keys are the properties in snake case.

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
  /// The carrier's name in the configuration.
  public var carrier: String
  /// `both` when absent.
  public var direction: RouteDirection?
  /// Segments per second by this carrier; the number's rate when absent.
  public var rate: Int?
  /// The lowest sends first; 0 when absent.
  public var priority: Int?

  public init(carrier: String, direction: RouteDirection? = nil, rate: Int? = nil, priority: Int? = nil) {
    self.carrier = carrier
    self.direction = direction
    self.rate = rate
    self.priority = priority
  }

  enum CodingKeys: String, CodingKey {
    case carrier, direction, rate, priority
  }
}

/// A number as lists and `number.get` show it.
public struct NumberView: Codable, Hashable, Sendable {
  /// The address.
  public var number: PhoneNumber
  /// What sort it is.
  public var kind: NumberKind
  /// Whether it sends.
  public var state: NumberState
  /// Segments per second.
  public var rate: Int
  /// Who holds it.
  public var repID: RepID?
  /// Whether it is that rep's home number.
  public var home: Bool
  /// By priority.
  public var routes: [NumberRoute]
  /// Messages waiting ahead of campaigns.
  public var queuedInteractive: Int
  /// Campaign messages waiting.
  public var queuedCampaign: Int
  /// When it was added.
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

/// `number.add`: Adds a number of ours.
public struct NumberAdd: CommandParams {
  public typealias Result = NumberAddResult
  public static let method = Method.numberAdd

  /// The address: E.164, or a short code's digits.
  public var number: PhoneNumber
  /// Found from the address when absent.
  public var kind: NumberKind?
  /// Short for one route by this carrier, both ways.
  public var carrier: String?
  /// The routes, where there are several; at most 8.
  public var routes: [NumberRoute]?
  /// Segments per second, 1 to 1,000.
  public var rate: Int
  /// Who holds it; becomes the home number of a rep that has none.
  public var repID: RepID?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.add`: Done.
public struct NumberAddResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(number: NumberView, replayed: Bool? = nil) {
    self.number = number
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case number, replayed
  }
}

/// `number.list`: Our numbers.
public struct NumberList: MethodParams {
  public typealias Result = NumberListResult
  public static let method = Method.numberList

  /// Only of this rep.
  public var repID: RepID?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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

/// Result of `number.list`: One page.
public struct NumberListResult: Codable, Hashable, Sendable {
  /// In order of the address.
  public var items: [NumberView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [NumberView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `number.get`: One number.
public struct NumberGet: MethodParams {
  public typealias Result = NumberGetResult
  public static let method = Method.numberGet

  /// The address.
  public var number: PhoneNumber

  public init(number: PhoneNumber) {
    self.number = number
  }

  enum CodingKeys: String, CodingKey {
    case number
  }
}

/// Result of `number.get`: The number.
public struct NumberGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView

  public init(number: NumberView) {
    self.number = number
  }

  enum CodingKeys: String, CodingKey {
    case number
  }
}

/// `number.set_rate`: Changes a number's rate; holds from the next permit on.
public struct NumberSetRate: CommandParams {
  public typealias Result = NumberSetRateResult
  public static let method = Method.numberSetRate

  /// The address.
  public var number: PhoneNumber
  /// Segments per second, 1 to 1,000.
  public var rate: Int
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.set_rate`: Done.
public struct NumberSetRateResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(number: NumberView, replayed: Bool? = nil) {
    self.number = number
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case number, replayed
  }
}

/// `number.pause`: Holds a number: it receives and sends nothing.
public struct NumberPause: CommandParams {
  public typealias Result = NumberPauseResult
  public static let method = Method.numberPause

  /// The address.
  public var number: PhoneNumber
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(number: PhoneNumber, idempotencyKey: String? = nil) {
    self.number = number
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.pause`: Done.
public struct NumberPauseResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(number: NumberView, replayed: Bool? = nil) {
    self.number = number
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case number, replayed
  }
}

/// `number.resume`: Lets a held number send again.
public struct NumberResume: CommandParams {
  public typealias Result = NumberResumeResult
  public static let method = Method.numberResume

  /// The address.
  public var number: PhoneNumber
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(number: PhoneNumber, idempotencyKey: String? = nil) {
    self.number = number
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.resume`: Done.
public struct NumberResumeResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(number: NumberView, replayed: Bool? = nil) {
    self.number = number
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case number, replayed
  }
}

/// `number.assign`: Gives a number to a rep, from now on.
public struct NumberAssign: CommandParams {
  public typealias Result = NumberAssignResult
  public static let method = Method.numberAssign

  /// The address.
  public var number: PhoneNumber
  /// Who holds it; absent: nobody.
  public var repID: RepID?
  /// Make it the rep's home number; the default where the rep has none.
  public var home: Bool?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.assign`: Done.
public struct NumberAssignResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var number: NumberView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(number: NumberView, replayed: Bool? = nil) {
    self.number = number
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case number, replayed
  }
}
