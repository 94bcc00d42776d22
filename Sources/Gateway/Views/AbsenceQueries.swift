import Contract
import Store

extension AbsenceView {
  init(_ row: AbsenceTable.AbsenceRow) {
    self.init(
      absenceID: AbsenceID(row.id), repID: RepID(row.rep), state: row.state,
      startsAt: Timestamp(milliseconds: row.starts), endsAt: row.ends.map { Timestamp(milliseconds: $0) },
      delegateRepID: row.delegateRep.map { RepID($0) },
      delegateQueueID: row.delegateQueue.map { QueueID($0) }, reply: row.reply, byCalendar: row.isByCalendar,
      createdAt: Timestamp(milliseconds: row.created), updatedAt: Timestamp(milliseconds: row.updated))
  }
}

/// `absence.list`.
struct AbsenceQueries {
  let queries: Queries
  let scope: AccessScope

  func list(_ params: AbsenceList) throws -> Page<AbsenceView> {
    let table = AbsenceTable(queries.database)
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "absence", since: params.since, after, count, queries)
      },
      item: { place in
        guard let row = try table.absence(place.second), params.repID.map({ $0.value == row.rep }) ?? true,
          params.state.map({ $0 == row.state }) ?? true, try table.isSeen(row, by: scope)
        else { return nil }
        return AbsenceView(row)
      })
  }
}
