// Stopping everything, and what was set aside.

public struct PauseSending: RepeatableParams {
  public typealias Result = Done
  public static let method = Method.pause

  public var reason: String?
  public var idempotencyKey: String?

  public init(reason: String? = nil, idempotencyKey: String? = nil) {
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case reason
    case idempotencyKey = "idempotency_key"
  }
}

public struct ResumeSending: RepeatableParams {
  public typealias Result = Done
  public static let method = Method.resume

  public var idempotencyKey: String?

  public init(idempotencyKey: String? = nil) {
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case idempotencyKey = "idempotency_key"
  }
}

/// Why an inbound PDU was set aside.
public enum QuarantineKind: String, Codable, Sendable, CaseIterable {
  /// Its destination is no number of ours.
  case unrouted
  /// Its addresses or text could not be read.
  case unreadable
  /// Recording it failed, alone in its batch.
  case failed
  /// A phone's or a person's acknowledgement, which nobody had asked for.
  case acknowledgement
}

/// An inbound PDU that was acknowledged and set aside.
public struct QuarantineView: Codable, Hashable, Sendable {
  public var quarantineID: Int
  public var kind: QuarantineKind
  public var carrier: String
  public var from: String?
  public var to: String?
  public var detail: String?
  public var octets: Int
  public var receivedAt: Timestamp

  public init(
    quarantineID: Int, kind: QuarantineKind, carrier: String, from: String? = nil, to: String? = nil,
    detail: String? = nil, octets: Int, receivedAt: Timestamp
  ) {
    self.quarantineID = quarantineID
    self.kind = kind
    self.carrier = carrier
    self.from = from
    self.to = to
    self.detail = detail
    self.octets = octets
    self.receivedAt = receivedAt
  }

  enum CodingKeys: String, CodingKey {
    case kind, carrier, from, to, detail, octets
    case receivedAt = "received_at"
    case quarantineID = "quarantine_id"
  }
}

public struct QuarantineList: ListParams {
  public typealias Item = QuarantineView
  public static let method = Method.quarantineList

  public var kind: QuarantineKind?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(kind: QuarantineKind? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.kind = kind
    self.cursor = cursor
    self.limit = limit
  }
}
