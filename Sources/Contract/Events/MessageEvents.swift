// What the feed tells of messages and consent.

/// What an inbound text asks for.
public enum KeywordClass: String, Codable, Sendable, CaseIterable {
  /// No keyword.
  case none
  /// STOP and its kin.
  case optOut = "opt_out"
  /// START, UNSTOP; YES while opted out.
  case optIn = "opt_in"
  /// HELP and its kin.
  case help
}

public struct MessageReceived: Codable, Hashable, Sendable {
  public var messageID: MessageID
  public var conversationID: ConversationID
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var text: String
  public var encoding: MessageEncoding
  public var segments: Int
  public var complete: Bool
  public var keywordClass: KeywordClass
  public var keyword: String?
  public var contactIDs: [ContactID]
  public var candidateRepIDs: [RepID]?
  public var repID: RepID?
  public var queue: String?
  public var campaignID: CampaignID?
  public var carrier: String
  public var receivedAt: Timestamp
  public var carrierRedelivery: Int

  public init(
    messageID: MessageID, conversationID: ConversationID, from: PhoneNumber, to: PhoneNumber, text: String,
    encoding: MessageEncoding, segments: Int, complete: Bool, keywordClass: KeywordClass,
    keyword: String? = nil,
    contactIDs: [ContactID], candidateRepIDs: [RepID]? = nil, repID: RepID? = nil, queue: String? = nil,
    campaignID: CampaignID? = nil, carrier: String, receivedAt: Timestamp, carrierRedelivery: Int
  ) {
    self.messageID = messageID
    self.conversationID = conversationID
    self.from = from
    self.to = to
    self.text = text
    self.encoding = encoding
    self.segments = segments
    self.complete = complete
    self.keywordClass = keywordClass
    self.keyword = keyword
    self.contactIDs = contactIDs
    self.candidateRepIDs = candidateRepIDs
    self.repID = repID
    self.queue = queue
    self.campaignID = campaignID
    self.carrier = carrier
    self.receivedAt = receivedAt
    self.carrierRedelivery = carrierRedelivery
  }

  enum CodingKeys: String, CodingKey {
    case from, to, text, encoding, segments, complete, keyword, queue, carrier
    case messageID = "message_id"
    case conversationID = "conversation_id"
    case contactIDs = "contact_ids"
    case repID = "rep_id"
    case keywordClass = "keyword_class"
    case campaignID = "campaign_id"
    case receivedAt = "received_at"
    case carrierRedelivery = "carrier_redelivery"
    case candidateRepIDs = "candidate_rep_ids"
  }
}

public struct MessageStateChanged: Codable, Hashable, Sendable {
  public var messageID: MessageID
  public var conversationID: ConversationID
  public var campaignID: CampaignID?
  public var repID: RepID?
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var state: TextMessageState
  public var final: Bool
  public var segments: Int
  public var segmentsDelivered: Int?
  public var reason: Refusal?
  public var error: String?
  public var carrier: String?
  public var inferred: Bool
  public var at: Timestamp

  public init(
    messageID: MessageID, conversationID: ConversationID, campaignID: CampaignID? = nil,
    repID: RepID? = nil, from: PhoneNumber, to: PhoneNumber, state: TextMessageState, final: Bool,
    segments: Int, segmentsDelivered: Int? = nil, reason: Refusal? = nil, error: String? = nil,
    carrier: String? = nil, inferred: Bool, at: Timestamp
  ) {
    self.messageID = messageID
    self.conversationID = conversationID
    self.campaignID = campaignID
    self.repID = repID
    self.from = from
    self.to = to
    self.state = state
    self.final = final
    self.segments = segments
    self.segmentsDelivered = segmentsDelivered
    self.reason = reason
    self.error = error
    self.carrier = carrier
    self.inferred = inferred
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case from, to, state, final, segments, reason, error, carrier, inferred, at
    case segmentsDelivered = "segments_delivered"
    case messageID = "message_id"
    case conversationID = "conversation_id"
    case campaignID = "campaign_id"
    case repID = "rep_id"
  }
}

public struct ConsentChanged: Codable, Hashable, Sendable {
  public var phone: PhoneNumber
  public var kind: ConsentKind
  public var scope: ConsentScope
  public var number: PhoneNumber?
  public var layer: ConsentLayer
  public var source: ConsentSource
  public var keyword: String?
  public var messageID: MessageID?
  public var cancelled: Int
  public var at: Timestamp

  public init(
    phone: PhoneNumber, kind: ConsentKind, scope: ConsentScope, number: PhoneNumber? = nil,
    layer: ConsentLayer, source: ConsentSource, keyword: String? = nil, messageID: MessageID? = nil,
    cancelled: Int, at: Timestamp
  ) {
    self.phone = phone
    self.kind = kind
    self.scope = scope
    self.number = number
    self.layer = layer
    self.source = source
    self.keyword = keyword
    self.messageID = messageID
    self.cancelled = cancelled
    self.at = at
  }

  enum CodingKeys: String, CodingKey {
    case phone, kind, scope, number, layer, source, keyword, cancelled, at
    case messageID = "message_id"
  }
}
