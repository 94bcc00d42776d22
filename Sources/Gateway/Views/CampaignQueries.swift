import Contract
import Store

extension Queries {
  func campaignGet(_ params: CampaignGet, _ scope: AccessScope) throws -> CampaignView {
    guard let view = try campaign(params.campaignID.value), try isVisible(params.campaignID.value, scope)
    else {
      throw APIError.notFound("campaign", params.campaignID)
    }
    return view
  }

  func campaignList(_ params: CampaignList, _ scope: AccessScope) throws -> Page<CampaignView> {
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        let place = ChangeWalk.start(since: params.since, after)
        return try params.since == nil
          ? all(
            "SELECT id FROM campaign WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
            [.int(after?.first ?? .max), .int(Int64(count))]
          ) { WalkKey(place: PageCursor($0.int(0), $0.int(0))) }
          : all(ChangeWalk.changed("campaign"), [.int(place.first), .int(place.second), .int(Int64(count))]) {
            WalkKey(place: PageCursor($0.int(0), $0.int(1)))
          }
      },
      item: { place -> CampaignView? in
        guard try isVisible(place.second, scope), let view = try campaign(place.second) else { return nil }
        return params.state.map { $0 == view.state } ?? true ? view : nil
      })
  }

  /// A campaign belongs to the numbers it leaves from, together: its counts are those of all of them.
  private func isVisible(_ id: Int64, _ scope: AccessScope) throws(StoreError) -> Bool {
    if scope.isFull { return true }
    let addresses = try database.map(
      "SELECT n.address FROM run r JOIN number n ON n.id = r.number_id WHERE r.campaign_id = ?1", .int(id)
    ) { $0.int(0) }
    return scope.seesAll(addresses)
  }

  /// A campaign as it stands; nil while its plan is being made.
  private func campaign(_ id: Int64) throws(StoreError) -> CampaignView? {
    let found = try database.map(
      """
      SELECT c.name, c.state, c.from_rep, n.address, c.text, c.recipients, c.sent, c.delivered, c.failed, c.expired,
        c.unknown, c.cancelled + c.left_after_commit, c.segments, c.answers, c.opt_outs, c.copy_to_rep, c.created,
        c.committed, c.finished, c.expires, c.receipt_missing, c.updated, c.metadata
      FROM campaign c LEFT JOIN number n ON n.id = c.from_number WHERE c.id = ?1
      """, .int(id)
    ) { (row: Row) throws(StoreError) -> CampaignView? in
      guard let state = CampaignState(rawValue: row.text(1)) else { return nil }
      let isCommitted = !row.isNull(17)
      var counts = CampaignCounts(
        total: Int(row.int(5)), queued: 0, sending: 0, sent: Int(row.int(6)), delivered: Int(row.int(7)),
        failed: Int(row.int(8)), expired: Int(row.int(9)), unknown: Int(row.int(10)),
        cancelled: Int(row.int(11)), receiptMissing: Int(row.int(20)))
      let settled =
        counts.sent + counts.delivered + counts.failed + counts.expired + counts.unknown + counts.cancelled
        + counts.receiptMissing
      let open = max(0, counts.total - settled)
      if isCommitted {
        counts.queued = min(open, try beyond(id))
        counts.sending = open - counts.queued
      } else {
        switch state {
        case .cancelled: counts.cancelled = open
        case .expired: counts.expired = open
        case .planned, .running, .paused, .completed: counts.queued = open
        }
      }
      let from: Sender? =
        row.intOrNil(2).map { .rep(RepID($0)) }
        ?? row.intOrNil(3).flatMap { PhoneNumber(packed: $0) }.map { .number($0) }
      return CampaignView(
        campaignID: CampaignID(id), name: row.textOrNil(0), state: state, from: from, text: row.text(4),
        counts: counts,
        segments: Int(row.int(12)), replyCount: Int(row.int(13)), optOutCount: Int(row.int(14)),
        copyToRep: row.bool(15), metadata: MetadataTable.read(row.textOrNil(22)),
        createdAt: Timestamp(milliseconds: row.int(16)), updatedAt: Timestamp(milliseconds: row.int(21)),
        committedAt: row.intOrNil(17).map { Timestamp(milliseconds: $0) },
        finishedAt: row.intOrNil(18).map { Timestamp(milliseconds: $0) },
        expiresAt: state == .planned ? Timestamp(milliseconds: row.int(19)) : nil)
    }
    return found.first ?? nil
  }

  /// Messages of a committed campaign that no run has come to, and segments that came back.
  private func beyond(_ id: Int64) throws(StoreError) -> Int {
    let waiting = try database.int(
      "SELECT sum(max(0, end_id - (next_ref + 255) / 256)) FROM run WHERE campaign_id = ?1 AND first_id > 0",
      .int(id))
    let back = try database.int(
      """
      SELECT count(DISTINCT p.ref >> 8) FROM run r JOIN pending p ON p.number_id = r.number_id AND p.class = 1
        AND p.ref >= r.first_id * 256 AND p.ref < r.next_ref
      WHERE r.campaign_id = ?1 AND r.first_id > 0
      """, .int(id))
    return Int((waiting ?? 0) + (back ?? 0))
  }

  // MARK: Recipients

  /// `campaign.recipients`: first those whom the plan left out, then by number and contact.
  func campaignRecipients(_ params: CampaignRecipients, _ scope: AccessScope) throws -> Page<RecipientView> {
    let id = params.campaignID.value
    guard try campaign(id) != nil, try isVisible(id, scope) else {
      throw APIError.notFound("campaign", params.campaignID)
    }
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        try all(
          """
          SELECT r.number_id, r.contact_id, n.address FROM recipient r LEFT JOIN number n ON n.id = r.number_id
          WHERE r.campaign_id = ?1 AND (r.number_id, r.contact_id) > (?2, ?3)
          ORDER BY r.campaign_id, r.number_id, r.contact_id LIMIT ?4
          """, [.int(id), .int(after?.first ?? -1), .int(after?.second ?? 0), .int(Int64(count))]
        ) { row in
          WalkKey(
            place: PageCursor(row.int(0), row.int(1)),
            fits: row.intOrNil(2).map { scope.sees($0) } ?? scope.isFull)
        }
      },
      item: { place -> RecipientView? in
        guard let view = try recipient(id, place.first, place.second) else { return nil }
        guard params.since.map({ $0 <= view.updatedAt }) ?? true else { return nil }
        return params.state.map { $0 == view.state } ?? true ? view : nil
      })
  }

  private func recipient(_ campaign: Int64, _ number: NumberID, _ contact: Int64) throws(StoreError)
    -> RecipientView?
  {
    let found = try database.map(
      """
      SELECT r.phone, r.reason, n.address, u.first_id, u.end_id, c.state, c.committed, c.created, c.updated FROM recipient r
      JOIN campaign c ON c.id = r.campaign_id LEFT JOIN number n ON n.id = r.number_id
      LEFT JOIN run u ON u.campaign_id = r.campaign_id AND u.number_id = r.number_id
      WHERE r.campaign_id = ?1 AND r.number_id = ?2 AND r.contact_id = ?3
      """, .int(campaign), .int(number), .int(contact)
    ) { (row: Row) throws(StoreError) in
      var view = RecipientView(
        contactID: ContactID(contact), from: row.intOrNil(2).flatMap { PhoneNumber(packed: $0) },
        to: PhoneNumber(packed: row.int(0)), state: .queued,
        updatedAt: Timestamp(milliseconds: row.intOrNil(6) ?? row.int(8)))
      if let reason = row.textOrNil(1) {
        view.state = .cancelled
        // The plan left it out; or it left the campaign at a time that the campaign's own change is not before.
        view.updatedAt = Timestamp(milliseconds: number == 0 ? row.int(7) : row.int(8))
        view.reason = Refusal(rawValue: reason)
        return view
      }
      guard !row.isNull(6) else {
        if row.text(5) == "cancelled" { view.state = .cancelled }
        if row.text(5) == "expired" { view.state = .expired }
        return view
      }
      let message = try database.map(
        """
        SELECT m.id, m.segments, m.accepted FROM conversation c JOIN message m ON m.conversation_id = c.id
        WHERE c.phone = ?1 AND c.number_id = ?2 AND c.role = 0 AND m.id >= ?3 AND m.id < ?4 LIMIT 1
        """, .int(row.int(0)), .int(number), .int(row.int(3)), .int(row.int(4))
      ) { ($0.int(0), Int($0.int(1)), $0.int(2)) }
      guard let (id, segments, accepted) = message.first else { return view }
      let outcome = try views.outcome(of: id, segments: segments, number: number, campaign: campaign)
      view.messageID = MessageID(id)
      view.state = outcome.state.word
      view.reason = outcome.reason
      view.error = outcome.error
      view.updatedAt = Timestamp(milliseconds: max(accepted, outcome.changedAt ?? accepted))
      return view
    }
    return found.first
  }
}
