import SMPP
import Store

/// Parts of long inbound messages that wait for the others. They survive a restart.
final class PartTable {
  private let database: Database
  private let insert: Statement
  private let select: Statement
  private let delete: Statement
  private let oldest: Statement
  private let selectOne: Statement
  private let insertWhole: Statement
  private let selectWhole: Statement
  /// Parts that wait, over all phones.
  private(set) var count = 0
  /// Of them, those of each carrier, and of each phone by a carrier.
  private(set) var byCarrier: [CarrierKey: Int] = [:]
  private(set) var bySender: [Sender: Int] = [:]

  struct Sender: Hashable {
    var carrier: CarrierKey
    var phone: Int64
  }
  /// Milliseconds since 1970 UTC of the oldest part.
  private(set) var oldestAt: Int64?

  init(_ database: Database) throws(StoreError) {
    self.database = database
    insert = try database.prepare(
      """
      INSERT INTO part (number_id, phone, kind, reference, total, carrier_id, sequence, at, udhi, data_coding, octets)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING
      """)
    select = try database.prepare(
      """
      SELECT sequence, data_coding, udhi, octets FROM part
      WHERE \(Self.isOfKey) ORDER BY sequence
      """)
    delete = try database.prepare(
      "DELETE FROM part WHERE \(Self.isOfKey)")
    oldest = try database.prepare(
      "SELECT number_id, phone, kind, reference, total, carrier_id FROM part WHERE at <= ?1 ORDER BY at LIMIT 1"
    )
    selectOne = try database.prepare(
      """
      SELECT data_coding, udhi, octets FROM part
      WHERE \(Self.isOfKey) AND sequence = ?7
      """)
    insertWhole = try database.prepare(
      """
      INSERT INTO assembled (number_id, phone, kind, reference, total, carrier_id, at, digests)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      ON CONFLICT (number_id, phone, kind, reference, total, carrier_id) DO UPDATE SET at = excluded.at,
        digests = excluded.digests
      """)
    selectWhole = try database.prepare(
      """
      SELECT digests FROM assembled
      WHERE \(Self.isOfKey)
      """)
    try reload()
  }

  func reload() throws(StoreError) {
    count = Int(try database.int("SELECT count(*) FROM part") ?? 0)
    byCarrier = [:]
    bySender = [:]
    try database.rows("SELECT carrier_id, count(*) FROM part GROUP BY carrier_id") { row in
      byCarrier[row.int(0)] = Int(row.int(1))
    }
    try database.rows("SELECT carrier_id, phone, count(*) FROM part GROUP BY carrier_id, phone") { row in
      bySender[Sender(carrier: row.int(0), phone: row.int(1))] = Int(row.int(2))
    }
    oldestAt = try database.int("SELECT min(at) FROM part")
  }

  private static let isOfKey =
    "number_id = ?1 AND phone = ?2 AND kind = ?3 AND reference = ?4 AND total = ?5 AND carrier_id = ?6"

  /// Which message a part belongs to. Parts that different carriers bring are never put together: one carrier does not speak for
  /// the other's phones.
  struct Key {
    var number: NumberID
    var phone: Int64
    var kind: Concatenation.Kind
    var reference: UInt16
    var total: UInt8
    var carrier: CarrierKey
  }

  /// What a part was to those that are there.
  enum Kept {
    case new
    /// The very same is there.
    case repeated
    /// Another one is in its place; nothing was kept.
    case other
  }

  /// Keeps a part, unless its place is taken.
  func keep(_ part: MessagePart, of key: Key, at now: Int64) throws(StoreError) -> Kept {
    bind(insert, key)
    insert.bind(7, Int64(part.place.sequence))
    insert.bind(8, now)
    insert.bind(9, part.udhi)
    insert.bind(10, Int64(part.dataCoding))
    insert.bind(11, blob: part.octets)
    try insert.run()
    guard database.changes > 0 else {
      bind(selectOne, key)
      selectOne.bind(7, Int64(part.place.sequence))
      let isSame = try selectOne.first {
        $0.int(0) == Int64(part.dataCoding) && $0.bool(1) == part.udhi && $0.blob(2) == part.octets
      }
      return isSame == true ? .repeated : .other
    }
    add(1, of: key)
    // The clock may have been set back.
    oldestAt = min(oldestAt ?? now, now)
    return .new
  }

  /// Remembers the parts of a message that was whole, so that what repeats some of them is no other message.
  func remember(_ parts: [MessagePart], of key: Key, at now: Int64) throws(StoreError) {
    bind(insertWhole, key)
    insertWhole.bind(7, now)
    var digests: [UInt8] = []
    for part in parts { withUnsafeBytes(of: Self.digest(part)) { digests.append(contentsOf: $0) } }
    insertWhole.bind(8, blob: digests)
    try insertWhole.run()
  }

  /// Whether every one of the parts was in the message that was whole under the same reference lately.
  func areRepeated(_ parts: [MessagePart], of key: Key) throws(StoreError) -> Bool {
    bind(selectWhole, key)
    guard let digests = try selectWhole.first({ $0.blob(0) }) else { return false }
    return parts.allSatisfy { part in
      let at = (Int(part.place.sequence) - 1) * 8
      guard at >= 0, at + 8 <= digests.count else { return false }
      return withUnsafeBytes(of: Self.digest(part)) { Array($0) == Array(digests[at..<(at + 8)]) }
    }
  }

  func forgetWhole(before time: Int64) throws(StoreError) {
    try database.run("DELETE FROM assembled WHERE at < ?1", .int(time))
  }

  /// FNV-1a, 64 bits, of what makes a part the same part.
  private static func digest(_ part: MessagePart) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    hash = (hash ^ UInt64(part.dataCoding)) &* 0x100_0000_01B3
    for octet in part.octets { hash = (hash ^ UInt64(octet)) &* 0x100_0000_01B3 }
    return hash
  }

  /// The parts of a message that are there.
  func parts(of key: Key) throws(StoreError) -> [MessagePart] {
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

  func forget(_ key: Key) throws(StoreError) {
    bind(delete, key)
    try delete.run()
    add(-database.changes, of: key)
    oldestAt = count == 0 ? nil : try database.int("SELECT min(at) FROM part")
  }

  private func add(_ change: Int, of key: Key) {
    count += change
    let ofCarrier = (byCarrier[key.carrier] ?? 0) + change
    byCarrier[key.carrier] = ofCarrier > 0 ? ofCarrier : nil
    let sender = Sender(carrier: key.carrier, phone: key.phone)
    let ofSender = (bySender[sender] ?? 0) + change
    bySender[sender] = ofSender > 0 ? ofSender : nil
  }

  /// The message with the oldest part that came at `time` or before.
  func overdue(at time: Int64) throws(StoreError) -> Key? {
    guard let oldestAt, oldestAt <= time else { return nil }
    oldest.with(time)
    defer { oldest.reset() }
    guard try oldest.step(), let kind = Concatenation.Kind(rawValue: UInt8(truncatingIfNeeded: oldest.int(2)))
    else { return nil }
    return Key(
      number: oldest.int(0), phone: oldest.int(1), kind: kind,
      reference: UInt16(truncatingIfNeeded: oldest.int(3)), total: UInt8(truncatingIfNeeded: oldest.int(4)),
      carrier: oldest.int(5))
  }

  private func bind(_ statement: Statement, _ key: Key) {
    statement.with(
      key.number, key.phone, Int64(key.kind.rawValue), Int64(key.reference), Int64(key.total), key.carrier)
  }
}
