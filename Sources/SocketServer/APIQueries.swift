import Contract
import NetIO

// Queries on their way to the readers and back.

extension APILoop {
  /// The query a reader has.
  struct Asked {
    let connection: UInt64
    let request: UInt64
    /// When the caller gets `busy` although the reader is not back.
    let deadline: Duration
    var isAnswered = false
  }

  func ask(_ query: Query, _ request: UInt64, _ client: Client, as session: SecretToken?, at now: Duration) {
    let turn = QueryTurns.Turn(
      user: client.userID, connection: client.key, request: request, query: query,
      session: session)
    guard turns.add(turn) else {
      counters.queriesBusyTotal += 1
      client.machine.completed(request, with: .failure(.busy("queries")), at: now)
      return
    }
    assignQueries(at: now)
  }

  /// Gives every reader that has none the query whose turn it is. A connection whose answers are not read has none.
  func assignQueries(at now: Duration) {
    for reader in asked.indices where asked[reader] == nil {
      guard let turn = turns.next({ self.client($0)?.machine.hasRoomForAnswer ?? false }) else { return }
      guard let caller = client(turn.connection)?.caller?.acting(in: turn.session) else {
        assertionFailure("a query of nobody")
        continue
      }
      asked[reader] = Asked(
        connection: turn.connection, request: turn.request, deadline: now + limits.queryTime)
      var connected: Set<String> = []
      if case .feedConsumers = turn.query { connected = registry.connected }
      readers.ask(reader, .init(query: turn.query, caller: caller, connected: connected))
    }
  }

  func answered(_ answer: QueryReaders.Answer, at now: Duration) {
    guard let query = asked[answer.reader] else {
      assertionFailure("a reader answers what it was not asked")
      return
    }
    asked[answer.reader] = nil
    turns.ended(query.connection)
    if !query.isAnswered {
      counters.queriesTotal += 1
      client(query.connection)?.machine.completed(query.request, with: answer.reply, at: now)
    }
  }

  /// Answers for the readers that take too long. The connection's next query waits until the reader is back, so that one
  /// connection never holds two.
  func endOverdueQueries(at now: Duration) {
    for reader in asked.indices {
      guard let query = asked[reader], !query.isAnswered, now >= query.deadline else { continue }
      asked[reader]?.isAnswered = true
      counters.queriesOverTimeTotal += 1
      client(query.connection)?.machine.completed(query.request, with: .failure(.overTime), at: now)
    }
  }

  var nextQueryDeadline: Duration? {
    asked.compactMap { $0.flatMap { $0.isAnswered ? nil : $0.deadline } }.min()
  }
}
