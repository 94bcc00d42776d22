/// query_sm (4.8.1): asks where a message submitted before stands.
public struct QuerySM: Equatable, Sendable {
  /// message_id, C-octet string, max 65 (5.2.23).
  public var messageID: COctetString
  /// source_addr_ton, source_addr_npi, source_addr of the message, or NUL if that was defaulted.
  public var source: Address

  public init(messageID: COctetString, source: Address = Address()) {
    self.messageID = messageID
    self.source = source
  }

  init(from reader: inout Reader) throws(PDUError) {
    messageID = try reader.cString(.messageID, size: FieldSize.messageID)
    source = try reader.lastAddress(.sourceAddress, size: FieldSize.address)
  }

  var bodyLength: Int { messageID.wireLength + source.wireLength }

  func write(to writer: inout Writer) {
    writer.cString(messageID)
    writer.address(source)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(messageID, FieldSize.messageID, .messageID)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
  }
}

/// query_sm_resp (4.8.2).
public struct QuerySMResp: Equatable, Sendable {
  /// message_id, C-octet string, max 65 (5.2.23).
  public var messageID: COctetString
  /// final_date, C-octet string, 1 or 17 (7.1.1): when the message came to its final state; empty before.
  public var finalDate: COctetString
  /// message_state, 1 octet (5.2.28).
  public var messageState: MessageState
  /// error_code, 1 octet: the network's, if delivery failed.
  public var errorCode: UInt8

  public init(
    messageID: COctetString, finalDate: COctetString = COctetString(), messageState: MessageState,
    errorCode: UInt8 = 0
  ) {
    self.messageID = messageID
    self.finalDate = finalDate
    self.messageState = messageState
    self.errorCode = errorCode
  }

  /// error_code may be missing. A body cut before message_state says nothing and is an error.
  init(from reader: inout Reader) throws(PDUError) {
    messageID = reader.responseCString()
    finalDate = reader.responseCString()
    messageState = MessageState(rawValue: try reader.octet(.messageState))
    errorCode = reader.remaining > 0 ? try reader.octet(.errorCode) : 0
  }

  var bodyLength: Int { messageID.wireLength + finalDate.wireLength + 2 }

  func write(to writer: inout Writer) {
    writer.cString(messageID)
    writer.cString(finalDate)
    writer.octet(messageState.rawValue)
    writer.octet(errorCode)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(messageID, FieldSize.messageID, .messageID)
    try FieldSize.checkTime(finalDate, .finalDate)
  }
}
