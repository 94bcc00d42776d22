public import Contract

/// How often an outcome was recorded in a row's period.
public struct OutcomeCount: Encodable, Equatable, Sendable {
  /// The outcome's key, and the words that people saw last.
  public internal(set) var disposition: String
  public internal(set) var label: String
  /// Times that it was the first record of a stretch of work.
  public internal(set) var first = 0
  /// Times that it is the last one, as of the end of the report. The period is that of this record.
  public internal(set) var last = 0
  /// All records.
  public internal(set) var all = 0
}

/// A queue in a period.
public struct QueueRow: Encodable, Equatable, Sendable {
  public let period: ReportPeriod
  public let queueID: QueueID
  /// Stretches of work that began.
  public let opened: Int
  /// How long those waited whom `serve.next` gave to somebody, each time; its count is how often that was.
  public let served: Spread
  /// Conversations that somebody took out of the line.
  public let taken: Int
  /// From the first text of a stretch of work to the first text of a person.
  public let firstResponse: Spread
  /// From each further text that nobody had answered to its answer.
  public let nextResponse: Spread
  /// Of these responses, those of which the queue's limit is known, and those within it.
  public let limitKnown: Int
  public let answeredInTime: Int
  /// Times that what was given to somebody went back to the line unanswered, or was given back.
  public let wentBack: Int
  public let released: Int
  /// Times that who had it, or a supervisor, handed it to another member or queue. Of what waits, only to another member.
  public let transferred: Int
  /// Times that something was put off, and what became of these as of the end of the report.
  public let snoozed: Int
  /// With its time, by hand or with a text.
  public let cameBack: Int
  /// Completed before it came back, or the phone opted out.
  public let closedSnoozed: Int
  /// Put off again before it came back.
  public let snoozedAgain: Int
  /// Not yet due.
  public let notDue: Int
  /// Due, and not back.
  public let overdue: Int
  /// Stretches of work that somebody completed, or that the phone's opt-out ended.
  public let completed: Int
  public let optedOut: Int
  /// By key.
  public let dispositions: [OutcomeCount]

  enum CodingKeys: String, CodingKey {
    case period, opened, served, taken, released, transferred, snoozed, overdue, completed, dispositions
    case queueID = "queue_id"
    case firstResponse = "first_response"
    case nextResponse = "next_response"
    case limitKnown = "limit_known"
    case answeredInTime = "answered_in_time"
    case wentBack = "went_back"
    case cameBack = "came_back"
    case closedSnoozed = "closed_snoozed"
    case snoozedAgain = "snoozed_again"
    case notDue = "not_due"
    case optedOut = "opted_out"
  }
}

/// What a person did in a period. A member's row is the work in conversations of queues; a rep's is the work in the rep's own. The row with
/// neither has what the feed says of nobody: of the gateway and of apps.
public struct MemberRow: Encodable, Equatable, Sendable {
  public let period: ReportPeriod
  public let memberID: MemberID?
  public let repID: RepID?
  /// Conversations that the member got by `serve.next`, and those that the member took.
  public let served: Int
  public let taken: Int
  /// Texts accepted.
  public let texts: Int
  /// From a text that nobody had answered to the person's text.
  public let responses: Spread
  /// How long the member had something to answer: spans from being given a conversation (served, taken, handed over, or a text that
  /// brings it back) to its answer, or until it was given back, went back, was handed over, snoozed or completed, or until the member was
  /// given another. Of rep's own conversations no event says when somebody looks, so there are none.
  public let handled: Spread
  public let completed: Int
  public let released: Int
  public let wentBack: Int
  public let transferred: Int
  /// By key.
  public let dispositions: [OutcomeCount]

  enum CodingKeys: String, CodingKey {
    case period, served, taken, texts, responses, handled, completed, released, transferred, dispositions
    case memberID = "member_id"
    case repID = "rep_id"
    case wentBack = "went_back"
  }
}

/// A conversation in a period: what the sums of the other reports are made of.
public struct ConversationRow: Encodable, Equatable, Sendable {
  public let period: ReportPeriod
  public let conversationID: ConversationID
  public let number: PhoneNumber
  /// Texts from the phone that are no keyword, and texts of people.
  public let received: Int
  public let texts: Int
  public let opened: Int
  public let completed: Int
  public let optedOut: Int
  /// Milliseconds of each response, and of each span that a member had it to answer, in their order.
  public let responsesMs: [Int64]
  public let handledMs: [Int64]
  /// By key.
  public let dispositions: [OutcomeCount]

  enum CodingKeys: String, CodingKey {
    case period, number, received, texts, opened, completed, dispositions
    case conversationID = "conversation_id"
    case optedOut = "opted_out"
    case responsesMs = "responses_ms"
    case handledMs = "handled_ms"
  }
}

/// Why texts of a campaign did not arrive.
public struct CampaignLoss: Encodable, Equatable, Sendable {
  /// `failed`, `expired` or `cancelled`.
  public let state: TextMessageState
  /// The gateway's reason, else the carrier's error; absent: the event has neither.
  public let reason: String?
  public internal(set) var count: Int
}

/// A campaign, in the period in which it started. Everything that came of it until the report's end is in this one row.
public struct CampaignRow: Encodable, Equatable, Sendable {
  public let period: ReportPeriod
  public let campaignID: CampaignID
  public let name: String?
  /// The state that was told last; absent: a role with `numbers` is told none.
  public let state: CampaignState?
  /// When it was committed; for such a role, when its first text was queued.
  public let startedAt: Timestamp
  /// Its beginning is in the feed. If not, its counts are of what the feed keeps.
  public let isWhole: Bool
  /// Counts by state as the gateway told them last; absent where it tells none. `total` is the recipients.
  public let counts: CampaignCounts?
  /// Texts queued, and what became of them. What is in none of these is on its way, or its end is unknown.
  public let texts: Int
  public let delivered: Int
  public let failed: Int
  public let expired: Int
  public let cancelled: Int
  /// Recipients for whom no text was made: they opted out after the plan, or could not be sent to any more. No event says which. They are
  /// among the cancelled of `counts`; absent where these are, or the beginning is not in the feed.
  public let left: Int?
  /// Why those that failed, expired or were cancelled did.
  public let losses: [CampaignLoss]
  /// Texts that answer it, and conversations with one within the report's window after the start.
  public let answers: Int
  public let answeredConversations: Int
  /// Opt-outs by a text that answers it, and their share of the texts that did not fail, expire or get cancelled; absent: there are none.
  public let optOuts: Int
  public let optOutRate: Double?

  enum CodingKeys: String, CodingKey {
    case period, name, state, counts, texts, delivered, failed, expired, cancelled, left, losses
    case answers
    case campaignID = "campaign_id"
    case startedAt = "started_at"
    case isWhole = "is_whole"
    case answeredConversations = "answered_conversations"
    case optOuts = "opt_outs"
    case optOutRate = "opt_out_rate"
  }
}

/// What became of a rep's leads in a period. The row without a rep has what became of leads while nobody had them: there they all come.
public struct LeadRow: Encodable, Equatable, Sendable {
  public let period: ReportPeriod
  public let repID: RepID?
  /// Leads that came. The rep who gets one at once gets it by `assigned`.
  public let came: Int
  /// Times that the rep was given one, and of these, those that a person had texted already.
  public let assigned: Int
  public let assignedTexted: Int
  /// Those that the rep took.
  public let claimed: Int
  /// Leads that a person texted for the first time: the row is of who had the lead then, whoever gets it later.
  public let texted: Int
  /// From the rep's getting the lead to that text. Without those that nobody had until then: who texts one gets it.
  public let sinceAssigned: Spread
  /// From the lead's coming to that text.
  public let sinceCame: Spread
  /// Times that nobody had taken one, or the rep had not texted one, within the limit of the configuration.
  public let unclaimed: Int
  public let untexted: Int
  /// Taken from the rep before that text: because the rep became inactive, or for another rep.
  public let returned: Int
  public let passedOn: Int
  /// Ended before that text, and after it.
  public let closedUntexted: Int
  public let closedTexted: Int
  /// Leads that confirmed their interest. One that does so by coming is in the row without a rep.
  public let hot: Int
  /// Of those that the rep (or nobody) got in the period: those that are neither texted nor closed as of the end of the report, and still theirs.
  public let waiting: Int

  enum CodingKeys: String, CodingKey {
    case period, came, assigned, claimed, texted, unclaimed, untexted, returned, hot, waiting
    case repID = "rep_id"
    case assignedTexted = "assigned_texted"
    case sinceAssigned = "since_assigned"
    case sinceCame = "since_came"
    case passedOn = "passed_on"
    case closedUntexted = "closed_untexted"
    case closedTexted = "closed_texted"
  }
}
