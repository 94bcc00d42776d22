import Contract
import Testing

@testable import SocketServer

@Suite struct QueryTurnsTests {
  /// Connections by their turns: each reader is free as soon as it was asked.
  private func connections(_ turns: inout QueryTurns, _ count: Int) -> [UInt64] {
    (0..<count).compactMap { _ in
      let turn = turns.next { _ in true }
      if let turn { turns.ended(turn.connection) }
      return turn?.connection
    }
  }

  private func add(
    _ turns: inout QueryTurns, _ connection: UInt64, _ request: UInt64, of user: UInt32 = 0
  ) -> Bool {
    turns.add(.init(user: user, connection: connection, request: request, query: .repList(RepList())))
  }

  @Test func usersTakeTurnsHoweverManyConnectionsOneHas() {
    var turns = QueryTurns(limit: 100)
    for connection in 1...4 as ClosedRange<UInt64> {
      for request in 1...2 as ClosedRange<UInt64> { #expect(add(&turns, connection, request, of: 1)) }
    }
    for request in 1...3 as ClosedRange<UInt64> { #expect(add(&turns, 9, request, of: 2)) }
    #expect(connections(&turns, 11) == [1, 9, 2, 9, 3, 9, 4, 1, 2, 3, 4])
  }

  @Test func whoComesAnewWithEachQueryHasNoMoreTurnsThanOthers() {
    var turns = QueryTurns(limit: 100)
    for request in 1...4 as ClosedRange<UInt64> { #expect(add(&turns, 1, request, of: 1)) }
    var served: [UInt64] = []
    for connection in 10...13 as ClosedRange<UInt64> {
      #expect(add(&turns, connection, 1, of: 2))
      served += connections(&turns, 2)
    }
    #expect(served == [1, 10, 1, 11, 1, 12, 1, 13])
  }

  @Test func connectionsTakeTurnsHoweverManyOneAsks() {
    var turns = QueryTurns(limit: 100)
    for request in 1...5 as ClosedRange<UInt64> { #expect(add(&turns, 1, request)) }
    for request in 1...2 as ClosedRange<UInt64> { #expect(add(&turns, 2, request)) }
    #expect(add(&turns, 3, 1))
    #expect(connections(&turns, 9) == [1, 2, 3, 1, 2, 1, 1, 1])
    #expect(turns.count == 0)
  }

  @Test func aConnectionHasOneQueryWithAReaderAndTheNextInOrder() {
    var turns = QueryTurns(limit: 100)
    for request in 1...3 as ClosedRange<UInt64> { #expect(add(&turns, 1, request)) }
    for request in 1...3 as ClosedRange<UInt64> {
      #expect(turns.next { _ in true }?.request == request)
      #expect(turns.next { _ in true } == nil)
      turns.ended(1)
    }
  }

  @Test func whoAsksWhileItsQueryIsReadComesBehindThoseThatWait() {
    var turns = QueryTurns(limit: 100)
    #expect(add(&turns, 1, 1))
    #expect(turns.next { _ in true }?.connection == 1)
    #expect(add(&turns, 1, 2))
    #expect(add(&turns, 2, 1))
    turns.ended(1)
    #expect(connections(&turns, 3) == [2, 1])
  }

  @Test func whoHasNoRoomForAnAnswerKeepsItsPlace() {
    var turns = QueryTurns(limit: 100)
    for connection in 1...3 as ClosedRange<UInt64> { #expect(add(&turns, connection, 1)) }
    #expect(turns.next { $0 != 1 }?.connection == 2)
    #expect(turns.next { $0 == 2 } == nil)
    #expect(turns.next { _ in true }?.connection == 1)
  }

  @Test func whatWaitsIsBounded() {
    var turns = QueryTurns(limit: 2)
    #expect(add(&turns, 1, 1) && add(&turns, 2, 1))
    #expect(!add(&turns, 3, 1))
    // What a reader has no longer waits.
    #expect(turns.next { _ in true } != nil)
    #expect(add(&turns, 3, 1))
  }

  @Test func whoIsGoneLeavesNothingBehind() {
    var turns = QueryTurns(limit: 3)
    for request in 1...2 as ClosedRange<UInt64> { #expect(add(&turns, 1, request)) }
    #expect(turns.next { _ in true } != nil)
    turns.forget(1)
    #expect(turns.count == 0)
    // The reader comes back later.
    turns.ended(1)
    #expect(turns.next { _ in true } == nil)
    turns.forget(1)
    #expect(turns.count == 0)
  }
}
