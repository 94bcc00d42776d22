import Contract
import Store

/// `lead.list` and `lead.get`.
struct LeadQueries {
  let queries: Queries
  let scope: AccessScope

  private var table: LeadTable { LeadTable(queries.database) }

  func list(_ params: LeadList) throws -> Page<LeadView> {
    try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        guard params.since == nil, let (column, value) = narrow(params) else {
          return try ChangeWalk.rows(of: "lead", since: params.since, after, count, queries)
        }
        return try queries.all(
          "SELECT id FROM lead WHERE \(column) = ?3 AND id > ?1 ORDER BY id LIMIT ?2",
          [.int(after?.first ?? 0), .int(Int64(count)), .int(value)]
        ) { WalkKey(place: PageCursor($0.int(0), $0.int(0))) }
      },
      item: { place in
        guard let row = try table.lead(place.second), params.state.map({ $0 == row.state }) ?? true,
          params.repID.map({ $0.value == row.rep }) ?? true
        else { return nil }
        return try shown(row)
      })
  }

  /// What few leads have in common, by an index.
  private func narrow(_ params: LeadList) -> (String, Int64)? {
    if let rep = params.repID { return ("rep_id", rep.value) }
    return params.state.map { ("state", $0.stored) }
  }

  func get(_ params: LeadGet) throws -> LeadView {
    guard let view = try table.lead(params.leadID.value).flatMap(shown) else {
      throw APIError.notFound("lead", params.leadID)
    }
    return view
  }

  private func shown(_ row: LeadTable.LeadRow) throws -> LeadView? {
    guard try table.isSeen(row, by: scope) else { return nil }
    return LeadView(row, hidesPhone: !scope.isFull && row.rep == nil)
  }
}
