import Contract
import SMPP

/// A carrier, by its row in the store.
public typealias CarrierKey = Int64

/// A lane: the queue of one number, by the number's row in the store.
public typealias NumberID = Int64

/// A peer's request that the loop must answer once the rules have decided: which session, which sequence number.
public struct PeerRequest: Hashable, Sendable {
  public var session: Int
  public var sequence: UInt32
  /// Which destination of a `submit_multi` it is about, from 0; nil: it is no `submit_multi`.
  public var destination: Int?

  public init(session: Int, sequence: UInt32) {
    self.session = session
    self.sequence = sequence
  }
}

/// How a carrier gave us a message, which says how it is answered.
public enum InboundKind: Sendable {
  /// `deliver_sm`, or `data_sm`, of an SMSC we are bound to: the answer names nothing.
  case deliver
  /// `submit_sm` or `submit_multi` of a carrier that is bound to us: the answer has a `message_id` of ours, and a receipt
  /// may be wanted.
  case submit
  /// `data_sm` of a carrier that is bound to us: the same.
  case data
}

/// A `deliver_sm`, `submit_sm` or `data_sm` from a carrier, not yet acknowledged.
public struct InboundPDU: Sendable {
  public var request: PeerRequest
  public var carrier: CarrierKey
  public var pdu: DeliverSM
  /// Everything after the header, octet for octet: what a redelivery is recognised by.
  public var body: [UInt8]
  /// Milliseconds since 1970 UTC at which its last octet was read.
  public var receivedAt: Int64
  public var kind: InboundKind

  public init(
    request: PeerRequest, carrier: CarrierKey, pdu: DeliverSM, body: [UInt8], receivedAt: Int64,
    kind: InboundKind = .deliver
  ) {
    self.kind = kind
    self.request = request
    self.carrier = carrier
    self.pdu = pdu
    self.body = body
    self.receivedAt = receivedAt
  }
}

/// A carrier's answer to one segment.
public struct SegmentAnswer: Sendable {
  public var ref: SegmentRef
  public var carrier: CarrierKey
  public var status: CommandStatus
  /// The carrier's `message_id`; empty when it gave none.
  public var messageID: COctetString
  public var at: Int64

  public init(
    ref: SegmentRef, carrier: CarrierKey, status: CommandStatus, messageID: COctetString, at: Int64
  ) {
    self.ref = ref
    self.carrier = carrier
    self.status = status
    self.messageID = messageID
    self.at = at
  }
}

/// Leave to claim segments of a lane: so many slots are free and due under every limit.
public struct ClaimPermit: Sendable, Equatable {
  public var number: NumberID
  public var urgency: Urgency
  public var count: Int

  public init(number: NumberID, _ urgency: Urgency, count: Int) {
    self.number = number
    self.urgency = urgency
    self.count = count
  }
}

/// How the connection to a carrier changed.
public struct BindChange: Sendable, Equatable {
  public var carrier: CarrierKey
  /// Which of the carrier's sessions, from 0.
  public var session: Int
  public var state: BindState
  /// The carrier refuses our credentials.
  public var credentialsRefused: Bool
  /// Milliseconds until the next attempt.
  public var retryInMilliseconds: Int?
  /// For people: why. No secrets, no numbers.
  public var reason: String
  /// A bound session's peer takes optional parameters; nil: it is not bound.
  public var takesParameters: Bool?
  public var at: Int64

  public init(
    carrier: CarrierKey, session: Int, state: BindState, credentialsRefused: Bool = false,
    retryInMilliseconds: Int? = nil, reason: String, takesParameters: Bool? = nil, at: Int64
  ) {
    self.carrier = carrier
    self.session = session
    self.state = state
    self.credentialsRefused = credentialsRefused
    self.retryInMilliseconds = retryInMilliseconds
    self.reason = reason
    self.takesParameters = takesParameters
    self.at = at
  }
}

/// What a carrier that is bound to us asks of a message it submitted, by the `message_id` we gave it. `source` is the
/// message's, or empty where that was.
public enum Question: Sendable {
  /// `query_sm` (SMPP 3.4, 4.8).
  case query(COctetString, source: Address)
  /// `cancel_sm` (4.9).
  case cancel(COctetString, source: Address)
  /// `replace_sm` (4.10).
  case replace(COctetString, source: Address)
}

/// A receipt for a message a carrier submitted to us, to be sent until it is answered.
public struct OwedReceipt: Sendable {
  /// The `message_id` we gave.
  public var id: Int64
  public var carrier: CarrierKey
  public var pdu: DeliverSM

  public init(id: Int64, carrier: CarrierKey, pdu: DeliverSM) {
    self.id = id
    self.carrier = carrier
    self.pdu = pdu
  }
}

/// What the event loop sends the rules.
public enum NetworkInput: Sendable {
  case inbound(InboundPDU)
  case answered(SegmentAnswer)
  /// Written, and the response timer ran out; the session still lives, so the answer may yet come.
  case overdue(SegmentRef, at: Int64)
  /// Written, and the session ended without an answer.
  case unanswered([SegmentRef], carrier: CarrierKey, at: Int64)
  /// Handed over and not written: back to their place in the lane.
  case returned([SegmentRef])
  /// Handed over and taken out before they were written, because the phone opted out.
  case revoked([SegmentRef], at: Int64)
  case permits([ClaimPermit])
  case bind(BindChange)
  /// A carrier has a session that sends, or has none any more.
  case reachable(CarrierKey, Bool)
  /// A carrier asks about a message it submitted; to be answered.
  case asked(PeerRequest, carrier: CarrierKey, Question)
  /// A receipt we owed was answered.
  case receiptSettled(Int64, CommandStatus)
  /// A session ended in a way that may have lost responses of ours.
  case sessionLost(session: Int, carrier: CarrierKey, at: Int64)
  /// A certificate that TLS depends on.
  case certificate(CertificateNotice)
  /// The room for the store has become little, or enough again.
  case disk(DiskNotice)
  /// Somebody tries passwords where carriers connect to us.
  case guessing(GuessingNotice)
}

/// A segment the loop may write: durable, marked as handed over.
public struct ClaimedSegment: Sendable {
  public var ref: SegmentRef
  public var number: NumberID
  public var carrier: CarrierKey
  public var urgency: Urgency
  /// Whom it goes to: what a revocation takes it out by.
  public var phone: Int64
  public var pdu: SubmitSM

  public init(
    ref: SegmentRef, number: NumberID, carrier: CarrierKey, urgency: Urgency, phone: Int64, pdu: SubmitSM
  ) {
    self.ref = ref
    self.number = number
    self.carrier = carrier
    self.urgency = urgency
    self.phone = phone
    self.pdu = pdu
  }
}

/// How a lane sends.
public struct LaneSetting: Sendable, Equatable {
  public var number: NumberID
  /// nil: the number has no carrier to send by.
  public var carrier: CarrierKey?
  /// Segments per second.
  public var rate: Int
  public var paused: Bool
}

/// What the rules send the event loop, in this order and only after the commit.
public enum NetworkOutput: Sendable {
  case send(ClaimedSegment)
  /// The answer to a peer's request.
  case respond(PeerRequest, CommandStatus)
  /// The answer to a message a carrier submitted: taken, under this `message_id`.
  case accepted(PeerRequest, messageID: Int64)
  /// The answer to `query_sm`, with its body, `cancel_sm` or `replace_sm`.
  case answer(PeerRequest, CommandStatus, QuerySMResp?)
  /// A receipt that is owed to a carrier bound to us: kept by the loop until it is answered.
  case receipt(OwedReceipt)
  /// The barrier of an opt-out: before anything that follows, take this phone's unwritten segments out of
  /// every session (of these numbers; nil: of all), and hand them back as `revoked`.
  case revoke(phone: Int64, numbers: [NumberID]?)
  case lane(LaneSetting)
  /// What waits, durable and unclaimed, in a lane.
  case demand(NumberID, LaneDemand)
  /// The permit was used for so many.
  case claimed(ClaimPermit, got: Int)
  /// The carrier asked for a slower pace.
  case throttled(NumberID, CarrierKey)
}
