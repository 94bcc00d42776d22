import Contract
import Glibc
import NetIO

/// One consumer of the feed on a thread of its own: counts events as an app would take them, and acknowledges.
///
/// It looks for the cursor of each line and at nothing else, so that it is not what is measured.
final class FeedReader: Sendable {
  /// Events a subscription may have unacknowledged; acknowledged whenever half of them are.
  static let maxInFlight = 8_192

  /// Where it begins.
  enum Start: String {
    case newest, oldest, acked
  }

  /// How it acknowledges.
  enum Pace {
    /// As fast as it can.
    case quick
    /// One event, and then it sleeps.
    case slow(microseconds: UInt32)
  }

  private struct State {
    var events = 0
    /// Where the first and the newest event it read stand in the feed.
    var first: Int64 = 0
    var cursor: Int64 = 0
    /// Of the octets of all events' JSON, where digests are asked for.
    var digest = EventDigest()
    /// Monotonic nanoseconds at which the newest event was read.
    var lastAt: Int64 = 0
    var failure: String?
    var isStopping = false
  }

  private let state = Lock(State())
  private let changed = Waker()
  private let worker: Lock<Worker?> = Lock(nil)
  private let consumer: String
  private let pace: Pace
  private let digests: Bool

  /// Subscribes.
  /// - Parameters:
  ///   - types: of events; none: all.
  ///   - digests: whether the events' octets are looked at too.
  init(
    path: String, consumer: String, types: [EventType], from start: Start = .newest, pace: Pace = .quick,
    digests: Bool = false
  ) throws {
    self.consumer = consumer
    self.pace = pace
    self.digests = digests
    let connection = try UnixSocket.connect(to: path)
    try connection.setBlocking(true)
    try connection.setReadTimeout(.milliseconds(100))
    let hello =
      #"{"id":1,"jsonrpc":"2.0","method":"hello","params":{"protocol":1,"client":"tollgate-lab bench"}}"#
    let names = types.map { "\"\($0.name)\"" }.joined(separator: ",")
    let filter = types.isEmpty ? "" : #""filter":{"types":[\#(names)]},"#
    let subscribe =
      #"{"id":2,"jsonrpc":"2.0","method":"feed.subscribe","params":{"consumer":"\#(consumer)","start":"\#(start.rawValue)","#
      + #"\#(filter)"ack_timeout_s":0,"takeover":true,"max_in_flight":\#(Self.maxInFlight)}}"#
    var loop = Loop(connection: connection)
    try loop.send(hello + "\n" + subscribe + "\n")
    while loop.answers < 2 { _ = try take(&loop) }
    let started = StartedLoop(loop)
    let running = try Worker.start(name: "consumer") { [self] in run(started) }
    worker.withLock { $0 = running }
  }

  /// Events read so far.
  var events: Int { state.withLock { $0.events } }
  /// Monotonic nanoseconds at which the newest was read.
  var lastAt: Int64 { state.withLock { $0.lastAt } }

  /// Where the newest event it read stands in the feed.
  var cursor: Int64 { state.withLock { $0.cursor } }
  /// Of all it read.
  var digest: EventDigest { state.withLock { $0.digest } }

  /// Waits until it has read as far as `cursor`.
  func wait(forCursor cursor: Int64, upTo patience: Duration) throws {
    let deadline = MonotonicClock.now + patience
    while true {
      let (reached, failure) = state.withLock { ($0.cursor, $0.failure) }
      if let failure { throw Bench.Failure("the consumer \(consumer): \(failure)") }
      if reached >= cursor { return }
      guard MonotonicClock.now < deadline else {
        throw Bench.Failure("the consumer \(consumer) is at \(reached) of \(cursor) after \(patience)")
      }
      changed.park(until: deadline)
    }
  }

  /// Waits until so many events were read.
  func wait(forEvents count: Int, upTo patience: Duration) throws {
    let deadline = MonotonicClock.now + patience
    while true {
      let (events, failure) = state.withLock { ($0.events, $0.failure) }
      if let failure { throw Bench.Failure("the consumer: \(failure)") }
      if events >= count { return }
      guard MonotonicClock.now < deadline else {
        throw Bench.Failure("the consumer has \(events) of \(count) events after \(patience)")
      }
      changed.park(until: deadline)
    }
  }

  func stop() {
    state.withLock { $0.isStopping = true }
    worker.withLock { $0.take() }?.join()
  }

  // MARK: On its thread

  private func run(_ started: StartedLoop) {
    guard var loop = started.take() else { return }
    var unacknowledged = 0
    var slowly: Int64 = 0
    do {
      while !state.withLock({ $0.isStopping }) {
        let (count, newest) = try take(&loop)
        switch pace {
        case .quick:
          unacknowledged += count
          if unacknowledged >= Self.maxInFlight / 4 {
            unacknowledged = 0
            try acknowledge(newest, &loop)
          }
        case .slow(let microseconds):
          let (first, cursor) = state.withLock { ($0.first, $0.cursor) }
          guard first > 0, first + slowly <= cursor else { continue }
          try acknowledge(first + slowly, &loop)
          slowly += 1
          usleep(microseconds)
        }
      }
    } catch {
      state.withLock { $0.failure = "\(error)" }
      changed.wake()
    }
  }

  /// One read; how many events were in it, and where the last of them stands.
  private func take(_ loop: inout Loop) throws -> (count: Int, newest: Int64) {
    var count = 0
    var first: Int64 = 0
    var newest: Int64 = 0
    var digest = digests ? state.withLock { $0.digest } : EventDigest()
    try loop.read { cursor, line in
      count += 1
      newest = cursor
      if first == 0 { first = cursor }
      if digests { digest.add(eventOf: line) }
    }
    guard count > 0 else { return (0, 0) }
    let now = MonotonicClock.nowNanoseconds
    state.withLock {
      $0.events += count
      $0.lastAt = now
      if $0.first == 0 { $0.first = first }
      $0.cursor = newest
      $0.digest = digest
    }
    changed.wake()
    return (count, newest)
  }

  private func acknowledge(_ cursor: Int64, _ loop: inout Loop) throws {
    try loop.send(
      #"{"id":3,"jsonrpc":"2.0","method":"feed.ack","params":{"consumer":"\#(consumer)","cursor":"cur_\#(cursor)"}}"#
        + "\n")
  }

  /// Carries the loop over to the thread, once.
  private final class StartedLoop: @unchecked Sendable {
    // SAFETY: set before the thread starts, taken by the thread alone.
    private var loop: Loop?
    init(_ loop: consuming Loop) { self.loop = consume loop }
    func take() -> Loop? {
      let taken = loop.take()
      return taken
    }
  }

  /// The connection and its lines.
  private struct Loop: ~Copyable {
    let connection: Connection
    var input = InputBuffer(limit: 1 << 20, initialCapacity: 256 << 10)
    /// Lines that were no events.
    var answers = 0

    init(connection: consuming Connection) { self.connection = connection }

    /// One read, and `body` with the cursor of each event line in it, and the line.
    mutating func read(_ body: (_ cursor: Int64, _ line: UnsafeRawBufferPointer) -> Void) throws {
      switch input.fill(from: connection) {
      case .count(0): throw Bench.Failure("an event is longer than \(input.limit) octets")
      case .count, .wouldBlock: break
      case .closed: throw Bench.Failure("the daemon closed the socket")
      case .failed(let reason): throw Bench.Failure("the socket: \(reason)")
      }
      let (taken, others, refusal) = input.withUnread { octets in Self.lines(octets, body) }
      input.consume(taken)
      answers += others
      if let refusal { throw Bench.Failure(refusal) }
    }

    private static func lines(
      _ octets: UnsafeRawBufferPointer, _ body: (Int64, UnsafeRawBufferPointer) -> Void
    ) -> (taken: Int, others: Int, refusal: String?) {
      var taken = 0
      var others = 0
      while let end = octets[taken...].firstIndex(of: 0x0A) {
        let line = UnsafeRawBufferPointer(rebasing: octets[taken..<end])
        taken = end + 1
        if let cursor = cursor(of: line) {
          body(cursor, line)
        } else if line.starts(with: #"{"jsonrpc":"2.0","id""#.utf8) {
          others += 1
          if line.prefix(60).split(separator: UInt8(ascii: ",")).contains(where: {
            $0.starts(with: "\"error\"".utf8)
          }) {
            return (taken, others, String(decoding: line.prefix(300), as: UTF8.self))
          }
        }
      }
      return (taken, others, nil)
    }

    /// The digits after `"cursor":"cur_` of a `feed.event`; nil for every other line.
    private static func cursor(of line: UnsafeRawBufferPointer) -> Int64? {
      let start = #"{"jsonrpc":"2.0","method":"feed.event","#.utf8
      guard line.starts(with: start) else { return nil }
      var index = start.count
      while index < line.count, line[index] != UInt8(ascii: "_") { index += 1 }
      var value: Int64 = 0
      index += 1
      while index < line.count, line[index] >= 0x30, line[index] <= 0x39 {
        value = value &* 10 &+ Int64(line[index] &- 0x30)
        index += 1
      }
      return value
    }

    borrowing func send(_ text: String) throws {
      let octets = Array(text.utf8)
      var sent = 0
      while sent < octets.count {
        let result = octets.withUnsafeBytes {
          connection.write(UnsafeRawBufferPointer(rebasing: $0[sent...]))
        }
        switch result {
        case .count(let count): sent += count
        case .wouldBlock: continue
        case .closed: throw Bench.Failure("the daemon closed the socket")
        case .failed(let reason): throw Bench.Failure("the socket: \(reason)")
        }
      }
    }
  }
}
