/// A time of the proleptic Gregorian calendar without a zone: what a clock on a carrier's wall shows.
public struct CivilTime: Hashable, Sendable {
  public var year: Int
  /// 1 to 12.
  public var month: Int
  /// 1 to 31.
  public var day: Int
  public var hour: Int
  public var minute: Int
  public var second: Int

  /// nil where there is no such time.
  public init?(year: Int, month: Int, day: Int, hour: Int, minute: Int, second: Int) {
    guard 1970...9999 ~= year, 1...12 ~= month, 1...31 ~= day, 0...23 ~= hour, 0...59 ~= minute,
      0...60 ~= second, day <= Self.days(in: month, of: year)
    else { return nil }
    (self.year, self.month, self.day) = (year, month, day)
    (self.hour, self.minute, self.second) = (hour, minute, second)
  }

  /// The date of a receipt: 10 digits YYMMDDhhmm, 12 digits YYMMDDhhmmss or YYYYMMDDhhmm, 14 digits YYYYMMDDhhmmss, with or
  /// without `-`, `/`, `:` or `T` between them, or the 16 characters of an SMPP time (SMPP 3.4, 7.1.1), whose zone is
  /// not read.
  ///
  /// Of 12 digits that can be both, those that begin with 20 and make a date so have a year of four digits: as the other they
  /// would be of 2020.
  public init?(receipt value: UnsafeRawBufferPointer) {
    var digits: (UInt64, UInt64) = (0, 0)  // the first 14, two words to stay off the heap
    var count = 0
    for octet in value {
      switch octet {
      case 0x30...0x39:
        guard count < 16 else { return nil }
        if count < 8 { digits.0 |= UInt64(octet & 0x0F) << UInt64(count * 8) }
        if count >= 8 { digits.1 |= UInt64(octet & 0x0F) << UInt64((count - 8) * 8) }
        count += 1
      case UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: ":"), UInt8(ascii: "T"): continue
      case UInt8(ascii: "+"): if count != 15 { return nil }
      default: return nil
      }
    }
    func two(_ at: Int) -> Int {
      func digit(_ at: Int) -> Int {
        Int((at < 8 ? digits.0 >> UInt64(at * 8) : digits.1 >> UInt64((at - 8) * 8)) & 0xFF)
      }
      return digit(at) * 10 + digit(at + 1)
    }
    func time(yearDigits: Int, second: Int?) -> CivilTime? {
      let year = yearDigits == 4 ? two(0) * 100 + two(2) : 2000 + two(0)
      let at = yearDigits
      return CivilTime(
        year: year, month: two(at), day: two(at + 2), hour: two(at + 4), minute: two(at + 6),
        second: second ?? 0)
    }
    let found: CivilTime? =
      switch count {
      case 10: time(yearDigits: 2, second: nil)
      case 12:
        if two(0) == 20, let long = time(yearDigits: 4, second: nil) {
          long
        } else {
          time(yearDigits: 2, second: two(10))
        }
      case 14: time(yearDigits: 4, second: two(12))
      case 15: time(yearDigits: 2, second: two(10))
      default: nil
      }
    guard let found else { return nil }
    self = found
  }

  /// Milliseconds since 1970 UTC, on a clock `minutesEastOfUTC`.
  public func milliseconds(minutesEastOfUTC: Int = 0) -> Int64 {
    // Days from 1970 by counting years from March, so that the leap day is the last of its year.
    let shifted = month <= 2 ? year - 1 : year
    let monthFromMarch = (month + 9) % 12
    let yearDays = shifted * 365 + shifted / 4 - shifted / 100 + shifted / 400
    let days = yearDays + (monthFromMarch * 153 + 2) / 5 + day - 1 - 719_468
    let seconds = ((days * 24 + hour) * 60 + minute - minutesEastOfUTC) * 60 + second
    return Int64(seconds) * 1000
  }

  /// The time `milliseconds` after 1970 UTC on a clock `minutesEastOfUTC`; nil before 1970 and after 9999.
  public init?(milliseconds: Int64, minutesEastOfUTC: Int = 0) {
    guard 0...253_402_300_799_999 ~= milliseconds, -1440...1440 ~= minutesEastOfUTC else { return nil }
    let seconds = Int(milliseconds / 1000) + minutesEastOfUTC * 60
    guard seconds >= 0 else { return nil }
    let days = seconds / 86400 + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    self.init(
      year: yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month: month,
      day: dayOfYear - (153 * monthFromMarch + 2) / 5 + 1, hour: seconds / 3600 % 24,
      minute: seconds / 60 % 60, second: seconds % 60)
  }

  /// YYMMDDhhmm, as in appendix B.
  public var receiptDigits: String {
    func two(_ value: Int) -> String { value < 10 ? "0\(value)" : "\(value)" }
    return two(year % 100) + two(month) + two(day) + two(hour) + two(minute)
  }

  private static func days(in month: Int, of year: Int) -> Int {
    switch month {
    case 4, 6, 9, 11: 30
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    default: 31
    }
  }

  /// YYMMDDhhmmsstnnp, absolute and of UTC (SMPP 3.4, 7.1.1.1).
  public var absoluteUTC: String {
    [year % 100, month, day, hour, minute, second].map { $0 < 10 ? "0\($0)" : "\($0)" }.joined() + "000+"
  }
}
