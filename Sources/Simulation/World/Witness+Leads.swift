import Configuration
import Contract
import Gateway
import Settings

extension Told {
  /// A lead, as the feed told of it.
  struct Lead {
    var last: LeadChanged
    /// It is told once that nobody has it, while nobody does.
    var isToldUnclaimed = false
    /// The same of a rep who has not texted.
    var isToldUntexted = false
    /// Another rep got it after a person had texted.
    var hasMoved = false
  }
}

/// What is promised of leads: none is lost or forgotten, and what becomes of one is told in its order.
extension Witness {
  func follow(_ change: LeadChanged) {
    let id = change.leadID
    let before = feed.leads[id]
    guard Self.mayFollow(before?.last.state, change) else {
      return violated(
        "leads",
        "\(id) was \(before?.last.state.rawValue ?? "not there") and is told \(change.change), \(change.state)"
      )
    }
    var lead = before ?? Told.Lead(last: change)
    switch change.change {
    case .unclaimed:
      if lead.isToldUnclaimed { violated("leads", "\(id) is told twice that nobody has it") }
      lead.isToldUnclaimed = true
    case .untexted:
      if lead.isToldUntexted { violated("leads", "\(id) is told twice that its rep has not texted") }
      lead.isToldUntexted = true
    case .assigned where change.state == .contacted: lead.hasMoved = true
    case .assigned, .claimed: lead.isToldUntexted = false
    case .returned: lead.isToldUnclaimed = false
    default: break
    }
    lead.last = change
    feed.leads[id] = lead
  }

  private static func mayFollow(_ before: LeadState?, _ change: LeadChanged) -> Bool {
    guard let before else { return change.change == .created && change.state == .open }
    guard before != .closed else { return false }
    switch change.change {
    case .created: return false
    case .assigned:
      return change.repID != nil && change.conversationID != nil
        && change.state == (before == .contacted ? .contacted : .assigned)
    case .claimed: return before == .open && change.state == .assigned && change.repID != nil
    case .contacted: return before != .contacted && change.state == .contacted && change.contactedAt != nil
    case .hot: return change.state == before && change.hot
    case .unclaimed: return before == .open && change.state == .open
    case .untexted: return before == .assigned && change.state == .assigned
    case .returned: return before == .assigned && change.state == .open && change.repID == nil
    case .closed: return change.state == .closed
    }
  }

  /// `lead.create` was answered: the lead has to be told of.
  func gave(_ lead: LeadID) { leads.insert(lead) }

  /// The leads of the store, at rest, against what the feed told, and against the texts in their threads.
  func compareLeads(_ queries: Queries) {
    for lead in leads.sorted() where feed.leads[lead] == nil {
      violated("leads", "\(lead) was accepted, and the feed never told of it")
    }
    let reps: Page<RepView>? = world.answer(queries, .repList(RepList(limit: 200)))
    let inactive = Set((reps?.items ?? []).filter { !$0.active }.map(\.repID))
    var found = 0
    var cursor: PageCursor?
    repeat {
      let page: Page<LeadView>? = world.answer(queries, .leadList(LeadList(cursor: cursor, limit: 200)))
      for lead in page?.items ?? [] {
        found += 1
        guard let told = feed.leads[lead.leadID] else {
          violated("leads", "\(lead.leadID) is there, and the feed never told of it")
          continue
        }
        let last = told.last
        if last.state != lead.state || last.repID != lead.repID || last.hot != lead.hot
          || last.conversationID != lead.conversationID || last.contactedAt != lead.contactedAt
        {
          violated("leads", "\(lead) is told to be \(last)")
        }
        if lead.state == .assigned, lead.repID.map(inactive.contains) ?? true {
          violated(
            "leads",
            "\(lead.leadID) waits for \(lead.repID.map { "\($0)" } ?? "nobody"), who does not work any more")
        }
        lookForOverdue(lead, told)
        compareTexts(of: lead, told, queries)
      }
      cursor = page?.next
    } while cursor != nil
    if found != feed.leads.count {
      violated("leads", "\(found) leads are there, and the feed told of \(feed.leads.count)")
    }
  }

  /// It waits for too long, and that was not told.
  private func lookForOverdue(_ lead: LeadView, _ told: Told.Lead) {
    let rules = world.configuration.rules
    let since: Timestamp
    let within: Duration
    switch lead.state {
    case .open where !told.isToldUnclaimed: (since, within) = (lead.updatedAt, rules.leads.claimWithin)
    case .assigned where !told.isToldUntexted:
      (since, within) = (lead.assignedAt ?? lead.createdAt, rules.leads.textWithin)
    default: return
    }
    // Many are told of together.
    let latest = since.milliseconds + (within + rules.alertQuiet).wholeMilliseconds + Self.slack
    guard latest < world.clock.wallMilliseconds else { return }
    violated("leads", "\(lead.leadID) waits since \(since), and nobody is told")
  }

  /// Milliseconds in which what is due is done, at rest.
  private static let slack: Int64 = 5_000

  private func compareTexts(of lead: LeadView, _ told: Told.Lead, _ queries: Queries) {
    guard let conversation = lead.conversationID, !told.hasMoved else { return }
    let query = ConversationMessages(conversationID: conversation, limit: 200)
    let page: Page<MessageView>? = world.answer(queries, .conversationMessages(query))
    let texts = (page?.items ?? []).filter { $0.direction == .outbound && $0.class == .interactive }
    switch lead.state {
    case .assigned:
      guard let assigned = lead.assignedAt, let text = texts.first(where: { $0.createdAt > assigned }) else {
        return
      }
      violated("leads", "\(lead.leadID) waits for a text, and has \(text.messageID)")
    case .contacted:
      guard page?.next == nil, !texts.contains(where: { $0.createdAt == lead.contactedAt }) else { return }
      violated("leads", "\(lead.leadID) was texted, and its conversation has no such text")
    case .open, .closed: break
    }
  }
}
