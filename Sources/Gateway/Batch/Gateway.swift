import Contract
import Foundation
import Settings
import Store

/// The rules of the gateway: plain synchronous code on the writer's thread, one transaction a batch.
///
/// A batch is `begin`, `open`, any number of `take` and `run`, then `commit`. Act only on what `commit` returns. After `rollBack`
/// the memory equals the store.
public final class Gateway {
  public let settings: GatewaySettings
  /// The database, for the checkpoint thread and for the size of its files.
  public let store: Database
  let parts: Parts
  private let commands: CommandDispatch
  private var nextPurge: Int64 = 0

  /// Opens the store at `path`, migrates the store to this binary's schema, and settles what a crash left open.
  /// - Parameter vfs: SQLite's file layer; nil: the default one.
  /// - Parameter random: what secrets are made of.
  public init(
    path: String, settings: GatewaySettings, now: Int64, vfs: String? = nil,
    random: any RandomNumberGenerator = SystemRandomNumberGenerator()
  ) throws {
    let secrets = Secrets(random)
    self.settings = settings
    store = try Database(path: path, mode: .writer, vfs: vfs, locks: vfs == nil)
    // After a failed sync of an earlier process, the last writes may be only in the page cache: the kernel takes those pages for
    // clean, and a power cut would end the log there. So first write the log to disk, then checkpoint it into the file; a power
    // cut in between finds either one. A reader with a snapshot, such as a backup, leaves its part to the next checkpoint.
    try store.rewriteLog()
    _ = try store.checkpoint(.truncate)
    try store.migrate(Schema.migrations)
    let carriers = settings.carriers.keys.sorted()
    let database = store
    try database.transaction { () throws(StoreError) in try DirectoryTable(database).register(carriers) }
    parts = try Parts(store, settings, secrets)
    commands = CommandDispatch(parts, Views(database: store), secrets)
    begin(at: now)
    try open()
    do throws(StoreError) {
      try settleStart()
      try makeChallengeKey(secrets)
      try closeBatch()
      try store.commit()
    } catch {
      try store.rollback()
      throw error
    }
    // Segments that the start put back into a lane are read with the rest.
    begin(at: now)
    try parts.outbound.lanes.reload()
    try parts.resumeJobs()
  }

  /// Long work holds the parts it works on, and they hold it.
  deinit { parts.ground.jobs.removeAll() }

  /// What a crash, or a restore, left open.
  private func settleStart() throws(StoreError) {
    let start = try parts.ground.holds.noteStart(parts.ground.directory.carriers.keys)
    try parts.ground.serving.noteStandstills()
    parts.outbound.handover.begin(start: start)
    // Who waited for a plan that the last process was making has no answer, and gets none.
    try parts.outbound.campaignTable.expireUnfinishedPlans(at: parts.ground.outbox.now)
    try parts.expiredPlans.reload()
    try Recovery(
      outbox: parts.ground.outbox, directory: parts.ground.directory, segments: parts.outbound.segments,
      receipts: parts.outcomes.receipts, unresolved: parts.outcomes.unresolved,
      pending: parts.outbound.pending
    ).settle()
    try parts.inbound.redelivery.candidatesAfterCrash(now: parts.ground.outbox.now)
    try Restored(parts: parts, table: RestoreTable(store)).settle()
  }

  /// Made once: challenges for logins that do not exist stay the same.
  private func makeChallengeKey(_ secrets: Secrets) throws(StoreError) {
    guard try parts.ground.settingTable[.challengeKey] == nil else { return }
    try parts.ground.settingTable.set(.challengeKey, Base64URL.text(of: secrets.octets(32)))
  }

  /// The store's key of a carrier in the configuration.
  public func carrier(named name: String) -> CarrierKey? { parts.ground.directory.carrier(named: name) }

  /// The store's name, made at its first opening: the source of its events.
  public func storeID() throws(StoreError) -> String {
    if let known = try parts.ground.settingTable[.storeID] { return known }
    let made = UUID().uuidString.lowercased()
    try parts.ground.settingTable.set(.storeID, made)
    return made
  }

  /// From now on, compares the wall clock with a steady clock in milliseconds that counts a machine's sleep.
  public func watchClock(wall: Int64, steady: @escaping () -> Int64) throws(StoreError) {
    try parts.ground.clock.watch(wall: wall, steady: steady)
  }

  /// Everything that a new loop must know: how each lane sends, what waits in it, and the receipts owed to carriers.
  public func introduce() throws(StoreError) -> [NetworkOutput] {
    parts.outbound.lanes.introduce()
    for receipt in try parts.inbound.submissionTable.owed() { parts.ground.outbox.post(.receipt(receipt)) }
    return parts.ground.outbox.take().network
  }

  /// The number of segments in flight.
  package var unanswered: Int { parts.outbound.handover.count }

  /// Messages with a segment that was.
  package var messagesInFlight: Set<Int64> { parts.outbound.handover.messages }

  /// Whether counts of a campaign were held back, and the feed is still to be told.
  package var holdsBackProgress: Bool { parts.outbound.campaigns.hasUnemitted }

  // MARK: Batches

  /// Starts a batch. `now`: milliseconds since 1970 UTC.
  public func begin(at now: Int64) {
    parts.begin(at: now)
  }

  public func open() throws(StoreError) { try store.begin() }

  /// Commits, and returns what the batch releases.
  public func commit() throws(StoreError) -> Released {
    try closeBatch()
    try store.commit()
    if parts.ground.clock.committed() { nextPurge = 0 }
    return parts.ground.outbox.take()
  }

  /// Undoes the batch, in the store and in memory. If memory cannot be read again, the process must end: an error thrown here ends
  /// the process.
  public func rollBack() throws(StoreError) {
    try store.rollback()
    try parts.reload()
  }

  private func closeBatch() throws(StoreError) {
    let now = parts.ground.outbox.now
    try parts.outbound.handover.flush(at: now)
    try parts.outbound.lanes.flushRuns()
    try parts.outbound.campaigns.flush()
    try parts.inbound.redelivery.flush(steady: parts.ground.clock.steady)
    try parts.outbound.counts.flush()
    try parts.repAlerts.flush()
    try parts.ground.serving.meetWishes()
    try parts.ground.clock.flush()
    parts.outbound.lanes.announceDemand()
    try parts.ground.outbox.feed.flush(at: now)
  }

  /// Runs a command. The commit releases the answer. A refusal changes nothing.
  public func run(_ pending: PendingCommand) throws(StoreError) { try commands.run(pending) }

  // MARK: Long work

  /// Whether long work waits for its next slice.
  public var hasJobs: Bool { !parts.ground.jobs.isEmpty }

  /// Runs one slice of the first job, in the open transaction.
  public func stepJob() throws(StoreError) { try parts.ground.jobs.step() }

  /// A job whose slice could not be committed.
  public struct FailedJob {
    fileprivate let job: any Job
    /// The command that the job leaves without an answer.
    public var unanswered: PendingCommand? { job.unanswered }
  }

  /// Takes the job whose slice could not be committed out of the line, so that the other jobs go on.
  public func takeFailedJob() -> FailedJob? { parts.ground.jobs.takeFailed().map(FailedJob.init) }

  /// Removes what a failed job left half done, and says so, in the open transaction.
  public func settle(_ failed: FailedJob) throws(StoreError) { try failed.job.failed() }

  /// The commands that long work has yet to answer, while the store fails: they get another answer, and their work ends.
  public func abandonJobs() -> [PendingCommand] { parts.ground.jobs.abandon() }

  // MARK: Inputs

  /// Takes one input of the network side, in the open transaction.
  public func take(_ input: NetworkInput) throws(StoreError) {
    switch input {
    case .inbound(let pdu): try parts.inbound.reception.received(pdu)
    case .answered(let answer): try parts.outcomes.answers.answered(answer)
    case .overdue(let ref, let at): try parts.outcomes.answers.overdue(ref, at: at)
    case .unanswered(let refs, _, let at): try parts.outcomes.answers.unanswered(refs, at: at)
    case .returned(let refs): try parts.outcomes.answers.returned(refs)
    case .revoked(let refs, _): try parts.outcomes.answers.revoked(refs)
    case .permits(let permits): for permit in permits { try parts.outbound.claims.claim(permit) }
    case .bind(let change):
      parts.ground.routes.bound(change)
      parts.alerts.seen(change)
    case .reachable(let carrier, let reachable): try parts.outbound.numbers.reach(carrier, reachable)
    case .asked(let request, let carrier, let question):
      try parts.inbound.submissions.asked(request, carrier, question)
    case .receiptSettled(let id, let status): try parts.inbound.submissions.receiptSettled(id, status)
    case .certificate(let notice): try parts.alerts.seen(notice)
    case .disk(let notice): parts.alerts.seen(notice)
    case .guessing(let notice): parts.alerts.seen(notice)
    case .sessionLost(let session, _, let at):
      // The loop reads the wall clock, which may have jumped ahead of the rules' time.
      try parts.inbound.redelivery.sessionLost(session, at: min(at, parts.ground.outbox.now))
    }
  }

  /// Keeps a PDU that no rule could process, as it came, then acknowledges and lists the PDU.
  public func setAside(_ pdu: InboundPDU) throws(StoreError) { try parts.inbound.reception.setAside(pdu) }

  /// Checks the lanes of segments whose delay is over.
  public func retryDue() { parts.outbound.lanes.retryDue() }

  // MARK: Housekeeping

  /// Milliseconds between two removals of old rows.
  static let purgeEvery: Int64 = 10_000
  /// Rows of one table to remove at a time.
  static let purgeSlice: Int64 = 500
  /// Incomplete long texts to give out at a time.
  static let incompleteSlice = 20

  /// Whether housekeeping has work, without any input.
  public var needsHousekeeping: Bool {
    parts.ground.clock.hasNews || parts.outbound.lanes.needsRetry || parts.inbound.reception.hasOverdueParts
      || parts.outcomes.missingReceipts.isDue || parts.outcomes.unresolved.isDue
      || parts.outbound.campaigns.hasUnemitted || parts.repAlerts.isDue || parts.emails.isDue
      || parts.ground.episodes.isDue || parts.ground.leads.isDue || parts.ground.absences.isDue
      || parts.ground.ownership.calendars.isDue
      || parts.expiredPlans.isDue
      || parts.ground.outbox.now >= nextPurge
  }

  /// Does what is due by time alone: retries, incomplete long texts, progress events that were held back, removal of old rows.
  public func housekeep() throws(StoreError) {
    retryDue()
    var given = 0
    while given < Gateway.incompleteSlice, try parts.inbound.reception.giveOutIncomplete() { given += 1 }
    try parts.outcomes.missingReceipts.seek()
    try parts.outcomes.unresolved.seek()
    parts.outbound.campaigns.emitQuiet()
    try parts.repAlerts.sendDue()
    try parts.emails.expire()
    try parts.ground.ownership.seekAbsences()
    try parts.ground.ownership.seekCalendars()
    try parts.ground.episodes.seekDue()
    try parts.leadAssignment.seekDue()
    try parts.expiredPlans.removeSome()
    guard parts.ground.outbox.now >= nextPurge else { return }
    nextPurge = parts.ground.outbox.now + Gateway.purgeEvery
    try purge()
  }

  /// Milliseconds for which events may wait for a consumer before an alert tells so, and between two such alerts.
  static let consumerIdle: Int64 = 86_400_000

  /// Events are kept for a consumer until it has read them: one that was tried once would fill the feed without a word.
  private func lookAfterConsumers(_ now: Int64) throws(StoreError) {
    let feed = parts.ground.outbox.feed
    for consumer in try feed.table.consumers(behind: now) {
      let waits = now - consumer.since
      let since = Timestamp(milliseconds: consumer.since)
      if let expires = consumer.expires, waits > expires {
        try feed.table.removeConsumer(consumer.name)
        parts.alerts.alert(
          .consumerIdle, .info, subject: consumer.name,
          "the consumer has expired and was removed; events have waited for it since \(since)")
      } else if waits >= Gateway.consumerIdle,
        parts.ground.outbox.isDue("consumer \(consumer.name)", every: Gateway.consumerIdle)
      {
        parts.alerts.alert(
          .consumerIdle, .warning, subject: consumer.name,
          "events have waited for this consumer since \(since), and are kept for it")
      }
    }
  }

  private func purge() throws(StoreError) {
    let now = parts.ground.outbox.now
    try parts.ground.holds.noteAlive()
    try parts.outcomes.receipts.trimUnmatched(slice: Int(Gateway.purgeSlice))
    try parts.inbound.reception.parts.forgetWhole(
      before: now - 2 * settings.spans.partsWait.wholeMilliseconds)
    try parts.inbound.reception.quarantine.removeOld(slice: Gateway.purgeSlice)
    try parts.inbound.redelivery.removeCandidates(
      before: now - settings.spans.redeliveryWithin.wholeMilliseconds)
    try parts.inbound.answerLimits.remove(before: now - BoundWindow.hour, slice: Gateway.purgeSlice)
    try parts.inbound.submissionTable.removeOld(
      before: now - settings.spans.submissionKept.wholeMilliseconds, slice: Gateway.purgeSlice)
    try parts.commandAnswers.table.remove(
      before: now - settings.spans.idempotencyKept.wholeMilliseconds, limit: Gateway.purgeSlice)
    try parts.repAlerts.marks.table.remove(before: now - AlertMarks.isKnownFor, limit: Gateway.purgeSlice)
    try parts.ground.members.removeSessions(before: now, limit: Gateway.purgeSlice)
    try parts.ground.ownership.links.table.remove(before: now, limit: Gateway.purgeSlice)
    try parts.emails.table.removeEnded(before: now - EmailOutbox.keeps, limit: Gateway.purgeSlice)
    parts.emails.tellOfWaits()
    for plan in try parts.expiredPlans.expire(before: now) {
      parts.outbound.campaigns.emitPlan(plan.id, plan.name, .expired, recipients: plan.recipients)
    }
    try lookAfterConsumers(now)
    switch try parts.ground.outbox.feed.trim(
      before: now - settings.feedKept.wholeMilliseconds, limit: settings.feedMaximum)
    {
    case .halfFull:
      parts.alerts.alert(
        .feedHalfFull, .warning, "the feed has reached half of its limit; a consumer is behind")
    case .full:
      parts.alerts.alert(
        .feedFull, .critical, "the feed is full; the oldest events were removed before a consumer read them")
    case nil: break
    }
  }
}
