/// alert_notification (4.12.1): the SMSC tells that a subscriber with a pending delivery is available. No response.
public struct AlertNotification: Equatable, Sendable {
  /// source_addr_ton, source_addr_npi, source_addr; here max 65: the subscriber.
  public var source: Address
  /// esme_addr_ton, esme_addr_npi, esme_addr (5.2.10); max 65: who asked to be told.
  public var esme: Address
  /// ms_availability_status, where it is given.
  public var tlvs: TLVs

  public init(source: Address, esme: Address, tlvs: TLVs = TLVs()) {
    self.source = source
    self.esme = esme
    self.tlvs = tlvs
  }

  init(from reader: inout Reader) throws(PDUError) {
    source = try reader.address(.sourceAddress, size: FieldSize.longAddress)
    esme = try reader.lastAddress(.esmeAddress, size: FieldSize.longAddress)
    tlvs = try reader.requestTLVs()
  }

  var bodyLength: Int { source.wireLength + esme.wireLength + tlvs.encodedLength }

  func write(to writer: inout Writer) {
    writer.address(source)
    writer.address(esme)
    writer.tlvs(tlvs)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(source.digits, FieldSize.longAddress, .sourceAddress)
    try FieldSize.check(esme.digits, FieldSize.longAddress, .esmeAddress)
  }
}
