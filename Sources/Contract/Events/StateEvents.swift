// What the feed tells of conversations, campaigns, binds, numbers, and alerts. Keys are the properties in snake case.

/// What happened to a conversation.
public enum ConversationChange: String, Codable, Sendable, CaseIterable {
  /// Its first message.
  case opened
  /// It has another owner.
  case assigned
}

/// `sms.conversation.changed.v1`: A conversation was opened or has another owner.
public struct ConversationChanged: Codable, Hashable, Sendable {
  /// The conversation.
  public var conversationID: ConversationID
  /// The number of ours.
  public var number: PhoneNumber
  /// The other side.
  public var phone: PhoneNumber
  /// What happened.
  public var change: ConversationChange
  /// Who owns it now.
  public var repID: RepID?
  /// The queue it waits in, where no rep owns it.
  public var queue: String?
  /// Contacts with that phone.
  public var contactIDs: [ContactID]
  /// Reps it might belong to, where that is not clear.
  public var candidateRepIDs: [RepID]?
  /// When it happened.
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

/// `sms.campaign.progress.v1`: A campaign got further; at most two a second each, and one at every change
/// of state.
public struct CampaignProgress: Codable, Hashable, Sendable {
  /// The campaign.
  public var campaignID: CampaignID
  /// Its name.
  public var name: String?
  /// Where it stands.
  public var state: CampaignState
  /// Messages by state.
  public var counts: CampaignCounts
  /// Answers attributed to it.
  public var replies: Int
  /// Opt-outs attributed to it.
  public var optOuts: Int
  /// When the counts were true.
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

/// `sms.bind.state_changed.v1`: A session with a carrier changed its state.
public struct BindStateChanged: Codable, Hashable, Sendable {
  /// The carrier's name.
  public var carrier: String
  /// Which of its sessions, from 0.
  public var session: Int
  /// Where it stands now.
  public var state: BindState
  /// Why the session ended, or the bind was refused.
  public var error: String?
  /// Until the next attempt, in milliseconds.
  public var retryInMs: Int?
  /// When it happened.
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

/// `sms.number.state_changed.v1`: A number was added, paused, given to another rep, or has another rate.
public struct NumberStateChanged: Codable, Hashable, Sendable {
  /// The number.
  public var number: PhoneNumber
  /// Whether it sends.
  public var state: NumberState
  /// Segments per second.
  public var rate: Int
  /// Who holds it.
  public var repID: RepID?
  /// When it happened.
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

/// `sms.alert.raised.v1`: Something needs a person.
public struct AlertRaised: Codable, Hashable, Sendable {
  /// What, from a fixed list.
  public var alert: AlertCode
  /// How soon a person should look.
  public var severity: AlertSeverity
  /// What it is about: a carrier, a number, a consumer.
  public var subject: String?
  /// The same for a person; no message text, no phone.
  public var detail: String
  /// When it happened.
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

  enum CodingKeys: String, CodingKey {
    case alert, severity, subject, detail, at
  }
}
