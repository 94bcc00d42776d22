/// Segments that wait for a time, the earliest first: a binary heap.
struct TimeHeap {
  private(set) var items: [PendingSegment] = []
  /// Comparisons made so far: what waiting costs.
  private(set) var comparisons = 0

  var count: Int { items.count }

  /// Milliseconds since 1970 UTC at which the next of them may go; nil when there is none.
  var earliest: Int64? { items.first?.notBefore }

  /// The smallest message in it: looks at every one.
  var oldestMessage: Int64? { items.lazy.map(\.ref.message).min() }

  mutating func insert(_ item: PendingSegment) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      guard precedes(child, parent) else { return }
      items.swapAt(child, parent)
      child = parent
    }
  }

  /// Takes one whose time has come; nil when there is none.
  mutating func popDue(at now: Int64) -> PendingSegment? {
    guard let first = items.first, first.notBefore <= now else { return nil }
    items.swapAt(0, items.count - 1)
    items.removeLast()
    sink(from: 0)
    return first
  }

  /// Takes those that are wanted, in no order.
  mutating func take(where isWanted: (PendingSegment) -> Bool) -> [PendingSegment] {
    let gone = items.filter(isWanted)
    guard !gone.isEmpty else { return [] }
    items.removeAll(where: isWanted)
    for index in stride(from: items.count / 2 - 1, through: 0, by: -1) { sink(from: index) }
    return gone
  }

  private mutating func sink(from start: Int) {
    var parent = start
    while true {
      var least = parent
      for child in [2 * parent + 1, 2 * parent + 2] where child < items.count && precedes(child, least) {
        least = child
      }
      guard least != parent else { return }
      items.swapAt(parent, least)
      parent = least
    }
  }

  private mutating func precedes(_ a: Int, _ b: Int) -> Bool {
    comparisons += 1
    return (items[a].notBefore, items[a].ref) < (items[b].notBefore, items[b].ref)
  }
}
