import NetIO
import SMPP
import Testing

@testable import CarrierSimulator

@Suite struct LoadTests {
  @Test(arguments: [CarrierSimulator.Receipts.IDs.decimal, .hexThenDecimal, .uuid], [true, false])
  func theFastPathAnswersAndSendsReceiptsAsTheSlowOneDoes(
    ids: CarrierSimulator.Receipts.IDs, hasTLVs: Bool
  ) throws {
    func receipt(isLoad: Bool) throws -> (DeliverSM, String) {
      let carrier = try simulator {
        $0.isLoad = isLoad
        $0.receipts.ids = ids
        $0.receipts.hasTLVs = hasTLVs
        $0.receipts.outcomes = [.init(.undeliverable, error: 42)]
      }
      let esme = try TestESME.bound(to: carrier)
      var tlvs = TLVs()
      tlvs.networkErrorCode = nil
      let id = try esme.messageID(esme.submit("", registered: 1, tlvs: tlvs))
      try esme.run { $0.receipts.count == 1 }
      #expect(carrier.wait { $0.counts.receiptsAnswered == 1 })
      carrier.stop()
      return (esme.receipts[0], id)
    }
    let (slow, slowID) = try receipt(isLoad: false)
    var (fast, fastID) = try receipt(isLoad: true)
    #expect(fastID == slowID)
    #expect(String(decoding: fast.shortMessage, as: UTF8.self).contains(" stat:UNDELIV err:042 text:"))
    // The date may have moved on between the two, and load leaves network_error_code out.
    func withoutDates(_ octets: [UInt8]) -> String {
      String(decoding: octets, as: UTF8.self).split(separator: " ").filter { !$0.hasPrefix("date:") }
        .joined(separator: " ")
    }
    #expect(withoutDates(fast.shortMessage) == withoutDates(slow.shortMessage))
    var expected = slow
    expected.tlvs.networkErrorCode = nil
    fast.shortMessage = []
    expected.shortMessage = []
    #expect(fast == expected)
  }

  @Test func thousandsOfSubmitsEachGetOneAnswerAndOneReceipt() throws {
    let carrier = try simulator { $0.isLoad = true }
    let esme = try TestESME.bound(to: carrier, window: 500)
    var sent = 0
    while sent < 5000 {
      for _ in 0..<500 { esme.submit(to: String(15_552_000_000 + sent % 97), registered: 1) }
      sent += 500
      try esme.run { $0.answers.count == sent }
    }
    try esme.run { $0.receipts.count == 5000 }
    #expect(Set(esme.receipts.compactMap { $0.tlvs.receiptedMessageID }).count == 5000)
    #expect(
      carrier.wait {
        $0.counts.receiptsAnswered == 5000 && $0.counts.inFlight == 0 && $0.counts.waiting == 0
      })
    #expect(carrier.counts.accepted == 5000)
    carrier.stop()
  }

  @Test func underLoadFaultyPDUsStillGetTheSessionsAnswer() throws {
    let carrier = try simulator { $0.isLoad = true }
    let esme = try TestESME.bound(to: carrier)
    // A submit_sm whose body ends inside an address.
    esme.write(octets: [0, 0, 0, 20, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0x7F, 1, 0, 1, 1, 0x31])
    #expect(carrier.wait { $0.counts.malformed == 1 })
    #expect(try esme.answer(esme.submit()).status == .ESME_ROK)
    carrier.stop()
  }

  @Test func delayedReceiptsUnderLoadComeInOrder() throws {
    let carrier = try simulator {
      $0.isLoad = true
      $0.receipts.delay = .uniform(.milliseconds(1), .milliseconds(5))
    }
    let esme = try TestESME.bound(to: carrier)
    let tokens = (0..<50).map { _ in esme.submit(registered: 1) }
    let ids = try tokens.map { try esme.messageID($0) }
    try esme.run { $0.receipts.count == 50 }
    #expect(esme.receipts.compactMap { $0.tlvs.receiptedMessageID?.string } == ids)
    carrier.stop()
  }

  @Test(arguments: [nil, 20_000.0]) func theInboundLoadSendsEveryMessageOnce(rate: Double?) throws {
    let carrier = try simulator { $0.isLoad = true }
    let esme = try TestESME.bound(to: carrier)
    carrier.generate(.init(count: 2000, rate: rate, phones: 30, numbers: 3, text: "Hello #"))
    try esme.run { $0.texts.count == 2000 }
    #expect(carrier.wait { $0.counts.inboundAnswered == 2000 })
    let texts = esme.texts.map { String(decoding: $0.shortMessage, as: UTF8.self) }
    #expect(texts == (0..<2000).map { "Hello #\($0)" })
    #expect(Set(esme.texts.map(\.source.digits)).count == 30)
    #expect(Set(esme.texts.map(\.destination.digits)).count == 3)
    #expect(carrier.inboundLatency.count == 2000)
    #expect(carrier.inboundLatency.quantile(0.5) <= carrier.inboundLatency.quantile(0.99))
    carrier.stop()
  }

  @Test func theInboundLoadSurvivesRefusalsAndALostSession() throws {
    let carrier = try simulator { $0.deliverWindow = 10 }
    let first = try TestESME.bound(to: carrier)
    first.deliverStatus = nil
    carrier.generate(.init(count: 40))
    try first.run { $0.texts.count == 10 }
    first.close()
    #expect(carrier.wait { $0.counts.redelivered == 10 })
    let second = try TestESME.bound(to: carrier)
    second.deliverStatus = .ESME_RX_T_APPN
    try second.run { $0.texts.count >= 10 }
    second.deliverStatus = .ESME_ROK
    #expect(throws: Never.self) {
      try second.run { esme in Set(esme.texts.map(\.shortMessage)).count == 40 }
    }
    carrier.stop()
  }

  @Test func quantilesAreWithinASixteenthOfTheTimes() {
    var histogram = LatencyHistogram()
    for microseconds in 1...1000 { histogram.record(nanoseconds: Int64(microseconds) * 1000) }
    for (part, exact) in [(0.5, 500), (0.99, 990), (0.01, 10)] {
      let time = histogram.quantile(part)
      #expect(time >= .microseconds(exact) && time <= .microseconds(exact) * 17 / 16)
    }
    #expect(histogram.quantile(1) == .milliseconds(1))
    #expect(LatencyHistogram().quantile(0.5) == .zero)
  }
}
