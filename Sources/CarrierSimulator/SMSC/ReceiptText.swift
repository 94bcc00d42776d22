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

  init(
    messageID: COctetString, state: MessageState, error: UInt16, submitMilliseconds: Int64,
    doneMilliseconds: Int64, text: [UInt8]
  ) {
    self.messageID = messageID
    self.state = state
    self.error = error
    self.submitMilliseconds = submitMilliseconds
    self.doneMilliseconds = doneMilliseconds
    self.text = text
  }

  /// `text:` quotes so many octets (appendix B).
  static let quotedOctets = 20

  /// `id:… sub:001 dlvrd:001 submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DELIVRD err:000 text:…`
  var octets: [UInt8] {
    var line: [UInt8] = []
    line.reserveCapacity(176)
    line.append(contentsOf: Words.id)
    messageID.withOctets { line.append(contentsOf: $0) }
    line.append(contentsOf: state == .delivered ? Words.subDelivered : Words.subNotDelivered)
    line.append(contentsOf: CalendarTime(milliseconds: submitMilliseconds).receiptDate)
    line.append(contentsOf: Words.doneDate)
    line.append(contentsOf: CalendarTime(milliseconds: doneMilliseconds).receiptDate)
    line.append(contentsOf: Words.stat(state, error: error))
    let quoted = text.lazy.filter { (0x20..<0x7F).contains($0) }.prefix(ReceiptText.quotedOctets)
    line.append(contentsOf: quoted)
    return line
  }

  /// The parts that do not change.
  enum Words {
    static let id = Array("id:".utf8)
    static let subDelivered = Array(" sub:001 dlvrd:001 submit date:".utf8)
    static let subNotDelivered = Array(" sub:001 dlvrd:000 submit date:".utf8)
    static let doneDate = Array(" done date:".utf8)
    private static let delivered = Array(" stat:DELIVRD err:000 text:".utf8)

    static func stat(_ state: MessageState, error: UInt16) -> [UInt8] {
      if state == .delivered, error == 0 { return delivered }
      let digits = String(1000 + min(error, 999)).dropFirst()
      return Array(" stat:\(ReceiptText.word(for: state)) err:\(digits) text:".utf8)
    }
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
    var digits: [UInt8] = []
    digits.reserveCapacity(pairs.count * 2 + 4)
    for pair in pairs {
      digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair / 10))
      digits.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: pair % 10))
    }
    return digits
  }
}
