import SMPP

/// A delivery receipt to be: appendix B's text and its TLVs.
struct ReceiptText {
  var messageID: COctetString
  var state: MessageState
  /// 0...999.
  var error: UInt16
  var submitMilliseconds: Int64
  var doneMilliseconds: Int64
  /// The message's first octets; what is not ASCII is left out.
  var text: [UInt8]

  /// `text:` quotes so many octets (appendix B).
  static let quotedOctets = 20

  /// `id:… sub:001 dlvrd:001 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DELIVRD err:000 text:…`
  var octets: [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(160)
    line.append(contentsOf: Array("id:".utf8))
    line.append(contentsOf: messageID.octets)
    line.append(contentsOf: Array(" sub:001 dlvrd:".utf8))
    line.append(contentsOf: Array((state == .delivered ? "001" : "000").utf8))
    line.append(contentsOf: Array(" submit date:".utf8))
    line.append(contentsOf: CalendarTime(milliseconds: submitMilliseconds).receiptDate)
    line.append(contentsOf: Array(" done date:".utf8))
    line.append(contentsOf: CalendarTime(milliseconds: doneMilliseconds).receiptDate)
    line.append(contentsOf: Array(" stat:".utf8))
    line.append(contentsOf: Array(ReceiptText.word(for: state).utf8))
    line.append(contentsOf: Array(" err:".utf8))
    let digits = String(min(error, 999))
    line.append(contentsOf: Array((String(repeating: "0", count: 3 - digits.count) + digits).utf8))
    line.append(contentsOf: Array(" text:".utf8))
    line.append(contentsOf: text.filter { (0x20..<0x7F).contains($0) }.prefix(ReceiptText.quotedOctets))
    return line
  }

  /// `stat:` (appendix B, table B-2).
  static func word(for state: MessageState) -> String {
    switch state {
    case .enroute: "ENROUTE"
    case .delivered: "DELIVRD"
    case .expired: "EXPIRED"
    case .deleted: "DELETED"
    case .undeliverable: "UNDELIV"
    case .accepted: "ACCEPTD"
    case .rejected: "REJECTD"
    default: "UNKNOWN"
    }
  }
}

/// A moment in UTC, taken apart (proleptic Gregorian calendar).
struct CalendarTime {
  let year: Int
  let month: Int
  let day: Int
  let hour: Int
  let minute: Int
  let second: Int

  init(milliseconds: Int64) {
    let seconds = Int(milliseconds / 1000)
    let days = seconds / 86_400
    let rest = seconds % 86_400
    hour = rest / 3600
    minute = rest / 60 % 60
    second = rest % 60
    // Days since 1 March 0000 in eras of 400 years: leap days come last in a year that begins in March.
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
  }

  /// YYMMDDhhmm (appendix B).
  var receiptDate: [UInt8] { digits([year % 100, month, day, hour, minute]) }

  /// YYMMDDhhmmsstnnp, absolute, UTC (7.1.1).
  var smppTime: [UInt8] {
    digits([year % 100, month, day, hour, minute, second]) + Array("000+".utf8)
  }

  private func digits(_ pairs: [Int]) -> [UInt8] {
    pairs.flatMap { [UInt8(ascii: "0") + UInt8($0 / 10), UInt8(ascii: "0") + UInt8($0 % 10)] }
  }
}
