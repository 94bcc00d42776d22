/// Wall time in milliseconds since 1970-01-01T00:00:00Z, leap seconds not counted; RFC 3339 on the socket.
public struct Timestamp: Hashable, Sendable, Comparable {
  public let milliseconds: Int64

  @inlinable
  public init(milliseconds: Int64) { self.milliseconds = milliseconds }

  @inlinable
  public static func < (a: Timestamp, b: Timestamp) -> Bool { a.milliseconds < b.milliseconds }

  /// First and last millisecond that RFC 3339 can write: years 0000 to 9999.
  public static let earliest = Timestamp(milliseconds: -62_167_219_200_000)
  public static let latest = Timestamp(milliseconds: 253_402_300_799_999)

  /// Parses RFC 3339 (section 5.6): any offset, any number of fraction digits (those after the third are dropped), `T`
  /// and `Z` in either case. Leap second 60 is taken as the next second.
  public init?(_ text: some StringProtocol) {
    var reader = DigitReader(octets: text.utf8.prefix(64).map { $0 })
    guard reader.octets.count < 64,
      let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
      let day = reader.number(2), reader.skip("Tt"), let hour = reader.number(2), reader.skip(":"),
      let minute = reader.number(2), reader.skip(":"), let second = reader.number(2)
    else { return nil }
    guard month >= 1, month <= 12, day >= 1, day <= Timestamp.days(in: month, of: year), hour <= 23,
      minute <= 59, second <= 60
    else { return nil }
    var fraction: Int64 = 0
    if reader.skip(".") {
      var scale: Int64 = 100
      var any = false
      while let digit = reader.number(1) {
        fraction += digit * scale
        scale /= 10
        any = true
      }
      guard any else { return nil }
    }
    var offset: Int64 = 0
    if !reader.skip("Zz") {
      let west = reader.skip("-")
      guard west || reader.skip("+"), let hours = reader.number(2), reader.skip(":"),
        let minutes = reader.number(2), hours <= 23, minutes <= 59
      else { return nil }
      offset = (hours * 60 + minutes) * (west ? -60 : 60)
    }
    guard reader.isAtEnd else { return nil }
    let seconds =
      Timestamp.daysSince1970(year, month, day) * 86_400 + hour * 3_600 + minute * 60 + second - offset
    milliseconds = seconds * 1_000 + fraction
  }

  /// Octets of `2026-11-22T17:03:11.412Z`.
  static let textLength = 24

  /// Writes ``textLength`` octets to the start of `raw`, which has to have room for them. What RFC 3339 cannot write is
  /// held to its range.
  func write(to raw: UnsafeMutableRawBufferPointer) {
    let clamped = min(max(self, .earliest), .latest).milliseconds
    var days = clamped / 86_400_000
    var rest = clamped % 86_400_000
    if rest < 0 {
      rest += 86_400_000
      days -= 1
    }
    let (year, month, day) = Timestamp.civil(days)
    raw.put(year / 100, at: 0)
    raw.put(year % 100, at: 2)
    raw[4] = UInt8(ascii: "-")
    raw.put(month, at: 5)
    raw[7] = UInt8(ascii: "-")
    raw.put(day, at: 8)
    raw[10] = UInt8(ascii: "T")
    raw.put(rest / 3_600_000, at: 11)
    raw[13] = UInt8(ascii: ":")
    raw.put(rest / 60_000 % 60, at: 14)
    raw[16] = UInt8(ascii: ":")
    raw.put(rest / 1_000 % 60, at: 17)
    raw[19] = UInt8(ascii: ".")
    raw[20] = 0x30 &+ UInt8(truncatingIfNeeded: rest % 1_000 / 100)
    raw.put(rest % 100, at: 21)
    raw[23] = UInt8(ascii: "Z")
  }

  /// Days from 1970-01-01 to a date of the proleptic Gregorian calendar, counted in 400-year eras that start in March.
  static func daysSince1970(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
    let shifted = month <= 2 ? year - 1 : year
    let era = (shifted >= 0 ? shifted : shifted - 399) / 400
    let yearOfEra = shifted - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    return era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468
  }

  /// The date that is `days` after 1970-01-01.
  static func civil(_ days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let shifted = days + 719_468
    let era = (shifted >= 0 ? shifted : shifted - 146_096) / 146_097
    let dayOfEra = shifted - era * 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1_460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    return (
      yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    )
  }

  static func days(in month: Int64, of year: Int64) -> Int64 {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }
}

extension UnsafeMutableRawBufferPointer {
  /// Two decimal digits at `index`.
  fileprivate func put(_ value: Int64, at index: Int) {
    self[index] = 0x30 &+ UInt8(truncatingIfNeeded: value / 10)
    self[index + 1] = 0x30 &+ UInt8(truncatingIfNeeded: value % 10)
  }
}

/// Reads fixed-width decimal fields.
private struct DigitReader {
  let octets: [UInt8]
  var index = 0

  init(octets: [UInt8]) { self.octets = octets }

  var isAtEnd: Bool { index == octets.count }

  mutating func number(_ width: Int) -> Int64? {
    guard octets.count - index >= width else { return nil }
    var value: Int64 = 0
    for octet in octets[index..<index + width] {
      guard octet >= 0x30, octet <= 0x39 else { return nil }
      value = value * 10 + Int64(octet - 0x30)
    }
    index += width
    return value
  }

  /// Skips one octet if it is one of `wanted`.
  mutating func skip(_ wanted: StaticString) -> Bool {
    guard index < octets.count, wanted.withUTF8Buffer({ $0.contains(octets[index]) }) else { return false }
    index += 1
    return true
  }
}

extension Timestamp: CustomStringConvertible, Codable {
  public var description: String {
    String(unsafeUninitializedCapacity: 24) { buffer in
      write(to: UnsafeMutableRawBufferPointer(buffer))
      return 24
    }
  }

  public init(from decoder: any Decoder) throws {
    self = try decoder.parsed(
      Timestamp.init(_:), expected: "a time as 2026-11-22T17:03:11.412Z (RFC 3339)")
  }
  public func encode(to encoder: any Encoder) throws { try encoder.encodeText(description) }
}
