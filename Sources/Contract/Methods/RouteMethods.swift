// By which carriers a number sends and receives. Keys are the properties in snake case.

/// `number.set_routes`: Replaces a number's routes; what waits leaves by the new ones.
public struct NumberSetRoutes: CommandParams {
  public typealias Result = NumberSetRoutesResult
  public static let method = Method.numberSetRoutes

  /// The address.
  public var number: PhoneNumber
  /// All of them. Of several that send, the lowest priority first, the others while it has no session.
  public var routes: [NumberRoute]
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(number: PhoneNumber, routes: [NumberRoute], idempotencyKey: String? = nil) {
    self.number = number
    self.routes = routes
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case number, routes
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `number.set_routes`: Done.
public struct NumberSetRoutesResult: Codable, Hashable, Sendable {
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
