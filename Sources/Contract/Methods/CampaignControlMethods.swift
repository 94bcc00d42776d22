// Looking at campaigns, and holding them. Keys are the properties in snake case.

/// `campaign.get`: One campaign.
public struct CampaignGet: MethodParams {
  public typealias Result = CampaignGetResult
  public static let method = Method.campaignGet

  /// Its id.
  public var campaignID: CampaignID

  public init(campaignID: CampaignID) {
    self.campaignID = campaignID
  }

  enum CodingKeys: String, CodingKey {
    case campaignID = "campaign_id"
  }
}

/// Result of `campaign.get`: The campaign.
public struct CampaignGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var campaign: CampaignView

  public init(campaign: CampaignView) {
    self.campaign = campaign
  }

  enum CodingKeys: String, CodingKey {
    case campaign
  }
}

/// `campaign.list`: Campaigns, newest first.
public struct CampaignList: MethodParams {
  public typealias Result = CampaignListResult
  public static let method = Method.campaignList

  /// Only in this state.
  public var state: CampaignState?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(state: CampaignState? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.state = state
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case state, cursor, limit
  }
}

/// Result of `campaign.list`: One page.
public struct CampaignListResult: Codable, Hashable, Sendable {
  /// Newest first.
  public var items: [CampaignView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [CampaignView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `campaign.recipients`: A campaign's recipients and what became of each.
public struct CampaignRecipients: MethodParams {
  public typealias Result = CampaignRecipientsResult
  public static let method = Method.campaignRecipients

  /// Its id.
  public var campaignID: CampaignID
  /// Only in this state.
  public var state: TextMessageState?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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
  /// The contact.
  public var contactID: ContactID
  /// Its message, once committed.
  public var messageID: MessageID?
  /// The number it leaves from; absent where the plan left the contact out.
  public var from: PhoneNumber?
  /// The phone it goes to; absent where the contact has none.
  public var to: PhoneNumber?
  /// Where its message stands.
  public var state: TextMessageState
  /// Why it left the plan.
  public var reason: Refusal?
  /// Why the carrier did not deliver it.
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

/// Result of `campaign.recipients`: One page.
public struct CampaignRecipientsResult: Codable, Hashable, Sendable {
  /// In the plan's order.
  public var items: [RecipientView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [RecipientView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `campaign.pause`: Holds what has not been handed over.
public struct CampaignPause: CommandParams {
  public typealias Result = CampaignPauseResult
  public static let method = Method.campaignPause

  /// Its id.
  public var campaignID: CampaignID
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `campaign.pause`: Done.
public struct CampaignPauseResult: Codable, Hashable, Sendable {
  /// The campaign.
  public var campaignID: CampaignID
  /// Where it stands.
  public var state: CampaignState
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(campaignID: CampaignID, state: CampaignState, replayed: Bool? = nil) {
    self.campaignID = campaignID
    self.state = state
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case state, replayed
    case campaignID = "campaign_id"
  }
}

/// `campaign.resume`: Goes on after a pause.
public struct CampaignResume: CommandParams {
  public typealias Result = CampaignResumeResult
  public static let method = Method.campaignResume

  /// Its id.
  public var campaignID: CampaignID
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `campaign.resume`: Done.
public struct CampaignResumeResult: Codable, Hashable, Sendable {
  /// The campaign.
  public var campaignID: CampaignID
  /// Where it stands.
  public var state: CampaignState
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(campaignID: CampaignID, state: CampaignState, replayed: Bool? = nil) {
    self.campaignID = campaignID
    self.state = state
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case state, replayed
    case campaignID = "campaign_id"
  }
}

/// `campaign.cancel`: Takes back what has not been handed over, for good.
public struct CampaignCancel: CommandParams {
  public typealias Result = CampaignCancelResult
  public static let method = Method.campaignCancel

  /// Its id.
  public var campaignID: CampaignID
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(campaignID: CampaignID, idempotencyKey: String? = nil) {
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `campaign.cancel`: Done.
public struct CampaignCancelResult: Codable, Hashable, Sendable {
  /// The campaign.
  public var campaignID: CampaignID
  /// `cancelled`, or how it ended before.
  public var state: CampaignState
  /// Messages taken back by this call.
  public var cancelled: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(campaignID: CampaignID, state: CampaignState, cancelled: Int, replayed: Bool? = nil) {
    self.campaignID = campaignID
    self.state = state
    self.cancelled = cancelled
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case state, cancelled, replayed
    case campaignID = "campaign_id"
  }
}
