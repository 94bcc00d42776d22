import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Receipts that are not as they should be: none is guessed at, none is dropped, and states only move forward.
@Suite(.worlds) struct ReceiptRuleTests {
  private func listed(_ world: World, _ reason: ReceiptReason? = nil) throws -> [ReceiptView] {
    let result: Page<ReceiptView> = try world.ask(
      .carrierReceipts(CarrierReceipts(carrier: "alpha", reason: reason)))
    return result.items
  }

  private func metric(_ world: World, _ name: String) throws -> Int? {
    let result: MetricsResult = try world.ask(.metrics(Metrics()))
    let begin = "tollgate_carrier_\(name){carrier=\"alpha\"} "
    let line = result.text.split(separator: "\n").first { $0.hasPrefix(begin) }
    return line.flatMap { Int($0.dropFirst(begin.count)) }
  }

  // MARK: Collisions

  @Test(arguments: [("00123", "0123", "123"), ("a-1", "A1", "a1"), ("77", "77", "77")])
  func anIdThatFitsTwoMessagesSettlesNeitherAndIsReported(first: String, second: String, receipt: String)
    throws
  {
    let world = try World()
    try world.addAnna()
    var messages: [MessageID] = []
    for (text, id) in [("one", first), ("two", second)] {
      messages.append(try world.send(text).messageID)
      try world.answer(try #require(try world.claim().first), id: id)
    }
    #expect(try world.receipt(receipt).responses == [.ESME_ROK])
    for message in messages { #expect(try world.state(of: message) == .sent) }
    #expect(try world.events().alerts == [.receiptUnmatched])
    let item = try #require(try listed(world).first)
    #expect(item.reason == .collision && item.carrierMessageID == receipt && item.state == .delivered)
    #expect(item.to?.description == Cast.customer && item.from?.description == Cast.annasNumber)
    // A thousand of them are one alert.
    try world.receipt(receipt, .undeliverable)
    #expect(try world.events().alerts.isEmpty)
    #expect(try metric(world, "receipts_collided_total") == 2)
  }

  @Test func anIdThatFitsTwoMessagesIsTheOneWhosePhoneTheReceiptNames() throws {
    let world = try World()
    try world.addAnna()
    let one = try world.send("one", to: Cast.customer)
    try world.answer(try #require(try world.claim().first), id: "77")
    let two = try world.send("two", to: Cast.stranger)
    try world.answer(try #require(try world.claim().first), id: "77")
    try world.receipt("77", from: Cast.stranger)
    #expect(try world.state(of: one.messageID) == .sent)
    #expect(try world.state(of: two.messageID) == .delivered)
    #expect(try listed(world).isEmpty)
  }

  @Test func partsOfOneMessageUnderOneIdAreSettledOneByOne() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send(String(repeating: "0123456789", count: 40))
    for segment in try world.claim() { try world.answer(segment, id: "77") }
    for _ in 0..<2 {
      try world.receipt("77")
      #expect(try world.state(of: sent.messageID) == .sent)
      #expect(try world.view(of: sent.messageID).segmentsDelivered != nil)
    }
    try world.receipt("77")
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(try world.view(of: sent.messageID).segmentsDelivered == nil)
  }

  // MARK: Late and contradictory

  @Test func statesOnlyMoveForwardAndWhatContradictsThemIsKeptAndCounted() throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    try world.receipt(id, .delivered)
    try world.receipt(id, .undeliverable, error: "033")
    try world.receipt(id, .expired)
    #expect(try world.state(of: message) == .delivered)
    let late = try listed(world)
    #expect(late.map(\.reason) == [.alreadyFinal, .alreadyFinal])
    #expect(late.map(\.state) == [.expired, .failed] && late.last?.error == "033")
    #expect(late.allSatisfy { $0.messageID == message })
    #expect(try metric(world, "receipts_late_total") == 2)
    #expect(try metric(world, "receipts_total") == 3)
  }

  @Test func exactRepetitionsAreCountedAndHarmless() throws {
    let world = try World()
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    for _ in 0..<3 { try world.receipt(id) }
    try world.receipt(id, .enroute)
    #expect(try world.state(of: message) == .delivered)
    #expect(try listed(world).isEmpty)
    #expect(try metric(world, "receipts_repeated_total") == 3)
    #expect(try world.events().states.map(\.state) == [.sent, .delivered])
  }

  @Test func ofEarlyReceiptsForOneIdTheFinalOneWinsAndWhatContradictsItIsListed() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    for state in [MessageState.enroute, .delivered, .enroute, .undeliverable] {
      try world.receipt("900", state)
    }
    #expect(try listed(world).allSatisfy { $0.reason == .waitingForResponse })
    try world.restart()
    try world.answer(segment, id: "900")
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(try listed(world).map(\.reason) == [.alreadyFinal])
  }

  // MARK: Unmatched

  @Test func aReceiptForNoMessageIsListedAsSuchAndFindsItsAnswerWithinItsTime() throws {
    let world = try World()
    try world.addAnna()
    try world.receipt("900")
    #expect(try listed(world).map(\.reason) == [.noSuchMessage])
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    try world.receipt("901")
    #expect(try listed(world).map(\.reason) == [.waitingForResponse, .noSuchMessage])
    world.now += world.settings.spans.receiptParked.wholeMilliseconds + 1
    #expect(try listed(world).map(\.reason) == [.noSuchMessage, .noSuchMessage])
    // Its time is over: an answer with its id takes it no more.
    try world.answer(segment, id: "901")
    #expect(try world.state(of: sent.messageID) == .sent)
    world.now += world.settings.spans.receiptListed.wholeMilliseconds
    try world.housekeep()
    #expect(try listed(world).isEmpty)
  }

  @Test func whatIsListedIsBoundedAndTheOldestLeaveFirst() throws {
    let world = try World { $0.maximumParkedReceipts = 5 }
    try world.addAnna()
    for id in 1...9 { try world.receipt("90\(id)") }
    world.now += 20_000
    try world.housekeep()
    #expect(try listed(world).map(\.carrierMessageID) == ["909", "908", "907", "906", "905"])
    #expect(try world.events().alerts == [.receiptUnmatched])
  }

  /// As numbers these ids are one.
  @Test func anIdThatIsTheSameToTheLetterComesBeforeOneThatIsTheSameNumber() throws {
    let world = try World()
    try world.addAnna()
    var messages: [MessageID] = []
    for id in ["1-23", "12-3", "123"] {
      messages.append(try world.send("Hello \(id)").messageID)
      _ = try world.answer(try #require(try world.claim(from: Cast.annasNumber).first), id: id)
    }
    try world.receipt("12-3")
    #expect(try messages.map { try world.state(of: $0) } == [.sent, .delivered, .sent])
    try world.receipt("123")
    try world.receipt("1-23", .undeliverable)
    #expect(try messages.map { try world.state(of: $0) } == [.failed, .delivered, .delivered])
  }

  @Test func anUnreadableReceiptIsListedAndItsOctetsAreKept() throws {
    let world = try World()
    try world.addAnna()
    let pdu = DeliverSM(
      source: world.address(Cast.customer), destination: world.address(Cast.annasNumber),
      esmClass: ESMClass.deliveryReceipt, shortMessage: Array("what is this".utf8))
    var inbound = try world.inbound(pdu)
    inbound.body = []
    #expect(try world.take(.inbound(inbound)).responses == [.ESME_ROK])
    #expect(try listed(world).map(\.reason) == [.unreadable])
    #expect(try world.stored("SELECT instr(pdu, CAST('what is this' AS BLOB)) > 0 FROM quarantine") == 1)
  }

  @Test func pagesOfTheListFollowOneAnother() throws {
    let world = try World()
    try world.addAnna()
    for id in 1...5 { try world.receipt("90\(id)") }
    try world.receipt("910", carrier: "beta")
    var ids: [String] = []
    var cursor: PageCursor?
    repeat {
      let page: Page<ReceiptView> = try world.ask(
        .carrierReceipts(CarrierReceipts(carrier: "alpha", cursor: cursor, limit: 2)))
      ids += page.items.map(\.carrierMessageID)
      cursor = page.next
    } while cursor != nil
    #expect(ids == ["905", "904", "903", "902", "901"])
  }

  // MARK: Another base

  @Test func anIdOnAnotherBaseIsBelievedWhereItsAddressesFit() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    try world.answer(try #require(try world.claim().first), id: "1A2B3C")
    try world.receipt("1715004")
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(world.notices.contains { $0.line.contains("hex_to_decimal") })
  }

  @Test(arguments: [("1A2B3C", "1715004"), ("1715004", "001A2B3C")])
  func anEarlyReceiptOnAnotherBaseWaitsForItsAnswer(response: String, receipt: String) throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    try world.receipt(receipt)
    try world.answer(segment, id: response)
    #expect(try world.state(of: sent.messageID) == .delivered)
  }

  @Test func anIdOnAnotherBaseIsNotBelievedForAnotherPhone() throws {
    let world = try World()
    try world.addAnna()
    let other = try world.send("Hello", to: Cast.stranger)
    try world.answer(try #require(try world.claim().first), id: "291")
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    // 0x123 is 291: an early receipt of the one is no receipt of the other.
    try world.receipt("123")
    #expect(try world.state(of: other.messageID) == .sent)
    #expect(try listed(world).map(\.reason) == [.otherBase])
    try world.answer(segment, id: "123")
    #expect(try world.state(of: sent.messageID) == .delivered)
    #expect(try world.state(of: other.messageID) == .sent)
    #expect(try listed(world).isEmpty)
  }

  /// A submit to the same phone is unresolved, and the receipt's time fits that submit. An id that names another text goes first.
  @Test(arguments: [false, true])
  func anIdOnAnotherBaseComesBeforeATimeThatSuitsAnUnresolvedSubmit(repeated: Bool) throws {
    let world = try World()
    try world.addAnna()
    let named = try world.send("named")
    try world.answer(try #require(try world.claim().first), id: "1A2B3C")
    if repeated { try world.receipt("1715004") }
    let unanswered = try world.send("unanswered")
    let segment = try #require(try world.claim().first)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    try world.receipt("1715004", submitted: world.minute())
    #expect(try world.state(of: named.messageID) == .delivered)
    #expect(try world.state(of: unanswered.messageID) == .unknown)
  }

  // MARK: Missing

  @Test func aReceiptThatNeverComesIsMissingAfterItsTimeAndMayStillCome() throws {
    let world = try World { $0.carriers["alpha"]?.receipts.missingAfter = .seconds(3600) }
    try world.addAnna()
    let (message, id) = try world.deliverToCarrier("Hello")
    let (other, _) = try world.deliverToCarrier("Again", to: Cast.stranger)
    world.now += 3_599_000
    try world.housekeep()
    #expect(try world.state(of: message) == .sent)
    world.now += 2_000
    try world.housekeep()
    #expect(try world.state(of: message) == .receiptMissing)
    #expect(try metric(world, "receipts_missing_total") == 2)
    let told = try world.events().states.filter { $0.state == .receiptMissing }
    #expect(told.count == 2 && told.allSatisfy(\.final))
    try world.restart()
    try world.receipt(id)
    #expect(try world.state(of: message) == .delivered)
    #expect(try world.events().states.map(\.state) == [.delivered])
    // Nothing is waited for without end.
    world.now += 3_601_000
    try world.housekeep()
    #expect(try world.state(of: other) == .receiptMissing)
    #expect(try world.stored("SELECT count(*) FROM awaiting") == 0)
    #expect(try metric(world, "receipts_missing_total") == 2)
  }

  @Test func ifTheCarrierReportsOnlyFailuresSilenceIsNoFault() throws {
    let world = try World { $0.carriers["alpha"]?.registeredDelivery = RegisteredDelivery.failure }
    try world.addAnna()
    let (message, _) = try world.deliverToCarrier("Hello")
    world.now += 80 * 3_600_000
    try world.housekeep()
    #expect(try world.state(of: message) == .sent)
    #expect(try world.stored("SELECT count(*) FROM awaiting") == 0)
  }

  @Test func aCampaignCountsTheReceiptsThatAreMissing() throws {
    let world = try World()
    let anna = try world.addAnna()
    try world.addContact(Cast.customer, first: "Carla", owner: anna)
    let campaign = try world.campaign("Open house")
    let id = try world.answer(try #require(try world.claim(bulk: true).first))
    world.now += 73 * 3_600_000
    try world.housekeep()
    #expect(try world.campaignView(campaign).counts.receiptMissing == 1)
    #expect(try world.campaignView(campaign).counts.sent == 0)
    try world.receipt(id)
    #expect(try world.campaignView(campaign).counts.delivered == 1)
    #expect(try world.campaignView(campaign).counts.receiptMissing == 0)
  }

  // MARK: The whole of several parts

  @Test func theWholeIsDeliveredOnlyWhenAllPartsAreAndFailsWithAny() {
    let settled: [SegmentState] = [
      .sent, .unknown, .delivered, .failed, .expired, .cancelled, .receiptMissing,
    ]
    for first in settled {
      for second in settled {
        for third in settled {
          let parts = [first, second, third]
          let whole = SegmentState.whole(parts)
          #expect((whole == .delivered) == parts.allSatisfy { $0 == .delivered })
          #expect((whole == .failed) == parts.contains(.failed))
          if parts.contains(.unknown), !parts.contains(.failed) { #expect(whole == .unknown) }
          // Whatever moves next: no final state but a missing receipt is left.
          for index in parts.indices {
            for next in settled where parts[index].mayBecome(next) {
              var after = parts
              after[index] = next
              if whole.isFinal, whole != .receiptMissing { #expect(SegmentState.whole(after) == whole) }
            }
          }
        }
      }
    }
  }

  @Test func aFailedMessageSaysHowManyPartsThePhoneHas() throws {
    let world = try World()
    try world.addAnna()
    let sent = try world.send(String(repeating: "0123456789", count: 40))
    let ids = try world.claim().map { try world.answer($0) }
    try world.receipt(ids[0])
    try world.receipt(ids[2])
    #expect(try world.view(of: sent.messageID).segmentsDelivered == 2)
    try world.receipt(ids[1], .undeliverable, error: "021")
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .failed && view.segmentsDelivered == 2 && view.segments == 3 && view.error == "021")
    let told = try #require(try world.events().states.last)
    #expect(told.state == .failed && told.segmentsDelivered == 2)
  }

  // MARK: Unresolved submits

  @Test func anEarlyReceiptSettlesTheSegmentWhoseAnswerIsLost() throws {
    let world = try World()
    try world.addRep("Anna", number: Cast.annasNumber, carrier: "beta")
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    let reference = try #require(segment.pdu.tlvs.userMessageReference)
    try world.receipt("900", reference: reference, carrier: "beta")
    #expect(try world.state(of: sent.messageID) == .sending)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .delivered && view.inferred == nil)
    // Its id is known by now: what repeats it is no stranger.
    try world.receipt("900", reference: reference, carrier: "beta")
    #expect(try world.stored("SELECT count(*) FROM unmatched_receipt") == 0)
  }

  @Test func anIntermediateReceiptSettlesAnUnresolvedSubmitAndTheFinalOneFollows() throws {
    let world = try World()
    try world.addRep("Anna", number: Cast.annasNumber, carrier: "beta")
    let sent = try world.send("Hello")
    let segment = try #require(try world.claim().first)
    let reference = try #require(segment.pdu.tlvs.userMessageReference)
    try world.take(.unanswered([segment.ref], carrier: segment.carrier, at: world.now))
    try world.receipt("900", .enroute, reference: reference, carrier: "beta")
    #expect(try world.state(of: sent.messageID) == .sent)
    try world.receipt("900", carrier: "beta")
    #expect(try world.state(of: sent.messageID) == .delivered)
  }
}
