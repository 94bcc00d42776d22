/// submit_sm (4.4.1) and, the same fields in the same order, deliver_sm (4.6.1): one message.
public struct SubmitSM: Equatable, Sendable {
  /// service_type, C-octet string, max 6 (5.2.11).
  public var serviceType: COctetString
  /// source_addr_ton, source_addr_npi, source_addr (5.2.5, 5.2.6, 5.2.8).
  public var source: Address
  /// dest_addr_ton, dest_addr_npi, destination_addr (5.2.5, 5.2.6, 5.2.9).
  public var destination: Address
  /// schedule_delivery_time, C-octet string, 1 or 17 (5.2.23.1); NUL in deliver_sm.
  public var scheduleDeliveryTime: COctetString
  /// validity_period, C-octet string, 1 or 17 (5.2.23.2); NUL in deliver_sm.
  public var validityPeriod: COctetString
  /// esm_class, 1 octet (5.2.12); see `ESMClass`.
  public var esmClass: UInt8
  /// protocol_id, 1 octet (5.2.13).
  public var protocolID: UInt8
  /// priority_flag, 1 octet (5.2.14): 0 lowest ... 3.
  public var priorityFlag: UInt8
  /// registered_delivery, 1 octet (5.2.17); see `RegisteredDelivery`.
  public var registeredDelivery: UInt8
  /// replace_if_present_flag, 1 octet (5.2.18): 1 replaces a message still waiting.
  public var replaceIfPresentFlag: UInt8
  /// data_coding, 1 octet (5.2.19).
  public var dataCoding: UInt8
  /// sm_default_msg_id, 1 octet (5.2.20): a message predefined at the SMSC, 1...254.
  public var smDefaultMsgID: UInt8
  /// short_message, sm_length octets, max 254 (5.2.21, 5.2.22). Counted, so octets of zero are text as any other.
  public var shortMessage: [UInt8]
  public var tlvs: TLVs

  public init(
    serviceType: COctetString = "", source: Address = Address(), destination: Address = Address(),
    esmClass: UInt8 = 0, protocolID: UInt8 = 0, priorityFlag: UInt8 = 0,
    scheduleDeliveryTime: COctetString = "", validityPeriod: COctetString = "",
    registeredDelivery: UInt8 = 0, replaceIfPresentFlag: UInt8 = 0, dataCoding: UInt8 = 0,
    smDefaultMsgID: UInt8 = 0, shortMessage: [UInt8] = [], tlvs: TLVs = TLVs()
  ) {
    self.serviceType = serviceType
    self.source = source
    self.destination = destination
    self.scheduleDeliveryTime = scheduleDeliveryTime
    self.validityPeriod = validityPeriod
    self.esmClass = esmClass
    self.protocolID = protocolID
    self.priorityFlag = priorityFlag
    self.registeredDelivery = registeredDelivery
    self.replaceIfPresentFlag = replaceIfPresentFlag
    self.dataCoding = dataCoding
    self.smDefaultMsgID = smDefaultMsgID
    self.shortMessage = shortMessage
    self.tlvs = tlvs
  }

  /// The text wherever it travels: short_message or, where that is empty, message_payload. A user data header, where
  /// `ESMClass.udhIndicator` says so, is its beginning in either place.
  public var textOctets: [UInt8] { shortMessage.isEmpty ? tlvs.messagePayload ?? [] : shortMessage }

  /// Whether both short_message and message_payload hold text, which the specification forbids (5.3.2.32).
  public var hasTwoTexts: Bool { !shortMessage.isEmpty && !(tlvs.messagePayload ?? []).isEmpty }
}

/// deliver_sm (4.6.1): schedule_delivery_time, validity_period, replace_if_present_flag and sm_default_msg_id are unused.
public typealias DeliverSM = SubmitSM

extension SubmitSM {
  /// `toSMSC` holds the times to the form of 7.1.1; deliver_sm does not use them, so there whatever stands in them is kept.
  @inline(__always)
  init(from reader: inout Reader, toSMSC: Bool) throws(PDUError) {
    serviceType = try reader.cString(.serviceType, size: FieldSize.serviceType)
    source = try reader.address(.sourceAddress)
    destination = try reader.address(.destinationAddress)
    esmClass = try reader.octet(.esmClass)
    protocolID = try reader.octet(.protocolID)
    priorityFlag = try reader.octet(.priorityFlag)
    if toSMSC {
      scheduleDeliveryTime = try reader.time(.scheduleDeliveryTime)
      validityPeriod = try reader.time(.validityPeriod)
    } else {
      scheduleDeliveryTime = try reader.cString(.scheduleDeliveryTime, size: FieldSize.time)
      validityPeriod = try reader.cString(.validityPeriod, size: FieldSize.time)
    }
    registeredDelivery = try reader.octet(.registeredDelivery)
    replaceIfPresentFlag = try reader.octet(.replaceIfPresentFlag)
    dataCoding = try reader.octet(.dataCoding)
    smDefaultMsgID = try reader.octet(.smDefaultMsgID)
    let smLength = Int(try reader.octet(.smLength))
    shortMessage = try reader.octets(smLength, .shortMessage)
    tlvs = TLVs()
    if reader.remaining > 0 { try reader.readTail(after: &shortMessage, dataCoding, into: &tlvs) }
  }

  /// Octets after the header.
  @inline(__always)
  var bodyLength: Int {
    guard shortMessage.count <= 0xFF else { return withTextAsPayload.bodyLength }
    return serviceType.wireLength + source.wireLength + destination.wireLength + 3
      + scheduleDeliveryTime.wireLength + validityPeriod.wireLength + 5 + shortMessage.count
      + tlvs.encodedLength
  }

  @inline(__always)
  func write(to writer: inout Writer) {
    guard shortMessage.count <= 0xFF else { return withTextAsPayload.writeFields(to: &writer) }
    writeFields(to: &writer)
  }

  @inline(__always)
  private func writeFields(to writer: inout Writer) {
    writer.cString(serviceType)
    writer.address(source)
    writer.address(destination)
    writer.octet(esmClass)
    writer.octet(protocolID)
    writer.octet(priorityFlag)
    writer.cString(scheduleDeliveryTime)
    writer.cString(validityPeriod)
    writer.octet(registeredDelivery)
    writer.octet(replaceIfPresentFlag)
    writer.octet(dataCoding)
    writer.octet(smDefaultMsgID)
    writer.octet(UInt8(truncatingIfNeeded: shortMessage.count))
    writer.octets(shortMessage)
    writer.octets(tlvs.octets)
  }

  /// A text that sm_length cannot count, sent as message_payload (5.3.2.32) rather than cut.
  private var withTextAsPayload: SubmitSM {
    var message = self
    message.tlvs.messagePayload = shortMessage
    message.shortMessage = []
    return message
  }

  /// Appends the whole PDU as submit_sm, or as deliver_sm: the way of the hot path, without making a `PDU`.
  public func encode(as command: CommandID = .submitSM, sequence: UInt32, into buffer: inout [UInt8]) {
    let length = PDUHeader.length + bodyLength
    Writer.append(length, to: &buffer) { writer in
      writer.header(length: length, command, .ESME_ROK, sequence)
      write(to: &writer)
    }
  }

  func validate() throws(PDUError) {
    try FieldSize.check(serviceType, FieldSize.serviceType, .serviceType)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
    try FieldSize.check(destination.digits, FieldSize.address, .destinationAddress)
    try FieldSize.checkTime(scheduleDeliveryTime, .scheduleDeliveryTime)
    try FieldSize.checkTime(validityPeriod, .validityPeriod)
    guard shortMessage.count <= FieldSize.shortMessage else {
      throw PDUError(.tooLong, .shortMessage, offset: 0)
    }
    if hasTwoTexts { throw PDUError(.wrongValue, .optionalParameter, offset: 0, tag: .messagePayload) }
  }
}
