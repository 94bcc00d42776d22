/// data_sm (4.7.1): a message either way whose text is message_payload.
public struct DataSM: Equatable, Sendable {
  /// service_type, C-octet string, max 6 (5.2.11).
  public var serviceType: COctetString
  /// source_addr_ton, source_addr_npi, source_addr; here max 65 (5.2.8).
  public var source: Address
  /// dest_addr_ton, dest_addr_npi, destination_addr; here max 65 (5.2.9).
  public var destination: Address
  /// esm_class, 1 octet (5.2.12); see `ESMClass`.
  public var esmClass: UInt8
  /// registered_delivery, 1 octet (5.2.17); see `RegisteredDelivery`.
  public var registeredDelivery: UInt8
  /// data_coding, 1 octet (5.2.19).
  public var dataCoding: UInt8
  public var tlvs: TLVs

  public init(
    serviceType: COctetString = COctetString(), source: Address = Address(), destination: Address = Address(),
    esmClass: UInt8 = 0, registeredDelivery: UInt8 = 0, dataCoding: UInt8 = 0, tlvs: TLVs = TLVs()
  ) {
    self.serviceType = serviceType
    self.source = source
    self.destination = destination
    self.esmClass = esmClass
    self.registeredDelivery = registeredDelivery
    self.dataCoding = dataCoding
    self.tlvs = tlvs
  }

  /// message_payload; empty where it is missing.
  public var textOctets: [UInt8] { tlvs.messagePayload ?? [] }

  init(from reader: inout Reader) throws(PDUError) {
    serviceType = try reader.cString(.serviceType, size: FieldSize.serviceType)
    source = try reader.address(.sourceAddress, size: FieldSize.longAddress)
    destination = try reader.address(.destinationAddress, size: FieldSize.longAddress)
    esmClass = try reader.octet(.esmClass)
    registeredDelivery = try reader.octet(.registeredDelivery)
    dataCoding = try reader.octet(.dataCoding)
    tlvs = try reader.requestTLVs()
  }

  var bodyLength: Int {
    serviceType.wireLength + source.wireLength + destination.wireLength + 3 + tlvs.encodedLength
  }

  func write(to writer: inout Writer) {
    writer.cString(serviceType)
    writer.address(source)
    writer.address(destination)
    writer.octet(esmClass)
    writer.octet(registeredDelivery)
    writer.octet(dataCoding)
    writer.tlvs(tlvs)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(serviceType, FieldSize.serviceType, .serviceType)
    try FieldSize.check(source.digits, FieldSize.longAddress, .sourceAddress)
    try FieldSize.check(destination.digits, FieldSize.longAddress, .destinationAddress)
  }
}
