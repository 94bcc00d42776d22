import SMPP
import Store

/// What handing a segment over came to, where that was not the end of it. The store has these integers.
enum AttemptEnd: Int64 {
  /// Handed back unwritten: the session was lost, or the lane paused.
  case givenBack = 1
  /// The carrier asked for less.
  case throttled = 2
  /// The carrier could not take it for now.
  case refusedForNow = 3
  /// The session it went by carries nothing.
  case sessionRefused = 4
  /// Written, and no answer came: the outcome is unknown from then on.
  case unanswered = 5
  /// Accepted, and the receipt did not come in its time; it came later.
  case receiptMissing = 6
  /// Answered when a person had settled it: the first word stands.
  case answeredLate = 7
  /// It was to be sent again, and a rule ended that: the outcome of the hand-over before is as unknown as it was.
  case retryEnded = 8
  /// It was sent again, and the carrier refused that copy; it says nothing of the hand-over before.
  case refused = 9
}

/// By what an unknown outcome became known, or was given up. The store has these integers.
enum Settlement: Int64 {
  case answer = 1
  case receipt = 2
  /// Sent again, by the policy of its class.
  case policy = 3
  /// Sent again, by a person's order.
  case handRetry = 4
  /// A person said that the carrier took it.
  case handSent = 5
  /// A person said that it did not.
  case handFailed = 6

  /// It was sent again.
  var isRetry: Bool { self == .policy || self == .handRetry }
}

/// What hand-overs came to that did not end their segments: kept for whoever asks why. Only the exceptions are written, so
/// that a segment that goes out and is answered costs nothing here.
final class AttemptBook {
  private let insert: Statement
  private let settle: Statement
  private let selectSentAgain: Statement
  private let selectByPolicy: Statement

  init(_ database: Database) throws {
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
  ) throws {
    insert.bind(1, flight.ref.rawValue)
    insert.bind(2, end.rawValue)
    insert.bind(3, handed ?? flight.at)
    insert.bind(4, at)
    insert.bind(5, flight.carrier)
    insert.bind(6, Int64(status.rawValue))
    insert.bind(7, until)
    insert.bind(8, flight.row)
    insert.bind(9, note)
    try insert.run()
  }

  /// The segment's outcome is unknown no longer. `note`: who said so, and why, where a person did.
  func settle(_ ref: SegmentRef, by settlement: Settlement, at: Int64, note: String? = nil) throws {
    settle.bind(1, ref.rawValue)
    settle.bind(2, at)
    settle.bind(3, settlement.rawValue)
    settle.bind(4, note)
    try settle.run()
  }

  /// The hand-over that a segment was sent again for; nil where it was not.
  func sentAgain(_ ref: SegmentRef) throws -> (handed: Int64, at: Int64, carrier: CarrierKey)? {
    selectSentAgain.bind(1, ref.rawValue)
    return try selectSentAgain.first { ($0.int(0), $0.int(1), $0.int(2)) }
  }

  /// By policy a segment is sent again once.
  func wasSentAgainByPolicy(_ ref: SegmentRef) throws -> Bool {
    selectByPolicy.bind(1, ref.rawValue)
    return try selectByPolicy.firstInt() != nil
  }
}
