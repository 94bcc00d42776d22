import Contract
import Settings
import Store

/// `calendar.set`, `calendar.clear`: when a rep works.
struct CalendarCommands: CommandRules {
  /// Of one calendar.
  static let hours = 1...50
  static let maximumHolidays = 100

  let outbox: Outbox
  let reads: DecisionReads
  /// A rep's absences have the same delegates and replies.
  let absences: AbsenceCommands
  let ownership: Ownership

  private typealias Row = CalendarTable.CalendarRow

  private var calendars: Calendars { ownership.calendars }

  func set(_ params: CalendarSet, _ caller: Requester) throws(APIError) -> Decision {
    let rep = try absences.rep(params.repID, caller)
    guard rep.isActive else { throw .refused(.repInactive, field: "rep_id") }
    var row = Row(
      rep: rep.id, zone: params.timeZone, hours: params.hours, holidays: params.holidays ?? [],
      reply: try absences.checked(params.reply, rep), created: now, updated: now)
    (row.delegateRep, row.delegateQueue) = try absences.delegate(
      params.delegateRepID, params.delegateQueueID, of: rep, caller)
    try check(row)
    let old = try read(try calendars.table.calendar(of: rep.id))
    if let old { row.created = old.created }
    return Decision { [row] () throws(StoreError) in
      if let old {
        var unchanged = row
        (unchanged.updated, unchanged.notBefore) = (old.updated, old.notBefore)
        // The same once more changes nothing, and tells nothing.
        if unchanged == old { return CalendarView(old) }
      }
      try calendars.put(row)
      try ownership.followCalendar(of: rep.id)
      return CalendarView(row)
    }
  }

  func clear(_ params: CalendarClear, _ caller: Requester) throws(APIError) -> Decision {
    let rep = try absences.rep(params.repID, caller)
    guard let row = try read(try calendars.table.calendar(of: rep.id)) else {
      throw .refused(.wrongState, "the rep has no working hours", field: "rep_id")
    }
    return Decision { () throws(StoreError) in
      try calendars.remove(row)
      try ownership.followCalendar(of: rep.id)
      return Done()
    }
  }

  // MARK: Checks

  private func check(_ row: Row) throws(APIError) {
    guard Self.hours.contains(row.hours.count) else {
      throw .invalid("hours", "\(Self.hours.lowerBound) to \(Self.hours.upperBound)")
    }
    guard row.holidays.count <= Self.maximumHolidays else {
      throw .invalid("holidays", "at most \(Self.maximumHolidays)")
    }
    let hours: WorkingHours
    do throws(WorkingHours.Fault) {
      hours = try WorkingHours(zone: row.zone, hours: row.hours, holidays: row.holidays)
    } catch {
      throw .refused(.invalidField, error.detail, field: error.field)
    }
    // An absence that never ends is set by a person.
    guard hours.hasWorkingTime(from: now) else {
      throw .refused(.invalidField, "there is no working time within a year", field: "holidays")
    }
  }
}
