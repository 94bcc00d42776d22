/// Our requests that have no answer yet, keyed by sequence_number.
///
/// The table is direct-mapped: a request lives at the low bits of its sequence_number, and a number whose place is taken is
/// skipped, which also keeps a number in flight from being used again when the numbers come round. It has at least twice
/// as many places as requests, so a free one is near. User requests are chained in the order they were sent.
struct RequestsInFlight {
  struct Entry {
    /// 0: a free place.
    var sequence: UInt32 = 0
    var operation = Operation.enquireLink
    var isOverdue = false
    fileprivate var next: Int32 = -1
    fileprivate var previous: Int32 = -1
    var token: UInt64 = 0
    var sentAt: Duration = .zero
  }

  /// sequence_number runs from 1 to this, then from 1 again (5.1.4).
  static let lastSequence: UInt32 = 0x7FFF_FFFF
  /// Places kept for bind, unbind and enquire_link beside the window.
  private static let controlRoom = 8

  private var entries: [Entry]
  private let mask: UInt32
  private var nextSequence: UInt32
  private var oldest: Int32 = -1
  private var newest: Int32 = -1
  /// The oldest request that was not reported overdue; all requests before it were.
  private var firstInTime: Int32 = -1
  /// User requests in flight; bind, unbind and enquire_link are not counted.
  private(set) var count = 0

  /// - Parameter firstSequence: for tests; sessions begin with 1.
  init(window: Int, firstSequence: UInt32 = 1) {
    var capacity = 16
    while capacity < 2 * (window + Self.controlRoom) { capacity *= 2 }
    entries = Array(repeating: Entry(), count: capacity)
    mask = UInt32(capacity - 1)
    nextSequence = firstSequence
  }

  /// A sequence_number without an entry: for what has no answer.
  mutating func passingSequence() -> UInt32 { freeSequence() }

  @inline(__always)
  mutating func add(_ operation: Operation, token: UInt64, at now: Duration) -> UInt32 {
    let sequence = freeSequence()
    let place = Int32(bitPattern: sequence & mask)
    var entry = Entry(sequence: sequence, operation: operation, token: token, sentAt: now)
    entry.previous = newest
    entries[Int(place)] = entry
    if newest >= 0 { entries[Int(newest)].next = place } else { oldest = place }
    newest = place
    if firstInTime < 0 { firstInTime = place }
    count &+= 1
    return sequence
  }

  /// Adds a request of the session itself: outside the window and the timers of user requests.
  mutating func addControl(_ operation: Operation, at now: Duration) -> UInt32 {
    let sequence = freeSequence()
    entries[Int(sequence & mask)] = Entry(sequence: sequence, operation: operation, sentAt: now)
    return sequence
  }

  /// Takes out the request that a response answers. `operation` nil: any operation (generic_nack).
  @inline(__always)
  mutating func take(_ sequence: UInt32, answeredAs operation: Operation?) -> Entry? {
    let place = Int(sequence & mask)
    let entry = entries[place]
    guard sequence != 0, entry.sequence == sequence else { return nil }
    if let operation, operation != entry.operation, !(operation.isBind && entry.operation.isBind) {
      return nil
    }
    entries[place].sequence = 0
    guard !entry.operation.isControl else { return entry }
    if entry.previous >= 0 { entries[Int(entry.previous)].next = entry.next } else { oldest = entry.next }
    if entry.next >= 0 { entries[Int(entry.next)].previous = entry.previous } else { newest = entry.previous }
    if firstInTime == Int32(place) { firstInTime = entry.next }
    count &-= 1
    return entry
  }

  /// When the oldest request was sent, and the oldest one that was not reported overdue.
  var oldestSentAt: Duration? { oldest < 0 ? nil : entries[Int(oldest)].sentAt }
  var oldestInTimeSentAt: Duration? { firstInTime < 0 ? nil : entries[Int(firstInTime)].sentAt }

  /// Marks the oldest request that was not reported overdue; returns its token.
  mutating func markOverdue() -> UInt64? {
    guard firstInTime >= 0 else { return nil }
    let place = Int(firstInTime)
    entries[place].isOverdue = true
    firstInTime = entries[place].next
    return entries[place].token
  }

  /// Empties the table: the tokens of all user requests, in the order they were sent.
  mutating func takeAll() -> [UInt64] {
    var tokens: [UInt64] = []
    tokens.reserveCapacity(count)
    var place = oldest
    while place >= 0 {
      tokens.append(entries[Int(place)].token)
      place = entries[Int(place)].next
    }
    for place in entries.indices { entries[place].sequence = 0 }
    oldest = -1
    newest = -1
    firstInTime = -1
    count = 0
    return tokens
  }

  @inline(__always)
  private mutating func freeSequence() -> UInt32 {
    var sequence = nextSequence
    while entries[Int(sequence & mask)].sequence != 0 {
      sequence = sequence == Self.lastSequence ? 1 : sequence &+ 1
    }
    nextSequence = sequence == Self.lastSequence ? 1 : sequence &+ 1
    return sequence
  }
}
