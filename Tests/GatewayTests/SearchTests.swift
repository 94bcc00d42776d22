import Contract
import Store
import TestSupport
import Testing

@testable import Gateway

/// Whoever is looked for is found by what one remembers, by those who may see the person, and by nobody else.
@Suite(.worlds) struct SearchTests {
  private func company() throws -> (World, RepID) {
    let world = try World()
    let anna = try world.addAnna()
    let people: [(String, String, String, RepID?)] = [
      ("+12025550142", "Mia", "Stone", anna), ("+12025550143", "Mary Ann", "Stoner", nil),
      ("+13035550142", "Noah", "Mialet", nil), ("+14155550199", "José", "O'Hara", nil),
    ]
    for (phone, first, last, rep) in people {
      let _: ContactUpsertResult = try world.call(
        .contactUpsert(
          ContactUpsert(contacts: [
            ContactInput(phones: [phone], firstName: first, lastName: last, repID: rep)
          ])))
    }
    // Who wrote and is no contact.
    try world.receive("Hello", from: "+12025550177", to: Cast.annasNumber)
    return (world, anna)
  }

  private func find(_ world: World, _ text: String, limit: Int? = nil, as caller: Requester = World.admin)
    throws
    -> SearchFindResult
  {
    try world.ask(.searchFind(SearchFind(text: text, limit: limit)), as: caller)
  }

  private func names(_ world: World, _ text: String, as caller: Requester = World.admin) throws -> [String] {
    try find(world, text, as: caller).hits.map { $0.name ?? $0.phone?.description ?? "-" }
  }

  @Test(arguments: [
    ("mia", ["Mia Stone", "Noah Mialet"]), ("STONE", ["Mia Stone", "Mary Ann Stoner"]),
    ("mia st", ["Mia Stone"]), ("stone mi", ["Mia Stone"]), ("mary ann", ["Mary Ann Stoner"]),
    ("mary ann st", ["Mary Ann Stoner"]), ("o'h", ["José O'Hara"]), ("jos", ["José O'Hara"]),
    ("josé", ["José O'Hara"]), ("tone", []), ("mi%", []), ("m_", []),
  ])
  func aNameIsFoundByItsBeginning(text: String, found: [String]) throws {
    let (world, _) = try company()
    #expect(try names(world, text) == found)
  }

  @Test(arguments: [
    ("202", ["Mia Stone", "Mary Ann Stoner", "+12025550177"]),
    ("+1202", ["Mia Stone", "Mary Ann Stoner", "+12025550177"]),
    ("(202) 555-0142", ["Mia Stone"]), ("12025550142", ["Mia Stone"]),
    ("0142", ["Mia Stone", "Noah Mialet"]),
    ("550199", ["José O'Hara"]), ("0177", ["+12025550177"]), ("+202", []), ("999", []),
    ("9999999999999999999", []),
    ("000", []),
  ])
  func aPhoneIsFoundByItsFirstAndItsLastDigits(text: String, found: [String]) throws {
    let (world, _) = try company()
    #expect(try names(world, text) == found)
  }

  @Test func aHitNamesTheContactItsRepAndTheConversations() throws {
    let (world, anna) = try company()
    try world.receive("Hello", from: "+12025550142", to: Cast.annasNumber)
    let hit = try #require(try find(world, "mia st").hits.first)
    #expect(hit.contactID == ContactID(1) && hit.repID == anna && hit.conversationIDs == [ConversationID(2)])
    #expect(hit.phone?.description == "+12025550142")
    let stranger = try #require(try find(world, "0177").hits.first)
    #expect(
      stranger.contactID == nil && stranger.name == nil && stranger.conversationIDs == [ConversationID(1)])
  }

  @Test func nobodyFindsWhomTheyMayNotSee() throws {
    let (world, anna) = try company()
    let rep = try world.signIn("anna", [.rep], rep: anna)
    #expect(try names(world, "mia", as: rep.caller) == ["Mia Stone"])
    #expect(try names(world, "202", as: rep.caller) == ["Mia Stone", "+12025550177"])
    #expect(try names(world, "0199", as: rep.caller).isEmpty)
    let agent = try world.signIn("ana", [.agent])
    for text in ["mia", "202", "0177", "jos"] {
      #expect(try names(world, text, as: agent.caller).isEmpty, "\(text)")
    }
    let app = Requester(role: "app", uid: 1, numbers: [try world.number("+18885550188")])
    for text in ["mia", "202", "0177", "jos"] { #expect(try names(world, text, as: app).isEmpty, "\(text)") }
  }

  @Test func aShortTextIsRefusedAndABroadOneSaysThatThereAreMore() throws {
    let (world, _) = try company()
    for text in ["m", " m ", "12", "(1) 2", "", String(repeating: "a", count: 101)] {
      #expect(throws: APIError.self, "\(text)") { try find(world, text) }
    }
    for index in 0..<300 { try world.addContact("+1202556\(1000 + index)") }
    let some = try find(world, "202556", limit: 200)
    #expect(some.hits.count == 200 && some.more)
    #expect(Set(some.hits.map(\.phone)).count == 200)
    let all = try find(world, "2025561", limit: 200)
    #expect(all.hits.count == 200 && all.more)
    let few = try find(world, "20255611", limit: 200)
    #expect(few.hits.count == 100 && !few.more)
  }

  @Test func namesAreFoundByAnIndex() throws {
    let (world, _) = try company()
    let queries = try Queries(
      path: world.path, settings: world.settings, live: FixedView(carriers: []), version: "test",
      started: world.now)
    var walked: [String] = []
    queries.onWalk = { walked.append($0) }
    _ = try queries.answer(.searchFind(SearchFind(text: "mia st")), for: World.admin)
    #expect(walked.count == 4)
    for sql in walked {
      let plan = try world.gateway.store.map("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
      #expect(plan.count == 1 && plan[0].hasPrefix("SEARCH contact USING INDEX contact_"), "\(sql): \(plan)")
    }
  }
}
