import CommandFrame
import Contract
import Reports
import SocketClient

/// Reads the feed from its oldest event to its newest of when the reading began, for one report, and leaves no consumer behind.
struct ReportFeed {
  /// Events that are acknowledged together.
  private static let batch = 4_096
  /// A consumer whose program was killed is removed after so many seconds.
  private static let expires = 600

  let daemon: DaemonConnection
  private let consumer: String
  private let oldest: Cursor
  private let newest: Cursor

  init(_ daemon: DaemonConnection) {
    self.daemon = daemon
    (oldest, newest) = (daemon.client.hello.oldest, daemon.client.hello.newest)
    consumer = "report-" + String(UInt64.random(in: .min ... .max), radix: 36)
  }

  /// - Parameter now: the time of the computer, by which snoozes are overdue.
  func report(_ request: ReportRequest, asOf now: Timestamp) throws -> Report {
    do {
      let subscription = try daemon.call(
        FeedSubscribe(
          consumer: consumer, start: .oldest, filter: EventFilter(types: request.kind.eventTypes),
          maxInFlight: 2 * Self.batch, ackTimeoutS: 0, expiresS: Self.expires))
      defer { forget() }
      // Events may have been removed between the hello and the subscription.
      var reducer = ReportReducer(request, isWhole: oldest == Cursor(0) && subscription.cursor == Cursor(0))
      try read(from: subscription.cursor, into: &reducer)
      return try reducer.report(asOf: now)
    } catch let error as ReportError {
      throw Self.failure(error)
    } catch let closed as Output.Closed {
      throw closed
    } catch {
      throw Failure(calling: nil, error)
    }
  }

  private func read(from start: Cursor, into reducer: inout ReportReducer) throws {
    var position = start
    var waiting = 0
    while position < newest, !reducer.isPastEnd {
      guard let line = try daemon.client.nextNotificationLine(within: daemon.client.timeout) else {
        throw ClientFailure.timedOut
      }
      switch try FeedNotification(line: line) {
      case .event(let params):
        // What happened since the reading began is not in the report.
        if params.cursor <= newest { try reducer.add(params.event) }
        position = params.cursor
      case .skipped(let params): position = params.cursor
      case .fenced: throw Failure(.temporary, "another reader has taken over \"\(consumer)\"")
      case .expired:
        throw Failure(
          .temporary, "events left the feed before they were read", hint: "ask for the report again")
      case .heartbeat, .unknown: continue
      }
      waiting += 1
      if waiting == Self.batch {
        _ = try daemon.call(FeedAck(consumer: consumer, cursor: position))
        waiting = 0
      }
    }
  }

  /// A role that may not forget a consumer, or a connection that is gone: the consumer expires.
  private func forget() {
    _ = try? daemon.call(FeedUnsubscribe(consumer: consumer))
    _ = try? daemon.call(FeedForget(consumer: consumer))
  }

  private static func failure(_ error: ReportError) -> Failure {
    switch error {
    case .tooMany(let what, let limit):
      Failure(
        .data, "the report would need more than \(limit) \(what)",
        hint: "ask for a shorter time (--from, --until) or longer periods (--by)")
    case .malformed(let what): Failure(.protocol, "the feed has \(what)")
    }
  }
}
