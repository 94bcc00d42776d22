// The clock, after it has jumped.

public struct ClockAccept: RepeatableParams {
  public typealias Result = ClockAcceptResult
  public static let method = Method.clockAccept

  public var idempotencyKey: String?

  public init(idempotencyKey: String? = nil) { self.idempotencyKey = idempotencyKey }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
  }
}

public struct ClockAcceptResult: Codable, Hashable, Sendable {
  public var accepted: Bool

  public init(accepted: Bool) {
    self.accepted = accepted
  }

  enum CodingKeys: String, CodingKey { case accepted }
}
