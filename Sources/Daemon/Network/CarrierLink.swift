import Configuration
import Gateway
import NetIO
import SMPP
import SMPPSession

/// One session with a carrier: its machine, its connection and what is on its way.
///
/// Of a carrier we connect to, a link lives as long as the loop and connects again and again; of one that connects to us, it is
/// one connection. Belongs to the network thread.
final class CarrierLink {
  /// From idle on: resolving → connecting → open → (closed) idle again; an accepted connection begins with open.
  enum Phase: Equatable {
    /// Waits until the time for the next attempt.
    case idle(until: Duration)
    /// Its host's addresses are being looked up.
    case resolving
    /// The TCP connection is under way.
    case connecting(EventLoop.Token)
    /// Connected; the handshake of TLS is under way.
    case securing(EventLoop.Token)
    /// Connected; the machine knows whether it is bound.
    case open(EventLoop.Token)
    /// For good: the gateway ends, or the accepted connection is over.
    case ended

    var token: EventLoop.Token? {
      switch self {
      case .connecting(let token), .securing(let token), .open(let token): token
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

  /// Who connected.
  enum Origin {
    /// We do, to the hosts of the configuration.
    case ours
    /// The carrier connected to us, at the listener of this index.
    case theirs(listener: Int, from: SocketAddress)
  }

  /// The answer to a bind, or to an outbind, that is given later, so that guessing is slow.
  struct LateAnswer {
    enum Answer {
      case accepted(BindType, account: Int)
      case refused(CommandStatus)
      /// To an outbind: we bind.
      case outbind(account: Int, Configuration.OutbindIdentity)
      /// To an outbind, which has no other refusal.
      case close
    }

    var at: Duration
    var answer: Answer
  }

  /// Its place among the links we connect; -1 for an accepted connection.
  let index: Int
  let origin: Origin
  /// Its carrier's place in the configuration; nil while an accepted connection has no bind.
  var carrier: Int?
  /// Which of the carrier's sessions it is.
  var ordinal: Int
  var bind: BindType
  /// The account it is bound as, among its listener's accounts: their index.
  var account: Int?
  /// Counts among its listener's unbound connections.
  var isUndecided = false
  /// Which of all accepted connections it is.
  var arrival = 0
  var phase = Phase.idle(until: .zero)
  var session: SMPPSession
  var connection: Connection?
  var input = InputBuffer(limit: Framing.maximumLength + 4096, initialCapacity: 4096)
  var output = OutputBuffer()
  /// Submits that the last flush left, whole or in part.
  var marks: [Mark] = []
  /// A full socket holds the last of them.
  var isStuck = false
  /// When our messages were given to it, and when theirs were read.
  var sentAt = RequestTimes()
  var readAt = RequestTimes()
  /// Nothing is read until the peer has read what waits for it.
  var isHeldBack = false
  /// What the event loop watches for.
  var watchesWritable = false
  var isDirty = false
  /// Which of the carrier's hosts is tried next.
  var host = 0
  /// The addresses of the host that are not tried yet.
  var addresses: [SocketAddress] = []
  var backoff = ReconnectBackoff()
  var connectDeadline: Duration?
  /// A number of its own for each connection, by which the rules know whose PDU it was.
  var serial = 0
  var boundSince: Duration?
  /// The bind we sent was refused so.
  var refusal: CommandStatus?
  /// The bind they sent is answered so.
  var answerDue: LateAnswer?
  /// Set while a frame is worked on: the connection is closed after it.
  var closing: String?
  var isOrderly = false
  /// Our half is to be shut when everything is written.
  var finishes = false
  /// When its timer in the loop's heap fires; an entry of another time is an old one.
  var timerAt: Duration?
  /// Receipts of ours that wait for its answer.
  var receiptsInFlight = 0

  init(index: Int, carrier: Int?, ordinal: Int, bind: BindType, origin: Origin, session: SMPPSession) {
    self.index = index
    self.carrier = carrier
    self.ordinal = ordinal
    self.bind = bind
    self.origin = origin
    self.session = session
  }

  /// We are the SMSC of it: texts leave by deliver_sm.
  var isSMSC: Bool { session.role.party == .smsc }

  /// It may carry our texts.
  var sends: Bool { isSMSC ? bind != .transmitter : bind != .receiver }

  var isBound: Bool { boundSince != nil }

  /// Window slots that are free for our texts.
  var freeSlots: Int { sends && isBound ? session.freeWindow : 0 }

  /// When something is due that no event brings about; nil: never.
  var nextDeadline: Duration? {
    switch phase {
    case .idle(let until): until
    case .resolving, .ended: nil
    case .connecting, .securing: connectDeadline
    case .open:
      if let answerDue {
        min(answerDue.at, session.nextDeadline ?? answerDue.at)
      } else {
        session.nextDeadline
      }
    }
  }
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
