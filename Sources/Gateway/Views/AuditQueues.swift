import Contract
import Store

/// The work in threads: each stretch belongs to who owns the thread, the longest wait was served first, and no wish stands beside a
/// thread it could have.
extension StoreAudit {
  func checkEpisodes(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT e.id, e.state, e.queue_id, c.queue_id, c.id, e.since, e.opened, e.completed, e.due,
        e.rep_id IS c.owner_rep,
        e.queue_id IS NULL OR EXISTS (SELECT 1 FROM queue q WHERE q.id = e.queue_id),
        e.member_id IS NULL OR EXISTS (SELECT 1 FROM member m WHERE m.id = e.member_id)
      FROM episode e LEFT JOIN conversation c ON c.id = e.conversation_id AND c.role = 0
      WHERE e.id > ?1 ORDER BY e.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = EpisodeID(row.int(0)).description
      guard !row.isNull(4) else { return report(.episodeOwner, subject, "it belongs to no conversation") }
      if !row.bool(10) || !row.bool(11) {
        report(.episodeOwner, subject, "its queue or its member is not there")
      }
      let isOpen = row.isNull(7)
      if isOpen, row.intOrNil(2) != row.intOrNil(3) || !row.bool(9) {
        report(.episodeOwner, subject, "its queue or its rep is not its conversation's")
      }
      if row.int(5) < row.int(6) { report(.episodeOwner, subject, "its wait began before it did") }
      if let stuckAfter, let due = row.intOrNil(8), isOpen, due + stuckAfter < now {
        report(.episodeOverdue, subject, "what was to become of it \((now - due) / 1_000) s ago has not")
      }
    }
  }

  /// What is kept of how it was before.
  func checkStretches(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT s.id, s.episode_id, s.started < s.ended, e.id FROM episode_span s LEFT JOIN episode e ON e.id = s.episode_id
      WHERE s.id > ?1 ORDER BY s.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = EpisodeID(row.int(1)).description
      if row.isNull(3) { report(.detailOrphan, subject, "spans are kept of it, and it is not there") }
      if !row.bool(2) { report(.detailOrphan, subject, "a span of it ends before it began") }
    }
  }

  /// What explains waits in lines. Queues are few.
  func checkStandstills() throws {
    let (episodes, queues) = (EpisodeTable(database), QueueTable(database))
    let open = try HoldTable(database).open()
    for id in try queues.all() {
      found.counts.rows += 1
      guard let queue = try queues.queue(id) else { continue }
      let (kept, counted) = (try episodes.depth(of: id), try episodes.countedDepth(of: id))
      if kept != counted {
        report(
          .queueStandstill, QueueID(id).description,
          "\(counted) wait in it, and \(kept) are kept as their number")
      }
      let said = open.filter {
        $0.subject == id && [.nobodyAvailable, .atCapacity].contains($0.cause)
      }.map(\.cause)
      if said != [try episodes.standstill(of: queue)].compactMap(\.self) {
        report(
          .queueStandstill, QueueID(id).description, "who could take another, and what is kept of it, differ")
      }
    }
  }

  /// Whoever was served got the smallest (since, episode) of the own queues: what stood behind it is kept beside.
  func checkServes(_ key: [Int64]) throws -> [Int64]? {
    try walk(
      """
      SELECT s.id, s.since, s.episode_id, s.behind_since, s.behind_episode, e.id
      FROM serve s LEFT JOIN episode e ON e.id = s.episode_id WHERE s.id > ?1 ORDER BY s.id LIMIT ?2
      """, after: key.isEmpty ? [.min] : key, key: { [$0.int(0)] }
    ) { row in
      found.counts.rows += 1
      let subject = EpisodeID(row.int(2)).description
      if row.isNull(5) { report(.serveOrder, subject, "it was served, and is not there") }
      guard let since = row.intOrNil(3), let episode = row.intOrNil(4) else { return }
      guard (row.int(1), row.int(2)) < (since, episode) else {
        return report(.serveOrder, subject, "\(EpisodeID(episode)) had waited longer")
      }
    }
  }

  /// Wishes are few: at most one of each member.
  func checkWishes() throws {
    let (serves, episodes, queues) = (
      ServeTable(database), EpisodeTable(database), QueueTable(database)
    )
    for wish in try serves.wishes() {
      found.counts.rows += 1
      let member = try MemberTable(database).member(wish.member)
      guard let member, member.isActive, member.presence == .available else { continue }
      let own = try queues.queues(of: wish.member)
      for queue in wish.queues.isEmpty ? own : wish.queues.filter(own.contains) {
        guard let rules = try queues.queue(queue),
          try episodes.had(by: wish.member, of: queue) < rules.capacity,
          let first = try episodes.waiting(in: queue, for: wish.member, at: now, limit: 1).first
        else { continue }
        // What was set aside for another until now is given in the next batch.
        if let due = first.due, first.member != wish.member, due + 60_000 > now { continue }
        report(
          .wishUnmet, MemberID(wish.member).description, "\(EpisodeID(first.id)) waits in \(QueueID(queue))")
      }
    }
  }
}
