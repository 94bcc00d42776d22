public import SMPP

extension SMPPSession {
  /// What the performer is to do or to know, in this order.
  public enum Action: Equatable, Sendable {
    /// Write this PDU.
    case send(PDU)
    /// ESME: the bind was accepted; what the SMSC said of itself, if it said anything.
    case bound(BindResp?)
    /// ESME: the bind was refused. `.close` follows.
    case bindRefused(CommandStatus)
    /// SMSC: a bind came; decide with `authorise`.
    case bindRequested(BindType, Bind)
    /// Who connected is an SMSC and sent outbind: bind with `becomeESME`, or `unbind` to hang up. Told once: later ones are
    /// ignored.
    case outbindReceived(Outbind)
    /// A request of the peer's, to be answered with `respond`, in any order.
    case request(PDU)
    /// alert_notification: it has no answer.
    case notification(PDU)
    /// Our request has its answer, late ones included: the response or a generic_nack. A response whose body could not be
    /// read has none.
    case answered(token: UInt64, PDU)
    /// Our request has no answer within `responseTimeout`. It may still get one.
    case overdue(token: UInt64)
    /// The session is over and these requests, in the order they were made, have no answer: nobody knows whether they
    /// were taken. Told once.
    case unanswered([UInt64])
    /// Write what is left, then shut our half of the connection; go on reading until the peer closes, and say so by `closed`.
    case finishWriting
    /// Write what is left as far as the socket takes it at once, and close. Nothing more comes from this session.
    case close(CloseReason)
  }

  /// Why a session closes the connection.
  public enum CloseReason: Hashable, Sendable, CustomStringConvertible {
    /// session_init_timer: no bind, or no answer to it.
    case sessionInitTimeout
    case bindRefused(CommandStatus)
    /// We refused their bind.
    case bindNotAuthorised(CommandStatus)
    /// Nothing was heard after `enquireLinkMisses` enquire_links.
    case enquireLinkUnanswered
    /// A request stayed without an answer for `closeAfterUnanswered`.
    case responseTimeout
    /// inactivity_timer.
    case inactivity
    /// We asked for it (`unbind`).
    case unbound
    /// The peer unbound.
    case peerUnbound
    /// command_length made no sense: where the next PDU begins is unknown.
    case framingLost

    public var description: String {
      switch self {
      case .sessionInitTimeout: "no bind in time"
      case .bindRefused(let status): "bind refused with \(status.name)"
      case .bindNotAuthorised(let status): "bind not authorised: \(status.name)"
      case .enquireLinkUnanswered: "enquire_link not answered"
      case .responseTimeout: "requests not answered"
      case .inactivity: "inactive"
      case .unbound: "unbound"
      case .peerUnbound: "unbound by the peer"
      case .framingLost: "framing lost"
      }
    }
  }

  /// The user's decision about a bind.
  public enum Authorisation: Equatable, Sendable {
    /// sc_interface_version 0x34 is added unless the response has one.
    case accepted(BindResp)
    case refused(CommandStatus)
  }

  /// What happened beside the actions, for metrics.
  public struct Counters: Hashable, Sendable {
    /// Requests we issued, and answers to them.
    public var requested: UInt64 = 0
    public var answered: UInt64 = 0
    /// Answers that came after `overdue` was told.
    public var late: UInt64 = 0
    /// Responses to no request in flight, or of another kind than the request; dropped.
    public var stray: UInt64 = 0
    /// Requests handed up.
    public var received: UInt64 = 0
    /// Requests refused because `peerWindow` was full, or because we were unbinding.
    public var refusedBusy: UInt64 = 0
    /// Requests refused by the operation matrix.
    public var wrongState: UInt64 = 0
    /// PDUs that could not be decoded, framing intact.
    public var malformed: UInt64 = 0
    public var enquireLinksMissed: UInt64 = 0
    /// PDUs that came when we could answer no more, or that have no meaning where they came.
    public var ignored: UInt64 = 0

    public init() {}
  }
}
