import NetIO
import SMPP
import Testing

@testable import CarrierSimulator

@Suite struct SubmitTests {
  @Test func everyMessageIsAnsweredInOrderWithAnIdOfItsOwn() throws {
    let carrier = try simulator()
    let esme = try TestESME.bound(to: carrier)
    let tokens = (0..<50).map { _ in esme.submit() }
    let ids = try tokens.map { try esme.messageID($0) }
    #expect(Set(ids).count == 50)
    #expect(esme.answerOrder == tokens)
    #expect(carrier.wait { $0.counts.accepted == 50 && $0.counts.answered == 50 })
    carrier.stop()
  }

  @Test(arguments: CarrierSimulator.Receipts.IDs.allCases)
  func theReceiptNamesTheMessageInItsDialect(ids: CarrierSimulator.Receipts.IDs) throws {
    let carrier = try simulator { $0.receipts.ids = ids }
    let esme = try TestESME.bound(to: carrier)
    let token = esme.submit("Hello there", registered: 1)
    let id = try esme.messageID(token)
    try esme.run { $0.receipts.count == 1 }
    let receipt = esme.receipts[0]
    let inReceipt: String
    switch ids {
    case .decimal, .uuid: inReceipt = id
    case .hexThenDecimal: inReceipt = try String(#require(UInt64(id, radix: 16)))
    case .decimalThenHex: inReceipt = try String(#require(UInt64(id)), radix: 16)
    case .paddedInReceipt: inReceipt = String(repeating: "0", count: 20 - id.utf8.count) + id
    }
    let text = String(decoding: receipt.shortMessage, as: UTF8.self)
    #expect(text.hasPrefix("id:\(inReceipt) sub:001 dlvrd:001 submit date:"))
    #expect(text.hasSuffix(" stat:DELIVRD err:000 text:Hello there"))
    #expect(receipt.tlvs.receiptedMessageID?.string == inReceipt)
    #expect(receipt.tlvs.messageState == 2)
    #expect(receipt.source.digits == "15552000100")
    #expect(receipt.destination.digits == "18885550100")
    #expect(esme.trace == ["answer 1", "receipt"])
    #expect(carrier.wait { $0.counts.receiptsAnswered == 1 })
    carrier.stop()
  }

  @Test func receiptsComeOnlyWhereTheyAreAskedFor() throws {
    let carrier = try simulator {
      $0.faults.bySuffix = [.init("9", .outcome(.undeliverable, error: 1))]
    }
    let esme = try TestESME.bound(to: carrier)
    _ = try esme.answer(esme.submit(to: "15552000100", registered: 0))
    _ = try esme.answer(esme.submit(to: "15552000109", registered: 0))
    _ = try esme.answer(esme.submit(to: "15552000100", registered: 2))
    _ = try esme.answer(esme.submit(to: "15552000109", registered: 2))
    _ = try esme.answer(esme.submit(to: "15552000101", registered: 1))
    try esme.run { $0.receipts.count == 2 }
    #expect(esme.receipts.map(\.source.digits.string) == ["15552000109", "15552000101"])
    let text = String(decoding: esme.receipts[0].shortMessage, as: UTF8.self)
    #expect(text.contains(" dlvrd:000 ") && text.contains(" stat:UNDELIV err:001 "))
    #expect(esme.receipts[0].tlvs.networkErrorCode == NetworkErrorCode(networkType: 3, code: 1))
    carrier.stop()
  }

  @Test func anEarlyReceiptComesBeforeTheAnswerAndEchoesTheReference() throws {
    let carrier = try simulator {
      $0.receipts.comesFirst = true
      $0.receipts.hasTLVs = false
      $0.receipts.echoesUserMessageReference = true
    }
    let esme = try TestESME.bound(to: carrier)
    var tlvs = TLVs()
    tlvs.userMessageReference = 0xBEEF
    let token = esme.submit(registered: 1, tlvs: tlvs)
    _ = try esme.answer(token)
    #expect(esme.trace == ["receipt", "answer 1"])
    #expect(esme.receipts[0].tlvs.userMessageReference == 0xBEEF)
    #expect(esme.receipts[0].tlvs.receiptedMessageID == nil)
    carrier.stop()
  }

  @Test func outcomesFollowTheirWeightsAndTheSeed() throws {
    func states(seed: UInt64) throws -> [UInt8] {
      let carrier = try simulator {
        $0.seed = seed
        $0.receipts.outcomes = [
          .init(.delivered, weight: 3), .init(.undeliverable, error: 5, weight: 1),
        ]
      }
      let esme = try TestESME.bound(to: carrier)
      for _ in 0..<80 { esme.submit(registered: 1) }
      try esme.run { $0.receipts.count == 80 }
      carrier.stop()
      return esme.receipts.compactMap(\.tlvs.messageState)
    }
    let first = try states(seed: 5)
    #expect(try states(seed: 5) == first)
    #expect(try states(seed: 6) != first)
    #expect((5...40).contains(first.filter { $0 == 5 }.count))
  }

  @Test func theReceiverOfThePairGetsTheReceipts() throws {
    let carrier = try simulator()
    let transmitter = try TestESME.bound(to: carrier, .transmitter)
    let receiver = try TestESME.bound(to: carrier, .receiver)
    let id = try transmitter.messageID(transmitter.submit(registered: 1))
    try receiver.run { $0.receipts.count == 1 }
    #expect(receiver.receipts[0].tlvs.receiptedMessageID?.string == id)
    #expect(transmitter.requests.isEmpty)
    carrier.stop()
  }

  @Test func answersHeldBackComeInOrderOrNever() throws {
    let carrier = try simulator()
    let esme = try TestESME.bound(to: carrier)
    carrier.pauseAnswers()
    let first = [esme.submit(), esme.submit()]
    #expect(carrier.wait { $0.counts.accepted == 2 })
    #expect(carrier.counts.answered == 0)
    #expect(carrier.received.count == 2)
    carrier.resumeAnswers()
    _ = try esme.answer(first[1])
    carrier.pauseAnswers()
    esme.submit()
    #expect(carrier.wait { $0.counts.accepted == 3 })
    carrier.forgetAnswers()
    carrier.resumeAnswers()
    let last = esme.submit()
    _ = try esme.answer(last)
    #expect(esme.answerOrder == [1, 2, 4])
    carrier.stop()
  }

  @Test func answersWaitTheirDelayAndTheWindowIsKept() throws {
    let carrier = try simulator {
      $0.answerDelay = .fixed(.milliseconds(3))
      $0.window = 4
    }
    let esme = try TestESME.bound(to: carrier)
    let started = MonotonicClock.now
    let tokens = (0..<6).map { _ in esme.submit() }
    try esme.run { $0.answers.count == 6 }
    #expect(MonotonicClock.now - started >= .milliseconds(3))
    let refused = tokens.filter { esme.answers[$0]?.status == .ESME_RTHROTTLED }
    #expect(refused == Array(tokens[4...]))
    carrier.stop()
  }

  @Test func manyDestinationsQueriesAndCancelsAreServed() throws {
    let carrier = try simulator {
      $0.receipts.delay = .fixed(.seconds(3600))
      $0.faults.bySuffix = CarrierSimulator.Faults.standardSuffixes
    }
    let esme = try TestESME.bound(to: carrier)
    let multi = SubmitMulti(
      source: Address(digits: "18885550100"),
      destinations: [
        .sme(Address(digits: "15552000101")), .sme(Address(digits: "15552000001")),
      ], shortMessage: Array("Hi".utf8))
    guard case .submitMultiResp(.some(let response)) = try esme.answer(esme.request(.submitMulti(multi))).body
    else {
      Issue.record("no submit_multi_resp")
      return
    }
    #expect(response.unsuccessful.map(\.status) == [.ESME_RINVDSTADR])
    #expect(response.unsuccessful.map(\.address.digits) == ["15552000001"])

    let id = COctetString(try esme.messageID(esme.submit(registered: 1)))
    func state() throws -> MessageState? {
      guard
        case .querySMResp(let found) = try esme.answer(esme.request(.querySM(QuerySM(messageID: id)))).body
      else { return nil }
      return found?.messageState
    }
    #expect(try state() == .enroute)
    let cancel = CancelSM(
      messageID: id, source: Address(digits: "18885550100"), destination: Address(digits: "15552000100"))
    #expect(try esme.answer(esme.request(.cancelSM(cancel))).status == .ESME_ROK)
    #expect(try state() == .deleted)
    #expect(try esme.answer(esme.request(.cancelSM(cancel))).status == .ESME_RCANCELFAIL)
    let unknown = QuerySM(messageID: "no-such-id")
    #expect(try esme.answer(esme.request(.querySM(unknown))).status == .ESME_RQUERYFAIL)
    carrier.stop()
  }
}
