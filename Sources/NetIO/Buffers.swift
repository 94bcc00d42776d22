/// Octets read from a connection and not yet taken. It grows to its limit and no further: the owner takes whole
/// frames off the front, and a peer that never completes one finds the buffer full.
public struct InputBuffer {
  /// The most octets it holds.
  public let limit: Int
  private var storage: [UInt8]
  private var head = 0
  private var tail = 0

  public init(limit: Int, initialCapacity: Int = 16 << 10) {
    self.limit = limit
    storage = [UInt8](repeating: 0, count: min(initialCapacity, limit))
  }

  /// Octets that wait.
  public var count: Int { tail - head }
  public var isFull: Bool { count == limit }

  /// Calls `body` with the octets that wait.
  @inline(__always)
  public func withUnread<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
    try storage.withUnsafeBytes { try body(UnsafeRawBufferPointer(rebasing: $0[head..<tail])) }
  }

  /// Takes `count` octets off the front (pinned to what is there).
  public mutating func consume(_ count: Int) {
    head += min(max(0, count), tail - head)
    if head == tail {
      head = 0
      tail = 0
    }
  }

  public mutating func removeAll() {
    head = 0
    tail = 0
  }

  /// One read from `connection` into the free room. `.count(0)`: the buffer is full.
  public mutating func fill(from connection: borrowing Connection) -> IOResult {
    makeRoom()
    guard tail < storage.count else { return .count(0) }
    let start = tail
    let result = storage.withUnsafeMutableBytes { bytes in
      connection.read(into: UnsafeMutableRawBufferPointer(rebasing: bytes[start...]))
    }
    if case .count(let count) = result { tail += count }
    return result
  }

  /// Adds octets that came another way; false if they do not fit.
  public mutating func append(_ octets: some Collection<UInt8>) -> Bool {
    let more = octets.count
    guard more <= limit - count else { return false }
    while storage.count - tail < more { makeRoom(atLeast: more) }
    storage.replaceSubrange(tail..<tail + more, with: octets)
    tail += more
    return true
  }

  /// Moves what waits to the front when the room behind it is small, and grows when that is not enough.
  private mutating func makeRoom(atLeast needed: Int = 4096) {
    if storage.count - tail >= needed { return }
    if head > 0 {
      let (start, end) = (head, tail)
      storage.withUnsafeMutableBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        base.copyMemory(from: base + start, byteCount: end - start)
      }
      tail -= head
      head = 0
    }
    if storage.count - tail < needed, storage.count < limit {
      let size = min(limit, max(storage.count * 2, tail + needed))
      storage.append(contentsOf: repeatElement(0, count: size - storage.count))
    }
  }
}

/// Octets to write that the kernel has not taken yet. Encode straight into it with `append`; `flush` copes with short
/// writes. The two running counts tell when the last octet of a PDU left: its end position is `appendedOctets` after
/// its append, and it is out once `writtenOctets` has reached that.
public struct OutputBuffer {
  private var storage: [UInt8] = []
  private var head = 0

  /// Octets ever appended.
  public private(set) var appendedOctets: UInt64 = 0
  /// Octets ever taken by the kernel.
  public private(set) var writtenOctets: UInt64 = 0

  public init() {}

  /// Octets that wait.
  public var count: Int { storage.count - head }
  public var isEmpty: Bool { head == storage.count }

  /// Lets `body` append octets at the end; it must not touch what is there.
  @inline(__always)
  public mutating func append<Result>(_ body: (inout [UInt8]) throws -> Result) rethrows -> Result {
    if head == storage.count, head > 0 {
      storage.removeAll(keepingCapacity: true)
      head = 0
    }
    let before = storage.count
    defer { appendedOctets &+= UInt64(max(0, storage.count - before)) }
    return try body(&storage)
  }

  public mutating func append(contentsOf octets: some Collection<UInt8>) {
    append { $0.append(contentsOf: octets) }
  }

  public mutating func append(contentsOf octets: UnsafeRawBufferPointer) {
    append { $0.append(contentsOf: octets) }
  }

  /// How a flush ended.
  public enum Flushed: Equatable, Sendable {
    /// Everything is with the kernel.
    case all
    /// The kernel's buffer is full: wait for writable.
    case blocked
    case closed
    case failed(Errno)
  }

  /// Writes until everything is gone or the kernel's buffer is full, at most `limit` octets.
  public mutating func flush(to connection: borrowing Connection, limit: Int = .max) -> Flushed {
    var left = limit
    while head < storage.count {
      let start = head
      let end = start + min(storage.count - start, left)
      guard end > start else { return .blocked }
      let result = storage.withUnsafeBytes {
        connection.write(UnsafeRawBufferPointer(rebasing: $0[start..<end]))
      }
      switch result {
      case .count(let count):
        head += count
        left -= count
        writtenOctets &+= UInt64(count)
      case .wouldBlock:
        compact()
        return .blocked
      case .closed: return .closed
      case .failed(let errno): return .failed(errno)
      }
    }
    storage.removeAll(keepingCapacity: true)
    head = 0
    return .all
  }

  /// Takes back the octets appended after position `octets` (an `appendedOctets` of before) if none of them was
  /// written; false, and nothing changed, otherwise.
  public mutating func takeBack(to octets: UInt64) -> Bool {
    guard octets >= writtenOctets, octets <= appendedOctets else { return false }
    storage.removeLast(Int(appendedOctets - octets))
    appendedOctets = octets
    return true
  }

  public mutating func removeAll() {
    storage.removeAll()
    head = 0
    appendedOctets = writtenOctets
  }

  /// Drops the written front once it is the larger part, so that a slow reader does not keep it for ever.
  private mutating func compact() {
    guard head >= 64 << 10, head > storage.count - head else { return }
    storage.removeSubrange(0..<head)
    head = 0
  }
}
