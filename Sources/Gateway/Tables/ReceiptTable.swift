import SMPP
import Store

/// Which segments wait for a receipt, and which are in doubt.
///
/// Live rows only: each leaves its table when it is settled.
final class ReceiptTable {
  /// A row of `awaiting`.
  struct Awaited {
    var carrier: CarrierKey
    var key: Int64
    var ref: SegmentRef
    /// Milliseconds since 1970 UTC.
    var due: Int64
  }

  /// A row of `doubt`, with the recorded outcome of its segment.
  struct Doubt {
    var ref: SegmentRef
    var carrier: CarrierKey
    var submitted: Int64
    /// nil: it is on its way again.
    var state: SegmentState?
    /// When its outcome became what it is.
    var at: Int64
  }

  /// Segments looked at under one id: all parts of one message may share it.
  static let awaitedUnderOneID = 32
  /// Hand-overs in doubt between a number and a phone that are told apart; of more, none is.
  static let doubtsOfOnePhone = 256

  private let insertAwaiting: Statement
  private let selectAwaiting: Statement
  private let deleteAwaiting: Statement
  private let walkAwaiting: Statement
  private let insertDoubt: Statement
  private let deleteDoubt: Statement
  private let doubtsOfPhone: Statement
  private let deleteHandOver: Statement
  private let walkDoubts: Statement
  private let database: Database
  /// How many are in doubt: while none is, nothing is looked for.
  private(set) var doubtCount = 0

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insertAwaiting = try database.prepare(
      """
      INSERT INTO awaiting (carrier_id, key, ref, due) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (carrier_id, key, ref) DO UPDATE SET due = excluded.due
      """)
    selectAwaiting = try database.prepare(
      "SELECT ref FROM awaiting WHERE carrier_id = ?1 AND key = ?2 ORDER BY ref LIMIT ?3")
    deleteAwaiting = try database.prepare(
      "DELETE FROM awaiting WHERE carrier_id = ?1 AND key = ?2 AND ref = ?3")
    walkAwaiting = try database.prepare(
      """
      SELECT carrier_id, key, ref, due FROM awaiting WHERE (carrier_id, key, ref) > (?1, ?2, ?3)
      ORDER BY carrier_id, key, ref LIMIT ?4
      """)
    insertDoubt = try database.prepare(
      """
      INSERT INTO doubt (ref, carrier_id, number_id, phone, submitted) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT DO NOTHING
      """)
    walkDoubts = try database.prepare(
      """
      SELECT d.ref, d.carrier_id, d.submitted, s.state, s.at FROM doubt d LEFT JOIN segment s ON s.ref = d.ref
      WHERE d.ref > ?1 AND d.submitted = (SELECT max(submitted) FROM doubt WHERE ref = d.ref) ORDER BY d.ref LIMIT ?2
      """)
    deleteHandOver = try database.prepare("DELETE FROM doubt WHERE ref = ?1 AND submitted = ?2")
    deleteDoubt = try database.prepare("DELETE FROM doubt WHERE ref = ?1")
    doubtsOfPhone = try database.prepare(
      "SELECT ref, submitted, carrier_id FROM doubt WHERE phone = ?1 AND number_id = ?2 LIMIT ?3")
    try reload()
  }

  func reload() throws(StoreError) { doubtCount = Int(try database.int("SELECT count(*) FROM doubt") ?? 0) }

  /// `due`: when its receipt is missing, milliseconds since 1970 UTC.
  func expect(_ carrier: CarrierKey, _ key: Int64, _ ref: SegmentRef, due: Int64) throws(StoreError) {
    try insertAwaiting.with(carrier, key, ref.rawValue, due).run()
  }

  /// The segments whose carrier's id has this key, the oldest first: usually one.
  func awaiting(_ carrier: CarrierKey, _ key: Int64) throws(StoreError) -> [SegmentRef] {
    selectAwaiting.with(carrier, key, Int64(Self.awaitedUnderOneID))
    defer { selectAwaiting.reset() }
    var refs: [SegmentRef] = []
    while try selectAwaiting.step() { refs.append(SegmentRef(rawValue: selectAwaiting.int(0))) }
    return refs
  }

  func stopAwaiting(_ carrier: CarrierKey, _ key: Int64, _ ref: SegmentRef) throws(StoreError) {
    try deleteAwaiting.with(carrier, key, ref.rawValue).run()
  }

  /// The next rows behind one, in the order of their keys.
  func awaited(after row: Awaited?, limit: Int) throws(StoreError) -> [Awaited] {
    walkAwaiting.with(row?.carrier ?? .min, row?.key ?? .min, row?.ref.rawValue ?? .min, Int64(limit))
    var found: [Awaited] = []
    found.reserveCapacity(limit)
    try walkAwaiting.forEachRow {
      found.append(
        Awaited(
          carrier: $0.int(0), key: $0.int(1), ref: SegmentRef(rawValue: $0.int(2)), due: $0.int(3)))
    }
    return found
  }

  // MARK: Doubt

  /// `submitted`: when it was handed over, milliseconds since 1970 UTC.
  func doubt(_ ref: SegmentRef, carrier: CarrierKey, number: NumberID, phone: Int64, submitted: Int64)
    throws(StoreError)
  {
    try insertDoubt.with(ref.rawValue, carrier, number, phone, submitted).run()
    doubtCount += database.changes
  }

  /// The next segments behind one, each with its last hand-over.
  func doubts(after ref: Int64?, limit: Int) throws(StoreError) -> [Doubt] {
    guard doubtCount > 0 else { return [] }
    walkDoubts.with(ref ?? .min, Int64(limit))
    var found: [Doubt] = []
    try walkDoubts.forEachRow { row in
      found.append(
        Doubt(
          ref: SegmentRef(rawValue: row.int(0)), carrier: row.int(1), submitted: row.int(2),
          state: row.intOrNil(3).flatMap { SegmentState(rawValue: $0) }, at: row.int(4)))
    }
    return found
  }

  /// One hand-over of a segment is answered; one before it may be told of yet.
  func settleDoubt(_ ref: SegmentRef, submitted: Int64) throws(StoreError) {
    guard doubtCount > 0 else { return }
    try deleteHandOver.with(ref.rawValue, submitted).run()
    doubtCount -= database.changes
  }

  func settleDoubt(_ ref: SegmentRef) throws(StoreError) {
    guard doubtCount > 0 else { return }
    try deleteDoubt.with(ref.rawValue).run()
    doubtCount -= database.changes
  }

  /// The segments in doubt between a number and a phone at a carrier, with the times of their hand-over; none where they are more
  /// than can be told apart.
  func doubts(_ phone: Int64, _ number: NumberID, _ carrier: CarrierKey) throws(StoreError) -> [(
    SegmentRef, Int64
  )] {
    guard doubtCount > 0 else { return [] }
    doubtsOfPhone.with(phone, number, Int64(Self.doubtsOfOnePhone + 1))
    defer { doubtsOfPhone.reset() }
    var found: [(SegmentRef, Int64)] = []
    var rows = 0
    while try doubtsOfPhone.step() {
      rows += 1
      guard rows <= Self.doubtsOfOnePhone else { return [] }
      guard doubtsOfPhone.int(2) == carrier || doubtsOfPhone.int(2) == 0 else { continue }
      found.append((SegmentRef(rawValue: doubtsOfPhone.int(0)), doubtsOfPhone.int(1)))
    }
    return found
  }
}
