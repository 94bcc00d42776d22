// What went over the wire.

/// Which way a PDU went.
public enum TraceDirection: String, Codable, Sendable, CaseIterable {
  /// From the carrier to us.
  case `in`
  /// From us to the carrier.
  case out
}

/// One PDU of the trace, or octets that could not be one.
public struct TracedPDU: Codable, Hashable, Sendable {
  public var sequence: Int64
  public var time: Timestamp
  public var timeUs: Int64
  public var direction: TraceDirection
  public var session: Int
  public var connection: Int
  public var opened: TraceDirection
  public var octets: Int
  public var command: String?
  public var status: String?
  public var sequenceNumber: Int?
  public var fields: [String: JSONValue]?
  public var tlvs: [TracedTLV]?
  public var text: String?
  public var roundTripUs: Int64?
  public var problem: String?
  public var cut: Bool?
  public var hex: String?

  public init(
    sequence: Int64, time: Timestamp, timeUs: Int64, direction: TraceDirection, session: Int, connection: Int,
    opened: TraceDirection, octets: Int
  ) {
    self.sequence = sequence
    self.time = time
    self.timeUs = timeUs
    self.direction = direction
    self.session = session
    self.connection = connection
    self.opened = opened
    self.octets = octets
  }

  enum CodingKeys: String, CodingKey {
    case sequence, time, direction, session, connection, opened, octets, command, status, fields, tlvs, text,
      problem, cut, hex
    case timeUs = "time_us"
    case sequenceNumber = "sequence_number"
    case roundTripUs = "round_trip_us"
  }
}

/// An optional parameter of a traced PDU.
public struct TracedTLV: Codable, Hashable, Sendable {
  public var tag: String
  public var octets: Int
  public var value: JSONValue

  public init(tag: String, octets: Int, value: JSONValue) {
    self.tag = tag
    self.octets = octets
    self.value = value
  }
}

public struct CarrierTrace: MethodParams {
  public typealias Result = CarrierTraceResult
  public static let method = Method.carrierTrace

  public var carrier: String
  public var number: PhoneNumber?
  public var last: Int?
  public var afterSequence: Int64?
  public var hex: Bool?

  public init(
    carrier: String, number: PhoneNumber? = nil, last: Int? = nil, afterSequence: Int64? = nil,
    hex: Bool? = nil
  ) {
    self.carrier = carrier
    self.number = number
    self.last = last
    self.afterSequence = afterSequence
    self.hex = hex
  }

  enum CodingKeys: String, CodingKey {
    case carrier, number, last, hex
    case afterSequence = "after_sequence"
  }

  /// `last` when absent, and the most it may be.
  public static let defaultLast = 100
  public static let maximumLast = 5000
}

public struct CarrierTraceResult: Codable, Hashable, Sendable {
  public var items: [TracedPDU]
  public var next: Int64
  public var more: Bool
  public var missed: Int64

  public init(items: [TracedPDU], next: Int64, more: Bool, missed: Int64) {
    self.items = items
    self.next = next
    self.more = more
    self.missed = missed
  }
}
