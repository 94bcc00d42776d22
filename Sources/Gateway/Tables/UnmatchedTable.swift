import Contract
import SMPP
import Store

/// Receipts that settled nothing: those that came before the answer that gives their id, and those a person may have to
/// look at. Bounded in number and time, the oldest leave first.
final class UnmatchedTable {
  private let insert: Statement
  private let selectByKey: Statement
  private let selectByPhone: Statement
  private let delete: Statement
  private let database: Database
  /// How many may yet find their message, and how many there are in all: while none is, nothing is looked for.
  private(set) var waiting = 0
  private(set) var count = 0

  private static let columns =
    "id, carrier_id, key, external, state, error, phone, number_id, submitted, reference, at, word, is_step"

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insert = try database.prepare(
      """
      INSERT INTO unmatched_receipt (carrier_id, key, external, reason, state, error, phone, number_id, submitted,
        reference, ref, at, word, is_step)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
      """)
    selectByKey = try database.prepare(
      """
      SELECT \(Self.columns) FROM unmatched_receipt
      WHERE carrier_id = ?1 AND key = ?2 AND reason <= 2 AND at >= ?3 ORDER BY id LIMIT 64
      """)
    selectByPhone = try database.prepare(
      """
      SELECT \(Self.columns) FROM unmatched_receipt
      WHERE phone = ?1 AND number_id = ?2 AND reason <= 2 AND at >= ?3 ORDER BY id LIMIT 64
      """)
    delete = try database.prepare("DELETE FROM unmatched_receipt WHERE id = ?1")
    try reload()
  }

  func reload() throws(StoreError) {
    count = Int(try database.int("SELECT count(*) FROM unmatched_receipt") ?? 0)
    waiting = Int(try database.int("SELECT count(*) FROM unmatched_receipt WHERE reason <= 2") ?? 0)
  }

  /// `ref`: the segment it contradicts.
  func keep(_ receipt: UnmatchedReceipt, _ reason: UnmatchedReason, ref: SegmentRef? = nil) throws(StoreError)
  {
    try insert.with(
      receipt.carrier, receipt.key, receipt.external, reason.rawValue, receipt.said.state.rawValue,
      receipt.said.error,
      receipt.parties?.phone, receipt.parties?.number, receipt.submitted, receipt.reference.map { Int64($0) },
      ref?.rawValue, receipt.at, receipt.said.word, receipt.said.isStep ? 1 : 0
    ).run()
    count += 1
    if reason.waits { waiting += 1 }
  }

  /// What came since `time` under an id with this key and may yet find its message, in the order it came.
  func waiting(_ carrier: CarrierKey, _ key: Int64, since time: Int64) throws(StoreError)
    -> [UnmatchedReceipt]
  {
    guard waiting > 0 else { return [] }
    selectByKey.with(carrier, key, time)
    return try read(selectByKey)
  }

  /// What came since `time` for a phone that was texted from a number, likewise.
  func waiting(_ parties: Parties, since time: Int64) throws(StoreError) -> [UnmatchedReceipt] {
    guard waiting > 0 else { return [] }
    selectByPhone.with(parties.phone, parties.number, time)
    return try read(selectByPhone)
  }

  private func read(_ statement: Statement) throws(StoreError) -> [UnmatchedReceipt] {
    var found: [UnmatchedReceipt] = []
    try statement.forEachRow { row in
      let parties = row.intOrNil(6).flatMap { phone in
        row.intOrNil(7).map { Parties(phone: phone, number: $0) }
      }
      found.append(
        UnmatchedReceipt(
          id: row.int(0), carrier: row.int(1), key: row.int(2), external: row.blob(3),
          said: ReceiptContent(
            state: SegmentState(rawValue: row.int(4)) ?? .sent, error: row.textOrNil(5),
            word: row.textOrNil(11), isStep: row.bool(12)),
          parties: parties,
          submitted: row.intOrNil(8), reference: row.intOrNil(9).map { UInt16(truncatingIfNeeded: $0) },
          at: row.int(10)))
    }
    return found
  }

  /// It found its message.
  func remove(_ receipt: UnmatchedReceipt) throws(StoreError) {
    try delete.with(receipt.id).run()
    count -= database.changes
    waiting -= database.changes
  }

  /// Removes what came before `time`, and the oldest of what is more than `limit`; at most `slice` of them.
  /// - Returns: how many left because of the limit.
  @discardableResult
  func trim(before time: Int64, limit: Int, slice: Int) throws(StoreError) -> Int {
    guard count > 0 else { return 0 }
    let excess = min(slice, max(0, count - limit))
    var last: Int64?
    var index = 0
    try database.rows("SELECT id, at FROM unmatched_receipt ORDER BY id LIMIT ?1", .int(Int64(slice))) {
      if index < excess || $0.int(1) < time { last = $0.int(0) }
      index += 1
    }
    guard let last else { return 0 }
    try database.run("DELETE FROM unmatched_receipt WHERE id <= ?1", .int(last))
    try reload()
    return excess
  }
}
