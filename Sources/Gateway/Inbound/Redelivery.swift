import Settings
import Store

/// A PDU that was recorded and acknowledged, whose acknowledgement the carrier may not have seen.
struct Redelivered {
  var message: Int64
}

/// Recognises what a carrier sends again after a lost session (promise 2).
///
/// What was acknowledged in the last minute is kept as digests, one row a transaction; the minute is a steady clock's, and
/// begins when the acknowledgements were let out, however long the disk took. When a session is lost, or after a crash, these
/// become candidates: the first PDU with an equal body is the same one, and uses the candidate up. A carrier
/// has no more than its window without an answer, so only the newest of a session can come again. Candidates stay for a day
/// (`GatewaySettings.Spans.redeliveryWithin`) and are looked up in the store; while there are none, no PDU is.
final class Redelivery {
  private typealias Entry = RedeliveryTable.Entry

  private let table: RedeliveryTable
  private var fresh: [Entry] = []
  /// Rows of `recent`, the oldest first. `out`: steady milliseconds by which the acknowledgements were let out; nil: they may
  /// not have been.
  private var rows: [(id: Int64, out: Int64?)] = []
  /// Steady milliseconds of the last batch's end: what this one takes happened since.
  private var last: Int64 = 0
  /// How many candidates there are.
  private var count = 0
  private var lastPurge: Int64 = 0
  /// Milliseconds after which the carrier surely has our answer, had it not been lost with its session.
  private static let answerSettles: Int64 = 60_000
  /// The most candidates of one lost session: more than any carrier's window. The carrier knows the acknowledgements before
  /// these.
  static let perSession = 8_192
  /// The most in all, for sessions that are lost again and again; beyond, the oldest are forgotten.
  static let most = 100_000
  /// Candidates that leave at a time when they are too old.
  static let slice = 10_000

  init(_ table: RedeliveryTable) throws(StoreError) {
    self.table = table
    try reload()
  }

  func reload() throws(StoreError) {
    fresh = []
    rows = try table.recentRows().map { ($0, last) }
    count = try table.candidates()
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] { ["\(count) candidates"] + rows.map { "row \($0.id)" } }

  /// Remembers what this transaction acknowledges.
  func acknowledged(_ body: [UInt8], session: Int, carrier: CarrierKey, message: Int64) {
    fresh.append(
      Entry(session: Int64(session), carrier: carrier, message: message, digest: Digest(of: body)))
  }

  /// The message that this PDU repeats, if the carrier does not know that we have the message.
  func take(_ body: [UInt8], carrier: CarrierKey, since: Int64) throws(StoreError) -> Redelivered? {
    guard count > 0,
      let message = try table.takeCandidate(Digest(of: body), carrier: carrier, since: since)
    else { return nil }
    count -= 1
    return Redelivered(message: message)
  }

  /// A session ended without an orderly unbind: what it acknowledged lately may come again.
  func sessionLost(_ session: Int, at now: Int64) throws(StoreError) {
    try makeCandidates(at: now) { $0.session == Int64(session) }
  }

  /// The process ended: whatever was acknowledged lately may come again, on whichever session.
  func candidatesAfterCrash(now: Int64) throws(StoreError) {
    guard !rows.isEmpty else { return }
    try makeCandidates(at: now) { _ in true }
    try table.removeAllRecent()
    rows = []
  }

  private func makeCandidates(at now: Int64, where include: (Entry) -> Bool) throws(StoreError) {
    // The newest first, as many per session as the carrier may not know that we have.
    var found: [Entry] = []
    var taken: [Int64: Int] = [:]
    func take(_ entries: [Entry]) {
      for entry in entries.reversed() where include(entry) {
        guard taken[entry.session, default: 0] < Self.perSession else { continue }
        taken[entry.session, default: 0] += 1
        found.append(entry)
      }
    }
    take(fresh)
    try table.forEachRecent(take)
    for entry in found.reversed() where try table.addCandidate(entry, at: now) { count += 1 }
    guard count > Self.most else { return }
    count -= try table.removeOldestCandidates(count - Self.most)
  }

  /// The end of a batch. `steady`: milliseconds of a clock that nobody sets.
  func flush(steady: Int64) throws(StoreError) {
    defer { last = steady }
    for index in rows.indices.reversed() {
      guard rows[index].out == nil else { break }
      rows[index].out = steady
    }
    if !fresh.isEmpty {
      rows.append((try table.addRecent(fresh), nil))
      fresh.removeAll(keepingCapacity: true)
    }
    guard steady - lastPurge > 1_000 else { return }
    lastPurge = steady
    let old = rows.prefix { $0.out.map { $0 < last - Self.answerSettles } ?? false }
    if let newest = old.last {
      try table.removeRecent(upTo: newest.id)
      rows.removeFirst(old.count)
    }
  }

  /// Candidates nobody sent again within the time for it.
  func removeCandidates(before time: Int64) throws(StoreError) {
    guard count > 0 else { return }
    count -= try table.removeCandidates(before: time, limit: Self.slice)
  }
}
