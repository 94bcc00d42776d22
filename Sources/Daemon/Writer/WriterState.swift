import Gateway
import NetIO
import SocketServer
import Synchronization

/// Where the answers to commands go, and the news that the feed has grown. Called on the writer's thread.
package protocol ReplySink: Sendable {
  func complete(_ token: ReplyToken, with reply: Reply)
  func newestChanged(_ sequence: Int64)
}

extension APIServer: ReplySink {}

/// What the writer's thread shares with the others: its end, its pulse, and the socket its answers go to.
package final class WriterState: Sendable {
  private let ending = Atomic<Bool>(false)
  /// The exit status of a process whose store failed; 0 while it has not.
  private let failure = Atomic<Int32>(0)
  /// Beats with each round of the writer.
  let pulse = Pulse("writer")
  private let server = Lock<(any ReplySink)?>(nil)
  private let lifecycle: Waker
  private let counters = Lock(WriterCounts())

  package init(lifecycle: Waker) { self.lifecycle = lifecycle }

  package func serve(_ server: any ReplySink) { self.server.withLock { $0 = server } }

  func reply(_ token: ReplyToken, _ reply: Reply) { server.withLock { $0 }?.complete(token, with: reply) }

  func newestChanged(_ sequence: Int64) { server.withLock { $0 }?.newestChanged(sequence) }

  /// A batch was committed: how much it held, and how long the commit took.
  func committed(inputs: Int, commands: Int, nanoseconds: Int64) {
    counters.withLock { counts in
      counts.commit.observe(nanoseconds)
      counts.batch.observe(Int64(inputs + commands))
      counts.inputs += inputs
      counts.commands += commands
    }
  }

  func batchFailed() { counters.withLock { $0.failed += 1 } }

  var counts: WriterCounts { counters.withLock { $0 } }

  /// What the local socket has done; nil before it is served.
  var socketCounters: APIServer.Counters? { server.withLock { $0 as? APIServer }?.counters }

  func end() { ending.store(true, ordering: .releasing) }
  var isEnding: Bool { ending.load(ordering: .acquiring) }

  /// The process has to end with this status; the first one stands. False when it has to already.
  @discardableResult
  func fail(with status: Int32) -> Bool {
    let isFirst = failure.compareExchange(expected: 0, desired: status, ordering: .acquiringAndReleasing)
      .exchanged
    lifecycle.wake()
    return isFirst
  }
  /// Why the process has to end; nil while it has not.
  var failureStatus: Int32? {
    let status = failure.load(ordering: .acquiring)
    return status == 0 ? nil : status
  }
  package var hasFailed: Bool { failureStatus != nil }
}

/// Commands on their way from the socket to the writer.
struct CommandQueue: CommandSink {
  let mailbox: Mailbox<CommandRequest>

  func submit(_ request: CommandRequest) -> Bool { mailbox.post(request) }
}
