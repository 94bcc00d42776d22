import Contract
import NetIO

/// The threads that answer queries, each with a view of its own. They decide nothing: the socket's loop gives a reader one
/// query at a time, and hears its answer.
final class QueryReaders: Sendable {
  struct Job: Sendable {
    let query: Query
    let caller: Caller
    /// Consumers that are read now: for `feed.consumers`, since only the loop knows.
    let connected: Set<String>
  }

  struct Answer: Sendable {
    let reader: Int
    let reply: Reply
  }

  private final class Reader: Sendable {
    let pulse: Pulse
    let inbox: Mailbox<Job>
    let waker = Waker()

    init(_ name: String) {
      pulse = Pulse(name)
      inbox = Mailbox("queries", capacity: 1, waker: waker)
    }
  }

  private let readers: [Reader]
  private let answers: Mailbox<Answer>
  private let threads = Lock<[Worker]>([])

  /// Starts `count` threads. `makeHandler` runs on each of them; when it throws, none is left.
  /// - Parameters:
  ///   - time: what a query may take.
  ///   - waker: wakes whoever hears the answers.
  init(
    count: Int, within time: Duration, waker: Waker,
    makeHandler: @escaping @Sendable () throws -> any QueryHandler
  ) throws {
    readers = (1...max(1, count)).map { Reader("reader-\($0)") }
    answers = Mailbox("query answers", capacity: max(1, count), waker: waker)
    do {
      for (index, reader) in readers.enumerated() {
        let started = StartSignal()
        let thread = try Worker.start(name: reader.pulse.name, stackSize: 4 << 20) { [answers] in
          do {
            let handler = try makeHandler()
            started.signal(.success(()))
            QueryReaders.run(reader, handler, within: time) {
              answers.post(Answer(reader: index, reply: $0))
            }
          } catch {
            started.signal(.failure(error))
          }
        }
        threads.withLock { $0.append(thread) }
        try started.wait()
      }
    } catch {
      stop()
      throw error
    }
  }

  var count: Int { readers.count }

  var pulses: [Pulse] { readers.map(\.pulse) }

  /// Gives a reader that has none a query.
  func ask(_ reader: Int, _ job: Job) {
    let taken = readers[reader].inbox.post(job)
    assert(taken, "a reader has one query at a time")
  }

  /// Moves the answers that came to the end of `list`.
  func drain(into list: inout [Answer]) { answers.drain(into: &list) }

  /// Ends the threads, each after the query it has.
  func stop() {
    for reader in readers { reader.inbox.close() }
    for thread in threads.withLock({ $0 }) { thread.join() }
  }

  private static func run(
    _ reader: Reader, _ handler: any QueryHandler, within time: Duration, answer: (Reply) -> Void
  ) {
    var jobs: [Job] = []
    while true {
      let now = MonotonicClock.now
      reader.pulse.beat(at: now)
      reader.inbox.drain(into: &jobs)
      if let job = jobs.popLast() {
        answer(reply(to: job, handler, within: time))
      } else if reader.inbox.isClosed {
        return
      } else {
        reader.waker.park(until: now + Pulse.longestSleep)
      }
    }
  }

  private static func reply(to job: Job, _ handler: any QueryHandler, within time: Duration) -> Reply {
    let reply = handler.answer(job.query, for: job.caller, within: time)
    guard case .feedConsumers = job.query, case .result(let json) = reply,
      var result = try? ContractJSON.decode(FeedConsumersResult.self, from: json)
    else { return reply }
    for index in result.items.indices {
      result.items[index].connected = job.connected.contains(result.items[index].consumer)
    }
    return .success(result)
  }
}
