import Store

/// The tables `pending` and `handed`: segments that wait outside a run, and those that are in flight.
struct PendingTable {
  private let database: Database

  init(_ database: Database) { self.database = database }

  // MARK: Pending

  struct Waiting {
    var number: NumberID
    var urgency: Urgency
    var item: PendingSegment
  }

  func put(_ item: PendingSegment, _ number: NumberID, _ urgency: Urgency) throws(StoreError) {
    let statement = try database.cached(
      """
      INSERT INTO pending (number_id, class, ref, attempts, not_before) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT (number_id, class, ref) DO UPDATE SET attempts = excluded.attempts,
        not_before = excluded.not_before
      """)
    try statement.with(number, urgency.rawValue, item.ref.rawValue, item.attempts, item.notBefore).run()
  }

  func remove(_ ref: SegmentRef, _ number: NumberID, _ urgency: Urgency) throws(StoreError) {
    let statement = try database.cached(
      "DELETE FROM pending WHERE number_id = ?1 AND class = ?2 AND ref = ?3")
    try statement.with(number, urgency.rawValue, ref.rawValue).run()
  }

  /// Everything that waits, in the order of the refs.
  func all() throws(StoreError) -> [Waiting] {
    try database.map(
      """
      SELECT p.number_id, p.class, p.ref, p.attempts, p.not_before, m.conversation_id FROM pending p
      JOIN message m ON m.id = p.ref >> 8 ORDER BY p.ref
      """
    ) { row in
      Waiting(
        number: row.int(0), urgency: Urgency(rawValue: row.int(1)) ?? .bulk,
        item: PendingSegment(
          ref: SegmentRef(rawValue: row.int(2)), conversation: row.int(5), attempts: row.int(3),
          notBefore: row.int(4)))
    }
  }

  /// Campaign segments that wait in a lane, from one ref on and before another, in order.
  func bulk(_ number: NumberID, from: Int64, to: Int64, limit: Int64) throws(StoreError) -> [SegmentRef] {
    try database.map(
      """
      SELECT ref FROM pending WHERE number_id = ?1 AND class = 1 AND ref >= ?2 AND ref < ?3 ORDER BY ref LIMIT ?4
      """, .int(number), .int(from), .int(to), .int(limit)
    ) { SegmentRef(rawValue: $0.int(0)) }
  }

  func contains(_ ref: SegmentRef) throws(StoreError) -> Bool {
    try database.cached("SELECT 1 FROM pending WHERE ref = ?1 LIMIT 1").bind(1, ref.rawValue).firstInt()
      != nil
  }

  func count() throws(StoreError) -> Int64 { try database.int("SELECT count(*) FROM pending") ?? 0 }

  /// Nothing waits for a time any more.
  func forgetTimes() throws(StoreError) {
    try database.run("UPDATE pending SET not_before = 0 WHERE not_before > 0")
  }

  // MARK: Handed

  struct Handed {
    var id: Int64
    /// Milliseconds since 1970 UTC.
    var at: Int64
    var refs: [SegmentRef]
  }

  /// One row names every segment that a transaction hands over.
  func hand(_ refs: [SegmentRef], id: Int64, at: Int64) throws(StoreError) {
    let insert = try database.cached("INSERT INTO handed (id, at, refs) VALUES (?1, ?2, ?3)")
    insert.with(id, at)
    var octets: [UInt8] = []
    octets.reserveCapacity(refs.count * 8)
    for ref in refs { withUnsafeBytes(of: ref.rawValue) { octets.append(contentsOf: $0) } }
    insert.bind(3, blob: octets)
    try insert.run()
  }

  func removeHanded(_ id: Int64) throws(StoreError) {
    try database.cached("DELETE FROM handed WHERE id = ?1").run(id)
  }

  func removeAllHanded() throws(StoreError) { try database.run("DELETE FROM handed") }

  /// Every row, in the order of the ids.
  func handed() throws(StoreError) -> [Handed] {
    try database.map("SELECT id, at, refs FROM handed ORDER BY id") { row in
      Handed(id: row.int(0), at: row.int(1), refs: PendingTable.refs(row.blob(2)))
    }
  }

  /// The refs of a row: host-order 64-bit integers.
  static func refs(_ blob: [UInt8]) -> [SegmentRef] {
    blob.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count & ~7, by: 8).map {
        SegmentRef(rawValue: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self))
      }
    }
  }
}
