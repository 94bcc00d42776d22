import Contract
import SMPP
import Settings
import TestSupport
import Testing

@testable import Gateway

/// Alerts carry a link to the one conversation they are about.
@Suite(.worlds) struct LinkTests {
  private static let page = Requester(role: "desk", uid: 9)
  private static let address = "https://desk.acme.example"
  private static let bensMobile = "+12125550112"

  /// Anna and Ben are reps and members. Carla, who writes, is Anna's.
  private final class Company {
    let world: World
    let anna: RepID
    let ben: RepID
    let annaSigned: Person

    init(roles: [MemberRole] = [.rep], _ change: (inout GatewaySettings) -> Void = { _ in }) throws {
      world = try World {
        $0.email = EmailAddress("alerts@acme.example").map { .init(from: $0) }
        $0.desk = .init(address: LinkTests.address)
        change(&$0)
      }
      anna = try world.addRep(
        "Anna", number: Cast.annasNumber, mobile: Cast.annasMobile, email: "anna@acme.example", alertBy: .both
      )
      ben = try world.addRep("Ben", number: Cast.bensNumber, mobile: LinkTests.bensMobile)
      annaSigned = try world.signIn("anna", roles, rep: anna)
      try world.addContact(Cast.customer, first: "Carla", last: "Gomez", owner: anna)
    }

    var emails: [String] {
      get throws {
        let page: Page<EmailView> = try world.ask(.emailList(EmailList()), as: EmailTests.mailer)
        return page.items.compactMap(\.text)
      }
    }

    /// The texts that leave now.
    func texts(from number: String = Cast.annasNumber) throws -> [String] {
      let claimed = try world.claim(from: number)
      for segment in claimed { try world.answer(segment) }
      return claimed.map(\.text)
    }

    /// The token at the end of an alert.
    func token(_ text: String?) throws -> LinkToken {
      let end = try #require(text?.split(separator: "/a/").last)
      return try #require(LinkToken(String(end.prefix(LinkToken.length))))
    }

    func redeem(_ token: LinkToken) throws -> SessionOpening {
      try world.call(.sessionRedeem(SessionRedeem(token: token, device: "a phone")), as: LinkTests.page)
    }

    /// Whoever follows the link of the alert that leaves now.
    func follow() throws -> Requester {
      let opening = try redeem(try token(try texts().first))
      return Requester(role: "desk", uid: 9, session: opening.token)
    }

    func conversation(with phone: String, _ number: String = Cast.annasNumber) throws -> ConversationID {
      let found = try world.gateway.parts.ground.conversations.find(
        try world.id(of: number), world.phone(phone).digits)
      return ConversationID(try #require(found).id)
    }

    func give(_ conversation: ConversationID, to rep: RepID) throws {
      let _: ConversationView = try world.call(
        .conversationAssign(ConversationAssign(conversationID: conversation, repID: rep)))
    }
  }

  // MARK: The link

  @Test func anAlertCarriesALinkOfItsOwnForEachWayInOneText() throws {
    let company = try Company()
    try company.world.receive("Is it still for sale?")
    let text = try #require(try company.texts().first)
    let email = try #require(try company.emails.first)
    #expect(text.hasPrefix("Acme Homes: new message from Carla G. \(Self.address)/a/"))
    #expect(email.hasPrefix("Acme Homes: new message from Carla G.\n\n\(Self.address)/a/"))
    #expect(try company.token(text) != company.token(email))
    #expect(Segmenter().plan(text)?.count == 1)
    // Of the secrets the store has digests.
    #expect(try company.world.stored("SELECT count(*) FROM alert_link WHERE length(token) = 32") == 2)
  }

  @Test func anAlertThatWaitedForAConversationThatIsSomebodyElsesByNowHasNoLink() throws {
    let company = try Company()
    let world = company.world
    try world.receive("Is it still for sale?")
    #expect(try company.texts().count == 1)
    world.now += 1_000
    try world.receive("Hello?")
    try company.give(try company.conversation(with: Cast.customer), to: company.ben)
    world.now += 120_000
    try world.housekeep()
    let texts = try company.texts()
    #expect(texts.count == 1 && texts.allSatisfy { !$0.contains(Self.address) })
    #expect(try company.emails.count { $0.contains(Self.address) } == 1, "that of the first alert")
    #expect(try world.stored("SELECT count(*) FROM alert_link WHERE rep_id = \(company.anna.value)") == 0)
  }

  @Test func aLinkOpensTheOneConversationOnceForAQuarterOfAnHour() throws {
    let company = try Company()
    try company.world.receive("Is it still for sale?")
    let token = try company.token(try company.texts().first)
    let opening = try company.redeem(token)
    let conversation = try company.conversation(with: Cast.customer)
    #expect(opening.outcome == .opened && opening.session?.conversationID == conversation)
    #expect(opening.session?.expiresAt.milliseconds == company.world.now + 15 * 60_000)
    #expect(opening.member?.repID == company.anna)
    #expect(try company.redeem(token).outcome == .wrong, "once")
    #expect(
      try company.redeem(try company.token(try company.emails.first)).outcome == .opened,
      "the e-mail's is its own")
    let caller = Requester(role: "desk", uid: 9, session: opening.token)
    company.world.now += 15 * 60_000
    #expect(
      try company.world.code(
        of: .noteAdd(NoteAdd(conversationID: conversation, text: "n")), as: caller) == .noSession)
  }

  @Test func aTokenThatIsNoneAndOneThatIsTooOldGetTheSameAnswer() throws {
    let company = try Company()
    try company.world.receive("Hello")
    let token = try company.token(try company.texts().first)
    let nobodys = try #require(LinkToken(octets: Array(repeating: 0, count: LinkToken.octets)))
    company.world.now += AlertLinks.lasts
    let (old, none) = (try company.redeem(token), try company.redeem(nobodys))
    #expect(old == none && old == SessionOpening(outcome: .wrong))
    try company.world.housekeep()
    #expect(try company.world.stored("SELECT count(*) FROM alert_link") == 0)
  }

  @Test func aNewerAlertAboutAConversationEndsTheOlderLinksIntoIt() throws {
    let company = try Company()
    try company.world.receive("one")
    let (text, email) = (
      try company.token(try company.texts().first), try company.token(try company.emails.last)
    )
    company.world.now += company.world.settings.alertQuiet.wholeMilliseconds
    try company.world.receive("other", from: Cast.stranger)
    let other = try company.token(try company.texts().first)
    company.world.now += company.world.settings.alertQuiet.wholeMilliseconds
    try company.world.receive("two")
    let newer = try company.token(try company.texts().first)
    #expect(try company.redeem(text).outcome == .wrong && company.redeem(email).outcome == .wrong)
    #expect(try company.redeem(other).outcome == .opened && company.redeem(newer).outcome == .opened)
  }

  @Test func whoIsNoMemberAndWhoMayNotSignInGetsNoLink() throws {
    let company = try Company()
    try company.world.receive("Hello", from: Cast.stranger, to: Cast.bensNumber)
    #expect(try company.texts(from: Cast.bensNumber).allSatisfy { !$0.contains("https") })
    let _: MemberView = try company.world.call(
      .memberUpdate(MemberUpdate(memberID: company.annaSigned.id, active: false)))
    try company.world.receive("Hello")
    #expect(try company.texts().first?.contains("https") == false)
    #expect(try company.world.stored("SELECT count(*) FROM alert_link") == 0)
  }

  @Test func aLinkToSignInWithHasNoSecret() throws {
    let company = try Company { $0.desk?.alertLink = .signIn }
    try company.world.receive("Hello")
    let conversation = try company.conversation(with: Cast.customer)
    #expect(try company.texts().first?.hasSuffix(" \(Self.address)/c/\(conversation)") == true)
    #expect(try company.world.stored("SELECT count(*) FROM alert_link") == 0)
  }

  @Test(arguments: [10, 40, 60, 80, 120, 160, 300])
  func theLinkIsWholeOrAbsentAndWordsGiveWayToIt(octets: Int) throws {
    let company = try Company {
      $0.alertText = String(repeating: "x", count: octets) + " {{contact}}: {{words}}"
    }
    try company.world.receive("The words of a text that are long enough to be cut, whatever the alert is")
    let texts = try company.texts()
    let whole = texts.joined()
    let hasLink = whole.contains("https")
    #expect(hasLink)
    #expect(whole.firstMatch(of: /https:\/\/desk\.acme\.example\/a\/[0-9a-hjkmnp-tv-z]{16}$/) != nil)
    // What is two texts without a link has all its words; 73 of them, and 11 characters of name.
    #expect((texts.count == 1) == (octets + 11 + 73 <= 160))
  }

  @Test func anAlertThatIsTooLongForALinkLeavesWithout() throws {
    let company = try Company {
      $0.maximumSegments = 1; $0.alertText = String(repeating: "x", count: 150)
    }
    try company.world.receive("Hello")
    #expect(try company.texts() == [String(repeating: "x", count: 150)])
    #expect(try company.emails.first?.contains("https") == true)
    #expect(
      try company.world.stored("SELECT count(*) FROM alert_link") == 1, "what nobody was told opens nothing")
  }

  // MARK: What it opens

  @Test func aLinkSessionSeesAndAnswersTheOneConversationAndNothingElse() throws {
    // Whoever sees all by a password sees one thread by a link.
    for roles in [[MemberRole.rep], [.rep, .manager, .admin, .supervisor]] {
      let company = try Company(roles: roles)
      let world = company.world
      try world.receive("Is it still for sale?")
      let caller = try company.follow()
      let own = try company.conversation(with: Cast.customer)
      // Anna's too, and the same contact's.
      try world.receive("Hello", from: Cast.stranger)
      let other = try company.conversation(with: Cast.stranger)
      _ = try company.texts()

      let screen: ConversationOpenResult = try world.ask(
        .conversationOpen(ConversationOpen(conversationID: own)), as: caller)
      #expect(screen.newestMessages.map(\.text) == ["Is it still for sale?"])
      #expect(screen.knownContacts.count == 1)
      let sent: MessageSendResult = try world.call(
        .messageSend(MessageSend(to: .phone(world.typed(Cast.customer)), text: "Yes")), as: caller)
      #expect(sent.conversationID == own)
      let _: NoteView = try world.call(.noteAdd(NoteAdd(conversationID: own, text: "keen")), as: caller)
      let _: DraftView = try world.call(.draftPut(DraftPut(conversationID: own, text: "d")), as: caller)
      let templates: Page<TemplateView> = try world.ask(.templateList(TemplateList()), as: caller)
      #expect(templates.items.isEmpty)

      for query: Query in [
        .conversationOpen(ConversationOpen(conversationID: other)),
        .conversationGet(ConversationGet(conversationID: other)),
        .conversationMessages(ConversationMessages(conversationID: other)),
      ] {
        let error = #expect(throws: APIError.self) { let _: JSONValue = try world.ask(query, as: caller) }
        #expect(error?.code == .notFound, "\(query)")
      }
      let text = MessageSend(to: .phone(try world.typed(Cast.stranger)), text: "Hi")
      for command: Command in [
        .noteAdd(NoteAdd(conversationID: other, text: "n")),
        .draftPut(DraftPut(conversationID: other, text: "d")),
        .leaseHold(LeaseHold(conversationID: other)), .leaseDrop(LeaseDrop(conversationID: other)),
        .conversationMarkRead(ConversationMarkRead(conversationID: other)),
        .conversationComplete(ConversationComplete(conversationID: other)),
        .sessionClose(SessionClose(sessionID: SessionID(1))),
      ] {
        #expect(try world.code(of: command, as: caller) == .notFound, "\(command)")
      }
      #expect(try world.code(of: .messageSend(text), as: caller) == .forbidden)
      // Nobody who was never heard of, either.
      let fresh = MessageSend(to: .phone(try world.typed("+12025550155")), text: "Hi")
      #expect(try world.code(of: .messageSend(fresh), as: caller) == .forbidden)
      // Notes of the other are not listed.
      let _: NoteView = try world.call(.noteAdd(NoteAdd(conversationID: other, text: "of the other")))
      let notes: Page<NoteView> = try world.ask(.noteList(NoteList()), as: caller)
      #expect(notes.items.map(\.text) == ["keen"])
      #expect(
        try world.code(
          of: .conversationComplete(ConversationComplete(conversationID: own, serveNext: true)), as: caller)
          == .forbidden)
      let done: EpisodeChange = try world.call(
        .conversationComplete(ConversationComplete(conversationID: own)), as: caller)
      #expect(done.episode.state == .completed)
    }
  }

  @Test func ofAllMethodsALinkSessionMayAFew() throws {
    let allowed: Set<Method> = [
      .sessionGet, .sessionClose, .conversationGet, .conversationOpen, .conversationMessages,
      .conversationMarkRead, .conversationComplete, .messageSend, .noteAdd, .noteList, .draftPut, .leaseHold,
      .leaseDrop, .templateList, .templateRender,
    ]
    let linked = ActingMember(
      id: 1, session: 1, roles: Set(MemberRole.allCases), rep: 1, thread: 1, at: 0)
    #expect(Set(Method.allCases.filter(linked.may)) == allowed)
    // And never more than the member has by a password.
    for role in MemberRole.allCases {
      let by = { ActingMember(id: 1, session: 1, roles: [role], rep: 1, thread: $0, at: 0) }
      for method in Method.allCases where by(1).may(method) { #expect(by(nil).may(method)) }
    }
  }

  @Test func anotherThreadOfTheSamePhoneIsNotOpened() throws {
    let company = try Company()
    try company.world.receive("one")
    let caller = try company.follow()
    // Carla writes to Ben's number, too.
    try company.world.receive("two", to: Cast.bensNumber)
    let other = try company.conversation(with: Cast.customer, Cast.bensNumber)
    #expect(
      try company.world.code(of: .noteAdd(NoteAdd(conversationID: other, text: "n")), as: caller) == .notFound
    )
  }

  // MARK: What ends it

  @Test func aConversationThatIsHandedOverEndsLinksAndOpenSessionsInThatTransaction() throws {
    let company = try Company()
    try company.world.receive("one")
    let unused = try company.token(try company.emails.first)
    let caller = try company.follow()
    let conversation = try company.conversation(with: Cast.customer)
    let note = Command.noteAdd(NoteAdd(conversationID: conversation, text: "n"))
    let _: NoteView = try company.world.call(note, as: caller)
    try company.give(conversation, to: company.ben)
    #expect(try company.world.code(of: note, as: caller) == .noSession)
    #expect(try company.redeem(unused) == SessionOpening(outcome: .wrong))
    // Back again: what ended stays so.
    try company.give(conversation, to: company.anna)
    #expect(try company.world.code(of: note, as: caller) == .noSession)
    #expect(try company.redeem(unused).outcome == .wrong)
    #expect(try company.world.code(of: note, as: company.annaSigned.caller) == nil, "her own session goes on")
  }

  @Test(arguments: ["rep", "member", "removed", "absence"])
  func whoMayNotAnswerAnyMoreHasNoLinkAndNoSession(why: String) throws {
    let company = try Company()
    try company.world.receive("one")
    let unused = try company.token(try company.emails.first)
    let caller = try company.follow()
    let world = company.world
    switch why {
    case "rep": let _: RepView = try world.call(.repUpdate(RepUpdate(repID: company.anna, active: false)))
    case "member":
      let _: MemberView = try world.call(
        .memberUpdate(MemberUpdate(memberID: company.annaSigned.id, active: false)))
    case "removed":
      let _: MemberView = try world.call(
        .memberUpdate(MemberUpdate(memberID: company.annaSigned.id, clearRep: true)))
    default:
      let _: AbsenceView = try world.call(.absenceSet(AbsenceSet(repID: company.anna)))
      try world.finishJobs()
    }
    let conversation = try company.conversation(with: Cast.customer)
    let note = Command.noteAdd(NoteAdd(conversationID: conversation, text: "n"))
    #expect(try world.code(of: note, as: caller) == .noSession)
    #expect(try company.redeem(unused) == SessionOpening(outcome: .wrong))
  }

  @Test func linksCloseNoSessionThatAPasswordOpened() throws {
    let company = try Company()
    for _ in 0..<25 {
      company.world.now += company.world.settings.alertQuiet.wholeMilliseconds + 60_000 * 3
      try company.world.receive("again \(company.world.now)")
      if let text = try company.texts().first { _ = try company.redeem(try company.token(text)) }
    }
    let own = Command.memberPresence(MemberPresence(presence: .off))
    #expect(try company.world.code(of: own, as: company.annaSigned.caller) != .noSession)
  }
}
