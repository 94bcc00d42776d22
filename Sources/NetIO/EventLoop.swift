import CLinux
import Glibc

/// One thread's epoll. It calls nobody back: the owner asks `wait` for events and handles them, so that a loop reads
/// as a loop. Everything but `waker` belongs to the thread that made it.
///
///     while running {
///       let woken = loop.wait(until: session.nextDeadline, into: &events)
///       if woken { mailbox.drain(into: &posted) … }
///       for event in events where loop.isCurrent(event.token) { … }
///     }
public final class EventLoop {
  /// Names one registration for its life. A later one in the same slot has another generation, so an event that was
  /// already in hand when its descriptor was removed cannot reach the slot's next tenant.
  public struct Token: Hashable, Sendable {
    /// Small and dense: fit to index an array.
    public let slot: UInt32
    let generation: UInt32

    public init(slot: UInt32, generation: UInt32) {
      self.slot = slot
      self.generation = generation
    }
  }

  /// What to wait for. Hang-ups and errors are reported whatever is asked.
  public struct Interest: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    public static let readable = Interest(rawValue: 1)
    public static let writable = Interest(rawValue: 2)

    var epoll: UInt32 {
      (contains(.readable) ? UInt32(EPOLLIN.rawValue) : 0)
        | (contains(.writable) ? UInt32(EPOLLOUT.rawValue) : 0)
    }
  }

  /// What happened to one registration. Level-triggered: what is not dealt with comes again.
  public struct Event: Hashable, Sendable {
    public let token: Token
    /// Something to read: octets, an end of stream, a connection to accept, or an error that `read` will report.
    public let isReadable: Bool
    public let isWritable: Bool
    /// Both directions are finished, or the socket failed. Read what is left, then close: it does not go away.
    public let isHangup: Bool

    public init(token: Token, isReadable: Bool, isWritable: Bool, isHangup: Bool) {
      self.token = token
      self.isReadable = isReadable
      self.isWritable = isWritable
      self.isHangup = isHangup
    }
  }

  private struct Slot {
    var descriptor: Int32
    var generation: UInt32
    var interest: Interest
    var isTaken: Bool
  }

  /// Events taken from the kernel in one `wait`; more come with the next.
  public static let eventsPerWait = 256

  /// The word by which the wake descriptor's events are known; no slot has this number.
  private static let wakeData = UInt64.max

  /// Wakes this loop, from any thread.
  public let waker: Waker

  private let epoll: Descriptor
  private var slots: [Slot] = []
  private var freeSlots: [UInt32] = []
  private let kernelEvents: UnsafeMutablePointer<epoll_event>

  public init() throws(SystemError) {
    epoll = Descriptor(owning: try check("epoll_create1", epoll_create1(Int32(EPOLL_CLOEXEC))))
    let flags = Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK)
    let wake = Descriptor(owning: try check("eventfd", eventfd(0, flags)))
    var event = epoll_event(
      events: UInt32(EPOLLIN.rawValue) | EPOLLET.rawValue, data: epoll_data_t(u64: EventLoop.wakeData))
    try check("epoll_ctl", epoll_ctl(epoll.rawValue, EPOLL_CTL_ADD, wake.rawValue, &event))
    waker = Waker(eventDescriptor: wake)
    kernelEvents = .allocate(capacity: EventLoop.eventsPerWait)
    kernelEvents.initialize(repeating: epoll_event(), count: EventLoop.eventsPerWait)
  }

  deinit { kernelEvents.deallocate() }

  /// Monotonic time, the same as every deadline's.
  public var now: Duration { MonotonicClock.now }

  /// How many descriptors are registered.
  public var count: Int { slots.count - freeSlots.count }

  // MARK: Registration

  public func add(_ descriptor: borrowing Descriptor, _ interest: Interest) throws(SystemError) -> Token {
    let slot: UInt32
    if let free = freeSlots.last {
      slot = free
    } else {
      slot = UInt32(slots.count)
      slots.append(Slot(descriptor: -1, generation: 0, interest: [], isTaken: false))
      freeSlots.append(slot)
    }
    let generation = slots[Int(slot)].generation &+ 1
    let token = Token(slot: slot, generation: generation)
    try control(EPOLL_CTL_ADD, descriptor.rawValue, interest, token)
    freeSlots.removeLast()
    slots[Int(slot)] = Slot(
      descriptor: descriptor.rawValue, generation: generation, interest: interest, isTaken: true)
    return token
  }

  public func add(_ connection: borrowing Connection, _ interest: Interest) throws(SystemError) -> Token {
    try add(connection.descriptor, interest)
  }

  public func add(_ listener: borrowing Listener) throws(SystemError) -> Token {
    try add(listener.descriptor, .readable)
  }

  /// Changes what is waited for. The same interest again costs nothing; a token that is gone is ignored.
  public func modify(_ token: Token, _ interest: Interest) {
    guard isCurrent(token), slots[Int(token.slot)].interest != interest else { return }
    // MOD of a registered, open descriptor fails only for want of kernel memory: then the old interest stands and
    // the next call tries again.
    if (try? control(EPOLL_CTL_MOD, slots[Int(token.slot)].descriptor, interest, token)) != nil {
      slots[Int(token.slot)].interest = interest
    }
  }

  /// Forgets it: before its descriptor is closed. A token that is gone is ignored.
  public func remove(_ token: Token) {
    guard isCurrent(token) else { return }
    try? control(EPOLL_CTL_DEL, slots[Int(token.slot)].descriptor, [], token)
    slots[Int(token.slot)].isTaken = false
    slots[Int(token.slot)].descriptor = -1
    freeSlots.append(token.slot)
  }

  /// Whether this registration still stands. Ask before using an event when handling an earlier one of the same
  /// batch may have removed it.
  public func isCurrent(_ token: Token) -> Bool {
    let index = Int(token.slot)
    guard index < slots.count else { return false }
    return slots[index].isTaken && slots[index].generation == token.generation
  }

  private func control(
    _ operation: Int32, _ descriptor: Int32, _ interest: Interest, _ token: Token
  ) throws(SystemError) {
    let data = UInt64(token.generation) << 32 | UInt64(token.slot)
    var event = epoll_event(events: interest.epoll, data: epoll_data_t(u64: data))
    try check("epoll_ctl", epoll_ctl(epoll.rawValue, operation, descriptor, &event))
  }

  // MARK: Waiting

  /// Sleeps until an event, a wake or the deadline (monotonic; nil: without limit; past: looks and returns), and
  /// replaces `events` with what came. Deadlines are kept to the kernel's timer slack, about 50 µs.
  /// - Returns: whether somebody called `waker.wake()` since the last return: drain the mailboxes.
  @discardableResult
  public func wait(until deadline: Duration?, into events: inout [Event]) -> Bool {
    events.removeAll(keepingCapacity: true)
    let maySleep = waker.beginSleep()
    while true {
      var timeout: Int64 = maySleep ? -1 : 0
      if maySleep, let deadline { timeout = max(0, (deadline - MonotonicClock.now).wholeNanoseconds) }
      let count = clinux_epoll_wait(
        epoll.rawValue, kernelEvents, Int32(EventLoop.eventsPerWait), timeout)
      // EINTR only: the other errors are of arguments that are fixed here.
      if count < 0 { continue }
      take(Int(count), into: &events)
      return waker.endSleep()
    }
  }

  private func take(_ count: Int, into events: inout [Event]) {
    for index in 0..<count {
      let kernel = kernelEvents[index]
      let data = kernel.data.u64
      guard data != EventLoop.wakeData else { continue }
      let token = Token(
        slot: UInt32(truncatingIfNeeded: data), generation: UInt32(truncatingIfNeeded: data >> 32))
      // A descriptor that a child process still holds open goes on reporting after it was removed here.
      guard isCurrent(token) else { continue }
      let flags = kernel.events
      let failed = flags & (UInt32(EPOLLERR.rawValue) | UInt32(EPOLLHUP.rawValue)) != 0
      events.append(
        Event(
          token: token,
          isReadable: flags & UInt32(EPOLLIN.rawValue) != 0 || failed,
          isWritable: flags & UInt32(EPOLLOUT.rawValue) != 0,
          isHangup: failed))
    }
  }
}
