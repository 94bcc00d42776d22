import Gateway
import SMPP

/// What passed between one carrier and us since the start: plain integers of the network thread.
struct CarrierCounts: Sendable {
  /// By `CommandSlot`.
  var pdusIn = [Int](repeating: 0, count: CommandSlot.count)
  var pdusOut = [Int](repeating: 0, count: CommandSlot.count)
  /// Their answers to our messages, and ours to theirs, by command_status.
  var answersIn = StatusCounts()
  var answersOut = StatusCounts()
  /// From our message's append to its answer's arrival, and from their message's arrival to our answer's append.
  var roundTrip = Histogram.latency
  var answering = Histogram.latency
  /// PDUs that could not be taken.
  var bad = 0
  /// Messages refused at once because the rules' mailbox had no room.
  var refusedForRoom = 0
  /// Rate in force as a share of the contract's.
  var share = 1.0
}

/// A small number for each command_id, those nobody knows in one.
enum CommandSlot {
  static let count = 32
  private static let responses = 16

  /// Without the response bit; 0 is generic_nack, and unknown ids are last.
  private static let ids: [UInt32] = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 0x0B, 0x15, 0x21, 0x102, 0x103]
  private static let other = 15

  static func of(_ id: UInt32) -> Int {
    let base: Int
    switch id & 0x7FFF_FFFF {
    case let low where low < 10: base = Int(low)
    case 0x0B: base = 10
    case 0x15: base = 11
    case 0x21: base = 12
    case 0x102: base = 13
    case 0x103: base = 14
    default: base = other
    }
    return id & 0x8000_0000 == 0 ? base : base + responses
  }

  static func name(_ slot: Int) -> String {
    let base = slot % responses
    let bit: UInt32 = slot >= responses ? 0x8000_0000 : 0
    guard base < other, CommandID(rawValue: ids[base] | bit).isKnown else { return "other" }
    return CommandID(rawValue: ids[base] | bit).name
  }
}

/// Counts by command_status: of as many as a bounded table holds, the rest together.
struct StatusCounts: Sendable {
  static let kinds = 40
  private(set) var ok = 0
  private(set) var errors: [UInt32: Int] = [:]
  private(set) var other = 0

  @inline(__always)
  mutating func add(_ status: UInt32) {
    if status == 0 { ok += 1 } else { addError(status) }
  }

  private mutating func addError(_ status: UInt32) {
    if errors[status] != nil || errors.count < Self.kinds {
      errors[status, default: 0] += 1
    } else {
      other += 1
    }
  }
}

/// When requests passed, by their sequence_number: as many as fit into a table without chains, since a lost sample costs
/// nothing. Made when the first request passes.
struct RequestTimes {
  private static let size = 512
  private var slots: [(sequence: UInt32, at: Int64)] = []

  mutating func note(_ sequence: UInt32, at time: Int64) {
    if slots.isEmpty { slots = Array(repeating: (0, 0), count: Self.size) }
    slots[Int(sequence) & (Self.size - 1)] = (sequence, time)
  }

  /// Nanoseconds since the request; nil where it is not known any more.
  mutating func take(_ sequence: UInt32, at time: Int64) -> Int64? {
    guard !slots.isEmpty else { return nil }
    let index = Int(sequence) & (Self.size - 1)
    guard slots[index].at > 0, slots[index].sequence == sequence else { return nil }
    defer { slots[index].at = 0 }
    return max(0, time - slots[index].at)
  }
}

/// Everything the network thread counts, and its clock.
final class WireCounters {
  /// Nanoseconds on the monotonic clock, of this pass.
  var now: Int64 = 0
  /// By the carriers' places in the configuration.
  var carriers: [CarrierCounts]
  /// By number: its segments given to a session.
  var sent: [Int] = []

  init(carriers count: Int) { carriers = Array(repeating: CarrierCounts(), count: count) }

  /// A message of a number was given to a session.
  func sent(by number: Int64) {
    guard let index = Int(exactly: number), (0..<Self.numbers).contains(index) else { return }
    if index >= sent.count { sent.append(contentsOf: repeatElement(0, count: index - sent.count + 1)) }
    sent[index] += 1
  }

  /// A PDU of a carrier could not be taken.
  func bad(_ carrier: Int?) { if let carrier, carrier < carriers.count { carriers[carrier].bad += 1 } }

  /// A message of a carrier was refused, there being no room for it.
  func refusedForRoom(_ carrier: Int?) {
    if let carrier, carrier < carriers.count { carriers[carrier].refusedForRoom += 1 }
  }

  /// Numbers that are counted at all.
  private static let numbers = 1_000_000

  /// A frame was read from a carrier's session.
  func read(
    _ frame: UnsafeRawBufferPointer, carrier: Int?, _ sent: inout RequestTimes, _ read: inout RequestTimes
  ) {
    guard let carrier, carrier < carriers.count, let header = PDUHeader(peeking: frame) else { return }
    carriers[carrier].pdusIn[CommandSlot.of(header.commandID.rawValue)] += 1
    switch header.commandID {
    case .submitSMResp, .deliverSMResp, .dataSMResp, .submitMultiResp:
      carriers[carrier].answersIn.add(header.status.rawValue)
      if let time = sent.take(header.sequence, at: now) { carriers[carrier].roundTrip.observe(time) }
    case .submitSM, .deliverSM, .dataSM, .submitMulti: read.note(header.sequence, at: now)
    default: break
    }
  }

  /// A frame was given to a carrier's session.
  func wrote(
    _ frame: UnsafeRawBufferPointer, carrier: Int?, _ sent: inout RequestTimes, _ read: inout RequestTimes
  ) {
    guard let carrier, carrier < carriers.count, let header = PDUHeader(peeking: frame) else { return }
    carriers[carrier].pdusOut[CommandSlot.of(header.commandID.rawValue)] += 1
    switch header.commandID {
    case .submitSM, .deliverSM, .dataSM, .submitMulti: sent.note(header.sequence, at: now)
    case .submitSMResp, .deliverSMResp, .dataSMResp, .submitMultiResp:
      carriers[carrier].answersOut.add(header.status.rawValue)
      if let time = read.take(header.sequence, at: now) { carriers[carrier].answering.observe(time) }
    default: break
    }
  }
}

/// The counters as they were a moment ago: at most a second.
struct WireSnapshot: Sendable {
  var carriers: [CarrierCounts] = []
  var sent: [Int] = []
}
