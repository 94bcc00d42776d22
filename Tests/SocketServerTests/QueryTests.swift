import Contract
import Glibc
import SocketClient
import Testing

@testable import NetIO
@testable import SocketServer

/// Queries against a backend whose `message.list` does not return before the test lets it.
@Suite(.timeLimit(.minutes(2))) struct QueryTests {
  @Test func aPipelineOfSlowQueriesDelaysNeitherOthersNorTheFeed() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let busy = try CheckedClient(gateway)
    let ids = try busy.client.send(contentsOf: (0..<300).map { _ in MessageList() })
    gateway.slowQueries.awaitArrival()

    // Another app's query and command.
    let other = try CheckedClient(gateway)
    #expect(try other.client.call(method: "status", params: .object([:]))["ready"] == .bool(true))
    #expect(try other.call(try phoneSend()).state == .queued)
    // Another app's feed, with its acknowledgement.
    let reader = try CheckedClient(gateway)
    _ = try reader.call(FeedSubscribe(consumer: "crm"))
    gateway.append(rows(1...3))
    #expect(try reader.notifications(3) == ["1", "2", "3"])
    #expect(try reader.call(FeedAck(consumer: "crm", cursor: Cursor(3))).cursor == Cursor(3))

    gateway.slowQueries.open()
    for id in ids { #expect(try busy.client.reply(to: id).error == nil) }
  }

  @Test func aConnectionsOwnFeedAndCommandsDoNotWaitForItsQueries() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway)
    _ = try client.call(FeedSubscribe(consumer: "crm", maxInFlight: 1))
    let ids = try client.client.send(contentsOf: (0..<100).map { _ in MessageList() })
    gateway.slowQueries.awaitArrival()
    gateway.append(rows(1...3))
    for sequence in 1...3 as ClosedRange<Int64> {
      #expect(try client.notifications(1) == ["\(sequence)"])
      _ = try client.call(FeedAck(consumer: "crm", cursor: Cursor(sequence)))
    }
    #expect(try client.call(try phoneSend()).state == .queued)
    gateway.slowQueries.open()
    for id in ids { #expect(try client.client.reply(to: id).error == nil) }
  }

  @Test func theQueriesOfAConnectionAreAnsweredInTheirOrder() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    var ids: [Int64] = []
    for _ in 0..<50 { ids += [try client.send(MessageList()), try client.send(RepList())] }
    gateway.slowQueries.awaitArrival()
    gateway.slowQueries.open()
    for id in ids {
      let line = try client.nextLine(until: MonotonicClock.now + .seconds(20))
      #expect(Peer.parse(String(decoding: line, as: UTF8.self))["id"] == .integer(id))
    }
  }

  @Test func aQueryBeyondItsTimeIsAnsweredThoughItsReaderIsNotBack() throws {
    var limits = APILimits()
    limits.queryTime = .milliseconds(1)
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    let late = try client.send(MessageList())
    #expect(try client.reply(to: late).error == .overTime)
    gateway.slowQueries.awaitArrival()
    #expect(gateway.state.withLock { $0.budgets } == [.milliseconds(1)])
    // The reader comes back: nobody hears what it brings, and it takes the connection's next query.
    gateway.slowQueries.open()
    let next = try client.send(RepList())
    let line = try client.nextLine(until: MonotonicClock.now + .seconds(20))
    #expect(Peer.parse(String(decoding: line, as: UTF8.self))["id"] == .integer(next))
  }

  @Test func waitingQueriesAreBoundedAndTheNextGetsBusy() throws {
    var limits = APILimits()
    limits.readers = 1
    limits.queries = 2
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    let ids = try client.send(contentsOf: (0..<5).map { _ in MessageList() })
    #expect(try ids.suffix(2).map { try client.reply(to: $0).error } == [.busy("queries"), .busy("queries")])
    // A command has a limit of its own.
    let command = try client.send(try phoneSend())
    #expect(try client.reply(to: command).error == nil)
    gateway.slowQueries.open()
    #expect(try ids.prefix(3).map { try client.reply(to: $0).error } == [nil, nil, nil])
  }

  @Test func whoLeavesTakesItsQueriesAlong() throws {
    var limits = APILimits()
    limits.readers = 1
    limits.queries = 1
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    do {
      let client = try CheckedClient(gateway).client
      _ = try client.send(contentsOf: (0..<3).map { _ in MessageList() })
      gateway.slowQueries.awaitArrival()
      // The third is refused, so the other two are with the server.
      _ = try client.nextLine(until: MonotonicClock.now + .seconds(20))
    }
    let other = try CheckedClient(gateway).client
    func answered() throws -> JSONValue? {
      let line = try other.nextLine(until: MonotonicClock.now + .seconds(20))
      return Peer.parse(String(decoding: line, as: UTF8.self))["id"]
    }
    // Both of a pair are refused until the server has seen the end; then the first waits.
    var pair = try other.send(contentsOf: [RepList(), RepList()])
    while try answered() == .integer(pair[0]) {
      #expect(try answered() == .integer(pair[1]))
      pair = try other.send(contentsOf: [RepList(), RepList()])
    }
    gateway.slowQueries.open()
    #expect(try answered() == .integer(pair[0]))
  }

  @Test func everyThreadHasAPulseAndAReaderThatIsStuckHasNone() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let pulses = try #require(gateway.api).pulses
    #expect(pulses.map(\.name) == ["socket", "reader-1", "reader-2"])
    let client = try CheckedClient(gateway).client
    try client.send(MessageList())
    gateway.slowQueries.awaitArrival()
    let before = pulses.map(\.rounds)
    let other = try CheckedClient(gateway)
    for _ in 0..<2 { #expect(try other.call(RepList()).items.isEmpty) }
    let after = pulses.map(\.rounds)
    #expect(zip(after, before).map { $0 > $1 } == [true, false, true])
  }

  /// The store's reader number `failing` cannot be opened; 0 is the feed's, which is opened last.
  @Test(arguments: [0, 1, 2]) func aThreadThatCannotStartIsNoServer(failing: Int) throws {
    struct NoStore: Error {}
    let directory = try TemporaryDirectory.make(name: "tollgate-api")
    defer { TemporaryDirectory.remove(directory) }
    let made = Lock(0)
    #expect(throws: NoStore.self) {
      try APIServer.start(
        .init(server: "t", store: "t", roles: RoleTable([])),
        on: UnixSocket.listen(at: directory + "/api.sock", mode: 0o600), commands: NoCommands(),
        feed: { throw NoStore() },
        queries: {
          let count = made.withLock { made in
            made += 1
            return made
          }
          if count == failing { throw NoStore() }
          return FakeQueries(nil)
        })
    }
    #expect(made.withLock { $0 } == (failing == 0 ? 2 : failing))
    #expect(access(directory + "/api.sock", F_OK) != 0)
  }
}

private struct NoCommands: CommandSink {
  func submit(_ request: CommandRequest) -> Bool { false }
}
