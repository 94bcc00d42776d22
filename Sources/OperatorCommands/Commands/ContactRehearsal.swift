import CommandFrame
import Contract

/// A dry run of a whole file of contacts.
///
/// Each call decides its contacts as the import would, one after the other, and takes them back. So lines that concern each other have to be
/// in one call: those that share a phone or a `ref`. A first pass finds out how the phones are read; a second one sends those lines
/// together.
struct ContactRehearsal {
  private let daemon: DaemonConnection
  private var lines: [Outcome] = []
  private(set) var faults: [ImportReport.Line] = []
  /// The first line with a phone or a `ref`.
  private var firsts: [Key: Int] = [:]
  /// A line that concerns each line, of the same lines the first in the end.
  private var parents: [Int] = []

  private struct Outcome {
    var line: Int
    var notes: [String]
    var item: UpsertItem
  }

  private enum Key: Hashable {
    case phone(Int64)
    case ref(String)
  }

  /// Lines that share a phone and are decided together; of more, those behind are reported as not checked.
  static let together = 300

  init(_ daemon: DaemonConnection) { self.daemon = daemon }

  /// Every line that is a contact or would be, in order.
  var outcomes: [(row: (line: Int, notes: [String]), item: UpsertItem)] {
    lines.map { (($0.line, $0.notes), $0.item) }
  }

  /// - Parameter contact: a line as a contact; throws `ContactColumns.Unusable`.
  /// - Returns: how the file was read, if not as UTF-8.
  mutating func run(
    _ octets: [UInt8], path: String, header: ([String]) throws -> Void,
    contact: (CSVTable.Row) throws -> ContactImport.Row
  ) throws -> [String] {
    var batch: [ContactImport.Row] = []
    var size = 0
    let notes = try read(octets, path, header, contact, isFirst: true) { state, row in
      if batch.count == ContactImport.batchCount || size + row.octets > ContactImport.batchOctets {
        try state.first(batch)
        (batch, size) = ([], 0)
      }
      batch.append(row)
      size += row.octets
    }
    try first(batch)
    try second(octets, path, contact)
    return notes
  }

  @discardableResult
  private mutating func read(
    _ octets: [UInt8], _ path: String, _ header: ([String]) throws -> Void,
    _ contact: (CSVTable.Row) throws -> ContactImport.Row, isFirst: Bool,
    _ take: (inout ContactRehearsal, ContactImport.Row) throws -> Void
  ) throws -> [String] {
    // The closures share this one value; none outlives the call.
    var state = self
    defer { self = state }
    return try withUnsafeMutablePointer(to: &state) { state in
      try CSVTable.read(
        octets, path: path, header: header,
        row: { row in
          do {
            try take(&state.pointee, try contact(row))
          } catch let unusable as ContactColumns.Unusable {
            if isFirst { state.pointee.refuse(row.line, unusable.reason) }
          }
        },
        fault: { if isFirst { state.pointee.refuse($0.line, $0.reason) } })
    }
  }

  private mutating func refuse(_ line: Int, _ reason: String) {
    faults.append(.init(line: line, outcome: .refused, notes: [reason]))
  }

  // MARK: Each line alone

  private mutating func first(_ batch: [ContactImport.Row]) throws {
    guard !batch.isEmpty else { return }
    let result = try daemon.call(ContactUpsert(contacts: batch.map(\.input), dryRun: true))
    for (row, item) in zip(batch, result.results) {
      let index = lines.count
      lines.append(Outcome(line: row.line, notes: row.notes, item: item))
      parents.append(index)
      for key in (item.phoneReadings ?? []).map({ Key.phone($0.phone.digits) })
        + (row.input.ref.map { [Key.ref($0)] } ?? [])
      {
        if let other = firsts[key] { join(other, index) } else { firsts[key] = index }
      }
    }
  }

  private func root(_ index: Int) -> Int {
    var index = index
    while parents[index] != index { index = parents[index] }
    return index
  }

  private mutating func join(_ one: Int, _ other: Int) {
    let (a, b) = (root(one), root(other))
    if a != b { parents[max(a, b)] = min(a, b) }
    parents[other] = min(a, b)
  }

  // MARK: Those that concern each other

  private mutating func second(
    _ octets: [UInt8], _ path: String, _ contact: (CSVTable.Row) throws -> ContactImport.Row
  ) throws {
    firsts = [:]
    var families: [Int: [Int]] = [:]
    for index in lines.indices where root(index) != index { families[root(index), default: []].append(index) }
    guard !families.isEmpty else { return }
    let wanted = Set(families.flatMap { [$0.key] + $0.value })
    var rows: [Int: ContactImport.Row] = [:]
    var next = 0
    try read(octets, path, { _ in }, contact, isFirst: false) { _, row in
      if wanted.contains(next) { rows[next] = row }
      next += 1
    }
    for (first, others) in families.sorted(by: { $0.key < $1.key }) {
      try decide([first] + others, rows)
    }
  }

  /// A family in the order of its lines. What was taken goes into the next call again, so that what follows sees it.
  private mutating func decide(_ family: [Int], _ rows: [Int: ContactImport.Row]) throws {
    var taken: [ContactImport.Row] = []
    var waiting: [(index: Int, row: ContactImport.Row)] = []
    func octets() -> Int { taken.reduce(0) { $0 + $1.octets } + waiting.reduce(0) { $0 + $1.row.octets } }
    func isFull() -> Bool {
      taken.count >= Self.together || taken.reduce(0) { $0 + $1.octets } > ContactImport.batchOctets / 2
    }
    for index in family {
      guard let row = rows[index] else { continue }
      if isFull() {
        lines[index].notes.append(
          "not checked: more than \(taken.count) lines before it share its phone or its ref")
        continue
      }
      let isOver = octets() + row.octets > ContactImport.batchOctets
      if !waiting.isEmpty, taken.count + waiting.count >= Self.together || isOver {
        try send(&taken, &waiting)
      }
      waiting.append((index, row))
    }
    try send(&taken, &waiting)
  }

  private mutating func send(
    _ taken: inout [ContactImport.Row], _ waiting: inout [(index: Int, row: ContactImport.Row)]
  ) throws {
    guard !waiting.isEmpty else { return }
    let rows = taken + waiting.map(\.row)
    let result = try daemon.call(ContactUpsert(contacts: rows.map(\.input), dryRun: true))
    for ((index, row), item) in zip(waiting, result.results.dropFirst(taken.count)) {
      lines[index].item = item
      if item.status != .refused { taken.append(row) }
    }
    waiting = []
  }
}
