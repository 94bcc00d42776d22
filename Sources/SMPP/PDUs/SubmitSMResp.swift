/// submit_sm_resp (4.4.2), and of the same shape deliver_sm_resp (4.6.2) and data_sm_resp (4.7.2).
public struct SubmitSMResp: Equatable, Sendable {
  /// message_id, C-octet string, max 65 (5.2.23): opaque, kept as it came; empty in deliver_sm_resp.
  public var messageID: COctetString
  /// data_sm_resp's delivery_failure_reason, network_error_code and kin; none in 3.4's other two, yet some send them.
  public var tlvs: TLVs

  public init(messageID: COctetString = COctetString(), tlvs: TLVs = TLVs()) {
    self.messageID = messageID
    self.tlvs = tlvs
  }

  @inline(__always)
  init(from reader: inout Reader) {
    messageID = reader.responseCString()
    tlvs = reader.remaining == 0 ? TLVs() : reader.responseTLVs()
  }

  @inline(__always)
  var bodyLength: Int { messageID.wireLength + tlvs.encodedLength }

  @inline(__always)
  func write(to writer: inout Writer) {
    writer.cString(messageID)
    writer.tlvs(tlvs)
  }

  func validate() throws(PDUError) { try FieldSize.check(messageID, FieldSize.messageID, .messageID) }

  /// Appends the whole PDU, without making a `PDU`. A refusal is a header alone: `PDUHeader.encode(into:)`.
  public func encode(
    as command: CommandID = .submitSMResp, status: CommandStatus = .ESME_ROK, sequence: UInt32,
    into buffer: inout [UInt8]
  ) {
    let length = PDUHeader.length + bodyLength
    Writer.append(length, to: &buffer) { writer in
      writer.header(length: length, command, status, sequence)
      write(to: &writer)
    }
  }
}

/// deliver_sm_resp (4.6.2): message_id is unused and empty.
public typealias DeliverSMResp = SubmitSMResp

/// data_sm_resp (4.7.2).
public typealias DataSMResp = SubmitSMResp
