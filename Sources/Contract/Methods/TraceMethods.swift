// What went over the wire. Keys are the properties in snake case.

/// Which way a PDU went.
public enum TraceDirection: String, Codable, Sendable, CaseIterable {
  /// From the carrier to us.
  case `in`
  /// From us to the carrier.
  case out
}

/// One PDU of the trace, or octets that could not be one.
public struct TracedPDU: Codable, Hashable, Sendable {
  /// Its place in the trace, from 1; rises by one with each PDU of any carrier since the start.
  public var sequence: Int64
  /// When it was read, or given to the session's output.
  public var time: Timestamp
  /// The same in microseconds since 1970 UTC.
  public var timeUs: Int64
  /// Which way it went.
  public var direction: TraceDirection
  /// Which of the carrier's sessions, from 0.
  public var session: Int
  /// Number of the connection: another one after each connect.
  public var connection: Int
  /// Who opened the connection; `in`: the carrier did.
  public var opened: TraceDirection
  /// Octets it had on the wire.
  public var octets: Int
  /// `submit_sm`; an id that SMPP 3.4 lacks in hexadecimal. Absent where there was no whole header.
  public var command: String?
  /// `ESME_ROK`; one that SMPP 3.4 lacks in hexadecimal.
  public var status: String?
  /// sequence_number (SMPP 3.4, 5.1.4).
  public var sequenceNumber: Int?
  /// The mandatory parameters by the names of SMPP 3.4, without the text.
  public var fields: [String: JSONValue]?
  /// The optional parameters, in their order.
  public var tlvs: [TracedTLV]?
  /// The text, decoded by itself; `…12 octets…` for a role that may not see texts.
  public var text: String?
  /// For a response: microseconds since its request, where the trace still has it.
  public var roundTripUs: Int64?
  /// Why it is no PDU that could be taken: the field and its place.
  public var problem: String?
  /// Only the first octets are kept, being very long.
  public var cut: Bool?
  /// All octets that are kept, in hexadecimal; where asked for. A bind's password is blanked.
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
  /// `message_payload`; a tag that SMPP 3.4 lacks in hexadecimal.
  public var tag: String
  /// Octets of its value.
  public var octets: Int
  /// The value: a number, a text, or octets in hexadecimal; `…12 octets…` for a role that may not see texts.
  public var value: JSONValue

  public init(tag: String, octets: Int, value: JSONValue) {
    self.tag = tag
    self.octets = octets
    self.value = value
  }

  enum CodingKeys: String, CodingKey {
    case tag, octets, value
  }
}

/// `carrier.trace`: What went over the wire between a carrier and us, as far as the trace still has it.
public struct CarrierTrace: MethodParams {
  public typealias Result = CarrierTraceResult
  public static let method = Method.carrierTrace

  /// The carrier's name.
  public var carrier: String
  /// Only PDUs from or to this number, ours or a phone, and the responses to them.
  public var number: PhoneNumber?
  /// The newest so many, at most 5000; 100 when absent. With `after_sequence`: the oldest so many after it.
  public var last: Int?
  /// Only what came later: `next` of the answer before.
  public var afterSequence: Int64?
  /// The octets in hexadecimal too; refused for a role that may not see texts.
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

/// Result of `carrier.trace`: Oldest first, as many as one answer holds.
public struct CarrierTraceResult: Codable, Hashable, Sendable {
  /// Oldest first.
  public var items: [TracedPDU]
  /// What to go on after, by `after_sequence`.
  public var next: Int64
  /// Whether more of what was asked for is there now: it did not fit into one answer.
  public var more: Bool
  /// PDUs of any carrier after `after_sequence` that were overwritten before this answer.
  public var missed: Int64

  public init(items: [TracedPDU], next: Int64, more: Bool, missed: Int64) {
    self.items = items
    self.next = next
    self.more = more
    self.missed = missed
  }

  enum CodingKeys: String, CodingKey {
    case items, next, more, missed
  }
}
