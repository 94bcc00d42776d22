// The go-live switch, and the phones that may be texted before it. Keys are the properties in snake case.

/// `go_live`: Lets texts leave to every phone; undone, to the test phones alone. Survives a restart.
public struct GoLive: CommandParams {
  public typealias Result = GoLiveResult
  public static let method = Method.goLive

  /// `false` takes it back; `true` when absent.
  public var live: Bool?
  /// For whoever wonders later.
  public var reason: String?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `go_live`: Done.
public struct GoLiveResult: Codable, Hashable, Sendable {
  /// Whether texts leave to every phone now.
  public var live: Bool
  /// Phones that are texted without it.
  public var testPhones: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(live: Bool, testPhones: Int, replayed: Bool? = nil) {
    self.live = live
    self.testPhones = testPhones
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case live, replayed
    case testPhones = "test_phones"
  }
}

/// `test_phone.add`: Phones that may be texted before the gateway is live.
public struct TestPhoneAdd: CommandParams {
  public typealias Result = TestPhoneResult
  public static let method = Method.testPhoneAdd

  /// At most 1000 over all calls.
  public var phones: [E164]
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(phones: [E164], idempotencyKey: String? = nil) {
    self.phones = phones
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case phones
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// `test_phone.remove`: Takes phones from the list; what is queued to them does not leave.
public struct TestPhoneRemove: CommandParams {
  public typealias Result = TestPhoneResult
  public static let method = Method.testPhoneRemove

  /// Those that are not on the list change nothing.
  public var phones: [E164]
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(phones: [E164], idempotencyKey: String? = nil) {
    self.phones = phones
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case phones
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `test_phone.add` and `test_phone.remove`: The list afterwards, in numbers.
public struct TestPhoneResult: Codable, Hashable, Sendable {
  /// Phones this call changed something for.
  public var changed: Int
  /// Phones on the list.
  public var testPhones: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(changed: Int, testPhones: Int, replayed: Bool? = nil) {
    self.changed = changed
    self.testPhones = testPhones
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case changed, replayed
    case testPhones = "test_phones"
  }
}

/// `test_phone.list`: The phones that may be texted before the gateway is live.
public struct TestPhoneList: MethodParams {
  public typealias Result = TestPhoneListResult
  public static let method = Method.testPhoneList

  public init() {}
}

/// Result of `test_phone.list`: Every one of them.
public struct TestPhoneListResult: Codable, Hashable, Sendable {
  /// Whether texts leave to every phone.
  public var live: Bool
  /// In order of their digits.
  public var phones: [E164]

  public init(live: Bool, phones: [E164]) {
    self.live = live
    self.phones = phones
  }
}
