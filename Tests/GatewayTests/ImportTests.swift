import Contract
import Store
import Testing

@testable import Gateway

/// Numbers and reps, many at once.
@Suite(.worlds) struct ImportTests {
  @Test func numbersAreImportedEachByItself() throws {
    let world = try World()
    let anna = try world.addRep("Anna")
    try world.addNumber(Cast.bensNumber)
    let alpha = [NumberRoute(carrier: "alpha")]
    func take(_ dryRun: Bool?) throws -> NumberImportResult {
      try world.call(
        .numberImport(
          NumberImport(
            numbers: [
              NumberInput(number: "(888) 555-0101", routes: alpha, rate: 3, rep: "ANNA"),
              NumberInput(number: Cast.bensNumber, routes: alpha),
              NumberInput(number: "+1 911 555 0142", routes: alpha),
              NumberInput(number: "+18885550103", routes: [NumberRoute(carrier: "gamma")]),
              NumberInput(number: "+18885550104", routes: alpha, rep: "Carl"),
              NumberInput(number: "+18885550105"), NumberInput(number: "55512", routes: alpha),
            ], dryRun: dryRun)))
    }
    let dry = try take(true)
    #expect(
      dry.results.map(\.status) == [.created, .known, .refused, .refused, .refused, .refused, .created])
    let before: Page<NumberView> = try world.ask(.numberList(NumberList()))
    #expect(before.items.count == 1)
    let real = try take(nil)
    #expect(real == dry)
    #expect(
      real.results.map(\.reason) == [nil, nil, .notTextable, .unknownCarrier, .invalidField, .noRoute, nil])
    let number: NumberView = try world.ask(
      .numberGet(NumberGet(number: try world.number(Cast.annasNumber))))
    #expect(number.rate == 3 && number.repID == anna && number.home)
    #expect(
      try take(nil).results.map(\.status) == [.known, .known, .refused, .refused, .refused, .refused, .known])
  }

  @Test func repsAreImportedWithTheirNumbers() throws {
    let world = try World()
    try world.addNumber(Cast.annasNumber)
    let alpha = [NumberRoute(carrier: "alpha")]
    func take(_ dryRun: Bool?) throws -> RepImportResult {
      try world.call(
        .repImport(
          RepImport(
            reps: [
              RepInput(name: "Anna", number: "888 555 0101", mobile: "(212) 555-0111"),
              RepInput(name: "Ben", number: Cast.bensNumber, routes: alpha, rate: 7),
              RepInput(name: "Carl", number: "+18885550103"),
              RepInput(name: "Dora", mobile: "5550111"), RepInput(name: " "),
            ], dryRun: dryRun)))
    }
    let dry = try take(true)
    #expect(dry.results.map(\.status) == [.created, .created, .refused, .refused, .refused])
    let none: Page<RepView> = try world.ask(.repList(RepList()))
    #expect(none.items.isEmpty)
    let real = try take(nil)
    #expect(real.results.map(\.status) == dry.results.map(\.status))
    #expect(
      real.results.map(\.reason) == [nil, nil, .unknownNumber, .notTextable, .invalidField])
    let reps: Page<RepView> = try world.ask(.repList(RepList()))
    #expect(reps.items.map(\.homeNumber?.description) == [Cast.annasNumber, Cast.bensNumber])
    #expect(reps.items.map(\.hasMobile) == [true, false])
    // Again: both are there, whatever the case of their names.
    let again: RepImportResult = try world.call(
      .repImport(RepImport(reps: [RepInput(name: "ANNA"), RepInput(name: "Eve", mobile: "+12125550111")])))
    #expect(again.results.map(\.status) == [.known, .refused])
    #expect(again.results[1].reason == .duplicate)
    let named: Page<RepView> = try world.ask(.repList(RepList(name: "anna")))
    #expect(named.items.map(\.name) == ["Anna"])
  }

  /// The numbers of a rep, which every rep that is added and shown asks for.
  @Test func whatARepHoldsIsFoundWithoutLookingAtEveryNumber() throws {
    let world = try World()
    let plan = try world.gateway.store.map(
      """
      EXPLAIN QUERY PLAN SELECT n.address, a.kind FROM assignment a JOIN number n ON n.id = a.number_id
      WHERE a.rep_id = ?1 AND a.until IS NULL ORDER BY n.id
      """, .int(1)
    ) { $0.text(3) }
    #expect(plan.contains { $0.contains("INDEX assignment_rep (rep_id=?)") }, "\(plan)")
    #expect(!plan.contains { $0.hasPrefix("SCAN") }, "\(plan)")
  }

  /// What the loop and the directory know is not copied for every number: the changes of a batch are few, however many numbers there are.
  @Test func aBatchThatIsLostLeavesTheLanesAsTheyWere() throws {
    let world = try World()
    try world.addAnna()
    let known = try world.gateway.parts.outbound.lanes.announced
    try world.gateway.begin(at: world.now)
    try world.gateway.open()
    let lanes = try world.gateway.parts.outbound.lanes
    let number = try #require(try world.gateway.parts.ground.directory.numbersInOrder.first)
    try world.gateway.parts.ground.directory.setRate(99, of: number)
    lanes.announce(number)
    #expect(lanes.announced != known)
    try world.gateway.rollBack()
    #expect(lanes.announced == known)
  }
}
