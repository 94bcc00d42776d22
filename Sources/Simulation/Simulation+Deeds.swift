import CarrierSimulator
import Store

/// What people do, and what goes wrong.
extension Simulation {
  func happen(_ deed: Story.Deed) {
    note("deed \(deed.number) \(deed.kind)")
    if deed.kind.isFault { faults += 1 }
    let now = clock.now
    switch deed.kind {
    case .campaign(let parts, let copy):
      desk.campaign(nextCampaign, parts: parts, copyToRep: copy)
      nextCampaign += 1
    case .send(let phone, let parts):
      desk.send(nextSend, to: phone, parts: parts)
      nextSend += 1
    case .text(let phone, let number, let words): phones.write(phone, to: number, words)
    case .cancelCampaign: desk.cancelCampaign()
    case .more:
      let missing = Story.segments - witness.submits
      desk.campaign(
        nextCampaign, parts: max(1, min(3, (missing + story.phones - 1) / story.phones)), copyToRep: false)
      nextCampaign += 1
    case .pause(let number, let time): desk.pause(number, for: time)
    case .order(let order): staff.give(order)
    case .effects: proveEffects { [unowned self] in comeToRest(since: clock.now) }
    case .loseConnections(let carrier, let whole): smscs[carrier].loseConnections(whole: whole)
    case .outage(let carrier, let time): smscs[carrier].goDown(until: now + time)
    case .silence(let carrier, let time): smscs[carrier].become(\.silent, until: now + time)
    case .throttling(let carrier, let time): smscs[carrier].become(\.throttling, until: now + time)
    case .refusals(let carrier, let time): smscs[carrier].become(\.refusing, until: now + time)
    case .lostAnswers(let carrier, let time): smscs[carrier].become(\.losingAnswers, until: now + time)
    case .lostReceipts(let carrier, let time): smscs[carrier].become(\.losingReceipts, until: now + time)
    case .doubledReceipts(let carrier, let time): smscs[carrier].become(\.doublingReceipts, until: now + time)
    case .earlyReceipts(let carrier, let time): smscs[carrier].become(\.earlyReceipts, until: now + time)
    case .oddReceipts(let carrier, let time): smscs[carrier].become(\.oddReceipts, until: now + time)
    case .olderVersion(let carrier, let time):
      smscs[carrier].become(\.older, until: now + time)
      smscs[carrier].loseConnections(whole: false)
    case .slowNetwork(let time): slowNetworkUntil = now + time
    case .narrowNetwork(let carrier, let time):
      smscs[carrier].become(\.narrow, until: now + time)
      smscs[carrier].loseConnections(whole: true)
    case .slowDisk(let time):
      disk.trouble.syncTakes = .milliseconds(random.within(20, 3_000))
      after(time) { [unowned self] in disk.trouble.syncTakes = .zero }
    case .fullDisk(let time):
      disk.trouble.isFull = true
      after(time) { [unowned self] in disk.trouble.isFull = false }
    case .failingDisk(let time):
      disk.trouble.writesFail = true
      after(time) { [unowned self] in disk.trouble.writesFail = false }
    case .failingSync:
      disk.trouble.syncsFail = true
      after(.seconds(2)) { [unowned self] in disk.trouble.syncsFail = false }
    case .kill: crash(losingPower: false)
    case .powerCut(let operations):
      disk.operationsLeft = operations
      let process = process
      after(.seconds(3)) { [unowned self] in
        if self.process == process { crash(losingPower: true) }
      }
    case .stop: stop()
    case .clockStep(let milliseconds): clock.jump(milliseconds)
    case .appDies(let app): apps[app].begin()
    case .checkpoint: checkpoint(isIdle: true)
    }
  }

  /// The checkpointer has its turn.
  func checkpoint(isIdle: Bool) {
    guard let gateway else { return }
    do {
      if gateway.checkpoints == nil {
        gateway.checkpoints = try Database(path: Simulation.storePath, mode: .checkpointer, vfs: disk.name)
      }
      if let connection = gateway.checkpoints {
        _ = gateway.checkpointer.look(on: connection, isIdle: isIdle)
      }
    } catch {
      note("checkpoint: \(error)")
    }
    if disk.isDark { crash(losingPower: true) }
  }

  func look(atJournal line: String) {
    note("journal \(line)")
    var run: [UInt8] = []
    for octet in Array(line.utf8) + [0] {
      if octet &- 0x30 < 10 {
        run.append(octet)
        continue
      }
      if run.count >= 10 {
        let digits = String(decoding: run, as: UTF8.self)
        if Phones.place(of: run.count == 10 ? "1" + digits : digits) != nil || mobiles.contains(digits) {
          witness.violated("private", "the journal has a phone in it: \(line)")
        }
      }
      run.removeAll(keepingCapacity: true)
    }
  }
}
