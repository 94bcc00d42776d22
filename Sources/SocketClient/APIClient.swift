public import Contract
public import NetIO

/// The client side of the local socket, for one thread that may wait: the command line, tests, benchmarks.
///
///     let client = try APIClient(path: "/run/tollgate/tollgate.sock", client: "crm/1.4")
///     let sent = try client.call(MessageSend(from: nil, to: to, text: "Hello", idempotencyKey: "crm-8121"))
public final class APIClient {
  /// What can go wrong below the contract.
  public enum Failure: Error, Hashable, Sendable, CustomStringConvertible {
    /// The socket cannot be reached.
    case unreachable(path: String, SystemError)
    /// The server ended the connection.
    case closed
    /// No answer, or no event, within the time.
    case timedOut
    /// The server sent what is no answer.
    case malformed(String)
    case system(SystemError)

    public var description: String {
      switch self {
      case .unreachable(let path, let error): "cannot reach the gateway at \(path): \(error.errno)"
      case .closed: "the gateway closed the connection"
      case .timedOut: "the gateway did not answer in time"
      case .malformed(let what): "the gateway sent \(what)"
      case .system(let error): error.description
      }
    }
  }

  /// What the server sends unasked.
  public enum Notification: Hashable, Sendable {
    case event(FeedEventParams)
    case skipped(FeedSkippedParams)
    case heartbeat(FeedHeartbeatParams)
    case fenced(FeedFencedParams)
    case expired(FeedExpiredParams)
    /// One of a later version.
    case unknown(method: String)
  }

  /// An answer as it came.
  public struct RawReply: Hashable, Sendable {
    /// The request's id; nil where the server could not read it.
    public let id: Int64?
    public let outcome: Result<JSONValue, APIError>
    /// The whole line.
    public let line: [UInt8]
  }

  /// Longest line it takes: more than a server of this version sends, so that a later one may promise more.
  public static let maximumLine = 4 * LineScanner.maximumLine

  private let connection: Connection
  private var input = InputBuffer(limit: maximumLine, initialCapacity: 64 << 10)
  private var scanner = LineScanner()
  private var nextID: Int64 = 1
  /// Answers and notifications that came while another was awaited.
  private var replies: [Int64: RawReply] = [:]
  private var notifications: [[UInt8]] = []
  private var firstNotification = 0

  /// How long a call waits for its answer.
  public var timeout: Duration
  /// The server's greeting.
  public private(set) var hello: HelloResult

  /// Connects and says hello. Throws ``Failure``, or `APIError` where the server refuses.
  public init(path: String, client: String, timeout: Duration = .seconds(30)) throws {
    do {
      connection = try UnixSocket.connect(to: path)
      try connection.setBlocking(true)
    } catch {
      throw Failure.unreachable(path: path, error)
    }
    self.timeout = timeout
    hello = HelloResult(
      protocol: 0, server: "", store: "", role: "", oldest: Cursor(0), newest: Cursor(0), maxLine: 0)
    hello = try call(Hello(protocol: 1, client: client))
  }

  // MARK: Calls

  /// Calls a method and waits for its result; the server's error is thrown as `APIError`.
  public func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    let reply = try reply(to: send(params))
    switch reply.outcome {
    case .success(let value):
      do {
        return try ContractJSON.decode(Params.Result.self, from: ContractJSON.encode(value))
      } catch {
        throw Failure.malformed("a result that is not one of \(Params.method.rawValue)")
      }
    case .failure(let error): throw error
    }
  }

  /// The same with parameters and result as plain JSON: what `--json` prints.
  public func call(method: String, params: JSONValue) throws -> JSONValue {
    let id = takeID()
    try write(APIClient.line(id: id, method: method, params: ContractJSON.encode(params)))
    return try reply(to: id).outcome.get()
  }

  /// Sends a request without waiting; the answer comes with ``reply(to:)``.
  @discardableResult
  public func send<Params: MethodParams>(_ params: Params) throws -> Int64 {
    let id = takeID()
    try write(
      APIClient.line(id: id, method: Params.method.rawValue, params: ContractJSON.encode(params)))
    return id
  }

  /// Several requests in one write.
  public func send<Params: MethodParams>(contentsOf all: [Params]) throws -> [Int64] {
    var octets: [UInt8] = []
    var ids: [Int64] = []
    for params in all {
      let id = takeID()
      ids.append(id)
      octets += APIClient.line(
        id: id, method: Params.method.rawValue, params: try ContractJSON.encode(params))
    }
    try write(octets)
    return ids
  }

  /// The answer to a request, waiting for it if need be; what else comes meanwhile is kept.
  public func reply(to id: Int64) throws -> RawReply {
    let deadline = MonotonicClock.now + timeout
    while true {
      if let reply = replies.removeValue(forKey: id) { return reply }
      let line = try nextLine(until: deadline)
      if APIClient.isNotification(line) {
        notifications.append(line)
      } else {
        let reply = try APIClient.parse(reply: line)
        // An answer without an id is about a line the server could not read: nobody else waits.
        guard let answered = reply.id else {
          throw reply.error ?? APIError(.invalidRequest, "unreadable request")
        }
        replies[answered] = reply
      }
    }
  }

  private func takeID() -> Int64 {
    defer { nextID += 1 }
    return nextID
  }

  // MARK: Notifications

  /// The next notification, waiting for it up to `timeout`; nil when none came.
  public func nextNotification(within timeout: Duration) throws -> Notification? {
    guard let line = try nextNotificationLine(within: timeout) else { return nil }
    return try APIClient.parse(notification: line)
  }

  /// The same as the line it came as: for programs that pass it on, and for speed.
  public func nextNotificationLine(within timeout: Duration) throws -> [UInt8]? {
    if firstNotification < notifications.count {
      defer { firstNotification += 1 }
      return notifications[firstNotification]
    }
    notifications.removeAll(keepingCapacity: true)
    firstNotification = 0
    let deadline = MonotonicClock.now + timeout
    while true {
      do {
        let line = try nextLine(until: deadline)
        if APIClient.isNotification(line) { return line }
        let reply = try APIClient.parse(reply: line)
        if let id = reply.id { replies[id] = reply } else if let error = reply.error { throw error }
      } catch Failure.timedOut {
        return nil
      }
    }
  }

  /// Hands every whole line that is there, or comes within `timeout`, to `body` without copying it; says how many.
  /// For benchmarks: answers are handed out like notifications.
  public func readLines(within timeout: Duration, _ body: (UnsafeRawBufferPointer) -> Void) throws -> Int {
    var lines = 0
    var found = nextLength()
    if found == nil {
      try fill(until: MonotonicClock.now + timeout)
      found = nextLength()
    }
    while let length = found {
      input.withUnread { body(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
      input.consume(length + 1)
      lines += 1
      found = nextLength()
    }
    return lines
  }

  // MARK: Octets

  /// Writes octets as they are: for pipelines, and for tests of what servers do with them.
  public func write(_ octets: [UInt8]) throws {
    var rest = octets[...]
    while !rest.isEmpty {
      switch rest.withUnsafeBytes({ connection.write($0) }) {
      case .count(let count): rest = rest.dropFirst(count)
      case .wouldBlock: continue
      // What the server said last still stands to be read, and then the end.
      case .closed: return
      case .failed(let errno): throw Failure.system(SystemError(call: "write", errno: errno))
      }
    }
  }

  /// The next line as it came, without its line feed.
  public func nextLine(until deadline: Duration) throws -> [UInt8] {
    while true {
      if let length = nextLength() {
        defer { input.consume(length + 1) }
        return input.withUnread { [UInt8]($0[..<length]) }
      }
      try fill(until: deadline)
    }
  }

  private func nextLength() -> Int? { input.withUnread { scanner.lineLength(in: $0) } }

  private func fill(until deadline: Duration) throws {
    while true {
      let left = deadline - MonotonicClock.now
      guard left > .zero else { throw Failure.timedOut }
      do { try connection.setReadTimeout(left) } catch { throw Failure.system(error) }
      switch input.fill(from: connection) {
      case .count(0): throw Failure.malformed("a line longer than \(APIClient.maximumLine) octets")
      case .count: return
      case .wouldBlock: continue
      case .closed: throw Failure.closed
      case .failed(let errno): throw Failure.system(SystemError(call: "read", errno: errno))
      }
    }
  }

  /// Ends our side: the server answers what is open and closes.
  public func finish() { connection.shutdownWriting() }
}
