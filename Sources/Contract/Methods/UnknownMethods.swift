// Texts that were written to a carrier and never answered. Keys are the properties in snake case.

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
  /// The message.
  public var messageID: MessageID
  /// Which of its segments, from 1.
  public var segment: Int
  /// Segments it has.
  public var segments: Int
  /// The number it left from.
  public var from: PhoneNumber
  /// The phone it went to.
  public var to: PhoneNumber
  /// Who waits for it.
  public var `class`: MessageClass
  /// The carrier it was handed to.
  public var carrier: String
  /// The campaign it came of.
  public var campaignID: CampaignID?
  /// When it was handed over.
  public var handedAt: Timestamp
  /// Seconds since its outcome became unknown.
  public var ageS: Int
  /// Times it was handed over, this one included, without an answer.
  public var attempts: Int
  /// What its class says of it.
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

/// `unknown.list`: Segments whose outcome is not known.
public struct UnknownList: MethodParams {
  public typealias Result = UnknownListResult
  public static let method = Method.unknownList

  /// Only of this number of ours.
  public var number: PhoneNumber?
  /// Only of this carrier.
  public var carrier: String?
  /// Only those unknown for at least so many seconds.
  public var olderS: Int?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
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

/// Result of `unknown.list`: One page.
public struct UnknownListResult: Codable, Hashable, Sendable {
  /// Oldest first.
  public var items: [UnknownView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [UnknownView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
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

/// `unknown.resolve`: Says what became of a message whose outcome is not known, or has it sent again.
public struct UnknownResolve: CommandParams {
  public typealias Result = UnknownResolveResult
  public static let method = Method.unknownResolve

  /// The message.
  public var messageID: MessageID
  /// Only this of its segments, from 1; else all that are unknown.
  public var segment: Int?
  /// What became of it.
  public var resolution: UnknownResolution
  /// How that is known, or why it is to be sent again: kept with who said it; 1 to 500 octets.
  public var reason: String
  /// Makes a repeat answer as the first did.
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

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `unknown.resolve`: Done.
public struct UnknownResolveResult: Codable, Hashable, Sendable {
  /// The message.
  public var messageID: MessageID
  /// Segments that were unknown until now.
  public var segments: Int
  /// Where the whole message stands.
  public var state: TextMessageState
  /// True when this is the stored answer to an earlier call.
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
