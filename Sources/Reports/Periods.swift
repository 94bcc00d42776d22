public import Contract

/// The periods by which a report's rows are told apart. All are in UTC.
public enum ReportPeriods: String, Sendable, CaseIterable {
  /// From midnight to midnight.
  case day
  /// From Monday to Sunday (ISO 8601).
  case week
  /// A month of the calendar.
  case month
  /// The whole report is one period.
  case all
}

/// One period of a report.
public struct ReportPeriod: Encodable, Equatable, Sendable {
  /// `2026-11-22`, `2026-W47`, `2026-11` or `all`.
  public let name: String
  /// When it begins; absent: `all`, and the report has no beginning of its own.
  public let from: Timestamp?
  /// When the next one begins; absent: `all`, and the report has no end of its own.
  public let until: Timestamp?
  /// Whether the report has read all of it. False at the borders of the report, of what the feed keeps, and for a period that was not yet over.
  public let isWhole: Bool

  private enum CodingKeys: String, CodingKey {
    case name, from, until
    case isWhole = "is_whole"
  }
}

extension ReportPeriods {
  private static let dayLength: Int64 = 86_400_000

  /// The beginning of the period in which a moment is, in milliseconds since 1970 UTC. For `all` one value stands for every moment.
  func beginning(of moment: Int64) -> Int64 {
    let day = Self.day(of: moment)
    switch self {
    case .all: return .min
    case .day: return day * Self.dayLength
    // 1970-01-01 was a Thursday.
    case .week: return (day - Self.remainder(day + 3, 7)) * Self.dayLength
    case .month: return (day - Self.date(day).day + 1) * Self.dayLength
    }
  }

  /// The beginning of the next period.
  func end(ofPeriodFrom beginning: Int64) -> Int64 {
    switch self {
    case .all: .max
    case .day: beginning + Self.dayLength
    case .week: beginning + 7 * Self.dayLength
    case .month: self.beginning(of: beginning + 31 * Self.dayLength)
    }
  }

  func name(ofPeriodFrom beginning: Int64) -> String {
    switch self {
    case .all: return "all"
    case .day: return String(Timestamp(milliseconds: beginning).description.prefix(10))
    case .month: return String(Timestamp(milliseconds: beginning).description.prefix(7))
    case .week:
      // A week belongs to the year of its Thursday.
      let thursday = Self.day(of: beginning) + 3
      let date = Self.date(thursday)
      let number = (thursday - Self.firstDay(of: date.year)) / 7 + 1
      return "\(date.year)-W\(number < 10 ? "0" : "")\(number)"
    }
  }

  /// Days since 1970-01-01.
  private static func day(of moment: Int64) -> Int64 { (moment - remainder(moment, dayLength)) / dayLength }

  /// Never negative.
  private static func remainder(_ value: Int64, _ divisor: Int64) -> Int64 {
    (value % divisor + divisor) % divisor
  }

  private static func date(_ day: Int64) -> (year: String, day: Int64) {
    let text = Timestamp(milliseconds: day * dayLength).description
    guard let number = Int64(text.dropFirst(8).prefix(2)) else {
      preconditionFailure("RFC 3339 has two digits for the day")
    }
    return (String(text.prefix(4)), number)
  }

  private static func firstDay(of year: String) -> Int64 {
    guard let newYear = Timestamp("\(year)-01-01T00:00:00Z") else {
      preconditionFailure("RFC 3339 has four digits for the year")
    }
    return day(of: newYear.milliseconds)
  }
}
