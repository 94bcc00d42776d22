/// Waiting segments of one class in a lane, in the order of acceptance (the order of their refs).
///
/// A thread has one *turn*: the one message that may leave. The next message of the thread gets the turn once every segment of
/// this one has a final answer. So nothing overtakes a message that was throttled, refused for now, or handed back.
/// Parts of one message leave together, and other threads do not wait.
struct PendingQueue {
  private struct Turn {
    var message: Int64
    /// Segments that wait.
    var waiting = 0
    /// Segments in flight.
    var flying = 0
  }

  /// Segments that may go now: their messages have the turn. In order of their refs, from `head` on.
  private var ready: [PendingSegment] = []
  private var head = 0
  /// Segments of the same messages that wait for a time. They cost nothing until then.
  private(set) var delayed = TimeHeap()
  private var turns: [Int64: Turn] = [:]
  /// Segments whose thread's turn another message has, in order.
  private var behind: [Int64: [PendingSegment]] = [:]
  private var behindCount = 0

  /// All waiting segments, with or without the turn.
  var count: Int { ready.count - head + delayed.count + behindCount }
  var isEmpty: Bool { count == 0 }
  /// The smallest message that waits.
  var oldestMessage: Int64? {
    let held = behind.values.lazy.compactMap { $0.first?.ref.message }.min()
    return [head < ready.count ? ready[head].ref.message : nil, delayed.oldestMessage, held]
      .compactMap { $0 }.min()
  }

  // MARK: What it holds

  /// Everything that waits, in order.
  var waiting: [PendingSegment] {
    (ready[head...] + delayed.items + behind.values.joined()).sorted(by: \.ref.rawValue)
  }

  /// What of its turns cannot be, where the threads in `flying` have so many segments in flight.
  func faults(flying: [Int64: Int]) -> [String] {
    var placed: [Int64: [Int64: Int]] = [:]
    for item in ready[head...] + delayed.items {
      placed[item.conversation, default: [:]][item.ref.message, default: 0] += 1
    }
    var faults: [String] = []
    for thread in Set(turns.keys).union(behind.keys).union(placed.keys).union(flying.keys).sorted() {
      guard let turn = turns[thread] else {
        faults.append("thread \(thread) has no turn")
        continue
      }
      if turn.flying != flying[thread] ?? 0 || turn.waiting + turn.flying == 0
        || placed[thread] ?? [:] != (turn.waiting == 0 ? [:] : [turn.message: turn.waiting])
      {
        faults.append(
          "thread \(thread): turn of \(turn.message), \(turn.waiting) waiting of \(placed[thread] ?? [:]), "
            + "\(turn.flying) in flight of \(flying[thread] ?? 0)")
      }
    }
    return faults
  }

  // MARK: Waiting

  mutating func insert(_ item: PendingSegment) {
    guard var turn = turns[item.conversation] else {
      turns[item.conversation] = Turn(message: item.ref.message, waiting: 1)
      return place(item)
    }
    if turn.message == item.ref.message {
      turn.waiting += 1
      turns[item.conversation] = turn
      return place(item)
    }
    if item.ref.message < turn.message, turn.flying == 0 {
      // An earlier message came back late: it takes the turn, unless a segment of the later message has left.
      step(back: turn.message, of: item.conversation)
      turns[item.conversation] = Turn(message: item.ref.message, waiting: 1)
      return place(item)
    }
    hold(item)
  }

  private mutating func hold(_ item: PendingSegment) {
    var held = behind[item.conversation] ?? []
    let index = held.firstIndex { $0.ref > item.ref } ?? held.count
    held.insert(item, at: index)
    behind[item.conversation] = held
    behindCount += 1
  }

  private mutating func step(back message: Int64, of conversation: Int64) {
    for item in take(where: { $0.ref.message == message && $0.conversation == conversation }) { hold(item) }
  }

  private mutating func place(_ item: PendingSegment) {
    if item.notBefore > 0 { delayed.insert(item) } else { insertReady(item) }
  }

  private mutating func insertReady(_ item: PendingSegment) {
    guard let last = ready.last, head < ready.count, item.ref < last.ref else {
      ready.append(item)
      return
    }
    var low = head
    var high = ready.count
    while low < high {
      let middle = (low + high) / 2
      if ready[middle].ref < item.ref { low = middle + 1 } else { high = middle }
    }
    ready.insert(item, at: low)
  }

  private mutating func take(where isWanted: (PendingSegment) -> Bool) -> [PendingSegment] {
    var gone = ready[head...].filter(isWanted)
    if !gone.isEmpty {
      ready = ready[head...].filter { !isWanted($0) }
      head = 0
    }
    gone += delayed.take(where: isWanted)
    return gone.sorted(by: \.ref.rawValue)
  }

  /// How many segments may go now, and when the next delayed one may. Segments behind another message of their thread do not count:
  /// they are counted once that message ends.
  mutating func ready(at now: Int64) -> (count: Int, next: Int64?) {
    passDue(at: now)
    return (ready.count - head, delayed.earliest)
  }

  /// Lets segments go whose time has come.
  private mutating func passDue(at now: Int64) {
    while let item = delayed.popDue(at: now) { insertReady(item) }
  }

  // MARK: Leaving

  /// Takes the first segment that may go now. The segment is in flight until `land`.
  mutating func popReady(at now: Int64) -> PendingSegment? {
    passDue(at: now)
    guard head < ready.count else { return nil }
    let item = ready[head]
    head += 1
    if head > 64, head * 2 > ready.count {
      ready.removeFirst(head)
      head = 0
    }
    turns[item.conversation]?.waiting -= 1
    turns[item.conversation]?.flying += 1
    return item
  }

  /// Hands over a segment that never waited here.
  /// - Returns: false if another message of its thread has the turn.
  mutating func fly(_ message: Int64, of conversation: Int64) -> Bool {
    guard let turn = turns[conversation] else {
      turns[conversation] = Turn(message: message, flying: 1)
      return true
    }
    guard turn.message == message else { return false }
    turns[conversation]?.flying += 1
    return true
  }

  /// A segment is no longer in flight. `back`: it waits again, in its place.
  /// - Returns: whether the thread's next message now has the turn.
  mutating func land(_ message: Int64, of conversation: Int64, back: PendingSegment? = nil) -> Bool {
    guard var turn = turns[conversation], turn.message == message, turn.flying > 0 else {
      // The message had lost its turn: its answer was overdue.
      if let back { insert(back) }
      return false
    }
    turn.flying -= 1
    if let back {
      turn.waiting += 1
      turns[conversation] = turn
      place(back)
      return false
    }
    turns[conversation] = turn
    return pass(conversation)
  }

  /// Passes on a thread's turn once no segment of its message is left.
  private mutating func pass(_ conversation: Int64) -> Bool {
    guard let turn = turns[conversation], turn.waiting == 0, turn.flying == 0 else { return false }
    turns[conversation] = nil
    guard let held = behind[conversation], let next = held.first?.ref.message else { return false }
    let now = held.prefix { $0.ref.message == next }
    let later = held.dropFirst(now.count)
    behind[conversation] = later.isEmpty ? nil : Array(later)
    behindCount -= now.count
    turns[conversation] = Turn(message: next, waiting: now.count)
    for item in now { place(item) }
    return true
  }

  /// Removes the waiting segments of a message.
  mutating func remove(message: Int64, of conversation: Int64) -> [PendingSegment] {
    if let held = behind[conversation] {
      let gone = held.filter { $0.ref.message == message }
      if !gone.isEmpty {
        let left = held.filter { $0.ref.message != message }
        behind[conversation] = left.isEmpty ? nil : left
        behindCount -= gone.count
        return gone
      }
    }
    guard let turn = turns[conversation], turn.message == message, turn.waiting > 0 else { return [] }
    let gone = take { $0.ref.message == message }
    turns[conversation]?.waiting -= gone.count
    _ = pass(conversation)
    return gone
  }
}
