/// At most `limit` in any half-open second: the times of the last `limit` that were taken, in a ring.
struct RateWindow {
  private var times: [Duration]
  private var next = 0
  private let limit: Int

  init(limit: Int) {
    self.limit = max(1, limit)
    times = []
  }

  /// Whether one more fits now; it then counts.
  mutating func take(at now: Duration) -> Bool {
    if times.count < limit {
      times.append(now)
      return true
    }
    guard now - times[next] >= .seconds(1) else { return false }
    times[next] = now
    next = (next + 1) % limit
    return true
  }
}

/// First in, first out, with a way back to the front.
struct Queue<Element> {
  private var front: [Element] = []
  private var items: [Element?] = []
  private var head = 0

  var count: Int { front.count + items.count - head }
  var isEmpty: Bool { count == 0 }

  var first: Element? { front.last ?? (head < items.count ? items[head] : nil) }

  mutating func append(_ element: Element) { items.append(element) }

  /// Puts elements back, to come out next in this order.
  mutating func putBack(_ elements: [Element]) { front.append(contentsOf: elements.reversed()) }

  mutating func popFirst() -> Element? {
    if let element = front.popLast() { return element }
    guard head < items.count else { return nil }
    let element = items[head]
    items[head] = nil
    head += 1
    if head == items.count {
      items.removeAll(keepingCapacity: true)
      head = 0
    } else if head >= 4096, head * 2 > items.count {
      items.removeFirst(head)
      head = 0
    }
    return element
  }
}
