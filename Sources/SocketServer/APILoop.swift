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
    let userID: UInt32
    let processID: Int32
    let machine: ClientConnection
    var input: InputBuffer
    /// The peer has ended its side: what is open is answered, then the connection ends.
    var inputEnded = false
    /// Lines may wait in `input` that the machine did not take, being at a limit.
    var linesWait = false
    /// The kernel took less than it was given.
    var isBlocked = false

    /// In the role it has asked for.
    var caller: Caller? {
      machine.role.map { Caller(role: $0, userID: userID, processID: processID) }
    }

    init(
      key: UInt64, token: EventLoop.Token, connection: consuming Connection,
      peer: UnixSocket.PeerCredentials, machine: ClientConnection, limits: APILimits
    ) {
      self.key = key
      self.token = token
      self.connection = connection
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
  let limits: APILimits
  private let loop: EventLoop
  private var listener: Listener
  private let listenerToken: EventLoop.Token
  let commands: any CommandSink
  let audit: @Sendable (AuditRecord) -> Void
  private let feed: any FeedSource
  let readers: QueryReaders
  private let server: APIServer

  /// By the slot of their registration.
  private var clients: [Client?] = []
  private var slots: [UInt64: Int] = [:]
  private var connectionsOfUser: [UInt32: Int] = [:]
  private var nextKey: UInt64 = 1
  var registry = ConsumerRegistry()
  private var cache: FeedCache
  private var writer: EventWriter
  /// Queries that wait for a reader, and what each reader has.
  var turns: QueryTurns
  var asked: [Asked?]
  /// Commands with the writer.
  var submitted = 0
  /// Consumers that a `feed.forget` with the writer removes.
  var forgets: [ReplyToken: String] = [:]
  private var newest: Int64
  /// Clients with more to do than one turn allows.
  var unfinished: Set<UInt64> = []
  private var acceptAgainAt: Duration?
  private var readFeedAgainAt: Duration?
  var counters = APIServer.Counters()

  init(
    _ configuration: APIServer.Configuration, _ parts: consuming Handover.Parts, commands: any CommandSink,
    audit: @escaping @Sendable (AuditRecord) -> Void, feed: any FeedSource, server: APIServer
  ) throws {
    self.configuration = configuration
    limits = configuration.limits
    loop = parts.loop
    listener = parts.listener
    listenerToken = try loop.add(listener)
    self.commands = commands
    self.audit = audit
    self.feed = feed
    readers = server.readers
    turns = QueryTurns(limit: configuration.limits.queries)
    asked = Array(repeating: nil, count: server.readers.count)
    self.server = server
    cache = FeedCache(configuration.limits)
    writer = EventWriter(store: configuration.store)
    newest = feed.newest
  }

  // MARK: The loop

  func run() {
    var events: [EventLoop.Event] = []
    var completions: [APIServer.Completion] = []
    var answers: [QueryReaders.Answer] = []
    while !server.shared.isStopping.load(ordering: .sequentiallyConsistent) {
      loop.wait(until: unfinished.isEmpty ? nextDeadline : .zero, into: &events)
      let now = loop.now
      server.pulse.beat(at: now)
      server.shared.completions.drain(into: &completions)
      for completion in completions { complete(completion, at: now) }
      completions.removeAll(keepingCapacity: true)
      readers.drain(into: &answers)
      for answer in answers { answered(answer, at: now) }
      answers.removeAll(keepingCapacity: true)
      endOverdueQueries(at: now)
      assignQueries(at: now)
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

  private var nextDeadline: Duration {
    var deadline = loop.now + Pulse.longestSleep
    for other in [acceptAgainAt, readFeedAgainAt, nextQueryDeadline] {
      if let other { deadline = min(deadline, other) }
    }
    for case let client? in clients {
      if let other = client.machine.nextDeadline { deadline = min(deadline, other) }
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
    // Answers that were written made room for others.
    assignQueries(at: now)
    counters.queriesRunning = asked.count { $0 != nil }
    counters.queriesWaiting = turns.count
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
    let roles = configuration.roles.roles(for: peer)
    if let limit = makeRoom(for: peer.userID, roles.first { $0.isAdministrator } ?? roles.first, at: now) {
      counters.turnedAwayTotal += 1
      audit(.turnedAway(userID: peer.userID, limit: limit))
      var line = JSONBuffer(capacity: 256)
      ReplyLine.append(error: .busy(limit), id: .null, to: &line)
      line.withReadable { _ = connection.write($0) }
      return
    }
    if roles.isEmpty { audit(.noRole(userID: peer.userID, processID: peer.processID)) }
    let machine = ClientConnection(
      roles: roles,
      surroundings: .init(
        server: configuration.server, store: configuration.store, oldest: feed.oldest, newest: newest),
      limits: limits, at: now)
    guard let token = try? loop.add(connection, .readable) else { return }
    let client = Client(
      key: nextKey, token: token, connection: connection, peer: peer, machine: machine, limits: limits)
    nextKey += 1
    let slot = Int(token.slot)
    while clients.count <= slot { clients.append(nil) }
    clients[slot] = client
    slots[client.key] = slot
    connectionsOfUser[peer.userID, default: 0] += 1
    counters.acceptedTotal += 1
  }

  func client(_ key: UInt64) -> Client? { slots[key].flatMap { clients[$0] } }

  /// The oldest first.
  var clientsInOrder: [Client] { slots.sorted { $0.key < $1.key }.compactMap { clients[$0.value] } }

  func drop(_ client: Client) {
    guard let slot = slots.removeValue(forKey: client.key) else { return }
    // Gives what is in flight back to the consumers' memories.
    client.machine.stop()
    for case .unsubscribed(let consumer, let memory) in client.machine.takeActions() {
      registry.release(consumer, by: client.key, remembering: memory)
    }
    registry.releaseAll(of: client.key)
    turns.forget(client.key)
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
    client.linesWait = taken > 0 && client.input.count > 0
  }

  // MARK: One connection's turn

  /// Lines that waited, events, and octets out.
  private func serve(_ client: Client, at now: Duration) {
    guard slots[client.key] != nil else { return }
    perform(client, at: now)
    if client.linesWait, client.machine.isReading { takeLines(client, at: now) }
    client.machine.surroundings.newest = newest
    guard let isFinished = writeEvents(client, at: now) else { return }
    if !isFinished || client.linesWait && client.machine.isReading { unfinished.insert(client.key) }
    if client.machine.isClosing || client.inputEnded && isDone(client) {
      drop(client)
      return
    }
    var interest: EventLoop.Interest = []
    if client.machine.isReading, !client.inputEnded, !client.input.isFull { interest.insert(.readable) }
    if client.isBlocked { interest.insert(.writable) }
    loop.modify(client.token, interest)
  }

  /// Writes what stands before the socket, then events, in turns: room for more comes with each write, and nobody else
  /// would report it. Nil when the connection is gone; false when a portion is left for the next turn.
  private func writeEvents(_ client: Client, at now: Duration) -> Bool? {
    for _ in 0..<APILoop.portionsPerTurn {
      guard flush(client, at: now) else { return nil }
      if client.isBlocked || !offerEvents(client, at: now) { return true }
    }
    return false
  }

  /// Nothing is open: no request without its answer, no octet unwritten.
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
        let rows = try cache.rows(after: position, newest: newest, of: feed)
        guard !rows.isEmpty else {
          // Announced, and not to be seen yet: the reader's view is a moment behind.
          readFeedAgainAt = now + APILoop.retryAfter
          continue
        }
        for sequence in client.machine.offer(rows, to: index, writer: &writer, at: now) {
          audit(.unreadableEvent(sequence: sequence))
        }
        offered = true
      } catch {
        cache.removeAll()
        if error.code == .cursorExpired {
          client.machine.surroundings.oldest = feed.oldest
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
    while !client.isBlocked, !client.machine.output.isEmpty {
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
