// Receipts that settled nothing.

/// Why a receipt settled nothing.
public enum ReceiptReason: String, Codable, Sendable, CaseIterable {
  /// No message has its id yet, and one to its phone is with the carrier unanswered: it may belong to that.
  case waitingForResponse = "waiting_for_response"
  /// No message has its id.
  case noSuchMessage = "no_such_message"
  /// Its id fits several messages in flight, and nothing tells which is meant.
  case collision
  /// Its id fits a message only if it is read on another base; `receipts.id` of the profile may be wrong.
  case otherBase = "other_base"
  /// Its message had ended otherwise before.
  case alreadyFinal = "already_final"
  /// It names no message.
  case unreadable
}

/// What a receipt said.
public enum ReceiptState: String, Codable, Sendable, CaseIterable {
  /// At the phone.
  case delivered
  /// Undeliverable, rejected or deleted.
  case failed
  /// Its time ran out at the carrier.
  case expired
  /// Nothing final.
  case underWay = "under_way"
}

/// A receipt that settled nothing.
public struct ReceiptView: Codable, Hashable, Sendable {
  public var receiptID: Int
  public var carrier: String
  public var reason: ReceiptReason
  public var carrierMessageID: String
  public var state: ReceiptState
  public var error: String?
  public var messageID: MessageID?
  public var from: PhoneNumber?
  public var to: PhoneNumber?
  public var receivedAt: Timestamp
  public var ageS: Int

  public init(
    receiptID: Int, carrier: String, reason: ReceiptReason, carrierMessageID: String, state: ReceiptState,
    error: String? = nil, messageID: MessageID? = nil, from: PhoneNumber? = nil, to: PhoneNumber? = nil,
    receivedAt: Timestamp, ageS: Int
  ) {
    self.receiptID = receiptID
    self.carrier = carrier
    self.reason = reason
    self.carrierMessageID = carrierMessageID
    self.state = state
    self.error = error
    self.messageID = messageID
    self.from = from
    self.to = to
    self.receivedAt = receivedAt
    self.ageS = ageS
  }

  enum CodingKeys: String, CodingKey {
    case carrier, reason, state, error, from, to
    case carrierMessageID = "carrier_message_id"
    case messageID = "message_id"
    case receivedAt = "received_at"
    case ageS = "age_s"
    case receiptID = "receipt_id"
  }
}

public struct CarrierReceipts: ListParams {
  public typealias Item = ReceiptView
  public static let method = Method.carrierReceipts

  public var carrier: String
  public var reason: ReceiptReason?
  public var cursor: PageCursor?
  public var limit: Int?

  public init(
    carrier: String, reason: ReceiptReason? = nil, cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.carrier = carrier
    self.reason = reason
    self.cursor = cursor
    self.limit = limit
  }
}
