import Contract
import Store

/// What became of a message, from its segments.
struct MessageOutcome {
  var state: SegmentState
  var error: String?
  var reason: Refusal?
  var inferred = false
  var carrier: CarrierKey?
  /// When the carrier accepted its last segment; nil while one is not accepted.
  var sentAt: Int64?
  /// When its last segment became final; nil while it is not.
  var doneAt: Int64?
  /// When its state last changed; nil while it waits as it was accepted.
  var changedAt: Int64?
  /// Of several segments, those the phone has, where that is some and not all.
  var delivered: Int?
}

extension Views {
  private struct SegmentRow {
    var index: Int
    var state: SegmentState
    var carrier: CarrierKey
    var at: Int64
    var finalAt: Int64?
    var error: String?
    var reason: Refusal?
    var inferred: Bool
    var accepted: Bool
  }

  /// The state of an outbound message. A segment without an outcome waits in its lane, or is in flight.
  func outcome(of id: Int64, segments: Int, number: NumberID, campaign: Int64?) throws(StoreError)
    -> MessageOutcome
  {
    let rows = try database.map(
      """
      SELECT ref, state, carrier_id, at, final_at, error, reason, inferred, external IS NOT NULL FROM segment
      WHERE ref >= ?1 AND ref < ?2 ORDER BY ref
      """, .int(SegmentRef(message: id, index: 0).rawValue),
      .int(SegmentRef(message: id + 1, index: 0).rawValue)
    ) { row in
      let state = SegmentState(rawValue: row.int(1)) ?? .sending
      return SegmentRow(
        index: SegmentRef(rawValue: row.int(0)).index, state: state, carrier: row.int(2), at: row.int(3),
        finalAt: row.intOrNil(4), error: row.textOrNil(5),
        reason: row.textOrNil(6).flatMap { Refusal(rawValue: $0) },
        inferred: row.bool(7), accepted: state == .sent || state == .delivered || row.bool(8))
    }
    var states = rows.map(\.state)
    if rows.count < segments {
      let known = Set(rows.map(\.index))
      for index in 0..<segments where !known.contains(index) {
        let ref = SegmentRef(message: id, index: index)
        states.append(try waits(ref, number, campaign) ? .queued : .sending)
      }
    }
    let whole = SegmentState.whole(states)
    let deciding = rows.filter { $0.state == whole }
    var outcome = MessageOutcome(state: whole)
    // Carriers write `000` beside what was delivered.
    if whole != .delivered { outcome.error = deciding.lazy.compactMap(\.error).first }
    outcome.reason = deciding.lazy.compactMap(\.reason).first
    outcome.inferred = deciding.contains(where: \.inferred)
    outcome.carrier = rows.lazy.map(\.carrier).first { $0 != 0 }
    if rows.count >= segments, rows.allSatisfy(\.accepted) { outcome.sentAt = rows.map(\.at).max() }
    let delivered = states.count { $0 == .delivered }
    if delivered > 0, delivered < states.count { outcome.delivered = delivered }
    if whole.isFinal { outcome.doneAt = rows.compactMap(\.finalAt).max() }
    outcome.changedAt = rows.map { max($0.at, $0.finalAt ?? 0) }.max()
    if rows.count < segments {
      // What was never answered and waits again has no row of its own any more.
      let settled = try database.cached(
        "SELECT max(ifnull(until, at)) FROM attempt WHERE ref >= ?1 AND ref < ?2 AND kind = ?3")
      let at =
        try settled.with(
          SegmentRef(message: id, index: 0).rawValue, SegmentRef(message: id + 1, index: 0).rawValue,
          AttemptEnd.unanswered.rawValue
        ).first { $0.intOrNil(0) } ?? nil
      outcome.changedAt = [outcome.changedAt, at].compactMap(\.self).max()
    }
    return outcome
  }

  /// When a message's segments last came to something, in milliseconds since 1970 UTC: an answer, an end, or a decision about
  /// what was never answered. NULL: nothing yet.
  static func messageChanged(_ id: String) -> String {
    """
    SELECT max(at) FROM (
      SELECT max(max(at, ifnull(final_at, 0))) AS at FROM segment WHERE ref >= \(id) * 256 AND ref < (\(id) + 1) * 256
      UNION ALL SELECT max(ifnull(until, at)) FROM attempt
        WHERE ref >= \(id) * 256 AND ref < (\(id) + 1) * 256 AND kind = \(AttemptEnd.unanswered.rawValue))
    """
  }

  /// Whether a segment without an outcome has not been handed over.
  private func waits(_ ref: SegmentRef, _ number: NumberID, _ campaign: Int64?) throws(StoreError) -> Bool {
    let pending = try database.int(
      "SELECT 1 FROM pending WHERE number_id = ?1 AND class IN (0, 1, 2, 3) AND ref = ?2", .int(number),
      .int(ref.rawValue))
    if pending != nil { return true }
    guard let campaign else { return false }
    let next = try database.int(
      "SELECT next_ref FROM run WHERE campaign_id = ?1 AND number_id = ?2 AND ?3 >= first_id * 256 AND ?3 < end_id * 256",
      .int(campaign), .int(number), .int(ref.rawValue))
    return next.map { ref.rawValue >= $0 } ?? false
  }

  /// A message; nil where there is none, or it belongs to a rep's private mobile.
  func message(_ id: Int64) throws(StoreError) -> MessageView? {
    let found = try database.map(
      """
      SELECT m.conversation_id, m.phone, m.direction, m.class, m.campaign_id, m.accepted,
        ifnull(m.text, (SELECT text FROM campaign WHERE id = m.campaign_id)), m.encoding, m.segments, m.not_after,
        m.keyword, c.number_id, n.address, c.owner_rep, m.flags,
        ifnull((SELECT metadata FROM message_metadata WHERE message_id = m.id),
          (SELECT metadata FROM campaign WHERE id = m.campaign_id AND m.direction = 1)),
        (SELECT template_id FROM message_template WHERE message_id = m.id)
      FROM message m JOIN conversation c ON c.id = m.conversation_id JOIN number n ON n.id = c.number_id
      WHERE m.id = ?1 AND c.role = 0
      """, .int(id)
    ) { (row: Row) throws(StoreError) -> MessageView? in
      let traffic = TrafficClass(rawValue: row.int(3)) ?? .interactive
      guard !traffic.isPrivate, let phone = PhoneNumber(packed: row.int(1)),
        let number = PhoneNumber(packed: row.int(12))
      else { return nil }
      let outbound = row.int(2) == 1
      let text = row.text(6)
      let contacts = try ContactTable(database).contacts(of: phone.packed)
      var view = MessageView(
        messageID: MessageID(id), conversationID: ConversationID(row.int(0)),
        direction: outbound ? .outbound : .inbound,
        from: outbound ? number : phone, to: outbound ? phone : number, text: text,
        encoding: MessageEncoding(stored: Int(row.int(7))), segments: Int(row.int(8)), state: .received,
        campaignID: row.intOrNil(4).map { CampaignID($0) },
        contactID: contacts.count == 1 ? ContactID(contacts[0].id) : nil,
        repID: row.intOrNil(13).map { RepID($0) }, createdAt: Timestamp(milliseconds: row.int(5)),
        updatedAt: Timestamp(milliseconds: row.int(5)),
        notAfter: row.intOrNil(9).map { Timestamp(milliseconds: $0) })
      let parameters = try ParameterTable(database).parameters(of: id)
      view.parameters = parameters.isEmpty ? nil : parameters
      guard outbound else {
        view.lossy = MessageFlags(rawValue: row.int(14)).contains(.lossy) ? true : nil
        view.receivedOctets = try ReceivedOctetsTable.original(of: id, in: database)?.view
        if let keyword = Keyword(rawValue: row.int(10)), keyword != .none {
          view.keyword = Keyword.word(of: text, as: keyword).uppercased()
        }
        return view
      }
      view.class = traffic.word
      view.metadata = MetadataTable.read(row.textOrNil(15))
      view.templateID = row.intOrNil(16).map { TemplateID($0) }
      let outcome = try outcome(
        of: id, segments: Int(row.int(8)), number: row.int(11), campaign: row.intOrNil(4))
      view.state = outcome.state.word
      view.segmentsDelivered = outcome.delivered
      view.error = outcome.error
      view.reason = outcome.reason
      view.inferred = outcome.inferred ? true : nil
      if let id = outcome.carrier { view.carrier = try carrier(id) }
      if let changed = outcome.changedAt {
        view.updatedAt = Timestamp(milliseconds: max(changed, row.int(5)))
      }
      view.sentAt = outcome.sentAt.map { Timestamp(milliseconds: $0) }
      view.doneAt = outcome.doneAt.map { Timestamp(milliseconds: $0) }
      return view
    }
    return found.first ?? nil
  }

  func carrier(_ id: CarrierKey) throws(StoreError) -> String? {
    try database.text("SELECT name FROM carrier WHERE id = ?1", .int(id))
  }
}
