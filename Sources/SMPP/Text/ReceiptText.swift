/// The fields of a receipt's text (SMPP 3.4, appendix B), read by key: in any order and case, each one optional, of any
/// length, and from whatever `data_coding` it claims, since it is ASCII.
///
///     id:IIIIIIIIII sub:SSS dlvrd:DDD submit date:YYMMDDhhmm done date:YYMMDDhhmm stat:DDDDDDD err:E Text: ...
public struct ReceiptText: Hashable, Sendable {
  /// `id`, at most 65 octets; nil where absent or empty.
  public var id: COctetString?
  /// `stat`, as written, at most 32 octets.
  public var stat: COctetString?
  /// `err`, as written, at most 32 octets: of any length, and not always a number.
  public var error: COctetString?
  /// `sub`: parts submitted.
  public var submitted: Int?
  /// `dlvrd`: parts delivered.
  public var delivered: Int?
  /// `submit date`, on the carrier's clock.
  public var submitDate: CivilTime?
  /// `done date`, on the carrier's clock.
  public var doneDate: CivilTime?

  /// Octets of a text that are read: all fields at their longest are under 300, and `text` comes last.
  public static let longestRead = 1024
  /// The longest id: `receipted_message_id` is a C-octet string of 65 octets (SMPP 3.4, 5.3.2.12).
  public static let longestID = 65
  /// The longest `stat` and `err`.
  public static let longestWord = 32

  init() {}

  /// Reads a text; nil where neither an id nor a state is in it.
  public init?(_ octets: [UInt8]) {
    self.init()
    octets.withUnsafeBytes { read(UnsafeRawBufferPointer(rebasing: $0.prefix(Self.longestRead))) }
    if id == nil, stat == nil { return nil }
  }

  /// Reads a text whose fields have no keys but places, separated by commas: some carriers write
  /// `4711,001,001,2611220243,2611220244,DELIVRD,000,text`. What is beyond the last place belongs to it. nil where neither an id
  /// nor a state is in it.
  public init?(_ octets: [UInt8], fields: [ReceiptField]) {
    self.init()
    octets.withUnsafeBytes { octets in
      var rest = UnsafeRawBufferPointer(rebasing: octets.prefix(Self.longestRead))
      for (place, field) in fields.enumerated() {
        let comma = place + 1 < fields.count ? rest.firstIndex(of: UInt8(ascii: ",")) : nil
        let value = UnsafeRawBufferPointer(rebasing: rest[..<(comma ?? rest.count)])
        if let key = Key(field) { take(key, Self.trimmed(value)) }
        guard let comma else { break }
        rest = UnsafeRawBufferPointer(rebasing: rest[(comma + 1)...])
      }
    }
    if id == nil, stat == nil { return nil }
  }

  /// Without blanks, quotes and NULs around it.
  private static func trimmed(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var low = 0
    var high = value.count
    while low < high, isBlank(value[low]) || value[low] == UInt8(ascii: "\"") { low += 1 }
    while high > low, isBlank(value[high - 1]) || value[high - 1] == UInt8(ascii: "\"") { high -= 1 }
    return UnsafeRawBufferPointer(rebasing: value[low..<high])
  }

  /// Whether a text reads as a receipt: it begins with `id:`, and has a state.
  public static func isReceipt(_ octets: [UInt8]) -> Bool {
    guard beginsWithID(octets), let text = ReceiptText(octets) else { return false }
    return text.id != nil && text.stat != nil
  }

  /// Whether a text begins with `id:`, in any case, after blanks.
  public static func beginsWithID(_ octets: [UInt8]) -> Bool {
    octets.withUnsafeBytes { octets in
      guard let start = octets.firstIndex(where: { !isBlank($0) }) else { return false }
      return Key.match(octets, at: start)?.key == .id
    }
  }

  /// The state of `stat`; nil where it is absent or no known word.
  public var state: MessageState? { stat.flatMap { Self.state(of: $0) } }

  // MARK: Reading

  private mutating func read(_ octets: UnsafeRawBufferPointer) {
    var at = 0
    var behindText = false
    while at < octets.count {
      while at < octets.count, isSeparator(octets[at]) { at += 1 }
      guard let (key, start) = Key.match(octets, at: at) else {
        while at < octets.count, !isSeparator(octets[at]) { at += 1 }
        continue
      }
      at = start
      if key == .text {
        // What follows is a person's words. They are read on only for what a receipt cannot be without.
        if id != nil, stat != nil { return }
        behindText = true
        continue
      }
      while at < octets.count, isBlank(octets[at]) { at += 1 }
      if Key.match(octets, at: at) != nil { continue }  // a key without a value, and the next key
      let first = at
      while at < octets.count, !isSeparator(octets[at]) { at += 1 }
      if behindText, key != .id, key != .stat { continue }
      take(key, UnsafeRawBufferPointer(rebasing: octets[first..<at]))
    }
  }

  private mutating func take(_ key: Key, _ value: UnsafeRawBufferPointer) {
    guard !value.isEmpty else { return }
    switch key {
    case .id:
      if id == nil, value.count <= Self.longestID { id = COctetString(octets: value) }
    case .stat:
      if stat == nil, value.count <= Self.longestWord { stat = COctetString(octets: value) }
    case .err:
      if error == nil, value.count <= Self.longestWord { error = COctetString(octets: value) }
    case .sub: submitted = submitted ?? Self.count(value)
    case .dlvrd: delivered = delivered ?? Self.count(value)
    case .submitDate: submitDate = submitDate ?? CivilTime(receipt: value)
    case .doneDate: doneDate = doneDate ?? CivilTime(receipt: value)
    case .text: break
    }
  }

  private static func count(_ value: UnsafeRawBufferPointer) -> Int? {
    guard value.count <= 9 else { return nil }
    var count = 0
    for octet in value {
      guard octet &- 0x30 < 10 else { return nil }
      count = count * 10 + Int(octet & 0x0F)
    }
    return count
  }

  // MARK: States

  /// The state a word stands for: those of appendix B, the longer ones carriers write, or the number of
  /// `message_state`.
  public static func state(of word: COctetString) -> MessageState? {
    word.withOctets { octets -> MessageState? in
      guard octets.count <= 16 else { return nil }
      // The first eight letters, folded, in one machine word: enough to tell all of them.
      var letters: UInt64 = 0
      for octet in octets.prefix(8) {
        letters = letters << 8 | UInt64(octet &- 0x61 < 26 ? octet & 0xDF : octet)
      }
      return states[letters]
    }
  }

  private static let states: [UInt64: MessageState] = {
    let words: [(String, MessageState)] = [
      ("ENROUTE", .enroute), ("BUFFERED", .enroute), ("BUFFRED", .enroute), ("BUFFERD", .enroute),
      ("SENT", .enroute), ("QUEUED", .enroute), ("SCHEDULE", .enroute), ("PENDING", .enroute),
      ("1", .enroute),
      ("DELIVRD", .delivered), ("DELIVERE", .delivered), ("DELIVERD", .delivered), ("DELIVER", .delivered),
      ("2", .delivered),
      ("EXPIRED", .expired), ("EXPIRD", .expired), ("3", .expired),
      ("DELETED", .deleted), ("CANCELED", .deleted), ("CANCELLE", .deleted), ("4", .deleted),
      ("UNDELIV", .undeliverable), ("UNDELIVR", .undeliverable), ("UNDELIVE", .undeliverable),
      ("UNDELIVD", .undeliverable), ("UNDLIVRD", .undeliverable), ("FAILED", .undeliverable),
      ("FAIL", .undeliverable), ("NOTDELIV", .undeliverable), ("5", .undeliverable),
      ("ACCEPTD", .accepted), ("ACCEPTED", .accepted), ("ACKED", .accepted), ("6", .accepted),
      ("UNKNOWN", .unknown), ("UNKNOWNS", .unknown), ("7", .unknown),
      ("REJECTD", .rejected), ("REJECTED", .rejected), ("REJECT", .rejected), ("BLOCKED", .rejected),
      ("8", .rejected),
    ]
    var states: [UInt64: MessageState] = [:]
    for (word, state) in words {
      states[word.utf8.reduce(0) { $0 << 8 | UInt64($1) }] = state
      // Padded to three places where a carrier writes all its numbers so.
      if word.utf8.count == 1 { states["00\(word)".utf8.reduce(0) { $0 << 8 | UInt64($1) }] = state }
    }
    return states
  }()
}

/// What a field of a receipt's text is, where it has no key. The raw values are the configuration's spellings.
public enum ReceiptField: String, Hashable, Sendable, CaseIterable {
  case id, sub, dlvrd, stat, err, text
  case submitDate = "submit_date"
  case doneDate = "done_date"
  /// Something else: not read.
  case other = "-"
}

/// The keys of appendix B.
private enum Key {
  case id, sub, dlvrd, submitDate, doneDate, stat, err, text

  init?(_ field: ReceiptField) {
    switch field {
    case .id: self = .id
    case .sub: self = .sub
    case .dlvrd: self = .dlvrd
    case .submitDate: self = .submitDate
    case .doneDate: self = .doneDate
    case .stat: self = .stat
    case .err: self = .err
    case .text: self = .text
    case .other: return nil
    }
  }

  /// The key at a place, and where its value begins (after `:` or `=`); nil where none is.
  static func match(
    _ octets: UnsafeRawBufferPointer, at start: Int
  ) -> (key: Key, value: Int)? {
    guard start < octets.count else { return nil }
    let found: (key: Key, end: Int)? =
      switch octets[start] | 0x20 {
      case UInt8(ascii: "i"): word(octets, start, "id").map { (.id, $0) }
      case UInt8(ascii: "s"):
        if let end = word(octets, start, "submit"), let end = date(octets, end) {
          (.submitDate, end)
        } else if let end = word(octets, start, "sub") {
          (.sub, end)
        } else if let end = word(octets, start, "status") ?? word(octets, start, "stat") {
          (.stat, end)
        } else {
          nil
        }
      case UInt8(ascii: "d"):
        if let end = word(octets, start, "dlvrd") {
          (.dlvrd, end)
        } else if let end = word(octets, start, "done"), let end = date(octets, end) {
          (.doneDate, end)
        } else {
          nil
        }
      case UInt8(ascii: "e"):
        (word(octets, start, "error") ?? word(octets, start, "err")).map { (.err, $0) }
      case UInt8(ascii: "t"): word(octets, start, "text").map { (.text, $0) }
      default: nil
      }
    guard let found else { return nil }
    var at = found.end
    while at < octets.count, octets[at] == 0x20 { at += 1 }
    guard at < octets.count, octets[at] == UInt8(ascii: ":") || octets[at] == UInt8(ascii: "=") else {
      return nil
    }
    return (found.key, at + 1)
  }

  /// The end of `word`, lower case, if it stands at `start`.
  @inline(__always)
  private static func word(
    _ octets: UnsafeRawBufferPointer, _ start: Int, _ word: StaticString
  ) -> Int? {
    let length = word.utf8CodeUnitCount
    guard start + length <= octets.count else { return nil }
    return word.withUTF8Buffer { letters in
      for index in 0..<length where octets[start + index] | 0x20 != letters[index] { return nil }
      return start + length
    }
  }

  /// The end of ` date`, `_date` or `date`.
  private static func date(_ octets: UnsafeRawBufferPointer, _ start: Int) -> Int? {
    var at = start
    while at < octets.count, octets[at] == 0x20 || octets[at] == UInt8(ascii: "_") { at += 1 }
    return word(octets, at, "date")
  }
}

@inline(__always)
private func isBlank(_ octet: UInt8) -> Bool { octet <= 0x20 }

/// What ends a value: a blank, or the comma and semicolon of carriers that write lists.
@inline(__always)
private func isSeparator(_ octet: UInt8) -> Bool {
  octet <= 0x20 || octet == UInt8(ascii: ",") || octet == UInt8(ascii: ";")
}
