import Contract
import PhoneNumbers
import Store

/// `contact.upsert`: contacts from forms, lists and other systems. What is not given stays as it is.
struct ContactUpserts: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let phones: Phones
  let directory: Directory
  let contacts: ContactTable
  let ownership: Ownership
  let optOuts: OptOuts
  let leads: LeadAssignment

  /// Each contact is decided and applied by itself, in their order: what cannot be used is refused and the others go in. A dry run does
  /// the same and takes it back; it moves no conversation and records no opt-out.
  func upsert(_ params: ContactUpsert, _ caller: Requester) throws(APIError) -> Decision {
    guard (1...CommandLimits.upsert).contains(params.contacts.count) else {
      throw .invalid("contacts", "1 to \(CommandLimits.upsert)")
    }
    return Decision { () throws(StoreError) in
      guard params.dryRun == true else { return try take(params.contacts, caller, isDry: false) }
      return try contacts.undone { () throws(StoreError) in
        try take(params.contacts, caller, isDry: true)
      }
    }
  }

  private func take(_ inputs: [ContactInput], _ caller: Requester, isDry: Bool) throws(StoreError)
    -> ContactUpsertResult
  {
    var result = ContactUpsertResult(created: 0, updated: 0, refused: 0, optOutCount: 0, results: [])
    var told = 0
    for (index, input) in inputs.enumerated() {
      var item = UpsertItem(index: index, status: .refused)
      do throws(APIError) {
        let decided = try decide(input, caller, &item)
        let id = try applied(decided, isDry: isDry)
        item.status = decided.known == nil ? .created : .updated
        item.contactID = ContactID(id)
      } catch {
        if let failure = reads.failure { throw failure }
        item.reason = error.refusal ?? .invalidField
        item.detail = error.message
      }
      // Whoever wants no texts gets none, also if the contact is refused.
      if let evidence = input.optOutEvidence {
        item.optOutCount = try optOuts.record(input.phones ?? [], evidence, caller, isDry: isDry)
        result.optOutCount += item.optOutCount ?? 0
      }
      switch item.status {
      case .created: result.created += 1
      case .updated: result.updated += 1
      case .refused: result.refused += 1
      }
      // Of very many contacts only the outcome is told, so that the answer fits into a line.
      told += (try? ContractJSON.encode(item).count) ?? 0
      if told > CommandLimits.details {
        item.detail = nil
        item.phoneReadings = nil
        item.leftOut = nil
      }
      result.results.append(item)
    }
    return result
  }

  // MARK: Deciding

  struct Upsert {
    /// The contact it is about, and all of it; nil: a new one.
    var known: Int64?
    var has: ContactTable.Contact?
    var fields: ContactTable.Fields
    /// nil: as they are.
    var phones: [Int64]?
    var tags: [String]
    var replacesTags: Bool
  }

  /// What does not fit is left out and named; what makes it nobody's contact refuses it.
  func decide(_ input: ContactInput, _ caller: Requester, _ item: inout UpsertItem) throws(APIError)
    -> Upsert
  {
    let given = try phones(of: input, &item)
    if let owner = input.repID, (try? directory.known(owner, caller)) == nil {
      throw .refused(.invalidField, "rep_id: no such rep \(owner)", field: "rep_id")
    }
    if let ref = input.ref, !(1...CommandLimits.name).contains(ref.unicodeScalars.count) {
      throw .refused(.invalidField, "ref: 1 to \(CommandLimits.name) characters", field: "ref")
    }
    let first = part(input.firstName, "first_name", &item)
    let last = part(input.lastName, "last_name", &item)
    let replaces = Set(input.replace ?? [])
    let byRef = try input.ref.flatMap { (ref) throws(APIError) in try read(try contacts.find(ref: ref)) }
    var known = byRef
    if let byRef, try !sees(byRef, caller) {
      throw .refused(.duplicate, "ref: another contact has this ref", field: "ref")
    }
    if known == nil { known = try find(input, first, last, given, replaces, caller) }
    if known == nil, given.isEmpty {
      throw .refused(.noPhone, "phones: a phone is required", field: "phones")
    }
    // A caller with some of the numbers makes no contact that it could not see.
    let owner = try known == nil ? directory.owner(input.repID, caller)?.id : input.repID?.value
    let has = try known.flatMap { (id) throws(APIError) in try read(try contacts.contact(id)) }
    // Whom a phone told apart has a name already: a part that is missing is completed.
    let names =
      byRef == nil && !replaces.contains(.names) ? missing(first, last, of: has) : (first, last)
    var fields = ContactTable.Fields(
      ref: input.ref, firstName: names.0, lastName: names.1, owner: owner)
    fields.replacesAttributes = replaces.contains(.attributes)
    fields.attributes = try attributes(
      input.attributes, has: replaces.contains(.attributes) ? [:] : has?.attributes ?? [:], &item)
    return Upsert(
      known: known, has: has, fields: fields,
      phones: merged(given, has, isByRef: byRef != nil, replaces: replaces.contains(.phones), &item),
      tags: tags(input.tags ?? [], has: replaces.contains(.tags) ? [] : Set(has?.tags ?? []), &item),
      replacesTags: replaces.contains(.tags))
  }

  private func find(
    _ input: ContactInput, _ first: String?, _ last: String?, _ given: [E164],
    _ replaces: Set<ContactReplacement>, _ caller: Requester
  ) throws(APIError) -> Int64? {
    let identity = ContactIdentity(
      ref: input.ref, firstName: first ?? "", lastName: last ?? "", owner: input.repID?.value,
      replacesNames: replaces.contains(.names))
    guard let preferred = given.first else { return nil }
    let people = try holders(of: preferred, caller)
    if !people.isEmpty { return try identity.find(among: people) }
    for phone in given.dropFirst() {
      let people = try holders(of: phone, caller)
      if let one = try identity.findLoosely(among: people) { return one }
    }
    return nil
  }

  /// Those whom the caller sees who have a phone.
  private func holders(of phone: E164, _ caller: Requester) throws(APIError) -> [ContactTable.Person] {
    var seen: [ContactTable.Person] = []
    for person in try read(try contacts.people(of: phone.digits)) where try sees(person.id, caller) {
      seen.append(person)
    }
    return seen
  }

  private func sees(_ contact: Int64, _ caller: Requester) throws(APIError) -> Bool {
    try read(try contacts.isSeen(contact: contact, by: caller.scope))
  }

  private func missing(_ first: String?, _ last: String?, of has: ContactTable.Contact?) -> (
    String?, String?
  ) {
    guard let has else { return (first, last) }
    // "Nora Kim" in one field is no new first name of Nora Kim.
    let (whole, given) = ("\(has.firstName ?? "") \(has.lastName ?? "")", "\(first ?? "") \(last ?? "")")
    if whole.trimmed.lowercased() == given.trimmed.lowercased() { return (nil, nil) }
    return (has.firstName == nil ? first : nil, has.lastName == nil ? last : nil)
  }

  /// The phones as they are read, the preferred one first. The preferred one must be one; of the others, what is none is left out.
  private func phones(of input: ContactInput, _ item: inout UpsertItem) throws(APIError) -> [E164] {
    var found: [E164] = []
    var readings: [PhoneReadingView] = []
    for (index, text) in (input.phones ?? []).enumerated() {
      guard index < CommandLimits.phones else {
        item.leaveOut("phones", "more than \(CommandLimits.phones)")
        break
      }
      let phone: E164
      do throws(APIError) {
        let reading = try phones.reading(text, field: "phones")
        guard let whole = E164(digits: reading.digits) else { throw .refused(.notTextable, field: "phones") }
        guard directory.number(at: PhoneNumber(whole)) == nil else {
          throw .refused(.notTextable, "phones: this is one of our numbers", field: "phones")
        }
        readings.append(PhoneReadingView(typed: text, phone: whole, differs: !reading.isAsTyped))
        phone = whole
      } catch {
        guard index > 0 else { throw error }
        item.leaveOut("phones", "\(text.prefix(40)): " + error.message.dropFirst("phones: ".utf8.count))
        continue
      }
      if !found.contains(phone) { found.append(phone) }
    }
    if !readings.isEmpty { item.phoneReadings = readings }
    return found
  }

  /// What a contact's phones are to be; nil: as they are. A system that names the contact by its `ref` says which phone is preferred; who
  /// names it by a phone does not.
  private func merged(
    _ given: [E164], _ has: ContactTable.Contact?, isByRef: Bool, replaces: Bool, _ item: inout UpsertItem
  ) -> [Int64]? {
    let given = given.map(\.digits)
    guard let has = has?.phones, !given.isEmpty else { return given.isEmpty ? nil : given }
    if replaces { return given == has ? nil : given }
    var all = isByRef ? given : has
    for phone in isByRef ? has : given where !all.contains(phone) { all.append(phone) }
    if all.count > CommandLimits.phones {
      all.removeLast(all.count - CommandLimits.phones)
      item.leaveOut("phones", "more than \(CommandLimits.phones)")
    }
    return all == has ? nil : all
  }

  private func part(_ text: String?, _ field: String, _ item: inout UpsertItem) -> String? {
    guard let text = text?.trimmed, !text.isEmpty else { return nil }
    guard text.unicodeScalars.count <= CommandLimits.name else {
      item.leaveOut(field, "longer than \(CommandLimits.name) characters")
      return nil
    }
    return text
  }

  private func tags(_ given: [String], has: Set<String>, _ item: inout UpsertItem) -> [String] {
    var has = has
    var tags: [String] = []
    for tag in given.map(\.trimmed) {
      if tag.isEmpty {
        item.leaveOut("tags", "a tag is blank")
      } else if tag.unicodeScalars.count > CommandLimits.name {
        item.leaveOut("tags", "a tag is longer than \(CommandLimits.name) characters")
      } else if !has.contains(tag), has.count >= CommandLimits.tags {
        item.leaveOut("tags", "\(tag.prefix(40)): a contact has at most \(CommandLimits.tags)")
      } else {
        has.insert(tag)
        tags.append(tag)
      }
    }
    return tags
  }

  private func attributes(_ given: [String: String]?, has: [String: String], _ item: inout UpsertItem)
    throws(APIError) -> String?
  {
    guard let given else { return nil }
    var all = has
    var octets = try ContactUpserts.octets(of: has)
    var taken: [String: String] = [:]
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      let more = try ContactUpserts.octets(of: [name: value])
      if name.unicodeScalars.count > MergeText.longestField {
        item.leaveOut(String(name.prefix(64)), "a name longer than \(MergeText.longestField) characters")
      } else if value.unicodeScalars.count > CommandLimits.attribute {
        item.leaveOut(name, "longer than \(CommandLimits.attribute) characters")
      } else if all[name] == nil, all.count >= CommandLimits.attributes {
        item.leaveOut(name, "a contact has at most \(CommandLimits.attributes) merge fields")
      } else if octets + more > CommandLimits.allAttributes {
        item.leaveOut(
          name, "all merge fields of a contact have at most \(CommandLimits.allAttributes) octets")
      } else {
        all[name] = value
        taken[name] = value
        octets += more
      }
    }
    guard let json = try? ContractJSON.encode(taken) else { throw .internalError }
    return String(decoding: json, as: UTF8.self)
  }

  private static func octets(of attributes: [String: String]) throws(APIError) -> Int {
    guard let json = try? ContractJSON.encode(attributes) else { throw .internalError }
    return json.count
  }

  // MARK: Applying

  /// A store that fails here is no refusal: it ends the batch.
  private func applied(_ upsert: Upsert, isDry: Bool) throws(APIError) -> Int64 {
    try read(try apply(upsert, isDry: isDry))
  }

  func apply(_ upsert: Upsert, isDry: Bool) throws(StoreError) -> Int64 {
    let id: Int64
    if let known = upsert.known {
      id = known
      try contacts.update(id, upsert.fields, at: now)
    } else {
      id = try contacts.add(upsert.fields, at: now)
    }
    let before = upsert.has?.phones ?? []
    let after = upsert.phones ?? before
    if after != before { try contacts.setPhones(after, of: id) }
    if upsert.replacesTags { try contacts.untagAll(id) }
    for tag in upsert.tags { _ = try contacts.tag(id, try contacts.addTag(tag)) }
    if isDry { return id }
    try ownership.emitChange(ofContact: id)
    // With another owner all its threads are concerned, else those of the phones that came or went.
    let isOtherOwner = upsert.fields.owner != nil && upsert.fields.owner != upsert.has?.owner
    try ownership.contactChanged(
      before.filter { isOtherOwner || !after.contains($0) } + after.filter { !before.contains($0) })
    if isOtherOwner { try leadFollows(id) }
    return id
  }

  /// A contact has another rep: the lead that nobody has texted is that rep's.
  private func leadFollows(_ contact: Int64) throws(StoreError) {
    guard let lead = try leads.leads.table.untexted(of: contact),
      let rep = try ownership.contacts.contact(contact)?.owner.flatMap({ directory.reps[$0] }),
      rep.id != lead.rep, leads.mayHave(rep)
    else { return }
    _ = try leads.assign(lead, to: rep, .assigned)
  }
}

extension UpsertItem {
  mutating func leaveOut(_ field: String, _ why: String) {
    leftOut = (leftOut ?? []) + [LeftOut(field: field, detail: why)]
  }
}
