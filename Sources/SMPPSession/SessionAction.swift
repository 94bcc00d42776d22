public import SMPP

extension SMPPSession {
  /// What the performer must do, or learn, in this order.
  public enum Action: Equatable, Sendable {
    /// Write this PDU.
    case send(PDU)
    /// ESME: the bind was accepted, with the SMSC's response body if there was one.
    case bound(BindResp?)
    /// ESME: the bind was refused. `.close` follows.
    case bindRefused(CommandStatus)
    /// SMSC: a bind came; decide with `authorise`.
    case bindRequested(BindType, Bind)
    /// The peer is an SMSC and sent outbind: bind with `becomeESME`, or hang up with `unbind`. Reported once; later outbinds are
    /// ignored.
    case outbindReceived(Outbind)
    /// A request from the peer. Answer it with `respond`, in any order.
    case request(PDU)
    /// alert_notification, which has no answer.
    case notification(PDU)
    /// The answer to our request, possibly late: the response or a generic_nack. A response with an unreadable body comes without
    /// a body.
    case answered(token: UInt64, PDU)
    /// Our request got no answer within `responseTimeout`. The answer may still come.
    case overdue(token: UInt64)
    /// The session is over. These requests have no answer, in the order they were made: nobody knows whether the peer accepted
    /// them. Reported once.
    case unanswered([UInt64])
    /// Write what is left, then shut our half of the connection. Read until the peer closes, then call `closed`.
    case finishWriting
    /// Write what the socket takes at once, then close. Nothing more comes from this session.
    case close(CloseReason)
  }

  /// Why a session closes the connection.
  public enum CloseReason: Hashable, Sendable, CustomStringConvertible {
    /// session_init_timer: no bind.
    case sessionInitTimeout
    /// session_init_timer: no answer to our bind.
    case bindUnanswered
    /// session_init_timer: a bind_resp came under this sequence_number, which is not our bind's.
    case bindMisnumbered(UInt32)
    case bindRefused(CommandStatus)
    /// We refused their bind.
    case bindNotAuthorised(CommandStatus)
    /// Nothing was heard after `enquireLinkMisses` enquire_links.
    case enquireLinkUnanswered
    /// A request stayed without an answer for `closeAfterUnanswered`.
    case responseTimeout
    /// inactivity_timer.
    case inactivity
    /// We unbound (`unbind`).
    case unbound
    /// The peer unbound.
    case peerUnbound
    /// command_length was invalid: the start of the next PDU is unknown.
    case framingLost

    public var description: String {
      switch self {
      case .sessionInitTimeout: "no bind in time"
      case .bindUnanswered: "bind not answered in time"
      case .bindMisnumbered(let sequence):
        "bind answered under sequence_number \(sequence), which is not the bind's"
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

  /// Counts for metrics.
  public struct Counters: Hashable, Sendable {
    /// Requests we issued, and answers to them.
    public var requested: UInt64 = 0
    public var answered: UInt64 = 0
    /// Answers that came after `overdue` was reported.
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
    /// PDUs that came too late to be answered, or that mean nothing in this state.
    public var ignored: UInt64 = 0

    public init() {}
  }
}
