import Contract
import SMPP
import Store

/// A campaign's messages counted by their states, as far as the walk has come.
///
/// A large campaign takes several slices. What it is compared with is its row, so the count holds only if the row is at the end what
/// it was at the beginning; else the walk begins anew, and after some attempts the campaign is left out.
struct CampaignCount {
  /// Values of the row that a campaign's messages come to, in the order of the columns.
  static let columns = 8
  static let maximumAttempts = 5

  var campaign: Int64
  var next: Int64
  var attempts: Int64
  /// It was counted before, in several slices, and did not come out: now it is said.
  var isSecond: Bool
  var counted = [Int64](repeating: 0, count: columns)
  var row: [Int64]
  /// All of it in one snapshot.
  var isWhole = true

  init(campaign: Int64, next: Int64, row: [Int64]) {
    self.campaign = campaign
    self.next = next
    self.row = row
    attempts = 0
    isSecond = false
  }

  /// Whether a slice may have given this key: a campaign, or what is counted of one or of its answers.
  static func isKey(_ key: [Int64]) -> Bool {
    let sizes = [0, 1, AnswerCount.size, 4 + 2 * columns]
    return sizes.contains(key.count) && key.allSatisfy { (-largest...largest).contains($0) }
  }

  /// Ids and counts are smaller, so that sums of them cannot overflow.
  private static let largest: Int64 = 1 << 53

  /// As a cursor carries it.
  var key: [Int64] { [campaign, next, attempts, isSecond ? 1 : 0] + counted + row }

  init?(_ key: [Int64]) {
    guard key.count == 4 + 2 * Self.columns else { return nil }
    campaign = key[0]
    next = key[1]
    attempts = key[2]
    isSecond = key[3] == 1
    counted = Array(key[4..<4 + Self.columns])
    row = Array(key[(4 + Self.columns)...])
    isWhole = false
  }

  mutating func begin(_ first: Int64, _ row: [Int64]) {
    next = first
    attempts += 1
    counted = [Int64](repeating: 0, count: Self.columns)
    self.row = row
    isWhole = true
  }

  mutating func add(_ state: SegmentState, _ amount: Int64) {
    switch state {
    case .queued, .sending: break
    case .sent: counted[0] += amount
    case .delivered: counted[1] += amount
    case .failed: counted[2] += amount
    case .expired: counted[3] += amount
    case .unknown: counted[4] += amount
    case .receiptMissing: counted[5] += amount
    case .cancelled: counted[6] += amount
    }
    counted[7] += amount
  }

  static let names = [
    "sent", "delivered", "failed", "expired", "unknown", "receipt_missing", "cancelled", "messages",
  ]
}

/// What came in answer to a campaign, as far as it is counted: of the messages there were when the count began, and against what
/// the campaign's row said then. None of them goes or changes, so it may take as many slices as it takes.
private struct AnswerCount {
  /// Values of its key.
  static let size = 7

  let campaign: Int64
  /// Behind this message.
  var after: Int64 = 0
  /// The newest message when the count began.
  let through: Int64
  var answers: Int64 = 0
  var optOuts: Int64 = 0
  let saysAnswers: Int64
  let saysOptOuts: Int64

  /// As a cursor carries it.
  var key: [Int64] { [campaign, after, through, answers, optOuts, saysAnswers, saysOptOuts] }
}

extension AnswerCount {
  init?(_ key: [Int64]) {
    guard key.count == Self.size else { return nil }
    self.init(
      campaign: key[0], after: key[1], through: key[2], answers: key[3], optOuts: key[4],
      saysAnswers: key[5], saysOptOuts: key[6])
  }
}

extension StoreAudit {
  /// Messages of a campaign counted at a time.
  static let countedAtOnce: Int64 = 5_000

  /// Campaigns by their ids: the messages of each are counted, and then its other figures are compared.
  func checkCampaigns(_ key: [Int64]) throws -> [Int64]? {
    // Either the campaign that was through last, or one that is being counted, or whose answers are.
    if let answers = AnswerCount(key) { return try countAnswers(answers) }
    if key.count > 1 {
      if count == nil || count?.campaign != key.first { count = CampaignCount(key) }
    } else {
      count = nil
    }
    let done = count.map { $0.campaign - 1 } ?? key.first ?? 0
    let found = try database.map(
      """
      SELECT id, first_id, recipients, sent, delivered, failed, expired, unknown, receipt_missing, cancelled,
        left_after_commit, answers, opt_outs, state, (SELECT sum(filled_id - first_id) FROM run WHERE campaign_id = c.id)
      FROM campaign c WHERE id > ?1 AND first_id IS NOT NULL ORDER BY id LIMIT 1
      """, .int(done)
    ) { row -> CampaignRow in
      CampaignRow(
        id: row.int(0), first: row.int(1), recipients: row.int(2), counts: (3...9).map { row.int($0) },
        left: row.int(10), answers: row.int(11), optOuts: row.int(12), state: row.text(13),
        filled: row.int(14))
    }
    guard let campaign = found.first else { return nil }
    // Of messages there are as many as recipients were turned into them, less those who left.
    let row = campaign.counts + [campaign.filled - campaign.left]
    var count =
      self.count?.campaign == campaign.id
      ? self.count ?? CampaignCount(campaign: campaign.id, next: campaign.first, row: row)
      : CampaignCount(campaign: campaign.id, next: campaign.first, row: row)
    if count.row != row {
      guard count.attempts < CampaignCount.maximumAttempts else {
        self.found.skipped.append(CampaignID(campaign.id).description)
        return try finish(campaign)
      }
      count.begin(campaign.first, row)
    }
    let end = min(campaign.first + campaign.recipients, count.next + Self.countedAtOnce)
    try countMessages(from: count.next, to: end, &count)
    count.next = end
    if end < campaign.first + campaign.recipients {
      self.count = count
      return count.key
    }
    if count.counted != row, !count.isWhole, !count.isSecond {
      // What moved to and fro between two slices may have been counted in neither place.
      count.begin(campaign.first, row)
      count.isSecond = true
      self.count = count
      return count.key
    }
    for (index, name) in CampaignCount.names.enumerated() where count.counted[index] != row[index] {
      report(
        .campaignCounts, CampaignID(campaign.id).description,
        "counts \(row[index]) \(name), but has \(count.counted[index])")
    }
    return try finish(campaign)
  }

  private struct CampaignRow {
    var id: Int64
    var first: Int64
    var recipients: Int64
    var counts: [Int64]
    var left: Int64
    var answers: Int64
    var optOuts: Int64
    var state: String
    var filled: Int64

    var settled: Int64 { counts.reduce(0, +) + left }
  }

  /// Whole messages by their states: what that is depends on which states their segments have, and on whether one has none.
  private func countMessages(from first: Int64, to end: Int64, _ count: inout CampaignCount) throws {
    try database.rows(
      """
      SELECT mask, open, count(*) FROM (
        SELECT ifnull(sum(DISTINCT 1 << s.state), 0) AS mask, m.segments > count(s.ref) AS open
        FROM message m LEFT JOIN segment s ON s.ref >= m.id * 256 AND s.ref < (m.id + 1) * 256
        WHERE m.id >= ?1 AND m.id < ?2 GROUP BY m.id)
      GROUP BY mask, open
      """, .int(first), .int(end)
    ) { row in
      var states = SegmentState.allCases.filter { row.int(0) & (1 << $0.rawValue) != 0 }
      if row.bool(1) { states.append(.sending) }
      count.add(SegmentState.whole(states), row.int(2))
    }
    found.counts.rows += Int(end - first)
  }

  /// What else a campaign's row says; the walk goes on with the next.
  private func finish(_ campaign: CampaignRow) throws -> [Int64]? {
    count = nil
    let subject = CampaignID(campaign.id).description
    let (planned, left) =
      try database.map(
        """
        SELECT count(*), count(reason) FROM recipient WHERE campaign_id = ?1 AND number_id > 0
        """, .int(campaign.id)
      ) { ($0.int(0), $0.int(1)) }.first ?? (0, 0)
    if planned != campaign.recipients {
      report(
        .campaignRecipients, subject,
        "was committed for \(campaign.recipients) recipients, but has \(planned)")
    }
    if left != campaign.left {
      report(
        .campaignRecipients, subject,
        "counts \(campaign.left) recipients that left since the commit, but \(left) have left")
    }
    try checkRuns(campaign)
    return try countAnswers(
      AnswerCount(
        campaign: campaign.id, through: try database.int("SELECT max(id) FROM message") ?? 0,
        saysAnswers: campaign.answers, saysOptOuts: campaign.optOuts))
  }

  private func countAnswers(_ from: AnswerCount) throws -> [Int64] {
    var count = from
    let next = try walk(
      """
      SELECT id, keyword FROM message INDEXED BY message_answer
      WHERE direction = 0 AND campaign_id = ?1 AND id > ?2 AND id <= ?3 ORDER BY id LIMIT ?4
      """, after: [count.campaign, count.after, count.through], key: { [$0.int(0)] }
    ) { row in
      if row.int(1) == Keyword.optOut.rawValue { count.optOuts += 1 } else { count.answers += 1 }
    }
    if let after = next?.first {
      count.after = after
      return count.key
    }
    if count.answers != count.saysAnswers || count.optOuts != count.saysOptOuts {
      report(
        .campaignCounts, CampaignID(count.campaign).description,
        "counts \(count.saysAnswers) answers and \(count.saysOptOuts) opt-outs, but has \(count.answers) and \(count.optOuts)"
      )
    }
    return [count.campaign]
  }

  /// Its messages are a block of ids, each number's behind the one before, with the cursor inside.
  private func checkRuns(_ campaign: CampaignRow) throws {
    let subject = CampaignID(campaign.id).description
    var next = campaign.first
    var isThrough = true
    try database.rows(
      """
      SELECT number_id, recipients, first_id, end_id, filled_id, next_ref FROM run WHERE campaign_id = ?1
      ORDER BY first_id
      """, .int(campaign.id)
    ) { row in
      found.counts.rows += 1
      let (first, end, filled) = (row.int(2), row.int(3), row.int(4))
      if first != next || end - first != row.int(1) {
        report(.campaignBlock, subject, "the messages of one of its numbers are in the wrong place")
      }
      if filled < first || filled > end || row.int(5) < first * 256 || row.int(5) > end * 256 {
        report(.campaignBlock, subject, "the cursor of one of its numbers is outside the number's messages")
      }
      if row.int(5) < end * 256 { isThrough = false }
      next = max(next, end)
    }
    if campaign.state == CampaignStage.running.rawValue, isThrough, campaign.settled >= campaign.recipients {
      report(.campaignCounts, subject, "is running, but nothing is left to send")
    }
    if campaign.state == CampaignStage.completed.rawValue, !isThrough {
      report(.campaignCounts, subject, "is completed, but something is left to send")
    }
    if next != campaign.first + campaign.recipients {
      report(
        .campaignBlock, subject,
        "its numbers have \(next - campaign.first) messages of \(campaign.recipients)")
    }
    let other = try database.int(
      """
      SELECT id FROM campaign WHERE id <> ?1 AND first_id < ?2 AND first_id + recipients > ?3 LIMIT 1
      """, .int(campaign.id), .int(campaign.first + campaign.recipients), .int(campaign.first))
    if let other {
      report(.campaignBlock, subject, "its messages overlap the messages of \(CampaignID(other))")
    }
  }
}
