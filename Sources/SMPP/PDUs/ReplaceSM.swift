/// replace_sm (4.10.1): puts another text in the place of a message still waiting. It has no optional parameters.
public struct ReplaceSM: Equatable, Sendable {
  /// message_id, C-octet string, max 65 (5.2.23).
  public var messageID: COctetString
  /// source_addr_ton, source_addr_npi, source_addr of the message; no part of it can be changed.
  public var source: Address
  /// schedule_delivery_time, C-octet string, 1 or 17 (5.2.23.1); empty leaves it.
  public var scheduleDeliveryTime: COctetString
  /// validity_period, C-octet string, 1 or 17 (5.2.23.2); empty leaves it.
  public var validityPeriod: COctetString
  /// registered_delivery, 1 octet (5.2.17).
  public var registeredDelivery: UInt8
  /// sm_default_msg_id, 1 octet (5.2.20).
  public var smDefaultMsgID: UInt8
  /// short_message, sm_length octets, max 254 (5.2.21, 5.2.22).
  public var shortMessage: [UInt8]

  public init(
    messageID: COctetString, source: Address = Address(), scheduleDeliveryTime: COctetString = COctetString(),
    validityPeriod: COctetString = COctetString(), registeredDelivery: UInt8 = 0, smDefaultMsgID: UInt8 = 0,
    shortMessage: [UInt8] = []
  ) {
    self.messageID = messageID
    self.source = source
    self.scheduleDeliveryTime = scheduleDeliveryTime
    self.validityPeriod = validityPeriod
    self.registeredDelivery = registeredDelivery
    self.smDefaultMsgID = smDefaultMsgID
    self.shortMessage = shortMessage
  }

  /// Octets after the text are not of 3.4 and are passed over.
  init(from reader: inout Reader) throws(PDUError) {
    messageID = try reader.cString(.messageID, size: FieldSize.messageID)
    source = try reader.address(.sourceAddress)
    scheduleDeliveryTime = try reader.time(.scheduleDeliveryTime)
    validityPeriod = try reader.time(.validityPeriod)
    registeredDelivery = try reader.octet(.registeredDelivery)
    smDefaultMsgID = try reader.octet(.smDefaultMsgID)
    let smLength = Int(try reader.octet(.smLength))
    shortMessage = try reader.octets(smLength, .shortMessage)
  }

  /// What sm_length can count; `validate()` refuses longer texts.
  private var smLength: Int { min(shortMessage.count, 0xFF) }

  var bodyLength: Int {
    messageID.wireLength + source.wireLength + scheduleDeliveryTime.wireLength + validityPeriod.wireLength + 3
      + smLength
  }

  func write(to writer: inout Writer) {
    writer.cString(messageID)
    writer.address(source)
    writer.cString(scheduleDeliveryTime)
    writer.cString(validityPeriod)
    writer.octet(registeredDelivery)
    writer.octet(smDefaultMsgID)
    writer.octet(UInt8(truncatingIfNeeded: smLength))
    writer.octets(shortMessage, count: smLength)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(messageID, FieldSize.messageID, .messageID)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
    try FieldSize.checkTime(scheduleDeliveryTime, .scheduleDeliveryTime)
    try FieldSize.checkTime(validityPeriod, .validityPeriod)
    guard shortMessage.count <= FieldSize.shortMessage else {
      throw PDUError(.tooLong, .shortMessage, offset: 0)
    }
  }
}
