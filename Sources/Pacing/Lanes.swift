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

/// People before bulk: at every shared limit `interactive` goes first.
public enum MessageClass: UInt8, Hashable, Sendable, CaseIterable {
  case interactive
  case campaign
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
  var interactive: Int32 = 0
  var campaign: Int32 = 0

  @inline(__always) var total: Int { Int(interactive) &+ Int(campaign) }

  @inline(__always)
  subscript(_ messageClass: MessageClass) -> Int {
    get { Int(messageClass == .interactive ? interactive : campaign) }
    set {
      let value = Int32(clamping: max(0, newValue))
      if messageClass == .interactive { interactive = value } else { campaign = value }
    }
  }
}
