import Contract
import Store

/// The first start over a backup: what has happened since it was taken is not known here, but carriers, phones and apps know it.
struct Restored {
  /// Ids and sequence numbers go on at the milliseconds since 1970 times this: beyond whatever was given in the time that
  /// is lost, as long as that was fewer in a millisecond; and a second restore of the same backup goes on elsewhere again.
  static let idsPerMillisecond: Int64 = 100

  let parts: Parts
  let table: RestoreTable

  /// If the store is a backup that was put in place:
  /// - nothing is sent until `resume`: what waited then may have been sent since, and who said STOP since is not known;
  /// - ids, cursors and sequence numbers leap ahead, so that none names two things;
  /// - e-mails that waited then expire, and links that were open end: both may have been used since;
  /// - consumers get an event, and the error `cursor_lost` if they come with a cursor from the lost time.
  func settle() throws(StoreError) {
    guard let taken = try table.taken() else { return }
    try table.removeMark()
    let feed = parts.ground.outbox.feed
    let next = max(parts.ground.outbox.now * Restored.idsPerMillisecond, feed.newest + 1)
    try feed.leap(to: next)
    try table.leap(to: next)
    try parts.outbound.messages.reload()
    try parts.inbound.submissionTable.reload()
    let waiting = try parts.outbound.pending.count() + parts.outbound.campaignTable.waiting()
    try parts.emails.expireAll()
    try parts.ground.ownership.links.table.removeAll()
    let time = Timestamp(milliseconds: taken)
    try parts.ground.directory.setPausedAll(
      true, reason: "restored from a backup of \(time); what waited then may have been sent since")
    parts.alerts.alert(
      .storeRestored, .critical,
      "the store was restored from a backup of \(time); what happened since is not in it, opt-outs included; "
        + "\(waiting) segments that waited then may have been sent; nothing is sent until: tollgate resume --all"
    )
  }
}
