import Contract
import SMPP
import Store
import Testing

@testable import Gateway

/// What every text costs is found by a key: no statement that runs for each of them reads a whole table or sorts.
@Suite(.worlds) struct HotPathTests {
  /// One of everything that happens to texts all day.
  private func day(of world: World, _ count: Int, again: InboundPDU) throws {
    // A person's text: sent, claimed, handed over, answered, its receipt.
    let (_, id) = try world.deliverToCarrier("Hello", to: "+120255501\(10 + count)")
    try world.receipt(id, from: "+120255501\(10 + count)")
    // Given back, throttled, refused for now, never answered.
    for (index, phone) in (20..<24).map({ "+120255501\($0)" }).enumerated() {
      try world.send("Hello \(index)", to: phone)
      let segment = try #require(try world.claim().first)
      switch index {
      case 0: try world.take(.returned([segment.ref]))
      case 1: try world.answer(segment, .ESME_RTHROTTLED)
      case 2: try world.answer(segment, .ESME_RSYSERR)
      default: try world.lose(segment)
      }
      for segment in try world.claim() { try world.answer(segment) }
      world.now += 10_000
      try world.batch { $0.retryDue() }
      for segment in try world.claim() { try world.answer(segment) }
    }
    // A campaign of two pages of its run.
    try world.campaign("To all \(count)")
    while case let claimed = try world.claim(40, bulk: true), !claimed.isEmpty {
      for segment in claimed {
        let id = try world.answer(segment)
        try world.receipt(id, from: "+\(segment.phone)")
      }
    }
    // Texts from phones: an answer, one that is delivered again, an opt-out and its end.
    try world.receive("Yes, please")
    try world.take(.inbound(again))
    try world.receive("STOP", from: "+12025550188")
    #expect(try world.refusal(of: world.message("Hello", to: "+12025550188")) == .optedOut)
    try world.receive("START", from: "+12025550188")
    for segment in try world.claim() { try world.answer(segment) }
  }

  private struct Ran: Hashable {
    var sql: String
    var count: Int64
  }

  /// The writer's statements, and how often each ran.
  private func statements(of world: World) throws -> Set<Ran> {
    Set(
      try world.gateway.store.map("SELECT sql, run FROM sqlite_stmt WHERE sql NOT LIKE '%sqlite_stmt%'") {
        Ran(sql: $0.text(0), count: $0.int(1))
      })
  }

  @Test func noStatementThatRunsForEveryTextScansATableOrSorts() throws {
    let world = try World.company()
    let alpha = try world.carrier("alpha")
    try world.take(.reachable(alpha, true))
    for index in 0..<150 { try world.addContact("+1202556\(1000 + index)", owner: RepID(1)) }
    // Texts whose answers are lost with their session: each is delivered again on one of the days.
    var texts: [InboundPDU] = []
    for index in 0..<2 {
      texts.append(
        try world.inbound(world.deliver("Is it there? \(index)", from: Cast.stranger, to: Cast.annasNumber)))
      try world.take(.inbound(texts[index]))
      texts[index].request = PeerRequest(session: 2, sequence: world.nextSequence())
    }
    try world.take(.sessionLost(session: 1, carrier: alpha, at: world.now))
    try day(of: world, 0, again: texts[0])
    let before = try statements(of: world)
    try day(of: world, 1, again: texts[1])
    let hot = Set(try statements(of: world).subtracting(before).map(\.sql)).sorted()
    for sql in hot {
      let plan = try world.gateway.store.map("EXPLAIN QUERY PLAN " + sql) { $0.text(3) }
      #expect(!plan.contains { $0.hasPrefix("SCAN ") && $0 != "SCAN CONSTANT ROW" }, "\(sql): \(plan)")
      #expect(!plan.contains { $0.contains("TEMP B-TREE") }, "\(sql): \(plan)")
    }
    // Nothing of the path is missing here.
    for (verb, table) in [
      ("INSERT INTO", "message"), ("INSERT INTO", "pending"), ("DELETE FROM", "pending"),
      ("INSERT INTO", "handed"), ("DELETE FROM", "handed"), ("INSERT INTO", "segment"),
      ("INSERT INTO", "awaiting"), ("DELETE FROM", "awaiting"), ("INSERT INTO", "attempt"),
      ("INSERT INTO", "unresolved"), ("INSERT INTO", "feed"), ("INSERT INTO", "recent"),
      ("FROM", "candidate"),
      ("FROM", "suppression"), ("INSERT INTO", "suppression"), ("UPDATE", "run"), ("UPDATE", "campaign"),
      ("FROM", "conversation"), ("FROM", "contact_phone"), ("FROM", "recipient"),
    ] {
      #expect(hot.contains { $0.contains("\(verb) \(table)") }, "\(verb) \(table)")
    }
    #expect(hot.contains { $0.contains("FROM message m") && $0.contains("m.id >= ?1 AND m.id < ?2") })
  }

  @Test func everyTableHasAPrimaryKey() throws {
    let world = try World()
    let tables = try world.gateway.store.map(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
    ) { $0.text(0) }
    #expect(tables.count > 30)
    for table in tables {
      let keys = try world.stored("SELECT count(*) FROM pragma_table_info('\(table)') WHERE pk > 0")
      #expect(keys ?? 0 > 0, "\(table)")
    }
  }
}
