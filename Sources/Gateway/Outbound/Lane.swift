/// A segment that waits outside a campaign's run: a person's message, a copy, or one that came back unwritten.
struct PendingSegment: Equatable {
  var ref: SegmentRef
  var attempts: Int64 = 0
  /// Milliseconds since 1970 UTC before which it is not tried again.
  var notBefore: Int64 = 0
}

/// Pending segments in order of their refs, which is the order of their acceptance.
struct PendingQueue {
  private var items: [PendingSegment] = []
  private var head = 0
  /// How many of them wait for a time.
  private var delayed = 0

  var count: Int { items.count - head }
  var isEmpty: Bool { head == items.count }
  var first: PendingSegment? { isEmpty ? nil : items[head] }

  mutating func insert(_ item: PendingSegment) {
    if item.notBefore > 0 { delayed += 1 }
    guard let last = items.last, head < items.count, item.ref < last.ref else {
      items.append(item)
      return
    }
    var low = head
    var high = items.count
    while low < high {
      let middle = (low + high) / 2
      if items[middle].ref < item.ref { low = middle + 1 } else { high = middle }
    }
    items.insert(item, at: low)
  }

  /// Takes the first that may go now.
  mutating func popReady(at now: Int64) -> PendingSegment? {
    guard let index = items[head...].firstIndex(where: { $0.notBefore <= now }) else { return nil }
    let item = items[index]
    if item.notBefore > 0 { delayed -= 1 }
    if index == head {
      head += 1
      if head > 64, head * 2 > items.count {
        items.removeFirst(head)
        head = 0
      }
    } else {
      items.remove(at: index)
    }
    return item
  }

  /// How many may go now, and when the next of the others may.
  func ready(at now: Int64) -> (count: Int, next: Int64?) {
    guard delayed > 0 else { return (count, nil) }
    var count = 0
    var next: Int64?
    for item in items[head...] {
      if item.notBefore <= now { count += 1 } else { next = min(next ?? .max, item.notBefore) }
    }
    return (count, next)
  }

  mutating func remove(message: Int64) -> [PendingSegment] {
    let gone = items[head...].filter { $0.ref.message == message }
    if !gone.isEmpty {
      items = items[head...].filter { $0.ref.message != message }
      head = 0
      delayed = items.count { $0.notBefore > 0 }
    }
    return gone
  }
}

/// One message of a run, read ahead.
struct RunMessage {
  var id: Int64
  var conversation: Int64
  var phone: Int64
  var text: String?
  var segments: Int
  var reference: Int64
  var notAfter: Int64?
}

/// The messages of one campaign from one number: a block of ids, sent in their order.
final class Run {
  /// Messages read ahead at a time; what bounds the memory of a campaign, whatever its size.
  static let pageLimit: Int64 = 128

  let campaign: Campaign
  let number: NumberID
  let first: Int64
  let end: Int64
  /// Messages below it exist.
  var filled: Int64
  /// The contact up to which recipients were turned into messages.
  var filledContact: Int64
  /// Segments below it were handed over, or left.
  var next: SegmentRef
  /// The row in the store says less than `next`.
  var isDirty = false
  private var page: [RunMessage] = []
  private var head = 0
  /// Ids below it were read.
  private var readTo: Int64

  init(
    campaign: Campaign, number: NumberID, first: Int64, end: Int64, filled: Int64, filledContact: Int64,
    next: SegmentRef
  ) {
    self.campaign = campaign
    self.number = number
    self.first = first
    self.end = end
    self.filled = filled
    self.filledContact = filledContact
    self.next = next
    readTo = next.message
  }

  /// Every message of it was handed over, or left.
  var isExhausted: Bool { next.message >= end }

  /// Messages that exist and wait.
  var waiting: Int { Int(max(0, filled - next.message)) }

  /// The message the next segment belongs to, read with `read(from, to)` when the page is used up.
  func current(read: (_ from: Int64, _ to: Int64) throws -> [RunMessage]) throws -> RunMessage? {
    while true {
      while head < page.count, page[head].id < next.message { head += 1 }
      if head < page.count { return page[head] }
      guard readTo < filled else {
        if next.message < filled { advance(to: SegmentRef(message: filled, index: 0)) }
        return nil
      }
      let to = min(filled, readTo + Run.pageLimit)
      page = try read(readTo, to)
      head = 0
      readTo = to
    }
  }

  func advance(to ref: SegmentRef) {
    next = ref
    isDirty = true
  }

  /// A message left before its turn: it is not read again.
  func forget(_ message: Int64) {
    page.removeAll { $0.id == message }
    head = 0
  }
}

/// The queue of one number: interactive first, then what came back, then the runs of its campaigns in their order.
final class Lane {
  let number: NumberID
  var interactive = PendingQueue()
  var bulk = PendingQueue()
  var runs: [Run] = []

  init(number: NumberID) { self.number = number }

  /// The largest count of waiting segments that is told: the loop needs to know that there is enough.
  static let demandCap = 100_000

  /// What waits now, and when some of the rest will.
  func demand(at now: Int64) -> (interactive: Int, bulk: Int, next: Int64?) {
    let people = interactive.ready(at: now)
    let back = bulk.ready(at: now)
    var waiting = back.count
    for run in runs where run.campaign.isRunning { waiting += run.waiting }
    let next = [people.next, back.next].compactMap { $0 }.min()
    return (min(people.count, Lane.demandCap), min(waiting, Lane.demandCap), next)
  }

  /// The smallest id of a message that waits in it; nil when none does.
  var oldestWaiting: Int64? {
    let runs = runs.lazy.filter { !$0.isExhausted }.map(\.next.message)
    return [interactive.first?.ref.message, bulk.first?.ref.message, runs.min()].compactMap { $0 }.min()
  }

  /// Segments of it, for the bound on one number's queue.
  var depth: Int { interactive.count + bulk.count }
}
