import Carriers
import Contract
import NetIO
import Settings
import SocketServer
import Store
import TestSupport
import Testing

@testable import Daemon
@testable import Gateway

/// Long work that fails: at any slice, of any kind. Who waits for its end is answered, and the other work goes on.
@Suite struct JobFailureTests {
  private final class Answers: ReplySink {
    private let list = Lock([(ReplyToken, Reply)]())
    func complete(_ token: ReplyToken, with reply: Reply) { list.withLock { $0.append((token, reply)) } }
    func newestChanged(_ sequence: Int64) {}
    func take() -> [(ReplyToken, Reply)] {
      list.withLock { list in
        defer { list = [] }
        return list
      }
    }
  }

  /// A writer on its own, turned by hand.
  private final class Desk {
    let directory: TemporaryDirectory
    let settings: GatewaySettings
    let gateway: Gateway
    let writer: Writer
    let commands = Mailbox<CommandRequest>("commands", capacity: 100, waker: Waker())
    let answers = Answers()
    let state = WriterState(lifecycle: Waker())
    private var request: UInt64 = 0
    private static let caller = Caller(role: Role(name: "admin", may: ["*"]), userID: 0, processID: 1)

    init(vfs: String? = nil) throws {
      directory = try TemporaryDirectory(isInMemory: vfs == nil)
      settings = GatewaySettings(
        brand: .init(name: "Acme", help: "Help.", country: "US"), carriers: ["alpha": CarrierProfile()])
      gateway = try Gateway(
        path: directory.path + "/store.sqlite3", settings: settings, now: WallClock.nowMilliseconds, vfs: vfs)
      state.serve(answers)
      writer = Writer(
        gateway: gateway, inputs: Mailbox("inputs", capacity: 10, waker: Waker()), commands: commands,
        network: Mailbox("outputs", capacity: 100_000, waker: Waker()), journal: Journal(), waker: Waker(),
        time: TestClock(step: 0), state: state)
      writer.start()
    }

    func post(_ command: Command) -> ReplyToken {
      request += 1
      let token = ReplyToken(connection: 1, request: request)
      commands.post(CommandRequest(token: token, command: command, caller: Desk.caller))
      return token
    }

    /// Turns until nothing is left to do: what was answered, by request.
    func run(atMost turns: Int = 200) -> [ReplyToken: [Reply]] {
      var found: [ReplyToken: [Reply]] = [:]
      for _ in 0..<turns {
        writer.turn()
        for (token, reply) in answers.take() { found[token, default: []].append(reply) }
        if !writer.isBusy { break }
      }
      return found
    }

    func call<R: Decodable>(_ command: Command) throws -> R {
      let token = post(command)
      guard case .result(let json)? = run()[token]?.first else { throw APIError.internalError }
      return try ContractJSON.decode(R.self, from: json)
    }

    /// Anna with a number, and contacts of hers for several slices.
    func furnish(contacts: Int) throws {
      let anna: RepView = try call(.repAdd(RepAdd(name: "Anna")))
      let _: NumberView = try call(
        .numberAdd(
          NumberAdd(
            number: try #require(TypedPhone("+18885550101")), carrier: "alpha", rate: 10, repID: anna.repID))
      )
      let _: TestPhones = try call(.goLive(GoLive(live: true)))
      for first in stride(from: 0, to: contacts, by: 400) {
        let inputs = (first..<min(contacts, first + 400)).map {
          ContactInput(
            phones: ["+1202555\(String($0 + 1_000).suffix(4))"], firstName: "C\($0)", repID: anna.repID)
        }
        let added: ContactUpsertResult = try call(.contactUpsert(ContactUpsert(contacts: inputs)))
        try #require(added.created == inputs.count)
      }
    }

    func plan(_ key: String, _ text: String = "Hi") -> Command {
      .campaignPlan(CampaignPlan(audience: Audience(all: true), text: text, idempotencyKey: key))
    }

    /// From now on the row of a table that makes it `count` fails, whatever is done.
    func fail(_ table: String, at count: Int) throws {
      try gateway.store.execute(
        """
        CREATE TRIGGER failing BEFORE INSERT ON \(table) WHEN (SELECT count(*) FROM \(table)) >= \(count)
        BEGIN SELECT raise(ABORT, 'it fails'); END
        """)
    }

    func mend() throws { try gateway.store.execute("DROP TRIGGER failing") }
  }

  /// 450 contacts are three slices.
  @Test(arguments: [0, 199, 200, 399, 400, 449]) func aPlanThatFailsIsAnsweredAtWhateverSlice(row: Int) throws
  {
    let desk = try Desk()
    try desk.furnish(contacts: 450)
    try desk.fail("recipient", at: row)
    let (one, other) = (desk.post(desk.plan("a")), desk.post(desk.plan("b", "Other")))
    let replies = desk.run()
    #expect(replies[one] == [.failure(.internalError)] && replies[other] == [.failure(.internalError)])
    #expect(!desk.gateway.hasJobs && !desk.state.hasFailed)
    // Nothing is left of it, and the same key plans anew.
    #expect(try desk.gateway.store.int("SELECT count(*) FROM recipient") == 0)
    #expect(try desk.gateway.store.int("SELECT count(*) FROM campaign") == 0)
    try desk.mend()
    let planned: CampaignPlanResult = try desk.call(desk.plan("a"))
    #expect(planned.recipients == 450)
  }

  /// After some 256 of them the connection was read no more.
  @Test func everyPlanForAContactThatIsNotThereIsAnswered() throws {
    let desk = try Desk()
    try desk.furnish(contacts: 1)
    for index in 0..<300 {
      let audience = Audience(contactIDs: [ContactID(1), ContactID(Int64(1_000 + index))])
      let token = desk.post(
        .campaignPlan(CampaignPlan(audience: audience, text: "Hi", idempotencyKey: "\(index)")))
      let replies = desk.run()[token]
      guard case .failure(let error)? = replies?.first, replies?.count == 1 else {
        Issue.record("\(replies ?? [])")
        return
      }
      #expect(error.code == .notFound)
    }
  }

  /// The work that failed leaves, and none in its place.
  @Test func aJobThatFailsTakesNoOtherWithIt() throws {
    let desk = try Desk()
    try desk.furnish(contacts: 450)
    let planned: CampaignPlanResult = try desk.call(desk.plan("a"))
    try desk.fail("message", at: 300)
    let commit = desk.post(
      .campaignCommit(CampaignCommit(campaignID: planned.campaignID, idempotencyKey: "commit")))
    let plan = desk.post(desk.plan("b", "Other"))
    let replies = desk.run()
    guard case .result? = replies[commit]?.first, case .result? = replies[plan]?.first else {
      Issue.record("\(replies)")
      return
    }
    #expect(replies[commit]?.count == 1 && replies[plan]?.count == 1)
    // It is told, and the next start fills what is left.
    #expect(try desk.gateway.store.int("SELECT count(*) FROM message") == 250)
    try desk.mend()
  }

  /// A batch of others that fails again and again does not set a plan back to its beginning.
  @Test func aPlanGoesOnBetweenBatchesThatFail() throws {
    let desk = try Desk()
    try desk.furnish(contacts: 450)
    try desk.fail("rep", at: 1)
    let plan = desk.post(desk.plan("a"))
    var replies: [Reply] = []
    for _ in 0..<6 {
      _ = desk.post(.repAdd(RepAdd(name: "Ben")))
      desk.writer.turn()
      replies += desk.answers.take().filter { $0.0 == plan }.map(\.1)
    }
    guard case .result(let json)? = replies.first, replies.count == 1 else {
      Issue.record("\(replies)")
      return
    }
    #expect(try ContractJSON.decode(CampaignPlanResult.self, from: json).recipients == 450)
  }

  /// While the disk is full a plan cannot go on: its caller is told so, and asks again later.
  @Test func aPlanIsAnsweredWhileTheStoreFails() throws {
    let counter = try SyncCounter(name: "plan-on-a-full-disk")
    let desk = try Desk(vfs: counter.name)
    try desk.furnish(contacts: 450)
    let plan = desk.post(desk.plan("a"))
    desk.writer.turn()
    #expect(desk.answers.take().isEmpty)
    counter.fillDisk(true)
    desk.writer.turn()
    let told = desk.answers.take()
    #expect(told.map(\.0) == [plan])
    guard case .failure(let error)? = told.first?.1 else {
      Issue.record("no error")
      return
    }
    #expect(error.code == .busy)
  }

  /// What a process that was killed was planning has nobody to answer.
  @Test func aPlanThatAStartFindsUnfinishedIsExpired() throws {
    func unfinished(_ gateway: Gateway) throws -> Int64? {
      try gateway.store.int("SELECT count(*) FROM campaign WHERE state = 'planning'")
    }
    var desk: Desk? = try Desk()
    let directory = try #require(desk?.directory)
    let settings = try #require(desk?.settings)
    try desk?.furnish(contacts: 450)
    _ = desk.map { $0.post($0.plan("a")) }
    desk?.writer.turn()
    #expect(try desk.map { try unfinished($0.gateway) } == 1)
    desk = nil
    let again = try Gateway(
      path: directory.path + "/store.sqlite3", settings: settings, now: WallClock.nowMilliseconds)
    #expect(try unfinished(again) == 0)
  }
}
