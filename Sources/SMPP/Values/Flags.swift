/// esm_class, 1 octet (5.2.12): messaging mode in bits 1-0, message type in bits 5-2, GSM features in bits 7-6.
///
/// Test a type by its bit, never by comparing the whole octet, nor `messageType(of:)` as a whole: peers set other bits beside it.
public enum ESMClass {
  public static let messagingModeMask: UInt8 = 0b0000_0011
  /// Default SMSC mode, for instance store and forward.
  public static let defaultMode: UInt8 = 0x00
  public static let datagramMode: UInt8 = 0x01
  /// Forward, that is transaction, mode.
  public static let forwardMode: UInt8 = 0x02
  public static let storeAndForwardMode: UInt8 = 0x03

  public static let messageTypeMask: UInt8 = 0b0011_1100
  public static let normalMessage: UInt8 = 0x00
  /// The short message contains an SMSC delivery receipt (deliver_sm, data_sm).
  public static let deliveryReceipt: UInt8 = 0x04
  /// ESME delivery acknowledgement (submit_sm), SME delivery acknowledgement (deliver_sm).
  public static let deliveryAcknowledgement: UInt8 = 0x08
  /// ESME or SME manual/user acknowledgement.
  public static let manualAcknowledgement: UInt8 = 0x10
  /// Conversation abort (Korean CDMA).
  public static let conversationAbort: UInt8 = 0x18
  /// Intermediate delivery notification.
  public static let intermediateNotification: UInt8 = 0x20

  /// UDHI: the text begins with a user data header.
  public static let udhIndicator: UInt8 = 0x40
  /// Set reply path.
  public static let replyPath: UInt8 = 0x80

  @inlinable public static func messageType(of esmClass: UInt8) -> UInt8 { esmClass & messageTypeMask }
  @inlinable public static func hasUDH(_ esmClass: UInt8) -> Bool { esmClass & udhIndicator != 0 }
}

/// registered_delivery, 1 octet (5.2.17): which receipts and acknowledgements are asked for.
public enum RegisteredDelivery {
  public static let receiptMask: UInt8 = 0b0000_0011
  public static let none: UInt8 = 0x00
  /// SMSC delivery receipt where the final outcome is delivery success or failure.
  public static let successOrFailure: UInt8 = 0x01
  /// SMSC delivery receipt where the final outcome is delivery failure.
  public static let failure: UInt8 = 0x02

  /// Whether a receipt is wanted of a message that was delivered.
  public static func wantsReceipt(ofSuccess octet: UInt8) -> Bool { octet & receiptMask == successOrFailure }

  public static let acknowledgementMask: UInt8 = 0b0000_1100
  public static let smeDeliveryAcknowledgement: UInt8 = 0x04
  public static let smeManualAcknowledgement: UInt8 = 0x08

  /// Intermediate notification requested.
  public static let intermediateNotification: UInt8 = 0x10
}

/// interface_version and sc_interface_version, 1 octet (5.2.4).
public enum InterfaceVersion {
  /// SMPP 3.3 and earlier are 0x00-0x33.
  public static let v33: UInt8 = 0x33
  /// What we send and answer. Whatever a peer states (34 in decimal, 0x50 from clients that speak 3.4) is taken.
  public static let v34: UInt8 = 0x34

  /// Whether who states this version knows optional parameters. Some write the decimal 34 for 3.4.
  public static func takesParameters(_ version: UInt8) -> Bool { version >= v34 || version == 34 }
}

/// message_state, 1 octet (5.2.28, table 5-6): where a message stands, in query_sm_resp and receipts.
public struct MessageState: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt8

  @inlinable public init(rawValue: UInt8) { self.rawValue = rawValue }

  public static let enroute = MessageState(rawValue: 1)
  public static let delivered = MessageState(rawValue: 2)
  public static let expired = MessageState(rawValue: 3)
  public static let deleted = MessageState(rawValue: 4)
  public static let undeliverable = MessageState(rawValue: 5)
  public static let accepted = MessageState(rawValue: 6)
  public static let unknown = MessageState(rawValue: 7)
  public static let rejected = MessageState(rawValue: 8)

  /// Whether the message will not change state any more. ACCEPTED counts: it was manually read on the subscriber's
  /// behalf. UNKNOWN and values of later versions do not.
  public var isFinal: Bool {
    switch self {
    case .delivered, .expired, .deleted, .undeliverable, .accepted, .rejected: true
    default: false
    }
  }
}
