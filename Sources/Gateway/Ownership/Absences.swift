import Contract
import Store

/// Who is away, whole in memory, and who stands in.
///
/// An absence is in force because its row says so, and not because of what the clock says at the moment: so a thread's owner does not change
/// between two looks in one batch, and a clock that goes back takes nothing back.
final class Absences: Part {
  typealias Row = AbsenceTable.AbsenceRow

  /// Who answers for a rep who is away.
  enum StandIn: Equatable {
    case rep(Int64)
    case queue(Int64)
    /// The queue of the thread's number, else the default queue.
    case queueOfTheNumber
  }

  /// What of an absence in force decides.
  private struct InForce {
    var absence: Int64
    var delegateRep: Int64?
    var delegateQueue: Int64?
    var replies: Bool

    init(_ row: Row) {
      absence = row.id
      delegateRep = row.delegateRep
      delegateQueue = row.delegateQueue
      replies = row.reply != nil
    }
  }

  let outbox: Outbox
  let directory: Directory
  let table: AbsenceTable
  /// By reps.
  private var inForce: [Int64: InForce] = [:]
  /// When something becomes of an absence by itself next, in milliseconds since 1970 UTC.
  private var nextDue: Int64?

  /// Absences of which something becomes at a time.
  static let slice: Int64 = 50

  init(_ outbox: Outbox, _ directory: Directory, _ table: AbsenceTable) throws(StoreError) {
    self.outbox = outbox
    self.directory = directory
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    inForce = [:]
    for row in try table.allInForce() { inForce[row.rep] = InForce(row) }
    nextDue = try table.nextDue()
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] {
    inForce.map { "rep \($0) \($1)" }.sorted() + ["next due \(nextDue.map { "\($0)" } ?? "-")"]
  }

  var isDue: Bool { nextDue.map { $0 <= now } ?? false }

  // MARK: Questions

  /// Who answers for a rep; nil: the rep is not away. A delegate who is not there is followed once.
  func standIn(for rep: Int64) -> StandIn? {
    guard let away = inForce[rep] else { return nil }
    if let there = delegate(of: away) { return there }
    if let next = away.delegateRep.flatMap({ inForce[$0] }), let there = delegate(of: next) { return there }
    return .queueOfTheNumber
  }

  /// Whom an absence names; nil: a rep who is not there.
  private func delegate(of absence: InForce) -> StandIn? {
    if let queue = absence.delegateQueue { return .queue(queue) }
    guard let rep = absence.delegateRep else { return .queueOfTheNumber }
    return directory.reps[rep]?.isActive == true && inForce[rep] == nil ? .rep(rep) : nil
  }

  /// Whether somebody who is away has named a rep.
  func isDelegate(_ rep: Int64) -> Bool { inForce.values.contains { $0.delegateRep == rep } }

  /// The absence of a rep who is away and has a reply.
  func replying(for rep: Int64) -> Int64? { inForce[rep].flatMap { $0.replies ? $0.absence : nil } }

  // MARK: Changes

  /// Stores an absence that is new, or was changed, and tells of it.
  /// - Returns: the row with its id.
  @discardableResult
  func put(_ row: Row, _ change: AbsenceChange) throws(StoreError) -> Row {
    var row = row
    row.updated = now
    if row.id == 0 { row.id = try table.add(row) } else { try table.update(row) }
    if row.state == .inForce {
      assert(inForce[row.rep].map { $0.absence == row.id } ?? true)
      inForce[row.rep] = InForce(row)
    } else if inForce[row.rep]?.absence == row.id {
      inForce[row.rep] = nil
    }
    nextDue = try table.nextDue()
    emit(
      .absenceChanged(
        AbsenceChanged(
          absenceID: AbsenceID(row.id), repID: RepID(row.rep), change: change, state: row.state,
          startsAt: Timestamp(milliseconds: row.starts),
          endsAt: row.ends.map { Timestamp(milliseconds: $0) },
          delegateRepID: row.delegateRep.map { RepID($0) },
          delegateQueueID: row.delegateQueue.map { QueueID($0) }, reply: row.reply,
          byCalendar: row.isByCalendar, createdAt: Timestamp(milliseconds: row.created),
          at: Timestamp(milliseconds: now))))
    return row
  }
}

extension Ownership {
  /// An absence is new, or takes the place of what it was. One whose time has come begins at once.
  func place(_ row: Absences.Row) throws(StoreError) -> Absences.Row {
    let row = try absences.put(row, .set)
    switch row.state {
    case .planned: return row.starts <= now ? try start(row) : row
    case .inForce: try changed(row)
    case .over: throw .misuse("absence", "one that is over and is set")
    }
    return row
  }

  /// An absence that is not over ends, or is taken back.
  @discardableResult
  func end(_ row: Absences.Row, _ change: AbsenceChange) throws(StoreError) -> Absences.Row {
    var row = row
    let wasInForce = row.state == .inForce
    row.state = .over
    if change == .cleared, wasInForce { row.ends = max(row.starts, min(row.ends ?? now, now)) }
    row = try absences.put(row, change)
    if wasInForce { try changed(row) }
    return row
  }

  /// Does what is due by time: absences begin, and end.
  func seekAbsences() throws(StoreError) {
    guard absences.isDue else { return }
    var ended: Set<Int64> = []
    for row in try absences.table.due(at: now, limit: Absences.slice) {
      // One whose whole time has passed meanwhile ends without having begun.
      if row.state == .inForce || row.ends.map({ $0 <= now }) ?? false {
        try end(row, .ended)
        ended.insert(row.rep)
      } else {
        try start(row)
      }
    }
    for rep in ended.sorted() { try followCalendar(of: rep) }
  }

  @discardableResult
  private func start(_ row: Absences.Row) throws(StoreError) -> Absences.Row {
    // Its end is due, and housekeeping has not come to it.
    for other in try absences.table.open(of: row.rep) where other.state == .inForce {
      assert(other.ends.map { $0 <= row.starts } ?? false)
      try end(other, .ended)
    }
    var row = row
    row.state = .inForce
    row = try absences.put(row, .started)
    try changed(row)
    return row
  }

  /// Its rep is away, or back, or others look after the rep's threads.
  private func changed(_ row: Absences.Row) throws(StoreError) {
    try directory.touch(rep: row.rep, at: now)
    try attendanceChanged(of: row.rep)
  }
}
