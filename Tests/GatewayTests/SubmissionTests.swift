import Carriers
import Contract
import SMPP
import Testing

@testable import Gateway

/// Carriers that are bound to us submit texts of their phones.
@Suite(.worlds) struct SubmissionTests {
  private func world() throws -> World {
    let world = try World()
    let rep = try world.addAnna()
    try world.addContact(Cast.customer, first: "Cora", owner: rep)
    return world
  }

  private func submit(
    _ world: World, _ text: String, from phone: String = Cast.customer, to number: String = Cast.annasNumber,
    registeredDelivery: UInt8 = 0, reference: UInt16? = nil
  ) throws -> Released {
    var pdu = world.deliver(text, from: phone, to: number)
    pdu.registeredDelivery = registeredDelivery
    if let reference { pdu.tlvs.userMessageReference = reference }
    var inbound = try world.inbound(pdu)
    inbound.kind = .submit
    return try world.take(.inbound(inbound))
  }

  private func ids(_ released: Released) -> [Int64] {
    released.network.compactMap { if case .accepted(_, let id) = $0 { id } else { nil } }
  }

  private func receipts(_ outputs: [NetworkOutput]) -> [OwedReceipt] {
    outputs.compactMap { if case .receipt(let receipt) = $0 { receipt } else { nil } }
  }

  private func ask(_ world: World, _ question: Question, carrier: String = "alpha") throws
    -> (CommandStatus, QuerySMResp?)
  {
    let released = try world.take(
      .asked(PeerRequest(session: 1, sequence: 9), carrier: try world.carrier(carrier), question))
    let answers = released.network.compactMap {
      if case .answer(_, let status, let body) = $0 { (status, body) } else { nil }
    }
    #expect(answers.count == 1)
    return try #require(answers.first)
  }

  @Test func aSubmittedTextIsInboundAndAnsweredWithAnIdThatIsNeverGivenTwice() throws {
    let world = try world()
    let first = ids(try submit(world, "Hello"))
    let second = ids(try submit(world, "Hello"))
    #expect(first.count == 1 && second.count == 1 && first != second)
    #expect(try world.events().received.map(\.text) == ["Hello", "Hello"])
    try world.restart()
    let third = ids(try submit(world, "again"))
    #expect(Set(first + second + third).count == 3)
  }

  @Test func aStopThatWasSubmittedIsTheSameBarrier() throws {
    let world = try world()
    let released = try submit(world, "STOP")
    let revoke = try #require(released.network.firstIndex { if case .revoke = $0 { true } else { false } })
    let answer = try #require(released.network.firstIndex { if case .accepted = $0 { true } else { false } })
    #expect(revoke < answer)
    #expect(try world.refusal(of: try world.message("Hi")) == .optedOut)
  }

  @Test func aReceiptIsOwedWhereItWasAskedForUntilItIsAnswered() throws {
    let world = try world()
    #expect(receipts(try submit(world, "none wanted").network).isEmpty)
    #expect(receipts(try submit(world, "failures only", registeredDelivery: 2).network).isEmpty)
    let released = try submit(world, "wanted", registeredDelivery: 1, reference: 77)
    let receipt = try #require(receipts(released.network).first)
    #expect([receipt.id] == ids(released))
    #expect(receipt.pdu.esmClass == ESMClass.deliveryReceipt)
    #expect(receipt.pdu.source == world.address(Cast.annasNumber), "the addresses are turned round")
    #expect(receipt.pdu.destination == world.address(Cast.customer))
    #expect(receipt.pdu.tlvs.receiptedMessageID == COctetString("\(receipt.id)"))
    #expect(receipt.pdu.tlvs.messageState == MessageState.delivered.rawValue)
    #expect(receipt.pdu.tlvs.userMessageReference == 77)
    let text = try #require(ReceiptText(receipt.pdu.textOctets))
    #expect(text.id == COctetString("\(receipt.id)") && text.state == .delivered)

    try world.restart()
    #expect(receipts(try world.gateway.introduce()).map(\.id) == [receipt.id], "a restart owes it still")
    try world.take(.receiptSettled(receipt.id, .ESME_ROK))
    try world.restart()
    #expect(receipts(try world.gateway.introduce()).isEmpty)
  }

  @Test func whatIsNotForUsIsRefusedAndStaysWithTheCarrier() throws {
    let world = try world()
    #expect(try submit(world, "Hello", to: "+18885550199").responses == [.ESME_RINVDSTADR])
    var pdu = world.deliver("Hello", from: Cast.customer, to: Cast.annasNumber)
    pdu.source = Address(ton: 5, npi: 0, digits: "ACME")
    var inbound = try world.inbound(pdu)
    inbound.kind = .submit
    #expect(try world.take(.inbound(inbound)).responses == [.ESME_RINVSRCADR])
    #expect(try world.events().received.isEmpty)
  }

  @Test func aMessageCanBeAskedAfterByItsCarrierAndNeitherCancelledNorReplaced() throws {
    let world = try world()
    let id = COctetString("\(try #require(ids(try submit(world, "Hello")).first))")
    let source = world.address(Cast.customer)
    let (status, body) = try ask(world, .query(id, source: source))
    #expect(status == .ESME_ROK && body?.messageState == .delivered && body?.messageID == id)
    #expect(body?.finalDate.count == 16)
    #expect(try ask(world, .query(id, source: Address())).0 == .ESME_ROK, "the source may be left out")
    #expect(try ask(world, .query(id, source: world.address(Cast.stranger))).0 == .ESME_RQUERYFAIL)
    #expect(try ask(world, .query(id, source: source), carrier: "beta").0 == .ESME_RQUERYFAIL, "not theirs")
    #expect(try ask(world, .query("77", source: source)).0 == .ESME_RQUERYFAIL)
    #expect(try ask(world, .query("x", source: source)).0 == .ESME_RQUERYFAIL)
    #expect(try ask(world, .cancel(id, source: source)).0 == .ESME_RCANCELFAIL)
    #expect(try ask(world, .replace(id, source: source)).0 == .ESME_RREPLACEFAIL)
    #expect(try ask(world, .cancel("77", source: source)).0 == .ESME_RINVMSGID)
    #expect(try ask(world, .replace("77", source: source)).0 == .ESME_RINVMSGID)
  }

  @Test func whatWasSubmittedAgainAfterALostSessionIsTheSameOnce() throws {
    let world = try world()
    let pdu = world.deliver("Hello", from: Cast.customer, to: Cast.annasNumber)
    var inbound = try world.inbound(pdu)
    inbound.kind = .submit
    try world.take(.inbound(inbound))
    try world.take(.sessionLost(session: 1, carrier: try world.carrier("alpha"), at: world.now))
    var again = try world.inbound(pdu, session: 2)
    again.kind = .submit
    #expect(ids(try world.take(.inbound(again))).count == 1, "it is answered")
    #expect(try world.events().received.count == 1)
  }

  @Test func submissionsAreForgottenInTimeAndTheirIdsAreNot() throws {
    let world = try world()
    let first = try #require(ids(try submit(world, "Hello")).first)
    world.now += 25 * 3_600_000
    try world.housekeep()
    #expect(try world.stored("SELECT count(*) FROM submission") == 0)
    try world.restart()
    #expect(try #require(ids(try submit(world, "Hello")).first) == first + 1)
  }
}
