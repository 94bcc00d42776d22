import Contract
import Testing

@testable import SocketClient

/// An owner around a session: hears octets, keeps what comes of them.
private struct Owner {
  var session: ClientSession
  var events: [ClientSession.Event] = []
  private var unread: [UInt8] = []

  init(limits: ClientSession.Limits = .init(), greeted: Bool = true) {
    session = ClientSession(limits: limits, at: .zero)
    if greeted {
      hear(FakeServer.greeting)
      events = []
    }
  }

  mutating func hear(_ lines: String...) {
    for line in lines { octets(Array((line + "\n").utf8)) }
  }

  mutating func octets(_ octets: [UInt8]) {
    unread += octets
    let taken = unread.withUnsafeBytes { session.received($0, into: &events) }
    unread.removeFirst(taken)
  }

  mutating func request(until deadline: Duration? = nil) throws -> Int64 {
    try session.request(RepList(), until: deadline).id
  }

  mutating func tick(_ now: Duration) { session.tick(at: now, into: &events) }

  /// `greeted`, `1 answered`, `2 refused`, `3 timedOut`, `notified`, `ended closed`.
  mutating func heard() -> [String] {
    defer { events = [] }
    return events.map { event in
      switch event {
      case .greeted: "greeted"
      case .completed(let id, .answered(let answer)):
        "\(id) \(answer.error.map { "\($0.code)" } ?? "answered")"
      case .completed(let id, .failed(let failure)): "\(id) \(Owner.name(failure))"
      case .notified: "notified"
      case .ended(let failure): "ended \(Owner.name(failure))"
      }
    }
  }

  private static func name(_ failure: ClientFailure) -> String {
    switch failure {
    case .malformed: "malformed"
    case .refused(let error): "refused \(error.code)"
    default: "\(failure)" == ClientFailure.closed.description ? "closed" : "timedOut"
    }
  }
}

private func answer(_ id: Int64) -> String { #"{"jsonrpc":"2.0","id":\#(id),"result":{"items":[]}}"# }

private let heartbeat =
  #"{"jsonrpc":"2.0","method":"feed.heartbeat","params":{"consumer":"crm","newest":"cur_9","lag":9}}"#

@Suite struct ClientSessionTests {
  @Test func requestsAreLinesWithIDsOfTheirOwn() throws {
    var session = ClientSession(at: .zero)
    #expect(
      String(decoding: try session.hello("crm/1.4"), as: UTF8.self)
        == #"{"jsonrpc":"2.0","id":0,"method":"hello","params":{"client":"crm/1.4","protocol":1}}"# + "\n")
    for id in 1...2 as ClosedRange<Int64> {
      let request = try session.request(FeedForget(consumer: "crm"), until: nil)
      #expect(request.id == id)
      #expect(
        String(decoding: request.line, as: UTF8.self)
          == #"{"jsonrpc":"2.0","id":\#(id),"method":"feed.forget","params":{"consumer":"crm"}}"# + "\n")
    }
  }

  @Test func whatArrivesOctetByOctetIsHeardTheSame() throws {
    let text = [
      FakeServer.greeting, answer(2), heartbeat,
      #"{"jsonrpc":"2.0","id":1,"error":{"code":-32030,"message":"é","data":{"reason":"opted_out"}}}"#,
      #"{"jsonrpc":"2.0","method":"feed.later","params":{}}"#, answer(3),
    ].map { $0 + "\n" }.joined()
    var whole = Owner(greeted: false)
    var pieces = Owner(greeted: false)
    for _ in 1...3 {
      _ = try whole.request()
      _ = try pieces.request()
    }
    whole.octets(Array(text.utf8))
    for octet in text.utf8 { pieces.octets([octet]) }
    #expect(whole.events == pieces.events)
    #expect(
      whole.heard() == [
        "greeted", "2 answered", "notified", "1 refused", "notified", "3 answered",
      ])
  }

  @Test func aRequestNotAnsweredInTimeEndsAndItsLateAnswerIsNothing() throws {
    var owner = Owner()
    _ = try owner.request(until: .seconds(10))
    _ = try owner.request(until: .seconds(5))
    _ = try owner.request()
    #expect(owner.session.nextDeadline == .seconds(5))
    owner.tick(.seconds(5) - .milliseconds(1))
    #expect(owner.heard() == [])
    owner.tick(.seconds(5))
    #expect(owner.heard() == ["2 timedOut"])
    #expect(owner.session.nextDeadline == .seconds(10))
    owner.hear(answer(2), answer(1), answer(1))
    #expect(owner.heard() == ["1 answered"])
    #expect(owner.session.nextDeadline == nil)
    owner.tick(.seconds(1_000_000))
    #expect(owner.heard() == [])
  }

  @Test func theEndEndsEveryRequestInOrderAndThenNothingComes() throws {
    var owner = Owner()
    for _ in 1...4 { _ = try owner.request(until: .seconds(10)) }
    owner.hear(answer(3))
    owner.session.end(.closed, into: &owner.events)
    #expect(owner.heard() == ["3 answered", "1 closed", "2 closed", "4 closed", "ended closed"])
    owner.hear(answer(1), heartbeat)
    owner.tick(.seconds(100))
    owner.session.end(.timedOut, into: &owner.events)
    #expect(owner.heard() == [])
    #expect(owner.session.nextDeadline == nil)
    #expect(throws: ClientFailure.closed) { try owner.request() }
  }

  @Test(arguments: [
    "rubbish", "{}", "[]", #"{"jsonrpc":"2.0","id":1}"#, #"{"jsonrpc":"2.0","id":7,"result":{}}"#,
    #"{"jsonrpc":"2.0","id":1,"error":{}}"#, #"{"jsonrpc":"2.0","id":null,"result":{}}"#, "\u{0}",
  ]) func whatIsNoAnswerEndsTheSession(line: String) throws {
    var owner = Owner()
    _ = try owner.request()
    owner.hear(line)
    #expect(owner.heard() == ["1 malformed", "ended malformed"])
  }

  @Test func anErrorToNobodyIsAboutTheConnection() throws {
    var owner = Owner(greeted: false)
    _ = try owner.request()
    owner.hear(#"{"jsonrpc":"2.0","id":null,"error":{"code":-32003,"message":"busy, try again"}}"#)
    #expect(owner.heard() == ["1 refused busy", "ended refused busy"])
  }

  @Test func aRefusedHelloEndsTheSession() {
    var owner = Owner(greeted: false)
    owner.hear(#"{"jsonrpc":"2.0","id":0,"error":{"code":-32001,"message":"this user has no role here"}}"#)
    #expect(owner.heard() == ["ended refused forbidden"])
  }

  @Test func aServerThatDoesNotGreetIsGivenUp() {
    var owner = Owner(greeted: false)
    #expect(owner.session.nextDeadline == owner.session.limits.helloTimeout)
    owner.tick(owner.session.limits.helloTimeout)
    #expect(owner.heard() == ["ended timedOut"])
  }

  @Test func aLineWithoutEndIsNotKept() throws {
    var limits = ClientSession.Limits()
    limits.maximumLine = 1_000
    var owner = Owner(limits: limits)
    owner.octets([UInt8](repeating: 0x20, count: 1_000))
    #expect(owner.heard() == [])
    owner.octets([0x20])
    #expect(owner.heard() == ["ended malformed"])
  }

  @Test func requestsWithoutAnAnswerAreBounded() throws {
    var limits = ClientSession.Limits()
    limits.openRequests = 2
    var owner = Owner(limits: limits)
    for _ in 1...2 { _ = try owner.request() }
    #expect(throws: ClientFailure.full) { try owner.request() }
    owner.hear(answer(1))
    #expect(try owner.request() == 3)
  }

  @Test func aResultIsReadAsItsMethods() throws {
    let good = try Answer(line: Array(answer(1).utf8))
    #expect(try good.result(of: RepList.self).items.isEmpty)
    #expect(throws: ClientFailure.malformed("a result that is not one of status")) {
      try good.result(of: Status.self)
    }
    let refused = try Answer(
      line: Array(
        #"{"jsonrpc":"2.0","id":1,"error":{"code":-32002,"message":"no such rep","data":{"id":"rep_1","kind":"rep"}}}"#
          .utf8))
    #expect(
      throws: APIError(
        .notFound, "no such rep", data: [.init("id", .text("rep_1")), .init("kind", .text("rep"))])
    ) {
      try refused.result(of: RepList.self)
    }
  }
}
