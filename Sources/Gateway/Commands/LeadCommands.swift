import Contract
import Settings
import Store

/// `lead.*`: people who asked to hear from us.
struct LeadCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let settings: GatewaySettings
  let phones: Phones
  let directory: Directory
  let consent: Consent
  let upserts: ContactUpserts
  let leads: Leads
  let assignment: LeadAssignment

  private typealias Row = Leads.Row

  // MARK: lead.create

  func create(_ params: LeadCreate, _ caller: Requester) throws(APIError) -> Decision {
    let source = try checkedName(params.leadSource, field: "lead_source")
    if let text = params.consentText {
      guard !text.isBlank, text.unicodeScalars.count <= CommandLimits.evidence else {
        throw .invalid("consent_text", "1 to \(CommandLimits.evidence) characters")
      }
    }
    let named = try directory.owner(params.repID, caller)
    if let named { try check(named) }
    var item = UpsertItem(index: 0, status: .refused)
    let found = try textable(params, &item)
    let rules = settings.leads.matching(params.attributes ?? [:])
    var upsert = try contact(
      ContactInput(
        ref: params.ref, phones: found.map(\.phone.description), firstName: params.firstName,
        lastName: params.lastName, repID: caller.isUnrestricted ? nil : named.map { RepID($0.id) },
        tags: (params.tags ?? []) + rules.compactMap(\.tag), attributes: params.attributes), caller, &item)
    let existing = try upsert.known.flatMap { (id) throws(APIError) in
      try read(try leads.table.untexted(of: id))
    }
    if let existing, try !read(try leads.table.isSeen(existing, by: caller.scope)) {
      throw .refused(.duplicate, "the contact is a lead already, and not this role's")
    }
    // The contact of a lead stays its rep's.
    if existing != nil { upsert.fields.owner = nil }
    let scope: SuppressionScope = caller.isUnrestricted ? .brand : named?.home.map { .number($0) } ?? .brand
    let (leftOut, isHot) = (item.leftOut, rules.contains(where: \.isHot))
    return Decision { [upsert] () throws(StoreError) in
      let contact = try upserts.apply(upsert, isDry: false)
      try agree(params.consentText, source, found[0].phone, scope, caller)
      if let existing {
        let row = try isHot && !existing.isHot ? assignment.heat(existing) : existing
        return LeadCreateResult(lead: LeadView(row), isNew: false, leftOut: leftOut)
      }
      var row = try leads.add(
        Row(
          contact: contact, phone: found[0].phone.digits, phoneField: found[0].field, source: source,
          isHot: isHot, created: now, updated: now))
      var rep = named
      // Whoever is a rep's customer already stays so.
      if rep == nil { rep = try assignment.rep(ofContact: contact) }
      if rep == nil { rep = try assignment.choose(params.attributes ?? [:]) }
      if let rep { row = try assignment.assign(row, to: rep, .assigned) }
      return LeadCreateResult(lead: LeadView(row), isNew: true, leftOut: leftOut)
    }
  }

  /// The contact that a form is about. A form knows no `ref`: who has its phone keeps the name that is known.
  private func contact(_ input: ContactInput, _ caller: Requester, _ item: inout UpsertItem) throws(APIError)
    -> ContactUpserts.Upsert
  {
    let before = item
    do throws(APIError) {
      return try upserts.decide(input, caller, &item)
    } catch {
      guard error.refusal == .duplicate, input.ref == nil else { throw error }
      item = before
      var nameless = input
      (nameless.firstName, nameless.lastName) = (nil, nil)
      let upsert = try upserts.decide(nameless, caller, &item)
      item.leaveOut("first_name", "the phone's contact keeps its name")
      return upsert
    }
  }

  /// The phones that can be texted, the one to text first. Those that opted out come last.
  private func textable(_ params: LeadCreate, _ item: inout UpsertItem) throws(APIError) -> [(
    field: LeadPhone, phone: E164
  )] {
    var found: [(field: LeadPhone, phone: E164)] = []
    var faults: [String] = []
    for field in settings.leads.phones {
      let given =
        switch field {
        case .cell: params.cellPhone
        case .home: params.homePhone
        case .work: params.workPhone
        }
      let name = "\(field.rawValue)_phone"
      do throws(APIError) {
        guard let typed = try TypedPhone(ifGiven: given, field: name) else { continue }
        let phone = try phones.phone(typed, field: name)
        guard directory.number(at: PhoneNumber(phone)) == nil, directory.rep(withMobile: phone.digits) == nil
        else { throw .refused(.notTextable, "\(name): this phone is not for leads", field: name) }
        found.append((field, phone))
      } catch {
        faults.append(error.message)
        item.leaveOut(name, String(error.message.dropFirst(name.utf8.count + 2)))
      }
    }
    var open: [(field: LeadPhone, phone: E164)] = []
    var out: [(field: LeadPhone, phone: E164)] = []
    for one in found {
      if try read(try consent.scopes(of: one.phone.digits)).contains(.brand) {
        out.append(one)
      } else {
        open.append(one)
      }
    }
    if !open.isEmpty { for one in out { item.leaveOut("\(one.field.rawValue)_phone", "has opted out") } }
    found = open + out
    guard !found.isEmpty else {
      let expected = settings.leads.phones.map { "\($0.rawValue)_phone" }.joined(separator: ", ")
      throw .refused(
        faults.isEmpty ? .noPhone : .notTextable,
        faults.isEmpty
          ? "expected a phone in one of: \(expected)" : faults.joined(separator: "; "),
        field: "\(settings.leads.phones[0].rawValue)_phone")
    }
    return found
  }

  /// Records what the person agreed to, once. Whoever has opted out stays so: `consent.record` takes that back.
  private func agree(
    _ text: String?, _ source: String, _ phone: E164, _ scope: SuppressionScope, _ caller: Requester
  ) throws(StoreError) {
    guard let text, try !consent.scopes(of: phone.digits).contains(where: { $0 == .brand || $0 == scope })
    else { return }
    let number: Number? = if case .number(let id) = scope { directory.numbers[id] } else { nil }
    let words = String(
      String.UnicodeScalarView("\(text) (\(source))".unicodeScalars.prefix(CommandLimits.evidence)))
    guard try !consent.hasOptIn(phone.digits, scope, words) else { return }
    let evidence = ConsentEvidence(source: .api, number: number?.id, text: words, by: caller.role)
    try consent.optIn(phone.digits, scope, evidence)
    consent.emitChange(PhoneNumber(phone), .optIn, scope, number, evidence, cancelled: 0)
  }

  // MARK: What people do with one

  func assign(_ params: LeadAssign, _ caller: Requester) throws(APIError) -> Decision {
    let row = try known(params.leadID, caller)
    let rep = try directory.known(params.repID, caller)
    try check(rep)
    guard row.state != .closed else { throw Self.isClosed }
    return Decision { () throws(StoreError) in
      LeadView(try row.rep == rep.id ? row : assignment.assign(row, to: rep, .assigned))
    }
  }

  func claim(_ params: LeadClaim, _ caller: Requester) throws(APIError) -> Decision {
    guard let rep = caller.member?.rep.flatMap({ directory.reps[$0] }) else {
      throw APIError(.forbidden, "only a member who is a rep claims a lead")
    }
    try check(rep, field: nil)
    guard let row = try read(try leads.table.lead(params.leadID.value)) else {
      throw .notFound("lead", params.leadID)
    }
    // Two reps press at once: the second is told, and not that there is no such lead.
    guard row.state == .open else {
      guard row.state != .closed else { throw Self.isClosed }
      if row.rep == rep.id { return Decision { LeadView(row) } }
      throw .refused(.wrongState, "somebody has the lead already", field: "lead_id")
    }
    return Decision { () throws(StoreError) in LeadView(try assignment.assign(row, to: rep, .claimed)) }
  }

  func markHot(_ params: LeadMarkHot, _ caller: Requester) throws(APIError) -> Decision {
    let row = try known(params.leadID, caller)
    guard row.state != .closed else { throw Self.isClosed }
    return Decision { () throws(StoreError) in LeadView(try row.isHot ? row : assignment.heat(row)) }
  }

  func close(_ params: LeadClose, _ caller: Requester) throws(APIError) -> Decision {
    var row = try known(params.leadID, caller)
    let note = try params.note.map { (note) throws(APIError) in try checkedName(note, field: "note") }
    guard row.state != .closed else { throw Self.isClosed }
    return Decision { () throws(StoreError) in
      try leads.close(&row, note: note)
      return LeadView(row)
    }
  }

  // MARK: Checks

  private static let isClosed = APIError.refused(.wrongState, "the lead is closed", field: "lead_id")

  private func check(_ rep: Rep, field: String? = "rep_id") throws(APIError) {
    guard rep.isActive else { throw .refused(.repInactive, field: field) }
    guard assignment.mayHave(rep) else {
      throw .refused(.noNumber, "number.assign gives the rep a home number", field: field)
    }
  }

  /// One that the caller may change: a rep's own, and not what the rep may only claim.
  private func known(_ id: LeadID, _ caller: Requester) throws(APIError) -> Row {
    guard let row = try read(try leads.table.lead(id.value)),
      try read(try leads.table.isSeen(row, by: caller.scope))
    else { throw .notFound("lead", id) }
    guard caller.scope.isFull || row.rep != nil else {
      throw .refused(.wrongState, "nobody has the lead: claim it first", field: "lead_id")
    }
    return row
  }
}
