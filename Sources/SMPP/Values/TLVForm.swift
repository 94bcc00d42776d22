/// What the value of an optional parameter looks like.
public enum TLVForm: Hashable, Sendable {
  /// An unsigned integer of so many octets, most significant first (3.2.4).
  case integer(octets: Int)
  /// A C-octet string of at most so many octets, its NUL included.
  case cOctetString(atMost: Int)
  /// Octets, so many.
  case octetString(ClosedRange<Int>)
  /// No value; being there is the meaning.
  case empty
}

extension TLVTag {
  /// The form SMPP 3.4 gives the parameter's value; nil for a tag it does not define.
  public var form: TLVForm? {
    switch self {
    case .destAddrSubunit, .destNetworkType, .destBearerType, .sourceAddrSubunit, .sourceNetworkType,
      .sourceBearerType, .sourceTelematicsID, .payloadType, .msMsgWaitFacilities, .privacyIndicator,
      .userResponseCode, .languageIndicator, .sarTotalSegments, .sarSegmentSeqnum, .scInterfaceVersion,
      .callbackNumPresInd, .numberOfMessages, .dpfResult, .setDPF, .msAvailabilityStatus,
      .deliveryFailureReason, .moreMessagesToSend, .messageState, .ussdServiceOp, .displayTime,
      .msValidity, .itsReplyType:
      .integer(octets: 1)
    case .destTelematicsID, .userMessageReference, .sourcePort, .destinationPort, .sarMsgRefNum, .smsSignal:
      .integer(octets: 2)
    case .qosTimeToLive:
      .integer(octets: 4)
    case .additionalStatusInfoText:
      .cOctetString(atMost: 256)
    case .receiptedMessageID:
      .cOctetString(atMost: 65)
    case .sourceSubaddress, .destSubaddress:
      .octetString(2...23)
    case .callbackNumAtag:
      .octetString(0...65)
    case .callbackNum:
      .octetString(4...19)
    case .networkErrorCode:
      .octetString(3...3)
    case .messagePayload:
      .octetString(0...65535)
    case .alertOnMessageDelivery:
      .empty
    case .itsSessionInfo:
      .octetString(2...2)
    default:
      nil
    }
  }

  /// Every optional parameter of SMPP 3.4 with the name the specification gives it, in numeric order.
  public static let all: [(tag: TLVTag, name: StaticString)] = [
    (.destAddrSubunit, "dest_addr_subunit"),
    (.destNetworkType, "dest_network_type"),
    (.destBearerType, "dest_bearer_type"),
    (.destTelematicsID, "dest_telematics_id"),
    (.sourceAddrSubunit, "source_addr_subunit"),
    (.sourceNetworkType, "source_network_type"),
    (.sourceBearerType, "source_bearer_type"),
    (.sourceTelematicsID, "source_telematics_id"),
    (.qosTimeToLive, "qos_time_to_live"),
    (.payloadType, "payload_type"),
    (.additionalStatusInfoText, "additional_status_info_text"),
    (.receiptedMessageID, "receipted_message_id"),
    (.msMsgWaitFacilities, "ms_msg_wait_facilities"),
    (.privacyIndicator, "privacy_indicator"),
    (.sourceSubaddress, "source_subaddress"),
    (.destSubaddress, "dest_subaddress"),
    (.userMessageReference, "user_message_reference"),
    (.userResponseCode, "user_response_code"),
    (.sourcePort, "source_port"),
    (.destinationPort, "destination_port"),
    (.sarMsgRefNum, "sar_msg_ref_num"),
    (.languageIndicator, "language_indicator"),
    (.sarTotalSegments, "sar_total_segments"),
    (.sarSegmentSeqnum, "sar_segment_seqnum"),
    (.scInterfaceVersion, "sc_interface_version"),
    (.callbackNumPresInd, "callback_num_pres_ind"),
    (.callbackNumAtag, "callback_num_atag"),
    (.numberOfMessages, "number_of_messages"),
    (.callbackNum, "callback_num"),
    (.dpfResult, "dpf_result"),
    (.setDPF, "set_dpf"),
    (.msAvailabilityStatus, "ms_availability_status"),
    (.networkErrorCode, "network_error_code"),
    (.messagePayload, "message_payload"),
    (.deliveryFailureReason, "delivery_failure_reason"),
    (.moreMessagesToSend, "more_messages_to_send"),
    (.messageState, "message_state"),
    (.ussdServiceOp, "ussd_service_op"),
    (.displayTime, "display_time"),
    (.smsSignal, "sms_signal"),
    (.msValidity, "ms_validity"),
    (.alertOnMessageDelivery, "alert_on_message_delivery"),
    (.itsReplyType, "its_reply_type"),
    (.itsSessionInfo, "its_session_info"),
  ]
}
