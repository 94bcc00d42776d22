import Contract
import Testing

@testable import SocketServer

@Suite struct DeliveryTests {
  @Test func eventsComeInOrderFromTheStart() {
    let peer = Peer()
    peer.subscribe()
    #expect(Peer.short(peer.offer(rows(1...7))) == ["1", "2", "3", "4", "5", "6", "7"])
    #expect(peer.machine.wantedPosition(of: 0) == nil)
    let from = Peer()
    from.subscribe(start: 4)
    #expect(Peer.short(from.offer(rows(1...7))) == ["5", "6", "7"])
  }

  @Test func noMoreIsInFlightThanAsked() {
    let peer = Peer()
    peer.subscribe(#","max_in_flight":4"#)
    #expect(Peer.short(peer.offer(rows(1...20))) == ["1", "2", "3", "4"])
    #expect(peer.offer(rows(1...20)) == [])
    peer.ack(2)
    #expect(Peer.short(peer.offer(rows(1...20))) == ["5", "6"])
    peer.ack(6)
    #expect(Peer.short(peer.offer(rows(1...20))) == ["7", "8", "9", "10"])
  }

  @Test func anAcknowledgementCountsOnceItIsDurable() {
    let peer = Peer()
    peer.subscribe(#","max_in_flight":2"#)
    _ = peer.offer(rows(1...9))
    #expect(
      peer.say(#"{"jsonrpc":"2.0","id":1,"method":"feed.ack","params":{"consumer":"crm","cursor":"cur_2"}}"#)
        == [])
    #expect(peer.offer(rows(1...9)) == [])
    peer.answer(.failure(.internalError))
    #expect(Peer.short(peer.read()) == ["-32603"])
    #expect(peer.offer(rows(1...9)) == [])
    peer.ack(2)
    #expect(Peer.short(peer.offer(rows(1...9))) == ["3", "4"])
  }

  @Test func acknowledgementsThatComeMeanwhileGoAsOne() {
    let peer = Peer()
    peer.subscribe()
    _ = peer.offer(rows(1...9))
    for sequence in [1, 2, 3, 4, 3] {
      peer.say(
        #"{"jsonrpc":"2.0","id":\#(sequence),"method":"feed.ack","params":{"consumer":"crm","cursor":"cur_\#(sequence)"}}"#
      )
    }
    #expect(peer.open.count == 1)
    peer.answer(.success(FeedAckResult(cursor: Cursor(1))))
    #expect(peer.open.count == 1)
    #expect(
      peer.open.contains {
        if case .command(_, .feedAck(let ack), _) = $0 { ack.cursor == Cursor(4) } else { false }
      })
    peer.answer(.success(FeedAckResult(cursor: Cursor(4))))
    #expect(peer.read().count == 5)
    #expect(peer.open.isEmpty)
  }

  @Test func whatWasNotSentCannotBeAcknowledged() {
    let peer = Peer()
    peer.subscribe()
    _ = peer.offer(rows(1...3))
    let lines = peer.say(
      #"{"jsonrpc":"2.0","id":1,"method":"feed.ack","params":{"consumer":"crm","cursor":"cur_4"}}"#)
    #expect(Peer.short(lines) == ["-32602"])
    let other = peer.say(
      #"{"jsonrpc":"2.0","id":1,"method":"feed.ack","params":{"consumer":"erp","cursor":"cur_1"}}"#)
    #expect(Peer.short(other) == ["-32602"])
  }

  @Test func withoutAcknowledgementEventsComeAgainFromTheLastOne() {
    let peer = Peer()
    peer.subscribe(#","max_in_flight":3,"ack_timeout_s":10"#)
    #expect(Peer.short(peer.offer(rows(1...9))) == ["1", "2", "3"])
    peer.ack(1)
    #expect(Peer.short(peer.offer(rows(1...9))) == ["4"])
    #expect(peer.pass(.milliseconds(9_999)) == [])
    #expect(peer.offer(rows(1...9)) == [])
    #expect(peer.pass(.milliseconds(1)) == [])
    #expect(Peer.short(peer.offer(rows(1...9))) == ["2+1", "3+1", "4+1"])
    // An acknowledgement of the first delivery still counts.
    peer.ack(3)
    #expect(Peer.short(peer.offer(rows(1...9))) == ["5", "6"])
    _ = peer.pass(.seconds(10))
    #expect(Peer.short(peer.offer(rows(1...9))) == ["4+2", "5+1", "6+1"])
    peer.ack(6)
    #expect(Peer.short(peer.offer(rows(1...9))) == ["7", "8", "9"])
  }

  @Test func aLateAcknowledgementAfterTheRewindIsTaken() {
    let peer = Peer()
    peer.subscribe(#","ack_timeout_s":10"#)
    _ = peer.offer(rows(1...6))
    _ = peer.pass(.seconds(10))
    peer.ack(5)
    #expect(Peer.short(peer.offer(rows(1...6))) == ["6+1"])
  }

  @Test func withTimeoutZeroNothingComesAgain() {
    let peer = Peer()
    peer.subscribe(#","ack_timeout_s":0"#)
    _ = peer.offer(rows(1...3))
    #expect(Set(Peer.short(peer.pass(.seconds(100_000)))) == ["feed.heartbeat"])
    #expect(peer.offer(rows(1...3)) == [])
  }

  @Test func whatTheFilterHidesIsReportedBeforeTheNextEvent() {
    let peer = Peer()
    peer.subscribe(#","filter":{"numbers":["+18005550103"]}"#)
    #expect(Peer.short(peer.offer(rows(1...25))) == ["skip 2", "3", "skip 12", "13", "skip 22", "23"])
    #expect(peer.pass(.milliseconds(199)) == [])
    #expect(Peer.short(peer.pass(.milliseconds(1))) == ["skip 25"])
    #expect(peer.pass(.seconds(1)) == [])
    peer.ack(25)
  }

  @Test func hiddenEventsTakeNoRoomInTheWindow() {
    let peer = Peer()
    peer.subscribe(#","max_in_flight":2,"filter":{"numbers":["+18005550103"]}"#)
    #expect(Peer.short(peer.offer(rows(1...25))) == ["skip 2", "3", "skip 12", "13"])
    peer.ack(12)
    #expect(Peer.short(peer.offer(rows(1...25))) == ["skip 22", "23"])
  }

  @Test func typesAreFiltered() {
    let peer = Peer()
    peer.subscribe(#","filter":{"types":["sms.alert.raised.v1"]}"#)
    #expect(Peer.short(peer.offer(rows(1...3) + rows(4...5, type: .alertRaised))) == ["skip 3", "4", "5"])
  }

  @Test func oneConversationsEventsAreAllThatIsSentOfIt() {
    let number = PhoneNumber(packed: 18_005_550_101).unsafelyUnwrapped
    let phone = PhoneNumber(packed: 12_025_550_143).unsafelyUnwrapped
    let at = Timestamp(milliseconds: 1)
    var packed = PackedEvents()
    for id in [7, 8] as [Int64] {
      let conversation = ConversationID(id)
      packed.append(
        ConversationChanged(
          conversationID: conversation, number: number, phone: phone, change: .read, contactIDs: [], at: at))
      packed.append(
        MessageReceived(
          messageID: MessageID(id), conversationID: conversation, from: phone, to: number, text: "Hello",
          encoding: .gsm7, segments: 1, complete: true, lossy: false, keywordClass: .none, contactIDs: [],
          carrier: "alpha", receivedAt: at, carrierRedelivery: 0))
      packed.append(
        MessageQueued(
          messageID: MessageID(id), conversationID: conversation, from: number, to: phone,
          class: .interactive,
          encoding: .gsm7, segments: 1, createdAt: at, text: "Hello, too"))
      packed.append(
        MessageStateChanged(
          messageID: MessageID(id), conversationID: conversation, from: number, to: phone, state: .sent,
          final: false, segments: 1, inferred: false, at: at))
      packed.append(
        ConsentChanged(
          phone: phone, kind: .optOut, scope: .brand, layer: .ours, source: .api, cancelled: 0, at: at))
    }
    let row = PackedRow(
      firstSequence: 1, count: packed.count, timeMilliseconds: 1_795_366_991_412, bytes: packed.bytes)
    let peer = Peer()
    peer.subscribe(#","filter":{"conversation_ids":["conv_8"]}"#)
    #expect(Peer.short(peer.offer([row])) == ["skip 5", "6", "7", "8", "9"])
  }

  @Test func aRoleSeesOnlyItsNumbers() {
    let numbers = Set(["+18005550101", "+18005550102"].compactMap { PhoneNumber($0) })
    let peer = Peer(role: Role(name: "team", may: ["*"], numbers: numbers))
    peer.subscribe(#","filter":{"numbers":["+18005550102","+18005550103"]}"#)
    #expect(Peer.short(peer.offer(rows(1...10) + rows(11...12, type: .alertRaised))) == ["skip 1", "2"])
    #expect(Peer.short(peer.pass(.seconds(1))) == ["skip 12"])
  }

  /// Contacts, groups and reps are the company's, and belong to no number.
  @Test func eventsAboutPeopleAreForRolesThatSeeAllNumbers() {
    func offered(to role: Role) -> [String] {
      var packed = PackedEvents()
      let at = Timestamp(milliseconds: 1)
      packed.append(
        ContactChanged(contactID: ContactID(1), phones: [], tags: [], attributes: [:], createdAt: at, at: at))
      packed.append(
        GroupChanged(groupID: GroupID(1), name: "g", change: .created, contactIDs: [], createdAt: at, at: at))
      packed.append(
        RepChanged(
          repID: RepID(1), name: "r", hasMobile: true, hasEmail: false, alertBy: .text, active: true,
          createdAt: at, at: at))
      let peer = Peer(role: role)
      peer.subscribe()
      let row = PackedRow(firstSequence: 1, count: 3, timeMilliseconds: 1, bytes: packed.bytes)
      return Peer.short(peer.offer([row]) + peer.pass(.seconds(1)))
    }
    #expect(offered(to: Peer.everything) == ["1", "2", "3"])
    let numbers = Set(["+18005550101"].compactMap { PhoneNumber($0) })
    #expect(offered(to: Role(name: "team", may: ["*"], numbers: numbers)) == ["skip 3"])
  }

  @Test func aHeartbeatComesEveryFifteenSeconds() {
    let peer = Peer()
    peer.subscribe(#","max_in_flight":2,"ack_timeout_s":0"#)
    _ = peer.offer(rows(1...9))
    #expect(peer.pass(.milliseconds(14_999)) == [])
    #expect(
      peer.pass(.milliseconds(1)) == [
        #"{"jsonrpc":"2.0","method":"feed.heartbeat","params":{"consumer":"crm","newest":"cur_9","lag":9}}"#
      ])
    peer.ack(2)
    #expect(Peer.parse(peer.pass(.seconds(15)).first ?? "")["params"]?["lag"] == .integer(7))
  }

  @Test func aConsumerThatWasTakenOverGetsAnErrorAndCannotAcknowledge() {
    let peer = Peer()
    peer.subscribe()
    _ = peer.offer(rows(1...3))
    peer.machine.fence("crm")
    #expect(Peer.short(peer.read()) == ["feed.fenced"])
    #expect(peer.offer(rows(1...9)) == [])
    let lines = peer.say(
      #"{"jsonrpc":"2.0","id":1,"method":"feed.ack","params":{"consumer":"crm","cursor":"cur_3"}}"#)
    #expect(Peer.short(lines) == ["-32011"])
  }

  @Test func aSlowReaderLagsAndIsNotClosed() {
    var limits = APILimits()
    limits.feedAhead = 4_000
    let peer = Peer(limits: limits)
    peer.subscribe(#","max_in_flight":65536,"ack_timeout_s":60"#)
    let all = rows(1...500)
    peer.machine.surroundings.newest = 500
    var writer = EventWriter(store: "test")
    peer.machine.offer(all[...], to: 0, writer: &writer, at: peer.now)
    let written = peer.machine.output.count
    #expect(written >= 4_000 && written < 5_000)
    #expect(peer.machine.wantedPosition(of: 0) == nil)
    for _ in 0..<100 {
      peer.now += .seconds(30)
      peer.machine.tick(at: peer.now)
    }
    #expect(!peer.machine.isClosing)
    #expect(peer.machine.output.count == written)
    var seen = Peer.short(peer.read())
    while peer.machine.wantedPosition(of: 0) != nil {
      peer.machine.offer(all[...], to: 0, writer: &writer, at: peer.now)
      seen += Peer.short(peer.read())
    }
    #expect(seen == (1...500).map(String.init))
  }

  @Test func aDamagedRowIsSkippedAndReported() {
    let peer = Peer()
    peer.subscribe()
    var damaged = rows(1...6)
    damaged[0].bytes = Array(damaged[0].bytes.prefix(damaged[0].bytes.count - 4))
    #expect(Peer.short(peer.offer(damaged)) == ["1", "2", "skip 3", "4", "5", "6"])
  }

  @Test func aWrongSubscriptionIsRefused() {
    let peer = Peer()
    func code(_ params: String) -> [String] {
      Peer.short(peer.say(#"{"jsonrpc":"2.0","id":1,"method":"feed.subscribe","params":\#(params)}"#))
    }
    for name in ["", ".x", "a b", String(repeating: "x", count: 65), "é"] {
      #expect(code(#"{"consumer":"\#(name)"}"#) == ["-32602"], "\(name)")
    }
    #expect(code(#"{"consumer":"a","max_in_flight":0}"#) == ["-32602"])
    #expect(code(#"{"consumer":"a","max_in_flight":65537}"#) == ["-32602"])
    #expect(code(#"{"consumer":"a","ack_timeout_s":-1}"#) == ["-32602"])
    #expect(code(#"{"consumer":"a","from":"somewhere"}"#) == ["-32602"])
    #expect(code(#"{"consumer":"a","from":{"cursor":"cur_1","time":"2026-11-22T17:03:11Z"}}"#) == ["-32602"])
    for index in 0..<peer.limits.subscriptionsPerConnection {
      #expect(code(#"{"consumer":"c\#(index)"}"#) == [])
    }
    #expect(code(#"{"consumer":"more"}"#) == ["-32030"])
  }

  @Test func unsubscribingKeepsWhatWasInFlightInMind() {
    let peer = Peer()
    peer.subscribe()
    _ = peer.offer(rows(1...3))
    peer.say(#"{"jsonrpc":"2.0","id":1,"method":"feed.unsubscribe","params":{"consumer":"crm"}}"#)
    guard case .unsubscribed("crm", let memory)? = peer.open.first else {
      Issue.record("not released")
      return
    }
    #expect([1, 3, 4].map(memory.count) == [1, 1, 0])
    let next = Peer()
    next.machine.inherited["crm"] = memory
    next.subscribe(start: 1)
    #expect(Peer.short(next.offer(rows(1...5))) == ["2+1", "3+1", "4", "5"])
  }
}

@Suite struct DeliveryMemoryTests {
  @Test func agreesWithCountingEachEvent() {
    var state: UInt64 = 99
    func random(_ bound: Int64) -> Int64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int64(state >> 33) % bound
    }
    for _ in 0..<300 {
      var memory = DeliveryMemory()
      var counts = [Int](repeating: 0, count: 60)
      var acked: Int64 = 0
      for _ in 0..<12 {
        if random(3) == 0 {
          acked = min(59, acked + random(8))
          memory.acknowledged(acked)
        }
        let through = min(59, acked + 1 + random(20))
        memory.sentAgain(after: acked, through: through)
        if through > acked { for sequence in (acked + 1)...through { counts[Int(sequence)] += 1 } }
        for sequence in (acked + 1)..<60 { #expect(memory.count(sequence) == counts[Int(sequence)]) }
      }
    }
  }
}
