import Contract
import TestSupport

@testable import Reports

/// A history of a feed, written by hand: each line is what happened at a time.
struct History {
  /// 2026-11-22T00:00:00Z, a Sunday.
  static let sunday: Int64 = 1_795_305_600_000
  static let number = address("+18885550101")
  static let phone = address("+12025550142")
  static let ana = MemberID(1)
  static let ben = MemberID(2)
  static let sales = QueueID(2)

  private static var person: E164 {
    guard let phone = E164("+12025550142") else { preconditionFailure("this is a phone") }
    return phone
  }

  private static func address(_ text: String) -> PhoneNumber {
    guard let number = PhoneNumber(text) else { preconditionFailure("\(text) is no phone") }
    return number
  }

  private(set) var events: [PlainReport.Event] = []
  /// Milliseconds since 1970.
  private(set) var now = History.sunday
  private var episodes: [ConversationID: EpisodeChanged] = [:]
  private(set) var leads: [LeadID: LeadChanged] = [:]
  private var lastID: Int64 = 0

  /// Time goes on to so many seconds after the beginning.
  mutating func at(_ seconds: Double) {
    now = History.sunday + Int64(seconds * 1_000)
  }

  mutating func tell(_ data: EventData) { events.append(PlainReport.Event(data: data, at: now)) }

  private func last(_ thread: Int64) -> EpisodeChanged {
    guard let work = episodes[ConversationID(thread)] else { preconditionFailure("no work in \(thread)") }
    return work
  }

  private mutating func nextID() -> Int64 {
    lastID += 1
    return lastID
  }

  func state(_ thread: Int64) -> EpisodeState? { episodes[ConversationID(thread)]?.state }

  // MARK: Texts

  /// A text comes, and what it does to the work. With a member: it is the member's to answer.
  mutating func text(
    _ thread: Int64 = 1, queue: QueueID? = History.sales, rep: RepID? = nil, to member: MemberID? = nil,
    limit: Int64 = 300, keyword: KeywordClass = .none, campaign: CampaignID? = nil
  ) {
    let id = ConversationID(thread)
    if keyword == .none {
      let open = episodes[id].flatMap { $0.state == .completed ? nil : $0 }
      switch open?.state {
      case nil:
        var new = EpisodeChanged(
          episodeID: EpisodeID(nextID()), conversationID: id, number: History.number, change: .text,
          state: rep == nil ? .waiting : .toAnswer, queueID: rep == nil ? queue : nil, repID: rep,
          since: Timestamp(milliseconds: now), createdAt: Timestamp(milliseconds: now),
          at: Timestamp(milliseconds: now))
        new.memberID = nil
        tellWork(new)
      case .answered, .snoozed:
        work(thread, .text) { [now] in
          $0.since = Timestamp(milliseconds: now)
          $0.memberID = member
          $0.state = member == nil && $0.queueID != nil ? .waiting : .toAnswer
          $0.dueAt = member.map { _ in Timestamp(milliseconds: now + limit * 1_000) }
        }
      case .waiting, .toAnswer, .completed: break
      }
    }
    tell(
      .messageReceived(
        MessageReceived(
          messageID: MessageID(nextID()), conversationID: id, from: History.phone, to: History.number,
          text: "Hello", encoding: .gsm7, segments: 1, complete: true, lossy: false, keywordClass: keyword,
          contactIDs: [], repID: rep, campaignID: campaign, carrier: "alpha",
          receivedAt: Timestamp(milliseconds: now), carrierRedelivery: 0)))
  }

  /// A text of ours is accepted. A person's changes the work, by whom it is.
  mutating func send(
    _ thread: Int64 = 1, by member: MemberID? = nil, class: MessageClass = .interactive,
    campaign: CampaignID? = nil, rep: RepID? = nil
  ) {
    tell(
      .messageQueued(
        MessageQueued(
          messageID: MessageID(nextID()), conversationID: ConversationID(thread), campaignID: campaign,
          repID: rep, from: History.number, to: History.phone, class: `class`, encoding: .gsm7, segments: 1,
          createdAt: Timestamp(milliseconds: now))))
    guard `class` == .interactive, let open = episodes[ConversationID(thread)],
      ![.snoozed, .completed].contains(open.state)
    else { return }
    let owner = open.queueID == nil ? nil : member ?? open.memberID
    guard open.state != .answered || open.memberID != owner else { return }
    work(thread, .answered) { ($0.state, $0.memberID, $0.dueAt) = (.answered, owner, nil) }
  }

  // MARK: Work

  mutating func serve(_ thread: Int64 = 1, to member: MemberID, limit: Int64 = 300) {
    give(thread, .served, member, limit)
  }

  mutating func take(_ thread: Int64 = 1, by member: MemberID, limit: Int64 = 300) {
    give(thread, .taken, member, limit)
  }

  mutating func handOver(_ thread: Int64 = 1, to member: MemberID, limit: Int64 = 300) {
    give(thread, .transferred, member, limit)
  }

  private mutating func give(
    _ thread: Int64, _ change: EpisodeReason, _ member: MemberID, _ limit: Int64
  ) {
    work(thread, change) { [now] in
      if $0.state == .waiting { $0.state = .toAnswer }
      $0.memberID = member
      if $0.state == .toAnswer { $0.dueAt = Timestamp(milliseconds: now + limit * 1_000) }
    }
  }

  mutating func back(_ thread: Int64 = 1, _ change: EpisodeReason) {
    work(thread, change) { ($0.state, $0.memberID, $0.dueAt) = (.waiting, nil, nil) }
  }

  mutating func snooze(_ thread: Int64 = 1, until seconds: Double) {
    let due = Timestamp(milliseconds: History.sunday + Int64(seconds * 1_000))
    work(thread, .snoozed) { ($0.state, $0.dueAt) = (.snoozed, due) }
  }

  mutating func comeBack(_ thread: Int64 = 1, _ change: EpisodeReason = .due) {
    work(thread, change) {
      $0.since = $0.dueAt ?? $0.since
      ($0.state, $0.memberID, $0.dueAt) = (.waiting, nil, nil)
    }
  }

  mutating func complete(_ thread: Int64 = 1, _ change: EpisodeReason = .completed) {
    work(thread, change) { [now] in
      if $0.state == .waiting { $0.memberID = nil }
      ($0.state, $0.dueAt, $0.completedAt) = (.completed, nil, Timestamp(milliseconds: now))
    }
  }

  mutating func outcome(_ key: String, _ thread: Int64 = 1, by member: MemberID? = nil) {
    let work = last(thread)
    tell(
      .dispositionRecorded(
        DispositionRecorded(
          dispositionID: DispositionID(nextID()), conversationID: ConversationID(thread),
          number: History.number, episodeID: work.episodeID, queueID: work.queueID, memberID: member,
          disposition: key, label: key.uppercased(), at: Timestamp(milliseconds: now))))
  }

  mutating func move(_ thread: Int64 = 1, to queue: QueueID) {
    work(thread, .owner) {
      $0.queueID = queue
      if [.waiting, .toAnswer].contains($0.state) {
        ($0.state, $0.memberID, $0.dueAt) = (.waiting, nil, nil)
      } else {
        $0.memberID = nil
      }
    }
  }

  private mutating func work(
    _ thread: Int64, _ change: EpisodeReason, _ body: (inout EpisodeChanged) -> Void
  ) {
    var event = last(thread)
    body(&event)
    (event.change, event.at) = (change, Timestamp(milliseconds: now))
    tellWork(event)
  }

  private mutating func tellWork(_ event: EpisodeChanged) {
    episodes[event.conversationID] = event
    tell(.episodeChanged(event))
  }

  // MARK: Leads

  /// Something becomes of a lead.
  ///
  /// - Parameter rep: who gets it; of a text, who gets a lead that nobody had.
  mutating func lead(
    _ id: Int64 = 1, _ change: LeadChange, to rep: RepID? = nil, hot: Bool = false,
    source: String = "web form"
  ) {
    let time = Timestamp(milliseconds: now)
    var lead =
      leads[LeadID(id)]
      ?? LeadChanged(
        leadID: LeadID(id), contactID: ContactID(id), phone: History.person, phoneField: .cell,
        leadSource: source, change: .created, state: .open, hot: hot, createdAt: time, at: time)
    precondition((change == .created) == (leads[LeadID(id)] == nil), "a lead comes once")
    switch change {
    case .created, .unclaimed, .untexted: break
    case .assigned, .claimed:
      lead.repID = rep
      if lead.state != .contacted { (lead.state, lead.assignedAt) = (.assigned, time) }
    case .contacted:
      if lead.repID == nil, let rep { (lead.repID, lead.assignedAt) = (rep, time) }
      (lead.state, lead.contactedAt) = (.contacted, time)
    case .hot: lead.hot = true
    case .returned: (lead.state, lead.repID, lead.assignedAt) = (.open, nil, nil)
    case .closed: (lead.state, lead.closedAt) = (.closed, time)
    }
    (lead.change, lead.at) = (change, time)
    leads[LeadID(id)] = lead
    tell(.leadChanged(lead))
  }

  // MARK: Reports

  /// - Parameters:
  ///   - removed: events at the beginning that the feed does not keep.
  ///   - interrupted: after so many events a copy goes on.
  func report(
    _ request: ReportRequest, removed: Int = 0, asOf: Double = 400 * 86_400, interrupted: Int? = nil
  ) throws -> Report {
    var reducer = ReportReducer(request, isWhole: removed == 0)
    for (index, event) in events.enumerated().dropFirst(removed) {
      if index == interrupted { reducer = try Self.copied(reducer) }
      try reducer.add(
        event.data, sequence: Int64(index + 1), time: Timestamp(milliseconds: event.at))
    }
    return try reducer.report(asOf: Timestamp(milliseconds: Self.sunday + Int64(asOf * 1_000)))
  }

  /// A report in between changes nothing, and neither does a copy that goes its own way.
  private static func copied(_ reducer: ReportReducer) throws -> ReportReducer {
    var other = reducer
    var stranger = History()
    stranger.at(1e9)
    stranger.text(1_000_000)
    for (index, event) in stranger.events.enumerated() {
      try other.add(
        event.data, sequence: Int64(1_000_000 + index), time: Timestamp(milliseconds: event.at))
    }
    _ = try reducer.report(asOf: Timestamp(milliseconds: sunday))
    return reducer
  }

  func queues(
    _ periods: ReportPeriods = .all, from: Double? = nil, until: Double? = nil, removed: Int = 0,
    asOf: Double = 400 * 86_400
  ) throws -> [QueueRow] {
    let request = ReportRequest(
      kind: .queues, periods: periods, from: from.map(Self.time), until: until.map(Self.time))
    guard case .queues(let rows) = try report(request, removed: removed, asOf: asOf).rows else { return [] }
    return rows
  }

  func members(_ periods: ReportPeriods = .all, removed: Int = 0) throws -> [MemberRow] {
    let report = try report(ReportRequest(kind: .members, periods: periods), removed: removed)
    guard case .members(let rows) = report.rows else { return [] }
    return rows
  }

  func conversations(_ periods: ReportPeriods = .all) throws -> [ConversationRow] {
    guard
      case .conversations(let rows) = try report(ReportRequest(kind: .conversations, periods: periods)).rows
    else { return [] }
    return rows
  }

  func leadRows(
    _ periods: ReportPeriods = .all, from: Double? = nil, until: Double? = nil, rep: RepID? = nil,
    source: String? = nil, removed: Int = 0
  ) throws -> [LeadRow] {
    let request = ReportRequest(
      kind: .leads, periods: periods, from: from.map(Self.time), until: until.map(Self.time), rep: rep,
      source: source)
    guard case .leads(let rows) = try report(request, removed: removed).rows else { return [] }
    return rows
  }

  static func time(_ seconds: Double) -> Timestamp {
    Timestamp(milliseconds: sunday + Int64(seconds * 1_000))
  }
}
