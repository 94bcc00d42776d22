public import SMPP

extension SMPPSession {
  /// What stood at the front of the octets.
  public enum Front: Equatable, Sendable {
    /// No whole PDU yet: nothing is taken.
    case needMore
    /// A PDU of so many octets.
    case pdu(octets: Int)
    /// A PDU of so many octets with a content that cannot be read: it is answered with this status, unless it is a response.
    case refused(octets: Int, CommandStatus, PDUError)
    /// command_length made no sense: nothing can be taken any more, and the session closes.
    case framingLost(commandLength: UInt32)
  }

  /// The one way from octets to actions: cuts the first PDU off, reads it and gives it to the session. The caller keeps the
  /// octets, drops those that were taken, and comes again until more are needed or the session closes.
  ///
  /// Nothing is allocated but what the PDU holds, and never more than ``Framing/maximumLength`` octets are awaited.
  public mutating func received(
    _ octets: UnsafeRawBufferPointer, options: DecodeOptions = [], at now: Duration,
    into actions: inout [Action]
  ) -> Front {
    switch Framing.next(octets) {
    case .needMore: return .needMore
    case .frame(let length):
      switch PDU.decode(UnsafeRawBufferPointer(rebasing: octets[..<length]), options: options) {
      case .pdu(let pdu):
        received(pdu, at: now, into: &actions)
        return .pdu(octets: length)
      case .refused(let header, let status, let error):
        refused(header, status, at: now, into: &actions)
        return .refused(octets: length, status, error)
      }
    case .lost(let commandLength, let header):
      framingLost(header, at: now, into: &actions)
      return .framingLost(commandLength: commandLength)
    }
  }
}
