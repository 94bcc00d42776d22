public import Contract

/// The answer to a call.
public enum Reply: Sendable, Equatable {
  /// The result as compact JSON, one object.
  case result([UInt8])
  case failure(APIError)

  /// Encodes a result.
  public static func success(_ value: some Encodable) -> Reply {
    guard let json = try? ContractJSON.encode(value) else { return .failure(.internalError) }
    return .result(json)
  }
}

/// Names one request of one connection for as long as it is unanswered; of no meaning to anybody but the server.
public struct ReplyToken: Hashable, Sendable {
  let connection: UInt64
  let request: UInt64

  package init(connection: UInt64, request: UInt64) {
    self.connection = connection
    self.request = request
  }
}

/// A command on its way to the writer.
public struct CommandRequest: Sendable {
  /// Goes back with the answer: `APIServer.complete`.
  public let token: ReplyToken
  public let command: Command
  public let caller: Caller

  public init(token: ReplyToken, command: Command, caller: Caller) {
    self.token = token
    self.command = command
    self.caller = caller
  }
}

/// Where commands go. Called on the server's thread; must not wait.
public protocol CommandSink: Sendable {
  /// False if there is no room: the caller gets `busy`. True promises one `APIServer.complete` with the token.
  func submit(_ request: CommandRequest) -> Bool
}

/// Who answers queries, from a read-only view. Each reader's thread makes one and calls it.
public protocol QueryHandler: AnyObject {
  /// Gives up once it took `time`, with `APIError.overTime`.
  func answer(_ query: Query, for caller: Caller, within time: Duration) -> Reply
}

/// The feed as the server reads it. Made and called on the server's thread.
public protocol FeedSource: AnyObject {
  /// Position before the oldest event still kept.
  var oldest: Int64 { get }
  /// Sequence of the newest committed event; 0 before the first.
  var newest: Int64 { get }
  /// Appends the rows that hold events after `sequence`, in order and without gaps, until `maximumEvents` events or
  /// `maximumOctets` octets are passed; the first row may begin before it. Throws `cursorExpired` where they are gone.
  func read(after sequence: Int64, maximumEvents: Int, maximumOctets: Int, into rows: inout [PackedRow])
    throws(APIError)
}

/// What happened on the socket that an operator may want to know. Holds no content.
public enum AuditRecord: Sendable, Hashable {
  /// A peer whose user and groups have no role.
  case noRole(userID: UInt32, processID: Int32)
  /// A call beyond the role.
  case forbidden(userID: UInt32, processID: Int32, role: String, method: Method)
  /// A connection turned away at a limit.
  case turnedAway(userID: UInt32, limit: String)
  /// A connection the server ended.
  case closed(userID: UInt32, processID: Int32, reason: CloseReason)
  /// A consumer's connection was fenced by another.
  case fenced(consumer: String)
  /// An event that could not be rendered was passed over.
  case unreadableEvent(sequence: Int64)
}

extension AuditRecord: CustomStringConvertible {
  /// As the journal has it.
  public var description: String {
    switch self {
    case .noRole(let user, let process): "refused=no_role uid=\(user) pid=\(process)"
    case .forbidden(let user, let process, let role, let method):
      "refused=forbidden uid=\(user) pid=\(process) role=\(role) method=\(method.rawValue)"
    case .turnedAway(let user, let limit): "refused=busy uid=\(user) limit=\(limit)"
    case .closed(let user, let process, let reason):
      "closed=\(reason.rawValue) uid=\(user) pid=\(process)"
    case .fenced(let consumer): "fenced consumer=\(consumer)"
    case .unreadableEvent(let sequence): "unreadable_event sequence=\(sequence)"
    }
  }
}

/// Why the server ended a connection.
public enum CloseReason: String, Sendable, Hashable {
  /// A line longer than ``APILimits/maximumLine``.
  case lineTooLong = "line_too_long"
  /// The peer has no role.
  case noRole = "no_role"
  /// It left its answers unread for ``APILimits/unreadReplyTimeout``.
  case unreadReplies = "unread_replies"
  /// It did not say hello within ``APILimits/helloTimeout``.
  case noHello = "no_hello"
  /// Another connection needed its place, and it had not said hello.
  case displaced
  /// The server stops.
  case stopping
}
