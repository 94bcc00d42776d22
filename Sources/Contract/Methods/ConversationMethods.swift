// The threads of (number, phone). Keys are the properties in snake case.

/// Whether somebody has to act.
public enum ConversationState: String, Codable, Sendable, CaseIterable {
  /// The last word was the phone's.
  case open
  /// The last word was ours.
  case waiting
}

/// A conversation as lists and `conversation.get` show it.
public struct ConversationView: Codable, Hashable, Sendable {
  /// Its id.
  public var conversationID: ConversationID
  /// The number of ours; answers always leave from it.
  public var number: PhoneNumber
  /// The other side.
  public var phone: PhoneNumber
  /// Whether somebody has to act.
  public var state: ConversationState
  /// Who owns it.
  public var repID: RepID?
  /// The queue it waits in, where no rep owns it.
  public var queue: String?
  /// Contacts with that phone.
  public var contactIDs: [ContactID]
  /// Reps it might belong to, where that is not clear.
  public var candidateRepIDs: [RepID]?
  /// The last campaign on it.
  public var campaignID: CampaignID?
  /// Whether the phone may not be texted from here.
  public var blocked: Bool
  /// Messages in it.
  public var messages: Int
  /// The newest message's text.
  public var lastText: String?
  /// Which way that one went.
  public var lastDirection: MessageDirection?
  /// When that was.
  public var lastAt: Timestamp?
  /// When it was opened.
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

/// `conversation.list`: Conversations, the most recently active first.
public struct ConversationList: MethodParams {
  public typealias Result = ConversationListResult
  public static let method = Method.conversationList

  /// Only of this rep.
  public var repID: RepID?
  /// Only of this number.
  public var number: PhoneNumber?
  /// Only in this state.
  public var state: ConversationState?
  /// Only in this queue.
  public var queue: String?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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

/// Result of `conversation.list`: One page.
public struct ConversationListResult: Codable, Hashable, Sendable {
  /// The most recently active first.
  public var items: [ConversationView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [ConversationView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `conversation.get`: One conversation.
public struct ConversationGet: MethodParams {
  public typealias Result = ConversationGetResult
  public static let method = Method.conversationGet

  /// Its id.
  public var conversationID: ConversationID

  public init(conversationID: ConversationID) {
    self.conversationID = conversationID
  }

  enum CodingKeys: String, CodingKey {
    case conversationID = "conversation_id"
  }
}

/// Result of `conversation.get`: The conversation.
public struct ConversationGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var conversation: ConversationView

  public init(conversation: ConversationView) {
    self.conversation = conversation
  }

  enum CodingKeys: String, CodingKey {
    case conversation
  }
}

/// `conversation.messages`: A conversation's messages, newest first.
public struct ConversationMessages: MethodParams {
  public typealias Result = ConversationMessagesResult
  public static let method = Method.conversationMessages

  /// Its id.
  public var conversationID: ConversationID
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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

/// Result of `conversation.messages`: One page.
public struct ConversationMessagesResult: Codable, Hashable, Sendable {
  /// Newest first.
  public var items: [MessageView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [MessageView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `conversation.assign`: Gives a conversation to a rep; answers still leave from its own number.
public struct ConversationAssign: CommandParams {
  public typealias Result = ConversationAssignResult
  public static let method = Method.conversationAssign

  /// Its id.
  public var conversationID: ConversationID
  /// Who owns it from now on.
  public var repID: RepID
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `conversation.assign`: Done.
public struct ConversationAssignResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var conversation: ConversationView
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(conversation: ConversationView, replayed: Bool? = nil) {
    self.conversation = conversation
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case conversation, replayed
  }
}
