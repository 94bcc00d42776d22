// The go-live switch, and the phones that may be texted before it.

/// Whom texts leave to.
public struct TestPhones: Codable, Hashable, Sendable {
  public var live: Bool
  public var phones: [E164]

  public init(live: Bool, phones: [E164]) {
    self.live = live
    self.phones = phones
  }
}

public struct GoLive: RepeatableParams {
  public typealias Result = TestPhones
  public static let method = Method.goLive

  public var live: Bool?
  public var reason: String?
  public var idempotencyKey: String?

  public init(live: Bool? = nil, reason: String? = nil, idempotencyKey: String? = nil) {
    self.live = live
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case live, reason
    case idempotencyKey = "idempotency_key"
  }
}

public struct TestPhoneAdd: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.testPhoneAdd

  public var phones: [E164]
  public var idempotencyKey: String?

  public init(phones: [E164], idempotencyKey: String? = nil) {
    self.phones = phones
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case phones
    case idempotencyKey = "idempotency_key"
  }
}

public struct TestPhoneRemove: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.testPhoneRemove

  public var phones: [E164]
  public var idempotencyKey: String?

  public init(phones: [E164], idempotencyKey: String? = nil) {
    self.phones = phones
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case phones
    case idempotencyKey = "idempotency_key"
  }
}

public struct TestPhoneList: MethodParams {
  public typealias Result = TestPhones
  public static let method = Method.testPhoneList

  public init() {}
}
