import Contract
import Testing

@testable import Gateway

/// What an app knows that has read the feed and asked nothing: contacts, groups, reps, numbers, conversations, messages and consent.
struct ReplayModel {
  var contacts: [ContactID: ContactView] = [:]
  var groups: [GroupID: GroupView] = [:]
  var members: [GroupID: Set<ContactID>] = [:]
  var reps: [RepID: RepView] = [:]
  var memberViews: [MemberID: MemberView] = [:]
  var numbers: [PhoneNumber: NumberView] = [:]
  var conversations: [ConversationID: ConversationView] = [:]
  var messages: [MessageID: MessageView] = [:]
  var campaigns: [CampaignID: CampaignView] = [:]
  var queues: [QueueID: QueueView] = [:]
  var episodes: [ConversationID: EpisodeView] = [:]
  var dispositions: [DispositionView] = []
  var notes: [NoteView] = []
  var templates: [TemplateID: TemplateView] = [:]
  var leads: [LeadID: LeadView] = [:]
  var absences: [AbsenceID: AbsenceView] = [:]
  var keywords: [KeywordID: KeywordView] = [:]
  var calendars: [RepID: CalendarView] = [:]
  /// Opted out of the brand, of a number of ours, or blocked there by the network.
  private var out: Set<Block> = []

  private struct Block: Hashable {
    var phone: PhoneNumber
    /// nil: the brand.
    var number: PhoneNumber?
    var layer: ConsentLayer
  }

  mutating func apply(_ event: EventData) {
    switch event {
    case .contactChanged(let event):
      contacts[event.contactID] = ContactView(
        contactID: event.contactID, ref: event.ref, firstName: event.firstName, lastName: event.lastName,
        phones: event.phones, repID: event.repID, tags: event.tags, attributes: event.attributes,
        optedOutOfBrand: false, createdAt: event.createdAt, updatedAt: event.at)
    case .groupChanged(let event):
      groups[event.groupID] = GroupView(
        groupID: event.groupID, name: event.name, repID: event.repID, conditions: event.conditions,
        memberCount: event.conditions == nil ? 0 : nil,
        createdAt: event.createdAt,
        updatedAt: event.at)
      switch event.change {
      case .created, .added: members[event.groupID, default: []].formUnion(event.contactIDs)
      case .removed: members[event.groupID, default: []].subtract(event.contactIDs)
      }
    case .repChanged(let event):
      reps[event.repID] = RepView(
        repID: event.repID, name: event.name, numbers: [], hasMobile: event.hasMobile,
        hasEmail: event.hasEmail, alertBy: event.alertBy,
        active: event.active, away: false, contactCount: 0, createdAt: event.createdAt, updatedAt: event.at)
    case .memberChanged(let event):
      memberViews[event.memberID] = MemberView(
        memberID: event.memberID, login: event.login, name: event.name, roles: event.roles,
        repID: event.repID,
        active: event.active, hasPassword: event.hasPassword, hasSecondFactor: event.hasSecondFactor,
        presence: event.presence,
        invitedUntil: event.invitedUntil, createdAt: event.createdAt, updatedAt: event.at)
    case .numberStateChanged(let event):
      let before = numbers[event.number]
      if before?.repID != event.repID || before?.home ?? false != event.home {
        for rep in [before?.repID, event.repID] { rep.map { reps[$0]?.updatedAt = event.at } }
      }
      numbers[event.number] = NumberView(
        number: event.number, kind: event.kind, state: event.state, rate: event.rate, repID: event.repID,
        queueID: event.queueID, home: event.home, routes: event.routes, queuedInteractive: 0,
        queuedCampaign: 0,
        createdAt: event.createdAt, updatedAt: event.at)
    case .conversationChanged(let event): apply(event)
    case .messageReceived(let event):
      messages[event.messageID] = MessageView(
        messageID: event.messageID, conversationID: event.conversationID, direction: .inbound,
        from: event.from, to: event.to, text: event.text, encoding: event.encoding, segments: event.segments,
        state: .received, campaignID: event.campaignID, keyword: event.keyword, createdAt: event.receivedAt,
        updatedAt: event.receivedAt)
    case .messageQueued(let event):
      messages[event.messageID] = MessageView(
        messageID: event.messageID, conversationID: event.conversationID, direction: .outbound,
        class: event.class, from: event.from, to: event.to, text: event.text ?? "",
        templateID: event.templateID, encoding: event.encoding,
        segments: event.segments, metadata: event.metadata, state: .queued, campaignID: event.campaignID,
        createdAt: event.createdAt,
        updatedAt: event.createdAt,
        notAfter: event.notAfter)
    case .messageStateChanged(let event): apply(event)
    case .consentChanged(let event):
      let block = Block(
        phone: event.phone, number: event.scope == .brand ? nil : event.number, layer: event.layer)
      let isChange = event.kind == .optOut ? out.insert(block).inserted : out.remove(block) != nil
      if isChange { touch(event) }
    case .campaignProgress(let event): apply(event)
    case .queueChanged(let event):
      queues[event.queueID] = QueueView(
        queueID: event.queueID, name: event.name, answerWithinS: event.answerWithinS,
        capacity: event.capacity,
        dispositionRequired: event.dispositionRequired, dispositions: event.dispositions,
        memberIDs: event.memberIDs, depth: 0, createdAt: event.createdAt, updatedAt: event.at)
    case .episodeChanged(let event):
      let view = EpisodeView(
        episodeID: event.episodeID, conversationID: event.conversationID, state: event.state,
        queueID: event.queueID, repID: event.repID, memberID: event.memberID, since: event.since,
        dueAt: event.dueAt,
        createdAt: event.createdAt, completedAt: event.completedAt)
      episodes[event.conversationID] = view
      conversations[event.conversationID]?.updatedAt = event.at
    case .dispositionRecorded(let event):
      dispositions.append(
        DispositionView(
          dispositionID: event.dispositionID, conversationID: event.conversationID,
          episodeID: event.episodeID,
          queueID: event.queueID, memberID: event.memberID, disposition: event.disposition,
          label: event.label, note: event.note, createdAt: event.at))
    case .templateChanged(let event):
      templates[event.templateID] =
        event.removed
        ? nil
        : TemplateView(
          templateID: event.templateID, name: event.name, text: event.text, defaults: event.defaults,
          queueID: event.queueID, repID: event.repID, createdAt: event.createdAt, updatedAt: event.at)
    case .leadChanged(let event):
      leads[event.leadID] = LeadView(
        leadID: event.leadID, contactID: event.contactID, phone: event.phone, phoneField: event.phoneField,
        leadSource: event.leadSource, state: event.state, hot: event.hot, repID: event.repID,
        conversationID: event.conversationID, note: event.note, createdAt: event.createdAt,
        assignedAt: event.assignedAt, contactedAt: event.contactedAt, closedAt: event.closedAt,
        updatedAt: event.at)
    case .calendarChanged(let event):
      calendars[event.repID] =
        event.removed
        ? nil
        : CalendarView(
          repID: event.repID, timeZone: event.timeZone, hours: event.hours, holidays: event.holidays,
          delegateRepID: event.delegateRepID, delegateQueueID: event.delegateQueueID, reply: event.reply,
          createdAt: event.createdAt, updatedAt: event.at)
    case .keywordChanged(let event):
      keywords[event.keywordID] =
        event.removed
        ? nil
        : KeywordView(
          keywordID: event.keywordID, keyword: event.keyword, number: event.number,
          consentText: event.consentText, tag: event.tag, answer: event.answer, createdAt: event.createdAt,
          updatedAt: event.at)
    case .absenceChanged(let event):
      // Whether a rep is away, and until when, is shown with the rep.
      if event.state == .inForce || absences[event.absenceID]?.state == .inForce {
        reps[event.repID]?.updatedAt = event.at
      }
      absences[event.absenceID] = AbsenceView(
        absenceID: event.absenceID, repID: event.repID, state: event.state, startsAt: event.startsAt,
        endsAt: event.endsAt, delegateRepID: event.delegateRepID, delegateQueueID: event.delegateQueueID,
        reply: event.reply, byCalendar: event.byCalendar, createdAt: event.createdAt, updatedAt: event.at)
    case .noteAdded(let event):
      notes.append(
        NoteView(
          noteID: event.noteID, conversationID: event.conversationID, memberID: event.memberID,
          text: event.text, createdAt: event.at))
    case .bindStateChanged, .alertRaised, .dataReceived: break
    }
  }

  private mutating func apply(_ event: ConversationChanged) {
    var view =
      conversations[event.conversationID]
      ?? ConversationView(
        conversationID: event.conversationID, number: event.number, phone: event.phone, state: .open,
        contactIDs: [], blocked: false, messageCount: 0, unread: 0, createdAt: event.at, updatedAt: event.at)
    view.updatedAt = event.at
    view.repID = event.repID
    view.queueID = event.queueID
    view.absentRepID = event.absentRepID
    view.contactIDs = event.contactIDs
    view.candidateRepIDs = event.candidateRepIDs
    view.lastReadMessageID = event.lastReadMessageID
    conversations[event.conversationID] = view
  }

  /// What shows a phone's consent has changed.
  private mutating func touch(_ event: ConsentChanged) {
    for (id, view) in conversations
    where view.phone == event.phone && (event.scope == .brand || event.number == view.number) {
      conversations[id]?.updatedAt = event.at
    }
    guard event.scope == .brand else { return }
    for (id, view) in contacts where view.phones.first.map({ PhoneNumber($0) }) == event.phone {
      contacts[id]?.updatedAt = event.at
    }
  }

  private mutating func apply(_ event: CampaignProgress) {
    var view =
      campaigns[event.campaignID]
      ?? CampaignView(
        campaignID: event.campaignID, state: .planned, text: "", counts: event.counts, segments: 0,
        replyCount: 0, optOutCount: 0, copyToRep: false, createdAt: event.at, updatedAt: event.at)
    if let state = event.state {
      view.state = state
      view.expiresAt = nil
      if state == .running, view.committedAt == nil { view.committedAt = event.at }
    }
    if event.state == .planned {
      view.name = event.name
      view.from = event.from
      view.text = event.text ?? ""
      view.segments = event.segments ?? 0
      view.copyToRep = event.copyToRep ?? false
      view.metadata = event.metadata
      view.expiresAt = event.expiresAt
    }
    view.counts = event.counts
    view.replyCount = event.replyCount
    view.optOutCount = event.optOutCount
    campaigns[event.campaignID] = view
  }

  private mutating func apply(_ event: MessageStateChanged) {
    guard var view = messages[event.messageID] else {
      Issue.record("a message without its beginning: \(event.messageID)")
      return
    }
    #expect(view.metadata == event.metadata)
    view.state = event.state
    view.segments = event.segments
    view.updatedAt = event.at
    view.error = event.error
    view.reason = event.reason
    view.inferred = event.inferred ? true : nil
    view.carrier = event.carrier
    if event.state == .sent { view.sentAt = event.at }
    view.doneAt = event.final ? event.at : nil
    messages[event.messageID] = view
  }

  // MARK: As the queries show it

  private func owners(of phone: PhoneNumber) -> [ContactView] {
    contacts.values.filter { $0.phones.contains { PhoneNumber($0) == phone } }.sorted {
      $0.contactID < $1.contactID
    }
  }

  var shownContacts: [ContactView] {
    contacts.values.map { contact in
      var contact = contact
      if let phone = contact.phones.first {
        contact.optedOutOfBrand = out.contains(Block(phone: PhoneNumber(phone), number: nil, layer: .ours))
      }
      return contact
    }.sorted { $0.contactID < $1.contactID }
  }

  var shownGroups: [GroupView] {
    groups.values.map { group in
      var group = group
      if group.conditions == nil { group.memberCount = members[group.groupID]?.count ?? 0 }
      return group
    }.sorted { $0.groupID < $1.groupID }
  }

  var shownReps: [RepView] {
    reps.values.map { rep in
      var rep = rep
      let held = numbers.values.filter { $0.repID == rep.repID }
      rep.numbers = held.map(\.number).sorted()
      rep.homeNumber = held.first { $0.home }?.number
      let absence = absences.values.first { $0.repID == rep.repID && $0.state == .inForce }
      (rep.away, rep.awayUntil) = (absence != nil, absence?.endsAt)
      rep.contactCount = contacts.values.count { $0.repID == rep.repID }
      return rep
    }.sorted { $0.repID < $1.repID }
  }

  /// The default queue is there from the beginning, and no event tells of it before it changes.
  func shownQueues(_ asked: [QueueView]) -> [QueueView] {
    asked.map { view in
      guard var queue = queues[view.queueID] else { return view.queueID == QueueID(1) ? shown(view) : view }
      queue = shown(queue)
      return queue
    }
  }

  private func shown(_ queue: QueueView) -> QueueView {
    var queue = queue
    let waiting = episodes.values.filter { $0.queueID == queue.queueID && $0.state == .waiting }
    queue.depth = waiting.count
    queue.oldestAt = waiting.map(\.since).min()
    return queue
  }

  var shownNumbers: [NumberView] { numbers.values.sorted { $0.number < $1.number } }

  var shownMessages: [MessageView] {
    messages.values.map { message in
      var message = message
      let phone = message.direction == .inbound ? message.from : message.to
      let owners = owners(of: phone)
      message.contactID = owners.count == 1 ? owners[0].contactID : nil
      message.repID = message.conversationID.flatMap { conversations[$0]?.repID }
      return message
    }.sorted { $0.messageID < $1.messageID }
  }

  var shownConversations: [ConversationView] {
    conversations.values.map { conversation in
      var view = conversation
      let all = messages.values.filter { $0.conversationID == view.conversationID }.sorted {
        $0.messageID < $1.messageID
      }
      view.messageCount = all.count
      view.episode = episodes[view.conversationID].flatMap { $0.state == .completed ? nil : $0 }
      view.unread = all.count {
        $0.direction == .inbound && $0.messageID > view.lastReadMessageID ?? MessageID(0)
      }
      view.campaignID = all.last { $0.campaignID != nil }?.campaignID
      if let last = all.last {
        view.lastText = last.text
        view.lastDirection = last.direction
        view.lastAt = last.createdAt
        view.updatedAt = max(view.updatedAt, all.suffix(4).map(\.createdAt).max() ?? view.updatedAt)
        view.state = last.direction == .outbound ? .waiting : .open
      }
      view.blocked = [
        Block(phone: view.phone, number: nil, layer: .ours),
        Block(phone: view.phone, number: view.number, layer: .ours),
        Block(phone: view.phone, number: view.number, layer: .network),
      ].contains(where: out.contains)
      return view
    }.sorted { $0.conversationID < $1.conversationID }
  }
}

// What no event tells, and the contract says so.

extension MessageView {
  /// That a message is being sent, how many of its segments the phone has by now, and when one of several segments changed.
  var asReplayed: MessageView {
    var view = self
    if view.state == .sending { view.state = .queued }
    view.segmentsDelivered = nil
    if view.segments > 1 { view.updatedAt = view.createdAt }
    return view
  }
}

extension CampaignView {
  /// Whether a message waits or is being sent; and when the plan was begun and the campaign was through, which its states tell.
  var asReplayed: CampaignView {
    var view = self
    view.counts.queued += view.counts.sending
    view.counts.sending = 0
    view.createdAt = Timestamp(milliseconds: 0)
    view.finishedAt = nil
    view.updatedAt = view.createdAt
    return view
  }
}

extension NumberView {
  /// What waits changes with every message.
  var asReplayed: NumberView {
    var view = self
    view.queuedInteractive = 0
    view.queuedCampaign = 0
    return view
  }
}

extension RepView {
  var asReplayed: RepView {
    var view = self
    view.numbers.sort()
    return view
  }
}
