/// Values that fall due: a binary heap by time, first come first served among equals.
public struct Deadlines<Value> {
  /// What the heap is ordered by; apart from the value, so that comparing does not touch it.
  @usableFromInline
  struct Key {
    @usableFromInline let at: Duration
    @usableFromInline let order: UInt64

    @inlinable
    init(at: Duration, order: UInt64) { (self.at, self.order) = (at, order) }

    @inlinable
    func isBefore(_ other: Key) -> Bool { at == other.at ? order < other.order : at < other.at }
  }

  @usableFromInline
  struct Entry {
    @usableFromInline let key: Key
    @usableFromInline let value: Value

    @inlinable
    init(key: Key, value: Value) { (self.key, self.value) = (key, value) }
  }

  @usableFromInline var heap: [Entry] = []
  @usableFromInline var nextOrder: UInt64 = 0

  @inlinable public init() {}

  @inlinable public var count: Int { heap.count }
  @inlinable public var isEmpty: Bool { heap.isEmpty }

  /// The earliest, for the loop's `wait(until:)`.
  @inlinable public var next: Duration? { heap.first?.key.at }

  @inlinable
  public mutating func add(_ value: Value, at: Duration) {
    heap.append(Entry(key: Key(at: at, order: nextOrder), value: value))
    nextOrder &+= 1
    heap.withUnsafeMutableBufferPointer { heap in
      var child = heap.count - 1
      while child > 0 {
        let parent = (child - 1) / 2
        guard heap[child].key.isBefore(heap[parent].key) else { break }
        heap.swapAt(child, parent)
        child = parent
      }
    }
  }

  /// Takes out the earliest that is due at `now`; nil if none is.
  @inlinable
  public mutating func popDue(at now: Duration) -> Value? {
    guard let first = next, first <= now else { return nil }
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
        if least + 1 < heap.count, heap[least + 1].key.isBefore(heap[least].key) { least += 1 }
        guard heap[least].key.isBefore(heap[parent].key) else { break }
        heap.swapAt(least, parent)
        parent = least
      }
    }
    return entry.value
  }
}
