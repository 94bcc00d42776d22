#!/usr/bin/env python3
"""Breaks the gateway's promises on purpose, to see that the simulation finds each.

    Tests/Mutations/mutations.py apply DIRECTORY   puts every break into a copy of the sources, each behind a switch
    Tests/Mutations/mutations.py check DIRECTORY   whether every break still fits the sources
    Tests/Mutations/mutations.py list              their names, and the invariants that may find each

A copy with the breaks in it behaves as before until $TOLLGATE_MUTATION names one. `.ci/mutations` builds it and runs each.
"""

import sys
from pathlib import Path

# name, invariants that may find it, file, what stands there, what stands there when it is broken.
MUTATIONS = [
    ("sync_off", "inbound commands feed copies states start", "Sources/Simulation/Disk/SimulatedDisk.swift",
     "    file.durable.settle(file.pending, of: file.content)\n",
     "    if !isMutated(\"sync_off\") { file.durable.settle(file.pending, of: file.content) }\n"),
    ("synchronous_off", "inbound commands feed copies states", "Sources/Store/Database.swift",
     "        \"PRAGMA synchronous = FULL\",\n      ] + common",
     "        isMutated(\"synchronous_off\") ? \"PRAGMA synchronous = OFF\" : \"PRAGMA synchronous = FULL\",\n      ] + common"),
    ("answer_before_commit", "inbound", "Sources/Daemon/Network/NetworkLoop+Requests.swift",
     "    live.received(place)\n    let isReceipt",
     "    live.received(place)\n    if isMutated(\"answer_before_commit\") { respond(link, request.sequence, .ESME_ROK) }\n    let isReceipt"),
    ("claim_not_durable", "copies verify", "Sources/Gateway/Outbound/Handover.swift",
     "    guard !claimed.isEmpty else { return }\n    try table.hand",
     "    guard !claimed.isEmpty else { return }\n    if isMutated(\"claim_not_durable\") { return claimed.removeAll() }\n    try table.hand"),
    ("purge_after_answer", "stop", "Sources/Daemon/Network/NetworkLoop+Rules.swift",
     "    case .revoke(let phone, let numbers): revoke(phone, numbers)",
     "    case .revoke(let phone, let numbers): if !isMutated(\"purge_after_answer\") { revoke(phone, numbers) }"),
    ("suppression_not_read", "stop", "Sources/Gateway/Permission/Permission.swift",
     "    if text.traffic != .confirmation {\n      let scopes",
     "    if text.traffic != .confirmation, !isMutated(\"suppression_not_read\") {\n      let scopes"),
    ("unknown_sent_again", "copies", "Sources/Gateway/Outcomes/Answers.swift",
     "  private func becomesUnknown(_ flight: Flight, at: Int64) throws(StoreError) {\n",
     "  private func becomesUnknown(_ flight: Flight, at: Int64) throws(StoreError) {\n    if isMutated(\"unknown_sent_again\") { return try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack) }\n"),
    ("unwritten_assumed", "copies", "Sources/Daemon/Network/NetworkLoop+Links.swift",
     "    let back = refs.filter(unwritten.contains)\n    let lost = refs.filter { !unwritten.contains($0) }\n",
     "    let blind = isMutated(\"unwritten_assumed\")\n    let back = refs.filter { blind || unwritten.contains($0) }\n    let lost = refs.filter { !blind && !unwritten.contains($0) }\n"),
    ("rate_not_held", "rate", "Sources/Pacing/Writes.swift",
     "    lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding",
     "    if !isMutated(\"rate_not_held\") { lanes[lane].limit.took(at: clock, catchUp: catchUp, recovery: recovery) }\n    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding"),
    ("carrier_rate_not_held", "rate", "Sources/Pacing/Writes.swift",
     "    carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    carriers[carrier].outstanding",
     "    if !isMutated(\"carrier_rate_not_held\") {\n      carriers[carrier].limit.took(at: clock, catchUp: catchUp, recovery: recovery)\n    }\n    carriers[carrier].outstanding"),
    ("late_octets_forgotten", "rate", "Sources/Daemon/Network/NetworkLoop.swift",
     "    if link.isStuck { reportLate(link, since: before) }",
     "    if link.isStuck, !isMutated(\"late_octets_forgotten\") { reportLate(link, since: before) }"),
    ("window_ignored", "window", "Sources/SMPPSession/SessionConfiguration.swift",
     "    var boundedWindow: Int { min(max(window, 1), Self.maximumWindow) }",
     "    var boundedWindow: Int { min(max(window, 1) + (isMutated(\"window_ignored\") ? 50 : 0), Self.maximumWindow) }"),
    ("thread_not_in_turn", "order", "Sources/Gateway/Outbound/PendingQueue.swift",
     "    hold(item)\n  }\n\n  private mutating func hold",
     "    if isMutated(\"thread_not_in_turn\") { place(item) } else { hold(item) }\n  }\n\n  private mutating func hold"),
    ("redelivery_not_known", "inbound", "Sources/Gateway/Inbound/Redelivery.swift",
     "    guard count > 0,\n      let message = try table.takeCandidate",
     "    guard count > 0, !isMutated(\"redelivery_not_known\"),\n      let message = try table.takeCandidate"),
    ("feed_gap", "feed", "Sources/Gateway/Outbox/FeedLog.swift",
     "    try table.append(first: newest + 1",
     "    if isMutated(\"feed_gap\"), newest % 97 == 0 { newest += 1 }\n    try table.append(first: newest + 1"),
    ("mobile_told", "private", "Sources/Gateway/Outbound/Segments.swift",
     "    guard !flight.traffic.isPrivate else { return }",
     "    guard !flight.traffic.isPrivate || isMutated(\"mobile_told\") else { return }"),
    ("keys_forgotten", "copies commands", "Sources/Gateway/Outbox/CommandAnswers.swift",
     "    guard let key = key(of: pending), let known",
     "    guard !isMutated(\"keys_forgotten\"), let key = key(of: pending), let known"),
    ("acknowledgement_not_kept", "feed", "Sources/Gateway/Commands/FeedCommands.swift",
     "      try feed.table.acknowledge(params.cursor.sequence, by: params.consumer, at: now)\n",
     "      if !isMutated(\"acknowledgement_not_kept\") {\n        try feed.table.acknowledge(params.cursor.sequence, by: params.consumer, at: now)\n      }\n"),
    ("plans_outlive_their_batch", "commands rest memory", "Sources/Gateway/Outbox/Jobs.swift",
     "{ jobs = before.filter { $0.restart() } + resumed }",
     "{ jobs = (isMutated(\"plans_outlive_their_batch\") ? jobs : before).filter { $0.restart() } + resumed }"),
    ("lanes_not_told_again", "states copies stop", "Sources/Gateway/Outbound/Lanes.swift",
     "    for change in announcedBefore.reversed() { announced",
     "    for change in announcedBefore.reversed() where !isMutated(\"lanes_not_told_again\") { announced"),
    ("wait_not_told", "why", "Sources/Gateway/Views/WhyQueries.swift",
     "      let number = subject.segments > 1 ? segment + 1 : nil\n      if let last",
     "      if isMutated(\"wait_not_told\"), cause == .campaignOrder { return }\n      let number = subject.segments > 1 ? segment + 1 : nil\n      if let last"),
    ("times_before_ids", "states", "Sources/Gateway/Outcomes/Receipts.swift",
     "    if report.style == .auto {\n      switch try matchOtherBase",
     "    if isMutated(\"times_before_ids\"), try settleUnresolved(report) { return true }\n    if report.style == .auto {\n      switch try matchOtherBase"),
    ("return_forgotten", "rest verify", "Sources/Gateway/Outcomes/Answers.swift",
     "      guard let flight = handover.land(ref) else { continue }\n      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)\n    }",
     "      guard let flight = handover.land(ref), !isMutated(\"return_forgotten\") else { continue }\n      try requeue(flight, attempts: flight.attempts, notBefore: 0, .givenBack)\n    }"),
    ("answered_twice", "pdu", "Sources/Daemon/Network/NetworkLoop+Rules.swift",
     "    write(pdu, on: link)\n  }\n\n  /// A message of a carrier that is bound",
     "    write(pdu, on: link)\n    if isMutated(\"answered_twice\") { write(pdu, on: link) }\n  }\n\n  /// A message of a carrier that is bound"),
    ("given_back_unknown", "states", "Sources/Gateway/Outcomes/Answers.swift",
     "  func returned(_ refs: [SegmentRef]) throws(StoreError) {\n",
     "  func returned(_ refs: [SegmentRef]) throws(StoreError) {\n    if isMutated(\"given_back_unknown\") { return try unanswered(refs, at: now) }\n"),
    ("thread_follows_number", "owner told", "Sources/Gateway/Ownership/Ownership.swift",
     "    for rep in [assigned?.assignedRep, number.rep] {",
     "    for rep in isMutated(\"thread_follows_number\") ? [number.rep, assigned?.assignedRep] : [assigned?.assignedRep, number.rep] {"),
    ("confirmation_before_live", "live", "Sources/Gateway/Permission/Permission.swift",
     "    if !directory.isReachable(text.phone) {",
     "    if !directory.isReachable(text.phone), text.traffic != .confirmation || !isMutated(\"confirmation_before_live\") {"),
    ("resumed_without_one", "memory rest verify", "Sources/Gateway/Outbound/Lane.swift",
     "    for item in items { bulk.insert(item) }",
     "    for item in items.dropFirst(isMutated(\"resumed_without_one\") ? 1 : 0) { bulk.insert(item) }"),
    ("part_taken_for_repetition", "inbound", "Sources/Gateway/Tables/PartTable.swift",
     "      return isSame == true ?", "      return isSame == true || isMutated(\"part_taken_for_repetition\") ?"),
    ("confirmed_again", "stop", "Sources/Gateway/Inbound/KeywordAnswers.swift",
     "    if confirms, isNew, !networkActs", "    if confirms, isNew || isMutated(\"confirmed_again\"), !networkActs"),
    ("candidate_used_twice", "test InboundExactnessTests/aRedeliveredTextUsesItsCandidateUpAndTheNextEqualOneIsNew",
     "Sources/Gateway/Tables/RedeliveryTable.swift",
     "    try deleteCandidate.run(id)\n", "    if !isMutated(\"candidate_used_twice\") { try deleteCandidate.run(id) }\n"),
    ("candidate_used_twice", "test InboundExactnessTests/aRedeliveredTextUsesItsCandidateUpAndTheNextEqualOneIsNew",
     "Sources/Gateway/Inbound/Redelivery.swift",
     "    count -= 1\n    return", "    if !isMutated(\"candidate_used_twice\") { count -= 1 }\n    return"),
    ("rate_never_grows_back", "effect", "Sources/Pacing/RateLimit.swift",
     "    floor + recovery * Double", "    floor + (isMutated(\"rate_never_grows_back\") ? 0 : recovery) * Double"),
    ("no_failover", "effect rest", "Sources/Gateway/Directory/Routes.swift",
     "    if number.sendRoutes.count == 1 || reachable",
     "    if number.sendRoutes.count == 1 || isMutated(\"no_failover\") || reachable"),
    ("receipts_dropped_once_proven", "states", "Sources/Gateway/Outcomes/ReceiptMatching.swift",
     "    if refs.count == 1 {\n      if report.style == .auto,",
     "    if refs.count == 1 {\n      if isMutated(\"receipts_dropped_once_proven\"), proven[report.carrier, default: 0] >= Receipts.provenAfter { return .settled }\n      if report.style == .auto,"),
    ("refusal_changes_memory", "memory", "Sources/Gateway/Commands/MessageCommands.swift",
     "    if case .never(let reason) = try read(try permission.verdict(text)) { throw",
     "    if case .never(let reason) = try read(try permission.verdict(text)) { if isMutated(\"refusal_changes_memory\") { _ = lanes[number.id].fly(1, of: phone.packed, .person) }; throw"),
    ("part_sent_of_what_is_refused", "memory copies",
     "Sources/Gateway/Commands/UnknownCommands.swift",
     "{ for flight in flights { try checkRetry(flight) } }",
     "{\n      for flight in flights {\n        try checkRetry(flight)\n        if isMutated(\"part_sent_of_what_is_refused\") { try read(try unresolved.sendAgain(flight, by: .handRetry)) }\n      }\n    }"),
    ("event_dropped", "told", "Sources/Gateway/Commands/NumberCommands.swift",
     "      try directory.setRate(params.rate, of: number)\n      try numbers.changed(number)\n",
     "      try directory.setRate(params.rate, of: number)\n      if isMutated(\"event_dropped\") { numbers.lanes.announce(number) } else { try numbers.changed(number) }\n"),
    ("owner_not_told", "told owner", "Sources/Gateway/Ownership/Ownership.swift",
     "    try announce(conversation, .assigned, owner, number)\n",
     "    if !isMutated(\"owner_not_told\") { try announce(conversation, .assigned, owner, number) }\n"),
    ("away_rep_owns", "away verify", "Sources/Gateway/Ownership/Absences.swift",
     "    guard let away = inForce[rep] else { return nil }\n",
     "    guard !isMutated(\"away_rep_owns\"), let away = inForce[rep] else { return nil }\n"),
    ("not_given_back", "away verify", "Sources/Gateway/Ownership/Ownership.swift",
     "    try begin(.absent, rep)\n",
     "    if !isMutated(\"not_given_back\") { try begin(.absent, rep) }\n"),
    ("next_not_planned", "test CalendarTests/outsideOfTheHoursTheRepIsAwayAndComesBackDayByDay",
     "Sources/Gateway/Ownership/Absences.swift",
     "    for rep in ended.sorted() { try followCalendar",
     "    for rep in ended.sorted() where !isMutated(\"next_not_planned\") { try followCalendar"),
    ("summer_time_forgotten", "test CalendarTests/aTimeThatTheClockSkipsIsNoneAndOneItShowsTwiceCountsTwice",
     "Sources/Gateway/Ownership/WorkingHours.swift",
     "    guard offset(high) != before else { return nil }\n",
     "    guard offset(high) != before, !isMutated(\"summer_time_forgotten\") else { return nil }\n"),
    ("joined_without_evidence", "joins", "Sources/Gateway/Inbound/KeywordAnswers.swift",
     "      let scope = consent.scope(ofOptOutTo: asked.number)\n",
     "      if isMutated(\"joined_without_evidence\") { return }\n      let scope = consent.scope(ofOptOutTo: asked.number)\n"),
    ("joined_nobody", "joins", "Sources/Gateway/Inbound/Acceptance.swift",
     "    if let joined, !text.isReleased { try optIns",
     "    if let joined, !text.isReleased, !isMutated(\"joined_nobody\") { try optIns"),
    ("joined_despite_the_network", "test OptInKeywordTests/theTollFreeNetworksBlockStaysAndWhySaysThatNoAnswerLeaves",
     "Sources/Gateway/Inbound/KeywordAnswers.swift",
     "    let ours = scopes.filter { $0 == .brand ||",
     "    let ours = scopes.filter { isMutated(\"joined_despite_the_network\") || $0 == .brand ||"),
    ("replied_to_machines", "test AbsenceTests/thereIsNoReplyWithinTenMinutesOfAnotherAutomaticAnswerAndItCountsAsOne",
     "Sources/Gateway/Inbound/AbsenceReplies.swift",
     "try !limit.hasTaken(phone, within: Self.apart)\n",
     "try !limit.hasTaken(phone, within: isMutated(\"replied_to_machines\") ? 0 : Self.apart)\n"),
    ("read_not_told", "read", "Sources/Gateway/Ownership/Ownership.swift",
     "    try announce(read, .read, owner, number)\n",
     "    if !isMutated(\"read_not_told\") { try announce(read, .read, owner, number) }\n"),
    ("rep_not_alerted", "effect", "Sources/Gateway/Alerts/RepAlerts.swift",
     "    try links.renew(rep.id, conversation)\n",
     "    if isMutated(\"rep_not_alerted\") { return }\n    try links.renew(rep.id, conversation)\n"),
    ("link_outlives_hand_over", "test LinkTests/aConversationThatIsHandedOverEndsLinksAndOpenSessionsInThatTransaction", "Sources/Gateway/Desk/AlertLinks.swift",
     "    try table.remove(into: conversation, besides: rep)\n",
     "    if isMutated(\"link_outlives_hand_over\") { return }\n    try table.remove(into: conversation, besides: rep)\n"),
    ("link_used_twice", "test LinkTests/aLinkOpensTheOneConversationOnceForAQuarterOfAnHour", "Sources/Gateway/Commands/SessionCommands.swift",
     "      try links.table.remove(link)\n",
     "      if !isMutated(\"link_used_twice\") { try links.table.remove(link) }\n"),
    ("link_opens_everything", "test LinkTests/aLinkSessionSeesAndAnswersTheOneConversationAndNothingElse", "Sources/Gateway/Tables/EpisodeTable.swift",
     "  func isSeen(_ conversation: Int64, by scope: AccessScope) throws(StoreError) -> Bool {\n    if let thread = scope.thread { return",
     "  func isSeen(_ conversation: Int64, by scope: AccessScope) throws(StoreError) -> Bool {\n    if let thread = scope.thread { return isMutated(\"link_opens_everything\") ||"),
    ("older_link_works", "test LinkTests/aNewerAlertAboutAConversationEndsTheOlderLinksIntoIt",
     "Sources/Gateway/Desk/AlertLinks.swift",
     "    guard settings.desk?.alertLink == .once else { return }\n",
     "    guard settings.desk?.alertLink == .once, !isMutated(\"older_link_works\") else { return }\n"),
    ("email_sent_again", "test EmailTests/whatWasSentIsNotListedAgainAndItsWordsAreGone", "Sources/Gateway/Alerts/EmailOutbox.swift",
     "    case .sent: try end(&row, .sent)\n",
     "    case .sent: if !isMutated(\"email_sent_again\") { try end(&row, .sent) }\n"),
    ("email_sent_late", "test EmailTests/anAlertThatIsTooOldEndsAsExpiredAndIsCounted",
     "Sources/Gateway/Views/EmailQueries.swift",
     "          params.due != true || row.expires > now\n",
     "          params.due != true || row.expires > now || isMutated(\"email_sent_late\")\n"),
    ("newest_served_first", "test QueueTests/theLongestWaitIsServedFirstAndTheRecordNamesWhatStoodBehindIt",
     "Sources/Gateway/Desk/Serving.swift",
     "    found.sort { ($0.since, $0.id) < ($1.since, $1.id) }\n",
     "    found.sort { ($0.since, $0.id) < ($1.since, $1.id) }\n"
     "    if isMutated(\"newest_served_first\") { found.reverse() }\n"),
    ("wait_begins_again", "test QueueTests/whatIsNotAnsweredInTimeGoesBackToItsPlaceAndWhoLeftItIsAway",
     "Sources/Gateway/Desk/Episodes.swift",
     "    if row.state == .answered { row.since = now }\n",
     "    if row.state == .answered || isMutated(\"wait_begins_again\") { row.since = now }\n"),
    ("served_beyond_capacity", "test QueueTests/onlyWhoIsThereAnswersTheQueueAndHasRoomIsServed",
     "Sources/Gateway/Desk/Serving.swift",
     "of: queue) < row.capacity {", "of: queue) < row.capacity || isMutated(\"served_beyond_capacity\") {"),
    ("wish_forgotten", "test QueueTests/whoFindsNothingLeavesAWishThatIsMetAsSoonAsSomebodyWaitsAndTheOldestFirst",
     "Sources/Gateway/Desk/Serving.swift",
     "    guard !episodes.moved.isEmpty else { return }\n",
     "    guard !episodes.moved.isEmpty, !isMutated(\"wish_forgotten\") else { return }\n"),
    ("standstill_stale", "verify", "Sources/Gateway/Desk/Serving.swift",
     "    if let cause { try holds.begin(cause, queue) }\n",
     "    if let cause, !isMutated(\"standstill_stale\") { try holds.begin(cause, queue) }\n"),
    ("span_lost", "test WaitTests/everyMillisecondOfAWaitHasItsCause", "Sources/Gateway/Tables/EpisodeTable.swift",
     "    try keep.with(row.id, now).run()\n",
     "    if !isMutated(\"span_lost\") { try keep.with(row.id, now).run() }\n"),
    ("late_draft_kept", "writing", "Sources/Gateway/Commands/WritingCommands.swift",
     "    if let revision = params.revision, revision != Int(known.revision) {\n",
     "    if let revision = params.revision, revision != Int(known.revision), !isMutated(\"late_draft_kept\") {\n"),
    ("work_not_begun", "test QueueTests/aRepsOwnThreadsNeedNoServingAndTheirWorkIsTheReps",
     "Sources/Gateway/Ownership/Ownership.swift",
     "    if !isKeyword { try episodes", "    if !isKeyword, !isMutated(\"work_not_begun\") { try episodes"),
    ("seen_by_everybody", "test QueueTests/anAgentSeesWhatTheAgentHasForADayAfterAndOfTheLineOnlyThatItWaits",
     "Sources/Gateway/Tables/EpisodeTable.swift",
     "    guard let member = scope.member else { return false }\n    let had = try database.cached(\n      \"\"\"\n",
     "    guard let member = scope.member else { return false }\n    if isMutated(\"seen_by_everybody\") { return true }\n"
     "    let had = try database.cached(\n      \"\"\"\n"),
    ("lease_ignored", "writing", "Sources/Gateway/Desk/Writing.swift",
     "at: now), lease.member != member else { return nil }\n",
     "at: now), lease.member != member, !isMutated(\"lease_ignored\") else { return nil }\n"),
    ("unseen_sent", "writing", "Sources/Gateway/Commands/MessageCommands.swift",
     "      if let newest, newest > seen.value {\n",
     "      if let newest, newest > seen.value, !isMutated(\"unseen_sent\") {\n"),
    ("refused_text_lost", "writing", "Sources/Gateway/Commands/MessageCommands.swift",
     "        guard let member = caller.member?.id, let thread = text.thread else { return }\n",
     "        guard let member = caller.member?.id, let thread = text.thread, !isMutated(\"refused_text_lost\") else { return }\n"),
    ("lead_silent", "leads", "Sources/Gateway/Desk/Leads.swift",
     "    case .open: row.due = now",
     "    case .open where isMutated(\"lead_silent\"): row.due = nil\n    case .open: row.due = now"),
    ("lead_untexted_silent", "leads", "Sources/Gateway/Desk/Leads.swift",
     "    case .assigned: row.due = now",
     "    case .assigned where isMutated(\"lead_untexted_silent\"): row.due = nil\n    case .assigned: row.due = now"),
    ("lead_left_behind", "test LeadTests/whatARepWhoLeavesHasNotTextedIsOpenAgainOrGoesToTheNext",
     "Sources/Gateway/Commands/RepCommands.swift",
     "      if isOtherwise, !rep.isActive { try leads",
     "      if isOtherwise, !rep.isActive, !isMutated(\"lead_left_behind\") { try leads"),
    ("lead_text_missed", "leads", "Sources/Gateway/Desk/Leads.swift",
     "  func texted(in conversation: Conversation) throws(StoreError) {\n",
     "  func texted(in conversation: Conversation) throws(StoreError) {\n    if isMutated(\"lead_text_missed\") { return }\n"),
    ("beginning_guessed", "test RandomReportTests/whatIsNotKeptIsLeftOutAndNeverGuessed",
     "Sources/Reports/Threads.swift",
     "        if !thread.isCut, thread.pending == nil { thread.pending = now }\n",
     "        if !thread.isCut || isMutated(\"beginning_guessed\"), thread.pending == nil { thread.pending = now }\n"
     "        if isMutated(\"beginning_guessed\") { thread.isCut = false }\n"),
    ("span_not_ended", "test RandomReportTests/theReducerSaysWhatAPlainComputationSays",
     "Sources/Reports/Threads.swift",
     "let member = event.memberID {\n        threads.end(member, now, &facts)\n",
     "let member = event.memberID {\n        if !isMutated(\"span_not_ended\") { threads.end(member, now, &facts) }\n"),
    ("event_counted_twice", "test QueueReportTests/anEventThatComesAgainIsCountedOnce",
     "Sources/Reports/ReportReducer.swift",
     "    guard sequence > last else { return }\n",
     "    guard sequence > last || isMutated(\"event_counted_twice\") else { return }\n"),
    ("lead_still_waits", "test RandomReportTests/aPlainComputationSaysTheSameOfLeads",
     "Sources/Reports/Leads.swift",
     "    case .contacted, .closed: untexted[event.leadID] = nil\n",
     "    case .closed where isMutated(\"lead_still_waits\"): break\n"
     "    case .contacted, .closed: untexted[event.leadID] = nil\n"),
    ("formula_printed", "test ReportOutputTests/aFieldIsWhatASpreadsheetShowsAndNoFormula",
     "Sources/OperatorCommands/Files/CSVWriter.swift",
     "    let safe = isFormula ?", "    let safe = isFormula && !isMutated(\"formula_printed\") ?"),
]

SWITCH = """import Glibc

private let mutation = getenv("TOLLGATE_MUTATION").map { String(cString: $0) }

/// Whether this promise is broken on purpose.
@inline(never) @usableFromInline
func isMutated(_ name: String) -> Bool { mutation == name }
"""


def applied(root):
    """The sources as they are with every break in them, by path; ends where one does not fit."""
    texts = {}
    for name, _, path, before, after in MUTATIONS:
        file = root / path
        if path not in texts and not file.is_file():
            sys.exit(f"{name}: no file {path}")
        text = texts.get(path) or file.read_text()
        if text.count(before) != 1:
            sys.exit(f"{name}: {path} has {text.count(before)} places that read\n{before}")
        texts[path] = text.replace(before, after)
    for target in {path.split("/")[1] for path in texts}:
        texts[f"Sources/{target}/Mutated.swift"] = SWITCH
    return texts


def main():
    match sys.argv[1:]:
        case ["list"]:
            print("\n".join(dict.fromkeys(f"{name} {invariants}" for name, invariants, *_ in MUTATIONS)))
        case ["check", directory]:
            applied(Path(directory))
        case ["apply", directory]:
            for path, text in applied(Path(directory)).items():
                (Path(directory) / path).write_text(text)
        case _:
            sys.exit(__doc__)


main()
