import Contract

/// The queries that wait for a reader, as a value. Users take turns, and the connections of one user; of each connection one
/// query at a time is with a reader, in the order they came. So a query waits for at most one of every other user, however
/// many these ask and over however many connections.
struct QueryTurns {
  /// A query whose turn it is.
  struct Turn: Equatable {
    let user: UInt32
    let connection: UInt64
    let request: UInt64
    let query: Query
    /// The session that it acts in.
    var session: SecretToken?
  }

  private struct Line {
    let user: UInt32
    var waiting: [Turn] = []
    /// One of this connection's is with a reader.
    var isAsking = false
  }

  /// Queries that wait in all, at most.
  let limit: Int
  private(set) var count = 0
  private var lines: [UInt64: Line] = [:]
  /// Connections with a query that waits and none with a reader, in the order of their turns.
  private var order: [UInt64] = []
  /// Turns given so far.
  private var turns: UInt64 = 0
  /// Which turn was a user's last; of those with a line. Who comes new stands behind everybody.
  private var lastTurns: [UInt32: UInt64] = [:]

  init(limit: Int) { self.limit = limit }

  /// Puts a query behind its connection's others; false where too many wait.
  mutating func add(_ turn: Turn) -> Bool {
    guard count < limit else { return false }
    count += 1
    var line = lines[turn.connection] ?? Line(user: turn.user)
    line.waiting.append(turn)
    if !line.isAsking, line.waiting.count == 1 { order.append(turn.connection) }
    lines[turn.connection] = line
    if lastTurns[turn.user] == nil { lastTurns[turn.user] = turns }
    return true
  }

  /// The next query for a free reader; `ended(_:)` gives its connection another turn. A connection for which `hasRoom` is
  /// false keeps its place.
  mutating func next(_ hasRoom: (_ connection: UInt64) -> Bool) -> Turn? {
    var best: (place: Int, last: UInt64)?
    for (place, connection) in order.enumerated() {
      guard let user = lines[connection]?.user, let last = lastTurns[user] else {
        assertionFailure("a connection without a line has a turn")
        continue
      }
      if best.map({ last < $0.last }) ?? true, hasRoom(connection) { best = (place, last) }
    }
    guard let best else { return nil }
    let connection = order.remove(at: best.place)
    guard var line = lines[connection], !line.waiting.isEmpty else {
      assertionFailure("a connection without a query has a turn")
      return nil
    }
    let turn = line.waiting.removeFirst()
    line.isAsking = true
    lines[connection] = line
    count -= 1
    turns += 1
    lastTurns[line.user] = turns
    return turn
  }

  /// The reader is done with this connection's query.
  mutating func ended(_ connection: UInt64) {
    guard let line = lines[connection] else { return }
    assert(line.isAsking, "a query ends that no reader had")
    lines[connection]?.isAsking = false
    if line.waiting.isEmpty {
      remove(connection)
    } else {
      order.append(connection)
    }
  }

  /// The connection is gone, and what it asked with it.
  mutating func forget(_ connection: UInt64) {
    guard let line = lines[connection] else { return }
    count -= line.waiting.count
    order.removeAll { $0 == connection }
    remove(connection)
  }

  private mutating func remove(_ connection: UInt64) {
    guard let line = lines.removeValue(forKey: connection) else { return }
    if !lines.values.contains(where: { $0.user == line.user }) { lastTurns[line.user] = nil }
  }
}
