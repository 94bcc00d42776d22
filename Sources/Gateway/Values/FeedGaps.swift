import Contract

/// Sequence numbers that name nothing here: the events that had them were written after a backup this store was restored from.
struct FeedGaps {
  /// Restores that are remembered; more than any store lives to see.
  static let limit = 64

  struct Gap: Equatable {
    /// The newest event of the backup.
    var kept: Int64
    /// The feed goes on after it.
    var resumed: Int64
  }

  /// In order.
  private(set) var gaps: [Gap] = []

  init(stored: String) {
    gaps = stored.split(separator: " ").compactMap { pair in
      let ends = pair.split(separator: "-").compactMap { Int64($0) }
      return ends.count == 2 ? Gap(kept: ends[0], resumed: ends[1]) : nil
    }
  }

  /// `kept-resumed`, one after the other.
  var stored: String { gaps.map { "\($0.kept)-\($0.resumed)" }.joined(separator: " ") }

  mutating func add(kept: Int64, resumed: Int64) {
    gaps.append(Gap(kept: kept, resumed: resumed))
    gaps.removeFirst(max(0, gaps.count - FeedGaps.limit))
  }

  /// Where the feed went on last; 0 in a store that was never restored.
  var resumed: Int64 { gaps.last?.resumed ?? 0 }

  /// Whether the event after `last` may have this number.
  func explain(_ first: Int64, after last: Int64) -> Bool {
    gaps.contains { $0.kept == last && $0.resumed + 1 == first }
  }

  /// Refuses a cursor of a time that is lost.
  func check(_ sequence: Int64) throws(APIError) {
    guard let gap = gaps.first(where: { sequence > $0.kept && sequence < $0.resumed }) else { return }
    throw APIError.cursorLost(kept: Cursor(gap.kept), resumed: Cursor(gap.resumed))
  }

  /// Events between a cursor and the newest, without the numbers that name none.
  func lag(behind newest: Int64, acked: Int64) -> Int {
    let none = gaps.reduce(0) { sum, gap in
      acked <= gap.kept && newest >= gap.resumed ? sum + gap.resumed - gap.kept : sum
    }
    return Int(max(0, newest - acked - none))
  }
}
