// What the generated types of the contract have besides their fields.

extension Command {
  /// The method it came as.
  public var method: Method { type(of: params).method }

  /// The caller's key: a repeat of (role, method, key) gets the first result again.
  public var idempotencyKey: String? { params.repeatKey }
}

extension Query {
  /// The method it came as.
  public var method: Method { type(of: params).method }
}

extension CarrierTrace {
  /// `last` when absent, and the most it may be.
  public static let defaultLast = 100
  public static let maximumLast = 5000
}

extension VerifyFinding {
  public init(_ kind: VerifyKind, _ subject: String, segment: Int? = nil, _ detail: String) {
    self.init(verdict: kind.verdict, kind: kind, subject: subject, segment: segment, detail: detail)
  }
}

extension VerifyKind {
  /// What it means.
  public var verdict: VerifyVerdict {
    switch self {
    case .segmentLost, .consumerBehind, .feedGap, .feedDamaged, .octetsLost: .lost
    case .segmentDoubled: .doubled
    case .stuckHanded, .stuckLane, .stuckReceipt, .stuckCampaign, .stuckParts, .episodeOverdue,
      .wishUnmet, .leadOverdue, .absenceOverdue, .emailOverdue:
      .stuck
    case .segmentOrphan, .segmentState, .queueOrphan, .messageThread, .messageSuppressed, .doubt,
      .receiptAwaited, .receiptOrphan, .campaignCounts, .campaignRecipients, .campaignBlock,
      .conversationActivity, .suppressionRecord, .consumerAhead, .receiptOwed,
      .detailOrphan, .episodeOwner, .serveOrder, .queueStandstill, .leadOrphan, .absenceOwner,
      .absenceOverlap, .absenceCalendar, .emailState, .linkOrphan:
      .contradiction
    }
  }
}

extension VerifyCounts {
  public init() { self.init(messageCount: 0, rows: 0) }
}
