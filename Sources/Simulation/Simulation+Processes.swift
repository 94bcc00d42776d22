import CarrierSimulator
import Contract
import Daemon
import Gateway
import NetIO
import SocketServer
import Store

/// The gateway's processes: how each begins, and how it ends.
extension Simulation {
  func boot() throws {
    process += 1
    disk.beginProcess()
    let sockets = SimulatedSockets()
    sockets.onConnect = { [unowned self] address in smscs.first { $0.address == address }?.connected() }
    let journalState = journalState
    let assembly = try Assembly(
      configuration,
      on: .init(
        storePath: Simulation.storePath, vfs: disk.name, sockets: sockets, time: clock,
        random: SeededRandom(seed: random.next()),
        journal: Journal(time: clock) { _, line in journalState.lines.append(line) }, lifecycle: Waker()))
    assembly.writerState.serve(replies)
    let running = Running(assembly, sockets, at: clock.now)
    startedAt = clock.now
    gateway = running
    assembly.writer.start()
    assembly.network.start()
    note("process \(process) begins")
    if process > 1 { audit() }
  }

  /// The store as `tollgate verify` goes over it.
  func audit() {
    do {
      let reader = try Database(path: Simulation.storePath, mode: .reader, vfs: disk.name)
      let findings = try StoreAudit(reader, now: clock.wallMilliseconds, stuckAfter: nil).run()
      if let finding = findings.first {
        witness.violated(
          "verify",
          "\(finding.kind.rawValue) \(finding.subject): \(finding.detail) (of \(findings.count) findings)")
      }
    } catch {
      witness.violated("verify", "\(error)")
    }
  }

  /// Turns of the writer between two looks, at most.
  static let turnsBetweenAudits: Int64 = 300

  /// What the gateway holds in memory is what a start would read: after batches of chance, and after those that refused a command.
  func lookIntoMemory(_ gateway: Running, _ answers: [(ReplyToken, Reply)]) {
    gateway.turnsToAudit -= 1
    let isRefused = answers.contains {
      if case .failure(let error) = $0.1 { error.code != .busy } else { false }
    }
    guard gateway.turnsToAudit <= 0 || isRefused else { return }
    gateway.turnsToAudit = Int(memoryRandom.within(1, Simulation.turnsBetweenAudits))
    auditMemory(gateway)
  }

  func auditMemory(_ gateway: Running) {
    do {
      let audit = try gateway.audit ?? MemoryAudit(gateway.assembly.gateway)
      gateway.audit = audit
      let differences = try audit.differences()
      if let first = differences.first {
        witness.violated("memory", "\(first) (of \(differences.count) differences)")
      }
    } catch {
      note("memory: \(error)")
    }
  }

  /// The process is gone, between two of its steps or in the middle of a write.
  func crash(losingPower: Bool) {
    guard gateway != nil else { return }
    crashes += 1
    noteFlying()
    note(losingPower ? "the power goes" : "the process ends")
    disk.endProcess()
    gateway = nil
    replies.held = []
    for app in apps { app.gatewayEnded() }
    if losingPower {
      disk.cutPower(&random)
      // What was on its way is lost; the other end hears of it later.
      for wire in wires { wire.breakDown() }
    } else {
      // The kernel sends what it has, then the end.
      for wire in wires { wire.close() }
    }
    let dead = wires
    after(.milliseconds(random.within(100, 2_500))) { [unowned self] in
      for smsc in smscs {
        for session in smsc.sessions where dead.contains(where: { $0 === session.wire }) {
          smsc.over(session)
        }
      }
    }
    after(.milliseconds(random.within(100, 4_000))) { [unowned self] in bootAgain() }
  }

  /// What is with the loop when a process ends may have been written, or not.
  private func noteFlying() {
    guard let gateway else { return }
    witness.flyingAtEnds.formUnion(gateway.flying)
    witness.flyingAtEnds.formUnion(gateway.assembly.gateway.messagesInFlight)
  }

  func bootAgain() {
    do {
      try boot()
    } catch {
      // A disk that is full or fails, or the power: systemd tries again.
      gateway = nil
      let isDark = disk.isDark
      disk.endProcess()
      note("the start failed: \(error)")
      if isDark { disk.cutPower(&random) }
      guard isDark || disk.trouble != SimulatedDisk.Trouble() else {
        return witness.violated("start", "the store cannot be opened: \(error)")
      }
      after(.seconds(1)) { [unowned self] in bootAgain() }
    }
  }

  /// SIGTERM.
  func stop() {
    guard let gateway, !gateway.isDraining else { return }
    gateway.isDraining = true
    gateway.assembly.control.drain(within: .seconds(5))
    gateway.network = clock.now
  }

  /// The log has become long enough for the checkpointer's thread.
  func wakeCheckpointer(_ gateway: Running) {
    guard !gateway.checkpointIsDue,
      gateway.assembly.gateway.store.wal.frames >= Running.checkpoints.startFrames
    else { return }
    gateway.checkpointIsDue = true
    after(.milliseconds(random.within(1, 100))) { [unowned self, weak gateway] in
      guard let gateway, gateway === self.gateway else { return }
      gateway.checkpointIsDue = false
      checkpoint(isIdle: false)
    }
  }

  func stopped() {
    guard let gateway else { return }
    // The writer's last rounds.
    for _ in 0..<3 where !gateway.assembly.writerState.hasFailed { gateway.assembly.writer.turn() }
    note("the process stops")
    noteFlying()
    replies.held = []
    self.gateway = nil
    disk.endProcess()
    for app in apps { app.gatewayEnded() }
    for wire in wires { wire.close() }
    after(.milliseconds(random.within(200, 3_000))) { [unowned self] in bootAgain() }
  }

  func end() {
    gateway = nil
    for app in apps { app.gatewayEnded() }
    disk.endProcess()
    events.removeAll()
  }

  func makeReader() -> FeedReader? { try? FeedReader(path: Simulation.storePath, vfs: disk.name) }

  func command(_ request: CommandRequest) -> Bool { gateway?.assembly.commands.post(request) ?? false }
}
