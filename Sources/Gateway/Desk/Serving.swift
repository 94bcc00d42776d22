import Contract
import Store

/// Gives members the thread that has waited longest in their queues; where none waits, a wish is left, and met as soon as one does.
struct Serving: Part {
  let outbox: Outbox
  let episodes: Episodes
  let table: ServeTable

  /// The longest wait in some queues that a member may have, and what stands behind it.
  struct Choice {
    var first: EpisodeTable.EpisodeRow
    var second: EpisodeTable.EpisodeRow?
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

  func choice(_ queues: [Int64], for member: Int64) throws(StoreError) -> Choice? {
    var found: [EpisodeTable.EpisodeRow] = []
    for queue in queues {
      found += try episodes.table.waiting(in: queue, for: member, at: now, limit: 2)
    }
    found.sort { ($0.since, $0.id) < ($1.since, $1.id) }
    return found.first.map { Choice(first: $0, second: found.count > 1 ? found[1] : nil) }
  }

  /// - Parameter isAll: the wish is for all queues that the member answers, whichever these are then.
  /// - Returns: the thread that is the member's now; nil: a wish is left.
  func next(for member: Int64, in queues: [Int64], isAll: Bool) throws(StoreError) -> EpisodeTable.EpisodeRow?
  {
    guard let served = try serve(member, try open(queues, to: member)) else {
      try table.put(.init(member: member, at: now, queues: isAll ? [] : queues))
      return nil
    }
    try table.removeWish(of: member)
    return served
  }

  private func serve(_ member: Int64, _ queues: [Int64]) throws(StoreError) -> EpisodeTable.EpisodeRow? {
    guard let choice = try choice(queues, for: member), let queue = choice.first.queue else { return nil }
    try table.record(
      .init(
        at: now, member: member, queue: queue, episode: choice.first.id, since: choice.first.since,
        behind: choice.second.map { ($0.id, $0.since) }))
    try episodes.give(choice.first, to: member, .served, try episodes.number(of: choice.first))
    return try episodes.table.episode(choice.first.id)
  }

  /// The end of a batch: no wish stands beside a thread it could have. The oldest wish is met first.
  func meetWishes() throws(StoreError) {
    guard episodes.mayMeetWishes else { return }
    episodes.mayMeetWishes = false
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
  }
}
