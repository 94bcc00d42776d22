// The people who text. Keys are the properties in snake case.

/// A rep as lists and `rep.get` show it. The private mobile is never shown, only whether there is one.
public struct RepView: Codable, Hashable, Sendable {
  /// Its id.
  public var repID: RepID
  /// The person's name.
  public var name: String
  /// The number new conversations leave from.
  public var homeNumber: PhoneNumber?
  /// Every number held now, the home number included.
  public var numbers: [PhoneNumber]
  /// Whether a private mobile is known.
  public var hasMobile: Bool
  /// Whether answers are announced on the mobile.
  public var alerts: Bool
  /// Whether the rep may send.
  public var active: Bool
  /// Contacts it owns.
  public var contacts: Int
  /// When it was added.
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

/// `rep.add`: Adds a rep.
public struct RepAdd: CommandParams {
  public typealias Result = RepAddResult
  public static let method = Method.repAdd

  /// The person's name.
  public var name: String
  /// A number of ours that becomes its home number.
  public var number: PhoneNumber?
  /// The private mobile; appears in no message to a contact, no event and no log.
  public var mobile: E164?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `rep.add`: Done.
public struct RepAddResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var rep: RepView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(rep: RepView, replayed: Bool? = nil) {
    self.rep = rep
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case rep, replayed
  }
}

/// `rep.list`: The reps.
public struct RepList: MethodParams {
  public typealias Result = RepListResult
  public static let method = Method.repList

  /// Only those that may, or may not, send.
  public var active: Bool?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(active: Bool? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.active = active
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case active, cursor, limit
  }
}

/// Result of `rep.list`: One page.
public struct RepListResult: Codable, Hashable, Sendable {
  /// By id.
  public var items: [RepView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [RepView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `rep.get`: One rep.
public struct RepGet: MethodParams {
  public typealias Result = RepGetResult
  public static let method = Method.repGet

  /// Its id.
  public var repID: RepID

  public init(repID: RepID) {
    self.repID = repID
  }

  enum CodingKeys: String, CodingKey {
    case repID = "rep_id"
  }
}

/// Result of `rep.get`: The rep.
public struct RepGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var rep: RepView

  public init(rep: RepView) {
    self.rep = rep
  }

  enum CodingKeys: String, CodingKey {
    case rep
  }
}

/// `rep.update`: Changes what is given, leaves the rest.
public struct RepUpdate: CommandParams {
  public typealias Result = RepUpdateResult
  public static let method = Method.repUpdate

  /// Its id.
  public var repID: RepID
  /// The person's name.
  public var name: String?
  /// The private mobile.
  public var mobile: E164?
  /// Forget the private mobile.
  public var clearMobile: Bool?
  /// Whether answers are announced on the mobile.
  public var alerts: Bool?
  /// Whether the rep may send.
  public var active: Bool?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `rep.update`: Done.
public struct RepUpdateResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var rep: RepView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(rep: RepView, replayed: Bool? = nil) {
    self.rep = rep
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case rep, replayed
  }
}

/// `rep.assign`: Gives a rep a number, from now on.
public struct RepAssign: CommandParams {
  public typealias Result = RepAssignResult
  public static let method = Method.repAssign

  /// Its id.
  public var repID: RepID
  /// A number of ours.
  public var number: PhoneNumber
  /// Make it the home number; the default where the rep has none.
  public var home: Bool?
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(repID: RepID, number: PhoneNumber, home: Bool? = nil, idempotencyKey: String? = nil) {
    self.repID = repID
    self.number = number
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

/// Result of `rep.assign`: Done.
public struct RepAssignResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var rep: RepView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(rep: RepView, replayed: Bool? = nil) {
    self.rep = rep
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case rep, replayed
  }
}
