import Contract
import Store

/// The tables `campaign`, `recipient` and `run`: group messages, who is in them, and how far each number is.
final class CampaignTable {
  /// A committed campaign.
  struct CampaignRow {
    var id: Int64
    var name: String?
    var text: String
    var stage: CampaignStage
    var recipients: Int64
    var firstID: Int64
    var tally: CampaignTally
    /// Whether the feed has these counts.
    var isTold = true
  }

  /// What a commit has to know of a plan.
  struct PlanRow {
    var stage: CampaignStage
    /// Milliseconds since 1970 UTC.
    var expires: Int64
    var recipients: Int64
    var text: String
    var name: String?
    var copies: Bool
  }

  struct NewPlan {
    var name: String?
    var fromRep: Int64?
    var fromNumber: NumberID?
    /// JSON.
    var audience: String
    var text: String
    /// JSON.
    var defaults: String
    var copies: Bool
    /// JSON; nil for none.
    var metadata: String?
    var createdBy: String
    var created: Int64
    var expires: Int64
  }

  struct RunRow {
    var campaign: Int64
    var number: NumberID
    var first: Int64
    var end: Int64
    var filled: Int64
    var filledContact: Int64
    var next: SegmentRef
  }

  struct Recipient {
    var contact: Int64
    var phone: Int64
    var segments: Int
    var text: String?
  }

  private let database: Database
  private let updateCounts: Statement
  private let updateRun: Statement

  private static let columns = """
    id, name, text, state, recipients, first_id, sent, delivered, failed, expired, unknown, cancelled,
    answers, left_after_commit, opt_outs, receipt_missing, told
    """

  init(_ database: Database) throws(StoreError) {
    self.database = database
    updateCounts = try database.prepare(
      """
      UPDATE campaign SET state = ?2, sent = ?3, delivered = ?4, failed = ?5, expired = ?6, unknown = ?7,
        cancelled = ?8, answers = ?9, left_after_commit = ?10, opt_outs = ?11, finished = ifnull(finished, ?12),
        receipt_missing = ?13, told = ?14,
        updated = iif((state, sent, delivered, failed, expired, unknown, cancelled, answers, left_after_commit, opt_outs,
          receipt_missing, finished IS NULL) = (?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?13, ?12 IS NULL), updated, ?15)
      WHERE id = ?1
      """)
    updateRun = try database.prepare(
      "UPDATE run SET next_ref = ?3, filled_id = ?4, filled_contact = ?5 WHERE campaign_id = ?1 AND number_id = ?2"
    )
  }

  // MARK: Committed campaigns

  /// The newest of those that were committed.
  func newest(_ limit: Int) throws(StoreError) -> [CampaignRow] {
    try database.map(
      "SELECT \(Self.columns) FROM campaign WHERE first_id IS NOT NULL ORDER BY id DESC LIMIT ?1",
      .int(Int64(limit)), read: CampaignTable.campaign)
  }

  func committed(_ id: Int64) throws(StoreError) -> CampaignRow? {
    try database.map(
      "SELECT \(Self.columns) FROM campaign WHERE id = ?1 AND first_id IS NOT NULL", .int(id),
      read: CampaignTable.campaign
    ).first
  }

  private static func campaign(_ row: Row) throws(StoreError) -> CampaignRow {
    guard let stage = CampaignStage(rawValue: row.text(3)) else {
      throw .damaged("campaign", row: row.int(0))
    }
    return CampaignRow(
      id: row.int(0), name: row.textOrNil(1), text: row.text(2), stage: stage, recipients: row.int(4),
      firstID: row.int(5),
      tally: CampaignTally(
        sent: row.int(6), delivered: row.int(7), failed: row.int(8), expired: row.int(9),
        unknown: row.int(10), receiptMissing: row.int(15), cancelled: row.int(11), answers: row.int(12),
        optOuts: row.int(14), left: row.int(13)), isTold: row.bool(16))
  }

  /// `finished`: when it was found to be, in milliseconds since 1970 UTC; the first time stands.
  /// - Parameter isTold: whether the feed has these counts.
  func update(
    _ id: Int64, _ stage: CampaignStage, _ tally: CampaignTally, finished: Int64?, isTold: Bool, at: Int64
  ) throws(StoreError) {
    try updateCounts.with(
      id, stage.rawValue, tally.sent, tally.delivered, tally.failed, tally.expired, tally.unknown,
      tally.cancelled, tally.answers, tally.left, tally.optOuts, finished, tally.receiptMissing,
      isTold ? 1 : 0
    ).bind(15, at).run()
  }

  // MARK: Plans

  func plan(_ id: Int64) throws(StoreError) -> PlanRow? {
    try database.map(
      "SELECT state, expires, recipients, text, name, copy_to_rep FROM campaign WHERE id = ?1", .int(id)
    ) { (row: Row) throws(StoreError) in
      guard let stage = CampaignStage(rawValue: row.text(0)) else { throw .damaged("campaign", row: id) }
      return PlanRow(
        stage: stage, expires: row.int(1), recipients: row.int(2), text: row.text(3), name: row.textOrNil(4),
        copies: row.bool(5))
    }.first
  }

  /// - Returns: its id.
  func add(_ plan: NewPlan) throws(StoreError) -> Int64 {
    try database.run(
      """
      INSERT INTO campaign (name, state, from_rep, from_number, audience, text, defaults, copy_to_rep, created_by,
        created, expires, updated, metadata) VALUES (?1, 'planning', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?9, ?11)
      """, .init(plan.name), .init(plan.fromRep), .init(plan.fromNumber), .text(plan.audience),
      .text(plan.text), .text(plan.defaults), .int(plan.copies ? 1 : 0), .text(plan.createdBy),
      .int(plan.created), .int(plan.expires), .init(plan.metadata))
    return database.lastInsertRowID
  }

  /// The walk over the audience is through.
  func planned(_ id: Int64, recipients: Int, excluded: Int, segments: Int, at: Int64) throws(StoreError) {
    try database.run(
      "UPDATE campaign SET state = 'planned', recipients = ?2, excluded = ?3, segments = ?4, updated = ?5 WHERE id = ?1",
      .int(id), .int(Int64(recipients)), .int(Int64(excluded)), .int(Int64(segments)), .int(at))
  }

  func commit(_ id: Int64, firstID: Int64, at: Int64) throws(StoreError) {
    try database.run(
      "UPDATE campaign SET state = 'running', committed = ?2, first_id = ?3, updated = ?2 WHERE id = ?1",
      .int(id),
      .int(at), .int(firstID))
  }

  func cancelPlan(_ id: Int64, at: Int64) throws(StoreError) {
    try database.run(
      "UPDATE campaign SET state = 'cancelled', updated = ?2 WHERE id = ?1", .int(id), .int(at))
  }

  /// - Returns: the plans that expired now.
  func expirePlans(before time: Int64) throws(StoreError) -> [(id: Int64, name: String?, recipients: Int64)] {
    try database.map(
      """
      UPDATE campaign SET state = 'expired', updated = ?1 WHERE state = 'planned' AND expires < ?1
      RETURNING id, name, recipients
      """, .int(time)
    ) { ($0.int(0), $0.textOrNil(1), $0.int(2)) }
  }

  /// Expired plans whose recipients are still there.
  func expiredWithRecipients() throws(StoreError) -> [Int64] {
    try database.map(
      """
      SELECT id FROM campaign WHERE state = 'expired'
        AND EXISTS (SELECT 1 FROM recipient WHERE campaign_id = campaign.id) ORDER BY id
      """
    ) { $0.int(0) }
  }

  /// Removes some recipients of a plan that expired.
  /// - Returns: how many left.
  func removeRecipients(of campaign: Int64, limit: Int64) throws(StoreError) -> Int {
    try database.run(
      """
      DELETE FROM recipient WHERE campaign_id = ?1 AND (number_id, contact_id) IN
        (SELECT number_id, contact_id FROM recipient WHERE campaign_id = ?1 LIMIT ?2)
      """, .int(campaign), .int(limit))
    return database.changes
  }

  /// Plans that were being made when the process ended.
  func expireUnfinishedPlans(at now: Int64) throws(StoreError) {
    try database.run(
      "UPDATE campaign SET state = 'expired', updated = ?1 WHERE state = 'planning'", .int(now))
  }

  func remove(_ id: Int64) throws(StoreError) {
    try removeRecipients(of: id)
    try database.run("DELETE FROM campaign WHERE id = ?1", .int(id))
  }

  // MARK: Recipients

  /// `reason`: why it is not sent to; `number` is 0 then.
  /// - Returns: false where the phone is in the plan already.
  func add(
    _ recipient: Recipient, to campaign: Int64, from number: NumberID, reason: Refusal?
  ) throws(StoreError) -> Bool {
    let statement = try database.cached(
      """
      INSERT INTO recipient (campaign_id, number_id, contact_id, phone, segments, text, reason)
      VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
      """)
    try statement.with(
      campaign, number, recipient.contact, recipient.phone, Int64(recipient.segments), recipient.text,
      reason?.rawValue
    ).run()
    return database.changes > 0
  }

  /// Who is sent to from a number, behind a contact, in the order of the contacts.
  func recipients(of campaign: Int64, _ number: NumberID, after contact: Int64, limit: Int) throws(StoreError)
    -> [Recipient]
  {
    let select = try database.cached(
      """
      SELECT contact_id, phone, segments, text FROM recipient
      WHERE campaign_id = ?1 AND number_id = ?2 AND contact_id > ?3 AND reason IS NULL ORDER BY contact_id LIMIT ?4
      """)
    select.with(campaign, number, contact, Int64(limit))
    var found: [Recipient] = []
    try select.forEachRow {
      found.append(
        Recipient(contact: $0.int(0), phone: $0.int(1), segments: Int($0.int(2)), text: $0.textOrNil(3)))
    }
    return found
  }

  /// The text as the first contact gets it from a number; nil: as the campaign has it.
  func firstText(of campaign: Int64, _ number: NumberID) throws(StoreError) -> String? {
    try recipients(of: campaign, number, after: .min, limit: 1).first?.text
  }

  /// A recipient leaves a committed campaign before its turn.
  func leave(_ campaign: Int64, _ number: NumberID, _ contact: Int64, _ reason: Refusal) throws(StoreError) {
    let statement = try database.cached(
      "UPDATE recipient SET reason = ?4 WHERE campaign_id = ?1 AND number_id = ?2 AND contact_id = ?3")
    try statement.with(campaign, number, contact, reason.rawValue).run()
  }

  func removeRecipients(of campaign: Int64) throws(StoreError) {
    try database.run("DELETE FROM recipient WHERE campaign_id = ?1", .int(campaign))
  }

  // MARK: Runs

  func addRun(of campaign: Int64, _ number: NumberID, recipients: Int) throws(StoreError) {
    try database.run(
      """
      INSERT INTO run (campaign_id, number_id, recipients, first_id, end_id, filled_id, next_ref)
      VALUES (?1, ?2, ?3, 0, 0, 0, 0)
      """, .int(campaign), .int(number), .int(Int64(recipients)))
  }

  /// The numbers of a plan with their recipients, in the order of the numbers.
  func plannedRuns(of campaign: Int64) throws(StoreError) -> [(number: NumberID, count: Int64)] {
    try database.map(
      "SELECT number_id, recipients FROM run WHERE campaign_id = ?1 ORDER BY number_id", .int(campaign)
    ) { ($0.int(0), $0.int(1)) }
  }

  func begin(_ run: RunRow) throws(StoreError) {
    try database.run(
      "UPDATE run SET first_id = ?3, end_id = ?4, filled_id = ?5, next_ref = ?6 WHERE campaign_id = ?1 AND number_id = ?2",
      .int(run.campaign), .int(run.number), .int(run.first), .int(run.end), .int(run.filled),
      .int(run.next.rawValue))
  }

  func update(_ run: RunRow) throws(StoreError) {
    try updateRun.with(run.campaign, run.number, run.next.rawValue, run.filled, run.filledContact).run()
  }

  /// The runs that are not through, in the order of their messages.
  func openRuns() throws(StoreError) -> [RunRow] {
    try database.map(
      """
      SELECT campaign_id, number_id, first_id, end_id, filled_id, filled_contact, next_ref FROM run
      WHERE first_id > 0 AND next_ref < end_id * 256 ORDER BY first_id
      """, read: CampaignTable.run)
  }

  /// The runs of a committed campaign, in the order of their numbers.
  func runs(of campaign: Int64) throws(StoreError) -> [RunRow] {
    try database.map(
      """
      SELECT campaign_id, number_id, first_id, end_id, filled_id, filled_contact, next_ref FROM run
      WHERE campaign_id = ?1 ORDER BY number_id
      """, .int(campaign), read: CampaignTable.run)
  }

  private static func run(_ row: Row) -> RunRow {
    RunRow(
      campaign: row.int(0), number: row.int(1), first: row.int(2), end: row.int(3), filled: row.int(4),
      filledContact: row.int(5), next: SegmentRef(rawValue: row.int(6)))
  }

  /// Messages of campaigns under way that have not been handed over.
  func waiting() throws(StoreError) -> Int64 {
    try database.int(
      """
      SELECT sum(max(0, r.end_id - r.next_ref / 256)) FROM campaign c CROSS JOIN run r ON r.campaign_id = c.id
      WHERE c.state IN ('running', 'paused') AND r.first_id > 0
      """) ?? 0
  }
}
