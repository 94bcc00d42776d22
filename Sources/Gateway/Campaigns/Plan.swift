import Contract
import SMPP
import Settings
import Store

/// Fixes recipients, phones, numbers and texts of a plan, a slice of contacts at a time.
final class PlanJob: Job, Part {
  /// Plans being made at once.
  static let maximum = 4
  /// Contacts a slice looks at: a few milliseconds of work.
  static let slice = 200
  /// Messages shown with the plan.
  static let samples = 3

  let outbox: Outbox
  let pending: PendingCommand
  private let params: CampaignPlan
  private let campaign: Int64
  private let from: Number?
  private let walk: ContactTable.Walk
  private let expires: Int64
  private let parts: CampaignParts
  private let answers: CommandAnswers
  private let scope: AccessScope
  private let text: MergeText
  private let needsAttributes: Bool
  /// What the walk has found so far.
  private var found = Found()
  /// The same as of the last commit.
  private var committed = Found()
  /// Segments of a text without fields, by carrier.
  private var shared: [CarrierKey: Int] = [:]
  private var isAbandoned = false

  private struct Found {
    var last: Int64 = 0
    var recipients: [NumberID: (count: Int, segments: Int)] = [:]
    var skipped: [Refusal: Int] = [:]
    var missing: [String: Int] = [:]
    var shown: [PlanSample] = []

    var total: Int { recipients.values.reduce(0) { $0 + $1.count } }
  }

  /// `expires`: milliseconds since 1970 UTC.
  init(
    _ pending: PendingCommand, _ params: CampaignPlan, campaign: Int64, from: Number?,
    _ walk: ContactTable.Walk,
    expires: Int64, _ parts: CampaignParts, _ answers: CommandAnswers
  ) {
    self.pending = pending
    self.params = params
    self.campaign = campaign
    self.from = from
    self.walk = walk
    self.expires = expires
    self.parts = parts
    self.answers = answers
    outbox = parts.outbox
    scope = pending.caller.scope
    text = MergeText(params.text)
    needsAttributes = text.fields.contains { !MergeFields.ofPersons.contains($0) }
  }

  func begin() { committed = found }

  /// A batch was lost: the walk goes on where the store has it.
  func restart() -> Bool {
    found = committed
    return true
  }

  var resumedAs: String? { nil }

  var unanswered: PendingCommand? { isAbandoned ? nil : pending }

  func abandon() { isAbandoned = true }

  func failed() throws(StoreError) { try parts.table.remove(campaign) }

  /// Conditions are looked up for each contact, whatever it has.
  private var slice: Int { if case .fitting = walk { PlanJob.slice / 4 } else { PlanJob.slice } }

  func step() throws(StoreError) -> Bool {
    if isAbandoned {
      try parts.table.remove(campaign)
      return false
    }
    let contacts = try parts.contacts.candidates(walk, after: found.last, limit: slice)
    for contact in contacts {
      found.last = contact.id
      if try isMeant(contact) { try plan(contact) }
    }
    let total = found.total
    if total > parts.settings.maximumRecipients {
      return try refuse(.limitReached("campaign_recipients", parts.settings.maximumRecipients))
    }
    if contacts.count == slice { return true }
    return try finish(total)
  }

  /// Whether the audience has a contact: `all` are those of the rep in `from`, and nobody's where nobody holds the number. To a caller
  /// with some of the numbers, other contacts are not there.
  private func isMeant(_ contact: ContactTable.Candidate) throws(StoreError) -> Bool {
    if contact.isOut { return false }
    if case .all = walk, let from, contact.owner != from.rep { return false }
    return try parts.contacts.isSeen(contact: contact.id, by: scope)
  }

  private func plan(_ contact: ContactTable.Candidate) throws(StoreError) {
    switch try message(for: contact) {
    case .failure(let reason): try skip(contact, reason)
    case .success(let message):
      let recipient = CampaignTable.Recipient(
        contact: contact.id, phone: message.phone.packed, segments: message.segments, text: message.text)
      guard try parts.table.add(recipient, to: campaign, from: message.number.id, reason: nil) else {
        return try skip(contact, .duplicate)
      }
      found.recipients[message.number.id, default: (0, 0)].count += 1
      found.recipients[message.number.id, default: (0, 0)].segments += message.segments
      guard found.shown.count < PlanJob.samples else { return }
      found.shown.append(
        PlanSample(
          contactID: ContactID(contact.id), from: message.number.address, to: message.phone,
          text: message.text ?? params.text, segments: message.segments))
    }
  }

  private func skip(_ contact: ContactTable.Candidate, _ reason: Refusal) throws(StoreError) {
    found.skipped[reason, default: 0] += 1
    let recipient = CampaignTable.Recipient(contact: contact.id, phone: contact.phone ?? 0, segments: 0)
    _ = try parts.table.add(recipient, to: campaign, from: 0, reason: reason)
  }

  private struct Planned {
    var number: Number
    var phone: PhoneNumber
    /// nil: the campaign's text as it is.
    var text: String?
    var segments: Int
  }

  private func message(for contact: ContactTable.Candidate) throws(StoreError) -> Result<Planned, Refusal> {
    let number: Number
    switch self.number(for: contact) {
    case .failure(let reason): return .failure(reason)
    case .success(let found): number = found
    }
    guard let packed = contact.phone, let phone = PhoneNumber(packed: packed) else {
      return .failure(.noPhone)
    }
    let verdict = try parts.permission.verdict(
      TextInQuestion(phone: packed, number: number, traffic: .campaign))
    if case .never(let reason) = verdict { return .failure(reason) }
    return merged(contact, number).map {
      Planned(number: number, phone: phone, text: $0.text, segments: $0.segments)
    }
  }

  /// The number a contact is texted from: its own rep's home, so that one campaign is never spread over numbers for speed.
  private func number(for contact: ContactTable.Candidate) -> Result<Number, Refusal> {
    if let from {
      if let owner = contact.owner, let holder = from.rep, owner != holder { return .failure(.notAllowed) }
      return .success(from)
    }
    guard let owner = contact.owner, let rep = parts.directory.reps[owner] else { return .failure(.noOwner) }
    guard rep.isActive else { return .failure(.repInactive) }
    guard let home = rep.home, let number = parts.directory.numbers[home],
      scope.sees(number.address)
    else { return .failure(.noNumber) }
    return .success(number)
  }

  private func merged(_ contact: ContactTable.Candidate, _ number: Number) -> Result<
    (text: String?, segments: Int), Refusal
  > {
    guard let carrier = number.sendRoutes.first?.carrier, let segmenter = parts.routes.segmenter(of: carrier)
    else {
      return .failure(.noRoute)
    }
    if text.fields.isEmpty {
      if let known = shared[carrier] { return .success((nil, known)) }
      guard let count = segments(params.text, segmenter) else { return .failure(.tooLong) }
      shared[carrier] = count
      return .success((nil, count))
    }
    let values = MergeFields(
      firstName: contact.firstName, lastName: contact.lastName,
      repName: number.rep.flatMap { parts.directory.reps[$0]?.name },
      attributes: needsAttributes ? ContactTable.attributes(contact.attributes) : [:],
      defaults: params.defaults)
    let merged: String
    do throws(MergeText.MissingField) {
      merged = try text.merge(values)
    } catch {
      found.missing[error.name, default: 0] += 1
      return .failure(.missingField)
    }
    guard let count = segments(merged, segmenter) else { return .failure(.tooLong) }
    return .success((merged, count))
  }

  private func segments(_ text: String, _ segmenter: Segmenter) -> Int? {
    guard let plan = segmenter.plan(text), plan.count <= parts.settings.maximumSegments else { return nil }
    return plan.count
  }

  // MARK: The end

  private func finish(_ total: Int) throws(StoreError) -> Bool {
    if let (field, count) = found.missing.min(by: { $0.key < $1.key }) {
      var error = APIError.refused(
        .missingField, "\(count) contacts have no \(field): give a default, or give these contacts a value",
        field: field)
      error.data.append(.init("contact_count", .integer(Int64(count))))
      return try refuse(error)
    }
    let left = found.skipped.sorted { $0.key.rawValue < $1.key.rawValue }
    guard total > 0 else {
      let counts = left.map { "\($0.value) \($0.key.rawValue)" }.joined(separator: ", ")
      return try refuse(.refused(.emptyAudience, "nobody in this audience may be texted: " + counts))
    }
    let segments = found.recipients.values.reduce(0) { $0 + $1.segments }
    try parts.table.planned(
      campaign, recipients: total, excluded: left.reduce(0) { $0 + $1.value }, segments: segments,
      at: now)
    var seconds = 0
    for (id, lane) in found.recipients.sorted(by: { $0.key }) {
      try parts.table.addRun(of: campaign, id, recipients: lane.count)
      let rate = parts.directory.numbers[id].map { max(1, parts.routes.setting(of: $0).rate) } ?? 1
      seconds = max(seconds, (lane.segments + rate - 1) / rate)
    }
    let result = CampaignPlanResult(
      campaignID: CampaignID(campaign), recipients: total, segments: segments,
      numberCount: found.recipients.count,
      seconds: seconds, skipped: left.map { SkippedCount(reason: $0.key, count: $0.value) },
      samples: found.shown,
      expiresAt: Timestamp(milliseconds: expires))
    parts.campaigns.emitPlan(
      campaign, params.name, .planned, recipients: Int64(total),
      .init(
        from: params.from.map { $0.rep == nil ? from.map { .number($0.address) } ?? $0 : $0 },
        text: params.text, segments: segments, copies: params.copyToRep == true, metadata: params.metadata,
        expires: expires))
    try answers.answer(pending, result)
    return false
  }

  private func refuse(_ error: APIError) throws(StoreError) -> Bool {
    try parts.table.remove(campaign)
    outbox.reply(CommandReply(token: pending.token, outcome: .failure(error)))
    return false
  }
}
