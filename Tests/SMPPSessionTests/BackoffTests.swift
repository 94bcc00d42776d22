import SMPP
import TestSupport
import Testing

@testable import SMPPSession

@Suite struct ReconnectBackoffTests {
  @Test("The ceiling doubles from 1 s to 60 s, and a delay lies between a quarter of it and all of it")
  func doubles() {
    var random = SeededGenerator(seed: 1)
    var backoff = ReconnectBackoff()
    for ceiling in [1, 2, 4, 8, 16, 32, 60, 60, 60] {
      #expect(backoff.nextCeiling == .seconds(ceiling))
      let delay = backoff.delay(after: .notConnected, using: &random)
      #expect(delay >= .seconds(ceiling) / 4 && delay <= .seconds(ceiling))
    }
    var delays: [Duration] = []
    for _ in 0..<1_000 { delays.append(backoff.delay(after: .notConnected, using: &random)) }
    #expect(delays.contains { $0 < .seconds(20) } && delays.contains { $0 > .seconds(55) })
  }

  @Test("A bind that held begins at 1 s again; one that did not goes on")
  func held() {
    var random = SeededGenerator(seed: 2)
    var backoff = ReconnectBackoff()
    for _ in 0..<5 { _ = backoff.delay(after: .notConnected, using: &random) }
    _ = backoff.delay(after: .lost(after: .seconds(29)), using: &random)
    #expect(backoff.failures == 6)
    #expect(backoff.delay(after: .lost(after: .seconds(30)), using: &random) <= .seconds(1))
    #expect(backoff.failures == 1)
  }

  @Test(
    "Wrong credentials wait 5 minutes and some seconds of their own",
    arguments: [CommandStatus.ESME_RINVPASWD, .ESME_RINVSYSID])
  func credentials(status: CommandStatus) {
    var random = SeededGenerator(seed: 3)
    var delays: Set<Duration> = []
    for _ in 0..<16 {
      var backoff = ReconnectBackoff()
      let delay = backoff.delay(after: .refused(status), using: &random)
      #expect(delay >= .seconds(300) && delay <= .seconds(330))
      delays.insert(delay)
    }
    #expect(delays.count == 16, "the sessions of one account do not come back together")
    #expect(ReconnectBackoff.Refusal(status) == .credentials)
  }

  @Test("ESME_RALYBND waits at least 1 s, longer each time, and never over 30 s (opentelecoms-org/jsmpp#82)")
  func alreadyBound() {
    var random = SeededGenerator(seed: 4)
    var backoff = ReconnectBackoff()
    for ceiling in [1, 2, 4, 8, 16, 30, 30, 30] {
      let delay = backoff.delay(after: .refused(.ESME_RALYBND), using: &random)
      #expect(delay >= max(.seconds(1), .seconds(ceiling) / 2) && delay <= .seconds(ceiling))
    }
  }

  @Test("A session connects at most twice in any second, whatever it draws", arguments: 0..<50)
  func twiceASecond(seed: Int) {
    var random = SeededGenerator(seed: UInt64(seed))
    var backoff = ReconnectBackoff()
    var attempts: [Duration] = []
    var now = Duration.zero
    // Lost after having held, then refused or unreachable without end; the attempts themselves take no time.
    var ending = ReconnectBackoff.Ending.lost(after: .seconds(600))
    for _ in 0..<40 {
      now += backoff.delay(after: ending, using: &random)
      attempts.append(now)
      ending =
        [.notConnected, .refused(.ESME_RBINDFAIL), .lost(after: .seconds(1))].randomElement(
          using: &random) ?? .notConnected
    }
    for (earlier, later) in zip(attempts, attempts.dropFirst(2)) {
      #expect(later - earlier >= .milliseconds(1_500))
    }
  }
}
