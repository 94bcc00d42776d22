import Contract
import SocketClient
import TestSupport
import Testing

@testable import NetIO
@testable import SocketServer

#if canImport(Glibc)
  import Glibc
#endif

@Suite(.timeLimit(.minutes(2))) struct ServerTests {
  let send = MessageSend(to: .contact(ContactID(1)), text: "Hi", idempotencyKey: "k")

  @Test func callsAreAnswered() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway)
    #expect(client.client.hello.role == "admin")
    #expect(client.client.hello.server == "tollgate/test")
    #expect(try client.call(RepList()).items.isEmpty)
    #expect(try client.call(try phoneSend()).state == .queued)
    #expect(try client.error(send) == .refused)
    #expect(try client.error(RepGet(repID: RepID(1))) == .notFound)
    #expect(
      try client.client.call(method: "metrics", params: .object([:]))["text"] == .string("a_total 1\n"))
    #expect(throws: APIError.self) { try client.client.call(method: "no.such", params: .object([:])) }
  }

  @Test func aPipelineIsAnsweredWhole() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    let ids = try client.send(contentsOf: (0..<2_000).map { _ in try phoneSend() })
    for id in ids.reversed() { #expect(try client.reply(to: id).error == nil) }
    #expect(gateway.state.withLock { $0.commands.count } == 2_000)
  }

  @Test func aPipelineBeyondTheRoomForAnswersGoesOnAsTheyAreRead() throws {
    var limits = APILimits()
    limits.repliesAhead = 1_000
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    let ids = try client.send(contentsOf: (0..<1_500).map { _ in RepList() })
    for id in ids { #expect(try client.reply(to: id).error == nil) }
  }

  @Test func idsAreEchoedExactly() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway).client
    for id in [#""a\"é\u0001""#, "-9223372036854775808", #""""#, "0"] {
      try client.write(Array(#"{"jsonrpc":"2.0","id":\#(id),"method":"rep.list"}"#.utf8) + [0x0A])
      let line = String(
        decoding: try client.nextLine(until: MonotonicClock.now + .seconds(20)), as: UTF8.self)
      #expect(line == #"{"jsonrpc":"2.0","id":\#(id),"result":{"items":[]}}"#)
    }
  }

  @Test func wrongLinesDisturbNobodyElse() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let good = try CheckedClient(gateway)
    let bad = try CheckedClient(gateway).client
    for line in ["rubbish", "{}", "[1,2]", #"{"jsonrpc":"2.0","id":1,"method":"pause","params":7}"#] {
      try bad.write(Array((line + "\n").utf8))
      let answer = try bad.nextLine(until: MonotonicClock.now + .seconds(20))
      #expect(SchemaChecker.problems(json: answer, against: "reply") == [])
      #expect(String(decoding: answer, as: UTF8.self).contains("error"))
      #expect(try good.call(RepList()).items.isEmpty)
    }
    try bad.write([UInt8](repeating: 0x78, count: 300_000))
    let last = try bad.nextLine(until: MonotonicClock.now + .seconds(20))
    #expect(String(decoding: last, as: UTF8.self).contains("-32600"))
    #expect(throws: ClientFailure.closed) { try bad.nextLine(until: MonotonicClock.now + .seconds(20)) }
    #expect(try good.call(RepList()).items.isEmpty)
  }

  @Test func eventsComeAsTheyAreCommittedAndAgainFromACursor() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.append(rows(1...5))
    let client = try CheckedClient(gateway)
    #expect(try client.call(FeedSubscribe(consumer: "crm")).isNew)
    #expect(try client.notifications(5) == ["1", "2", "3", "4", "5"])
    for sequence in 6...20 as ClosedRange<Int64> {
      gateway.append(rows(sequence...sequence))
      #expect(try client.notifications(1) == ["\(sequence)"])
    }
    #expect(try client.call(FeedAck(consumer: "crm", cursor: Cursor(12))).cursor == Cursor(12))
    #expect(gateway.state.withLock { $0.acked["crm"] } == 12)

    // Replay from any cursor is the same octets each time.
    let first = try CheckedClient(gateway)
    _ = try first.call(FeedSubscribe(consumer: "replay", start: .cursor(Cursor(3))))
    let one = try (4...20).map { _ in try first.notification() }
    _ = try first.call(FeedUnsubscribe(consumer: "replay"))
    let second = try CheckedClient(gateway)
    _ = try second.call(FeedSubscribe(consumer: "other", start: .cursor(Cursor(3))))
    let two = try (4...20).map { _ in try second.notification() }
    func events(_ lines: [[UInt8]]) -> [String] {
      lines.map { line in
        let text = String(decoding: line, as: UTF8.self)
        return text.components(after: #","event":"#)
      }
    }
    #expect(events(one) == events(two))
    #expect(events(one).first?.contains(#""id":"evt_4""#) == true)
  }

  @Test func afterAReconnectDeliveryGoesOnBehindTheLastAcknowledgedEvent() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.append(rows(1...6))
    do {
      let client = try CheckedClient(gateway)
      _ = try client.call(FeedSubscribe(consumer: "crm", maxInFlight: 5))
      #expect(try client.notifications(5) == ["1", "2", "3", "4", "5"])
      _ = try client.call(FeedAck(consumer: "crm", cursor: Cursor(3)))
      #expect(try client.notifications(1) == ["6"])
    }
    let client = try CheckedClient(gateway)
    // The server may see the old connection's end a moment later.
    _ = try client.call(FeedSubscribe(consumer: "crm", takeover: true))
    #expect(try client.notifications(3) == ["4+1", "5+1", "6+1"])
  }

  @Test func oneConsumerIsOneConnectionAndATakeoverFencesTheFirst() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.append(rows(1...3))
    let first = try CheckedClient(gateway)
    _ = try first.call(FeedSubscribe(consumer: "crm"))
    #expect(try first.notifications(3) == ["1", "2", "3"])
    let second = try CheckedClient(gateway)
    #expect(try second.error(FeedSubscribe(consumer: "crm")) == .consumerBusy)
    let consumers = try second.call(FeedConsumers()).items
    #expect(consumers.map(\.connected) == [true, false])
    _ = try second.call(FeedSubscribe(consumer: "crm", takeover: true))
    #expect(try second.notifications(3) == ["1+1", "2+1", "3+1"])
    #expect(try first.notifications(1) == ["feed.fenced"])
    #expect(try first.error(FeedAck(consumer: "crm", cursor: Cursor(2))) == .consumerBusy)
    #expect(gateway.state.withLock { $0.acked["crm"] } == 0)
    gateway.append(rows(4...4))
    #expect(try second.notifications(1) == ["4"])
    // Forgetting a consumer ends its delivery.
    _ = try first.call(FeedForget(consumer: "crm"))
    #expect(try second.notifications(1) == ["feed.fenced"])
  }

  /// No heartbeat wakes the server here: what is delivered, it delivers by itself.
  @Test func aSlowConsumerCostsAFastOneNothing() throws {
    var limits = APILimits()
    limits.heartbeatEvery = .seconds(3_600)
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let slow = try CheckedClient(gateway).client
    _ = try slow.call(FeedSubscribe(consumer: "slow", maxInFlight: 65_536))
    let fast = try CheckedClient(gateway).client
    _ = try fast.call(FeedSubscribe(consumer: "fast", maxInFlight: 65_536))
    var seen = 0
    for batch in 0..<40 as Range<Int64> {
      gateway.append(rows((batch * 500 + 1)...(batch * 500 + 500), each: 100))
      let wanted = Int(batch + 1) * 500
      while seen < wanted {
        let lines = try fast.readLines(within: .seconds(20)) { _ in }
        try #require(lines > 0)
        seen += lines
      }
    }
    #expect(seen == 20_000)
    // The slow one lost nothing.
    var late = 0
    var last: [UInt8] = []
    while late < 20_000 {
      let lines = try slow.readLines(within: .seconds(20)) { last = [UInt8]($0) }
      try #require(lines > 0)
      late += lines
    }
    #expect(Peer.short([String(decoding: last, as: UTF8.self)]) == ["20000"])
  }

  @Test func aFullWriterAnswersBusy() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let client = try CheckedClient(gateway)
    gateway.state.withLock { $0.isFull = true }
    #expect(try client.error(try phoneSend()) == .busy)
    #expect(try client.error(FeedSubscribe(consumer: "crm")) == .busy)
    gateway.state.withLock { $0.isFull = false }
    #expect(try client.error(try phoneSend()) == nil)
    // The consumer was not left taken.
    #expect(try CheckedClient(gateway).error(FeedSubscribe(consumer: "crm")) == nil)
  }

  @Test func requestsOfAllConnectionsAreBounded() throws {
    var limits = APILimits()
    limits.requests = 3
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    gateway.state.withLock { $0.holds = true }
    let client = try CheckedClient(gateway).client
    let ids = try client.send(contentsOf: (0..<5).map { _ in try phoneSend() })
    #expect(
      try ids.suffix(2).map { try client.reply(to: $0).error } == [.busy("commands"), .busy("commands")])
    gateway.release()
    #expect(try ids.prefix(3).map { try client.reply(to: $0).error } == [nil, nil, nil])
  }

  @Test func connectionsAreBounded() throws {
    var limits = APILimits()
    limits.connectionsPerUser = 2
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let first = try CheckedClient(gateway)
    let second = try CheckedClient(gateway)
    #expect(throws: APIError.self) { try CheckedClient(gateway) }
    #expect(try first.call(RepList()).items.isEmpty)
    #expect(try second.call(RepList()).items.isEmpty)
    let turnedAway = AuditRecord.turnedAway(userID: getuid(), limit: "connections_per_user")
    #expect(gateway.state.withLock { $0.audit.contains(turnedAway) })
  }

  /// 64 connections that said nothing kept the operator of the same user out.
  @Test func connectionsThatSayNothingKeepNobodyOut() throws {
    var limits = APILimits()
    limits.connectionsPerUser = 3
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    let greeted = try CheckedClient(gateway)
    let silent = try (0..<5).map { _ in try SilentClient(gateway) }
    let second = try CheckedClient(gateway)
    let third = try CheckedClient(gateway)
    #expect(try greeted.call(RepList()).items.isEmpty && second.call(RepList()).items.isEmpty)
    #expect(throws: APIError.self) { try CheckedClient(gateway) }
    #expect(try third.call(RepList()).items.isEmpty)
    withExtendedLifetime(silent) {}
  }

  /// Four users without a role filled the socket.
  @Test func connectionsOfUsersWithoutARoleAreFew() throws {
    var limits = APILimits()
    limits.connectionsWithoutRole = 2
    let gateway = try FakeGateway(
      limits: limits,
      roles: RoleTable([.init(role: Role(name: "x", may: ["*"]), users: [getuid() + 1], groups: [])]))
    defer { gateway.stop() }
    let silent = try (0..<6).map { _ in try SilentClient(gateway) }
    #expect(throws: APIError(.forbidden, "this user has no role here")) { try CheckedClient(gateway) }
    #expect((gateway.api?.counters.connections ?? 9) <= 2)
    withExtendedLifetime(silent) {}
  }

  @Test func placesAreKeptForRolesThatMayCallEverything() throws {
    var limits = APILimits()
    limits.connections = 8
    limits.connectionsKept = 2
    let gateway = try FakeGateway(
      limits: limits,
      roles: RoleTable([.init(role: Role(name: "app", may: ["rep.*"]), users: [getuid()], groups: [])]))
    defer { gateway.stop() }
    let apps = try (0..<6).map { _ in try CheckedClient(gateway) }
    #expect(throws: APIError.self) { try CheckedClient(gateway) }
    #expect(try apps.allSatisfy { try $0.call(RepList()).items.isEmpty })
    let everything = try FakeGateway(limits: limits)
    defer { everything.stop() }
    let operators = try (0..<8).map { _ in try CheckedClient(everything) }
    #expect(try operators.allSatisfy { try $0.call(RepList()).items.isEmpty })
  }

  @Test func whoHasNoRoleIsTurnedAway() throws {
    let gateway = try FakeGateway(
      roles: RoleTable([.init(role: Role(name: "x", may: ["*"]), users: [getuid() + 1], groups: [])]))
    defer { gateway.stop() }
    #expect(throws: APIError(.forbidden, "this user has no role here")) { try CheckedClient(gateway) }
    #expect(gateway.state.withLock { $0.audit.contains(.noRole(userID: getuid(), processID: getpid())) })
  }

  @Test func theFirstRoleOfTheUserGoesBeforeThoseOfItsGroups() {
    let table = RoleTable([
      .init(role: Role(name: "group", may: ["*"]), users: [], groups: [7]),
      .init(role: Role(name: "user", may: ["*"]), users: [5], groups: []),
      .init(role: Role(name: "supplementary", may: ["*"]), users: [], groups: [9]),
    ])
    func role(_ user: UInt32, _ group: UInt32, _ more: [UInt32]) -> String? {
      table.roles(for: .init(processID: 1, userID: user, groupID: group, supplementaryGroupIDs: more)).first?
        .name
    }
    #expect(role(5, 7, []) == "user")
    #expect(role(6, 7, [9]) == "group")
    #expect(role(6, 8, [9]) == "supplementary")
    #expect(role(6, 8, []) == nil)
  }

  @Test func beyondItsRoleACallIsRefusedAndRecorded() throws {
    let role = Role(name: "app", may: ["rep.list"])
    let gateway = try FakeGateway(roles: RoleTable([.init(role: role, users: [getuid()], groups: [])]))
    defer { gateway.stop() }
    let client = try CheckedClient(gateway)
    #expect(try client.call(RepList()).items.isEmpty)
    #expect(try client.error(try phoneSend()) == .forbidden)
    #expect(gateway.state.withLock { $0.commands.isEmpty })
    let record = AuditRecord.forbidden(
      userID: getuid(), processID: getpid(), role: "app", method: .messageSend)
    #expect(gateway.state.withLock { $0.audit.contains(record) })
  }

  @Test func whoEndsItsSideIsAnsweredFirst() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    gateway.state.withLock { $0.holds = true }
    let client = try CheckedClient(gateway).client
    let ids = try client.send(contentsOf: (0..<3).map { _ in try phoneSend() })
    client.finish()
    // The commands are with the gateway before they are let go.
    while gateway.state.withLock({ $0.held.count }) < 3 { sched_yield() }
    gateway.release()
    for id in ids { #expect(try client.reply(to: id).error == nil) }
    #expect(throws: ClientFailure.closed) {
      try client.nextLine(until: MonotonicClock.now + .seconds(20))
    }
  }

  @Test func anExpiredCursorIsAnErrorAndNeverASilentGap() throws {
    var limits = APILimits()
    // Nothing beyond the window is read ahead.
    limits.feedReadEvents = 2
    let gateway = try FakeGateway(limits: limits)
    defer { gateway.stop() }
    gateway.append(rows(1...9_000, each: 1))
    gateway.state.withLock { $0.oldest = 4_000 }
    let client = try CheckedClient(gateway)
    #expect(try client.error(FeedSubscribe(consumer: "crm", start: .cursor(Cursor(3_999)))) == .cursorExpired)
    _ = try client.call(FeedSubscribe(consumer: "crm", maxInFlight: 2))
    #expect(try client.notifications(2) == ["4001", "4002"])
    gateway.state.withLock { $0.oldest = 6_000 }
    _ = try client.call(FeedAck(consumer: "crm", cursor: Cursor(4_002)))
    #expect(try client.notifications(1) == ["feed.expired"])
  }

  @Test func stoppingEndsEveryConnection() throws {
    let gateway = try FakeGateway()
    let client = try CheckedClient(gateway).client
    gateway.stop()
    #expect(throws: ClientFailure.closed) {
      try client.nextLine(until: MonotonicClock.now + .seconds(20))
    }
    #expect(access(gateway.path, F_OK) != 0)
  }
}

func phoneSend(_ text: String = "Hi") throws -> MessageSend {
  MessageSend(to: .phone(try #require(PhoneNumber("+12025550143"))), text: text, idempotencyKey: "k")
}

extension String {
  /// What follows the first occurrence of a mark; empty where there is none.
  func components(after mark: String) -> String {
    var rest = Substring(self)
    while !rest.isEmpty {
      if rest.hasPrefix(mark) { return String(rest.dropFirst(mark.count)) }
      rest = rest.dropFirst()
    }
    return ""
  }
}
