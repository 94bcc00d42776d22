import Store

/// The table `quarantine`: PDUs that no rule could use, as they came.
struct QuarantineTable {
  private let database: Database

  init(_ database: Database) { self.database = database }

  func add(
    at: Int64, carrier: CarrierKey, reason: String, source: String, destination: String, pdu: [UInt8]
  ) throws(StoreError) {
    try database.run(
      "INSERT INTO quarantine (at, carrier_id, reason, source, destination, pdu) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
      .int(at), .int(carrier), .text(reason), .text(source), .text(destination), .blob(pdu))
  }
}
