/// The 16 octets every PDU begins with (3.2, table 3-3).
public struct PDUHeader: Hashable, Sendable {
  /// Octets of a header.
  public static let length = 16

  /// command_length, 4 octets (5.1.1): octets of the whole PDU, itself included.
  public var commandLength: UInt32
  public var commandID: CommandID
  public var status: CommandStatus
  /// sequence_number, 4 octets (5.1.4). Whatever the peer sent is echoed, 0 and values over 0x7FFFFFFF included.
  public var sequence: UInt32

  @inlinable
  public init(commandLength: UInt32, commandID: CommandID, status: CommandStatus, sequence: UInt32) {
    self.commandLength = commandLength
    self.commandID = commandID
    self.status = status
    self.sequence = sequence
  }

  /// The header at the start of the octets, nothing checked; nil while fewer than 16 are there.
  @inlinable
  public init?(peeking octets: UnsafeRawBufferPointer) {
    guard octets.count >= Self.length else { return nil }
    self.init(
      commandLength: UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
      commandID: CommandID(
        rawValue: UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 4, as: UInt32.self))),
      status: CommandStatus(
        rawValue: UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 8, as: UInt32.self))),
      sequence: UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 12, as: UInt32.self)))
  }

  /// Appends the 16 octets: all there is to unbind, enquire_link, their responses, generic_nack, and every response
  /// that refuses.
  public func encode(into buffer: inout [UInt8]) {
    Writer.append(Self.length, to: &buffer) { writer in
      writer.header(length: Int(commandLength), commandID, status, sequence)
    }
  }
}
