// Stopping everything, and what was set aside. Keys are the properties in snake case.

/// What is paused or resumed.
public enum PauseTarget: String, Codable, Sendable, CaseIterable {
  /// Everything; survives a restart.
  case all
  /// One number.
  case number
  /// One campaign.
  case campaign
}

/// `pause`: Stops sending; inbound goes on. Survives a restart.
public struct PauseSending: CommandParams {
  public typealias Result = PauseSendingResult
  public static let method = Method.pause

  /// What.
  public var target: PauseTarget
  /// The number, for `number`.
  public var number: PhoneNumber?
  /// The campaign, for `campaign`.
  public var campaignID: CampaignID?
  /// For whoever wonders later.
  public var reason: String?
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(
    target: PauseTarget, number: PhoneNumber? = nil, campaignID: CampaignID? = nil, reason: String? = nil,
    idempotencyKey: String? = nil
  ) {
    self.target = target
    self.number = number
    self.campaignID = campaignID
    self.reason = reason
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case target, number, reason
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `pause`: Done.
public struct PauseSendingResult: Codable, Hashable, Sendable {
  /// What.
  public var target: PauseTarget
  /// True.
  public var paused: Bool
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(target: PauseTarget, paused: Bool, replayed: Bool? = nil) {
    self.target = target
    self.paused = paused
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case target, paused, replayed
  }
}

/// `resume`: Ends a pause.
public struct ResumeSending: CommandParams {
  public typealias Result = ResumeSendingResult
  public static let method = Method.resume

  /// What.
  public var target: PauseTarget
  /// The number, for `number`.
  public var number: PhoneNumber?
  /// The campaign, for `campaign`.
  public var campaignID: CampaignID?
  /// Makes a repeat answer as the first did.
  public var idempotencyKey: String?

  public init(
    target: PauseTarget, number: PhoneNumber? = nil, campaignID: CampaignID? = nil,
    idempotencyKey: String? = nil
  ) {
    self.target = target
    self.number = number
    self.campaignID = campaignID
    self.idempotencyKey = idempotencyKey
  }

  enum CodingKeys: String, CodingKey {
    case target, number
    case idempotencyKey = "idempotency_key"
    case campaignID = "campaign_id"
  }

  public var repeatKey: String? { idempotencyKey }
}

/// Result of `resume`: Done.
public struct ResumeSendingResult: Codable, Hashable, Sendable {
  /// What.
  public var target: PauseTarget
  /// False.
  public var paused: Bool
  /// True when this is the stored answer to an earlier call.
  public var replayed: Bool?

  public init(target: PauseTarget, paused: Bool, replayed: Bool? = nil) {
    self.target = target
    self.paused = paused
    self.replayed = replayed
  }

  enum CodingKeys: String, CodingKey {
    case target, paused, replayed
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
  /// Its place in the list.
  public var quarantineID: Int
  /// Why it was set aside.
  public var kind: QuarantineKind
  /// The carrier it came by.
  public var carrier: String
  /// Its source address, as it came.
  public var from: String?
  /// Its destination address, as it came.
  public var to: String?
  /// What went wrong.
  public var detail: String?
  /// Length of the PDU in octets.
  public var octets: Int
  /// When it came.
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

/// `quarantine.list`: Inbound PDUs that were acknowledged and set aside.
public struct QuarantineList: MethodParams {
  public typealias Result = QuarantineListResult
  public static let method = Method.quarantineList

  /// Only of this kind.
  public var kind: QuarantineKind?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(kind: QuarantineKind? = nil, cursor: PageCursor? = nil, limit: Int? = nil) {
    self.kind = kind
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case kind, cursor, limit
  }
}

/// Result of `quarantine.list`: One page.
public struct QuarantineListResult: Codable, Hashable, Sendable {
  /// Newest first.
  public var items: [QuarantineView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [QuarantineView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}
