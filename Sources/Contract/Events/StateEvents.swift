// What the feed tells of conversations, campaigns, binds, numbers, and alerts.

/// What happened to a conversation.
public enum ConversationChange: String, Codable, Sendable, CaseIterable {
  /// Its first message.
  case opened
  /// It has another owner.
  case assigned
}

public struct ConversationChanged: Codable, Hashable, Sendable {
  public var conversationID: ConversationID
  public var number: PhoneNumber
  public var phone: PhoneNumber
  public var change: ConversationChange
  public var repID: RepID?
  public var queue: String?
  public var contactIDs: [ContactID]
  public var candidateRepIDs: [RepID]?
  public var at: Timestamp

  public init(
    conversationID: ConversationID, number: PhoneNumber, phone: PhoneNumber, change: ConversationChange,
    repID: RepID? = nil, queue: String? = nil, contactIDs: [ContactID], candidateRepIDs: [RepID]? = nil,
    at: Timestamp
  ) {
    self.conversationID = conversationID
    self.number = number
    self.phone = phone
    self.change = change
    self.repID = repID
    self.queue = queue
    self.contactIDs = contactIDs
    self.candidateRepIDs = candidateRepIDs
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case number, phone, change, queue, at
    case conversationID = "conversation_id"
    case repID = "rep_id"
    case contactIDs = "contact_ids"
    case candidateRepIDs = "candidate_rep_ids"
  }
}

public struct CampaignProgress: Codable, Hashable, Sendable {
  public var campaignID: CampaignID
  public var name: String?
  public var state: CampaignState
  public var counts: CampaignCounts
  public var replies: Int
  public var optOuts: Int
  public var at: Timestamp

  public init(
    campaignID: CampaignID, name: String? = nil, state: CampaignState, counts: CampaignCounts, replies: Int,
    optOuts: Int, at: Timestamp
  ) {
    self.campaignID = campaignID
    self.name = name
    self.state = state
    self.counts = counts
    self.replies = replies
    self.optOuts = optOuts
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case name, state, counts, replies, at
    case campaignID = "campaign_id"
    case optOuts = "opt_outs"
  }
}

public struct BindStateChanged: Codable, Hashable, Sendable {
  public var carrier: String
  public var session: Int
  public var state: BindState
  public var error: String?
  public var retryInMs: Int?
  public var at: Timestamp

  public init(
    carrier: String, session: Int, state: BindState, error: String? = nil, retryInMs: Int? = nil,
    at: Timestamp
  ) {
    self.carrier = carrier
    self.session = session
    self.state = state
    self.error = error
    self.retryInMs = retryInMs
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case carrier, session, state, error, at
    case retryInMs = "retry_in_ms"
  }
}

public struct NumberStateChanged: Codable, Hashable, Sendable {
  public var number: PhoneNumber
  public var state: NumberState
  public var rate: Int
  public var repID: RepID?
  public var at: Timestamp

  public init(number: PhoneNumber, state: NumberState, rate: Int, repID: RepID? = nil, at: Timestamp) {
    self.number = number
    self.state = state
    self.rate = rate
    self.repID = repID
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case number, state, rate, at
    case repID = "rep_id"
  }
}

/// What an alert is about.
public enum AlertCode: String, Codable, Sendable, CaseIterable {
  /// A text came for a number that is not ours.
  case unrouted
  /// An inbound PDU was acknowledged and set aside.
  case quarantined
  /// A carrier refuses our password; tried again every five minutes.
  case credentialsRefused = "credentials_refused"
  /// A message was handed over and its answer never came.
  case unknownOutcome = "unknown_outcome"
  /// A carrier refuses a number or its messages for good.
  case refusedByCarrier = "refused_by_carrier"
  /// A receipt fits no message of ours.
  case receiptUnmatched = "receipt_unmatched"
  /// A thread waits in the default queue.
  case unownedConversation = "unowned_conversation"
  /// The feed has reached half of what is kept; a consumer is behind.
  case feedHalfFull = "feed_half_full"
  /// The feed is full: events are dropped before a consumer read them.
  case feedFull = "feed_full"
  /// A transaction failed; nothing was acknowledged for it.
  case storeFailed = "store_failed"
  /// The state directory's file system is nearly full.
  case diskLow = "disk_low"
  /// Texts leave to every phone from now on, or to the test phones alone.
  case liveChanged = "live_changed"
  /// A certificate for TLS with a carrier, ours or its own, expires soon or has expired.
  case certificateExpires = "certificate_expires"
  /// The store is a backup that was put in place: nothing is sent until a person has looked.
  case storeRestored = "store_restored"
  /// The clock has jumped by more than an hour: what goes by the time of day waits until a person has looked.
  case clockJumped = "clock_jumped"
}

/// How soon a person should look.
public enum AlertSeverity: String, Codable, Sendable, CaseIterable {
  /// Worth knowing.
  case info
  /// Look today.
  case warning
  /// Look now.
  case critical
}

public struct AlertRaised: Codable, Hashable, Sendable {
  public var alert: AlertCode
  public var severity: AlertSeverity
  public var subject: String?
  public var detail: String
  public var at: Timestamp

  public init(
    alert: AlertCode, severity: AlertSeverity, subject: String? = nil, detail: String, at: Timestamp
  ) {
    self.alert = alert
    self.severity = severity
    self.subject = subject
    self.detail = detail
    self.at = at
  }
}
