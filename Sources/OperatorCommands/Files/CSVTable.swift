import CommandFrame
import Glibc

/// A CSV file whose first record names its columns.
enum CSVTable {
  /// One data record: its line, and its fields by column.
  struct Row: Equatable {
    var line: Int
    var fields: [String]
  }

  /// A line that cannot be used, and why.
  struct Fault: Equatable, Encodable {
    var line: Int
    var reason: String
  }

  /// The largest file read: a million contacts are about 80 MB.
  static let maximumOctets = 1 << 30

  /// Reads a whole file, calling `row` and `fault` as lines come.
  ///
  /// - Returns: how the file was read, if not as UTF-8; in a person's words.
  /// - Parameter header: gets the titles as they are written.
  /// - Throws: `Failure` where the file cannot be read or has no usable header.
  @discardableResult
  static func read(
    _ path: String, header: ([String]) throws -> Void, row: (Row) throws -> Void,
    fault: (Fault) throws -> Void
  ) throws -> [String] {
    var columns: Int?
    var reader = CSVReader()
    var records: [CSVReader.Record] = []
    func handle() throws {
      for record in records { try take(record, path, &columns, header, row, fault) }
      records.removeAll(keepingCapacity: true)
    }
    try pieces(of: path) { piece in
      reader.push(piece, into: &records)
      try handle()
    }
    reader.finish(into: &records)
    try handle()
    guard columns != nil else { throw Failure(.data, "\(path) is empty; the first line names the columns") }
    return notes(of: reader)
  }

  private static func notes(of reader: CSVReader) -> [String] {
    var notes: [String] = []
    if case .utf16 = reader.form { notes.append("the file is UTF-16") }
    if let (count, line, example) = reader.windows1252 {
      notes.append(
        "\(Words.count(count, "line")) \(count == 1 ? "is" : "are") not UTF-8 and \(count == 1 ? "was" : "were") read as "
          + "Windows-1252, such as \"\(example.prefix(40))\" (line \(line))")
    }
    return notes
  }

  /// The same of a file that is in memory already; `path` is its name.
  @discardableResult
  static func read(
    _ octets: [UInt8], path: String, header: ([String]) throws -> Void, row: (Row) throws -> Void,
    fault: (Fault) throws -> Void
  ) throws -> [String] {
    var columns: Int?
    var reader = CSVReader()
    var records: [CSVReader.Record] = []
    reader.push(octets, into: &records)
    reader.finish(into: &records)
    for record in records { try take(record, path, &columns, header, row, fault) }
    guard columns != nil else { throw Failure(.data, "\(path) is empty; the first line names the columns") }
    return notes(of: reader)
  }

  /// A whole file, or standard input.
  static func load(_ path: String) throws -> [UInt8] {
    var all: [UInt8] = []
    try pieces(of: path) { all += $0 }
    return all
  }

  /// What a person calls the file.
  static func name(of path: String) -> String {
    path == "-" ? "standard input" : path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func pieces(of path: String, _ take: (ArraySlice<UInt8>) throws -> Void) throws {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw Failure(.noInput, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    var total = 0
    var buffer = [UInt8](repeating: 0, count: 256 * 1024)
    while true {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 {
        if errno == EINTR { continue }
        throw Failure(.io, "cannot read \(path): \(String(cString: strerror(errno)))")
      }
      if count == 0 { return }
      total += count
      guard total <= maximumOctets else { throw Failure(.data, "\(path) is larger than 1 GiB") }
      try take(buffer.prefix(count))
    }
  }

  private static func take(
    _ record: CSVReader.Record, _ path: String, _ columns: inout Int?, _ header: ([String]) throws -> Void,
    _ row: (Row) throws -> Void, _ fault: (Fault) throws -> Void
  ) throws {
    switch record {
    case .fault(let line, let problem):
      if columns == nil { throw Failure(.data, "\(path): line \(line): \(problem)") }
      try fault(Fault(line: line, reason: problem))
    case .fields(let line, let fields):
      guard let columns else {
        // Above the line that names the columns reports have their title, and spreadsheets empty rows.
        guard fields.count == 1 || fields.count(where: { !CSVReader.trimmed($0).isEmpty }) > 1 else { return }
        columns = fields.count
        return try header(fields)
      }
      if fields.count <= columns {
        // Spreadsheets leave out the empty cells at the end.
        try row(Row(line: line, fields: fields + Array(repeating: "", count: columns - fields.count)))
      } else if fields[columns...].contains(where: { !$0.isEmpty }) {
        try fault(Fault(line: line, reason: "\(fields.count) fields, but the header has \(columns)"))
      } else {
        try row(Row(line: line, fields: Array(fields.prefix(columns))))
      }
    }
  }
}
