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

/// The writer over a store whose file layer fails on demand.
private final class FailingStore {
  let counter: SyncCounter
  let directory: TemporaryDirectory
  let inputs: Mailbox<NetworkInput>
  let network: Mailbox<NetworkOutput>
  let waker = Waker()
  let state: WriterState
  let lifecycle: EventLoop
  private(set) var thread: Worker?

  init(_ name: String) throws {
    counter = try SyncCounter(name: name)
    directory = try TemporaryDirectory()
    lifecycle = try EventLoop()
    state = WriterState(lifecycle: lifecycle.waker)
    inputs = Mailbox("inputs", capacity: 1_000, waker: waker)
    network = Mailbox("outputs", capacity: 1_000, waker: Waker())
    let commands = Mailbox<CommandRequest>("commands", capacity: 10, waker: waker)
    let brand = GatewaySettings.Brand(
      name: "Acme", help: "Help.", country: "US", stopConfirmation: "Stopped.", startConfirmation: "Started.")
    let gateway = try Gateway(
      path: directory.path + "/tollgate.sqlite3",
      settings: GatewaySettings(brand: brand, carriers: ["alpha": CarrierProfile()]),
      now: WallClock.nowMilliseconds, vfs: name)
    let writer = Unchecked(
      value: Writer(
        gateway: gateway, inputs: inputs, commands: commands, network: network, journal: Journal(),
        waker: waker, time: SystemTime(),
        state: state))
    thread = try Worker.start(name: "writer", stackSize: 8 << 20) { writer.value.run() }
  }

  /// Something that is written down: a session's change of state is an event.
  func change() {
    _ = inputs.post(.bind(BindChange(carrier: 1, session: 0, state: .bound, reason: "", at: 0)))
    waker.wake()
  }

  /// Waits for the writer's thread to end by itself.
  func join() { thread?.join() }

  private struct Unchecked: @unchecked Sendable {
    // SAFETY: made here, used on the writer's thread alone.
    let value: Writer
  }
}

@Test func aFailedSyncIsNotTriedAgainAndTheProcessEndsWithItsStatus() throws {
  let store = try FailingStore("writer-sync-fails")
  store.counter.failLogSyncs(true)
  store.change()
  // It ends by itself: nobody asked it to.
  store.join()
  #expect(store.state.failureStatus == Daemon.Exit.storeUnsure)
  #expect(!store.state.isEnding)
  let syncs = store.counter.logSyncs
  store.counter.failLogSyncs(false)
  store.change()
  store.state.end()
  store.waker.wake()
  #expect(store.counter.logSyncs == syncs, "what failed was synced again")
}

@Test func whatAFailureOfTheStoreLeadsTo() throws {
  func status(of error: StoreError) -> Int32? {
    guard case .ends(let status, _) = error.failure else { return nil }
    return status
  }
  let counter = try SyncCounter(name: "failures")
  let directory = try TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  let database = try Database(path: directory.path + "/store", mode: .writer, vfs: counter.name)
  try database.execute("CREATE TABLE item (id INTEGER PRIMARY KEY) STRICT")
  func failure() throws -> StoreError {
    try #require(throws: StoreError.self) {
      try database.transaction { () throws(StoreError) in try database.run("INSERT INTO item DEFAULT VALUES")
      }
    }
  }
  counter.fillDisk(true)
  let full = try failure()
  #expect(full.kind == .full && status(of: full) == nil)
  guard case .waits = full.failure else {
    Issue.record("a full disk is not waited for")
    return
  }
  counter.fillDisk(false)
  counter.failLogSyncs(true)
  let unsure = try failure()
  #expect(unsure.leavesDurabilityUnknown)
  #expect(status(of: unsure) == Daemon.Exit.storeUnsure)
  // `tollgate integrity` knows nothing of rows: another start reads them anew, or is the last.
  let row = StoreError.damaged("run", row: 1)
  #expect(status(of: row) == Daemon.Exit.storeUnsure && row.statusOfTheStart == Daemon.Exit.cannotCreate)
}

/// Nothing may be built on memory that is neither what the batch made of it nor what the store says.
@Test func aRollbackThatCannotReadMemoryAnewEndsTheProcess() throws {
  let directory = try TemporaryDirectory()
  defer { withExtendedLifetime(directory) {} }
  let gateway = try Gateway(
    path: directory.path + "/store.sqlite3",
    settings: GatewaySettings(
      brand: .init(name: "Acme", help: "Help."), carriers: ["alpha": CarrierProfile()]),
    now: WallClock.nowMilliseconds)
  let state = WriterState(lifecycle: Waker())
  let commands = Mailbox<CommandRequest>("commands", capacity: 10, waker: Waker())
  let writer = Writer(
    gateway: gateway, inputs: Mailbox("inputs", capacity: 10, waker: Waker()), commands: commands,
    network: Mailbox("outputs", capacity: 1_000, waker: Waker()), journal: Journal(), waker: Waker(),
    time: TestClock(step: 1), state: state)
  writer.start()
  // The command cannot be carried out, and what memory is read from is gone too.
  try gateway.store.execute("DROP TABLE rep")
  let caller = Caller(role: Role(name: "admin", may: ["*"]), userID: 0, processID: 1)
  for request in 1...2 {
    commands.post(
      CommandRequest(
        token: .init(connection: 1, request: UInt64(request)), command: .repAdd(RepAdd(name: "Anna")),
        caller: caller))
  }
  writer.turn()
  #expect(state.failureStatus == Daemon.Exit.storeUnsure)
  #expect(!writer.turn(), "nothing is taken after it")
}
