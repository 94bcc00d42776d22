import Contract
import Settings
import Store

/// What the work on campaigns needs.
struct CampaignParts {
  let outbox: Outbox
  let settings: GatewaySettings
  let directory: Directory
  let routes: Routes
  let permission: Permission
  let ownership: Ownership
  let lanes: Lanes
  let campaigns: Campaigns
  let holds: Holds
  let segments: Segments
  let composer: Composer
  let alerts: RepAlerts
  let table: CampaignTable
  let pending: PendingTable
  let contacts: ContactTable
}

/// Commits, pauses, resumes and cancels campaigns.
struct CampaignControl: Part {
  let parts: CampaignParts
  let jobs: Jobs

  var outbox: Outbox { parts.outbox }

  /// From here recipients only leave. The messages follow in slices; ids are set aside for all now.
  func commit(_ id: Int64, _ plan: CampaignTable.PlanRow, _ runs: [(number: Number, count: Int64)])
    throws(StoreError)
  {
    let first = parts.segments.messages.reserve(plan.recipients)
    try parts.table.commit(id, firstID: first, at: now)
    let campaign = parts.campaigns.add(
      .init(
        id: id, name: plan.name, text: plan.text, stage: .planned, recipients: plan.recipients,
        firstID: first,
        tally: CampaignTally()))
    campaign.state = .running
    var next = first
    for (number, count) in runs {
      let run = Run(
        .init(
          campaign: id, number: number.id, first: next, end: next + count, filled: next, filledContact: 0,
          next: SegmentRef(message: next, index: 0)), of: campaign)
      try parts.table.begin(run.row)
      next = run.end
      parts.lanes[number.id].begin(run)
      jobs.append(FillJob(run, parts))
      if plan.copies { try parts.alerts.copy(campaign, number, recipients: count) }
    }
    parts.campaigns.emitProgress(of: campaign)
  }

  func set(_ campaign: Campaign, to stage: CampaignStage, reason: String? = nil) throws(StoreError) {
    guard campaign.state != stage else { return }
    campaign.state = stage
    campaign.isDirty = true
    switch stage {
    case .paused: try parts.holds.begin(.campaign, campaign.id, reason: reason)
    case .cancelled:
      try parts.holds.end(.campaign, campaign.id)
      try parts.holds.note(.cancelledCampaign, campaign.id, since: now)
    case .planning, .planned, .running, .completed, .expired:
      try parts.holds.end(.campaign, campaign.id)
    }
    if stage == .paused {
      parts.lanes.touchRuns(of: campaign.id)
    } else {
      parts.lanes.release(campaign.id)
    }
    parts.campaigns.emitProgress(of: campaign)
  }

  /// Nothing more is claimed from now on; the waiting messages end one by one in slices.
  /// - Returns: messages that wait.
  func cancel(_ campaign: Campaign) throws(StoreError) -> Int {
    try set(campaign, to: .cancelled)
    var waiting: Int64 = 0
    for run in parts.lanes.runs(of: campaign.id) {
      waiting += run.end - run.next.message
      jobs.append(CancelJob(run, parts))
    }
    for run in try parts.table.runs(of: campaign.id) { jobs.append(CancelAsideJob(run, parts)) }
    return Int(waiting)
  }

  /// Long work that a restart interrupted, or a lost batch made stale.
  func resumedJobs() -> [any Job] {
    var resumed: [any Job] = []
    for run in parts.lanes.allRuns {
      if run.filled < run.end { resumed.append(FillJob(run, parts)) }
      if run.campaign.state == .cancelled { resumed.append(CancelJob(run, parts)) }
    }
    return resumed
  }
}

/// Ends the waiting messages of a cancelled campaign, a slice at a time.
final class CancelJob: Job, Part {
  static let slice: Int64 = 200

  let outbox: Outbox
  private let run: Run
  private let parts: CampaignParts

  init(_ run: Run, _ parts: CampaignParts) {
    self.run = run
    self.parts = parts
    outbox = parts.outbox
  }

  var resumedAs: String? { "cancel \(run.campaign.id) \(run.number)" }

  func failed() {
    alert(
      .storeFailed, .critical, subject: CampaignID(run.campaign.id).description,
      "a campaign could not be cancelled")
  }

  func step() throws(StoreError) -> Bool {
    // Recipients become messages first, so that each has its end on record.
    guard run.filled == run.end || run.next.message < run.filled else { return true }
    let end = min(run.filled, run.next.message + CancelJob.slice)
    while run.next.message < end {
      guard let row = try parts.segments.messages.row(run.next.message) else {
        run.advance(to: SegmentRef(message: run.next.message + 1, index: 0))
        continue
      }
      _ = try parts.segments.cancelInRun(row, run, reason: .alreadyFinal)
    }
    parts.lanes.touch(run.number)
    return run.next.message < run.end
  }
}

/// Ends what waits of a cancelled campaign outside its runs: what came back, and what waited for its thread.
final class CancelAsideJob: Job, Part {
  static let slice: Int64 = 200

  let outbox: Outbox
  private let parts: CampaignParts
  private let run: CampaignTable.RunRow
  private var next: Int64

  init(_ run: CampaignTable.RunRow, _ parts: CampaignParts) {
    self.parts = parts
    self.run = run
    outbox = parts.outbox
    next = SegmentRef(message: run.first, index: 0).rawValue
  }

  /// What waits aside ends when its turn comes, all the same.
  var resumedAs: String? { nil }

  func failed() {
    alert(
      .storeFailed, .critical, subject: CampaignID(run.campaign).description,
      "a campaign could not be cancelled")
  }

  func step() throws(StoreError) -> Bool {
    let refs = try parts.pending.bulk(
      run.number, from: next, to: SegmentRef(message: run.end, index: 0).rawValue, limit: CancelAsideJob.slice
    )
    for ref in refs {
      // The segments of one message leave together.
      guard let row = try parts.segments.messages.row(ref.message), row.campaign == run.campaign else {
        continue
      }
      _ = try parts.segments.cancelPending(row, reason: .alreadyFinal)
    }
    if let last = refs.last { next = last.rawValue + 1 }
    return refs.count == Int(CancelAsideJob.slice)
  }
}
