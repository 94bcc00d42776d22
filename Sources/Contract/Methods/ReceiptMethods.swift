// Receipts that settled nothing. Keys are the properties in snake case.

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
  /// Its place in the list.
  public var receiptID: Int
  /// The carrier it came from.
  public var carrier: String
  /// Why it settled nothing.
  public var reason: ReceiptReason
  /// The carrier's id of the message, as it came; empty where there was none.
  public var carrierMessageID: String
  /// What it said.
  public var state: ReceiptState
  /// The carrier's error code.
  public var error: String?
  /// The message it contradicts.
  public var messageID: MessageID?
  /// The number of ours it names.
  public var from: PhoneNumber?
  /// The phone it names.
  public var to: PhoneNumber?
  /// When it came.
  public var receivedAt: Timestamp
  /// Seconds since then.
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

/// `carrier.receipts`: Receipts that matched no message, or came too late, each with the reason.
public struct CarrierReceipts: MethodParams {
  public typealias Result = CarrierReceiptsResult
  public static let method = Method.carrierReceipts

  /// The carrier.
  public var carrier: String
  /// Only those with this reason.
  public var reason: ReceiptReason?
  /// `next` of the page before.
  public var cursor: PageCursor?
  /// Items, at most 200; 50 when absent.
  public var limit: Int?

  public init(
    carrier: String, reason: ReceiptReason? = nil, cursor: PageCursor? = nil, limit: Int? = nil
  ) {
    self.carrier = carrier
    self.reason = reason
    self.cursor = cursor
    self.limit = limit
  }

  enum CodingKeys: String, CodingKey {
    case carrier, reason, cursor, limit
  }
}

/// Result of `carrier.receipts`: One page.
public struct CarrierReceiptsResult: Codable, Hashable, Sendable {
  /// Newest first.
  public var items: [ReceiptView]
  /// Where the next page starts; absent on the last.
  public var next: PageCursor?

  public init(items: [ReceiptView], next: PageCursor? = nil) {
    self.items = items
    self.next = next
  }

  enum CodingKeys: String, CodingKey {
    case items, next
  }
}
