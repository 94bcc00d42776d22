import Settings
import Store

/// The parts of the rules, from low to high; each part uses only parts below it.
final class Parts {
  let ground: Ground
  let outbound: OutboundParts
  let outcomes: OutcomeParts
  let inbound: InboundParts
  let alerts: SystemAlerts
  let repAlerts: RepAlerts
  let emails: EmailOutbox
  let leadAssignment: LeadAssignment
  let expiredPlans: ExpiredPlans
  let campaigns: CampaignControl
  let commandAnswers: CommandAnswers

  init(_ database: Database, _ settings: GatewaySettings, _ secrets: Secrets) throws(StoreError) {
    ground = try Ground(database, settings, secrets)
    outbound = try OutboundParts(database, ground)
    outcomes = try OutcomeParts(database, ground, outbound)
    let alertTable = try AlertTable(database)
    alerts = SystemAlerts(outbox: ground.outbox, directory: ground.directory, table: alertTable)
    emails = try EmailOutbox(ground.outbox, settings, EmailTable(database))
    repAlerts = try RepAlerts(
      ground.outbox, settings, ground.directory, ground.permission, outbound.composer, alertTable,
      outbound.campaignTable, emails, ground.ownership.links, AlertMarks(AlertMarkTable(database)))
    leadAssignment = LeadAssignment(
      outbox: ground.outbox, settings: settings, directory: ground.directory, contacts: ground.contacts,
      conversations: ground.conversations, members: ground.members, messages: outbound.messages,
      ownership: ground.ownership, leads: ground.leads, alerts: repAlerts)
    expiredPlans = try ExpiredPlans(outbound.campaignTable)
    inbound = try InboundParts(database, ground, outbound, outcomes, repAlerts)
    let campaignParts = CampaignParts(
      outbox: ground.outbox, settings: settings, directory: ground.directory, routes: ground.routes,
      permission: ground.permission, ownership: ground.ownership, lanes: outbound.lanes,
      campaigns: outbound.campaigns, holds: ground.holds, segments: outbound.segments,
      composer: outbound.composer, alerts: repAlerts, table: outbound.campaignTable,
      pending: outbound.pending, contacts: ground.contacts)
    campaigns = CampaignControl(parts: campaignParts, jobs: ground.jobs)
    commandAnswers = CommandAnswers(outbox: ground.outbox, table: IdempotencyTable(database))
  }

  /// Remembers what no table has, in case the batch is lost.
  func begin(at now: Int64) {
    ground.outbox.begin(at: ground.clock.begin(at: now))
    ground.routes.begin()
    outbound.handover.begin()
    outbound.lanes.begin()
    outcomes.receipts.begin()
    ground.jobs.begin()
  }

  /// After a lost batch: reads memory from the store again, from low to high.
  func reload() throws(StoreError) {
    ground.outbox.drop()
    try ground.outbox.feed.reload()
    try ground.directory.reload()
    ground.routes.reload()
    try ground.consent.reload()
    try ground.holds.reload()
    try ground.episodes.reload()
    try ground.leads.reload()
    try ground.absences.reload()
    ground.ownership.calendars.reload()
    try outbound.reload()
    try outcomes.reload()
    try inbound.reload()
    try repAlerts.reload()
    try emails.reload()
    try expiredPlans.reload()
    try resumeJobs()
  }

  /// Long work that a restart interrupted, or a lost batch made stale.
  func resumeJobs() throws(StoreError) {
    ground.jobs.reload(try ground.ownership.resumedJobs() + campaigns.resumedJobs())
  }
}

/// The parts that every other part uses.
struct Ground {
  let settings: GatewaySettings
  let settingTable: SettingTable
  let contacts: ContactTable
  let conversations: ConversationTable
  let members: MemberTable
  let outbox: Outbox
  let clock: GatewayClock
  let directory: Directory
  let routes: Routes
  let consent: Consent
  let permission: Permission
  let holds: Holds
  let episodes: Episodes
  let serving: Serving
  let writing: Writing
  let templates: TemplateTable
  let leads: Leads
  let absences: Absences
  let ownership: Ownership
  let jobs = Jobs()

  init(_ database: Database, _ settings: GatewaySettings, _ secrets: Secrets) throws(StoreError) {
    self.settings = settings
    settingTable = SettingTable(database)
    contacts = ContactTable(database)
    conversations = try ConversationTable(database)
    members = MemberTable(database)
    outbox = Outbox(try FeedLog(FeedTable(database)))
    clock = GatewayClock(outbox, settingTable)
    directory = try Directory(DirectoryTable(database), settingTable)
    routes = Routes(directory, settings.carriers)
    consent = try Consent(outbox, try ConsentTable(database), settings)
    permission = Permission(directory: directory, consent: consent, clock: clock, settings: settings)
    holds = try Holds(outbox, HoldTable(database))
    let drafts = DraftTable(database)
    episodes = try Episodes(
      outbox, directory, conversations, EpisodeTable(database), QueueTable(database), members, drafts)
    serving = Serving(outbox: outbox, episodes: episodes, table: ServeTable(database), holds: holds)
    templates = TemplateTable(database)
    leads = try Leads(outbox, settings, LeadTable(database), contacts, conversations)
    writing = Writing(outbox: outbox, notes: NoteTable(database), drafts: drafts)
    absences = try Absences(outbox, directory, AbsenceTable(database))
    let links = AlertLinks(
      outbox: outbox, settings: settings, members: members, conversations: conversations,
      table: LinkTable(database), secrets: secrets)
    ownership = Ownership(
      outbox: outbox, directory: directory, contacts: contacts, conversations: conversations,
      episodes: episodes, absences: absences,
      calendars: Calendars(outbox, CalendarTable(database)), jobs: jobs, links: links)
  }
}

/// The parts that send.
struct OutboundParts {
  let campaignTable: CampaignTable
  let pending: PendingTable
  let messages: MessageTable
  let parameters: ParameterTable
  let counts: CarrierCountTable
  let campaigns: Campaigns
  let handover: Handover
  let lanes: Lanes
  let numbers: NumberStates
  let segments: Segments
  let barrier: Barrier
  let composer: Composer
  let builder: SegmentBuilder
  let claims: Claims

  init(_ database: Database, _ ground: Ground) throws(StoreError) {
    let (outbox, directory, routes) = (ground.outbox, ground.directory, ground.routes)
    let holds = ground.holds
    campaignTable = try CampaignTable(database)
    pending = PendingTable(database)
    messages = try MessageTable(database)
    parameters = try ParameterTable(database)
    counts = try CarrierCountTable(database)
    campaigns = try Campaigns(outbox, campaignTable)
    handover = Handover(pending)
    lanes = Lanes(
      outbox, directory, routes, campaigns, handover, messages: messages, pending: pending,
      campaignTable: campaignTable)
    numbers = NumberStates(
      outbox: outbox, directory: directory, routes: routes, lanes: lanes, holds: holds)
    segments = Segments(
      outbox: outbox, directory: directory, lanes: lanes, campaigns: campaigns, messages: messages,
      attempts: try AttemptTable(database), receipts: try ReceiptTable(database))
    barrier = Barrier(
      outbox: outbox, directory: directory, consent: ground.consent, lanes: lanes, segments: segments,
      messages: messages, conversations: ground.conversations, episodes: ground.episodes, leads: ground.leads,
      counts: counts)
    composer = Composer(
      routes: routes, lanes: lanes, messages: messages, parameters: parameters,
      metadata: try MetadataTable(database), templates: ground.templates,
      conversations: ground.conversations)
    builder = SegmentBuilder(outbox, directory, routes, campaigns, messages, parameters)
    claims = Claims(
      outbox: outbox, directory: directory, routes: routes, permission: ground.permission, lanes: lanes,
      campaigns: campaigns, holds: holds, handover: handover, segments: segments, builder: builder,
      messages: messages, conversations: ground.conversations, absences: ground.absences.table)
  }

  func reload() throws(StoreError) {
    try messages.reload()
    try campaigns.reload()
    try handover.reload()
    try segments.receipts.reload()
    counts.forget()
    try lanes.reload()
  }
}

/// What carriers say of what we sent.
struct OutcomeParts {
  let alike: RefusedAlike
  let unresolved: Unresolved
  let unmatched: UnmatchedTable
  let receipts: Receipts
  let missingReceipts: MissingReceipts
  let answers: Answers

  init(_ database: Database, _ ground: Ground, _ outbound: OutboundParts) throws(StoreError) {
    let (outbox, settings, directory, routes) = (
      ground.outbox, ground.settings, ground.directory, ground.routes
    )
    alike = try RefusedAlike(settings, outbound.numbers, outbound.counts, RefusedAlikeTable(database))
    unresolved = Unresolved(
      outbox, settings, directory, routes, ground.permission, outbound.lanes, outbound.handover,
      outbound.segments, outbound.counts)
    unmatched = try UnmatchedTable(database)
    let words = ReceiptWordTable(database)
    receipts = Receipts(
      outbox, settings, directory, routes, outbound.lanes, outbound.handover, outbound.segments,
      outbound.barrier, unmatched, words, outbound.counts, alike)
    missingReceipts = MissingReceipts(outbox, routes, outbound.segments, words, outbound.counts)
    let refusals = Refusals(
      outbox: outbox, directory: directory, builder: outbound.builder, counts: outbound.counts)
    answers = Answers(
      outbox: outbox, settings: settings, routes: routes, directory: directory, permission: ground.permission,
      clock: ground.clock, lanes: outbound.lanes, handover: outbound.handover, segments: outbound.segments,
      barrier: outbound.barrier, numbers: outbound.numbers, receipts: receipts, unresolved: unresolved,
      refusals: refusals, alike: alike)
  }

  func reload() throws(StoreError) {
    try alike.reload()
    unresolved.reload()
    try unmatched.reload()
    receipts.reload()
    missingReceipts.reload()
  }
}

/// What comes in.
struct InboundParts {
  let optInKeywords: OptInKeywords
  let redelivery: Redelivery
  let submissionTable: SubmissionTable
  let submissions: Submissions
  let answerLimits: AnswerLimitTable
  let reception: Inbound

  init(
    _ database: Database, _ ground: Ground, _ outbound: OutboundParts, _ outcomes: OutcomeParts,
    _ alerts: RepAlerts
  ) throws(StoreError) {
    let (outbox, settings, directory, routes) = (
      ground.outbox, ground.settings, ground.directory, ground.routes
    )
    redelivery = try Redelivery(try RedeliveryTable(database))
    submissionTable = try SubmissionTable(database)
    submissions = Submissions(outbox: outbox, settings: settings, routes: routes, table: submissionTable)
    answerLimits = try AnswerLimitTable(database)
    let limit = AnswerLimit(
      outbox: outbox, settings: settings, directory: directory, table: answerLimits, counts: outbound.counts)
    let keywords = KeywordAnswers(
      outbox: outbox, settings: settings, consent: ground.consent, permission: ground.permission,
      barrier: outbound.barrier, composer: outbound.composer, limit: limit)
    optInKeywords = try OptInKeywords(outbox, directory, KeywordTable(database))
    let optIns = OptIns(
      outbox: outbox, directory: directory, keywords: optInKeywords, contacts: ground.contacts,
      ownership: ground.ownership)
    let repAnswers = RepAnswers(
      outbox: outbox, settings: settings, directory: directory, routes: routes, permission: ground.permission,
      conversations: ground.conversations, contacts: ground.contacts, lanes: outbound.lanes,
      composer: outbound.composer, episodes: ground.episodes, leads: ground.leads, marks: alerts.marks,
      limit: limit)
    let replies = AbsenceReplies(
      outbox: outbox, settings: settings, routes: routes, permission: ground.permission,
      absences: ground.absences, lanes: outbound.lanes, composer: outbound.composer, limit: limit)
    let acceptance = Acceptance(
      outbox: outbox, directory: directory, consent: ground.consent, ownership: ground.ownership,
      lanes: outbound.lanes, campaigns: outbound.campaigns, barrier: outbound.barrier, keywords: keywords,
      optIns: optIns, alerts: alerts, repAnswers: repAnswers, replies: replies, messages: outbound.messages,
      originals: try ReceivedOctetsTable(database),
      parameters: outbound.parameters, counts: outbound.counts)
    let quarantine = Quarantine(
      outbox, settings, directory, outbound.counts, try QuarantineTable(database))
    reception = Inbound(
      outbox: outbox, settings: settings, directory: directory, routes: routes, receipts: outcomes.receipts,
      acceptance: acceptance, keywords: keywords, submissions: submissions, redelivery: redelivery,
      parts: try PartTable(database), quarantine: quarantine, messages: outbound.messages,
      unmatched: outcomes.unmatched, counts: outbound.counts)
  }

  func reload() throws(StoreError) {
    try optInKeywords.reload()
    try redelivery.reload()
    try reception.parts.reload()
    try reception.quarantine.table.reload()
    try submissionTable.reload()
  }
}
