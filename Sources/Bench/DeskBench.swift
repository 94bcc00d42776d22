import CarrierSimulator
import Contract
import DaemonLauncher
import Glibc
import NetIO
import SocketClient

/// Agents at a long queue: how long an agent waits for the next conversation, and a screen for its first page.
enum DeskBench {
  /// Conversations that wait.
  static let waiting = 100_000
  static let agents = 20
  /// Calls of each kind in a run.
  static let calls = 500
  static let page = 50
  static let patience: Duration = .seconds(300)
  /// 99 of 100 answers come within these, in milliseconds.
  static let serveTarget = 20.0
  static let pageTarget = 50.0

  static func measure(_ settings: Bench.Settings) throws -> [Bench.Figure] {
    var carrier = CarrierSimulator.Configuration()
    carrier.isLoad = true
    carrier.deliverWindow = settings.window
    let gateway = try GatewayUnderTest(settings, contacts: 1, simulator: carrier)
    defer { gateway.stop() }
    try fill(gateway, settings)
    let people = try (0..<agents).map { try signIn("agent\($0)", gateway) }

    var served: (p50: [Double], p99: [Double]) = ([], [])
    var pages: [(name: String, p50: [Double], p99: [Double])] = []
    var floor: [Double] = []
    for _ in 0..<settings.runs {
      floor.append(Bench.percentile(0.99, ofSorted: try FloorBench.syncMilliseconds()))
      let times = try serve(people)
      served.p50.append(Bench.percentile(0.5, ofSorted: times))
      served.p99.append(Bench.percentile(0.99, ofSorted: times))
      for (index, (name, times)) in try screens(gateway, people[0]).enumerated() {
        if index == pages.count { pages.append((name, [], [])) }
        pages[index].p50.append(Bench.percentile(0.5, ofSorted: times))
        pages[index].p99.append(Bench.percentile(0.99, ofSorted: times))
      }
    }
    func figure(_ name: String, _ values: [Double], _ target: Double?) -> Bench.Figure {
      Bench.Figure(
        part: .desk, name: name, unit: .milliseconds, values: values,
        floor: .init(name: "one fdatasync, p99", values: floor), target: target,
        conditions: [
          ("conversations that wait", "\(waiting)"), ("agents", "\(agents)"),
          ("calls", "\(calls) of each kind a run, one at a time"), ("page", "\(page)"),
          ("runs", "\(settings.runs)"), ("synchronous", "FULL"),
        ])
    }
    return [
      figure("complete and next, p50", served.p50, nil),
      figure("complete and next, p99", served.p99, serveTarget),
    ]
      + pages.flatMap {
        [figure("\($0.name), p50", $0.p50, nil), figure("\($0.name), p99", $0.p99, pageTarget)]
      }
  }

  /// As many phones as conversations write to a number that nobody holds.
  private static func fill(_ gateway: GatewayUnderTest, _ settings: Bench.Settings) throws {
    let number = GatewayUnderTest.number + 1
    guard let address = PhoneNumber("+\(number)") else { throw Bench.Failure("no number") }
    _ = try gateway.client.call(
      NumberAdd(number: TypedPhone(address), carrier: "bench", rate: GatewayUnderTest.rate))
    _ = try gateway.client.call(QueueUpdate(queueID: QueueID(1), answerWithinS: 86_400, capacity: 100))
    gateway.simulator.generate(
      CarrierSimulator.InboundLoad(
        count: waiting, firstPhone: GatewayUnderTest.firstPhone, phones: waiting, firstNumber: number,
        text: GatewayUnderTest.text(settings.textOctets - 8)))
    let isAnswered = gateway.simulator.wait(upTo: patience) { $0.counts.inboundAnswered >= UInt64(waiting) }
    guard isAnswered else { throw Bench.Failure("the texts were not taken\n\(gateway.daemon.lastWords)") }
  }

  /// A page on which an agent of the default queue is signed in.
  private static func signIn(_ login: String, _ gateway: GatewayUnderTest) throws -> APIClient {
    let member = try gateway.client.call(MemberAdd(login: login, name: login, roles: [.agent])).memberID
    _ = try gateway.client.call(QueueJoin(queueID: QueueID(1), memberID: member))
    let invite = try gateway.client.call(MemberInvite(memberID: member))
    let page = try APIClient(
      path: gateway.daemon.socketPath, client: "tollgate-lab bench", role: GatewayUnderTest.page)
    func octets(_ count: Int) -> String {
      Base64URL.text(of: (0..<count).map { _ in UInt8.random(in: 0...255) })
    }
    page.actsIn = try page.call(
      SessionEnrol(token: invite.token, salt: octets(16), proof: octets(32), device: "bench")
    ).token
    _ = try page.call(MemberPresence(presence: .available))
    return page
  }

  /// Sorted milliseconds of each completion that serves the next.
  private static func serve(_ people: [APIClient]) throws -> [Double] {
    var current = try people.map { try conversation($0.call(ServeNext())) }
    var times: [Double] = []
    for call in 0..<calls {
      let agent = call % people.count
      let start = MonotonicClock.nowNanoseconds
      let done = try people[agent].call(
        ConversationComplete(conversationID: current[agent], serveNext: true))
      times.append(milliseconds(since: start))
      current[agent] = try conversation(done.serving)
    }
    for (page, conversation) in zip(people, current) {
      _ = try page.call(ConversationComplete(conversationID: conversation))
    }
    return times.sorted()
  }

  private static func conversation(_ serving: ServingView?) throws -> ConversationID {
    guard let id = serving?.conversation?.conversationID else { throw Bench.Failure("nobody was served") }
    return id
  }

  /// Sorted milliseconds of what a screen asks first.
  private static func screens(_ gateway: GatewayUnderTest, _ agent: APIClient) throws -> [(String, [Double])]
  {
    func times(_ ask: () throws -> Void) throws -> [Double] {
      try (0..<calls).map { _ in
        let start = MonotonicClock.nowNanoseconds
        try ask()
        return milliseconds(since: start)
      }.sorted()
    }
    return [
      ("inbox.list", try times { _ = try agent.call(InboxList(view: .waiting, limit: page)) }),
      ("conversation.list", try times { _ = try gateway.client.call(ConversationList(limit: page)) }),
      ("queue.get", try times { _ = try agent.call(QueueGet(queueID: QueueID(1))) }),
    ]
  }

  private static func milliseconds(since start: Int64) -> Double {
    Double(MonotonicClock.nowNanoseconds - start) / 1e6
  }
}
