/// submit_multi (4.5.1): one message to up to 254 destinations.
public struct SubmitMulti: Equatable, Sendable {
  /// dest_address (4.5.1.1): one of the destinations.
  public enum Destination: Hashable, Sendable {
    /// dest_flag 1: dest_addr_ton, dest_addr_npi, destination_addr.
    case sme(Address)
    /// dest_flag 2: dl_name, C-octet string, max 21: a list kept at the SMSC.
    case distributionList(COctetString)
  }

  /// service_type, C-octet string, max 6 (5.2.11).
  public var serviceType: COctetString
  /// source_addr_ton, source_addr_npi, source_addr (5.2.5, 5.2.6, 5.2.8).
  public var source: Address
  /// number_of_dests and dest_address(es), 1...254 (5.2.24).
  public var destinations: [Destination]
  /// schedule_delivery_time, C-octet string, 1 or 17 (5.2.23.1).
  public var scheduleDeliveryTime: COctetString
  /// validity_period, C-octet string, 1 or 17 (5.2.23.2).
  public var validityPeriod: COctetString
  /// esm_class, 1 octet (5.2.12).
  public var esmClass: UInt8
  /// protocol_id, 1 octet (5.2.13).
  public var protocolID: UInt8
  /// priority_flag, 1 octet (5.2.14).
  public var priorityFlag: UInt8
  /// registered_delivery, 1 octet (5.2.17).
  public var registeredDelivery: UInt8
  /// replace_if_present_flag, 1 octet (5.2.18): reserved here.
  public var replaceIfPresentFlag: UInt8
  /// data_coding, 1 octet (5.2.19).
  public var dataCoding: UInt8
  /// sm_default_msg_id, 1 octet (5.2.20).
  public var smDefaultMsgID: UInt8
  /// short_message, sm_length octets, max 254 (5.2.21, 5.2.22).
  public var shortMessage: [UInt8]
  public var tlvs: TLVs

  public init(
    serviceType: COctetString = COctetString(), source: Address = Address(), destinations: [Destination],
    esmClass: UInt8 = 0, protocolID: UInt8 = 0, priorityFlag: UInt8 = 0,
    scheduleDeliveryTime: COctetString = COctetString(), validityPeriod: COctetString = COctetString(),
    registeredDelivery: UInt8 = 0, replaceIfPresentFlag: UInt8 = 0, dataCoding: UInt8 = 0,
    smDefaultMsgID: UInt8 = 0, shortMessage: [UInt8] = [], tlvs: TLVs = TLVs()
  ) {
    self.serviceType = serviceType
    self.source = source
    self.destinations = destinations
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

  /// The text wherever it travels: short_message or, where that is empty, message_payload.
  public var textOctets: [UInt8] { shortMessage.isEmpty ? tlvs.messagePayload ?? [] : shortMessage }
}

extension SubmitMulti {
  init(from reader: inout Reader) throws(PDUError) {
    serviceType = try reader.cString(.serviceType, size: FieldSize.serviceType)
    source = try reader.address(.sourceAddress)
    let at = reader.offset
    let number = Int(try reader.octet(.numberOfDests))
    guard (1...FieldSize.destinations).contains(number) else {
      throw PDUError(.wrongValue, .numberOfDests, offset: at)
    }
    destinations = []
    // A destination has at least 2 octets: what the PDU cannot hold is not reserved.
    destinations.reserveCapacity(min(number, reader.remaining / 2))
    for _ in 0..<number { destinations.append(try Destination(from: &reader)) }
    esmClass = try reader.octet(.esmClass)
    protocolID = try reader.octet(.protocolID)
    priorityFlag = try reader.octet(.priorityFlag)
    scheduleDeliveryTime = try reader.time(.scheduleDeliveryTime)
    validityPeriod = try reader.time(.validityPeriod)
    registeredDelivery = try reader.octet(.registeredDelivery)
    replaceIfPresentFlag = try reader.octet(.replaceIfPresentFlag)
    dataCoding = try reader.octet(.dataCoding)
    smDefaultMsgID = try reader.octet(.smDefaultMsgID)
    let smLength = Int(try reader.octet(.smLength))
    shortMessage = try reader.octets(smLength, .shortMessage)
    let tail = try reader.tail(afterText: smLength, dataCoding: dataCoding)
    if tail.strayIsText, smLength < 0xFF { shortMessage.append(reader.rest[0]) }
    reader.skip(tail.strays)
    tlvs = try reader.requestTLVs()
  }

  /// What number_of_dests can count; `validate()` refuses more.
  private var sent: ArraySlice<Destination> { destinations.prefix(0xFF) }

  var bodyLength: Int {
    guard shortMessage.count <= 0xFF else { return withTextAsPayload.bodyLength }
    return serviceType.wireLength + source.wireLength + 1 + sent.reduce(0) { $0 + $1.wireLength } + 3
      + scheduleDeliveryTime.wireLength + validityPeriod.wireLength + 5 + shortMessage.count
      + tlvs.encodedLength
  }

  func write(to writer: inout Writer) {
    guard shortMessage.count <= 0xFF else { return withTextAsPayload.write(to: &writer) }
    writer.cString(serviceType)
    writer.address(source)
    writer.octet(UInt8(truncatingIfNeeded: sent.count))
    for destination in sent { destination.write(to: &writer) }
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
    writer.tlvs(tlvs)
  }

  /// A text that sm_length cannot count, sent as message_payload (5.3.2.32) rather than cut.
  private var withTextAsPayload: SubmitMulti {
    var message = self
    message.tlvs.messagePayload = shortMessage
    message.shortMessage = []
    return message
  }

  func validate() throws(PDUError) {
    try FieldSize.check(serviceType, FieldSize.serviceType, .serviceType)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
    guard (1...FieldSize.destinations).contains(destinations.count) else {
      throw PDUError(.wrongValue, .numberOfDests, offset: 0)
    }
    for destination in destinations {
      switch destination {
      case .sme(let address): try FieldSize.check(address.digits, FieldSize.address, .destinationAddress)
      case .distributionList(let name): try FieldSize.check(name, FieldSize.dlName, .dlName)
      }
    }
    try FieldSize.checkTime(scheduleDeliveryTime, .scheduleDeliveryTime)
    try FieldSize.checkTime(validityPeriod, .validityPeriod)
    guard shortMessage.count <= FieldSize.shortMessage else {
      throw PDUError(.tooLong, .shortMessage, offset: 0)
    }
  }
}

extension SubmitMulti.Destination {
  /// dest_flag, 1 octet (5.2.25).
  private static let smeFlag: UInt8 = 1
  private static let distributionListFlag: UInt8 = 2

  init(from reader: inout Reader) throws(PDUError) {
    let at = reader.offset
    switch try reader.octet(.destFlag) {
    case Self.smeFlag: self = .sme(try reader.address(.destinationAddress))
    case Self.distributionListFlag:
      self = .distributionList(try reader.cString(.dlName, size: FieldSize.dlName))
    default: throw PDUError(.wrongValue, .destFlag, offset: at)
    }
  }

  var wireLength: Int {
    switch self {
    case .sme(let address): 1 + address.wireLength
    case .distributionList(let name): 1 + name.wireLength
    }
  }

  func write(to writer: inout Writer) {
    switch self {
    case .sme(let address):
      writer.octet(Self.smeFlag)
      writer.address(address)
    case .distributionList(let name):
      writer.octet(Self.distributionListFlag)
      writer.cString(name)
    }
  }
}

/// submit_multi_resp (4.5.2).
public struct SubmitMultiResp: Equatable, Sendable {
  /// unsuccess_sme (4.5.2.1): a destination that was refused.
  public struct UnsuccessSME: Hashable, Sendable {
    /// dest_addr_ton, dest_addr_npi, destination_addr.
    public var address: Address
    /// error_status_code, 4 octets: why.
    public var status: CommandStatus

    public init(address: Address, status: CommandStatus) {
      self.address = address
      self.status = status
    }
  }

  /// message_id, C-octet string, max 65 (5.2.23).
  public var messageID: COctetString
  /// no_unsuccess and unsuccess_sme(s), 0...254 (5.2.26).
  public var unsuccessful: [UnsuccessSME]

  public init(messageID: COctetString, unsuccessful: [UnsuccessSME] = []) {
    self.messageID = messageID
    self.unsuccessful = unsuccessful
  }

  /// no_unsuccess may be missing: then none was refused.
  init(from reader: inout Reader) throws(PDUError) {
    messageID = reader.responseCString()
    unsuccessful = []
    guard reader.remaining > 0 else { return }
    let number = Int(try reader.octet(.noUnsuccess))
    // An entry has at least 7 octets: what the PDU cannot hold is not reserved.
    unsuccessful.reserveCapacity(min(number, reader.remaining / 7))
    for _ in 0..<number {
      let address = try reader.address(.destinationAddress)
      let status = CommandStatus(rawValue: try reader.word(.errorStatusCode))
      unsuccessful.append(UnsuccessSME(address: address, status: status))
    }
  }

  /// What no_unsuccess can count; `validate()` refuses more.
  private var sent: ArraySlice<UnsuccessSME> { unsuccessful.prefix(0xFF) }

  var bodyLength: Int { messageID.wireLength + 1 + sent.reduce(0) { $0 + $1.address.wireLength + 4 } }

  func write(to writer: inout Writer) {
    writer.cString(messageID)
    writer.octet(UInt8(truncatingIfNeeded: sent.count))
    for entry in sent {
      writer.address(entry.address)
      writer.word(entry.status.rawValue)
    }
  }

  func validate() throws(PDUError) {
    try FieldSize.check(messageID, FieldSize.messageID, .messageID)
    guard unsuccessful.count <= FieldSize.destinations else {
      throw PDUError(.wrongValue, .noUnsuccess, offset: 0)
    }
    for entry in unsuccessful {
      try FieldSize.check(entry.address.digits, FieldSize.address, .destinationAddress)
    }
  }
}
