import Contract
import Foundation
import Store

/// The rules of the gateway: plain synchronous code on the writer's thread, one transaction a batch.
///
/// A batch is `begin`, `open`, any number of `take` and `run`, then `commit`; only what `commit` returns may be acted on. After
/// `rollBack` everything in memory is what the store says.
public final class Gateway {
  public let settings: GatewaySettings
  /// The database, for the thread that checkpoints it and for the size of its files.
  public let store: Database
  let parts: Parts
  private let commands: CommandDispatch
  private var nextPurge: Int64 = 0

  /// Opens the store at `path`, bringing it up to this binary's schema, and settles what a crash left open.
  /// - Parameter vfs: SQLite's file layer; nil: the default one.
  public init(path: String, settings: GatewaySettings, now: Int64, vfs: String? = nil) throws {
    self.settings = settings
    store = try Database(path: path, mode: .writer, vfs: vfs, locks: vfs == nil)
    // What an earlier process wrote may be in the page cache alone: after a sync that failed the kernel holds the pages for
    // clean, and a later power cut would end the log there. First the log is brought to the disk, then what is in it into the
    // file: a power cut in between finds either. A reader that holds a snapshot just then, as a backup does, leaves its part
    // to the next checkpoint.
    try store.rewriteLog()
    _ = try store.checkpoint(.truncate)
    try store.migrate(Schema.migrations)
    let carriers = settings.carriers.keys.sorted()
    let database = store
    try database.transaction { () throws(StoreError) in try DirectoryTable(database).register(carriers) }
    parts = try Parts(store, settings)
    commands = CommandDispatch(parts, Views(database: store))
    begin(at: now)
    try open()
    do throws(StoreError) {
      try settleStart()
      try closeBatch()
      try store.commit()
    } catch {
      try store.rollback()
      throw error
    }
    // What was put back into a lane by now is read with the rest.
    begin(at: now)
    try parts.outbound.lanes.reload()
    parts.campaigns.resumeJobs()
  }

  /// What a crash, or a restore, left open.
  private func settleStart() throws(StoreError) {
    let start = try parts.outbound.holds.noteStart(parts.ground.directory.carriers.keys)
    parts.outbound.handover.begin(start: start)
    try Recovery(
      outbox: parts.ground.outbox, directory: parts.ground.directory, segments: parts.outbound.segments,
      receipts: parts.outcomes.receipts, unresolved: parts.outcomes.unresolved,
      pending: parts.outbound.pending
    ).settle()
    try parts.inbound.redelivery.candidatesAfterCrash(now: parts.ground.outbox.now)
    try Restored(parts: parts, table: RestoreTable(store)).settle()
  }

  /// The row of a carrier of the configuration.
  public func carrier(named name: String) -> CarrierKey? { parts.ground.directory.carrier(named: name) }

  /// A name for this store, made when it was first opened: the source of its events.
  public func storeID() throws(StoreError) -> String {
    if let known = try parts.ground.settingTable[.storeID] { return known }
    let made = UUID().uuidString.lowercased()
    try parts.ground.settingTable.set(.storeID, made)
    return made
  }

  /// From now on the wall clock is held against a steady one that counts milliseconds, a machine's sleep included.
  public func watchClock(wall: Int64, steady: @escaping () -> Int64) throws(StoreError) {
    try parts.ground.clock.watch(wall: wall, steady: steady)
  }

  /// How every lane sends, for a loop that knows nothing yet; and what waits in each.
  public func introduce() throws(StoreError) -> [NetworkOutput] {
    parts.outbound.lanes.introduce()
    for receipt in try parts.inbound.submissionTable.owed() { parts.ground.outbox.post(.receipt(receipt)) }
    return parts.ground.outbox.take().network
  }

  /// Segments that were handed to the loop and have no answer.
  package var unanswered: Int { parts.outbound.handover.count }

  // MARK: Batches

  /// Starts a batch. `now`: milliseconds since 1970 UTC.
  public func begin(at now: Int64) {
    parts.begin(at: now)
  }

  public func open() throws(StoreError) { try store.begin() }

  /// Commits, and returns what the batch lets out.
  public func commit() throws(StoreError) -> Released {
    try closeBatch()
    try store.commit()
    if parts.ground.clock.committed() { nextPurge = 0 }
    return parts.ground.outbox.take()
  }

  /// Undoes the batch, in the store and in memory. Where memory cannot be read anew nothing may go on: what this throws ends the
  /// process.
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
    try parts.ground.clock.flush()
    parts.outbound.lanes.announceDemand()
    try parts.ground.outbox.feed.flush(at: now)
  }

  /// Runs a command. Its answer is released with the commit; a refusal has changed nothing.
  public func run(_ pending: PendingCommand) throws(StoreError) { try commands.run(pending) }

  // MARK: Long work

  /// Whether long work waits for its next slice.
  public var hasJobs: Bool { !parts.campaigns.jobs.isEmpty }

  /// One slice of the first job, in the transaction that is open.
  public func stepJob() throws(StoreError) { try parts.campaigns.jobs.step() }

  /// The first job's slice could not be committed: it is given up, so that the others go on.
  public func dropJob() { parts.campaigns.jobs.drop() }

  // MARK: Inputs

  /// One input of the network side, in the transaction that is open.
  public func take(_ input: NetworkInput) throws(StoreError) {
    switch input {
    case .inbound(let pdu): try parts.inbound.reception.received(pdu)
    case .answered(let answer): try parts.outcomes.answers.answered(answer)
    case .overdue(let ref, let at): try parts.outcomes.answers.overdue(ref, at: at)
    case .unanswered(let refs, _, let at): try parts.outcomes.answers.unanswered(refs, at: at)
    case .returned(let refs): try parts.outcomes.answers.returned(refs)
    case .revoked(let refs, _): try parts.outcomes.answers.revoked(refs)
    case .permits(let permits): for permit in permits { try parts.outbound.claims.claim(permit) }
    case .bind(let change): parts.alerts.seen(change)
    case .reachable(let carrier, let reachable): try parts.outbound.numbers.reach(carrier, reachable)
    case .asked(let request, let carrier, let question):
      try parts.inbound.submissions.asked(request, carrier, question)
    case .receiptSettled(let id, let status): try parts.inbound.submissions.receiptSettled(id, status)
    case .certificate(let notice): try parts.alerts.seen(notice)
    case .disk(let notice): parts.alerts.seen(notice)
    case .sessionLost(let session, _, let at):
      // The loop reads the wall clock, which may have jumped ahead of the rules' time.
      try parts.inbound.redelivery.sessionLost(session, at: min(at, parts.ground.outbox.now))
    }
  }

  /// A PDU that no rule could digest: kept as it came, acknowledged and listed.
  public func setAside(_ pdu: InboundPDU) throws(StoreError) { try parts.inbound.reception.setAside(pdu) }

  /// Segments whose delay is over: their lanes are looked at again.
  public func retryDue() { parts.outbound.lanes.retryDue() }

  // MARK: Housekeeping

  /// Milliseconds between two looks for what is too old.
  static let purgeEvery: Int64 = 10_000
  /// Rows of one table removed at a time.
  static let purgeSlice: Int64 = 500
  /// Long messages that are given out without their missing parts at a time.
  static let incompleteSlice = 20

  /// Whether something is due that no input brings about.
  public var needsHousekeeping: Bool {
    parts.ground.clock.hasNews || parts.outbound.lanes.needsRetry || parts.inbound.reception.hasOverdueParts
      || parts.outcomes.missingReceipts.isDue || parts.outcomes.unresolved.isDue || parts.outbound.campaigns.hasUnemitted
      || parts.ground.outbox.now >= nextPurge
  }

  /// What time alone brings about: retries, incomplete messages, progress that was held back, and what is too old.
  public func housekeep() throws(StoreError) {
    retryDue()
    var given = 0
    while given < Gateway.incompleteSlice, try parts.inbound.reception.giveOutIncomplete() { given += 1 }
    try parts.outcomes.missingReceipts.seek()
    try parts.outcomes.unresolved.seek()
    parts.outbound.campaigns.emitQuiet()
    guard parts.ground.outbox.now >= nextPurge else { return }
    nextPurge = parts.ground.outbox.now + Gateway.purgeEvery
    try purge()
  }

  private func purge() throws(StoreError) {
    let now = parts.ground.outbox.now
    try parts.outbound.holds.noteAlive()
    try parts.outcomes.receipts.trimUnmatched(slice: Int(Gateway.purgeSlice))
    try parts.inbound.reception.parts.forgetWhole(before: now - 2 * settings.partsWait.wholeMilliseconds)
    try parts.inbound.redelivery.removeCandidates(before: now - settings.redeliveryWithin.wholeMilliseconds)
    try parts.inbound.submissionTable.removeOld(before: now - settings.submissionKept.wholeMilliseconds, slice: Gateway.purgeSlice)
    try parts.commandAnswers.table.remove(before: now - settings.idempotencyKept.wholeMilliseconds, limit: Gateway.purgeSlice)
    try parts.outbound.campaignTable.expirePlans(before: now)
    switch try parts.ground.outbox.feed.trim(before: now - settings.feedKept.wholeMilliseconds, limit: settings.feedMaximum) {
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
