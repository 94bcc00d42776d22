import Contract
import NetIO
import Synchronization

/// The server's thread: performs what the connections' machines ask, and decides nothing itself.
final class APILoop {
  /// One connection.
  final class Client {
    let key: UInt64
    let token: EventLoop.Token
    let connection: Connection
    let caller: Caller?
    let userID: UInt32
    let processID: Int32
    let machine: ClientConnection
    var input: InputBuffer
    /// The peer has ended its side: what is open is answered, then the connection ends.
    var inputEnded = false
    /// The kernel took less than it was given.
    var isBlocked = false

    init(
      key: UInt64, token: EventLoop.Token, connection: consuming Connection, caller: Caller?,
      peer: UnixSocket.PeerCredentials, machine: ClientConnection, limits: APILimits
    ) {
      self.key = key
      self.token = token
      self.connection = connection
      self.caller = caller
      userID = peer.userID
      processID = peer.processID
      self.machine = machine
      input = InputBuffer(limit: limits.maximumLine + 2)
    }
  }

  /// Reads, or feed portions, for one connection before the others get their turn.
  private static let portionsPerTurn = 8
  /// Time without accepting when the process is out of descriptors, and without reading the feed after it failed.
  private static let retryAfter: Duration = .milliseconds(200)

  private let configuration: APIServer.Configuration
  private let limits: APILimits
  private let loop: EventLoop
  private var listener: Listener
  private let listenerToken: EventLoop.Token
  private let commands: any CommandSink
  private let audit: @Sendable (AuditRecord) -> Void
  private let backend: APIBackend
  private let server: APIServer

  /// By the slot of their registration.
  private var clients: [Client?] = []
  private var slots: [UInt64: Int] = [:]
  private var connectionsOfUser: [UInt32: Int] = [:]
  private var nextKey: UInt64 = 1
  private var registry = ConsumerRegistry()
  private var cache: FeedCache
  private var writer: EventWriter
  /// Commands with the writer.
  private var submitted = 0
  /// Consumers that a `feed.forget` with the writer removes.
  private var forgets: [ReplyToken: String] = [:]
  private var newest: Int64
  /// Clients with more to do than one turn allows.
  private var unfinished: Set<UInt64> = []
  private var acceptAgainAt: Duration?
  private var readFeedAgainAt: Duration?
  private var counters = APIServer.Counters()

  init(
    _ configuration: APIServer.Configuration, _ parts: consuming Handover.Parts, commands: any CommandSink,
    audit: @escaping @Sendable (AuditRecord) -> Void, backend: APIBackend, server: APIServer
  ) throws {
    self.configuration = configuration
    limits = configuration.limits
    loop = parts.loop
    listener = parts.listener
    listenerToken = try loop.add(listener)
    self.commands = commands
    self.audit = audit
    self.backend = backend
    self.server = server
    cache = FeedCache(configuration.limits)
    writer = EventWriter(store: configuration.store)
    newest = backend.feed.newest
  }

  // MARK: The loop

  func run() {
    var events: [EventLoop.Event] = []
    var completions: [APIServer.Completion] = []
    while !server.shared.isStopping.load(ordering: .sequentiallyConsistent) {
      loop.wait(until: unfinished.isEmpty ? nextDeadline : .zero, into: &events)
      let now = loop.now
      server.shared.completions.drain(into: &completions)
      for completion in completions { complete(completion, at: now) }
      completions.removeAll(keepingCapacity: true)
      for event in events where loop.isCurrent(event.token) {
        if event.token == listenerToken {
          acceptAll(at: now)
        } else {
          handle(event, at: now)
        }
      }
      takeTurns(at: now)
      server.shared.counters.withLock { $0 = counters }
    }
    stopAll()
  }

  private var nextDeadline: Duration? {
    var deadline = acceptAgainAt
    if let readFeedAgainAt { deadline = min(deadline ?? readFeedAgainAt, readFeedAgainAt) }
    for case let client? in clients {
      if let other = client.machine.nextDeadline { deadline = min(deadline ?? other, other) }
    }
    return deadline
  }

  /// Time, new events, and what was left over: every connection once.
  private func takeTurns(at now: Duration) {
    let announced = server.shared.newest.load(ordering: .sequentiallyConsistent)
    if announced > newest { newest = announced }
    if let due = acceptAgainAt, now >= due {
      acceptAgainAt = nil
      loop.modify(listenerToken, .readable)
    }
    if let due = readFeedAgainAt, now >= due { readFeedAgainAt = nil }
    unfinished.removeAll(keepingCapacity: true)
    var consumers = 0
    for slot in clients.indices {
      guard let client = clients[slot] else { continue }
      if let due = client.machine.nextDeadline, now >= due { client.machine.tick(at: now) }
      serve(client, at: now)
      consumers += client.machine.subscriptionCount
    }
    counters.connections = slots.count
    counters.consumers = consumers
    let isFollowed = consumers > 0
    if server.shared.isFollowed.load(ordering: .relaxed) != isFollowed {
      server.shared.isFollowed.store(isFollowed, ordering: .sequentiallyConsistent)
      // What was committed before the flag stood is looked at again.
      if isFollowed, server.shared.newest.load(ordering: .sequentiallyConsistent) > newest {
        server.shared.waker.wake()
      }
    }
  }

  // MARK: Connections

  private func acceptAll(at now: Duration) {
    for _ in 0..<64 {
      switch listener.accept() {
      case .connection(let connection, from: _): admit(connection, at: now)
      case .wouldBlock: return
      case .turnedAway: counters.turnedAwayTotal += 1
      case .starved:
        restAccepting(at: now)
        return
      case .failed:
        restAccepting(at: now)
        return
      }
    }
  }

  private func restAccepting(at now: Duration) {
    loop.modify(listenerToken, [])
    acceptAgainAt = now + APILoop.retryAfter
  }

  private func admit(_ connection: consuming Connection, at now: Duration) {
    guard let peer = try? connection.peerCredentials() else { return }
    let ofUser = connectionsOfUser[peer.userID, default: 0]
    let limit =
      slots.count >= limits.connections
      ? "connections" : ofUser >= limits.connectionsPerUser ? "connections_per_user" : nil
    if let limit {
      counters.turnedAwayTotal += 1
      audit(.turnedAway(userID: peer.userID, limit: limit))
      var line = JSONBuffer(capacity: 256)
      ReplyLine.append(error: .busy(limit), id: .null, to: &line)
      line.withReadable { _ = connection.write($0) }
      return
    }
    let role = configuration.roles.role(for: peer)
    if role == nil { audit(.noRole(userID: peer.userID, processID: peer.processID)) }
    let machine = ClientConnection(
      role: role,
      surroundings: .init(
        server: configuration.server, store: configuration.store, oldest: backend.feed.oldest, newest: newest),
      limits: limits, at: now)
    guard let token = try? loop.add(connection, .readable) else { return }
    let client = Client(
      key: nextKey, token: token, connection: connection,
      caller: role.map { Caller(role: $0, userID: peer.userID, processID: peer.processID) }, peer: peer,
      machine: machine, limits: limits)
    nextKey += 1
    let slot = Int(token.slot)
    while clients.count <= slot { clients.append(nil) }
    clients[slot] = client
    slots[client.key] = slot
    connectionsOfUser[peer.userID] = ofUser + 1
    counters.acceptedTotal += 1
  }

  private func client(_ key: UInt64) -> Client? { slots[key].flatMap { clients[$0] } }

  private func drop(_ client: Client) {
    guard let slot = slots.removeValue(forKey: client.key) else { return }
    // Gives what is in flight back to the consumers' memories.
    client.machine.stop()
    for case .unsubscribed(let consumer, let memory) in client.machine.takeActions() {
      registry.release(consumer, by: client.key, remembering: memory)
    }
    registry.releaseAll(of: client.key)
    loop.remove(client.token)
    clients[slot] = nil
    unfinished.remove(client.key)
    let left = connectionsOfUser[client.userID, default: 1] - 1
    connectionsOfUser[client.userID] = left > 0 ? left : nil
  }

  private func handle(_ event: EventLoop.Event, at now: Duration) {
    guard let client = clients[Int(event.token.slot)] else { return }
    if event.isWritable { client.isBlocked = false }
    if event.isReadable { read(client, at: now) }
    if event.isHangup, slots[client.key] != nil {
      perform(client, at: now)
      drop(client)
    }
  }

  private func read(_ client: Client, at now: Duration) {
    for _ in 0..<APILoop.portionsPerTurn where client.machine.isReading && !client.inputEnded {
      switch client.input.fill(from: client.connection) {
      case .count(0): return
      case .count: takeLines(client, at: now)
      case .wouldBlock: return
      case .closed:
        client.inputEnded = true
        return
      case .failed:
        drop(client)
        return
      }
    }
  }

  /// Gives the machine what was read, as long as it takes lines, and performs what comes of them.
  private func takeLines(_ client: Client, at now: Duration) {
    client.machine.surroundings.newest = newest
    var taken = 0
    repeat {
      taken = client.input.withUnread { client.machine.received($0, at: now) }
      client.input.consume(taken)
      perform(client, at: now)
    } while taken > 0 && client.input.count > 0 && client.machine.isReading
  }

  // MARK: One connection's turn

  /// Lines that waited, events, and octets out.
  private func serve(_ client: Client, at now: Duration) {
    guard slots[client.key] != nil else { return }
    perform(client, at: now)
    if client.input.count > 0, client.machine.isReading { takeLines(client, at: now) }
    client.machine.surroundings.newest = newest
    var portions = 0
    while !client.isBlocked, portions < APILoop.portionsPerTurn {
      portions += 1
      let offered = offerEvents(client, at: now)
      guard flush(client, at: now) else { return }
      if !offered { break }
    }
    if portions == APILoop.portionsPerTurn { unfinished.insert(client.key) }
    if client.machine.isClosing || client.inputEnded && isDone(client) {
      drop(client)
      return
    }
    var interest: EventLoop.Interest = []
    if client.machine.isReading, !client.inputEnded, !client.input.isFull { interest.insert(.readable) }
    if client.isBlocked { interest.insert(.writable) }
    loop.modify(client.token, interest)
  }

  /// Nothing is open: no request with the writer, no octet unwritten.
  private func isDone(_ client: Client) -> Bool {
    client.machine.output.isEmpty && !client.machine.hasPending
  }

  /// Writes one portion of events for each consumer; whether any was written.
  private func offerEvents(_ client: Client, at now: Duration) -> Bool {
    guard readFeedAgainAt == nil else { return false }
    var offered = false
    var index = 0
    while index < client.machine.subscriptionCount {
      defer { index += 1 }
      guard let position = client.machine.wantedPosition(of: index) else { continue }
      do {
        let rows = try cache.rows(after: position, newest: newest, of: backend.feed)
        guard !rows.isEmpty else { continue }
        for sequence in client.machine.offer(rows, to: index, writer: &writer, at: now) {
          audit(.unreadableEvent(sequence: sequence))
        }
        offered = true
      } catch {
        cache.removeAll()
        if error.code == .cursorExpired {
          client.machine.surroundings.oldest = backend.feed.oldest
          client.machine.expire(index)
          perform(client, at: now)
          index -= 1
        } else {
          readFeedAgainAt = now + APILoop.retryAfter
          return offered
        }
      }
    }
    return offered
  }

  /// Writes what the kernel takes; false when the connection is gone.
  private func flush(_ client: Client, at now: Duration) -> Bool {
    while !client.machine.output.isEmpty {
      let result = client.machine.output.withReadable { client.connection.write($0) }
      switch result {
      case .count(let count):
        client.machine.wrote(count, at: now)
        counters.octetsTotal += count
      case .wouldBlock:
        client.isBlocked = true
        return true
      case .closed, .failed:
        drop(client)
        return false
      }
    }
    return true
  }

  // MARK: What machines ask

  private func perform(_ client: Client, at now: Duration) {
    while client.machine.hasActions {
      for action in client.machine.takeActions() { perform(action, of: client, at: now) }
    }
  }

  private func perform(_ action: ClientConnection.Action, of client: Client, at now: Duration) {
    switch action {
    case .query(let request, let query):
      counters.queriesTotal += 1
      client.machine.completed(request, with: answer(query, for: client), at: now)
    case .command(let request, let command):
      if !submit(command, request, client) {
        client.machine.completed(request, with: .failure(.busy("writer")), at: now)
      }
    case .subscribe(let request, let params): subscribe(client, request, params, at: now)
    case .unsubscribed(let consumer, let memory):
      registry.release(consumer, by: client.key, remembering: memory)
    case .forbidden(let method):
      counters.forbiddenTotal += 1
      audit(
        .forbidden(
          userID: client.userID, processID: client.processID, role: client.caller?.role.name ?? "",
          method: method))
    case .close(let reason):
      audit(.closed(userID: client.userID, processID: client.processID, reason: reason))
    }
  }

  private func answer(_ query: Query, for client: Client) -> Reply {
    guard let caller = client.caller else { return .failure(.internalError) }
    let reply = backend.queries.answer(query, for: caller)
    guard case .feedConsumers = query, case .result(let json) = reply,
      var result = try? ContractJSON.decode(FeedConsumersResult.self, from: json)
    else { return reply }
    for index in result.items.indices {
      result.items[index].connected = registry.owner(of: result.items[index].consumer) != nil
    }
    return .success(result)
  }

  /// Hands a command to the writer; false where there is no room.
  private func submit(_ command: Command, _ request: UInt64, _ client: Client) -> Bool {
    guard let caller = client.caller else { return false }
    let token = ReplyToken(connection: client.key, request: request)
    guard submitted < limits.requests,
      commands.submit(CommandRequest(token: token, command: command, caller: caller))
    else {
      counters.busyTotal += 1
      return false
    }
    submitted += 1
    counters.commandsTotal += 1
    if case .feedForget(let params) = command { forgets[token] = params.consumer }
    return true
  }

  /// One live connection a consumer: another is refused, or takes its place.
  private func subscribe(_ client: Client, _ request: UInt64, _ params: FeedSubscribe, at now: Duration) {
    if let owner = registry.owner(of: params.consumer), owner != client.key {
      guard params.takeover == true else {
        let error = APIError(.consumerBusy, "another connection reads as this consumer; takeover fences it")
        client.machine.completed(request, with: .failure(error), at: now)
        return
      }
      fence(params.consumer, at: now)
    }
    registry.claim(params.consumer, for: client.key)
    if !submit(.feedSubscribe(params), request, client) {
      client.machine.completed(request, with: .failure(.busy("writer")), at: now)
      releaseUnlessRead(params.consumer, client)
    }
  }

  private func fence(_ consumer: String, at now: Duration) {
    guard let owner = registry.owner(of: consumer) else { return }
    audit(.fenced(consumer: consumer))
    if let other = client(owner) {
      other.machine.fence(consumer)
      perform(other, at: now)
      // Its turn comes in this round or the next: the notice goes out then.
      unfinished.insert(owner)
    }
    registry.release(consumer, by: owner, remembering: nil)
  }

  private func releaseUnlessRead(_ consumer: String, _ client: Client) {
    if !client.machine.reads(consumer) { registry.release(consumer, by: client.key, remembering: nil) }
  }

  private func complete(_ completion: APIServer.Completion, at now: Duration) {
    submitted -= 1
    let token = completion.token
    if let forgotten = forgets.removeValue(forKey: token), case .result = completion.reply {
      fence(forgotten, at: now)
    }
    guard let client = client(token.connection) else { return }
    guard let params = client.machine.subscription(askedBy: token.request) else {
      client.machine.completed(token.request, with: completion.reply, at: now)
      return
    }
    guard registry.owner(of: params.consumer) == client.key else {
      let error = APIError(.consumerBusy, "another connection took the consumer over")
      client.machine.completed(token.request, with: .failure(error), at: now)
      return
    }
    client.machine.inherited[params.consumer] = registry.takeMemory(of: params.consumer)
    client.machine.completed(token.request, with: completion.reply, at: now)
    client.machine.inherited.removeAll()
    releaseUnlessRead(params.consumer, client)
  }

  // MARK: The end

  private func stopAll() {
    let now = loop.now
    for case let client? in clients {
      client.machine.stop()
      client.isBlocked = false
      if flush(client, at: now) { drop(client) }
    }
  }
}
