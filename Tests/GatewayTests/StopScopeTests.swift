import Carriers
import Contract
import SMPP
import Settings
import Testing

@testable import Gateway

/// Every path a text can be on when a STOP comes, by what an opt-out closes: from the number the STOP was sent to nothing leaves any
/// more; from another number of ours nothing either, or all of it.
@Suite(.worlds) struct StopScopeTests {
  typealias Scope = GatewaySettings.OptOutScope

  enum Path: CaseIterable {
    case lane, claimed, partsOfLong, behindItsThread, refusedForNow, throttledLater, givenBackLater
    case sentAgainWaiting, sentAgainLater, unknownResolvedLater, pausedNumber, pausedEverything
    case campaign, claimedOfCampaign, campaignBack, campaignBehindItsThread, pausedCampaign
    case pausedCampaignBack, campaignNotFilled, campaignNotCommitted
  }

  /// Two numbers of nobody's, and a phone that has a thread with each.
  final class Stage {
    let world: World
    /// Handed to the loop, and not written.
    var unwritten: [ClaimedSegment] = []
    /// Texts that left, or would, after the STOP.
    var left: [ClaimedSegment] = []
    /// What goes on after the STOP.
    var later: [() throws -> Void] = []

    init(_ scope: Scope) throws {
      world = try World {
        $0.optOutScope = scope
        $0.unknown.code = .retryAtOnce
      }
      try world.addRep("Anna", number: Cast.annasNumber)
      try world.addNumber(Cast.localNumber)
      try world.addContact(Cast.customer, tags: ["everybody"])
      try world.take(.reachable(world.carrier("alpha"), true))
    }

    func text(_ text: String = "text", from number: String, kind: MessageClass? = nil) throws -> MessageID {
      let sent: MessageSendResult = try world.call(
        .messageSend(
          MessageSend(
            from: .number(world.number(number)), to: .phone(world.number(Cast.customer)), text: text,
            idempotencyKey: world.nextKey(), class: kind)))
      return sent.messageID
    }

    func campaign(from number: String) throws -> CampaignID {
      try world.campaign("to all", Audience(tag: "everybody"), from: .number(try world.number(number)))
    }

    func claim(_ number: String, bulk: Bool = false, _ count: Int = 1_000) throws -> [ClaimedSegment] {
      try world.claim(count, bulk: bulk, from: number)
    }

    func lose(_ segments: [ClaimedSegment]) throws {
      try world.take(.unanswered(segments.map(\.ref), carrier: world.carrier("alpha"), at: world.now))
    }

    /// Brings a text onto a path.
    func set(_ path: Path, from number: String) throws {
      let long = String(repeating: "0123456789", count: 40)
      switch path {
      case .lane: _ = try text(from: number)
      case .claimed:
        _ = try text(from: number)
        unwritten += try claim(number)
      case .partsOfLong:
        _ = try text(long, from: number)
        _ = try claim(number, 1)
        unwritten += try claim(number, 1)
      case .behindItsThread:
        _ = try text("first", from: number)
        let first = try claim(number)
        _ = try text("second", from: number)
        later.append { for segment in first { try self.world.answer(segment) } }
      case .refusedForNow:
        _ = try text(from: number)
        for segment in try claim(number) { try world.answer(segment, .ESME_RSYSERR) }
      case .throttledLater:
        _ = try text(from: number)
        let written = try claim(number)
        later.append { for segment in written { try self.world.answer(segment, .ESME_RTHROTTLED) } }
      case .givenBackLater:
        _ = try text(from: number)
        let claimed = try claim(number)
        later.append { try self.world.take(.returned(claimed.map(\.ref))) }
      case .sentAgainWaiting:
        _ = try text(from: number, kind: .code)
        try lose(try claim(number))
      case .sentAgainLater:
        _ = try text(from: number, kind: .code)
        let written = try claim(number)
        later.append { try self.lose(written) }
      case .unknownResolvedLater:
        let message = try text(from: number)
        try lose(try claim(number))
        later.append {
          _ = try self.world.reply(
            to: .unknownResolve(UnknownResolve(messageID: message, resolution: .retry, note: "x")))
        }
      case .pausedNumber:
        _ = try text(from: number)
        let _: NumberView = try world.call(
          .numberPause(NumberPause(number: world.number(number))))
        later.append {
          let _: NumberView = try self.world.call(
            .numberResume(NumberResume(number: self.world.number(number))))
        }
      case .pausedEverything:
        _ = try text(from: number)
        let _: Done = try world.call(.pause(Pause()))
        later.append {
          let _: Done = try self.world.call(.resume(Resume()))
        }
      case .campaign: _ = try campaign(from: number)
      case .claimedOfCampaign:
        _ = try campaign(from: number)
        unwritten += try claim(number, bulk: true)
      case .campaignBack:
        _ = try campaign(from: number)
        for segment in try claim(number, bulk: true) { try world.answer(segment, .ESME_RSYSERR) }
      case .campaignBehindItsThread:
        _ = try campaign(from: number)
        let first = try claim(number, bulk: true)
        _ = try campaign(from: number)
        _ = try claim(number, bulk: true)
        later.append { for segment in first { try self.world.answer(segment) } }
      case .pausedCampaign, .pausedCampaignBack:
        let campaign = try campaign(from: number)
        if path == .pausedCampaignBack {
          try world.take(.returned(try claim(number, bulk: true).map(\.ref)))
        }
        let _: CampaignChange = try world.call(.campaignPause(CampaignPause(campaignID: campaign)))
        if path == .pausedCampaignBack { #expect(try claim(number, bulk: true).isEmpty) }
        later.append { _ = try self.world.reply(to: .campaignResume(CampaignResume(campaignID: campaign))) }
      case .campaignNotFilled, .campaignNotCommitted:
        let planned: CampaignPlanResult = try world.call(
          world.plan("to all", Audience(tag: "everybody"), from: .number(try world.number(number))))
        let commit = Command.campaignCommit(
          CampaignCommit(campaignID: planned.campaignID, idempotencyKey: world.nextKey()))
        if path == .campaignNotFilled {
          let _: CampaignChange = try world.call(commit)
        } else {
          later.append { let _: CampaignChange = try self.world.call(commit) }
        }
      }
    }

    /// The STOP, and what the loop does of it; then everything that can go on does.
    func stop(to number: String, _ word: String = "STOP") throws {
      try forbid { try world.receive(word, to: number) }
    }

    /// Something that ends texts, and what the loop does of it; then everything that can go on does.
    func forbid(_ ending: () throws -> Void) throws {
      world.network = []
      try ending()
      for output in world.takeNetwork() {
        switch output {
        case .revoke(let phone, let numbers):
          let gone = unwritten.filter { $0.phone == phone && numbers?.contains($0.number) ?? true }
          unwritten.removeAll { segment in gone.contains { $0.ref == segment.ref } }
          try world.take(.revoked(gone.map(\.ref), at: world.now))
        case .lane(let setting) where setting.paused || setting.carrier == nil:
          let gone = unwritten.filter { $0.number == setting.number }
          unwritten.removeAll { $0.number == setting.number }
          try world.take(.returned(gone.map(\.ref)))
        default: break
        }
      }
      left += unwritten
      for step in later { try step() }
      // They hold the stage, whose world is verified when nobody does.
      later = []
      try world.finishJobs()
      for _ in 0..<4 {
        world.now += 301_000
        try world.housekeep()
        for number in [Cast.annasNumber, Cast.localNumber] {
          for bulk in [false, true] {
            let claimed = try claim(number, bulk: bulk)
            left += claimed
            for segment in claimed { try world.answer(segment) }
          }
        }
      }
    }

    func left(from number: String) throws -> Int {
      let id = try world.id(of: number)
      return left.count { $0.number == id }
    }
  }

  @Test(arguments: Path.allCases, Scope.allCases)
  func afterAStopNothingLeavesInItsScopeAndEverythingOutsideOfIt(path: Path, scope: Scope) throws {
    let stage = try Stage(scope)
    for number in [Cast.annasNumber, Cast.localNumber] { try stage.set(path, from: number) }
    try stage.stop(to: Cast.annasNumber)
    #expect(try stage.left(from: Cast.annasNumber) == 0, "nothing from the number it was sent to")
    switch scope {
    case .brand: #expect(try stage.left(from: Cast.localNumber) == 0, "nothing from any other")
    case .number: #expect(try stage.left(from: Cast.localNumber) > 0, "all from the others")
    }
    // Nothing waits for good, and a restart brings nothing back.
    try stage.world.restart()
    #expect(try stage.world.claim(bulk: true).isEmpty && stage.world.claim().isEmpty)
    #expect(try stage.world.stored("SELECT count(*) FROM pending") == 0)
    let refused: Refusal? = scope == .brand ? .optedOut : nil
    #expect(try stage.world.refusal(of: stage.world.message("again", from: Cast.localNumber)) == refused)
  }

  /// A rep's STOP to a colleague's number is the rep's: it ends alerts and copies, whatever an opt-out's scope.
  @Test(arguments: [false, true], Scope.allCases)
  func aRepsStopToAColleaguesNumberStopsAlertsAndCopies(isQueued: Bool, scope: Scope) throws {
    let world = try World { $0.optOutScope = scope }
    try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber, mobile: Cast.annasMobile)
    try world.addContact(Cast.customer, owner: ben)
    func queue() throws {
      try world.receive("hello", to: Cast.bensNumber)
      let planned: CampaignPlanResult = try world.call(
        .campaignPlan(
          CampaignPlan(
            audience: Audience(all: true), text: "Hi", copyToRep: true, idempotencyKey: world.nextKey())))
      let _: CampaignChange = try world.call(
        .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: world.nextKey())))
    }
    if isQueued { try queue() }
    try world.receive("STOP", from: Cast.annasMobile)
    if !isQueued { try queue() }
    try world.finishJobs()
    let mobile = try world.phone(Cast.annasMobile).digits
    let sent = try world.claim(from: Cast.bensNumber) + world.claim(bulk: true, from: Cast.bensNumber)
    #expect(sent.count { $0.phone == mobile } == 0)
    #expect(sent.contains { $0.phone != mobile })
  }

  @Test func aRepsStopOnOneNumberStopsAlertsFromAllOfTheReps() throws {
    let world = try World()
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    try world.addNumber(Cast.localNumber, rep: anna)
    try world.addContact(Cast.customer, owner: anna)
    try world.receive("hello")
    try world.receive("STOP", from: Cast.annasMobile, to: Cast.localNumber)
    #expect(try world.claim().isEmpty)
    try world.receive("hello again", from: Cast.stranger)
    #expect(try world.claim().isEmpty)
  }

  // MARK: One confirmation

  @Test(arguments: Scope.allCases) func aStopThatIsSaidTwiceIsConfirmedOnce(scope: Scope) throws {
    let stage = try Stage(scope)
    try stage.world.receive("STOP", to: Cast.localNumber)
    try stage.world.receive("STOP", to: Cast.localNumber)
    try stage.world.receive("QUIT", to: Cast.localNumber)
    let texts = try stage.claim(Cast.localNumber)
    #expect(texts.map(\.text) == [World.brand.stopConfirmation])
    for segment in texts { try stage.world.answer(segment) }
    try stage.world.receive("STOP", to: Cast.localNumber)
    #expect(try stage.claim(Cast.localNumber).isEmpty)
  }

  @Test func oneThatTheLoopHoldsUnwrittenIsNotLostByASecondStop() throws {
    let stage = try Stage(.brand)
    try stage.world.receive("STOP", to: Cast.localNumber)
    let held = try stage.claim(Cast.localNumber)
    try stage.world.receive("STOP", to: Cast.localNumber)
    try stage.world.take(.revoked(held.map(\.ref), at: stage.world.now))
    #expect(try stage.claim(Cast.localNumber).map(\.text) == [World.brand.stopConfirmation])
  }

  @Test func whereTheNetworkConfirmsThereIsNoneInAll() throws {
    let stage = try Stage(.brand)
    try stage.world.receive("STOP", to: Cast.annasNumber)
    try stage.world.receive("STOP", to: Cast.localNumber)
    #expect(try stage.claim(Cast.annasNumber).isEmpty && stage.claim(Cast.localNumber).isEmpty)
  }

  @Test func eachNumberIsConfirmedWhereEachIsClosedByItself() throws {
    let stage = try Stage(.number)
    try stage.world.addNumber("+14155550104")
    try stage.world.receive("STOP", to: Cast.localNumber)
    try stage.world.receive("STOP", to: "+14155550104")
    #expect(try stage.claim(Cast.localNumber).count == 1)
    #expect(try stage.claim("+14155550104").count == 1)
  }

  @Test func aConfirmationThatIsNoLongerSoDoesNotLeave() throws {
    let stage = try Stage(.brand)
    try stage.world.receive("STOP", to: Cast.localNumber)
    try stage.world.receive("START", to: Cast.localNumber)
    let welcome = try stage.claim(Cast.localNumber)
    #expect(welcome.map(\.text) == [World.brand.startConfirmation])
    for segment in welcome { try stage.world.answer(segment) }
    try stage.world.receive("STOP", to: Cast.localNumber)
    #expect(try stage.claim(Cast.localNumber).map(\.text) == [World.brand.stopConfirmation])
  }

  // MARK: Commands

  @Test func aRecordedOptOutIsByDefaultAsWideAsAStop() throws {
    for (scope, asked, expected) in [
      (Scope.brand, nil, ConsentScope.brand), (.number, nil, .number), (.number, ConsentScope.brand, .brand),
      (.brand, ConsentScope.number, .number),
    ] {
      let stage = try Stage(scope)
      let result: ConsentRecordResult = try stage.world.call(
        .consentRecord(
          ConsentRecord(
            phone: stage.world.typed(Cast.customer), kind: .optOut, scope: asked,
            number: stage.world.number(Cast.annasNumber), evidence: "by phone")))
      #expect(result.record.scope == expected)
    }
  }
}
