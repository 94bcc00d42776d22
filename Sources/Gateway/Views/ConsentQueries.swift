import Contract
import Store

extension Queries {
  /// `consent.get`: whether a phone may be texted. Every caller sees that the phone opted out. Only callers who see the number
  /// that got the text see the text.
  func consentGet(_ params: ConsentGet, _ scope: AccessScope) throws -> ConsentGetResult {
    let phone = PhoneNumber(try phones.anyPhone(params.phone, field: "phone"))
    let blocked = try database.map(
      """
      SELECT DISTINCT n.address FROM suppression s JOIN number n ON n.id = abs(s.scope)
      WHERE s.phone = ?1 AND s.scope <> 0 ORDER BY n.address
      """, .int(phone.packed)
    ) { $0.int(0) }
    let views = views
    let records = try database.map(
      "SELECT \(Views.consentColumns) FROM consent_record r WHERE r.phone = ?1 ORDER BY r.id DESC LIMIT ?2",
      .int(phone.packed), .int(Int64(PageRequest.largest)), read: views.consent)
    return ConsentGetResult(
      phone: phone, optedOutOfBrand: try views.isOut(phone.packed),
      blockedBy: blocked.filter { scope.sees($0) }.compactMap { PhoneNumber(packed: $0) },
      records: try fitting(records.compactMap { $0 }.filter { isVisible($0, scope) }))
  }

  /// The first of the records, as many as a line holds.
  private func fitting(_ records: [ConsentView]) throws -> [ConsentView] {
    var octets = 0
    return try Array(
      records.prefix { record in
        octets += try ContractJSON.encode(record).count + 1
        return octets <= WalkLimit.octets
      })
  }

  private func isVisible(_ record: ConsentView, _ scope: AccessScope) -> Bool {
    record.number.map { scope.sees($0) } ?? true
  }

  func consentList(_ params: ConsentList, _ scope: AccessScope) throws -> Page<ConsentView> {
    let views = views
    let phone = try params.phone.map { try phones.anyPhone($0, field: "phone").digits }
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        // Of a phone by the phone; of all, only as far back as asked for.
        let walk =
          phone == nil
          ? """
          SELECT id, change, at FROM consent_record WHERE at <= ?1 AND (at < ?1 OR id < ?2) AND at >= ?3
          ORDER BY at DESC, id DESC LIMIT ?4
          """
          : """
          SELECT id, change, at FROM consent_record WHERE phone = ?5 AND id < ?2 AND at >= ?3
          ORDER BY id DESC LIMIT ?4
          """
        return try all(
          walk,
          [
            .int(after?.first ?? .max), .int(after?.second ?? .max),
            .int(params.since?.milliseconds ?? .min), .int(Int64(count)),
          ] + (phone.map { [.int($0)] } ?? [])
        ) { row in
          WalkKey(
            place: PageCursor(row.int(2), row.int(0)),
            fits: params.kind.map { $0.rawValue == row.text(1) } ?? true)
        }
      },
      item: { place -> ConsentView? in
        let found = try database.map(
          "SELECT \(Views.consentColumns) FROM consent_record r WHERE r.id = ?1", .int(place.second),
          read: views.consent)
        guard let view = found.first ?? nil, isVisible(view, scope) else { return nil }
        return params.current.map { $0 == view.current } ?? true ? view : nil
      })
  }
}
