import Carriers
import Contract
import Foundation
import SMPP
import Store

/// Who called, as the socket knows it.
public struct Requester: Sendable {
  public var role: String
  public var uid: UInt32
  /// The numbers the role may see and send from; nil: all.
  public var numbers: Set<PhoneNumber>?
  /// Whether the trace shows it texts and whole phone numbers.
  public var seesText: Bool

  public init(role: String, uid: UInt32, numbers: Set<PhoneNumber>? = nil, seesText: Bool = false) {
    self.role = role
    self.uid = uid
    self.numbers = numbers
    self.seesText = seesText
  }

  func mayUse(_ number: PhoneNumber) -> Bool { numbers?.contains(number) ?? true }
}

/// A command from the socket, waiting for its answer.
public struct PendingCommand: Sendable {
  public var token: UInt64
  public var caller: Requester
  public var command: Command

  public init(token: UInt64, caller: Requester, command: Command) {
    self.token = token
    self.caller = caller
    self.command = command
  }
}

/// The answer to a command: the JSON of its result, or the error.
public struct CommandReply: Sendable {
  public var token: UInt64
  public var outcome: Result<[UInt8], APIError>
}

/// What a committed batch lets out.
public struct Released: Sendable {
  public var network: [NetworkOutput] = []
  public var replies: [CommandReply] = []
  /// The newest sequence number of the feed, when it grew.
  public var newest: Int64?
  /// One line a fact, for the journal; neither text nor full numbers.
  public var notices: [Notice] = []

  public init(network: [NetworkOutput] = []) { self.network = network }

  public struct Notice: Sendable, Equatable {
    public var severity: AlertSeverity
    public var line: String
  }
}

/// What a lost batch may have changed that no table knows: the work it began, and what it would have told the loop and people.
private struct Untold {
  private var jobs: [any Job] = []
  private var toldLanes: [NumberID: LaneSetting] = [:]
  private var reachable: Set<CarrierKey> = []
  private var feedAlarm = false
  private var proven: [CarrierKey: Int] = [:]
  private var alertedAt: [String: Int64] = [:]

  init() {}

  init(_ gateway: Gateway) {
    jobs = gateway.jobs
    toldLanes = gateway.toldLanes
    reachable = gateway.reachable
    feedAlarm = gateway.feedAlarm
    proven = gateway.proven
    alertedAt = gateway.alertedAt
  }

  func putBack(_ gateway: Gateway) {
    gateway.jobs = jobs
    gateway.toldLanes = toldLanes
    gateway.reachable = reachable
    gateway.feedAlarm = feedAlarm
    gateway.proven = proven
    gateway.alertedAt = alertedAt
  }
}

/// The rules of the gateway: plain synchronous code on the writer's thread, one transaction a batch.
///
/// A batch is `begin`, any number of `take` and `run`, `claim`, then `commit`; only what `commit` returns may be acted
/// on. After `rollBack` everything in memory is what the store says.
public final class Gateway {
  public let settings: GatewaySettings
  let database: Database
  let directory: Directory
  let messages: Messages
  let consent: ConsentBook
  let campaigns: CampaignBook
  let feed: FeedLog
  let conversations: Conversations
  let handover: Handover
  let attempts: AttemptBook
  let holds: HoldBook
  let receipts: ReceiptBook
  let unmatched: UnmatchedBook
  let counts: CarrierCounts
  let redelivery: RedeliveryBook
  let parts: PartBook
  let submissions: SubmissionBook

  /// Lanes by number, made when first used.
  var lanes: [NumberID: Lane] = [:]
  /// Numbers whose demand may have changed in this batch.
  var touched: Set<NumberID> = []
  /// What the loop was told last, so that only changes are told.
  var toldLanes: [NumberID: LaneSetting] = [:]
  var profiles: [CarrierKey: CarrierProfile] = [:]
  var segmenters: [CarrierKey: Segmenter] = [:]
  /// Carriers with a session that sends, as the loop knows them.
  var reachable: Set<CarrierKey> = []
  /// Work that takes several transactions.
  var jobs: [any Job] = []
  /// What is in memory alone, as it was when the batch began: with a lost batch it comes back.
  private var before = Untold()
  /// Milliseconds since 1970 UTC at which a delayed segment may go.
  var nextRetry: Int64?
  /// The text encoded last, for the further segments of a long message.
  var lastPlan: (message: Int64, carrier: CarrierKey, plan: SegmentPlan)?
  var released = Released()
  var lastPurge: Int64 = 0
  var feedAlarm = false
  var missing = MissingWalk()
  var unknown = UnknownWalk()
  /// Receipts of each carrier whose addresses proved how it writes ids, under `receipts.id: auto`; from this start on.
  var proven: [CarrierKey: Int] = [:]
  /// When an alert that may come often was told last.
  var alertedAt: [String: Int64] = [:]
  /// The wall clock against a steady one; nil where it is not watched.
  var clock: ClockGuard?
  var steadyClock: (() -> Int64)?
  /// Times of the feed up to it are ahead of a clock that a person has accepted.
  var acceptedBehind: Int64 = 0
  /// The running batch accepts the clock.
  var acceptsClock = false
  /// The clock of the batch: never behind what the feed has told, but by a person's word.
  public private(set) var now: Int64 = 0

  /// Opens the store at `path`, bringing it up to this binary's schema, and settles what a crash left open.
  /// - Parameter vfs: SQLite's file layer; nil: the default one.
  public init(path: String, settings: GatewaySettings, now: Int64, vfs: String? = nil) throws {
    self.settings = settings
    let database = try Database(path: path, mode: .writer, vfs: vfs, locks: vfs == nil)
    // What an earlier process wrote may be in the page cache alone: after a sync that failed the kernel holds the pages for
    // clean, and a later power cut would end the log there. First the log is brought to the disk, then what is in it into the
    // file: a power cut in between finds either. A reader that holds a snapshot just then, as a backup does, leaves its part
    // to the next checkpoint.
    try database.rewriteLog()
    _ = try database.checkpoint(.truncate)
    try database.migrate(Schema.migrations)
    try database.transaction { try Gateway.register(settings.carriers.keys.sorted(), in: database) }
    self.database = database
    directory = try Directory(database)
    messages = try Messages(database)
    consent = try ConsentBook(database)
    campaigns = try CampaignBook(database)
    feed = try FeedLog(database)
    conversations = try Conversations(database)
    handover = try Handover(database)
    attempts = try AttemptBook(database)
    holds = try HoldBook(database)
    receipts = try ReceiptBook(database)
    unmatched = try UnmatchedBook(database)
    counts = try CarrierCounts(database)
    redelivery = try RedeliveryBook(database)
    parts = try PartBook(database)
    submissions = try SubmissionBook(database)
    for (id, name) in directory.carriers {
      profiles[id] = settings.carriers[name]
      segmenters[id] = settings.carriers[name]?.segmenter
    }
    begin(at: now)
    try database.begin()
    do {
      try noteStart()
      try settleAfterCrash()
      try settleRestore()
      try closeBatch()
      try database.commit()
    } catch {
      database.rollback()
      throw error
    }
    // What was put back into a lane by now is read with the rest.
    lanes = [:]
    try loadLanes()
    try resumeJobs()
  }

  private static func register(_ names: [String], in database: Database) throws {
    for name in names {
      try database.run("INSERT INTO carrier (name) VALUES (?1) ON CONFLICT DO NOTHING", .text(name))
    }
  }

  /// The row of a carrier of the configuration.
  public func carrier(named name: String) -> CarrierKey? {
    directory.carriers.first { $0.value == name }?.key
  }

  /// A name for this store, made when it was first opened: the source of its events.
  public func storeID() throws -> String {
    if let known = try database.text("SELECT value FROM setting WHERE key = 'store_id'") { return known }
    let made = UUID().uuidString.lowercased()
    try database.run("INSERT INTO setting (key, value) VALUES ('store_id', ?1)", .text(made))
    return made
  }

  /// The database, for the thread that checkpoints it and for the size of its files.
  public var store: Database { database }

  // MARK: Batches

  /// Starts a batch. `now`: milliseconds since 1970 UTC.
  public func begin(at now: Int64) {
    self.now = guarded(now)
    acceptsClock = false
    released = Released()
    before = Untold(self)
    handover.begin()
  }

  public func open() throws { try database.begin() }

  /// Commits, and returns what the batch lets out.
  public func commit() throws -> Released {
    try closeBatch()
    try database.commit()
    settleClock()
    defer { released = Released() }
    return released
  }

  /// Undoes the batch, in the store and in memory.
  public func rollBack() throws {
    database.rollback()
    released = Released()
    touched = []
    before.putBack(self)
    try directory.reload()
    try messages.reload(database)
    try campaigns.reload()
    try consent.reload()
    try feed.reload(database)
    try handover.reload()
    try holds.reload()
    try receipts.reload()
    try unmatched.reload()
    counts.forget()
    missing = MissingWalk()
    unknown = UnknownWalk()
    try redelivery.reload()
    try parts.reload()
    try submissions.reload()
    lanes = [:]
    try loadLanes()
    try resumeJobs()
  }

  private func closeBatch() throws {
    try handover.flush(at: now)
    try flushRuns()
    try campaigns.flush(at: now) { try tellProgress($0) }
    try redelivery.flush(steady: steadyClock?() ?? now)
    try counts.flush()
    try tellClock()
    tellDemand()
    try feed.flush(at: now)
    if feed.grew { released.newest = feed.newest }
  }

  // MARK: Helpers of every rule

  func note(_ severity: AlertSeverity, _ line: String) {
    released.notices.append(.init(severity: severity, line: line))
  }

  func emit(_ event: EventData) { feed.append(event) }

  func alert(_ code: AlertCode, _ severity: AlertSeverity, subject: String? = nil, _ detail: String) {
    emit(
      .alertRaised(
        AlertRaised(
          alert: code, severity: severity, subject: subject, detail: detail, at: Timestamp(milliseconds: now))
      ))
    note(severity, "alert=\(code.rawValue)\(subject.map { " subject=\($0)" } ?? "") \(detail)")
  }

  func lane(_ number: NumberID) -> Lane {
    if let lane = lanes[number] { return lane }
    let lane = Lane(number: number)
    lanes[number] = lane
    return lane
  }

  private func tellDemand() {
    for number in touched.sorted() {
      let (interactive, bulk, next) = lane(number).demand(at: now)
      if let next { nextRetry = min(nextRetry ?? .max, next) }
      released.network.append(.demand(number, interactive: interactive, bulk: bulk))
    }
    touched.removeAll(keepingCapacity: true)
  }
}
