import Contract
import Store

/// `feed.*`: where consumers start, and how far they have come.
struct FeedCommands: CommandRules {
  let outbox: Outbox
  let reads: DecisionReads

  private var feed: FeedLog { outbox.feed }

  /// Where a consumer starts. A new one starts at the oldest event kept.
  func subscribe(_ params: FeedSubscribe) throws(APIError) -> Decision {
    let known = try read(try feed.table.acknowledged(by: params.consumer))
    let removed = try read(try feed.table.removed())
    let position: Int64 =
      switch params.from ?? .acked {
      case .acked: known ?? removed
      case .oldest: removed
      case .newest: feed.newest
      case .cursor(let cursor): cursor.sequence
      case .time(let time): try read(try feed.table.sequence(before: time.milliseconds)) ?? feed.newest
      }
    guard position >= removed else { throw .cursorExpired(oldest: Cursor(removed)) }
    try feed.gaps.check(position)
    guard position <= feed.newest else { throw .invalid("from", "expected a cursor from this feed") }
    return Decision { () throws(StoreError) in
      if known != position { try feed.table.acknowledge(position, by: params.consumer, at: now) }
      return FeedSubscribeResult(consumer: params.consumer, cursor: Cursor(position), created: known == nil)
    }
  }

  /// Cumulative; never moves back.
  func acknowledge(_ params: FeedAck) throws(APIError) -> Decision {
    guard let acked = try read(try feed.table.acknowledged(by: params.consumer)) else {
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

  func forget(_ params: FeedForget) throws(APIError) -> Decision {
    guard try read(try feed.table.acknowledged(by: params.consumer)) != nil else {
      throw .notFound("consumer", params.consumer)
    }
    return Decision { () throws(StoreError) in
      try feed.table.removeConsumer(params.consumer)
      return Done()
    }
  }
}
