import Contract
import Settings
import Testing

@testable import Gateway

/// Whatever forbids a text, and wherever the text is by then: it does not leave. What an opt-out forbids is in `StopScopeTests`.
@Suite(.worlds) struct VerdictTests {
  typealias Path = StopScopeTests.Path

  enum Reason: CaseIterable {
    case networkBlocked, notLive, privateMobile, noRoute

    var refusal: Refusal {
      switch self {
      case .networkBlocked: .networkBlocked
      case .notLive: .notLive
      case .privateMobile: .privateMobile
      case .noRoute: .noRoute
      }
    }

    /// Whether the loop hands back what it holds and has not written.
    var recallsClaims: Bool { self != .privateMobile }
  }

  /// From now on a text from Anna's number to the customer is forbidden.
  private func begin(_ reason: Reason, in world: World) throws {
    let anna = try world.number(Cast.annasNumber)
    switch reason {
    case .networkBlocked:
      try world.batch { gateway in
        let id = try world.id(of: Cast.annasNumber)
        try gateway.parts.outbound.barrier.optOut(
          try world.number(Cast.customer), .network(id), nil, ConsentEvidence(source: .carrier, number: id))
      }
    case .notLive: let _: TestPhones = try world.call(.goLive(GoLive(live: false)))
    case .privateMobile:
      let _: RepView = try world.call(
        .repUpdate(RepUpdate(repID: RepID(1), mobile: world.typed(Cast.customer))))
    case .noRoute:
      let _: NumberView = try world.call(
        .numberSetRoutes(
          NumberSetRoutes(number: anna, routes: [NumberRoute(carrier: "alpha", direction: .receive)])))
    }
  }

  @Test(arguments: Path.allCases, Reason.allCases)
  func whatIsForbiddenOnItsWayDoesNotLeave(path: Path, reason: Reason) throws {
    let stage = try StopScopeTests.Stage(.brand)
    for number in [Cast.annasNumber, Cast.localNumber] { try stage.set(path, from: number) }
    let claimed = stage.unwritten
    try stage.forbid { try begin(reason, in: stage.world) }
    if !reason.recallsClaims {
      // What the loop has may be written already.
      stage.left.removeAll { segment in claimed.contains { $0.ref == segment.ref } }
    }
    #expect(try stage.left(from: Cast.annasNumber) == 0)
    // The others have nothing against it, but that nothing at all is live, and that no number texts a rep as a contact.
    if reason.recallsClaims || claimed.isEmpty {
      #expect(try (stage.left(from: Cast.localNumber) > 0) == ![.notLive, .privateMobile].contains(reason))
    }
    // What ended by it says so.
    let anna = try stage.world.number(Cast.annasNumber)
    let ends = try stage.world.events().states.filter { $0.from == anna && $0.state == .cancelled }
    #expect(Set(ends.map(\.reason)).subtracting([reason.refusal]) == [])
    for end in ends where reason == .networkBlocked {
      let stopped = try stage.world.why(end.messageID).decisions.first { $0.step == .stopped }
      #expect(stopped?.detail?.hasPrefix("opted out at the carrier, of this number by carrier") == true)
    }
    try stage.world.restart()
    #expect(try stage.world.claim(bulk: true).isEmpty && stage.world.claim().isEmpty)
  }

  @Test(arguments: Reason.allCases)
  func whatIsForbiddenIsNeitherAcceptedNorPlanned(reason: Reason) throws {
    let world = try World.company()
    try world.addContact(Cast.customer, tags: ["everybody"])
    try begin(reason, in: world)
    #expect(try world.refusal(of: world.message("Hello")) == reason.refusal)
    guard
      case .failure(let error) = try world.reply(
        to: world.plan("Hello", Audience(tag: "everybody"), from: .number(world.number(Cast.annasNumber))))
    else {
      Issue.record("a plan for nobody was made")
      return
    }
    #expect(error.message == "nobody in this audience may be texted: 1 \(reason.refusal.rawValue)")
  }
}
