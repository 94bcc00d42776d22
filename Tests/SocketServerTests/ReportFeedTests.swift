import CommandFrame
import Contract
import NetIO
import Reports
import Testing

@testable import OperatorCommands
@testable import SocketServer

/// `tollgate report` as a reader of the feed over the socket.
@Suite(.timeLimit(.minutes(2))) struct ReportFeedTests {
  private static let start: Int64 = 1_795_305_600_000

  /// Conversations that begin, one in each row, a second apart.
  private func work(_ range: ClosedRange<Int64>) throws -> [PackedRow] {
    let number = try #require(PhoneNumber("+18885550101"))
    return range.map { sequence in
      let at = Timestamp(milliseconds: Self.start + sequence * 1_000)
      var packed = PackedEvents()
      packed.append(
        EventData.episodeChanged(
          EpisodeChanged(
            episodeID: EpisodeID(sequence), conversationID: ConversationID(sequence),
            number: number, change: .text, state: .waiting,
            queueID: QueueID(1 + sequence % 2), since: at, createdAt: at, at: at)))
      return PackedRow(
        firstSequence: sequence, count: 1, timeMilliseconds: at.milliseconds, bytes: packed.bytes)
    }
  }

  private func feed(of gateway: FakeGateway) throws -> ReportFeed {
    let tree = CommandTree(
      root: Command(name: "tollgate", summary: "", subcommands: [ReportCommands.command]),
      common: [Option("socket", argument: "PATH", "the socket")])
    guard
      case .run(_, let invocation) = try tree.resolve(["report", "queues", "--socket", gateway.path])
    else { throw Failure(.usage, "no report") }
    return ReportFeed(try DaemonConnection(invocation))
  }

  private func opened(_ report: Report) -> Int {
    guard case .queues(let rows) = report.rows else { return -1 }
    return rows.map(\.opened).reduce(0, +)
  }

  private let now = Timestamp(milliseconds: start + 86_400_000)

  @Test func aReportReadsAllThatWasThereWhenItBeganAndLeavesNoConsumerBehind() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    // More than are sent without an acknowledgement, and events of other kinds at the end.
    gateway.append(try work(1...10_000))
    gateway.append(rows(10_001...10_010))
    let feed = try feed(of: gateway)
    let later = try work(10_011...10_020)
    gateway.append(later)
    let report = try feed.report(ReportRequest(kind: .queues), asOf: now)
    #expect(opened(report) == 10_000 && report.isWhole && report.knownFrom == nil)
    let (acked, commands) = gateway.state.withLock { ($0.acked, $0.commands) }
    #expect(acked.isEmpty, "the consumer is forgotten")
    guard case .feedSubscribe(let subscribe)? = commands.first, case .feedForget? = commands.last else {
      Issue.record("\(commands.count) commands")
      return
    }
    #expect(subscribe.start == .oldest && subscribe.expiresS != nil, "one that is killed goes by itself")
    #expect(subscribe.filter?.types == ReportKind.queues.eventTypes)
    #expect(commands.count { if case .feedAck = $0 { true } else { false } } >= 2)
  }

  @Test func aReportOfATrimmedFeedSaysSinceWhenItKnows() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.append(try work(1...20))
    gateway.state.withLock { $0.oldest = 5 }
    let report = try feed(of: gateway).report(ReportRequest(kind: .queues), asOf: now)
    #expect(opened(report) == 15 && !report.isWhole)
    #expect(report.knownFrom == Timestamp(milliseconds: Self.start + 6_000))
  }

  @Test func aReportOfAnEmptyFeedIsEmptyAndDoesNotWait() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let report = try feed(of: gateway).report(ReportRequest(kind: .queues), asOf: now)
    #expect(opened(report) == 0 && report.isWhole)
  }

  @Test func nothingIsReadBeyondTheEndThatWasAskedFor() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.append(try work(1...10_000))
    let report = try feed(of: gateway).report(
      ReportRequest(kind: .queues, until: Timestamp(milliseconds: Self.start + 101_000)), asOf: now)
    #expect(opened(report) == 100 && report.asOf == Timestamp(milliseconds: Self.start + 101_000))
    let acks = gateway.state.withLock { $0.commands.count { if case .feedAck = $0 { true } else { false } } }
    #expect(acks == 0 && gateway.state.withLock { $0.acked.isEmpty })
  }
}
