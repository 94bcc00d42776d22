/// The ports of an application that a message is for: of a header (3GPP TS 23.040, 9.2.3.24.3 and 4), else of `destination_port` and
/// `source_port` (SMPP 3.4, 5.3.2.20 and 21).
public struct ApplicationPorts: Hashable, Sendable {
  public var destination: UInt16
  public var source: UInt16?

  public init(destination: UInt16, source: UInt16?) {
    self.destination = destination
    self.source = source
  }

  /// nil: the message is for no application.
  public init?(_ header: UserDataHeader?, _ tlvs: TLVs) {
    for element in (header?.elements ?? []).reversed() {
      let data = element.data
      switch (element.identifier, data.count) {
      case (UserDataHeader.ports8, 2): self.init(destination: UInt16(data[0]), source: UInt16(data[1]))
      case (UserDataHeader.ports16, 4):
        self.init(
          destination: UInt16(data[0]) << 8 | UInt16(data[1]), source: UInt16(data[2]) << 8 | UInt16(data[3]))
      default: continue
      }
      return
    }
    guard !tlvs.isEmpty, let destination = tlvs.destinationPort else { return nil }
    self.init(destination: destination, source: tlvs.sourcePort)
  }
}

extension UserDataHeader {
  /// Application ports of 8 bits (3GPP TS 23.040, 9.2.3.24.3).
  public static let ports8: UInt8 = 0x04
  /// Application ports of 16 bits (3GPP TS 23.040, 9.2.3.24.4).
  public static let ports16: UInt8 = 0x05
}
