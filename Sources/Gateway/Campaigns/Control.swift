import Contract
import SMPP
import Store

extension Gateway {
  /// `campaign.commit`: from here recipients only leave. The messages follow in slices; ids are set aside for all now.
  func campaignCommit(_ params: CampaignCommit, _ caller: Requester) throws -> CampaignChange {
    let id = params.campaignID.value
    let found = try database.map(
      "SELECT state, expires, recipients, text, name, copy_to_rep FROM campaign WHERE id = ?1", .int(id)
    ) { ($0.text(0), $0.int(1), $0.int(2), $0.text(3), $0.textOrNil(4), $0.int(5) == 1) }
    guard let (state, expires, recipients, text, name, copies) = found.first else {
      throw APIError.notFound("campaign", params.campaignID)
    }
    guard state == Campaign.State.planned.rawValue else {
      throw APIError.refused(.wrongState, "the campaign is \(state)")
    }
    guard now < expires else { throw APIError.refused(.planExpired) }
    let planned = try database.map(
      "SELECT number_id, recipients FROM run WHERE campaign_id = ?1 ORDER BY number_id", .int(id)
    ) { (number: $0.int(0), count: $0.int(1)) }
    for run in planned {
      guard let number = directory.numbers[run.number] else { throw APIError.refused(.planChanged) }
      guard caller.mayUse(number.address) else {
        throw APIError(.forbidden, "this role may not send from \(number.address)")
      }
    }
    let first = messages.reserve(recipients)
    let campaign = Campaign(
      id: id, name: name, text: text, state: .running, recipients: recipients, firstID: first,
      tally: CampaignTally(),
      changed: campaigns.changed)
    try database.run(
      "UPDATE campaign SET state = 'running', committed = ?2, first_id = ?3 WHERE id = ?1",
      .int(id), .int(now), .int(first))
    campaigns.add(campaign)
    var next = first
    for planned in planned {
      let run = Run(
        campaign: campaign, number: planned.number, first: next, end: next + planned.count, filled: next,
        filledContact: 0, next: SegmentRef(message: next, index: 0))
      try database.run(
        "UPDATE run SET first_id = ?3, end_id = ?4, filled_id = ?3, next_ref = ?5 WHERE campaign_id = ?1 AND number_id = ?2",
        .int(id), .int(planned.number), .int(run.first), .int(run.end), .int(run.next.rawValue))
      next = run.end
      lane(planned.number).begin(run)
      jobs.append(FillJob(run))
      if copies { try copyToRep(campaign, planned.number, planned.count) }
    }
    campaign.told = 0
    try tellProgress(campaign)
    return CampaignChange(campaignID: params.campaignID, state: .running, messages: Int(recipients))
  }

  /// A rep's own copy of a group message, on the private mobile: not one of the campaign's messages.
  private func copyToRep(_ campaign: Campaign, _ number: NumberID, _ count: Int64) throws {
    guard let number = directory.numbers[number], let rep = number.rep.flatMap({ directory.reps[$0] }),
      rep.alerts,
      let mobile = rep.mobile, let carrier = number.sendRoutes.first?.carrier,
      try !consent.isSuppressed(mobile, from: number.id)
    else { return }
    let text = "Copy of your message to \(count) contacts: \(campaign.text)"
    guard let plan = segmenters[carrier]?.plan(text) else { return }
    let thread = try conversations.findOrOpen(number.id, mobile, role: .privateMobile, at: now)
    let id = messages.reserve(1)
    try messages.insert(
      MessageRow(
        id: id, conversation: thread.id, phone: mobile, number: number.id, outbound: true, traffic: .copy,
        campaign: campaign.id,
        accepted: now, text: text, encoding: Int64(plan.encoding.stored), segments: plan.count,
        reference: plan.count > 1 ? try conversations.nextReference(thread.id) : 0, notAfter: nil))
    for index in 0..<plan.count {
      try pend(
        PendingSegment(ref: SegmentRef(message: id, index: index), conversation: thread.id), number.id,
        bulk: true)
    }
  }

  func campaignPause(_ params: CampaignPause, _ caller: Requester) throws -> CampaignChange {
    let state = try setCampaign(
      params.campaignID, from: [.running], to: .paused, because: params.reason)
    return CampaignChange(campaignID: params.campaignID, state: state)
  }

  func campaignResume(_ params: CampaignResume, _ caller: Requester) throws -> CampaignChange {
    let state = try setCampaign(params.campaignID, from: [.paused], to: .running)
    return CampaignChange(campaignID: params.campaignID, state: state)
  }

  /// `campaign.cancel`: nothing more is claimed from now on; the waiting messages end one by one in slices.
  func campaignCancel(_ params: CampaignCancel, _ caller: Requester) throws -> CampaignChange {
    if try campaigns.campaign(params.campaignID.value) == nil {
      try database.run(
        "UPDATE campaign SET state = 'cancelled' WHERE id = ?1 AND state = 'planned'",
        .int(params.campaignID.value))
      guard database.changes == 1 else { throw APIError.notFound("campaign", params.campaignID) }
      return CampaignChange(campaignID: params.campaignID, state: .cancelled, messages: 0)
    }
    _ = try setCampaign(params.campaignID, from: [.running, .paused], to: .cancelled)
    var waiting: Int64 = 0
    for run in runs(of: params.campaignID.value) {
      waiting += run.end - run.next.message
      jobs.append(CancelJob(run))
    }
    try database.rows(
      "SELECT number_id, first_id, end_id FROM run WHERE campaign_id = ?1 ORDER BY number_id",
      .int(params.campaignID.value)
    ) { row in
      jobs.append(CancelAsideJob(params.campaignID, number: row.int(0), first: row.int(1), end: row.int(2)))
    }
    return CampaignChange(campaignID: params.campaignID, state: .cancelled, messages: Int(waiting))
  }

  private func runs(of campaign: Int64) -> [Run] {
    lanes.values.sorted { $0.number < $1.number }.flatMap(\.runs).filter { $0.campaign.id == campaign }
  }

  private func setCampaign(
    _ id: CampaignID, from: [Campaign.State], to state: Campaign.State, because reason: String? = nil
  ) throws -> CampaignState {
    guard let campaign = try campaigns.campaign(id.value) else {
      guard try database.int("SELECT 1 FROM campaign WHERE id = ?1", .int(id.value)) != nil else {
        throw APIError.notFound("campaign", id)
      }
      throw APIError.refused(.wrongState, "the campaign is not committed")
    }
    if campaign.state != state {
      guard from.contains(campaign.state) else {
        throw campaign.state == .completed || campaign.state == .cancelled
          ? APIError.refused(.alreadyFinal)
          : APIError.refused(.wrongState, "the campaign is \(campaign.state.rawValue)")
      }
      campaign.state = state
      campaign.isDirty = true
      campaign.told = 0
      switch state {
      case .paused: try holds.begin(.campaign, campaign.id, at: now, reason: reason)
      case .cancelled:
        try holds.end(.campaign, campaign.id, at: now)
        try holds.note(.cancelledCampaign, campaign.id, since: now)
      case .planning, .planned, .running, .completed, .expired:
        try holds.end(.campaign, campaign.id, at: now)
      }
      for run in runs(of: id.value) { touched.insert(run.number) }
      if state != .paused {
        for lane in lanes.values where lane.release(id.value) { touched.insert(lane.number) }
      }
      try tellProgress(campaign)
    }
    return state == .paused ? .paused : state == .running ? .running : .cancelled
  }

  // MARK: Pause of everything, and of a number

  /// `pause`: takes effect before the next claim, and survives a restart.
  func pauseSending(_ params: PauseSending, _ caller: Requester) throws -> Done {
    try directory.setPausedAll(true, reason: params.reason)
    try holds.begin(.everything, 0, at: now, reason: params.reason)
    retellLanes()
    return Done()
  }

  func resumeSending(_ params: ResumeSending, _ caller: Requester) throws -> Done {
    try directory.setPausedAll(false)
    try holds.end(.everything, 0, at: now)
    retellLanes()
    return Done()
  }

  private func retellLanes() {
    for number in directory.numbers.values.sorted(by: { $0.id < $1.id }) { retellLane(number) }
  }

  func setState(of number: Number, to state: NumberState, reason: String?) throws {
    guard number.state != state else { return }
    try database.run(
      "UPDATE number SET state = ?2, reason = ?3 WHERE id = ?1", .int(number.id), .text(state.rawValue),
      .init(reason))
    number.state = state
    number.reason = reason
    try noteState(of: number)
    retellLane(number)
    tell(number)
  }

  /// What a number's state means to what waits in its lane.
  func noteState(of number: Number) throws {
    if number.state == .paused {
      try holds.begin(.number, number.id, at: now, reason: number.reason)
    } else {
      try holds.end(.number, number.id, at: now)
    }
  }
}

/// Ends the waiting messages of a cancelled campaign, a slice at a time.
final class CancelJob: Job {
  static let slice: Int64 = 200

  private let run: Run

  init(_ run: Run) { self.run = run }

  func restart() {}

  func failed(_ gateway: Gateway, _ error: any Error) {
    gateway.alert(
      .storeFailed, .critical, subject: CampaignID(run.campaign.id).description,
      "a campaign could not be cancelled")
  }

  func step(_ gateway: Gateway) throws -> Bool {
    // Recipients become messages first, so that each has its end on record.
    guard run.filled == run.end || run.next.message < run.filled else { return true }
    let end = min(run.filled, run.next.message + CancelJob.slice)
    while run.next.message < end {
      guard let row = try gateway.messages.row(run.next.message) else {
        run.advance(to: SegmentRef(message: run.next.message + 1, index: 0))
        continue
      }
      _ = try gateway.cancelInRun(row, run, reason: .alreadyFinal)
    }
    gateway.touched.insert(run.number)
    return run.next.message < run.end
  }
}

/// Ends what waits of a cancelled campaign outside its runs: what came back, and what waited for its thread.
final class CancelAsideJob: Job {
  static let slice: Int64 = 200

  private let campaign: CampaignID
  private let number: NumberID
  private let first: Int64
  private var next: Int64
  private let end: Int64

  init(_ campaign: CampaignID, number: NumberID, first: Int64, end: Int64) {
    self.campaign = campaign
    self.number = number
    self.end = SegmentRef(message: end, index: 0).rawValue
    self.first = SegmentRef(message: first, index: 0).rawValue
    next = self.first
  }

  func restart() { next = first }

  func failed(_ gateway: Gateway, _ error: any Error) {
    gateway.alert(
      .storeFailed, .critical, subject: campaign.description, "a campaign could not be cancelled")
  }

  func step(_ gateway: Gateway) throws -> Bool {
    let refs = try gateway.database.map(
      """
      SELECT ref FROM pending WHERE number_id = ?1 AND class = 1 AND ref >= ?2 AND ref < ?3 ORDER BY ref LIMIT ?4
      """, .int(number), .int(next), .int(end), .int(CancelAsideJob.slice)
    ) { SegmentRef(rawValue: $0.int(0)) }
    for ref in refs {
      // The segments of one message leave together.
      guard let row = try gateway.messages.row(ref.message), row.campaign == campaign.value else { continue }
      _ = try gateway.cancelPending(row, number, reason: .alreadyFinal)
    }
    if let last = refs.last { next = last.rawValue + 1 }
    return refs.count == CancelAsideJob.slice
  }
}
