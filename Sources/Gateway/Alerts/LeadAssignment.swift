import Contract
import Settings
import Store

/// Who gets a lead, and what becomes of one that nobody takes or texts.
struct LeadAssignment: Part {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let contacts: ContactTable
  let conversations: ConversationTable
  let members: MemberTable
  let messages: MessageTable
  let ownership: Ownership
  let leads: Leads
  let alerts: RepAlerts

  /// Managers who are told of a lead that nobody has.
  private static let mostManagers: Int64 = 20

  // MARK: Who gets one

  /// A rep who is there to text, and has a number to text from.
  func mayHave(_ rep: Rep) -> Bool { rep.isActive && home(of: rep) != nil }

  private func home(of rep: Rep) -> Number? { rep.home.flatMap { directory.numbers[$0] } }

  /// Who gets a lead that comes without a rep, by `leads.assign`; nil: nobody does.
  func choose(_ fields: [String: String]) throws(StoreError) -> Rep? {
    let assignment = settings.leads.assignment
    guard assignment != .byHand else { return nil }
    let named = settings.leads.matching(fields).map(\.reps).first { !$0.isEmpty }
    let candidates = named.map { $0.compactMap { directory.reps[$0.value] } } ?? Array(directory.reps.values)
    var best: (rep: Rep, waiting: Int64, last: LeadTable.Assigned)?
    for rep in candidates.sorted(by: { $0.id < $1.id })
    where mayHave(rep) && ownership.absences.standIn(for: rep.id) == nil {
      let waiting = try assignment == .leastOpen ? leads.table.waiting(for: rep.id) : 0
      let last = try leads.table.lastAssigned(to: rep.id) ?? .never
      if let best, (best.waiting, best.last) <= (waiting, last) { continue }
      best = (rep, waiting, last)
    }
    return best?.rep
  }

  /// The rep whose customer a contact is already: its owner, or the rep of its thread with the newest message.
  func rep(ofContact id: Int64) throws(StoreError) -> Rep? {
    guard let contact = try contacts.contact(id) else {
      throw .misuse("lead", "a contact that is not stored")
    }
    var rep = contact.owner
    if rep == nil {
      let newest = try newestThread(with: contact.phones) { ($0.absentRep ?? $0.ownerRep) != nil }
      rep = newest?.absentRep ?? newest?.ownerRep
    }
    return rep.flatMap { directory.reps[$0] }.flatMap { mayHave($0) ? $0 : nil }
  }

  /// A rep gets a lead: with it the contact, the threads that the rep before has with it, and what comes from it in future.
  /// - Parameter rep: one who ``mayHave(_:)`` it.
  func assign(_ lead: Leads.Row, to rep: Rep, _ change: LeadChange) throws(StoreError) -> Leads.Row {
    var row = lead
    let contact = try stored(contactOf: row)
    if contact.owner != rep.id {
      try contacts.update(row.contact, ContactTable.Fields(owner: rep.id), at: now)
      try ownership.emitChange(ofContact: row.contact)
      try ownership.contactChanged(contact.phones)
    }
    // The phone that it came with may be somebody else's by now.
    if !contact.phones.contains(row.phone), let phone = contact.phones.first { row.phone = phone }
    for before in Set([row.rep, contact.owner].compactMap { $0 }).sorted() where before != rep.id {
      for phone in contact.phones {
        for thread in try conversations.contactThreads(of: phone) where thread.isOf(before) {
          try ownership.assign(thread, to: rep, try number(of: thread))
        }
      }
    }
    let thread = try thread(with: row.phone, of: rep)
    (row.rep, row.conversation) = (rep.id, thread.id)
    if row.state != .contacted { (row.state, row.assigned) = (.assigned, now) }
    leads.wait(&row)
    try leads.change(&row, change)
    try tell(row, contact)
    return row
  }

  /// Where a rep texts a lead: the contact goes on hearing from the number it knows, else the rep's own.
  private func thread(with phone: Int64, of rep: Rep) throws(StoreError) -> Conversation {
    if let known = try newestThread(with: [phone], where: { $0.isOf(rep.id) }) { return known }
    guard let home = home(of: rep) else { throw .misuse("lead", "a rep without a number") }
    let thread = try ownership.thread(home, phone)
    if !thread.isOf(rep.id) { try ownership.assign(thread, to: rep, home) }
    return thread
  }

  /// The thread with some phones that has the newest message.
  private func newestThread(with phones: [Int64], where isMeant: (Conversation) -> Bool) throws(StoreError)
    -> Conversation?
  {
    var newest: (message: Int64, thread: Conversation)?
    for phone in phones {
      for thread in try conversations.contactThreads(of: phone) where isMeant(thread) {
        if let message = try messages.newest(in: thread.id), message > newest?.message ?? 0 {
          newest = (message, thread)
        }
      }
    }
    return newest?.thread
  }

  private func number(of thread: Conversation) throws(StoreError) -> Number {
    guard let number = directory.numbers[thread.number] else {
      throw .damaged("conversation", row: thread.id)
    }
    return number
  }

  private func stored(contactOf row: Leads.Row) throws(StoreError) -> ContactTable.Contact {
    guard let contact = try contacts.contact(row.contact) else { throw .damaged("lead", row: row.id) }
    return contact
  }

  // MARK: Telling

  /// It has confirmed the interest.
  func heat(_ lead: Leads.Row) throws(StoreError) -> Leads.Row {
    var row = lead
    row.isHot = true
    try leads.change(&row, .hot)
    try tell(row, try stored(contactOf: row))
    return row
  }

  /// Tells the rep who has a lead of it, at once; while that rep is away, the rep who answers meanwhile.
  private func tell(_ row: Leads.Row, _ contact: ContactTable.Contact) throws(StoreError) {
    // Nobody has it yet.
    guard let conversation = row.conversation else { return }
    guard let phone = PhoneNumber(packed: row.phone), let thread = try conversations.find(id: conversation)
    else { throw .damaged("lead", row: row.id) }
    // Where a queue stands in, its members are not texted.
    guard let rep = thread.ownerRep.flatMap({ directory.reps[$0] }) else { return }
    let people = try people(of: row)
    try alerts.tell(
      rep, row.isHot ? settings.alertHotLead : settings.alertLead, try number(of: thread), phone, people,
      in: conversation, details: details(of: contact))
  }

  private func details(of contact: ContactTable.Contact) -> String {
    let words = settings.leads.alertFields.compactMap { field -> String? in
      let words = contact.attributes[field].map { RepAlerts.beginning(of: $0) } ?? ""
      return words.isEmpty ? nil : words
    }
    return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
  }

  // MARK: What is due

  func seekDue() throws(StoreError) {
    guard leads.isDue else { return }
    for var row in try leads.takeDue() {
      switch row.state {
      case .open: try tell(&row, .unclaimed)
      case .assigned:
        guard let rep = row.rep.flatMap({ directory.reps[$0] }) else { throw .damaged("lead", row: row.id) }
        if !rep.isActive {
          try takeBack(&row)
        } else if row.due == LeadTable.repLeft {
          try leads.waitAgain(&row)
        } else {
          try tell(&row, .untexted)
        }
      case .contacted, .closed: throw .damaged("lead", row: row.id)
      }
    }
    try leads.lookForDue()
  }

  /// A lead waits. The first of many that are due raises the alert, which says how many they are.
  private func tell(_ row: inout Leads.Row, _ what: LeadChange) throws(StoreError) {
    switch leads.mayTell(what, of: row) {
    case .later(let time): return try leads.putOff(&row, to: time)
    case .silently: break
    case .withAlert:
      let count = try leads.beginTelling(what, row.state)
      if what == .unclaimed { try alertManagers(row, count) } else { alertUntexted(row, count) }
    }
    try leads.tellOnce(&row, what)
  }

  /// Its rep has left: it is as if it came now.
  private func takeBack(_ row: inout Leads.Row) throws(StoreError) {
    (row.state, row.rep, row.conversation, row.assigned) = (.open, nil, nil, nil)
    leads.wait(&row)
    try leads.change(&row, .returned)
    if let rep = try choose(try stored(contactOf: row).attributes) {
      row = try assign(row, to: rep, .assigned)
    }
  }

  /// Nobody has taken them: an alert, and a text to each manager with a mobile. `oldest`: the one that is due for longest.
  private func alertManagers(_ oldest: Leads.Row, _ count: Int64) throws(StoreError) {
    let minutes = max(0, now - oldest.created) / 60_000
    alert(
      .leadUnclaimed, .warning, subject: LeadID(oldest.id).description,
      "leads that nobody has taken within leads.claim_within_s: \(count); the oldest has waited for \(minutes) minutes"
    )
    guard let phone = PhoneNumber(packed: oldest.phone) else { throw .damaged("lead", row: oldest.id) }
    let fields = [
      "contact": RepAlerts.name(try people(of: oldest), phone), "count": "\(count)", "minutes": "\(minutes)",
    ]
    for manager in try members.reps(with: .manager, limit: Self.mostManagers) {
      guard let rep = directory.reps[manager] else { continue }
      try alerts.tell(rep, settings.alertUnclaimed, fields)
    }
  }

  private func alertUntexted(_ oldest: Leads.Row, _ count: Int64) {
    let rep = oldest.rep.map { RepID($0).description } ?? ""
    alert(
      .leadUntexted, .warning, subject: LeadID(oldest.id).description,
      "leads whose rep has not texted within leads.text_within_s: \(count); the first is \(rep)'s")
  }

  private func people(of row: Leads.Row) throws(StoreError) -> [ContactTable.PhoneContact] {
    try contacts.contacts(of: row.phone).filter { $0.id == row.contact }
  }
}

extension GatewaySettings.Leads {
  /// The rules that the answers in a form fulfil, in their order.
  func matching(_ fields: [String: String]) -> [Rule] {
    rules.filter { rule in
      guard let answer = fields[rule.field]?.trimmed.lowercased(), !answer.isEmpty else { return false }
      return rule.values.isEmpty || rule.values.contains(answer)
    }
  }
}
