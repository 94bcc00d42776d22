import Contract

/// The newest rows of the feed, read once for all consumers that are up to date; who is further behind reads the store.
struct FeedCache {
  /// Octets of rows kept.
  private let maximumOctets: Int
  private let readEvents: Int
  private let readOctets: Int
  /// Without gaps, in order.
  private var rows: [PackedRow] = []
  private var octets = 0
  private var behind: [PackedRow] = []

  init(_ limits: APILimits) {
    maximumOctets = limits.feedCache
    readEvents = limits.feedReadEvents
    readOctets = limits.feedReadOctets
  }

  /// Rows that hold the events after `sequence`, in order; empty where there are none yet. `newest` is the newest
  /// sequence known to be committed.
  mutating func rows(
    after sequence: Int64, newest: Int64, of feed: any FeedSource
  ) throws(APIError) -> ArraySlice<PackedRow> {
    if let first = rows.first, let last = rows.last, first.firstSequence <= sequence + 1 {
      if sequence < last.lastSequence { return rows[index(after: sequence)...] }
      if sequence == last.lastSequence { return try extend(after: sequence, of: feed) }
    }
    if rows.isEmpty || newest - sequence <= Int64(readEvents) {
      rows.removeAll(keepingCapacity: true)
      octets = 0
      return try extend(after: sequence, of: feed)
    }
    behind.removeAll(keepingCapacity: true)
    try feed.read(after: sequence, maximumEvents: readEvents, maximumOctets: readOctets, into: &behind)
    return behind[...]
  }

  private mutating func extend(after sequence: Int64, of feed: any FeedSource) throws(APIError)
    -> ArraySlice<PackedRow>
  {
    trim()
    let before = rows.count
    try feed.read(after: sequence, maximumEvents: readEvents, maximumOctets: readOctets, into: &rows)
    for row in rows[before...] { octets += row.bytes.count + 64 }
    return rows[before...]
  }

  /// Drops the oldest rows beyond the limit, a good part at a time.
  private mutating func trim() {
    guard octets > maximumOctets else { return }
    var dropped = 0
    while octets > maximumOctets / 2, dropped < rows.count {
      octets -= rows[dropped].bytes.count + 64
      dropped += 1
    }
    rows.removeFirst(dropped)
  }

  /// The first row that reaches beyond `sequence`.
  private func index(after sequence: Int64) -> Int {
    var low = 0
    var high = rows.count
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].lastSequence > sequence { high = middle } else { low = middle + 1 }
    }
    return low
  }

  /// Forgets everything: after an error.
  mutating func removeAll() {
    rows.removeAll()
    octets = 0
  }
}
