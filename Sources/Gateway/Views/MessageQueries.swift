import Carriers
import Contract
import SMPP
import Settings
import Store

extension Queries {
  func messageGet(_ params: MessageGet, _ scope: AccessScope) throws -> MessageView {
    guard let view = try views.message(params.messageID.value),
      scope.sees(view.direction == .outbound ? view.from : view.to)
    else { throw APIError.notFound("message", params.messageID) }
    return view
  }

  /// `message.list`: the newest first, by the narrowest of the filters that has an index, and the rest looked at.
  func messageList(_ params: MessageList, _ scope: AccessScope) throws -> Page<MessageView> {
    let number = try params.number.map { try self.number(at: $0, scope) }
    let source = try source(of: params)
    let text = params.text?.lowercased()
    let horizon = try params.createdSince.map { try Horizon($0.milliseconds, database) }
    // When it last changed is looked up only where that is asked for.
    let changed = params.since == nil ? "0" : "max(m.accepted, ifnull((\(Views.messageChanged("m.id"))), 0))"
    // Texts are read only where they are looked for.
    let shown =
      text == nil ? "NULL" : "ifnull(m.text, (SELECT text FROM campaign WHERE id = m.campaign_id))"
    return try page(
      PageRequest(params.limit, params.cursor),
      window: { after, count in
        let before = after?.first ?? .max
        var isBeyond = false
        let keys: [WalkKey] = try all(
          """
          SELECT m.id, c.number_id, n.address, c.role, m.class, m.direction, m.campaign_id, m.phone,
            c.owner_rep, m.accepted, \(shown), \(changed)
          FROM (\(source.sql)) w CROSS JOIN message m ON m.id = w.id CROSS JOIN conversation c ON c.id = m.conversation_id
          CROSS JOIN number n ON n.id = c.number_id
          ORDER BY m.id DESC
          """, [.int(before), .int(Int64(count))] + source.values
        ) { row in
          let traffic = TrafficClass(rawValue: row.int(4)) ?? .interactive
          let outbound = row.int(5) == 1
          let fits =
            row.int(3) == 0 && !traffic.isPrivate && scope.sees(row.int(2))
            && (number ?? row.int(1)) == row.int(1)
            && (params.phone.map { $0.packed == row.int(7) } ?? true)
            && (params.campaignID.map { $0.value == row.intOrNil(6) } ?? true)
            && (params.repID.map { $0.value == row.intOrNil(8) } ?? true)
            && (params.direction.map { ($0 == .outbound) == outbound } ?? true)
            && (params.state.map { ($0 == .received) != outbound } ?? true)
            && (params.since.map { $0.milliseconds <= row.int(11) } ?? true)
            && (params.createdSince.map { $0.milliseconds <= row.int(9) } ?? true)
            && (params.createdBefore.map { $0.milliseconds > row.int(9) } ?? true)
            && (text.map { row.text(10).lowercased().contains($0) } ?? true)
          if let horizon, !outbound || row.isNull(6), horizon.isBeyond(row.int(0), accepted: row.int(9)) {
            isBeyond = true
          }
          return WalkKey(place: PageCursor(row.int(0)), fits: fits)
        }
        // All that is older was recorded before.
        return isBeyond ? Array(keys.dropLast(max(0, keys.count - count + 1))) : keys
      },
      item: { place -> MessageView? in
        guard let view = try views.message(place.first) else { return nil }
        return params.state.map { $0 == view.state } ?? true ? view : nil
      })
  }

  /// How far back messages were recorded since a time. Ids grow with time, but for those of a campaign: they are set aside when it is
  /// committed. The clock may have been set back by up to an hour.
  private struct Horizon {
    var time: Int64
    /// The first id of the campaigns that were still being recorded then.
    var firstOfCampaigns: Int64

    init(_ time: Int64, _ database: Database) throws(StoreError) {
      self.time = time
      firstOfCampaigns =
        try database.int(
          "SELECT min(first_id) FROM campaign WHERE first_id IS NOT NULL AND (finished IS NULL OR finished >= ?1)",
          .int(time - ClockGuard.tolerated)) ?? .max
    }

    func isBeyond(_ id: Int64, accepted: Int64) -> Bool {
      id < firstOfCampaigns && accepted < time - ClockGuard.tolerated
    }
  }

  /// Ids below ?1, the greatest ?2 of them.
  private func source(of params: MessageList) throws -> (sql: String, values: [Value]) {
    if let phone = params.phone {
      return (
        """
        SELECT id FROM message WHERE conversation_id IN (SELECT id FROM conversation WHERE phone = ?3 AND role = 0)
        AND id < ?1 ORDER BY id DESC LIMIT ?2
        """, [.int(phone.packed)]
      )
    }
    if let campaign = params.campaignID {
      let first = try database.int("SELECT first_id FROM campaign WHERE id = ?1", .int(campaign.value)) ?? 0
      let count = try database.int("SELECT recipients FROM campaign WHERE id = ?1", .int(campaign.value)) ?? 0
      return (
        """
        SELECT id FROM (SELECT id FROM message WHERE id >= ?3 AND id < ?4 AND id < ?1 ORDER BY id DESC LIMIT ?2)
        UNION ALL SELECT id FROM (SELECT id FROM message INDEXED BY message_answer
          WHERE direction = 0 AND campaign_id = ?5 AND id < ?1 ORDER BY id DESC LIMIT ?2)
        ORDER BY id DESC LIMIT ?2
        """, [.int(first), .int(first + count), .int(campaign.value)]
      )
    }
    if params.state == .unknown {
      return (
        """
        SELECT DISTINCT ref >> 8 AS id FROM segment INDEXED BY segment_unknown WHERE state = 6 AND ref >> 8 < ?1
        ORDER BY id DESC LIMIT ?2
        """, []
      )
    }
    return ("SELECT id FROM message WHERE id < ?1 ORDER BY id DESC LIMIT ?2", [])
  }

  // MARK: Estimate

  /// `message.estimate`: what the code that sends would make of the text.
  func messageEstimate(_ params: MessageEstimate, _ scope: AccessScope) throws -> MessageEstimateResult {
    let carrier = try carrier(for: params, scope)
    let profile =
      carrier.flatMap { settings.carriers[$0] } ?? settings.carriers.min { $0.key < $1.key }?.value
      ?? CarrierProfile()
    guard let plan = profile.segmenter.plan(params.text), plan.count <= settings.maximumSegments else {
      throw APIError.refused(.tooLong, "at most \(settings.maximumSegments) segments")
    }
    var outside: [String] = []
    if plan.encoding != .gsm7 {
      for character in params.text where outside.count < 10 {
        let isInside = character.unicodeScalars.allSatisfy { GSM7.cost(of: $0) != nil }
        if !isInside, !outside.contains(String(character)) { outside.append(String(character)) }
      }
    }
    return MessageEstimateResult(
      encoding: plan.encoding.word, segments: plan.parts, units: plan.unitsUsed, unitsLeft: plan.unitsLeft,
      unitLimit: plan.unitsPerPart, notGsm7: outside.isEmpty ? nil : outside)
  }

  /// The carrier by which the sender named, or the one who would send to `to`, sends first.
  private func carrier(for params: MessageEstimate, _ scope: AccessScope) throws -> String? {
    let number: NumberID?
    switch params.from {
    case .number(let address)?:
      guard scope.sees(address),
        let id = try database.int("SELECT id FROM number WHERE address = ?1", .int(address.packed))
      else { throw APIError.refused(.unknownNumber, field: "from") }
      number = id
    case .rep(let rep)?:
      guard try database.int("SELECT 1 FROM rep WHERE id = ?1", .int(rep.value)) != nil else {
        throw APIError.notFound("rep", rep)
      }
      number = try home(of: rep.value)
    case nil: number = try params.to.flatMap { try usualNumber(to: $0) }
    }
    guard let number else { return nil }
    return try database.text(
      """
      SELECT c.name FROM route r JOIN carrier c ON c.id = r.carrier_id
      WHERE r.number_id = ?1 AND r.direction = 'send' ORDER BY r.priority LIMIT 1
      """, .int(number))
  }

  func home(of rep: Int64) throws -> NumberID? {
    try database.int(
      "SELECT number_id FROM assignment WHERE rep_id = ?1 AND until IS NULL AND kind = 'home'", .int(rep))
  }

  /// The number of the newest thread with the recipient, else the home of the contact's rep.
  private func usualNumber(to: Recipient) throws -> NumberID? {
    let phone: Int64?
    switch to {
    case .phone(let typed): phone = try phones.anyPhone(typed, field: "to").digits
    case .contact(let id):
      phone = try database.int(
        "SELECT phone FROM contact_phone WHERE contact_id = ?1 ORDER BY position LIMIT 1", .int(id.value))
    }
    guard let phone else { return nil }
    let thread = try database.int(
      """
      SELECT number_id FROM conversation WHERE phone = ?1 AND role = 0
      ORDER BY ifnull(last_inbound, opened) DESC LIMIT 1
      """, .int(phone))
    if let thread { return thread }
    let owner = try database.int(
      """
      SELECT c.owner_rep FROM contact_phone p JOIN contact c ON c.id = p.contact_id
      WHERE p.phone = ?1 AND c.owner_rep IS NOT NULL ORDER BY c.id LIMIT 1
      """, .int(phone))
    return try owner.flatMap { try home(of: $0) }
  }
}
