import Contract

/// One consumer on one connection: where it stands, what it wants, what is in flight. A value without I/O.
struct Subscription {
  /// The consumer's name.
  let consumer: String
  /// The name as a JSON string.
  let quotedConsumer: [UInt8]
  private let filter: Filter
  let maximumInFlight: Int
  /// Nil: events are never sent again on this connection.
  let ackTimeout: Duration?

  /// Everything up to here has been acknowledged, durably.
  private(set) var acked: Int64
  /// Everything up to here was sent or skipped.
  private(set) var position: Int64
  /// The furthest `position` has been.
  private(set) var furthest: Int64
  /// Events that were hidden and not yet emitted as skipped reach up to here; 0: none.
  private(set) var pendingSkip: Int64 = 0
  /// When the last `feed.skipped` went out.
  private var lastSkip: Duration
  /// When the events in flight are sent again.
  private(set) var redeliverAt: Duration?
  /// When the next heartbeat is due.
  private(set) var heartbeatAt: Duration
  /// Sequences in flight, in order, from `firstInFlight` on.
  private var sent: [Int64] = []
  private var firstInFlight = 0
  /// How often what stands in flight was sent before.
  private(set) var deliveries: DeliveryMemory

  /// An acknowledgement is with the writer; later ones wait and go as one.
  var ackWithWriter = false
  /// Acknowledgements that wait: the furthest cursor, and who asked.
  var waitingAck: Int64 = 0
  var waitingAckRequests: [RequestID] = []

  init(
    _ params: FeedSubscribe, start: Int64, role: Role, memory: DeliveryMemory?, limits: APILimits,
    at now: Duration
  ) {
    consumer = params.consumer
    var quoted = JSONBuffer(capacity: 80)
    quoted.append(quoted: params.consumer)
    quotedConsumer = quoted.octets
    filter = Filter(params.filter, role)
    maximumInFlight = params.maxInFlight ?? limits.defaultInFlight
    let seconds = params.ackTimeoutS ?? limits.defaultAckTimeout
    ackTimeout = seconds == 0 ? nil : .seconds(seconds)
    acked = start
    position = start
    furthest = start
    lastSkip = now - limits.skipEvery
    heartbeatAt = now + limits.heartbeatEvery
    deliveries = memory ?? DeliveryMemory()
    deliveries.acknowledged(start)
  }

  /// Events sent and not acknowledged.
  var inFlight: Int { sent.count - firstInFlight }

  /// Whether an event may be sent now.
  var hasRoom: Bool { inFlight < maximumInFlight }

  // MARK: Sending

  /// Whether an event is hidden by the filter or the role.
  @inline(__always)
  func hides(_ event: PackedEvent, in row: UnsafeRawBufferPointer) -> Bool { filter.hides(event, in: row) }

  /// An event that is hidden, or cannot be rendered.
  @inline(__always)
  mutating func skip(_ sequence: Int64) {
    position = sequence
    if position > furthest { furthest = position }
    pendingSkip = sequence
  }

  /// An event that was written.
  @inline(__always)
  mutating func didSend(_ sequence: Int64, at now: Duration) {
    position = sequence
    if position > furthest { furthest = position }
    if firstInFlight == sent.count { restartTimer(at: now) }
    sent.append(sequence)
  }

  /// When `feed.skipped` must be sent even if no event is sent.
  func skipDue(_ limits: APILimits) -> Duration? { pendingSkip > 0 ? lastSkip + limits.skipEvery : nil }

  /// A `feed.skipped` was written.
  mutating func didEmitSkip(at now: Duration) {
    pendingSkip = 0
    lastSkip = now
  }

  mutating func didBeat(at now: Duration, every interval: Duration) { heartbeatAt = now + interval }

  // MARK: Acknowledging

  /// The acknowledgement up to `sequence` is durable.
  mutating func acknowledged(_ sequence: Int64, at now: Duration) {
    guard sequence > acked else { return }
    acked = sequence
    while firstInFlight < sent.count, sent[firstInFlight] <= sequence { firstInFlight += 1 }
    if firstInFlight == sent.count {
      sent.removeAll(keepingCapacity: true)
      firstInFlight = 0
    } else if firstInFlight > 4_096, firstInFlight > sent.count / 2 {
      sent.removeFirst(firstInFlight)
      firstInFlight = 0
    }
    if position < sequence { position = sequence }
    if pendingSkip <= sequence { pendingSkip = 0 }
    deliveries.acknowledged(sequence)
    restartTimer(at: now)
  }

  private mutating func restartTimer(at now: Duration) {
    redeliverAt = ackTimeout.map { now + $0 }
  }

  /// Puts off the redelivery: what was sent still stands unread before the socket.
  mutating func putOffRedelivery(at now: Duration) { restartTimer(at: now) }

  /// Starts again after the last acknowledged event.
  mutating func redeliver(at now: Duration) {
    if inFlight > 0 { deliveries.sentAgain(after: acked, through: position) }
    sent.removeAll(keepingCapacity: true)
    firstInFlight = 0
    position = acked
    pendingSkip = 0
    redeliverAt = nil
  }

  /// What the consumer's next connection has to know: everything in flight will be sent once more.
  func memoryAfterEnd() -> DeliveryMemory {
    var memory = deliveries
    if inFlight > 0 { memory.sentAgain(after: acked, through: position) }
    return memory
  }
}

/// Which events a subscription shows: a set of types, the numbers and the conversations asked for, and the numbers of the role.
private struct Filter {
  /// Bit n is the event type with raw value n.
  let types: UInt32
  /// Packed addresses; nil: any, and events that concern no number.
  let numbers: Set<Int64>?
  /// nil: any, and events that concern none.
  let conversations: Set<ConversationID>?

  init(_ asked: EventFilter?, _ role: Role) {
    conversations = asked?.conversationIDs.map { Set($0) }
    if let wanted = asked?.types {
      types = wanted.reduce(0) { $0 | 1 << UInt32($1.rawValue) }
    } else {
      types = .max
    }
    let wanted = asked?.numbers.map { Set($0.map(\.packed)) }
    let allowed = role.numbers.map { Set($0.map(\.packed)) }
    switch (wanted, allowed) {
    case (let wanted?, let allowed?): numbers = wanted.intersection(allowed)
    case (let one, let other): numbers = one ?? other
    }
  }

  @inline(__always)
  func hides(_ event: PackedEvent, in row: UnsafeRawBufferPointer) -> Bool {
    guard let type = event.type, types & (1 << UInt32(type.rawValue)) != 0 else { return true }
    if let numbers, !numbers.contains(event.number) { return true }
    guard let conversations else { return false }
    return !(event.conversation(in: row).map(conversations.contains) ?? false)
  }
}

/// How often the events that are not acknowledged were sent before, as runs of sequences: it survives a connection, so
/// that `redelivered` is right after a reconnect.
public struct DeliveryMemory: Hashable, Sendable {
  /// Runs kept; beyond, the two furthest become one with the smaller count.
  static let maximumRuns = 16

  /// Sequences up to `through` (and after the run before) were sent `count` times.
  private struct Run: Hashable {
    var through: Int64
    var count: Int
  }
  /// In order of `through`, with falling counts.
  private var runs: [Run] = []

  var isEmpty: Bool { runs.isEmpty }

  /// Times an event was sent before.
  @inline(__always)
  func count(_ sequence: Int64) -> Int {
    if runs.isEmpty { return 0 }
    return runs.first { sequence <= $0.through }?.count ?? 0
  }

  /// Everything after `after` and through `through` will be sent once more.
  mutating func sentAgain(after: Int64, through: Int64) {
    guard through > after else { return }
    var next: [Run] = []
    var covered = after
    for run in runs where run.through > after {
      let end = min(run.through, through)
      if end > covered {
        next.append(Run(through: end, count: run.count + 1))
        covered = end
      }
      if run.through > covered { next.append(run) }
    }
    if through > covered { next.append(Run(through: through, count: 1)) }
    next.sort { $0.through < $1.through }
    while next.count > DeliveryMemory.maximumRuns, let last = next.popLast() {
      next[next.count - 1] = Run(through: last.through, count: last.count)
    }
    runs = next
  }

  mutating func acknowledged(_ sequence: Int64) {
    if !runs.isEmpty { runs.removeAll { $0.through <= sequence } }
  }
}
