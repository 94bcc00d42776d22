import Store

/// What we know of a segment while it is with the loop.
struct Flight {
  var ref: SegmentRef
  var number: NumberID
  var carrier: CarrierKey
  var conversation: Int64
  var phone: Int64
  var traffic: TrafficClass
  var campaign: Int64?
  var segments: Int
  var attempts: Int64
  /// Milliseconds since 1970 UTC of its hand-over.
  var at: Int64 = 0
  /// The row that names it; nil while no committed one does.
  var row: Int64?
  /// Recorded as unknown already: the response timer ran out, and the session lives.
  var isOverdue = false
}

/// Segments handed to the loop and not answered: the row that names them is written with the transaction that lets
/// them go, so that after a crash exactly these are unknown.
final class Handover {
  private let insertRow: Statement
  private let deleteRow: Statement
  private let database: Database
  private var flights: [SegmentRef: Flight] = [:]
  private var rowOf: [SegmentRef: Int64] = [:]
  private var left: [Int64: Int] = [:]
  private var claimed: [SegmentRef] = []
  private var emptied: [Int64] = []
  private var nextRow: Int64 = 1
  /// What the running batch changed, and how it was before, in order: for a rollback.
  private var undo: [(ref: SegmentRef, before: Flight?)] = []

  init(_ database: Database) throws {
    self.database = database
    insertRow = try database.prepare("INSERT INTO handed (id, at, refs) VALUES (?1, ?2, ?3)")
    deleteRow = try database.prepare("DELETE FROM handed WHERE id = ?1")
  }

  /// The gateway starts, for the `starts`th time: the ids of its rows are larger than all before.
  func begin(start starts: Int64) { nextRow = starts << 40 }

  /// Segments with the loop.
  var count: Int { flights.count }

  func claim(_ flight: Flight) {
    undo.append((flight.ref, flights[flight.ref]))
    flights[flight.ref] = flight
    claimed.append(flight.ref)
  }

  subscript(ref: SegmentRef) -> Flight? {
    guard var flight = flights[ref] else { return nil }
    flight.row = rowOf[ref]
    return flight
  }

  /// Those whose answer decides about the rest of their threads, in order.
  var answerable: [Flight] { flights.values.filter { !$0.isOverdue }.sorted { $0.ref < $1.ref } }

  /// Whether the loop has an unanswered segment for a carrier.
  func holds(at carrier: CarrierKey) -> Bool { flights.values.contains { $0.carrier == carrier } }

  /// Whether it has one between a number and a phone, under our reference if one is given. One that is recorded as unknown is in
  /// doubt, and does not count.
  func holds(at carrier: CarrierKey, of parties: Parties, reference: UInt16? = nil) -> Bool {
    flights.values.contains {
      $0.phone == parties.phone && $0.number == parties.number && $0.carrier == carrier && !$0.isOverdue
        && (reference == nil || $0.ref.reference == reference)
    }
  }

  func markOverdue(_ ref: SegmentRef) {
    undo.append((ref, flights[ref]))
    flights[ref]?.isOverdue = true
  }

  /// The segment is no longer with the loop, and says so elsewhere in this transaction.
  func land(_ ref: SegmentRef) -> Flight? {
    guard var flight = flights.removeValue(forKey: ref) else { return nil }
    undo.append((ref, flight))
    flight.row = rowOf[ref]
    if let row = rowOf.removeValue(forKey: ref), let count = left[row] {
      if count == 1 {
        left[row] = nil
        emptied.append(row)
      } else {
        left[row] = count - 1
      }
    } else {
      claimed.removeAll { $0 == ref }
    }
    return flight
  }

  func flush(at now: Int64) throws {
    for row in emptied {
      deleteRow.bind(1, row)
      try deleteRow.run()
    }
    emptied.removeAll(keepingCapacity: true)
    guard !claimed.isEmpty else { return }
    insertRow.bind(1, nextRow)
    insertRow.bind(2, now)
    try claimed.withUnsafeBytes {
      insertRow.bind(3, blob: $0)
      try insertRow.run()
    }
    for ref in claimed { rowOf[ref] = nextRow }
    left[nextRow] = claimed.count
    nextRow += 1
    claimed.removeAll(keepingCapacity: true)
  }

  /// A new batch: what the last one did stands.
  func begin() { undo.removeAll(keepingCapacity: true) }

  /// After a batch that was rolled back: its claims are forgotten, its landings undone.
  func reload() throws {
    claimed = []
    emptied = []
    for (ref, before) in undo.reversed() { flights[ref] = before }
    undo = []
    rowOf = [:]
    left = [:]
    try database.rows("SELECT id, refs FROM handed ORDER BY id") { row in
      let id = row.int(0)
      for ref in Handover.refs(row.blob(1)) where flights[ref] != nil {
        rowOf[ref] = id
      }
      nextRow = max(nextRow, id + 1)
    }
    for row in rowOf.values { left[row, default: 0] += 1 }
  }

  /// The refs of a row: host-order 64-bit integers.
  static func refs(_ blob: [UInt8]) -> [SegmentRef] {
    blob.withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count & ~7, by: 8).map {
        SegmentRef(rawValue: bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self))
      }
    }
  }
}

extension Gateway {
  /// Segments that were handed to the loop and have no answer.
  package var unanswered: Int { handover.count }
}
