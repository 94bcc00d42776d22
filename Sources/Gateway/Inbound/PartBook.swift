import SMPP
import Store

/// Parts of long inbound messages that wait for the others. They survive a restart.
final class PartBook {
  private let database: Database
  private let insert: Statement
  private let select: Statement
  private let delete: Statement
  private let oldest: Statement
  /// Parts that wait, over all phones.
  private(set) var count = 0
  /// Milliseconds since 1970 UTC of the oldest part.
  private(set) var oldestAt: Int64?

  init(_ database: Database) throws {
    self.database = database
    insert = try database.prepare(
      """
      INSERT INTO part (number_id, phone, kind, reference, total, sequence, at, udhi, data_coding, octets, carrier_id)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING
      """)
    select = try database.prepare(
      """
      SELECT sequence, data_coding, udhi, octets FROM part
      WHERE number_id = ?1 AND phone = ?2 AND kind = ?3 AND reference = ?4 AND total = ?5 ORDER BY sequence
      """)
    delete = try database.prepare(
      "DELETE FROM part WHERE number_id = ?1 AND phone = ?2 AND kind = ?3 AND reference = ?4 AND total = ?5")
    oldest = try database.prepare(
      "SELECT number_id, phone, kind, reference, total, carrier_id FROM part WHERE at <= ?1 ORDER BY at LIMIT 1"
    )
    try reload()
  }

  func reload() throws {
    count = Int(try database.int("SELECT count(*) FROM part") ?? 0)
    oldestAt = try database.int("SELECT min(at) FROM part")
  }

  /// Which message a part belongs to.
  struct Key {
    var number: NumberID
    var phone: Int64
    var kind: Concatenation.Kind
    var reference: UInt16
    var total: UInt8
    var carrier: CarrierKey
  }

  /// Keeps a part; false when it was there already.
  func keep(_ part: MessagePart, of key: Key, at now: Int64) throws -> Bool {
    bind(insert, key)
    insert.bind(6, Int64(part.place.sequence))
    insert.bind(7, now)
    insert.bind(8, part.udhi)
    insert.bind(9, Int64(part.dataCoding))
    insert.bind(10, blob: part.octets)
    insert.bind(11, key.carrier)
    try insert.run()
    guard database.changes > 0 else { return false }
    count += 1
    oldestAt = oldestAt ?? now
    return true
  }

  /// The parts of a message that are there.
  func parts(of key: Key) throws -> [MessagePart] {
    bind(select, key)
    defer { select.reset() }
    var found: [MessagePart] = []
    while try select.step() {
      guard
        let place = Concatenation(
          kind: key.kind, reference: key.reference, total: key.total,
          sequence: UInt8(truncatingIfNeeded: select.int(0)))
      else { continue }
      found.append(
        MessagePart(
          place: place, dataCoding: UInt8(truncatingIfNeeded: select.int(1)), octets: select.blob(3),
          udhi: select.bool(2)))
    }
    return found
  }

  func forget(_ key: Key) throws {
    bind(delete, key)
    try delete.run()
    count -= database.changes
    oldestAt = count == 0 ? nil : try database.int("SELECT min(at) FROM part")
  }

  /// The message with the oldest part that came at `time` or before.
  func overdue(at time: Int64) throws -> Key? {
    guard let oldestAt, oldestAt <= time else { return nil }
    oldest.bind(1, time)
    defer { oldest.reset() }
    guard try oldest.step(), let kind = Concatenation.Kind(rawValue: UInt8(truncatingIfNeeded: oldest.int(2)))
    else { return nil }
    return Key(
      number: oldest.int(0), phone: oldest.int(1), kind: kind,
      reference: UInt16(truncatingIfNeeded: oldest.int(3)), total: UInt8(truncatingIfNeeded: oldest.int(4)),
      carrier: oldest.int(5))
  }

  private func bind(_ statement: Statement, _ key: Key) {
    statement.bind(1, key.number)
    statement.bind(2, key.phone)
    statement.bind(3, Int64(key.kind.rawValue))
    statement.bind(4, Int64(key.reference))
    statement.bind(5, Int64(key.total))
  }
}
