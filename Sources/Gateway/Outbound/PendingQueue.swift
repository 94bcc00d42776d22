/// Pending segments of one class in a lane, in order of their refs, which is the order of their acceptance.
///
/// A thread has one *turn*: the message of it that may leave. The next message of the thread gets it when every segment
/// of this one was answered for good, so that nothing overtakes what was throttled, refused for now, or given back.
/// Parts of one message leave together, and other threads do not wait.
struct PendingQueue {
  private struct Turn {
    var message: Int64
    /// Segments of it that wait.
    var waiting = 0
    /// Segments of it in flight.
    var flying = 0
  }

  /// Segments that may go now, of messages that have the turn of their threads; in order of their refs, from `head` on.
  private var ready: [PendingSegment] = []
  private var head = 0
  /// Those that wait for a time, of the same messages: what waits costs nothing until its time has come.
  private(set) var delayed = TimeHeap()
  private var turns: [Int64: Turn] = [:]
  /// Segments of threads whose turn another message has, in order.
  private var behind: [Int64: [PendingSegment]] = [:]
  private var behindCount = 0

  /// Segments that wait, whether or not it is their turn.
  var count: Int { ready.count - head + delayed.count + behindCount }
  var isEmpty: Bool { count == 0 }
  /// The smallest message that waits.
  var oldestMessage: Int64? {
    let held = behind.values.lazy.compactMap { $0.first?.ref.message }.min()
    return [head < ready.count ? ready[head].ref.message : nil, delayed.oldestMessage, held]
      .compactMap { $0 }.min()
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
      // An earlier message came back late: the turn is its own, as long as nothing of the later one has left.
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
    return gone.sorted { $0.ref < $1.ref }
  }

  /// How many may go now, and when the next of the others may. Those behind another message of their thread do not count:
  /// what ends that one says so.
  mutating func ready(at now: Int64) -> (count: Int, next: Int64?) {
    passDue(at: now)
    return (ready.count - head, delayed.earliest)
  }

  /// What waited for a time that has come may go.
  private mutating func passDue(at now: Int64) {
    while let item = delayed.popDue(at: now) { insertReady(item) }
  }

  // MARK: Leaving

  /// Takes the first that may go now. It is in flight from here on, until `land`.
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

  /// A segment that never waited here goes to the loop: false where another message of its thread has the turn.
  mutating func fly(_ message: Int64, of conversation: Int64) -> Bool {
    guard let turn = turns[conversation] else {
      turns[conversation] = Turn(message: message, flying: 1)
      return true
    }
    guard turn.message == message else { return false }
    turns[conversation]?.flying += 1
    return true
  }

  /// A segment is no longer with the loop. `back`: it waits again, in its place.
  /// - Returns: whether the thread's next message has the turn now.
  mutating func land(_ message: Int64, of conversation: Int64, back: PendingSegment? = nil) -> Bool {
    guard var turn = turns[conversation], turn.message == message, turn.flying > 0 else {
      // It had lost its turn: its answer was overdue.
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

  /// Gives the turn of a thread on, when nothing of its message is left.
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

  /// Takes out what waits of a message.
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
