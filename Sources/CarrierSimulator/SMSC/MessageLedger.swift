import SMPP

/// The messages that were taken, for query_sm, cancel_sm and replace_sm; the oldest are forgotten.
struct MessageLedger {
  struct Entry: Hashable {
    var state: MessageState
    var finalMilliseconds: Int64?
  }

  static let capacity = 100_000
  private var entries: [COctetString: Entry] = [:]
  private var order: [COctetString] = []
  private var oldest = 0

  subscript(id: COctetString) -> Entry? { entries[id] }

  /// Messages wait as ENROUTE until their receipt; without one they are final at once for who asks.
  mutating func add(_ id: COctetString, _ state: MessageState) {
    guard entries.updateValue(Entry(state: .enroute), forKey: id) == nil else { return }
    if order.count < MessageLedger.capacity {
      order.append(id)
    } else {
      entries[order[oldest]] = nil
      order[oldest] = id
      oldest = (oldest + 1) % MessageLedger.capacity
    }
  }

  /// The message's end has come: the state it ended in, which is DELETED if it was cancelled before.
  mutating func finish(_ id: COctetString, _ state: MessageState, at milliseconds: Int64) -> MessageState {
    guard let entry = entries[id] else { return state }
    if entry.state == .deleted { return .deleted }
    entries[id] = Entry(state: state, finalMilliseconds: milliseconds)
    return state
  }

  func isWaiting(_ id: COctetString) -> Bool { entries[id]?.state == .enroute }

  mutating func cancel(_ id: COctetString, at milliseconds: Int64) -> Bool {
    guard isWaiting(id) else { return false }
    entries[id] = Entry(state: .deleted, finalMilliseconds: milliseconds)
    return true
  }
}
