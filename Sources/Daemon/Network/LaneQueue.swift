import Gateway

/// Claimed segments of one number, in the order of their claims; interactive ones apart.
struct LaneQueue {
  private var interactive: [ClaimedSegment] = []
  private var interactiveHead = 0
  private var bulk: [ClaimedSegment] = []
  private var bulkHead = 0
  /// The carrier's place in the configuration; nil while it has none.
  var carrier: Int?

  var isEmpty: Bool { interactiveHead == interactive.count && bulkHead == bulk.count }

  mutating func append(_ segment: ClaimedSegment) {
    if segment.bulk { bulk.append(segment) } else { interactive.append(segment) }
  }

  mutating func take(bulk isBulk: Bool) -> ClaimedSegment? {
    isBulk ? Self.take(&bulk, &bulkHead) : Self.take(&interactive, &interactiveHead)
  }

  private static func take(_ list: inout [ClaimedSegment], _ head: inout Int) -> ClaimedSegment? {
    guard head < list.count else { return nil }
    let segment = list[head]
    head += 1
    if head == list.count {
      list.removeAll(keepingCapacity: true)
      head = 0
    }
    return segment
  }

  /// Takes out what `isWanted`, keeping the order of the rest.
  mutating func remove(where isWanted: (ClaimedSegment) -> Bool) -> [ClaimedSegment] {
    guard !isEmpty else { return [] }
    let waiting = interactive[interactiveHead...] + bulk[bulkHead...]
    let taken = waiting.filter(isWanted)
    guard !taken.isEmpty else { return [] }
    interactive = interactive[interactiveHead...].filter { !isWanted($0) }
    interactiveHead = 0
    bulk = bulk[bulkHead...].filter { !isWanted($0) }
    bulkHead = 0
    return taken
  }
}
