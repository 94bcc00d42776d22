import Contract
import Store

/// The first start over a backup: what has happened since it was taken is not known here, but carriers, phones and apps know it.
extension Gateway {
  /// Ids and sequence numbers go on at the milliseconds since 1970 times this: beyond whatever was given in the time that
  /// is lost, as long as that was fewer in a millisecond; and a second restore of the same backup goes on elsewhere again.
  static let idsPerMillisecond: Int64 = 100

  /// If the store is a backup that was put in place:
  /// - nothing is sent until `resume`: what waited then may have been sent since, and who said STOP since is not known;
  /// - ids, cursors and sequence numbers leap ahead, so that none names two things;
  /// - consumers are told by an event, and by `cursor_lost` if they come with a cursor of the time that is lost.
  func settleRestore() throws {
    guard let taken = try BackupMark.taken(in: database) else { return }
    try BackupMark.remove(from: database)
    let next = max(now * Gateway.idsPerMillisecond, feed.newest + 1)
    try leap(to: next)
    let waiting = try database.int("SELECT count(*) FROM pending") ?? 0
    let planned =
      try database.int(
        """
        SELECT sum(max(0, r.end_id - r.next_ref / 256)) FROM campaign c CROSS JOIN run r ON r.campaign_id = c.id
        WHERE c.state IN ('running', 'paused') AND r.first_id > 0
        """) ?? 0
    let time = Timestamp(milliseconds: taken)
    try directory.setPausedAll(
      true, reason: "restored from a backup of \(time); what waited then may have been sent since")
    alert(
      .storeRestored, .critical,
      "the store is a backup of \(time): what came and was sent since is not in it, opt-outs included; "
        + "\(waiting + planned) segments that waited then may have been sent; nothing is sent until resume --all"
    )
  }

  private func leap(to next: Int64) throws {
    let kept = feed.newest
    let set =
      "INSERT INTO setting (key, value) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET value = excluded.value"
    var gaps = try FeedGaps(in: database)
    gaps.add(kept: kept, resumed: next)
    try database.run(set, .text(FeedGaps.key), .text(gaps.stored))
    // Who had read everything has nothing to miss.
    try database.run("UPDATE consumer SET acked = ?2 WHERE acked = ?1", .int(kept), .int(next))
    try feed.reload(database)
    for table in ["rep", "contact", "audience_group", "campaign", "conversation"] {
      try database.run("DELETE FROM sqlite_sequence WHERE name = ?1", .text(table))
      try database.run("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", .text(table), .int(next))
    }
    try database.run(set, .text("message_floor"), .text("\(next)"))
    try messages.reload(database)
    try database.run(set, .text("submissions"), .text("\(next)"))
    try submissions.reload()
  }
}
