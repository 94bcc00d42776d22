import Contract
import Foundation
import Store

/// How rows look on the local socket; the same for the writer's answers and for queries.
struct Views {
  let database: Database

  // MARK: Numbers and reps

  func number(_ id: NumberID) throws(StoreError) -> NumberView? {
    let found = try database.map(
      """
      SELECT n.address, n.kind, n.state, n.rate, n.created, a.rep_id, a.kind,
        (SELECT count(*) FROM pending p WHERE p.number_id = n.id AND p.class <> 1),
        (SELECT count(*) FROM pending p WHERE p.number_id = n.id AND p.class = 1)
          + ifnull((SELECT sum(max(0, r.end_id - r.next_ref / 256)) FROM run r JOIN campaign c ON c.id = r.campaign_id
              WHERE r.number_id = n.id AND r.first_id > 0 AND c.state IN ('running', 'paused')), 0), n.updated, n.queue_id
      FROM number n LEFT JOIN assignment a ON a.number_id = n.id AND a.until IS NULL WHERE n.id = ?1
      """, .int(id)
    ) { (row: Row) throws(StoreError) -> NumberView? in
      guard let address = PhoneNumber(packed: row.int(0)) else { return nil }
      return NumberView(
        number: address, kind: NumberKind(rawValue: row.text(1)) ?? .longCode,
        state: NumberState(rawValue: row.text(2)) ?? .paused, rate: Int(row.int(3)),
        repID: row.intOrNil(5).map { RepID($0) }, queueID: row.intOrNil(10).map { QueueID($0) },
        home: row.textOrNil(6) == "home",
        routes: try DirectoryTable(database).routes(of: id),
        queuedInteractive: Int(row.int(7)), queuedCampaign: Int(row.int(8)),
        createdAt: Timestamp(milliseconds: row.int(4)), updatedAt: Timestamp(milliseconds: row.int(9)))
    }
    return found.first ?? nil
  }

  func rep(_ id: Int64) throws(StoreError) -> RepView? {
    let found = try database.map(
      """
      SELECT name, mobile IS NOT NULL, alert_by, state, created,
        (SELECT count(*) FROM contact WHERE owner_rep = rep.id), updated,
        EXISTS (SELECT 1 FROM absence WHERE rep_id = rep.id AND state = 1),
        (SELECT ends FROM absence WHERE rep_id = rep.id AND state = 1), email IS NOT NULL FROM rep WHERE id = ?1
      """, .int(id)
    ) { (row: Row) throws(StoreError) in
      var home: PhoneNumber?
      var numbers: [PhoneNumber] = []
      try database.rows(
        """
        SELECT n.address, a.kind FROM assignment a JOIN number n ON n.id = a.number_id
        WHERE a.rep_id = ?1 AND a.until IS NULL ORDER BY n.id
        """, .int(id)
      ) { assigned in
        guard let address = PhoneNumber(packed: assigned.int(0)) else { return }
        numbers.append(address)
        if assigned.text(1) == "home" { home = address }
      }
      guard let alertBy = AlertBy(rawValue: row.text(2)) else { throw .damaged("rep", row: id) }
      return RepView(
        repID: RepID(id), name: row.text(0), homeNumber: home, numbers: numbers, hasMobile: row.bool(1),
        hasEmail: row.bool(9), alertBy: alertBy,
        active: row.text(3) == "active", away: row.bool(7),
        awayUntil: row.intOrNil(8).map { Timestamp(milliseconds: $0) }, contactCount: Int(row.int(5)),
        createdAt: Timestamp(milliseconds: row.int(4)), updatedAt: Timestamp(milliseconds: row.int(6)))
    }
    return found.first
  }

  // MARK: Contacts and groups

  func contact(_ id: Int64) throws(StoreError) -> ContactView? {
    guard let contact = try ContactTable(database).contact(id) else { return nil }
    var isOptedOut = false
    if let phone = contact.phones.first { isOptedOut = try isOut(phone) }
    return ContactView(
      contactID: ContactID(id), ref: contact.ref, firstName: contact.firstName, lastName: contact.lastName,
      phones: contact.phones.compactMap { E164(digits: $0) }, repID: contact.owner.map { RepID($0) },
      tags: contact.tags, attributes: contact.attributes, optedOutOfBrand: isOptedOut,
      createdAt: Timestamp(milliseconds: contact.created),
      updatedAt: Timestamp(milliseconds: contact.updated))
  }

  /// Opted out of the brand.
  func isOut(_ phone: Int64) throws(StoreError) -> Bool {
    try database.int("SELECT 1 FROM suppression WHERE phone = ?1 AND scope = 0", .int(phone)) != nil
  }

  func group(_ id: Int64) throws(StoreError) -> GroupView? {
    try database.map(
      """
      SELECT name, owner_rep, created, (SELECT count(*) FROM group_member WHERE group_id = g.id), updated,
        conditions
      FROM audience_group g WHERE id = ?1
      """, .int(id)
    ) { (row: Row) throws(StoreError) in
      let conditions = try GroupConditions(stored: row.textOrNil(5), group: id)
      return GroupView(
        groupID: GroupID(id), name: row.text(0), repID: row.intOrNil(1).map { RepID($0) },
        conditions: conditions?.conditions, memberCount: conditions == nil ? Int(row.int(3)) : nil,
        createdAt: Timestamp(milliseconds: row.int(2)),
        updatedAt: Timestamp(milliseconds: row.int(4)))
    }.first
  }

  // MARK: Conversations and consent

  /// A conversation with its owner found as the rules find it; nil for one with a private mobile.
  func conversation(_ id: Int64) throws(StoreError) -> ConversationView? {
    let found = try database.map(
      """
      SELECT c.phone, c.number_id, c.owner_rep, c.queue_id, c.opened, n.address,
        (SELECT count(*) FROM message m WHERE m.conversation_id = c.id), \(Views.conversationUpdated),
        (SELECT count(*) FROM message m WHERE m.conversation_id = c.id AND m.id > c.read_to AND m.direction = 0), c.read_to, c.absent_rep
      FROM conversation c JOIN number n ON n.id = c.number_id
      WHERE c.id = ?1 AND c.role = 0
      """, .int(id)
    ) { (row: Row) throws(StoreError) -> ConversationView? in
      guard let phone = PhoneNumber(packed: row.int(0)), let number = PhoneNumber(packed: row.int(5)) else {
        return nil
      }
      let contacts = try ContactTable(database).contacts(of: phone.packed)
      let last = try database.map(
        """
        SELECT m.text, m.direction, m.accepted, m.campaign_id, (SELECT text FROM campaign WHERE id = m.campaign_id)
        FROM message m WHERE m.conversation_id = ?1 ORDER BY m.id DESC LIMIT 1
        """, .int(id)
      ) { ($0.textOrNil(0) ?? $0.textOrNil(4), $0.int(1), $0.int(2)) }.first
      let campaign = try database.int(
        """
        SELECT campaign_id FROM (SELECT id, campaign_id FROM message WHERE conversation_id = ?1 ORDER BY id DESC LIMIT 50)
        WHERE campaign_id IS NOT NULL ORDER BY id DESC LIMIT 1
        """, .int(id))
      return ConversationView(
        conversationID: ConversationID(id), number: number, phone: phone,
        state: last?.1 == 1 ? .waiting : .open,
        repID: row.intOrNil(2).map { RepID($0) }, queueID: row.intOrNil(3).map { QueueID($0) },
        absentRepID: row.intOrNil(10).map { RepID($0) }, contactIDs: contacts.map { ContactID($0.id) },
        candidateRepIDs: row.isNull(3) ? nil : Views.candidates(contacts),
        campaignID: campaign.map { CampaignID($0) },
        blocked: try isSuppressed(phone.packed, row.int(1)), messageCount: Int(row.int(6)),
        unread: Int(row.int(8)),
        lastReadMessageID: row.int(9) > 0 ? MessageID(row.int(9)) : nil, lastText: last?.0,
        lastDirection: last.map { $0.1 == 0 ? .inbound : .outbound },
        lastAt: last.map { Timestamp(milliseconds: $0.2) },
        episode: try EpisodeTable(database).open(in: id).map { EpisodeView($0) },
        createdAt: Timestamp(milliseconds: row.int(4)),
        updatedAt: Timestamp(milliseconds: row.int(7)))
    }
    return found.first ?? nil
  }

  /// When the conversation `c` last changed, in milliseconds since 1970 UTC. A campaign's messages have ids that were set aside
  /// before, so the newest message need not have the greatest id.
  static let conversationUpdated = """
    max(c.changed, ifnull((SELECT max(accepted) FROM
      (SELECT accepted FROM message WHERE conversation_id = c.id ORDER BY id DESC LIMIT 4)), 0))
    """

  /// The reps a thread that waits in a queue might belong to; nil where there are none.
  private static func candidates(_ contacts: [ContactTable.PhoneContact]) -> [RepID]? {
    var reps: [RepID] = []
    for rep in contacts.compactMap(\.ownerRep).map({ RepID($0) }) where !reps.contains(rep) {
      reps.append(rep)
    }
    return reps.isEmpty ? nil : reps
  }

  func isSuppressed(_ phone: Int64, _ number: NumberID) throws(StoreError) -> Bool {
    try database.int(
      "SELECT 1 FROM suppression WHERE phone = ?1 AND scope IN (0, ?2, ?3) LIMIT 1", .int(phone),
      .int(number),
      .int(-number)) != nil
  }

  /// The record that was made last for a phone.
  func newestConsent(of phone: PhoneNumber) throws(StoreError) -> ConsentView? {
    let found = try database.map(
      "SELECT \(Views.consentColumns) FROM consent_record r WHERE r.phone = ?1 ORDER BY r.id DESC LIMIT 1",
      .int(phone.packed), read: consent)
    return found.first ?? nil
  }

  static let consentColumns =
    "r.id, r.phone, r.at, r.change, r.scope, r.source, r.number_id, r.message_id, r.word, r.evidence, r.consent_text"

  /// One record of consent; `row` has `consentColumns`.
  func consent(_ row: Row) throws(StoreError) -> ConsentView? {
    guard let phone = PhoneNumber(packed: row.int(1)) else { return nil }
    let scope = SuppressionScope(stored: row.int(4))
    let about: NumberID? =
      switch scope {
      case .brand: row.intOrNil(6)
      case .number(let id), .network(let id): id
      }
    var number: Int64?
    if let about { number = try database.int("SELECT address FROM number WHERE id = ?1", .int(about)) }
    let layer: ConsentLayer = if case .network = scope { .network } else { .ours }
    let newest = try database.int(
      "SELECT max(id) FROM consent_record WHERE phone = ?1 AND scope = ?2", .int(row.int(1)), .int(row.int(4))
    )
    return ConsentView(
      phone: phone, kind: ConsentKind(rawValue: row.text(3)) ?? .optOut,
      scope: scope == .brand ? .brand : .number,
      number: number.flatMap { PhoneNumber(packed: $0) }, layer: layer,
      source: ConsentSource(rawValue: row.text(5)) ?? .api, keyword: row.textOrNil(8)?.uppercased(),
      evidence: row.textOrNil(9), consentText: row.textOrNil(10),
      messageID: row.intOrNil(7).map { MessageID($0) },
      current: newest == row.int(0),
      recordedAt: Timestamp(milliseconds: row.int(2)))
  }
}
