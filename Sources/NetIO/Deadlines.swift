/// Values that fall due: a binary heap by time, first come first served among equals.
public struct Deadlines<Value> {
  @usableFromInline
  struct Entry {
    @usableFromInline let at: Duration
    @usableFromInline let order: UInt64
    @usableFromInline let value: Value

    @inlinable
    init(at: Duration, order: UInt64, value: Value) {
      (self.at, self.order, self.value) = (at, order, value)
    }

    @inlinable
    func isBefore(_ other: Entry) -> Bool {
      at == other.at ? order < other.order : at < other.at
    }
  }

  @usableFromInline var heap: [Entry] = []
  @usableFromInline var nextOrder: UInt64 = 0

  @inlinable public init() {}

  @inlinable public var count: Int { heap.count }
  @inlinable public var isEmpty: Bool { heap.isEmpty }

  /// The earliest, for the loop's `wait(until:)`.
  @inlinable public var next: Duration? { heap.first?.at }

  @inlinable
  public mutating func add(_ value: Value, at: Duration) {
    heap.append(Entry(at: at, order: nextOrder, value: value))
    nextOrder &+= 1
    heap.withUnsafeMutableBufferPointer { heap in
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard heap[child].isBefore(heap[parent]) else { break }
        heap.swapAt(child, parent)
        child = parent
      }
    }
  }

  /// Takes out the earliest that is due at `now`; nil if none is.
  @inlinable
  public mutating func popDue(at now: Duration) -> Value? {
    guard let first = heap.first, first.at <= now else { return nil }
    return removeFirst()
  }

  @inlinable
  public mutating func removeAll() { heap.removeAll() }

  @inlinable
  mutating func removeFirst() -> Value {
    heap.swapAt(0, heap.count - 1)
    let entry = heap.removeLast()
    heap.withUnsafeMutableBufferPointer { heap in
      var parent = 0
      while true {
        var least = 2 * parent + 1
        guard least < heap.count else { break }
        if least + 1 < heap.count, heap[least + 1].isBefore(heap[least]) { least += 1 }
        guard heap[least].isBefore(heap[parent]) else { break }
        heap.swapAt(least, parent)
        parent = least
      }
    }
    return entry.value
  }
}
