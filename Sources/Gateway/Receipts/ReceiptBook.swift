import SMPP
import Store

/// Which segments wait for a receipt, which receipts came before their segment's answer, and which segments are in doubt.
///
/// Live rows only: each leaves its table when it is settled.
final class ReceiptBook {
  struct Parked {
    var state: SegmentState
    var error: String?
  }

  private let insertAwaiting: Statement
  private let selectAwaiting: Statement
  private let deleteAwaiting: Statement
  private let insertParked: Statement
  private let selectParked: Statement
  private let deleteParked: Statement
  private let insertDoubt: Statement
  private let deleteDoubt: Statement
  private let doubtsOfPhone: Statement
  private let deleteOldParked: Statement
  private let database: Database
  /// How many are parked and in doubt: while none is, nothing is looked for.
  private(set) var parkedCount = 0
  private(set) var doubtCount = 0

  init(_ database: Database) throws {
    self.database = database
    insertAwaiting = try database.prepare(
      "INSERT INTO awaiting (carrier_id, key, ref) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")
    selectAwaiting = try database.prepare(
      "SELECT ref FROM awaiting WHERE carrier_id = ?1 AND key = ?2 ORDER BY ref DESC LIMIT 4")
    deleteAwaiting = try database.prepare(
      "DELETE FROM awaiting WHERE carrier_id = ?1 AND key = ?2 AND ref = ?3")
    insertParked = try database.prepare(
      "INSERT INTO parked_receipt (carrier_id, key, external, state, error, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)"
    )
    selectParked = try database.prepare(
      "SELECT id, external, state, error FROM parked_receipt WHERE carrier_id = ?1 AND key = ?2 ORDER BY id")
    deleteParked = try database.prepare("DELETE FROM parked_receipt WHERE id = ?1")
    insertDoubt = try database.prepare(
      """
      INSERT INTO doubt (ref, carrier_id, number_id, phone, submitted) VALUES (?1, ?2, ?3, ?4, ?5)
      ON CONFLICT DO NOTHING
      """)
    deleteDoubt = try database.prepare("DELETE FROM doubt WHERE ref = ?1")
    doubtsOfPhone = try database.prepare(
      "SELECT ref, submitted, carrier_id FROM doubt WHERE phone = ?1 AND number_id = ?2 LIMIT 32")
    deleteOldParked = try database.prepare("DELETE FROM parked_receipt WHERE at < ?1")
    try reload()
  }

  func reload() throws {
    parkedCount = Int(try database.int("SELECT count(*) FROM parked_receipt") ?? 0)
    doubtCount = Int(try database.int("SELECT count(*) FROM doubt") ?? 0)
  }

  func expect(_ carrier: CarrierKey, _ key: Int64, _ ref: SegmentRef) throws {
    insertAwaiting.bind(1, carrier)
    insertAwaiting.bind(2, key)
    insertAwaiting.bind(3, ref.rawValue)
    try insertAwaiting.run()
  }

  /// The segments whose carrier's id has this key, the newest first: usually one.
  func awaiting(_ carrier: CarrierKey, _ key: Int64) throws -> [SegmentRef] {
    selectAwaiting.bind(1, carrier)
    selectAwaiting.bind(2, key)
    defer { selectAwaiting.reset() }
    var refs: [SegmentRef] = []
    while try selectAwaiting.step() { refs.append(SegmentRef(rawValue: selectAwaiting.int(0))) }
    return refs
  }

  func stopAwaiting(_ carrier: CarrierKey, _ key: Int64, _ ref: SegmentRef) throws {
    deleteAwaiting.bind(1, carrier)
    deleteAwaiting.bind(2, key)
    deleteAwaiting.bind(3, ref.rawValue)
    try deleteAwaiting.run()
  }

  /// Keeps a receipt that fits nothing yet, until the answer comes that gives its id.
  func park(
    _ carrier: CarrierKey, _ key: Int64, _ external: [UInt8], _ state: SegmentState, error: String?, at: Int64
  ) throws {
    insertParked.bind(1, carrier)
    insertParked.bind(2, key)
    insertParked.bind(3, blob: external)
    insertParked.bind(4, state.rawValue)
    insertParked.bind(5, error)
    insertParked.bind(6, at)
    try insertParked.run()
    parkedCount += 1
  }

  /// What an early receipt said of this id: a final state if one came.
  func takeParked(_ carrier: CarrierKey, _ key: Int64, _ external: [UInt8]) throws -> Parked? {
    guard parkedCount > 0 else { return nil }
    selectParked.bind(1, carrier)
    selectParked.bind(2, key)
    var found: Parked?
    var taken: [Int64] = []
    try selectParked.forEachRow { row in
      taken.append(row.int(0))
      let state = SegmentState(rawValue: row.int(2)) ?? .sent
      if found == nil || state.isFinal { found = Parked(state: state, error: row.textOrNil(3)) }
    }
    for id in taken {
      deleteParked.bind(1, id)
      try deleteParked.run()
    }
    parkedCount -= taken.count
    return found
  }

  func removeParked(before time: Int64) throws {
    guard parkedCount > 0 else { return }
    deleteOldParked.bind(1, time)
    try deleteOldParked.run()
    parkedCount -= database.changes
  }

  // MARK: Doubt

  func doubt(_ ref: SegmentRef, carrier: CarrierKey, number: NumberID, phone: Int64, at: Int64) throws {
    insertDoubt.bind(1, ref.rawValue)
    insertDoubt.bind(2, carrier)
    insertDoubt.bind(3, number)
    insertDoubt.bind(4, phone)
    insertDoubt.bind(5, at)
    try insertDoubt.run()
    doubtCount += database.changes
  }

  func settleDoubt(_ ref: SegmentRef) throws {
    guard doubtCount > 0 else { return }
    deleteDoubt.bind(1, ref.rawValue)
    try deleteDoubt.run()
    doubtCount -= database.changes
  }

  /// The segments in doubt between a number and a phone at a carrier, with the times of their hand-over.
  func doubts(_ phone: Int64, _ number: NumberID, _ carrier: CarrierKey) throws -> [(SegmentRef, Int64)] {
    guard doubtCount > 0 else { return [] }
    doubtsOfPhone.bind(1, phone)
    doubtsOfPhone.bind(2, number)
    defer { doubtsOfPhone.reset() }
    var found: [(SegmentRef, Int64)] = []
    while try doubtsOfPhone.step() {
      guard doubtsOfPhone.int(2) == carrier || doubtsOfPhone.int(2) == 0 else { continue }
      found.append((SegmentRef(rawValue: doubtsOfPhone.int(0)), doubtsOfPhone.int(1)))
    }
    return found
  }
}
