import Contract
import Store

/// Every command by its method: first it decides, and may refuse; then it changes state.
struct CommandDispatch {
  private let answers: CommandAnswers
  private let reads = DecisionReads()
  private let feed: FeedCommands
  private let messages: MessageCommands
  private let campaigns: CampaignCommands
  private let numbers: NumberCommands
  private let reps: RepCommands
  private let contacts: ContactCommands
  private let upserts: ContactUpserts
  private let optOuts: OptOuts
  private let groups: GroupCommands
  private let sending: SendingCommands
  private let unknown: UnknownCommands
  private let quarantine: QuarantineCommands
  private let desk: DeskCommands

  init(_ parts: Parts, _ views: Views, _ secrets: Secrets) {
    let ground = parts.ground
    let (outbox, settings, directory, routes) = (
      ground.outbox, ground.settings, ground.directory, ground.routes
    )
    let phones = Phones(settings)
    let (outbound, states) = (parts.outbound, parts.outbound.numbers)
    answers = parts.commandAnswers
    feed = FeedCommands(outbox: outbox, reads: reads)
    messages = MessageCommands(
      outbox: outbox, reads: reads, settings: settings, phones: phones, directory: directory, routes: routes,
      permission: ground.permission, ownership: ground.ownership, lanes: outbound.lanes,
      barrier: outbound.barrier, composer: outbound.composer, alerts: parts.repAlerts,
      episodes: ground.episodes, writing: ground.writing,
      templates: ground.templates, leads: ground.leads, views: views)
    numbers = NumberCommands(
      outbox: outbox, reads: reads, phones: phones, directory: directory, routes: routes, numbers: states,
      ownership: ground.ownership, queues: ground.episodes.queues, views: views)
    reps = RepCommands(
      outbox: outbox, reads: reads, phones: phones, directory: directory, numbers: states,
      numberCommands: numbers,
      ownership: ground.ownership, leads: ground.leads, links: ground.ownership.links, emails: parts.emails,
      settings: settings, views: views)
    contacts = ContactCommands(
      outbox: outbox, reads: reads, contacts: ground.contacts, ownership: ground.ownership)
    optOuts = OptOuts(
      outbox: outbox, reads: reads, phones: phones, directory: directory, barrier: outbound.barrier)
    upserts = ContactUpserts(
      outbox: outbox, reads: reads, phones: phones, directory: directory, contacts: ground.contacts,
      ownership: ground.ownership, optOuts: optOuts, leads: parts.leadAssignment)
    groups = GroupCommands(
      outbox: outbox, reads: reads, directory: directory, contacts: ground.contacts, members: contacts,
      views: views)
    campaigns = CampaignCommands(
      outbox: outbox, reads: reads, control: parts.campaigns, groups: groups, answers: answers)
    sending = SendingCommands(
      outbox: outbox, reads: reads, phones: phones, directory: directory, clock: ground.clock,
      lanes: outbound.lanes,
      states: states, pending: outbound.pending)
    unknown = UnknownCommands(
      outbox: outbox, reads: reads, directory: directory, segments: outbound.segments,
      unresolved: parts.outcomes.unresolved, counts: outbound.counts, views: views)
    quarantine = QuarantineCommands(
      outbox: outbox, reads: reads, directory: directory, routes: routes, reception: parts.inbound.reception)
    let members = MemberCommands(
      outbox: outbox, reads: reads, directory: directory, table: ground.members, secrets: secrets,
      episodes: ground.episodes, serves: ground.serving.table)
    let queues = QueueCommands(
      outbox: outbox, reads: reads, members: ground.members, episodes: ground.episodes, views: views)
    let episodes = EpisodeCommands(
      outbox: outbox, reads: reads, directory: directory, ownership: ground.ownership,
      episodes: ground.episodes, serving: ground.serving, views: views)
    let writing = WritingCommands(
      outbox: outbox, reads: reads, directory: directory, conversations: ground.conversations,
      episodes: ground.episodes.table, writing: ground.writing)
    let templates = TemplateCommands(
      outbox: outbox, reads: reads, directory: directory, queues: ground.episodes.queues,
      table: ground.templates)
    let leads = LeadCommands(
      outbox: outbox, reads: reads, settings: settings, phones: phones, directory: directory,
      consent: ground.consent, upserts: upserts, leads: ground.leads, assignment: parts.leadAssignment)
    let sessions = SessionCommands(
      outbox: outbox, reads: reads, table: ground.members, links: ground.ownership.links, secrets: secrets)
    let absences = AbsenceCommands(
      outbox: outbox, reads: reads, settings: settings, directory: directory, routes: routes,
      queues: ground.episodes.queues, ownership: ground.ownership)
    desk = DeskCommands(
      members: members, sessions: sessions, queues: queues, episodes: episodes, writing: writing,
      templates: templates,
      keywords: KeywordCommands(
        outbox: outbox, reads: reads, settings: settings, directory: directory, routes: routes,
        keywords: parts.inbound.optInKeywords),
      leads: leads,
      absences: absences,
      calendars: CalendarCommands(
        outbox: outbox, reads: reads, absences: absences, ownership: ground.ownership),
      emails: EmailCommands(outbox: outbox, reads: reads, emails: parts.emails))
  }

  /// Runs a command. Its answer is released with the commit; a refusal has changed nothing.
  func run(_ asked: PendingCommand) throws(StoreError) {
    var pending = asked
    if let session = asked.caller.session {
      guard let member = try desk.members.table.acting(Hash.sha256(session.octets), at: answers.now) else {
        return answers.refuse(pending, .noSession)
      }
      guard member.may(pending.command.method) else {
        return answers.refuse(pending, .forbidden(pending.command.method))
      }
      pending.caller = Requester(member, uid: asked.caller.uid)
    }
    switch try answers.replay(pending) {
    case .success(let octets):
      return answers.outbox.reply(CommandReply(token: pending.token, outcome: .success(octets)))
    case .failure(let error): return answers.refuse(pending, error)
    case nil: break
    }
    reads.begin()
    let decision: Decision
    do throws(APIError) {
      decision = try decide(pending)
    } catch {
      if let failure = reads.failure { throw failure }
      return answers.refuse(pending, error)
    }
    // Without a result the command goes on in slices, and answers when it is through.
    let result = try decision.apply()
    if let refusal = decision.refusal { return answers.refuse(pending, refusal) }
    if let result { try answers.answer(pending, result) }
  }

  private func decide(_ pending: PendingCommand) throws(APIError) -> Decision {
    let caller = pending.caller
    if let key = pending.command.idempotencyKey, !(1...CommandLimits.name).contains(key.unicodeScalars.count)
    {
      throw .invalid("idempotency_key", "1 to \(CommandLimits.name) characters")
    }
    switch pending.command {
    case .feedSubscribe(let params): return try feed.subscribe(params, caller)
    case .feedAck(let params): return try feed.acknowledge(params, caller)
    case .feedForget(let params): return try feed.forget(params, caller)
    case .messageSend(let params): return try messages.send(params, caller)
    case .messageSendMany(let params): return try messages.sendMany(params, caller)
    case .consentRecord(let params): return try messages.recordConsent(params, caller)
    case .consentImport(let params): return try optOuts.take(params, caller)
    case .conversationAssign(let params): return try messages.assign(params, caller)
    case .conversationMarkRead(let params): return try messages.markRead(params, caller)
    case .campaignPlan(let params): return try campaigns.plan(params, pending)
    case .campaignCommit(let params): return try campaigns.commit(params, caller)
    case .campaignPause(let params): return try campaigns.pause(params, caller)
    case .campaignResume(let params): return try campaigns.resume(params, caller)
    case .campaignCancel(let params): return try campaigns.cancel(params, caller)
    case .numberAdd(let params): return try numbers.add(params, caller)
    case .numberImport(let params): return try numbers.take(params, caller)
    case .numberSetRate(let params): return try numbers.setRate(params, caller)
    case .numberSetRoutes(let params): return try numbers.setRoutes(params, caller)
    case .numberPause(let params): return try numbers.pause(params, caller)
    case .numberResume(let params): return try numbers.resume(params, caller)
    case .numberAssign(let params): return try numbers.assign(params, caller)
    case .repAdd(let params): return try reps.add(params, caller)
    case .repImport(let params): return try reps.take(params, caller)
    case .repUpdate(let params): return try reps.update(params, caller)
    case .contactUpsert(let params): return try upserts.upsert(params, caller)
    case .contactTag(let params): return try contacts.tag(params, caller)
    case .contactUntag(let params): return try contacts.untag(params, caller)
    case .groupCreate(let params): return try groups.create(params, caller)
    case .groupAdd(let params): return try groups.add(params, caller)
    case .groupRemove(let params): return try groups.remove(params, caller)
    case .pause(let params): return try sending.pause(params, caller)
    case .resume(let params): return try sending.resume(params, caller)
    case .goLive(let params): return try sending.goLive(params, caller)
    case .testPhoneAdd(let params): return try sending.addTestPhones(params, caller)
    case .testPhoneRemove(let params): return try sending.removeTestPhones(params, caller)
    case .clockAccept(let params): return try sending.acceptClock(params, caller)
    case .unknownResolve(let params): return try unknown.resolve(params, caller)
    case .quarantineRelease(let params): return try quarantine.release(params, caller)
    case .quarantineForget(let params): return try quarantine.forget(params, caller)
    case .memberAdd(let params): return try desk.members.add(params, caller)
    case .memberUpdate(let params): return try desk.members.update(params, caller)
    case .memberInvite(let params): return try desk.members.invite(params, caller)
    case .memberPresence(let params): return try desk.members.presence(params, caller)
    case .numberSetQueue(let params): return try numbers.setQueue(params, caller)
    case .queueAdd(let params): return try desk.queues.add(params, caller)
    case .queueUpdate(let params): return try desk.queues.update(params, caller)
    case .queueJoin(let params): return try desk.queues.join(params, caller)
    case .queueLeave(let params): return try desk.queues.leave(params, caller)
    case .serveNext(let params): return try desk.episodes.next(params, caller)
    case .serveWithdraw: return try desk.episodes.withdraw(caller)
    case .conversationTake(let params): return try desk.episodes.take(params, caller)
    case .conversationRelease(let params): return try desk.episodes.release(params, caller)
    case .conversationTransfer(let params): return try desk.episodes.transfer(params, caller)
    case .conversationSnooze(let params): return try desk.episodes.snooze(params, caller)
    case .conversationWake(let params): return try desk.episodes.wake(params, caller)
    case .conversationComplete(let params): return try desk.episodes.complete(params, caller)
    case .dispositionAdd(let params): return try desk.episodes.dispose(params, caller)
    case .templatePut(let params): return try desk.templates.put(params, caller)
    case .templateRemove(let params): return try desk.templates.remove(params, caller)
    case .keywordPut(let params): return try desk.keywords.put(params, caller)
    case .keywordRemove(let params): return try desk.keywords.remove(params, caller)
    case .leadCreate(let params): return try desk.leads.create(params, caller)
    case .leadAssign(let params): return try desk.leads.assign(params, caller)
    case .leadClaim(let params): return try desk.leads.claim(params, caller)
    case .leadMarkHot(let params): return try desk.leads.markHot(params, caller)
    case .leadClose(let params): return try desk.leads.close(params, caller)
    case .absenceSet(let params): return try desk.absences.set(params, caller)
    case .absenceClear(let params): return try desk.absences.clear(params, caller)
    case .calendarSet(let params): return try desk.calendars.set(params, caller)
    case .calendarClear(let params): return try desk.calendars.clear(params, caller)
    case .noteAdd(let params): return try desk.writing.add(params, caller)
    case .draftPut(let params): return try desk.writing.put(params, caller)
    case .leaseHold(let params): return try desk.writing.hold(params, caller)
    case .leaseDrop(let params): return try desk.writing.drop(params, caller)
    case .sessionEnrol(let params): return try desk.sessions.enrol(params)
    case .sessionOpen(let params): return try desk.sessions.open(params)
    case .sessionRedeem(let params): return try desk.sessions.redeem(params)
    case .emailSettle(let params): return try desk.emails.settle(params, caller)
    case .sessionClose(let params): return try desk.sessions.close(params, caller)
    }
  }
}

/// The commands about people who sign in, about their work, keywords, leads, absences, and alerts by e-mail.
private struct DeskCommands {
  let members: MemberCommands
  let sessions: SessionCommands
  let queues: QueueCommands
  let episodes: EpisodeCommands
  let writing: WritingCommands
  let templates: TemplateCommands
  let keywords: KeywordCommands
  let leads: LeadCommands
  let absences: AbsenceCommands
  let calendars: CalendarCommands
  let emails: EmailCommands
}
