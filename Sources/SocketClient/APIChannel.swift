public import Contract
public import NetIO

/// The client that does not wait: a connection to the gateway on its owner's event loop. It calls nobody back.
///
///     let channel = try APIChannel(path: "/run/tollgate/tollgate.sock", client: "desk/1.0", on: loop)
///     while let event = … {
///       loop.wait(until: channel.nextDeadline, into: &events)
///       for event in events { channel.handle(event) }
///       channel.turn(at: loop.now)
///       for event in channel.takeEvents() { … }
///     }
///
/// Every request ends with one `completed`. After `ended` the owner makes another channel.
public final class APIChannel {
  /// What is to be closed when it is let go.
  private final class Socket {
    let connection: Connection
    let token: EventLoop.Token

    init(_ connection: consuming Connection, on loop: EventLoop) throws(ClientFailure) {
      do throws(SystemError) {
        token = try loop.add(connection, .readable)
      } catch {
        throw .system(error)
      }
      self.connection = connection
    }
  }

  /// Reads before the loop's others get their turn.
  private static let readsPerTurn = 8
  /// Octets of requests that wait for the server, at most; ``ClientFailure/full`` beyond.
  public static let maximumUnsent = 4 << 20

  private let loop: EventLoop
  private var socket: Socket?
  private var session: ClientSession
  private var input: InputBuffer
  private var output = OutputBuffer()
  private var isBlocked = false
  private var events: [ClientSession.Event] = []

  /// Connects, which the kernel does at once, and says hello with the next ``turn(at:)``.
  public convenience init(
    path: String, client: String, role: String? = nil, on loop: EventLoop,
    limits: ClientSession.Limits = .init()
  ) throws(ClientFailure) {
    let connection: Connection
    do throws(SystemError) {
      connection = try UnixSocket.connect(to: path)
    } catch {
      throw .unreachable(path: path, error)
    }
    try self.init(connection, client: client, role: role, on: loop, limits: limits)
  }

  /// The same over a connection that stands and does not block.
  public init(
    _ connection: consuming Connection, client: String, role: String? = nil, on loop: EventLoop,
    limits: ClientSession.Limits = .init()
  ) throws(ClientFailure) {
    self.loop = loop
    session = ClientSession(limits: limits, at: loop.now)
    // One octet more than the longest line and its line feed, so that a longer one is seen to be.
    input = InputBuffer(limit: limits.maximumLine + 2)
    socket = try Socket(connection, on: loop)
    output.append(contentsOf: try session.hello(client, role: role))
  }

  deinit { if let socket { loop.remove(socket.token) } }

  // MARK: Requests

  /// Makes a request, which leaves with the next ``turn(at:)``; its end comes as an event with this id.
  /// - Parameter actsIn: the session of the member for whom it is made; nil: it is the role's own.
  @discardableResult
  public func request(_ params: some MethodParams, in actsIn: SecretToken? = nil, within time: Duration)
    throws(ClientFailure) -> Int64
  {
    guard output.count < APIChannel.maximumUnsent else { throw .full }
    session.actsIn = actsIn
    let request = try session.request(params, until: loop.now + time)
    output.append(contentsOf: request.line)
    return request.id
  }

  // MARK: The loop

  /// Whether the loop's event is this channel's.
  public func owns(_ event: EventLoop.Event) -> Bool { event.token == socket?.token }

  /// Takes what the loop saw; an event of another's is passed over.
  public func handle(_ event: EventLoop.Event) {
    guard owns(event) else { return }
    if event.isWritable { isBlocked = false }
    if event.isReadable { read() }
    if event.isHangup { end(.closed) }
  }

  /// When ``turn(at:)`` has something to do though no event comes; nil: never.
  public var nextDeadline: Duration? {
    guard socket != nil else { return nil }
    return output.isEmpty || isBlocked ? session.nextDeadline : .zero
  }

  /// Time, and octets out: once a turn of the loop.
  public func turn(at now: Duration) {
    session.tick(at: now, into: &events)
    flush()
    settle()
  }

  /// What happened, and forgets it.
  public func takeEvents() -> [ClientSession.Event] {
    defer { events.removeAll(keepingCapacity: true) }
    return events
  }

  /// Ends it from this side: what is not answered ends with `closed`.
  public func close() { end(.closed) }

  // MARK: Octets

  private func read() {
    for _ in 0..<APIChannel.readsPerTurn {
      guard let socket else { return }
      switch input.fill(from: socket.connection) {
      case .count(let count):
        assert(count > 0, "a line too long ends the session before the buffer is full")
        input.consume(input.withUnread { session.received($0, into: &events) })
        settle()
      case .wouldBlock: return
      case .closed: return end(.closed)
      case .failed(let errno): return end(.system(SystemError(call: "read", errno: errno)))
      }
    }
  }

  private func flush() {
    guard let socket, !isBlocked, !output.isEmpty else { return }
    switch output.flush(to: socket.connection) {
    case .all: loop.modify(socket.token, .readable)
    case .blocked:
      isBlocked = true
      loop.modify(socket.token, [.readable, .writable])
    // What the server said last may still stand to be read; then its end does.
    case .closed: output.removeAll()
    case .failed(let errno): end(.system(SystemError(call: "write", errno: errno)))
    }
  }

  private func end(_ failure: ClientFailure) {
    session.end(failure, into: &events)
    settle()
  }

  /// Lets the socket go once the session has ended.
  private func settle() {
    guard case .ended? = events.last, let socket else { return }
    loop.remove(socket.token)
    self.socket = nil
  }
}
