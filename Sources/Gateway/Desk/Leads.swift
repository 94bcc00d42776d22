import Contract
import Settings
import Store

/// People who asked to hear from us: from their coming until a person has texted them.
final class Leads: Part {
  typealias Row = LeadTable.LeadRow

  let outbox: Outbox
  let table: LeadTable
  let settings: GatewaySettings.Leads
  private let contacts: ContactTable
  private let conversations: ConversationTable
  /// Between two alerts of one kind.
  private let quiet: Duration
  /// When there was last an alert of a kind, in milliseconds since 1970 UTC; after a start there may be one at once.
  private var told: [LeadChange: Int64] = [:]
  /// When something becomes of one by itself next, in milliseconds since 1970 UTC.
  private var nextDue: Int64?

  init(
    _ outbox: Outbox, _ settings: GatewaySettings, _ table: LeadTable, _ contacts: ContactTable,
    _ conversations: ConversationTable
  ) throws(StoreError) {
    self.outbox = outbox
    self.settings = settings.leads
    quiet = settings.alertQuiet
    self.contacts = contacts
    self.table = table
    self.conversations = conversations
    try reload()
  }

  func reload() throws(StoreError) {
    nextDue = try table.nextDue()
    told = [:]
  }

  var isDue: Bool { nextDue.map { $0 <= now } ?? false }

  // MARK: What becomes of one

  func add(_ row: Row) throws(StoreError) -> Row {
    var row = row
    wait(&row)
    row.id = try table.add(row)
    look(noLaterThan: row.due)
    try emit(row, .created)
    return row
  }

  /// Something has become of it: `row` is how it is now.
  func change(_ row: inout Row, _ change: LeadChange) throws(StoreError) {
    row.updated = now
    try table.update(row)
    look(noLaterThan: row.due)
    try emit(row, change)
  }

  /// From now on somebody has to take it, or its rep has to text.
  func wait(_ row: inout Row) {
    row.isTold = false
    switch row.state {
    case .open: row.due = now + settings.claimWithin.wholeMilliseconds
    case .assigned: row.due = now + settings.textWithin.wholeMilliseconds
    case .contacted, .closed: row.due = nil
    }
  }

  /// What nobody has texted of the contacts who have a phone, or came with it.
  private func untexted(of phone: Int64) throws(StoreError) -> [Row] {
    var found = try table.untexted(phone: phone)
    for contact in try contacts.contacts(of: phone) where !found.contains(where: { $0.contact == contact.id })
    {
      if let lead = try table.untexted(of: contact.id) { found.append(lead) }
    }
    return found
  }

  /// A person's text into a thread was accepted: of who has the phone, the lead is texted that is the thread's rep's. Where none is, one that
  /// nobody had is from now on.
  func texted(in conversation: Conversation) throws(StoreError) {
    let waiting = try untexted(of: conversation.phone)
    let own = waiting.filter { lead in
      lead.rep.map(conversation.isOf) ?? false || lead.conversation == conversation.id
    }
    for lead in own.isEmpty ? waiting.filter({ $0.rep == nil }) : own {
      var row = lead
      if row.rep == nil, let owner = conversation.ownerRep { (row.rep, row.assigned) = (owner, now) }
      // The contact may have another phone by now.
      row.phone = conversation.phone
      (row.state, row.conversation, row.contacted, row.due) = (.contacted, conversation.id, now, nil)
      try change(&row, .contacted)
    }
  }

  /// The phone opted out: nobody can text it.
  func optedOut(_ phone: Int64, _ scope: SuppressionScope) throws(StoreError) {
    let untexted = try untexted(of: phone)
    guard !untexted.isEmpty else { return }
    let threads = try conversations.threads(of: phone).filter { scope.covers($0.number) }.map(\.id)
    for lead in untexted where scope == .brand || lead.conversation.map(threads.contains) ?? false {
      // The contact may have another phone by now, and this one be somebody else's.
      let phones = try contacts.phones(of: lead.contact)
      guard phones == [phone] || lead.phone == phone && phones.contains(phone) else { continue }
      var row = lead
      try close(&row, note: "opted out")
    }
  }

  func close(_ row: inout Row, note: String?) throws(StoreError) {
    (row.state, row.note, row.closed, row.due) = (.closed, note, now, nil)
    try change(&row, .closed)
  }

  /// A rep does not work any more: what the rep has not texted is looked at now.
  func repLeft(_ rep: Int64) throws(StoreError) {
    try table.repLeft(rep)
    look(noLaterThan: LeadTable.repLeft)
  }

  /// Its rep left, and is back before that was looked at.
  func waitAgain(_ row: inout Row) throws(StoreError) {
    guard let assigned = row.assigned else { throw .damaged("lead", row: row.id) }
    row.due = row.isTold ? nil : max(now, assigned + settings.textWithin.wholeMilliseconds)
    try table.update(row)
    look(noLaterThan: row.due)
  }

  // MARK: What is told of many

  /// Whether a lead that is due may be told of now. Many may be due at once: one alert says how many, and the next waits for a time.
  func mayTell(_ what: LeadChange, of row: Row) -> Telling {
    guard let last = told[what], now >= last, now - last < quiet.wholeMilliseconds else { return .withAlert }
    // It was counted in the last alert.
    return row.due.map { $0 <= last } ?? false ? .silently : .later(last + quiet.wholeMilliseconds)
  }

  enum Telling {
    case withAlert
    case silently
    case later(Int64)
  }

  /// How many are told of with an alert from now on.
  func beginTelling(_ what: LeadChange, _ state: LeadState) throws(StoreError) -> Int64 {
    told[what] = now
    return try table.due(state, at: now)
  }

  /// It waits until the next time that it may be told.
  func putOff(_ row: inout Row, to time: Int64) throws(StoreError) {
    row.due = time
    try table.update(row)
  }

  /// It is told, once, that a lead waits.
  func tellOnce(_ row: inout Row, _ what: LeadChange) throws(StoreError) {
    (row.due, row.isTold) = (nil, true)
    try change(&row, what)
  }

  /// Those whose time has come, a slice of them.
  func takeDue() throws(StoreError) -> [Row] { isDue ? try table.due(at: now, limit: Self.slice) : [] }

  /// What was due is done.
  func lookForDue() throws(StoreError) { nextDue = try table.nextDue() }

  /// Leads of which something becomes at a time.
  private static let slice: Int64 = 200

  private func look(noLaterThan due: Int64?) {
    if let due { nextDue = min(nextDue ?? due, due) }
  }

  private func emit(_ row: Row, _ change: LeadChange) throws(StoreError) {
    guard let phone = E164(digits: row.phone) else { throw .damaged("lead", row: row.id) }
    let view = LeadView(row)
    emit(
      .leadChanged(
        LeadChanged(
          leadID: view.leadID, contactID: view.contactID, phone: phone, phoneField: view.phoneField,
          leadSource: view.leadSource, change: change, state: view.state, hot: view.hot, repID: view.repID,
          conversationID: view.conversationID, note: view.note, createdAt: view.createdAt,
          assignedAt: view.assignedAt, contactedAt: view.contactedAt, closedAt: view.closedAt,
          at: Timestamp(milliseconds: now))))
  }
}

extension LeadView {
  /// - Parameter hidesPhone: the caller may only claim it.
  init(_ row: LeadTable.LeadRow, hidesPhone: Bool = false) {
    func time(_ milliseconds: Int64?) -> Timestamp? { milliseconds.map { Timestamp(milliseconds: $0) } }
    self.init(
      leadID: LeadID(row.id), contactID: ContactID(row.contact),
      phone: hidesPhone ? nil : E164(digits: row.phone), phoneField: row.phoneField, leadSource: row.source,
      state: row.state, hot: row.isHot, repID: row.rep.map { RepID($0) },
      conversationID: row.conversation.map { ConversationID($0) }, note: row.note,
      createdAt: Timestamp(milliseconds: row.created), assignedAt: time(row.assigned),
      contactedAt: time(row.contacted), closedAt: time(row.closed),
      updatedAt: Timestamp(milliseconds: row.updated))
  }
}
