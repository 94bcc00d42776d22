import Contract
import Settings
import TestSupport
import Testing

@testable import Gateway

/// Nobody who asked to hear from us is lost or forgotten.
@Suite(.worlds) struct LeadTests {
  private static let ana = "+12025550143"
  private static let bensMobile = "+12125550112"

  private struct Left: Equatable {
    var from: String
    var to: String
    var text: String
  }

  /// Anna and Ben, each with a number and a mobile.
  private func company(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> (World, RepID, RepID) {
    let world = try World { change(&$0) }
    let anna = try world.addAnna(mobile: Cast.annasMobile)
    return (world, anna, try world.addRep("Ben", number: Cast.bensNumber, mobile: Self.bensMobile))
  }

  private func create(
    _ world: World, ref: String? = nil, first: String? = "Ana", last: String? = "Gomez", cell: String? = ana,
    home: String? = nil, work: String? = nil, fields: [String: String]? = nil, tags: [String]? = nil,
    consent: String? = nil, rep: RepID? = nil, as caller: Requester = World.admin
  ) throws -> LeadCreateResult {
    try world.call(
      .leadCreate(
        LeadCreate(
          ref: ref, firstName: first, lastName: last, cellPhone: cell, homePhone: home, workPhone: work,
          attributes: fields,
          tags: tags, leadSource: "web form", consentText: consent, repID: rep)), as: caller)
  }

  /// What leaves now, all of it accepted by the carrier.
  private func left(_ world: World) throws -> [Left] {
    var left: [Left] = []
    for number in [Cast.annasNumber, Cast.bensNumber] {
      while case let segments = try world.claim(from: number), !segments.isEmpty {
        for segment in segments {
          left.append(Left(from: number, to: "+\(segment.phone)", text: segment.text))
          try world.answer(segment)
        }
      }
    }
    return left
  }

  private func changes(_ world: World) throws -> [LeadChange] {
    try world.events().compactMap { if case .leadChanged(let lead) = $0 { lead.change } else { nil } }
  }

  private func lead(_ world: World, _ id: LeadID, as caller: Requester = World.admin) throws -> LeadView {
    try world.ask(.leadGet(LeadGet(leadID: id)), as: caller)
  }

  private func conversation(_ world: World, _ lead: LeadView) throws -> ConversationView {
    try world.ask(
      .conversationGet(ConversationGet(conversationID: try #require(lead.conversationID))))
  }

  // MARK: A lead comes

  @Test func theRepIsToldOnceAtOnceFromTheRepsOwnNumberAndAnswersFromThePrivatePhone() throws {
    let (world, anna, _) = try company { $0.leads.alertFields = ["product", "pet", "best time"] }
    let made = try create(
      world, fields: ["product": "Term\n life", "best time": "after five", "age": "40"], rep: anna)
    #expect(made.isNew && made.lead.state == .assigned && made.lead.repID == anna)
    #expect(made.lead.phone?.description == Self.ana && made.lead.phoneField == .cell)
    let alert = Left(
      from: Cast.annasNumber, to: Cast.annasMobile,
      text: "Acme Homes: new lead Ana G. (Term life, after five)")
    #expect(try left(world) == [alert])
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: made.lead.contactID)))
    #expect(contact.repID == anna && contact.attributes["age"] == "40")
    #expect(try changes(world) == [.created, .assigned])
    world.now += 61_000
    try world.receive("Hi Ana, it is Anna. When suits you?", from: Cast.annasMobile, to: Cast.annasNumber)
    #expect(
      try left(world) == [
        Left(from: Cast.annasNumber, to: Self.ana, text: "Hi Ana, it is Anna. When suits you?")
      ])
    let texted = try lead(world, made.lead.leadID)
    #expect(texted.state == .contacted && texted.contactedAt?.milliseconds == world.now)
    #expect(try changes(world) == [.contacted])
    // Nothing becomes of it any more.
    world.now += 86_400_000
    try world.housekeep()
    #expect(try changes(world) == [])
  }

  @Test func theFirstPhoneThatCanBeTextedIsChosenInTheConfiguredOrder() throws {
    let (world, anna, _) = try company { $0.leads.phones = [.work, .cell, .home] }
    let made = try create(world, cell: Self.ana, home: "(202) 555-0144", work: "ask Ana", rep: anna)
    #expect(made.lead.phoneField == .cell && made.lead.phone?.description == Self.ana)
    #expect(made.leftOut?.map(\.field) == ["work_phone"])
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: made.lead.contactID)))
    #expect(contact.phones.map(\.description) == [Self.ana, "+12025550144"])
    func refusal(_ cell: String?, _ home: String?) throws -> APIError? {
      let create = LeadCreate(firstName: "Bo", cellPhone: cell, homePhone: home, leadSource: "form")
      if case .failure(let error) = try world.reply(to: .leadCreate(create)) { return error }
      return nil
    }
    #expect(try refusal(nil, " ")?.refusal == .noPhone)
    let none = try #require(try refusal("12", Cast.annasNumber))
    #expect(
      none.refusal == .notTextable && none.message.contains("cell_phone")
        && none.message.contains("not for leads"))
    // A rep's private mobile is in no lead.
    #expect(try refusal(Cast.annasMobile, nil)?.refusal == .notTextable)
    let leads: Page<LeadView> = try world.ask(.leadList(LeadList()))
    #expect(leads.items.count == 1)
  }

  @Test func theSameFormAgainAddsNothingWhileNobodyHasTexted() throws {
    let (world, anna, ben) = try company()
    let first = try create(world, fields: ["product": "life"], rep: anna)
    _ = try left(world)
    let again = try create(world, fields: ["age": "40"], rep: ben)
    #expect(!again.isNew && again.lead == first.lead)
    #expect(try left(world).isEmpty, "nobody is told")
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: first.lead.contactID)))
    #expect(contact.attributes == ["product": "life", "age": "40"] && contact.repID == anna)
    try world.send("Hello Ana", to: Self.ana)
    let later = try create(world, rep: ben)
    #expect(later.isNew && later.lead.leadID != first.lead.leadID && later.lead.repID == ben)
  }

  @Test func rulesTurnAnswersIntoTagsAndHeatAlwaysAlike() throws {
    let rules: [GatewaySettings.Leads.Rule] = [
      .init(field: "product", values: ["term life", "whole life"], tag: "life"),
      .init(field: "state", tag: "has state"),
      .init(field: "call me", values: ["yes"], isHot: true),
    ]
    for answer in ["Term Life", " whole life ", "car"] {
      let (world, _, _) = try company { $0.leads.rules = rules }
      for isAgain in [false, true] {
        let made = try create(
          world, fields: ["product": answer, "state": " ", "call me": "YES"], tags: ["web"])
        #expect(made.isNew != isAgain && made.lead.hot)
        let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: made.lead.contactID)))
        #expect(contact.tags == (answer == "car" ? ["web"] : ["life", "web"]))
      }
    }
  }

  @Test func consentIsKeptWithItsTextAndAnOptOutStays() throws {
    let (world, _, _) = try company()
    _ = try create(world, consent: "Yes, text me about homes.")
    func records(_ phone: String) throws -> ConsentGetResult {
      try world.ask(.consentGet(ConsentGet(phone: world.typed(phone))))
    }
    let record = try #require(try records(Self.ana).records.first)
    #expect(record.kind == .optIn && record.evidence == "Yes, text me about homes. (web form)")
    try world.receive("STOP", from: "+12025550150", to: Cast.annasNumber)
    let stopped = try create(world, first: "Bo", last: nil, cell: "+12025550150", consent: "Yes")
    #expect(stopped.isNew)
    let kept = try records("+12025550150")
    #expect(kept.optedOutOfBrand && !kept.records.contains { $0.kind == .optIn })
  }

  // MARK: Who gets it

  @Test func inTurnsItGoesToWhoHasHadNoneForTheLongestTimeAndToNobodyWhoCannotText() throws {
    let (world, anna, ben) = try company { $0.leads.assignment = .roundRobin }
    // Without a number, and not working.
    _ = try world.addRep("Carl")
    let dora = try world.addRep("Dora", number: Cast.localNumber)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: dora, active: false)))
    var got: [RepID?] = []
    for index in 0..<5 {
      got.append(try create(world, first: "L\(index)", cell: "+120255502\(10 + index)").lead.repID)
      world.now += 1_000
    }
    #expect(got == [anna, ben, anna, ben, anna])
  }

  @Test func theOneWithTheFewestUntextedGetsItAndARuleNarrowsWhoMay() throws {
    let (world, anna, ben) = try company {
      $0.leads.assignment = .leastOpen
      $0.leads.rules = [.init(field: "product", values: ["life"], reps: [RepID(2)])]
    }
    #expect(ben == RepID(2))
    func next(_ index: Int, _ product: String) throws -> LeadView {
      world.now += 1_000
      return try create(
        world, first: "L\(index)", cell: "+120255502\(10 + index)", fields: ["product": product]
      ).lead
    }
    #expect(try next(0, "life").repID == ben && next(1, "life").repID == ben)
    #expect(try next(2, "car").repID == anna && next(3, "car").repID == anna)
    let first = try next(4, "car")
    #expect(first.repID == ben, "they have as many, and Ben had none for longer")
    try world.send("Hello", to: "+12025550210", from: Cast.bensNumber)
    try world.send("Hello", to: "+12025550211", from: Cast.bensNumber)
    #expect(try next(5, "car").repID == ben, "whom he has texted counts no more")
  }

  @Test func ofTwoWhoClaimItOneGetsItAndWhoMayOnlyClaimSeesNoPhone() throws {
    let (world, anna, ben) = try company()
    let made = try create(world)
    #expect(made.lead.state == .open && made.lead.repID == nil)
    let (one, two) = (try world.signIn("anna", [.rep], rep: anna), try world.signIn("ben", [.rep], rep: ben))
    let agent = try world.agent("ana")
    let seen: Page<LeadView> = try world.ask(.leadList(LeadList(state: .open)), as: one.caller)
    #expect(seen.items.map(\.leadID) == [made.lead.leadID] && seen.items[0].phone == nil)
    #expect(throws: APIError.self) {
      let _: Page<LeadView> = try world.ask(.leadList(LeadList()), as: agent.caller)
    }
    let claim = Command.leadClaim(LeadClaim(leadID: made.lead.leadID))
    // What one may only claim, one does not change.
    #expect(
      try world.refusal(of: .leadClose(LeadClose(leadID: made.lead.leadID)), as: one.caller) == .wrongState)
    let claimed: LeadView = try world.call(claim, as: one.caller)
    #expect(claimed.repID == anna && claimed.phone?.description == Self.ana)
    #expect(try world.refusal(of: claim, as: two.caller) == .wrongState)
    let again: LeadView = try world.call(claim, as: one.caller)
    #expect(again == claimed)
    #expect(try changes(world) == [.created, .claimed])
    #expect(try world.code(of: claim) == .forbidden, "an app is no rep")
    let bens: Page<LeadView> = try world.ask(.leadList(LeadList()), as: two.caller)
    #expect(bens.items.isEmpty)
    #expect(throws: APIError.self) { try lead(world, made.lead.leadID, as: two.caller) }
    // A role of Ben's number sees it as little; one of Anna's does.
    let (bensApp, annasApp) = (
      Requester(role: "b", uid: 1, numbers: [try world.number(Cast.bensNumber)]),
      Requester(role: "a", uid: 1, numbers: [try world.number(Cast.annasNumber)])
    )
    #expect(throws: APIError.self) { try lead(world, made.lead.leadID, as: bensApp) }
    #expect(try lead(world, made.lead.leadID, as: annasApp) == claimed)
  }

  @Test func reassigningMovesThreadAlertsAndFutureTextsAndTheContactHearsFromTheNumberItKnows() throws {
    let (world, anna, ben) = try company()
    try world.addNumber(Cast.localNumber)
    let made = try create(world, rep: anna)
    _ = try left(world)
    func assign(_ rep: RepID) throws -> LeadView {
      try world.call(.leadAssign(LeadAssign(leadID: made.lead.leadID, repID: rep)))
    }
    // Not texted yet: it goes on from Ben's number, and what comes to Anna's is Ben's all the same.
    let bens = try assign(ben)
    #expect(try conversation(world, bens).number.description == Cast.bensNumber)
    #expect(
      try left(world) == [
        Left(from: Cast.bensNumber, to: Self.bensMobile, text: "Acme Homes: new lead Ana G.")
      ])
    #expect(try conversation(world, made.lead).repID == ben)
    try world.receive("Hello?", from: Self.ana, to: Cast.localNumber)
    let threads: Page<ConversationView> = try world.ask(.conversationList(ConversationList()))
    #expect(threads.items.count == 3 && threads.items.allSatisfy { $0.repID == ben })
    // The contact knows the local number by now.
    try world.receive("Are you there?", from: Self.ana, to: Cast.localNumber)
    let annas = try assign(anna)
    #expect(try conversation(world, annas).number.description == Cast.localNumber)
    #expect(try conversation(world, annas).repID == anna)
    // The same once more is no news.
    _ = try changes(world)
    #expect(try assign(anna) == annas && changes(world) == [])
  }

  // MARK: Nobody is forgotten

  @Test func aLeadThatNobodyTakesIsToldToTheManagersOnceOverARestart() throws {
    let (world, anna, ben) = try company { $0.leads.claimWithin = .seconds(600) }
    _ = try world.signIn("boss", [.manager], rep: ben)
    _ = try world.signIn("anna", [.rep], rep: anna)
    let made = try create(world)
    world.now += 599_000
    try world.housekeep()
    #expect(try changes(world) == [.created])
    try world.restart()
    world.now += 1_000
    try world.housekeep()
    let events = try world.events()
    #expect(
      events.contains {
        if case .alertRaised(let alert) = $0 { alert.alert == .leadUnclaimed } else { false }
      })
    #expect(
      events.contains { if case .leadChanged(let lead) = $0 { lead.change == .unclaimed } else { false } })
    let told = Left(
      from: Cast.bensNumber, to: Self.bensMobile,
      text: "Acme Homes: leads that nobody has: 1. Ana G. has waited for 10 minutes")
    #expect(try left(world) == [told])
    world.now += 86_400_000
    try world.housekeep()
    #expect(try changes(world) == [] && left(world).isEmpty)
    #expect(try lead(world, made.lead.leadID).state == .open)
  }

  @Test func aLeadThatItsRepDoesNotTextRaisesAnAlertOnce() throws {
    let (world, anna, _) = try company { $0.leads.textWithin = .seconds(60) }
    let made = try create(world, rep: anna)
    _ = try changes(world)
    world.now += 60_000
    try world.housekeep()
    let events = try world.events()
    #expect(
      events.count { if case .alertRaised(let alert) = $0 { alert.alert == .leadUntexted } else { false } }
        == 1)
    #expect(
      events.count { if case .leadChanged(let lead) = $0 { lead.change == .untexted } else { false } } == 1)
    world.now += 86_400_000
    try world.housekeep()
    #expect(try changes(world) == [] && lead(world, made.lead.leadID).state == .assigned)
  }

  @Test(arguments: [false, true])
  func whatARepWhoLeavesHasNotTextedIsOpenAgainOrGoesToTheNext(hasPolicy: Bool) throws {
    let (world, anna, ben) = try company { if hasPolicy { $0.leads.assignment = .roundRobin } }
    let waiting = try create(world, rep: anna).lead
    let texted = try create(world, first: "Bo", cell: "+12025550150", rep: anna).lead
    try world.send("Hello", to: "+12025550150")
    // Long after the alert that nobody texted.
    world.now += 86_400_000
    try world.housekeep()
    _ = try changes(world)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: anna, active: false)))
    try world.restart()
    try world.housekeep()
    #expect(try changes(world) == (hasPolicy ? [.returned, .assigned] : [.returned]))
    let now = try lead(world, waiting.leadID)
    #expect(now.state == (hasPolicy ? .assigned : .open) && now.repID == (hasPolicy ? ben : nil))
    #expect(try lead(world, texted.leadID).repID == anna, "what was texted is over")
    if hasPolicy {
      #expect(try conversation(world, now).repID == ben)
    } else {
      world.now += world.settings.leads.claimWithin.wholeMilliseconds
      try world.housekeep()
      #expect(try changes(world) == [.unclaimed])
    }
  }

  @Test func whileItsRepIsAwayWhoeverAnswersIsToldAndTheFirstTextIsTheirs() throws {
    let (world, anna, ben) = try company { $0.leads.assignment = .roundRobin }
    let _: AbsenceView = try world.call(.absenceSet(AbsenceSet(repID: anna, delegateRepID: ben)))
    try world.finishJobs()
    let made = try create(world, rep: anna).lead
    #expect(made.repID == anna)
    let told = Left(from: Cast.bensNumber, to: Self.bensMobile, text: "Acme Homes: new lead Ana G.")
    #expect(try left(world) == [told])
    #expect(try conversation(world, made).repID == ben)
    try world.receive("Hi Ana, Ben here", from: Self.bensMobile, to: Cast.bensNumber)
    #expect(
      try left(world) == [Left(from: Cast.annasNumber, to: Self.ana, text: "Hi Ana, Ben here")])
    #expect(try lead(world, made.leadID).state == .contacted && lead(world, made.leadID).repID == anna)
    // By itself none goes to who is away.
    for index in 0..<3 {
      #expect(try create(world, first: "L\(index)", cell: "+120255502\(10 + index)").lead.repID == ben)
    }
  }

  @Test func onlyAPersonsTextFromThemWhoHaveItIsAFirstText() throws {
    let (world, anna, ben) = try company()
    let made = try create(world, rep: anna).lead
    let group: GroupView = try world.call(
      .groupCreate(GroupCreate(name: "all", contactIDs: [made.contactID])))
    try world.campaign("Hello all", Audience(group: .id(group.groupID)))
    let _: MessageSendResult = try world.call(
      .messageSend(
        MessageSend(
          from: .rep(anna), to: .phone(world.typed(Self.ana)), text: "Your code is 1", class: .code)))
    try world.send("From Ben", to: Self.ana, from: Cast.bensNumber)
    #expect(try lead(world, made.leadID).state == .assigned)
    try world.send("From Anna", to: Self.ana)
    #expect(try lead(world, made.leadID).state == .contacted)
    // Of a lead that nobody has, whoever texts first has it.
    let open = try create(world, first: "Bo", cell: "+12025550150").lead
    try world.send("Hi", to: "+12025550150", from: Cast.bensNumber)
    let texted = try lead(world, open.leadID)
    #expect(texted.state == .contacted && texted.repID == ben && texted.assignedAt == texted.contactedAt)
  }

  @Test func whoOptsOutIsNoLeadAnyMore() throws {
    let (world, anna, _) = try company()
    let made = try create(world, rep: anna).lead
    let open = try create(world, first: "Bo", cell: "+12025550150").lead
    for phone in [Self.ana, "+12025550150"] { try world.receive("STOP", from: phone, to: Cast.annasNumber) }
    for id in [made.leadID, open.leadID] {
      let closed = try lead(world, id)
      #expect(closed.state == .closed && closed.note == "opted out" && closed.closedAt != nil)
    }
    #expect(try world.refusal(of: .leadAssign(LeadAssign(leadID: open.leadID, repID: anna))) == .wrongState)
  }

  @Test func anOptOutOfAnotherNumberClosesNothing() throws {
    let (world, anna, _) = try company { $0.optOutScope = .number }
    let made = try create(world, rep: anna).lead
    try world.receive("STOP", from: Self.ana, to: Cast.bensNumber)
    #expect(try lead(world, made.leadID).state == .assigned)
    try world.receive("STOP", from: Self.ana, to: Cast.annasNumber)
    #expect(try lead(world, made.leadID).state == .closed)
  }

  @Test func aHotLeadIsToldToItsRepOnceAndToWhoGetsItLater() throws {
    let (world, anna, ben) = try company { $0.leads.alertFields = ["preference"] }
    let made = try create(world, fields: ["preference": "evenings, by text"], rep: anna)
    _ = try left(world)
    let hot = Command.leadMarkHot(LeadMarkHot(leadID: made.lead.leadID))
    for _ in 0..<2 {
      let marked: LeadView = try world.call(hot)
      #expect(marked.hot)
    }
    #expect(
      try left(world) == [
        Left(
          from: Cast.annasNumber, to: Cast.annasMobile,
          text: "Acme Homes: hot lead Ana G. (evenings, by text)")
      ])
    #expect(try changes(world) == [.created, .assigned, .hot])
    let _: LeadView = try world.call(.leadAssign(LeadAssign(leadID: made.lead.leadID, repID: ben)))
    #expect(try left(world).map(\.text) == ["Acme Homes: hot lead Ana G. (evenings, by text)"])
    let _: LeadView = try world.call(.leadClose(LeadClose(leadID: made.lead.leadID, note: "sold")))
    #expect(try world.refusal(of: hot) == .wrongState)
  }

  @Test func whatCannotBeIsRefusedInWordsThatSayWhatToDo() throws {
    let (world, anna, ben) = try company()
    let carl = try world.addRep("Carl")
    let made = try create(world).lead
    func assign(_ rep: RepID, _ lead: LeadID = LeadID(1)) -> Command {
      .leadAssign(LeadAssign(leadID: lead, repID: rep))
    }
    #expect(try world.refusal(of: assign(carl)) == .noNumber)
    #expect(try world.code(of: assign(RepID(99))) == .notFound)
    #expect(try world.code(of: assign(anna, LeadID(99))) == .notFound)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: ben, active: false)))
    #expect(try world.refusal(of: assign(ben)) == .repInactive)
    #expect(
      try world.refusal(of: .leadCreate(LeadCreate(cellPhone: Self.ana, leadSource: " "))) == .invalidField)
    let app = Requester(role: "a", uid: 1, numbers: [try world.number(Cast.annasNumber)])
    // Nobody's lead is not this role's; the contact it makes is its rep's, and so is the lead.
    #expect(try world.code(of: assign(anna, made.leadID), as: app) == .notFound)
    let own = try create(world, first: "Bo", cell: "+12025550150", consent: "Yes", as: app)
    #expect(own.lead.repID == anna)
    let record: ConsentGetResult = try world.ask(
      .consentGet(ConsentGet(phone: try world.typed("+12025550150"))))
    #expect(record.records.first?.number?.description == Cast.annasNumber)
    #expect(
      try world.code(of: .leadCreate(LeadCreate(cellPhone: Self.ana, leadSource: "x", repID: carl)), as: app)
        == .notFound)
  }

  @Test func aLeadAlertIsBoundedAsAllAlertsToARepAre() throws {
    let (world, anna, _) = try company { $0.alertsPerRepHour = 2 }
    for index in 0..<5 {
      _ = try create(world, first: "L\(index)", cell: "+120255502\(10 + index)", rep: anna)
    }
    #expect(
      try left(world).filter { $0.to == Cast.annasMobile }.map(\.text) == [
        "Acme Homes: new lead L0 G.", "Acme Homes: new lead L1 G. To answer, start with 2.",
      ])
    world.now += 3_600_000
    try world.housekeep()
    #expect(
      try left(world).map(\.text) == [
        "Acme Homes: 3 new messages, the last from L4 G. To answer, start with 5."
      ])
  }

  // MARK: What goes on beside it

  @Test func anAlertAboutALeadChangesNothingOfTheTextsThatWait() throws {
    let (world, anna, _) = try company {
      $0.alertText = "{{contact}}: {{words}}"
      $0.answersPerPhoneHour = 20
    }
    let _ = try world.addContact("+12025550160", first: "Xavier", owner: anna)
    try world.receive("one", from: "+12025550160", to: Cast.annasNumber)
    try world.receive("two of Xavier", from: "+12025550160", to: Cast.annasNumber)
    _ = try left(world)
    world.now += 60_000
    _ = try create(world, first: "{{words}} {{brand}}", last: nil, fields: nil, rep: anna)
    #expect(
      try left(world).map(\.text) == ["Acme Homes: new lead {{words}} {{brand}} To answer, start with 2."])
    world.now += world.settings.alertQuiet.wholeMilliseconds - 60_000
    try world.housekeep()
    #expect(try left(world).map(\.text) == ["Xavier: two of Xavier To answer, start with 1."])
    try world.receive("1 See you", from: Cast.annasMobile, to: Cast.annasNumber)
    #expect(try left(world).map(\.to) == ["+12025550160"])
  }

  @Test func anAlertIsShortWhateverAFormSays() throws {
    let (world, anna, _) = try company { $0.leads.alertFields = ["product"] }
    let family = String(repeating: "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", count: 200)
    _ = try create(
      world, first: String(family.unicodeScalars.prefix(200).map(Character.init)),
      last: "a\n" + String(repeating: "\u{301}", count: 150), fields: ["product": "x" + family], rep: anna)
    let segments = try world.claim(from: Cast.annasNumber)
    #expect(segments.count <= 5)
    #expect(RepAlerts.beginning(of: "a" + String(repeating: "\u{301}", count: 1_500)).utf8.count <= 83)
  }

  @Test func manyAtOnceAreGivenOutEvenlyAndManyThatWaitAreToldTogether() throws {
    let (world, anna, ben) = try company { $0.leads.assignment = .roundRobin }
    let carla = try world.addRep("Carla", number: Cast.localNumber)
    var got: [RepID: Int] = [:]
    // All of them at one moment of the clock; more than are looked at in one go.
    for index in 0..<300 {
      let rep = try #require(
        try create(world, first: "L\(index)", cell: "+1202555\(2_000 + index)").lead.repID)
      got[rep, default: 0] += 1
    }
    #expect(got == [anna: 100, ben: 100, carla: 100])
    world.now += world.settings.leads.textWithin.wholeMilliseconds
    for _ in 0..<2 { try world.housekeep() }
    let events = try world.events()
    let alerts = events.compactMap { if case .alertRaised(let alert) = $0 { alert.detail } else { nil } }
    #expect(alerts.count == 1 && alerts[0].contains(": 300; the first is \(anna)'s"))
    #expect(
      events.count { if case .leadChanged(let lead) = $0 { lead.change == .untexted } else { false } } == 300)
    // One more, a moment later, is told with the next alert.
    _ = try create(world, first: "Late", cell: "+12025550299", rep: anna)
    _ = try changes(world)
    world.now += world.settings.leads.textWithin.wholeMilliseconds
    try world.housekeep()
    #expect(try changes(world) == [.untexted])
  }

  @Test func aCustomersFormGoesToTheirRepAndToNobodyElse() throws {
    let (world, anna, ben) = try company { $0.leads.assignment = .roundRobin }
    try world.addContact(Self.ana, first: "Ana", last: "Gomez", owner: ben)
    try world.receive("Hello", from: "+12025550161", to: Cast.bensNumber)
    #expect(try create(world).lead.repID == ben)
    // Nobody owns the contact, but it writes with Ben.
    let made = try create(world, first: "Bo", last: nil, cell: "+12025550161").lead
    #expect(made.repID == ben && made.conversationID == ConversationID(1))
    // A person may give it to another rep: then all goes with it.
    let moved: LeadView = try world.call(.leadAssign(LeadAssign(leadID: made.leadID, repID: anna)))
    #expect(try moved.conversationID == ConversationID(1) && conversation(world, moved).repID == anna)
  }

  @Test func aFormWhosePhoneIsKnownUnderAnotherNameIsAboutThatContact() throws {
    let (world, anna, _) = try company()
    let john = try world.addContact(Self.ana, first: "John", last: "Doe", owner: anna)
    let made = try create(world, first: "Jane", last: "Doe", fields: ["product": "life"])
    #expect(made.isNew && made.lead.contactID == john && made.lead.repID == anna)
    #expect(made.leftOut?.map(\.field) == ["first_name"])
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: john)))
    #expect(contact.firstName == "John" && contact.attributes == ["product": "life"])
  }

  @Test func whatASecondFormSaysOfConsentAndHeatIsKept() throws {
    let (world, anna, _) = try company {
      $0.leads.rules = [.init(field: "call me", values: ["yes"], isHot: true)]
    }
    _ = try create(world, rep: anna)
    for _ in 0..<2 {
      let again = try create(world, fields: ["call me": "yes"], consent: "Yes, text me.")
      #expect(!again.isNew && again.lead.hot)
    }
    let consent: ConsentGetResult = try world.ask(.consentGet(ConsentGet(phone: world.typed(Self.ana))))
    #expect(consent.records.map(\.evidence) == ["Yes, text me. (web form)"])
    #expect(try changes(world) == [.created, .assigned, .hot])
  }

  @Test func aLeadFollowsItsContact() throws {
    let (world, anna, ben) = try company()
    let made = try create(world, ref: "c1", rep: anna).lead
    // Another phone: a text there is the first text.
    let _: ContactUpsertResult = try world.call(
      .contactUpsert(
        ContactUpsert(contacts: [ContactInput(ref: "c1", phones: ["+12025550162"], replace: [.phones])])))
    try world.addContact(Self.ana, first: "Stranger", owner: ben, ref: "c2")
    let moved: LeadView = try world.call(.leadAssign(LeadAssign(leadID: made.leadID, repID: ben)))
    #expect(moved.phone?.description == "+12025550162")
    #expect(try conversation(world, moved).phone.description == "+12025550162")
    // Another owner: the lead is that rep's.
    let _: ContactUpsertResult = try world.call(
      .contactUpsert(ContactUpsert(contacts: [ContactInput(ref: "c1", repID: anna)])))
    #expect(try lead(world, made.leadID).repID == anna)
    try world.send("Hello", to: "+12025550162")
    #expect(try lead(world, made.leadID).state == .contacted)
  }

  @Test func aPhoneThatOptedOutIsTakenOnlyWhereThereIsNoOther() throws {
    let (world, anna, _) = try company()
    try world.receive("STOP", from: Self.ana, to: Cast.annasNumber)
    let made = try create(world, cell: Self.ana, home: "+12025550163", rep: anna)
    #expect(made.lead.phoneField == .home && made.leftOut?.map(\.field) == ["cell_phone"])
    try world.receive("STOP", from: "+12025550164", to: Cast.annasNumber)
    #expect(try create(world, first: "Bo", last: nil, cell: "+12025550164").lead.phoneField == .cell)
  }

  @Test func aRepWhoLeavesForAMomentIsRemindedAsBefore() throws {
    let (world, anna, _) = try company()
    let made = try create(world, rep: anna).lead
    _ = try changes(world)
    for active in [false, true] {
      let _: RepView = try world.call(.repUpdate(RepUpdate(repID: anna, active: active)))
    }
    try world.housekeep()
    #expect(try changes(world) == [] && lead(world, made.leadID).repID == anna)
    world.now += world.settings.leads.textWithin.wholeMilliseconds
    try world.housekeep()
    #expect(try changes(world) == [.untexted])
  }

  @Test func aRolesSecondFormMovesNoLeadToAnotherRep() throws {
    let (world, anna, ben) = try company {
      $0.leads.rules = [.init(field: "call me", values: ["yes"], isHot: true)]
    }
    let app = Requester(
      role: "app", uid: 1, numbers: [try world.number(Cast.annasNumber), try world.number(Cast.bensNumber)])
    let made = try create(world, ref: "c1", rep: anna, as: app).lead
    _ = try left(world)
    let again = try create(world, ref: "c1", fields: ["call me": "yes"], rep: ben, as: app)
    #expect(!again.isNew && again.lead.repID == anna && again.lead.hot)
    #expect(try left(world).map(\.to) == [Cast.annasMobile], "the rep is told that it is hot")
    let contact: ContactView = try world.ask(.contactGet(ContactGet(contactID: made.contactID)))
    #expect(contact.repID == anna)
  }

  @Test func anOptOutOfAPhoneThatIsSomebodyElsesByNowClosesNothing() throws {
    let (world, anna, ben) = try company()
    let made = try create(world, ref: "c1", rep: anna).lead
    let _: ContactUpsertResult = try world.call(
      .contactUpsert(
        ContactUpsert(contacts: [ContactInput(ref: "c1", phones: ["+12025550162"], replace: [.phones])])))
    try world.addContact(Self.ana, first: "Stranger", owner: ben, ref: "c2")
    try world.receive("STOP", from: Self.ana, to: Cast.annasNumber)
    #expect(try lead(world, made.leadID).state == .assigned)
    try world.receive("STOP", from: "+12025550162", to: Cast.annasNumber)
    #expect(try lead(world, made.leadID).state == .closed)
  }
}
