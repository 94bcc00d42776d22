import Carriers
import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// A loop, carriers and people that do anything at any time, by a seed; and what has to hold whatever they do.
private final class Crowd {
  struct Flight {
    var segment: ClaimedSegment
    var isWritten: Bool
  }

  let world: World
  var random: SeededGenerator
  let numbers = [Cast.annasNumber, Cast.bensNumber, Cast.localNumber]
  let phones = (0..<8).map { "+120255501\(10 + $0)" }
  var flights: [Flight] = []
  /// Segments handed to the loop, and those of them that may be handed over again: refused or returned, never written
  /// without an answer.
  var handed: Set<SegmentRef> = []
  var mayGoAgain: Set<SegmentRef> = []
  var sentAgain: Set<SegmentRef> = []
  var brandOut: Set<Int64> = []
  var networkOut: Set<[Int64]> = []
  var carriersIDs: [(id: String, phone: String, number: String)] = []
  var campaigns: [CampaignID] = []
  var final: Set<MessageID> = []
  var texts = 0

  /// Every third world has texts sent again whose answer never came.
  let sendsAgain: Bool

  init(seed: UInt64) throws {
    let sendsAgain = seed % 3 == 0
    self.sendsAgain = sendsAgain
    world = try World {
      guard sendsAgain else { return }
      $0.unknown.interactive = .retryAtOnce
      $0.unknown.campaign = .retryLater
      $0.unknown.after = .seconds(300)
    }
    random = SeededGenerator(seed: seed)
    let anna = try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    try world.addNumber(Cast.localNumber)
    for (index, phone) in phones.enumerated() {
      try world.addContact(phone, first: "C\(index)", owner: index % 2 == 0 ? anna : ben)
    }
  }

  func roll(_ count: Int) -> Int { Int.random(in: 0..<count, using: &random) }
  func any<T>(_ items: [T]) throws -> T { try #require(items.randomElement(using: &random)) }

  func isOut(_ phone: Int64, _ number: NumberID) -> Bool {
    brandOut.contains(phone) || networkOut.contains([phone, number])
  }

  /// Takes what the rules let out, as the loop does.
  func perform() throws {
    var revoked: [SegmentRef] = []
    for output in world.takeNetwork() {
      switch output {
      case .send(let segment):
        #expect(
          !isOut(segment.phone, segment.number) || segment.text == World.brand.stopConfirmation,
          "nothing is claimed to a phone that opted out")
        #expect(
          handed.insert(segment.ref).inserted || mayGoAgain.remove(segment.ref) != nil
            || (sendsAgain && sentAgain.insert(segment.ref).inserted),
          "nothing is handed over twice that may have been written, but once where its class says so")
        flights.append(Flight(segment: segment, isWritten: roll(3) > 0))
      case .revoke(let phone, let lanes):
        let taken = flights.filter {
          !$0.isWritten && $0.segment.phone == phone && lanes?.contains($0.segment.number) ?? true
        }
        revoked += taken.map(\.segment.ref)
        // The confirmation of an opt-out goes all the same.
        mayGoAgain.formUnion(
          taken.filter { $0.segment.text == World.brand.stopConfirmation }.map(\.segment.ref))
        flights.removeAll { flight in taken.contains { $0.segment.ref == flight.segment.ref } }
      case .respond, .accepted, .answer, .receipt, .lane, .demand, .claimed, .throttled: break
      }
    }
    if !revoked.isEmpty { try world.take(.revoked(revoked, at: world.now)) }
  }

  func step() throws {
    switch roll(20) {
    case 0, 1, 2: try send()
    case 3, 4, 5, 6:
      let permit = ClaimPermit(
        number: try world.id(of: any(numbers)), Urgency.inOrder[roll(4)], count: 1 + roll(5))
      try world.take(.permits([permit]))
    case 7, 8, 9, 10: try answer()
    case 11: try receipt()
    case 12, 13: try text()
    case 14: try lose()
    case 15: if roll(4) == 0 { try settle() } else { try startCampaign() }
    case 16: try steerCampaign()
    case 17: if try world.gateway.hasJobs { try world.batch { try $0.stepJob() } }
    case 18:
      world.now += Int64(roll(600_000))
      try world.housekeep()
    default: try fail()
    }
    try perform()
  }

  private func send() throws {
    let (phone, number) = (try any(phones), try any(numbers))
    let text = roll(3) == 0 ? String(repeating: "0123456789", count: 20 + roll(20)) : "text"
    let refusal = try world.refusal(of: world.message(text, to: phone, from: number))
    let (digits, lane) = (try world.phone(phone).digits, try world.id(of: number))
    let expected: Refusal? =
      if brandOut.contains(digits) { .optedOut } else if isOut(digits, lane) { .networkBlocked } else { nil }
    #expect(refusal == expected)
  }

  private func answer() throws {
    guard let index = flights.indices.filter({ flights[$0].isWritten }).randomElement(using: &random) else {
      return
    }
    let segment = flights.remove(at: index).segment
    if roll(6) == 0 { try world.take(.overdue(segment.ref, at: world.now)) }
    let status: CommandStatus = try any([
      .ESME_ROK, .ESME_ROK, .ESME_ROK, .ESME_RTHROTTLED, .ESME_RSYSERR, .ESME_RINVDSTADR,
    ])
    if status == .ESME_RTHROTTLED || status == .ESME_RSYSERR { mayGoAgain.insert(segment.ref) }
    let id = try world.answer(segment, status)
    guard status == .ESME_ROK,
      let number = numbers.first(where: { (try? world.id(of: $0)) == segment.number })
    else {
      return
    }
    carriersIDs.append((id, "+\(segment.phone)", number))
  }

  private func receipt() throws {
    guard let index = carriersIDs.indices.randomElement(using: &random) else { return }
    let sent = carriersIDs[index]
    try world.receipt(
      sent.id, any([.delivered, .undeliverable, .expired, .enroute]), from: sent.phone, to: sent.number)
  }

  private func text() throws {
    let (phone, number) = (try any(phones), try any(numbers))
    let word = try any(["hi", "STOP", "QUIT", "START", "YES", "HELP", "START"])
    let (digits, lane) = (try world.phone(phone).digits, try world.id(of: number))
    let isTollFree = number != Cast.localNumber
    switch word {
    case "STOP":
      brandOut.insert(digits)
      if isTollFree { networkOut.insert([digits, lane]) }
    case "QUIT": brandOut.insert(digits)
    case "START":
      brandOut.remove(digits)
      networkOut.remove([digits, lane])
    case "YES": brandOut.remove(digits)
    default: break
    }
    // No two are equal: after a lost session an equal one may be the same one again, and an opt-in is not applied twice.
    var text = world.deliver(word, from: phone, to: number)
    texts += 1
    text.tlvs.userMessageReference = UInt16(texts)
    try world.take(.inbound(try world.inbound(text)))
  }

  /// Sessions end, or the process does.
  private func lose() throws {
    if roll(3) == 0 {
      flights = []
      try world.restart()
      return
    }
    let lost = flights.filter { _ in roll(2) == 0 }.map(\.segment.ref)
    let written = flights.filter { $0.isWritten && lost.contains($0.segment.ref) }.map(\.segment.ref)
    let unwritten = flights.filter { !$0.isWritten && lost.contains($0.segment.ref) }.map(\.segment.ref)
    flights.removeAll { lost.contains($0.segment.ref) }
    mayGoAgain.formUnion(unwritten)
    try world.take(
      .unanswered(written, carrier: world.carrier("alpha"), at: world.now), .returned(unwritten))
  }

  /// A person says what became of something unknown.
  private func settle() throws {
    let list: Page<UnknownView> = try world.ask(.unknownList(UnknownList()))
    guard let unknown = list.items.randomElement(using: &random) else { return }
    _ = try world.reply(
      to: .unknownResolve(
        UnknownResolve(
          messageID: unknown.messageID, segment: unknown.segment, resolution: any([.sent, .failed]),
          note: "asked")))
  }

  private func startCampaign() throws {
    guard campaigns.count < 4 else { return }
    let text = roll(2) == 0 ? "Hi {{first_name}}" : String(repeating: "Open house ", count: 20)
    guard case .success(let json) = try world.reply(to: world.plan(text, Audience(all: true))) else { return }
    let planned = try ContractJSON.decode(CampaignPlanResult.self, from: json)
    campaigns.append(planned.campaignID)
    _ = try world.reply(
      to: .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: world.nextKey())))
  }

  private func steerCampaign() throws {
    guard let campaign = campaigns.randomElement(using: &random) else { return }
    let command: Command = try any([
      .campaignPause(CampaignPause(campaignID: campaign)),
      .campaignResume(CampaignResume(campaignID: campaign)),
      .campaignResume(CampaignResume(campaignID: campaign)),
      .campaignCancel(CampaignCancel(campaignID: campaign)),
    ])
    _ = try world.reply(to: command)
  }

  /// A batch that is lost whole.
  private func fail() throws {
    let stop = try world.inbound(world.deliver("STOP", from: any(phones), to: any(numbers)))
    let permit = ClaimPermit(number: try world.id(of: any(numbers)), Urgency.inOrder[roll(4)], count: 3)
    let overdue = flights.filter(\.isWritten).randomElement(using: &random)?.segment.ref
    try world.fail { gateway in
      try gateway.take(.permits([permit]))
      if let overdue { try gateway.take(.overdue(overdue, at: world.now)) }
      try gateway.take(.inbound(stop))
    }
  }

  // MARK: What has to hold

  func check() throws {
    #expect(try world.audit() == [])
    let list: Page<MessageView> = try world.ask(
      .messageList(MessageList(direction: .outbound, limit: 200)))
    for message in list.items { _ = try world.why(message.messageID) }
    for event in try world.events().states {
      #expect(!final.contains(event.messageID), "nothing follows a message's end")
      if event.final, event.state != .receiptMissing { final.insert(event.messageID) }
    }
    for campaign in campaigns {
      let counts = try world.campaignView(campaign).counts
      let recipients = try world.recipients(of: campaign).filter { $0.from != nil }
      func among(_ states: TextMessageState...) -> Int { recipients.count { states.contains($0.state) } }
      #expect(counts.total == recipients.count)
      #expect(counts.queued + counts.sending == among(.queued, .sending))
      #expect(counts.sent == among(.sent))
      #expect(counts.delivered == among(.delivered))
      #expect(counts.failed == among(.failed))
      #expect(counts.expired == among(.expired))
      #expect(counts.unknown == among(.unknown))
      #expect(counts.cancelled == among(.cancelled))
    }
  }
}

@Suite(.worlds) struct ModelTests {
  @Test(arguments: UInt64(1)...6) func whateverHappensThePromisesHold(seed: UInt64) throws {
    let crowd = try Crowd(seed: seed)
    for step in 1...250 {
      try crowd.step()
      if step % 100 == 0 { try crowd.check() }
    }
    try crowd.world.finishJobs()
    try crowd.perform()
    try crowd.check()
  }
}
