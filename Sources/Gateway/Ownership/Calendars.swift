import Contract
import Store

/// The working hours of reps. Outside of them the calendar makes absences, one at a time: what is in force, else the next.
final class Calendars: Part {
  typealias Row = CalendarTable.CalendarRow

  /// Reps looked at together.
  static let slice: Int64 = 50
  /// Milliseconds between two looks at all calendars: the clock may have been set, and the rules of time zones change.
  static let lookEvery: Int64 = 86_400_000
  /// Milliseconds by which a clock that goes back is as good as none: an absence that has begun goes on.
  static let tolerated: Int64 = 3_600_000

  let outbox: Outbox
  let table: CalendarTable
  /// Behind which rep all calendars are being looked at; nil: that is done. A start looks at all.
  private var place: Int64? = 0
  private var nextLook: Int64 = 0
  private var lastSeen: Int64 = 0

  init(_ outbox: Outbox, _ table: CalendarTable) {
    self.outbox = outbox
    self.table = table
  }

  func reload() { place = 0 }

  var isDue: Bool { place != nil || now >= nextLook || now < lastSeen - Calendars.tolerated }

  /// The next reps whose absences are to be held against their calendars.
  func takeSome() throws(StoreError) -> [Int64] {
    guard isDue else { return [] }
    if place == nil || nextLook == 0 || now < lastSeen - Calendars.tolerated {
      place = 0
      nextLook = now + Calendars.lookEvery
    }
    lastSeen = now
    let reps = try table.reps(after: place ?? 0, limit: Calendars.slice)
    place = reps.count < Calendars.slice ? nil : reps.last
    return reps
  }

  // MARK: Changes

  func put(_ row: Row) throws(StoreError) {
    try table.put(row)
    tell(row)
  }

  func remove(_ row: Row) throws(StoreError) {
    try table.remove(row.rep)
    tell(row, isRemoved: true)
  }

  private func tell(_ row: Row, isRemoved: Bool = false) {
    emit(
      .calendarChanged(
        CalendarChanged(
          repID: RepID(row.rep), timeZone: row.zone, hours: row.hours, holidays: row.holidays,
          delegateRepID: row.delegateRep.map { RepID($0) },
          delegateQueueID: row.delegateQueue.map { QueueID($0) }, reply: row.reply, removed: isRemoved,
          createdAt: Timestamp(milliseconds: row.created), at: Timestamp(milliseconds: now))))
  }
}

extension Ownership {
  /// A person sets an absence: those of the calendar make room, and come back around it.
  func set(_ row: Absences.Row) throws(StoreError) -> Absences.Row {
    assert(!row.isByCalendar)
    for other in try absences.table.open(of: row.rep) where other.isByCalendar && other.overlaps(row) {
      guard other.state == .inForce, row.starts > now else {
        try end(other, .cleared)
        continue
      }
      var cut = other
      cut.ends = row.starts
      _ = try place(cut)
    }
    let row = try place(row)
    try followCalendar(of: row.rep)
    return row
  }

  /// A person ends an absence, or takes it back. Of the calendar's, the next comes at its time.
  func clear(_ row: Absences.Row) throws(StoreError) -> Absences.Row {
    if row.isByCalendar { try calendars.table.setNotBefore(row.ends, of: row.rep) }
    let ended = try end(row, .cleared)
    try followCalendar(of: row.rep)
    return ended
  }

  /// Holds some calendars against the absences that they made.
  func seekCalendars() throws(StoreError) {
    for rep in try calendars.takeSome() { try followCalendar(of: rep) }
  }

  /// The calendar's absence in force, or the next one, is as the calendar says now.
  func followCalendar(of rep: Int64) throws(StoreError) {
    let open = try absences.table.open(of: rep)
    let current = open.first(where: \.isByCalendar)
    guard directory.reps[rep]?.isActive == true, let calendar = try calendars.table.calendar(of: rep) else {
      if let current { try end(current, .cleared) }
      return
    }
    let hours: WorkingHours
    do throws(WorkingHours.Fault) {
      hours = try WorkingHours(zone: calendar.zone, hours: calendar.hours, holidays: calendar.holidays)
    } catch {
      throw .damaged("calendar", row: rep)
    }
    // A clock that goes back a little takes nothing back.
    var from = now
    if let current, current.state == .inForce, current.starts - now < Calendars.tolerated {
      from = max(from, current.starts)
    }
    let taken = open.filter { !$0.isByCalendar }.map { $0.starts..<($0.ends ?? .max) }
    let next = hours.nextTimeOff(from: max(from, calendar.notBefore ?? 0), without: taken)
    guard var row = current else {
      if let next { _ = try place(calendar.absence(next, at: now)) }
      return
    }
    if row.state == .inForce {
      guard let next, next.lowerBound <= from else {
        try end(row, .cleared)
        if let next { _ = try place(calendar.absence(next, at: now)) }
        return
      }
      row.ends = next.upperBound
    } else {
      guard let next else {
        try end(row, .cleared)
        return
      }
      (row.starts, row.ends) = (next.lowerBound, next.upperBound)
    }
    (row.delegateRep, row.delegateQueue, row.reply) = (
      calendar.delegateRep, calendar.delegateQueue, calendar.reply
    )
    if row != current { _ = try place(row) }
  }
}

extension CalendarTable.CalendarRow {
  /// The absence that the calendar makes of a time off.
  fileprivate func absence(_ time: Range<Int64>, at now: Int64) -> Absences.Row {
    Absences.Row(
      rep: rep, starts: time.lowerBound, ends: time.upperBound, delegateRep: delegateRep,
      delegateQueue: delegateQueue, reply: reply, isByCalendar: true, created: now, updated: now)
  }
}
