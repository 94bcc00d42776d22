import CommandFrame

/// The lines of a file in batches, as a command's call takes them.
struct ImportLines {
  /// Lines of one call: no carrier is answered for the 10 ms or so that they take.
  static let batchCount = 100
  /// Octets of one call: a line on the socket has at most 256 KiB.
  static let batchOctets = 128 * 1024

  /// A line that cannot be used.
  struct Unusable: Error {
    var reason: String
  }

  /// - Parameters:
  ///   - item: what a line is; throws `Unusable`.
  ///   - send: gets the lines in their order.
  ///   - refuse: gets a line that is no item, behind those before it.
  /// - Returns: how the file was read, if not as UTF-8.
  static func read<Item>(
    _ path: String, header: ([ColumnTitle]) throws -> Void, item: (Int, [String]) throws -> Item?,
    send: ([(line: Int, item: Item)]) throws -> Void, refuse: (Int, String) throws -> Void
  ) throws -> [String] {
    var batch: [(line: Int, item: Item)] = []
    var octets = 0
    func flush() throws {
      if !batch.isEmpty { try send(batch) }
      batch.removeAll(keepingCapacity: true)
      octets = 0
    }
    func refuseBehind(_ line: Int, _ reason: String) throws {
      try flush()
      try refuse(line, reason)
    }
    let notes = try CSVTable.read(
      path, header: { try header($0.map { ColumnTitle($0) }) },
      row: { row in
        do {
          guard let found = try item(row.line, row.fields.map(CSVReader.trimmed)) else { return }
          let size = row.fields.reduce(256) { $0 + 2 * $1.utf8.count }
          if batch.count == batchCount || octets + size > batchOctets { try flush() }
          batch.append((row.line, found))
          octets += size
        } catch let unusable as Unusable {
          try refuseBehind(row.line, unusable.reason)
        }
      },
      fault: { try refuseBehind($0.line, $0.reason) })
    try flush()
    return notes
  }
}

/// The columns of a file of numbers or reps, by their titles.
struct NamedColumns {
  private let titles: [ColumnTitle]

  /// - Parameter known: every title that means something; another is refused, so that none is silently passed over.
  init(_ titles: [ColumnTitle], needed: [String], known: Set<String>) throws {
    self.titles = titles
    for title in needed where !titles.contains(where: { $0.key == title }) {
      throw Failure(
        .data, "no column is called \(title); found: \(titles.map(\.text).joined(separator: ", "))")
    }
    for (index, title) in titles.enumerated() {
      guard title.key.isEmpty || known.contains(title.key) else {
        throw Failure(
          .data, "no column \(title.text) is known; expected: \(known.sorted().joined(separator: ", "))")
      }
      if !title.key.isEmpty, titles[..<index].contains(where: { $0.key == title.key }) {
        throw Failure(.data, "two columns are called \(title.text)")
      }
    }
  }

  /// Nil for blanks, and without such a column.
  func value(_ title: String, _ fields: [String]) -> String? {
    guard let index = titles.firstIndex(where: { $0.key == title }), !fields[index].isEmpty else {
      return nil
    }
    return fields[index]
  }

  func rate(_ fields: [String]) throws -> Int? {
    guard let text = value("rate", fields) else { return nil }
    guard let rate = Int(text), (1...1000).contains(rate) else {
      throw ImportLines.Unusable(reason: "rate: expected 1 to 1000 segments per second, found \"\(text)\"")
    }
    return rate
  }
}
