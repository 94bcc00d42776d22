import Contract
import SMPP
import Testing

@testable import Gateway

@Suite(.worlds) struct GoLiveTests {
  private let other = "+12025550150"

  private func notLive() throws -> World {
    let world = try World(live: false)
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, first: "Alice", owner: anna)
    try world.addContact(other, first: "Bob", owner: anna)
    return world
  }

  private func list(_ phones: String..., in world: World) throws -> Changed {
    try world.call(.testPhoneAdd(TestPhoneAdd(phones: try phones.map { try world.typed($0) })))
  }

  @Test func aNewStoreTextsNobodyButItsTestPhones() throws {
    let world = try notLive()
    #expect(try world.refusal(of: world.message("Hello")) == .notLive)
    #expect(try list(Cast.customer, Cast.customer, in: world).changed == 1)
    try world.send("Hello")
    #expect(try world.claim().map(\.text) == ["Hello"])
    #expect(try world.refusal(of: world.message("Hello", to: other)) == .notLive)
    try world.restart()
    #expect(try world.refusal(of: world.message("Hello", to: other)) == .notLive)
    try world.send("Again")
    #expect(try world.claim().map(\.text) == ["Again"])
  }

  @Test func aPlanLeavesOutWhoIsNoTestPhoneAndSaysWhy() throws {
    let world = try notLive()
    _ = try list(Cast.customer, in: world)
    let plan: CampaignPlanResult = try world.call(world.plan("Open house", Audience(all: true)))
    #expect(plan.recipients == 1)
    #expect(plan.skipped == [SkippedCount(reason: .notLive, count: 1)])
    #expect(try world.recipients(of: plan.campaignID).contains { $0.reason == .notLive })
  }

  @Test func theGatewaysOwnTextsStayHomeToo() throws {
    let world = try notLive()
    try world.receive("Is it still there?", from: other)
    try world.receive("HELP", from: other)
    #expect(try world.claim().isEmpty)
    let ended = try world.events().states
    #expect(!ended.isEmpty && ended.allSatisfy { $0.state == .cancelled && $0.reason == .notLive })
    #expect(try world.stored("SELECT count(*) FROM pending") == 0)
  }

  @Test func goingLiveIsTakenBackWithEverythingThatWaits() throws {
    let world = try notLive()
    let live: TestPhones = try world.call(.goLive(GoLive(note: "tested")))
    #expect(live.live)
    let sent: MessageSendResult = try world.call(world.message("Hello", to: other))
    let campaign = try world.campaign("Open house")
    _ = world.takeNetwork()
    let undone: TestPhones = try world.call(.goLive(GoLive(live: false)))
    #expect(!undone.live)
    // Every lane hands back what the loop holds: it is told to pause, and then how it stands.
    let lanes = world.takeNetwork().compactMap { output -> Bool? in
      if case .lane(let setting) = output { setting.paused } else { nil }
    }
    #expect(lanes == [true, false])
    #expect(try world.claim().isEmpty)
    #expect(try world.claim(bulk: true).isEmpty)
    let view = try world.view(of: sent.messageID)
    #expect(view.state == .cancelled && view.reason == .notLive)
    let ended = try world.campaignView(campaign)
    #expect(ended.counts.cancelled == 2 && ended.counts.queued == 0)
    #expect(try world.events().alerts.filter { $0 == .liveChanged }.count == 2)
    let status: StatusResult = try world.ask(.status(Status()))
    #expect(!status.live && status.testPhoneCount == 0)
  }

  @Test func aPhoneTakenFromTheListGetsNothingThatWaited() throws {
    let world = try notLive()
    _ = try list(Cast.customer, other, in: world)
    try world.send("Hello")
    let removed: Changed = try world.call(
      .testPhoneRemove(TestPhoneRemove(phones: [try world.typed(Cast.customer)])))
    #expect(removed.changed == 1)
    #expect(try world.claim().isEmpty)
    let listed: TestPhones = try world.ask(.testPhoneList(TestPhoneList()))
    #expect(listed.phones == [try world.phone(other)] && !listed.live)
  }

  @Test func aClaimEndsOnlySoMuchAtOnce() throws {
    let world = try World()
    let anna = try world.addAnna()
    let count = Claims.maximumEnded + 50
    for index in 0..<count { try world.addContact("+1202555\(1000 + index)", owner: anna) }
    let campaign = try world.campaign("Open house")
    let _: TestPhones = try world.call(.goLive(GoLive(live: false)))
    #expect(try world.claim(bulk: true).isEmpty)
    #expect(try world.campaignView(campaign).counts.cancelled == Claims.maximumEnded)
    #expect(try world.claim(bulk: true).isEmpty)
    #expect(try world.campaignView(campaign).counts.cancelled == count)
  }

  @Test func theListIsBounded() throws {
    let world = try World(live: false)
    let phones = try (0..<1_000).map { try world.typed("+1202555\(1000 + $0)") }
    let added: Changed = try world.call(.testPhoneAdd(TestPhoneAdd(phones: phones)))
    #expect(added.changed == 1_000)
    #expect(
      try world.refusal(of: .testPhoneAdd(TestPhoneAdd(phones: [try world.typed(Cast.customer)])))
        == .limitReached)
    // Those that are there already need no room.
    let again: Changed = try world.call(.testPhoneAdd(TestPhoneAdd(phones: [phones[7]])))
    #expect(again.changed == 0)
  }
}
