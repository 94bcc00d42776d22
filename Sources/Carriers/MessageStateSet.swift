public import SMPP

/// Some of the values of `message_state` (SMPP 3.4, 5.2.28).
public struct MessageStateSet: Hashable, Sendable {
  private var bits: UInt16 = 0

  public init(_ states: [MessageState]) { for state in states { insert(state) } }

  /// DELIVRD, EXPIRED, DELETED, UNDELIV and REJECTD.
  public static let standard = MessageStateSet([
    .delivered, .expired, .deleted, .undeliverable, .rejected,
  ])

  public func contains(_ state: MessageState) -> Bool { bits & Self.bit(state) != 0 }
  public mutating func insert(_ state: MessageState) { bits |= Self.bit(state) }
  public mutating func remove(_ state: MessageState) { bits &= ~Self.bit(state) }

  private static func bit(_ state: MessageState) -> UInt16 {
    state.rawValue < 16 ? 1 << UInt16(state.rawValue) : 0
  }
}
