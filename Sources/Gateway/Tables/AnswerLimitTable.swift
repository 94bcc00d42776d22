import Store

/// The table `answer_limit`: when the gateway answered a phone by itself lately.
final class AnswerLimitTable {
  struct Row {
    /// Milliseconds since 1970 UTC of the answers of the last hour.
    var times: [Int64] = []
    /// An answer was withheld since the last one that left.
    var isWithheld = false
  }

  private let select: Statement
  private let upsert: Statement
  private let delete: Statement

  init(_ database: Database) throws(StoreError) {
    select = try database.prepare("SELECT times, withheld FROM answer_limit WHERE phone = ?1")
    upsert = try database.prepare(
      """
      INSERT INTO answer_limit (phone, last, times, withheld) VALUES (?1, ?2, ?3, ?4)
      ON CONFLICT (phone) DO UPDATE SET last = excluded.last, times = excluded.times, withheld = excluded.withheld
      """)
    delete = try database.prepare(
      "DELETE FROM answer_limit WHERE phone IN (SELECT phone FROM answer_limit WHERE last < ?1 LIMIT ?2)")
  }

  func row(of phone: Int64) throws(StoreError) -> Row {
    try select.with(phone).first { Row(times: $0.blob(0).times, isWithheld: $0.bool(1)) } ?? Row()
  }

  func put(_ row: Row, of phone: Int64, at now: Int64) throws(StoreError) {
    try upsert.bind(1, phone).bind(2, now).bind(3, blob: row.times.octets).bind(4, row.isWithheld).run()
  }

  /// Phones that were not answered since `time`.
  func remove(before time: Int64, slice: Int64) throws(StoreError) { try delete.with(time, slice).run() }
}

extension [UInt8] {
  /// Times as a blob keeps them.
  var times: [Int64] {
    withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count & ~7, by: 8).map {
        bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)
      }
    }
  }
}

extension [Int64] {
  var octets: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}
