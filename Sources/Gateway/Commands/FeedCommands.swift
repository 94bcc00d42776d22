import Contract
import Store

/// `feed.*`: where consumers start, and how far they have come.
struct FeedCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads

  private var feed: FeedLog { outbox.feed }

  /// A consumer belongs to the role that made it: no other may take it over or acknowledge for it.
  private func known(_ consumer: String, _ caller: Requester) throws(APIError) -> FeedTable.Consumer? {
    guard let known = try read(try feed.table.consumer(consumer)) else { return nil }
    guard known.role == caller.role else {
      throw APIError(.forbidden, "the consumer \(consumer) belongs to the role \(known.role)")
    }
    return known
  }

  /// Where a consumer starts. A new one starts at the oldest event kept.
  func subscribe(_ params: FeedSubscribe, _ caller: Requester) throws(APIError) -> Decision {
    let known = try known(params.consumer, caller)?.acked
    if known == nil {
      guard try read(try feed.table.consumers()) < CommandLimits.consumers else {
        throw .limitReached("consumers", CommandLimits.consumers)
      }
    }
    let removed = try read(try feed.table.removed())
    let position: Int64 =
      switch params.start ?? .acked {
      case .acked: known ?? removed
      case .oldest: removed
      case .newest: feed.newest
      case .cursor(let cursor): cursor.sequence
      case .time(let time): try read(try feed.table.sequence(before: time.milliseconds)) ?? feed.newest
      }
    if case .time(let time) = params.start, try read(try feed.table.isRemoved(since: time.milliseconds)) {
      throw .cursorExpired(oldest: Cursor(removed))
    }
    guard position >= removed else { throw .cursorExpired(oldest: Cursor(removed)) }
    try feed.gaps.check(position)
    guard position <= feed.newest else { throw .invalid("start", "expected a cursor from this feed") }
    return Decision { () throws(StoreError) in
      if known == nil {
        try feed.table.addConsumer(params.consumer, of: caller.role, acked: position, at: now)
      } else if known != position {
        try feed.table.acknowledge(position, by: params.consumer, at: now)
      }
      if let seconds = params.expiresS {
        try feed.table.setExpiry(Int64(seconds) * 1_000, of: params.consumer)
      }
      return FeedSubscribeResult(consumer: params.consumer, cursor: Cursor(position), isNew: known == nil)
    }
  }

  /// Cumulative; never moves back.
  func acknowledge(_ params: FeedAck, _ caller: Requester) throws(APIError) -> Decision {
    guard let acked = try known(params.consumer, caller)?.acked else {
      throw .notFound("consumer", params.consumer)
    }
    guard params.cursor.sequence <= feed.newest else {
      throw .invalid("cursor", "expected a cursor from this feed")
    }
    guard params.cursor.sequence > acked else {
      return Decision { FeedAckResult(cursor: Cursor(acked)) }
    }
    try feed.gaps.check(params.cursor.sequence)
    return Decision { () throws(StoreError) in
      try feed.table.acknowledge(params.cursor.sequence, by: params.consumer, at: now)
      return FeedAckResult(cursor: params.cursor)
    }
  }

  /// A role that may call everything forgets for the others: who made a consumer may be gone, and the feed is kept for it.
  func forget(_ params: FeedForget, _ caller: Requester) throws(APIError) -> Decision {
    let isThere =
      caller.isAdministrator
      ? try read(try feed.table.consumer(params.consumer)) != nil
      : try known(params.consumer, caller) != nil
    guard isThere else { throw .notFound("consumer", params.consumer) }
    return Decision { () throws(StoreError) in
      try feed.table.removeConsumer(params.consumer)
      return Done()
    }
  }
}
