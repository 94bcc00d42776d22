/// A segment that waits outside a campaign's run: a person's message, a copy, or one that came back unwritten.
struct PendingSegment: Equatable {
  var ref: SegmentRef
  /// The thread it belongs to.
  var conversation: Int64
  var attempts: Int64 = 0
  /// Milliseconds since 1970 UTC before which it is not tried again.
  var notBefore: Int64 = 0
}

/// Pending segments of one class in a lane, in order of their refs, which is the order of their acceptance.
///
/// A thread has one *turn*: the message of it that may leave. The next message of the thread gets it when every segment
/// of this one was answered for good, so that nothing overtakes what was throttled, refused for now, or given back.
/// Parts of one message leave together, and other threads do not wait.
struct PendingQueue {
  private struct Turn {
    var message: Int64
    /// Segments of it in `items`.
    var waiting = 0
    /// Segments of it with the loop.
    var flying = 0
  }

  /// Segments whose message has the turn of its thread.
  private var items: [PendingSegment] = []
  private var head = 0
  /// How many of them wait for a time.
  private var delayed = 0
  private var turns: [Int64: Turn] = [:]
  /// Segments of threads whose turn another message has, in order.
  private var behind: [Int64: [PendingSegment]] = [:]
  private var behindCount = 0

  /// Segments that wait, whether or not it is their turn.
  var count: Int { items.count - head + behindCount }
  var isEmpty: Bool { count == 0 }
  /// The smallest message that waits.
  var oldestMessage: Int64? {
    let held = behind.values.lazy.compactMap { $0.first?.ref.message }.min()
    return [head < items.count ? items[head].ref.message : nil, held].compactMap { $0 }.min()
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

  private mutating func take(where isWanted: (PendingSegment) -> Bool) -> [PendingSegment] {
    let gone = items[head...].filter(isWanted)
    if !gone.isEmpty {
      items = items[head...].filter { !isWanted($0) }
      head = 0
      delayed = items.count { $0.notBefore > 0 }
    }
    return gone
  }

  /// How many may go now, and when the next of the others may. Those behind another message of their thread do not count:
  /// what ends that one says so.
  func ready(at now: Int64) -> (count: Int, next: Int64?) {
    guard delayed > 0 else { return (items.count - head, nil) }
    var count = 0
    var next: Int64?
    for item in items[head...] {
      if item.notBefore <= now { count += 1 } else { next = min(next ?? .max, item.notBefore) }
    }
    return (count, next)
  }

  // MARK: Leaving

  /// Takes the first that may go now. It is with the loop from here on, until `land`.
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
