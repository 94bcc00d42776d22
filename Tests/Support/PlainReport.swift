import Contract

/// The numbers of reports, computed without a reducer: each from the whole list of events, by looking back and ahead. Slow and plain.
package struct PlainReport {
  package struct Event {
    package var data: EventData
    /// Milliseconds since 1970 UTC.
    package var at: Int64

    package init(data: EventData, at: Int64) {
      self.data = data
      self.at = at
    }
  }

  package struct Response: Equatable {
    package var conversation: ConversationID
    package var queue: QueueID?
    /// `mem_1`, `rep_1` or `-`.
    package var who: String
    package var time: Int64
    package var isFirst: Bool
    package var at: Int64
  }

  package struct Span: Equatable {
    package var conversation: ConversationID
    package var queue: QueueID
    package var member: MemberID
    package var time: Int64
    package var at: Int64
  }

  package let events: [Event]

  package init(_ events: [Event]) { self.events = events }

  private func work(_ index: Int) -> EpisodeChanged? {
    if case .episodeChanged(let event) = events[index].data { event } else { nil }
  }

  private static func who(_ event: EpisodeChanged) -> String {
    event.queueID == nil
      ? event.repID.map(\.description) ?? "-" : event.memberID.map(\.description) ?? "-"
  }

  private static func conversation(of data: EventData) -> ConversationID? {
    switch data {
    case .episodeChanged(let event): event.conversationID
    case .messageQueued(let event): event.class == .interactive ? event.conversationID : nil
    case .messageReceived(let event): event.keywordClass == .none ? event.conversationID : nil
    default: nil
    }
  }

  /// The numbers of the events of one conversation's work.
  private func thread(_ id: ConversationID) -> [Int] {
    events.indices.filter { Self.conversation(of: events[$0].data) == id }
  }

  private var conversations: [ConversationID] {
    Array(Set(events.compactMap { Self.conversation(of: $0.data) })).sorted()
  }

  // MARK: The numbers

  /// Changes of the work, by what changed it.
  package func changes(_ reason: EpisodeReason) -> [(event: EpisodeChanged, at: Int64)] {
    events.indices.compactMap { index in
      work(index).flatMap { $0.change == reason ? ($0, events[index].at) : nil }
    }
  }

  /// The first event of each stretch of work.
  package var opened: [(event: EpisodeChanged, at: Int64)] {
    var seen: Set<EpisodeID> = []
    return changes(.text).filter {
      seen.insert($0.event.episodeID).inserted && $0.event.createdAt == $0.event.at
    }
  }

  package var responses: [Response] {
    var found: [Response] = []
    for id in conversations {
      let thread = thread(id)
      for (place, index) in thread.enumerated() {
        guard case .messageQueued = events[index].data else { continue }
        // From the last text of ours, or the last end of the work, to this text.
        let before = thread[..<place]
        let start =
          before.lastIndex { other in
            if case .messageQueued = events[other].data { return true }
            return work(other)?.state == .completed
          } ?? -1
        let texts = before[(start + 1)...].filter {
          if case .messageReceived = events[$0].data { true } else { false }
        }
        guard let first = texts.first else { continue }
        let next = place + 1 < thread.count ? work(thread[place + 1]) : nil
        let answer = next?.change == .answered ? next : nil
        let last = before.reversed().lazy.compactMap { work($0) }.first
        let episode = last?.episodeID
        let earlier = before.contains { other in
          guard case .messageQueued = events[other].data else { return false }
          return before.contains { $0 < other && work($0)?.episodeID == episode }
        }
        let who = answer.map(Self.who) ?? last.map { $0.state == .snoozed ? "-" : Self.who($0) } ?? "-"
        found.append(
          Response(
            conversation: id, queue: answer?.queueID ?? (answer == nil ? last?.queueID : nil), who: who,
            time: events[index].at - events[first].at, isFirst: !earlier, at: events[index].at))
      }
    }
    return found
  }

  /// How long members had something to answer.
  package var spans: [Span] {
    var found: [Span] = []
    for index in events.indices {
      guard let given = gift(index) else { continue }
      // Handed to the member who has it already: the span goes on.
      if let before = events.indices[..<index].last(where: { work($0)?.conversationID == given.conversation }
      ),
        let state = work(before), state.state == .toAnswer, state.memberID == given.member,
        isCurrent(given, before: index)
      {
        continue
      }
      let end = events.indices[(index + 1)...].first { other in
        guard let event = work(other) else { return false }
        if event.conversationID == given.conversation {
          return !(gift(other).map { $0.member == given.member } ?? false)
        }
        return gift(other)?.member == given.member
      }
      guard let end else { continue }
      found.append(
        Span(
          conversation: given.conversation, queue: given.queue, member: given.member,
          time: events[end].at - events[index].at, at: events[end].at))
    }
    return found
  }

  /// Whether what a member was given last, before an event, is this conversation.
  private func isCurrent(
    _ given: (conversation: ConversationID, queue: QueueID, member: MemberID), before index: Int
  )
    -> Bool
  {
    events.indices[..<index].reversed().lazy.compactMap { gift($0) }.first { $0.member == given.member }?
      .conversation
      == given.conversation
  }

  /// Who is given a conversation by an event.
  private func gift(_ index: Int) -> (conversation: ConversationID, queue: QueueID, member: MemberID)? {
    guard let event = work(index), [.served, .taken, .transferred, .text].contains(event.change),
      event.state == .toAnswer, let queue = event.queueID, let member = event.memberID
    else { return nil }
    return (event.conversationID, queue, member)
  }

  /// What became of each snooze, with the queue and time of the snooze: `came_back`, `closed`, `again`, `overdue` or `not_due`.
  package func snoozes(at now: Int64) -> [(queue: QueueID?, at: Int64, end: String)] {
    events.indices.compactMap { index in
      guard let event = work(index), event.change == .snoozed, let due = event.dueAt else { return nil }
      let next = events.indices[(index + 1)...].lazy.compactMap { work($0) }.first {
        $0.conversationID == event.conversationID && ($0.state != .snoozed || $0.change == .snoozed)
      }
      let end =
        switch next?.state {
        case nil: due.milliseconds < now ? "overdue" : "not_due"
        case .completed: "closed"
        case .snoozed: "again"
        case .waiting, .toAnswer, .answered: "came_back"
        }
      return (event.queueID, events[index].at, end)
    }
  }

  /// What became of each lead, with what it was before; nil: it came.
  package var leadSteps: [(event: LeadChanged, at: Int64, before: LeadChanged?)] {
    let all = events.compactMap { event -> (LeadChanged, Int64)? in
      if case .leadChanged(let lead) = event.data { (lead, event.at) } else { nil }
    }
    return all.enumerated().map { place, step in
      (step.0, step.1, all[..<place].last { $0.0.leadID == step.0.leadID }?.0)
    }
  }

  /// The leads that wait for a text at the end: who has each, and since when.
  package var leadsWaiting: [(rep: RepID?, since: Int64)] {
    let steps = leadSteps
    return Set(steps.map(\.event.leadID)).sorted().compactMap { id in
      let own = steps.filter { $0.event.leadID == id }
      guard let last = own.last?.event, last.contactedAt == nil, last.closedAt == nil,
        let given = own.last(where: { $0.before == nil || $0.before?.repID != $0.event.repID })
      else { return nil }
      return (last.repID, given.at)
    }
  }

  /// All outcomes, with whether each is its work's first and last.
  package var outcomes: [(event: DispositionRecorded, at: Int64, isFirst: Bool, isLast: Bool)] {
    let all = events.compactMap { event -> (DispositionRecorded, Int64)? in
      if case .dispositionRecorded(let outcome) = event.data { (outcome, event.at) } else { nil }
    }
    return all.enumerated().map { place, found in
      func isSame(_ other: (DispositionRecorded, Int64)) -> Bool { other.0.episodeID == found.0.episodeID }
      return (
        found.0, found.1, !all[..<place].contains(where: isSame), !all[(place + 1)...].contains(where: isSame)
      )
    }
  }
}
