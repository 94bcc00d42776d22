import Store

/// A run: the messages of one campaign from one number. A block of ids, sent in order.
final class Run {
  /// How many messages are read ahead. Bounds the memory of a campaign of any size.
  static let pageLimit: Int64 = 128

  let campaign: Campaign
  let number: NumberID
  let first: Int64
  let end: Int64
  /// Messages with smaller ids exist.
  var filled: Int64
  /// The contact up to which recipients were turned into messages.
  var filledContact: Int64
  /// Segments before this one were handed over, or left.
  var next: SegmentRef
  /// The row in the store is behind `next`.
  var isDirty = false
  /// A message of the run left before its turn, or was never made.
  private var hasLeft = false
  private var page: [RunMessage] = []
  private var head = 0
  /// Smaller ids have been read.
  private var readTo: Int64

  init(_ row: CampaignTable.RunRow, of campaign: Campaign) {
    assert(campaign.id == row.campaign)
    self.campaign = campaign
    number = row.number
    first = row.first
    end = row.end
    filled = row.filled
    filledContact = row.filledContact
    next = row.next
    readTo = row.next.message
  }

  /// The row to store.
  var row: CampaignTable.RunRow {
    CampaignTable.RunRow(
      campaign: campaign.id, number: number, first: first, end: end, filled: filled,
      filledContact: filledContact, next: next)
  }

  /// Whether every message was handed over, or left.
  var isExhausted: Bool { next.message >= end }

  /// Messages that exist and wait.
  var waiting: Int { Int(max(0, filled - next.message)) }

  /// The message the next segment belongs to, read with `read(from, to)` when the page is used up.
  func current(read: (_ from: SegmentRef, _ to: Int64) throws(StoreError) -> [RunMessage]) throws(StoreError)
    -> RunMessage?
  {
    while true {
      while head < page.count, page[head].id < next.message { head += 1 }
      if head < page.count { return page[head] }
      guard readTo < filled else {
        if next.message < filled { advance(to: SegmentRef(message: filled, index: 0)) }
        return nil
      }
      let to = min(filled, readTo + Run.pageLimit)
      page = try read(max(next, SegmentRef(message: readTo, index: 0)), to)
      head = 0
      readTo = to
    }
  }

  func advance(to ref: SegmentRef) {
    next = ref
    isDirty = true
  }

  /// A message of the page is cut into more segments.
  func cut(_ message: Int64, into segments: Int, reference: Int64) {
    guard let place = page.firstIndex(where: { $0.id == message }) else { return }
    page[place].segments = segments
    page[place].reference = reference
  }

  /// A message left before its turn and must not be read again.
  func forget(_ message: Int64) {
    page.removeAll { $0.id == message }
    head = 0
    hasLeft = true
  }

  /// Skips messages that have left and would be next. A run of which no message has left is not read for this.
  func passOver(read: (_ from: SegmentRef, _ to: Int64) throws(StoreError) -> [RunMessage]) throws(StoreError)
  {
    if hasLeft || !page.isEmpty { _ = try current(read: read) }
  }
}

/// The queue of one number: what people wrote first, then the gateway's answers, then alerts, then segments of campaigns that came
/// back, then the runs of its campaigns in order.
final class Lane {
  let number: NumberID
  private var person = PendingQueue()
  private var answers = PendingQueue()
  private var alerts = PendingQueue()
  private(set) var bulk = PendingQueue()
  private(set) var runs: [Run] = []
  /// Segments of paused campaigns that came back or waited for their thread.
  private var held: [Int64: [PendingSegment]] = [:]
  private var heldCount = 0

  init(number: NumberID) { self.number = number }

  private func with<Value>(_ urgency: Urgency, _ body: (inout PendingQueue) -> Value) -> Value {
    switch urgency {
    case .person: body(&person)
    case .answer: body(&answers)
    case .alert: body(&alerts)
    case .bulk: body(&bulk)
    }
  }

  private var queues: [(urgency: Urgency, queue: PendingQueue)] {
    [(.person, person), (.answer, answers), (.alert, alerts), (.bulk, bulk)]
  }

  func insert(_ item: PendingSegment, _ urgency: Urgency) { with(urgency) { $0.insert(item) } }

  /// Takes the first segment that may go now; see `PendingQueue.popReady`.
  func popReady(_ urgency: Urgency, at now: Int64) -> PendingSegment? {
    with(urgency) { $0.popReady(at: now) }
  }

  /// Hands over a segment that never waited here; see `PendingQueue.fly`.
  func fly(_ message: Int64, of conversation: Int64, _ urgency: Urgency) -> Bool {
    with(urgency) { $0.fly(message, of: conversation) }
  }

  /// What of the turns cannot be; `flying`: segments in flight by thread.
  func faults(flying: [Urgency: [Int64: Int]]) -> [String] {
    queues.flatMap { $0.queue.faults(flying: flying[$0.urgency] ?? [:]) }
  }

  func begin(_ run: Run) {
    runs.append(run)
    run.campaign.runBegins()
  }

  /// Removes finished runs.
  func endRuns() {
    for run in runs where run.isExhausted { run.campaign.runEnds() }
    runs.removeAll(where: \.isExhausted)
  }

  /// The largest demand sent to the loop: the loop needs to know only that enough segments wait.
  static let demandCap = 100_000

  /// Segments of campaigns that may wait outside their runs, for another message of their threads or for a time. With more, the
  /// runs stand still until some have left: what keeps a campaign on disk, whatever its carrier refuses.
  static let asideLimit = 20_000
  var hasRoomAside: Bool { bulk.count + heldCount < Lane.asideLimit }

  /// How much waits now, and when the next delayed segment may go.
  func demand(at now: Int64) -> (LaneDemand, next: Int64?) {
    var demand = LaneDemand()
    var earliest: Int64?
    func count(_ ready: (count: Int, next: Int64?)) -> Int {
      if let next = ready.next { earliest = min(earliest ?? next, next) }
      return min(ready.count, Lane.demandCap)
    }
    demand.person = count(person.ready(at: now))
    demand.answers = count(answers.ready(at: now))
    demand.alerts = count(alerts.ready(at: now))
    var waiting = count(bulk.ready(at: now))
    if hasRoomAside { for run in runs where run.campaign.isRunning { waiting += run.waiting } }
    demand.bulk = min(waiting, Lane.demandCap)
    return (demand, earliest)
  }

  /// The smallest id of a waiting message; nil if none waits.
  var oldestWaiting: Int64? {
    let runs = runs.lazy.filter { !$0.isExhausted }.map(\.next.message)
    let held = held.values.lazy.compactMap { $0.lazy.map(\.ref.message).min() }.min()
    return (queues.map(\.queue.oldestMessage) + [runs.min(), held]).compactMap { $0 }.min()
  }

  /// Waiting segments, for the limit of one number's queue.
  var depth: Int { person.count + answers.count + alerts.count + bulk.count + heldCount }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] {
    func line(_ name: String, _ item: PendingSegment) -> String {
      "\(name) \(number): \(item.ref.message)/\(item.ref.index) of \(item.conversation) "
        + "\(item.attempts) \(item.notBefore)"
    }
    let back = (bulk.waiting + held.values.joined()).sorted(by: \.ref.rawValue)
    return person.waiting.map { line("person", $0) } + answers.waiting.map { line("answer", $0) }
      + alerts.waiting.map { line("alert", $0) } + back.map { line("bulk", $0) }
      + runs.map { "run \($0.row)" }
  }

  // MARK: Paused campaigns

  /// Sets a segment that was taken to be claimed aside, until its campaign goes on.
  /// - Returns: whether the next message of its thread has the turn now.
  func hold(_ item: PendingSegment, of campaign: Int64) -> Bool {
    held[campaign, default: []].append(item)
    heldCount += 1
    return bulk.land(item.ref.message, of: item.conversation)
  }

  /// A campaign resumes or ends: segments that were set aside return to their place.
  /// - Returns: whether there were any.
  func release(_ campaign: Int64) -> Bool {
    guard let items = held.removeValue(forKey: campaign) else { return false }
    heldCount -= items.count
    for item in items { bulk.insert(item) }
    return true
  }

  /// Removes the waiting segments of a message.
  func remove(message: Int64, of conversation: Int64, _ urgency: Urgency) -> [PendingSegment] {
    guard urgency == .bulk else { return with(urgency) { $0.remove(message: message, of: conversation) } }
    var gone = bulk.remove(message: message, of: conversation)
    for (campaign, items) in held where items.contains(where: { $0.ref.message == message }) {
      gone += items.filter { $0.ref.message == message }
      held[campaign] = items.filter { $0.ref.message != message }
      heldCount -= items.count - (held[campaign]?.count ?? 0)
    }
    return gone.sorted(by: \.ref.rawValue)
  }

  /// A segment is no longer in flight; see `PendingQueue.land`.
  func land(_ ref: SegmentRef, of conversation: Int64, _ urgency: Urgency, back: PendingSegment? = nil)
    -> Bool
  {
    with(urgency) { $0.land(ref.message, of: conversation, back: back) }
  }
}
