import Contract
import NetIO
import SocketClient
import Testing

@testable import SocketServer

@Suite(.timeLimit(.minutes(2))) struct BothSidesTests {
  /// The client's machine against the server's, an octet at a time and without a socket.
  @Test func whatOneSideSaysTheOtherUnderstands() throws {
    let peer = Peer(greet: false)
    var client = ClientSession(at: peer.now)
    var events: [ClientSession.Event] = []
    var unread: [UInt8] = []
    func exchange(_ line: [UInt8]) -> [ClientSession.Event] {
      for octet in line { peer.octets([octet]) }
      for octet in peer.machine.output.octets {
        unread.append(octet)
        unread.removeFirst(unread.withUnsafeBytes { client.received($0, into: &events) })
      }
      peer.machine.wrote(peer.machine.output.count, at: peer.now)
      defer { events = [] }
      return events
    }

    guard case .greeted(let hello)? = exchange(try client.hello("test")).first else {
      Issue.record("no greeting")
      return
    }
    #expect(hello.maxLine == LineScanner.maximumLine && hello.role == "admin")

    let subscribe = try client.request(FeedSubscribe(consumer: "crm"), until: nil)
    #expect(exchange(subscribe.line) == [])
    peer.answer(.success(FeedSubscribeResult(consumer: "crm", cursor: Cursor(0), isNew: true)))
    guard case .completed(subscribe.id, .answered(let answer))? = exchange([]).first else {
      Issue.record("no answer")
      return
    }
    #expect(try answer.result(of: FeedSubscribe.self).isNew)

    var writer = EventWriter(store: "test")
    peer.machine.surroundings.newest = 3
    peer.machine.offer(rows(1...3)[...], to: 0, writer: &writer, at: peer.now)
    let cursors = try exchange([]).map { event -> Cursor? in
      guard case .notified(let line) = event, case .event(let params) = try FeedNotification(line: line)
      else { return nil }
      return params.cursor
    }
    #expect(cursors == [Cursor(1), Cursor(2), Cursor(3)])

    let refused = try client.request(FeedAck(consumer: "crm", cursor: Cursor(9)), until: nil)
    guard case .completed(refused.id, .answered(let error))? = exchange(refused.line).first else {
      Issue.record("no answer")
      return
    }
    #expect(error.error == .invalid("cursor", "this event was not sent yet"))
  }

  @Test func aChannelHearsAnswersAndEventsOfTheServer() throws {
    let gateway = try FakeGateway()
    defer { gateway.stop() }
    let loop = try EventLoop()
    let channel = try APIChannel(path: gateway.path, client: "desk/1", on: loop)
    var seen: [EventLoop.Event] = []
    func next() throws -> [ClientSession.Event] {
      let end = loop.now + .seconds(20)
      while loop.now < end {
        channel.turn(at: loop.now)
        let events = channel.takeEvents()
        if !events.isEmpty { return events }
        loop.wait(until: min(end, channel.nextDeadline ?? end), into: &seen)
        for event in seen { channel.handle(event) }
      }
      throw ClientFailure.timedOut
    }
    var events: [ClientSession.Event] = []
    let id = try channel.request(FeedSubscribe(consumer: "crm"), within: .seconds(20))
    while events.count < 2 { events += try next() }
    guard case .greeted = events[0], case .completed(id, .answered(let answer)) = events[1] else {
      Issue.record("\(events)")
      return
    }
    #expect(try answer.result(of: FeedSubscribe.self).isNew)
    gateway.append(rows(1...3))
    events = []
    while events.count < 3 { events += try next() }
    let lines = events.map { event in
      guard case .notified(let line) = event else { return "\(event)" }
      return String(decoding: line, as: UTF8.self)
    }
    #expect(Peer.short(lines) == ["1", "2", "3"])
  }
}
