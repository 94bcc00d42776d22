import Contract
import Store

extension Queries {
  /// `metrics`: names are for good.
  func metrics(_ scope: AccessScope) throws -> MetricsResult {
    let now = clock()
    let metrics = StoreMetrics(database: database, source: metricsSource, now: now)
    return MetricsResult(at: Timestamp(milliseconds: now), text: try metrics.text(scope))
  }
}

/// Metrics of the process and the store, in Prometheus' text format.
struct StoreMetrics {
  /// Numbers and consumers with series of their own; the rest are added up as `other`.
  static let seriesOfEach = 100

  let database: Database
  let source: (any MetricsSource)?
  /// Milliseconds since 1970 UTC.
  let now: Int64

  func text(_ scope: AccessScope) throws -> String {
    var text = MetricsText()
    source?.write(to: &text)
    let numbers = try writeNumbers(to: &text, scope)
    try writeQueues(to: &text, scope)
    try writeLeads(to: &text, scope)
    try writeEmails(to: &text, scope)
    try writeStore(to: &text)
    try writeReceipts(to: &text)
    try writeFeed(to: &text)
    try writeLimits(to: &text, longestQueue: numbers)
    return text.text
  }

  // MARK: Numbers

  private struct NumberSeries {
    var interactive = 0
    var campaign = 0
    /// When the oldest that waits was accepted; milliseconds since 1970 UTC.
    var oldest: Int64?
    var sent = 0

    mutating func add(_ other: NumberSeries) {
      interactive += other.interactive
      campaign += other.campaign
      sent += other.sent
      if let at = other.oldest { oldest = min(oldest ?? at, at) }
    }
  }

  /// The longest queue of all.
  private func writeNumbers(to text: inout MetricsText, _ scope: AccessScope) throws -> Int {
    var series: [NumberID: NumberSeries] = [:]
    try database.rows(
      """
      SELECT p.number_id, p.class, p.count, (SELECT accepted FROM message WHERE id = p.first >> 8)
      FROM (SELECT number_id, class, count(*) AS count, min(ref) AS first FROM pending GROUP BY number_id, class) p
      """
    ) { row in
      var one = NumberSeries()
      if row.int(1) != Urgency.bulk.rawValue {
        one.interactive = Int(row.int(2))
      } else {
        one.campaign = Int(row.int(2))
      }
      one.oldest = row.intOrNil(3)
      series[row.int(0), default: .init()].add(one)
    }
    try database.rows(
      """
      SELECT r.number_id, sum(max(0, r.end_id - r.next_ref / 256)), min(c.committed)
      FROM campaign c CROSS JOIN run r ON r.campaign_id = c.id
      WHERE c.state IN ('running', 'paused') AND r.first_id > 0 AND r.end_id > r.next_ref / 256 GROUP BY r.number_id
      """
    ) { row in
      var one = NumberSeries()
      one.campaign = Int(row.int(1))
      one.oldest = row.intOrNil(2)
      series[row.int(0), default: .init()].add(one)
    }
    for (number, count) in source?.sentSegments() ?? [:] where count > 0 {
      series[number, default: .init()].sent = count
    }
    let longest = series.values.map { $0.interactive + $0.campaign }.max() ?? 0
    // The busiest ones; by number where equal, so that the same state reads the same.
    let ranked = series.sorted { a, b in
      let (left, right) = (a.value, b.value)
      let waiting = (left.interactive + left.campaign, right.interactive + right.campaign)
      if waiting.0 != waiting.1 { return waiting.0 > waiting.1 }
      return left.sent != right.sent ? left.sent > right.sent : a.key < b.key
    }
    var shown: [(label: String, series: NumberSeries)] = []
    var other: NumberSeries?
    for (id, one) in ranked {
      guard let address = try database.int("SELECT address FROM number WHERE id = ?1", .int(id)),
        scope.sees(address), let number = PhoneNumber(packed: address)
      else { continue }
      if shown.count < Self.seriesOfEach {
        shown.append((number.description, one))
      } else {
        other = other ?? .init()
        other?.add(one)
      }
    }
    if let other { shown.append(("other", other)) }
    write(shown, to: &text)
    return longest
  }

  private func write(_ shown: [(label: String, series: NumberSeries)], to text: inout MetricsText) {
    text.family(
      "tollgate_number_queued_segments", .gauge, "Segments and messages waiting in a number's lane.")
    for (number, one) in shown {
      text.sample(one.interactive, [("number", number), ("class", "interactive")])
      text.sample(one.campaign, [("number", number), ("class", "campaign")])
    }
    text.family(
      "tollgate_number_oldest_waiting_seconds", .gauge,
      "Age of the oldest message waiting in a number's lane.")
    for (number, one) in shown {
      text.sample(one.oldest.map { Double(max(0, now - $0)) / 1_000 } ?? 0, [("number", number)])
    }
    text.family(
      "tollgate_number_sent_segments_total", .counter, "Segments of a number handed to a carrier's session.")
    for (number, one) in shown { text.sample(one.sent, [("number", number)]) }
  }

  // MARK: The store

  private func writeStore(to text: inout MetricsText) throws {
    func gauge(_ name: String, _ help: String, _ sql: String) throws {
      text.single("tollgate_" + name, .gauge, help, Int(try database.int(sql) ?? 0))
    }
    try gauge(
      "segments_unknown", "Segments that were written and have neither answer nor receipt.",
      "SELECT count(*) FROM segment INDEXED BY segment_unknown WHERE state = 6")
    let oldest = try database.int("SELECT min(at) FROM segment INDEXED BY segment_unknown WHERE state = 6")
    text.single(
      "tollgate_segments_unknown_oldest_seconds", .gauge, "Age of the oldest segment without an answer.",
      Int(oldest.map { max(0, now - $0) / 1_000 } ?? 0))
    try gauge(
      "segments_awaiting_receipt", "Accepted segments without a receipt yet.", "SELECT count(*) FROM awaiting"
    )
    try gauge("inbound_quarantined", "Inbound PDUs set aside.", "SELECT count(*) FROM quarantine")
    try gauge(
      "inbound_redelivery_candidates", "Inbound texts whose acknowledgement may not have arrived.",
      "SELECT count(*) FROM candidate")
    try gauge("suppressions", "Opt-outs in force.", "SELECT count(*) FROM suppression")
    try gauge("numbers", "Our numbers.", "SELECT count(*) FROM number")
    try gauge("reps", "Reps.", "SELECT count(*) FROM rep")
    try gauge(
      "rep_alerts_waiting_texts", "Texts that wait for a rep's next alert.",
      "SELECT sum(waiting) FROM rep_alert WHERE waiting > 0")
    try gauge("contacts", "Contacts.", "SELECT count(*) FROM contact")
    try gauge(
      "conversations", "Conversations with contacts.", "SELECT count(*) FROM conversation WHERE role = 0")
    try gauge(
      "campaigns_running", "Running campaigns.", "SELECT count(*) FROM campaign WHERE state = 'running'")
    try gauge(
      "sending_paused", "1 while an operator has paused all sending.",
      "SELECT count(*) FROM setting WHERE key = 'paused' AND value = 'all'")
  }

  /// What the rules count of each carrier since the store was made, and the receipts that are listed with a reason.
  private func writeReceipts(to text: inout MetricsText) throws {
    var counts: [String: [(carrier: String, count: Int)]] = [:]
    try database.rows(
      """
      SELECT k.name, c.name, k.count FROM carrier_count k JOIN carrier c ON c.id = k.carrier_id
      ORDER BY c.name LIMIT \(Self.seriesOfEach * CarrierCount.allCases.count)
      """
    ) { row in counts[row.text(0), default: []].append((row.text(1), Int(row.int(2)))) }
    for what in CarrierCount.allCases {
      text.family("tollgate_carrier_" + what.rawValue, .counter, what.help)
      for (carrier, count) in counts[what.rawValue] ?? [] { text.sample(count, [("carrier", carrier)]) }
    }
    text.family(
      "tollgate_receipts_listed", .gauge, "Listed receipts that changed no message, by reason."
    )
    try database.rows(
      """
      SELECT c.name, u.reason, count(*) FROM unmatched_receipt u JOIN carrier c ON c.id = u.carrier_id
      GROUP BY u.carrier_id, u.reason ORDER BY c.name, u.reason LIMIT \(Self.seriesOfEach)
      """
    ) { row in
      guard let reason = UnmatchedReason(rawValue: row.int(1)) else { return }
      text.sample(Int(row.int(2)), [("carrier", row.text(0)), ("reason", reason.word.rawValue)])
    }
  }

  private func writeFeed(to text: inout MetricsText) throws {
    let newest = try FeedTable(database).newest()
    let gaps = try FeedTable(database).gaps()
    text.single(
      "tollgate_feed_events_total", .counter, "Events written to the feed since the store began.",
      gaps.lag(behind: newest, acked: 0))
    text.family("tollgate_feed_consumer_lag_events", .gauge, "Events a consumer has not acknowledged.")
    var other: Int?
    var shown = 0
    try database.rows("SELECT name, acked FROM consumer ORDER BY acked, name") { row in
      let lag = gaps.lag(behind: newest, acked: row.int(1))
      if shown < Self.seriesOfEach {
        text.sample(lag, [("consumer", row.text(0))])
        shown += 1
      } else {
        other = max(other ?? 0, lag)
      }
    }
    // The most of those that have no series of their own.
    if let other { text.sample(other, [("consumer", "other")]) }
  }

  // MARK: Bounds

  private func writeLimits(to text: inout MetricsText, longestQueue: Int) throws {
    var limits = source?.limits() ?? []
    for index in limits.indices where limits[index].used == nil {
      let sql: String
      switch limits[index].name {
      case "queue_per_number":
        limits[index].used = longestQueue
        continue
      case "campaign_recipients":
        sql =
          "SELECT max(recipients) FROM (SELECT sum(recipients) AS recipients FROM run GROUP BY campaign_id)"
      case "reassembly_parts": sql = "SELECT count(*) FROM part"
      case "answers_per_phone_hour": sql = "SELECT max(length(times) / 8) FROM answer_limit"
      case "alerts_per_rep_hour": sql = "SELECT max(length(times) / 8) FROM rep_alert"
      case "quarantine": sql = "SELECT count(*) FROM quarantine"
      case "quarantine_bytes": sql = "SELECT sum(length(pdu)) FROM quarantine"
      case "feed_max_bytes": sql = "SELECT sum(length(events)) FROM feed"
      default: continue
      }
      limits[index].used = Int(try database.int(sql) ?? 0)
    }
    text.family("tollgate_limit", .gauge, "A limit of the configuration.")
    for limit in limits { text.sample(limit.limit, [("limit", limit.name)]) }
    text.family("tollgate_limit_used", .gauge, "How much of a limit is used.")
    for limit in limits { if let used = limit.used { text.sample(used, [("limit", limit.name)]) } }
  }
}

extension CarrierCount {
  /// What `metrics` says it is.
  fileprivate var help: String {
    switch self {
    case .receipts: "Receipts received."
    case .receiptsRepeated: "Receipts that repeat a known state."
    case .receiptsLate: "Receipts that contradict a final state."
    case .receiptsUnmatched: "Receipts that matched no message on arrival."
    case .receiptsCollided: "Receipts whose id matched several messages."
    case .receiptsUnknownState: "Receipts with a state that nobody knows."
    case .receiptsUnreadable: "Receipts that could not be read."
    case .receiptsMissing: "Segments whose receipt did not come in time."
    case .unknown: "Segments that the carrier did not answer in time."
    case .unknownRetried: "Segments sent again although they may have arrived."
    case .unknownResolved: "Unanswered segments that a person resolved or sent again."
    case .acknowledgements: "Delivery and user acknowledgements, which are not texts."
    case .partsRepeated: "Repeated parts of long messages."
    case .lossyTexts: "Inbound texts whose octets do not fit their data_coding."
    case .optOutTexts: "Contacts' texts that are STOP or its kin."
    case .optInTexts: "Contacts' texts that are START or its kin."
    case .helpTexts: "Contacts' texts that are HELP or its kin."
    case .keywordTexts: "Contacts' texts that are an opt-in keyword of the company's."
    case .data: "Inbound messages that are data for an application."
    case .answersWithheld: "Automatic answers withheld by limits.answers_per_phone_hour."
    case .partsRefused: "Parts of long messages refused because too many wait."
    case .numbersRefusedAlike: "Numbers that paused themselves by limits.refused_alike."
    case .twoTexts: "PDUs with one text in short_message and another in message_payload."
    case .notQuarantined: "Inbound PDUs that found no room to be set aside."
    case .optedOut: "Pairs of phone and number that the carrier blocks after an opt-out."
    case .ourFaults: "Submits the carrier refused as malformed."
    case .unknownStatuses: "Refusals with an unknown status."
    }
  }
}
