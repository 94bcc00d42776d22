// Group messages: planned, looked at, committed, watched. Keys are the properties in snake case.

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
  /// A group, by id or name.
  public var group: GroupRef?
  /// Every contact with this tag.
  public var tag: String?
  /// These contacts, at most 10,000.
  public var contactIDs: [ContactID]?
  /// Every contact of the rep, or with no `from`, of all reps.
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
  /// Recipients.
  public var total: Int
  /// Waiting.
  public var queued: Int
  /// Handed to a session.
  public var sending: Int
  /// Accepted by the carrier.
  public var sent: Int
  /// At the phone.
  public var delivered: Int
  /// Refused or given up.
  public var failed: Int
  /// Time ran out.
  public var expired: Int
  /// Outcome not known.
  public var unknown: Int
  /// Taken back, opt-outs included.
  public var cancelled: Int
  /// Accepted by a carrier that never said what became of them.
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
  /// Its id.
  public var campaignID: CampaignID
  /// Its name.
  public var name: String?
  /// Where it stands.
  public var state: CampaignState
  /// The rep or number it leaves from; absent: each contact's own rep.
  public var from: Sender?
  /// The text as written, with its `{{fields}}`.
  public var text: String
  /// Messages by state.
  public var counts: CampaignCounts
  /// Segments in all.
  public var segments: Int
  /// Answers attributed to it.
  public var replies: Int
  /// Opt-outs attributed to it.
  public var optOuts: Int
  /// Whether reps get a copy on their mobile.
  public var copyToRep: Bool
  /// When it was planned.
  public var createdAt: Timestamp
  /// When it was committed.
  public var committedAt: Timestamp?
  /// When its last message became final.
  public var finishedAt: Timestamp?
  /// When the plan expires, while it is one.
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
  /// Why.
  public var reason: Refusal
  /// How many.
  public var count: Int

  public init(reason: Refusal, count: Int) {
    self.reason = reason
    self.count = count
  }

  enum CodingKeys: String, CodingKey {
    case reason, count
  }
}

/// One planned message, as it will be.
public struct PlanSample: Codable, Hashable, Sendable {
  /// The contact.
  public var contactID: ContactID
  /// The number it leaves from.
  public var from: PhoneNumber
  /// The phone it goes to.
  public var to: PhoneNumber
  /// The merged text.
  public var text: String
  /// Segments it has.
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

/// `campaign.plan`: Fixes recipients, phones, numbers and texts; sends nothing.
public struct CampaignPlan: CommandParams {
  public typealias Result = CampaignPlanResult
  public static let method = Method.campaignPlan

  /// A rep or number; absent: each contact's own rep.
  public var from: Sender?
  /// Whom it goes to.
  public var audience: Audience
  /// The text; `{{first_name}}` and other fields are merged per contact.
  public var text: String
  /// What stands in where a contact has no such field; a field missing with no default refuses the plan.
  public var defaults: [String: String]?
  /// Send each rep involved a copy on its private mobile.
  public var copyToRep: Bool?
  /// A name for lists.
  public var name: String?
  /// Makes a repeat answer as the first did.
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

/// Result of `campaign.plan`: The plan.
public struct CampaignPlanResult: Codable, Hashable, Sendable {
  /// The campaign, `planned`.
  public var campaignID: CampaignID
  /// Messages it has.
  public var recipients: Int
  /// Segments in all.
  public var segments: Int
  /// Numbers it leaves from.
  public var numbers: Int
  /// Time the slowest number needs at its rate.
  public var seconds: Int
  /// Contacts left out, by reason.
  public var skipped: [SkippedCount]
  /// The first few messages.
  public var samples: [PlanSample]
  /// The plan is void after this.
  public var expiresAt: Timestamp
  /// True when this is the stored answer to an earlier call.
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

/// `campaign.commit`: Sends a plan; from here recipients only leave it, each with a reason.
public struct CampaignCommit: CommandParams {
  public typealias Result = CampaignCommitResult
  public static let method = Method.campaignCommit

  /// The planned campaign.
  public var campaignID: CampaignID
  /// Makes a repeat answer as the first did.
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

/// Result of `campaign.commit`: Durably accepted.
public struct CampaignCommitResult: Codable, Hashable, Sendable {
  /// The campaign.
  public var campaignID: CampaignID
  /// `running`.
  public var state: CampaignState
  /// Messages that go.
  public var recipients: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(campaignID: CampaignID, state: CampaignState, recipients: Int, replayed: Bool? = nil) {
    self.campaignID = campaignID
    self.state = state
    self.recipients = recipients
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case state, recipients, replayed
    case campaignID = "campaign_id"
  }
}
