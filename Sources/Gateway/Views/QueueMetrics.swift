import Contract
import Store

/// What an operator watches of the queues: whether somebody waits, how long, and whether anybody is there to answer.
extension StoreMetrics {
  private struct QueueSeries {
    var waiting = 0
    /// When the longest wait began; milliseconds since 1970 UTC.
    var oldest: Int64?
    var available = 0
  }

  /// Queues belong to the whole company: a role of some numbers sees none.
  func writeQueues(to text: inout MetricsText, _ scope: AccessScope) throws {
    guard scope.isFull else { return }
    // Those in which somebody waits first, then in the order of their making.
    let series = try database.map(
      """
      SELECT q.id, q.name, q.waiting,
        (SELECT min(e.since) FROM episode e WHERE e.queue_id = q.id AND e.state = 0) AS oldest,
        (SELECT count(*) FROM membership m JOIN member p ON p.id = m.member_id
          WHERE m.queue_id = q.id AND p.active = 1 AND p.presence = 'available')
      FROM queue q ORDER BY oldest IS NULL, oldest, q.id
      """
    ) { row in
      (
        labels: [("queue", QueueID(row.int(0)).description), ("name", row.text(1))],
        series: QueueSeries(waiting: Int(row.int(2)), oldest: row.intOrNil(3), available: Int(row.int(4)))
      )
    }
    var shown = Array(series.prefix(Self.seriesOfEach))
    let others = series.dropFirst(Self.seriesOfEach).map(\.series)
    if let oldest = others.first {
      // Whoever is available for several of them is counted for each, as above.
      let sum = QueueSeries(
        waiting: others.reduce(0) { $0 + $1.waiting }, oldest: oldest.oldest,
        available: others.reduce(0) { $0 + $1.available })
      shown.append((labels: [("queue", "other"), ("name", "other")], series: sum))
    }
    text.family("tollgate_queue_waiting", .gauge, "Conversations that wait in a queue for a member.")
    for (labels, one) in shown { text.sample(one.waiting, labels) }
    text.family(
      "tollgate_queue_oldest_waiting_seconds", .gauge, "How long the longest of them has waited.")
    for (labels, one) in shown {
      text.sample(one.oldest.map { Double(max(0, now - $0)) / 1_000 } ?? 0, labels)
    }
    text.family(
      "tollgate_queue_members_available", .gauge, "Members who answer a queue and are available.")
    for (labels, one) in shown { text.sample(one.available, labels) }
  }
}
