import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// What a carrier's refusal of a submit asks of us (SMPP 3.4, 5.1.3).
@Suite(.worlds) struct RefusalRuleTests {

  private func isBlocked(_ world: World, _ phone: String = Cast.customer) throws -> Bool {
    try world.refusal(of: world.message("x", to: phone)) == .networkBlocked
  }

  @Test func aTemporaryRefusalIsTriedAgainLaterAndLaterUntilADayIsOver() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("one")
    let start = world.now
    var delays: [Int64] = []
    while let segment = try world.claim().first {
      try world.answer(segment, .ESME_RSYSERR)
      #expect(try world.claim().isEmpty)
      let due = try world.stored("SELECT max(not_before) FROM pending") ?? 0
      guard due > 0 else { break }
      delays.append(due - world.now)
      world.now = due
    }
    let expected: [Int64] = [5_000, 10_000, 20_000, 40_000, 80_000, 160_000, 300_000, 300_000]
    #expect(Array(delays.prefix(8)) == expected)
    #expect(world.now - start > 24 * 3_600_000 - Retry.longest && world.now - start < 24 * 3_600_000)
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .failed && view.error == "ESME_RSYSERR")
  }

  @Test func notAfterAndTheProfilesValidityEndTheAttempts() throws {
    let world = try World { $0.carriers["alpha"]?.validity = .seconds(60) }
    try world.addAnna()
    let limited: MessageSendResult = try world.call(
      world.message("one", to: Cast.stranger, notAfter: world.now + 12_000))
    let valid = try world.send("two")
    var attempts: [String: Int] = [:]
    for _ in 0..<20 {
      for segment in try world.claim() {
        attempts[segment.text, default: 0] += 1
        try world.answer(segment, .ESME_RX_T_APPN)
      }
      world.now += 5_000
    }
    // At 0 and 5 s; the next would be at 15. At 0, 5, 15 and 35; the next would be at 75.
    #expect(attempts == ["one": 2, "two": 4])
    #expect(try world.state(of: limited.messageID) == .failed)
    #expect(try world.state(of: valid.messageID) == .failed)
  }

  @Test func theValidityOfTheProfileIsWrittenAndNeverLongerThanNotAfter() throws {
    let world = try World { $0.carriers["alpha"]?.validity = .seconds(90_061) }
    try world.addAnna()
    try world.send("one")
    let _: MessageSendResult = try world.call(
      world.message("two", to: Cast.stranger, notAfter: world.now + 90_000))
    #expect(try world.claim().map(\.pdu.validityPeriod) == ["000001010101000R", "000000000130000R"])
  }

  @Test func aFailedSubmitIsTriedOnceMore() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("one")
    for _ in 0..<2 {
      try world.answer(try #require(try world.claim().first), .ESME_RSUBMITFAIL)
      world.now += Retry.longest
    }
    #expect(try world.claim().isEmpty)
    #expect(try world.state(of: sent.messageID) == .failed)
  }

  @Test(arguments: [
    CommandStatus.ESME_RINVBNDSTS, .ESME_RALYBND, .ESME_RBINDFAIL, .ESME_RINVPASWD, .ESME_RINVSYSID,
  ])
  func aRefusalAboutTheSessionIsNoneOfTheMessage(status: CommandStatus) throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("one")
    try world.answer(try #require(try world.claim().first), status)
    #expect(try world.state(of: sent.messageID) == .queued)
    world.now += Retry.first
    try world.answer(try #require(try world.claim().first))
    #expect(try world.state(of: sent.messageID) == .sent)
  }

  @Test(arguments: [
    CommandStatus.ESME_RINVSRCADR, .ESME_RINVSRCTON, .ESME_RINVSRCNPI, .ESME_RINVSYSTYP,
  ])
  func aRefusalOfOurNumberPausesThatNumberAlone(status: CommandStatus) throws {
    let world = try World()
    try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    try world.send("one")
    try world.send("two", to: Cast.stranger)
    try world.send("three", from: Cast.bensNumber)
    try world.answer(try #require(try world.claim(1).first), status)
    #expect(try world.claim().isEmpty)
    #expect(try world.claim(from: Cast.bensNumber).count == 1)
    let number: NumberView = try world.ask(.numberGet(NumberGet(number: world.number(Cast.annasNumber))))
    #expect(number.state == .paused && number.queuedInteractive == 1)
  }

  @Test(arguments: [
    CommandStatus.ESME_RINVCMDLEN, .ESME_RINVCMDID, .ESME_RINVPRTFLG, .ESME_RINVREGDLVFLG,
    .ESME_RINVSUBREP, .ESME_RINVREPFLAG, .ESME_RINVNUMMSGS,
  ])
  func ourOwnFaultIsCountedAndLoggedWithoutTextAndNumbers(status: CommandStatus) throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("a secret")
    try world.answer(try #require(try world.claim().first), status)
    #expect(try world.state(of: sent.messageID) == .failed)
    #expect(try world.count("our_faults_total") == 1)
    let line = try #require(world.notices.first(where: { $0.line.contains("our_fault") })?.line)
    #expect(line.contains(status.name) && line.contains("sm_length=8") && line.contains("esm_class=0"))
    #expect(!line.contains("secret") && !line.contains("2025550143") && !line.contains("8885550101"))
  }

  @Test func anUnknownStatusFailsTheMessageAndIsCountedAndTheProfileGivesItAClass() throws {
    let status = CommandStatus(rawValue: 0x412)
    let world = try World()
    try world.addAnna()
    let sent = try world.send("one")
    try world.answer(try #require(try world.claim().first), status)
    #expect(try world.view(of: sent.messageID).error == "0x00000412")
    #expect(try world.count("unknown_statuses_total") == 1)
    let tolerant = try World { $0.carriers["alpha"]?.statusRules = [StatusRule(0x400...0x4FF, .temporary)] }
    try tolerant.addAnna()
    let other = try tolerant.send("one")
    try tolerant.answer(try #require(try tolerant.claim().first), status)
    #expect(try tolerant.state(of: other.messageID) == .queued)
    #expect(try tolerant.count("unknown_statuses_total") == nil)
  }

  // MARK: Opt-outs that a carrier tells

  @Test(arguments: ["27", "027"]) func anErrorOfAReceiptThatMeansAnOptOutIsTheCarriersBlock(error: String)
    throws
  {
    let world = try World { $0.carriers["alpha"]?.receipts.optOutErrors = ["027"] }
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    let waiting = try world.send("Later")
    let released = try world.receipt(id, .undeliverable, error: COctetString(error))
    // The barrier stands before the answer to the receipt.
    let kinds = released.network.compactMap { output -> String? in
      switch output {
      case .revoke: "revoke"
      case .respond: "respond"
      default: nil
      }
    }
    #expect(kinds == ["revoke", "respond"])
    #expect(try world.state(of: message) == .failed)
    #expect(try world.state(of: waiting.messageID) == .cancelled)
    #expect(try isBlocked(world))
    let told = try #require(try world.events().consent.first)
    #expect(told.kind == .optOut && told.layer == .network && told.source == .carrier && told.cancelled == 1)
    #expect(told.phone.description == Cast.customer && told.number?.description == Cast.annasNumber)
    #expect(try world.count("opted_out_total") == 1)
    try world.restart()
    #expect(try isBlocked(world))
    // START to the very number lifts it.
    try world.receive("START")
    #expect(try world.refusal(of: world.message("x")) == nil)
  }

  @Test func aStatusThatMeansAnOptOutIsTheCarriersBlockAndNeverTriedAgain() throws {
    let world = try World { $0.carriers["alpha"]?.statusRules = [StatusRule(0x410...0x410, .optedOut)] }
    try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    let sent = try world.send("one")
    try world.send("two")
    try world.answer(try #require(try world.claim().first), CommandStatus(rawValue: 0x410))
    #expect(try world.state(of: sent.messageID) == .failed)
    #expect(try isBlocked(world))
    world.now += Retry.longest
    #expect(try world.claim().isEmpty)
    #expect(try world.events().consent.count == 1)
    // It is about this number; another of ours may still write.
    try world.send("three", from: Cast.bensNumber)
  }

  @Test func anotherErrorIsNoOptOut() throws {
    let world = try World { $0.carriers["alpha"]?.receipts.optOutErrors = ["027"] }
    try world.addAnna()
    let (_, id) = try world.deliverToCarrier("Hello")
    try world.receipt(id, .undeliverable, error: "270")
    #expect(try !isBlocked(world))
    #expect(try world.events().consent.isEmpty)
  }
}
