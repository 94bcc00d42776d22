import Contract
import NetIO
import SocketServer
import Testing

@testable import Daemon

@Suite struct WatchdogTests {
  @Test func aThreadThatNoLongerGoesRoundIsNamedOnceAndWhenItIsBack() {
    let start: Duration = .seconds(1_000)
    let pulses = ["writer", "reader-1"].map { Pulse($0, at: start) }
    var watchdog = Watchdog(pulses)
    #expect(watchdog.look(at: start + .seconds(20)) == nil)
    #expect(watchdog.stuck.isEmpty)
    pulses[0].beat(at: start + .seconds(20))
    #expect(watchdog.look(at: start + .seconds(21))?.contains("threads=reader-1 ") == true)
    #expect(watchdog.stuck == ["reader-1"])
    #expect(watchdog.look(at: start + .seconds(40)) == nil)
    #expect(watchdog.stuck == ["reader-1"])
    for pulse in pulses { pulse.beat(at: start + .seconds(41)) }
    #expect(watchdog.look(at: start + .seconds(42)) != nil)
    #expect(watchdog.stuck.isEmpty)
  }

  @Test func everyThreadThatServesIsWatched() throws {
    let directory = try TemporaryDirectory.make(name: "tollgate-watchdog")
    defer { TemporaryDirectory.remove(directory) }
    let server = try APIServer.start(
      .init(server: "t", store: "t", roles: RoleTable([])),
      on: UnixSocket.listen(at: directory + "/s", mode: 0o600), commands: Nobody(), feed: { EmptyFeed() },
      queries: { NoAnswers() })
    defer { server.stop() }
    let lifecycle = Waker()
    let watchdog = Watchdog(
      control: NetworkControl(lifecycle: lifecycle), writer: WriterState(lifecycle: lifecycle), server: server
    )
    #expect(watchdog.pulses.map(\.name) == ["network", "writer", "socket", "reader-1", "reader-2"])
  }
}

private struct Nobody: CommandSink {
  func submit(_ request: CommandRequest) -> Bool { false }
}

private final class NoAnswers: QueryHandler {
  func answer(_ query: Query, for caller: Caller, within time: Duration) -> Reply { .failure(.internalError) }
}

private final class EmptyFeed: FeedSource {
  let oldest: Int64 = 0
  let newest: Int64 = 0

  func read(after sequence: Int64, maximumEvents: Int, maximumOctets: Int, into rows: inout [PackedRow])
    throws(APIError)
  {}
}
