// Who may be texted: every change with its evidence. Keys are the properties in snake case.

/// What was said.
public enum ConsentKind: String, Codable, Sendable, CaseIterable {
  /// No further texts.
  case optOut = "opt_out"
  /// Texts are welcome again.
  case optIn = "opt_in"
}

/// What it holds for.
public enum ConsentScope: String, Codable, Sendable, CaseIterable {
  /// Every number of the brand.
  case brand
  /// One number of ours.
  case number
}

/// Whose record it is.
public enum ConsentLayer: String, Codable, Sendable, CaseIterable {
  /// The gateway's own.
  case ours
  /// The toll-free network's block of (number, phone); only its own START lifts it.
  case network
}

/// How we know.
public enum ConsentSource: String, Codable, Sendable, CaseIterable {
  /// A keyword in a text.
  case keyword
  /// An app said so over the socket.
  case api
  /// A person at the company recorded it.
  case `operator`
  /// A carrier refused a send because of it.
  case carrier
  /// It came with imported data.
  case `import`
}

/// One consent record.
public struct ConsentView: Codable, Hashable, Sendable {
  /// The phone.
  public var phone: PhoneNumber
  /// What was said.
  public var kind: ConsentKind
  /// What it holds for.
  public var scope: ConsentScope
  /// The number of ours, where the scope is one.
  public var number: PhoneNumber?
  /// Whose record it is.
  public var layer: ConsentLayer
  /// How we know.
  public var source: ConsentSource
  /// The keyword.
  public var keyword: String?
  /// What proves it, in a person's words.
  public var evidence: String?
  /// The text that said it.
  public var messageID: MessageID?
  /// Whether it is what holds now; earlier ones are history.
  public var current: Bool
  /// When it was recorded.
  public var recordedAt: Timestamp

  public init(
    phone: PhoneNumber, kind: ConsentKind, scope: ConsentScope, number: PhoneNumber? = nil,
    layer: ConsentLayer, source: ConsentSource, keyword: String? = nil, evidence: String? = nil,
    messageID: MessageID? = nil, current: Bool, recordedAt: Timestamp
  ) {
    self.phone = phone
    self.kind = kind
    self.scope = scope
    self.number = number
    self.layer = layer
    self.source = source
    self.keyword = keyword
    self.evidence = evidence
    self.messageID = messageID
    self.current = current
    self.recordedAt = recordedAt
  }

  enum CodingKeys: String, CodingKey {
    case phone, kind, scope, number, layer, source, keyword, evidence, current
    case messageID = "message_id"
    case recordedAt = "recorded_at"
  }
}

/// `consent.get`: What holds for a phone, and how it came about.
public struct ConsentGet: MethodParams {
  public typealias Result = ConsentGetResult
  public static let method = Method.consentGet

  /// The phone.
  public var phone: E164

  public init(phone: E164) {
    self.phone = phone
  }

  enum CodingKeys: String, CodingKey {
    case phone
  }
}

/// Result of `consent.get`: What holds.
public struct ConsentGetResult: Codable, Hashable, Sendable {
  /// The phone.
  public var phone: PhoneNumber
  /// Whether the brand may not text it.
  public var optedOut: Bool
  /// Numbers of ours that may not text it, besides.
  public var blockedBy: [PhoneNumber]
  /// Newest first, at most 200.
  public var records: [ConsentView]

  public init(phone: PhoneNumber, optedOut: Bool, blockedBy: [PhoneNumber], records: [ConsentView]) {
    self.phone = phone
    self.optedOut = optedOut
    self.blockedBy = blockedBy
    self.records = records
  }

  enum CodingKeys: String, CodingKey {
    case phone, records
    case optedOut = "opted_out"
    case blockedBy = "blocked_by"
  }
}

/// `consent.list`: Consent records, newest first.
public struct ConsentList: MethodParams {
  public typealias Result = ConsentListResult
  public static let method = Method.consentList

  /// Only of this kind.
  public var kind: ConsentKind?
  /// Only what holds now.
  public var current: Bool?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(
    kind: ConsentKind? = nil, current: Bool? = nil, cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.kind = kind
    self.current = current
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case kind, current, cursor, limit
  }
}

/// Result of `consent.list`: One page.
public struct ConsentListResult: Codable, Hashable, Sendable {
  /// Newest first.
  public var items: [ConsentView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [ConsentView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}

/// `consent.record`: Records an opt-out or opt-in that came another way; an opt-out holds before it is
/// answered.
public struct ConsentRecord: CommandParams {
  public typealias Result = ConsentRecordResult
  public static let method = Method.consentRecord

  /// The phone.
  public var phone: E164
  /// What was said.
  public var kind: ConsentKind
  /// When absent as wide as a STOP to `number` is, and the brand's without a number.
  public var scope: ConsentScope?
  /// The number of ours, where the scope is one.
  public var number: PhoneNumber?
  /// `api` when absent.
  public var source: ConsentSource?
  /// What proves it, 1 to 1,000 octets.
  public var evidence: String
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(
    phone: E164, kind: ConsentKind, scope: ConsentScope? = nil, number: PhoneNumber? = nil,
    source: ConsentSource? = nil, evidence: String, idempotencyKey: String? = nil
  ) {
    self.phone = phone
    self.kind = kind
    self.scope = scope
    self.number = number
    self.source = source
    self.evidence = evidence
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case phone, kind, scope, number, source, evidence
    case idempotencyKey = "idempotency_key"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `consent.record`: Done.
public struct ConsentRecordResult: Codable, Hashable, Sendable {
  /// The new record.
  public var record: ConsentView
  /// Queued messages it took back.
  public var cancelled: Int
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(record: ConsentView, cancelled: Int, replayed: Bool? = nil) {
    self.record = record
    self.cancelled = cancelled
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case record, cancelled, replayed
  }
}
