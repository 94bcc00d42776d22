import NetIO
import SMPP
import Testing

@testable import CarrierSimulator

@Suite struct FaultTests {
  private func faulty(
    _ change: (inout CarrierSimulator.Configuration) -> Void = { _ in }
  ) throws -> (CarrierSimulator, TestESME) {
    let carrier = try simulator {
      $0.faults.bySuffix = CarrierSimulator.Faults.standardSuffixes
      change(&$0)
    }
    return (carrier, try TestESME.bound(to: carrier))
  }

  @Test func destinationsWithAMeaningFailAsTheyShould() throws {
    let (carrier, esme) = try faulty()
    func status(_ suffix: String) throws -> CommandStatus {
      try esme.answer(esme.submit(to: "1555200" + suffix, registered: 1)).status
    }
    #expect(try status("0001") == .ESME_RINVDSTADR)
    #expect(try status("0002") == .ESME_RTHROTTLED)
    #expect(try status("0002") == .ESME_ROK)
    #expect(try status("0005") == .ESME_RSYSERR)
    let nack = try esme.answer(esme.submit(to: "15552000006"))
    #expect(nack.body == .genericNack)
    #expect(try status("0007") == .ESME_ROK)
    #expect(try status("0008") == .ESME_ROK)
    #expect(try status("0009") == .ESME_ROK)
    #expect(try status("0010") == .ESME_ROK)
    #expect(try status("0011") == .ESME_ROK)
    try esme.run { $0.receipts.count == 6 }
    #expect(
      esme.receipts.map { $0.source.digits.string.suffix(2) + ":\($0.tlvs.messageState ?? 0)" }
        == ["02:2", "08:2", "08:2", "09:5", "10:3", "11:8"])
    #expect(carrier.counts.refused == 4)
    carrier.stop()
  }

  @Test func aMessageWithoutAnAnswerWasTakenAllTheSame() throws {
    let (carrier, esme) = try faulty()
    let silent = esme.submit("Into the void", to: "15552000003")
    let next = esme.submit()
    _ = try esme.answer(next)
    #expect(esme.answers[silent] == nil)
    #expect(carrier.inbox(of: "+1 555 200 0003").map(\.text) == ["Into the void"])
    carrier.stop()
  }

  @Test func theConnectionDropsInsteadOfTheAnswerAndEarlierAnswersArrive() throws {
    let (carrier, esme) = try faulty()
    let before = [esme.submit(), esme.submit()]
    let lost = esme.submit(to: "15552000004")
    try esme.run { $0.isClosed }
    #expect(esme.answerOrder == before)
    #expect(esme.unanswered == [lost])
    #expect(carrier.counts.accepted == 3)
    carrier.stop()
  }

  @Test func theLineIsCutInTheMiddleOfAPDUOnce() throws {
    let (carrier, esme) = try faulty { $0.faults.cut = .init(afterPDUs: 3, octets: 7) }
    // bind_resp and two answers are whole: the third answer is cut after 7 octets.
    let tokens = [esme.submit(), esme.submit(), esme.submit()]
    try esme.run { $0.isClosed }
    #expect(esme.answerOrder == Array(tokens[..<2]))
    #expect(esme.unanswered == [tokens[2]])
    let again = try TestESME.bound(to: carrier)
    for _ in 0..<5 { again.submit() }
    try again.run { $0.answers.count == 5 }
    carrier.stop()
  }

  @Test func singleOctetsAddUpToTheSamePDUs() throws {
    let (carrier, esme) = try faulty { $0.faults.writesSingleOctets = true }
    let tokens = (0..<20).map { _ in esme.submit(registered: 1) }
    try esme.run { $0.answers.count == 20 && $0.receipts.count == 20 }
    #expect(esme.answerOrder == tokens)
    carrier.stop()
  }

  @Test func chanceRefusesItsShareAndTheSameOnesForTheSameSeed() throws {
    func refused() throws -> [UInt64] {
      let (carrier, esme) = try faulty { $0.faults.byChance = [.init(.refuse(.ESME_RSYSERR), 0.25)] }
      for _ in 0..<80 { esme.submit() }
      try esme.run { $0.answers.count == 80 }
      carrier.stop()
      return esme.answers.filter { $0.value.status == .ESME_RSYSERR }.map(\.key).sorted()
    }
    let first = try refused()
    #expect((5...40).contains(first.count))
    #expect(try refused() == first)
  }

  @Test func moreThanTheRateInASecondIsThrottled() throws {
    let (carrier, esme) = try faulty { $0.throttle = .init(perAccount: 10, perNumber: 4) }
    for _ in 0..<6 { esme.submit(from: "18885550100") }
    for _ in 0..<3 { esme.submit(from: "18885550101") }
    try esme.run { $0.answers.count == 9 }
    let throttled = esme.answers.filter { $0.value.status == .ESME_RTHROTTLED }.map(\.key).sorted()
    #expect(throttled == [5, 6])
    #expect(carrier.counts.throttled == 2)
    carrier.stop()
  }

  @Test func aRateHoldsInAnyHalfOpenSecond() {
    var window = RateWindow(limit: 3)
    let taken = [0, 100, 200, 999, 1000, 1050, 1100, 1200, 2000].filter {
      window.take(at: .milliseconds($0))
    }
    #expect(taken == [0, 100, 200, 1000, 1100, 1200, 2000])
  }
}
