public import NetIO
public import SMPP

/// A carrier's SMSC over real TCP, for demos, tests, benchmarks, and for users before their contract is signed.
///
/// It takes binds, answers, sends receipts, has phones that receive and answer, throttles, and goes wrong on request.
/// It runs on one thread of its own; everything here may be called from any other thread.
public final class CarrierSimulator: Sendable {
  /// Why it did not start.
  public enum StartError: Error, Hashable, Sendable, CustomStringConvertible {
    case system(SystemError)
    case alreadyStarted
    case tls(TLSError)

    public var description: String {
      switch self {
      case .system(let error): error.description
      case .tls(let error): error.description
      case .alreadyStarted: "the simulator has been started before"
      }
    }
  }

  private struct Running {
    var worker: Worker
    var commands: Mailbox<Command>
    var port: UInt16
  }

  /// What its thread is asked to do.
  struct Command: Sendable {
    let body: @Sendable (Exchange) -> Void
    let done: Completion?
  }

  private let initial: Configuration
  private let events: Mailbox<Event>?
  private let running = Lock<Running?>(nil)
  private let board = NoticeBoard()

  /// - Parameter events: gets what happens, as long as it has room.
  public init(_ configuration: Configuration = Configuration(), events: Mailbox<Event>? = nil) {
    initial = configuration
    self.events = events
  }

  deinit { stop() }

  // MARK: Life

  /// Listens, and returns the port.
  @discardableResult
  public func start() throws(StartError) -> UInt16 {
    guard running.withLock({ $0 == nil }) else { throw .alreadyStarted }
    let outcome = StartOutcome()
    let (configuration, board, events) = (initial, board, events)
    var context: TLSContext?
    do throws(TLSError) {
      context = try configuration.tls.map { settings throws(TLSError) in try TLSContext(settings) }
    } catch {
      throw .tls(error)
    }
    let tls = context
    let worker: Worker
    do throws(SystemError) {
      worker = try Worker.start(name: "carrier") {
        do throws(SystemError) {
          let exchange = try Exchange(configuration, tls: tls, publishing: board, events: events)
          outcome.set(.success(.init(commands: exchange.commands, port: exchange.port)))
          exchange.run()
        } catch {
          outcome.set(.failure(error))
        }
      }
    } catch {
      throw .system(error)
    }
    switch outcome.wait() {
    case .success(let started):
      running.withLock { $0 = Running(worker: worker, commands: started.commands, port: started.port) }
      return started.port
    case .failure(let error):
      worker.join()
      throw .system(error)
    }
  }

  /// Closes every connection, and ends. What was observed stays.
  public func stop() {
    guard let running = running.withLock({ $0.take() }) else { return }
    running.commands.close()
    running.worker.join()
  }

  /// Where it listens while it runs.
  public var port: UInt16? { running.withLock { $0?.port } }

  // MARK: Control. Each returns when it is done; false if the simulator does not run.

  /// Changes the behaviour from here on. `listen`, `seed`, `isLoad`, `recordsPDUs` and windows of sessions that stand do
  /// not change.
  @discardableResult
  public func configure(_ change: @escaping @Sendable (inout Configuration) -> Void) -> Bool {
    perform { exchange in exchange.reconfigure(change) }
  }

  /// A phone sends a text to a number of the ESME: cut into parts as its length needs.
  /// - Parameter account: whose; nil: the first that bound.
  @discardableResult
  public func send(
    _ text: String, from phone: String, to number: String, account: COctetString? = nil
  ) -> Bool {
    perform { $0.smsc.phoneSends(text, from: phone, to: number, account: account) }
  }

  /// Sends a deliver_sm as it is.
  @discardableResult
  public func deliver(_ message: DeliverSM, account: COctetString? = nil) -> Bool {
    perform { $0.smsc.deliver(message, account: account) }
  }

  /// Writes octets as they are on every connection: for what no PDU type can say.
  @discardableResult
  public func write(octets: [UInt8]) -> Bool {
    perform { $0.writeEverywhere(octets) }
  }

  /// Closes every connection at once; with `reset` by RST.
  @discardableResult
  public func dropConnections(reset: Bool = false) -> Bool {
    perform { $0.dropAll(reset: reset) }
  }

  /// Unbinds every session in order.
  @discardableResult
  public func unbindAll() -> Bool {
    perform { $0.unbindAll() }
  }

  /// Takes messages and keeps the answers back, until `resumeAnswers`.
  @discardableResult
  public func pauseAnswers() -> Bool {
    perform { $0.smsc.areAnswersPaused = true }
  }

  @discardableResult
  public func resumeAnswers() -> Bool {
    perform { $0.smsc.resumeAnswers() }
  }

  /// Drops the answers that `pauseAnswers` keeps back: those messages are taken, and nobody will say so.
  @discardableResult
  public func forgetAnswers() -> Bool {
    perform { $0.smsc.forgetAnswers() }
  }

  /// Refuses connections (closes the listener), or takes them again on the same port.
  @discardableResult
  public func setListening(_ isListening: Bool) -> Bool {
    perform { $0.setListening(isListening) }
  }

  /// Starts sending many messages from many phones; replaces the load before.
  @discardableResult
  public func generate(_ load: InboundLoad) -> Bool {
    perform { $0.start(load) }
  }

  private func perform(_ body: @escaping @Sendable (Exchange) -> Void) -> Bool {
    guard let commands = running.withLock({ $0?.commands }) else { return false }
    let done = Completion()
    guard commands.post(Command(body: body, done: done)) else { return false }
    done.wait()
    return true
  }

  // MARK: Observation

  public var counts: Counts { board.observations.withLock { $0.counts } }

  /// What was recorded, in the order it was read and written; needs `recordsPDUs`.
  public var pdus: [RecordedPDU] { board.observations.withLock { $0.pdus } }

  /// What phones received from the ESME and from the network, in order.
  public var received: [PhoneMessage] { board.observations.withLock { $0.received } }

  /// What phones sent, in order.
  public var sent: [PhoneMessage] { board.observations.withLock { $0.sent } }

  /// What one phone received, in order.
  public func inbox(of phone: String) -> [PhoneMessage] {
    let digits = Population.digits(phone)
    return received.filter { $0.to == digits }
  }

  /// From writing a deliver_sm of `generate` to its answer.
  public var inboundLatency: LatencyHistogram { board.observations.withLock { $0.inboundLatency } }

  /// Waits until `condition` holds, asked after each turn of the simulator; false if it did not within `timeout`.
  @discardableResult
  public func wait(
    upTo timeout: Duration = .seconds(30), until condition: (CarrierSimulator) -> Bool
  ) -> Bool {
    let waker = Waker()
    board.observations.withLock { $0.waiters.append(waker) }
    defer { board.observations.withLock { $0.waiters.removeAll { $0 === waker } } }
    let deadline = MonotonicClock.now + timeout
    while !condition(self) {
      if MonotonicClock.now >= deadline { return condition(self) }
      waker.park(until: deadline)
    }
    return true
  }
}

/// What both the simulator's thread and its observers hold.
final class NoticeBoard: Sendable {
  let observations = Lock(Observations())
}

/// Something another thread waits for.
final class Completion: Sendable {
  private let isDone = Lock(false)
  private let waker = Waker()

  func finish() {
    isDone.withLock { $0 = true }
    waker.wake()
  }

  func wait() {
    while !isDone.withLock({ $0 }) { waker.park(until: nil) }
  }
}

private final class StartOutcome: Sendable {
  struct Started: Sendable {
    let commands: Mailbox<CarrierSimulator.Command>
    let port: UInt16
  }

  private let result = Lock<Result<Started, SystemError>?>(nil)
  private let done = Completion()

  func set(_ value: Result<Started, SystemError>) {
    result.withLock { $0 = value }
    done.finish()
  }

  func wait() -> Result<Started, SystemError> {
    done.wait()
    return result.withLock { $0 } ?? .failure(SystemError(call: "start", errno: .invalidArgument))
  }
}
