// Single texts. Keys are the properties in snake case.

/// Who waits for a message: people before bulk.
public enum MessageClass: String, Codable, Sendable, CaseIterable {
  /// A person wrote it and waits; goes before campaigns.
  case interactive
  /// One of a campaign's messages.
  case campaign
  /// Written by a system; goes as an interactive one, but an unknown outcome may be sent again where the
  /// operator allows it.
  case notice
  /// A one-time code: goes as an interactive one, is of use for ten minutes unless `not_after` says otherwise, and may be
  /// sent again where its answer never came and the operator allows it.
  case code
}

/// Which way a message went.
public enum MessageDirection: String, Codable, Sendable, CaseIterable {
  /// From a phone to us.
  case inbound
  /// From us to a phone.
  case outbound
}

/// Where a message stands. `delivered`, `failed`, `expired`, `cancelled` and `received` are final; `receipt_missing` is
/// too, unless its receipt comes after all.
public enum TextMessageState: String, Codable, Sendable, CaseIterable {
  /// An inbound message.
  case received
  /// Recorded durably; waits for its lane.
  case queued
  /// At least one segment has been handed to a session.
  case sending
  /// Every segment was accepted by the carrier; a receipt is awaited.
  case sent
  /// The carrier says the phone has it.
  case delivered
  /// The carrier refused it or gave up; `error` says why.
  case failed
  /// Its time ran out, here (`not_after`) or at the carrier.
  case expired
  /// Handed over, and the answer never came; never sent again blindly.
  case unknown
  /// Taken back before it left: opt-out, pause and cancel, or an operator.
  case cancelled
  /// Accepted by the carrier, which never said what became of it.
  case receiptMissing = "receipt_missing"
}

/// How the text travels.
public enum MessageEncoding: String, Codable, Sendable, CaseIterable {
  /// GSM 03.38 default alphabet with its extension table, 160 or 153 septets a segment.
  case gsm7
  /// IA5.
  case ascii
  /// ISO 8859-1.
  case latin1
  /// UTF-16, 70 or 67 units a segment.
  case ucs2
  /// Raw octets, not text.
  case octets
}

/// A message as lists and `message.get` show it.
public struct MessageView: Codable, Hashable, Sendable {
  /// Its id.
  public var messageID: MessageID
  /// The thread it belongs to.
  public var conversationID: ConversationID?
  /// Which way it went.
  public var direction: MessageDirection
  /// Outbound: who waits for it.
  public var `class`: MessageClass?
  /// Sender.
  public var from: PhoneNumber
  /// Receiver.
  public var to: PhoneNumber
  /// The text.
  public var text: String
  /// How it travelled, once decided.
  public var encoding: MessageEncoding?
  /// Segments it has.
  public var segments: Int
  /// Of several segments, those the phone has, where that is not all of them.
  public var segmentsDelivered: Int?
  /// Where it stands.
  public var state: TextMessageState
  /// Why it failed: an SMPP status name or the receipt's error.
  public var error: String?
  /// Why the gateway itself stopped it.
  public var reason: Refusal?
  /// True when the outcome was inferred, not reported under our own id.
  public var inferred: Bool?
  /// The campaign it came of, or answers.
  public var campaignID: CampaignID?
  /// The contact, where it is one.
  public var contactID: ContactID?
  /// The rep it belongs to.
  public var repID: RepID?
  /// The carrier it went or came by.
  public var carrier: String?
  /// Inbound: the keyword found.
  public var keyword: String?
  /// When it was recorded.
  public var createdAt: Timestamp
  /// When its last segment was accepted.
  public var sentAt: Timestamp?
  /// When it became final.
  public var doneAt: Timestamp?
  /// Not to be sent after this.
  public var notAfter: Timestamp?

  public init(
    messageID: MessageID, conversationID: ConversationID? = nil, direction: MessageDirection,
    class: MessageClass? = nil, from: PhoneNumber, to: PhoneNumber, text: String,
    encoding: MessageEncoding? = nil, segments: Int, segmentsDelivered: Int? = nil, state: TextMessageState,
    error: String? = nil, reason: Refusal? = nil, inferred: Bool? = nil, campaignID: CampaignID? = nil,
    contactID: ContactID? = nil, repID: RepID? = nil, carrier: String? = nil, keyword: String? = nil,
    createdAt: Timestamp, sentAt: Timestamp? = nil, doneAt: Timestamp? = nil, notAfter: Timestamp? = nil
  ) {
    self.messageID = messageID
    self.conversationID = conversationID
    self.direction = direction
    self.class = `class`
    self.from = from
    self.to = to
    self.text = text
    self.encoding = encoding
    self.segments = segments
    self.segmentsDelivered = segmentsDelivered
    self.state = state
    self.error = error
    self.reason = reason
    self.inferred = inferred
    self.campaignID = campaignID
    self.contactID = contactID
    self.repID = repID
    self.carrier = carrier
    self.keyword = keyword
    self.createdAt = createdAt
    self.sentAt = sentAt
    self.doneAt = doneAt
    self.notAfter = notAfter
  }

  enum CodingKeys: String, CodingKey {
    case direction, `class`, from, to, text, encoding, segments, state, error, reason, inferred, carrier,
      keyword
    case conversationID = "conversation_id"
    case campaignID = "campaign_id"
    case contactID = "contact_id"
    case repID = "rep_id"
    case createdAt = "created_at"
    case sentAt = "sent_at"
    case doneAt = "done_at"
    case notAfter = "not_after"
    case segmentsDelivered = "segments_delivered"
    case messageID = "message_id"
  }
}

/// `message.send`: Accepts one text for sending; answered once it is durable.
public struct MessageSend: CommandParams {
  public typealias Result = MessageSendResult
  public static let method = Method.messageSend

  /// A rep (its home number) or a number; absent: the number of the conversation with `to`.
  public var from: Sender?
  /// A contact (its preferred phone) or a phone.
  public var to: Recipient
  /// The text, 1 to 10,000 characters.
  public var text: String
  /// Makes a repeat answer as the first did; kept at least 7 days.
  public var idempotencyKey: String
  /// `interactive` when absent; `campaign` is refused here.
  public var `class`: MessageClass?
  /// Not to be sent after this.
  public var notAfter: Timestamp?

  public init(
    from: Sender? = nil, to: Recipient, text: String, idempotencyKey: String, class: MessageClass? = nil,
    notAfter: Timestamp? = nil
  ) {
    self.from = from
    self.to = to
    self.text = text
    self.idempotencyKey = idempotencyKey
    self.class = `class`
    self.notAfter = notAfter
  }

  enum CodingKeys: String, CodingKey {
    case from, to, text, `class`
    case idempotencyKey = "idempotency_key"
    case notAfter = "not_after"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `message.send`: Durably accepted.
public struct MessageSendResult: Codable, Hashable, Sendable {
  /// The message.
  public var messageID: MessageID
  /// Its thread.
  public var conversationID: ConversationID
  /// The number it leaves from.
  public var from: PhoneNumber
  /// The phone it goes to.
  public var to: PhoneNumber
  /// How it will travel.
  public var encoding: MessageEncoding
  /// Segments it has.
  public var segments: Int
  /// `queued`.
  public var state: TextMessageState
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(
    messageID: MessageID, conversationID: ConversationID, from: PhoneNumber, to: PhoneNumber,
    encoding: MessageEncoding, segments: Int, state: TextMessageState, replayed: Bool? = nil
  ) {
    self.messageID = messageID
    self.conversationID = conversationID
    self.from = from
    self.to = to
    self.encoding = encoding
    self.segments = segments
    self.state = state
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case from, to, encoding, segments, state, replayed
    case messageID = "message_id"
    case conversationID = "conversation_id"
  }
}

/// `message.get`: One message.
public struct MessageGet: MethodParams {
  public typealias Result = MessageGetResult
  public static let method = Method.messageGet

  /// Its id.
  public var messageID: MessageID

  public init(messageID: MessageID) {
    self.messageID = messageID
  }

  enum CodingKeys: String, CodingKey {
    case messageID = "message_id"
  }
}

/// Result of `message.get`: The message.
public struct MessageGetResult: Codable, Hashable, Sendable {
  /// As it stands.
  public var message: MessageView

  public init(message: MessageView) {
    self.message = message
  }

  enum CodingKeys: String, CodingKey {
    case message
  }
}

/// `message.list`: Messages, newest first.
public struct MessageList: MethodParams {
  public typealias Result = MessageListResult
  public static let method = Method.messageList

  /// Only of this number of ours.
  public var number: PhoneNumber?
  /// Only with this phone.
  public var phone: PhoneNumber?
  /// Only of this rep.
  public var repID: RepID?
  /// Only of this campaign.
  public var campaignID: CampaignID?
  /// Only in this state.
  public var state: TextMessageState?
  /// Only this way.
  public var direction: MessageDirection?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(
    number: PhoneNumber? = nil, phone: PhoneNumber? = nil, repID: RepID? = nil, campaignID: CampaignID? = nil,
    state: TextMessageState? = nil, direction: MessageDirection? = nil, cursor: PageCursor? = nil,
    limit: Int? = nil
  ) {
    self.number = number
    self.phone = phone
    self.repID = repID
    self.campaignID = campaignID
    self.state = state
    self.direction = direction
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case number, phone, state, direction, cursor, limit
    case repID = "rep_id"
    case campaignID = "campaign_id"
  }
}

/// Result of `message.list`: One page.
public struct MessageListResult: Codable, Hashable, Sendable {
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

/// `message.estimate`: How a text would travel: by the same code that sends it.
public struct MessageEstimate: MethodParams {
  public typealias Result = MessageEstimateResult
  public static let method = Method.messageEstimate

  /// The text.
  public var text: String
  /// Whose number would send it; decides the carrier's alphabets.
  public var from: Sender?
  /// Who would get it.
  public var to: Recipient?

  public init(text: String, from: Sender? = nil, to: Recipient? = nil) {
    self.text = text
    self.from = from
    self.to = to
  }

  enum CodingKeys: String, CodingKey {
    case text, from, to
  }
}

/// Result of `message.estimate`: Encoding and segments.
public struct MessageEstimateResult: Codable, Hashable, Sendable {
  /// The smallest that holds the text.
  public var encoding: MessageEncoding
  /// Segments, each paid and paced as one.
  public var segments: Int
  /// Septets or UTF-16 units of text in all.
  public var units: Int
  /// Units left in the last segment.
  public var unitsLeft: Int
  /// Units one segment of this message holds.
  public var unitLimit: Int
  /// The characters that forced a larger encoding, at most ten.
  public var notGsm7: [String]?

  public init(
    encoding: MessageEncoding, segments: Int, units: Int, unitsLeft: Int, unitLimit: Int,
    notGsm7: [String]? = nil
  ) {
    self.encoding = encoding
    self.segments = segments
    self.units = units
    self.unitsLeft = unitsLeft
    self.unitLimit = unitLimit
    self.notGsm7 = notGsm7
  }

  enum CodingKeys: String, CodingKey {
    case encoding, segments, units
    case unitsLeft = "units_left"
    case unitLimit = "unit_limit"
    case notGsm7 = "not_gsm7"
  }
}
