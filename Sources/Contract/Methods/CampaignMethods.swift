// Group messages: planned, looked at, committed, watched.

/// Where a campaign stands.
public enum CampaignState: String, Codable, Sendable, CaseIterable {
  /// Looked at and not yet committed; expires after 24 h.
  case planned
  /// Committed; its messages are leaving.
  case running
  /// Held by somebody.
  case paused
  /// Everything of it has left, or will not leave; receipts may still come.
  case completed
  /// What had not left was taken back.
  case cancelled
  /// The plan was not committed in time.
  case expired
}

/// Whom a campaign goes to: exactly one of these.
public struct Audience: Codable, Hashable, Sendable {
  public var group: GroupRef?
  public var tag: String?
  public var contactIDs: [ContactID]?
  public var all: Bool?

  public init(group: GroupRef? = nil, tag: String? = nil, contactIDs: [ContactID]? = nil, all: Bool? = nil) {
    self.group = group
    self.tag = tag
    self.contactIDs = contactIDs
    self.all = all
  }

  enum CodingKeys: String, CodingKey {
    case group, tag, all
    case contactIDs = "contact_ids"
  }
}

/// Messages of a campaign by state. `total` is the sum of the others.
public struct CampaignCounts: Codable, Hashable, Sendable {
  public var total: Int
  public var queued: Int
  public var sending: Int
  public var sent: Int
  public var delivered: Int
  public var failed: Int
  public var expired: Int
  public var unknown: Int
  public var cancelled: Int
  public var receiptMissing: Int

  public init(
    total: Int, queued: Int, sending: Int, sent: Int, delivered: Int, failed: Int, expired: Int,
    unknown: Int, cancelled: Int, receiptMissing: Int
  ) {
    self.total = total
    self.queued = queued
    self.sending = sending
    self.sent = sent
    self.delivered = delivered
    self.failed = failed
    self.expired = expired
    self.unknown = unknown
    self.cancelled = cancelled
    self.receiptMissing = receiptMissing
  }

  enum CodingKeys: String, CodingKey {
    case total, queued, sending, sent, delivered, failed, expired, unknown, cancelled
    case receiptMissing = "receipt_missing"
  }
}

/// A campaign as lists and `campaign.get` show it.
public struct CampaignView: Codable, Hashable, Sendable {
  public var campaignID: CampaignID
  public var name: String?
  public var state: CampaignState
  public var from: Sender?
  public var text: String
  public var counts: CampaignCounts
  public var segments: Int
  public var replies: Int
  public var optOuts: Int
  public var copyToRep: Bool
  public var createdAt: Timestamp
  public var committedAt: Timestamp?
  public var finishedAt: Timestamp?
  public var expiresAt: Timestamp?

  public init(
    campaignID: CampaignID, name: String? = nil, state: CampaignState, from: Sender? = nil, text: String,
    counts: CampaignCounts, segments: Int, replies: Int, optOuts: Int, copyToRep: Bool,
    createdAt: Timestamp, committedAt: Timestamp? = nil, finishedAt: Timestamp? = nil,
    expiresAt: Timestamp? = nil
  ) {
    self.campaignID = campaignID
    self.name = name
    self.state = state
    self.from = from
    self.text = text
    self.counts = counts
    self.segments = segments
    self.replies = replies
    self.optOuts = optOuts
    self.copyToRep = copyToRep
    self.createdAt = createdAt
    self.committedAt = committedAt
    self.finishedAt = finishedAt
    self.expiresAt = expiresAt
  }

  enum CodingKeys: String, CodingKey {
    case name, state, from, text, counts, segments, replies
    case optOuts = "opt_outs"
    case copyToRep = "copy_to_rep"
    case createdAt = "created_at"
    case committedAt = "committed_at"
    case finishedAt = "finished_at"
    case expiresAt = "expires_at"
    case campaignID = "campaign_id"
  }
}

/// Contacts left out of a plan, by reason.
public struct SkippedCount: Codable, Hashable, Sendable {
  public var reason: Refusal
  public var count: Int

  public init(reason: Refusal, count: Int) {
    self.reason = reason
    self.count = count
  }
}

/// One planned message, as it will be.
public struct PlanSample: Codable, Hashable, Sendable {
  public var contactID: ContactID
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var text: String
  public var segments: Int

  public init(contactID: ContactID, from: PhoneNumber, to: PhoneNumber, text: String, segments: Int) {
    self.contactID = contactID
    self.from = from
    self.to = to
    self.text = text
    self.segments = segments
  }

  enum CodingKeys: String, CodingKey {
    case from, to, text, segments
    case contactID = "contact_id"
  }
}

public struct CampaignPlan: CommandParams {
  public typealias Result = CampaignPlanResult
  public static let method = Method.campaignPlan

  public var from: Sender?
  public var audience: Audience
  public var text: String
  public var defaults: [String: String]?
  public var copyToRep: Bool?
  public var name: String?
  public var idempotencyKey: String

  public init(
    from: Sender? = nil, audience: Audience, text: String, defaults: [String: String]? = nil,
    copyToRep: Bool? = nil, name: String? = nil, idempotencyKey: String
  ) {
    self.from = from
    self.audience = audience
    self.text = text
    self.defaults = defaults
    self.copyToRep = copyToRep
    self.name = name
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case from, audience, text, defaults, name
    case copyToRep = "copy_to_rep"
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

public struct CampaignPlanResult: Codable, Hashable, Sendable {
  public var campaignID: CampaignID
  public var recipients: Int
  public var segments: Int
  public var numbers: Int
  public var seconds: Int
  public var skipped: [SkippedCount]
  public var samples: [PlanSample]
  public var expiresAt: Timestamp
  public var replayed: Bool?

  public init(
    campaignID: CampaignID, recipients: Int, segments: Int, numbers: Int, seconds: Int,
    skipped: [SkippedCount], samples: [PlanSample], expiresAt: Timestamp, replayed: Bool? = nil
  ) {
    self.campaignID = campaignID
    self.recipients = recipients
    self.segments = segments
    self.numbers = numbers
    self.seconds = seconds
    self.skipped = skipped
    self.samples = samples
    self.expiresAt = expiresAt
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case recipients, segments, numbers, seconds, skipped, samples, replayed
    case campaignID = "campaign_id"
    case expiresAt = "expires_at"
  }
}

/// Where a campaign stands after a call.
public struct CampaignChange: Codable, Hashable, Sendable {
  public var campaignID: CampaignID
  public var state: CampaignState
  public var messages: Int?
  public var replayed: Bool?

  public init(campaignID: CampaignID, state: CampaignState, messages: Int? = nil, replayed: Bool? = nil) {
    self.campaignID = campaignID
    self.state = state
    self.messages = messages
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case state, messages, replayed
    case campaignID = "campaign_id"
  }
}

public struct CampaignCommit: CommandParams {
  public typealias Result = CampaignChange
  public static let method = Method.campaignCommit

  public var campaignID: CampaignID
  public var idempotencyKey: String

  public init(campaignID: CampaignID, idempotencyKey: String) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

public struct CampaignGet: MethodParams {
  public typealias Result = CampaignView
  public static let method = Method.campaignGet

  public var campaignID: CampaignID

  public init(campaignID: CampaignID) {
    self.campaignID = campaignID
  }

  enum CodingKeys: String, CodingKey {
    case campaignID = "campaign_id"
  }
}

public struct CampaignList: ListParams {
  public typealias Item = CampaignView
  public static let method = Method.campaignList

  public var state: CampaignState?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(state: CampaignState? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.state = state
    self.cursor = cursor
    self.limit = limit
  }
}

public struct CampaignRecipients: ListParams {
  public typealias Item = RecipientView
  public static let method = Method.campaignRecipients

  public var campaignID: CampaignID
  public var state: TextMessageState?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    campaignID: CampaignID, state: TextMessageState? = nil, cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.campaignID = campaignID
    self.state = state
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case state, cursor, limit
    case campaignID = "campaign_id"
  }
}

/// One recipient of a campaign.
public struct RecipientView: Codable, Hashable, Sendable {
  public var contactID: ContactID
  public var messageID: MessageID?
  public var from: PhoneNumber?
  public var to: PhoneNumber?
  public var state: TextMessageState
  public var reason: Refusal?
  public var error: String?

  public init(
    contactID: ContactID, messageID: MessageID? = nil, from: PhoneNumber? = nil, to: PhoneNumber? = nil,
    state: TextMessageState, reason: Refusal? = nil, error: String? = nil
  ) {
    self.contactID = contactID
    self.messageID = messageID
    self.from = from
    self.to = to
    self.state = state
    self.reason = reason
    self.error = error
  }

  enum CodingKeys: String, CodingKey {
    case from, to, state, reason, error
    case contactID = "contact_id"
    case messageID = "message_id"
  }
}

public struct CampaignPause: RepeatableParams {
  public typealias Result = CampaignChange
  public static let method = Method.campaignPause

  public var campaignID: CampaignID
  public var reason: String?
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, reason: String? = nil, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case reason
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }
}

public struct CampaignResume: RepeatableParams {
  public typealias Result = CampaignChange
  public static let method = Method.campaignResume

  public var campaignID: CampaignID
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }
}

public struct CampaignCancel: RepeatableParams {
  public typealias Result = CampaignChange
  public static let method = Method.campaignCancel

  public var campaignID: CampaignID
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }
}
