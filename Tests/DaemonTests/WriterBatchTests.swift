import Carriers
import Contract
import NetIO
import Settings
import SocketServer
import TestSupport
import Testing

@testable import Daemon
@testable import Gateway

private final class Answers: ReplySink {
  private let list = Lock([Reply]())
  var count: Int { list.withLock { $0.count } }
  func complete(_ token: ReplyToken, with reply: Reply) { list.withLock { $0.append(reply) } }
  func newestChanged(_ sequence: Int64) {}
}

@Test(
  "A batch takes commands for 10 ms and no longer, and one at least: what a carrier sends does not wait for all of them",
  arguments: [(step: Int64(1), perBatch: 10), (step: 4, perBatch: 3), (step: 50, perBatch: 1)])
func commandsOfOneBatch(step: Int64, perBatch: Int) throws {
  let directory = try TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  let answers = Answers()
  let state = WriterState(lifecycle: Waker())
  state.serve(answers)
  let commands = Mailbox<CommandRequest>("commands", capacity: 100, waker: Waker())
  let writer = Writer(
    gateway: try Gateway(
      path: directory.path + "/store.sqlite3",
      settings: GatewaySettings(
        brand: .init(
          name: "Acme", help: "Help.", country: "US", stopConfirmation: "Stopped.",
          startConfirmation: "Started."),
        carriers: ["alpha": CarrierProfile()]), now: 1_795_000_000_000),
    inputs: Mailbox("inputs", capacity: 10, waker: Waker()), commands: commands,
    network: Mailbox("outputs", capacity: 1_000, waker: Waker()), journal: Journal(), waker: Waker(),
    time: TestClock(step: step), state: state)
  writer.start()
  let caller = Caller(role: Role(name: "admin", may: ["*"]), userID: 0, processID: 1)
  for index in 0..<12 {
    let add = Command.repAdd(RepAdd(name: "Rep \(index)", mobile: nil, idempotencyKey: "\(index)"))
    commands.post(
      CommandRequest(token: .init(connection: 1, request: UInt64(index)), command: add, caller: caller))
  }
  var taken: [Int] = []
  while writer.turn() {
    taken.append(answers.count - taken.reduce(0, +))
    #expect(writer.isBusy == (answers.count < 12), "what is left is taken at once")
  }
  #expect(taken.dropLast().allSatisfy { $0 == perBatch })
  #expect(taken.reduce(0, +) == 12)
}
