import NetIO
public import SMPP

extension CarrierSimulator {
  /// What happened so far.
  public struct Counts: Hashable, Sendable {
    public var connections: UInt64 = 0
    /// Binds accepted, and refused.
    public var binds: UInt64 = 0
    public var bindsRefused: UInt64 = 0
    /// Sessions bound now.
    public var bound: UInt64 = 0
    /// submit_sm, data_sm and destinations of submit_multi received; taken; refused.
    public var submitted: UInt64 = 0
    public var accepted: UInt64 = 0
    public var refused: UInt64 = 0
    /// Of the refused, those with ESME_RTHROTTLED by a rate.
    public var throttled: UInt64 = 0
    /// Answers written.
    public var answered: UInt64 = 0
    /// Receipts: made, and answered by the ESME with ESME_ROK.
    public var receipts: UInt64 = 0
    public var receiptsAnswered: UInt64 = 0
    /// deliver_sm from phones (one a part): made, and answered with ESME_ROK.
    public var inbound: UInt64 = 0
    public var inboundAnswered: UInt64 = 0
    /// deliver_sm answered with an error; of these, to be tried again.
    public var deliveriesRefused: UInt64 = 0
    public var deliveriesRetried: UInt64 = 0
    /// deliver_sm sent again after a lost session.
    public var redelivered: UInt64 = 0
    /// deliver_sm that were given up: no room, no more tries, or a session lost without redelivery.
    public var deliveriesLost: UInt64 = 0
    /// deliver_sm that wait for a session or its window, and that wait for an answer.
    public var waiting: UInt64 = 0
    public var inFlight: UInt64 = 0
    /// PDUs that could not be decoded.
    public var malformed: UInt64 = 0
    /// Connections that the framing, a cut or a fault ended.
    public var dropped: UInt64 = 0
    public var octetsReceived: UInt64 = 0
    public var octetsSent: UInt64 = 0

    public init() {}
  }

  /// One PDU, as it was read or written, in that order on its connection.
  public struct RecordedPDU: Sendable {
    public enum Direction: String, Hashable, Sendable { case fromESME, toESME }

    /// Monotonic time.
    public let at: Duration
    /// Which connection, from 1.
    public let link: Int
    /// Empty before the bind.
    public let systemID: COctetString
    public let direction: Direction
    public let pdu: PDU
  }

  /// A whole message on a phone, or from one.
  public struct PhoneMessage: Hashable, Sendable {
    /// Monotonic time of the last part.
    public let at: Duration
    /// Digits without "+".
    public let from: String
    public let to: String
    public let text: String
    public let parts: Int
  }

  /// What a demo or a log tells as it happens.
  public enum Event: Hashable, Sendable {
    case bound(systemID: COctetString, BindType)
    case unbound(systemID: COctetString)
    /// An ESME with which TLS did not come about, and why.
    case handshakeFailed(String)
    /// A phone received a whole message from the ESME.
    case received(PhoneMessage)
    /// A phone sent a message to one of the ESME's numbers.
    case sent(PhoneMessage)
    /// The toll-free network wrote to a phone.
    case network(PhoneMessage)
    case receipt(messageID: COctetString, MessageState)
  }

  /// The most PDUs kept.
  public static let maximumRecordedPDUs = 1_000_000
  /// The most phone messages kept; beyond, they are counted only.
  public static let maximumPhoneMessages = 200_000
}

/// What the simulator's thread publishes after each turn.
struct Observations: Sendable {
  var counts = CarrierSimulator.Counts()
  var pdus: [CarrierSimulator.RecordedPDU] = []
  var received: [CarrierSimulator.PhoneMessage] = []
  var sent: [CarrierSimulator.PhoneMessage] = []
  var inboundLatency = LatencyHistogram()
  /// Threads in `wait(until:)`.
  var waiters: [Waker] = []
}

/// Times in buckets of at most 1/16 of their size: 1 ns ... 18 min.
public struct LatencyHistogram: Hashable, Sendable {
  private static let subBuckets = 16
  private static let buckets = 40 * subBuckets
  private var tallies = [UInt32](repeating: 0, count: buckets)
  public private(set) var count: UInt64 = 0
  public private(set) var maximum: Duration = .zero

  public init() {}

  public mutating func record(nanoseconds: Int64) {
    let value = UInt64(max(0, nanoseconds))
    let index = Self.index(of: value)
    tallies[index] &+= 1
    count &+= 1
    let time = Duration.nanoseconds(Int64(clamping: value))
    if time > maximum { maximum = time }
  }

  /// The time that this part of all, 0...1, did not exceed.
  public func quantile(_ part: Double) -> Duration {
    guard count > 0 else { return .zero }
    let rank = max(1, UInt64((part * Double(count)).rounded(.up)))
    var seen: UInt64 = 0
    for index in tallies.indices where tallies[index] > 0 {
      seen += UInt64(tallies[index])
      if seen >= rank { return min(maximum, .nanoseconds(Self.upperBound(of: index))) }
    }
    return maximum
  }

  private static func index(of value: UInt64) -> Int {
    guard value >= UInt64(subBuckets) else { return Int(value) }
    let exponent = 63 - value.leadingZeroBitCount
    let sub = Int(value >> UInt64(exponent - 4)) & (subBuckets - 1)
    return min(buckets - 1, (exponent - 3) * subBuckets + sub)
  }

  private static func upperBound(of index: Int) -> Int64 {
    guard index >= subBuckets else { return Int64(index) }
    let exponent = index / subBuckets + 3
    let sub = Int64(index % subBuckets)
    return (Int64(subBuckets) + sub + 1) << Int64(exponent - 4) - 1
  }
}
