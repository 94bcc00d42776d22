import NetIO
import SMPP
import Testing

@testable import CarrierSimulator

@Suite struct PhoneTests {
  @Test func phonesAnswerAsTheirScriptsSay() throws {
    let carrier = try simulator {
      $0.population.scripts = [
        .init(.these(["+15552000101"]), replies: [.init("Yes please"), nil, .init("Bye")]),
        .init(.endingIn("02"), replies: [.init("HELP")], repeatsLast: true),
        .init(.endingIn("03"), replies: [.init("never", probability: 0)], repeatsLast: true),
        .init(.endingIn("04"), replies: [.init("only to the sale")], trigger: "sale"),
      ]
    }
    let esme = try TestESME.bound(to: carrier)
    for _ in 0..<4 { esme.submit(to: "15552000101") }
    for _ in 0..<2 { esme.submit(to: "15552000102") }
    esme.submit(to: "15552000103")
    esme.submit("Hi", to: "15552000104")
    esme.submit("Our sale is on", to: "15552000104")
    esme.submit(to: "15552000105")
    try esme.run { $0.answers.count == 10 && $0.texts.count == 5 }
    let got = esme.texts.map {
      $0.source.digits.string.suffix(2) + " " + String(decoding: $0.shortMessage, as: UTF8.self)
    }
    #expect(got == ["01 Yes please", "01 Bye", "02 HELP", "02 HELP", "04 only to the sale"])
    #expect(esme.texts.allSatisfy { $0.destination.digits == "18885550100" })
    #expect(carrier.wait { $0.counts.inboundAnswered == 5 })
    #expect(carrier.inbox(of: "15552000101").count == 4)
    #expect(carrier.sent.map(\.to) == Array(repeating: "18885550100", count: 5))
    carrier.stop()
  }

  @Test(arguments: LongMessages.allCases)
  func longTextsWithEmojiGoBothWaysWhole(way: LongMessages) throws {
    let text = "Wie schön 🎉 " + String(repeating: "ein langer Text über vieles — ", count: 12)
    let carrier = try simulator {
      $0.population.longMessages = way
      $0.population.scripts = [.init(.all, replies: [.init(text)])]
    }
    let esme = try TestESME.bound(to: carrier)
    let plan = try #require(Segmenter(longMessages: way).plan(text))
    var messages: [SubmitSM] = []
    for index in 0..<plan.count {
      let segment = plan.segment(index, reference: 7)
      var message = SubmitSM(
        source: Address(digits: "18885550100"), destination: Address(digits: "15552000100"),
        esmClass: segment.udhi ? ESMClass.udhIndicator : 0, dataCoding: segment.dataCoding)
      switch segment.placement {
      case .shortMessage: message.shortMessage = segment.octets
      case .messagePayload: message.tlvs.messagePayload = segment.octets
      }
      message.tlvs.sarMsgRefNum = segment.sar?.reference
      message.tlvs.sarTotalSegments = segment.sar?.total
      message.tlvs.sarSegmentSeqnum = segment.sar?.sequence
      messages.append(message)
    }
    // Backwards and with a part twice: it is whole once all are there.
    for message in messages.reversed() { esme.submit(message) }
    if messages.count > 1 { esme.submit(messages[0]) }
    try esme.run { $0.texts.count == plan.count }
    #expect(carrier.inbox(of: "15552000100").map(\.text) == [text])
    var population = PopulationState(seed: 1)
    var whole: String?
    for part in esme.texts {
      if let complete = population.receive(Submission(part)) { whole = complete.text }
    }
    #expect(whole == text)
    carrier.stop()
  }

  @Test func theTollFreeNetworkBlocksOnStopAndOpensOnUnstop() throws {
    let carrier = try simulator { $0.tollFree = .init() }
    let esme = try TestESME.bound(to: carrier)
    carrier.send(" Stop ", from: "+15552000101", to: "+18885550100")
    try esme.run { $0.texts.count == 1 }
    #expect(
      carrier.inbox(of: "15552000101").map(\.text) == [
        "NETWORK MSG: You replied with the word \"stop\" which blocks all texts sent from this number. "
          + "Text back \"unstop\" to receive messages again."
      ])
    esme.submit("Not received", to: "5552000101", registered: 1)
    esme.submit("Other number", from: "18885550199", to: "15552000101", registered: 1)
    esme.submit("Other phone", to: "15552000102", registered: 1)
    try esme.run { $0.receipts.count == 3 }
    #expect(esme.receipts.compactMap(\.tlvs.messageState) == [8, 2, 2])
    carrier.send("UNSTOP", from: "+15552000101", to: "+18885550100")
    try esme.run { $0.texts.count == 2 }
    esme.submit("Back again", to: "15552000101", registered: 1)
    try esme.run { $0.receipts.count == 4 }
    let inbox = carrier.inbox(of: "15552000101").map(\.text)
    #expect(inbox.count == 4)
    #expect(inbox[1] == "Other number")
    #expect(
      inbox[2]
        == "NETWORK MSG: You have replied \"unstop\" and will begin receiving messages again from this number."
    )
    #expect(inbox[3] == "Back again")
    // QUIT is the ESME's business, and a ten-digit long code is not toll-free.
    carrier.send("QUIT", from: "+15552000101", to: "+18885550100")
    carrier.send("STOP", from: "+15552000101", to: "+12125550100")
    try esme.run { $0.texts.count == 4 }
    #expect(carrier.inbox(of: "15552000101").count == 4)
    carrier.stop()
  }

  @Test func whatHasNoAnswerWhenTheSessionEndsIsSentAgainTheSame() throws {
    let carrier = try simulator()
    let first = try TestESME.bound(to: carrier)
    first.deliverStatus = nil
    carrier.send("One", from: "+15552000101", to: "+18885550100")
    carrier.send("Two", from: "+15552000102", to: "+18885550100")
    try first.run { $0.texts.count == 2 }
    first.close()
    #expect(carrier.wait { $0.counts.redelivered == 2 })
    carrier.send("Three", from: "+15552000103", to: "+18885550100")
    let second = try TestESME.bound(to: carrier)
    try second.run { $0.texts.count == 3 }
    #expect(Array(second.texts[..<2]) == first.texts)
    #expect(carrier.wait { $0.counts.inboundAnswered == 3 && $0.counts.waiting == 0 })
    carrier.stop()
  }

  @Test func whatIsRefusedForNowComesAgain() throws {
    let carrier = try simulator()
    let esme = try TestESME.bound(to: carrier)
    esme.deliverStatus = .ESME_RX_T_APPN
    carrier.send("Patience", from: "+15552000101", to: "+18885550100")
    try esme.run { $0.texts.count == 1 }
    esme.deliverStatus = .ESME_ROK
    try esme.run { $0.texts.count == 2 }
    esme.deliverStatus = .ESME_RX_R_APPN
    carrier.send("Never", from: "+15552000101", to: "+18885550100")
    #expect(carrier.wait { $0.counts.deliveriesRetried == 1 })
    try esme.run { $0.texts.count == 3 }
    #expect(carrier.wait { $0.counts.deliveriesLost == 1 })
    carrier.stop()
  }

  @Test func eventsShowWhatPhonesGotAndSent() throws {
    let waker = Waker()
    let events = Mailbox<CarrierSimulator.Event>("story", capacity: 100, waker: waker)
    var configuration = CarrierSimulator.Configuration()
    configuration.population.scripts = [.init(.all, replies: [.init("Yes")])]
    let carrier = CarrierSimulator(configuration, events: events)
    try carrier.start()
    let esme = try TestESME.bound(to: carrier)
    esme.submit("Coming?", registered: 1)
    try esme.run { $0.texts.count == 1 && $0.receipts.count == 1 }
    esme.close()
    #expect(carrier.wait { $0.counts.bound == 0 })
    carrier.stop()
    var taken: [CarrierSimulator.Event] = []
    events.drain(into: &taken)
    let story = taken.map { event in
      switch event {
      case .bound(let id, let type): "bound \(id) \(type)"
      case .unbound(let id): "unbound \(id)"
      case .handshakeFailed(let reason): reason
      case .received(let message): "received \(message.text)"
      case .sent(let message): "sent \(message.text)"
      case .network: "network"
      case .receipt(_, let state): "receipt \(state.rawValue)"
      }
    }
    #expect(
      Set(story) == ["bound acme transceiver", "received Coming?", "sent Yes", "receipt 2", "unbound acme"])
    #expect(story.first == "bound acme transceiver")
    #expect(story.last == "unbound acme")
  }
}
