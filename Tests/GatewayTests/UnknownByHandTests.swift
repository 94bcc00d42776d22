import Contract
import SMPP
import Testing

@testable import Gateway

/// What a person says became of what is unknown.
@Suite(.worlds) struct UnknownByHandTests {
  @Test(arguments: [UnknownResolution.sent, .failed])
  func aPersonSaysWhatBecameOfItAndThatIsKept(resolution: UnknownResolution) throws {
    let world = try World.company()
    let (message, segment) = try world.written()
    world.now += 10
    try world.lose(segment)
    world.now += 20
    let result = try world.resolve(message, resolution, key: "once")
    #expect(result.segments == 1 && result.state == (resolution == .sent ? .sent : .failed))
    #expect(try world.resolve(message, resolution, key: "once").replayed == true)
    #expect(try world.spent(message) == [.init(.carrier, 10), .init(.unknown, 20)])
    let settled = try #require(try world.why(message).decisions.first { $0.step == .settled })
    #expect(settled.detail?.hasSuffix(": role admin, uid 0: asked the carrier") == true)
    #expect(
      try world.refusal(
        of: .unknownResolve(UnknownResolve(messageID: message, resolution: .retry, note: "x")))
        == .wrongState
    )
    #expect(try world.claim().isEmpty)
    #expect(try world.count("unknown_resolved_total") == 1)
    #expect(try world.events().states.map(\.state) == [.unknown, resolution == .sent ? .sent : .failed])
  }

  @Test func aReceiptThatContradictsAPersonIsKeptWithItsMessage() throws {
    let world = try World.company()
    let (message, segment) = try world.written()
    let submitted = try world.minute()
    try world.lose(segment)
    _ = try world.resolve(message, .failed)
    try world.receipt("77", submitted: submitted)
    #expect(try world.state(of: message) == .failed)
    #expect(try world.why(message).decisions.last?.step == .contradicted)
    #expect(try world.stored("SELECT count(*) FROM unresolved") == 0)
    // What was said to be sent is delivered by the same.
    let (other, second) = try world.written()
    try world.lose(second)
    _ = try world.resolve(other, .sent)
    try world.receipt("78", submitted: submitted)
    #expect(try world.state(of: other) == .delivered)
  }

  @Test(arguments: [CommandStatus.ESME_ROK, .ESME_RTHROTTLED])
  func aLateAnswerThatContradictsAPersonSendsNothing(status: CommandStatus) throws {
    let world = try World.company()
    let (message, segment) = try world.written()
    try world.take(.overdue(segment.ref, at: world.now))
    _ = try world.resolve(message, .failed)
    try world.answer(segment, status)
    #expect(try world.state(of: message) == .failed)
    #expect(try world.why(message).decisions.last?.step == .contradicted)
    #expect(try world.claim().isEmpty)
    try world.restart()
    #expect(try world.claim().isEmpty)
  }

  @Test func aLateAnswerToWhatAPersonSaidWasSentGivesItsReceiptAPlace() throws {
    let world = try World.company()
    let (message, segment) = try world.written()
    try world.take(.overdue(segment.ref, at: world.now))
    _ = try world.resolve(message, .sent)
    let id = try world.answer(segment)
    try world.receipt(id)
    #expect(try world.state(of: message) == .delivered)
  }

  @Test func aPersonMayHaveItSentAgainWhenNoAnswerCanCome() throws {
    let world = try World.company()
    let (message, segment) = try world.written()
    try world.take(.overdue(segment.ref, at: world.now))
    let retry = Command.unknownResolve(
      UnknownResolve(messageID: message, resolution: .retry, note: "nothing came"))
    #expect(try world.refusal(of: retry) == .wrongState)
    try world.lose(segment)
    let result: UnknownResolveResult = try world.call(retry)
    #expect(result.state == .queued)
    let again = try #require(try world.claim().first)
    #expect(again.ref == segment.ref)
    try world.lose(again)
    // As often as a person says so, and never to a phone that opted out.
    let _: UnknownResolveResult = try world.call(retry)
    try world.lose(try #require(try world.claim().first))
    try world.receive("STOP")
    #expect(try world.refusal(of: retry) == .optedOut)
  }

  /// A long text of which one part may still be answered: all of it is refused, and nothing of it leaves.
  @Test func aRetryThatOnePartForbidsSendsNoneOfThem() throws {
    let world = try World.company()
    let sent = try world.send(String(repeating: "0123456789", count: 20))
    let parts = try world.claim()
    try #require(parts.count == 2)
    try world.lose(parts[0])
    try world.take(.overdue(parts[1].ref, at: world.now))
    func retry(_ segment: Int? = nil) -> Command {
      .unknownResolve(
        UnknownResolve(
          messageID: sent.messageID, segment: segment, resolution: .retry, note: "nothing came"))
    }
    #expect(try world.refusal(of: retry()) == .wrongState)
    #expect(try world.claim().isEmpty)
    #expect(try world.state(of: sent.messageID) == .unknown)
    #expect(try MemoryAudit(world.gateway).differences() == [])
    try world.restart()
    #expect(try world.claim().isEmpty)
    // By then no session can answer any more.
    let result: UnknownResolveResult = try world.call(retry(1))
    #expect(result.segments == 1)
    #expect(try world.claim().map(\.ref) == [parts[0].ref])
  }

  @Test func theListIsByNumberCarrierAndAge() throws {
    let world = try World.company()
    try world.addNumber(Cast.localNumber, carrier: "beta")
    let (message, segment) = try world.written()
    try world.lose(segment)
    world.now += 60_000
    let other = try world.send("Hello", from: Cast.localNumber)
    try world.lose(try #require(try world.claim(from: Cast.localNumber).first))
    func list(_ list: UnknownList) throws -> [MessageID] {
      let result: Page<UnknownView> = try world.ask(.unknownList(list))
      return result.items.map(\.messageID)
    }
    #expect(try list(UnknownList()) == [message, other.messageID])
    #expect(try list(UnknownList(number: world.number(Cast.localNumber))) == [other.messageID])
    #expect(try list(UnknownList(carrier: "alpha")) == [message])
    #expect(try list(UnknownList(olderS: 30)) == [message])
    #expect(try list(UnknownList(olderS: 61)) == [])
    let status: StatusResult = try world.ask(.status(Status()))
    #expect(status.lanes.unknown == 2)
    let metrics: MetricsResult = try world.ask(.metrics(Metrics()))
    #expect(metrics.text.contains("tollgate_segments_unknown 2\n"))
    #expect(metrics.text.contains("tollgate_segments_unknown_oldest_seconds 60\n"))
  }
}
