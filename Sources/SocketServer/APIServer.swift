import Contract
public import NetIO
import Synchronization

/// The server side of the local socket: a thread with an event loop, and reader threads that answer queries. Every method may be
/// called from any thread.
///
/// The loop reads the feed itself: a portion is bounded and mostly in the cache, and no query stands before the feed. A query
/// may take ``APILimits/queryTime``, so no query runs on the loop.
public final class APIServer: Sendable {
  /// What a server needs to start.
  public struct Configuration: Sendable {
    /// Name and version, as in `hello`.
    public var server: String
    /// The store's identity: events' `source` is `urn:tollgate:` and it.
    public var store: String
    public var roles: RoleTable
    public var limits: APILimits

    public init(server: String, store: String, roles: RoleTable, limits: APILimits = .init()) {
      self.server = server
      self.store = store
      self.roles = roles
      self.limits = limits
    }
  }

  /// What the server has done since it started.
  public struct Counters: Sendable, Hashable {
    /// Connections now.
    public var connections = 0
    /// Consumers read now.
    public var consumers = 0
    public var acceptedTotal = 0
    public var turnedAwayTotal = 0
    /// Connections closed for others, before they said hello.
    public var displacedTotal = 0
    /// Queries that readers answer now, and queries that wait for a reader.
    public var queriesRunning = 0
    public var queriesWaiting = 0
    public var queriesTotal = 0
    /// Queries answered `busy` because too many waited.
    public var queriesBusyTotal = 0
    /// Queries answered `busy` because their time was over.
    public var queriesOverTimeTotal = 0
    public var commandsTotal = 0
    /// Commands answered `busy` because the writer had no room.
    public var busyTotal = 0
    public var forbiddenTotal = 0
    /// Octets written to peers.
    public var octetsTotal = 0
  }

  /// What other threads and the loop share.
  struct Shared: ~Copyable, Sendable {
    let waker: Waker
    let completions: Mailbox<Completion>
    /// Sequence of the newest committed event, as far as it was announced.
    let newest = Atomic<Int64>(0)
    /// Whether anybody reads the feed. If nobody does, events wake no thread.
    let isFollowed = Atomic<Bool>(false)
    let isStopping = Atomic<Bool>(false)
    let counters = Lock(Counters())
  }

  /// An answer on its way back.
  struct Completion: Sendable {
    let token: ReplyToken
    let reply: Reply
  }

  let shared: Shared
  let readers: QueryReaders
  let pulse = Pulse("socket")
  private let thread = Lock<Worker?>(nil)

  private init(waker: Waker, limits: APILimits, readers: QueryReaders) {
    self.readers = readers
    // Room for an answer to every command the loop lets through: a post is never refused.
    shared = Shared(
      waker: waker, completions: Mailbox("api replies", capacity: limits.requests + 1, waker: waker))
  }

  /// Starts serving `listener` on threads of its own. `makeFeed` runs on the loop's and `makeQueries` on each reader's, so
  /// that what they make (a read-only database) belongs to it; when one throws, the server does not start.
  public static func start(
    _ configuration: Configuration, on listener: consuming Listener, commands: any CommandSink,
    audit: @escaping @Sendable (AuditRecord) -> Void = { _ in },
    feed makeFeed: @escaping @Sendable () throws -> any FeedSource,
    queries makeQueries: @escaping @Sendable () throws -> any QueryHandler
  ) throws -> APIServer {
    let loop = try EventLoop()
    let limits = configuration.limits
    let readers = try QueryReaders(
      count: limits.readers, within: limits.queryTime, waker: loop.waker, makeHandler: makeQueries)
    let server = APIServer(waker: loop.waker, limits: limits, readers: readers)
    let handover = Handover(loop: loop, listener: listener)
    let started = StartSignal()
    do {
      let worker = try Worker.start(name: server.pulse.name, stackSize: 4 << 20) {
        guard let parts = handover.take() else { return }
        do {
          let api = try APILoop(
            configuration, parts, commands: commands, audit: audit, feed: try makeFeed(), server: server)
          started.signal(.success(()))
          api.run()
        } catch {
          started.signal(.failure(error))
        }
      }
      server.thread.withLock { $0 = worker }
      try started.wait()
      return server
    } catch {
      server.stop()
      throw error
    }
  }

  /// The answer to a command that was submitted: once for each.
  public func complete(_ token: ReplyToken, with reply: Reply) {
    shared.completions.post(Completion(token: token, reply: reply))
  }

  /// Events up to `sequence` are committed and may be read. Cheap: an atomic store, and a wake where somebody reads.
  public func newestChanged(_ sequence: Int64) {
    shared.newest.store(sequence, ordering: .sequentiallyConsistent)
    if shared.isFollowed.load(ordering: .sequentiallyConsistent) { shared.waker.wake() }
  }

  /// What it has done so far; behind by at most one turn of the loop.
  public var counters: Counters { shared.counters.withLock { $0 } }

  /// The pulses of its threads, the loop's first.
  public var pulses: [Pulse] { [pulse] + readers.pulses }

  /// Closes the listener and every connection, after writing what their sockets take at once, and waits for the threads.
  public func stop() {
    shared.isStopping.store(true, ordering: .sequentiallyConsistent)
    shared.waker.wake()
    thread.withLock { $0.take() }?.join()
    readers.stop()
  }
}
