public import Contract

/// Which report.
public enum ReportKind: String, Sendable, CaseIterable {
  case queues, members, campaigns, conversations, leads

  /// The events that the report is made of. A reader may leave out all others.
  public var eventTypes: [EventType] {
    switch self {
    case .queues, .members, .conversations:
      [
        .messageReceived, .messageQueued, .conversationChanged, .episodeChanged, .dispositionRecorded,
        .queueChanged,
      ]
    case .campaigns: [.messageReceived, .messageQueued, .messageStateChanged, .campaignProgress]
    case .leads: [.leadChanged]
    }
  }
}

/// What a report is asked for.
public struct ReportRequest: Equatable, Sendable {
  public var kind: ReportKind
  public var periods: ReportPeriods
  /// What happened from here on is counted; nil: all that is read.
  public var from: Timestamp?
  /// What happens from here on is not; nil: all that is read.
  public var until: Timestamp?
  /// Only what concerns this queue; not for campaigns and leads.
  public var queue: QueueID?
  /// Only what this member or this rep did; for members and conversations. For leads: only those that this rep has or had.
  public var member: MemberID?
  public var rep: RepID?
  /// Only this campaign; for campaigns.
  public var campaign: CampaignID?
  /// Seconds after a campaign's start in which an answering conversation counts as such; for campaigns.
  public var windowS: Int
  /// Only leads of this source; for leads.
  public var source: String?

  /// Seven days.
  public static let usualWindowS = 7 * 86_400

  public init(
    kind: ReportKind, periods: ReportPeriods = .all, from: Timestamp? = nil, until: Timestamp? = nil,
    queue: QueueID? = nil, member: MemberID? = nil, rep: RepID? = nil, campaign: CampaignID? = nil,
    windowS: Int = ReportRequest.usualWindowS, source: String? = nil
  ) {
    self.kind = kind
    self.periods = periods
    self.from = from
    self.until = until
    self.queue = queue
    self.member = member
    self.rep = rep
    self.campaign = campaign
    self.windowS = windowS
    self.source = source
  }
}

/// Why there is no report: never one of some of the events.
public enum ReportError: Error, Equatable, Sendable {
  /// More than are kept at a time, of `what`: ask for a shorter time, or a filter.
  case tooMany(_ what: String, _ limit: Int)
  /// An event that the contract does not allow.
  case malformed(_ what: String)
}

/// A report: rows, and what they are made of.
public struct Report: Encodable, Equatable, Sendable {
  public enum Rows: Equatable, Sendable {
    case queues([QueueRow])
    case members([MemberRow])
    case campaigns([CampaignRow])
    case conversations([ConversationRow])
    case leads([LeadRow])
  }

  public let request: ReportRequest
  /// Whether the feed that was read has every event there ever was.
  public let isWhole: Bool
  /// The first event that was read: what was before is in no number. Absent: the feed is whole, or no event was read.
  public let knownFrom: Timestamp?
  /// The moment as of which snoozes are overdue.
  public let asOf: Timestamp
  /// How much of the time asked for may be missing in the numbers, because it began before `knownFrom`, or before its conversation was
  /// forgotten: answers to texts, first and last outcomes, who gave a conversation back. Never fewer than are missing. With campaigns:
  /// those that may have started in that time. With leads: those that were taken from a rep who is not known.
  public let leftOut: Int
  /// Conversations kept at the end. One without open work is forgotten after 30 days.
  public let conversationsKept: Int
  public let rows: Rows

  private enum CodingKeys: String, CodingKey {
    case report, by, from, until, rows
    case isWhole = "is_whole"
    case knownFrom = "known_from"
    case asOf = "as_of"
    case leftOut = "left_out"
    case conversationsKept = "conversations_kept"
    case windowS = "window_s"
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(request.kind.rawValue, forKey: .report)
    try container.encode(request.periods.rawValue, forKey: .by)
    try container.encodeIfPresent(request.from, forKey: .from)
    try container.encodeIfPresent(request.until, forKey: .until)
    try container.encode(isWhole, forKey: .isWhole)
    try container.encodeIfPresent(knownFrom, forKey: .knownFrom)
    try container.encode(asOf, forKey: .asOf)
    try container.encode(leftOut, forKey: .leftOut)
    switch rows {
    case .queues(let rows): try container.encode(rows, forKey: .rows)
    case .members(let rows): try container.encode(rows, forKey: .rows)
    case .campaigns(let rows):
      try container.encode(request.windowS, forKey: .windowS)
      return try container.encode(rows, forKey: .rows)
    case .conversations(let rows): try container.encode(rows, forKey: .rows)
    case .leads(let rows): return try container.encode(rows, forKey: .rows)
    }
    try container.encode(conversationsKept, forKey: .conversationsKept)
  }
}
