/// Gathers the parts of messages, in any order and with duplicates.
///
/// `Origin` says whose reference numbers they are: source and destination address, and what else keeps them apart.
/// Bounded by `Limits`, and beside them the one message a part was just added to: what is oldest makes room, and is
/// given back as it is. Nothing that came is dropped.
public struct Reassembler<Origin: Hashable & Sendable>: Sendable {
  /// What may be kept at one time.
  public struct Limits: Hashable, Sendable {
    /// Messages, unfinished and lately finished ones.
    public var messages: Int
    /// Octets of text in unfinished messages.
    public var octets: Int
    /// How long after its first part a message is waited for, and its parts are known as duplicates.
    public var lifetime: Duration

    public init(messages: Int = 1000, octets: Int = 4 << 20, lifetime: Duration = .seconds(1800)) {
      self.messages = max(1, messages)
      self.octets = max(1, octets)
      self.lifetime = lifetime
    }
  }

  /// What a part led to.
  public enum Outcome: Equatable, Sendable {
    /// All parts, by sequence; `AssembledText` reads them.
    case complete([MessagePart])
    /// So many parts are still to come.
    case pending(missing: Int)
    /// This very part has been here.
    case duplicate
  }

  /// A message of which parts are missing.
  public struct Incomplete: Equatable, Sendable {
    public var origin: Origin
    /// What came, by sequence.
    public var parts: [MessagePart]
  }

  private struct Key: Hashable, Sendable {
    var origin: Origin
    var kind: Concatenation.Kind
    var reference: UInt16
    var total: UInt8
  }

  private struct Entry: Sendable {
    /// Tells this message from an earlier one under the same key.
    var serial: UInt64
    var deadline: Duration
    /// Empty once the message is complete.
    var parts: [MessagePart] = []
    /// Of each part that came, whether complete or not.
    var digests: [UInt8: UInt64] = [:]
  }

  public let limits: Limits
  private var entries: [Key: Entry] = [:]
  /// Oldest first; an element whose serial its entry no longer has is stale.
  private var order: [(key: Key, serial: UInt64, deadline: Duration)] = []
  private var head = 0
  private var serial: UInt64 = 0
  /// Octets kept.
  public private(set) var octets = 0

  public init(limits: Limits = Limits()) { self.limits = limits }

  /// Messages kept, unfinished and lately finished.
  public var count: Int { entries.count }

  /// Elements of the queue, stale ones included: bounded as `count` is.
  var orderCount: Int { order.count }

  /// When `expire` next has something to do; nil while nothing is kept.
  public var nextDeadline: Duration? { head < order.count ? order[head].deadline : nil }

  /// Takes a part. `incomplete` gets messages that had to make room, or whose reference was taken up again.
  public mutating func add(
    _ part: MessagePart, from origin: Origin, at now: Duration, into incomplete: inout [Incomplete]
  ) -> Outcome {
    expire(at: now, into: &incomplete)
    let place = part.place
    let key = Key(origin: origin, kind: place.kind, reference: place.reference, total: place.total)
    let digest = Self.digest(part)
    if let known = entries[key]?.digests[place.sequence] {
      if known == digest { return .duplicate }
      remove(key, into: &incomplete)  // the same place with another text: the reference is in its next round
    }
    var entry = entries[key] ?? open(key, at: now)
    entry.parts.append(part)
    entry.digests[place.sequence] = digest
    octets += part.octets.count
    let missing = Int(place.total) - entry.digests.count
    guard missing == 0 else {
      entries[key] = entry
      makeRoom(sparing: key, into: &incomplete)
      return .pending(missing: missing)
    }
    let parts = Self.sorted(entry.parts)
    octets -= parts.reduce(0) { $0 + $1.octets.count }
    entry.parts = []
    entries[key] = entry
    makeRoom(sparing: key, into: &incomplete)
    return .complete(parts)
  }

  /// Gives up what is older than the lifetime.
  public mutating func expire(at now: Duration, into incomplete: inout [Incomplete]) {
    while head < order.count, order[head].deadline <= now { removeOldest(into: &incomplete) }
  }

  // MARK: Keeping

  private mutating func open(_ key: Key, at now: Duration) -> Entry {
    serial &+= 1
    let entry = Entry(serial: serial, deadline: now + limits.lifetime)
    order.append((key, entry.serial, entry.deadline))
    if order.count - head > 2 * entries.count + 64 {
      // References taken up again and again leave stale elements behind.
      order.removeFirst(head)
      head = 0
      order.removeAll { $0.serial != serial && entries[$0.key]?.serial != $0.serial }
    }
    return entry
  }

  private mutating func makeRoom(sparing key: Key, into incomplete: inout [Incomplete]) {
    while entries.count > limits.messages || octets > limits.octets, head < order.count,
      order[head].key != key || entries[key]?.serial != order[head].serial
    {
      removeOldest(into: &incomplete)
    }
  }

  private mutating func removeOldest(into incomplete: inout [Incomplete]) {
    let oldest = order[head]
    head += 1
    if entries[oldest.key]?.serial == oldest.serial { remove(oldest.key, into: &incomplete) }
    if head > 64, head * 2 > order.count {
      order.removeFirst(head)
      head = 0
    }
  }

  private mutating func remove(_ key: Key, into incomplete: inout [Incomplete]) {
    guard let entry = entries.removeValue(forKey: key), !entry.parts.isEmpty else { return }
    octets -= entry.parts.reduce(0) { $0 + $1.octets.count }
    incomplete.append(Incomplete(origin: key.origin, parts: Self.sorted(entry.parts)))
  }

  private static func sorted(_ parts: [MessagePart]) -> [MessagePart] {
    parts.sorted { $0.place.sequence < $1.place.sequence }
  }

  /// FNV-1a, 64 bits, of what makes a part the same part.
  private static func digest(_ part: MessagePart) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    hash = (hash ^ UInt64(part.dataCoding)) &* 0x100_0000_01B3
    for octet in part.octets { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3 }
    return hash
  }
}
