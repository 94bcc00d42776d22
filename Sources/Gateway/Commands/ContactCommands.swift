import Contract
import PhoneNumbers
import Store

/// `contact.*`: the people we text, their phones and tags.
struct ContactCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let contacts: ContactTable
  let ownership: Ownership

  /// Each contact is decided and applied by itself, in their order: what cannot be used is refused and the others go in.
  func upsert(_ params: ContactUpsert, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.upsert).contains(params.contacts.count) else {
      throw .invalid("contacts", "1 to \(CommandLimits.upsert)")
    }
    return Decision { () throws(StoreError) in
      var result = ContactUpsertResult(created: 0, updated: 0, refused: 0, results: [])
      for (index, input) in params.contacts.enumerated() {
        let decided: Upsert
        do throws(APIError) {
          decided = try decide(input, caller)
        } catch {
          if let failure = reads.failure { throw failure }
          result.refused += 1
          result.results.append(
            UpsertItem(
              index: index, status: .refused, contactID: nil, reason: error.refusal ?? .invalidField,
              detail: error.message))
          continue
        }
        let id = try apply(decided)
        if decided.known == nil { result.created += 1 } else { result.updated += 1 }
        result.results.append(
          UpsertItem(
            index: index, status: decided.known == nil ? .created : .updated, contactID: ContactID(id),
            reason: nil, detail: nil))
      }
      return result
    }
  }

  private struct Upsert {
    /// The contact it is about; nil: a new one.
    var known: Int64?
    /// The rep who owns it so far.
    var owner: Int64?
    var fields: ContactTable.Fields
    /// nil: as they are.
    var phones: [Int64]?
    var tags: [String]
  }

  private func decide(_ input: ContactInput, _ caller: Requester) throws(APIError) -> Upsert {
    let phones = try typedPhones(of: input)
    if let owner = input.repID, (try? directory.known(owner, caller)) == nil {
      throw .refused(.invalidField, "no such rep \(owner)", field: "rep_id")
    }
    let known = try existing(input, phones, caller)
    // A caller with some of the numbers makes no contact that it could not see.
    let owner = try known == nil ? directory.owner(input.repID, caller)?.id : input.repID?.value
    let fields = ContactTable.Fields(
      ref: input.ref, firstName: try checkedPart(input.firstName, "first_name"),
      lastName: try checkedPart(input.lastName, "last_name"), owner: owner,
      attributes: try checkedAttributes(input.attributes, of: known))
    if known == nil, phones.isEmpty { throw .refused(.noPhone, "a phone is required", field: "phones") }
    var tags: [String] = []
    for tag in input.tags ?? [] { tags.append(try checkedName(tag, field: "tag")) }
    let has = try known.map { (id) throws(APIError) in try read(try contacts.tags(of: id)) } ?? []
    guard Set(has + tags).count <= CommandLimits.tags else {
      throw .limitReached("tags", CommandLimits.tags, field: "tags")
    }
    let before = try known.flatMap { (id) throws(APIError) in try read(try contacts.addressee(id))?.owner }
    return Upsert(
      known: known, owner: before, fields: fields, phones: input.phones == nil ? nil : phones.map(\.digits),
      tags: tags)
  }

  private func apply(_ upsert: Upsert) throws(StoreError) -> Int64 {
    let id: Int64
    if let known = upsert.known {
      id = known
      try contacts.update(id, upsert.fields, at: now)
    } else {
      id = try contacts.add(upsert.fields, at: now)
    }
    let before = try upsert.known == nil ? [] : contacts.phones(of: id)
    let after = upsert.phones ?? before
    if after != before { try contacts.setPhones(after, of: id) }
    for tag in upsert.tags { _ = try contacts.tag(id, try contacts.addTag(tag)) }
    try ownership.emitChange(ofContact: id)
    // With another owner all its threads are concerned, else those of the phones that came or went.
    let isOtherOwner = upsert.fields.owner != nil && upsert.fields.owner != upsert.owner
    try ownership.contactChanged(
      before.filter { isOtherOwner || !after.contains($0) } + after.filter { !before.contains($0) })
    return id
  }

  /// The contact an input means: by its `ref`, else the one that has the first phone, with the same name where it gives one.
  private func existing(_ input: ContactInput, _ phones: [E164], _ caller: Requester) throws(APIError)
    -> Int64?
  {
    if let ref = input.ref {
      guard (1...CommandLimits.name).contains(ref.unicodeScalars.count) else {
        throw .refused(.invalidField, "1 to \(CommandLimits.name) characters", field: "ref")
      }
      guard let known = try read(try contacts.find(ref: ref)) else { return nil }
      guard try sees(known, caller) else {
        throw .refused(.duplicate, "another contact has this ref", field: "ref")
      }
      return known
    }
    guard let phone = phones.first else { return nil }
    let known = try read(
      try contacts.find(phone: phone.digits, firstName: input.firstName, lastName: input.lastName))
    guard let known, try sees(known, caller) else { return nil }
    return known
  }

  private func sees(_ contact: Int64, _ caller: Requester) throws(APIError) -> Bool {
    try read(try contacts.isSeen(contact: contact, by: caller.scope))
  }

  private func typedPhones(of input: ContactInput) throws(APIError) -> [E164] {
    let typed = input.phones ?? []
    guard typed.count <= CommandLimits.phones else {
      throw .limitReached("phones", CommandLimits.phones, field: "phones")
    }
    var found: [E164] = []
    for text in typed {
      let reading = try phones.reading(text, field: "phones")
      guard let phone = E164(digits: reading.digits) else { throw .refused(.notTextable, field: "phones") }
      guard directory.number(at: PhoneNumber(phone)) == nil else {
        throw .refused(.notTextable, "this is one of our numbers", field: "phones")
      }
      if !found.contains(phone) { found.append(phone) }
    }
    return found
  }

  private func checkedPart(_ text: String?, _ field: String) throws(APIError) -> String? {
    guard let text else { return nil }
    guard text.unicodeScalars.count <= CommandLimits.name else {
      throw .refused(.invalidField, "at most \(CommandLimits.name) characters", field: field)
    }
    return text
  }

  /// What is given is added to what the contact has; all of it together has bounds.
  private func checkedAttributes(_ attributes: [String: String]?, of known: Int64?) throws(APIError)
    -> String?
  {
    guard let attributes else { return nil }
    let has = try known.map { (id) throws(APIError) in try read(try contacts.contact(id))?.attributes ?? [:] }
    let all = (has ?? [:]).merging(attributes) { $1 }
    guard all.count <= CommandLimits.attributes else {
      throw .limitReached("attributes", CommandLimits.attributes, field: "attributes")
    }
    guard let whole = try? ContractJSON.encode(all) else { throw .internalError }
    guard whole.count <= CommandLimits.allAttributes else {
      throw .limitReached("octets_of_attributes", CommandLimits.allAttributes, field: "attributes")
    }
    guard
      attributes.allSatisfy({
        $0.key.unicodeScalars.count <= Template.longestField
          && $0.value.unicodeScalars.count <= CommandLimits.attribute
      })
    else {
      throw .refused(
        .invalidField,
        "names of at most \(Template.longestField) characters, values of at most \(CommandLimits.attribute)",
        field: "attributes")
    }
    guard let json = try? ContractJSON.encode(attributes) else { throw .internalError }
    return String(decoding: json, as: UTF8.self)
  }

  // MARK: Tags

  func tag(_ params: ContactTag, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.tag, field: "tag")
    try checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      let tag = try contacts.addTag(name)
      var changed = 0
      for contact in params.contactIDs where try contacts.tag(contact.value, tag) {
        changed += 1
        try contacts.touch(contact.value, at: now)
        try ownership.emitChange(ofContact: contact.value)
      }
      return Changed(changed: changed)
    }
  }

  func untag(_ params: ContactUntag, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.tag, field: "tag")
    try checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed = 0
      if let tag = try contacts.tag(name) {
        for contact in params.contactIDs where try contacts.untag(contact.value, tag) {
          changed += 1
          try contacts.touch(contact.value, at: now)
          try ownership.emitChange(ofContact: contact.value)
        }
      }
      return Changed(changed: changed)
    }
  }

  func checkKnown(
    _ ids: [ContactID], _ caller: Requester, _ counts: ClosedRange<Int> = 1...CommandLimits.upsert
  ) throws(APIError) {
    guard counts.contains(ids.count) else {
      throw .invalid("contact_ids", "\(counts.lowerBound) to \(counts.upperBound)")
    }
    for id in ids {
      guard try read(try contacts.exists(id.value)), try sees(id.value, caller) else {
        throw .notFound("contact", id)
      }
    }
  }
}

/// `group.*`: lists of contacts.
struct GroupCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let directory: Directory
  let contacts: ContactTable
  let members: ContactCommands
  let views: Views

  private var ownership: Ownership { members.ownership }

  func create(_ params: GroupCreate, _ caller: Requester) throws(APIError) -> Decision {
    let name = try checkedName(params.name)
    guard GroupID(name) == nil else {
      throw .refused(.invalidField, "expected a name that does not look like an id", field: "name")
    }
    let owner = try directory.owner(params.repID, caller)
    guard try read(try contacts.group(.name(name))) == nil else {
      throw .refused(.duplicate, "a group with this name exists already", field: "name")
    }
    let joining = params.contactIDs ?? []
    try members.checkKnown(joining, caller, 0...CommandLimits.upsert)
    return Decision { () throws(StoreError) in
      let id = try contacts.addGroup(name, owner: owner?.id, at: now)
      var joined: [ContactID] = []
      for contact in joining where try contacts.join(contact.value, id) { joined.append(contact) }
      try ownership.emitChange(ofGroup: id, .created, joined)
      return try view(id)
    }
  }

  func add(_ params: GroupAdd, _ caller: Requester) throws(APIError) -> Decision {
    let id = try known(params.group, caller)
    try members.checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed: [ContactID] = []
      for contact in params.contactIDs where try contacts.join(contact.value, id) { changed.append(contact) }
      if !changed.isEmpty { try ownership.emitChange(ofGroup: id, .added, changed) }
      return Changed(changed: changed.count)
    }
  }

  func remove(_ params: GroupRemove, _ caller: Requester) throws(APIError) -> Decision {
    let id = try known(params.group, caller)
    try members.checkKnown(params.contactIDs, caller)
    return Decision { () throws(StoreError) in
      var changed: [ContactID] = []
      for contact in params.contactIDs where try contacts.leave(contact.value, id) { changed.append(contact) }
      if !changed.isEmpty { try ownership.emitChange(ofGroup: id, .removed, changed) }
      return Changed(changed: changed.count)
    }
  }

  func known(_ ref: GroupRef, _ caller: Requester) throws(APIError) -> Int64 {
    guard let id = try read(try contacts.group(ref)),
      try read(try contacts.isSeen(group: id, by: caller.scope))
    else { throw .notFound("group", ref) }
    return id
  }

  private func view(_ id: Int64) throws(StoreError) -> GroupView {
    guard let view = try views.group(id) else { throw .misuse("group", "a group that is not stored") }
    return view
  }
}
