// The threads of (number, phone).

/// Whether somebody has to act.
public enum ConversationState: String, Codable, Sendable, CaseIterable {
  /// The last word was the phone's.
  case open
  /// The last word was ours.
  case waiting
}

/// A conversation as lists and `conversation.get` show it.
public struct ConversationView: Codable, Hashable, Sendable {
  public var conversationID: ConversationID
  public var number: PhoneNumber
  public var phone: PhoneNumber
  public var state: ConversationState
  public var repID: RepID?
  public var queue: String?
  public var contactIDs: [ContactID]
  public var candidateRepIDs: [RepID]?
  public var campaignID: CampaignID?
  public var blocked: Bool
  public var messages: Int
  public var lastText: String?
  public var lastDirection: MessageDirection?
  public var lastAt: Timestamp?
  public var createdAt: Timestamp

  public init(
    conversationID: ConversationID, number: PhoneNumber, phone: PhoneNumber, state: ConversationState,
    repID: RepID? = nil, queue: String? = nil, contactIDs: [ContactID], candidateRepIDs: [RepID]? = nil,
    campaignID: CampaignID? = nil, blocked: Bool, messages: Int, lastText: String? = nil,
    lastDirection: MessageDirection? = nil, lastAt: Timestamp? = nil, createdAt: Timestamp
  ) {
    self.conversationID = conversationID
    self.number = number
    self.phone = phone
    self.state = state
    self.repID = repID
    self.queue = queue
    self.contactIDs = contactIDs
    self.candidateRepIDs = candidateRepIDs
    self.campaignID = campaignID
    self.blocked = blocked
    self.messages = messages
    self.lastText = lastText
    self.lastDirection = lastDirection
    self.lastAt = lastAt
    self.createdAt = createdAt
  }

  enum CodingKeys: String, CodingKey {
    case number, phone, state, queue, messages
    case repID = "rep_id"
    case contactIDs = "contact_ids"
    case campaignID = "campaign_id"
    case blocked
    case lastText = "last_text"
    case lastDirection = "last_direction"
    case lastAt = "last_at"
    case createdAt = "created_at"
    case conversationID = "conversation_id"
    case candidateRepIDs = "candidate_rep_ids"
  }
}

public struct ConversationList: ListParams {
  public typealias Item = ConversationView
  public static let method = Method.conversationList

  public var repID: RepID?
  public var number: PhoneNumber?
  public var state: ConversationState?
  public var queue: String?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    repID: RepID? = nil, number: PhoneNumber? = nil, state: ConversationState? = nil, queue: String? = nil,
    cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.repID = repID
    self.number = number
    self.state = state
    self.queue = queue
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case number, state, queue, cursor, limit
    case repID = "rep_id"
  }
}

public struct ConversationGet: MethodParams {
  public typealias Result = ConversationView
  public static let method = Method.conversationGet

  public var conversationID: ConversationID

  public init(conversationID: ConversationID) {
    self.conversationID = conversationID
  }

  enum CodingKeys: String, CodingKey {
    case conversationID = "conversation_id"
  }
}

public struct ConversationMessages: ListParams {
  public typealias Item = MessageView
  public static let method = Method.conversationMessages

  public var conversationID: ConversationID
  public var cursor: PageCursor?
  public var limit: Int?

  public init(conversationID: ConversationID, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.conversationID = conversationID
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case cursor, limit
    case conversationID = "conversation_id"
  }
}

public struct ConversationAssign: RepeatableParams {
  public typealias Result = ConversationView
  public static let method = Method.conversationAssign

  public var conversationID: ConversationID
  public var repID: RepID
  public var idempotencyKey: String?

  public init(conversationID: ConversationID, repID: RepID, idempotencyKey: String? = nil) {
    self.conversationID = conversationID
    self.repID = repID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
    case conversationID = "conversation_id"
    case repID = "rep_id"
  }
}
