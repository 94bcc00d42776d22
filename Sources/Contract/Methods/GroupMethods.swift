// Groups of contacts.

/// A group as lists and `group.get` show it.
public struct GroupView: Codable, Hashable, Sendable {
  public var groupID: GroupID
  public var name: String
  public var repID: RepID?
  public var members: Int
  public var createdAt: Timestamp

  public init(groupID: GroupID, name: String, repID: RepID? = nil, members: Int, createdAt: Timestamp) {
    self.groupID = groupID
    self.name = name
    self.repID = repID
    self.members = members
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case name, members
    case createdAt = "created_at"
    case groupID = "group_id"
    case repID = "rep_id"
  }
}

public struct GroupCreate: RepeatableParams {
  public typealias Result = GroupView
  public static let method = Method.groupCreate

  public var name: String
  public var repID: RepID?
  public var contactIDs: [ContactID]?
  public var idempotencyKey: String?

  public init(
    name: String, repID: RepID? = nil, contactIDs: [ContactID]? = nil, idempotencyKey: String? = nil
  ) {
    self.name = name
    self.repID = repID
    self.contactIDs = contactIDs
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case name
    case idempotencyKey = "idempotency_key"
    case repID = "rep_id"
    case contactIDs = "contact_ids"
  }
}

public struct GroupList: ListParams {
  public typealias Item = GroupView
  public static let method = Method.groupList

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

public struct GroupGet: MethodParams {
  public typealias Result = GroupView
  public static let method = Method.groupGet

  public var group: GroupRef

  public init(group: GroupRef) {
    self.group = group
  }
}

public struct GroupAdd: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.groupAdd

  public var group: GroupRef
  public var contactIDs: [ContactID]
  public var idempotencyKey: String?

  public init(group: GroupRef, contactIDs: [ContactID], idempotencyKey: String? = nil) {
    self.group = group
    self.contactIDs = contactIDs
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case group
    case idempotencyKey = "idempotency_key"
    case contactIDs = "contact_ids"
  }
}

public struct GroupRemove: RepeatableParams {
  public typealias Result = Changed
  public static let method = Method.groupRemove

  public var group: GroupRef
  public var contactIDs: [ContactID]
  public var idempotencyKey: String?

  public init(group: GroupRef, contactIDs: [ContactID], idempotencyKey: String? = nil) {
    self.group = group
    self.contactIDs = contactIDs
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case group
    case idempotencyKey = "idempotency_key"
    case contactIDs = "contact_ids"
  }
}
