import CSQLite
import CarrierSimulator
import Glibc

/// A disk in memory under SQLite: what was not synced can be lost, and writing can fail, stall and find no room.
///
/// A write is in the page cache at once and on the disk after a sync. ``cutPower(_:)`` keeps of the unsynced sectors what
/// chance keeps; ``endProcess()`` loses nothing but the locks and the shared memory. Files of one disk belong to one thread.
package final class SimulatedDisk {
  /// A write, in octets, of which a power cut keeps all or nothing.
  static let sector = 512

  final class File {
    /// As the process sees it.
    let content = Octets()
    /// Written since the last sync.
    var pending: [Range<Int>] = []
    /// What a power cut leaves when every unsynced write is lost.
    var durable = Durable()
    var locks = FileLocks()
    var memory = SharedMemory()
  }

  /// What the disk does wrong, for as long as it is set.
  package struct Trouble: Equatable {
    /// Files may not grow (SQLITE_FULL).
    package var isFull = false
    /// Every write fails (SQLITE_IOERR_WRITE).
    package var writesFail = false
    /// Every sync fails (SQLITE_IOERR_FSYNC).
    package var syncsFail = false
    /// Added to the time of each sync.
    package var syncTakes: Duration = .zero

    package init() {}
  }

  /// What SQLite knows this disk by.
  package let name: String
  package var trouble = Trouble()
  /// How long the syncs since it was last taken took.
  package var spent: Duration = .zero
  /// Writes and syncs left before the power goes; nil: it stays.
  package var operationsLeft: Int?
  /// The power is gone: nothing works until ``cutPower(_:)``.
  package private(set) var isDark = false
  /// What a sync takes at its best.
  let syncTime: Duration
  /// Handles of an earlier process are dead.
  private(set) var process = 0
  private var handles = 0
  var files: [String: File] = [:]
  let layer: FileLayer
  /// The clock that SQLite asks for the date.
  var wallMilliseconds: () -> Int64 = { 0 }
  var random: SeededRandom

  /// - Parameter name: unique in the process, for as long as the disk lives.
  package init(name: String, syncTime: Duration, seed: UInt64) {
    self.name = name
    self.syncTime = syncTime
    random = SeededRandom(seed: seed)
    layer = FileLayer(name: name)
    layer.register(self)
  }

  deinit {
    beginProcess()
    layer.unregister()
  }

  // MARK: Ends of a process

  /// The process is gone, as by `kill -9`: what it wrote is in the page cache. Its handles do nothing any more.
  package func endProcess() {
    process += 1
    operationsLeft = nil
    isDark = false
  }

  /// The next process begins; every connection of the last one is closed.
  package func beginProcess() {
    for file in files.values {
      file.locks = FileLocks()
      file.memory.clear()
    }
  }

  /// The machine lost its power: of what was not synced, chance keeps some sectors.
  package func cutPower(_ random: inout SeededRandom) {
    endProcess()
    for name in files.keys.sorted() {
      guard let file = files[name] else { continue }
      let keepsMost = random.happens(0.5) ? 0.9 : 0.3
      let left = file.durable.octets(under: file.content)
      for range in file.pending {
        for start in stride(
          from: range.lowerBound / Self.sector * Self.sector, to: range.upperBound, by: Self.sector)
        where random.happens(keepsMost) {
          left.take(
            max(start, range.lowerBound)..<min(start + Self.sector, range.upperBound), of: file.content)
        }
      }
      file.pending = []
      file.content.become(left)
      file.durable = Durable(count: left.count)
    }
  }

  func nextHandle() -> Int {
    handles += 1
    return handles
  }

  /// Whether one more write or sync is possible.
  func takesOperation() -> Bool {
    if isDark { return false }
    if let left = operationsLeft {
      if left <= 0 {
        isDark = true
        return false
      }
      operationsLeft = left - 1
    }
    return true
  }

  // MARK: Octets

  func write(_ octets: UnsafeRawBufferPointer, to file: File, at offset: Int) -> Int32 {
    guard takesOperation() else { return SQLITE_IOERR | (3 << 8) }
    if trouble.writesFail { return SQLITE_IOERR | (3 << 8) }
    let end = offset + octets.count
    if trouble.isFull, end > file.content.count { return SQLITE_FULL }
    file.durable.willWrite(offset..<end, of: file.content)
    file.content.write(octets, at: offset)
    file.noteWritten(offset..<end)
    return SQLITE_OK
  }

  func sync(_ file: File) -> Int32 {
    guard takesOperation() else { return SQLITE_IOERR | (4 << 8) }
    spent += syncTime + trouble.syncTakes
    if trouble.syncsFail {
      // The kernel tells it once and holds the pages for clean: they are read as they were written, and never reach the disk.
      file.pending.removeAll()
      file.durable.part(from: file.content)
      return SQLITE_IOERR | (4 << 8)
    }
    file.durable.settle(file.pending, of: file.content)
    file.pending.removeAll(keepingCapacity: true)
    return SQLITE_OK
  }
}

extension SimulatedDisk.File {
  func noteWritten(_ range: Range<Int>) {
    // SQLite writes frames one after another: the common case is one growing range.
    if let last = pending.last, last.upperBound == range.lowerBound {
      pending[pending.count - 1] = last.lowerBound..<range.upperBound
    } else {
      pending.append(range)
    }
  }

  func truncate(to size: Int) {
    content.truncate(to: size)
    durable.truncate(to: size)
    pending = pending.compactMap { $0.lowerBound < size ? $0.lowerBound..<min($0.upperBound, size) : nil }
  }
}

/// What the disk has of a file, kept as what the unsynced writes wrote over: a sync has nothing to copy then.
struct Durable {
  private var count: Int
  /// Where something was written over, in order, and where in `saved` it is.
  private var undo: [(offset: Int, saved: Range<Int>)] = []
  private let saved = Octets()
  /// The whole of it, from the first sync on that failed: the page cache and the disk differ since.
  private var apart: Octets?

  init(count: Int = 0) { self.count = count }

  mutating func willWrite(_ range: Range<Int>, of content: Octets) {
    let end = min(range.upperBound, count)
    guard apart == nil, range.lowerBound < end else { return }
    let place = saved.count
    saved.write(content.octets(range.lowerBound, end), at: place)
    undo.append((range.lowerBound, place..<saved.count))
  }

  /// Ranges of the page cache are on the disk now.
  mutating func settle(_ ranges: [Range<Int>], of content: Octets) {
    if let apart {
      for range in ranges { apart.take(range, of: content) }
      return
    }
    for range in ranges { count = max(count, min(range.upperBound, content.count)) }
    forget()
  }

  /// What was written so far never reaches the disk, though it is read.
  mutating func part(from content: Octets) {
    apart = octets(under: content)
    forget()
  }

  mutating func truncate(to size: Int) {
    apart?.truncate(to: size)
    count = min(count, size)
    undo = undo.compactMap { offset, place in
      offset < size ? (offset, place.clamped(to: 0..<place.lowerBound + size - offset)) : nil
    }
  }

  private mutating func forget() {
    undo.removeAll(keepingCapacity: true)
    saved.truncate(to: 0)
  }

  /// All of it, as a copy.
  func octets(under content: Octets) -> Octets {
    let all = Octets()
    if let apart {
      all.become(apart)
      return all
    }
    all.write(content.octets(0, min(count, content.count)), at: 0)
    for (offset, place) in undo.reversed() {
      all.write(saved.octets(place.lowerBound, place.upperBound), at: offset)
    }
    return all
  }
}

/// Octets that grow, moved as a whole.
final class Octets {
  // SAFETY: owned by this object, which frees it; `count` of its `capacity` octets are initialised.
  private var base: UnsafeMutableRawPointer
  private var capacity: Int
  private(set) var count = 0

  init() {
    capacity = 4096
    base = .allocate(byteCount: capacity, alignment: 16)
  }

  deinit { base.deallocate() }

  var isEmpty: Bool { count == 0 }

  func octets(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: base + start, count: end - start)
  }

  /// Writes, with zeros before it where there was nothing.
  func write(_ octets: UnsafeRawBufferPointer, at offset: Int) {
    let end = offset + octets.count
    if end > capacity {
      let size = max(end, capacity * 2)
      let larger = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 16)
      larger.copyMemory(from: base, byteCount: count)
      base.deallocate()
      (base, capacity) = (larger, size)
    }
    if offset > count { memset(base + count, 0, offset - count) }
    if let source = octets.baseAddress { (base + offset).copyMemory(from: source, byteCount: octets.count) }
    count = max(count, end)
  }

  func truncate(to size: Int) { count = min(count, size) }

  /// Becomes like another in a range of that other.
  func take(_ range: Range<Int>, of other: Octets) {
    let end = min(range.upperBound, other.count)
    guard range.lowerBound < end else { return }
    write(other.octets(range.lowerBound, end), at: range.lowerBound)
  }

  func become(_ other: Octets) {
    count = 0
    write(other.octets(0, other.count), at: 0)
  }
}

/// The five locks of a database file (sqlite.org/lockingv3.html), held by handles of one process.
struct FileLocks {
  private var levels: [Int: Int32] = [:]

  func level(of handle: Int) -> Int32 { levels[handle] ?? SQLITE_LOCK_NONE }

  /// SQLITE_OK or SQLITE_BUSY.
  mutating func raise(_ handle: Int, to wanted: Int32) -> Int32 {
    guard wanted > level(of: handle) else { return SQLITE_OK }
    let others = levels.filter { $0.key != handle }.values
    let highest = others.max() ?? SQLITE_LOCK_NONE
    switch wanted {
    case SQLITE_LOCK_SHARED: guard highest < SQLITE_LOCK_PENDING else { return SQLITE_BUSY }
    case SQLITE_LOCK_RESERVED: guard highest < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
    default:
      guard highest < SQLITE_LOCK_RESERVED else { return SQLITE_BUSY }
      if highest > SQLITE_LOCK_NONE {
        levels[handle] = SQLITE_LOCK_PENDING
        return SQLITE_BUSY
      }
    }
    levels[handle] = wanted
    return SQLITE_OK
  }

  mutating func lower(_ handle: Int, to wanted: Int32) {
    levels[handle] = wanted == SQLITE_LOCK_NONE ? nil : wanted
  }

  var isReserved: Bool { levels.values.contains { $0 >= SQLITE_LOCK_RESERVED } }
}

/// The wal-index: memory that the connections share, and its locks (sqlite.org/walformat.html).
struct SharedMemory {
  private(set) var regions: [UnsafeMutableRawPointer] = []
  /// Of each lock, who holds it shared; a lock held alone has its one holder here too.
  private var holders = [Set<Int>](repeating: [], count: Int(SQLITE_SHM_NLOCK))
  private var isAlone = [Bool](repeating: false, count: Int(SQLITE_SHM_NLOCK))

  mutating func region(_ index: Int, octets: Int, extend: Bool) -> UnsafeMutableRawPointer? {
    if index >= regions.count, !extend { return nil }
    while regions.count <= index {
      let made = UnsafeMutableRawPointer.allocate(byteCount: octets, alignment: 16)
      made.initializeMemory(as: UInt8.self, repeating: 0, count: octets)
      regions.append(made)
    }
    return regions[index]
  }

  mutating func lock(_ range: Range<Int>, alone: Bool, by handle: Int) -> Bool {
    for slot in range {
      let others = holders[slot].subtracting([handle])
      if alone ? !others.isEmpty : !others.isEmpty && isAlone[slot] { return false }
    }
    for slot in range {
      holders[slot].insert(handle)
      isAlone[slot] = alone
    }
    return true
  }

  mutating func unlock(_ range: Range<Int>, by handle: Int) {
    for slot in range {
      holders[slot].remove(handle)
      isAlone[slot] = false
    }
  }

  mutating func clear() {
    for region in regions { region.deallocate() }
    regions = []
    holders = [Set<Int>](repeating: [], count: Int(SQLITE_SHM_NLOCK))
    isAlone = [Bool](repeating: false, count: Int(SQLITE_SHM_NLOCK))
  }
}
