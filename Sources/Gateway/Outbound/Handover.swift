import Store

/// Segments in flight: handed to the loop and not answered. The transaction that releases them writes the row that names them,
/// so that after a crash exactly these segments are unknown.
final class Handover {
  private let table: PendingTable
  private var flights: [SegmentRef: Flight] = [:]
  private var rowOf: [SegmentRef: Int64] = [:]
  private var left: [Int64: Int] = [:]
  private var claimed: [SegmentRef] = []
  private var emptied: [Int64] = []
  private var nextRow: Int64 = 1
  /// What the running batch changed, with the values before, in order: for a rollback.
  private var undo: [(ref: SegmentRef, before: Flight?)] = []

  init(_ table: PendingTable) { self.table = table }

  /// The gateway starts for the `start`th time. Ids of new rows are larger than all earlier ones.
  func begin(start starts: Int64) { nextRow = starts << 40 }

  /// The number of segments in flight.
  var count: Int { flights.count }
  var messages: Set<Int64> { Set(flights.keys.map(\.message)) }

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

  /// Segments in flight whose threads wait for their answer, in order.
  var answerable: [Flight] { flights.values.filter { !$0.isOverdue }.sorted(by: \.ref.rawValue) }

  /// Whether the loop has an unanswered segment for a carrier.
  func holds(at carrier: CarrierKey) -> Bool { flights.values.contains { $0.carrier == carrier } }

  /// Whether the loop has an unanswered segment between a number and a phone, under our reference if one is given. A segment that
  /// is recorded as unknown does not count.
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

  /// A segment is no longer in flight. The caller records its outcome in the same transaction.
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

  func flush(at now: Int64) throws(StoreError) {
    for row in emptied { try table.removeHanded(row) }
    emptied.removeAll(keepingCapacity: true)
    guard !claimed.isEmpty else { return }
    try table.hand(claimed, id: nextRow, at: now)
    for ref in claimed { rowOf[ref] = nextRow }
    left[nextRow] = claimed.count
    nextRow += 1
    claimed.removeAll(keepingCapacity: true)
  }

  // MARK: What it holds

  /// A line for each segment in flight, with the row that names it.
  var memory: [String] {
    flights.keys.sorted().map { "\($0.message)/\($0.index) row \(rowOf[$0].map { "\($0)" } ?? "none")" }
  }

  /// Takes for in flight what is so for another: no table has all of a flight.
  func adopt(_ other: Handover) { flights = other.flights }

  /// Begins a batch: the last one is committed.
  func begin() { undo.removeAll(keepingCapacity: true) }

  /// After a rolled back batch: forgets its claims, and restores segments it had taken out.
  func reload() throws(StoreError) {
    claimed = []
    emptied = []
    for (ref, before) in undo.reversed() { flights[ref] = before }
    undo = []
    rowOf = [:]
    left = [:]
    for row in try table.handed() {
      for ref in row.refs where flights[ref] != nil { rowOf[ref] = row.id }
      nextRow = max(nextRow, row.id + 1)
    }
    for row in rowOf.values { left[row, default: 0] += 1 }
  }
}
