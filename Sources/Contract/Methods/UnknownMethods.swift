// Texts that were written to a carrier and never answered.

/// What becomes of a text whose answer never came: it may have arrived.
public enum UnknownPolicy: String, Codable, Sendable, CaseIterable {
  /// Never sent again, unless a person says so.
  case hold
  /// Sent again, once, when nothing was heard of it for as long as a receipt may take.
  case retryLater = "retry_later"
  /// Sent again, once, as soon as no answer can come any more: better twice than never, as for one-time codes.
  case retryAtOnce = "retry_at_once"
}

/// A segment that was handed over and never answered.
public struct UnknownView: Codable, Hashable, Sendable {
  public var messageID: MessageID
  public var segment: Int
  public var segments: Int
  public var from: PhoneNumber
  public var to: PhoneNumber
  public var `class`: MessageClass
  public var carrier: String
  public var campaignID: CampaignID?
  public var handedAt: Timestamp
  public var ageS: Int
  public var attempts: Int
  public var policy: UnknownPolicy

  public init(
    messageID: MessageID, segment: Int, segments: Int, from: PhoneNumber, to: PhoneNumber,
    class: MessageClass, carrier: String, campaignID: CampaignID? = nil, handedAt: Timestamp, ageS: Int,
    attempts: Int, policy: UnknownPolicy
  ) {
    self.messageID = messageID
    self.segment = segment
    self.segments = segments
    self.from = from
    self.to = to
    self.class = `class`
    self.carrier = carrier
    self.campaignID = campaignID
    self.handedAt = handedAt
    self.ageS = ageS
    self.attempts = attempts
    self.policy = policy
  }

  enum CodingKeys: String, CodingKey {
    case segment, segments, from, to, `class`, carrier, attempts, policy
    case messageID = "message_id"
    case campaignID = "campaign_id"
    case handedAt = "handed_at"
    case ageS = "age_s"
  }
}

public struct UnknownList: ListParams {
  public typealias Item = UnknownView
  public static let method = Method.unknownList

  public var number: PhoneNumber?
  public var carrier: String?
  public var olderS: Int?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    number: PhoneNumber? = nil, carrier: String? = nil, olderS: Int? = nil, cursor: PageCursor? = nil,
    limit: Int? = nil
  ) {
    self.number = number
    self.carrier = carrier
    self.olderS = olderS
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case number, carrier, cursor, limit
    case olderS = "older_s"
  }
}

/// What a person says of a text whose answer never came.
public enum UnknownResolution: String, Codable, Sendable, CaseIterable {
  /// The carrier took it.
  case sent
  /// The carrier did not take it, and it is not to be sent again.
  case failed
  /// It is to be sent again, though it may have arrived.
  case retry
}

public struct UnknownResolve: RepeatableParams {
  public typealias Result = UnknownResolveResult
  public static let method = Method.unknownResolve

  public var messageID: MessageID
  public var segment: Int?
  public var resolution: UnknownResolution
  public var reason: String
  public var idempotencyKey: String?

  public init(
    messageID: MessageID, segment: Int? = nil, resolution: UnknownResolution, reason: String,
    idempotencyKey: String? = nil
  ) {
    self.messageID = messageID
    self.segment = segment
    self.resolution = resolution
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case segment, resolution, reason
    case idempotencyKey = "idempotency_key"
    case messageID = "message_id"
  }
}

public struct UnknownResolveResult: Codable, Hashable, Sendable {
  public var messageID: MessageID
  public var segments: Int
  public var state: TextMessageState
  public var replayed: Bool?

  public init(messageID: MessageID, segments: Int, state: TextMessageState, replayed: Bool? = nil) {
    self.messageID = messageID
    self.segments = segments
    self.state = state
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case segments, state, replayed
    case messageID = "message_id"
  }
}
