import Store

/// A PDU that was recorded and acknowledged, whose acknowledgement the carrier may not have seen.
struct Redelivered {
  var message: Int64
}

/// Recognises what a carrier sends again after a lost session (promise 2).
///
/// What was acknowledged in the last minute is kept as digests, one row a transaction; the minute is a steady clock's, and
/// begins when the acknowledgements were let out, however long the disk took. When a session is lost, or after a crash, these
/// become candidates: the first PDU with an equal body is the same one, and uses the candidate up. A carrier
/// has no more than its window without an answer, so only the newest of a session can come again. Candidates stay for a day
/// (`GatewaySettings.redeliveryWithin`) and are looked up in the store; while there are none, no PDU is.
final class RedeliveryBook {
  private struct Entry {
    var session: Int64
    var carrier: Int64
    var message: Int64
    var digest: Digest
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
  private var fresh: [Entry] = []
  /// Rows of `recent`, the oldest first. `out`: steady milliseconds by which the acknowledgements were let out; nil: they may
  /// not have been.
  private var rows: [(id: Int64, out: Int64?)] = []
  /// Steady milliseconds of the last batch's end: what this one takes happened since.
  private var last: Int64 = 0
  /// How many candidates there are.
  private var count = 0
  private var lastPurge: Int64 = 0
  /// Milliseconds after which the carrier surely has our answer, had it not been lost with its session.
  private static let answerSettles: Int64 = 60_000
  private static let entryOctets = 40
  /// The most one lost session leaves: more than any carrier's window. What was acknowledged before them, the carrier was
  /// told.
  static let perSession = 8_192
  /// The most in all, for sessions that are lost again and again; beyond, the oldest are forgotten.
  static let most = 100_000
  /// Candidates that leave at a time when they are too old.
  static let slice = 10_000

  init(_ database: Database) throws {
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
    try reload()
  }

  func reload() throws {
    fresh = []
    rows = []
    try database.rows("SELECT id FROM recent ORDER BY id") { rows.append(($0.int(0), last)) }
    count = Int(try database.int("SELECT count(*) FROM candidate") ?? 0)
  }

  /// Remembers what this transaction acknowledges.
  func acknowledged(_ body: [UInt8], session: Int, carrier: CarrierKey, message: Int64) {
    fresh.append(
      Entry(session: Int64(session), carrier: carrier, message: message, digest: Digest(of: body)))
  }

  /// The message this PDU is, when it is one the carrier was not told we have.
  func take(_ body: [UInt8], carrier: CarrierKey, since: Int64) throws -> Redelivered? {
    guard count > 0 else { return nil }
    selectCandidate.bind(1, blob: Digest(of: body).stored)
    selectCandidate.bind(2, carrier)
    selectCandidate.bind(3, since)
    guard let (id, message) = try selectCandidate.first({ ($0.int(0), $0.int(1)) }) else { return nil }
    deleteCandidate.bind(1, id)
    try deleteCandidate.run()
    count -= 1
    return Redelivered(message: message)
  }

  /// A session ended without an orderly unbind: what it acknowledged lately may come again.
  func sessionLost(_ session: Int, at now: Int64) throws {
    try makeCandidates(at: now) { $0.session == Int64(session) }
  }

  /// The process ended: whatever was acknowledged lately may come again, on whichever session.
  func candidatesAfterCrash(now: Int64) throws {
    guard !rows.isEmpty else { return }
    try makeCandidates(at: now) { _ in true }
    try database.run("DELETE FROM recent")
    rows = []
  }

  private func makeCandidates(at now: Int64, where include: (Entry) -> Bool) throws {
    // The newest first, as many of each session as its carrier may not have been told of.
    var found: [Entry] = []
    var taken: [Int64: Int] = [:]
    func take(_ entries: [Entry]) {
      for entry in entries.reversed() where include(entry) {
        guard taken[entry.session, default: 0] < Self.perSession else { continue }
        taken[entry.session, default: 0] += 1
        found.append(entry)
      }
    }
    take(fresh)
    try database.rows("SELECT entries FROM recent ORDER BY id DESC") { row in
      row.withBlob(0) { take(Self.entries($0)) }
    }
    for entry in found.reversed() {
      // One message is one candidate, on however many sessions it was acknowledged: a second would swallow another text.
      let digest = entry.digest.stored
      selectSame.bind(1, blob: digest)
      selectSame.bind(2, entry.carrier)
      selectSame.bind(3, entry.message)
      guard try selectSame.firstInt() == nil else { continue }
      insertCandidate.bind(1, entry.carrier)
      insertCandidate.bind(2, blob: digest)
      insertCandidate.bind(3, entry.message)
      insertCandidate.bind(4, now)
      try insertCandidate.run()
      count += 1
    }
    guard count > Self.most else { return }
    deleteBeyond.bind(1, Int64(count - Self.most))
    try deleteBeyond.run()
    count -= database.changes
  }

  /// The end of a batch. `steady`: milliseconds of a clock that nobody sets.
  func flush(steady: Int64) throws {
    defer { last = steady }
    for index in rows.indices.reversed() {
      guard rows[index].out == nil else { break }
      rows[index].out = steady
    }
    if !fresh.isEmpty {
      var packed: [UInt8] = []
      packed.reserveCapacity(fresh.count * Self.entryOctets)
      for entry in fresh {
        for word in [entry.session, entry.carrier, entry.message] {
          withUnsafeBytes(of: word) { packed.append(contentsOf: $0) }
        }
        entry.digest.append(to: &packed)
      }
      try packed.withUnsafeBytes {
        insertRecent.bind(1, blob: $0)
        try insertRecent.run()
      }
      rows.append((database.lastInsertRowID, nil))
      fresh.removeAll(keepingCapacity: true)
    }
    guard steady - lastPurge > 1_000 else { return }
    lastPurge = steady
    let old = rows.prefix { $0.out.map { $0 < last - Self.answerSettles } ?? false }
    if let newest = old.last {
      deleteRecent.bind(1, newest.id)
      try deleteRecent.run()
      rows.removeFirst(old.count)
    }
  }

  /// Candidates nobody sent again within the time for it.
  func removeCandidates(before time: Int64) throws {
    guard count > 0 else { return }
    deleteOld.bind(1, time)
    deleteOld.bind(2, Int64(Self.slice))
    try deleteOld.run()
    count -= database.changes
  }

  private static func entries(_ bytes: UnsafeRawBufferPointer) -> [Entry] {
    stride(from: 0, through: bytes.count - entryOctets, by: entryOctets).compactMap { offset in
      guard let digest = Digest(stored: bytes, at: offset + 24) else { return nil }
      return Entry(
        session: bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self),
        carrier: bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self),
        message: bytes.loadUnaligned(fromByteOffset: offset + 16, as: Int64.self),
        digest: digest)
    }
  }
}
