/// cancel_sm (4.9.1): takes back one message by its id, or with an empty id all of a source and destination.
public struct CancelSM: Equatable, Sendable {
  /// service_type, C-octet string, max 6 (5.2.11).
  public var serviceType: COctetString
  /// message_id, C-octet string, max 65 (5.2.23); empty for a group of messages.
  public var messageID: COctetString
  /// source_addr_ton, source_addr_npi, source_addr of the message.
  public var source: Address
  /// dest_addr_ton, dest_addr_npi, destination_addr; may be empty where message_id is given.
  public var destination: Address

  public init(
    serviceType: COctetString = COctetString(), messageID: COctetString = COctetString(),
    source: Address = Address(),
    destination: Address = Address()
  ) {
    self.serviceType = serviceType
    self.messageID = messageID
    self.source = source
    self.destination = destination
  }

  init(from reader: inout Reader) throws(PDUError) {
    serviceType = try reader.cString(.serviceType, size: FieldSize.serviceType)
    messageID = try reader.cString(.messageID, size: FieldSize.messageID)
    source = try reader.address(.sourceAddress)
    destination = try reader.lastAddress(.destinationAddress, size: FieldSize.address)
  }

  var bodyLength: Int {
    serviceType.wireLength + messageID.wireLength + source.wireLength + destination.wireLength
  }

  func write(to writer: inout Writer) {
    writer.cString(serviceType)
    writer.cString(messageID)
    writer.address(source)
    writer.address(destination)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(serviceType, FieldSize.serviceType, .serviceType)
    try FieldSize.check(messageID, FieldSize.messageID, .messageID)
    try FieldSize.check(source.digits, FieldSize.address, .sourceAddress)
    try FieldSize.check(destination.digits, FieldSize.address, .destinationAddress)
  }
}
