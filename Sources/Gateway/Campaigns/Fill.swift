import Contract
import SMPP
import Store

/// Turns the recipients of a committed campaign into messages, number by number, in slices.
final class FillJob: Job {
  /// Recipients a slice turns into messages: a few milliseconds of work.
  static let slice = 250

  private let run: Run

  init(_ run: Run) { self.run = run }

  func restart() {}

  func failed(_ gateway: Gateway, _ error: any Error) {
    gateway.alert(
      .storeFailed, .critical, subject: CampaignID(run.campaign.id).description,
      "a campaign could not be filled")
  }

  func step(_ gateway: Gateway) throws -> Bool {
    guard run.filled < run.end else { return false }
    guard let number = gateway.directory.numbers[run.number] else { return false }
    let carrier = number.sendRoutes.first?.carrier ?? 0
    let select = try gateway.database.cached(
      """
      SELECT contact_id, phone, segments, text FROM recipient
      WHERE campaign_id = ?1 AND number_id = ?2 AND contact_id > ?3 AND reason IS NULL ORDER BY contact_id LIMIT ?4
      """)
    select.bind(1, run.campaign.id)
    select.bind(2, run.number)
    select.bind(3, run.filledContact)
    select.bind(4, Int64(FillJob.slice))
    var batch: [(contact: Int64, phone: Int64, segments: Int, text: String?)] = []
    try select.forEachRow { batch.append(($0.int(0), $0.int(1), Int($0.int(2)), $0.textOrNil(3))) }
    let encoding = gateway.segmenters[carrier]?.plan(run.campaign.text)?.encoding ?? .gsm7
    for recipient in batch {
      let id = run.filled
      run.filled += 1
      run.filledContact = recipient.contact
      run.isDirty = true
      if try gateway.consent.isSuppressed(recipient.phone, from: run.number) {
        run.forget(id)
        try gateway.leave(run.campaign, run.number, recipient.contact, .optedOut)
        continue
      }
      let conversation = try gateway.conversations.findOrOpen(run.number, recipient.phone, at: gateway.now)
      if conversation.isNew {
        let (owner, _) = try gateway.owner(of: conversation, number: number)
        gateway.announce(conversation, .opened, owner, number)
      }
      let planned = recipient.text.flatMap { gateway.segmenters[carrier]?.plan($0) }
      try gateway.messages.insert(
        MessageRow(
          id: id, conversation: conversation.id, phone: recipient.phone, number: run.number, outbound: true,
          traffic: .campaign,
          campaign: run.campaign.id, accepted: gateway.now, text: recipient.text,
          encoding: Int64((planned?.encoding ?? encoding).stored),
          segments: planned?.count ?? recipient.segments,
          reference: recipient.segments > 1 ? try gateway.conversations.nextReference(conversation.id) : 0,
          notAfter: nil))
    }
    gateway.touched.insert(run.number)
    if batch.count < FillJob.slice, run.filled < run.end {
      // Recipients that left in between: their ids stay unused.
      run.filled = run.end
    }
    return run.filled < run.end
  }
}

extension Gateway {
  /// A recipient leaves a committed campaign before its turn.
  func leave(_ campaign: Campaign, _ number: NumberID, _ contact: Int64, _ reason: Refusal) throws {
    let statement = try database.cached(
      "UPDATE recipient SET reason = ?4 WHERE campaign_id = ?1 AND number_id = ?2 AND contact_id = ?3")
    statement.bind(1, campaign.id)
    statement.bind(2, number)
    statement.bind(3, contact)
    statement.bind(4, reason.rawValue)
    try statement.run()
    campaign.tally.left += 1
    campaign.isDirty = true
  }

  /// Long work that a restart interrupted, or a lost batch made stale.
  func resumeJobs() throws {
    let unfinishedPlans = jobs.filter { $0 is PlanJob }
    for job in unfinishedPlans { job.restart() }
    jobs = unfinishedPlans
    for lane in lanes.values.sorted(by: { $0.number < $1.number }) {
      for run in lane.runs where run.filled < run.end { jobs.append(FillJob(run)) }
      for run in lane.runs where run.campaign.state == .cancelled { jobs.append(CancelJob(run)) }
    }
  }

  func tellProgress(_ campaign: Campaign) throws {
    let tally = campaign.tally
    let waiting = max(0, campaign.recipients - tally.settled)
    let state: CampaignState =
      switch campaign.state {
      case .planning, .planned: .planned
      case .running: .running
      case .paused: .paused
      case .completed: .completed
      case .cancelled: .cancelled
      case .expired: .expired
      }
    emit(
      .campaignProgress(
        CampaignProgress(
          campaignID: CampaignID(campaign.id), name: campaign.name, state: state,
          counts: CampaignCounts(
            total: Int(campaign.recipients), queued: Int(waiting), sending: 0, sent: Int(tally.sent),
            delivered: Int(tally.delivered), failed: Int(tally.failed), expired: Int(tally.expired),
            unknown: Int(tally.unknown), cancelled: Int(tally.cancelled + tally.left),
            receiptMissing: Int(tally.receiptMissing)),
          replies: Int(tally.answers), optOuts: Int(tally.optOuts), at: Timestamp(milliseconds: now))))
  }
}
