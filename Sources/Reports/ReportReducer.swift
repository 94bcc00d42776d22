public import Contract

/// What a report may keep: its memory is bounded, whatever the feed has.
struct ReportLimits: Sendable {
  /// Rows: of queues, members, conversations or leads' reps, in periods.
  var rows = 200_000
  /// Times kept for medians and quantiles, and kinds of outcomes in rows.
  var values = 5_000_000
  /// Conversations at a time.
  var conversations = 1_000_000
  /// Campaigns, and the conversations that answered those whose window is open.
  var campaigns = 100_000
  var answered = 1_000_000
  /// Reasons for lost texts, which are the carriers' words, over all campaigns.
  var losses = 100_000
  /// Leads at a time that nobody has texted.
  var leads = 1_000_000
}

/// Folds the events of a feed, in their order, into a report. A value: a copy goes on by itself.
///
///     var reducer = ReportReducer(request, isWhole: oldest == Cursor(0))
///     for event in events { try reducer.add(event) }
///     let report = try reducer.report(asOf: now)
///
/// It is told every event that is kept, those before `request.from` too: what happened then decides what an answer answers. What it keeps
/// is bounded: 200,000 rows, 5,000,000 times, 1,000,000 conversations or untexted leads at a time, 100,000 campaigns. Beyond that there is
/// an error and no report.
public struct ReportReducer: Sendable {
  /// What a row is about.
  fileprivate enum Subject: Hashable {
    case queue(QueueID)
    case worker(Worker)
    case conversation(ConversationID, PhoneNumber)
  }

  private struct Key: Hashable {
    var period: Int64
    var subject: Subject
  }

  private let request: ReportRequest
  private let limits: ReportLimits
  private let isWhole: Bool
  private var last: Int64 = 0
  private var knownFrom: Int64?
  private var threads: Threads
  private var campaigns: Campaigns
  private var leads: Leads
  private var tallies: [Key: Tally] = [:]
  private var leadTallies: [Key: LeadTally] = [:]
  private var values = 0
  private var leftOut = 0

  /// - Parameter isWhole: no event was ever removed from the feed.
  public init(_ request: ReportRequest, isWhole: Bool) {
    self.init(request, isWhole: isWhole, limits: ReportLimits())
  }

  init(_ request: ReportRequest, isWhole: Bool, limits: ReportLimits) {
    self.request = request
    self.isWhole = isWhole
    self.limits = limits
    threads = Threads(isWhole: isWhole, maximum: limits.conversations)
    campaigns = Campaigns(isWhole: isWhole, window: Int64(request.windowS) * 1_000, limits)
    leads = Leads(source: request.source, maximum: limits.leads)
  }

  /// Whether an event was read that no later one can precede, and that is not counted any more.
  public private(set) var isPastEnd = false

  /// Takes the next event. One that was taken before is passed over.
  public mutating func add(_ event: FeedEvent) throws(ReportError) {
    guard let sequence = Int64(event.sequence) else { throw .malformed("an event without a sequence") }
    try add(event.data, sequence: sequence, time: event.time)
  }

  /// The same, of an event's parts.
  ///
  /// - Parameter time: of its commit; never decreases along the feed.
  public mutating func add(_ data: EventData, sequence: Int64, time: Timestamp) throws(ReportError) {
    guard sequence > last else { return }
    last = sequence
    let now = time.milliseconds
    if knownFrom == nil { knownFrom = now }
    if let until = request.until, time >= until { isPastEnd = true }
    guard !isPastEnd else { return }
    switch request.kind {
    case .queues, .members, .conversations:
      var facts: [Fact] = []
      try threads.take(data, at: now, &facts)
      try count(facts)
    case .campaigns: try campaigns.take(data, at: now)
    case .leads:
      var facts: [LeadFact] = []
      try leads.take(data, at: now, &facts)
      try count(facts)
    }
  }

  private mutating func count(_ facts: [Fact]) throws(ReportError) {
    for fact in facts {
      if let from = request.from, fact.at < from.milliseconds { continue }
      if case .leftOut = fact.what {
        // Where the queue or the person is not known either, it may be those asked for.
        if matches(fact, orUnknown: true) { leftOut += 1 }
        continue
      }
      guard matches(fact, orUnknown: false) else { continue }
      guard let subject = subject(of: fact) else { continue }
      let key = Key(period: request.periods.beginning(of: fact.at), subject: subject)
      guard tallies[key] != nil || tallies.count < limits.rows else {
        throw .tooMany("rows", limits.rows)
      }
      values += tallies[key, default: Tally()].add(fact.what, keepsOrder: request.kind == .conversations)
      guard values <= limits.values else { throw .tooMany("response times", limits.values) }
    }
  }

  private mutating func count(_ facts: [LeadFact]) throws(ReportError) {
    for fact in facts {
      if let from = request.from, fact.at < from.milliseconds { continue }
      if case .leftOut = fact.what {
        leftOut += 1
        continue
      }
      if let rep = request.rep, fact.worker != .rep(rep) { continue }
      let key = Key(period: request.periods.beginning(of: fact.at), subject: .worker(fact.worker))
      guard leadTallies[key] != nil || leadTallies.count < limits.rows else {
        throw .tooMany("rows", limits.rows)
      }
      values += leadTallies[key, default: LeadTally()].add(fact.what)
      guard values <= limits.values else { throw .tooMany("response times", limits.values) }
    }
  }

  private func matches(_ fact: Fact, orUnknown: Bool) -> Bool {
    if let queue = request.queue, fact.queue != queue, !orUnknown || fact.queue != nil { return false }
    guard !orUnknown || fact.worker != .nobody else { return true }
    if let member = request.member, fact.worker != .member(member) { return false }
    if let rep = request.rep, fact.worker != .rep(rep) { return false }
    return true
  }

  private func subject(of fact: Fact) -> Subject? {
    switch request.kind {
    case .queues: fact.queue.map { .queue($0) }
    case .members: .worker(fact.worker)
    case .conversations: .conversation(fact.conversation, fact.number)
    case .campaigns, .leads: nil
    }
  }

  // MARK: The report

  /// The report on what was read. The reducer can go on.
  ///
  /// - Parameter now: a snooze that was due before is overdue. Not before the last event, nor after `until`.
  public func report(asOf now: Timestamp) throws(ReportError) -> Report {
    let now = request.until.map { min($0, now) } ?? now
    var end = self
    switch request.kind {
    case .queues, .members, .conversations: try end.count(threads.remaining(at: now.milliseconds))
    case .campaigns: break
    case .leads: try end.count(leads.remaining())
    }
    let rows = end.rows(at: now.milliseconds)
    return Report(
      request: request, isWhole: isWhole,
      knownFrom: isWhole ? nil : knownFrom.map { Timestamp(milliseconds: $0) }, asOf: now,
      leftOut: end.leftOut, conversationsKept: threads.count(at: now.milliseconds), rows: rows)
  }

  private mutating func rows(at now: Int64) -> Report.Rows {
    switch request.kind {
    case .queues: .queues(sorted(tallies) { $0.queue }.compactMap { row($0, $1, $2, now) })
    case .members: .members(sorted(tallies) { $0.member }.compactMap { row($0, $1, $2, now) })
    case .conversations: .conversations(sorted(tallies) { $0.conversation }.map { row($0, $1, $2, now) })
    case .campaigns: .campaigns(campaignRows(at: now))
    case .leads: .leads(sorted(leadTallies) { $0.member }.map { row($0, $1, $2, now) })
    }
  }

  /// By period, then by id.
  private func sorted<Of: Comparable, ID, Sums>(
    _ tallies: [Key: Sums], _ subject: (Subject) -> (order: Of, id: ID)?
  ) -> [(Int64, ID, Sums)] {
    var found: [(Int64, Of, ID, Sums)] = []
    for (key, tally) in tallies {
      guard let (order, id) = subject(key.subject) else { continue }
      found.append((key.period, order, id, tally))
    }
    found.sort { ($0.0, $0.1) < ($1.0, $1.1) }
    return found.map { ($0.0, $0.2, $0.3) }
  }

  private func row(_ period: Int64, _ queue: QueueID, _ tally: Tally, _ now: Int64) -> QueueRow? {
    let counts = tally.counts
    let row = QueueRow(
      period: self.period(period, now), queueID: queue, opened: counts.opened, served: Spread(tally.served),
      taken: counts.taken, firstResponse: Spread(tally.firstResponses),
      nextResponse: Spread(tally.nextResponses), limitKnown: counts.limitKnown,
      answeredInTime: counts.answeredInTime, wentBack: counts.wentBack, released: counts.released,
      transferred: counts.transferred, snoozed: counts.snoozed, cameBack: counts.cameBack,
      closedSnoozed: counts.closedSnoozed, snoozedAgain: counts.snoozedAgain, notDue: counts.notDue,
      overdue: counts.overdue, completed: counts.completed, optedOut: counts.optedOut,
      dispositions: tally.dispositions)
    return row.isEmpty ? nil : row
  }

  private func row(_ period: Int64, _ worker: Worker, _ tally: Tally, _ now: Int64) -> MemberRow? {
    let counts = tally.counts
    let row = MemberRow(
      period: self.period(period, now), memberID: worker.memberID, repID: worker.repID,
      served: tally.served.count, taken: counts.taken, texts: counts.texts,
      responses: Spread(tally.firstResponses + tally.nextResponses), handled: Spread(tally.handled),
      completed: counts.completed, released: counts.released, wentBack: counts.wentBack,
      transferred: counts.transferred, dispositions: tally.dispositions)
    return row.isEmpty ? nil : row
  }

  private func row(
    _ period: Int64, _ conversation: (ConversationID, PhoneNumber), _ tally: Tally, _ now: Int64
  ) -> ConversationRow {
    let counts = tally.counts
    return ConversationRow(
      period: self.period(period, now), conversationID: conversation.0, number: conversation.1,
      received: counts.received, texts: counts.texts, opened: counts.opened, completed: counts.completed,
      optedOut: counts.optedOut, responsesMs: tally.responses, handledMs: tally.handled,
      dispositions: tally.dispositions)
  }

  private func row(_ period: Int64, _ worker: Worker, _ tally: LeadTally, _ now: Int64) -> LeadRow {
    let counts = tally.counts
    return LeadRow(
      period: self.period(period, now), repID: worker.repID, came: counts.came, assigned: counts.assigned,
      assignedTexted: counts.assignedTexted, claimed: counts.claimed, texted: tally.sinceCame.count,
      sinceAssigned: Spread(tally.sinceAssigned), sinceCame: Spread(tally.sinceCame),
      unclaimed: counts.unclaimed, untexted: counts.untexted, returned: counts.returned,
      passedOn: counts.passedOn, closedUntexted: counts.closedUntexted, closedTexted: counts.closedTexted,
      hot: counts.hot, waiting: counts.waiting)
  }

  private mutating func campaignRows(at now: Int64) -> [CampaignRow] {
    var rows: [(Int64, CampaignRow)] = []
    for (id, campaign) in campaigns.known {
      guard request.campaign == nil || request.campaign == id, let started = campaign.started else {
        continue
      }
      if let from = request.from, started < from.milliseconds || !campaign.isWhole {
        // It may have started in the time asked for: before it was seen first.
        if !campaign.isWhole, started >= from.milliseconds { leftOut += 1 }
        continue
      }
      let period = request.periods.beginning(of: started)
      let arrived = campaign.texts - campaign.failed - campaign.expired - campaign.cancelled
      let losses = campaign.losses.map { CampaignLoss(state: $0.state, reason: $0.reason, count: $1) }
      rows.append(
        (
          period,
          CampaignRow(
            period: self.period(period, now), campaignID: id, name: campaign.name, state: campaign.state,
            startedAt: Timestamp(milliseconds: started), isWhole: campaign.isWhole, counts: campaign.counts,
            texts: campaign.texts, delivered: campaign.delivered, failed: campaign.failed,
            expired: campaign.expired, cancelled: campaign.cancelled, left: campaign.left,
            losses: losses.sorted {
              ($1.count, $0.state.rawValue, $0.reason ?? "") < ($0.count, $1.state.rawValue, $1.reason ?? "")
            },
            answers: campaign.answers, answeredConversations: campaign.answered, optOuts: campaign.optOuts,
            optOutRate: arrived > 0 ? Double(campaign.optOuts) / Double(arrived) : nil)
        ))
    }
    return rows.sorted { ($0.0, $0.1.campaignID) < ($1.0, $1.1.campaignID) }.map(\.1)
  }

  private func period(_ beginning: Int64, _ now: Int64) -> ReportPeriod {
    let end = request.periods.end(ofPeriodFrom: beginning)
    let isAll = request.periods == .all
    let from = isAll ? request.from : Timestamp(milliseconds: beginning)
    let until = isAll ? request.until : Timestamp(milliseconds: end)
    var isRead = isAll || end <= now
    if !isAll, let from = request.from, beginning < from.milliseconds { isRead = false }
    if !isWhole {
      // The first event kept need not be the first of its millisecond.
      isRead = isRead && from.map { from in knownFrom.map { $0 < from.milliseconds } ?? false } ?? false
    }
    return ReportPeriod(
      name: request.periods.name(ofPeriodFrom: beginning), from: from, until: until, isWhole: isRead)
  }
}

extension ReportReducer.Subject {
  fileprivate var queue: (order: QueueID, id: QueueID)? {
    guard case .queue(let id) = self else { return nil }
    return (id, id)
  }

  fileprivate var conversation: (order: ConversationID, id: (ConversationID, PhoneNumber))? {
    guard case .conversation(let id, let number) = self else { return nil }
    return (id, (id, number))
  }

  /// Members first, then reps, then nobody.
  fileprivate var member: (order: Int64, id: Worker)? {
    guard case .worker(let worker) = self else { return nil }
    switch worker {
    case .member(let id): return (id.value, worker)
    case .rep(let id): return (.max / 2 + id.value, worker)
    case .nobody: return (.max, worker)
    }
  }
}

extension Worker {
  fileprivate var memberID: MemberID? { if case .member(let id) = self { id } else { nil } }
  fileprivate var repID: RepID? { if case .rep(let id) = self { id } else { nil } }
}

extension QueueRow {
  /// Nothing that the row shows, such as a text that answers nothing.
  fileprivate var isEmpty: Bool {
    [
      opened, taken, wentBack, released, transferred, snoozed, cameBack, closedSnoozed, snoozedAgain, notDue,
      overdue, completed, optedOut,
    ].allSatisfy { $0 == 0 } && [served, firstResponse, nextResponse].allSatisfy { $0.count == 0 }
      && dispositions.isEmpty
  }
}

extension MemberRow {
  /// Nothing that the row shows: facts of others brought it about.
  fileprivate var isEmpty: Bool {
    [served, taken, texts, completed, released, wentBack, transferred].allSatisfy { $0 == 0 }
      && responses.count == 0 && handled.count == 0 && dispositions.isEmpty
  }
}
