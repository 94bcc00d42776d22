/// Comma-separated values as of RFC 4180, as spreadsheets really write them: quotes, a byte order mark, blank lines; lines that end with
/// LF, CRLF or CR; commas, semicolons, tabs or bars, whichever the first line has most of, or as Excel's first line `sep=;` says. In UTF-8, UTF-16
/// or Windows-1252. Pure: octets go in, records come out. A line end within quotes becomes LF.
///
/// A record that cannot be read is reported alone: reading goes on at the line after the record's first line.
struct CSVReader {
  enum Record: Equatable {
    /// The line it begins on, from 1, and its fields.
    case fields(line: Int, [String])
    case fault(line: Int, String)
  }

  /// The longest record, quotes and line ends included: one contact is far shorter, a lost quote is not.
  static let maximumRecordOctets = 64 * 1024
  /// Fields of one record.
  static let maximumFields = 256

  private var pending: [UInt8] = []
  private var line = 1
  private var isFirst = true
  /// The rest of a line that was already reported is being passed over.
  private var skipping = false
  /// The last octet was CR, so an LF belongs to it.
  private var afterCR = false
  private var separator = UInt8(ascii: ",")
  private var decoder = ListDecoder()
  private var decoded: [UInt8] = []
  /// Lines with a field that was read as Windows-1252: how many, the first and that field.
  private(set) var windows1252: (count: Int, line: Int, example: String)?

  /// What the file is, as far as its beginning says; nil before that is read.
  var form: ListDecoder.Form? { decoder.form }

  /// Takes more of the file, and appends the records that are complete.
  mutating func push(_ octets: some Collection<UInt8>, into records: inout [Record]) {
    decoded.removeAll(keepingCapacity: true)
    decoder.push(octets, into: &decoded)
    take(decoded: decoded, into: &records)
  }

  private mutating func take(decoded octets: [UInt8], into records: inout [Record]) {
    let before = pending.count
    pending.reserveCapacity(before + octets.count)
    for octet in octets {
      if octet != 0x0A || !afterCR { pending.append(octet == 0x0D ? 0x0A : octet) }
      afterCR = octet == 0x0D
    }
    // Without a line end nothing can be complete: a record is not scanned again for each piece of it.
    guard pending[before...].contains(0x0A) || pending.count > Self.maximumRecordOctets else { return }
    take(atEnd: false, into: &records)
  }

  /// The file has ended.
  mutating func finish(into records: inout [Record]) {
    decoded.removeAll(keepingCapacity: true)
    decoder.finish(into: &decoded)
    take(decoded: decoded, into: &records)
    take(atEnd: true, into: &records)
  }

  private mutating func take(atEnd: Bool, into records: inout [Record]) {
    if skipping {
      guard let newline = pending.firstIndex(of: 0x0A) else {
        pending = []
        return
      }
      pending.removeFirst(newline + 1)
      line += 1
      skipping = false
    }
    var start = 0
    if isFirst {
      let end = pending.firstIndex(of: 0x0A)
      if !atEnd, end == nil, pending.count <= Self.maximumRecordOctets { return }
      isFirst = false
      if case .other(let what) = decoder.form {
        records.append(.fault(line: 1, "this file is \(what), not a list; save it as \"CSV UTF-8\""))
        pending = []
        skipping = true
        return
      }
      let first = pending[..<(end ?? pending.endIndex)]
      separator = Self.mostFrequent(in: first)
      if let said = Self.separator(saidBy: first) {
        separator = said
        start = first.endIndex + (end == nil ? 0 : 1)
        line += 1
      }
    }
    loop: while start < pending.count {
      switch scan(from: start, atEnd: atEnd) {
      case .more: break loop
      case .record(let fields, let end, let lines):
        if !(fields.count == 1 && fields[0].isEmpty) { append(fields, into: &records) }
        start = end
        line += lines
      case .fault(let problem):
        if let newline = pending[start...].firstIndex(of: 0x0A) {
          records.append(.fault(line: line, problem))
          start = newline + 1
          line += 1
        } else if atEnd || pending.count - start > Self.maximumRecordOctets {
          records.append(.fault(line: line, problem))
          start = pending.count
          skipping = true
        } else {
          break loop
        }
      }
    }
    pending.removeFirst(start)
  }

  private mutating func append(_ fields: [[UInt8]], into records: inout [Record]) {
    var texts: [String] = []
    texts.reserveCapacity(fields.count)
    var foreign: String?
    for field in fields {
      guard let (text, isWindows1252) = decoder.text(of: field) else {
        records.append(
          .fault(
            line: line,
            decoder.form == .octets
              ? "neither UTF-8 nor Windows-1252; save the file as \"CSV UTF-8\"" : "a damaged character"))
        return
      }
      if isWindows1252, foreign == nil { foreign = text }
      texts.append(text)
    }
    if let foreign {
      windows1252 = windows1252.map { ($0.count + 1, $0.line, $0.example) } ?? (1, line, foreign)
    }
    records.append(.fields(line: line, texts))
  }

  /// Excel's way to say the separator: a line `sep=;` before all others.
  private static func separator(saidBy line: ArraySlice<UInt8>) -> UInt8? {
    guard line.count == 5, line.starts(with: Array("sep=".utf8)), let last = line.last,
      Array(",;\t|".utf8).contains(last)
    else { return nil }
    return last
  }

  /// The separator that the first line has most of, outside of quotes.
  private static func mostFrequent(in line: ArraySlice<UInt8>) -> UInt8 {
    var counts: [UInt8: Int] = [:]
    var isQuoted = false
    for octet in line {
      if octet == 0x22 { isQuoted.toggle() }
      if !isQuoted { counts[octet, default: 0] += 1 }
    }
    var most = UInt8(ascii: ",")
    for other in [UInt8(ascii: ";"), UInt8(ascii: "\t"), UInt8(ascii: "|")]
    where counts[other, default: 0] > counts[most, default: 0] { most = other }
    return most
  }

  private enum Scan {
    case more
    case record([[UInt8]], end: Int, lines: Int)
    case fault(String)

    static let tooManyFields = Scan.fault("more than \(CSVReader.maximumFields) fields")
  }

  /// One record from `start`, or why there is none.
  private func scan(from start: Int, atEnd: Bool) -> Scan {
    var fields: [[UInt8]] = []
    var field: [UInt8] = []
    var quoted = false
    var closed = false
    var lines = 0
    var index = start
    while index < pending.count {
      if index - start > Self.maximumRecordOctets {
        return .fault(
          "longer than \(Self.maximumRecordOctets / 1024) KiB\(quoted ? "; a quote is not closed" : "")")
      }
      let octet = pending[index]
      index += 1
      if quoted {
        if octet == 0x22 {
          guard index < pending.count || atEnd else { return .more }
          if index < pending.count, pending[index] == 0x22 {
            field.append(0x22)
            index += 1
          } else {
            quoted = false
            closed = true
          }
        } else {
          if octet == 0x0A { lines += 1 }
          field.append(octet)
        }
        continue
      }
      switch octet {
      case separator, 0x0A:
        guard fields.count < Self.maximumFields else { return .tooManyFields }
        fields.append(field)
        field = []
        closed = false
        if octet == 0x0A { return .record(fields, end: index, lines: lines + 1) }
      case 0x22 where field.isEmpty && !closed: quoted = true
      // `="00123"`: how systems keep Excel from taking digits for a number.
      case 0x22 where field == [0x3D] && !closed:
        field = []
        quoted = true
      case 0x22: return .fault("a quote inside a field that does not begin with a quote")
      default:
        if closed { return .fault("text after a closing quote") }
        field.append(octet)
      }
    }
    guard atEnd else {
      return index - start > Self.maximumRecordOctets
        ? .fault(
          "longer than \(Self.maximumRecordOctets / 1024) KiB\(quoted ? "; a quote is not closed" : "")")
        : .more
    }
    if quoted { return .fault("a quote is not closed") }
    guard fields.count < Self.maximumFields else { return .tooManyFields }
    fields.append(field)
    return .record(fields, end: index, lines: lines + 1)
  }
}
