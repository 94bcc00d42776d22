import SMPP
import Store

/// What hand-overs came to that did not end their segments: kept for whoever asks why. Only the exceptions are written, so
/// that a segment that goes out and is answered costs nothing here.
final class AttemptTable {
  /// A hand-over that was never answered.
  struct HandOver {
    /// When it was handed over, in milliseconds since 1970 UTC.
    var handed: Int64
    /// When it was found to be unanswered.
    var at: Int64
    var carrier: CarrierKey
  }

  private let insert: Statement
  private let settle: Statement
  private let selectSentAgain: Statement
  private let selectByPolicy: Statement

  init(_ database: Database) throws(StoreError) {
    insert = try database.prepare(
      """
      INSERT INTO attempt (ref, kind, handed, at, carrier_id, status, until, handed_id, note)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
      """)
    settle = try database.prepare(
      """
      UPDATE attempt SET until = ?2, settled = ?3, note = ?4
      WHERE ref = ?1 AND kind IN (\(AttemptEnd.unanswered.rawValue), \(AttemptEnd.retryEnded.rawValue))
        AND settled IS NULL
      """)
    selectSentAgain = try database.prepare(
      """
      SELECT handed, at, carrier_id FROM attempt WHERE ref = ?1
        AND settled IN (\(Settlement.policy.rawValue), \(Settlement.handRetry.rawValue)) ORDER BY id DESC LIMIT 1
      """)
    selectByPolicy = try database.prepare(
      "SELECT 1 FROM attempt WHERE ref = ?1 AND settled = \(Settlement.policy.rawValue) LIMIT 1")
  }

  /// `handed`: when it was handed over, where the flight does not say. `until`: not to be tried again before.
  func record(
    _ flight: Flight, _ end: AttemptEnd, handed: Int64? = nil, at: Int64, status: CommandStatus = .ESME_ROK,
    until: Int64? = nil, note: String? = nil
  ) throws(StoreError) {
    try insert.with(
      flight.ref.rawValue, end.rawValue, handed ?? flight.at, at, flight.carrier, Int64(status.rawValue),
      until, flight.row, note
    ).run()
  }

  /// The segment's outcome is unknown no longer. `note`: who said so, and why, where a person did.
  func settle(_ ref: SegmentRef, by settlement: Settlement, at: Int64, note: String? = nil) throws(StoreError)
  {
    try settle.with(ref.rawValue, at, settlement.rawValue, note).run()
  }

  /// The hand-over that a segment was sent again for; nil where it was not.
  func sentAgain(_ ref: SegmentRef) throws(StoreError) -> HandOver? {
    return try selectSentAgain.with(ref.rawValue).first {
      HandOver(handed: $0.int(0), at: $0.int(1), carrier: $0.int(2))
    }
  }

  /// By policy a segment is sent again once.
  func wasSentAgainByPolicy(_ ref: SegmentRef) throws(StoreError) -> Bool {
    return try selectByPolicy.with(ref.rawValue).firstInt() != nil
  }
}
