import SMPP
import Store

/// Segments that wait for a receipt, and submits without an answer.
///
/// Live rows only: a row leaves its table once it is settled.
final class ReceiptTable {
  /// A row of `awaiting`.
  struct Awaited {
    var carrier: CarrierKey
    var key: Int64
    var ref: SegmentRef
    /// Milliseconds since 1970 UTC.
    var due: Int64
  }

  /// A row of `unresolved`, with the recorded outcome of its segment.
  struct UnresolvedSubmit {
    var ref: SegmentRef
    var carrier: CarrierKey
    var submitted: Int64
    /// nil: the segment is being sent again.
    var state: SegmentState?
    /// When the segment got this outcome.
    var at: Int64
  }

  /// The most segments examined under one id: all parts of one message may share an id.
  static let awaitedUnderOneID = 32
  /// Receipts: infer nothing if more submits than this are unresolved between a number and a phone.
  static let unresolvedOfOnePhone = 256

  private let insertAwaiting: Statement
  private let selectAwaiting: Statement
  private let deleteAwaiting: Statement
  private let walkAwaiting: Statement
  private let insertUnresolved: Statement
  private let deleteUnresolved: Statement
  private let unresolvedOfPhone: Statement
  private let deleteHandOver: Statement
  private let walkUnresolved: Statement
  private let database: Database
  /// How many submits are unresolved. While none is, nothing is searched.
  private(set) var unresolvedCount = 0

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
    insertUnresolved = try database.prepare(
      """
      INSERT INTO unresolved (ref, carrier_id, number_id, phone, submitted) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT DO NOTHING
      """)
    walkUnresolved = try database.prepare(
      """
      SELECT d.ref, d.carrier_id, d.submitted, s.state, s.at FROM unresolved d LEFT JOIN segment s ON s.ref = d.ref
      WHERE d.ref > ?1 AND d.submitted = (SELECT max(submitted) FROM unresolved WHERE ref = d.ref) ORDER BY d.ref LIMIT ?2
      """)
    deleteHandOver = try database.prepare("DELETE FROM unresolved WHERE ref = ?1 AND submitted = ?2")
    deleteUnresolved = try database.prepare("DELETE FROM unresolved WHERE ref = ?1")
    unresolvedOfPhone = try database.prepare(
      "SELECT ref, submitted, carrier_id FROM unresolved WHERE phone = ?1 AND number_id = ?2 LIMIT ?3")
    try reload()
  }

  func reload() throws(StoreError) {
    unresolvedCount = Int(try database.int("SELECT count(*) FROM unresolved") ?? 0)
  }

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

  // MARK: Unresolved submits

  /// `submitted`: the time of the hand-over, milliseconds since 1970 UTC.
  func addUnresolved(_ ref: SegmentRef, carrier: CarrierKey, number: NumberID, phone: Int64, submitted: Int64)
    throws(StoreError)
  {
    try insertUnresolved.with(ref.rawValue, carrier, number, phone, submitted).run()
    unresolvedCount += database.changes
  }

  /// The next segments after `ref`, each with its last hand-over.
  func unresolved(after ref: Int64?, limit: Int) throws(StoreError) -> [UnresolvedSubmit] {
    guard unresolvedCount > 0 else { return [] }
    walkUnresolved.with(ref ?? .min, Int64(limit))
    var found: [UnresolvedSubmit] = []
    try walkUnresolved.forEachRow { row in
      found.append(
        UnresolvedSubmit(
          ref: SegmentRef(rawValue: row.int(0)), carrier: row.int(1), submitted: row.int(2),
          state: row.intOrNil(3).flatMap { SegmentState(rawValue: $0) }, at: row.int(4)))
    }
    return found
  }

  /// Removes one hand-over of a segment. An earlier hand-over may still get a receipt.
  func removeUnresolved(_ ref: SegmentRef, submitted: Int64) throws(StoreError) {
    guard unresolvedCount > 0 else { return }
    try deleteHandOver.with(ref.rawValue, submitted).run()
    unresolvedCount -= database.changes
  }

  func removeUnresolved(_ ref: SegmentRef) throws(StoreError) {
    guard unresolvedCount > 0 else { return }
    try deleteUnresolved.with(ref.rawValue).run()
    unresolvedCount -= database.changes
  }

  /// The unresolved segments between a number and a phone at a carrier, with the times of their hand-over. Empty if there are
  /// more than `unresolvedOfOnePhone`.
  func unresolved(_ phone: Int64, _ number: NumberID, _ carrier: CarrierKey) throws(StoreError) -> [(
    SegmentRef, Int64
  )] {
    guard unresolvedCount > 0 else { return [] }
    unresolvedOfPhone.with(phone, number, Int64(Self.unresolvedOfOnePhone + 1))
    defer { unresolvedOfPhone.reset() }
    var found: [(SegmentRef, Int64)] = []
    var rows = 0
    while try unresolvedOfPhone.step() {
      rows += 1
      guard rows <= Self.unresolvedOfOnePhone else { return [] }
      guard unresolvedOfPhone.int(2) == carrier || unresolvedOfPhone.int(2) == 0 else { continue }
      found.append((SegmentRef(rawValue: unresolvedOfPhone.int(0)), unresolvedOfPhone.int(1)))
    }
    return found
  }
}
