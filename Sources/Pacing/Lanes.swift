/// One lane: the queue of one number (a sender address). The index is a small dense integer the caller gives out;
/// it indexes arrays, so keep it below `Pacer.maximumLanes`.
public struct LaneID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let index: Int32

  @inlinable public init(_ index: Int32) { self.index = index }
  @inlinable public init(_ index: Int) { self.index = Int32(clamping: index) }

  @inlinable public static func < (a: LaneID, b: LaneID) -> Bool { a.index < b.index }
  public var description: String { "lane \(index)" }
}

/// One rate contract with a carrier, whatever number of sessions it is spread over.
/// The index is a small dense integer below `Pacer.maximumCarriers`.
public struct CarrierID: Hashable, Sendable, Comparable, CustomStringConvertible {
  public let index: Int32

  @inlinable public init(_ index: Int32) { self.index = index }
  @inlinable public init(_ index: Int) { self.index = Int32(clamping: index) }

  @inlinable public static func < (a: CarrierID, b: CarrierID) -> Bool { a.index < b.index }
  public var description: String { "carrier \(index)" }
}

/// People before bulk: at every shared limit a class goes before those that follow it here.
public enum MessageClass: UInt8, Hashable, Sendable, CaseIterable {
  /// What a person wrote.
  case interactive
  /// The gateway's own answer to somebody: a confirmation, HELP.
  case answer
  /// An alert to a rep.
  case alert
  case campaign

  /// All of them, the most urgent first; made once.
  static let inOrder = allCases
}

/// What the writer may claim now: `count` segments of `class` from `lane`. Each permit is answered by exactly one
/// `Pacer.claimed(_:_:granted:got:)`; until then it holds its window slots.
public struct Permit: Hashable, Sendable {
  public var lane: LaneID
  public var `class`: MessageClass
  public var count: Int

  @inlinable
  public init(lane: LaneID, class: MessageClass, count: Int) {
    self.lane = lane
    self.class = `class`
    self.count = count
  }
}

/// A count for each message class.
struct ClassCounts: Equatable {
  private var counts = SIMD4<Int32>()

  @inline(__always) var total: Int { Int(counts.wrappedSum()) }

  @inline(__always)
  subscript(_ messageClass: MessageClass) -> Int {
    get { Int(counts[Int(messageClass.rawValue)]) }
    set { counts[Int(messageClass.rawValue)] = Int32(clamping: max(0, newValue)) }
  }

  /// Those of a class and of all that are more urgent: what less urgent ones count never holds it back.
  @inline(__always)
  func upTo(_ messageClass: MessageClass) -> Int {
    switch messageClass {
    case .interactive: Int(counts[0])
    case .answer: Int(counts[0]) &+ Int(counts[1])
    case .alert: Int(counts[0]) &+ Int(counts[1]) &+ Int(counts[2])
    case .campaign: total
    }
  }

  /// The most urgent class with more than `other` has of it; nil: none.
  @inline(__always)
  func mostUrgent(beyond other: ClassCounts) -> MessageClass? {
    let more = counts .> other.counts
    if more[0] { return .interactive }
    if more[1] { return .answer }
    if more[2] { return .alert }
    return more[3] ? .campaign : nil
  }
}
