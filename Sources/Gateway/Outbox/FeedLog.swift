import Contract
import Store

/// The ordered log of events, written in the transaction that changes what they report: one packed row a transaction.
final class FeedLog {
  let table: FeedTable
  private var packed = PackedEvents()
  private(set) var newest: Int64 = 0
  /// The time of the newest row: the feed's time never goes back.
  private(set) var lastTime: Int64 = 0
  /// Octets of packed events kept, to within what a lost batch had written.
  private(set) var octets: Int64
  /// Numbers that are left out, in a store that was restored.
  private(set) var gaps: FeedGaps
  /// The last flush wrote something.
  private(set) var grew = false
  /// The alert that the feed is half full was raised.
  private var isAlarmed = false
  private var wasAlarmed = false

  init(_ table: FeedTable) throws(StoreError) {
    self.table = table
    octets = try table.octets()
    gaps = FeedGaps(stored: "")
    try reload()
  }

  /// Reads the store again: after a batch that was lost, too.
  func reload() throws(StoreError) {
    packed.removeAll()
    isAlarmed = wasAlarmed
    newest = try table.newest()
    gaps = try table.gaps()
    lastTime = try table.lastTime()
  }

  /// What it holds, in lines that are the same after a fresh start.
  var memory: [String] { ["newest \(newest), last time \(lastTime), gaps \(gaps.stored)"] }

  func begin() { wasAlarmed = isAlarmed }

  func append(_ event: EventData) { packed.append(event) }
  func append(_ event: MessageStateChanged) { packed.append(event) }
  func append(_ event: MessageReceived) { packed.append(event) }

  /// An outbound message. Its text stands in the store once, and is put in where the feed is read.
  func append(_ event: MessageQueued, sharesText: Bool) {
    assert(event.text == nil)
    packed.append(event, sharesText: sharesText)
  }

  func flush(at now: Int64) throws(StoreError) {
    grew = !packed.isEmpty
    guard grew else { return }
    lastTime = max(lastTime, now)
    try table.append(first: newest + 1, count: packed.count, at: lastTime, packed.bytes)
    newest += Int64(packed.count)
    octets += Int64(packed.octets)
    packed.removeAll()
  }

  /// What a look at the feed's size has to say.
  enum Alarm { case halfFull, full }

  /// Events that everyone has read leave after their time; beyond the limit the oldest leave all the same.
  func trim(before time: Int64, limit: Int64) throws(StoreError) -> Alarm? {
    octets = max(0, octets - (try table.remove(before: time, readTo: try table.slowest())))
    var alarm: Alarm?
    if octets > limit / 2, !isAlarmed {
      isAlarmed = true
      alarm = .halfFull
    }
    if octets < limit / 3 { isAlarmed = false }
    if octets > limit {
      octets = max(0, octets - (try table.removeOldest()))
      alarm = .full
    }
    return alarm
  }

  /// Sequence numbers go on at `next`: those between are left out for good.
  func leap(to next: Int64) throws(StoreError) {
    let kept = newest
    gaps.add(kept: kept, resumed: next)
    try table.keep(gaps)
    // Who had read everything has nothing to miss.
    try table.advance(from: kept, to: next)
    try reload()
  }
}
