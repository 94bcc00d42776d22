// The clock, after it has jumped. Keys are the properties in snake case.

/// `clock.accept`: The clock that jumped is right: time goes by it again, and what waited for it goes on.
public struct ClockAccept: CommandParams {
  public typealias Result = ClockAcceptResult
  public static let method = Method.clockAccept

  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(idempotencyKey: String? = nil) { self.idempotencyKey = idempotencyKey }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `clock.accept`: Done.
public struct ClockAcceptResult: Codable, Hashable, Sendable {
  /// False when nothing waited for the clock.
  public var accepted: Bool
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(accepted: Bool, replayed: Bool? = nil) {
    self.accepted = accepted
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey { case accepted, replayed }
}
