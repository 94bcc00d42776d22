import Contract
import Store

/// Gives members the thread that has waited longest in their queues; where none waits, a wish is left, and met as soon as one does.
struct Serving: Part {
  let outbox: Outbox
  let episodes: Episodes
  let table: ServeTable
  let holds: Holds

  /// What came of asking for the next thread.
  enum Next {
    /// It is the member's now.
    case served(EpisodeTable.EpisodeRow)
    /// Nothing waits, or the member has as many as the queues allow: a wish is left.
    case nothingWaits, isFull
  }

  /// Those of some queues of which a member may have another.
  func open(_ queues: [Int64], to member: Int64) throws(StoreError) -> [Int64] {
    var open: [Int64] = []
    for queue in queues {
      guard let row = try episodes.queues.queue(queue) else { continue }
      if try episodes.table.had(by: member, of: queue) < row.capacity { open.append(queue) }
    }
    return open
  }

  /// - Parameter isAll: the wish is for all queues that the member answers, whichever these are then.
  func next(for member: Int64, in queues: [Int64], isAll: Bool) throws(StoreError) -> Next {
    let open = try open(queues, to: member)
    guard let served = try serve(member, open) else {
      try table.put(.init(member: member, at: now, queues: isAll ? [] : queues))
      return open.isEmpty ? .isFull : .nothingWaits
    }
    try table.removeWish(of: member)
    return .served(served)
  }

  /// The longest wait in some queues; what stands behind it is kept beside.
  private func serve(_ member: Int64, _ queues: [Int64]) throws(StoreError) -> EpisodeTable.EpisodeRow? {
    var found: [EpisodeTable.EpisodeRow] = []
    for queue in queues {
      found += try episodes.table.waiting(in: queue, for: member, at: now, limit: 2)
    }
    found.sort { ($0.since, $0.id) < ($1.since, $1.id) }
    guard let first = found.first, let queue = first.queue else { return nil }
    try table.record(
      .init(
        at: now, member: member, queue: queue, episode: first.id, since: first.since,
        behind: found.dropFirst().first.map { ($0.id, $0.since) }))
    return try episodes.give(first, to: member, .served, try episodes.number(of: first))
  }

  /// The end of a batch: no wish stands beside a thread it could have. The oldest wish is met first.
  func meetWishes() throws(StoreError) {
    guard !episodes.moved.isEmpty else { return }
    // Whoever is served takes what others could have: looking once is enough.
    for wish in try table.wishes() {
      guard try episodes.isAvailable(wish.member) else {
        try table.removeWish(of: wish.member)
        continue
      }
      let own = try episodes.queues.queues(of: wish.member)
      let queues = wish.queues.isEmpty ? own : wish.queues.filter(own.contains)
      let isMet = try serve(wish.member, try open(queues, to: wish.member)) != nil
      if isMet || queues.isEmpty { try table.removeWish(of: wish.member) }
    }
    for queue in episodes.takeMoved() { try noteStandstill(of: queue) }
  }

  /// What explains the waits in every queue, from the first start on.
  func noteStandstills() throws(StoreError) {
    for queue in try episodes.queues.all() { try noteStandstill(of: queue) }
  }

  /// Since when nobody of a queue is available, or nobody has room.
  private func noteStandstill(of queue: Int64) throws(StoreError) {
    guard let row = try episodes.queues.queue(queue) else { throw .damaged("queue", row: queue) }
    let cause = try episodes.table.standstill(of: row)
    for other in [HoldCause.nobodyAvailable, .atCapacity] where other != cause { try holds.end(other, queue) }
    if let cause { try holds.begin(cause, queue) }
  }
}
