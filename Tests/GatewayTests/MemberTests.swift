import Contract
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite(.worlds) struct MemberTests {
  private static let device = "Dana's phone"

  private func text(_ octet: UInt8, _ count: Int) -> String {
    Base64URL.text(of: Array(repeating: octet, count: count))
  }

  private func add(_ world: World, _ login: String, _ roles: [MemberRole], rep: RepID? = nil) throws
    -> MemberID
  {
    let view: MemberView = try world.call(
      .memberAdd(MemberAdd(login: login, name: login.uppercased(), roles: roles, repID: rep)))
    return view.memberID
  }

  private func invite(_ world: World, _ member: MemberID) throws -> SecretToken {
    let result: MemberInviteResult = try world.call(.memberInvite(MemberInvite(memberID: member)))
    return result.token
  }

  private func enrol(_ world: World, _ token: SecretToken, _ proof: UInt8 = 1) throws -> SessionOpening {
    try world.call(
      .sessionEnrol(
        SessionEnrol(token: token, salt: text(9, 16), proof: text(proof, 32), device: Self.device)),
      as: page())
  }

  private func open(_ world: World, _ login: String, _ proof: UInt8, code: String? = nil, own: Bool? = nil)
    throws
    -> SessionOpening
  {
    try world.call(
      .sessionOpen(
        SessionOpen(login: login, proof: text(proof, 32), code: code, device: Self.device, ownDevice: own)),
      as: page())
  }

  /// The desk's role, in its own name or for somebody.
  private func page(_ session: SecretToken? = nil) -> Requester {
    Requester(role: "desk", uid: 9, session: session)
  }

  @Test func aMemberIsInvitedSetsAPasswordAndSignsIn() throws {
    let world = try World()
    let dana = try add(world, "dana", [.rep])
    let first = try enrol(world, try invite(world, dana))
    #expect(first.outcome == .opened && first.member?.memberID == dana)
    let again = try open(world, "DANA", 1)
    #expect(again.outcome == .opened && again.token != first.token)
    let mine: SessionGetResult = try world.ask(.sessionGet(SessionGet()), as: page(again.token))
    #expect(mine.member.memberID == dana && mine.session.device == Self.device && mine.session.current)
    let sessions: Page<SessionView> = try world.ask(
      .sessionList(SessionList()), as: page(again.token))
    #expect(sessions.items.map(\.current) == [false, true])
    #expect(try open(world, "dana", 2).outcome == .wrong)
    #expect(try open(world, "nobody", 1).outcome == .wrong)
  }

  @Test func anInviteIsUsedOnceAndEndsWithTheDayAndWithTheNextOne() throws {
    let world = try World()
    let dana = try add(world, "dana", [.rep])
    let (first, second) = (try invite(world, dana), try invite(world, dana))
    #expect(try enrol(world, first).outcome == .wrong)
    #expect(try enrol(world, second).outcome == .opened)
    #expect(try enrol(world, second).outcome == .wrong)
    let third = try invite(world, dana)
    world.now += MemberCommands.inviteLasts
    #expect(try enrol(world, third).outcome == .wrong)
  }

  @Test func aNewInviteEndsThePasswordAndEverySession() throws {
    let world = try World()
    let dana = try add(world, "dana", [.rep])
    let session = try #require(try enrol(world, try invite(world, dana)).token)
    _ = try invite(world, dana)
    #expect(try open(world, "dana", 1).outcome == .wrong)
    #expect(try world.code(of: .sessionClose(SessionClose()), as: page(session)) == .noSession)
  }

  @Test func whoeverManagesSignsInWithACodeThatIsUsedOnce() throws {
    let world = try World()
    let boss = try add(world, "boss", [.manager])
    let enrolled = try enrol(world, try invite(world, boss))
    #expect(enrolled.outcome == .secondFactor && enrolled.token == nil)
    #expect(try #require(enrolled.secondFactorSecret).utf8.count == 32)
    let row = try #require(try world.gateway.parts.ground.members.member(boss.value))
    let secret = try #require(row.secondFactor)
    #expect(enrolled.secondFactorSecret == OneTimeCode.base32(secret))
    let code = OneTimeCode.code(secret, at: world.now)
    #expect(try open(world, "boss", 1).outcome == .codeRequired)
    #expect(try open(world, "boss", 1, code: "000000").outcome == .codeRequired)
    #expect(try open(world, "boss", 2, code: code).outcome == .wrong)
    #expect(try open(world, "boss", 1, code: code).outcome == .opened)
    #expect(try open(world, "boss", 1, code: code).outcome == .codeRequired)
    world.now += 30_000
    #expect(try open(world, "boss", 1, code: OneTimeCode.code(secret, at: world.now)).outcome == .opened)
  }

  /// RFC 4226, appendix D; RFC 6238, appendix B, in six digits.
  @Test func codesAreThoseOfTheStandard() {
    let secret = Array("12345678901234567890".utf8)
    let codes = (0..<3).map { OneTimeCode.code(secret, at: Int64($0) * 30_000) }
    #expect(codes == ["755224", "287082", "359152"])
    #expect(OneTimeCode.code(secret, at: 1_111_111_109_000) == "081804")
    #expect(OneTimeCode.base32(Array("foobar".utf8)) == "MZXW6YTBOI")
  }

  @Test func failuresInARowMakeTheNextAttemptWaitLongerEachTime() throws {
    let world = try World()
    _ = try enrol(world, try invite(world, try add(world, "dana", [.rep])))
    _ = try world.events()
    for _ in 0..<SessionCommands.freeFailures { #expect(try open(world, "dana", 2).outcome == .wrong) }
    let alerts = try world.events().compactMap {
      if case .alertRaised(let alert) = $0 { alert.alert } else { nil }
    }
    #expect(alerts == [.passwordGuessing])
    let wait = try open(world, "dana", 1)
    #expect(wait.outcome == .wait && wait.retryAt == Timestamp(milliseconds: world.now + 1_000))
    try world.restart()
    #expect(try open(world, "dana", 1).outcome == .wait)
    world.now += 1_000
    #expect(try open(world, "dana", 2).outcome == .wrong)
    world.now += 1_999
    #expect(try open(world, "dana", 1).outcome == .wait)
    world.now += 1
    #expect(try open(world, "dana", 1).outcome == .opened)
    #expect(try open(world, "dana", 2).outcome == .wrong)
  }

  @Test func aSessionEndsAfterItsTimeAndOnOnesOwnDeviceLater() throws {
    let world = try World()
    _ = try enrol(world, try invite(world, try add(world, "dana", [.rep])))
    let (here, own) = (try open(world, "dana", 1), try open(world, "dana", 1, own: true))
    world.now += SessionCommands.lasts
    #expect(try world.code(of: .sessionClose(SessionClose()), as: page(here.token)) == .noSession)
    let mine: SessionGetResult = try world.ask(.sessionGet(SessionGet()), as: page(own.token))
    #expect(mine.session.sessionID == own.session?.sessionID)
    world.now += SessionCommands.ownDeviceLasts
    #expect(throws: APIError.noSession) {
      let _: SessionGetResult = try world.ask(.sessionGet(SessionGet()), as: page(own.token))
    }
    try world.housekeep()
    #expect(try world.stored("SELECT count(*) FROM session") == 0)
  }

  @Test func ofTooManySessionsTheOldestIsClosed() throws {
    let world = try World()
    let oldest = try enrol(world, try invite(world, try add(world, "dana", [.rep])))
    for _ in 0..<SessionCommands.maximumSessions { _ = try open(world, "dana", 1) }
    #expect(try world.code(of: .sessionClose(SessionClose()), as: page(oldest.token)) == .noSession)
    #expect(try world.stored("SELECT count(*) FROM session") == Int64(SessionCommands.maximumSessions))
  }

  @Test func whoLosesARoleOrIsMadeInactiveIsSignedOutAtOnce() throws {
    let world = try World()
    let dana = try add(world, "dana", [.rep])
    _ = try enrol(world, try invite(world, dana))
    let changes = [
      MemberUpdate(memberID: dana, roles: [.operator]), MemberUpdate(memberID: dana, active: false),
    ]
    for change in changes {
      let session = try #require(try open(world, "dana", 1).token)
      let _: MemberView = try world.call(.memberUpdate(change))
      #expect(try world.code(of: .sessionClose(SessionClose()), as: page(session)) == .noSession)
    }
    #expect(try open(world, "dana", 1).outcome == .wrong)
  }

  @Test func aRepReadsAndAnswersTheOwnConversationsAndNobodyElses() throws {
    let world = try World()
    let anna = try world.addAnna()
    let ben = try world.addRep("Ben", number: Cast.bensNumber)
    var sessions: [RepID: SecretToken] = [:]
    for (rep, login) in [(anna, "anna"), (ben, "ben")] {
      sessions[rep] = try enrol(world, try invite(world, try add(world, login, [.rep], rep: rep))).token
    }
    let contacts = [
      anna: try world.addContact("+12025550101", first: "Alice", owner: anna),
      ben: try world.addContact("+12025550102", first: "Bob", owner: ben),
    ]
    try world.receive("to Anna", from: "+12025550101", to: Cast.annasNumber)
    try world.receive("to Ben", from: "+12025550102", to: Cast.bensNumber)
    // A thread of Anna's number that was given to Ben by hand.
    try world.receive("to Anna's number", from: "+12025550103", to: Cast.annasNumber)
    let threads = try world.events().received
    let _: ConversationView = try world.call(
      .conversationAssign(ConversationAssign(conversationID: threads[2].conversationID, repID: ben)))
    let own = [anna: [threads[0]], ben: [threads[1], threads[2]]]
    for (rep, mine) in own {
      let caller = page(sessions[rep])
      let ids = Set(mine.map(\.conversationID))
      for order in ConversationOrder.allCases {
        let list: Page<ConversationView> = try world.ask(
          .conversationList(ConversationList(order: order)), as: caller)
        #expect(Set(list.items.map(\.conversationID)) == ids)
      }
      let wanted: Page<ConversationView> = try world.ask(
        .conversationList(ConversationList(repID: rep == anna ? ben : anna)), as: caller)
      #expect(wanted.items.isEmpty)
      for (owner, contact) in contacts where owner != rep {
        #expect(throws: APIError.notFound("contact", contact)) {
          let _: ContactView = try world.ask(.contactGet(ContactGet(contactID: contact)), as: caller)
        }
      }
      for thread in threads {
        let isOwn = ids.contains(thread.conversationID)
        let id = thread.conversationID
        if isOwn {
          let texts: Page<MessageView> = try world.ask(
            .conversationMessages(ConversationMessages(conversationID: id)), as: caller)
          #expect(texts.items.map(\.text) == [thread.text])
        } else {
          #expect(throws: APIError.notFound("conversation", id)) {
            let _: ConversationView = try world.ask(
              .conversationGet(ConversationGet(conversationID: id)), as: caller)
          }
        }
        let answer = Command.messageSend(
          MessageSend(
            to: .phone(try world.typed(thread.from.description)), text: "Hi", idempotencyKey: world.nextKey())
        )
        let outcome = try world.reply(to: answer, as: caller)
        if isOwn {
          let sent = try ContractJSON.decode(MessageSendResult.self, from: outcome.get())
          #expect(sent.conversationID == id && sent.from == thread.to)
        } else if case .success(let json) = outcome {
          // A stranger to this rep: another thread, from the rep's own number.
          let sent = try ContractJSON.decode(MessageSendResult.self, from: json)
          #expect(sent.conversationID != id && sent.from != thread.to)
        }
      }
    }
    let other = MessageSend(
      from: .number(try world.number(Cast.bensNumber)), to: .phone(try world.typed("+12025550101")),
      text: "Hi",
      idempotencyKey: "other")
    #expect(try world.code(of: .messageSend(other), as: page(sessions[anna])) == .forbidden)
  }

  @Test func aMemberDoesWhatTheRolesGiveAndNothingElse() throws {
    let world = try World()
    let rep = try enrol(world, try invite(world, try add(world, "dana", [.rep])))
    #expect(try world.code(of: .pause(Pause()), as: page(rep.token)) == .forbidden)
    #expect(
      try world.code(of: .memberAdd(MemberAdd(login: "x", name: "X", roles: [.admin])), as: page(rep.token))
        == .forbidden)
    #expect(throws: APIError.forbidden(.messageList)) {
      let _: Page<MessageView> = try world.ask(.messageList(MessageList()), as: page(rep.token))
    }
  }

  @Test func anAdminAddsMembersButGivesAwayNoRightOfTheirOwn() throws {
    let world = try World()
    let root = try add(world, "root", [.admin])
    _ = try enrol(world, try invite(world, root))
    let secret = try #require(try world.gateway.parts.ground.members.member(root.value)?.secondFactor)
    let session = try #require(
      try open(world, "root", 1, code: OneTimeCode.code(secret, at: world.now)).token)
    let added: MemberView = try world.call(
      .memberAdd(MemberAdd(login: "kim", name: "Kim", roles: [.rep])), as: page(session))
    #expect(added.roles == [.rep])
    #expect(
      try world.refusal(of: .memberUpdate(MemberUpdate(memberID: root, active: false)), as: page(session))
        == .notAllowed)
    #expect(
      try world.refusal(of: .memberUpdate(MemberUpdate(memberID: root, roles: [.rep])), as: page(session))
        == .notAllowed)
  }

  @Test func theKeysOfTwoMembersAreTheirOwn() throws {
    let world = try World()
    var names: [String] = []
    for login in ["root", "boot"] {
      let id = try add(world, login, [.admin])
      _ = try enrol(world, try invite(world, id))
      let secret = try #require(try world.gateway.parts.ground.members.member(id.value)?.secondFactor)
      let session = try open(world, login, 1, code: OneTimeCode.code(secret, at: world.now)).token
      let added: MemberView = try world.call(
        .memberAdd(MemberAdd(login: "by-\(login)", name: login, roles: [.rep], idempotencyKey: "one")),
        as: page(session))
      names.append(added.name)
    }
    #expect(names == ["root", "boot"])
  }

  @Test func aLoginIsOneMembersWhateverItsCaseAndARepIsOneMember() throws {
    let world = try World()
    let anna = try world.addAnna()
    _ = try add(world, "dana", [.rep], rep: anna)
    #expect(
      try world.refusal(of: .memberAdd(MemberAdd(login: "Dana", name: "D", roles: [.rep]))) == .duplicate)
    #expect(
      try world.refusal(of: .memberAdd(MemberAdd(login: "eve", name: "E", roles: [.rep], repID: anna)))
        == .duplicate)
    for login in ["two words", "a\u{1B}[2J", "é"] {
      #expect(
        try world.refusal(of: .memberAdd(MemberAdd(login: login, name: "E", roles: [.rep]))) == .invalidField)
    }
  }

  /// Whoever asks for a challenge learns nothing of who is there.
  @Test func aChallengeDoesNotTellWhichLoginsExist() throws {
    let world = try World()
    _ = try enrol(world, try invite(world, try add(world, "dana", [.rep])))
    func challenge(_ login: String) throws -> SessionChallengeResult {
      try world.ask(.sessionChallenge(SessionChallenge(login: login)), as: page())
    }
    #expect(try challenge("dana").salt == text(9, 16))
    let unknown = try challenge("nobody")
    #expect(try challenge("NOBODY") == unknown && unknown.salt.utf8.count == 22)
    try world.restart()
    #expect(try challenge("nobody") == unknown)
    #expect(try challenge("somebody").salt != unknown.salt)
  }

  @Test func noSecretStandsInTheStoreTheFeedOrAnAnswerTwice() throws {
    let world = try World()
    let dana = try add(world, "dana", [.rep])
    let invite = try invite(world, dana)
    let session = try #require(try enrol(world, invite, 5).token)
    let secrets = [invite.octets, session.octets, Array(repeating: UInt8(5), count: 32)]
    let database = try Database(path: world.path, mode: .reader)
    for (table, column) in [("session", "token"), ("member", "proof"), ("member", "invite")] {
      let blobs = try database.map("SELECT \(column) FROM \(table) WHERE \(column) IS NOT NULL") {
        $0.blob(0)
      }
      for blob in blobs { #expect(!secrets.contains(blob)) }
    }
    #expect(try world.stored("SELECT count(*) FROM idempotency WHERE method LIKE 'session%'") == 0)
    #expect("\(session)" == "a token" && "\(SessionClose())" != session.text)
    for event in try world.events() { #expect(!"\(event)".contains(session.text)) }
  }
}
