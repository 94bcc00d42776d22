import Carriers
import Configuration
import Contract
import Gateway
import Glibc
import NetIO
import SMPP
import SMPPSession
import SocketServer
import Store

/// The gateway as a process: its threads, their mailboxes, and its life from start to SIGTERM.
///
/// Beside this thread: the network loop, the writer, the socket with its readers, and the store's checkpoints. This one waits
/// for signals, and pings systemd's watchdog for as long as the others go round.
public enum Daemon {
  /// The version in `status` and `hello`.
  public static let version = "0.1.0"

  /// Exit codes of sysexits.h, as far as used.
  public enum Exit {
    public static let ok: Int32 = 0
    /// EX_DATAERR: a page of the store is damaged. A restart would not help.
    public static let storeDamaged: Int32 = 65
    public static let unavailable: Int32 = 69
    public static let software: Int32 = 70
    public static let cannotCreate: Int32 = 73
    /// EX_IOERR: the disk failed or is full, and only the next start knows what is on it.
    public static let storeUnsure: Int32 = 74
    public static let configuration: Int32 = 78
  }

  /// Runs until SIGTERM or SIGINT, and returns the exit code.
  public static func run(_ configuration: Configuration) -> Int32 {
    let journal = Journal()
    do {
      // Before any thread is started: one that does not block SIGTERM would end the process by it, undrained.
      let signals = try Signals()
      return try Process(configuration, journal).run(signals)
    } catch let error as StoreError {
      journal.write(.critical, "event=start_failed \(error)")
      return error.statusOfTheStart
    } catch {
      journal.write(.critical, "event=start_failed \(error)")
      return Exit.unavailable
    }
  }
}

/// One run of the gateway.
private final class Process {
  private let configuration: Configuration
  private let journal: Journal
  private let waker: EventLoop
  private let assembly: Assembly

  private var live: LiveState { assembly.live }
  private var trace: WireTrace { assembly.trace }
  private var control: NetworkControl { assembly.control }
  private var writerState: WriterState { assembly.writerState }

  init(_ configuration: Configuration, _ journal: Journal) throws {
    self.configuration = configuration
    self.journal = journal
    waker = try EventLoop()
    Signals.ignoreBrokenPipes()
    assembly = try Assembly(
      configuration,
      on: .init(
        storePath: configuration.storePath, sockets: try KernelSockets(), time: SystemTime(),
        journal: journal,
        lifecycle: waker.waker))
  }

  func run(_ signals: borrowing Signals) throws -> Int32 {
    _ = try signals.register(with: waker)
    let checkpointer = try Checkpointer(for: assembly.gateway.store)
    let storeID = try assembly.gateway.storeID()
    let (inputs, commands) = (assembly.inputs, assembly.commands)
    let networkWaker = assembly.network.sockets.waker
    let network = Handed(assembly.network)
    let writer = Handed(assembly.writer)

    let started = WallClock.nowMilliseconds
    let metrics = DaemonMetrics(
      configuration: configuration, live: live, trace: trace, writer: writerState, inputs: inputs,
      outputs: assembly.outputs, commands: commands, storePath: configuration.storePath, started: started)
    let server = try serve(storeID, commands, metrics)
    writerState.serve(server)
    let writerThread = try Worker.start(name: "writer", stackSize: 8 << 20) { writer.value.run() }
    let networkThread = try Worker.start(name: "network", stackSize: 8 << 20) { network.value.run() }
    journal.write(
      .info, "event=started version=\(Daemon.version) store=\(storeID) socket=\(configuration.socket.path)")
    for warning in configuration.warnings { journal.write(.warning, "event=configuration \(warning)") }

    let watchdog = Watchdog(control: control, writer: writerState, server: server)
    let code = wait(signals, inputs, networkWaker, watchdog)

    Notify.send("STOPPING=1")
    // Without a store no answer can be kept that would still come.
    control.drain(within: writerState.hasFailed ? .zero : configuration.limits.drain)
    networkWaker.wake()
    awaitDrain()
    control.end()
    networkWaker.wake()
    networkThread.join()
    writerState.end()
    assembly.writerWaker.wake()
    writerThread.join()
    server.stop()
    checkpointer.stop()
    journal.write(.info, "event=stopped")
    return code
  }

  private func serve(_ storeID: String, _ commands: Mailbox<CommandRequest>, _ metrics: DaemonMetrics) throws
    -> APIServer
  {
    let listener: Listener
    var passed = PassedSockets.fromEnvironment()
    if let descriptor = passed.take() {
      listener = try Listener(adopting: descriptor)
    } else {
      let group = try configuration.socket.group.map { name in
        guard let id = UnixSocket.groupID(named: name) else {
          throw StartError("the socket's group \"\(name)\" does not exist on this machine")
        }
        return id
      }
      listener = try UnixSocket.listen(
        at: configuration.socket.path, mode: configuration.socket.mode, group: group)
    }
    var limits = APILimits()
    limits.connections = configuration.limits.connections
    let path = configuration.storePath
    let live = live
    let trace = TraceReader(
      trace,
      carriers: configuration.carriers.map { .init(name: $0.name, charsets: $0.profile.charsets) })
    let settings = configuration.rules
    let journal = journal
    let damaged = endOnDamage()
    return try APIServer.start(
      .init(
        server: "tollgate/\(Daemon.version)", store: storeID, roles: configuration.socket.roleTable,
        limits: limits),
      on: listener, commands: CommandQueue(mailbox: commands),
      audit: { record in journal.writeLimited(.warning, key: .api, "event=socket \(record)") },
      feed: { try FeedReader(path: path, damaged: damaged) },
      queries: {
        QueryService(
          try Queries(
            path: path, settings: settings, live: live, trace: trace, metrics: metrics,
            version: Daemon.version, started: metrics.started), damaged: damaged)
      })
  }

  /// What a reader of the store does about a page that cannot be: the process ends, as it does when the writer finds one.
  private func endOnDamage() -> @Sendable (StoreError) -> Void {
    let journal = journal
    let state = writerState
    return { error in
      guard case .ends(let status, let why) = error.failure, state.fail(with: status) else { return }
      journal.write(.critical, "event=store_failed \(error); \(why)")
    }
  }

  /// Waits for the end: a signal, or a store that cannot be read.
  private func wait(
    _ signals: borrowing Signals, _ inputs: Mailbox<NetworkInput>, _ network: Waker, _ watchdog: Watchdog
  ) -> Int32 {
    var watchdog = watchdog
    var certificates = CertificateWatch(configuration)
    var disk = DiskWatch(configuration)
    var current = (configuration, assembly.network.tls)
    var events: [EventLoop.Event] = []
    let interval = min(Notify.watchdogInterval.map { $0 / 2 } ?? DiskWatch.every, DiskWatch.every)
    var notifier = ReadinessNotifier(configuration.readiness, started: MonotonicClock.now)
    while true {
      let notices = certificates.due(at: MonotonicClock.now, presented: control.presented)
      if !notices.isEmpty { inputs.post(contentsOf: notices.map { .certificate($0) }) }
      if let notice = disk.due(at: MonotonicClock.now) { inputs.post(.disk(notice)) }
      notifyReadiness(&notifier)
      let next = MonotonicClock.now + interval
      waker.wait(until: notifier.nextDeadline.map { min($0, next) } ?? next, into: &events)
      while let signal = signals.next() {
        switch signal {
        case .terminate, .interrupt:
          journal.write(.info, "event=stopping signal=\(signal.rawValue)")
          return Daemon.Exit.ok
        case .hangUp:
          if let renewed = CertificateReload.run(current.0, current.1, control: control, journal: journal) {
            current = renewed
            certificates.renewed(renewed.0)
            network.wake()
          }
        default:
          journal.write(
            .info,
            "event=signal signal=\(signal.rawValue) ignored: the configuration is read only at the start")
        }
      }
      if let status = writerState.failureStatus { return status }
      if let news = watchdog.look(at: MonotonicClock.now) { journal.write(.critical, news) }
      if watchdog.stuck.isEmpty { Notify.send("WATCHDOG=1") }
    }
  }

  private func notifyReadiness(_ notifier: inout ReadinessNotifier) {
    guard let news = notifier.update(live.snapshot(), at: MonotonicClock.now) else { return }
    Notify.send(news.state)
    journal.write(news.severity, news.line)
  }

  private func awaitDrain() {
    var events: [EventLoop.Event] = []
    let limit = MonotonicClock.now + configuration.limits.drain + .seconds(5)
    while !control.hasDrained, MonotonicClock.now < limit {
      waker.wait(until: limit, into: &events)
    }
  }
}

/// Something that cannot be done at the start, in words for the operator.
struct StartError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}

/// Hands an object to the one thread that uses it from then on.
private struct Handed<Value>: @unchecked Sendable {
  // SAFETY: made on the starting thread, which does not touch it again once the thread it is for has begun.
  let value: Value

  init(_ value: Value) { self.value = value }
}
