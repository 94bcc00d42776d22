import Contract
import Testing

@testable import SocketServer

@Suite struct ConnectionTests {
  @Test func helloComesFirstAndOnce() {
    let peer = Peer(newest: 42, greet: false)
    let early = peer.say(#"{"jsonrpc":"2.0","id":1,"method":"status"}"#)
    #expect(Peer.short(early) == ["-32600"])
    let hello = peer.say(
      #"{"jsonrpc":"2.0","id":2,"method":"hello","params":{"protocol":1,"client":"crm/1"}}"#)
    #expect(
      hello == [
        #"{"jsonrpc":"2.0","id":2,"result":{"max_line":262144,"newest":"cur_42","oldest":"cur_0","protocol":1,"role":"admin","server":"tollgate/test","store":"test"}}"#
      ])
    #expect(
      Peer.short(peer.say(#"{"jsonrpc":"2.0","id":3,"method":"hello","params":{"protocol":1}}"#)) == [
        "-32600"
      ])
    #expect(
      Peer.short(
        Peer(greet: false).say(#"{"jsonrpc":"2.0","id":3,"method":"hello","params":{"protocol":0}}"#)) == [
          "-32602"
        ])
  }

  @Test(arguments: [
    ("garbage", "-32700"), (#"{"jsonrpc":"2.0","id":1,"method":"no.such"}"#, "-32601"), ("[]", "-32600"),
    (#"{"jsonrpc":"2.0","id":1,"method":"rep.get","params":{"rep_id":5}}"#, "-32602"), ("\u{FF}", "-32700"),
  ]) func aWrongLineGetsItsErrorAndTheNextOneIsHeard(line: String, code: String) {
    let peer = Peer()
    #expect(Peer.short(peer.say(line)) == [code])
    #expect(peer.open.isEmpty)
    peer.say(#"{"jsonrpc":"2.0","id":1,"method":"status"}"#)
    #expect(peer.open == [.query(1, .status(Status()), as: nil)])
  }

  @Test func emptyLinesAreNothing() {
    let peer = Peer()
    #expect(peer.say("\n\n  \r\n\t") == [])
    #expect(!peer.machine.isClosing)
  }

  @Test func whatArrivesOctetByOctetIsHeardTheSame() {
    let text =
      #"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"protocol":1}}"# + "\n\nnonsense\n"
      + #"{"jsonrpc":"2.0","id":"x","method":"nope"}"# + "\r\n"
    let whole = Peer(greet: false)
    whole.octets(Array(text.utf8))
    let pieces = Peer(greet: false)
    for octet in text.utf8 { pieces.octets([octet]) }
    let lines = whole.read()
    #expect(lines == pieces.read())
    #expect(Peer.short(lines) == ["reply", "-32700", "-32601"])
  }

  @Test func aLineTooLongEndsTheConnectionWithAWord() {
    for finished in [true, false] {
      let peer = Peer()
      peer.octets([UInt8](repeating: 0x20, count: peer.limits.maximumLine + 1) + (finished ? [0x0A] : []))
      #expect(Peer.short(peer.read()) == ["-32600"])
      #expect(peer.open == [.close(.lineTooLong)])
      #expect(peer.machine.isClosing && !peer.machine.isReading)
      peer.octets(Array("{}\n".utf8))
      #expect(peer.read() == [])
    }
    let peer = Peer()
    peer.octets([UInt8](repeating: 0x20, count: peer.limits.maximumLine) + [0x0A])
    #expect(!peer.machine.isClosing)
  }

  @Test func aRoleMayDoWhatItsPatternsSay() {
    let role = Role(name: "app", may: ["feed.*", "message.send"])
    #expect(role.may(.feedAck) && role.may(.messageSend) && role.may(.hello))
    #expect(!role.may(.messageGet) && !role.may(.pause))
    #expect(Role(name: "x", may: ["*"]).methods == Set(Method.allCases))
    let peer = Peer(role: role)
    let lines = peer.say(#"{"jsonrpc":"2.0","id":1,"method":"pause","params":{}}"#)
    #expect(Peer.short(lines) == ["-32001"])
    #expect(peer.open == [.forbidden(.pause)])
  }

  @Test func aRoleThatActsHasTheRightsOfWhoIsSignedInAndNoOther() throws {
    let role = Role(name: "desk", may: ["*"], acts: true)
    #expect(role.methods == Role.signingIn && !role.isAdministrator)
    let peer = Peer(role: role)
    let token = try #require(SecretToken(octets: Array(repeating: 0xFB, count: 32)))
    func ask(_ method: String, _ session: String) -> [String] {
      Peer.short(peer.say(#"{"jsonrpc":"2.0","id":1,"method":"\#(method)"\#(session),"params":{}}"#))
    }
    let acting = #","as":"\#(token.text)""#
    #expect(ask("status", "") == ["-32001"] && ask("feed.subscribe", acting) == ["-32001"])
    #expect(ask("hello", acting) == ["-32001"])
    for bad in [#","as":"short""#, #","as":7"#] { #expect(ask("status", bad) == ["-32004"]) }
    peer.open = []
    #expect(ask("status", acting) == [] && ask("session.close", acting) == [])
    #expect(
      peer.open == [
        .query(1, .status(Status()), as: token), .command(2, .sessionClose(SessionClose()), as: token),
      ])
  }

  @Test func aRoleThatDoesNotActHasNoSession() throws {
    let peer = Peer()
    let token = try #require(SecretToken(octets: Array(repeating: 1, count: 32)))
    let line = #"{"jsonrpc":"2.0","id":1,"as":"\#(token.text)","method":"status","params":{}}"#
    #expect(Peer.short(peer.say(line)) == ["-32001"])
    #expect(peer.open == [.forbidden(.status)])
  }

  @Test func aPeerWithSeveralRolesAsksForOneByNameAndHasTheRightsOfThatOneAlone() throws {
    let roles = [Role(name: "admin", may: ["*"]), Role(name: "desk", may: ["*"], acts: true)]
    func hello(_ role: String) -> String {
      #"{"jsonrpc":"2.0","id":1,"method":"hello","params":{"protocol":1,"role":"\#(role)"}}"#
    }
    let status = #"{"jsonrpc":"2.0","id":2,"method":"status","params":{}}"#
    let peer = Peer(roles: roles, greet: false)
    let greeting = try #require(peer.say(hello("desk")).first)
    #expect(greeting.contains(#""role":"desk""#))
    #expect(Peer.short(peer.say(status)) == ["-32001"], "the first role's rights are gone")
    let plain = Peer(roles: roles)
    #expect(plain.say(status) == [] && plain.open == [.query(1, .status(Status()), as: nil)])
    // Another's is refused, and told of; then the peer may ask again.
    let stranger = Peer(roles: [roles[1]], greet: false)
    #expect(Peer.short(stranger.say(hello("admin"))) == ["-32001"] && stranger.open == [.forbidden(.hello)])
    #expect(try #require(stranger.say(hello("desk")).first).contains(#""role":"desk""#))
  }

  @Test func whoHasNoRoleHearsNothingButThat() {
    let peer = Peer(role: nil, greet: false)
    let lines = peer.say(#"{"jsonrpc":"2.0","id":"h","method":"hello","params":{"protocol":1}}"#)
    #expect(
      lines == [#"{"jsonrpc":"2.0","id":"h","error":{"code":-32001,"message":"this user has no role here"}}"#]
    )
    #expect(peer.open == [.close(.noRole)])
  }

  @Test func requestsWithTheWriterAreBoundedByLeavingLinesUnread() {
    var limits = APILimits()
    limits.requestsPerConnection = 4
    let peer = Peer(limits: limits)
    let line = #"{"jsonrpc":"2.0","id":1,"method":"number.pause","params":{"number":"+18005550100"}}"# + "\n"
    peer.octets(Array(String(repeating: line, count: 10).utf8))
    #expect(peer.open.count == 4)
    #expect(!peer.machine.isReading)
    for _ in 0..<10 { peer.answer(.failure(.notFound("number", "x"))) }
    #expect(peer.read().count == 10)
    #expect(peer.open.isEmpty && peer.machine.isReading)
  }

  @Test func requestsAreWeighedAndNotOnlyCounted() {
    var limits = APILimits()
    limits.requestOctetsPerConnection = 1_000
    let peer = Peer(limits: limits)
    let note = String(repeating: "x", count: 480)
    let line =
      #"{"jsonrpc":"2.0","id":1,"method":"pause","params":{"note":"\#(note)"}}"# + "\n"
    peer.octets(Array(String(repeating: line, count: 5).utf8))
    #expect(peer.open.count == 2)
    #expect(!peer.machine.isReading)
    for _ in 0..<5 { peer.answer(.failure(.busy("commands"))) }
    #expect(peer.read().count == 5)
    #expect(peer.open.isEmpty && peer.machine.isReading)
  }

  @Test func linesBehindAQueryAreTakenBeforeItsAnswer() {
    let peer = Peer()
    peer.say(#"{"jsonrpc":"2.0","id":1,"method":"status"}"#)
    peer.say(#"{"jsonrpc":"2.0","id":2,"method":"number.pause","params":{"number":"+18005550100"}}"#)
    #expect(peer.open.compactMap(Peer.request).count == 2)
  }

  @Test func whoDoesNotReadItsAnswersHasNoRoomForAnother() {
    var limits = APILimits()
    limits.repliesAhead = 2_000
    let peer = Peer(limits: limits)
    for id in 1...2 { peer.octets(Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"status"}"#.utf8) + [0x0A]) }
    #expect(peer.machine.hasRoomForAnswer)
    peer.answer(.result([UInt8](repeating: 0x20, count: 2_000)))
    #expect(!peer.machine.hasRoomForAnswer)
    #expect(peer.read().count == 1)
    #expect(peer.machine.hasRoomForAnswer)
  }

  @Test func answersGoToTheirOwnRequests() {
    let peer = Peer()
    peer.say(#"{"jsonrpc":"2.0","id":"one","method":"number.pause","params":{"number":"+18005550100"}}"#)
    peer.say(#"{"jsonrpc":"2.0","id":2,"method":"number.resume","params":{"number":"+18005550100"}}"#)
    peer.machine.completed(2, with: .result(Array(#"{"b":1}"#.utf8)), at: peer.now)
    peer.machine.completed(1, with: .result(Array(#"{"a":1}"#.utf8)), at: peer.now)
    peer.machine.completed(1, with: .result(Array(#"{"a":1}"#.utf8)), at: peer.now)
    peer.machine.completed(77, with: .result(Array(#"{"a":1}"#.utf8)), at: peer.now)
    #expect(
      peer.read() == [
        #"{"jsonrpc":"2.0","id":2,"result":{"b":1}}"#, #"{"jsonrpc":"2.0","id":"one","result":{"a":1}}"#,
      ])
  }

  @Test func anAnswerLongerThanALineIsReplacedByAWord() {
    let peer = Peer()
    peer.say(#"{"jsonrpc":"2.0","id":1,"method":"message.list"}"#)
    peer.answer(.result([UInt8](repeating: 0x20, count: peer.limits.maximumLine)))
    let lines = peer.read()
    #expect(Peer.short(lines) == ["-32005"])
    #expect(Peer.parse(lines.first ?? "")["error"]?["data"]?["limit_name"] == .string("max_line"))
  }

  @Test func whoDoesNotSayHelloIsLetGo() {
    let peer = Peer(greet: false)
    #expect(peer.machine.nextDeadline == peer.now + peer.limits.helloTimeout)
    #expect(peer.pass(peer.limits.helloTimeout - .milliseconds(1)) == [])
    #expect(Peer.short(peer.pass(.milliseconds(1))) == ["-32600"])
    #expect(peer.open == [.close(.noHello)])
  }

  @Test func whoLeavesAnswersUnreadIsLetGoAndWhoReadsSlowlyIsNot() {
    let peer = Peer()
    peer.octets(Array((#"{"jsonrpc":"2.0","id":1,"method":"nope"}"# + "\n").utf8))
    peer.machine.tick(at: peer.now)
    peer.now += peer.limits.unreadReplyTimeout - .seconds(1)
    peer.machine.wrote(1, at: peer.now)
    peer.now += peer.limits.unreadReplyTimeout - .seconds(1)
    peer.machine.tick(at: peer.now)
    #expect(!peer.machine.isClosing)
    peer.now += .seconds(1)
    peer.machine.tick(at: peer.now)
    #expect(peer.machine.takeActions() == [.close(.unreadReplies)])
  }

  @Test func whoAsksNothingForAnHourIsAnsweredAllTheSame() {
    let peer = Peer()
    for _ in 0..<3 {
      peer.now += .seconds(3_600)
      peer.octets(Array((#"{"jsonrpc":"2.0","id":1,"method":"nope"}"# + "\n").utf8))
      // The owner ticks before it writes.
      peer.machine.tick(at: peer.now)
      #expect(!peer.machine.isClosing)
      #expect(peer.machine.nextDeadline == peer.now + peer.limits.unreadReplyTimeout)
      peer.machine.wrote(peer.machine.output.count, at: peer.now)
      #expect(peer.machine.nextDeadline == nil)
    }
  }

  @Test func unreadAnswersStopTheReadingOfLines() {
    var limits = APILimits()
    limits.repliesAhead = 2_000
    let peer = Peer(limits: limits)
    let line = #"{"jsonrpc":"2.0","id":1,"method":"nope"}"# + "\n"
    peer.octets(Array(String(repeating: line, count: 1_000).utf8))
    #expect(!peer.machine.isReading)
    #expect(peer.machine.output.count < 2_200)
    var lines = 0
    while !peer.machine.output.isEmpty {
      lines += peer.read().count
      peer.octets([])
    }
    #expect(lines == 1_000)
  }
}
