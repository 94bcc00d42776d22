/// The peer's requests that we have not answered, in the order they came.
///
/// Its sequence_numbers are what the peer makes of them: they may repeat or be 0. An answer goes to the oldest request
/// with its number. Answers in order cost O(1); the search is bounded by the peer's window.
struct PeerRequests {
  private struct Entry {
    var sequence: UInt32
    /// nil: answered.
    var operation: Operation?
  }

  let limit: Int
  private var entries: [Entry] = []
  private var head = 0
  private(set) var count = 0

  init(limit: Int) { self.limit = limit }

  /// False if there is no room.
  @inline(__always)
  mutating func add(_ sequence: UInt32, _ operation: Operation) -> Bool {
    guard count < limit else { return false }
    if entries.count >= 2 * limit + 16 { compact() }
    entries.append(Entry(sequence: sequence, operation: operation))
    count &+= 1
    return true
  }

  /// Takes out the oldest request with this number, and says what it was.
  @inline(__always)
  mutating func take(_ sequence: UInt32) -> Operation? {
    var index = head
    while index < entries.count {
      if entries[index].sequence == sequence, let operation = entries[index].operation {
        entries[index].operation = nil
        count &-= 1
        if count == 0 {
          removeAll()
        } else if index == head {
          while head < entries.count, entries[head].operation == nil { head &+= 1 }
        }
        return operation
      }
      index &+= 1
    }
    return nil
  }

  mutating func removeAll() {
    entries.removeAll(keepingCapacity: true)
    head = 0
    count = 0
  }

  private mutating func compact() {
    entries.removeAll { $0.operation == nil }
    head = 0
  }
}
