import Contract
import SMPP
import Store
import Testing

@testable import Gateway

/// What has to wait for a time costs nothing until then, and keeps nobody else.
@Suite(.worlds) struct WaitingTests {
  private func segment(_ message: Int64, notBefore: Int64 = 0) -> PendingSegment {
    PendingSegment(
      ref: SegmentRef(message: message, index: 0), conversation: message, notBefore: notBefore)
  }

  @Test func twentyThousandThatWaitCostAClaimNothing() {
    let count: Int64 = 20_000
    // The comparisons that one of them may cost, once when it comes and once when its time has come.
    let depth = 2 * 15
    var queue = PendingQueue()
    for message in 1...count { queue.insert(segment(message, notBefore: 1_000 + message / 20)) }
    let filled = queue.delayed.comparisons
    #expect(filled <= Int(count) * depth)
    for message in count + 1...count + 1_000 {
      queue.insert(segment(message))
      #expect(queue.ready(at: 500).count == 1)
      #expect(queue.popReady(at: 500)?.ref.message == message)
      #expect(queue.popReady(at: 500) == nil)
      _ = queue.land(message, of: message)
    }
    #expect(queue.delayed.comparisons == filled && queue.count == Int(count))
    // Their time comes for a few at a time.
    #expect(queue.ready(at: 1_001).count == 39 && queue.delayed.comparisons - filled <= 39 * depth)
    var left = 0
    while queue.popReady(at: 10_000) != nil { left += 1 }
    #expect(left == Int(count) && queue.isEmpty)
    #expect(queue.delayed.comparisons - filled <= Int(count) * depth)
  }

  /// Sends a campaign of five, of which the first two wait: the clock has jumped, and they have a time after which they are of no use.
  private func waiting() throws -> (World, campaign: CampaignID, first: [Int64]) {
    let world = try World.company()
    var steady: Int64 = 0
    let start = world.now
    try world.gateway.watchClock(wall: start) { [unowned world] in
      steady = world.now < start + 3_600_000 ? world.now - start : steady + 1_000
      return steady
    }
    for index in 0..<5 { try world.addContact("+120255501\(10 + index)", owner: RepID(1)) }
    let campaign = try world.campaign("Hello")
    let first = try world.gateway.store.map(
      "SELECT id FROM message WHERE campaign_id IS NOT NULL ORDER BY id LIMIT 2"
    ) { $0.int(0) }
    for id in first {
      try world.gateway.store.run(
        "UPDATE message SET not_after = ?2 WHERE id = ?1", .int(id), .int(start + 100 * 3_600_000))
    }
    world.now += 5 * 3_600_000
    return (world, campaign, first)
  }

  @Test func aRunWhoseFirstRecipientsMustWaitGoesOnWithTheOthers() throws {
    let (world, campaign, first) = try waiting()
    let others = try world.claim(bulk: true)
    #expect(others.count == 3 && others.allSatisfy { !first.contains($0.ref.message) })
    for segment in others { try world.answer(segment) }
    // They are asked about again, and wait again.
    #expect(try world.claim(bulk: true).isEmpty && world.claim(bulk: true).isEmpty)
    #expect(try world.campaignView(campaign).counts.queued == 2)
    try world.restart()
    // Nobody watches the clock of the process after it: it is right.
    let waited = try world.claim(bulk: true)
    #expect(waited.map(\.ref.message) == first)
    for segment in waited { try world.answer(segment) }
    #expect(try world.campaignView(campaign).state == .completed)
  }

  @Test func whatWaitsInALaneKeepsNobodyElse() throws {
    let (world, _, _) = try waiting()
    let limit = world.now + 100 * 3_600_000
    let waits: MessageSendResult = try world.call(
      world.message("waits", to: "+12025550191", notAfter: limit))
    try world.send("goes", to: "+12025550192")
    #expect(try world.claim().map(\.text) == ["goes"])
    #expect(try world.state(of: waits.messageID) == .queued)
    let _: ClockAcceptResult = try world.call(.clockAccept(ClockAccept()))
    #expect(try world.claim().map(\.text) == ["waits"])
  }
}
