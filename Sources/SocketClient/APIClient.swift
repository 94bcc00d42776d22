public import Contract
import NetIO

/// The client for one thread that may wait: the command line, tests, benchmarks.
///
///     let client = try APIClient(path: "/run/tollgate/tollgate.sock", client: "crm/1.4")
///     let sent = try client.call(MessageSend(from: nil, to: to, text: "Hello", idempotencyKey: "crm-8121"))
public final class APIClient {
  private var wire: Wire
  /// Answers and notifications that came while another was awaited.
  private var answers: [Int64: Answer] = [:]
  private var notifications: [[UInt8]] = []
  private var firstNotification = 0

  /// The session of the member for whom calls are made; nil: they are the role's own.
  public var actsIn: SecretToken? {
    get { wire.session.actsIn }
    set { wire.session.actsIn = newValue }
  }
  /// How long a call waits for its answer.
  public var timeout: Duration
  /// The server's greeting.
  public let hello: HelloResult

  /// Connects and says hello. Throws ``ClientFailure``, or `APIError` where the server refuses.
  /// - Parameter role: one of the caller's; nil: the first.
  public convenience init(
    path: String, client: String, role: String? = nil, timeout: Duration = .seconds(30)
  ) throws {
    let connection: Connection
    do {
      connection = try UnixSocket.connect(to: path)
    } catch {
      throw ClientFailure.unreachable(path: path, error)
    }
    try self.init(connection, client: client, role: role, timeout: timeout)
  }

  /// The same over a connection that stands.
  init(_ connection: consuming Connection, client: String, role: String? = nil, timeout: Duration) throws {
    var wire = try Wire(connection)
    try wire.write(wire.session.hello(client, role: role))
    guard case .greeted(let hello) = try wire.nextEvent(until: MonotonicClock.now + timeout) else {
      throw ClientFailure.malformed("something before its greeting")
    }
    self.hello = hello
    self.timeout = timeout
    self.wire = wire
  }

  // MARK: Calls

  /// Calls a method and waits for its result; the server's error is thrown as `APIError`.
  public func call<Params: MethodParams>(_ params: Params) throws -> Params.Result {
    try reply(to: send(params)).result(of: Params.self)
  }

  /// The same with parameters and result as plain JSON: what `--json` prints.
  public func call(method: String, params: JSONValue) throws -> JSONValue {
    let request = try wire.session.request(method, ContractJSON.encode(params), until: nil)
    try wire.write(request.line)
    return try reply(to: request.id).outcome.get()
  }

  /// Sends a request without waiting; the answer comes with ``reply(to:)``.
  @discardableResult
  public func send(_ params: some MethodParams) throws -> Int64 {
    let request = try wire.session.request(params, until: nil)
    try wire.write(request.line)
    return request.id
  }

  /// Several requests in one write.
  public func send(contentsOf all: [some MethodParams]) throws -> [Int64] {
    let requests = try all.map { try wire.session.request($0, until: nil) }
    try wire.write(requests.flatMap(\.line))
    return requests.map(\.id)
  }

  /// The answer to a request, waiting for it if need be; what else comes meanwhile is kept.
  public func reply(to id: Int64) throws -> Answer {
    let deadline = MonotonicClock.now + timeout
    while true {
      if let answer = answers.removeValue(forKey: id) { return answer }
      keep(try wire.nextEvent(until: deadline))
    }
  }

  private func keep(_ event: ClientSession.Event) {
    switch event {
    case .completed(let id, .answered(let answer)): answers[id] = answer
    case .notified(let line): notifications.append(line)
    case .greeted, .completed(_, .failed), .ended: break
    }
  }

  // MARK: Notifications

  /// The next notification, waiting for it up to `timeout`; nil when none came.
  public func nextNotification(within timeout: Duration) throws -> FeedNotification? {
    try nextNotificationLine(within: timeout).map { try FeedNotification(line: $0) }
  }

  /// The same as the line it came as: for programs that pass it on, and for speed.
  public func nextNotificationLine(within timeout: Duration) throws -> [UInt8]? {
    let deadline = MonotonicClock.now + timeout
    while firstNotification == notifications.count {
      notifications.removeAll(keepingCapacity: true)
      firstNotification = 0
      do {
        keep(try wire.nextEvent(until: deadline))
      } catch ClientFailure.timedOut {
        return nil
      }
    }
    defer { firstNotification += 1 }
    return notifications[firstNotification]
  }

  /// Hands every whole line that is there, or comes within `timeout`, to `body` without copying it; says how many.
  /// For benchmarks: answers are handed out like notifications.
  public func readLines(within timeout: Duration, _ body: (UnsafeRawBufferPointer) -> Void) throws -> Int {
    var lines = 0
    let deadline = MonotonicClock.now + timeout
    while let length = try wire.lineLength(until: lines == 0 ? deadline : nil) {
      wire.take(length, body)
      lines += 1
    }
    return lines
  }

  // MARK: Octets

  /// Writes octets as they are: for pipelines, and for tests of what servers do with them.
  public func write(_ octets: [UInt8]) throws { try wire.write(octets) }

  /// The next line as it came, without its line feed.
  public func nextLine(until deadline: Duration) throws -> [UInt8] { try wire.nextLine(until: deadline) }

  /// Ends our side: the server answers what is open and closes.
  public func finish() { wire.connection.shutdownWriting() }
}

/// A connection that waits, and the session over it.
private struct Wire: ~Copyable {
  let connection: Connection
  var session: ClientSession
  private var input: InputBuffer

  init(_ connection: consuming Connection) throws(ClientFailure) {
    do throws(SystemError) {
      try connection.setBlocking(true)
    } catch {
      throw .system(error)
    }
    self.connection = connection
    // A thread that waits for each answer bounds what is open by itself.
    var limits = ClientSession.Limits()
    limits.openRequests = .max
    session = ClientSession(limits: limits, at: MonotonicClock.now)
    input = InputBuffer(limit: limits.maximumLine + 2, initialCapacity: 64 << 10)
  }

  func write(_ octets: [UInt8]) throws(ClientFailure) {
    var rest = octets[...]
    while !rest.isEmpty {
      switch rest.withUnsafeBytes({ connection.write($0) }) {
      case .count(let count): rest = rest.dropFirst(count)
      case .wouldBlock: continue
      // What the server said last still stands to be read, and then the end.
      case .closed: return
      case .failed(let errno): throw .system(SystemError(call: "write", errno: errno))
      }
    }
  }

  /// The next that happens. Throws what the session ends with: an `APIError` where the server refused it.
  mutating func nextEvent(until deadline: Duration) throws -> ClientSession.Event {
    var events: [ClientSession.Event] = []
    while events.isEmpty {
      guard let length = try lineLength(until: deadline) else { throw ClientFailure.timedOut }
      input.withUnread { unread in
        session.take(line: UnsafeRawBufferPointer(rebasing: unread[..<length]), into: &events)
      }
      input.consume(length + 1)
    }
    switch events.last {
    case .ended(.refused(let error)): throw error
    case .ended(let failure): throw failure
    default: return events[0]
    }
  }

  mutating func nextLine(until deadline: Duration) throws -> [UInt8] {
    guard let length = try lineLength(until: deadline) else { throw ClientFailure.timedOut }
    var line: [UInt8] = []
    take(length) { line = [UInt8]($0) }
    return line
  }

  /// Takes a line off the front.
  mutating func take(_ length: Int, _ body: (UnsafeRawBufferPointer) -> Void) {
    input.withUnread { body(UnsafeRawBufferPointer(rebasing: $0[..<length])) }
    input.consume(length + 1)
  }

  /// Octets of the next line, waiting for it until the deadline (nil: not at all); nil when none came.
  mutating func lineLength(until deadline: Duration?) throws(ClientFailure) -> Int? {
    while true {
      if let length = input.withUnread({ session.lineLength(in: $0) }) { return length }
      guard let deadline, try fill(until: deadline) else { return nil }
    }
  }

  /// One read; false when nothing came in time.
  private mutating func fill(until deadline: Duration) throws(ClientFailure) -> Bool {
    while true {
      let left = deadline - MonotonicClock.now
      guard left > .zero else { return false }
      do throws(SystemError) {
        try connection.setReadTimeout(left)
      } catch {
        throw .system(error)
      }
      switch input.fill(from: connection) {
      case .count(0): throw .malformed("a line longer than \(session.limits.maximumLine) octets")
      case .count: return true
      case .wouldBlock: continue
      case .closed: throw .closed
      case .failed(let errno): throw .system(SystemError(call: "read", errno: errno))
      }
    }
  }
}
