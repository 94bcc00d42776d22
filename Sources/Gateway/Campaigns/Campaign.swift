import SMPP
import Store

/// How many messages of a campaign stand where.
struct CampaignTally: Equatable {
  var sent: Int64 = 0
  var delivered: Int64 = 0
  var failed: Int64 = 0
  var expired: Int64 = 0
  var unknown: Int64 = 0
  var receiptMissing: Int64 = 0
  var cancelled: Int64 = 0
  var answers: Int64 = 0
  var optOuts: Int64 = 0
  /// Left between the plan and their turn: opted out, or without a number by then.
  var left: Int64 = 0

  /// Messages that wait for nothing from us.
  var settled: Int64 { sent + delivered + failed + expired + unknown + receiptMissing + cancelled + left }

  mutating func add(_ state: SegmentState, _ amount: Int64) {
    switch state {
    case .queued, .sending: break
    case .sent: sent += amount
    case .delivered: delivered += amount
    case .failed: failed += amount
    case .expired: expired += amount
    case .unknown: unknown += amount
    case .receiptMissing: receiptMissing += amount
    case .cancelled: cancelled += amount
    }
  }
}

/// A group message that was committed, and is not finished or finished lately.
final class Campaign {
  enum State: String {
    case planning, planned, running, paused, completed, cancelled, expired
  }

  let id: Int64
  let name: String?
  let text: String
  var state: State
  let recipients: Int64
  let firstID: Int64
  var tally: CampaignTally
  /// The store says something older.
  var isDirty = false {
    didSet { if isDirty, !oldValue { changed.campaigns.append(self) } }
  }
  private let changed: ChangedCampaigns
  /// Milliseconds since 1970 UTC of the last progress event, and what it said.
  var told: Int64 = 0
  var toldTally = CampaignTally()
  /// The text encoded for a carrier, when it is the same for all.
  var plans: [CarrierKey: SegmentPlan] = [:]
  /// Its runs that are in a lane: those that are not through.
  private(set) var runs = 0

  init(
    id: Int64, name: String?, text: String, state: State, recipients: Int64, firstID: Int64,
    tally: CampaignTally, changed: ChangedCampaigns
  ) {
    self.changed = changed
    self.id = id
    self.name = name
    self.text = text
    self.state = state
    self.recipients = recipients
    self.firstID = firstID
    self.tally = tally
  }

  var isRunning: Bool { state == .running }

  /// Every message has its end, and its runs have nothing left: of a message that failed by one part others may wait.
  var isFinished: Bool { runs == 0 && tally.settled >= recipients }

  /// A run of it is in a lane.
  func runBegins() { runs += 1 }

  /// A run of it is through.
  func runEnds() {
    runs -= 1
    isDirty = true
  }

  /// Whether the message is one of this campaign's block.
  func owns(_ message: Int64) -> Bool { message >= firstID && message < firstID + recipients }

  func move(_ from: SegmentState, _ to: SegmentState) {
    tally.add(from, -1)
    tally.add(to, 1)
    isDirty = true
  }
}

/// The campaigns the running batch changed, in the order of their first change.
final class ChangedCampaigns {
  var campaigns: [Campaign] = []
}

/// The campaigns whose messages may still change, whole in memory; their counts written once a transaction.
final class CampaignBook {
  /// Finished campaigns kept in memory beside those under way, at the least: the newest, whose receipts still come in.
  static let kept = 200
  /// Milliseconds between two progress events of one campaign.
  static let progressEvery: Int64 = 500

  private(set) var active: [Int64: Campaign] = [:]
  private var forgetsAbove = 2 * CampaignBook.kept
  let changed = ChangedCampaigns()
  private let database: Database
  private let updateCounts: Statement

  init(_ database: Database) throws {
    self.database = database
    updateCounts = try database.prepare(
      """
      UPDATE campaign SET state = ?2, sent = ?3, delivered = ?4, failed = ?5, expired = ?6, unknown = ?7,
        cancelled = ?8, answers = ?9, left_after_commit = ?10, opt_outs = ?11, finished = ifnull(finished, ?12),
        receipt_missing = ?13 WHERE id = ?1
      """)
    try reload()
  }

  func reload() throws {
    active = [:]
    changed.campaigns = []
    try database.rows(
      """
      SELECT id, name, text, state, recipients, first_id, sent, delivered, failed, expired, unknown, cancelled,
        answers, left_after_commit, opt_outs, receipt_missing
      FROM campaign WHERE first_id IS NOT NULL ORDER BY id DESC LIMIT ?1
      """, .int(Int64(CampaignBook.kept))
    ) { row in
      add(
        Campaign(
          id: row.int(0), name: row.textOrNil(1), text: row.text(2),
          state: .init(rawValue: row.text(3)) ?? .completed,
          recipients: row.int(4), firstID: row.int(5),
          tally: CampaignTally(
            sent: row.int(6), delivered: row.int(7), failed: row.int(8), expired: row.int(9),
            unknown: row.int(10), receiptMissing: row.int(15), cancelled: row.int(11), answers: row.int(12),
            optOuts: row.int(14),
            left: row.int(13)), changed: changed))
    }
  }

  func add(_ campaign: Campaign) {
    campaign.toldTally = campaign.tally
    active[campaign.id] = campaign
  }

  /// The campaign, read again from the store when it is an old one.
  func campaign(_ id: Int64) throws -> Campaign? {
    if let known = active[id] { return known }
    let found = try database.map(
      """
      SELECT id, name, text, state, recipients, first_id, sent, delivered, failed, expired, unknown, cancelled,
        answers, left_after_commit, opt_outs, receipt_missing
      FROM campaign WHERE id = ?1 AND first_id IS NOT NULL
      """, .int(id)
    ) { row in
      Campaign(
        id: row.int(0), name: row.textOrNil(1), text: row.text(2),
        state: .init(rawValue: row.text(3)) ?? .completed,
        recipients: row.int(4), firstID: row.int(5),
        tally: CampaignTally(
          sent: row.int(6), delivered: row.int(7), failed: row.int(8), expired: row.int(9),
          unknown: row.int(10), receiptMissing: row.int(15), cancelled: row.int(11), answers: row.int(12),
          optOuts: row.int(14),
          left: row.int(13)), changed: changed)
    }
    guard let campaign = found.first else { return nil }
    add(campaign)
    return campaign
  }

  /// The end of a batch: writes what changed, and calls `progress` for those whose turn it is to be told.
  func flush(at now: Int64, progress: (Campaign) throws -> Void) throws {
    if active.count > forgetsAbove { forgetOldest() }
    guard !changed.campaigns.isEmpty else { return }
    for campaign in changed.campaigns.sorted(by: { $0.id < $1.id }) {
      let finished = campaign.isFinished
      if finished, campaign.state == .running { campaign.state = .completed }
      let c = campaign.tally
      updateCounts.bind(1, campaign.id)
      updateCounts.bind(2, campaign.state.rawValue)
      updateCounts.bind(3, c.sent)
      updateCounts.bind(4, c.delivered)
      updateCounts.bind(5, c.failed)
      updateCounts.bind(6, c.expired)
      updateCounts.bind(7, c.unknown)
      updateCounts.bind(8, c.cancelled)
      updateCounts.bind(9, c.answers)
      updateCounts.bind(10, c.left)
      updateCounts.bind(11, c.optOuts)
      updateCounts.bind(12, finished ? now : nil)
      updateCounts.bind(13, c.receiptMissing)
      try updateCounts.run()
      campaign.isDirty = false
      if finished { campaign.plans = [:] }
      if finished || now - campaign.told >= CampaignBook.progressEvery { try tell(campaign, now, progress) }
    }
    changed.campaigns.removeAll(keepingCapacity: true)
  }

  /// The last word on campaigns that changed and went quiet before they were told of.
  func tellQuiet(at now: Int64, progress: (Campaign) throws -> Void) throws {
    for campaign in active.values.sorted(by: { $0.id < $1.id })
    where campaign.tally != campaign.toldTally && now - campaign.told >= CampaignBook.progressEvery {
      try tell(campaign, now, progress)
    }
  }

  /// Whether some campaign has something to tell that was held back.
  var hasUntold: Bool { active.values.contains { $0.tally != $0.toldTally } }

  private func tell(_ campaign: Campaign, _ now: Int64, _ progress: (Campaign) throws -> Void) throws {
    guard campaign.tally != campaign.toldTally || campaign.told == 0 else { return }
    campaign.told = now
    campaign.toldTally = campaign.tally
    try progress(campaign)
  }

  /// Never while a batch runs, which may hold one of them: read again, it would be another object with a tally of its own.
  private func forgetOldest() {
    let finished = active.values.filter {
      $0.isFinished && !$0.isDirty && $0.tally == $0.toldTally
    }.map(\.id).sorted()
    for id in finished.dropLast(CampaignBook.kept) { active[id] = nil }
    forgetsAbove = 2 * max(CampaignBook.kept, active.count)
  }
}
