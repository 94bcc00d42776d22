// Single texts.

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
  public var messageID: MessageID
  public var conversationID: ConversationID?
  public var direction: MessageDirection
  public var `class`: MessageClass?
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var text: String
  public var encoding: MessageEncoding?
  public var segments: Int
  public var segmentsDelivered: Int?
  public var state: TextMessageState
  public var error: String?
  public var reason: Refusal?
  public var inferred: Bool?
  public var campaignID: CampaignID?
  public var contactID: ContactID?
  public var repID: RepID?
  public var carrier: String?
  public var keyword: String?
  public var createdAt: Timestamp
  public var sentAt: Timestamp?
  public var doneAt: Timestamp?
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

public struct MessageSend: CommandParams {
  public typealias Result = MessageSendResult
  public static let method = Method.messageSend

  public var from: Sender?
  public var to: Recipient
  public var text: String
  public var idempotencyKey: String
  public var `class`: MessageClass?
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

public struct MessageSendResult: Codable, Hashable, Sendable {
  public var messageID: MessageID
  public var conversationID: ConversationID
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var encoding: MessageEncoding
  public var segments: Int
  public var state: TextMessageState
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

public struct MessageGet: MethodParams {
  public typealias Result = MessageView
  public static let method = Method.messageGet

  public var messageID: MessageID

  public init(messageID: MessageID) {
    self.messageID = messageID
  }

  enum CodingKeys: String, CodingKey {
    case messageID = "message_id"
  }
}

public struct MessageList: ListParams {
  public typealias Item = MessageView
  public static let method = Method.messageList

  public var number: PhoneNumber?
  public var phone: PhoneNumber?
  public var repID: RepID?
  public var campaignID: CampaignID?
  public var state: TextMessageState?
  public var direction: MessageDirection?
  public var cursor: PageCursor?
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

public struct MessageEstimate: MethodParams {
  public typealias Result = MessageEstimateResult
  public static let method = Method.messageEstimate

  public var text: String
  public var from: Sender?
  public var to: Recipient?

  public init(text: String, from: Sender? = nil, to: Recipient? = nil) {
    self.text = text
    self.from = from
    self.to = to
  }
}

public struct MessageEstimateResult: Codable, Hashable, Sendable {
  public var encoding: MessageEncoding
  public var segments: Int
  public var units: Int
  public var unitsLeft: Int
  public var unitLimit: Int
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
