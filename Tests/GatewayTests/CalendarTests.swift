import Contract
import Foundation
import Testing

@testable import Gateway

/// Outside of the working hours a rep is away by itself.
@Suite(.worlds) struct CalendarTests {
  private static let hour: Int64 = 3_600_000
  private static let day: Int64 = 86_400_000
  private static let workdays: [Weekday] = [.mon, .tue, .wed, .thu, .fri]
  private static let nineToFive = [CalendarHours(days: workdays, from: "09:00", to: "17:00")]

  private func world() throws -> World {
    let world = try World()
    try world.addAnna()
    try world.addRep("Ben", number: Cast.bensNumber)
    // Sunday, 2026-11-22, 18:00 UTC.
    world.now = try at("2026-11-22T18:00:00Z")
    return world
  }

  private func at(_ text: String) throws -> Int64 { try #require(Timestamp(text)).milliseconds }

  @discardableResult
  private func set(
    _ world: World, _ hours: [CalendarHours] = Self.nineToFive, holidays: [CalendarHoliday]? = nil,
    to delegate: RepID? = RepID(2), reply: String? = nil
  ) throws -> CalendarView {
    try world.call(
      .calendarSet(
        CalendarSet(
          repID: RepID(1), timeZone: "UTC", hours: hours, holidays: holidays, delegateRepID: delegate,
          reply: reply)))
  }

  private func absences(_ world: World, _ state: AbsenceState) throws -> [AbsenceView] {
    let page: Page<AbsenceView> = try world.ask(.absenceList(AbsenceList(repID: RepID(1), state: state)))
    return page.items
  }

  /// The one absence that is not over: its state, its beginning, and its end.
  private func next(_ world: World) throws -> [String] {
    let open = try absences(world, .planned) + absences(world, .inForce)
    return open.map { view in
      "\(view.state.rawValue) \(view.startsAt.description.prefix(16)) \(view.endsAt?.description.prefix(16) ?? "-")"
    }
  }

  private func restart(_ world: World) throws {
    try world.restart()
    _ = try world.gateway.introduce()
  }

  /// It is a time, and what is due is done.
  private func pass(_ world: World, to time: String) throws {
    world.now = try at(time)
    try world.housekeep()
    try world.finishJobs()
    let found = try MemoryAudit(world.gateway).differences()
    #expect(found == [])
    #expect(try world.audit() == [])
  }

  // MARK: Absences by the calendar

  @Test func outsideOfTheHoursTheRepIsAwayAndComesBackDayByDay() throws {
    let world = try world()
    try world.receive("Hello?")
    try set(world, reply: "I am off.")
    try world.finishJobs()
    #expect(try next(world) == ["in_force 2026-11-22T18:00 2026-11-23T09:00"])
    func owner() throws -> RepID? {
      let view: ConversationView = try world.ask(
        .conversationGet(ConversationGet(conversationID: ConversationID(1))))
      return view.repID
    }
    #expect(try owner() == RepID(2))
    try world.receive("Anybody?")
    try world.receive("Anybody??")
    #expect(try world.claim().map(\.text) == ["I am off."])
    try pass(world, to: "2026-11-23T08:59:59Z")
    #expect(try owner() == RepID(2))
    try pass(world, to: "2026-11-23T09:00:00Z")
    #expect(try owner() == RepID(1))
    #expect(try next(world) == ["planned 2026-11-23T17:00 2026-11-24T09:00"])
    try pass(world, to: "2026-11-23T17:00:00Z")
    #expect(try owner() == RepID(2))
    #expect(try absences(world, .inForce).allSatisfy(\.byCalendar))
    try pass(world, to: "2026-11-24T09:00:00Z")
    #expect(try owner() == RepID(1))
  }

  @Test func onAHolidayNoHoursBeginAndWhatBeganTheDayBeforeGoesOn() throws {
    let world = try world()
    let nights = [CalendarHours(days: Weekday.allCases, from: "22:00", to: "06:00")]
    try set(world, nights, holidays: [CalendarHoliday(firstDay: "2026-11-23", lastDay: "2026-11-24")])
    #expect(try next(world) == ["in_force 2026-11-22T18:00 2026-11-22T22:00"])
    try pass(world, to: "2026-11-22T22:00:00Z")
    #expect(try next(world) == ["planned 2026-11-23T06:00 2026-11-25T22:00"])
  }

  @Test func aDaemonThatWasDownOverTheBoundariesCatchesUp() throws {
    let world = try world()
    try set(world)
    try restart(world)
    try pass(world, to: "2026-11-26T12:00:00Z")
    #expect(try next(world) == ["planned 2026-11-26T17:00 2026-11-27T09:00"])
    try restart(world)
    try pass(world, to: "2026-11-29T12:00:00Z")
    #expect(try next(world) == ["in_force 2026-11-29T12:00 2026-11-30T09:00"])
  }

  @Test func whoComesBackEarlyIsThereUntilTheNextOne() throws {
    let world = try world()
    try set(world)
    let _: AbsenceView = try world.call(.absenceClear(AbsenceClear(repID: RepID(1))))
    #expect(try next(world) == ["planned 2026-11-23T17:00 2026-11-24T09:00"])
    try pass(world, to: "2026-11-22T23:00:00Z")
    try restart(world)
    try pass(world, to: "2026-11-22T23:30:00Z")
    #expect(try absences(world, .inForce).isEmpty)
    try pass(world, to: "2026-11-23T17:00:00Z")
    #expect(try absences(world, .inForce).count == 1)
  }

  @Test func otherHoursReplaceWhatIsPlannedAndEndWhatIsNotTrueAnyMore() throws {
    let world = try world()
    try set(world)
    let first = try #require(try absences(world, .inForce).first)
    try set(world, to: nil, reply: "Off")
    let changed = try #require(try absences(world, .inForce).first)
    #expect(changed.absenceID == first.absenceID && changed.reply == "Off" && changed.delegateRepID == nil)
    let sundays = [CalendarHours(days: [.sun], from: "12:00", to: "24:00")]
    try set(world, sundays)
    #expect(try next(world) == ["planned 2026-11-23T00:00 2026-11-29T12:00"])
    let planned = try #require(try absences(world, .planned).first)
    try set(world, [CalendarHours(days: [.sun], from: "12:00", to: "20:00")])
    #expect(try next(world) == ["planned 2026-11-22T20:00 2026-11-29T12:00"])
    #expect(try absences(world, .planned).map(\.absenceID) == [planned.absenceID])
    _ = try world.events()
    try set(world, [CalendarHours(days: [.sun], from: "12:00", to: "20:00")])
    #expect(try world.events().isEmpty, "the same once more tells nothing")
    let _: Done = try world.call(.calendarClear(CalendarClear(repID: RepID(1))))
    #expect(try next(world) == [])
    #expect(try world.refusal(of: .calendarClear(CalendarClear(repID: RepID(1)))) == .wrongState)
  }

  @Test func aRepWhoIsInactiveIsNotAwayAndWhoComesBackIsByTheHours() throws {
    let world = try world()
    try set(world)
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: RepID(1), active: false)))
    #expect(try next(world) == [])
    try restart(world)
    try pass(world, to: "2026-11-23T20:00:00Z")
    #expect(try next(world) == [])
    let _: RepView = try world.call(.repUpdate(RepUpdate(repID: RepID(1), active: true)))
    #expect(try next(world) == ["in_force 2026-11-23T20:00 2026-11-24T09:00"])
  }

  // MARK: Beside absences that people set

  private func away(
    _ world: World, _ from: String?, _ until: String?, id: AbsenceID? = nil, reply: String? = nil
  ) throws -> AbsenceView {
    try world.call(
      .absenceSet(
        AbsenceSet(
          absenceID: id, repID: RepID(1), startsAt: try from.map { Timestamp(milliseconds: try at($0)) },
          endsAt: try until.map { Timestamp(milliseconds: try at($0)) }, reply: reply)))
  }

  @Test func anAbsenceThatAPersonSetsCutsTheCalendarsWhichGoesOnAfterIt() throws {
    let world = try world()
    try set(world)
    let manual = try away(world, "2026-11-22T20:00:00Z", "2026-11-22T22:00:00Z")
    #expect(
      try next(world).sorted() == [
        "in_force 2026-11-22T18:00 2026-11-22T20:00", "planned 2026-11-22T20:00 2026-11-22T22:00",
      ])
    try pass(world, to: "2026-11-22T20:00:00Z")
    #expect(try absences(world, .inForce).map(\.absenceID) == [manual.absenceID])
    #expect(try absences(world, .planned).map(\.startsAt.milliseconds) == [at("2026-11-22T22:00:00Z")])
    try pass(world, to: "2026-11-22T22:00:00Z")
    #expect(try next(world) == ["in_force 2026-11-22T22:00 2026-11-23T09:00"])
  }

  @Test func anAbsenceThatCoversTheCalendarsLeavesItOut() throws {
    let world = try world()
    try set(world)
    let manual = try away(world, nil, "2026-11-25T12:00:00Z")
    #expect(try absences(world, .inForce).map(\.absenceID) == [manual.absenceID])
    #expect(try absences(world, .planned).map(\.startsAt.milliseconds) == [at("2026-11-25T17:00:00Z")])
    // Longer, and then without an end: the calendar makes none.
    _ = try away(world, nil, "2026-11-25T18:00:00Z", id: manual.absenceID)
    #expect(try absences(world, .planned).map(\.startsAt.milliseconds) == [at("2026-11-25T18:00:00Z")])
    _ = try away(world, nil, nil, id: manual.absenceID)
    #expect(try absences(world, .planned).isEmpty)
    try pass(world, to: "2026-11-26T20:00:00Z")
    let _: AbsenceView = try world.call(.absenceClear(AbsenceClear(absenceID: manual.absenceID)))
    #expect(try next(world) == ["in_force 2026-11-26T20:00 2026-11-27T09:00"])
    try pass(world, to: "2026-11-26T20:01:00Z")
  }

  @Test func theCalendarsAbsencesAreNotSetByHand() throws {
    let world = try world()
    try set(world)
    let made = try #require(try absences(world, .inForce).first)
    #expect(
      try world.refusal(of: .absenceSet(AbsenceSet(absenceID: made.absenceID, reply: "x"))) == .wrongState)
  }

  // MARK: What is refused

  @Test(
    arguments: [
      ("EST", "09:00", "17:00", "IANA"), ("Mars/Olympus", "09:00", "17:00", "IANA"),
      ("Europe/Paris", "9:00", "17:00", "times such as"), ("Europe/Paris", "24:00", "17:00", "times such as"),
      ("Europe/Paris", "09:00", "25:00", "times such as"),
      ("Europe/Paris", "16:00", "18:00", "mon 09:00 to 17:00 overlaps mon 16:00 to 18:00"),
      ("Europe/Paris", "23:00", "09:01", "mon 23:00 to 09:01 overlaps tue 09:00 to 17:00"),
    ])
  func unknownZonesAndTimesAndHoursThatOverlapAreRefusedByName(
    zone: String, from: String, to: String, why: String
  ) throws {
    let world = try world()
    let isZone = why == "IANA"
    let hours = (isZone ? [] : Self.nineToFive) + [CalendarHours(days: [.sun, .mon], from: from, to: to)]
    let command = Command.calendarSet(CalendarSet(repID: RepID(1), timeZone: zone, hours: hours))
    guard case .failure(let error) = try world.reply(to: command) else {
      Issue.record("taken: \(zone) \(from) \(to)")
      return
    }
    #expect(error.refusal == .invalidField && error.message.contains(why), "\(error.message)")
  }

  @Test func afterSundayComesMonday() throws {
    let hours = Self.nineToFive + [CalendarHours(days: [.sun], from: "23:00", to: "09:01")]
    do throws(WorkingHours.Fault) {
      _ = try WorkingHours(zone: "UTC", hours: hours, holidays: [])
      Issue.record("they overlap")
    } catch {
      #expect(error.detail == "sun 23:00 to 09:01 overlaps mon 09:00 to 17:00")
    }
  }

  @Test func aCalendarWithoutWorkingTimeIsRefused() throws {
    let world = try world()
    func refusal(_ holidays: [CalendarHoliday]) throws -> Refusal? {
      try world.refusal(
        of: .calendarSet(
          CalendarSet(repID: RepID(1), timeZone: "UTC", hours: Self.nineToFive, holidays: holidays)))
    }
    let years = [
      CalendarHoliday(firstDay: "2026-01-01", lastDay: "2026-12-31"),
      CalendarHoliday(firstDay: "2027-01-01", lastDay: "2027-12-31"),
    ]
    #expect(try refusal(years) == .invalidField)
    #expect(try refusal([CalendarHoliday(firstDay: "2026-12-26", lastDay: "2026-12-24")]) == .invalidField)
    #expect(try refusal([CalendarHoliday(firstDay: "2026-02-29")]) == .invalidField)
    #expect(try refusal([CalendarHoliday(firstDay: "2027-01-01", lastDay: "2028-01-02")]) == .invalidField)
    #expect(try refusal([years[0]]) == nil)
  }

  @Test func hoursWithoutAGapMakeNoAbsence() throws {
    let world = try world()
    try set(world, [CalendarHours(days: Weekday.allCases, from: "00:00", to: "24:00")])
    #expect(try next(world) == [])
    try set(world, [CalendarHours(days: Weekday.allCases, from: "08:00", to: "08:00")])
    #expect(try next(world) == [])
    try pass(world, to: "2026-11-23T20:00:00Z")
  }

  // MARK: Clocks on the wall

  @Test func aTimeThatTheClockSkipsIsNoneAndOneItShowsTwiceCountsTwice() throws {
    let early = [CalendarHours(days: [.sun], from: "01:15", to: "02:30")]
    let hours = try WorkingHours(zone: "America/New_York", hours: early, holidays: [])
    // From 2:00 on it is 3:00 at once, at 07:00 UTC.
    let spring = try #require(hours.nextTimeOff(from: try at("2026-03-08T06:20:00Z"), without: []))
    #expect(spring.lowerBound == (try at("2026-03-08T07:00:00Z")))
    // From 2:00 on it is 1:00 once more, at 06:00 UTC.
    let autumn = try #require(hours.nextTimeOff(from: try at("2026-11-01T05:20:00Z"), without: []))
    #expect(autumn == (try at("2026-11-01T06:00:00Z"))..<(try at("2026-11-01T06:15:00Z")))
    let then = try #require(hours.nextTimeOff(from: autumn.upperBound, without: []))
    #expect(then.lowerBound == (try at("2026-11-01T07:30:00Z")))
  }

  /// A zone that changes at midnight, one by half an hour, one around Ramadan, one that changed for good.
  @Test(arguments: [
    ("America/New_York", 2026), ("America/Santiago", 2026), ("Australia/Lord_Howe", 2026),
    ("Africa/Casablanca", 2026), ("Asia/Almaty", 2024), ("Europe/Dublin", 2027),
  ])
  func overAYearItIsWhatAClockOnTheWallSaysMinuteByMinute(name: String, year: Int) throws {
    let written = [
      CalendarHours(days: [.mon, .tue, .thu], from: "09:00", to: "12:30"),
      CalendarHours(days: [.mon, .thu], from: "12:30", to: "17:45"),
      CalendarHours(days: [.fri, .sat], from: "22:10", to: "02:20"),
      CalendarHours(days: [.sun], from: "02:25", to: "03:05"),
      CalendarHours(days: [.wed], from: "09:00", to: "09:00"),
    ]
    let off = [
      CalendarHoliday(firstDay: "\(year)-05-01"),
      CalendarHoliday(firstDay: "\(year)-07-31", lastDay: "\(year)-08-15"),
    ]
    let hours = try WorkingHours(zone: name, hours: written, holidays: off)
    let (start, end) = (try at("\(year)-01-01T00:00:00Z"), try at("\(year + 1)-01-01T00:00:00Z"))
    var times: [Range<Int64>] = []
    var place = start
    while place < end, let next = hours.nextTimeOff(from: place, without: []) {
      times.append(next)
      place = next.upperBound
    }
    #expect(times.count > 150)
    let wall = try PlainWall(name, written, off)
    var index = 0
    var wrong = 0
    for minute in stride(from: start, to: end, by: 60_000) {
      while index < times.count, times[index].upperBound <= minute { index += 1 }
      let isOff = index < times.count && times[index].contains(minute)
      guard isOff == wall.isWorking(minute) else { continue }
      wrong += 1
      if wrong < 4 { Issue.record("\(Timestamp(milliseconds: minute)) is off: \(isOff)") }
    }
    #expect(wrong == 0)
  }

  /// The same by Foundation's calendar, a minute at a time.
  private final class PlainWall {
    private var calendar = Calendar(identifier: .gregorian)
    private let hours: [CalendarHours]
    private let holidays: [CalendarHoliday]
    private var today = ""
    private var yesterday = ""

    init(_ zone: String, _ hours: [CalendarHours], _ holidays: [CalendarHoliday]) throws {
      calendar.timeZone = try #require(TimeZone(identifier: zone))
      (self.hours, self.holidays) = (hours, holidays)
    }

    private func isHoliday(_ day: String) -> Bool {
      holidays.contains { $0.firstDay <= day && day <= $0.lastDay ?? $0.firstDay }
    }

    private func name(_ date: Date) -> String {
      let parts = calendar.dateComponents([.year, .month, .day], from: date)
      return String(format: "%04d-%02d-%02d", parts.year ?? 0, parts.month ?? 0, parts.day ?? 0)
    }

    func isWorking(_ milliseconds: Int64) -> Bool {
      let date = Date(timeIntervalSince1970: Double(milliseconds) / 1_000)
      let parts = calendar.dateComponents([.weekday, .hour, .minute], from: date)
      let (hour, minute) = (parts.hour ?? 0, parts.minute ?? 0)
      let day = ((parts.weekday ?? 1) + 5) % 7
      let now = String(format: "%02d:%02d", hour, minute)
      let name = name(date)
      if name != today {
        today = name
        yesterday = self.name(date.addingTimeInterval(-Double(hour * 3_600 + minute * 60) - 4 * 3_600))
      }
      return hours.contains { one in
        let runsOver = one.to <= one.from
        let days = one.days.compactMap { Weekday.allCases.firstIndex(of: $0) }
        let begins =
          days.contains(day) && !isHoliday(today) && one.from <= now && (runsOver || now < one.to)
        let goesOn = runsOver && days.contains((day + 6) % 7) && !isHoliday(yesterday) && now < one.to
        return begins || goesOn
      }
    }
  }
}
