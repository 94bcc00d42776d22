import Foundation

/// When somebody works, by the clock on the wall of a time zone: at every moment at which that clock shows a time within the hours.
///
/// So a time that the clock skips in spring is no working time, and one that it shows twice in autumn is working time twice. Hours that end
/// after midnight belong to the day on which they begin: on a holiday none begin, and what began the day before goes on.
struct WorkingHours {
  /// Of one day of the week, in minutes since its midnight; `end` may lie on the next day.
  struct Shift: Equatable {
    var start: Int
    var end: Int
  }

  private static let day: Int64 = 86_400
  /// Seconds between two looks at a zone's offset. No zone changes it back within them.
  private static let look: Int64 = 6 * 3_600
  /// Seconds ahead within which working hours and their ends are looked for: a year of holidays, and the week after.
  static let horizon: Int64 = 400 * day

  let zone: TimeZone
  /// By days of the week, Monday first; those of a day in order, and no two of the week meet.
  let week: [[Shift]]
  /// Days since 1970, in order.
  let holidays: [ClosedRange<Int64>]

  /// Whether somebody works, in milliseconds since 1970 UTC.
  func isWorking(at milliseconds: Int64) -> Bool {
    let second = Self.floor(milliseconds, 1_000)
    return works(second + offset(second))
  }

  /// The next time off that begins or goes on at `now`, in milliseconds since 1970 UTC, without what is taken already; nil where there is
  /// none within the horizon.
  /// - Parameter taken: in order of their beginnings.
  func nextTimeOff(from now: Int64, without taken: [Range<Int64>]) -> Range<Int64>? {
    let limit = Self.floor(now, 1_000) + Self.horizon
    var place = now
    while Self.floor(place, 1_000) < limit {
      var start = place
      if isWorking(at: place) {
        guard let change = change(after: place, until: limit) else { return nil }
        start = change
      }
      let end = change(after: start, until: limit) ?? limit * 1_000
      for other in taken where other.upperBound > start && other.lowerBound < end {
        if other.lowerBound > start { return start..<other.lowerBound }
        start = other.upperBound
      }
      if start < end { return start..<end }
      place = start
    }
    return nil
  }

  /// When the answer of `isWorking` is next another.
  private func change(after milliseconds: Int64, until limit: Int64) -> Int64? {
    var second = Self.floor(milliseconds, 1_000)
    let works = works(second + offset(second))
    while second < limit {
      let offset = offset(second)
      let boundary = boundary(after: second + offset, works).map { $0 - offset }
      let end = min(boundary ?? limit, limit)
      if let shift = offsetChange(from: second, to: end) {
        if self.works(shift + self.offset(shift)) != works { return shift * 1_000 }
        second = shift
      } else if let boundary, boundary <= limit {
        return boundary * 1_000
      } else {
        return nil
      }
    }
    return nil
  }

  // MARK: By the clock on the wall, in seconds since 1970 of its own time

  private func works(_ local: Int64) -> Bool {
    let today = Self.floor(local, Self.day)
    return [today - 1, today].contains { day in spans(day).contains { $0.contains(local) } }
  }

  /// When a clock that nobody sets comes to the next change.
  private func boundary(after local: Int64, _ works: Bool) -> Int64? {
    let first = Self.floor(local, Self.day) - 1
    var end = local
    for day in first...(first + Self.horizon / Self.day) {
      for span in spans(day) where span.upperBound > local {
        if !works { return span.lowerBound }
        if span.lowerBound > end { return end }
        end = max(end, span.upperBound)
      }
      // Nothing that begins later touches it.
      if works, (day + 1) * Self.day > end { return end }
    }
    return nil
  }

  /// The hours that begin on a day since 1970.
  private func spans(_ day: Int64) -> [Range<Int64>] {
    guard !holidays.contains(where: { $0.contains(day) }) else { return [] }
    // The first of January 1970 was a Thursday.
    let weekday = Int(day + 3 - Self.floor(day + 3, 7) * 7)
    return week[weekday].map { span in
      day * Self.day + Int64(span.start) * 60..<day * Self.day + Int64(span.end) * 60
    }
  }

  // MARK: The zone

  private func offset(_ second: Int64) -> Int64 {
    Int64(zone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(second))))
  }

  /// The first second at which the offset is another than at `start`.
  private func offsetChange(from start: Int64, to end: Int64) -> Int64? {
    let before = offset(start)
    var (low, high) = (start, start)
    while high < end, offset(high) == before { (low, high) = (high, min(high + Self.look, end)) }
    guard offset(high) != before else { return nil }
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if offset(middle) == before { low = middle } else { high = middle }
    }
    return high
  }

  private static func floor(_ value: Int64, _ by: Int64) -> Int64 {
    value >= 0 ? value / by : (value - by + 1) / by
  }
}

extension WorkingHours {
  /// A zone by its IANA name, such as America/New_York. Abbreviations are none: EST has no summer time.
  static func zone(_ name: String) -> TimeZone? {
    guard name == "UTC" || name.contains("/") else { return nil }
    return TimeZone(identifier: name)
  }

  /// Days since 1970 of a date such as 2026-12-24; nil for one that no calendar has.
  static func day(_ text: String) -> Int64? {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2],
      text.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 == UInt8(ascii: "-") }),
      let year = Int64(parts[0]), let month = Int64(parts[1]), let day = Int64(parts[2]),
      (1_970...2_999).contains(year), (1...12).contains(month), day >= 1
    else { return nil }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let lengths: [Int64] = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    guard day <= lengths[Int(month) - 1] else { return nil }
    let before = year - 1
    let days = before * 365 + before / 4 - before / 100 + before / 400
    return days - 719_162 + lengths[..<Int(month - 1)].reduce(0, +) + day - 1
  }

  /// Minutes since midnight of a time such as 09:00; nil for none. 24:00 is one.
  static func minute(_ text: String) -> Int? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [2, 2], parts.joined().utf8.allSatisfy({ $0 &- 0x30 < 10 }),
      let hour = Int(parts[0]), let minute = Int(parts[1]), minute < 60,
      hour < 24 || hour == 24 && minute == 0
    else { return nil }
    return hour * 60 + minute
  }
}
