import CarrierSimulator
import Contract

/// Orders about the working hours of reps.
extension Staff {
  private static func minuteOfDay(_ minutes: Int64) -> String {
    let minutes = minutes % 1_440
    return "\(minutes / 60 + 100)".dropFirst() + ":" + "\(minutes % 60 + 100)".dropFirst()
  }

  /// Hours that begin or end within the story: it has a minute, and what follows.
  func setCalendar(_ then: @escaping (RepID) -> Void = { _ in }) {
    guard let rep = pick(reps) else { return }
    made += 1
    let minute = world.clock.wallMilliseconds / 60_000
    let from = minute + random.within(-60, 2)
    let to = random.happens(0.7) ? minute + random.within(1, 3) : from + 480
    var set = CalendarSet(
      repID: rep, timeZone: "Etc/UTC",
      hours: [
        CalendarHours(
          days: Weekday.allCases, from: Self.minuteOfDay(from), to: Self.minuteOfDay(max(from + 1, to)))
      ],
      holidays: [CalendarHoliday(firstDay: "2030-12-24", lastDay: "2030-12-26")],
      reply: random.happens(0.5) ? "\(Staff.replyMark)\(made): I am off" : nil, idempotencyKey: newKey())
    if random.happens(0.5) { set.delegateRepID = pick(reps.filter { $0 != rep }) }
    mayBeAway.insert(rep)
    ask(.calendarSet(set)) { [unowned self] json in
      guard let view = decoded(CalendarView.self, json, .calendarSet) else { return }
      if view.repID != rep || view.hours != set.hours || view.reply != set.reply {
        world.witness.violated("away", "\(set) is answered with \(view)")
      }
      then(rep)
    }
  }

  func clearCalendar() {
    let later = milliseconds(500, 20_000)
    setCalendar { [unowned self] rep in
      after(later) { [unowned self] in
        ask(.calendarClear(CalendarClear(repID: rep, idempotencyKey: newKey())))
      }
    }
  }

  func calendarInVain(_ method: Method) {
    guard method == .calendarSet else {
      return askInVain(method) {
        .calendarClear(CalendarClear(repID: RepID(1 << 40), idempotencyKey: $0))
      }
    }
    let (rep, days) = (reps[0], Weekday.allCases)
    let day = CalendarHours(days: days, from: "09:00", to: "17:00")
    let bad = [
      CalendarSet(repID: RepID(1 << 40), timeZone: "UTC", hours: [day]),
      CalendarSet(repID: rep, timeZone: "Mars/Olympus", hours: [day]),
      CalendarSet(repID: rep, timeZone: "UTC", hours: []),
      CalendarSet(
        repID: rep, timeZone: "UTC", hours: [day, CalendarHours(days: [.sun], from: "16:59", to: "18:00")]),
      CalendarSet(repID: rep, timeZone: "UTC", hours: [day], delegateRepID: rep),
      CalendarSet(
        repID: rep, timeZone: "UTC", hours: [day], holidays: [CalendarHoliday(firstDay: "2026-02-29")]),
    ]
    guard var set = pick(bad) else { return }
    askInVain(method) {
      set.idempotencyKey = $0
      return .calendarSet(set)
    }
  }
}
