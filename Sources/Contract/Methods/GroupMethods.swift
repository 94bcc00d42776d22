// Groups of contacts. Keys are the properties in snake case.

/// A group as lists and `group.get` show it.
public struct GroupView: Codable, Hashable, Sendable {
  /// Its id.
  public var groupID: GroupID
  /// Its name.
  public var name: String
  /// The rep it belongs to; absent: everybody's.
  public var repID: RepID?
  /// Contacts in it.
  public var members: Int
  /// When it was added.
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

/// `group.create`: Adds a group.
public struct GroupCreate: CommandParams {
  public typealias Result = GroupCreateResult
  public static let method = Method.groupCreate

  /// Its name, 1 to 200 octets, unused so far.
  public var name: String
  /// The rep it belongs to.
  public var repID: RepID?
  /// Its first members, at most 500.
  public var contactIDs: [ContactID]?
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `group.create`: Done.
public struct GroupCreateResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var group: GroupView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(group: GroupView, replayed: Bool? = nil) {
    self.group = group
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case group, replayed
  }
}

/// `group.list`: Groups.
public struct GroupList: MethodParams {
  public typealias Result = GroupListResult
  public static let method = Method.groupList

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

/// Result of `group.list`: One page.
public struct GroupListResult: Codable, Hashable, Sendable {
  /// By id.
  public var items: [GroupView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [GroupView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `group.get`: One group and a page of its members.
public struct GroupGet: MethodParams {
  public typealias Result = GroupGetResult
  public static let method = Method.groupGet

  /// Its id or name.
  public var group: GroupRef
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Members, at most 200; 50 when absent.
  public var limit: Int?

  public init(group: GroupRef, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.group = group
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case group, cursor, limit
  }
}

/// Result of `group.get`: The group.
public struct GroupGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var group: GroupView
  /// One page, by id.
  public var members: [ContactView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(group: GroupView, members: [ContactView], next: PageCursor? = nil) {
    self.group = group
    self.members = members
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case group, members, next
  }
}

/// `group.add`: Puts contacts into a group.
public struct GroupAdd: CommandParams {
  public typealias Result = GroupAddResult
  public static let method = Method.groupAdd

  /// Its id or name.
  public var group: GroupRef
  /// 1 to 500 contacts.
  public var contactIDs: [ContactID]
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `group.add`: Done.
public struct GroupAddResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var group: GroupView
  /// Contacts that were not in it.
  public var changed: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(group: GroupView, changed: Int, replayed: Bool? = nil) {
    self.group = group
    self.changed = changed
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case group, changed, replayed
  }
}

/// `group.remove`: Takes contacts out of a group.
public struct GroupRemove: CommandParams {
  public typealias Result = GroupRemoveResult
  public static let method = Method.groupRemove

  /// Its id or name.
  public var group: GroupRef
  /// 1 to 500 contacts.
  public var contactIDs: [ContactID]
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `group.remove`: Done.
public struct GroupRemoveResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var group: GroupView
  /// Contacts that were in it.
  public var changed: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(group: GroupView, changed: Int, replayed: Bool? = nil) {
    self.group = group
    self.changed = changed
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case group, changed, replayed
  }
}
