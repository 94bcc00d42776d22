// The people who text.

/// A rep as lists and `rep.get` show it. The private mobile is never shown, only whether there is one.
public struct RepView: Codable, Hashable, Sendable {
  public var repID: RepID
  public var name: String
  public var homeNumber: PhoneNumber?
  public var numbers: [PhoneNumber]
  public var hasMobile: Bool
  public var alerts: Bool
  public var active: Bool
  public var contacts: Int
  public var createdAt: Timestamp

  public init(
    repID: RepID, name: String, homeNumber: PhoneNumber? = nil, numbers: [PhoneNumber], hasMobile: Bool,
    alerts: Bool, active: Bool, contacts: Int, createdAt: Timestamp
  ) {
    self.repID = repID
    self.name = name
    self.homeNumber = homeNumber
    self.numbers = numbers
    self.hasMobile = hasMobile
    self.alerts = alerts
    self.active = active
    self.contacts = contacts
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case name, numbers, alerts, active, contacts
    case hasMobile = "has_mobile"
    case createdAt = "created_at"
    case homeNumber = "home_number"
    case repID = "rep_id"
  }
}

public struct RepAdd: RepeatableParams {
  public typealias Result = RepView
  public static let method = Method.repAdd

  public var name: String
  public var number: PhoneNumber?
  public var mobile: E164?
  public var idempotencyKey: String?

  public init(
    name: String, number: PhoneNumber? = nil, mobile: E164? = nil, idempotencyKey: String? = nil
  ) {
    self.name = name
    self.number = number
    self.mobile = mobile
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case name, number, mobile
    case idempotencyKey = "idempotency_key"
  }
}

public struct RepList: ListParams {
  public typealias Item = RepView
  public static let method = Method.repList

  public var active: Bool?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(active: Bool? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.active = active
    self.cursor = cursor
    self.limit = limit
  }
}

public struct RepGet: MethodParams {
  public typealias Result = RepView
  public static let method = Method.repGet

  public var repID: RepID

  public init(repID: RepID) {
    self.repID = repID
  }

  enum CodingKeys: String, CodingKey {
    case repID = "rep_id"
  }
}

public struct RepUpdate: RepeatableParams {
  public typealias Result = RepView
  public static let method = Method.repUpdate

  public var repID: RepID
  public var name: String?
  public var mobile: E164?
  public var clearMobile: Bool?
  public var alerts: Bool?
  public var active: Bool?
  public var idempotencyKey: String?

  public init(
    repID: RepID, name: String? = nil, mobile: E164? = nil, clearMobile: Bool? = nil, alerts: Bool? = nil,
    active: Bool? = nil, idempotencyKey: String? = nil
  ) {
    self.repID = repID
    self.name = name
    self.mobile = mobile
    self.clearMobile = clearMobile
    self.alerts = alerts
    self.active = active
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case name, mobile, alerts, active
    case clearMobile = "clear_mobile"
    case idempotencyKey = "idempotency_key"
    case repID = "rep_id"
  }
}
