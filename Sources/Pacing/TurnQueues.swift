/// Where each lane stands on its way to a turn: waiting for a time (one heap over all lanes), or in turn (a first-in
/// first-out list for each carrier and class). Every operation is O(1) or O(log lanes); a lane is in one place at most.
struct TurnQueues {
  private enum Place: UInt8 { case nowhere, waiting, inTurn }

  private struct Node {
    var place = Place.nowhere
    var list: Int32 = -1
    var next: Int32 = -1
    var previous: Int32 = -1
    var heapIndex: Int32 = -1
  }

  private struct List {
    var head: Int32 = -1
    var tail: Int32 = -1
    var count: Int32 = 0
  }

  private struct Entry {
    var time: Int64
    var lane: Int32
  }

  private var nodes: [Node] = []
  private var lists: [List] = []
  private var heap: [Entry] = []

  mutating func grow(lanes: Int) {
    while nodes.count < lanes { nodes.append(Node()) }
  }

  mutating func grow(carriers: Int) {
    while lists.count < MessageClass.inOrder.count * carriers { lists.append(List()) }
  }

  // MARK: Asking

  var earliest: Int64? { heap.first?.time }

  func first(_ carrier: Int, _ messageClass: MessageClass) -> Int? {
    let head = lists[Self.list(carrier, messageClass)].head
    return head < 0 ? nil : Int(head)
  }

  /// The most urgent class of which a lane is in turn, and the lane.
  func mostUrgent(_ carrier: Int) -> (lane: Int, class: MessageClass)? {
    for messageClass in MessageClass.inOrder {
      if let lane = first(carrier, messageClass) { return (lane, messageClass) }
    }
    return nil
  }

  func count(_ carrier: Int, _ messageClass: MessageClass) -> Int {
    Int(lists[Self.list(carrier, messageClass)].count)
  }

  private static func list(_ carrier: Int, _ messageClass: MessageClass) -> Int {
    4 * carrier + Int(messageClass.rawValue)
  }

  // MARK: Moving

  mutating func remove(_ lane: Int) {
    switch nodes[lane].place {
    case .nowhere: return
    case .waiting: removeFromHeap(lane)
    case .inTurn: unlink(lane)
    }
    nodes[lane].place = .nowhere
  }

  /// Puts a lane at the end of a list; one already there keeps its turn.
  mutating func enqueue(_ lane: Int, _ carrier: Int, _ messageClass: MessageClass) {
    let list = Self.list(carrier, messageClass)
    if nodes[lane].place == .inTurn, nodes[lane].list == Int32(list) { return }
    remove(lane)
    let tail = lists[list].tail
    nodes[lane].place = .inTurn
    nodes[lane].list = Int32(list)
    nodes[lane].previous = tail
    nodes[lane].next = -1
    if tail < 0 { lists[list].head = Int32(lane) } else { nodes[Int(tail)].next = Int32(lane) }
    lists[list].tail = Int32(lane)
    lists[list].count += 1
  }

  /// Lets a lane wait for a time.
  mutating func wait(_ lane: Int, until time: Int64) {
    if nodes[lane].place == .waiting {
      let index = Int(nodes[lane].heapIndex)
      if heap[index].time == time { return }
      heap[index].time = time
      siftDown(siftUp(index))
      return
    }
    remove(lane)
    nodes[lane].place = .waiting
    heap.append(Entry(time: time, lane: Int32(lane)))
    nodes[lane].heapIndex = Int32(heap.count - 1)
    _ = siftUp(heap.count - 1)
  }

  /// Takes out a lane whose time has come.
  mutating func popDue(at now: Int64) -> Int? {
    guard let top = heap.first, top.time <= now else { return nil }
    remove(Int(top.lane))
    return Int(top.lane)
  }

  // MARK: Lists

  private mutating func unlink(_ lane: Int) {
    let node = nodes[lane]
    let list = Int(node.list)
    if node.previous < 0 { lists[list].head = node.next } else { nodes[Int(node.previous)].next = node.next }
    if node.next < 0 {
      lists[list].tail = node.previous
    } else {
      nodes[Int(node.next)].previous = node.previous
    }
    lists[list].count -= 1
    nodes[lane].list = -1
  }

  // MARK: Heap

  private mutating func removeFromHeap(_ lane: Int) {
    let index = Int(nodes[lane].heapIndex)
    let last = heap.removeLast()
    nodes[lane].heapIndex = -1
    guard index < heap.count else { return }
    heap[index] = last
    nodes[Int(last.lane)].heapIndex = Int32(index)
    siftDown(siftUp(index))
  }

  private mutating func siftUp(_ start: Int) -> Int {
    var index = start
    let entry = heap[index]
    while index > 0 {
      let parent = (index - 1) / 2
      guard entry.time < heap[parent].time else { break }
      heap[index] = heap[parent]
      nodes[Int(heap[index].lane)].heapIndex = Int32(index)
      index = parent
    }
    heap[index] = entry
    nodes[Int(entry.lane)].heapIndex = Int32(index)
    return index
  }

  private mutating func siftDown(_ start: Int) {
    var index = start
    let entry = heap[index]
    while true {
      var child = 2 * index + 1
      guard child < heap.count else { break }
      if child + 1 < heap.count, heap[child + 1].time < heap[child].time { child += 1 }
      guard heap[child].time < entry.time else { break }
      heap[index] = heap[child]
      nodes[Int(heap[index].lane)].heapIndex = Int32(index)
      index = child
    }
    heap[index] = entry
    nodes[Int(entry.lane)].heapIndex = Int32(index)
  }
}
