import Contract
import Gateway
import NetIO
import SMPP
import SocketServer
import Store
import Synchronization

/// The writer's thread: what has gathered becomes one transaction, and only what was committed is let out.
package final class Writer {
  enum Limits {
    /// Inputs of one transaction: past some hundreds the share of the sync is nothing, and a lone message would wait.
    static let inputs = 256
    /// Commands of one transaction.
    static let commands = 64
    /// What the commands of one transaction may take before the rest waits for the next: PDUs wait behind them.
    static let commandTime = Duration.milliseconds(10)
    /// Milliseconds between two rounds of housekeeping.
    static let housekeeping: Int64 = 250
    /// How long inputs that must not be lost are kept before they are tried again on a store that fails.
    static let retry = Duration.milliseconds(500)
  }

  private let gateway: Gateway
  private let inputs: Mailbox<NetworkInput>
  private let commands: Mailbox<CommandRequest>
  private let network: Mailbox<NetworkOutput>
  private let journal: Journal
  private let waker: Waker
  private let time: any Timekeeper
  private let state: WriterState
  private var tokens: [UInt64: ReplyToken] = [:]
  private var nextToken: UInt64 = 1
  private var pendingInputs: [NetworkInput] = []
  private var inputHead = 0
  private var pendingCommands: [CommandRequest] = []
  private var commandHead = 0
  private var lastHousekeeping: Int64 = 0
  private var isFailing = false
  /// When a store that fails is tried again.
  private var retryAt: Duration = .zero

  init(
    gateway: Gateway, inputs: Mailbox<NetworkInput>, commands: Mailbox<CommandRequest>,
    network: Mailbox<NetworkOutput>, journal: Journal, waker: Waker, time: any Timekeeper,
    state: WriterState
  ) {
    self.gateway = gateway
    self.inputs = inputs
    self.commands = commands
    self.network = network
    self.journal = journal
    self.waker = waker
    self.time = time
    self.state = state
  }

  /// Runs until `state.end()`, then once more over what is left; or until the store fails for good.
  func run() {
    start()
    while !state.hasFailed {
      let ending = state.isEnding
      let hadWork = turn()
      // A failing store keeps what waits; the next start settles it.
      if ending, isFailing || !hadWork && !hasPending { break }
      if !isBusy { waker.park(until: time.now + pause) }
    }
    if state.hasFailed { gateway.store.abandon() }
  }

  /// Sends the network side what the store holds.
  package func start() {
    do throws(StoreError) {
      release(Released(network: try gateway.introduce()))
    } catch {
      end(because: error)
    }
  }

  /// One round: a batch, housekeeping, a slice of long work.
  /// - Returns: whether there was anything to do.
  @discardableResult
  package func turn() -> Bool {
    guard !state.hasFailed else { return false }
    gather()
    let hadWork = hasPending
    if isFailing, time.now < retryAt {
      // Not time to try again yet; refuse what can be refused.
      refuseWhatCanBe()
    } else {
      if hasPending { batch() }
      if !state.hasFailed { housekeep() }
      if gateway.hasJobs, !isFailing, !state.hasFailed { slice() }
    }
    state.pulse.beat(at: time.now)
    return hadWork
  }

  /// More is to be done at once.
  package var isBusy: Bool { !isFailing && (hasPending || gateway.hasJobs) }

  /// How long to wait where nothing comes.
  package var pause: Duration { isFailing ? Limits.retry : .milliseconds(Limits.housekeeping) }

  private var hasPending: Bool { inputHead < pendingInputs.count || commandHead < pendingCommands.count }

  private func gather() {
    if inputHead == pendingInputs.count {
      pendingInputs.removeAll(keepingCapacity: true)
      inputHead = 0
      inputs.drain(into: &pendingInputs)
    }
    if commandHead == pendingCommands.count {
      pendingCommands.removeAll(keepingCapacity: true)
      commandHead = 0
      commands.drain(into: &pendingCommands)
    }
  }

  // MARK: Batches

  private func batch() {
    let inputEnd = min(pendingInputs.count, inputHead + Limits.inputs)
    let commandEnd = min(pendingCommands.count, commandHead + Limits.commands)
    let taken = pendingInputs[inputHead..<inputEnd]
    var asked: [PendingCommand] = []
    do throws(StoreError) {
      gateway.begin(at: time.wallMilliseconds)
      try gateway.open()
      let opened = time.now
      for request in pendingCommands[commandHead..<commandEnd] {
        if !asked.isEmpty, time.now - opened >= Limits.commandTime { break }
        asked.append(pending(request))
        try gateway.run(asked[asked.count - 1])
      }
      for input in taken { try gateway.take(input) }
      gateway.retryDue()
      let began = time.now
      let released = try gateway.commit()
      state.committed(
        inputs: taken.count, commands: asked.count, nanoseconds: (time.now - began).wholeNanoseconds)
      release(released)
      recovered()
      inputHead = inputEnd
      commandHead += asked.count
    } catch {
      state.batchFailed()
      guard undo(error) else {
        for command in asked { tokens[command.token] = nil }
        return
      }
      inputHead = inputEnd
      commandHead += asked.count
      for command in asked { alone(command) }
      for input in taken { alone(input) }
    }
  }

  private func pending(_ request: CommandRequest) -> PendingCommand {
    let token = nextToken
    nextToken += 1
    tokens[token] = request.token
    return PendingCommand(
      token: token,
      caller: Requester(request.caller), command: request.command)
  }

  /// Undoes a batch. False when the store itself fails: then nothing is consumed, and all waits for it to recover.
  private func undo(_ error: StoreError) -> Bool {
    guard !endsProcess(error), rollBack() else { return false }
    guard case .waits = error.failure else { return true }
    if !isFailing {
      journal.writeLimited(
        .critical, key: .store, "event=store_failed \(error); commands are refused until it recovers")
    }
    isFailing = true
    retryAt = time.now + Limits.retry
    refuseWhatCanBe()
    return false
  }

  /// Undoes what the batch did, in the store and in memory. False where memory cannot be read anew: then the process ends, since
  /// nothing may be built on it.
  private func rollBack() -> Bool {
    do throws(StoreError) {
      try gateway.rollBack()
      return true
    } catch {
      end(because: error)
      return false
    }
  }

  private func end(because error: StoreError) {
    guard !endsProcess(error), state.fail(with: Daemon.Exit.storeUnsure) else { return }
    journal.write(.critical, "event=store_failed the store cannot be read: \(error)")
    gateway.store.abandon()
  }

  private func recovered() {
    guard isFailing else { return }
    isFailing = false
    journal.writeLimited(.warning, key: .store, "event=store_recovered")
  }

  /// A failure after which nothing may be written or tried again. True: the process ends, and this thread with it.
  private func endsProcess(_ error: StoreError) -> Bool {
    guard case .ends(let status, let why) = error.failure else { return false }
    gateway.store.abandon()
    if state.fail(with: status) { journal.write(.critical, "event=store_failed \(error); \(why)") }
    return true
  }

  /// While the store fails: commands are busy, texts are refused so that the carrier keeps them, answers wait.
  private func refuseWhatCanBe() {
    for request in pendingCommands[commandHead...] {
      state.reply(request.token, .failure(.busy("store", "the store cannot be written; try again")))
    }
    commandHead = pendingCommands.count
    for command in gateway.abandonJobs() {
      answer(command.token, .failure(.busy("store", "the store cannot be written; try again")))
    }
    var kept: [NetworkInput] = []
    var refused: [NetworkOutput] = []
    for input in pendingInputs[inputHead...] {
      switch input {
      case .inbound(let pdu): refused.append(.respond(pdu.request, pdu.kind.busy))
      case .asked(let request, _, _): refused.append(.respond(request, .ESME_RSYSERR))
      case .permits(let permits): refused += permits.map { .claimed($0, got: 0) }
      case .answered, .overdue, .unanswered, .returned, .revoked, .bind, .sessionLost, .reachable,
        .receiptSettled, .certificate, .disk, .guessing:
        kept.append(input)
      }
    }
    pendingInputs = kept
    inputHead = 0
    post(refused)
  }

  /// One command that failed with its batch, by itself.
  private func alone(_ command: PendingCommand) {
    guard !state.hasFailed else { return }
    do throws(StoreError) {
      try transact { gateway throws(StoreError) in try gateway.run(command) }
    } catch {
      guard !endsProcess(error), rollBack() else { return }
      journal.writeLimited(
        .critical, key: .store, "event=command_failed method=\(command.command.method.rawValue) \(error)")
      answer(command.token, .failure(.internalError))
    }
  }

  /// One input that failed with its batch, by itself; a PDU that fails alone is set aside and acknowledged.
  private func alone(_ input: NetworkInput) {
    guard !state.hasFailed else { return }
    do throws(StoreError) {
      try transact { gateway throws(StoreError) in try gateway.take(input) }
    } catch {
      guard !endsProcess(error), rollBack() else { return }
      journal.writeLimited(.critical, key: .store, "event=input_failed \(error)")
      if case .inbound(let pdu) = input { setAside(pdu) }
    }
  }

  private func setAside(_ pdu: InboundPDU) {
    do throws(StoreError) {
      try transact { gateway throws(StoreError) in try gateway.setAside(pdu) }
    } catch {
      guard !endsProcess(error), rollBack() else { return }
      post([.respond(pdu.request, pdu.kind.busy)])
    }
  }

  /// A batch of one thing.
  private func transact(_ body: (Gateway) throws(StoreError) -> Void) throws(StoreError) {
    gateway.begin(at: time.wallMilliseconds)
    try gateway.open()
    try body(gateway)
    release(try gateway.commit())
  }

  /// A piece of long work, between batches.
  private func slice() {
    do throws(StoreError) {
      try transact { gateway throws(StoreError) in try gateway.stepJob() }
    } catch {
      guard undo(error), let failed = gateway.takeFailedJob() else { return }
      journal.write(.critical, "event=job_failed \(error)")
      settle(failed)
    }
  }

  /// A job that cannot go on leaves nothing half done, and no command without its answer.
  private func settle(_ failed: Gateway.FailedJob) {
    let command = failed.unanswered
    do throws(StoreError) {
      try transact { gateway throws(StoreError) in try gateway.settle(failed) }
    } catch {
      guard !endsProcess(error), rollBack() else { return }
      journal.writeLimited(.critical, key: .store, "event=job_not_settled \(error)")
    }
    if let command { answer(command.token, .failure(.internalError)) }
  }

  private func housekeep() {
    let now = time.wallMilliseconds
    guard abs(now - lastHousekeeping) >= Limits.housekeeping else { return }
    lastHousekeeping = now
    do throws(StoreError) {
      gateway.begin(at: now)
      guard gateway.needsHousekeeping else { return }
      try gateway.open()
      try gateway.housekeep()
      release(try gateway.commit())
      recovered()
    } catch {
      _ = undo(error)
    }
  }

  // MARK: Letting out

  private func release(_ released: Released) {
    for notice in released.notices { journal.write(notice.severity, notice.line) }
    post(released.network)
    for reply in released.replies { answer(reply.token, reply.outcome) }
    if let newest = released.newest { state.newestChanged(newest) }
  }

  private func post(_ outputs: [NetworkOutput]) {
    guard !outputs.isEmpty else { return }
    // The loop never waits for us, so room always comes.
    while !network.post(contentsOf: outputs) { waker.park(until: time.now + .milliseconds(1)) }
  }

  private func answer(_ token: UInt64, _ outcome: Result<[UInt8], APIError>) {
    guard let token = tokens.removeValue(forKey: token) else { return }
    switch outcome {
    case .success(let result): state.reply(token, .result(result))
    case .failure(let error): state.reply(token, .failure(error))
    }
  }
}
