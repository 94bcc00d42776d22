/// command_id, 4 octets (5.1.2, table 5-1): what a PDU is. Bit 31 marks a response.
///
/// A value nobody knows survives as it came: the peer gets generic_nack with ESME_RINVCMDID and the session goes on.
public struct CommandID: RawRepresentable, Hashable, Sendable {
  public let rawValue: UInt32

  @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

  public static let genericNack = CommandID(rawValue: 0x8000_0000)
  public static let bindReceiver = CommandID(rawValue: 0x0000_0001)
  public static let bindReceiverResp = CommandID(rawValue: 0x8000_0001)
  public static let bindTransmitter = CommandID(rawValue: 0x0000_0002)
  public static let bindTransmitterResp = CommandID(rawValue: 0x8000_0002)
  public static let querySM = CommandID(rawValue: 0x0000_0003)
  public static let querySMResp = CommandID(rawValue: 0x8000_0003)
  public static let submitSM = CommandID(rawValue: 0x0000_0004)
  public static let submitSMResp = CommandID(rawValue: 0x8000_0004)
  public static let deliverSM = CommandID(rawValue: 0x0000_0005)
  public static let deliverSMResp = CommandID(rawValue: 0x8000_0005)
  public static let unbind = CommandID(rawValue: 0x0000_0006)
  public static let unbindResp = CommandID(rawValue: 0x8000_0006)
  public static let replaceSM = CommandID(rawValue: 0x0000_0007)
  public static let replaceSMResp = CommandID(rawValue: 0x8000_0007)
  public static let cancelSM = CommandID(rawValue: 0x0000_0008)
  public static let cancelSMResp = CommandID(rawValue: 0x8000_0008)
  public static let bindTransceiver = CommandID(rawValue: 0x0000_0009)
  public static let bindTransceiverResp = CommandID(rawValue: 0x8000_0009)
  public static let outbind = CommandID(rawValue: 0x0000_000B)
  public static let enquireLink = CommandID(rawValue: 0x0000_0015)
  public static let enquireLinkResp = CommandID(rawValue: 0x8000_0015)
  public static let submitMulti = CommandID(rawValue: 0x0000_0021)
  public static let submitMultiResp = CommandID(rawValue: 0x8000_0021)
  public static let alertNotification = CommandID(rawValue: 0x0000_0102)
  public static let dataSM = CommandID(rawValue: 0x0000_0103)
  public static let dataSMResp = CommandID(rawValue: 0x8000_0103)

  /// Whether bit 31 is set: a response, generic_nack included. A response is never itself answered.
  @inlinable public var isResponse: Bool { rawValue & 0x8000_0000 != 0 }

  /// The id of the response to this request. outbind and alert_notification have none; nor has a response.
  public var response: CommandID? {
    if isResponse || self == .outbind || self == .alertNotification { return nil }
    return CommandID(rawValue: rawValue | 0x8000_0000)
  }

  /// The id of the request this answers. generic_nack answers any.
  public var request: CommandID? {
    isResponse && self != .genericNack ? CommandID(rawValue: rawValue & 0x7FFF_FFFF) : nil
  }

  /// Every command_id of SMPP 3.4, with the name the specification gives it, in numeric order of the request.
  public static let all: [(id: CommandID, name: StaticString)] = [
    (.bindReceiver, "bind_receiver"), (.bindReceiverResp, "bind_receiver_resp"),
    (.bindTransmitter, "bind_transmitter"), (.bindTransmitterResp, "bind_transmitter_resp"),
    (.querySM, "query_sm"), (.querySMResp, "query_sm_resp"),
    (.submitSM, "submit_sm"), (.submitSMResp, "submit_sm_resp"),
    (.deliverSM, "deliver_sm"), (.deliverSMResp, "deliver_sm_resp"),
    (.unbind, "unbind"), (.unbindResp, "unbind_resp"),
    (.replaceSM, "replace_sm"), (.replaceSMResp, "replace_sm_resp"),
    (.cancelSM, "cancel_sm"), (.cancelSMResp, "cancel_sm_resp"),
    (.bindTransceiver, "bind_transceiver"), (.bindTransceiverResp, "bind_transceiver_resp"),
    (.outbind, "outbind"),
    (.enquireLink, "enquire_link"), (.enquireLinkResp, "enquire_link_resp"),
    (.submitMulti, "submit_multi"), (.submitMultiResp, "submit_multi_resp"),
    (.alertNotification, "alert_notification"),
    (.dataSM, "data_sm"), (.dataSMResp, "data_sm_resp"),
    (.genericNack, "generic_nack"),
  ]

  /// Whether SMPP 3.4 defines this id.
  public var isKnown: Bool { Self.all.contains { $0.id == self } }

  /// The specification's name (`submit_sm`), or the value in hexadecimal (`0x00000112`).
  public var name: String {
    Self.all.first { $0.id == self }.map { "\($0.name)" } ?? hexadecimal(rawValue, digits: 8)
  }
}

extension CommandID: CustomStringConvertible {
  public var description: String { name }
}
