import Contract
import SMPP
import Settings
import Store
import TestSupport
import Testing

@testable import Gateway

/// People opt in by texting a word that the company has made known.
@Suite(.worlds) struct OptInKeywordTests {
  private static let words = "Text JOIN for listings. About 4 texts a month."
  private static let answer = "Acme Homes: you get new listings. HELP for help, STOP to end."

  /// Anna and Ben with toll-free numbers, and a local number that nobody holds; JOIN is a keyword on all of them.
  private func company(_ change: (inout GatewaySettings) -> Void = { _ in }) throws -> World {
    let world = try World(change)
    try world.addAnna(mobile: Cast.annasMobile)
    try world.addRep("Ben", number: Cast.bensNumber)
    try world.addNumber(Cast.localNumber)
    try put(world)
    _ = try world.events()
    return world
  }

  @discardableResult
  private func put(
    _ world: World, _ word: String = "Join", number: String? = nil, tag: String? = "listings",
    answer: String? = "{{brand}}: you get new listings. HELP for help, STOP to end.",
    words: String = Self.words, as caller: Requester = World.admin
  ) throws -> KeywordView {
    try world.call(
      .keywordPut(
        KeywordPut(
          keyword: word, number: number.map { try world.number($0) }, consentText: words, tag: tag,
          answer: answer)), as: caller)
  }

  private func consent(_ world: World, of phone: String = Cast.customer) throws -> ConsentGetResult {
    try world.ask(.consentGet(ConsentGet(phone: world.typed(phone))))
  }

  private func contacts(_ world: World, tag: String? = nil) throws -> [ContactView] {
    let page: Page<ContactView> = try world.ask(.contactList(ContactList(tag: tag)))
    return page.items
  }

  private func answers(_ world: World, from number: String = Cast.annasNumber) throws -> [String] {
    var texts: [String] = []
    while let segment = try world.claim(1, from: number).first {
      try world.answer(segment)
      texts.append(segment.text)
    }
    return texts
  }

  // MARK: The text

  @Test(arguments: ["JOIN", " join ", "Join.", "“JOIN”", "join!!"])
  func theWordAloneMakesAContactWithTheTagRecordsTheConsentAndIsAnswered(text: String) throws {
    let world = try company()
    try world.receive(text)
    let contact = try #require(try contacts(world, tag: "listings").first)
    #expect(contact.phones == [try world.phone(Cast.customer)] && contact.repID == RepID(1))
    let record = try #require(try consent(world).records.first)
    #expect(record.kind == .optIn && record.source == .keyword && record.keyword == "JOIN")
    #expect(record.evidence == text && record.consentText == Self.words && record.current)
    let events = try world.events()
    let received = try #require(events.received.first)
    #expect(received.keywordClass == .optIn && received.keyword == "JOIN")
    #expect(received.contactIDs == [contact.contactID] && received.repID == RepID(1))
    #expect(record.messageID == received.messageID)
    #expect(events.consent.map(\.messageID) == [received.messageID])
    #expect(events.consent.first?.consentText == Self.words)
    #expect(try answers(world) == [Self.answer])
    let view = try world.view(of: received.messageID)
    #expect(view.keyword == "JOIN" && view.text == text)
  }

  @Test(arguments: ["join me", "I want to join", "JOIN JOIN", "joined", "JO IN"])
  func aTextThatIsMoreThanTheWordIsNoKeyword(text: String) throws {
    let world = try company()
    try world.receive(text)
    #expect(try world.events().received.map(\.keywordClass) == [.none])
    #expect(try contacts(world).isEmpty && consent(world).records.isEmpty)
    #expect(try world.stored("SELECT count(*) FROM episode") == 1)
  }

  @Test func nobodyHasToAnswerItAndTheRepIsNotAlerted() throws {
    let world = try company()
    try world.receive("JOIN")
    #expect(try world.stored("SELECT count(*) FROM episode") == 0)
    #expect(try world.claim().map(\.phone) == [12_025_550_143])
    let thread: Page<MessageView> = try world.ask(
      .conversationMessages(ConversationMessages(conversationID: ConversationID(1))))
    #expect(thread.items.contains { $0.text == "JOIN" && $0.direction == .inbound })
  }

  @Test func aKnownContactGetsTheTagAndIsTheSameContact() throws {
    let world = try company()
    let mia = try world.addContact(Cast.customer, first: "Mia", owner: RepID(2), tags: ["renters"])
    try world.receive("JOIN")
    let found = try contacts(world)
    #expect(found.map(\.contactID) == [mia] && found[0].tags == ["listings", "renters"])
    #expect(found[0].repID == RepID(2))
  }

  /// A group message goes to the preferred phone, which has not opted in.
  @Test func thePhoneThatJoinedIsTheOneThatGroupMessagesReach() throws {
    let world = try company()
    let result: ContactUpsertResult = try world.call(
      .contactUpsert(
        ContactUpsert(contacts: [ContactInput(phones: [Cast.stranger, Cast.customer], firstName: "Mia")])))
    let mia = try #require(result.results.first?.contactID)
    try world.receive("JOIN")
    try world.receive("join")
    let tagged = try contacts(world, tag: "listings")
    #expect(tagged.map(\.phones) == [[try world.phone(Cast.customer)]] && tagged[0].contactID != mia)
  }

  @Test func aGroupByTheTagIncludesWhoJoinedAtOnce() throws {
    let world = try company()
    let _: GroupView = try world.call(
      .groupCreate(GroupCreate(name: "L", conditions: [GroupCondition(tags: ["listings"])])))
    try world.receive("JOIN")
    _ = try answers(world)
    let campaign = try world.campaign("New listing", Audience(group: .name("L")))
    #expect(try world.recipients(of: campaign).map(\.to) == [try world.number(Cast.customer)])
    #expect(try world.claim(bulk: true).map(\.phone) == [12_025_550_143])
  }

  @Test func againAddsEvidenceAndNothingElseAndIsAnsweredWithinTheBound() throws {
    let world = try company { $0.answersPerPhoneHour = 2 }
    for text in ["JOIN", "join", "Join"] {
      try world.receive(text)
      world.now += 1_000
    }
    #expect(try answers(world) == [Self.answer, Self.answer])
    #expect(try contacts(world).count == 1 && contacts(world)[0].tags == ["listings"])
    #expect(try consent(world).records.map(\.evidence) == ["Join", "join", "JOIN"])
    let events = try world.events()
    let changes = events.filter { if case .contactChanged = $0 { true } else { false } }
    #expect(changes.count == 1 && events.alerts == [.answersWithheld])
    #expect(try world.count("keyword_texts_total") == 3)
  }

  // MARK: After an opt-out

  @Test func itTakesBackAnOptOutOfOursAndDropsItsConfirmation() throws {
    let world = try company()
    try world.receive("QUIT", to: Cast.localNumber)
    #expect(try consent(world).optedOutOfBrand)
    try world.receive("JOIN", to: Cast.localNumber)
    #expect(try !consent(world).optedOutOfBrand)
    #expect(try answers(world, from: Cast.localNumber) == [Self.answer], "and no word of the opt-out")
    try world.send("welcome")
  }

  @Test func withoutAnAnswerOnlyWhoHadOptedOutGetsOneAsStartHasIt() throws {
    let world = try company()
    try put(world, tag: nil, answer: nil)
    try world.receive("JOIN", to: Cast.localNumber)
    #expect(try answers(world, from: Cast.localNumber) == [])
    try world.receive("QUIT", to: Cast.localNumber)
    _ = try answers(world, from: Cast.localNumber)
    try world.receive("Join", to: Cast.localNumber)
    #expect(try answers(world, from: Cast.localNumber) == [World.brand.startConfirmation])
    #expect(try contacts(world).map(\.tags) == [[]])
  }

  @Test func theTollFreeNetworksBlockStaysAndWhySaysThatNoAnswerLeaves() throws {
    let world = try company()
    try world.receive("STOP")
    try world.receive("JOIN")
    #expect(try world.claim().isEmpty)
    #expect(try !consent(world).optedOutOfBrand)
    #expect(try consent(world).blockedBy == [try world.number(Cast.annasNumber)])
    #expect(try world.refusal(of: world.message("x")) == .networkBlocked)
    try world.send("x", from: Cast.bensNumber)
    let message = try #require(try world.events().received.last?.messageID)
    let why: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: message)))
    #expect(why.decisions.last?.reason == .networkBlocked)
    #expect(why.decisions.last?.detail?.contains("not answered") == true)
    try world.receive("START")
    try world.receive("join")
    _ = try answers(world)
    let next = try #require(try world.events().received.last?.messageID)
    let answered: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: next)))
    #expect(answered.decisions.map(\.detail).last == "JOIN: opted in for the brand")
  }

  @Test func whereAnOptOutIsOfOneNumberConsentIsToo() throws {
    let world = try company { $0.optOutScope = .number }
    try world.receive("QUIT")
    try world.receive("QUIT", to: Cast.bensNumber)
    try world.receive("JOIN")
    #expect(try consent(world).blockedBy == [try world.number(Cast.bensNumber)])
    #expect(try consent(world).records.first?.number == world.number(Cast.annasNumber))
  }

  @Test func aTextThatTheCarrierDeliversAgainIsNotObeyedAgain() throws {
    let world = try company()
    let join = try world.inbound(world.deliver("JOIN", from: Cast.customer, to: Cast.annasNumber))
    try world.take(.inbound(join))
    try world.receive("QUIT")
    try world.take(.sessionLost(session: 1, carrier: world.carrier("alpha"), at: world.now))
    try world.take(.inbound(join))
    #expect(try consent(world).optedOutOfBrand)
    #expect(try world.events().received.count == 2)
  }

  // MARK: Who does not opt in

  @Test func fromARepsPrivateMobileItIsTheRepsText() throws {
    let world = try company()
    try world.receive("JOIN", from: Cast.annasMobile)
    #expect(try contacts(world).isEmpty && consent(world, of: Cast.annasMobile).records.isEmpty)
    #expect(try world.events().received.isEmpty)
  }

  @Test func byACarrierWithoutAReceiveRouteNobodyOptsInEvenIfAPersonReleasesIt() throws {
    let world = try company()
    try world.receive("JOIN", carrier: "beta")
    #expect(try contacts(world).isEmpty && consent(world).records.isEmpty)
    let _: QuarantineReleaseResult = try world.call(
      .quarantineRelease(QuarantineRelease(quarantineID: 1)))
    #expect(try contacts(world).isEmpty && consent(world).records.isEmpty)
    let message = try #require(try world.events().received.last)
    #expect(message.keyword == "JOIN")
    let why: MessageWhyResult = try world.ask(.messageWhy(MessageWhy(messageID: message.messageID)))
    #expect(why.decisions.last?.detail?.contains("not obeyed") == true)
  }

  @Test func aShortCodeDoesNotJoin() throws {
    let world = try company()
    try world.receive("JOIN", from: "22395")
    #expect(try contacts(world).isEmpty)
    #expect(try world.events().received.map(\.keywordClass) == [.none])
  }

  // MARK: The list

  @Test func theWordOfANumberGoesBeforeTheSameWordOfAll() throws {
    let world = try company()
    try put(world, number: Cast.bensNumber, tag: "ben", answer: nil)
    try world.receive("JOIN", to: Cast.bensNumber)
    #expect(try contacts(world).map(\.tags) == [["ben"]])
    let own: Page<KeywordView> = try world.ask(
      .keywordList(KeywordList(number: world.number(Cast.bensNumber))))
    #expect(own.items.map(\.tag) == ["ben"])
    try put(world, "homes", number: Cast.bensNumber)
    try world.receive("HOMES")
    #expect(try world.events().received.last?.keywordClass == KeywordClass.none)
  }

  @Test func theSameWordForTheSameNumberReplacesAndItsEvidenceStays() throws {
    let world = try company()
    try world.receive("JOIN")
    world.now += 1_000
    let again = try put(world, " JOIN! ", tag: "homes", words: "Text JOIN for homes.")
    #expect(again.keywordID == KeywordID(1) && again.updatedAt > again.createdAt)
    let changes = try world.stored("SELECT count(*) FROM opt_in_keyword")
    #expect(changes == 1)
    #expect(try put(world, tag: "homes", words: "Text JOIN for homes.") == again)
    #expect(try consent(world).records.map(\.consentText) == [Self.words])
    try world.restart()
    try world.receive("join")
    #expect(try consent(world).records.map(\.consentText) == ["Text JOIN for homes.", Self.words])
  }

  @Test func whatIsRemovedIsATextAgain() throws {
    let world = try company()
    let _: Done = try world.call(.keywordRemove(KeywordRemove(keywordID: KeywordID(1))))
    try world.receive("JOIN")
    #expect(try world.events().received.map(\.keywordClass) == [.none])
    #expect(try world.code(of: .keywordRemove(KeywordRemove(keywordID: KeywordID(1)))) == .notFound)
  }

  @Test(
    arguments: [
      ("STOP", "opts a phone out"), ("Stop, please", "opts a phone out"), ("opt-out", "opts a phone out"),
      ("start", "takes back"), ("YES!", "takes back"), ("Info", "asks for help"), ("¡¿", "letters or digits"),
      ("JOIN OUR LITTLE LIST", "1 to 3 words"), (String(repeating: "\u{FDFA}", count: 20), "at most 64"),
    ])
  func aWordThatHasAMeaningOrIsNoneIsRefusedWithTheReason(word: String, why: String) throws {
    let world = try company()
    let put = Command.keywordPut(KeywordPut(keyword: word, consentText: "Text it."))
    guard case .failure(let error) = try world.reply(to: put) else {
      Issue.record("\(word) was taken")
      return
    }
    #expect(error.refusal == .invalidField && error.message.contains(why), "\(error.message)")
  }

  @Test func anAnswerFitsWhatTheNumbersSendAndHasNoFieldButTheBrand() throws {
    let world = try company()
    func refusal(_ answer: String) throws -> Refusal? {
      try world.refusal(
        of: .keywordPut(KeywordPut(keyword: "HOMES", consentText: "Text it.", answer: answer)))
    }
    #expect(try refusal("Hi {{first_name}}") == .invalidField)
    #expect(try refusal("Hi {{first name}}") == .invalidField)
    #expect(try refusal("  ") == .emptyText)
    #expect(try refusal(String(repeating: "0123456789", count: 160)) == .tooLong)
    #expect(try refusal("{{ brand }}: hello") == nil)
    try world.receive("HOMES")
    #expect(try answers(world) == ["Acme Homes: hello"])
  }

  @Test func aRoleWithOneNumberHasTheKeywordsOfThatNumber() throws {
    let world = try company()
    try put(world, "BENS", number: Cast.bensNumber)
    let app = Requester(role: "app", uid: 7, numbers: [try world.number(Cast.annasNumber)])
    let homes = try put(world, "HOMES", number: Cast.annasNumber, as: app)
    let list: Page<KeywordView> = try world.ask(.keywordList(KeywordList()), as: app)
    #expect(list.items == [homes])
    let everywhere = Command.keywordPut(KeywordPut(keyword: "ALL", consentText: "Text it."))
    #expect(try world.code(of: everywhere, as: app) == .forbidden)
    for id in [KeywordID(1), KeywordID(2)] {
      #expect(try world.code(of: .keywordRemove(KeywordRemove(keywordID: id)), as: app) == .notFound)
    }
    let _: Done = try world.call(.keywordRemove(KeywordRemove(keywordID: homes.keywordID)), as: app)
  }

  @Test func aContactHasABoundedNumberOfTags() throws {
    let world = try company()
    try world.addContact(Cast.customer, tags: (0..<ContactTable.mostTags).map { "t\($0)" })
    try world.receive("JOIN")
    #expect(try contacts(world).map(\.tags.count) == [ContactTable.mostTags])
    #expect(world.notices.contains { $0.line.contains("limit=tags") })
    #expect(try consent(world).records.count == 1)
  }

  @Test func thereIsABoundedNumberOfKeywords() throws {
    let world = try company()
    try world.gateway.store.execute(
      """
      WITH RECURSIVE n (i) AS (SELECT 2 UNION ALL SELECT i + 1 FROM n WHERE i < \(OptInKeywords.most))
      INSERT INTO opt_in_keyword (word, consent_text, created, updated) SELECT 'w' || i, 'x', 1, 1 FROM n
      """)
    try world.restart()
    let more = Command.keywordPut(KeywordPut(keyword: "MORE", consentText: "Text it."))
    #expect(try world.refusal(of: more) == .limitReached)
    try put(world, tag: "other")
  }

  @Test func aLostBatchTakesTheKeywordBack() throws {
    let world = try company()
    try world.fail { gateway in
      try gateway.run(
        PendingCommand(
          token: 99, caller: World.admin,
          command: .keywordPut(KeywordPut(keyword: "HOMES", consentText: "Text it."))))
    }
    try world.receive("HOMES")
    #expect(try world.events().received.map(\.keywordClass) == [.none])
  }
}
