import Store

/// The tables `recent` and `candidate`: what was acknowledged lately, and what of it may come again.
final class RedeliveryTable {
  /// What was acknowledged: a row of `recent` holds those of one transaction.
  struct Entry {
    var session: Int64
    var carrier: CarrierKey
    /// 0: a part of a long message.
    var message: Int64
    var digest: Digest

    static let octets = 40
  }

  private let database: Database
  private let insertRecent: Statement
  private let deleteRecent: Statement
  private let insertCandidate: Statement
  private let selectCandidate: Statement
  private let selectSame: Statement
  private let deleteCandidate: Statement
  private let deleteOld: Statement
  private let deleteBeyond: Statement

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insertRecent = try database.prepare("INSERT INTO recent (entries) VALUES (?1)")
    deleteRecent = try database.prepare("DELETE FROM recent WHERE id <= ?1")
    insertCandidate = try database.prepare(
      "INSERT INTO candidate (carrier_id, digest, message_id, at) VALUES (?1, ?2, ?3, ?4)")
    selectCandidate = try database.prepare(
      """
      SELECT id, message_id FROM candidate WHERE digest = ?1 AND carrier_id = ?2 AND at >= ?3
      ORDER BY id LIMIT 1
      """)
    selectSame = try database.prepare(
      "SELECT 1 FROM candidate WHERE digest = ?1 AND carrier_id = ?2 AND message_id = ?3 LIMIT 1")
    deleteCandidate = try database.prepare("DELETE FROM candidate WHERE id = ?1")
    deleteOld = try database.prepare(
      """
      DELETE FROM candidate WHERE id IN
        (SELECT id FROM (SELECT id, at FROM candidate ORDER BY id LIMIT ?2) WHERE at < ?1)
      """)
    deleteBeyond = try database.prepare(
      "DELETE FROM candidate WHERE id IN (SELECT id FROM candidate ORDER BY id LIMIT ?1)")
  }

  // MARK: Recent

  /// - Returns: the row.
  func addRecent(_ entries: [Entry]) throws(StoreError) -> Int64 {
    var packed: [UInt8] = []
    packed.reserveCapacity(entries.count * Entry.octets)
    for entry in entries {
      for word in [entry.session, entry.carrier, entry.message] {
        withUnsafeBytes(of: word) { packed.append(contentsOf: $0) }
      }
      entry.digest.append(to: &packed)
    }
    try insertRecent.with(packed).run()
    return database.lastInsertRowID
  }

  /// The rows, the oldest first.
  func recentRows() throws(StoreError) -> [Int64] {
    try database.map("SELECT id FROM recent ORDER BY id") { $0.int(0) }
  }

  /// Gives the entries of each row to `body`, the newest row first.
  func forEachRecent(_ body: ([Entry]) -> Void) throws(StoreError) {
    try database.rows("SELECT entries FROM recent ORDER BY id DESC") { row in
      row.withBlob(0) { body(RedeliveryTable.entries($0)) }
    }
  }

  func removeRecent(upTo id: Int64) throws(StoreError) { try deleteRecent.run(id) }

  func removeAllRecent() throws(StoreError) { try database.run("DELETE FROM recent") }

  private static func entries(_ bytes: UnsafeRawBufferPointer) -> [Entry] {
    stride(from: 0, through: bytes.count - Entry.octets, by: Entry.octets).compactMap { offset in
      guard let digest = Digest(stored: bytes, at: offset + 24) else { return nil }
      return Entry(
        session: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self),
        carrier: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self),
        message: bytes.loadUnaligned(fromByteOffset: offset + 16, as: Int64.self),
        digest: digest)
    }
  }

  // MARK: Candidates

  func candidates() throws(StoreError) -> Int { Int(try database.int("SELECT count(*) FROM candidate") ?? 0) }

  /// One message is one candidate, on however many sessions it was acknowledged: a second would swallow another text.
  /// - Returns: false where it is one already.
  func addCandidate(_ entry: Entry, at: Int64) throws(StoreError) -> Bool {
    let digest = entry.digest.stored
    guard try selectSame.with(digest, entry.carrier, entry.message).firstInt() == nil else { return false }
    try insertCandidate.with(entry.carrier, digest, entry.message, at).run()
    return true
  }

  /// Takes the oldest candidate with this digest that was acknowledged since `time`.
  /// - Returns: its message; nil without one.
  func takeCandidate(_ digest: Digest, carrier: CarrierKey, since time: Int64) throws(StoreError) -> Int64? {
    guard
      let (id, message) = try selectCandidate.with(digest.stored, carrier, time).first({
        ($0.int(0), $0.int(1))
      })
    else { return nil }
    try deleteCandidate.run(id)
    return message
  }

  /// - Returns: how many left.
  func removeCandidates(before time: Int64, limit: Int) throws(StoreError) -> Int {
    try deleteOld.with(time, Int64(limit)).run()
    return database.changes
  }

  /// - Returns: how many left.
  func removeOldestCandidates(_ count: Int) throws(StoreError) -> Int {
    try deleteBeyond.run(Int64(count))
    return database.changes
  }
}
