import NetIO
import SMPP
import SMPPSession

/// One connection of an ESME: its session, and the octets on their way.
final class Link {
  /// From 1, in the order of connecting.
  let number: Int
  let token: EventLoop.Token
  var connection: Connection?
  var session: SMPPSession
  var input = InputBuffer(limit: Link.inputLimit)
  var output = OutputBuffer()
  /// Index of the account, once bound.
  var account: Int?
  var systemID: COctetString = ""
  var bindType: BindType?
  /// deliver_sm without an answer.
  var inFlight: [UInt64: Delivery] = [:]
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

  init(number: Int, token: EventLoop.Token, connection: consuming Connection, session: SMPPSession) {
    self.number = number
    self.token = token
    self.connection = consume connection
    self.session = session
  }

  /// Whether deliver_sm may be sent on it.
  var receives: Bool {
    session.mayRequest(.deliverSM) && !closesAfterOutput && !finishesWriting && !isCutting
  }
}

/// One deliver_sm to be: a receipt, or a part of a phone's message.
struct Delivery {
  enum Kind: Hashable { case receipt, inbound }

  var kind: Kind
  var message: DeliverSM
  /// How often it was refused.
  var refusals = 0

  /// Refusals with a temporary status before it is given up.
  static let maximumRefusals = 50
  /// Before it is tried again.
  static let retryDelay: Duration = .milliseconds(250)
}

/// Everything of one system_id.
struct AccountState {
  let systemID: COctetString
  let password: COctetString?
  let maximumSessions: Int
  /// Bound sessions, in the order of their bind.
  var links: [Link] = []
  /// Which link is next.
  var turn = 0
  var queue = Queue<Delivery>()
  var rate: RateWindow?

  /// deliver_sm that wait for a session; more are lost.
  static let maximumQueued = 1_000_000
}
