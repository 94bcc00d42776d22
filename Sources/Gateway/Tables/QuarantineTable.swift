import Contract
import SMPP
import Store

/// The table `quarantine`: PDUs that no rule could use, each as a `deliver_sm` that says the same.
final class QuarantineTable {
  struct Entry {
    var id: Int64
    var at: Int64
    var carrier: CarrierKey
    var kind: QuarantineKind
    var detail: String?
    /// Who wrote it, where the source is a phone.
    var phone: Int64?
    /// As it came; nil where what is stored cannot be read as one.
    var pdu: DeliverSM?
  }

  private let database: Database
  /// How many there are, and the octets of their PDUs.
  private(set) var count = 0
  private(set) var octets = 0

  init(_ database: Database) throws(StoreError) {
    self.database = database
    try reload()
  }

  func reload() throws(StoreError) {
    (count, octets) = (0, 0)
    try database.rows("SELECT count(*), ifnull(sum(length(pdu)), 0) FROM quarantine") {
      (count, octets) = (Int($0.int(0)), Int($0.int(1)))
    }
  }

  func add(
    at: Int64, _ carrier: CarrierKey, _ kind: QuarantineKind, detail: String?, phone: Int64?, _ pdu: DeliverSM
  ) throws(StoreError) {
    let body = Self.body(of: pdu)
    try database.run(
      """
      INSERT INTO quarantine (at, carrier_id, kind, detail, source, destination, phone, pdu)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
      """, .int(at), .int(carrier), .text(kind.rawValue), .init(detail),
      .text(pdu.source.digits.string), .text(pdu.destination.digits.string), .init(phone), .blob(body))
    count += 1
    octets += body.count
  }

  func entry(_ id: Int64) throws(StoreError) -> Entry? {
    try database.map(
      "SELECT at, carrier_id, kind, detail, phone, pdu FROM quarantine WHERE id = ?1", .int(id)
    ) { (row: Row) throws(StoreError) in
      guard let kind = QuarantineKind(rawValue: row.text(2)) else { throw .damaged("quarantine", row: id) }
      return Entry(
        id: id, at: row.int(0), carrier: row.int(1), kind: kind, detail: row.textOrNil(3),
        phone: row.intOrNil(4), pdu: Self.pdu(row.blob(5)))
    }.first
  }

  func remove(_ id: Int64) throws(StoreError) {
    let size = try database.int("SELECT length(pdu) FROM quarantine WHERE id = ?1", .int(id)) ?? 0
    try database.run("DELETE FROM quarantine WHERE id = ?1", .int(id))
    count -= database.changes
    octets -= Int(size)
  }

  /// Removes what came before `time`, at most `limit` of it.
  /// - Returns: how many.
  func removeOld(before time: Int64, limit: Int64) throws(StoreError) -> Int {
    guard count > 0 else { return 0 }
    let old = try database.map(
      "SELECT id FROM quarantine WHERE at < ?1 ORDER BY at LIMIT ?2", .int(time), .int(limit)
    ) { $0.int(0) }
    for id in old { try remove(id) }
    return old.count
  }

  // MARK: The PDU

  /// The octets of a `deliver_sm` behind its header.
  private static func body(of pdu: DeliverSM) -> [UInt8] {
    var octets: [UInt8] = []
    PDU(sequence: 1, body: .deliverSM(pdu)).encode(into: &octets)
    return Array(octets.dropFirst(PDUHeader.length))
  }

  /// The `deliver_sm` with this body; nil where it is none.
  static func pdu(_ body: [UInt8]) -> DeliverSM? {
    var frame: [UInt8] = []
    frame.reserveCapacity(PDUHeader.length + body.count)
    let header = [
      UInt32(truncatingIfNeeded: PDUHeader.length + body.count), CommandID.deliverSM.rawValue, 0, 1,
    ]
    for word in header { withUnsafeBytes(of: word.bigEndian) { frame.append(contentsOf: $0) } }
    frame += body
    guard case .pdu(let pdu) = PDU.decode(frame), case .deliverSM(let message) = pdu.body else {
      return nil
    }
    return message
  }
}
