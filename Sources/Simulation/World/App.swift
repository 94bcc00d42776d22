import CarrierSimulator
import Contract
import Gateway
import Glibc
import NetIO
import Store

/// A program of the company that reads the feed: from where it acknowledged last, after each of its ends and the gateway's.
final class App {
  let name: String
  unowned let world: Simulation
  private var random: SeededRandom
  private var reader: FeedReader?
  /// The last event it has read.
  private(set) var position: Int64?
  /// The last cursor it was told to be acknowledged.
  private var acknowledged: Int64 = 0
  private var acknowledging = false
  private var life = 0

  init(_ name: String, world: Simulation, seed: UInt64) {
    self.name = name
    self.world = world
    random = SeededRandom(seed: seed)
  }

  /// It begins, or begins again: from what it has acknowledged.
  func begin() {
    life += 1
    position = nil
    reader = nil
    acknowledging = false
    let life = life
    world.desk.give(.feedSubscribe(FeedSubscribe(consumer: name))) { [unowned self] outcome in
      guard life == self.life, let start = world.decode(FeedSubscribeResult.self, outcome, "feed.subscribe")
      else { return }
      if start.cursor.sequence < acknowledged {
        world.witness.violated(
          "feed", "\(name) acknowledged \(acknowledged), and is begun at \(start.cursor.sequence)")
      }
      position = start.cursor.sequence
      turn(life)
    }
  }

  /// Whether these digits stand somewhere in the JSON.
  static func holds(_ json: [UInt8], _ digits: String) -> Bool {
    let digits = Array(digits.utf8)
    return json.withUnsafeBytes { json in
      var start = 0
      while start + digits.count <= json.count, let base = json.baseAddress,
        let found = memchr(base + start, Int32(digits[0]), json.count - start - digits.count + 1)
      {
        if memcmp(found, digits, digits.count) == 0 { return true }
        start = found - UnsafeMutableRawPointer(mutating: base) + 1
      }
      return false
    }
  }

  /// The gateway's process is another.
  func gatewayEnded() { reader = nil }

  private func turn(_ life: Int) {
    guard life == self.life else { return }
    read()
    acknowledge()
    world.after(.milliseconds(random.within(20, 1_500))) { [unowned self] in turn(life) }
  }

  /// Everything that is there, now.
  func read() {
    guard var position, world.isUp else { return }
    if reader == nil { reader = world.makeReader() }
    guard let reader else { return }
    var rows: [PackedRow] = []
    do {
      try reader.read(after: position, maximumEvents: 1_000, maximumOctets: 1 << 20, into: &rows)
    } catch {
      return world.witness.violated("feed", "\(name) cannot read after \(position): \(error)")
    }
    for row in rows { world.ledger.read(row, after: &position, by: self) }
    self.position = position
  }

  private func acknowledge() {
    guard let position, position > acknowledged, !acknowledging, random.happens(0.6) else { return }
    acknowledging = true
    let life = life
    world.desk.give(.feedAck(FeedAck(consumer: name, cursor: Cursor(position)))) { [unowned self] outcome in
      guard let acked = world.decode(FeedAckResult.self, outcome, "feed.ack") else { return }
      acknowledged = max(acknowledged, acked.cursor.sequence)
      if life == self.life { acknowledging = false }
    }
  }
}

/// The feed as it was first read: every later reading has to give the same octets.
final class Ledger {
  unowned let world: Simulation
  /// The octets of every event, one after the other; the first is 1.
  private var octets: [UInt8] = []
  /// Where each one's octets end, and the time of its row.
  private var entries: [(end: Int, time: Int64)] = []
  private var writer: EventWriter
  private var buffer = JSONBuffer(capacity: 4096)
  /// Events of each type.
  private var counts: [UInt8: Int] = [:]
  /// Where each message was last told to be.
  private(set) var states: [Int64: TextMessageState] = [:]
  var newest: Int64 { Int64(entries.count) }

  init(world: Simulation, store: String) {
    self.world = world
    writer = EventWriter(store: store)
  }

  /// One row of the feed, whose events beyond `position` the app sees.
  func read(_ row: PackedRow, after position: inout Int64, by app: App) {
    if row.firstSequence > position + 1 {
      world.witness.violated("feed", "\(app.name) is given \(row.firstSequence) after \(position)")
    }
    let before = position
    position = max(position, row.lastSequence)
    row.bytes.withUnsafeBytes { octets in
      var walk = PackedEventWalk(octets)
      var sequence = row.firstSequence
      var start = walk.index
      while let event = walk.next(in: octets) {
        if sequence > before {
          read(
            event, in: octets, UnsafeRawBufferPointer(rebasing: octets[start..<walk.index]), sequence,
            row.timeMilliseconds)
        }
        start = walk.index
        sequence += 1
      }
      if walk.isDamaged || sequence != row.lastSequence + 1 {
        world.witness.violated("feed", "the row at \(row.firstSequence) is damaged")
      }
    }
  }

  private func read(
    _ event: PackedEvent, in row: UnsafeRawBufferPointer, _ own: UnsafeRawBufferPointer, _ sequence: Int64,
    _ time: Int64
  ) {
    let place = Int(sequence) - 1
    if place < entries.count {
      let before = place == 0 ? 0 : entries[place - 1].end
      let isAsBefore =
        entries[place].time == time
        && octets[before..<entries[place].end].elementsEqual(own)
      if !isAsBefore { world.witness.violated("feed", "event \(sequence) reads otherwise than before") }
      return
    }
    guard place == entries.count else {
      return world.witness.violated("feed", "event \(sequence) comes after \(entries.count)")
    }
    if let last = entries.last, time < last.time {
      world.witness.violated("feed", "the time of event \(sequence) is before the last one's")
    }
    octets.append(contentsOf: own)
    entries.append((octets.count, time))
    buffer.removeAll()
    guard
      writer.append(event, of: row, place: .init(sequence: sequence, timeMilliseconds: time), to: &buffer)
    else {
      return world.witness.violated("feed", "event \(sequence) cannot be written")
    }
    check(event, in: row, buffer.octets, sequence)
  }

  /// What an app is given when it is told of the event for the first time.
  private func check(_ event: PackedEvent, in row: UnsafeRawBufferPointer, _ json: [UInt8], _ sequence: Int64)
  {
    world.note { "event \(sequence) \(String(Simulation.fingerprint(json), radix: 16))" }
    if let mobile = world.mobiles.first(where: { App.holds(json, $0) }) {
      world.witness.violated("private", "event \(sequence) has the mobile \(mobile) in it")
    }
    if let (message, state) = event.stateChange(in: row) { told(message, state) }
    if [.episodeChanged, .messageQueued, .conversationChanged].contains(event.type),
      let conversation = event.conversation(in: row)
    {
      world.witness.moved(conversation, event.queued(in: row), at: sequence)
    }
    // That it is one of the contract's is looked at in the first of its kind, and in every tenth then.
    let count = counts[event.type?.rawValue ?? 0, default: 0]
    counts[event.type?.rawValue ?? 0] = count + 1
    guard event.type.map(Ledger.isFollowed) ?? true || count % 10 == 0 else { return }
    guard let event = try? ContractJSON.decode(FeedEvent.self, from: json) else {
      return world.witness.violated(
        "feed", "event \(sequence) is none: \(String(decoding: json, as: UTF8.self))")
    }
    world.witness.told(event)
  }

  /// Every one of these is read: at the end the store has to be as they say.
  private static func isFollowed(_ type: EventType) -> Bool {
    switch type {
    case .messageReceived, .consentChanged, .conversationChanged, .numberStateChanged, .campaignProgress,
      .leadChanged, .absenceChanged:
      true
    default: false
    }
  }

  private func told(_ message: MessageID, _ state: TextMessageState) {
    world.note { "\(message) is \(state)" }
    let before = states[message.value]
    if let before, Ledger.isFinal(before), before != .receiptMissing {
      world.witness.violated("states", "message \(message) was \(before) and is told \(state)")
    }
    states[message.value] = state
  }

  private static func isFinal(_ state: TextMessageState) -> Bool {
    [.delivered, .failed, .expired, .cancelled, .receiptMissing].contains(state)
  }
}
