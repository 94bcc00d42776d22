import SMPP
import Store

/// What carriers that are bound to us submitted lately: what their questions and their receipts need.
final class SubmissionTable {
  struct Submission {
    var carrier: CarrierKey
    /// The phone it came from, packed.
    var source: Int64
    var at: Int64
  }

  private let database: Database
  private let insert: Statement
  private let select: Statement
  private let settle: Statement
  private let removeOldest: Statement
  /// The number of the next one.
  private var next: Int64 = 1
  /// Receipts that are owed.
  private(set) var owedCount = 0

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insert = try database.prepare(
      "INSERT INTO submission (id, carrier_id, source, at, receipt) VALUES (?1, ?2, ?3, ?4, ?5)")
    select = try database.prepare("SELECT carrier_id, source, at FROM submission WHERE id = ?1")
    settle = try database.prepare(
      "UPDATE submission SET receipt = NULL WHERE id = ?1 AND receipt IS NOT NULL")
    removeOldest = try database.prepare(
      "DELETE FROM submission WHERE id IN (SELECT id FROM submission WHERE at < ?1 ORDER BY at LIMIT ?2)")
    try reload()
  }

  func reload() throws(StoreError) {
    let stored = try database.int("SELECT max(id) FROM submission") ?? 0
    let kept = try SettingTable(database).int(.submissions) ?? 0
    next = max(stored, kept) + 1
    owedCount = Int(try database.int("SELECT count(*) FROM submission WHERE receipt IS NOT NULL") ?? 0)
  }

  /// The `message_id` of the next submission: decimal, and never given twice.
  var nextID: Int64 { next }

  func record(_ submission: Submission, receipt: DeliverSM?) throws(StoreError) {
    insert.with(next, submission.carrier, submission.source, submission.at)
    if let receipt {
      var octets: [UInt8] = []
      receipt.encode(as: .deliverSM, sequence: 0, into: &octets)
      insert.bind(5, blob: octets)
      owedCount += 1
    } else {
      insert.bindNull(5)
    }
    try insert.run()
    next += 1
  }

  subscript(id: Int64) -> Submission? {
    get throws(StoreError) {
      return try select.with(id).first { Submission(carrier: $0.int(0), source: $0.int(1), at: $0.int(2)) }
    }
  }

  /// Its receipt is owed no longer.
  func settleReceipt(_ id: Int64) throws(StoreError) {
    try settle.with(id).run()
    owedCount -= database.changes
  }

  /// What is owed, the oldest first.
  func owed() throws(StoreError) -> [OwedReceipt] {
    var found: [OwedReceipt] = []
    try database.rows("SELECT id, carrier_id, receipt FROM submission WHERE receipt IS NOT NULL ORDER BY id")
    {
      row in
      let octets = row.blob(2)
      guard case .pdu(let pdu) = octets.withUnsafeBytes({ PDU.decode($0) }),
        case .deliverSM(let message) = pdu.body
      else { return }
      found.append(OwedReceipt(id: row.int(0), carrier: row.int(1), pdu: message))
    }
    return found
  }

  func removeOld(before time: Int64, slice: Int64) throws(StoreError) {
    guard next > 1 else { return }
    try removeOldest.with(time, slice).run()
    guard database.changes > 0 else { return }
    // The ids go on where they were, even when nothing is left of them.
    try SettingTable(database).set(.submissions, next - 1)
    owedCount = Int(try database.int("SELECT count(*) FROM submission WHERE receipt IS NOT NULL") ?? 0)
  }
}
