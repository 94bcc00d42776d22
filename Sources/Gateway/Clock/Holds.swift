import Store

/// When something stood still: what explains the waits of every message without a row for any of them.
final class Holds: Part {
  private struct Key: Hashable {
    var cause: HoldCause
    var subject: Int64
  }

  let outbox: Outbox
  private let table: HoldTable
  /// Rows of what stands still now.
  private var open: [Key: Int64] = [:]

  init(_ outbox: Outbox, _ table: HoldTable) throws(StoreError) {
    self.outbox = outbox
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    open = [:]
    for row in try table.open() { open[Key(cause: row.cause, subject: row.subject)] = row.id }
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] { open.map { "\($0.cause) \($0.subject) row \($1)" }.sorted() }

  /// `subject`: which number, campaign or carrier; 0 where it is all of them.
  func begin(_ cause: HoldCause, _ subject: Int64, reason: String? = nil) throws(StoreError) {
    let key = Key(cause: cause, subject: subject)
    guard open[key] == nil else { return }
    open[key] = try table.add(cause, subject, since: now, until: nil, reason: reason)
  }

  func end(_ cause: HoldCause, _ subject: Int64) throws(StoreError) {
    guard let row = open.removeValue(forKey: Key(cause: cause, subject: subject)) else { return }
    try table.end(row, at: now)
  }

  /// Something that is over, or that nobody will end.
  func note(_ cause: HoldCause, _ subject: Int64, since: Int64, until: Int64? = nil, reason: String? = nil)
    throws(StoreError)
  {
    _ = try table.add(cause, subject, since: since, until: until, reason: reason)
  }

  func noteAlive() throws(StoreError) { try table.noteAlive(at: now) }

  /// The gateway starts: it did not run until now, and no carrier has a session yet.
  /// - Returns: which start of this store it is.
  func noteStart(_ carriers: some Sequence<CarrierKey>) throws(StoreError) -> Int64 {
    if let last = try table.lastAlive(), last < now { try note(.notRunning, 0, since: last, until: now) }
    let start = try table.noteStarted(at: now)
    for carrier in carriers.sorted() { try begin(.noSession, carrier) }
    return start
  }
}
