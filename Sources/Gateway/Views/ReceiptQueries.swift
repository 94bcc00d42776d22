import Contract
import SMPP
import Settings
import Store

extension Queries {
  /// `carrier.receipts`: the newest first. What it lists belongs to no number, so only who sees all of them sees it.
  func carrierReceipts(_ params: CarrierReceipts, _ scope: AccessScope) throws -> Page<ReceiptView> {
    guard let carrier = try database.int("SELECT id FROM carrier WHERE name = ?1", .text(params.carrier))
    else { throw APIError.notFound("carrier", params.carrier) }
    guard scope.isFull else { return Page<ReceiptView>(items: []) }
    let now = clock()
    let parked = now - settings.spans.receiptParked.wholeMilliseconds
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try all(
          """
          SELECT at, id, reason FROM unmatched_receipt
          WHERE carrier_id = ?5 AND at <= ?1 AND (at < ?1 OR id < ?2) AND at >= ?3 ORDER BY at DESC, id DESC LIMIT ?4
          """,
          [
            .int(after?.first ?? .max), .int(after?.second ?? .max),
            .int(params.since?.milliseconds ?? .min), .int(Int64(count)), .int(carrier),
          ]
        ) { row in
          let reason = reason(row.int(2), at: row.int(0), parked)
          return WalkKey(
            place: PageCursor(row.int(0), row.int(1)), fits: params.reason.map { $0 == reason } ?? true)
        }
      },
      item: { place -> ReceiptView? in
        try database.map(
          """
          SELECT u.reason, u.external, u.state, u.error, u.ref, n.address, u.phone, u.at, u.word FROM unmatched_receipt u
          LEFT JOIN number n ON n.id = u.number_id WHERE u.id = ?1
          """, .int(place.second)
        ) { row in
          ReceiptView(
            receiptID: Int(place.second), carrier: params.carrier,
            reason: reason(row.int(0), at: row.int(7), parked),
            carrierMessageID: COctetString(octets: row.blob(1)).string,
            state: ReceiptState(SegmentState(rawValue: row.int(2)) ?? .sent), error: row.textOrNil(3),
            carrierState: row.textOrNil(8),
            messageID: row.intOrNil(4).map { MessageID(SegmentRef(rawValue: $0).message) },
            from: row.intOrNil(5).flatMap { PhoneNumber(packed: $0) },
            to: row.intOrNil(6).flatMap { PhoneNumber(packed: $0) },
            receivedAt: Timestamp(milliseconds: row.int(7)), ageS: Int(max(0, now - row.int(7)) / 1_000))
        }.first
      })
  }

  /// What came too long ago to be waiting for an answer has no message.
  private func reason(_ stored: Int64, at: Int64, _ parked: Int64) -> ReceiptReason {
    let reason = UnmatchedReason(rawValue: stored) ?? .noSuchMessage
    return reason == .waitingForResponse && at < parked ? .noSuchMessage : reason.word
  }
}

extension ReceiptState {
  init(_ state: SegmentState) {
    switch state {
    case .delivered: self = .delivered
    case .failed: self = .failed
    case .expired: self = .expired
    case .queued, .sending, .sent, .unknown, .cancelled, .receiptMissing: self = .underWay
    }
  }
}
