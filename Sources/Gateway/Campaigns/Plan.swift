import Contract
import Foundation
import SMPP
import Store

extension Gateway {
  /// `campaign.plan`: the audience is walked in slices, and the answer comes when it is through.
  func campaignPlan(_ params: CampaignPlan, _ pending: PendingCommand) throws {
    let text = params.text
    guard text.contains(where: { !$0.isWhitespace }) else { throw APIError.refused(.emptyText) }
    let from = try params.from.map { try sender($0, pending.caller) }
    let audience = params.audience
    let named = [
      audience.group != nil, audience.tag != nil, audience.contactIDs != nil, audience.all == true,
    ]
    guard named.count(where: { $0 }) == 1 else {
      throw APIError.invalid("audience", "exactly one of group, tag, contact_ids, all")
    }
    let key = pending.command.idempotencyKey
    let running = jobs.contains {
      ($0 as? PlanJob).map {
        $0.pending.caller.role == pending.caller.role && $0.pending.command.idempotencyKey == key
      } ?? false
    }
    guard !running else { throw APIError.busy("plans", "this plan is being made, try again") }
    guard jobs.count(where: { $0 is PlanJob }) < PlanJob.maximum else { throw APIError.busy("plans") }
    let walk = try walk(audience)
    try database.run(
      """
      INSERT INTO campaign (name, state, from_rep, from_number, audience, text, defaults, copy_to_rep, created_by,
        created, expires) VALUES (?1, 'planning', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)
      """, .init(params.name), .init(params.from?.rep),
      .init(params.from.flatMap { $0.rep == nil ? from?.id : nil }),
      .text(String(decoding: try ContractJSON.encode(audience), as: UTF8.self)), .text(text),
      .text(String(decoding: try ContractJSON.encode(params.defaults ?? [:]), as: UTF8.self)),
      .int(params.copyToRep == true ? 1 : 0), .text(pending.caller.role), .int(now),
      .int(now + settings.planLives.wholeMilliseconds))
    jobs.append(PlanJob(pending, params, campaign: database.lastInsertRowID, from: from?.id, walk))
  }

  /// How the contacts of an audience are found, in order of their ids.
  private func walk(_ audience: Audience) throws -> PlanJob.Walk {
    if let group = audience.group { return .group(try groupID(group)) }
    if let tag = audience.tag {
      guard let id = try database.int("SELECT id FROM tag WHERE name = ?1", .text(tag)) else {
        throw APIError.notFound("tag", tag)
      }
      return .tag(id)
    }
    if let contacts = audience.contactIDs { return .contacts(Array(Set(contacts.map(\.value))).sorted()) }
    return .all
  }

  func groupID(_ ref: GroupRef) throws -> Int64 {
    let id: Int64? =
      switch ref {
      case .id(let id): try database.int("SELECT id FROM audience_group WHERE id = ?1", .int(id.value))
      case .name(let name): try database.int("SELECT id FROM audience_group WHERE name = ?1", .text(name))
      }
    guard let id else { throw APIError.notFound("group", ref) }
    return id
  }
}

extension Sender {
  var rep: Int64? { if case .rep(let id) = self { id.value } else { nil } }
}

/// Fixes recipients, phones, numbers and texts of a plan, a slice of contacts at a time.
final class PlanJob: Job {
  enum Walk {
    case group(Int64)
    case tag(Int64)
    case contacts([Int64])
    case all
  }

  /// Plans being made at once.
  static let maximum = 4
  /// Contacts a slice looks at: a few milliseconds of work.
  static let slice = 200
  /// Messages shown with the plan.
  static let samples = 3

  let pending: PendingCommand
  private let params: CampaignPlan
  private let campaign: Int64
  private let from: NumberID?
  private let walk: Walk
  private let template: Template
  private let needsAttributes: Bool
  private var last: Int64 = 0
  private var recipients: [NumberID: (count: Int, segments: Int)] = [:]
  private var skipped: [Refusal: Int] = [:]
  private var missing: [String: Int] = [:]
  private var shown: [PlanSample] = []
  /// Segments of a text without fields, by carrier.
  private var shared: [CarrierKey: Int] = [:]
  private var isStale = false

  init(_ pending: PendingCommand, _ params: CampaignPlan, campaign: Int64, from: NumberID?, _ walk: Walk) {
    self.pending = pending
    self.params = params
    self.campaign = campaign
    self.from = from
    self.walk = walk
    template = Template(params.text)
    needsAttributes = template.fields.contains { !["first_name", "last_name", "rep_name"].contains($0) }
  }

  func restart() { isStale = true }

  func failed(_ gateway: Gateway, _ error: any Error) {
    gateway.released.replies.append(CommandReply(token: pending.token, outcome: .failure(.internalError)))
  }

  func step(_ gateway: Gateway) throws -> Bool {
    if isStale { try begin(again: gateway) }
    let contacts = try next(gateway)
    for contact in contacts {
      last = contact.id
      try plan(contact, gateway)
    }
    let total = recipients.values.reduce(0) { $0 + $1.count }
    if total > gateway.settings.maximumRecipients { return try refuse(gateway, .refused(.limitReached)) }
    if contacts.count == PlanJob.slice { return true }
    try finish(gateway)
    return false
  }

  /// A batch was lost: what was planned may be gone, so the walk starts anew.
  private func begin(again gateway: Gateway) throws {
    isStale = false
    last = 0
    recipients = [:]
    skipped = [:]
    missing = [:]
    shown = []
    try gateway.database.run("DELETE FROM recipient WHERE campaign_id = ?1", .int(campaign))
  }

  private struct Candidate {
    var id: Int64
    var first: String
    var last: String
    var owner: Int64?
    var attributes: String
    var phone: Int64?
    var channel: String
  }

  private func next(_ gateway: Gateway) throws -> [Candidate] {
    let statement: Statement
    switch walk {
    case .group(let id):
      statement = try gateway.database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1), c.channel
        FROM group_member g JOIN contact c ON c.id = g.contact_id
        WHERE g.group_id = ?1 AND g.contact_id > ?2 ORDER BY g.contact_id LIMIT ?3
        """)
      statement.bind(1, id)
    case .tag(let id):
      statement = try gateway.database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1), c.channel
        FROM contact_tag t JOIN contact c ON c.id = t.contact_id
        WHERE t.tag_id = ?1 AND t.contact_id > ?2 ORDER BY t.contact_id LIMIT ?3
        """)
      statement.bind(1, id)
    case .contacts(let ids):
      return try named(ids, gateway)
    case .all:
      statement = try gateway.database.cached(
        """
        SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
          (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1), c.channel
        FROM contact c WHERE ?1 = 0 AND c.id > ?2 ORDER BY c.id LIMIT ?3
        """)
      statement.bind(1, 0)
    }
    statement.bind(2, last)
    statement.bind(3, Int64(PlanJob.slice))
    var found: [Candidate] = []
    try statement.forEachRow { found.append(PlanJob.candidate($0)) }
    return found
  }

  private func named(_ ids: [Int64], _ gateway: Gateway) throws -> [Candidate] {
    let statement = try gateway.database.cached(
      """
      SELECT c.id, c.first_name, c.last_name, c.owner_rep, c.attributes,
        (SELECT phone FROM contact_phone p WHERE p.contact_id = c.id ORDER BY position LIMIT 1), c.channel
      FROM contact c WHERE c.id = ?1
      """)
    var found: [Candidate] = []
    for id in ids where id > last {
      guard found.count < PlanJob.slice else { break }
      statement.bind(1, id)
      guard let candidate = try statement.first(PlanJob.candidate) else {
        throw APIError.notFound("contact", ContactID(id))
      }
      found.append(candidate)
    }
    return found
  }

  private static func candidate(_ row: Row) -> Candidate {
    Candidate(
      id: row.int(0), first: row.text(1), last: row.text(2), owner: row.intOrNil(3), attributes: row.text(4),
      phone: row.intOrNil(5), channel: row.text(6))
  }

  private func plan(_ contact: Candidate, _ gateway: Gateway) throws {
    do throws(APIError) {
      let number = try number(for: contact, gateway)
      guard let packed = contact.phone, let phone = PhoneNumber(packed: packed) else {
        throw .refused(.noPhone)
      }
      try gateway.mayText(phone, from: number)
      let (text, segments) = try merged(contact, number, gateway)
      guard try insert(contact.id, packed, number.id, segments, text, nil, gateway) else {
        throw .refused(.duplicate)
      }
      recipients[number.id, default: (0, 0)].count += 1
      recipients[number.id, default: (0, 0)].segments += segments
      if shown.count < PlanJob.samples {
        shown.append(
          PlanSample(
            contactID: ContactID(contact.id), from: number.address, to: phone, text: text ?? params.text,
            segments: segments))
      }
    } catch {
      guard let reason = error.refusal else { throw error }
      skipped[reason, default: 0] += 1
      _ = try insert(contact.id, contact.phone ?? 0, 0, 0, nil, reason, gateway)
    }
  }

  /// The number a contact is texted from: its own rep's home, so that one campaign is never spread over numbers for speed.
  private func number(for contact: Candidate, _ gateway: Gateway) throws(APIError) -> Number {
    if let from, let number = gateway.directory.numbers[from] {
      if let owner = contact.owner, let holder = number.rep, owner != holder { throw .refused(.notAllowed) }
      return number
    }
    guard let owner = contact.owner, let rep = gateway.directory.reps[owner] else { throw .refused(.noOwner) }
    guard rep.active else { throw .refused(.repInactive) }
    guard let home = rep.home, let number = gateway.directory.numbers[home] else { throw .refused(.noNumber) }
    return number
  }

  private func merged(_ contact: Candidate, _ number: Number, _ gateway: Gateway) throws(APIError) -> (
    String?, Int
  ) {
    guard let carrier = number.sendRoutes.first?.carrier, let segmenter = gateway.segmenters[carrier] else {
      throw .refused(.noRoute)
    }
    if template.fields.isEmpty {
      if let known = shared[carrier] { return (nil, known) }
      guard let plan = segmenter.plan(params.text), plan.count <= gateway.settings.maximumSegments else {
        throw .refused(.tooLong)
      }
      shared[carrier] = plan.count
      return (nil, plan.count)
    }
    let attributes = needsAttributes ? PlanJob.attributes(contact.attributes) : [:]
    let text: String
    do {
      text = try template.merge { name in
        let value: String? =
          switch name {
          case "first_name": contact.first
          case "last_name": contact.last
          case "rep_name": number.rep.flatMap { gateway.directory.reps[$0]?.name }
          default: attributes[name]
          }
        if let value, !value.isEmpty { return value }
        return params.defaults?[name]
      }
    } catch {
      if let field = error as? Template.MissingField { missing[field.name, default: 0] += 1 }
      throw .refused(.missingField)
    }
    guard let plan = segmenter.plan(text), plan.count <= gateway.settings.maximumSegments else {
      throw .refused(.tooLong)
    }
    return (text, plan.count)
  }

  static func attributes(_ json: String) -> [String: String] {
    (try? ContractJSON.decode([String: String].self, from: Array(json.utf8))) ?? [:]
  }

  private func insert(
    _ contact: Int64, _ phone: Int64, _ number: NumberID, _ segments: Int, _ text: String?,
    _ reason: Refusal?,
    _ gateway: Gateway
  ) throws(APIError) -> Bool {
    do {
      let statement = try gateway.database.cached(
        """
        INSERT INTO recipient (campaign_id, number_id, contact_id, phone, segments, text, reason)
        VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING
        """)
      statement.bind(1, campaign)
      statement.bind(2, number)
      statement.bind(3, contact)
      statement.bind(4, phone)
      statement.bind(5, Int64(segments))
      statement.bind(6, text)
      statement.bind(7, reason?.rawValue)
      try statement.run()
      return gateway.database.changes > 0
    } catch {
      throw .internalError
    }
  }

  private func finish(_ gateway: Gateway) throws {
    if let (field, count) = missing.min(by: { $0.key < $1.key }) {
      var error = APIError.refused(
        .missingField, "\(count) contacts have no \(field): give it a default, or them a value", field: field)
      error.data.append(.init("contacts", .integer(Int64(count))))
      _ = try refuse(gateway, error)
      return
    }
    let total = recipients.values.reduce(0) { $0 + $1.count }
    guard total > 0 else {
      let counts = skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map {
        "\($0.value) \($0.key.rawValue)"
      }
      _ = try refuse(
        gateway,
        .refused(.emptyAudience, "nobody in this audience may be texted: " + counts.joined(separator: ", ")))
      return
    }
    let segments = recipients.values.reduce(0) { $0 + $1.segments }
    try gateway.database.run(
      "UPDATE campaign SET state = 'planned', recipients = ?2, excluded = ?3, segments = ?4 WHERE id = ?1",
      .int(campaign), .int(Int64(total)), .int(Int64(skipped.values.reduce(0, +))), .int(Int64(segments)))
    var seconds = 0
    for (number, lane) in recipients.sorted(by: { $0.key < $1.key }) {
      try gateway.database.run(
        """
        INSERT INTO run (campaign_id, number_id, recipients, first_id, end_id, filled_id, next_ref)
        VALUES (?1, ?2, ?3, 0, 0, 0, 0)
        """, .int(campaign), .int(number), .int(Int64(lane.count)))
      let rate = gateway.directory.numbers[number].map { max(1, gateway.laneSetting($0).rate) } ?? 1
      seconds = max(seconds, (lane.segments + rate - 1) / rate)
    }
    let expires =
      try gateway.database.int("SELECT expires FROM campaign WHERE id = ?1", .int(campaign)) ?? gateway.now
    let result = CampaignPlanResult(
      campaignID: CampaignID(campaign), recipients: total, segments: segments, numbers: recipients.count,
      seconds: seconds,
      skipped: skipped.sorted { $0.key.rawValue < $1.key.rawValue }.map {
        SkippedCount(reason: $0.key, count: $0.value)
      },
      samples: shown, expiresAt: Timestamp(milliseconds: expires))
    let encoded = try ContractJSON.encode(result)
    try gateway.remember(pending, encoded)
    gateway.released.replies.append(CommandReply(token: pending.token, outcome: .success(encoded)))
  }

  private func refuse(_ gateway: Gateway, _ error: APIError) throws -> Bool {
    try gateway.database.run("DELETE FROM recipient WHERE campaign_id = ?1", .int(campaign))
    try gateway.database.run("DELETE FROM campaign WHERE id = ?1", .int(campaign))
    gateway.released.replies.append(CommandReply(token: pending.token, outcome: .failure(error)))
    return false
  }
}
