// Every optional parameter of SMPP 3.4 by name and type (5.3.2). Setting nil takes the parameter out.
// An integer is read whatever its length, as long as the value fits: peers send wider and narrower ones. A value that cannot
// be, of whatever type, reads as nil and stays among the parameters as it came.

extension TLVs {
  /// dest_addr_subunit (5.3.2.1): subcomponent of the destination device the text is for.
  public var destAddrSubunit: UInt8? {
    get { integer(.destAddrSubunit) }
    set { setInteger(.destAddrSubunit, newValue) }
  }

  /// dest_network_type (5.3.2.3): kind of the destination's network.
  public var destNetworkType: UInt8? {
    get { integer(.destNetworkType) }
    set { setInteger(.destNetworkType, newValue) }
  }

  /// dest_bearer_type (5.3.2.5): bearer wanted in the destination's network.
  public var destBearerType: UInt8? {
    get { integer(.destBearerType) }
    set { setInteger(.destBearerType, newValue) }
  }

  /// dest_telematics_id (5.3.2.7): telematic interworking at the destination.
  public var destTelematicsID: UInt16? {
    get { integer(.destTelematicsID) }
    set { setInteger(.destTelematicsID, newValue) }
  }

  /// source_addr_subunit (5.3.2.2): subcomponent of the device the text came from.
  public var sourceAddrSubunit: UInt8? {
    get { integer(.sourceAddrSubunit) }
    set { setInteger(.sourceAddrSubunit, newValue) }
  }

  /// source_network_type (5.3.2.4): kind of the originator's network.
  public var sourceNetworkType: UInt8? {
    get { integer(.sourceNetworkType) }
    set { setInteger(.sourceNetworkType, newValue) }
  }

  /// source_bearer_type (5.3.2.6): bearer in the originator's network.
  public var sourceBearerType: UInt8? {
    get { integer(.sourceBearerType) }
    set { setInteger(.sourceBearerType, newValue) }
  }

  /// source_telematics_id (5.3.2.8): telematic interworking at the originator.
  public var sourceTelematicsID: UInt8? {
    get { integer(.sourceTelematicsID) }
    set { setInteger(.sourceTelematicsID, newValue) }
  }

  /// qos_time_to_live (5.3.2.9): seconds the message may stay undelivered.
  public var qosTimeToLive: UInt32? {
    get { integer(.qosTimeToLive) }
    set { setInteger(.qosTimeToLive, newValue) }
  }

  /// payload_type (5.3.2.10): what the payload is, for instance WAP.
  public var payloadType: UInt8? {
    get { integer(.payloadType) }
    set { setInteger(.payloadType, newValue) }
  }

  /// additional_status_info_text (5.3.2.11): ASCII text about the response's status. More than 256 octets are not read.
  public var additionalStatusInfoText: COctetString? {
    get { cOctetString(.additionalStatusInfoText) }
    set { setCOctetString(.additionalStatusInfoText, newValue) }
  }

  /// receipted_message_id (5.3.2.12): message id of the message a receipt is about. Taken with or without its NUL; more
  /// than 65 octets are not read.
  public var receiptedMessageID: COctetString? {
    get { cOctetString(.receiptedMessageID) }
    set { setCOctetString(.receiptedMessageID, newValue) }
  }

  /// ms_msg_wait_facilities (5.3.2.13): message waiting indicator at the mobile.
  public var msMsgWaitFacilities: UInt8? {
    get { integer(.msMsgWaitFacilities) }
    set { setInteger(.msMsgWaitFacilities, newValue) }
  }

  /// privacy_indicator (5.3.2.14): level of privacy.
  public var privacyIndicator: UInt8? {
    get { integer(.privacyIndicator) }
    set { setInteger(.privacyIndicator, newValue) }
  }

  /// source_subaddress (5.3.2.15): subaddress of the originator.
  public var sourceSubaddress: [UInt8]? {
    get { self[.sourceSubaddress] }
    set { self[.sourceSubaddress] = newValue }
  }

  /// dest_subaddress (5.3.2.16): subaddress of the destination.
  public var destSubaddress: [UInt8]? {
    get { self[.destSubaddress] }
    set { self[.destSubaddress] = newValue }
  }

  /// user_message_reference (5.3.2.17): reference the ESME assigned to the message.
  public var userMessageReference: UInt16? {
    get { integer(.userMessageReference) }
    set { setInteger(.userMessageReference, newValue) }
  }

  /// user_response_code (5.3.2.18): user's answer code in an acknowledgement.
  public var userResponseCode: UInt8? {
    get { integer(.userResponseCode) }
    set { setInteger(.userResponseCode, newValue) }
  }

  /// source_port (5.3.2.20): application port of the source.
  public var sourcePort: UInt16? {
    get { integer(.sourcePort) }
    set { setInteger(.sourcePort, newValue) }
  }

  /// destination_port (5.3.2.21): application port of the destination.
  public var destinationPort: UInt16? {
    get { integer(.destinationPort) }
    set { setInteger(.destinationPort, newValue) }
  }

  /// sar_msg_ref_num (5.3.2.22): reference of a concatenated message.
  public var sarMsgRefNum: UInt16? {
    get { integer(.sarMsgRefNum) }
    set { setInteger(.sarMsgRefNum, newValue) }
  }

  /// language_indicator (5.3.2.19): language of the text.
  public var languageIndicator: UInt8? {
    get { integer(.languageIndicator) }
    set { setInteger(.languageIndicator, newValue) }
  }

  /// sar_total_segments (5.3.2.23): segments of the concatenated message.
  public var sarTotalSegments: UInt8? {
    get { integer(.sarTotalSegments) }
    set { setInteger(.sarTotalSegments, newValue) }
  }

  /// sar_segment_seqnum (5.3.2.24): which segment this is, from 1.
  public var sarSegmentSeqnum: UInt8? {
    get { integer(.sarSegmentSeqnum) }
    set { setInteger(.sarSegmentSeqnum, newValue) }
  }

  /// sc_interface_version (5.3.2.25): SMPP version the SMSC supports.
  public var scInterfaceVersion: UInt8? {
    get { integer(.scInterfaceVersion) }
    set { setInteger(.scInterfaceVersion, newValue) }
  }

  /// callback_num_pres_ind (5.3.2.37): presentation and screening of the callback number; may repeat. The first; `values(of:)` has all.
  public var callbackNumPresInd: UInt8? {
    get { integer(.callbackNumPresInd) }
    set { setInteger(.callbackNumPresInd, newValue) }
  }

  /// callback_num_atag (5.3.2.38): display text of the callback number; may repeat. The first; `values(of:)` has all.
  public var callbackNumAtag: [UInt8]? {
    get { self[.callbackNumAtag] }
    set { self[.callbackNumAtag] = newValue }
  }

  /// number_of_messages (5.3.2.39): messages waiting in a mailbox.
  public var numberOfMessages: UInt8? {
    get { integer(.numberOfMessages) }
    set { setInteger(.numberOfMessages, newValue) }
  }

  /// callback_num (5.3.2.36): callback number; may repeat. The first; `values(of:)` has all.
  public var callbackNum: [UInt8]? {
    get { self[.callbackNum] }
    set { self[.callbackNum] = newValue }
  }

  /// dpf_result (5.3.2.28): whether the delivery pending flag was set.
  public var dpfResult: UInt8? {
    get { integer(.dpfResult) }
    set { setInteger(.dpfResult, newValue) }
  }

  /// set_dpf (5.3.2.29): request to set the delivery pending flag.
  public var setDPF: UInt8? {
    get { integer(.setDPF) }
    set { setInteger(.setDPF, newValue) }
  }

  /// ms_availability_status (5.3.2.30): availability of the mobile.
  public var msAvailabilityStatus: UInt8? {
    get { integer(.msAvailabilityStatus) }
    set { setInteger(.msAvailabilityStatus, newValue) }
  }

  /// network_error_code (5.3.2.31): network type and the network's own error code.
  public var networkErrorCode: NetworkErrorCode? {
    get { self[.networkErrorCode].flatMap(NetworkErrorCode.init(octets:)) }
    set { self[.networkErrorCode] = newValue?.octets }
  }

  /// message_payload (5.3.2.32): the text, instead of short_message.
  public var messagePayload: [UInt8]? {
    get { self[.messagePayload] }
    set { self[.messagePayload] = newValue }
  }

  /// delivery_failure_reason (5.3.2.33): why a data_sm could not be delivered.
  public var deliveryFailureReason: UInt8? {
    get { integer(.deliveryFailureReason) }
    set { setInteger(.deliveryFailureReason, newValue) }
  }

  /// more_messages_to_send (5.3.2.34): further messages for the same destination follow.
  public var moreMessagesToSend: UInt8? {
    get { integer(.moreMessagesToSend) }
    set { setInteger(.moreMessagesToSend, newValue) }
  }

  /// message_state (5.3.2.35): state of the message a receipt is about.
  public var messageState: UInt8? {
    get { integer(.messageState) }
    set { setInteger(.messageState, newValue) }
  }

  /// ussd_service_op (5.3.2.44): USSD service operation.
  public var ussdServiceOp: UInt8? {
    get { integer(.ussdServiceOp) }
    set { setInteger(.ussdServiceOp, newValue) }
  }

  /// display_time (5.3.2.26): display time wanted at the mobile.
  public var displayTime: UInt8? {
    get { integer(.displayTime) }
    set { setInteger(.displayTime, newValue) }
  }

  /// sms_signal (5.3.2.40): alerting signal (TDMA).
  public var smsSignal: UInt16? {
    get { integer(.smsSignal) }
    set { setInteger(.smsSignal, newValue) }
  }

  /// ms_validity (5.3.2.27): validity of the message at the mobile.
  public var msValidity: UInt8? {
    get { integer(.msValidity) }
    set { setInteger(.msValidity, newValue) }
  }

  /// alert_on_message_delivery (5.3.2.41): alert the user when the message arrives; no value.
  public var alertOnMessageDelivery: Bool {
    get { contains(.alertOnMessageDelivery) }
    set { self[.alertOnMessageDelivery] = newValue ? [] : nil }
  }

  /// its_reply_type (5.3.2.42): how the user may answer (Korean CDMA).
  public var itsReplyType: UInt8? {
    get { integer(.itsReplyType) }
    set { setInteger(.itsReplyType, newValue) }
  }

  /// its_session_info (5.3.2.43): session of an interactive teleservice (Korean CDMA).
  public var itsSessionInfo: [UInt8]? {
    get { self[.itsSessionInfo] }
    set { self[.itsSessionInfo] = newValue }
  }
}

/// network_error_code (5.3.2.31): an error of the destination's network.
public struct NetworkErrorCode: Hashable, Sendable {
  /// 1 ANSI-136, 2 IS-95, 3 GSM, 4 reserved; carriers use others.
  public var networkType: UInt8
  /// The error code of that network.
  public var code: UInt16

  public init(networkType: UInt8, code: UInt16) {
    self.networkType = networkType
    self.code = code
  }

  /// nil unless the octets are three.
  public init?(octets: [UInt8]) {
    guard octets.count == 3 else { return nil }
    self.init(networkType: octets[0], code: UInt16(octets[1]) << 8 | UInt16(octets[2]))
  }

  public var octets: [UInt8] {
    [networkType, UInt8(truncatingIfNeeded: code >> 8), UInt8(truncatingIfNeeded: code)]
  }
}
