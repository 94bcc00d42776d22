public import Contract

/// One client connection as a machine without I/O: octets and answers go in, octets and requests come out. No input of the peer
/// makes it trap or grow beyond ``APILimits``.
///
/// The owner passes read octets to ``received(_:at:)``, performs ``takeActions()``, passes answers to ``completed(_:with:at:)``,
/// offers feed rows while ``wantedPosition(of:)`` names a position, and calls ``tick(at:)`` at ``nextDeadline``. It writes
/// ``output`` to the socket and reports that to ``wrote(_:at:)``.
public final class ClientConnection {
  /// What the owner must do.
  public enum Action: Equatable, Sendable {
    /// Let a reader answer, after this connection's earlier queries; then call ``completed(_:with:at:)``.
    case query(UInt64, Query, as: SecretToken?)
    /// Hand the command to the writer; then call ``completed(_:with:at:)``.
    case command(UInt64, Command, as: SecretToken?)
    /// Check that the consumer is free, hand the request to the writer, then call ``completed(_:with:at:)``.
    case subscribe(UInt64, FeedSubscribe)
    /// The consumer is no longer read here. The memory is for the consumer's next connection.
    case unsubscribed(String, DeliveryMemory)
    /// A call that the role does not allow; recorded for the audit.
    case forbidden(Method)
    /// Write what ``output`` holds, then close.
    case close(CloseReason)
  }

  /// The store's name and the ends of the feed. The owner keeps them up to date.
  public struct Surroundings: Sendable {
    public var server: String
    public var store: String
    public var oldest: Int64
    public var newest: Int64

    public init(server: String, store: String, oldest: Int64, newest: Int64) {
      self.server = server
      self.store = store
      self.oldest = oldest
      self.newest = newest
    }
  }

  /// A request that the owner is handling.
  enum Pending {
    case plain(RequestID)
    case subscribe(RequestID, FeedSubscribe)
    /// One acknowledgement that answers several requests.
    case ack([RequestID], consumer: String, through: Int64)
  }

  struct Open {
    let request: Pending
    /// Octets of the request's line.
    let octets: Int
  }

  public var surroundings: Surroundings
  /// Octets for the peer.
  public internal(set) var output = JSONBuffer()

  /// Those it may have, and the one it has.
  private let roles: [Role]
  private(set) var role: Role?
  let limits: APILimits
  var actions: [Action] = []
  var pending: [UInt64: Open] = [:]
  private var pendingOctets = 0
  /// Octets of the line that is being read.
  private var lineOctets = 0
  var nextRequest: UInt64 = 1
  var subscriptions: [Subscription] = []
  /// Consumers that another connection took over: acknowledgements for them get an error. At most as many as subscriptions;
  /// older ones are forgotten.
  var fenced: [String] = []
  /// What earlier connections of consumers know about events in flight. The owner fills this in before it answers a subscription.
  public var inherited: [String: DeliveryMemory] = [:]
  /// Acknowledgements that wait for the one that the writer has.
  var waitingAcks = 0
  /// Whether `hello` was answered.
  var hasGreeted = false
  /// Whether ``Action/close(_:)`` was asked for: nothing more is read or sent.
  public private(set) var isClosing = false
  private let connectedAt: Duration
  private var lines = LineScanner()
  /// Running positions in the octets for the peer: written to the socket, and the end of the last answer.
  private var writtenOctets: UInt64 = 0
  private var lastReplyEnd: UInt64 = 0
  /// Since when an answer waits and the peer reads nothing; nil while none was seen to.
  private var unreadSince: Duration?

  /// `roles`: what the peer may ask for, the first by default. Where there is none its first line is refused.
  public init(roles: [Role], surroundings: Surroundings, limits: APILimits, at now: Duration) {
    self.roles = roles
    role = roles.first
    self.surroundings = surroundings
    self.limits = limits
    connectedAt = now
  }

  // MARK: Octets in

  /// Whether lines are being taken. Where not, the owner leaves the socket unread: requests or answers have reached
  /// their limit.
  public var isReading: Bool {
    hasRoomForAnswer && pending.count + waitingAcks < limits.requestsPerConnection
      && pendingOctets < limits.requestOctetsPerConnection
  }

  /// Whether the peer reads its answers. Where not, the owner lets its queries wait, so that answers do not pile up.
  public var hasRoomForAnswer: Bool { !isClosing && output.count < limits.repliesAhead }

  /// Takes whole lines off the front of `octets`, which begin where the last call ended; says how many octets it took.
  public func received(_ octets: UnsafeRawBufferPointer, at now: Duration) -> Int {
    var taken = 0
    while isReading {
      let rest = UnsafeRawBufferPointer(rebasing: octets[taken...])
      guard let length = lines.lineLength(in: rest) else {
        if rest.count > limits.maximumLine {
          reply(
            .failure(APIError(.invalidRequest, "a line is at most \(limits.maximumLine) octets")), to: .null)
          close(.lineTooLong)
        }
        return taken
      }
      taken += length + 1
      guard length <= limits.maximumLine else {
        reply(
          .failure(APIError(.invalidRequest, "a line is at most \(limits.maximumLine) octets")), to: .null)
        close(.lineTooLong)
        return taken
      }
      lineOctets = length
      line(UnsafeRawBufferPointer(rebasing: rest[..<length]), at: now)
      lineOctets = 0
    }
    return taken
  }

  private func line(_ line: UnsafeRawBufferPointer, at now: Duration) {
    if line.allSatisfy({ $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }) { return }
    let request = Request.decode(line: line)
    guard let role else {
      reply(.failure(APIError(.forbidden, "this user has no role here")), to: request.id)
      close(.noRole)
      return
    }
    if let method = request.method, !role.may(method, in: request.session) {
      actions.append(.forbidden(method))
      reply(.failure(.forbidden(method)), to: request.id)
      return
    }
    let call: Call
    switch request.call {
    case .success(let decoded): call = decoded
    case .failure(let error):
      reply(.failure(error), to: request.id)
      return
    }
    if case .session(.hello(let params)) = call {
      hello(params, request.id, role)
      return
    }
    guard hasGreeted else {
      reply(.failure(APIError(.invalidRequest, "send hello first")), to: request.id)
      return
    }
    switch call {
    case .session(.feedUnsubscribe(let params)): unsubscribe(params, request.id)
    case .session(.hello): break
    case .command(.feedSubscribe(let params)): subscribe(params, request.id)
    case .command(.feedAck(let params)): acknowledge(params, request.id)
    case .command(let command):
      actions.append(.command(expect(.plain(request.id)), command, as: request.session))
    case .query(let query):
      actions.append(.query(expect(.plain(request.id)), query, as: request.session))
    }
  }

  private func hello(_ params: Hello, _ id: RequestID, _ role: Role) {
    guard !hasGreeted else {
      reply(.failure(APIError(.invalidRequest, "hello was sent already")), to: id)
      return
    }
    guard params.protocol >= 1 else {
      reply(.failure(.invalid("protocol", "this server supports 1")), to: id)
      return
    }
    var role = role
    if let name = params.role {
      guard let chosen = roles.first(where: { $0.name == name }) else {
        actions.append(.forbidden(.hello))
        let names = roles.map(\.name).joined(separator: ", ")
        reply(.failure(APIError(.forbidden, "the role is not yours; yours are: \(names)")), to: id)
        return
      }
      role = chosen
      self.role = chosen
    }
    hasGreeted = true
    let result = HelloResult(
      protocol: 1, server: surroundings.server, store: surroundings.store, role: role.name,
      oldest: Cursor(surroundings.oldest), newest: Cursor(surroundings.newest), maxLine: limits.maximumLine)
    reply(.success(result), to: id)
  }

  func expect(_ what: Pending) -> UInt64 {
    let request = nextRequest
    nextRequest &+= 1
    pending[request] = Open(request: what, octets: lineOctets)
    pendingOctets += lineOctets
    return request
  }

  // MARK: Answers

  /// The answer to a request an action handed out. One that is not awaited is ignored.
  public func completed(_ request: UInt64, with answer: Reply, at now: Duration) {
    guard let open = pending.removeValue(forKey: request) else { return }
    pendingOctets -= open.octets
    switch open.request {
    case .plain(let id): reply(answer, to: id)
    case .subscribe(let id, let params): reply(subscribed(params, answer, at: now), to: id)
    case .ack(let ids, let consumer, let through):
      acknowledged(consumer, through, answer, at: now)
      for id in ids { reply(answer, to: id) }
    }
  }

  func reply(_ answer: Reply, to id: RequestID) {
    guard !isClosing else { return }
    switch answer {
    case .result(let json) where json.count > limits.maximumLine - 1_024:
      ReplyLine.append(
        error: .tooLarge("max_line", "the answer is longer than a line may be: ask for less"),
        id: id,
        to: &output)
    case .result(let json): ReplyLine.append(result: json, id: id, to: &output)
    case .failure(let error): ReplyLine.append(error: error, id: id, to: &output)
    }
    lastReplyEnd = writtenOctets &+ UInt64(output.count)
  }

  // MARK: Octets out

  /// `count` octets of ``output`` were written to the socket; they are taken off it.
  public func wrote(_ count: Int, at now: Duration) {
    guard count > 0 else { return }
    output.consume(count)
    writtenOctets &+= UInt64(count)
    unreadSince = hasUnreadReply ? now : nil
    output.shrink(to: limits.feedAhead * 2)
  }

  // MARK: Time

  /// When ``tick(at:)`` has something to do.
  public var nextDeadline: Duration? {
    guard !isClosing else { return nil }
    var deadline: Duration?
    func consider(_ other: Duration?) {
      if let other, deadline.map({ other < $0 }) ?? true { deadline = other }
    }
    if !hasGreeted { consider(connectedAt + limits.helloTimeout) }
    if hasUnreadReply {
      // One that was not seen yet is looked at now.
      consider(unreadSince.map { $0 + limits.unreadReplyTimeout } ?? .zero)
    }
    for subscription in subscriptions {
      consider(subscription.heartbeatAt)
      consider(subscription.skipDue(limits))
      if subscription.inFlight > 0 { consider(subscription.redeliverAt) }
    }
    return deadline
  }

  private var hasUnreadReply: Bool { lastReplyEnd > writtenOctets }

  public func tick(at now: Duration) {
    guard !isClosing else { return }
    if !hasGreeted, now >= connectedAt + limits.helloTimeout {
      reply(.failure(APIError(.invalidRequest, "no hello in time")), to: .null)
      close(.noHello)
      return
    }
    if hasUnreadReply {
      let since = unreadSince ?? now
      unreadSince = since
      if now >= since + limits.unreadReplyTimeout { return close(.unreadReplies) }
    }
    tickSubscriptions(at: now)
  }

  // MARK: Ends

  func close(_ reason: CloseReason) {
    guard !isClosing else { return }
    isClosing = true
    for subscription in subscriptions {
      actions.append(.unsubscribed(subscription.consumer, subscription.memoryAfterEnd()))
    }
    actions.append(.close(reason))
  }

  /// Another connection needs its place.
  func displace() {
    reply(
      .failure(.busy("connections", "another connection needed this place: say hello at once")), to: .null)
    close(.displaced)
  }

  /// The server stops: no more lines, and the peer sees the end of the stream.
  public func stop() { close(.stopping) }

  /// What is to be done, and forgets it.
  public func takeActions() -> [Action] {
    defer { actions.removeAll(keepingCapacity: true) }
    return actions
  }

  /// Whether requests are with the owner.
  public var hasPending: Bool { !pending.isEmpty || waitingAcks > 0 }

  /// Whether there is something to do.
  public var hasActions: Bool { !actions.isEmpty }
}
