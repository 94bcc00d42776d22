/// The three ways to bind (4.1): to send, to receive, or both over one session.
public enum BindType: UInt8, Hashable, Sendable, CaseIterable {
  case transmitter
  case receiver
  case transceiver

  public var commandID: CommandID {
    switch self {
    case .transmitter: .bindTransmitter
    case .receiver: .bindReceiver
    case .transceiver: .bindTransceiver
    }
  }

  public var responseID: CommandID {
    switch self {
    case .transmitter: .bindTransmitterResp
    case .receiver: .bindReceiverResp
    case .transceiver: .bindTransceiverResp
    }
  }
}

/// bind_transmitter, bind_receiver, bind_transceiver (4.1.1, 4.1.3, 4.1.5).
public struct Bind: Equatable, Sendable {
  /// system_id, C-octet string, max 16 (5.2.1): which ESME asks.
  public var systemID: COctetString
  /// password, C-octet string, max 9 (5.2.2).
  public var password: COctetString
  /// system_type, C-octet string, max 13 (5.2.3).
  public var systemType: COctetString
  /// interface_version, 1 octet (5.2.4).
  public var interfaceVersion: UInt8
  /// addr_ton, 1 octet (5.2.5).
  public var addrTON: UInt8
  /// addr_npi, 1 octet (5.2.6).
  public var addrNPI: UInt8
  /// address_range, C-octet string, max 41 (5.2.7): the addresses the ESME serves, as a UNIX regular expression.
  public var addressRange: COctetString

  public init(
    systemID: COctetString, password: COctetString = COctetString(),
    systemType: COctetString = COctetString(),
    interfaceVersion: UInt8 = InterfaceVersion.v34, addrTON: UInt8 = TypeOfNumber.unknown,
    addrNPI: UInt8 = NumberingPlan.unknown, addressRange: COctetString = COctetString()
  ) {
    self.systemID = systemID
    self.password = password
    self.systemType = systemType
    self.interfaceVersion = interfaceVersion
    self.addrTON = addrTON
    self.addrNPI = addrNPI
    self.addressRange = addressRange
  }

  /// address_range may lack its NUL or be missing: everything that identifies the peer came before it.
  init(from reader: inout Reader) throws(PDUError) {
    systemID = try reader.cString(.systemID, size: FieldSize.systemID)
    password = try reader.cString(.password, size: FieldSize.password)
    systemType = try reader.cString(.systemType, size: FieldSize.systemType)
    interfaceVersion = try reader.octet(.interfaceVersion)
    addrTON = try reader.octet(.addressRange)
    addrNPI = try reader.octet(.addressRange)
    addressRange = try reader.lastCString(.addressRange, size: FieldSize.addressRange)
  }

  var bodyLength: Int {
    systemID.wireLength + password.wireLength + systemType.wireLength + 3 + addressRange.wireLength
  }

  func write(to writer: inout Writer) {
    writer.cString(systemID)
    writer.cString(password)
    writer.cString(systemType)
    writer.octet(interfaceVersion)
    writer.octet(addrTON)
    writer.octet(addrNPI)
    writer.cString(addressRange)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(systemID, FieldSize.systemID, .systemID)
    try FieldSize.check(password, FieldSize.password, .password)
    try FieldSize.check(systemType, FieldSize.systemType, .systemType)
    try FieldSize.check(addressRange, FieldSize.addressRange, .addressRange)
  }
}

/// bind_*_resp (4.1.2, 4.1.4, 4.1.6).
public struct BindResp: Equatable, Sendable {
  /// system_id, C-octet string, max 16 (5.2.1): the SMSC's.
  public var systemID: COctetString
  /// sc_interface_version where the SMSC states it; many do not.
  public var tlvs: TLVs

  public init(systemID: COctetString, tlvs: TLVs = TLVs()) {
    self.systemID = systemID
    self.tlvs = tlvs
  }

  init(from reader: inout Reader) {
    systemID = reader.responseCString()
    tlvs = reader.responseTLVs()
  }

  var bodyLength: Int { systemID.wireLength + tlvs.encodedLength }

  func write(to writer: inout Writer) {
    writer.cString(systemID)
    writer.tlvs(tlvs)
  }

  func validate() throws(PDUError) { try FieldSize.check(systemID, FieldSize.systemID, .systemID) }
}

/// outbind (4.1.7): the SMSC asks the ESME to bind as a receiver. It has no response.
public struct Outbind: Equatable, Sendable {
  /// system_id, C-octet string, max 16 (5.2.1).
  public var systemID: COctetString
  /// password, C-octet string, max 9 (5.2.2).
  public var password: COctetString

  public init(systemID: COctetString, password: COctetString = COctetString()) {
    self.systemID = systemID
    self.password = password
  }

  init(from reader: inout Reader) throws(PDUError) {
    systemID = try reader.cString(.systemID, size: FieldSize.systemID)
    password = try reader.lastCString(.password, size: FieldSize.password)
  }

  var bodyLength: Int { systemID.wireLength + password.wireLength }

  func write(to writer: inout Writer) {
    writer.cString(systemID)
    writer.cString(password)
  }

  func validate() throws(PDUError) {
    try FieldSize.check(systemID, FieldSize.systemID, .systemID)
    try FieldSize.check(password, FieldSize.password, .password)
  }
}
