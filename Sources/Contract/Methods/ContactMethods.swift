// The people we text.

/// One contact to add or change. Found by `ref`, else by its first phone and owner; what is absent stays as
/// it was.
public struct ContactInput: Codable, Hashable, Sendable {
  public var ref: String?
  public var phones: [String]?
  public var firstName: String?
  public var lastName: String?
  public var repID: RepID?
  public var tags: [String]?
  public var attributes: [String: String]?

  public init(
    ref: String? = nil, phones: [String]? = nil, firstName: String? = nil, lastName: String? = nil,
    repID: RepID? = nil, tags: [String]? = nil, attributes: [String: String]? = nil
  ) {
    self.ref = ref
    self.phones = phones
    self.firstName = firstName
    self.lastName = lastName
    self.repID = repID
    self.tags = tags
    self.attributes = attributes
  }

  enum CodingKeys: String, CodingKey {
    case ref, phones, tags, attributes
    case firstName = "first_name"
    case lastName = "last_name"
    case repID = "rep_id"
  }
}

/// What became of one contact.
public enum UpsertStatus: String, Codable, Sendable, CaseIterable {
  /// It is new.
  case created
  /// It was there and has changed, or was the same.
  case updated
  /// It was not taken; `reason` and `detail` say why.
  case refused
}

/// What became of one contact of a bulk call.
public struct UpsertItem: Codable, Hashable, Sendable {
  public var index: Int
  public var status: UpsertStatus
  public var contactID: ContactID?
  public var reason: Refusal?
  public var detail: String?

  public init(
    index: Int, status: UpsertStatus, contactID: ContactID? = nil, reason: Refusal? = nil,
    detail: String? = nil
  ) {
    self.index = index
    self.status = status
    self.contactID = contactID
    self.reason = reason
    self.detail = detail
  }

  enum CodingKeys: String, CodingKey {
    case index, status, reason, detail
    case contactID = "contact_id"
  }
}

public struct ContactUpsert: RepeatableParams {
  public typealias Result = ContactUpsertResult
  public static let method = Method.contactUpsert

  public var contacts: [ContactInput]
  public var idempotencyKey: String?

  public init(contacts: [ContactInput], idempotencyKey: String? = nil) {
    self.contacts = contacts
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case contacts
    case idempotencyKey = "idempotency_key"
  }
}

public struct ContactUpsertResult: Codable, Hashable, Sendable {
  public var created: Int
  public var updated: Int
  public var refused: Int
  public var results: [UpsertItem]

  public init(created: Int, updated: Int, refused: Int, results: [UpsertItem]) {
    self.created = created
    self.updated = updated
    self.refused = refused
    self.results = results
  }
}

/// A contact as lists and `contact.get` show it.
public struct ContactView: Codable, Hashable, Sendable {
  public var contactID: ContactID
  public var ref: String?
  public var firstName: String?
  public var lastName: String?
  public var phones: [E164]
  public var repID: RepID?
  public var tags: [String]
  public var attributes: [String: String]
  public var optedOut: Bool
  public var createdAt: Timestamp

  public init(
    contactID: ContactID, ref: String? = nil, firstName: String? = nil, lastName: String? = nil,
    phones: [E164],
    repID: RepID? = nil, tags: [String], attributes: [String: String], optedOut: Bool, createdAt: Timestamp
  ) {
    self.contactID = contactID
    self.ref = ref
    self.firstName = firstName
    self.lastName = lastName
    self.phones = phones
    self.repID = repID
    self.tags = tags
    self.attributes = attributes
    self.optedOut = optedOut
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case ref, phones, tags, attributes
    case firstName = "first_name"
    case lastName = "last_name"
    case optedOut = "opted_out"
    case createdAt = "created_at"
    case contactID = "contact_id"
    case repID = "rep_id"
  }
}

public struct ContactList: ListParams {
  public typealias Item = ContactView
  public static let method = Method.contactList

  public var repID: RepID?
  public var tag: String?
  public var group: GroupRef?
  public var phone: E164?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    repID: RepID? = nil, tag: String? = nil, group: GroupRef? = nil, phone: E164? = nil,
    cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.repID = repID
    self.tag = tag
    self.group = group
    self.phone = phone
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case tag, group, phone, cursor, limit
    case repID = "rep_id"
  }
}

public struct ContactGet: MethodParams {
  public typealias Result = ContactView
  public static let method = Method.contactGet

  public var contactID: ContactID

  public init(contactID: ContactID) {
    self.contactID = contactID
  }

  enum CodingKeys: String, CodingKey {
    case contactID = "contact_id"
  }
}

public struct ContactTag: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.contactTag

  public var contactIDs: [ContactID]
  public var tag: String
  public var idempotencyKey: String?

  public init(contactIDs: [ContactID], tag: String, idempotencyKey: String? = nil) {
    self.contactIDs = contactIDs
    self.tag = tag
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case tag
    case idempotencyKey = "idempotency_key"
    case contactIDs = "contact_ids"
  }
}

public struct ContactUntag: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.contactUntag

  public var contactIDs: [ContactID]
  public var tag: String
  public var idempotencyKey: String?

  public init(contactIDs: [ContactID], tag: String, idempotencyKey: String? = nil) {
    self.contactIDs = contactIDs
    self.tag = tag
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case tag
    case idempotencyKey = "idempotency_key"
    case contactIDs = "contact_ids"
  }
}
