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
  /// Characters of one merge field in an alert.
  private static let longestDetail = 60

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
    var best: (rep: Rep, waiting: Int64, last: Int64)?
    for rep in candidates.sorted(by: { $0.id < $1.id })
    where mayHave(rep) && ownership.absences.standIn(for: rep.id) == nil {
      let waiting = try assignment == .leastOpen ? leads.table.waiting(for: rep.id) : 0
      let last = try leads.table.lastAssigned(to: rep.id) ?? .min
      if let best, (best.waiting, best.last) <= (waiting, last) { continue }
      best = (rep, waiting, last)
    }
    return best?.rep
  }

  /// A rep gets a lead: with it the contact, the threads that the earlier rep has with the phone, and what comes from it in future.
  /// - Parameter rep: one who ``mayHave(_:)`` it.
  func assign(_ lead: Leads.Row, to rep: Rep, _ change: LeadChange) throws(StoreError) -> Leads.Row {
    var row = lead
    let contact = try stored(contactOf: row)
    if contact.owner != rep.id {
      try contacts.update(row.contact, ContactTable.Fields(owner: rep.id), at: now)
      try ownership.emitChange(ofContact: row.contact)
      try ownership.contactChanged(contact.phones)
    }
    if let old = row.rep, old != rep.id {
      for thread in try conversations.contactThreads(of: row.phone) where thread.isOf(old) {
        try ownership.assign(thread, to: rep, try number(of: thread))
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
    var newest: (message: Int64, thread: Conversation)?
    for thread in try conversations.contactThreads(of: phone) where thread.isOf(rep.id) {
      if let message = try messages.newest(in: thread.id), message > newest?.message ?? 0 {
        newest = (message, thread)
      }
    }
    if let newest { return newest.thread }
    guard let home = home(of: rep) else { throw .misuse("lead", "a rep without a number") }
    let thread = try ownership.thread(home, phone)
    if !thread.isOf(rep.id) { try ownership.assign(thread, to: rep, home) }
    return thread
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
    guard let conversation = row.conversation, let phone = PhoneNumber(packed: row.phone),
      let thread = try conversations.find(id: conversation),
      let rep = thread.ownerRep.flatMap({ directory.reps[$0] })
    else { return }
    let people = try contacts.contacts(of: row.phone).filter { $0.id == row.contact }
    let text = (row.isHot ? settings.alertHotLead : settings.alertLead)
      .replacing("{{details}}", with: details(of: contact))
    try alerts.tell(rep, text, try number(of: thread), phone, people, in: conversation)
  }

  private func details(of contact: ContactTable.Contact) -> String {
    let words = settings.leads.alertFields.compactMap { field -> String? in
      let words = contact.attributes[field]?.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      return words.flatMap { $0.isEmpty ? nil : String($0.prefix(Self.longestDetail)) }
    }
    return words.isEmpty ? "" : " (\(words.joined(separator: ", ")))"
  }

  // MARK: What is due

  func seekDue() throws(StoreError) {
    guard leads.isDue else { return }
    for var row in try leads.takeDue() {
      row.due = nil
      switch row.state {
      case .open:
        try leads.change(&row, .unclaimed)
        try escalate(row)
      case .assigned:
        guard let rep = row.rep.flatMap({ directory.reps[$0] }) else { throw .damaged("lead", row: row.id) }
        if rep.isActive {
          try leads.change(&row, .untexted)
          alertSometimes(
            .leadUntexted, about: "lead untexted", subject: LeadID(row.id).description,
            "\(RepID(rep.id)) has not texted the lead within leads.text_within_s")
        } else {
          try takeBack(&row)
        }
      case .contacted, .closed: throw .damaged("lead", row: row.id)
      }
    }
    try leads.lookForDue()
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

  /// Nobody has taken it: an alert, and a text to the managers who have a mobile with us.
  private func escalate(_ row: Leads.Row) throws(StoreError) {
    guard outbox.isDue("lead unclaimed") else { return }
    let minutes = max(0, now - row.created) / 60_000
    alert(
      .leadUnclaimed, .warning, subject: LeadID(row.id).description,
      "the lead has waited for \(minutes) minutes, and nobody has it; there may be more: tollgate lead list --state open"
    )
    guard let phone = PhoneNumber(packed: row.phone) else { return }
    let who = try contacts.contacts(of: row.phone).filter { $0.id == row.contact }.who(phone)
    for manager in try members.reps(with: .manager, limit: Self.mostManagers) {
      guard let rep = directory.reps[manager] else { continue }
      try alerts.tell(
        rep,
        settings.alertUnclaimed.replacing("{{minutes}}", with: "\(minutes)").replacing(
          "{{contact}}", with: who))
    }
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
