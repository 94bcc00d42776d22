import CarrierSimulator
import Carriers
import Contract
import Daemon
import Gateway
import LocalAPI
import NetIO
import SMPP
import Store

/// One world, from its beginning to its rest: the real rules, sessions, pacing, store and feed, with a clock, a network, a
/// disk, carriers, people and programs that all follow from one seed.
package final class Simulation {
  package struct Outcome {
    package var violation: Violation?
    /// Of everything that happened, in order: the same for the same story, in any process.
    package var digest: UInt64
    package var segments: Int
    /// Opt-outs that were answered, after which nothing may follow.
    package var optOuts: Int
    package var events: Int64
    package var crashes: Int
    package var faults: Int
    /// The world's time, and how many steps it had.
    package var elapsed: Duration
    package var steps: Int
  }

  let story: Story
  let clock = Clock(wall: 1_795_000_000_000)
  let disk: SimulatedDisk
  let configuration: Configuration
  private(set) lazy var witness = Witness(world: self)
  private(set) lazy var desk = Desk(world: self)
  private(set) lazy var phones = Phones(world: self, seed: phonesSeed)
  private(set) lazy var ledger = Ledger(world: self, store: "simulated")
  private let phonesSeed: UInt64
  private(set) var smscs: [SMSC] = []
  private var apps: [App] = []
  /// Digits of the reps' private mobiles, without the plus.
  private(set) var mobiles: [String] = []
  /// The gateway's processes so far, and when the last one began.
  private(set) var process = 0
  private(set) var startedAt: Duration = .zero

  private var random: SeededRandom
  private var events = Deadlines<() -> Void>()
  private var gateway: Running?
  private var wires: [Wire] = []
  private var nextWire = 1
  private var slowNetworkUntil: Duration = .zero
  private var nextCampaign = 1
  private var nextSend = 1
  private var crashes = 0
  /// Connections that ended.
  private(set) var losses = 0
  private var faults = 0
  private var steps = 0
  private var digest: UInt64 = 0xCBF2_9CE4_8422_2325
  private let tell: ((String) -> Void)?
  private let beganAt: Duration
  private let journalState = JournalState()

  let nowhere: SocketAddress
  private static let storePath = "/store.sqlite3"

  /// What of a process of the gateway the world holds.
  private final class Running {
    let assembly: Assembly
    let sockets: SimulatedSockets
    let checkpointer: Checkpointer
    var checkpoints: Database?
    /// When each part has its next turn.
    var network: Duration
    var networkIsWoken = false
    var writer: Duration
    var writerIsWoken = false
    /// The writer waits for the disk until then.
    var writerFree: Duration = .zero
    /// Orderly ending: what the process does when the loop has drained.
    var isDraining = false

    init(_ assembly: Assembly, _ sockets: SimulatedSockets, at now: Duration) {
      self.assembly = assembly
      self.sockets = sockets
      checkpointer = Checkpointer(of: assembly.gateway.store)
      network = now
      writer = now
    }
  }

  /// The journal's lines are looked at for what must not be in them.
  private final class JournalState: @unchecked Sendable {
    // SAFETY: a simulated world runs on one thread.
    var lines: [String] = []
  }

  /// Replies on their way out of the writer.
  private final class Replies: ReplySink, @unchecked Sendable {
    // SAFETY: as above.
    var held: [(ReplyToken, Reply)] = []
    func complete(_ token: ReplyToken, with reply: Reply) { held.append((token, reply)) }
    func newestChanged(_ sequence: Int64) {}
  }

  private let replies = Replies()

  /// - Parameter tell: is given every line of the trace.
  package init(_ story: Story, tell: ((String) -> Void)? = nil) throws {
    self.story = story
    self.tell = tell
    guard let nowhere = SocketAddress(host: "10.255.0.1", port: 1) else {
      throw SimulationError("no address")
    }
    self.nowhere = nowhere
    beganAt = clock.now
    random = SeededRandom(seed: story.seed ^ 0x574F_524C_4400)
    disk = SimulatedDisk(
      name: "simulated-\(story.seed)-\(UInt64.random(in: 0 ... .max))",
      syncTime: .microseconds(random.within(100, 3_000)),
      seed: random.next())
    configuration = try Simulation.configuration(of: story)
    phonesSeed = random.next()
    let clock = clock
    disk.wallMilliseconds = { clock.wallMilliseconds }
    smscs = story.carriers.enumerated().map { place, traits in
      SMSC(traits, place: place, world: self, seed: random.next())
    }
  }

  // MARK: What it all stands on

  private static func configuration(of story: Story) throws -> Configuration {
    var configuration = Configuration(
      path: "/simulated", state: "/", socket: .init(path: "/socket", roles: []),
      brand: .init(name: "Acme", help: "Acme: call 1-800-555-0100."))
    configuration.limits.traceMebibytes = 0
    configuration.brand.optOutScope = story.optOutIsBrandWide ? .brand : .number
    for (place, traits) in story.carriers.enumerated() {
      var profile = CarrierProfile()
      profile.window = traits.window
      profile.rate = traits.rate
      profile.longMessages = LongMessages.allCases[traits.longMessages % LongMessages.allCases.count]
      profile.userMessageReference = traits.echoesReference ? .echoed : .off
      profile.receipts.missingAfter = .seconds(120)
      profile.enquireLinkAfter = .seconds(10)
      profile.enquireLinkAnswerWithin = .seconds(5)
      profile.responseTimeout = .seconds(8)
      profile.closeAfterUnanswered = .seconds(25)
      let side: Configuration.Carrier.Side
      if traits.calls {
        guard let address = SocketAddress(host: "10.0.1.1", port: 2775),
          let from = AddressRange("10.0.0.0/16")
        else {
          throw SimulationError("no address")
        }
        side = .listen(
          .init(
            address: address, systemID: "tollgate",
            accounts: [
              .init(
                systemID: "carrier", password: Secret(octets: Array("call-me".utf8), origin: "simulated"),
                from: [from],
                sessions: 8)
            ]))
      } else {
        side = .connect(
          .init(
            hosts: [Endpoint(host: "10.0.0.\(place + 1)", port: 2775)],
            bind: traits.isPair ? .transmitterReceiver : .transceiver, sessions: traits.sessions,
            systemID: "acme",
            password: Secret(octets: Array("secret".utf8), origin: "simulated")))
      }
      configuration.carriers.append(.init(name: traits.name, side: side, profile: profile))
    }
    return configuration
  }

  var elapsed: Duration { clock.now - beganAt }
  var isUp: Bool { gateway != nil }

  // MARK: Time

  func at(_ time: Duration, _ body: @escaping () -> Void) { events.add(body, at: max(time, clock.now)) }
  func after(_ time: Duration, _ body: @escaping () -> Void) { at(clock.now + time, body) }

  /// What an octet takes from one machine to the other.
  func latency(_ random: inout SeededRandom) -> Duration {
    clock.now < slowNetworkUntil
      ? .microseconds(random.within(20_000, 900_000)) : .microseconds(random.within(50, 4_000))
  }

  /// A line of the trace.
  func note(_ line: @autoclosure () -> String) { note { line() } }

  func note(_ line: () -> String) {
    let text = "\(elapsed.wholeNanoseconds / 1000) \(line())"
    for octet in text.utf8 { digest = (digest ^ UInt64(octet)) &* 0x100_0000_01B3 }
    tell?(text)
  }

  // MARK: Running

  /// Tells the story to its end, or to the first promise broken.
  package func run() throws -> Outcome {
    defer { end() }
    try boot()
    try setUp()
    for deed in story.deeds { at(beganAt + .seconds(2) + deed.at) { [unowned self] in happen(deed) } }
    for smsc in smscs { smsc.callAgain() }
    let calm = beganAt + .seconds(2) + Story.length + .seconds(5)
    at(calm) { [unowned self] in comeToRest(since: clock.now) }
    isOver = false
    while !isOver, witness.violation == nil { step() }
    if witness.violation == nil { lastLook() }
    return Outcome(
      violation: witness.violation, digest: digest, segments: witness.submits,
      optOuts: witness.barriers,
      events: ledger.newest, crashes: crashes, faults: faults, elapsed: elapsed, steps: steps)
  }

  private var isOver = false

  /// The next thing that happens.
  private func step() {
    steps += 1
    if steps > 5_000_000 { return witness.violated("rest", "the world never comes to rest") }
    wake()
    var next = events.next ?? .seconds(Int64.max / 4_000_000_000)
    var who = 0
    if let gateway {
      if gateway.network < next { (next, who) = (gateway.network, 1) }
      if gateway.writer < next { (next, who) = (gateway.writer, 2) }
    }
    clock.advance(to: next)
    switch who {
    case 1: networkTurn()
    case 2: writerTurn()
    default: events.popDue(at: clock.now)?()
    }
    for line in journalState.lines { look(atJournal: line) }
    journalState.lines.removeAll(keepingCapacity: true)
  }

  /// Whoever has got something to do has a turn soon.
  private func wake() {
    guard let gateway else { return }
    if !gateway.networkIsWoken, gateway.sockets.isReady || gateway.assembly.outputs.count > 0 {
      gateway.networkIsWoken = true
      gateway.network = min(gateway.network, clock.now + .microseconds(random.within(1, 200)))
    }
    if !gateway.writerIsWoken, gateway.assembly.inputs.count > 0 || gateway.assembly.commands.count > 0 {
      gateway.writerIsWoken = true
      gateway.writer = max(
        gateway.writerFree, min(gateway.writer, clock.now + .microseconds(random.within(1, 300))))
    }
  }

  private func networkTurn() {
    guard let gateway else { return }
    gateway.networkIsWoken = false
    gateway.sockets.ready(into: &gateway.assembly.network.events)
    gateway.assembly.network.turn()
    gateway.network = max(clock.now + .microseconds(1), gateway.assembly.network.nextDeadline())
    if gateway.isDraining, gateway.assembly.control.hasDrained { stopped() }
  }

  private func writerTurn() {
    guard let gateway else { return }
    gateway.writerIsWoken = false
    disk.spent = .zero
    gateway.assembly.writer.turn()
    let took = disk.spent + .microseconds(20)
    gateway.writerFree = clock.now + took
    gateway.writer =
      gateway.writerFree + (gateway.assembly.writer.isBusy ? .zero : gateway.assembly.writer.pause)
    // Only when the disk has done its part is anything heard of it.
    var outputs: [NetworkOutput] = []
    gateway.assembly.outputs.drain(into: &outputs)
    let answers = replies.held
    replies.held = []
    if disk.isDark { return crash(losingPower: true) }
    if gateway.assembly.writerState.hasFailed { return crash(losingPower: false) }
    guard !outputs.isEmpty || !answers.isEmpty else { return }
    let process = process
    self.after(took) { [unowned self] in
      guard self.process == process, let gateway = self.gateway else { return }
      gateway.assembly.outputs.post(contentsOf: outputs)
      for (token, reply) in answers { desk.answered(token, reply) }
    }
  }

  // MARK: The gateway's life

  private func boot() throws {
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
  private func audit() {
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

  /// The process is gone, between two of its steps or in the middle of a write.
  private func crash(losingPower: Bool) {
    guard gateway != nil else { return }
    crashes += 1
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

  private func bootAgain() {
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
  private func stop() {
    guard let gateway, !gateway.isDraining else { return }
    gateway.isDraining = true
    gateway.assembly.control.drain(within: .seconds(5))
    gateway.network = clock.now
  }

  private func stopped() {
    guard let gateway else { return }
    // The writer's last rounds.
    for _ in 0..<3 where !gateway.assembly.writerState.hasFailed { gateway.assembly.writer.turn() }
    note("the process stops")
    replies.held = []
    self.gateway = nil
    disk.endProcess()
    for app in apps { app.gatewayEnded() }
    for wire in wires { wire.close() }
    after(.milliseconds(random.within(200, 3_000))) { [unowned self] in bootAgain() }
  }

  private func end() {
    gateway = nil
    for app in apps { app.gatewayEnded() }
    disk.endProcess()
    events.removeAll()
  }

  func makeReader() -> FeedReader? { try? FeedReader(path: Simulation.storePath, vfs: disk.name) }

  func command(_ request: CommandRequest) -> Bool { gateway?.assembly.commands.post(request) ?? false }

  // MARK: Wires

  func makeWire(room: Int) -> Wire {
    let wire = Wire(number: nextWire, room: room)
    nextWire += 1
    wires.append(wire)
    return wire
  }

  func retire(_ wire: Wire, _ session: SMSC.Session) {
    losses += 1
    wires.removeAll { $0 === wire }
    retired.append(session)
    witness.forget(wire)
  }

  /// Sessions that are over, for what still holds them unowned.
  private var retired: [SMSC.Session] = []

  func call(_ wire: Wire, from: SocketAddress) -> Bool {
    guard let gateway, let address = SocketAddress(host: "10.0.1.1", port: 2775) else { return false }
    wire.establish()
    return gateway.sockets.call(address, by: wire, from: from)
  }

  // MARK: The beginning

  /// Numbers, reps with their mobiles, and contacts: before anything goes wrong.
  private func setUp() throws {
    let _: GoLiveResult = try ask(.goLive(GoLive()))
    var reps: [RepID] = []
    for (place, number) in story.numbers.enumerated() {
      let mobile = "+1303555\(9_000 + place)"
      mobiles.append(String(mobile.dropFirst()))
      let added: RepAddResult = try ask(
        .repAdd(RepAdd(name: "Rep \(place)", mobile: E164(mobile), idempotencyKey: "rep-\(place)")))
      reps.append(added.rep.id)
      guard let address = PhoneNumber(number.address) else {
        throw SimulationError("number \(number.address)")
      }
      let routes = number.carriers.enumerated().map { rank, carrier in
        NumberRoute(carrier: story.carriers[carrier].name, priority: rank)
      }
      let _: NumberAddResult = try ask(
        .numberAdd(
          NumberAdd(
            number: address, kind: number.isTollFree ? .tollFree : .longCode, routes: routes,
            rate: number.rate,
            rep: added.rep.id)))
    }
    for start in stride(from: 0, to: story.phones, by: 100) {
      let contacts = (start..<min(start + 100, story.phones)).map { phone in
        ContactInput(
          phones: [Phones.number(phone)], firstName: "C\(phone)", owner: reps[phone % reps.count],
          tags: ["all"])
      }
      let _: ContactUpsertResult = try ask(.contactUpsert(ContactUpsert(contacts: contacts)))
    }
    apps = [
      App("crm", world: self, seed: random.next()),
      App("billing", world: self, seed: random.next()),
    ]
    for app in apps { app.begin() }
  }

  /// A command, answered at once.
  private func ask<R: Decodable>(_ command: Command) throws -> R {
    guard let gateway else { throw SimulationError("the gateway is down") }
    let token = ReplyToken(connection: 0, request: UInt64(steps) &* 1_000 &+ UInt64(nextWire))
    nextWire += 1
    gateway.assembly.commands.post(CommandRequest(token: token, command: command, caller: Desk.admin))
    for _ in 0..<1_000 {
      gateway.assembly.writer.turn()
      if let (_, reply) = replies.held.first(where: { $0.0 == token }) {
        replies.held.removeAll { $0.0 == token }
        guard case .result(let json) = reply else { throw SimulationError("\(command.method): \(reply)") }
        return try ContractJSON.decode(R.self, from: json)
      }
    }
    throw SimulationError("\(command.method) is not answered")
  }

  func decode<R: Decodable>(_ type: R.Type, _ outcome: Result<[UInt8], APIError>, _ what: String) -> R? {
    switch outcome {
    case .failure(let error):
      witness.violated("commands", "\(what): \(error)")
      return nil
    case .success(let json):
      guard let value = try? ContractJSON.decode(type, from: json) else {
        witness.violated("commands", "\(what) answers \(String(decoding: json, as: UTF8.self))")
        return nil
      }
      return value
    }
  }

  // MARK: Deeds

  private func happen(_ deed: Story.Deed) {
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
    case .pause(let number, let time): desk.pause(number, for: time)
    case .loseConnections(let carrier, let whole): smscs[carrier].loseConnections(whole: whole)
    case .outage(let carrier, let time): smscs[carrier].goDown(until: now + time)
    case .silence(let carrier, let time): smscs[carrier].moods.silent = now + time
    case .throttling(let carrier, let time): smscs[carrier].moods.throttling = now + time
    case .refusals(let carrier, let time): smscs[carrier].moods.refusing = now + time
    case .lostAnswers(let carrier, let time): smscs[carrier].moods.losingAnswers = now + time
    case .lostReceipts(let carrier, let time): smscs[carrier].moods.losingReceipts = now + time
    case .doubledReceipts(let carrier, let time): smscs[carrier].moods.doublingReceipts = now + time
    case .earlyReceipts(let carrier, let time): smscs[carrier].moods.earlyReceipts = now + time
    case .slowNetwork(let time): slowNetworkUntil = now + time
    case .narrowNetwork(let carrier, let time):
      smscs[carrier].moods.narrow = now + time
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
    case .checkpoint: checkpoint()
    }
  }

  /// The checkpointer has its turn.
  private func checkpoint() {
    guard let gateway else { return }
    do {
      if gateway.checkpoints == nil {
        gateway.checkpoints = try Database(path: Simulation.storePath, mode: .checkpointer, vfs: disk.name)
      }
      if let connection = gateway.checkpoints { _ = gateway.checkpointer.look(on: connection, isIdle: true) }
    } catch {
      note("checkpoint: \(error)")
    }
    if disk.isDark { crash(losingPower: true) }
  }

  private func look(atJournal line: String) {
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

  // MARK: The end

  /// Everything is well again: all that waits has to come to an end.
  private func comeToRest(since: Duration) {
    disk.trouble = SimulatedDisk.Trouble()
    guard clock.now - since < .seconds(3600) else {
      return witness.violated("rest", "an hour after the last trouble: \(whatWaits() ?? "something waits")")
    }
    if whatWaits() == nil {
      for app in apps { app.read() }
      isOver = true
      return
    }
    after(.seconds(clock.now - since < .seconds(60) ? 5 : 30)) { [unowned self] in comeToRest(since: since) }
  }

  private func whatWaits() -> String? {
    guard let gateway else { return "the gateway is down" }
    if !desk.isAtRest { return "a command is not answered" }
    if let smsc = smscs.first(where: { !$0.isAtRest }) {
      return "\(smsc.traits.name) has something to deliver"
    }
    if gateway.assembly.inputs.count + gateway.assembly.outputs.count > 0 { return "inputs wait" }
    guard let queries = makeQueries() else { return "the store cannot be read" }
    let numbers: NumberListResult? = answer(queries, .numberList(NumberList(limit: 200)))
    for number in numbers?.items ?? [] where number.queuedInteractive + number.queuedCampaign > 0 {
      return "\(number.queuedInteractive) messages and \(number.queuedCampaign) of campaigns wait in a lane"
    }
    let campaigns: CampaignListResult? = answer(queries, .campaignList(CampaignList(limit: 200)))
    for campaign in campaigns?.items ?? [] where campaign.state == .running {
      let counts = campaign.counts
      if counts.queued + counts.sending > 0 {
        return "\(campaign.id) has \(counts.queued) queued, \(counts.sending) sending"
      }
      if counts.sent > 0 { return "\(campaign.id) has \(counts.sent) without a receipt" }
    }
    return nil
  }

  private func makeQueries() -> Queries? {
    let clock = clock
    return try? Queries(
      path: Simulation.storePath, settings: GatewaySettings(configuration), live: Nobody(),
      version: "simulated",
      started: 0, vfs: disk.name, clock: { clock.wallMilliseconds })
  }

  private struct Nobody: LiveView {
    func snapshot() -> [LiveCarrier] { [] }
  }

  private func answer<R: Decodable>(_ queries: Queries, _ query: Query) -> R? {
    let caller = Requester(role: "admin", uid: 0)
    // A query has a second of the machine's own time, and this machine may be busy with other things.
    for _ in 0..<100 {
      do {
        return try ContractJSON.decode(R.self, from: try queries.answer(query, for: caller))
      } catch let error as APIError where error.code == .busy {
        continue
      } catch {
        witness.violated("queries", "\(error)")
        return nil
      }
    }
    return nil
  }

  /// At rest: nothing lost, the feed as the store, and a reader from the beginning sees what the others saw.
  private func lastLook() {
    witness.rest()
    audit()
    let late = App("late", world: self, seed: 1)
    var position: Int64 = 0
    if let reader = makeReader() {
      var rows: [PackedRow] = []
      do {
        try reader.read(after: reader.oldest, maximumEvents: .max, maximumOctets: .max, into: &rows)
        for row in rows { ledger.read(row, after: &position, by: late) }
        if position != reader.newest || ledger.newest != reader.newest {
          witness.violated(
            "feed", "the feed ends at \(reader.newest), the readers at \(position) and \(ledger.newest)")
        }
      } catch {
        witness.violated("feed", "cannot be read from the oldest: \(error)")
      }
    }
    guard let queries = makeQueries() else { return witness.violated("queries", "the store cannot be read") }
    var cursor: PageCursor?
    var seen = 0
    var counted: [CampaignID: [TextMessageState: Int]] = [:]
    repeat {
      guard
        let page: MessageListResult = answer(
          queries, .messageList(MessageList(direction: .outbound, cursor: cursor, limit: 200)))
      else { return }
      for message in page.items {
        if let campaign = message.campaignID {
          counted[campaign, default: [:]][message.state, default: 0] += 1
        }
        compare(message)
        seen += 1
        if seen % 61 == 0 || message.class != .campaign && seen % 7 == 0 { explain(message, queries) }
      }
      cursor = page.next
    } while cursor != nil
    let campaigns: CampaignListResult? = answer(queries, .campaignList(CampaignList(limit: 200)))
    for campaign in campaigns?.items ?? [] {
      let counts = campaign.counts
      let sum =
        counts.queued + counts.sending + counts.sent + counts.delivered + counts.failed + counts.expired
        + counts.unknown
        + counts.cancelled + counts.receiptMissing
      if sum != counts.total { witness.violated("states", "\(campaign.id) counts \(sum) of \(counts.total)") }
      let found = counted[campaign.id] ?? [:]
      // Recipients that were left out when their messages were made have none.
      if found[.cancelled, default: 0] > counts.cancelled {
        witness.violated("states", "\(campaign.id) counts \(counts.cancelled) cancelled of more")
      }
      for (state, count) in [
        (TextMessageState.delivered, counts.delivered), (.failed, counts.failed), (.unknown, counts.unknown),
        (.sent, counts.sent), (.receiptMissing, counts.receiptMissing),
      ] where found[state, default: 0] != count {
        witness.violated(
          "states", "\(campaign.id) counts \(count) \(state), the store has \(found[state, default: 0])")
      }
    }
  }

  /// Every wait of a message has its cause, and together they are its life.
  private func explain(_ message: MessageView, _ queries: Queries) {
    guard let why: MessageWhyResult = answer(queries, .messageWhy(MessageWhy(message: message.id))) else {
      return
    }
    let sum = why.spans.reduce(0) { $0 + $1.ms }
    if sum != why.lifeMs {
      witness.violated("why", "\(message.id) lived \(why.lifeMs) ms, of which \(sum) ms are explained")
    }
  }

  /// A message as the store has it against what the feed told of it.
  private func compare(_ message: MessageView) {
    let told = ledger.states[message.id.value]
    // A campaign's messages tell their ends: of the steps between, the last told may be one before.
    let isUnderWay = { (state: TextMessageState) in [.queued, .sending, .sent].contains(state) }
    let steps = message.class == .campaign && told.map(isUnderWay) == true && isUnderWay(message.state)
    if let told, told != message.state, !steps {
      witness.violated("states", "\(message.id) is \(message.state), and was told to be \(told)")
    }
    if told == nil, message.conversationID != nil, message.class != .campaign,
      [.delivered, .failed, .cancelled].contains(message.state),
      Phones.place(of: String(message.to.description.dropFirst())) != nil
    {
      witness.violated("states", "\(message.id) is \(message.state), and the feed never told of it")
    }
    guard let phone = Phones.place(of: String(message.to.description.dropFirst())), message.segments == 1,
      Witness.isCounted(message.text)
    else { return }
    let has = witness.has(phone, message.text)
    let what = "\(message.id) from \(message.from) to phone \(phone), \"\(message.text)\","
    if message.state == .delivered, !has {
      witness.violated("states", "\(what) is delivered, and the phone has it not")
    }
    if [.failed, .cancelled, .queued].contains(message.state), has {
      witness.violated("states", "\(what) is \(message.state), and the phone has it")
    }
  }
}

/// The simulation itself cannot go on.
struct SimulationError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
