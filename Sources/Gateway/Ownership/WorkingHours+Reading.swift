import Contract

extension WorkingHours {
  /// What is wrong with a calendar.
  struct Fault: Error {
    var field: String
    var detail: String
  }

  /// Days of a holiday.
  static let longestHoliday: Int64 = 366

  init(zone name: String, hours: [CalendarHours], holidays: [CalendarHoliday]) throws(Fault) {
    guard let zone = Self.zone(name) else {
      throw Fault(field: "time_zone", detail: "expected an IANA name such as America/New_York")
    }
    self.zone = zone
    week = try Self.week(hours)
    self.holidays = try holidays.map { (holiday) throws(Fault) in
      guard let first = Self.day(holiday.firstDay),
        let last = Self.day(holiday.lastDay ?? holiday.firstDay), first <= last,
        last - first < Self.longestHoliday
      else {
        throw Fault(
          field: "holidays",
          detail:
            "\(holiday.firstDay): expected dates such as 2026-12-24, at most \(Self.longestHoliday) days")
      }
      return first...last
    }.sorted { $0.lowerBound < $1.lowerBound }
  }

  private static func week(_ hours: [CalendarHours]) throws(Fault) -> [[Shift]] {
    var week = [[(span: Shift, name: String)]](repeating: [], count: 7)
    for one in hours {
      guard let start = minute(one.from), start < minutesOfDay, let end = minute(one.to), !one.days.isEmpty
      else {
        throw Fault(
          field: "hours", detail: "\(one.from) to \(one.to): expected days, and times such as 09:00 and 17:00"
        )
      }
      for day in one.days {
        let place = Weekday.allCases.firstIndex(of: day) ?? 0
        week[place].append(
          (
            Shift(start: start, end: end > start ? end : end + minutesOfDay),
            "\(day.rawValue) \(one.from) to \(one.to)"
          ))
      }
    }
    // In order, and once more the first: after Sunday comes Monday.
    for day in week.indices { week[day].sort { $0.span.start < $1.span.start } }
    let all = week.enumerated().flatMap { day, spans in
      spans.map {
        (start: day * minutesOfDay + $0.span.start, end: day * minutesOfDay + $0.span.end, name: $0.name)
      }
    }
    for (index, one) in all.enumerated() {
      let isLast = index == all.count - 1
      let next = isLast ? all[0] : all[index + 1]
      let start = isLast ? next.start + 7 * minutesOfDay : next.start
      if one.end > start {
        throw Fault(field: "hours", detail: "\(one.name) overlaps \(next.name)")
      }
    }
    return week.map { $0.map(\.span) }
  }

  private static let minutesOfDay = 1_440

  /// Whether there is any working time within a year from a moment.
  func hasWorkingTime(from now: Int64) -> Bool {
    guard let off = nextTimeOff(from: now, without: []), off.lowerBound <= now else { return true }
    return off.upperBound < now + 366 * 86_400_000
  }
}
