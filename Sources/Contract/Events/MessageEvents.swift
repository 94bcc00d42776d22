// What the feed tells of messages and consent. Keys are the properties in snake case.

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

/// `sms.message.received.v1`: A text came in, whole.
public struct MessageReceived: Codable, Hashable, Sendable {
  /// Its id.
  public var messageID: MessageID
  /// Its thread.
  public var conversationID: ConversationID
  /// Who wrote.
  public var from: PhoneNumber
  /// The number of ours.
  public var to: PhoneNumber
  /// The text.
  public var text: String
  /// How it travelled.
  public var encoding: MessageEncoding
  /// Segments it came in.
  public var segments: Int
  /// False when parts never came and the rest was given after the time limit.
  public var complete: Bool
  /// What it asks for.
  public var keywordClass: KeywordClass
  /// The keyword found, in capitals.
  public var keyword: String?
  /// Contacts with that phone.
  public var contactIDs: [ContactID]
  /// Reps it might belong to, where that is not clear.
  public var candidateRepIDs: [RepID]?
  /// Who owns the thread.
  public var repID: RepID?
  /// The queue it waits in, where no rep owns it.
  public var queue: String?
  /// The campaign it answers.
  public var campaignID: CampaignID?
  /// The carrier it came by.
  public var carrier: String
  /// When it came.
  public var receivedAt: Timestamp
  /// Times the carrier sent it again before this event.
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

/// `sms.message.state_changed.v1`: An outbound message got further.
public struct MessageStateChanged: Codable, Hashable, Sendable {
  /// Its id.
  public var messageID: MessageID
  /// Its thread.
  public var conversationID: ConversationID
  /// The campaign it came of.
  public var campaignID: CampaignID?
  /// The rep it belongs to.
  public var repID: RepID?
  /// The number of ours.
  public var from: PhoneNumber
  /// The phone.
  public var to: PhoneNumber
  /// Where it stands now.
  public var state: TextMessageState
  /// Whether that is the end.
  public var final: Bool
  /// Segments it has.
  public var segments: Int
  /// Of several segments, those the phone has by now, where that is some and not all of them.
  public var segmentsDelivered: Int?
  /// Why the gateway itself stopped it.
  public var reason: Refusal?
  /// Why the carrier did: an SMPP status name or the receipt's error.
  public var error: String?
  /// The carrier it went by.
  public var carrier: String?
  /// True when the outcome was inferred, not reported under our own id.
  public var inferred: Bool
  /// When it happened, by our clock.
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

/// `sms.consent.changed.v1`: A phone opted out or in.
public struct ConsentChanged: Codable, Hashable, Sendable {
  /// The phone.
  public var phone: PhoneNumber
  /// What was said.
  public var kind: ConsentKind
  /// What it holds for.
  public var scope: ConsentScope
  /// The number of ours it was said to, or about.
  public var number: PhoneNumber?
  /// Whose record it is.
  public var layer: ConsentLayer
  /// How we know.
  public var source: ConsentSource
  /// The keyword.
  public var keyword: String?
  /// The text that said it.
  public var messageID: MessageID?
  /// Queued messages it took back.
  public var cancelled: Int
  /// When it was recorded.
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
