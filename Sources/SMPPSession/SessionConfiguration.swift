public import SMPP

extension SMPPSession {
  /// Limits and timers of one session. Every default is the product's default.
  public struct Configuration: Hashable, Sendable {
    /// Requests of ours without an answer, at most; 1 ... `maximumWindow`.
    public var window = 10
    /// Requests of the peer's without an answer, at most. Beyond it the session itself refuses: deliver_sm with ESME_RX_T_APPN,
    /// what an ESME submits with ESME_RTHROTTLED. 1 ... `maximumWindow`.
    public var peerWindow = 1_000
    /// session_init_timer (7.2): from the connection to the answered bind.
    public var sessionInitTimeout: Duration = .seconds(10)
    /// enquire_link_timer (7.2): an enquire_link is sent when nothing was heard for this long; nil sends none.
    public var enquireLinkAfter: Duration? = .seconds(30)
    /// An enquire_link without an answer by then, and nothing else heard either, is missed.
    public var enquireLinkAnswerWithin: Duration = .seconds(10)
    /// Missed in a row that close the session.
    public var enquireLinkMisses = 2
    /// response_timer (7.2): a request without an answer by then is reported overdue. Its slot stays used, since the peer may
    /// still have it, and a late answer is still reported.
    public var responseTimeout: Duration = .seconds(30)
    /// The oldest request without an answer by then closes the session.
    public var closeAfterUnanswered: Duration = .seconds(60)
    /// inactivity_timer (7.2): nothing heard for this long closes the session; nil never does.
    public var inactivityTimeout: Duration? = .seconds(300)
    /// Our unbind is given up, or a peer that does not close after unbind_resp is closed, after this.
    public var unbindTimeout: Duration = .seconds(5)

    /// The largest window: the table of requests in flight has about four entries of 48 octets for each.
    public static let maximumWindow = 16_384

    public init() {}

    /// The shortest timer: one of nothing would be due again as soon as it was served.
    public static let shortestTimer: Duration = .milliseconds(1)

    var withUsableTimers: Configuration {
      var usable = self
      usable.sessionInitTimeout = max(sessionInitTimeout, Self.shortestTimer)
      usable.enquireLinkAfter = enquireLinkAfter.map { max($0, Self.shortestTimer) }
      usable.enquireLinkAnswerWithin = max(enquireLinkAnswerWithin, Self.shortestTimer)
      usable.responseTimeout = max(responseTimeout, Self.shortestTimer)
      usable.closeAfterUnanswered = max(closeAfterUnanswered, Self.shortestTimer)
      usable.inactivityTimeout = inactivityTimeout.map { max($0, Self.shortestTimer) }
      usable.unbindTimeout = max(unbindTimeout, Self.shortestTimer)
      return usable
    }

    var boundedWindow: Int { min(max(window, 1), Self.maximumWindow) }
    var boundedPeerWindow: Int { min(max(peerWindow, 1), Self.maximumWindow) }
  }

  /// Which end of the session this is.
  public enum Role: Equatable, Sendable {
    /// We connect and bind at once.
    case esme(BindType, Bind)
    /// They bind to us, or call us by outbind: `becomeESME` then binds.
    case smsc

    public var party: Party {
      switch self {
      case .esme: .esme
      case .smsc: .smsc
      }
    }
  }

  /// Where a session is.
  public enum State: Hashable, Sendable {
    /// Not connected. Exits: `connected` → binding (ESME) or open.
    case idle
    /// SMSC: connected, before a bind or an outbind. Exits: a bind → authorising; `becomeESME` → binding; session_init_timer,
    /// `unbind` → closed.
    case open
    /// ESME: the bind is sent. Exits: bind_resp → bound, or closed if it refuses; session_init_timer, `unbind` → closed.
    case binding(BindType)
    /// SMSC: a bind came, and the user decides. Exits: `authorise` → bound, or closing if refused; session_init_timer → closing;
    /// `unbind` → closed.
    case authorising(BindType)
    /// Bound. Exits: `unbind`, inactivity → unbinding; the peer's unbind → closing; timers → closed.
    case bound(BindType)
    /// Our unbind is sent; nothing new is requested, answers still count. Exits: unbind_resp, time-out → closed; the peer's
    /// unbind → closing.
    case unbinding(BindType)
    /// The last PDU is sent and our half of the connection shut; answers still count. Exits: the peer's end of file
    /// (`closed`), time-out → closed.
    case closing
    /// Over. No exit: a new connection is a new session.
    case closed

    /// The state of section 2.2 it amounts to.
    public var specified: SessionState {
      switch self {
      case .idle, .closing, .closed: .closed
      case .open, .binding, .authorising: .open
      case .bound(.transmitter), .unbinding(.transmitter): .boundTX
      case .bound(.receiver), .unbinding(.receiver): .boundRX
      case .bound(.transceiver), .unbinding(.transceiver): .boundTRX
      }
    }

    /// The kind of bind, while requests may be issued.
    public var boundAs: BindType? {
      switch self {
      case .bound(let type): type
      case .idle, .open, .binding, .authorising, .unbinding, .closing, .closed: nil
      }
    }
  }
}
