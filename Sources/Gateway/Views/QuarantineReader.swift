import Carriers
import Contract
import Foundation
import SMPP
import Settings
import Store

/// `quarantine.list` and `quarantine.get`. What is set aside belongs to no number, so only who sees all of them sees it.
struct QuarantineReader {
  let queries: Queries

  private var database: Database { queries.database }

  /// The newest first.
  func list(_ params: QuarantineList, _ scope: AccessScope) throws -> Page<QuarantineView> {
    guard scope.isFull else { return Page<QuarantineView>(items: []) }
    let carrier = try params.carrier.map { name in
      guard let id = try database.int("SELECT id FROM carrier WHERE name = ?1", .text(name)) else {
        throw APIError.notFound("carrier", name)
      }
      return id
    }
    let before = params.olderS.map { queries.clock() - Int64($0) * 1_000 } ?? .max
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try queries.all(
          """
          SELECT id, kind, carrier_id, phone, at FROM quarantine
          WHERE at <= ?1 AND (at < ?1 OR id < ?2) AND at >= ?3 ORDER BY at DESC, id DESC LIMIT ?4
          """,
          [
            .int(after?.first ?? before), .int(after?.second ?? .max),
            .int(params.since?.milliseconds ?? .min), .int(Int64(count)),
          ]
        ) { row in
          WalkKey(
            place: PageCursor(row.int(4), row.int(0)),
            fits: (params.kind.map { $0.rawValue == row.text(1) } ?? true)
              && (carrier.map { $0 == row.int(2) } ?? true)
              && (params.phone.map { $0.packed == row.intOrNil(3) } ?? true))
        }
      },
      item: { place -> QuarantineView? in
        guard let entry = try entry(place.second) else { return nil }
        if let number = params.number, number != destination(entry) { return nil }
        if let wanted = params.text, !contains(wanted, entry) { return nil }
        return entry.view
      })
  }

  func get(_ params: QuarantineGet, _ scope: AccessScope) throws -> QuarantineGetResult {
    guard scope.isFull, let entry = try entry(Int64(params.quarantineID)) else {
      throw APIError.notFound("quarantine entry", params.quarantineID)
    }
    let part = entry.pdu?.messagePart?.place
    let text = text(entry)
    return QuarantineGetResult(
      entry: entry.view, text: text,
      keywordClass: Keyword.classify(text ?? "").keyword.word, part: part.map { Int($0.sequence) },
      parts: part.map { Int($0.total) }, pdu: Data(entry.octets).base64EncodedString())
  }

  // MARK: One entry

  private struct Stored {
    var view: QuarantineView
    var octets: [UInt8]
    var pdu: DeliverSM?
    var profile: CarrierProfile
  }

  private func entry(_ id: Int64) throws -> Stored? {
    try database.map(
      """
      SELECT q.kind, c.name, q.source, q.destination, q.detail, q.at, q.pdu FROM quarantine q
      LEFT JOIN carrier c ON c.id = q.carrier_id WHERE q.id = ?1
      """, .int(id)
    ) { (row: Row) throws(StoreError) in
      guard let kind = QuarantineKind(rawValue: row.text(0)) else { throw .damaged("quarantine", row: id) }
      let octets = row.blob(6)
      let view = QuarantineView(
        quarantineID: Int(id), kind: kind, carrier: row.text(1),
        from: row.text(2).isEmpty ? nil : row.text(2), to: row.text(3).isEmpty ? nil : row.text(3),
        detail: row.textOrNil(4), octets: octets.count, receivedAt: Timestamp(milliseconds: row.int(5)))
      return Stored(
        view: view, octets: octets, pdu: QuarantineTable.pdu(octets),
        profile: queries.settings.carriers[row.text(1)] ?? CarrierProfile())
    }.first
  }

  private func text(_ entry: Stored) -> String? {
    guard let pdu = entry.pdu, !pdu.textOctets.isEmpty else { return nil }
    return Reading.text(of: pdu.codedText(entry.profile.charsets)).text
  }

  private func destination(_ entry: Stored) -> PhoneNumber? {
    entry.pdu.flatMap { AddressNormaliser(entry.profile).phoneNumber($0.destination) }
  }

  private func contains(_ wanted: String, _ entry: Stored) -> Bool {
    text(entry)?.range(of: wanted, options: [.caseInsensitive]) != nil
  }
}
