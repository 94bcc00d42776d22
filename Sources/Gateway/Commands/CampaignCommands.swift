import Contract
import Settings
import Store

/// `campaign.*`: group messages, from the plan to the end.
struct CampaignCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads
  let control: CampaignControl
  let groups: GroupCommands
  let answers: CommandAnswers

  private var parts: CampaignParts { control.parts }

  /// The audience is walked in slices, and the answer comes when it is through.
  func plan(_ params: CampaignPlan, _ pending: PendingCommand) throws(APIError) -> Decision {
    guard !params.text.isBlank else { throw .refused(.emptyText) }
    try MergeText(params.text).checkReadable()
    let from = try params.from.map { (from) throws(APIError) in
      try parts.directory.sender(from, pending.caller)
    }
    let audience = params.audience
    let named = [
      audience.group != nil, audience.tag != nil, audience.contactIDs != nil, audience.all == true,
    ]
    guard named.count(where: { $0 }) == 1 else {
      throw .invalid("audience", "expected exactly one of group, tag, contact_ids, all")
    }
    let plans = control.jobs.all(PlanJob.self)
    let key = pending.command.idempotencyKey
    let isRunning =
      key != nil
      && plans.contains {
        $0.unanswered?.caller.role == pending.caller.role && $0.unanswered?.command.idempotencyKey == key
      }
    guard !isRunning else { throw .busy("plans", "the plan is still being made; try again") }
    guard plans.count < PlanJob.maximum else { throw .busy("plans") }
    let walk = try walk(audience, pending.caller)
    guard let audienceJSON = try? ContractJSON.encode(audience),
      let defaultsJSON = try? ContractJSON.encode(params.defaults ?? [:])
    else { throw .internalError }
    let plan = CampaignTable.NewPlan(
      name: params.name, fromRep: params.from?.rep, fromNumber: params.from?.rep == nil ? from?.id : nil,
      audience: String(decoding: audienceJSON, as: UTF8.self), text: params.text,
      defaults: String(decoding: defaultsJSON, as: UTF8.self), copies: params.copyToRep == true,
      metadata: MetadataTable.stored(try checked(metadata: params.metadata)),
      createdBy: pending.caller.role, created: now,
      expires: now + parts.settings.spans.planLives.wholeMilliseconds)
    return Decision { () throws(StoreError) in
      let id = try parts.table.add(plan)
      control.jobs.append(
        PlanJob(pending, params, campaign: id, from: from, walk, expires: plan.expires, parts, answers))
      return nil
    }
  }

  private func walk(_ audience: Audience, _ caller: Requester) throws(APIError) -> ContactTable.Walk {
    if let group = audience.group {
      let id = try groups.known(group, caller)
      if let conditions = try read(try groups.contacts.group(id))?.conditions { return .fitting(conditions) }
      return .group(id)
    }
    if let tag = audience.tag {
      guard let id = try read(try parts.contacts.tag(tag)) else { throw .notFound("tag", tag) }
      return .tag(id)
    }
    if let contacts = audience.contactIDs {
      try groups.members.checkKnown(contacts, caller, 1...CommandLimits.audience)
      return .contacts(Array(Set(contacts.map(\.value))).sorted())
    }
    return .all
  }

  func commit(_ params: CampaignCommit, _ caller: Requester) throws(APIError) -> Decision {
    let id = params.campaignID.value
    guard let plan = try read(try parts.table.plan(id)) else {
      throw .notFound("campaign", params.campaignID)
    }
    guard plan.stage == .planned else {
      throw .refused(.wrongState, "the campaign is \(plan.stage.rawValue)")
    }
    guard now < plan.expires else { throw .refused(.planExpired) }
    var runs: [(number: Number, count: Int64)] = []
    for run in try read(try parts.table.plannedRuns(of: id)) {
      guard let number = parts.directory.numbers[run.number] else { throw .refused(.planChanged) }
      guard caller.mayUse(number.address) else {
        throw APIError(.forbidden, "this role may not send from \(number.address)")
      }
      runs.append((number, run.count))
    }
    return Decision { [runs] () throws(StoreError) in
      try control.commit(id, plan, runs)
      return CampaignChange(
        campaignID: params.campaignID, state: .running, messageCount: Int(plan.recipients))
    }
  }

  func pause(_ params: CampaignPause, _ caller: Requester) throws(APIError) -> Decision {
    let campaign = try changeable(params.campaignID, to: .paused, from: [.running], caller)
    return Decision { () throws(StoreError) in
      try control.set(campaign, to: .paused, reason: params.note)
      return CampaignChange(campaignID: params.campaignID, state: .paused)
    }
  }

  func resume(_ params: CampaignResume, _ caller: Requester) throws(APIError) -> Decision {
    let campaign = try changeable(params.campaignID, to: .running, from: [.paused], caller)
    return Decision { () throws(StoreError) in
      try control.set(campaign, to: .running)
      return CampaignChange(campaignID: params.campaignID, state: .running)
    }
  }

  func cancel(_ params: CampaignCancel, _ caller: Requester) throws(APIError) -> Decision {
    let id = params.campaignID.value
    if try read(try parts.campaigns.campaign(id)) == nil {
      let plan = try read(try parts.table.plan(id))
      guard let plan, plan.stage != .planning else { throw .notFound("campaign", params.campaignID) }
      try mayChange(params.campaignID, try read(try parts.table.plannedRuns(of: id)).map(\.number), caller)
      if plan.stage == .cancelled {
        return Decision { () throws(StoreError) in
          CampaignChange(campaignID: params.campaignID, state: .cancelled, messageCount: 0)
        }
      }
      guard plan.stage == .planned else { throw .refused(.alreadyFinal) }
      return Decision { () throws(StoreError) in
        try parts.table.cancelPlan(id, at: now)
        parts.campaigns.emitPlan(id, plan.name, .cancelled, recipients: plan.recipients)
        return CampaignChange(campaignID: params.campaignID, state: .cancelled, messageCount: 0)
      }
    }
    let campaign = try changeable(params.campaignID, to: .cancelled, from: [.running, .paused], caller)
    return Decision { () throws(StoreError) in
      let waiting = try control.cancel(campaign)
      return CampaignChange(campaignID: params.campaignID, state: .cancelled, messageCount: waiting)
    }
  }

  /// A committed campaign that may go from where it stands to `stage`, or is there already.
  func changeable(
    _ id: CampaignID, to stage: CampaignStage, from: [CampaignStage], _ caller: Requester
  ) throws(APIError) -> Campaign {
    guard let campaign = try read(try parts.campaigns.campaign(id.value)) else {
      guard try read(try parts.table.plan(id.value)) != nil else { throw .notFound("campaign", id) }
      throw .refused(.wrongState, "the campaign is not committed")
    }
    try mayChange(id, try read(try parts.table.runs(of: id.value)).map(\.number), caller)
    guard campaign.state == stage || from.contains(campaign.state) else {
      throw campaign.state == .completed || campaign.state == .cancelled
        ? .refused(.alreadyFinal) : .refused(.wrongState, "the campaign is \(campaign.state.rawValue)")
    }
    return campaign
  }

  /// To a caller who may not use all of a campaign's numbers, it is as if the campaign were not there.
  private func mayChange(_ id: CampaignID, _ numbers: [NumberID], _ caller: Requester) throws(APIError) {
    guard !caller.isUnrestricted else { return }
    for number in numbers {
      guard let number = parts.directory.numbers[number], caller.mayUse(number.address) else {
        throw .notFound("campaign", id)
      }
    }
  }
}

extension Sender {
  var rep: Int64? { if case .rep(let id) = self { id.value } else { nil } }
}
