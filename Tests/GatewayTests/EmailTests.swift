import Contract
import SMPP
import Settings
import Store
import TestSupport
import Testing

@testable import Gateway

/// Alerts by e-mail: who wants them, when they leave, and what becomes of them.
@Suite(.worlds) struct EmailTests {
  static let mailer = Requester(role: "mail", uid: 5, seesText: true)
  static let annasAddress = "anna@acme.example"

  /// Anna has a mobile and an address; Carla is hers.
  private func anna(_ alertBy: AlertBy = .both, _ change: (inout GatewaySettings) -> Void = { _ in }) throws
    -> World
  {
    let world = try World {
      $0.email = EmailAddress("alerts@acme.example").map { .init(from: $0) }
      change(&$0)
    }
    let anna = try world.addRep(
      "Anna", number: Cast.annasNumber, mobile: Cast.annasMobile, email: Self.annasAddress, alertBy: alertBy)
    try world.addContact(Cast.customer, first: "Carla", last: "Gomez", owner: anna)
    return world
  }

  private func waiting(_ world: World, due: Bool = false) throws -> [EmailView] {
    let page: Page<EmailView> = try world.ask(
      .emailList(EmailList(state: .waiting, due: due ? true : nil)), as: Self.mailer)
    return page.items
  }

  @discardableResult
  private func settle(_ world: World, _ email: EmailID, _ outcome: EmailOutcome, _ status: Int? = nil) throws
    -> EmailView
  {
    try world.call(
      .emailSettle(EmailSettle(emailID: email, outcome: outcome, exitStatus: status)), as: Self.mailer)
  }

  /// The texts that leave now.
  private func texts(_ world: World) throws -> [String] {
    var texts: [String] = []
    while case let claimed = try world.claim(), !claimed.isEmpty {
      for segment in claimed { try world.answer(segment) }
      texts += claimed.map(\.text)
    }
    return texts
  }

  private func rep(_ world: World) throws -> RepView { try world.ask(.repGet(RepGet(repID: RepID(1)))) }

  // MARK: The choice

  @Test(arguments: AlertBy.allCases) func aRepIsAlertedAsTheRepWants(alertBy: AlertBy) throws {
    let world = try anna(alertBy)
    try world.receive("Is it still for sale?")
    let (texts, emails) = (try texts(world), try waiting(world))
    #expect(texts == (alertBy.texts ? ["Acme Homes: new message from Carla G."] : []))
    #expect(emails.map(\.text) == (alertBy.emails ? ["Acme Homes: new message from Carla G."] : []))
    #expect(
      emails.map(\.subject) == emails.map(\.text) && emails.allSatisfy { $0.to?.text == Self.annasAddress })
    #expect(emails.allSatisfy { $0.sender?.text == "alerts@acme.example" })
    #expect(try rep(world).alertBy == alertBy && rep(world).hasEmail)
  }

  @Test func stopFromTheMobileEndsTextsAloneAndStartBringsThemBack() throws {
    for (before, stopped) in [(AlertBy.both, AlertBy.email), (.text, AlertBy.none), (.email, .email)] {
      let world = try anna(before)
      try world.receive("STOP", from: Cast.annasMobile)
      #expect(try rep(world).alertBy == stopped)
      try world.receive("one")
      #expect(try texts(world).isEmpty && waiting(world).count == (stopped == .email ? 1 : 0))
      try world.receive("START", from: Cast.annasMobile)
      #expect(try rep(world).alertBy == (stopped == .email ? .both : .text))
    }
  }

  @Test func eMailWithoutAnAddressOrAConfigurationIsRefusedAndSaysWhatToDo() throws {
    let world = try anna()
    func refusal(_ command: Command, _ world: World) throws -> String? {
      if case .failure(let error) = try world.reply(to: command), error.refusal == .invalidField {
        error.message
      } else {
        nil
      }
    }
    for alertBy in [AlertBy.email, .both] {
      #expect(
        try refusal(.repAdd(RepAdd(name: "Ben", alertBy: alertBy)), world)?.contains("give one in email")
          == true)
    }
    #expect(try refusal(.repUpdate(RepUpdate(repID: RepID(1), clearEmail: true)), world) != nil)
    let cleared: RepView = try world.call(
      .repUpdate(RepUpdate(repID: RepID(1), clearEmail: true, alertBy: .text)))
    #expect(!cleared.hasEmail && cleared.alertBy == .text)
    let bare = try World()
    let add = RepAdd(name: "Ben", email: EmailAddress("ben@acme.example"), alertBy: .email)
    #expect(try refusal(.repAdd(add), bare)?.contains("alerts.email") == true)
    // The address alone may be there before the mail is.
    let ben: RepView = try bare.call(.repAdd(RepAdd(name: "Ben", email: EmailAddress("ben@acme.example"))))
    #expect(ben.hasEmail && ben.alertBy == .text)
  }

  @Test func anImportRefusesABadAddressAloneWithTheReason() throws {
    let world = try anna()
    let result: RepImportResult = try world.call(
      .repImport(
        RepImport(reps: [
          RepInput(name: "Ben", email: " ben@acme.example ", alertBy: "Email"),
          RepInput(name: "Carl", email: "carl at acme"), RepInput(name: "Dora", alertBy: "both"),
          RepInput(name: "Eve", email: "eve@acme.example", alertBy: "on"), RepInput(name: "Fay", email: " "),
        ])))
    #expect(result.results.map(\.status) == [.created, .refused, .refused, .refused, .created])
    #expect(result.results[1].detail?.contains("carl") == false, "an address is private")
    let reps: Page<RepView> = try world.ask(.repList(RepList()))
    #expect(reps.items.map(\.alertBy) == [.both, .email, .text])
    #expect(reps.items.map(\.hasEmail) == [true, true, false])
  }

  // MARK: One decision

  @Test func bothWaysAreCoalescedAndBoundedAsOneAlert() throws {
    let world = try anna { $0.alertsPerRepHour = 2 }
    for text in ["one", "two", "three"] { try world.receive(text) }
    #expect(try texts(world).count == 1 && waiting(world).count == 1)
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    #expect(try texts(world) == ["Acme Homes: 2 new messages, the last from Carla G."])
    #expect(try waiting(world).last?.text == "Acme Homes: 2 new messages, the last from Carla G.")
    // Two an hour, by whichever ways.
    try world.receive("four")
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.housekeep()
    #expect(try texts(world).isEmpty && waiting(world).count == 2)
  }

  @Test func theMarkToAnswerByStandsInTheTextAlone() throws {
    let world = try anna()
    try world.receive("one")
    world.now += world.settings.alertQuiet.wholeMilliseconds
    try world.receive("two", from: Cast.stranger)
    #expect(try texts(world).last?.hasSuffix("To answer, start with 2.") == true)
    #expect(try waiting(world).allSatisfy { $0.text?.contains("To answer") == false })
  }

  @Test func aMobileThatCannotBeTextedDelaysNoEMailAndAFullOutboxNoText() throws {
    let world = try anna()
    // The number has no route any more.
    let paused: NumberView = try world.call(.numberPause(NumberPause(number: world.number(Cast.annasNumber))))
    #expect(paused.state == .paused)
    try world.receive("one")
    #expect(try waiting(world).count == 1)
    let full = try anna()
    try full.fill("\(EmailOutbox.mostWaiting)")
    try full.receive("one")
    #expect(try texts(full).count == 1 && full.events().alerts.contains(.emailFailed))
    #expect(try full.stored("SELECT count(*) FROM email WHERE state = 0") == EmailOutbox.mostWaiting)
  }

  // MARK: What becomes of one

  @Test func whatWasSentIsNotListedAgainAndItsWordsAreGone() throws {
    let world = try anna(.email)
    try world.receive("one")
    let email = try #require(try waiting(world, due: true).first)
    #expect(try settle(world, email.emailID, .sent, 0).state == .sent)
    #expect(try waiting(world).isEmpty)
    #expect(
      try world.stored("SELECT count(*) FROM email WHERE recipient IS NOT NULL OR words IS NOT NULL") == 0)
    // An answer that was lost: the same again, or another, changes nothing.
    for outcome in EmailOutcome.allCases {
      #expect(try settle(world, email.emailID, outcome).state == .sent)
    }
    #expect(try world.stored("SELECT sum(count) FROM email_count") == 1)
  }

  @Test func whatCannotBeTakenNowIsTriedAgainWithGrowingWaits() throws {
    let world = try anna(.email) { $0.email?.expires = .seconds(86_400) }
    try world.receive("one")
    var waits: [Int64] = []
    for attempt in 1...12 {
      guard let email = try waiting(world, due: true).first else { break }
      let settled = try settle(world, email.emailID, .retry, 75)
      #expect(settled.attempts == attempt && settled.exitStatus == 75)
      #expect(try waiting(world, due: true).isEmpty)
      let wait = try #require(settled.nextAttemptAt).milliseconds - world.now
      waits.append(wait / 1_000)
      world.now += wait
      try world.restart()
    }
    #expect(waits.prefix(4) == [60, 120, 240, 480] && waits == waits.sorted())
    #expect(waits.last ?? 0 <= EmailOutbox.longestWait / 1_000)
  }

  @Test func anAlertThatIsTooOldEndsAsExpiredAndIsCounted() throws {
    let world = try anna(.email)
    try world.receive("one")
    world.now += Int64(4 * 3_600_000) - 1
    #expect(try waiting(world, due: true).count == 1)
    world.now += 1
    #expect(try waiting(world, due: true).isEmpty, "it is not sent late, whoever comes first")
    try world.housekeep()
    #expect(try waiting(world).isEmpty)
    let all: Page<EmailView> = try world.ask(.emailList(EmailList()), as: Self.mailer)
    #expect(all.items.map(\.state) == [.expired])
    let metrics: MetricsResult = try world.ask(.metrics(Metrics()))
    #expect(metrics.text.contains("tollgate_emails_total{outcome=\"expired\"} 1\n"))
    #expect(metrics.text.contains("tollgate_emails_waiting 0\n"))
    // And is forgotten.
    world.now += EmailOutbox.keeps + 1
    try world.housekeep()
    #expect(try world.stored("SELECT count(*) FROM email") == 0)
  }

  @Test func waitingForLongIsSaidOnceAndSoAreFailures() throws {
    let world = try anna(.email)
    try world.receive("one")
    _ = try world.events()
    for _ in 0..<5 {
      world.now += EmailOutbox.waitsFor
      try world.housekeep()
    }
    let said = try world.events().compactMap { if case .alertRaised(let alert) = $0 { alert } else { nil } }
    #expect(said.map(\.alert) == [.emailWaits] && said[0].detail.contains("wait: 1"))
    for email in try waiting(world) { try settle(world, email.emailID, .failed, 67) }
    try world.housekeep()
    try world.receive("two")
    for email in try waiting(world) { try settle(world, email.emailID, .failed, 67) }
    let failed = try world.events().compactMap { if case .alertRaised(let alert) = $0 { alert } else { nil } }
    #expect(failed.map(\.alert) == [.emailFailed] && failed[0].detail.contains("67"))
    // What waits anew is told anew.
    try world.receive("three")
    world.now += EmailOutbox.waitsFor
    try world.housekeep()
    world.now += EmailOutbox.waitsFor
    try world.housekeep()
    #expect(try world.events().alerts == [.emailWaits])
  }

  // MARK: Who sees them

  @Test func addressesAreInNoEventNoListAndNoLog() throws {
    let world = try anna()
    try world.receive("one")
    let email = try #require(try waiting(world).first)
    try settle(world, email.emailID, .failed, 67)
    for event in try world.events() {
      #expect(!"\(event)".contains("anna@"))
    }
    #expect(!world.notices.contains { $0.line.contains("anna@") || $0.line.contains("Carla") })
    #expect(!"\(try rep(world))".contains("anna@"))
    #expect(
      EmailAddress(Self.annasAddress).map { "\($0) \(String(reflecting: $0))" }?.contains("anna") == false)
  }

  @Test func onlyARoleThatSeesTextReadsThemAndARoleOfSomeNumbersKnowsOfNone() throws {
    let world = try anna()
    try world.receive("one")
    let blind: Page<EmailView> = try world.ask(.emailList(EmailList()), as: Requester(role: "watch", uid: 6))
    #expect(blind.items.count == 1)
    #expect(blind.items.allSatisfy { $0.to == nil && $0.subject == nil && $0.text == nil })
    let some = Requester(
      role: "sales", uid: 7, numbers: [try world.number(Cast.annasNumber)], seesText: true)
    let none: Page<EmailView> = try world.ask(.emailList(EmailList()), as: some)
    #expect(none.items.isEmpty)
    #expect(
      try world.code(of: .emailSettle(EmailSettle(emailID: EmailID(1), outcome: .sent)), as: some)
        == .notFound)
    // No member is given them.
    for role in MemberRole.allCases {
      let member = ActingMember(id: 1, session: 1, roles: [role], rep: nil, thread: nil, at: 0)
      #expect(!member.may(.emailList) && !member.may(.emailSettle))
    }
  }

  @Test(arguments: [
    RepUpdate(repID: RepID(1), email: EmailAddress("anna.new@acme.example")),
    RepUpdate(repID: RepID(1), alertBy: .text), RepUpdate(repID: RepID(1), clearEmail: true, alertBy: .text),
  ]) func whatWaitsIsNotSentToAnAddressTheRepHasNoMore(update: RepUpdate) throws {
    let world = try anna()
    try world.receive("one")
    let other: RepView = try world.call(.repUpdate(RepUpdate(repID: RepID(1), name: "Anne")))
    #expect(try other.hasEmail && waiting(world).count == 1)
    let _: RepView = try world.call(.repUpdate(update))
    #expect(try waiting(world).isEmpty)
  }

  /// The answer to a command is kept for its repetition.
  @Test func noAnswerKeepsTheWordsOfOneThatHasEnded() throws {
    let world = try anna(.email)
    try world.receive("one")
    let email = try #require(try waiting(world).first)
    for (key, outcome) in [("a", EmailOutcome.retry), ("b", .sent)] {
      let settled: EmailView = try world.call(
        .emailSettle(EmailSettle(emailID: email.emailID, outcome: outcome, idempotencyKey: key)),
        as: Self.mailer)
      #expect(settled.to == nil && settled.subject == nil && settled.text == nil)
    }
    #expect(
      try world.stored("SELECT count(*) FROM idempotency WHERE CAST(result AS TEXT) LIKE '%anna@%'") == 0)
  }

  @Test func whatWaitedInAStoreThatWasRestoredIsNotSent() throws {
    let world = try anna(.email)
    try world.receive("one")
    try world.gateway.parts.emails.expireAll()
    #expect(try waiting(world).isEmpty)
  }
}

extension World {
  /// As many e-mails wait as may.
  fileprivate func fill(_ count: String) throws {
    let store = try gateway.store
    try store.transaction { () throws(StoreError) in
      try store.run(
        """
        WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < \(count))
        INSERT INTO email (rep_id, recipient, subject, words, due, expires, created, updated)
        SELECT 1, 'anna@acme.example', 's', 'w', \(now), \(now + 14_400_000), \(now), \(now) FROM n
        """)
    }
    try gateway.parts.emails.reload()
  }
}
