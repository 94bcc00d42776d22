import Store

/// What receipts say that is no outcome: of which segment, and how often each carrier says it.
struct ReceiptWordTable {
  /// The most different words kept of one segment, and of one carrier.
  static let ofSegment = 8
  static let ofCarrier = 256

  private let database: Database

  init(_ database: Database) { self.database = database }

  /// Keeps what a receipt said of a segment. What was said before, or is more than `ofSegment`, is not kept again.
  /// - Returns: whether it is new.
  func keep(_ said: ReceiptContent, of ref: SegmentRef, by carrier: CarrierKey, at: Int64) throws(StoreError)
    -> Bool
  {
    let there = try database.int("SELECT count(*) FROM receipt_word WHERE ref = ?1", .int(ref.rawValue)) ?? 0
    guard let word = said.word, there < Self.ofSegment else { return false }
    try database.run(
      """
      INSERT INTO receipt_word (ref, word, error, at, carrier_id, is_step) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
      ON CONFLICT DO NOTHING
      """, .int(ref.rawValue), .text(word), .text(said.error ?? ""), .int(at), .int(carrier),
      .int(said.isStep ? 1 : 0))
    return database.changes > 0
  }

  /// Whether a receipt came for a segment, though nobody knows what it says.
  func isHeard(_ ref: SegmentRef) throws(StoreError) -> Bool {
    try database.int(
      "SELECT EXISTS (SELECT 1 FROM receipt_word WHERE ref = ?1 AND is_step = 0)", .int(ref.rawValue)) == 1
  }

  /// Counts a word that is no state we know. Beyond `ofCarrier` words no further one is listed.
  /// - Returns: whether the carrier says it for the first time.
  func count(_ word: String, of carrier: CarrierKey, at: Int64) throws(StoreError) -> Bool {
    try database.run(
      "UPDATE unknown_state SET count = count + 1, last = ?3 WHERE carrier_id = ?1 AND word = ?2",
      .int(carrier), .text(word), .int(at))
    guard database.changes == 0 else { return false }
    try database.run(
      """
      INSERT INTO unknown_state (carrier_id, word, count, first, last) SELECT ?1, ?2, 1, ?3, ?3
      WHERE (SELECT count(*) FROM unknown_state WHERE carrier_id = ?1) < ?4
      """, .int(carrier), .text(word), .int(at), .int(Int64(Self.ofCarrier)))
    return database.changes > 0
  }
}
