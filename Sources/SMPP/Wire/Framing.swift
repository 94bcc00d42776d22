/// Cuts a byte stream into PDUs by command_length alone, whatever the segments it came in (3.2).
///
/// The caller keeps the octets; nothing is allocated here, and no more is ever awaited than `limit`.
public enum Framing {
  /// Octets of the longest PDU taken: 64 KiB of message_payload with its tag and length, the mandatory part, and
  /// room for other TLVs. What announces more is not SMPP, or is hostile.
  public static let maximumLength = 70_000

  /// What the octets at the front of the stream are.
  public enum Step: Hashable, Sendable {
    /// No whole PDU yet.
    case needMore
    /// The first so many octets are one PDU.
    case frame(Int)
    /// command_length is under 16 or over the limit: where the next PDU begins is unknown. The session answers
    /// generic_nack with ESME_RINVCMDLEN and closes. The header is there if its 16 octets are.
    case lost(commandLength: UInt32, header: PDUHeader?)
  }

  /// Looks at the octets not yet consumed, the oldest first.
  @inlinable
  public static func next(_ octets: UnsafeRawBufferPointer, limit: Int = maximumLength) -> Step {
    guard octets.count >= 4 else { return .needMore }
    let commandLength = UInt32(bigEndian: octets.loadUnaligned(fromByteOffset: 0, as: UInt32.self))
    guard commandLength >= UInt32(PDUHeader.length), commandLength <= UInt32(clamping: limit) else {
      return .lost(commandLength: commandLength, header: PDUHeader(peeking: octets))
    }
    let length = Int(commandLength)
    return octets.count >= length ? .frame(length) : .needMore
  }
}
