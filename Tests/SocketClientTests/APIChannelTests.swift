import Contract
import NetIO
import Testing

@testable import SocketClient

/// A channel on its loop, with the server's end in the test's hands.
private final class Stage {
  let loop: EventLoop
  let channel: APIChannel
  let server: FakeServer
  private var seen: [EventLoop.Event] = []

  init(greeted: Bool = true) throws {
    let loop = try EventLoop()
    self.loop = loop
    (channel, server) = try FakeServer.paired { try APIChannel($0, client: "desk/1", on: loop) }
    if greeted {
      server.say(FakeServer.greeting)
      guard case .greeted? = turn().first else { throw ClientFailure.closed }
    }
  }

  /// One turn of the loop that waits for nothing.
  func turn() -> [ClientSession.Event] {
    loop.wait(until: .zero, into: &seen)
    for event in seen { channel.handle(event) }
    channel.turn(at: loop.now)
    return channel.takeEvents()
  }

  /// `1 answered` and the like.
  static func names(_ events: [ClientSession.Event]) -> [String] {
    events.map { event in
      switch event {
      case .greeted: "greeted"
      case .completed(let id, .answered): "\(id) answered"
      case .completed(let id, .failed(let failure)): "\(id) \(failure)"
      case .notified(let line): String(decoding: line, as: UTF8.self)
      case .ended(let failure): "ended: \(failure)"
      }
    }
  }
}

@Suite struct APIChannelTests {
  @Test func helloGoesFirstAndAnswersAndEventsComeAsTheyDo() throws {
    let stage = try Stage(greeted: false)
    #expect(stage.channel.nextDeadline == .zero)
    let id = try stage.channel.request(RepList(), within: .seconds(3_600))
    #expect(stage.turn() == [])
    #expect(stage.server.lines().map { $0.contains(#""method":"hello""#) } == [true, false])
    let heartbeat =
      #"{"jsonrpc":"2.0","method":"feed.heartbeat","params":{"consumer":"crm","newest":"cur_9","lag":9}}"#
    stage.server.say(FakeServer.greeting, heartbeat, #"{"jsonrpc":"2.0","id":\#(id),"result":{"items":[]}}"#)
    #expect(Stage.names(stage.turn()) == ["greeted", heartbeat, "1 answered"])
    #expect(stage.channel.nextDeadline == nil)
  }

  @Test func whatTheServerDoesNotReadYetWaitsAndLeavesWhole() throws {
    let stage = try Stage()
    let text = String(repeating: "x", count: 100_000)
    for _ in 1...30 { try stage.channel.request(FeedForget(consumer: text), within: .seconds(3_600)) }
    _ = stage.turn()
    // The kernel's buffer is full: the loop is not kept busy.
    #expect(stage.channel.nextDeadline != .zero)
    var lines = 0
    // Nothing but the server's reading makes room, and each turn uses it.
    for _ in 1...100 where lines < 31 {
      lines = stage.server.lines().count
      _ = stage.turn()
    }
    #expect(stage.server.lines().allSatisfy { $0.hasSuffix("}") })
    #expect(lines == 31)
  }

  @Test func whatWaitsForTheServerIsBounded() throws {
    let stage = try Stage()
    let text = String(repeating: "x", count: 250_000)
    #expect(throws: ClientFailure.full) {
      for _ in 1...20 { try stage.channel.request(FeedForget(consumer: text), within: .seconds(3_600)) }
    }
  }

  @Test func aLostConnectionEndsEveryRequestAfterWhatWasSaidLast() throws {
    let stage = try Stage()
    for _ in 1...3 { try stage.channel.request(RepList(), within: .seconds(3_600)) }
    _ = stage.turn()
    _ = stage.server.lines()
    stage.server.say(#"{"jsonrpc":"2.0","id":2,"result":{"items":[]}}"#)
    stage.server.close()
    let closed = ClientFailure.closed
    #expect(
      Stage.names(stage.turn()) == ["2 answered", "1 \(closed)", "3 \(closed)", "ended: \(closed)"])
    #expect(stage.turn() == [])
    #expect(stage.loop.count == 0)
    #expect(stage.channel.nextDeadline == nil)
    #expect(throws: closed) { try stage.channel.request(RepList(), within: .seconds(1)) }
  }

  @Test func aRequestEndsWithItsTimeAndTheConnectionLivesOn() throws {
    let stage = try Stage()
    try stage.channel.request(RepList(), within: .zero)
    #expect(Stage.names(stage.turn()) == ["1 \(ClientFailure.timedOut)"])
    let id = try stage.channel.request(RepList(), within: .seconds(3_600))
    stage.server.say(#"{"jsonrpc":"2.0","id":1,"result":{}}"#, #"{"jsonrpc":"2.0","id":\#(id),"result":{}}"#)
    #expect(Stage.names(stage.turn()) == ["2 answered"])
  }

  @Test func rubbishEndsTheConnectionOnBothSides() throws {
    let stage = try Stage()
    _ = stage.turn()
    stage.server.say("rubbish")
    #expect(stage.turn().count == 1)
    #expect(stage.server.sawTheEnd)
  }

  @Test func closingEndsWhatIsOpen() throws {
    let stage = try Stage()
    try stage.channel.request(RepList(), within: .seconds(3_600))
    stage.channel.close()
    #expect(
      Stage.names(stage.channel.takeEvents()) == [
        "1 \(ClientFailure.closed)", "ended: \(ClientFailure.closed)",
      ])
    #expect(stage.server.sawTheEnd)
    #expect(stage.loop.count == 0)
  }

  @Test func aChannelThatIsLetGoLeavesTheLoop() throws {
    let loop = try EventLoop()
    do {
      let (channel, _) = try FakeServer.paired { try APIChannel($0, client: "desk/1", on: loop) }
      #expect(loop.count == 1)
      _ = channel.nextDeadline
    }
    #expect(loop.count == 0)
  }

  @Test func nobodyAtThePathIsSaidPlainly() throws {
    let loop = try EventLoop()
    #expect(
      throws: ClientFailure.unreachable(
        path: "/nonexistent/x.sock", SystemError(call: "connect", errno: .noSuchFile))
    ) {
      try APIChannel(path: "/nonexistent/x.sock", client: "desk/1", on: loop)
    }
  }
}
