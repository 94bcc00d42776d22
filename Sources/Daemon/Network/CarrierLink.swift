import Gateway
import NetIO
import SMPP
import SMPPSession

/// One of a carrier's sessions: its machine, its connection and what is on its way.
///
/// Belongs to the network thread.
final class CarrierLink {
  /// From idle on: resolving → connecting → open → (closed) idle again.
  enum Phase: Equatable {
    /// Waits until the time for the next attempt.
    case idle(until: Duration)
    /// Its host's addresses are being looked up.
    case resolving
    /// The TCP connection is under way.
    case connecting(EventLoop.Token)
    /// Connected; the machine knows whether it is bound.
    case open(EventLoop.Token)
    /// For good: the gateway ends.
    case ended

    var token: EventLoop.Token? {
      switch self {
      case .connecting(let token), .open(let token): token
      case .idle, .resolving, .ended: nil
      }
    }
  }

  /// A submit whose octets are appended and may not all be with the kernel.
  struct Mark {
    var segment: ClaimedSegment
    var start: UInt64
    var end: UInt64
  }

  /// Its place among all links.
  let index: Int
  /// Its carrier's place in the configuration.
  let carrier: Int
  /// Which of the carrier's sessions it is.
  let ordinal: Int
  let bind: BindType
  var phase = Phase.idle(until: .zero)
  var session: SMPPSession
  var connection: Connection?
  var input = InputBuffer(limit: Framing.maximumLength + 4096)
  var output = OutputBuffer()
  /// Submits that the last flush left, whole or in part.
  var marks: [Mark] = []
  /// What the event loop watches for.
  var watchesWritable = false
  var isDirty = false
  /// The addresses of the host that are not tried yet.
  var addresses: [SocketAddress] = []
  var backoff = ReconnectBackoff()
  var connectDeadline: Duration?
  /// A number of its own for each connection, by which the rules know whose PDU it was.
  var serial = 0
  var boundSince: Duration?
  var refusal: CommandStatus?
  /// Set while a frame is worked on: the connection is closed after it.
  var closing: String?
  var isOrderly = false
  /// Our half is to be shut when everything is written.
  var finishes = false

  init(index: Int, carrier: Int, ordinal: Int, bind: BindType, session: SMPPSession) {
    self.index = index
    self.carrier = carrier
    self.ordinal = ordinal
    self.bind = bind
    self.session = session
  }

  /// It may carry submits.
  var sends: Bool { bind != .receiver }

  var isBound: Bool { boundSince != nil }

  /// Window slots that are free for submits.
  var freeSlots: Int { sends && isBound ? session.freeWindow : 0 }
}

extension Optional where Wrapped == Connection {
  borrowing func fill(_ input: inout InputBuffer) -> IOResult {
    switch self {
    case .some(let connection): input.fill(from: connection)
    case .none: .closed
    }
  }

  borrowing func flush(_ output: inout OutputBuffer) -> OutputBuffer.Flushed {
    switch self {
    case .some(let connection): output.flush(to: connection)
    case .none: .closed
    }
  }

  borrowing func connectError() -> Errno? {
    switch self {
    case .some(let connection): connection.connectError()
    case .none: .connectionReset
    }
  }

  borrowing func shutdownWriting() {
    switch self {
    case .some(let connection): connection.shutdownWriting()
    case .none: break
    }
  }
}
