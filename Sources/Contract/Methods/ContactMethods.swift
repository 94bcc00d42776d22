// The people we text. Keys are the properties in snake case.

/// One contact to add or change. Found by `ref`, else by its first phone and owner; what is absent stays as
/// it was.
public struct ContactInput: Codable, Hashable, Sendable {
  /// The company's own key for the contact, at most 200 octets.
  public var ref: String?
  /// Phones as people write them, the preferred one first; at most 8. With no country code, the brand's
  /// country is taken.
  public var phones: [String]?
  /// Given name.
  public var firstName: String?
  /// Family name.
  public var lastName: String?
  /// The rep it belongs to.
  public var repID: RepID?
  /// Tags it gets besides those it has; at most 32.
  public var tags: [String]?
  /// Further merge fields; at most 64, names of lower-case letters, digits and `_`.
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
  /// Its place in the call, from 0.
  public var index: Int
  /// What became of it.
  public var status: UpsertStatus
  /// The contact, unless refused.
  public var contactID: ContactID?
  /// Why it was refused.
  public var reason: Refusal?
  /// The same for a person, naming the field.
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

/// `contact.upsert`: Adds or changes contacts, each by itself: what cannot be used is refused and the
/// others go in.
public struct ContactUpsert: CommandParams {
  public typealias Result = ContactUpsertResult
  public static let method = Method.contactUpsert

  /// 1 to 500 contacts.
  public var contacts: [ContactInput]
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(contacts: [ContactInput], idempotencyKey: String? = nil) {
    self.contacts = contacts
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case contacts
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `contact.upsert`: What became of each.
public struct ContactUpsertResult: Codable, Hashable, Sendable {
  /// New ones.
  public var created: Int
  /// Known ones.
  public var updated: Int
  /// Ones not taken.
  public var refused: Int
  /// In the call's order.
  public var results: [UpsertItem]
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(created: Int, updated: Int, refused: Int, results: [UpsertItem], replayed: Bool? = nil) {
    self.created = created
    self.updated = updated
    self.refused = refused
    self.results = results
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case created, updated, refused, results, replayed
  }
}

/// A contact as lists and `contact.get` show it.
public struct ContactView: Codable, Hashable, Sendable {
  /// Its id.
  public var contactID: ContactID
  /// The company's own key.
  public var ref: String?
  /// Given name.
  public var firstName: String?
  /// Family name.
  public var lastName: String?
  /// Phones, the preferred one first.
  public var phones: [E164]
  /// The rep it belongs to.
  public var repID: RepID?
  /// In order.
  public var tags: [String]
  /// Further merge fields.
  public var attributes: [String: String]
  /// Whether its preferred phone has opted out of the brand.
  public var optedOut: Bool
  /// When it was added.
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

/// `contact.list`: Contacts.
public struct ContactList: MethodParams {
  public typealias Result = ContactListResult
  public static let method = Method.contactList

  /// Only of this rep.
  public var repID: RepID?
  /// Only with this tag.
  public var tag: String?
  /// Only in this group.
  public var group: GroupRef?
  /// Only with this phone.
  public var phone: E164?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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

/// Result of `contact.list`: One page.
public struct ContactListResult: Codable, Hashable, Sendable {
  /// By id.
  public var items: [ContactView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [ContactView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `contact.get`: One contact.
public struct ContactGet: MethodParams {
  public typealias Result = ContactGetResult
  public static let method = Method.contactGet

  /// Its id.
  public var contactID: ContactID

  public init(contactID: ContactID) {
    self.contactID = contactID
  }

  enum CodingKeys: String, CodingKey {
    case contactID = "contact_id"
  }
}

/// Result of `contact.get`: The contact.
public struct ContactGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var contact: ContactView

  public init(contact: ContactView) {
    self.contact = contact
  }

  enum CodingKeys: String, CodingKey {
    case contact
  }
}

/// `contact.tag`: Gives contacts a tag.
public struct ContactTag: CommandParams {
  public typealias Result = ContactTagResult
  public static let method = Method.contactTag

  /// 1 to 500 contacts.
  public var contactIDs: [ContactID]
  /// The tag: 1 to 64 octets, compared without case.
  public var tag: String
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `contact.tag`: Done.
public struct ContactTagResult: Codable, Hashable, Sendable {
  /// Contacts that did not have it.
  public var changed: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(changed: Int, replayed: Bool? = nil) {
    self.changed = changed
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case changed, replayed
  }
}

/// `contact.untag`: Takes a tag from contacts.
public struct ContactUntag: CommandParams {
  public typealias Result = ContactUntagResult
  public static let method = Method.contactUntag

  /// 1 to 500 contacts.
  public var contactIDs: [ContactID]
  /// The tag.
  public var tag: String
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `contact.untag`: Done.
public struct ContactUntagResult: Codable, Hashable, Sendable {
  /// Contacts that had it.
  public var changed: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(changed: Int, replayed: Bool? = nil) {
    self.changed = changed
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case changed, replayed
  }
}
