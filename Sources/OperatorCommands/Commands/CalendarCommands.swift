import CommandFrame
import Contract

/// `tollgate calendar`: when reps work.
package enum CalendarCommands {
  package static let command = Command(
    name: "calendar", summary: "give reps working hours: outside of them they are away by themselves",
    examples: [
      Example(
        "tollgate calendar set 'Dana Whitfield' --zone America/New_York --hours 'mon-fri 09:00-17:00'",
        "away in the evening and at weekends"),
      Example("tollgate calendar list", "all working hours"),
    ],
    subcommands: [set, clear, list])

  static let set = Command(
    name: "set", summary: "set a rep's working hours, in the place of those before", operands: "REP",
    operandCount: 1...1,
    details: """
      Hours are days and times of a clock in the time zone. Hours that end at or before their beginning end on the next day. On a
      holiday no hours begin. Outside of the hours somebody else has the rep's conversations, as with `tollgate absence set`.
      """,
    options: [
      Option("zone", argument: "ZONE", "the time zone, such as America/New_York; required"),
      Option("hours", argument: "HOURS", repeats: true, "such as 'mon-fri 09:00-17:00'; required"),
      Option("holiday", argument: "DAYS", repeats: true, "such as 2026-12-25, or 2026-12-24..2026-12-26"),
      Option("delegate", argument: "REP", "the rep who answers outside of the hours"),
      Option("queue", argument: "QUEUE", "the queue whose members answer outside of the hours"),
      Option("reply", argument: "TEXT", "the out-of-office reply"),
    ],
    examples: [
      Example(
        "tollgate calendar set 'Dana Whitfield' --zone UTC --hours 'mon,wed 22:00-06:00' --holiday 2026-12-25 --queue support",
        "two nights a week, and none that begins on a holiday")
    ]
  ) { invocation in
    guard let zone = invocation.value("zone"), !invocation.values(of: "hours").isEmpty else {
      throw invocation.usage("--zone and --hours are required")
    }
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let view = try daemon.call(
      CalendarSet(
        repID: try references.rep(invocation.operands[0]), timeZone: zone,
        hours: try invocation.values(of: "hours").map { try hours($0, invocation) },
        holidays: try invocation.values(of: "holiday").map { try holiday($0, invocation) },
        delegateRepID: try invocation.value("delegate").map { try references.rep($0) },
        delegateQueueID: try invocation.value("queue").map { try references.queue($0) },
        reply: invocation.value("reply")))
    return try invocation.answer(view, "\(view.repID) works \(words(view.hours)) (\(view.timeZone))")
  }

  static let clear = Command(
    name: "clear", summary: "remove a rep's working hours", operands: "REP", operandCount: 1...1,
    details: "The absence that they made ends.",
    examples: [
      Example("tollgate calendar clear 'Dana Whitfield'", "Dana is there until somebody says otherwise")
    ]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let rep = try references.rep(invocation.operands[0])
    return try invocation.answer(
      try daemon.call(CalendarClear(repID: rep)), "\(rep) has no working hours any more")
  }

  static let list = Command(
    name: "list", summary: "list working hours",
    options: [Option("rep", argument: "REP", "only those of this rep"), Pages.since, Pages.limit],
    examples: [Example("tollgate calendar list --rep 'Dana Whitfield'", "of one rep")]
  ) { invocation in
    let daemon = try DaemonConnection(invocation)
    var references = References(daemon)
    let result = try Pages.read(
      invocation, daemon, CalendarList(repID: try invocation.value("rep").map { try references.rep($0) }))
    try Pages.print(invocation, result, none: "no working hours") {
      var table = Table("rep", "zone", "hours", "holidays", "who answers", "reply")
      for item in result.items {
        let delegate =
          try item.delegateQueueID.map { try "queue " + references.queueName(of: $0) }
          ?? item.delegateRepID.map { try references.name(of: $0) } ?? "the number's queue"
        table.add(
          try references.name(of: item.repID), item.timeZone, words(item.hours), words(item.holidays),
          delegate, item.reply ?? "-")
      }
      return table
    }
    return .ok
  }

  // MARK: As people write them

  /// `mon-fri 09:00-17:00`, `mon,wed 22:00-06:00`, or every day `09:00-17:00`.
  static func hours(_ text: String, _ invocation: Invocation) throws -> CalendarHours {
    let parts = text.split(separator: " ")
    let times = (parts.last ?? "").split(separator: "-")
    guard (1...2).contains(parts.count), times.count == 2,
      let days = parts.count == 2 ? days(parts[0]) : Weekday.allCases
    else {
      throw invocation.usage("--hours: expected hours such as 'mon-fri 09:00-17:00', found \"\(text)\"")
    }
    return CalendarHours(days: days, from: String(times[0]), to: String(times[1]))
  }

  private static func days(_ text: Substring) -> [Weekday]? {
    var found: [Weekday] = []
    for part in text.lowercased().split(separator: ",", omittingEmptySubsequences: false) {
      let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { end in
        Weekday.allCases.firstIndex { $0.rawValue == end }
      }
      guard let first = ends.first ?? nil, let last = ends.last ?? nil, ends.count <= 2 else { return nil }
      var place = first
      found.append(Weekday.allCases[place])
      while place != last {
        place = (place + 1) % Weekday.allCases.count
        found.append(Weekday.allCases[place])
      }
    }
    return found
  }

  /// `2026-12-25`, or `2026-12-24..2026-12-26`.
  static func holiday(_ text: String, _ invocation: Invocation) throws -> CalendarHoliday {
    let days = text.split(separator: ".", omittingEmptySubsequences: false)
    switch days.count {
    case 1: return CalendarHoliday(firstDay: text)
    case 3 where days[1].isEmpty:
      return CalendarHoliday(firstDay: String(days[0]), lastDay: String(days[2]))
    default:
      throw invocation.usage("--holiday: expected 2026-12-25 or 2026-12-24..2026-12-26, found \"\(text)\"")
    }
  }

  private static func words(_ hours: [CalendarHours]) -> String {
    hours.map { one in "\(one.days.map(\.rawValue).joined(separator: ",")) \(one.from)-\(one.to)" }
      .joined(separator: "; ")
  }

  private static func words(_ holidays: [CalendarHoliday]) -> String {
    holidays.isEmpty
      ? "-"
      : holidays.map { $0.firstDay + ($0.lastDay.map { "..\($0)" } ?? "") }.joined(separator: " ")
  }
}
