import Contract

/// The queries that wait for a reader, as a value: connections take turns, and of each connection one query at a time is
/// with a reader, in the order they came. So what one connection asks delays another by one query, however many it asks.
struct QueryTurns {
  /// A query whose turn it is.
  struct Turn: Equatable {
    let connection: UInt64
    let request: UInt64
    let query: Query
  }

  private struct Line {
    var waiting: [Turn] = []
    /// One of this connection's is with a reader.
    var isAsking = false
  }

  /// Queries that wait in all, at most.
  let limit: Int
  private(set) var count = 0
  private var lines: [UInt64: Line] = [:]
  /// Connections with a query that waits and none with a reader: whose turn is next comes first.
  private var order: [UInt64] = []

  init(limit: Int) { self.limit = limit }

  /// Puts a query behind its connection's others; false where too many wait.
  mutating func add(_ turn: Turn) -> Bool {
    guard count < limit else { return false }
    count += 1
    lines[turn.connection, default: Line()].waiting.append(turn)
    if let line = lines[turn.connection], !line.isAsking, line.waiting.count == 1 {
      order.append(turn.connection)
    }
    return true
  }

  /// The next query for a free reader; `ended(_:)` gives its connection another turn. A connection for which `hasRoom` is
  /// false keeps its place.
  mutating func next(_ hasRoom: (_ connection: UInt64) -> Bool) -> Turn? {
    guard let place = order.firstIndex(where: hasRoom) else { return nil }
    let connection = order.remove(at: place)
    guard var line = lines[connection], !line.waiting.isEmpty else {
      assertionFailure("a connection without a query has a turn")
      return nil
    }
    let turn = line.waiting.removeFirst()
    line.isAsking = true
    lines[connection] = line
    count -= 1
    return turn
  }

  /// The reader is done with this connection's query.
  mutating func ended(_ connection: UInt64) {
    guard lines[connection] != nil else { return }
    lines[connection]?.isAsking = false
    if lines[connection]?.waiting.isEmpty ?? true {
      lines[connection] = nil
    } else {
      order.append(connection)
    }
  }

  /// The connection is gone, and what it asked with it.
  mutating func forget(_ connection: UInt64) {
    guard let line = lines.removeValue(forKey: connection) else { return }
    count -= line.waiting.count
    order.removeAll { $0 == connection }
  }
}
