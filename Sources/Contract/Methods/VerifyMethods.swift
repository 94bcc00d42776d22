// Whether the store is what it should be.

/// What a finding means for whoever reads it.
public enum VerifyVerdict: String, Codable, Sendable, CaseIterable {
  /// Something that was accepted is nowhere.
  case lost
  /// Something is in two places, and may be done twice.
  case doubled
  /// Something waits longer than anything explains.
  case stuck
  /// Two records contradict each other.
  case contradiction
}

/// What was found.
public enum VerifyKind: String, Codable, Sendable, CaseIterable {
  /// A segment that is in no lane, not with a session, and has no outcome.
  case segmentLost = "segment_lost"
  /// A segment that waits, or is about to, and has an outcome, or is with a session.
  case segmentDoubled = "segment_doubled"
  /// An outcome, or a hand-over, of a segment that no message has.
  case segmentOrphan = "segment_orphan"
  /// An outcome that cannot be: a state that is none, or an end without its time.
  case segmentState = "segment_state"
  /// A row of a lane that no message has, or in the wrong lane.
  case queueOrphan = "queue_orphan"
  /// A message whose thread is missing, or another's.
  case messageThread = "message_thread"
  /// A text waits for a phone that opted out.
  case messageSuppressed = "message_suppressed"
  /// An unknown outcome that is not listed as in doubt, or a doubt about what is known.
  case doubt
  /// A receipt is awaited of what awaits none, or by another carrier.
  case receiptAwaited = "receipt_awaited"
  /// A receipt that is kept contradicts a segment that no message has.
  case receiptOrphan = "receipt_orphan"
  /// A campaign's counts are not those of its messages.
  case campaignCounts = "campaign_counts"
  /// A campaign's recipients are not those it was committed for.
  case campaignRecipients = "campaign_recipients"
  /// A campaign's block of messages overlaps another's, or its cursor is outside of it.
  case campaignBlock = "campaign_block"
  /// A conversation's last activity is not that of its newest text.
  case conversationActivity = "conversation_activity"
  /// An opt-out in force without the record it came of.
  case suppressionRecord = "suppression_record"
  /// The feed lacks events between two it has, or its time goes back.
  case feedGap = "feed_gap"
  /// A row of the feed cannot be read, or has another number of events than it says.
  case feedDamaged = "feed_damaged"
  /// A consumer has acknowledged events the feed never had.
  case consumerAhead = "consumer_ahead"
  /// Events were removed that a consumer had not acknowledged.
  case consumerBehind = "consumer_behind"
  /// A receipt is owed that cannot be read, or to a carrier that is none.
  case receiptOwed = "receipt_owed"
  /// With a session for longer than any time-out lets it be.
  case stuckHanded = "stuck_handed"
  /// Its lane may send, and has not for a long time.
  case stuckLane = "stuck_lane"
  /// The time of its receipt is long over, and it is still awaited.
  case stuckReceipt = "stuck_receipt"
  /// A campaign whose messages are not made, or do not end.
  case stuckCampaign = "stuck_campaign"
  /// Parts of a long inbound message that are not given out.
  case stuckParts = "stuck_parts"

  /// What it means.
  public var verdict: VerifyVerdict {
    switch self {
    case .segmentLost, .consumerBehind, .feedGap, .feedDamaged: .lost
    case .segmentDoubled: .doubled
    case .stuckHanded, .stuckLane, .stuckReceipt, .stuckCampaign, .stuckParts: .stuck
    case .segmentOrphan, .segmentState, .queueOrphan, .messageThread, .messageSuppressed, .doubt,
      .receiptAwaited, .receiptOrphan, .campaignCounts, .campaignRecipients, .campaignBlock,
      .conversationActivity, .suppressionRecord, .consumerAhead, .receiptOwed:
      .contradiction
    }
  }
}

/// Something in the store that is not as it should be.
public struct VerifyFinding: Codable, Hashable, Sendable {
  public var verdict: VerifyVerdict
  public var kind: VerifyKind
  public var subject: String
  public var segment: Int?
  public var detail: String

  public init(_ kind: VerifyKind, _ subject: String, segment: Int? = nil, _ detail: String) {
    verdict = kind.verdict
    self.kind = kind
    self.subject = subject
    self.segment = segment
    self.detail = detail
  }
}

/// Where the next slice of `verify` begins, opaque to peers.
public struct VerifyCursor: Hashable, Sendable {
  /// The part of the store, and what the walk through it carries.
  public let values: [Int64]

  /// Values a cursor may have.
  public static let maximumValues = 40

  public init(_ values: [Int64]) { self.values = values }

  public init?(_ text: some StringProtocol) {
    guard text.utf8.count <= 600, text.hasPrefix("vf_") else { return nil }
    let parts = text.dropFirst(3).split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= Self.maximumValues else { return nil }
    var values: [Int64] = []
    for part in parts {
      guard let value = Int64(part, radix: 36) else { return nil }
      values.append(value)
    }
    self.values = values
  }
}

extension VerifyCursor: CustomStringConvertible, Codable {
  public var description: String { "vf_" + values.map { String($0, radix: 36) }.joined(separator: ".") }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(VerifyCursor.init(_:), expected: "a cursor as the slice before gave it")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}

/// How much a slice looked at.
public struct VerifyCounts: Codable, Hashable, Sendable {
  public var messages: Int
  public var rows: Int

  public init(messages: Int = 0, rows: Int = 0) {
    self.messages = messages
    self.rows = rows
  }
}

public struct VerifyStore: MethodParams {
  public typealias Result = VerifyStoreResult
  public static let method = Method.verify

  public var cursor: VerifyCursor?

  public init(cursor: VerifyCursor? = nil) {
    self.cursor = cursor
  }
}

public struct VerifyStoreResult: Codable, Hashable, Sendable {
  public var findings: [VerifyFinding]
  public var skipped: [String]
  public var checked: VerifyCounts
  public var next: VerifyCursor?

  public init(
    findings: [VerifyFinding], skipped: [String], checked: VerifyCounts, next: VerifyCursor? = nil
  ) {
    self.findings = findings
    self.skipped = skipped
    self.checked = checked
    self.next = next
  }
}
