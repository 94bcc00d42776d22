import Contract
import Settings
import TestSupport
import Testing

@testable import Gateway

/// A caller's values end no process and stay without no answer.
@Suite(.worlds) struct ExtremeTests {
  /// A store in which whatever the samples name is there.
  private func world() throws -> World {
    let world = try World()
    let anna = try world.addRep("Anna", mobile: Cast.annasMobile)
    for index in 0..<3 {
      try world.addContact("+120255501\(43 + index)", first: "C\(index)", owner: anna, tags: ["x"])
    }
    try world.addNumber("+18885550101", rep: anna)
    let _: GroupView = try world.call(.groupCreate(GroupCreate(name: "x", contactIDs: [ContactID(1)])))
    try world.receive("Hello", from: "+12025550143")
    let sent = try world.deliverToCarrier("out")
    _ = sent
    try world.send("waits")
    let unanswered = try world.claim()
    for segment in unanswered { try world.take(.overdue(segment.ref, at: world.now)) }
    try world.campaign("Hi {{first_name}}")
    let _: FeedSubscribeResult = try world.call(.feedSubscribe(FeedSubscribe(consumer: "x", start: .oldest)))
    return world
  }

  @Test(arguments: Method.allCases) func everyExtremeOfEveryParameterIsAnswered(method: Method) throws {
    let world = try world()
    for (params, what) in SchemaSample.extremes(of: method) {
      let line = try ContractJSON.encode(
        JSONValue.object([
          "jsonrpc": .string("2.0"), "id": .integer(1), "method": .string(method.rawValue), "params": params,
        ]))
      let request = line.withUnsafeBytes { Request.decode(line: $0) }
      guard case .success(let call) = request.call else { continue }
      switch call {
      case .session: break
      case .command(let command):
        // An answer that never comes fails here.
        let reply = try world.reply(to: command)
        if case .failure(let error) = reply { #expect(error.code != .internalError, "\(what)") }
      case .query(let query):
        let queries = try Queries(
          path: world.path, settings: world.settings, live: FixedView(carriers: []), version: "test",
          started: world.now, clock: { [now = world.now] in now })
        do {
          _ = try queries.answer(query, for: World.admin)
        } catch {
          let code = (error as? APIError)?.code
          #expect(code != nil && code != .internalError, "\(what): \(error)")
        }
      }
    }
  }

  @Test func theSchemaTellsHowManySegmentsATextMayHave() throws {
    let most = try World().settings.maximumSegments
    for (method, field) in [(Method.messageSend, "text"), (.campaignPlan, "text")] {
      let schema = Schemas.definitions[method.description.paramsSchema]?["properties"]?[field]
      #expect(schema?["description"]?.string?.contains("more than \(most) segments") == true)
    }
  }
}
