import Contract
import SMPP
import Store

/// A group message that was committed, and is not finished or finished lately.
final class Campaign {
  let id: Int64
  let name: String?
  let text: String
  var state: CampaignStage
  let recipients: Int64
  let firstID: Int64
  var tally: CampaignTally
  /// The store has older counts.
  var isDirty = false {
    didSet { if isDirty, !oldValue { changed.campaigns.append(self) } }
  }
  private let changed: ChangedCampaigns
  /// Milliseconds since 1970 UTC of the last progress event, and the counts in that event.
  var emittedAt: Int64 = 0
  /// nil: after a start that finds counts which the feed does not have.
  var emittedTally: CampaignTally?
  /// Its state as the feed has it.
  var emittedState: CampaignStage
  /// The text encoded for a carrier, when it is the same for all.
  var plans: [CarrierKey: SegmentPlan] = [:]
  /// Its runs that are in a lane: those that are not through.
  private(set) var runs = 0

  init(_ row: CampaignTable.CampaignRow, changed: ChangedCampaigns) {
    self.changed = changed
    id = row.id
    name = row.name
    text = row.text
    state = row.stage
    recipients = row.recipients
    firstID = row.firstID
    tally = row.tally
    emittedState = row.stage
    emittedTally = row.isTold ? row.tally : nil
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
final class Campaigns: Part {
  /// Finished campaigns kept in memory beside those under way, at the least: the newest, whose receipts still come in.
  static let kept = 200
  /// Milliseconds between two progress events of one campaign.
  static let progressEvery: Int64 = 500

  let outbox: Outbox
  private let table: CampaignTable
  private(set) var active: [Int64: Campaign] = [:]
  private var forgetsAbove = 2 * Campaigns.kept
  private let changed = ChangedCampaigns()

  init(_ outbox: Outbox, _ table: CampaignTable) throws(StoreError) {
    self.outbox = outbox
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    active = [:]
    changed.campaigns = []
    for row in try table.newest(Campaigns.kept) { add(row).emittedAt = now }
  }

  /// A campaign is committed, or read again.
  func add(_ row: CampaignTable.CampaignRow) -> Campaign {
    let campaign = Campaign(row, changed: changed)
    active[row.id] = campaign
    return campaign
  }

  /// The campaign, read from the store if it is an old one; nil if the campaign does not exist or is a plan.
  func campaign(_ id: Int64) throws(StoreError) -> Campaign? {
    if let known = active[id] { return known }
    return try table.committed(id).map { add($0) }
  }

  /// The end of a batch: writes changed campaigns, and emits progress of those whose turn it is.
  func flush() throws(StoreError) {
    if active.count > forgetsAbove { forgetOldest() }
    guard !changed.campaigns.isEmpty else { return }
    for campaign in changed.campaigns.sorted(by: \.id) {
      let isFinished = campaign.isFinished
      if isFinished, campaign.state == .running { campaign.state = .completed }
      if campaign.state != campaign.emittedState || isDue(campaign) { emitIfChanged(campaign) }
      try table.update(
        campaign.id, campaign.state, campaign.tally, finished: isFinished ? now : nil,
        isTold: campaign.tally == campaign.emittedTally, at: now)
      campaign.isDirty = false
      if isFinished { campaign.plans = [:] }
    }
    changed.campaigns.removeAll(keepingCapacity: true)
  }

  /// Emits the last progress of campaigns that changed and then went quiet.
  func emitQuiet() {
    for campaign in active.values.sorted(by: \.id)
    where campaign.tally != campaign.emittedTally && isDue(campaign) {
      emitIfChanged(campaign)
      // That it is told is written with the batch.
      campaign.isDirty = true
    }
  }

  private func isDue(_ campaign: Campaign) -> Bool { now - campaign.emittedAt >= Campaigns.progressEvery }

  /// Whether a campaign changed since its last progress event.
  var hasUnemitted: Bool { active.values.contains { $0.tally != $0.emittedTally } }

  /// What of them another holds otherwise: `read` has it as a fresh start has.
  func differences(from read: Campaigns) throws(StoreError) -> [String] {
    var found: [String] = []
    for campaign in active.values.sorted(by: \.id) {
      guard let other = try read.campaign(campaign.id), other.state == campaign.state,
        other.tally == campaign.tally
      else {
        found.append("campaign \(campaign.id) is \(campaign.state) \(campaign.tally)")
        continue
      }
    }
    return found
  }

  private func emitIfChanged(_ campaign: Campaign) {
    guard campaign.tally != campaign.emittedTally || campaign.state != campaign.emittedState else { return }
    emitProgress(of: campaign)
  }

  /// Emits the counts, and the state if that is new.
  func emitProgress(of campaign: Campaign) {
    let state = campaign.state == campaign.emittedState ? nil : campaign.state
    campaign.emittedAt = now
    campaign.emittedTally = campaign.tally
    campaign.emittedState = campaign.state
    let tally = campaign.tally
    let waiting = max(0, campaign.recipients - tally.settled)
    emit(
      .campaignProgress(
        CampaignProgress(
          campaignID: CampaignID(campaign.id), name: campaign.name, state: state?.word,
          counts: CampaignCounts(
            total: Int(campaign.recipients), queued: Int(waiting), sending: 0, sent: Int(tally.sent),
            delivered: Int(tally.delivered), failed: Int(tally.failed), expired: Int(tally.expired),
            unknown: Int(tally.unknown), cancelled: Int(tally.cancelled + tally.left),
            receiptMissing: Int(tally.receiptMissing)),
          replyCount: Int(tally.answers), optOutCount: Int(tally.optOuts), at: Timestamp(milliseconds: now))))
  }

  /// What a plan is, for the feed.
  struct PlanFacts {
    var from: Sender?
    var text: String
    var segments: Int
    var copies: Bool
    var metadata: [String: String]?
    /// Milliseconds since 1970 UTC.
    var expires: Int64
  }

  /// A plan is made, with its facts, or ends without having been committed.
  func emitPlan(
    _ id: Int64, _ name: String?, _ stage: CampaignStage, recipients: Int64, _ facts: PlanFacts? = nil
  ) {
    var counts = CampaignCounts(
      total: Int(recipients), queued: 0, sending: 0, sent: 0, delivered: 0, failed: 0, expired: 0, unknown: 0,
      cancelled: 0, receiptMissing: 0)
    switch stage {
    case .cancelled: counts.cancelled = counts.total
    case .expired: counts.expired = counts.total
    case .planning, .planned, .running, .paused, .completed: counts.queued = counts.total
    }
    emit(
      .campaignProgress(
        CampaignProgress(
          campaignID: CampaignID(id), name: name, state: stage.word, from: facts?.from, text: facts?.text,
          segments: facts?.segments, copyToRep: facts?.copies, metadata: facts?.metadata,
          expiresAt: facts.map { Timestamp(milliseconds: $0.expires) }, counts: counts, replyCount: 0,
          optOutCount: 0, at: Timestamp(milliseconds: now))))
  }

  /// Never while a batch runs: the batch may hold one of these campaigns, and a second object would have counts of its own.
  private func forgetOldest() {
    let finished = active.values.filter {
      $0.isFinished && !$0.isDirty && $0.tally == $0.emittedTally
    }.map(\.id).sorted()
    for id in finished.dropLast(Campaigns.kept) { active[id] = nil }
    forgetsAbove = 2 * max(Campaigns.kept, active.count)
  }
}
