import NetIO

/// One connection of an ESME: the octets on their way, and the link of the SMSC they are for.
final class Link {
  let smsc: SMSC.Link
  let token: EventLoop.Token
  var connection: Connection?
  var input = InputBuffer(limit: Link.inputLimit)
  var output = OutputBuffer()
  /// PDUs written, for `Faults.Cut`.
  var pdusWritten = 0
  var isCutting = false
  /// The handshake of TLS is under way.
  var isSecuring = false
  /// Shut our half once the output is empty.
  var finishesWriting = false
  /// Close once the output is empty, or cannot be written.
  var closesAfterOutput = false
  var load = LoadState()

  /// Octets read and not decoded: several of the longest PDU.
  static let inputLimit = 256 << 10
  /// Deliveries wait in their queue while so many octets wait here.
  static let outputHighWater = 256 << 10
  /// An ESME that submits and does not read its answers is not read either beyond this.
  static let outputLimit = 4 << 20

  init(_ smsc: SMSC.Link, token: EventLoop.Token, connection: consuming Connection) {
    self.smsc = smsc
    self.token = token
    self.connection = consume connection
  }

  var number: Int { smsc.number }

  /// Tells the SMSC whether deliveries have room here.
  func measureRoom() {
    smsc.isBlocked =
      output.count >= Link.outputHighWater || closesAfterOutput || finishesWriting || isCutting
  }
}
