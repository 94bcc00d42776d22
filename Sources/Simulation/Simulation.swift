import CarrierSimulator
import Configuration
import Contract
import Daemon
import Gateway
import NetIO
import SocketServer
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
    package var coverage: Coverage
  }

  let story: Story
  let clock = Clock(wall: 1_795_000_000_000)
  let disk: SimulatedDisk
  let configuration: Configuration
  private(set) lazy var witness = Witness(world: self)
  private(set) lazy var desk = Desk(world: self)
  private(set) lazy var staff = Staff(world: self, seed: story.seed ^ 0x5354_4146_4600)
  private(set) lazy var phones = Phones(world: self, seed: phonesSeed)
  private(set) lazy var ledger = Ledger(world: self, store: "simulated")
  let phonesSeed: UInt64
  /// Microseconds: on a busy machine a thread has its turn late, and finds more to do.
  let writerWakesWithin: Int64
  var smscs: [SimulatedCarrier] = []
  var apps: [App] = []
  /// The company's numbers: those of the story, then those that are added in it.
  var numbers: [Story.Number]
  /// Digits of the reps' private mobiles, without the plus.
  var mobiles: [String] = []
  /// The gateway's processes so far, and when the last one began.
  var process = 0
  var startedAt: Duration = .zero

  var random: SeededRandom
  /// When memory is looked into; apart, so that looking changes nothing else.
  var memoryRandom: SeededRandom
  var events = Deadlines<() -> Void>()
  var gateway: Running?
  var wires: [Wire] = []
  var nextWire = 1
  var slowNetworkUntil: Duration = .zero
  var nextCampaign = 1
  /// Campaigns that are left for a story that has too few segments.
  var more: [Story.Deed] = []
  /// What is left to be shown when everything has come to rest.
  var effects: Story.Deed?
  var nextSend = 1
  var crashes = 0
  /// Messages that are unknown at the end and of which not every octet was written.
  var neverWritten = 0
  /// Connections that ended.
  var losses = 0
  var faults = 0
  var steps = 0
  var digest = Simulation.fingerprint([])
  let tell: ((String) -> Void)?
  let beganAt: Duration
  let journalState = JournalState()

  let nowhere: SocketAddress
  static let storePath = "/store.sqlite3"

  /// What of a process of the gateway the world holds.
  final class Running {
    let assembly: Assembly
    let sockets: SimulatedSockets
    let checkpointer: Checkpointer
    var checkpoints: Database?
    var checkpointIsDue = false
    /// When each part has its next turn.
    var network: Duration
    var networkIsWoken = false
    var writer: Duration
    var writerIsWoken = false
    /// Turns of the network loop since it was last looked at, and when that was.
    var turns = 0
    var turnsSince: Duration
    /// What the writer left in its mailboxes: they wake it when they turn from empty.
    var inputsAreLeft = false
    var commandsAreLeft = false
    /// The writer waits for the disk until then.
    var writerFree: Duration = .zero
    /// Messages with the loop before the writer's last turn: a batch that fails for good may have forgotten some.
    var flying: Set<Int64> = []
    /// Its memory is held against its store, now and then.
    var audit: MemoryAudit?
    /// Turns of the writer until the next look.
    var turnsToAudit = 1
    /// Orderly ending: what the process does when the loop has drained.
    var isDraining = false

    /// A log that is short, so that it begins again many times in a story.
    static let checkpoints = Checkpointer.Policy(startFrames: 512, finishFrames: 64, finishLimit: 512)

    init(_ assembly: Assembly, _ sockets: SimulatedSockets, at now: Duration) {
      self.assembly = assembly
      self.sockets = sockets
      checkpointer = Checkpointer(of: assembly.gateway.store, policy: Running.checkpoints)
      network = now
      writer = now
      turnsSince = now
    }
  }

  /// The journal's lines are looked at for what must not be in them.
  final class JournalState: @unchecked Sendable {
    // SAFETY: a simulated world runs on one thread.
    var lines: [String] = []
  }

  /// Replies on their way out of the writer.
  final class Replies: ReplySink, @unchecked Sendable {
    // SAFETY: as above.
    var held: [(ReplyToken, Reply)] = []
    func complete(_ token: ReplyToken, with reply: Reply) { held.append((token, reply)) }
    func newestChanged(_ sequence: Int64) {}
  }

  let replies = Replies()
  /// Sessions that are over, for what still holds them unowned.
  var retired: [SimulatedCarrier.Session] = []
  /// Everything has come to rest.
  var isOver = false

  /// - Parameter tell: is given every line of the trace.
  package init(_ story: Story, tell: ((String) -> Void)? = nil) throws {
    self.story = story
    numbers = story.numbers
    self.tell = tell
    guard let nowhere = SocketAddress(host: "10.255.0.1", port: 1) else {
      throw SimulationError("no address")
    }
    self.nowhere = nowhere
    beganAt = clock.now
    random = SeededRandom(seed: story.seed ^ 0x574F_524C_4400)
    memoryRandom = SeededRandom(seed: story.seed ^ 0x4D45_4D4F_5259)
    disk = SimulatedDisk(
      name: "simulated-\(story.seed)-\(UInt64.random(in: 0 ... .max))",
      syncTime: .microseconds(random.within(200, 8_000)),
      seed: random.next())
    configuration = try Simulation.configuration(of: story)
    phonesSeed = random.next()
    writerWakesWithin = [300, 3_000, 20_000][Int(random.within(0, 2))]
    let clock = clock
    disk.wallMilliseconds = { clock.wallMilliseconds }
    smscs = story.carriers.enumerated().map { place, traits in
      SimulatedCarrier(traits, place: place, world: self, seed: random.next())
    }
  }

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
    digest = Simulation.fingerprint(text.utf8, digest)
    tell?(text)
  }

  /// FNV-1a, of these octets behind others.
  static func fingerprint(_ octets: some Sequence<UInt8>, _ others: UInt64 = 0xCBF2_9CE4_8422_2325) -> UInt64
  {
    octets.reduce(others) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  // MARK: Running

  /// Tells the story to its end, or to the first promise broken.
  package func run() throws -> Outcome {
    defer { end() }
    try boot()
    try setUp()
    let isLast = { (kind: Story.Deed.Kind) in kind == .more || kind == .effects }
    more = story.deeds.filter { $0.kind == .more }
    effects = story.deeds.first { $0.kind == .effects }
    for deed in story.deeds where !isLast(deed.kind) {
      at(beganAt + .seconds(2) + deed.at) { [unowned self] in happen(deed) }
    }
    for smsc in smscs { smsc.callAgain() }
    let calm = beganAt + .seconds(2) + Story.length + .seconds(5)
    at(calm) { [unowned self] in
      staff.putInOrder()
      comeToRest(since: clock.now)
    }
    isOver = false
    while !isOver, witness.violation == nil { step() }
    if witness.violation == nil { lastLook() }
    return Outcome(
      violation: witness.violation, digest: digest, segments: witness.submits,
      optOuts: witness.barriers,
      events: ledger.newest, crashes: crashes, faults: faults, elapsed: elapsed, steps: steps,
      coverage: desk.coverage)
  }

  /// The next thing that happens.
  func step() {
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
  func wake() {
    guard let gateway else { return }
    if !gateway.networkIsWoken, gateway.sockets.isReady || gateway.assembly.outputs.count > 0 {
      gateway.networkIsWoken = true
      gateway.network = min(gateway.network, clock.now + .microseconds(random.within(1, 200)))
    }
    if !gateway.writerIsWoken,
      !gateway.inputsAreLeft && gateway.assembly.inputs.count > 0
        || !gateway.commandsAreLeft && gateway.assembly.commands.count > 0
    {
      gateway.writerIsWoken = true
      let turn = clock.now + .microseconds(random.within(1, writerWakesWithin))
      gateway.writer = max(gateway.writerFree, min(gateway.writer, turn))
    }
  }

  func networkTurn() {
    guard let gateway else { return }
    gateway.networkIsWoken = false
    countTurn(gateway)
    gateway.sockets.ready(into: &gateway.assembly.network.events)
    gateway.assembly.network.turn()
    gateway.network = max(clock.now + .microseconds(1), gateway.assembly.network.nextDeadline())
    if gateway.isDraining, gateway.assembly.control.hasDrained { stopped() }
  }

  /// A loop that has nothing to do sleeps.
  private func countTurn(_ gateway: Running) {
    if clock.now - gateway.turnsSince >= .seconds(1) { (gateway.turns, gateway.turnsSince) = (0, clock.now) }
    gateway.turns += 1
    if gateway.turns == 50_000 {
      witness.violated("rest", "the network loop had \(gateway.turns) turns within a second")
    }
  }

  func writerTurn() {
    guard let gateway else { return }
    gateway.writerIsWoken = false
    disk.spent = .zero
    // What was let out before, and the loop has not taken yet, waits for nothing more.
    var earlier: [NetworkOutput] = []
    gateway.assembly.outputs.drain(into: &earlier)
    gateway.flying = gateway.assembly.gateway.messagesInFlight
    gateway.assembly.writer.turn()
    gateway.inputsAreLeft = gateway.assembly.inputs.count > 0
    gateway.commandsAreLeft = gateway.assembly.commands.count > 0
    let took = disk.spent + .microseconds(20)
    gateway.writerFree = clock.now + took
    gateway.writer =
      gateway.writerFree + (gateway.assembly.writer.isBusy ? .zero : gateway.assembly.writer.pause)
    // Only when the disk has done its part is anything heard of it.
    var outputs: [NetworkOutput] = []
    gateway.assembly.outputs.drain(into: &outputs)
    gateway.assembly.outputs.post(contentsOf: earlier)
    let answers = replies.held
    replies.held = []
    if disk.isDark { return crash(losingPower: true) }
    if gateway.assembly.writerState.hasFailed { return crash(losingPower: false) }
    lookIntoMemory(gateway, answers)
    wakeCheckpointer(gateway)
    guard !outputs.isEmpty || !answers.isEmpty else { return }
    let process = process
    self.after(took) { [unowned self] in
      guard self.process == process, let gateway = self.gateway else { return }
      gateway.assembly.outputs.post(contentsOf: outputs)
      for (token, reply) in answers { desk.answered(token, reply) }
    }
  }

  /// A number that is added in the story.
  func add(_ number: Story.Number) { numbers.append(number) }

  // MARK: Wires

  func makeWire(room: Int) -> Wire {
    let wire = Wire(number: nextWire, room: room)
    nextWire += 1
    wires.append(wire)
    return wire
  }

  func retire(_ wire: Wire, _ session: SimulatedCarrier.Session) {
    losses += 1
    wires.removeAll { $0 === wire }
    retired.append(session)
    witness.forget(wire)
  }

  func call(_ wire: Wire, from: SocketAddress) -> Bool {
    guard let gateway, let address = SocketAddress(host: "10.0.1.1", port: 2775) else { return false }
    wire.establish()
    return gateway.sockets.call(address, by: wire, from: from)
  }
}

/// The simulation itself cannot go on.
struct SimulationError: Error, CustomStringConvertible {
  let description: String
  init(_ description: String) { self.description = description }
}
