import Glibc
import Synchronization

/// Keeps the write-ahead log short from a thread and a connection of its own, so that no commit pays for it.
///
/// Woken when the log passes ``Policy/startFrames``: moves the bulk without stopping anybody, again while much is
/// left, then has the writer move the last few frames between two transactions (``WALMonitor``). The log's file
/// keeps its length and is overwritten from its beginning, which spares the file system the growth at each sync.
public final class Checkpointer: Sendable {
  public struct Policy: Sendable {
    /// Frames in the log at which work begins.
    public var startFrames: Int
    /// So few frames left that another pass on this thread is not worth its syncs.
    public var finishFrames: Int
    /// Frames at most that are left to the writer, which stands still while it moves them.
    public var finishLimit: Int
    /// Passes in a row before the log is left to grow a little.
    public var passes: Int
    /// The pause after an attempt that a reader's snapshot or a fast writer kept from completing.
    public var retryAfter: Duration
    /// How often an idle log is looked at; what is there is moved, and a file longer than
    /// ``Policy/truncateOctets`` cut.
    public var idleInterval: Duration
    /// Size of the log's file above which an idle moment is used to give the disk space back.
    public var truncateOctets: Int64

    public init(
      startFrames: Int = 2_048, finishFrames: Int = 256, finishLimit: Int = 2_048, passes: Int = 4,
      retryAfter: Duration = .milliseconds(50), idleInterval: Duration = .seconds(5),
      truncateOctets: Int64 = 256 << 20
    ) {
      self.startFrames = startFrames
      self.finishFrames = finishFrames
      self.finishLimit = finishLimit
      self.passes = passes
      self.retryAfter = retryAfter
      self.idleInterval = idleInterval
      self.truncateOctets = truncateOctets
    }
  }

  /// For `status` and metrics. Counts since the start.
  public struct Report: Hashable, Sendable {
    /// Passes over the log.
    public var passes = 0
    /// Passes after which the whole log was in the database file.
    public var complete = 0
    /// Times the last frames were left to the writer.
    public var finishesAsked = 0
    /// Frames moved.
    public var framesMoved = 0
    /// The longest log that was met, in frames.
    public var longestLog = 0
    /// The last failure, nil after a success. A full disk shows here first.
    public var failure: StoreError?
  }

  private let monitor: WALMonitor
  private let policy: Policy
  private let state = Guarded(Report())
  private let stopping = Atomic<Bool>(false)
  private let thread = Guarded<pthread_t?>(nil)

  /// One without a thread: whoever made it calls ``look(on:)``.
  package init(of writer: Database, policy: Policy = Policy()) {
    monitor = writer.wal
    self.policy = policy
  }

  /// Starts the thread. `writer` is the store's writing connection; only its path and monitor are used.
  public init(for writer: Database, policy: Policy = Policy()) throws(StoreError) {
    monitor = writer.wal
    self.policy = policy
    let connection = try Database(path: writer.path, mode: .checkpointer)
    let start = Start(checkpointer: self, connection: connection)
    var started = pthread_t()
    let result = pthread_create(
      &started, nil,
      { context in
        if let context {
          let start = Unmanaged<Start>.fromOpaque(context).takeRetainedValue()
          start.checkpointer.work(on: start.connection)
        }
        return nil
      }, Unmanaged.passRetained(start).toOpaque())
    guard result == 0 else {
      throw StoreError(kind: .noMemory, extendedCode: result, context: "start the checkpointer")
    }
    thread.withLock { $0 = started }
  }

  /// What the thread is given; it owns the connection.
  private final class Start {
    let checkpointer: Checkpointer
    let connection: Database
    init(checkpointer: Checkpointer, connection: Database) {
      self.checkpointer = checkpointer
      self.connection = connection
    }
  }

  public var report: Report { state.withLock { $0 } }

  /// Ends the thread and closes its connection. Required before the last reference goes: the thread holds one.
  public func stop() {
    let running = thread.withLock { thread in
      defer { thread = nil }
      return thread
    }
    guard let running else { return }
    stopping.store(true, ordering: .releasing)
    monitor.wakeNow()
    pthread_join(running, nil)
  }

  // MARK: On the thread

  private func work(on connection: Database) {
    var pause = policy.idleInterval
    var seen = -1
    while !stopping.load(ordering: .acquiring) {
      monitor.wake(at: pause == policy.idleInterval ? policy.startFrames : .max)
      monitor.sleep(atMost: pause)
      if stopping.load(ordering: .acquiring) { break }
      let isIdle = pause == policy.idleInterval && monitor.frames == seen
      pause = look(on: connection, isIdle: isIdle)
      seen = monitor.frames
    }
  }

  /// One look at the log, and what it calls for. `isIdle`: nothing was written since the last.
  /// - Returns: how long to wait for the next.
  package func look(on connection: Database, isIdle: Bool) -> Duration {
    let frames = monitor.frames
    if frames >= policy.startFrames { return shorten(connection) ? policy.idleInterval : policy.retryAfter }
    if frames > 0, isIdle { tidy(connection) }
    return policy.idleInterval
  }

  /// Moves the bulk, again while each pass leaves much less than the one before, and hands the writer what is
  /// left. True: the log has begun again already.
  private func shorten(_ connection: Database) -> Bool {
    var left = Int.max
    for _ in 0..<policy.passes {
      guard let result = pass(connection, .passive) else { return false }
      // A reader's snapshot keeps the rest; more passes would move nothing.
      if result.busy || result.moved < result.frames { return false }
      let before = left
      left = monitor.frames - result.moved
      if left < 0 { return true }
      if left <= policy.finishFrames || left > before / 2 { break }
    }
    // Also when nothing is left: only a transaction that begins with the whole log moved starts it again, and a
    // busy writer is always inside one that did not.
    if left <= policy.finishLimit {
      monitor.requestFinish()
      state.withLock { $0.finishesAsked += 1 }
    }
    return false
  }

  /// Nothing was written since the last look: move what is there, and cut an overlong file.
  private func tidy(_ connection: Database) {
    guard let result = pass(connection, .passive), result.isComplete else { return }
    if connection.fileSizes.wal > policy.truncateOctets { _ = pass(connection, .truncate) }
  }

  private func pass(_ connection: Database, _ mode: CheckpointMode) -> CheckpointResult? {
    do throws(StoreError) {
      let result = try connection.checkpoint(mode)
      state.withLock {
        $0.passes += 1
        if result.isComplete { $0.complete += 1 }
        $0.framesMoved += max(0, result.moved)
        $0.longestLog = max($0.longestLog, result.frames)
        $0.failure = nil
      }
      return result
    } catch {
      state.withLock { $0.failure = error }
      return nil
    }
  }
}
