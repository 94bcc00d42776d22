/// An optional parameter's tag, 2 octets (5.3.2, table 5-7). Tags of later versions and of vendors (0x1400-0x3FFF)
/// survive as they came.
public struct TLVTag: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt16

  @inlinable public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// dest_addr_subunit, 1 octet (5.3.2.1): subcomponent of the destination device the text is for.
  public static let destAddrSubunit = TLVTag(rawValue: 0x0005)
  /// dest_network_type, 1 octet (5.3.2.3): kind of the destination's network.
  public static let destNetworkType = TLVTag(rawValue: 0x0006)
  /// dest_bearer_type, 1 octet (5.3.2.5): bearer wanted in the destination's network.
  public static let destBearerType = TLVTag(rawValue: 0x0007)
  /// dest_telematics_id, 2 octets (5.3.2.7): telematic interworking at the destination.
  public static let destTelematicsID = TLVTag(rawValue: 0x0008)
  /// source_addr_subunit, 1 octet (5.3.2.2): subcomponent of the device the text came from.
  public static let sourceAddrSubunit = TLVTag(rawValue: 0x000D)
  /// source_network_type, 1 octet (5.3.2.4): kind of the originator's network.
  public static let sourceNetworkType = TLVTag(rawValue: 0x000E)
  /// source_bearer_type, 1 octet (5.3.2.6): bearer in the originator's network.
  public static let sourceBearerType = TLVTag(rawValue: 0x000F)
  /// source_telematics_id, 1 octet (5.3.2.8): telematic interworking at the originator.
  public static let sourceTelematicsID = TLVTag(rawValue: 0x0010)
  /// qos_time_to_live, 4 octets (5.3.2.9): seconds the message may stay undelivered.
  public static let qosTimeToLive = TLVTag(rawValue: 0x0017)
  /// payload_type, 1 octet (5.3.2.10): what the payload is, for instance WAP.
  public static let payloadType = TLVTag(rawValue: 0x0019)
  /// additional_status_info_text, C-octet string, 1-256 octets (5.3.2.11): ASCII text about the response's status.
  public static let additionalStatusInfoText = TLVTag(rawValue: 0x001D)
  /// receipted_message_id, C-octet string, 1-65 octets (5.3.2.12): message id of the message a receipt is about.
  public static let receiptedMessageID = TLVTag(rawValue: 0x001E)
  /// ms_msg_wait_facilities, 1 octet (5.3.2.13): message waiting indicator at the mobile.
  public static let msMsgWaitFacilities = TLVTag(rawValue: 0x0030)
  /// privacy_indicator, 1 octet (5.3.2.14): level of privacy.
  public static let privacyIndicator = TLVTag(rawValue: 0x0201)
  /// source_subaddress, octet string, 2-23 octets (5.3.2.15): subaddress of the originator.
  public static let sourceSubaddress = TLVTag(rawValue: 0x0202)
  /// dest_subaddress, octet string, 2-23 octets (5.3.2.16): subaddress of the destination.
  public static let destSubaddress = TLVTag(rawValue: 0x0203)
  /// user_message_reference, 2 octets (5.3.2.17): reference the ESME assigned to the message.
  public static let userMessageReference = TLVTag(rawValue: 0x0204)
  /// user_response_code, 1 octet (5.3.2.18): user's answer code in an acknowledgement.
  public static let userResponseCode = TLVTag(rawValue: 0x0205)
  /// source_port, 2 octets (5.3.2.20): application port of the source.
  public static let sourcePort = TLVTag(rawValue: 0x020A)
  /// destination_port, 2 octets (5.3.2.21): application port of the destination.
  public static let destinationPort = TLVTag(rawValue: 0x020B)
  /// sar_msg_ref_num, 2 octets (5.3.2.22): reference of a concatenated message.
  public static let sarMsgRefNum = TLVTag(rawValue: 0x020C)
  /// language_indicator, 1 octet (5.3.2.19): language of the text.
  public static let languageIndicator = TLVTag(rawValue: 0x020D)
  /// sar_total_segments, 1 octet (5.3.2.23): segments of the concatenated message.
  public static let sarTotalSegments = TLVTag(rawValue: 0x020E)
  /// sar_segment_seqnum, 1 octet (5.3.2.24): which segment this is, from 1.
  public static let sarSegmentSeqnum = TLVTag(rawValue: 0x020F)
  /// sc_interface_version, 1 octet (5.3.2.25): SMPP version the SMSC supports.
  public static let scInterfaceVersion = TLVTag(rawValue: 0x0210)
  /// callback_num_pres_ind, 1 octet (5.3.2.37): presentation and screening of the callback number; may repeat.
  public static let callbackNumPresInd = TLVTag(rawValue: 0x0302)
  /// callback_num_atag, octet string, 0-65 octets (5.3.2.38): display text of the callback number; may repeat.
  public static let callbackNumAtag = TLVTag(rawValue: 0x0303)
  /// number_of_messages, 1 octet (5.3.2.39): messages waiting in a mailbox.
  public static let numberOfMessages = TLVTag(rawValue: 0x0304)
  /// callback_num, octet string, 4-19 octets (5.3.2.36): callback number; may repeat.
  public static let callbackNum = TLVTag(rawValue: 0x0381)
  /// dpf_result, 1 octet (5.3.2.28): whether the delivery pending flag was set.
  public static let dpfResult = TLVTag(rawValue: 0x0420)
  /// set_dpf, 1 octet (5.3.2.29): request to set the delivery pending flag.
  public static let setDPF = TLVTag(rawValue: 0x0421)
  /// ms_availability_status, 1 octet (5.3.2.30): availability of the mobile.
  public static let msAvailabilityStatus = TLVTag(rawValue: 0x0422)
  /// network_error_code, octet string, 3 octets (5.3.2.31): network type and the network's own error code.
  public static let networkErrorCode = TLVTag(rawValue: 0x0423)
  /// message_payload, octet string, 0-65535 octets (5.3.2.32): the text, instead of short_message.
  public static let messagePayload = TLVTag(rawValue: 0x0424)
  /// delivery_failure_reason, 1 octet (5.3.2.33): why a data_sm could not be delivered.
  public static let deliveryFailureReason = TLVTag(rawValue: 0x0425)
  /// more_messages_to_send, 1 octet (5.3.2.34): further messages for the same destination follow.
  public static let moreMessagesToSend = TLVTag(rawValue: 0x0426)
  /// message_state, 1 octet (5.3.2.35): state of the message a receipt is about.
  public static let messageState = TLVTag(rawValue: 0x0427)
  /// ussd_service_op, 1 octet (5.3.2.44): USSD service operation.
  public static let ussdServiceOp = TLVTag(rawValue: 0x0501)
  /// display_time, 1 octet (5.3.2.26): display time wanted at the mobile.
  public static let displayTime = TLVTag(rawValue: 0x1201)
  /// sms_signal, 2 octets (5.3.2.40): alerting signal (TDMA).
  public static let smsSignal = TLVTag(rawValue: 0x1203)
  /// ms_validity, 1 octet (5.3.2.27): validity of the message at the mobile.
  public static let msValidity = TLVTag(rawValue: 0x1204)
  /// alert_on_message_delivery, no octets (5.3.2.41): alert the user when the message arrives; no value.
  public static let alertOnMessageDelivery = TLVTag(rawValue: 0x130C)
  /// its_reply_type, 1 octet (5.3.2.42): how the user may answer (Korean CDMA).
  public static let itsReplyType = TLVTag(rawValue: 0x1380)
  /// its_session_info, octet string, 2 octets (5.3.2.43): session of an interactive teleservice (Korean CDMA).
  public static let itsSessionInfo = TLVTag(rawValue: 0x1383)

  /// Whether the tag is of the range SMPP leaves to vendors (5.3.2, 0x1400-0x3FFF).
  @inlinable public var isVendor: Bool { (0x1400...0x3FFF).contains(rawValue) }

  /// Whether SMPP 3.4 defines the tag.
  public var isKnown: Bool { form != nil }

  /// The specification's name, or the value in hexadecimal (`0x1400`).
  public var name: String {
    Self.all.first { $0.tag == self }.map { "\($0.name)" } ?? hexadecimal(rawValue, digits: 4)
  }
}

extension TLVTag: CustomStringConvertible {
  public var description: String { name }
}
