/// A bounded queue from any number of threads to one. The consumer takes everything at once by swapping arrays, so
/// a post costs a lock and an append, and a busy consumer is not signalled for each.
///
/// The consumer drains each of its mailboxes after every wake (`EventLoop.wait` or `Waker.park`). It is woken when a
/// mailbox turns from empty to not empty; one that leaves elements behind must come back by itself.
public final class Mailbox<Element: Sendable>: Sendable {
  @usableFromInline
  struct State {
    @usableFromInline var elements: [Element] = []
    @usableFromInline var isClosed = false

    @usableFromInline init() {}
  }

  /// The most elements it holds; a post beyond is refused.
  public let capacity: Int
  /// What full means, for logs and metrics: "inbound".
  public let name: String
  @usableFromInline let state: Lock<State>
  @usableFromInline let waker: Waker

  /// - Parameters:
  ///   - waker: wakes the consumer: its loop's waker, or that of a parked thread.
  public init(_ name: String, capacity: Int, waker: Waker) {
    self.name = name
    self.capacity = capacity
    self.waker = waker
    state = Lock(State())
  }

  /// Adds one; false if the mailbox is full or closed.
  @inlinable @discardableResult
  public func post(_ element: Element) -> Bool {
    let (taken, wasEmpty) = state.withLock { state in
      guard state.elements.count < capacity, !state.isClosed else { return (false, false) }
      let wasEmpty = state.elements.isEmpty
      state.elements.append(element)
      return (true, wasEmpty)
    }
    if wasEmpty { waker.wake() }
    return taken
  }

  /// Adds all or none; false if there is no room for all, or it is closed.
  @inlinable @discardableResult
  public func post(contentsOf more: [Element]) -> Bool {
    guard !more.isEmpty else { return true }
    let (taken, wasEmpty) = state.withLock { state in
      guard more.count <= capacity - state.elements.count, !state.isClosed else { return (false, false) }
      let wasEmpty = state.elements.isEmpty
      state.elements.append(contentsOf: more)
      return (true, wasEmpty)
    }
    if wasEmpty { waker.wake() }
    return taken
  }

  /// Moves everything to the end of `elements`. If `elements` is empty the two arrays change places, so a consumer
  /// that hands back its emptied array (`removeAll(keepingCapacity: true)`) makes the steady state free of allocation.
  @inlinable
  public func drain(into elements: inout [Element]) {
    state.withLock { state in
      if elements.isEmpty {
        swap(&elements, &state.elements)
      } else {
        elements.append(contentsOf: state.elements)
        state.elements.removeAll(keepingCapacity: true)
      }
    }
  }

  /// How many wait now.
  @inlinable public var count: Int { state.withLock { $0.elements.count } }

  /// Room left now; another producer may take it first.
  @inlinable public var room: Int { capacity - count }

  @inlinable public var isClosed: Bool { state.withLock { $0.isClosed } }

  /// Refuses every later post. What is inside can still be drained. Wakes the consumer.
  public func close() {
    state.withLock { $0.isClosed = true }
    waker.wake()
  }
}
