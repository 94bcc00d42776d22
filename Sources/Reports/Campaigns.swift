import Contract

/// What the feed says about campaigns. A text's end is told once, so ends are counted without keeping the texts.
struct Campaigns {
  struct Campaign {
    /// Milliseconds since 1970 UTC; nil: planned and not committed.
    var started: Int64?
    var isWhole: Bool
    var name: String?
    var state: CampaignState?
    var counts: CampaignCounts?
    var texts = 0
    var delivered = 0
    var failed = 0
    var expired = 0
    var cancelled = 0
    /// Recipients who never got a text, as of the counts that were told last.
    var left: Int?
    var losses: [Loss: Int] = [:]
    var answers = 0
    var answered = 0
    /// Those that answered, while the window is open.
    var answeredBy: Set<ConversationID> = []
    var optOuts = 0
  }

  struct Loss: Hashable {
    var state: TextMessageState
    var reason: String?
  }

  private let isWhole: Bool
  /// Milliseconds after the start.
  private let window: Int64
  private let limits: ReportLimits
  private(set) var known: [CampaignID: Campaign] = [:]
  private var answered = 0
  private var losses = 0

  init(isWhole: Bool, window: Int64, _ limits: ReportLimits) {
    self.isWhole = isWhole
    self.window = window
    self.limits = limits
  }

  mutating func take(_ data: EventData, at now: Int64) throws(ReportError) {
    switch data {
    case .campaignProgress(let event):
      try change(event.campaignID, at: now) { campaign in
        if event.state == .planned { campaign.isWhole = true }
        // Of one whose beginning is not kept, whatever is seen first stands for its start.
        if campaign.started == nil, event.state == .running || !campaign.isWhole { campaign.started = now }
        if let name = event.name { campaign.name = name }
        if let state = event.state { campaign.state = state }
        campaign.counts = event.counts
        // They are among the cancelled, and no event tells them one by one.
        campaign.left = campaign.isWhole ? event.counts.cancelled - campaign.cancelled : nil
      }
    case .messageQueued(let event):
      guard let id = event.campaignID else { return }
      try change(id, at: now) { campaign in
        if campaign.started == nil { campaign.started = now }
        campaign.texts += 1
      }
    case .messageStateChanged(let event):
      guard let id = event.campaignID, event.final else { return }
      var isNew = false
      try change(id, at: now) { campaign in
        if campaign.started == nil { campaign.started = now }
        switch event.state {
        case .delivered: campaign.delivered += 1
        case .failed: campaign.failed += 1
        case .expired: campaign.expired += 1
        case .cancelled: campaign.cancelled += 1
        // These are no end that is known.
        case .received, .queued, .sending, .sent, .unknown, .receiptMissing: return
        }
        guard event.state != .delivered else { return }
        let loss = Loss(state: event.state, reason: event.reason?.rawValue ?? event.error)
        isNew = campaign.losses[loss] == nil
        campaign.losses[loss, default: 0] += 1
      }
      guard isNew else { return }
      losses += 1
      guard losses <= limits.losses else { throw .tooMany("reasons for lost texts", limits.losses) }
    case .messageReceived(let event):
      guard let id = event.campaignID else { return }
      var isNew = false
      try change(id, at: now) { [window] campaign in
        if campaign.started == nil { campaign.started = now }
        switch event.keywordClass {
        case .optOut: campaign.optOuts += 1
        case .none, .optIn, .help:
          campaign.answers += 1
          if let started = campaign.started, now - started <= window {
            isNew = campaign.answeredBy.insert(event.conversationID).inserted
            if isNew { campaign.answered += 1 }
          }
        }
      }
      if isNew {
        answered += 1
        if answered > limits.answered { try sweep(at: now) }
      }
    default: return
    }
  }

  private mutating func change(_ id: CampaignID, at now: Int64, _ body: (inout Campaign) -> Void)
    throws(ReportError)
  {
    guard known[id] != nil || known.count < limits.campaigns else {
      throw .tooMany("campaigns", limits.campaigns)
    }
    // Without progress events (a role with `numbers`) a whole feed is the only proof of a beginning.
    body(&known[id, default: Campaign(isWhole: isWhole)])
  }

  /// Nobody answers within a window that is over.
  private mutating func sweep(at now: Int64) throws(ReportError) {
    answered = 0
    for (id, campaign) in known {
      if let started = campaign.started, now - started > window {
        known[id]?.answeredBy = []
      } else {
        answered += campaign.answeredBy.count
      }
    }
    guard answered <= limits.answered else {
      throw .tooMany("conversations that answered campaigns", limits.answered)
    }
  }
}
