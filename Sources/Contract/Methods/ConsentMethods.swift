// Who may be texted: every change with its evidence.

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
  public var phone: PhoneNumber
  public var kind: ConsentKind
  public var scope: ConsentScope
  public var number: PhoneNumber?
  public var layer: ConsentLayer
  public var source: ConsentSource
  public var keyword: String?
  public var evidence: String?
  public var messageID: MessageID?
  public var current: Bool
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

public struct ConsentGet: MethodParams {
  public typealias Result = ConsentGetResult
  public static let method = Method.consentGet

  public var phone: E164

  public init(phone: E164) {
    self.phone = phone
  }
}

public struct ConsentGetResult: Codable, Hashable, Sendable {
  public var phone: PhoneNumber
  public var optedOut: Bool
  public var blockedBy: [PhoneNumber]
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

public struct ConsentList: ListParams {
  public typealias Item = ConsentView
  public static let method = Method.consentList

  public var kind: ConsentKind?
  public var current: Bool?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    kind: ConsentKind? = nil, current: Bool? = nil, cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.kind = kind
    self.current = current
    self.cursor = cursor
    self.limit = limit
  }
}

public struct ConsentRecord: RepeatableParams {
  public typealias Result = ConsentRecordResult
  public static let method = Method.consentRecord

  public var phone: E164
  public var kind: ConsentKind
  public var scope: ConsentScope?
  public var number: PhoneNumber?
  public var source: ConsentSource?
  public var evidence: String
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
}

public struct ConsentRecordResult: Codable, Hashable, Sendable {
  public var record: ConsentView
  public var cancelled: Int

  public init(record: ConsentView, cancelled: Int) {
    self.record = record
    self.cancelled = cancelled
  }
}
