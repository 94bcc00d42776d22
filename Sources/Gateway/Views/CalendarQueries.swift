import Contract
import Store

extension CalendarView {
  init(_ row: CalendarTable.CalendarRow) {
    self.init(
      repID: RepID(row.rep), timeZone: row.zone, hours: row.hours, holidays: row.holidays,
      delegateRepID: row.delegateRep.map { RepID($0) },
      delegateQueueID: row.delegateQueue.map { QueueID($0) },
      reply: row.reply, createdAt: Timestamp(milliseconds: row.created),
      updatedAt: Timestamp(milliseconds: row.updated))
  }
}

/// `calendar.list`.
struct CalendarQueries {
  let queries: Queries
  let scope: AccessScope

  func list(_ params: CalendarList) throws -> Page<CalendarView> {
    let (table, absences) = (CalendarTable(queries.database), AbsenceTable(queries.database))
    return try queries.page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try ChangeWalk.rows(of: "calendar", since: params.since, after, count, queries)
      },
      item: { place in
        guard params.repID.map({ $0.value == place.second }) ?? true,
          try absences.isSeen(rep: place.second, by: scope),
          let row = try table.calendar(of: place.second)
        else { return nil }
        return CalendarView(row)
      })
  }
}
