import NetIO
import SMPP

/// What went over the wire lately: every PDU as raw octets in a ring of bounded size, always on.
///
/// The network thread writes: one lock and one copy a PDU, no allocation. Any thread reads, a block at a time, so that a
/// reader keeps the writer for no longer than a block's copy takes. What the octets mean is found out by who reads them.
package final class WireTrace: Sendable {
  /// Octets of a block. A record lies within one, and the oldest block is overwritten as a whole.
  static let blockSize = 64 << 10
  /// Octets kept of one PDU: more than any text has but those that travel in a `message_payload` of its own size.
  static let longestKept = 8 << 10

  /// In place of a carrier's, of a connection to us that has no bind.
  static let noCarrier = UInt16.max

  /// Which way a PDU went.
  enum Direction: UInt16 {
    case `in`
    case out
  }

  /// Whose PDU it was.
  struct Source: Equatable {
    /// Its carrier's place in the configuration.
    var carrier: UInt16
    /// Which of the carrier's sessions.
    var session: UInt16
    /// A number of its own for each connection.
    var connection: UInt32
    /// The peer opened the connection.
    var peerOpened: Bool
  }

  /// What stands before a record's octets.
  struct Head {
    /// Nanoseconds on the monotonic clock.
    var monotonic: Int64
    /// Milliseconds since 1970 UTC.
    var wall: Int64
    /// Octets on the wire, and those kept.
    var length: UInt32
    var kept: UInt32
    var connection: UInt32
    var carrier: UInt16
    var session: UInt16
    var direction: UInt16
    var peerOpened: UInt16
    private var reserved: UInt32 = 0
    /// The record's sequence.
    var sequence: Int64

    init(
      _ source: Source, _ direction: Direction, length: Int, kept: Int, _ clock: Clock, sequence: Int64
    ) {
      self.sequence = sequence
      monotonic = clock.monotonic
      wall = clock.wall
      self.length = UInt32(clamping: length)
      self.kept = UInt32(clamping: kept)
      connection = source.connection
      carrier = source.carrier
      session = source.session
      self.direction = direction.rawValue
      peerOpened = source.peerOpened ? 1 : 0
    }

    /// Octets of a record, so that the next one is aligned.
    var stride: Int { (MemoryLayout<Head>.size + Int(kept) + 7) & ~7 }
  }

  struct Clock {
    var monotonic: Int64 = 0
    var wall: Int64 = 0
  }

  private struct Block {
    /// Sequence of its first record.
    var first: Int64 = 1
    var used = 0
  }

  private struct Ring {
    var octets: UnsafeMutableRawPointer
    /// By number, modulo their count.
    var blocks: [Block]
    /// Number of the block being written.
    var current = 0

    init(blocks count: Int) {
      octets = .allocate(byteCount: max(1, count * WireTrace.blockSize), alignment: 16)
      blocks = [Block](repeating: Block(), count: count)
    }

    /// Room for a record of `stride` octets, the sequence's.
    mutating func room(_ stride: Int, for sequence: Int64) -> UnsafeMutableRawPointer {
      var slot = current % blocks.count
      if blocks[slot].used + stride > WireTrace.blockSize {
        current += 1
        slot = current % blocks.count
        blocks[slot] = Block(first: sequence)
      }
      defer { blocks[slot].used += stride }
      return octets + slot * WireTrace.blockSize + blocks[slot].used
    }

    /// A copy of the block in a slot.
    func copy(_ slot: Int) -> Copy {
      let block = blocks[slot]
      return Copy(
        first: block.first,
        octets: [UInt8](UnsafeRawBufferPointer(start: octets + slot * WireTrace.blockSize, count: block.used))
      )
    }
  }

  private struct Rings {
    /// What carriers and we say to each other.
    var carriers: Ring
    /// What peers say that have no bind: whatever they say wipes nothing else.
    var unbound: Ring
    /// Sequence of the next record, in either.
    var next: Int64 = 1
    var clock = Clock()
  }

  private let rings: Lock<Rings>
  /// Blocks of the carriers' ring; none: the trace is off.
  let blockCount: Int
  /// Blocks for peers without a bind: room for a thousand binds.
  static let unboundBlocks = 2

  /// `octets`: room for records of carriers, rounded down to whole blocks; 0 turns the trace off.
  init(octets size: Int) {
    blockCount = size / Self.blockSize
    rings = Lock(
      Rings(
        carriers: Ring(blocks: blockCount), unbound: Ring(blocks: blockCount > 0 ? Self.unboundBlocks : 0)))
  }

  deinit {
    rings.withLock {
      $0.carriers.octets.deallocate()
      $0.unbound.octets.deallocate()
    }
  }

  // MARK: Writing

  /// The time of what is recorded from now on: once a pass of the loop, since a clock costs as much as a copy.
  func tick(_ now: Duration, wall: Int64) {
    guard blockCount > 0 else { return }
    let clock = Clock(monotonic: now.wholeNanoseconds, wall: wall)
    rings.withLock { $0.clock = clock }
  }

  /// Keeps one PDU, or octets that are none. A bind's password is blanked.
  @inline(__always)
  func record(_ direction: Direction, _ source: Source, _ frame: UnsafeRawBufferPointer) {
    guard blockCount > 0 else { return }
    keep(direction, source, frame)
  }

  private func keep(_ direction: Direction, _ source: Source, _ frame: UnsafeRawBufferPointer) {
    let kept = min(frame.count, Self.longestKept)
    rings.withLock { rings in
      let head = Head(
        source, direction, length: frame.count, kept: kept, rings.clock, sequence: rings.next)
      let place =
        source.carrier == Self.noCarrier
        ? rings.unbound.room(head.stride, for: rings.next) : rings.carriers.room(head.stride, for: rings.next)
      place.storeBytes(of: head, as: Head.self)
      let copy = place + MemoryLayout<Head>.size
      if let base = frame.baseAddress, kept > 0 { copy.copyMemory(from: base, byteCount: kept) }
      Self.blankPassword(UnsafeMutableRawBufferPointer(start: copy, count: kept))
      rings.next += 1
    }
  }

  /// Writes `*` over the password of a bind or outbind, however badly the PDU is made: all after the first string up to
  /// the next NUL, and everything after the header where there is no first string.
  private static func blankPassword(_ frame: UnsafeMutableRawBufferPointer) {
    guard frame.count > PDUHeader.length else { return }
    switch UInt32(bigEndian: frame.loadUnaligned(fromByteOffset: 4, as: UInt32.self)) {
    case CommandID.bindReceiver.rawValue, CommandID.bindTransmitter.rawValue,
      CommandID.bindTransceiver.rawValue, CommandID.outbind.rawValue:
      break
    default: return
    }
    var at = PDUHeader.length
    while at < frame.count, frame[at] != 0 { at += 1 }
    at = at == frame.count ? PDUHeader.length : at + 1
    while at < frame.count, frame[at] != 0 {
      frame[at] = UInt8(ascii: "*")
      at += 1
    }
  }

  // MARK: Reading

  /// A copy of one block.
  struct Copy {
    /// Sequence of its first record.
    var first: Int64
    var octets: [UInt8]
  }

  /// The blocks of peers without a bind, then blocks from that of a record on, oldest first, with some before it; and the sequence of the
  /// oldest record kept of a carrier.
  func copies(from sequence: Int64, before context: Int) -> (blocks: [Copy], oldest: Int64) {
    guard blockCount > 0 else { return ([], 1) }
    var blocks: [Copy] = []
    for step in 0..<Self.unboundBlocks {
      let block = rings.withLock { rings in
        rings.unbound.copy((rings.unbound.current + 1 + step) % Self.unboundBlocks)
      }
      if !block.octets.isEmpty { blocks.append(block) }
    }
    let (start, oldest) = rings.withLock { rings in
      let ring = rings.carriers
      let first = max(0, ring.current - blockCount + 1)
      var start = ring.current
      while start > first, ring.blocks[start % blockCount].first > sequence { start -= 1 }
      return (max(first, start - context), ring.blocks[first % blockCount].first)
    }
    var number = start
    while let block = copy(&number) { blocks.append(block) }
    return (blocks, oldest)
  }

  /// Copies block `number`, or the oldest one where that is gone, and moves on; nil behind the newest.
  private func copy(_ number: inout Int) -> Copy? {
    var wanted = number
    let copy: Copy? = rings.withLock { rings in
      wanted = max(wanted, rings.carriers.current - blockCount + 1)
      return wanted <= rings.carriers.current ? rings.carriers.copy(wanted % blockCount) : nil
    }
    number = wanted + 1
    return copy
  }

  /// Octets that the rings have room for.
  var octets: Int { blockCount > 0 ? (blockCount + Self.unboundBlocks) * Self.blockSize : 0 }

  /// Octets of the rings that hold something.
  var usedOctets: Int {
    rings.withLock { rings in
      (rings.carriers.blocks + rings.unbound.blocks).reduce(0) { $0 + $1.used }
    }
  }

  /// The sequence of the newest record; 0 before the first.
  var newest: Int64 { rings.withLock { $0.next - 1 } }
}

extension WireTrace.Copy {
  /// Calls `body` with each record: its sequence, its head and where its octets lie in `octets`.
  func forEachRecord(_ body: (Int64, WireTrace.Head, Range<Int>) -> Void) {
    var at = 0
    while at + MemoryLayout<WireTrace.Head>.size <= octets.count {
      let head = octets.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: at, as: WireTrace.Head.self) }
      let start = at + MemoryLayout<WireTrace.Head>.size
      guard start + Int(head.kept) <= octets.count else { return }
      body(head.sequence, head, start..<(start + Int(head.kept)))
      at += head.stride
    }
  }
}
