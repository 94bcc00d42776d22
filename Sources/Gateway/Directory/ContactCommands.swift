import Carriers
import Contract
import Store

extension Gateway {
  /// Contacts of one `contact.upsert`.
  static let maximumUpsert = 500
  /// Phones and tags of one contact.
  static let maximumPhones = 10
  static let maximumTags = 50
  static let maximumAttributes = 64

  func contactUpsert(_ params: ContactUpsert, _ caller: Requester) throws -> ContactUpsertResult {
    guard (1...Gateway.maximumUpsert).contains(params.contacts.count) else {
      throw APIError.invalid("contacts", "1 to \(Gateway.maximumUpsert)")
    }
    var result = ContactUpsertResult(created: 0, updated: 0, refused: 0, results: [])
    for (index, input) in params.contacts.enumerated() {
      do {
        let (id, isNew) = try database.savepoint { try upsert(input) }
        if isNew { result.created += 1 } else { result.updated += 1 }
        result.results.append(
          UpsertItem(
            index: index, status: isNew ? .created : .updated, contactID: ContactID(id), reason: nil,
            detail: nil))
      } catch let error as APIError {
        result.refused += 1
        result.results.append(
          UpsertItem(
            index: index, status: .refused, contactID: nil, reason: error.refusal ?? .invalidField,
            detail: error.message))
      }
    }
    return result
  }

  private func upsert(_ input: ContactInput) throws -> (id: Int64, isNew: Bool) {
    let phones = try phones(of: input)
    if let owner = input.repID, directory.reps[owner.value] == nil {
      throw APIError.refused(.invalidField, "no such rep \(owner)", field: "rep_id")
    }
    let first = try input.firstName.map { try checkedPart($0, "first_name") }
    let last = try input.lastName.map { try checkedPart($0, "last_name") }
    let attributes = try checkedAttributes(input.attributes)
    let known = try existing(input, phones)
    let id: Int64
    if let known {
      id = known
      let update = try database.cached(
        """
        UPDATE contact SET first_name = ifnull(?2, first_name), last_name = ifnull(?3, last_name),
          owner_rep = ifnull(?4, owner_rep), attributes = ifnull(json_patch(attributes, ?5), attributes), updated = ?6
        WHERE id = ?1
        """)
      update.bind(1, id)
      update.bind(2, first)
      update.bind(3, last)
      update.bind(4, input.repID?.value)
      update.bind(5, attributes)
      update.bind(6, now)
      try update.run()
    } else {
      guard !phones.isEmpty else { throw APIError.refused(.noPhone, "a phone is needed", field: "phones") }
      let insert = try database.cached(
        """
        INSERT INTO contact (external, first_name, last_name, owner_rep, attributes, created, updated)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)
        """)
      insert.bind(1, input.ref)
      insert.bind(2, first ?? "")
      insert.bind(3, last ?? "")
      insert.bind(4, input.repID?.value)
      insert.bind(5, attributes ?? "{}")
      insert.bind(6, now)
      try insert.run()
      id = database.lastInsertRowID
    }
    if input.phones != nil { try setPhones(phones, of: id, isNew: known == nil) }
    for tag in input.tags ?? [] { try addTag(tag, to: id) }
    return (id, known == nil)
  }

  /// The contact an input means: by its `ref`, else the one that has the first phone, with the same name where it gives one.
  private func existing(_ input: ContactInput, _ phones: [E164]) throws -> Int64? {
    if let ref = input.ref {
      guard (1...Gateway.longestName).contains(ref.utf8.count) else {
        throw APIError.refused(.invalidField, "1 to \(Gateway.longestName) octets", field: "ref")
      }
      return try database.cached("SELECT id FROM contact WHERE external = ?1").bind(1, ref).firstInt()
    }
    guard let phone = phones.first else { return nil }
    let select = try database.cached(
      """
      SELECT c.id FROM contact_phone p JOIN contact c ON c.id = p.contact_id
      WHERE p.phone = ?1 AND (?2 IS NULL OR c.first_name = ?2) AND (?3 IS NULL OR c.last_name = ?3)
      ORDER BY c.id LIMIT 1
      """)
    select.bind(1, phone.digits)
    select.bind(2, input.firstName)
    select.bind(3, input.lastName)
    return try select.firstInt()
  }

  private func phones(of input: ContactInput) throws -> [E164] {
    let typed = input.phones ?? []
    guard typed.count <= Gateway.maximumPhones else {
      throw APIError.refused(.limitReached, "at most \(Gateway.maximumPhones) phones", field: "phones")
    }
    var style = AddressStyle()
    style.country = Country(iso: settings.brand.country)
    var found: [E164] = []
    for text in typed {
      guard case .number(let number) = AddressNormaliser(style).party(typed: text), let phone = E164(number)
      else {
        throw APIError.refused(.notTextable, "not a phone that can be texted", field: "phones")
      }
      guard directory.number(at: PhoneNumber(phone)) == nil else {
        throw APIError.refused(.notTextable, "this is a number of ours", field: "phones")
      }
      if !found.contains(phone) { found.append(phone) }
    }
    return found
  }

  private func setPhones(_ phones: [E164], of contact: Int64, isNew: Bool) throws {
    if !isNew {
      let delete = try database.cached("DELETE FROM contact_phone WHERE contact_id = ?1")
      delete.bind(1, contact)
      try delete.run()
    }
    for (position, phone) in phones.enumerated() {
      let insert = try database.cached(
        "INSERT INTO contact_phone (phone, contact_id, position) VALUES (?1, ?2, ?3)")
      insert.bind(1, phone.digits)
      insert.bind(2, contact)
      insert.bind(3, Int64(position))
      try insert.run()
    }
  }

  private func checkedPart(_ text: String, _ field: String) throws -> String {
    guard text.utf8.count <= Gateway.longestName else {
      throw APIError.refused(.invalidField, "at most \(Gateway.longestName) octets", field: field)
    }
    return text
  }

  private func checkedAttributes(_ attributes: [String: String]?) throws -> String? {
    guard let attributes else { return nil }
    guard attributes.count <= Gateway.maximumAttributes,
      attributes.allSatisfy({ $0.key.utf8.count <= Template.longestField && $0.value.utf8.count <= 1_000 })
    else {
      throw APIError.refused(
        .limitReached, "at most \(Gateway.maximumAttributes) attributes of 1,000 octets", field: "attributes")
    }
    return String(decoding: try ContractJSON.encode(attributes), as: UTF8.self)
  }

  // MARK: Tags

  func tagID(_ name: String) throws -> Int64 {
    let name = try checkedName(name, field: "tag")
    let select = try database.cached("SELECT id FROM tag WHERE name = ?1")
    select.bind(1, name)
    if let id = try select.firstInt() { return id }
    try database.run("INSERT INTO tag (name) VALUES (?1)", .text(name))
    return database.lastInsertRowID
  }

  private func addTag(_ name: String, to contact: Int64) throws {
    let count =
      try database.cached("SELECT count(*) FROM contact_tag WHERE contact_id = ?1").bind(1, contact)
      .firstInt() ?? 0
    guard count < Gateway.maximumTags else { throw APIError.refused(.limitReached, field: "tags") }
    let insert = try database.cached(
      "INSERT INTO contact_tag (tag_id, contact_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING")
    insert.bind(1, try tagID(name))
    insert.bind(2, contact)
    try insert.run()
  }

  func contactTag(_ params: ContactTag, _ caller: Requester) throws -> Changed {
    let tag = try tagID(params.tag)
    let changed = try changing(
      params.contactIDs,
      "INSERT INTO contact_tag (tag_id, contact_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
      tag)
    return Changed(changed: changed)
  }

  func contactUntag(_ params: ContactUntag, _ caller: Requester) throws -> Changed {
    let tag = try tagID(params.tag)
    let changed = try changing(
      params.contactIDs, "DELETE FROM contact_tag WHERE tag_id = ?1 AND contact_id = ?2", tag)
    return Changed(changed: changed)
  }

  /// Runs a statement over (owner, contact) for contacts that exist; how many rows it changed.
  private func changing(_ contacts: [ContactID], _ sql: StaticString, _ owner: Int64) throws -> Int {
    var changed = 0
    let exists = try database.cached("SELECT 1 FROM contact WHERE id = ?1")
    let statement = try database.cached(sql)
    for contact in contacts {
      guard try exists.bind(1, contact.value).firstInt() != nil else {
        throw APIError.notFound("contact", contact)
      }
      statement.bind(1, owner)
      statement.bind(2, contact.value)
      try statement.run()
      changed += database.changes
    }
    return changed
  }

  // MARK: Groups

  func groupView(_ id: Int64) throws -> GroupView {
    guard let view = try views.group(id) else { throw APIError.internalError }
    return view
  }

  func groupCreate(_ params: GroupCreate, _ caller: Requester) throws -> GroupView {
    let name = try checkedName(params.name)
    guard GroupID(name) == nil else {
      throw APIError.refused(.invalidField, "a name that is not an id", field: "name")
    }
    if let owner = params.repID, directory.reps[owner.value] == nil { throw APIError.notFound("rep", owner) }
    guard try database.int("SELECT 1 FROM audience_group WHERE name = ?1", .text(name)) == nil else {
      throw APIError.refused(.duplicate, "a group of this name is there", field: "name")
    }
    try database.run(
      "INSERT INTO audience_group (name, owner_rep, created) VALUES (?1, ?2, ?3)", .text(name),
      .init(params.repID?.value),
      .int(now))
    let id = database.lastInsertRowID
    _ = try addMembers(params.contactIDs ?? [], to: id)
    return try groupView(id)
  }

  private func addMembers(_ contacts: [ContactID], to group: Int64) throws -> Int {
    try changing(
      contacts, "INSERT INTO group_member (group_id, contact_id) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
      group)
  }

  func groupAdd(_ params: GroupAdd, _ caller: Requester) throws -> Changed {
    let id = try groupID(params.group)
    return Changed(changed: try addMembers(params.contactIDs, to: id))
  }

  func groupRemove(_ params: GroupRemove, _ caller: Requester) throws -> Changed {
    let id = try groupID(params.group)
    let changed = try changing(
      params.contactIDs, "DELETE FROM group_member WHERE group_id = ?1 AND contact_id = ?2", id)
    return Changed(changed: changed)
  }

  // MARK: Consent and conversations by command

  /// `consent.record`: an opt-out that came another way holds before it is answered, as a STOP does.
  func consentRecord(_ params: ConsentRecord, _ caller: Requester) throws -> ConsentRecordResult {
    guard (1...1_000).contains(params.evidence.utf8.count) else {
      throw APIError.invalid("evidence", "1 to 1,000 octets")
    }
    let number = try params.number.map { try known($0) }
    let scope: SuppressionScope
    // Unless told otherwise, as wide as a STOP to that number; without a number, of the brand.
    let usual: ConsentScope = settings.optOutScope == .number && number != nil ? .number : .brand
    switch params.scope ?? usual {
    case .brand: scope = .brand
    case .number:
      guard let number else { throw APIError.invalid("number", "needed for this scope") }
      scope = .number(number.id)
    }
    let source = params.source ?? .api
    let evidence = ConsentBook.Evidence(
      source: source.rawValue, number: number?.id, message: nil, word: nil, text: params.evidence,
      by: caller.role)
    let phone = PhoneNumber(params.phone)
    var cancelled = 0
    switch params.kind {
    case .optOut:
      try consent.optOut(phone.packed, scope, at: now, evidence)
      cancelled = try bar(phone.packed, scope)
    case .optIn: try consent.optIn(phone.packed, scope, at: now, evidence)
    }
    tellConsent(
      phone, params.kind, scope, number, .ours, source, word: nil, message: nil, cancelled: cancelled)
    let views = views
    let record = try database.map(
      "SELECT \(Views.consentColumns) FROM consent_record r WHERE r.phone = ?1 ORDER BY r.id DESC LIMIT 1",
      .int(phone.packed)
    ) { try views.consent($0) }
    guard let record = record.first ?? nil else { throw APIError.internalError }
    return ConsentRecordResult(record: record, cancelled: cancelled)
  }

  func conversationAssign(_ params: ConversationAssign, _ caller: Requester) throws
    -> ConversationView
  {
    guard let conversation = try conversations.find(id: params.conversationID.value),
      let number = directory.numbers[conversation.number]
    else { throw APIError.notFound("conversation", params.conversationID) }
    guard let rep = directory.reps[params.repID.value] else { throw APIError.notFound("rep", params.repID) }
    guard rep.active else { throw APIError.refused(.repInactive) }
    try conversations.give(conversation.id, to: rep.id)
    var given = conversation
    given.ownerRep = rep.id
    let (owner, _) = try owner(of: given, number: number)
    announce(given, .assigned, owner, number)
    guard let view = try views.conversation(conversation.id) else { throw APIError.internalError }
    return view
  }
}
