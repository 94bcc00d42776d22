import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

@Suite(.worlds) struct RouteTests {
  private func world() throws -> (World, NumberID) {
    let world = try World()
    let rep = try world.addAnna()
    try world.addContact(Cast.customer, first: "Cora", owner: rep)
    let id = try world.id(of: Cast.annasNumber)
    let _: NumberView = try world.call(
      .numberSetRoutes(
        NumberSetRoutes(
          number: try world.number(Cast.annasNumber),
          routes: [
            NumberRoute(carrier: "alpha", priority: 0),
            NumberRoute(carrier: "beta", direction: .send, rate: 3, priority: 1),
          ])))
    return (world, id)
  }

  private func lane(_ released: Released) -> LaneSetting? {
    released.network.compactMap { if case .lane(let lane) = $0 { lane } else { nil } }.last
  }

  @Test func aNumberLeavesByItsFallbackWhileTheFirstCarrierIsLostAndComesBack() throws {
    let (world, _) = try world()
    let (alpha, beta) = (try world.carrier("alpha"), try world.carrier("beta"))
    try world.take(.reachable(alpha, true), .reachable(beta, true))
    try world.send("one")
    let one = try world.claim()
    #expect(one.map(\.carrier) == [alpha])
    for segment in one { try world.answer(segment) }

    let lost = try #require(lane(try world.take(.reachable(alpha, false))))
    #expect(
      lost.carrier == beta && lost.rate == 3,
      "the loop is told in the same transaction, with that route's rate")
    try world.send("two")
    let two = try world.claim()
    #expect(two.map(\.carrier) == [beta])
    for segment in two { try world.answer(segment) }

    #expect(lane(try world.take(.reachable(alpha, true)))?.carrier == alpha)
    try world.send("three")
    #expect(try world.claim().map(\.carrier) == [alpha])
  }

  @Test func whatWasHandedOverAndNotWrittenGoesByTheOtherCarrierInItsOrder() throws {
    let (world, _) = try world()
    let (alpha, beta) = (try world.carrier("alpha"), try world.carrier("beta"))
    try world.take(.reachable(alpha, true), .reachable(beta, true))
    for (index, text) in ["one", "two", "three"].enumerated() {
      try world.send(text, to: "+1202555010\(index)")
    }
    let claimed = try world.claim()
    #expect(claimed.map(\.text) == ["one", "two", "three"])
    // The loop gives back what it had not written when the last session was lost.
    try world.take(.returned(claimed.map(\.ref)), .reachable(alpha, false))
    let again = try world.claim()
    #expect(again.map(\.carrier) == [beta, beta, beta])
    #expect(again.map(\.text) == ["one", "two", "three"])
  }

  @Test func withoutASendingRouteWhatWasHandedOverWaitsForOne() throws {
    let (world, _) = try world()
    let number = try world.number(Cast.annasNumber)
    try world.take(.reachable(try world.carrier("alpha"), true))
    try world.send("one")
    let one = try #require(try world.claim().first)
    let _: NumberView = try world.call(
      .numberSetRoutes(
        NumberSetRoutes(number: number, routes: [NumberRoute(carrier: "alpha", direction: .receive)])))
    try world.take(.returned([one.ref]))
    #expect(try world.claim().isEmpty)
    let _: NumberView = try world.call(
      .numberSetRoutes(NumberSetRoutes(number: number, routes: [NumberRoute(carrier: "alpha")])))
    #expect(try world.claim().map(\.text) == ["one"])
  }

  @Test func withNoCarrierLeftTextsWaitForTheFirst() throws {
    let (world, id) = try world()
    let (alpha, beta) = (try world.carrier("alpha"), try world.carrier("beta"))
    try world.take(.reachable(beta, true))
    #expect(lane(try world.take(.reachable(beta, false)))?.carrier == alpha)
    #expect(try world.gateway.parts.outbound.lanes.announced[id]?.carrier == alpha)
  }

  @Test func whatACrashLeftUnknownAtTheFallbackIsSettledByTheFallbacksReceipt() throws {
    let (world, _) = try world()
    let beta = try world.carrier("beta")
    try world.take(.reachable(beta, true))
    let sent = try world.send("one")
    let segment = try #require(try world.claim().first)
    #expect(segment.carrier == beta)
    try world.restart()
    #expect(try world.state(of: sent.messageID) == .unknown)
    try world.receipt(
      "77", reference: segment.ref.reference, carrier: "beta")
    #expect(try world.state(of: sent.messageID) == .delivered)
  }

  @Test func aCarrierThatCutsTextsOtherwiseIsNoFallback() throws {
    let world = try World { settings in
      var latin = CarrierProfile()
      latin.defaultAlphabet = .latin1
      settings.carriers["latin"] = latin
    }
    try world.addAnna()
    let routes = [
      NumberRoute(carrier: "alpha"), NumberRoute(carrier: "latin", direction: .send, priority: 1),
    ]
    #expect(
      try world.refusal(
        of: .numberSetRoutes(NumberSetRoutes(number: try world.number(Cast.annasNumber), routes: routes)))
        == .invalidField)
  }

  @Test func routesThatCannotBeAreRefusedAndTheOldOnesStay() throws {
    let (world, _) = try world()
    let number = try world.number(Cast.annasNumber)
    let twice = [NumberRoute(carrier: "alpha"), NumberRoute(carrier: "beta")]
    #expect(
      try world.refusal(of: .numberSetRoutes(NumberSetRoutes(number: number, routes: twice))) == .duplicate)
    let nobody = [NumberRoute(carrier: "nobody")]
    #expect(
      try world.refusal(of: .numberSetRoutes(NumberSetRoutes(number: number, routes: nobody)))
        == .unknownCarrier)
    let view: NumberView = try world.ask(.numberGet(NumberGet(number: number)))
    #expect(view.routes.map(\.carrier) == ["alpha", "beta"])
  }

  @Test func aNewRepDoesNotTakeAnotherRepsNumberWithoutBeingTold() throws {
    let world = try World()
    let anna = try world.addAnna()
    let number = try world.number(Cast.annasNumber)
    #expect(try world.refusal(of: .repAdd(RepAdd(name: "Ben", number: TypedPhone(number)))) == .duplicate)
    let reps: Page<RepView> = try world.ask(.repList(RepList()))
    #expect(reps.items.map(\.name) == ["Anna"] && reps.items.first?.homeNumber == number)
    let ben = try world.addRep("Ben")
    let _: NumberView = try world.call(.numberAssign(NumberAssign(number: number, repID: ben)))
    #expect(ben != anna)
  }
}
